"""Precision: autocast, GradScaler step by step, underflow, lost updates."""

# --8<-- [start:imports]
import warnings

import torch
from expected import expect
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils import clip_grad_norm_

# --8<-- [end:imports]

# --8<-- [start:formats]
print(f"{'':9} {'eps':>8} {'smallest':>9} {'largest':>8}   1 + 0.003")
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    info = torch.finfo(dtype)
    smallest = info.smallest_normal * info.eps  # 非正规数 | subnormal
    one = torch.tensor(1.0, dtype=dtype) + 0.003
    name = str(dtype)[6:]
    print(f"{name:9} {info.eps:8.0e} {smallest:9.0e} {info.max:8.0e} {one:11.6f}")
# --8<-- [end:formats]

# --8<-- [start:overflow]
for dtype in (torch.float16, torch.bfloat16):
    x = torch.tensor([300.0, 200.0], dtype=dtype)
    print(f"{str(dtype)[6:]:9} squares {(x * x).tolist()}")
    print(f"{'':9} softmax {(x * x).softmax(0).tolist()}")
# --8<-- [end:overflow]

# --8<-- [start:autocast]
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 3))
x, y = torch.randn(4, 8), torch.tensor([0, 1, 2, 0])
with torch.autocast("cpu", torch.bfloat16):
    hidden = net[0](x)
    normed = net[1](hidden)
    logits = net(x)
    loss = cross_entropy(logits, y)
    softmax, total = logits.softmax(1), logits.sum()
loss.backward()
print("weight  ", net[0].weight.dtype, "  its gradient", net[0].weight.grad.dtype)
print("Linear  ", hidden.dtype, "  LayerNorm", normed.dtype)
print("logits  ", logits.dtype, "  loss", loss.dtype)
print("softmax ", softmax.dtype, "  sum", total.dtype)
# --8<-- [end:autocast]

# --8<-- [start:underflow]
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
x, y = torch.randn(512, 64), torch.randint(10, (512,))


def vanished(dtype, scale=1.0):
    """激活的梯度里变成 0 的比例 | share of zeros in the activations' gradient"""
    with torch.autocast("cpu", dtype):
        hidden = net[0](x)
        hidden.retain_grad()
        loss = cross_entropy(net[2](net[1](hidden)), y) * 1e-3
    (loss * scale).backward()
    return (hidden.grad == 0).float().mean().item()


share = {
    "bfloat16": vanished(torch.bfloat16),
    "float16": vanished(torch.float16),
    "float16, scaled": vanished(torch.float16, 2.0**16),
}
for name, zeros in share.items():
    print(f"{name:16} {zeros:7.2%} of the gradient is 0")
# --8<-- [end:underflow]

