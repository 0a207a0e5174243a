"""The page `clipping` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
import textwrap
import warnings
from functools import partial
from itertools import pairwise

import torch
from accumulation import error_of, train
from clipping import broken_batches, labelled_points, logistic_regression, quartic
from learning_rate import descend
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

# --8<-- [end:imports]

# --8<-- [start:saved]
wild, tame = quartic(200, lr=0.1), quartic(200, lr=0.1, max_norm=1.0)
print("step     no clip     clip")
for step in (1, 2, 3, 4, 5, 100, 200):
    print(f"{step:4} {wild[step - 1]:11.3g} {tame[step - 1]:8.4f}")
# --8<-- [end:saved]

# --8<-- [start:norm-or-value]
grad = torch.tensor([0.3, 4.0])
p = torch.zeros(2, requires_grad=True)

p.grad = grad.clone()
length = clip_grad_norm_([p], max_norm=1.0)
norm_cosine = torch.cosine_similarity(p.grad, grad, dim=0)
print("returned:", length)
print(f"norm:  {p.grad}  cosine {norm_cosine:.4f}")

p.grad = grad.clone()
clip_grad_value_([p], clip_value=1.0)
value_cosine = torch.cosine_similarity(p.grad, grad, dim=0)
print(f"value: {p.grad}  cosine {value_cosine:.4f}")
# --8<-- [end:norm-or-value]

# --8<-- [start:limit]
logged, _ = broken_batches(math.inf)
usual, long, worst = logged.quantile(torch.tensor([0.5, 0.9, 1.0])).tolist()
print(f"norms: median {usual:.1f}, 90% {long:.1f}, max {worst:.0f}")
print("max_norm  acts in  distance")
ends = {}
for max_norm in (0.01, 0.1, 0.5, 1.0, 3.0, 10.0, 100.0, math.inf):
    lengths, apart = broken_batches(max_norm)
    acts, ends[max_norm] = (lengths > max_norm).float().mean(), apart.mean().item()
    print(f"{max_norm:<8} {acts:8.0%} {ends[max_norm]:9.2f}")
# --8<-- [end:limit]

# --8<-- [start:with-and-without]
start = [6.0, 12.0, 18.0]
clipped, norms = descend(start, 0.0009, 100_000, max_norm=1.0)
free, free_norms = descend(start, 0.0009, 100_000)
idle = next(t for t, norm in enumerate(norms) if norm < 1)

print("epoch    clip  no clip  -ln(2 lr t)")
for t in (1000, 10_000, 100_000):
    limit = -math.log(2 * 0.0009 * t)
    print(f"{t:6} {clipped[t][0]:6.3f} {free[t][0]:8.3f} {limit:12.3f}")
print(f"norm at most {max(norms):.4f}, {max(free_norms):.4f}")
print("clip idle from epoch", idle)
# --8<-- [end:with-and-without]

# --8<-- [start:clip-figure]
from plotting import axes, style, svg

figure, upper, lower = axes(("t", "z₁"), ("t", "‖g‖"), xscale="log", height=2.4)
shown = sorted({round(10 ** (k / 30)) for k in range(60, 151)} - {100_000})
late = [t for t in shown if t > 3000]
runs = ((clipped, norms, "max_norm = 1"), (free, free_norms, "max_norm = ∞"))
for number, (logits, lengths, name) in enumerate(runs):
    upper.plot(shown, [logits[t][0] for t in shown], **style(number), label=name)
    lower.plot(shown, [lengths[t] for t in shown], **style(number))
limit = [-math.log(2 * 0.0009 * t) for t in late]
upper.plot(late, limit, **style(3), label="−ln(2·lr·t)")
lower.axhline(1, color=style(5)["color"], linewidth=1.2, linestyle=":")
lower.yaxis.grid(visible=False)
lower.set_ylim(0, 1.5)
upper.legend(loc="lower left")
print(svg(figure, "clip"))
# --8<-- [end:clip-figure]

# --8<-- [start:rounded-away]
step = {}
for dtype in (torch.float32, torch.float64):
    for z in (-8.5, -8.6):
        w = torch.full((6,), z / 6, dtype=dtype)
        after = w - 0.0009 * torch.sigmoid(w.sum()) / 3
        step[dtype, z] = (w - after).max().item()
        print(f"{dtype!s:13}  z = {z}   step of w {step[dtype, z]:.0e}")
# --8<-- [end:rounded-away]

# --8<-- [start:batches]
numbers = torch.tensor([0.0] * 9 + [10.0])
for max_norm in (math.inf, 1.0):
    draw = torch.Generator().manual_seed(0)
    c = torch.tensor(5.0, requires_grad=True)
    sgd, places = torch.optim.SGD([c], lr=0.01), []
    for k in torch.randint(10, (4000,), generator=draw):
        sgd.zero_grad()
        ((c - numbers[k]) ** 2 / 2).backward()
        clip_grad_norm_([c], max_norm)
        sgd.step()
        places.append(c.item())
    settled = sum(places[2000:]) / 2000
    print(f"max_norm {max_norm:4}   mean of the last 2000 steps {settled:.2f}")
# --8<-- [end:batches]

# --8<-- [start:separable]
size = {}
print("flipped   step    |w|  gradient")
for flipped in (0.0, 0.2):
    sizes, lengths = logistic_regression(*labelled_points(flipped), steps=4000)
    for step in (100, 1000, 4000):
        size[flipped, step] = sizes[step - 1]
        row = f"{sizes[step - 1]:6.2f}  {lengths[step - 1]:.0e}"
        print(f"{flipped:7.0%} {step:6} {row}")
# --8<-- [end:separable]

# --8<-- [start:categories]
categories = torch.eye(2, dtype=torch.float64).repeat_interleave(20, dim=0)
labels = torch.tensor([0.0, 0.0, 0.0, 1.0] * 5 + [1.0] * 20, dtype=torch.float64)
runs = [
    logistic_regression(column, labels, 4000)[0] for column in categories.T[..., None]
]
print("  step  |w| of category 1  |w| of category 2")
for step in (100, 1000, 4000):
    print(f"{step:6} {runs[0][step - 1]:18.2f} {runs[1][step - 1]:18.2f}")
# --8<-- [end:categories]

# --8<-- [start:hidden]
_, leak = train(3, zero_grad=False, max_norm=1.0)
print("norms:", [round(norm, 3) for norm in leak])

print("epochs  max_norm  zero_grad  z1")
hidden = {}
for epochs, max_norm in ((300, math.inf), (300, 1.0), (10000, 1.0), (30000, 1.0)):
    for zero_grad in (True, False):
        zs, norms = descend(start, 0.0009, epochs, max_norm, zero_grad)
        z1 = zs[-1][0]
        hidden[epochs, max_norm, zero_grad] = z1
        print(f"{epochs:6}  {max_norm:8}  {zero_grad!s:9} {z1:8.3f}")
# --8<-- [end:hidden]

# --8<-- [start:nonfinite]
for bad in (math.inf, math.nan, 1e20):
    p.grad = torch.tensor([bad, 1.0])
    print(clip_grad_norm_([p], max_norm=1.0), p.grad)

p.grad = torch.tensor([math.inf, 1.0])
strict = partial(clip_grad_norm_, error_if_nonfinite=True)
print(error_of(lambda: strict([p], max_norm=1.0)))
print(p.grad)
# --8<-- [end:nonfinite]

# --8<-- [start:consumed]
layer = torch.nn.Linear(5, 3)
params = layer.parameters()
optimizer = torch.optim.SGD(params, lr=0.1)
layer(torch.ones(5)).sum().backward()

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    nothing = clip_grad_norm_(params, max_norm=1.0)
print(nothing, *(warning.category.__name__ for warning in caught))
print(textwrap.fill(str(caught[0].message), 36))
print(clip_grad_norm_(layer.parameters(), max_norm=1.0))
# --8<-- [end:consumed]

# --8<-- [start:try-kinds]
for kind in (2.0, math.inf):
    p.grad = torch.tensor([3.0, 4.0])
    clip_grad_norm_([p], max_norm=1.0, norm_type=kind)
    print(kind, p.grad)
# --8<-- [end:try-kinds]

# --8<-- [start:try-tight]
_, tight = descend(start, 0.0009, 30_000, max_norm=0.5)
later = next(t for t, norm in enumerate(tight) if norm < 0.5)
print("max_norm = 1:  ", idle)
print("max_norm = 0.5:", later)
# --8<-- [end:try-tight]

# --8<-- [start:try-adam]
print("max_norm  first step  largest step  p after 200")
for max_norm in (math.inf, 1.0):
    p = torch.tensor(10.0, requires_grad=True)
    adam, places = torch.optim.Adam([p], lr=0.1), [10.0]
    for _ in range(200):
        adam.zero_grad()
        (p**4).backward()
        clip_grad_norm_([p], max_norm)
        adam.step()
        places.append(p.item())
    moves = [abs(b - a) for a, b in pairwise(places)]
    print(f"{max_norm:8} {moves[0]:11.4f} {max(moves):13.4f} {p.item():12.4f}")
# --8<-- [end:try-adam]

# --8<-- [start:try-longest]
print(f"{'':22} longest step, in lr * max_norm")
longest = {}
for more in ({}, {"momentum": 0.9}, {"weight_decay": 1.0}):
    p = torch.tensor([10.0], requires_grad=True)
    sgd, places = torch.optim.SGD([p], lr=0.1, **more), [10.0]
    for _ in range(40):
        sgd.zero_grad()
        (100 * p).backward()
        clip_grad_norm_([p], max_norm=1.0)
        sgd.step()
        places.append(p.item())
    name = "".join(f"{key} {value}" for key, value in more.items()) or "plain"
    longest[name] = max(abs(b - a) for a, b in pairwise(places)) / 0.1
    print(f"{name:22} {longest[name]:.2f}")
# --8<-- [end:try-longest]
