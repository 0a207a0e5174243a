"""The page `learning-rate` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from accumulation import train
from learning_rate import descend, steps_until

# --8<-- [end:imports]

# --8<-- [start:rates]
start = [6.0, 12.0, 18.0]
rates = [0.00009, 0.0009, 0.009, 0.09]
epochs, losses = 10_000, []
for lr in rates:
    zs, _ = descend(start, lr, epochs, max_norm=1.0)
    losses.append(sum(math.log1p(math.exp(v)) for v in zs[-1]) / 3)
    print(f"lr {lr:<7}  loss {losses[-1]:.5f}")

w, _ = train(1000, max_norm=1.0)
zs, _ = descend(start, 0.0009, 1000, max_norm=1.0)
error = (6 * w[0] - torch.tensor(zs[-1])).abs().max().item()
print(f"1000 epochs, against torch: {error:.5f}")
# --8<-- [end:rates]


# --8<-- [start:reversal]
def bowl(lr):
    def small(p):
        return abs(p) <= 1e-3

    return steps_until(small, lambda p: p, 1.0, lr)


def slope(lr):
    def grad(z):
        return 2 / (1 + math.exp(-z))

    return steps_until(lambda z: z <= 0, grad, 18.0, lr)


print("   lr    bowl  slope")
for lr in (0.01, 0.1, 0.5, 1, 1.5, 1.9, 1.99, 2, 10):
    print(f"{lr:5} {bowl(lr):7} {slope(lr):6}")
# --8<-- [end:reversal]

# --8<-- [start:reversal-figure]
from plotting import axes, style, svg

figure, panel = axes(("lr", "steps"), xscale="log", yscale="log", height=3.0)
wide = [10 ** (k / 10) for k in range(-30, 21)]
near = [2 - 10 ** (k / 10) for k in range(-30, 1)]
tried = sorted({lr for lr in wide if lr < 1} | {1.0} | set(near))
panel.plot(tried, [bowl(lr) for lr in tried], **style(0), label="L p²/2, L = 1")
panel.plot(wide, [slope(lr) for lr in wide], **style(1), label="z, y = 0")
for edge, name in ((1, "1/L"), (2, "2/L")):
    panel.axvline(edge, color=style(5)["color"], linewidth=0.9, linestyle=":")
    side = {"ha": "right", "x": edge / 1.08} if edge == 1 else {"x": edge * 1.08}
    panel.text(y=2e4, s=name, va="top", **side)
panel.set_ylim(0.7, 3e4)
panel.legend(loc="lower left")
print(svg(figure, "reversal"))
# --8<-- [end:reversal-figure]
