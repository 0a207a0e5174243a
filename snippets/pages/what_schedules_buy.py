"""What a schedule buys: the floor, warm-up with a control, decay under a schedule."""

# --8<-- [start:imports]
import math

import torch
from many_nets import train_many
from plotting import axes, style, svg
from sklearn.datasets import load_digits

# --8<-- [end:imports]

# --8<-- [start:floor]
torch.manual_seed(0)
floors, lrs = {}, (0.2, 0.05, 0.0125)
for lr in lrs:
    w = torch.ones(10_000)  # 一万次独立的运行 | ten thousand runs
    for _ in range(1000):
        w -= lr * (w + torch.randn(len(w)))
    floors[lr] = w.square().mean().item()
    print(f"lr {lr:<6}  E[w²] {floors[lr]:.5f}   lr / (2 − lr) {lr / (2 - lr):.5f}")
w = torch.ones(10_000)
for t in range(1000):
    w -= 0.2 * (1 - t / 1000) * (w + torch.randn(len(w)))
linear_end = w.square().mean().item()
print(f"0.2 → 0    E[w²] {linear_end:.5f}")
# --8<-- [end:floor]

# --8<-- [start:schedules-setup]
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
data = images, torch.tensor(digits.target)
shapes = {
    "constant": lambda t, n: 1.0,
    "step": lambda t, n: 0.1 ** (2 * t // n),
    "linear": lambda t, n: 1 - t / n,
    "cosine": lambda t, n: (1 + math.cos(math.pi * t / n)) / 2,
}
grid = [0.4 / 2 ** (power / 2) for power in range(8)]
# --8<-- [end:schedules-setup]

# --8<-- [start:schedules]
table, chosen = {}, {}
for steps in (100, 400):
    for name, shape in shapes.items():
        losses = train_many(
            data, grid, 10, steps, schedule=lambda t, f=shape, n=steps: f(t, n)
        )
        losses = losses.nan_to_num(1e3)
        best = int(losses.mean(1).argmin())
        table[steps, name], chosen[steps, name] = losses[best], best
        print(f"{steps} steps  {name:8}  best lr {grid[best]:<5.3g}", end="  ")
        print(f"loss {losses[best].mean():.4f}")
# --8<-- [end:schedules]

# --8<-- [start:paired]
gap = {}
for steps in (100, 400):
    for name in ("step", "linear", "cosine"):
        gain = table[steps, "constant"] - table[steps, name]
        gap[steps, name] = gain
        half = 2.26 * gain.std().item() / math.sqrt(10)  # t(9), 95%
        print(
            f"{steps} steps  constant − {name:6}  {gain.mean():+.4f} ± {half:.4f}",
            end="",
        )
        print(f"   {int((gain > 0).sum()):2} of 10")
# --8<-- [end:paired]

# --8<-- [start:warm-up]
steps, warm = 100, 20
starts = {
    "none": lambda t: 1.0,
    "warm-up": lambda t: min(1.0, (t + 1) / warm),
    "wait": lambda t: 0.0 if t < warm else 1.0,  # 先平均 | average first
}
wide = [1.6 / 2**power for power in range(9)]
ends = {}
for rule in ("momentum", "adam", "radam"):
    for name, start in starts.items():
        if name == "wait" and rule != "adam":
            continue
        losses = train_many(data, wide, 10, steps, rule, start).nan_to_num(1e3)
        ends[rule, name] = losses
        means = losses.mean(1).tolist()
        best = min(means)
        top = max(lr for lr, mean in zip(wide, means, strict=True) if mean < 1.0)
        print(f"{rule:8} {name:8} best lr {wide[means.index(best)]:<6.3g}", end="  ")
        print(f"loss {best:.3f}   below 1.0 up to lr {top:.3g}")
# --8<-- [end:warm-up]

# --8<-- [start:warm-up-figure]
figure, *panels = axes(*3 * [("lr", "L")], columns=3, height=2.4, xscale="log")
for panel, rule in zip(panels, ("momentum", "adam", "radam"), strict=True):
    for number, name in enumerate(starts):
        if (rule, name) in ends:
            panel.plot(
                wide, ends[rule, name].mean(1).clip(max=3), **style(number), label=name
            )
    panel.set(title=rule, ylim=(0, 3))
    panel.legend(fontsize=8)
print(svg(figure, "warmup"))
# --8<-- [end:warm-up-figure]

# --8<-- [start:control]
helped = {}
for lr in (0.025, 0.2, 0.4):
    row = wide.index(lr)
    for name in ("warm-up", "wait"):
        gain = ends["adam", "none"][row] - ends["adam", name][row]
        half = 2.26 * gain.std().item() / math.sqrt(10)
        helped[lr, name] = gain.mean().item(), half
        print(
            f"adam, lr {lr:<5}  none − {name:7}  {gain.mean():+.3f} ± {half:.3f}",
            end="",
        )
        print(f"   {int((gain > 0).sum()):2} of 10")
# --8<-- [end:control]

# --8<-- [start:forget]
arms = {
    "none": ("none", ""),
    "warm-up": ("warm-up", ""),
    "warm-up, then m and v anew": ("warm-up", "mv"),
    "wait": ("wait", ""),
    "wait, then m anew": ("wait", "m"),
    "wait, then m and v anew": ("wait", "mv"),
}
apart, first = {}, {}
print(f"{'adam, lr 0.2':28} loss   length of steps 1, 11, 21, 31")
for name, (start, forget) in arms.items():
    lengths = []
    extra = {"forget": forget, "after": warm, "lengths": lengths}
    losses = train_many(data, [0.2], 10, steps, "adam", starts[start], **extra)
    apart[name], first[name] = losses[0], lengths
    shown = "".join(f"{lengths[t]:6.2f}" for t in (0, 10, 20, 30))
    print(f"{name:27} {losses.mean():5.2f} {shown}")
# --8<-- [end:forget]

# --8<-- [start:decay]
lr, weight_decay, n = 1e-3, 0.1, 20_000
left = {}
for name, shape in shapes.items():
    total = sum(lr * shape(t, n) for t in range(n))
    exact = math.prod(1 - lr * shape(t, n) * weight_decay for t in range(n))
    left[name] = exact
    print(f"{name:8}  Σ lr {total:6.2f}   left of the start {exact:.3f}", end="")
    print(f"   exp(−λ Σ lr) {math.exp(-weight_decay * total):.3f}")
# --8<-- [end:decay]


# --8<-- [start:warm-length]
how_long, plain = {}, ends["adam", "none"][wide.index(0.2)]
for warm_steps in (2, 5, 10, 20, 50):
    losses = train_many(
        data, [0.2], 10, 100, "adam", lambda t, w=warm_steps: min(1.0, (t + 1) / w)
    ).nan_to_num(1e3)[0]
    gain = plain - losses
    half = 2.26 * gain.std().item() / math.sqrt(10)
    how_long[warm_steps] = losses.mean().item(), gain.mean().item(), half
    print("{:2} steps   loss {:.3f}   gain {:.3f} ± {:.3f}".format(
        warm_steps, *how_long[warm_steps]))  # fmt: skip
# --8<-- [end:warm-length]


# --8<-- [start:try-late]
def constant_then_down(t, n=400, tail=0.2):
    return min(1.0, (1 - t / n) / tail)


losses = train_many(data, grid, 10, 400, schedule=constant_then_down).nan_to_num(1e3)
late = losses[int(losses.mean(1).argmin())]
for name, found in {"constant": None, "last fifth": late, "linear": None}.items():
    found = table[400, name] if found is None else found
    print(f"{name:10} loss {found.mean():.4f}")
gain = table[400, "constant"] - late
half = 2.26 * gain.std().item() / math.sqrt(10)
print(f"constant − last fifth  {gain.mean():+.4f} ± {half:.4f}")
# --8<-- [end:try-late]

# --8<-- [start:try-floor]
for lr in lrs:
    square = 1.0
    for _ in range(1000):
        square = (1 - lr) ** 2 * square + lr**2
    print(f"α {lr:<7g} E[w²] {square:.4f}   α / (2 − α) {lr / (2 - lr):.4f}")
# --8<-- [end:try-floor]
