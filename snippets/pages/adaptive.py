"""The page `adaptive` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from adaptive import adagrad_rates, rate_left, rmsprop_average
from optimizers import tuned
from stochastic import displacements
from torch.optim import SGD, Adagrad, Adam, RMSprop

# --8<-- [end:imports]

# --8<-- [start:adagrad-rates]
grads = torch.tensor([1.0, 0.1, 0.0], dtype=torch.float64).repeat(400, 1)
grads[0, 2] = 1.0
rate = adagrad_rates(grads)
print("    t     g = 1   g = 0.1  g = 1 once")
for t in (1, 4, 100, 400):
    print(f"{t:5}", *(f"{v:9.4f}" for v in rate[t - 1]))
# --8<-- [end:adagrad-rates]

# --8<-- [start:rare]
left = {}
print("  size   every  rate/lr")
for size, every in ((1, 1), (1, 100), (10, 100), (100, 100)):
    left[size, every] = rate_left(size, every)
    print(f"{size:6} {every:7} {left[size, every]:8.4f}")
# --8<-- [end:rare]

# --8<-- [start:average]
measured, of_squares, of_rates = rmsprop_average()
print(f"torch.optim.RMSprop {measured:.3f}")
print(f"from the mean of g² {of_squares:.3f}")
print(f"mean of the rates   {of_rates:.3f}")
# --8<-- [end:average]

# --8<-- [start:constant]
ones = torch.ones(1000)
constant = {rule: displacements(rule, ones) for rule in (Adagrad, RMSprop, Adam)}
print("     t =      1      10     100    1000")
for rule, steps in constant.items():
    shown = [steps[t - 1].item() for t in (1, 10, 100, 1000)]
    print(f"{rule.__name__:8}", *(f"{v:7.3f}" for v in shown))
# --8<-- [end:constant]

# --8<-- [start:constant-figure]
from plotting import axes, style, svg

figure, panel = axes(("t", "Δθ / lr"), xscale="log", yscale="log")
times = torch.logspace(0, 3, 100).long().unique()
for number, (rule, steps) in enumerate(constant.items()):
    panel.plot(times, steps[times - 1], **style(number), label=rule.__name__)
panel.legend()
print(svg(figure, "constant"))
# --8<-- [end:constant-figure]

# --8<-- [start:limits]
torch.manual_seed(0)
grads = torch.randn(300, 5, dtype=torch.float64)
t = torch.arange(1.0, 301.0).double().view(-1, 1)

adam = displacements(Adam, grads, betas=(0.0, 0.99), eps=0.0)
rms = displacements(RMSprop, grads, alpha=0.99, eps=0.0)
expected = rms * (1 - 0.99**t).sqrt()
rms_gap = (adam / expected - 1).abs().max().item()
print(f"β1 = 0:   Adam against RMSprop  {rms_gap:.1e}")

adam = displacements(Adam, grads, eps=1e8) * 1e8
total = displacements(SGD, grads, momentum=0.9)
expected = total * (1 - 0.9) / (1 - 0.9**t)
sum_gap = ((adam - expected).norm() / expected.norm()).item()
print(f"ε = 10⁸:  Adam against momentum {sum_gap:.1e}")
# --8<-- [end:limits]

# --8<-- [start:advantages]
names = ("momentum", "RMSProp", "Adam")
remains = {}
for steps in (120, 480):
    print(f"{steps} steps    axes  rotated")
    for problem in ("axes", "rotated"):
        for name, each in tuned(problem, steps, names).items():
            remains[name, problem, steps] = each.mean().exp().item()
    for name in names:
        row = [remains[name, problem, steps] for problem in ("axes", "rotated")]
        print(f"{name:9} {row[0]:7.0e} {row[1]:8.0e}")
# --8<-- [end:advantages]
