"""The page `matrices` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from adafactor import adafactor
from expected import expect
from matrices import (
    digits_net,
    factored,
    hidden_steps,
    squeeze,
    stable_rank,
    step_rms,
)
from muon import muon, newton_schulz
from torch.optim import Adafactor, AdamW, Muon

# --8<-- [end:imports]

# --8<-- [start:values]
shown_names = ("g", "AdamW", "Muon")
steps = {name: hidden_steps(0)[name].double() for name in shown_names}
values = {name: torch.linalg.svdvals(step) for name, step in steps.items()}
print("         σ₁/σ₁   σ₂/σ₁   σ₄/σ₁  σ₁₆/σ₁  σ₆₄/σ₁")
for name, spectrum in values.items():
    shown = [spectrum[i - 1] / spectrum[0] for i in (1, 2, 4, 16, 64)]
    print(f"{name:6}", *(f"{v:7.3f}" for v in shown))
# --8<-- [end:values]

# --8<-- [start:values-figure]
from plotting import axes, style, svg

figure, panel = axes(("i", "σᵢ / σ₁"), yscale="log")
for number, (name, spectrum) in enumerate(values.items()):
    shown = spectrum / spectrum[0]
    panel.plot(range(1, 65), shown, **style(number), label=name)
panel.set_ylim(1e-5, 2)
panel.legend()
print(svg(figure, "values"))
# --8<-- [end:values-figure]

# --8<-- [start:ranks]
ranks = {name: [] for name in steps}
for seed in range(10):
    for name in ranks:
        ranks[name].append(stable_rank(hidden_steps(seed)[name]))
ratio = torch.tensor(ranks["Muon"]) / torch.tensor(ranks["AdamW"])
print("          min   mean    max")
for name, found in ranks.items():
    mean = sum(found) / len(found)
    print(f"{name:6}", *(f"{v:6.2f}" for v in (min(found), mean, max(found))))
print(f"Muon / AdamW: {ratio.min():.2f} … {ratio.max():.2f}")
# --8<-- [end:ranks]

# --8<-- [start:squeezed]
inputs = torch.logspace(-4, 0, 401, dtype=torch.float64)
classic = (1.5, -0.5, 0.0)
print("      σ   5 steps  5 steps (classic)")
for index in (0, 100, 200, 300, 400):
    sigma = inputs[index]
    print(f"{sigma:7.4f} {squeeze(sigma):9.4f} {squeeze(sigma, 5, classic):9.4f}")
kept = squeeze(inputs[inputs >= 0.01])
print(f"0.01 ≤ σ ≤ 1: {kept.min():.3f} … {kept.max():.3f}")
# --8<-- [end:squeezed]

# --8<-- [start:squeezed-figure]
figure, panel = axes(("σ", "pᵏ(σ)"), xscale="log")
for number, count in enumerate((1, 2, 5)):
    panel.plot(inputs, squeeze(inputs, count), **style(number), label=f"k = {count}")
panel.legend()
print(svg(figure, "squeezed"))
# --8<-- [end:squeezed-figure]

# --8<-- [start:rounded]
normal = {"generator": torch.Generator().manual_seed(0), "dtype": torch.float64}
one_direction = torch.outer(torch.randn(64, **normal), torch.randn(64, **normal))
second = {}
for dtype in (torch.float64, torch.float32, torch.bfloat16):
    lifted = newton_schulz(one_direction, dtype=dtype).double()
    second[dtype] = torch.linalg.svdvals(lifted)[1].item()
    print(f"{dtype!s:15} second singular value {second[dtype]:.0e}")
# --8<-- [end:rounded]

# --8<-- [start:same]
torch.manual_seed(0)
ours, state = torch.randn(6, 4), {}
theirs = ours.clone().requires_grad_()
optimizer = Muon([theirs], lr=0.1)
for _ in range(500):
    theirs.grad = torch.randn(6, 4)
    optimizer.step()
    muon(ours, theirs.grad, state, lr=0.1)
print(torch.equal(ours, theirs))
# --8<-- [end:same]

# --8<-- [start:sizes]
table = {}
print("              AdamW  Muon  match_rms_adamw")
for shape in ((64, 64), (256, 64), (64, 256), (512, 512)):
    table[shape] = (
        step_rms("AdamW", shape),
        step_rms("Muon", shape),
        step_rms("Muon", shape, adjust_lr_fn="match_rms_adamw"),
    )
    print(f"{shape!s:11}", *(f"{v:7.3f}" for v in table[shape]))
# --8<-- [end:sizes]

# --8<-- [start:real-sizes]
lengths = {
    name: torch.tensor([hidden_steps(seed)[name].pow(2).mean() for seed in range(10)])
    for name in ("AdamW", "Muon")
}
lengths = {name: found.sqrt() for name, found in lengths.items()}
lengths["match_rms_adamw"] = 0.2 * 64**0.5 * lengths["Muon"]
print("t = 30            min    max")
for name, found in lengths.items():
    print(f"{name:15} {found.min():.3f}  {found.max():.3f}")
# --8<-- [end:real-sizes]

# --8<-- [start:split]
model = digits_net()
hidden = [model[2].weight]
rest = [param for param in model.parameters() if param is not hidden[0]]
optimizers = [
    Muon(hidden, lr=1e-3, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
    AdamW(rest, lr=1e-3, weight_decay=0.01),
]
model(torch.ones(1, 64)).square().sum().backward()
for optimizer in optimizers:
    optimizer.step()
    print(type(optimizer).__name__, len(optimizer.param_groups[0]["params"]))
# --8<-- [end:split]

# --8<-- [start:factor]
torch.manual_seed(0)
apart = {"u vᵀ": [], "normal²": [], "g²": [], "Adam's v": []}
for seed in range(10):
    made = hidden_steps(seed)
    squares = [torch.outer(torch.rand(64), torch.rand(64)), torch.randn(64, 64) ** 2]
    squares += [made["g"] ** 2, made["v"]]
    for found, square in zip(apart.values(), squares, strict=True):
        found.append(((factored(square) - square).norm() / square.norm()).item())
for name, found in apart.items():
    print(f"{name:9} {min(found):.1e} … {max(found):.1e}")
# --8<-- [end:factor]

# --8<-- [start:bytes]
kept_bytes = {}
for kind in (AdamW, Adafactor):
    theta = torch.ones(1000, 500, requires_grad=True)
    theta.grad = torch.ones(1000, 500)
    optimizer = kind([theta])
    optimizer.step()
    kept_bytes[kind.__name__] = sum(v.nbytes for v in optimizer.state[theta].values())
    print(f"{kind.__name__:10} {kept_bytes[kind.__name__]:9,} B")
# --8<-- [end:bytes]

# --8<-- [start:relative]
moved = {}
print("RMS(θ)    t = 1    t = 100")
for size in (10.0, 1.0, 0.1, 0.0):
    theta, state = torch.full((8, 8), size, dtype=torch.float64), {}
    grad = torch.randn(8, 8, generator=torch.Generator().manual_seed(0)).double()
    moved[size] = []
    for _ in range(100):
        before = theta.clone()
        adafactor(theta, grad, state, lr=1.0)
        moved[size].append((theta - before).square().mean().sqrt().item())
        theta.fill_(size)
    print(f"{size:6} {moved[size][0]:8.4f} {moved[size][-1]:10.4f}")
# --8<-- [end:relative]

# --8<-- [start:errors]
with expect(ValueError) as caught:
    Muon(digits_net().parameters())
print(caught)
with expect(ValueError) as caught:
    Muon([torch.nn.Conv2d(3, 8, 3).weight])
print(caught)
with expect(RuntimeError) as caught:
    theta = torch.ones(2, 2, dtype=torch.complex64, requires_grad=True)
    theta.grad = torch.ones_like(theta)
    Adafactor([theta]).step()
print(caught)
# --8<-- [end:errors]

# --8<-- [start:buffer]
sizes = {}
for dtype in (torch.float32, torch.bfloat16):
    theta = torch.zeros(4, 4, dtype=dtype, requires_grad=True)
    optimizer = Muon([theta], nesterov=False)
    sizes[dtype] = []
    for _ in range(40):
        theta.grad = torch.ones(4, 4, dtype=dtype)
        optimizer.step()
        sizes[dtype].append(optimizer.state[theta]["momentum_buffer"].norm().item())
    print(f"{dtype!s:15}", *(f"{sizes[dtype][t - 1]:.2f}" for t in (1, 2, 10, 40)))
# --8<-- [end:buffer]

# --8<-- [start:try-steps]
matrix = hidden_steps(0)["g"]
for count in (1, 3, 5, 7, 10):
    found = torch.linalg.svdvals(newton_schulz(matrix, count, dtype=torch.float64))
    print(f"k = {count:2}  σ₁ {found[0]:.3f}  σ₃₂ {found[31]:.3f}  σ₆₄ {found[63]:.3f}")
# --8<-- [end:try-steps]

# --8<-- [start:try-floor]
print("g       float32  float64")
for size in (1.0, 1e-3, 1e-6, 1e-8):
    shares = []
    for dtype in (torch.float32, torch.float64):
        theta = torch.ones(2, 2, dtype=dtype)
        grad = torch.tensor([[1.0, 0.1], [0.1, 0.01]], dtype=dtype) * size
        adafactor(theta, grad, {})
        shares.append(((1 - theta[1, 1]) / (1 - theta[0, 0])).item())
    print(f"{size:5}", *(f"{v:8.2f}" for v in shares))
# --8<-- [end:try-floor]
