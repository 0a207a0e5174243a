"""The page `loss-numerics` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
from textwrap import shorten

import torch
from cross_entropy import linear_cross_entropy, logsumexp
from expected import expect
from plotting import axes, style, svg
from tensor_bytes import graph_bytes, largest_tensor
from torch import nn
from torch.nn import LinearCrossEntropyOptions
from torch.nn import functional as F

# --8<-- [end:imports]

# --8<-- [start:first-surprise]
logits = torch.tensor([[1.0, 2.0], [-torch.inf, -torch.inf]], requires_grad=True)
target = torch.tensor([0, -100])  # 第二行被忽略 | the second row is ignored
loss = F.cross_entropy(logits, target)
loss.backward()
print(loss.item())
print(logits.grad)
# --8<-- [end:first-surprise]

# --8<-- [start:overflow]
z = torch.tensor([[88.0, 0.0], [89.0, 0.0], [1000.0, 0.0]])
print("naive      ", z.exp().sum(1).log())
print("logsumexp  ", logsumexp(z))
for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
    last = math.log(torch.finfo(dtype).max)
    print(f"{str(dtype)[6:]:9} exp overflows above {last:6.1f}")
# --8<-- [end:overflow]

# --8<-- [start:soft-margin]
x, one = torch.tensor([-88.0, -89.0], requires_grad=True), torch.ones(2)
for name, loss in (
    ("SoftMarginLoss", lambda x: F.soft_margin_loss(x, one, reduction="none")),
    ("softplus(−yz)", lambda x: F.softplus(-x)),
):
    values = loss(x)
    (grad,) = torch.autograd.grad(values.sum(), x)
    print(f"{name:15}", values.tolist(), grad.tolist())
# --8<-- [end:soft-margin]


# --8<-- [start:bce]
def pulls(z, label, dtype=torch.float32):
    """Return value and slope of BCE after a sigmoid, and of BCE with logits."""
    shown = []
    for loss in (
        lambda z, y: F.binary_cross_entropy(z.sigmoid(), y),
        F.binary_cross_entropy_with_logits,
    ):
        at = torch.tensor(z, dtype=dtype, requires_grad=True)
        value = loss(at, torch.tensor(label, dtype=dtype))
        (grad,) = torch.autograd.grad(value, at)
        shown += [value.item(), grad.item()]
    return shown


dead = next(z for z in range(1, 40) if pulls(float(z), 0.0)[1] == 0)
print("  y     z   sigmoid, BCE        with logits")
for label, zs in ((0.0, (5.0, 16.0, 17.0, 50.0)), (1.0, (-20.0, -28.0, -35.0, -104.0))):
    for z in zs:
        row = "  ".join(f"{v:8.3f}" for v in pulls(z, label))
        print(f"{label:3.0f} {z:5.0f} {row}")
# --8<-- [end:bce]

# --8<-- [start:clamp]
p = torch.tensor([0.0, 1e-45], requires_grad=True)
values = F.binary_cross_entropy(p, torch.ones(2), reduction="none")
(grad,) = torch.autograd.grad(values.sum(), p)
print("BCELoss         ", values.tolist(), grad.tolist())
values = -p.log()
(grad,) = torch.autograd.grad(values.sum(), p)
print("−log p          ", values.tolist(), grad.tolist())

half = torch.tensor([0.0], dtype=torch.float16, requires_grad=True)
F.binary_cross_entropy(half, half.detach()).backward()
print("float16, p = y  ", half.grad.tolist())
# --8<-- [end:clamp]

# --8<-- [start:bce-figure]
figure, panel = axes(("z, y = 0", "∂loss/∂z"))
line = [k / 4 for k in range(0, 121)]
dtypes = (torch.float32, torch.bfloat16, torch.float16)
for number, dtype in enumerate(dtypes):
    slopes = [pulls(z, 0.0, dtype)[1] for z in line]
    panel.plot(line, slopes, **style(number), label=f"sigmoid, BCE, {str(dtype)[6:]}")
end = [math.isnan(slope) for slope in slopes].index(True) - 1  # of float16
panel.plot(line[end], slopes[end], "o", color=style(2)["color"], zorder=5)
slopes = [pulls(z, 0.0)[3] for z in line]
panel.plot(line, slopes, **style(3), label="with logits, float32")
panel.legend(loc="center right", fontsize=10.5, handlelength=1.6)
print(svg(figure, "dies"))
# --8<-- [end:bce-figure]


# --8<-- [start:masked-rows]
def gradient(change):
    x = torch.tensor([[1.0, 2.0], [-torch.inf, -torch.inf]], requires_grad=True)
    loss = change(x)
    (grad,) = torch.autograd.grad(loss, x)
    rows = ", ".join(f"{v:.3f}" for v in grad.view(-1))
    return f"{loss.item():.4f}   {rows}"


def each(x):
    return F.cross_entropy(x, target, reduction="none")


kept = target != -100
print("as it is   ", gradient(lambda x: F.cross_entropy(x, target)))
print("loss · mask", gradient(lambda x: (each(x) * kept).sum()))
print("where(loss)", gradient(lambda x: torch.where(kept, each(x), 0).sum()))
print("rows first ", gradient(lambda x: F.cross_entropy(x[kept], target[kept])))
filled = ~kept[:, None]
print("fill first ", gradient(lambda x: each(x.masked_fill(filled, 0)).sum()))
# --8<-- [end:masked-rows]

# --8<-- [start:masked-classes]
x = torch.tensor([[0.0, 1.0, -torch.inf]], requires_grad=True)
first = torch.tensor([0])
loss = F.cross_entropy(x, first)
(grad,) = torch.autograd.grad(loss, x)
print("forbidden class −inf  ", round(loss.item(), 4), grad.tolist()[0][2])
print("with label smoothing  ", F.cross_entropy(x, first, label_smoothing=0.1).item())
print("as the target         ", F.cross_entropy(x, torch.tensor([2])).item())
low = torch.finfo(torch.float32).min
finite = x.detach().masked_fill(x == -torch.inf, low)
smooth = F.cross_entropy(finite, first, label_smoothing=0.1)
print("finfo.min, smoothing  ", f"{smooth.item():.1e}")
# --8<-- [end:masked-classes]


# --8<-- [start:where]
def slope_at_zero(function):
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


print("where after ", slope_at_zero(lambda x: torch.where(x > 0, x.sqrt(), 0)))
print(
    "where before",
    slope_at_zero(lambda x: torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)),
)
print("x · log x   ", slope_at_zero(lambda x: torch.where(x > 0, x * x.log(), 0)))
v = torch.zeros(1, 3, requires_grad=True)
(grad,) = torch.autograd.grad(v.square().sum().sqrt(), v)
(own,) = torch.autograd.grad(v.norm(), v)
print("‖v‖ by hand ", grad.tolist()[0])
print("v.norm()    ", own.tolist()[0])
# --8<-- [end:where]

# --8<-- [start:low-precision]
ones, sums = torch.ones(70_000), {}
for dtype in (torch.float16, torch.bfloat16):
    x, zero = ones.to(dtype), torch.zeros(70_000, dtype=dtype)
    flat = torch.zeros(1, 10, dtype=dtype)
    sums[dtype] = F.l1_loss(x, zero, reduction="sum").item()
    print(
        f"{str(dtype)[6:]:9}",
        f"Σ1 = {sums[dtype]:.0f}",
        f"  300² = {F.mse_loss(300 * x[:1], zero[:1]).item():.0f}",
        f"  ln 10 = {F.cross_entropy(flat, first).item():.4f}",
    )
with torch.autocast("cpu", torch.bfloat16):
    out = torch.randn(4, 3) @ torch.randn(3, 3)
    print(out.dtype, "→", F.cross_entropy(out, torch.zeros(4).long()).dtype)
    unlisted = out.log_softmax(1), F.gaussian_nll_loss(out, 0 * out, out.exp())
    print("log_softmax, gaussian_nll →", *(value.dtype for value in unlisted))
    for weight in (None, torch.ones_like(out)):
        mse = F.mse_loss(out, 0 * out, weight=weight)
        print(
            "mse_loss,",
            "weighted  →" if weight is not None else "plain     →",
            mse.dtype,
        )
# --8<-- [end:low-precision]

# --8<-- [start:digits-lost]
z = torch.tensor([8.0, 8.1], dtype=torch.bfloat16)
apart = (z[1] - z[0]).item()
print("two logits      ", z.tolist())
z = torch.tensor([20.0], requires_grad=True)
(grad,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(z, torch.ones(1)), z)
(own,) = torch.autograd.grad(F.softplus(-z), z)
print("σ(20) − 1       ", grad.item())
slope = own.item()
print("−σ(−20)         ", slope)
# --8<-- [end:digits-lost]

# --8<-- [start:several]
metres = torch.tensor([1.0, 2.0], requires_grad=True)
true = torch.tensor([1.1, 1.9])
for unit, scale in (("m", 1.0), ("mm", 1000.0)):
    loss = F.mse_loss(scale * metres, scale * true)
    (grad,) = torch.autograd.grad(loss, metres)
    print(f"{unit:3} loss {loss.item():10.4f}   gradient norm {grad.norm():12.4f}")
# --8<-- [end:several]

# --8<-- [start:linear]
N, H, C = 512, 64, 8000
torch.manual_seed(0)
x = torch.randn(N, H, requires_grad=True)
head = torch.randn(C, H, requires_grad=True)
y = torch.randint(C, (N,))
options = LinearCrossEntropyOptions()
losses = {
    "Linear, CrossEntropy": lambda: F.cross_entropy(x @ head.T, y),
    "options=None": lambda: F.linear_cross_entropy(x, head, y),
    "options": lambda: F.linear_cross_entropy(x, head, y, options=options),
    "ours, chunk=64": lambda: linear_cross_entropy(x, head, y, chunk=64),
}
largest = {}
print(f"N · C · 4 = {N * C * 4:,}   C · H · 4 = {C * H * 4:,}")
for name, loss in losses.items():
    largest[name] = largest_tensor(lambda f=loss: torch.autograd.grad(f(), (x, head)))
    saved = graph_bytes(loss)
    print(f"{name:21} largest {largest[name]:11,}   in the graph {saved:11,}")
values = [loss().item() for loss in losses.values()]
spread = (max(values) - min(values)) / values[0]
print(f"relative spread of the four losses {spread:.0e}")
# --8<-- [end:linear]

# --8<-- [start:linear-limits]
loss = losses["options"]()
loss.backward(retain_graph=True)
with expect(RuntimeError) as caught:
    loss.backward()
print(shorten(str(caught), 60, placeholder=" …"))
nothing = torch.full((N,), -100)
for name, more in (("options=None", {}), ("options", {"options": options})):
    value = F.linear_cross_entropy(x, head, nothing, **more)
    (grad,) = torch.autograd.grad(value, x)
    print(f"all ignored, {name:13} {value.item()}  {grad[0, 0].item()}")
# --8<-- [end:linear-limits]

# --8<-- [start:adaptive]
torch.manual_seed(0)
full = nn.Linear(64, 10_000, bias=False)
parts = nn.AdaptiveLogSoftmaxWithLoss(64, 10_000, [100, 1000])
count = {
    name: sum(p.numel() for p in module.parameters())
    for name, module in (("Linear", full), ("adaptive", parts))
}
print(count)
x = torch.randn(5, 64)
total = parts.log_prob(x).exp().sum(1)
print("probabilities add up to", f"{total.min():.4f}")
# --8<-- [end:adaptive]

# --8<-- [start:try-half]
for dtype in (torch.float16, torch.bfloat16, torch.float32):
    slopes = [pulls(float(z), 0.0, dtype)[1] for z in range(1, 40)]
    dead = next(z for z, slope in enumerate(slopes, 1) if not slope > 0.5)
    print(f"{str(dtype)[6:]:9} z = {dead:2}   slope {slopes[dead - 1]}")
# --8<-- [end:try-half]

# --8<-- [start:try-log]
p = torch.tensor([0.0, 0.5], requires_grad=True)
for name, entropy in (
    ("−p log p", lambda p: -(p * p.log())),
    ("−xlogy(p, p)", lambda p: -torch.xlogy(p, p)),
    ("torch.special.entr", torch.special.entr),
):
    values = entropy(p)
    (grad,) = torch.autograd.grad(values.sum(), p)
    print(f"{name:19}", values.tolist(), grad.tolist())
# --8<-- [end:try-log]
