"""The page `learning-rate` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from accumulation import train
from learning_rate import descend, final_loss, steps_on_bowl, steps_on_slope

# --8<-- [end:imports]

# --8<-- [start:rates]
rates = [0.00009, 0.0009, 0.009, 0.09]
epochs, losses = 10_000, []
for lr in rates:
    losses.append(final_loss(lr, epochs))
    print(f"lr {lr:<7}  loss {losses[-1]:.5f}")

w, _ = train(1000, max_norm=1.0)
zs, _ = descend([6.0, 12.0, 18.0], 0.0009, 1000, max_norm=1.0)
error = (6 * w[0] - torch.tensor(zs[-1])).abs().max().item()
print(f"1000 epochs, against torch: {error:.5f}")
# --8<-- [end:rates]

# --8<-- [start:reversal]
print("   lr    bowl  slope")
for lr in (0.01, 0.1, 0.5, 1, 1.5, 1.9, 1.99, 2, 10):
    print(f"{lr:5} {steps_on_bowl(lr):7} {steps_on_slope(lr):6}")
# --8<-- [end:reversal]

# --8<-- [start:reversal-figure]
from plotting import axes, style, svg

figure, panel = axes(("lr", "steps"), xscale="log", yscale="log", height=3.0)
wide = [10 ** (k / 10) for k in range(-30, 21)]
near = [2 - 10 ** (k / 10) for k in range(-30, 1)]
tried = sorted({lr for lr in wide if lr < 1} | {1.0} | set(near))
panel.plot(
    tried, [steps_on_bowl(lr) for lr in tried], **style(0), label="L p²/2, L = 1"
)
downhill = [steps_on_slope(lr) for lr in wide]
panel.plot(wide, downhill, **style(1), label="z, y = 0")
for edge, name in ((1, "1/L"), (2, "2/L")):
    panel.axvline(edge, color=style(5)["color"], linewidth=0.9, linestyle=":")
    side = {"ha": "right", "x": edge / 1.08} if edge == 1 else {"x": edge * 1.08}
    panel.text(y=2e4, s=name, va="top", **side)
panel.set_ylim(0.7, 3e4)
panel.legend(loc="lower left")
print(svg(figure, "reversal"))
# --8<-- [end:reversal-figure]

# --8<-- [start:two-directions]
grid = [k / 200 for k in range(100, 400)]
at_inverse, best = {}, {}
print("kappa  lr = 1/L  best lr      2/(L + mu)")
for kappa in (1, 4, 25, 100):
    mu = 1 / kappa
    steps = {lr: steps_on_bowl(lr, (mu, 1.0)) for lr in grid}
    at_inverse[kappa] = steps[1.0]
    best[kappa] = min(steps, key=steps.get)
    at_best, formula = steps[best[kappa]], 2 / (1 + mu)
    by_formula = steps_on_bowl(formula, (mu, 1.0))
    print(
        f"{kappa:5} {at_inverse[kappa]:9}  {best[kappa]:.2f}: {at_best:3}"
        f"    {formula:.2f}: {by_formula:3}"
    )
# --8<-- [end:two-directions]
