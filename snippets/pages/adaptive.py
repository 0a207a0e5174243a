"""The page `adaptive` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from adaptive import adagrad_rates, learned, rate_left, rmsprop_average
from momentum import displacements
from optimizers import tuned
from paired import difference
from plotting import axes, style, svg
from torch.optim import SGD, Adagrad, Adam, RMSprop

# --8<-- [end:imports]

# --8<-- [start:words]
words = {}
print("          steps      lr  common   rare")
for name, rule in (("SGD", SGD), ("AdaGrad", Adagrad)):
    for steps in (200, 800):
        lr, way, losses = words[name, steps] = learned(rule, steps)
        print(f"{name:9} {steps:5} {lr:7.3f} {way[-1][0]:7.2f} {way[-1][1]:6.2f}")
# --8<-- [end:words]

# --8<-- [start:words-figure]
figure, *panels = axes(("t", "w"), ("t", "w"), columns=2, height=2.6)
for panel, name in zip(panels, ("SGD", "AdaGrad"), strict=True):
    _, way, _ = words[name, 200]
    panel.plot(way[:, 0], **style(0), label="100%")
    panel.plot(way[:, 1], **style(1), label="1%")
    panel.set_ylim(0, 1.1)
    panel.set_title(name)
panels[1].legend(loc="lower right")
print(svg(figure, "words"))
# --8<-- [end:words-figure]

# --8<-- [start:words-seeds]
ahead, gaps = {}, {}
for steps in (200, 800):
    ours, theirs = (words[name, steps][2].log() for name in ("AdaGrad", "SGD"))
    ahead[steps] = int((ours < theirs).sum())
    gaps[steps] = difference(ours, theirs)
    shown = "{:.2f} ± {:.2f}".format(*gaps[steps])
    print(f"{steps} steps: lower in {ahead[steps]} of 12 seeds, Δ ln loss {shown}")
# --8<-- [end:words-seeds]

# --8<-- [start:adagrad-rates-setup]
grads = torch.tensor([1.0, 0.1, 0.0], dtype=torch.float64).repeat(400, 1)
grads[0, 2] = 1.0
rate = adagrad_rates(grads)
# --8<-- [end:adagrad-rates-setup]

# --8<-- [start:adagrad-rates-figure]
figure, panel = axes(("t", "lr / √s"), xscale="log", yscale="log", height=2.5)
for number, label in enumerate(("g = 1", "g = 0.1", "g = 1, 0, 0, …")):
    panel.plot(range(1, 401), rate[:, number], **style(number), label=label)
panel.set_ylim(0.0012, 2)
panel.legend(ncols=3, loc="lower left")
print(svg(figure, "adagrad-rates"))
# --8<-- [end:adagrad-rates-figure]

# --8<-- [start:rare]
left = {}
print("  size   every  rate/lr")
for size, every in ((1, 1), (1, 100), (10, 100), (100, 100)):
    left[size, every] = rate_left(size, every)
    print(f"{size:6} {every:7} {left[size, every]:8.4f}")
# --8<-- [end:rare]

# --8<-- [start:forgetting]
grads = torch.ones(800)
grads[:10] = 100.0
total = average = torch.tensor(0.0)
print("  t   g / √total   g / √average")
for t, g in enumerate(grads, start=1):
    total = total + g**2
    average = 0.99 * average + 0.01 * g**2
    if t in (10, 11, 100, 800):
        print(f"{t:3} {g / total.sqrt():12.4f} {g / average.sqrt():14.4f}")
# --8<-- [end:forgetting]

# --8<-- [start:forgetting-figure]
figure, panel = axes(("t", "Δθ / lr"), yscale="log", height=2.5)
recovery = {rule: displacements(rule, grads) for rule in (Adagrad, RMSprop)}
for number, (rule, steps) in enumerate(recovery.items()):
    panel.plot(range(1, 801), steps, **style(number), label=rule.__name__)
panel.legend(loc="center right")
print(svg(figure, "forgetting"))
# --8<-- [end:forgetting-figure]

# --8<-- [start:average]
measured, of_squares, of_rates = rmsprop_average()
print(f"torch.optim.RMSprop {measured:.3f}")
print(f"from the mean of g² {of_squares:.3f}")
print(f"mean of the rates   {of_rates:.3f}")
# --8<-- [end:average]

# --8<-- [start:constant-setup]
ones = torch.ones(1000)
constant = {rule: displacements(rule, ones) for rule in (Adagrad, RMSprop, Adam)}
# --8<-- [end:constant-setup]

# --8<-- [start:constant-figure]
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

# --8<-- [start:try-noise]
for name, rule in (("SGD", SGD), ("AdaGrad", Adagrad)):
    lr, way, _ = learned(rule, 200, noise=0.0)
    print(f"{name:9} lr {lr:.2f}  rare {way[-1][1]:.2f}")
# --8<-- [end:try-noise]

# --8<-- [start:try-shock]
grads = torch.ones(1000, 1, dtype=torch.float64)
grads[0] = 10.0
rates = adagrad_rates(grads, lr=1.0).flatten()
halved = int((rates > rates[0] / 2).sum())
print(f"step 1: {rates[0]:.3f}   half of it after {halved} more steps")
# --8<-- [end:try-shock]

# --8<-- [start:try-alpha]
for alpha in (0.9, 0.99, 0.999):
    steps = displacements(RMSprop, torch.ones(5000), alpha=alpha)
    within = int((steps > 1.05).sum()) + 1
    print(f"α = {alpha:<5}  first {steps[0]:5.2f} lr   1.05 lr at step {within}")
# --8<-- [end:try-alpha]
