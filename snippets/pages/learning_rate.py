"""The page `learning-rate` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from accumulation import train
from learning_rate import descend, final_loss, steps_on_bowl, steps_on_slope
from plotting import axes, style, svg

# --8<-- [end:imports]

# --8<-- [start:rates]
rates = [0.00009, 0.0009, 0.009, 0.09]
epochs, losses = 10_000, []
for lr in rates:
    losses.append(final_loss(lr, epochs))
    print(f"lr {lr:<7}  loss {losses[-1]:.5f}")
# --8<-- [end:rates]

# --8<-- [start:against-torch]
w, _ = train(1000, max_norm=1.0)
zs, _ = descend([6.0, 12.0, 18.0], 0.0009, 1000, max_norm=1.0)
error = (6 * w[0] - torch.tensor(zs[-1])).abs().max().item()
print(f"1000 epochs, against torch: {error:.5f}")
# --8<-- [end:against-torch]

# --8<-- [start:two-kinds-figure]
figure, bowl, slope = axes(("p", "loss"), ("z", "loss"), columns=2, height=2.3)
p = torch.linspace(-1.2, 1.2, 100)
bowl.plot(p, p**2 / 2, **style(0))
z = torch.linspace(-6, 6, 100)
slope.plot(z, torch.nn.functional.softplus(z), **style(1))
print(svg(figure, "two-kinds"))
# --8<-- [end:two-kinds-figure]

# --8<-- [start:reversal]
print("   lr    bowl  slope")
for lr in (0.1, 0.5, 1, 1.9, 2, 10):
    print(f"{lr:5} {steps_on_bowl(lr):7} {steps_on_slope(lr):6}")
# --8<-- [end:reversal]

# --8<-- [start:reversal-figure]
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

# --8<-- [start:two-directions-setup]
grid = [k / 200 for k in range(100, 400)]
by_kappa, at_inverse, best = {}, {}, {}
for kappa in (1, 4, 25, 100):
    steps = {lr: steps_on_bowl(lr, (1 / kappa, 1.0)) for lr in grid}
    by_kappa[kappa] = list(steps.values())
    at_inverse[kappa] = steps[1.0]
    best[kappa] = min(steps, key=steps.get)
# --8<-- [end:two-directions-setup]

# --8<-- [start:two-directions]
print("kappa  best lr  2/(L + mu)")
for kappa, lr in best.items():
    print(f"{kappa:5}  {lr:7.3f}  {2 / (1 + 1 / kappa):10.3f}")
# --8<-- [end:two-directions]

# --8<-- [start:two-directions-figure]
figure, panel = axes(("lr", "steps"), yscale="log", height=2.7)
for number, (kappa, steps) in enumerate(by_kappa.items()):
    panel.plot(grid, steps, **style(number), label=f"κ = {kappa}")
    panel.plot(best[kappa], min(steps), "o", color=style(number)["color"])
panel.legend(ncols=4, loc="lower left", handlelength=1.6, columnspacing=1)
panel.set_ylim(0.12, 2000)
print(svg(figure, "two-directions"))
# --8<-- [end:two-directions-figure]

# --8<-- [start:try-ten]
for lr in (1.0, 2 / 1.1, 1.9):
    print(f"lr {lr:.3f}: {steps_on_bowl(lr, (0.1, 1.0))} steps")
# --8<-- [end:try-ten]

# --8<-- [start:try-steep]
for lr in (0.25, 0.49, 0.5):
    print(f"lr {lr}: {steps_on_bowl(lr, (4.0,))} steps")
# --8<-- [end:try-steep]

# --8<-- [start:try-half]
for lr, epochs_of in ((0.0009, 10_000), (0.00045, 10_000), (0.00045, 20_000)):
    print(f"lr {lr:<7}  {epochs_of:6} epochs  loss {final_loss(lr, epochs_of):.4f}")
# --8<-- [end:try-half]
