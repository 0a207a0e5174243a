"""The page `adam` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from adam import (
    adam,
    adam_as_printed,
    adam_in_paper,
    corrected_moments,
    descend,
    follow,
    follow_torch,
    missing_factor,
    moment_gaps,
    noun_gaps,
    random_gradients,
    train_logistic,
    train_mlp,
)

# --8<-- [end:imports]

# --8<-- [start:two-questions]
same = torch.ones(100, dtype=torch.float64)
flip = 1 - 2 * (torch.arange(100) % 2)  # 1, -1, 1, …
grads = torch.stack([0.001 * same, 1000 * same, 1000 * flip], dim=1)
walked = {
    "SGD": follow_torch(grads, torch.optim.SGD, lr=1.0)[-1],
    "Adam": follow(adam_in_paper, grads, lr=1.0)[-1],
}
print("gradient    0.001        1000     ± 1000")
for name, ends in walked.items():
    print(f"{name:5}", *(f"{abs(end):11.3f}" for end in ends.tolist()))
# --8<-- [end:two-questions]

# --8<-- [start:two-questions-figure]
from plotting import INK, axes, style, svg

noise = random_gradients(200, 1) / 2
noise[:100] += 1
state, lines = {}, []
for t, g in enumerate(noise, start=1):
    adam(torch.zeros_like(g), g, state)
    m_hat = state["exp_avg"] / (1 - 0.9**t)
    v_hat = state["exp_avg_sq"] / (1 - 0.999**t)
    lines.append(torch.cat([m_hat, v_hat.sqrt(), m_hat / v_hat.sqrt()]))
lines = torch.stack(lines)
figure, above, below = axes(("t", "g"), ("t", "m̂ / √v̂"), height=2.0)
above.plot(noise, ".", color=INK, markersize=3, alpha=0.5, label="g")
above.plot(lines[:, 0], **style(0), label="m̂")
above.plot(lines[:, 1], **style(1), label="√v̂")
above.legend(
    loc="upper right", ncols=3, columnspacing=1, handlelength=1.5, markerscale=3
)
below.plot(lines[:, 2], **style(0))
below.set_ylim(-1.1, 1.1)
print(svg(figure, "two-questions"))
# --8<-- [end:two-questions-figure]

# --8<-- [start:first-steps]
grads = torch.ones(3, 1, dtype=torch.float64)
rules = (adam_as_printed, adam_in_paper, adam)
for rule in rules:
    path = follow(rule, grads, lr=1.0)
    print(f"{rule.__name__:16} {path[-1].item()}")
# --8<-- [end:first-steps]

# --8<-- [start:compare]
decay, amsgrad = {"weight_decay": 0.01}, {"amsgrad": True}
settings = {"defaults": {}, "weight_decay": decay, "amsgrad": amsgrad}
settings["both"] = decay | amsgrad
for dtype in (torch.float32, torch.float64):
    grads = random_gradients(500, 100, dtype)
    for name, options in settings.items():
        ours = follow(adam, grads, **options)
        torchs = follow_torch(grads, foreach=False, **options)
        print(f"{str(dtype)[6:]}  {name:12}", torch.equal(ours, torchs))
# --8<-- [end:compare]

# --8<-- [start:kernels]
for dtype in (torch.float32, torch.float64):
    grads = random_gradients(500, 100, dtype)
    loop = follow_torch(grads, foreach=False)
    lists = follow_torch(grads, foreach=True)
    fused = follow_torch(grads, fused=True)
    print(f"{str(dtype)[6:]}  foreach equal {torch.equal(lists, loop)}")
    print(f"         fused differs by {(fused - loop).abs().max():.0e}")
# --8<-- [end:kernels]

# --8<-- [start:drift]
lr, steps = 1e-3, 500
drift = {}
for dtype in (torch.float32, torch.float64):
    grads = random_gradients(steps, 100, dtype)
    reference = follow_torch(grads, lr=lr)
    for rule in rules:
        gap = (follow(rule, grads, lr=lr) - reference).abs()
        drift[rule.__name__, dtype] = gap.max().item() / lr
        print(f"{str(dtype)[6:]:8}", end=" ")
        print(f"{rule.__name__:16} {gap.max() / lr:.1e} lr")
# --8<-- [end:drift]

# --8<-- [start:estimates]
m_error, v_error = moment_gaps()
print(f"m {m_error:.0e}   v {v_error:.0e}")
defaults = torch.optim.Adam([torch.zeros(1)]).defaults
print("betas", defaults["betas"], "  eps", defaults["eps"])
# --8<-- [end:estimates]

# --8<-- [start:factor]
t = torch.arange(1, 5001, dtype=torch.float64)
factor = missing_factor(t)
worst = int(t[factor.argmax()])
within = int(t[factor > 1.01].max()) + 1
print(f"t = 1: {factor[0]:.4f}")
print(f"t = {worst}: {factor.max():.4f}, the largest")
print(f"t = {within}: {factor[within - 1]:.4f}")
# --8<-- [end:factor]

# --8<-- [start:factor-measured]
grads = torch.full((4000, 1), 0.3, dtype=torch.float64)
printed = follow(adam_as_printed, grads, lr=1.0).diff(dim=0)
paper = follow(adam_in_paper, grads, lr=1.0).diff(dim=0)
measured = (printed / paper).flatten()
formula_gap = (measured / factor[1:4000] - 1).abs().max().item()
print(f"largest relative gap {formula_gap:.0e}")
# --8<-- [end:factor-measured]

# --8<-- [start:factor-figure]
figure, panel = axes(("t", "|Δθ| / α"), xscale="log")
panel.plot(t[:4000], factor[:4000], **style(1), label="m / (√v + ε)")
panel.axhline(1, **style(0), label="m̂ / (√v̂ + ε)")
panel.set_ylim(0, 7)
panel.legend()
print(svg(figure, "factor"))
# --8<-- [end:factor-figure]

# --8<-- [start:betas-table]
print("β₁     β₂      t = 1   t = 100   t = 1000")
firsts = {}
steps = torch.tensor([1.0, 100.0, 1000.0], dtype=torch.float64)
for betas in ((0.9, 0.999), (0.9, 0.99), (0.9, 0.95), (0.9, 0.9), (0.0, 0.999)):
    ratios = missing_factor(steps, *betas).tolist()
    firsts[betas] = ratios[0]
    print("{:<5}  {:<5} {:7.3f} {:9.3f} {:10.3f}".format(*betas, *ratios))
# --8<-- [end:betas-table]

# --8<-- [start:betas-figure]
from correction import correction_figure, extremes

print(correction_figure(extremes()))
# --8<-- [end:betas-figure]

# --8<-- [start:overshoot-setup]
paths = {rule.__name__: descend(rule, 1.0, 0.05, 150) for rule in rules[:2]}
lowest = {rule: path.min().item() for rule, path in paths.items()}
# --8<-- [end:overshoot-setup]

# --8<-- [start:overshoot-figure]
figure, panel = axes(("t", "x"))
panel.plot(paths["adam_as_printed"], **style(1), label="m / (√v + ε)")
panel.plot(paths["adam_in_paper"], **style(0), label="m̂ / (√v̂ + ε)")
panel.legend()
print(svg(figure, "overshoot"))
# --8<-- [end:overshoot-figure]

# --8<-- [start:moments]
moments = {t: corrected_moments(t) for t in (1, 1000)}
print("   t " + "".join(f"{name:>9}" for name in ("m", "m̂ ", "v", "v̂ ")))
for t, found in moments.items():
    print(f"{t:4} ", *(f"{value:8.4f}" for value in found.values()))
m_hat, v_hat = found["m̂"], found["v̂"]
# --8<-- [end:moments]

# --8<-- [start:nouns]
gaps = noun_gaps()
for name, gap in gaps.items():
    print(f"{name:18} {gap:.2g}")
# --8<-- [end:nouns]

# --8<-- [start:zeros]
network = {zero: train_mlp(zero) for zero in ((0, 2), (0,), (2,), ())}
print("layers at 0     loss  accuracy  units")
for zero, (loss, accuracy, units) in network.items():
    print(f"{zero!s:12} {loss:7.3f} {accuracy:9.2f} {units:6}")
logistic = {zero: train_logistic(zero) for zero in (True, False)}
for zero, (loss, accuracy) in logistic.items():
    print(f"logistic, zero={zero!s:5} loss {loss:.3f} accuracy {accuracy:.2f}")
# --8<-- [end:zeros]

# --8<-- [start:errors]
w = torch.zeros(2, requires_grad=True)
attempts = {
    "lr=-1": lambda: torch.optim.Adam([w], lr=-1),
    "beta2 = 1": lambda: torch.optim.Adam([w], betas=(0.9, 1.0)),
    "no parameters": lambda: torch.optim.Adam([]),
    "w itself": lambda: torch.optim.Adam(w),
    "w * 2": lambda: torch.optim.Adam([w * 2]),
    "w twice": lambda: torch.optim.Adam([{"params": [w]}, {"params": [w]}]),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except (TypeError, ValueError) as error:
        print(f"{name}\n  {type(error).__name__}: {error}")
# --8<-- [end:errors]

# --8<-- [start:try-memory]
once = torch.zeros(1000, dtype=torch.float64)
once[0] = 1.0
param, state, seen = torch.zeros((), dtype=torch.float64), {}, []
for g in once:
    adam(param, g, state)
    seen.append([state["exp_avg"].item(), state["exp_avg_sq"].item()])
for name, beta, values in zip("mv", (0.9, 0.999), torch.tensor(seen).T, strict=True):
    later = int((values > values[0] / 2).sum())
    print(f"{name}  {later:3}   ln 0.5 / ln β = {math.log(0.5) / math.log(beta):.1f}")
# --8<-- [end:try-memory]

# --8<-- [start:try-beta2]
for beta2 in (0.9975, 0.99):
    first = missing_factor(torch.ones(1).double(), 0.95, beta2)
    print(f"β₁ = 0.95, β₂ = {beta2}: {first.item():.4f}")
# --8<-- [end:try-beta2]

# --8<-- [start:try-constant]
constant = train_mlp((0, 2), value=0.5)
print("loss {:.3f}  accuracy {:.2f}  units {}".format(*constant))
# --8<-- [end:try-constant]

# --8<-- [start:try-repair]
grads = random_gradients(500, 100)
param, state = torch.zeros(100, dtype=torch.float64), {}
for t, g in enumerate(grads, start=1):
    alpha = 1e-3 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
    adam_as_printed(param, g, state, lr=alpha)
repaired = (param - follow(adam_in_paper, grads)[-1]).abs().max().item() / 1e-3
print(f"after 500 steps off by {repaired:.0e} lr")
# --8<-- [end:try-repair]