# --8<-- [start:scaler]
w = torch.ones(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
bad = torch.tensor([1.0, 1.0, float("inf")])
for step, factor in enumerate([1.0, 1.0, bad, 1.0, 1.0], start=1):
    optimizer.zero_grad()
    loss = (w * factor).sum()
    scaler.scale(loss).backward()
    scaled = w.grad[0].item()
    scaler.unscale_(optimizer)
    before, scale = w[0].item(), scaler.get_scale()
    scaler.step(optimizer)
    scaler.update()
    print(f"{step}  scale {scale:4.0f}  grad {scaled:4.0f} → {w.grad[0]:.0f}", end="")
    print(f"  w {before:.1f} → {w[0]:.1f}  next scale {scaler.get_scale():.0f}")
# --8<-- [end:scaler]

# --8<-- [start:skipped]
for how in ("always", "if it stepped"):
    w = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    scaler = torch.amp.GradScaler("cpu")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for factor in (float("inf"), 1.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((w * factor).sum()).backward()
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            if how == "always" or scaler.get_scale() >= scale:
                scheduler.step()
    print(f"{how:13}  lr at the end {scheduler.get_last_lr()[0]}")
    for warning in caught:
        print("   ", str(warning.message)[:38])
# --8<-- [end:skipped]

# --8<-- [start:scale-falls]
w = torch.ones(2, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
scaler = torch.amp.GradScaler("cpu")
for step in range(1, 201):
    optimizer.zero_grad()
    loss = (w * float("nan")).sum()  # 前向就错了 | the forward pass is broken
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if step in (1, 16, 100, 200):
        print(f"{step:3}  scale {scaler.get_scale():<7.1e}  w {w.tolist()}")
# --8<-- [end:scale-falls]

# --8<-- [start:clip]
torch.manual_seed(0)
data = torch.randn(64, 4)
wanted = data @ torch.tensor([3.0, -2.0, 1.0, 8.0])


def train(make, unscale, steps=100):
    """第一步的长度与最后的损失 | the first step's length, the last loss"""
    w = torch.zeros(4, requires_grad=True)
    optimizer = make([w])
    scaler = torch.amp.GradScaler("cpu")
    for step in range(steps):
        optimizer.zero_grad()
        loss = mse_loss(data @ w, wanted)
        scaler.scale(loss).backward()
        if unscale:
            scaler.unscale_(optimizer)
        clip_grad_norm_([w], 1.0)
        scaler.step(optimizer)
        scaler.update()
        if step == 0:
            first = w.norm().item()
    return first, loss.item()


# --8<-- [end:clip]

# --8<-- [start:clip-run]
clipped = {}
for name, make in {
    "SGD, lr 0.1": lambda w: torch.optim.SGD(w, lr=0.1),
    "Adam, lr 0.1": lambda w: torch.optim.Adam(w, lr=0.1),
}.items():
    for unscale in (True, False):
        clipped[name, unscale] = train(make, unscale)
        first, last = clipped[name, unscale]
        print(f"{name:12}  unscale_ {unscale!s:5}", end="  ")
        print(f"first step {first:.1e}  loss after 100 {last:.3f}")
# --8<-- [end:clip-run]

# --8<-- [start:accumulate]
w = torch.zeros(4, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
scaler = torch.amp.GradScaler("cpu")
for rows in range(0, 64, 16):
    part = slice(rows, rows + 16)
    loss = mse_loss(data[part] @ w, wanted[part]) / 4
    scaler.scale(loss).backward()
scaler.unscale_(optimizer)
added = w.grad.clone()
clip_grad_norm_([w], 1.0)
scaler.step(optimizer)
scaler.update()

w0 = torch.zeros(4, requires_grad=True)
(whole,) = torch.autograd.grad(mse_loss(data @ w0, wanted), [w0])
print(f"off by {(added - whole).norm() / whole.norm():.0e}, step {w.norm():.3f}")
# --8<-- [end:accumulate]

# --8<-- [start:scaler-errors]
w = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
scaler = torch.amp.GradScaler("cpu")
scaler.scale(w.sum()).backward()
scaler.unscale_(optimizer)
with expect(RuntimeError) as caught:
    scaler.unscale_(optimizer)
print(caught)

optimizer.zero_grad()
fresh = torch.amp.GradScaler("cpu")
fresh.scale(w.sum())
with expect(AssertionError) as caught:
    fresh.step(optimizer)
print(caught)

half = torch.ones(1, dtype=torch.float16, requires_grad=True)
fresh.scale(half.sum()).backward()
with expect(ValueError) as caught:
    fresh.unscale_(torch.optim.SGD([half], lr=0.1))
print(caught)
# --8<-- [end:scaler-errors]

# --8<-- [start:lost]
torch.manual_seed(0)
weights, update = torch.randn(10_000), 1e-3 * torch.randn(10_000)
lost = {}
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    w = weights.to(dtype)
    lost[dtype] = (w - update.to(dtype) == w).float().mean().item()
    print(f"{str(dtype)[6:]:9} {lost[dtype]:6.1%} of the updates change nothing")
# --8<-- [end:lost]

# --8<-- [start:creep]
ends = {}
for dtype in (torch.float32, torch.bfloat16):
    w = torch.ones(1, dtype=dtype)
    for _ in range(1000):
        w -= 0.001
    ends[dtype] = w.item()
    print(f"{str(dtype)[6:]:9} 1 − 1000 × 0.001 = {w.item():.4f}")
# --8<-- [end:creep]

# --8<-- [start:master-setup]
from sklearn.datasets import load_digits

digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


def fit(kind, lr, seed, steps):
    """训练损失 | the training loss, of a small net on the digits"""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    if kind == "bfloat16 weights":
        net = net.to(torch.bfloat16)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        rows = torch.randint(len(images), (64,), generator=generator)
        optimizer.zero_grad()
        inputs = images[rows]
        if kind == "bfloat16 weights":
            logits = net(inputs.to(torch.bfloat16))
        else:
            with torch.autocast("cpu", torch.bfloat16, enabled=kind == "autocast"):
                logits = net(inputs)
        cross_entropy(logits.float(), labels[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        return cross_entropy(net.float()(images), labels).item()


# --8<-- [end:master-setup]

# --8<-- [start:master]
rates = (0, 1e-4, 1e-3, 0.03, 0.1)
means = {}
print(f"{'lr':16}", *(f"{lr:<8g}" for lr in rates))
for kind in ("float32", "autocast", "bfloat16 weights"):
    for lr in rates:
        steps = 100 if lr else 0
        means[kind, lr] = sum(fit(kind, lr, seed, steps) for seed in range(3)) / 3
    print(f"{kind:16}", *(f"{means[kind, lr]:<8.4f}" for lr in rates))
gained = {
    kind: means[kind, 0] - means[kind, 1e-4] for kind in ("float32", "bfloat16 weights")
}
# --8<-- [end:master]

# --8<-- [start:adam]
for dtype in (torch.float16, torch.bfloat16):
    for eps, fused in ((1e-8, False), (1e-4, False), (1e-8, True)):
        w = torch.ones(2, dtype=dtype)
        w.grad = torch.tensor([0.0, 1e-3], dtype=dtype)
        torch.optim.Adam([w], lr=1e-3, eps=eps, fused=fused).step()
        kept = torch.tensor(eps, dtype=dtype).item()
        print(f"{str(dtype)[6:]:9} eps {eps:.0e} is {kept:.0e}", end="   ")
        print(f"fused {fused!s:5}   w {w.tolist()}")

for dtype in (torch.float32, torch.float16):
    w = torch.ones(1, dtype=dtype)
    w.grad = torch.full_like(w, 1e-3)
    optimizer = torch.optim.Adam([w], lr=1e-3, fused=True)
    for _ in range(20):
        optimizer.step()
    print(f"fused, 20 steps in {str(dtype)[6:]}: moved by {1 - w.item():.3f}")
# --8<-- [end:adam]

# --8<-- [start:try-scale]
scale = 2.0**16
while scale >= 1 and vanished(torch.float16, scale) < 1e-4:
    enough, scale = int(scale), scale / 2
scale, finite = 2.0**16, True
while finite:
    top, scale = int(scale), scale * 2
    net.zero_grad()
    vanished(torch.float16, scale)
    finite = all(p.grad.isfinite().all() for p in net.parameters())
print(f"{enough:,} to {top:,}")
# --8<-- [end:try-scale]

# --8<-- [start:try-gap]
w = torch.full((1,), 0.25, dtype=torch.bfloat16)
for step in range(1, 4):
    w -= 0.001
    print(step, w.item())
# --8<-- [end:try-gap]
