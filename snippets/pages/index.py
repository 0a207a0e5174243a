"""The page `index` as a script: it prints what the page shows."""

# --8<-- [start:correction-figure]
import json

import torch
from adam import adam_as_printed, adam_in_paper, missing_factor
from index import first_step
from plotting import INK, axes, style, svg

t = torch.logspace(0, 5, 201, dtype=torch.float64)
early = missing_factor(torch.arange(1, 101, dtype=torch.float64))
worst = int(early.argmax()) + 1
marks = [(1, early[0].item()), (worst, early.max().item())]
figure, panel = axes(("t", "(1 − β₁ᵗ) / √(1 − β₂ᵗ)"), xscale="log", yscale="log")
panel.axhline(1, **style(0), linewidth=1.2)
panel.plot(t, missing_factor(t), **style(1), gid="way")
for (x, y), name, marker in zip(marks, ("first", "worst"), "os", strict=True):
    panel.plot(x, y, marker, color=INK, markersize=6, gid=name)
panel.set_ylim(1e-2, 2e2)
settings = {"betas": [0.9, 0.999], "last": 100_000, "marks": marks}
drawn = svg(figure, "betas")
print(f"<div data-correction='{json.dumps(settings)}'>\n{drawn}\n</div>")
# --8<-- [end:correction-figure]

# --8<-- [start:surprise]
for rule in (adam_as_printed, adam_in_paper):
    steps = ", ".join(f"{step:.4f}" for step in first_step(rule))
    print(f"{rule.__name__:16} {steps}")
# --8<-- [end:surprise]
