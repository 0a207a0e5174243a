"""The page `accumulation` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
import textwrap
import warnings
from functools import partial

import torch
from accumulation import (
    added,
    changes,
    error_of,
    largest_gap,
    loss_when_y_is_trained,
    parameters,
    relative,
    step_after,
    takes_gradient,
    train,
)
from torch.nn.functional import mse_loss

# --8<-- [end:imports]

# --8<-- [start:three-sums]
w = torch.tensor(3.0, requires_grad=True)
(w**2 + 2 * w).backward()  # 两条路 | two paths
print("two paths  ", w.grad.item())

w.grad = None
(w**2).backward()  # 两个损失 | two losses
(2 * w).backward()
print("two losses ", w.grad.item())

w.grad = None
for batch in (torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])):
    (w * batch).sum().backward()
print("two batches", w.grad.item())
# --8<-- [end:three-sums]

# --8<-- [start:loop]
x = torch.ones(5)  # 输入 | input
y = torch.zeros(3)  # 期望输出 | expected output

w0 = [[1, 2, 3] for _ in range(5)]
w = torch.tensor(w0, dtype=torch.float32, requires_grad=True)
b0 = [1, 2, 3]
b = torch.tensor(b0, dtype=torch.float32, requires_grad=True)

optimizer = torch.optim.SGD([w, b], lr=0.0009)

num_epochs = 10000
for epoch in range(num_epochs):
    optimizer.zero_grad()
    z = torch.matmul(x, w) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([w, b], max_norm=1.0)
    optimizer.step()

    if epoch % 2000 == 0:
        print(f"Epoch {epoch}, Loss: {loss.item()}")
        print(z.detach())

print("Final w:", w)
print("Final b:", b)
# --8<-- [end:loop]

# --8<-- [start:layers]
torch.manual_seed(0)
layer = torch.nn.Linear(5, 3)
for name, param in layer.named_parameters():
    print(name, tuple(param.shape), param.requires_grad)
bound, largest = 1 / math.sqrt(5), layer.weight.abs().max()
print(f"max|w| = {largest:.3f} < {bound:.3f}")

for build in (partial(torch.nn.Linear, 5, 3), partial(torch.nn.LayerNorm, 3)):
    print(f"{build.func.__name__:9} max|Δw| = {largest_gap(build):.4f}")
norm = torch.nn.LayerNorm(3)
print("LayerNorm", norm.weight.tolist(), norm.bias.tolist())
# --8<-- [end:layers]

# --8<-- [start:target]
print("y:", tuple(y.shape), y.requires_grad, y.grad)

losses = loss_when_y_is_trained(500)
for step in (0, 100, 300, 499):
    print(f"step {step:4}  loss {losses[step]:8.2f}")
# --8<-- [end:target]

# --8<-- [start:optimizable]
half = 0.5 * torch.ones(2, requires_grad=True)
print(error_of(lambda: torch.optim.SGD([half], lr=0.1)))
half.retain_grad()
print(error_of(lambda: torch.optim.SGD([half], lr=0.1)))

layer_params = layer.parameters()
torch.optim.SGD(layer_params, lr=0.1)
print(error_of(lambda: torch.optim.SGD(layer_params, lr=0.1)))

frozen = torch.ones(2)
frozen.grad = torch.ones(2)
torch.optim.SGD([frozen], lr=0.1).step()
print(frozen, frozen.requires_grad)
# --8<-- [end:optimizable]

# --8<-- [start:dtypes]
values = vars(torch).values()
dtypes = {value for value in values if isinstance(value, torch.dtype)}
accepted = {dtype for dtype in dtypes if takes_gradient(dtype)}
real = {dtype for dtype in accepted if dtype.is_floating_point}
imaginary = {dtype for dtype in accepted if dtype.is_complex}
print(len(dtypes), "dtypes:", len(accepted), "accepted")
print(len(real), "floating,", len(imaginary), "complex")

integers = torch.tensor([1, 2, 3])
print(error_of(integers.requires_grad_))
print(error_of(lambda: torch.tensor([1, 2], requires_grad=True)))
# --8<-- [end:dtypes]

# --8<-- [start:one-step]
moved = {}
print("backward  step   max|Δw|  max|Δb|")
for calls in (True, False), (False, True), (True, True):
    moved[calls] = changes(*calls)
    dw, db = moved[calls]
    print(f"{calls[0]!s:9} {calls[1]!s:5} {dw:8.5f} {db:8.5f}")
# --8<-- [end:one-step]

# --8<-- [start:update]
w, b = parameters()
optimizer = torch.optim.SGD([w], lr=0.0009)
start = w.detach().clone()

z = torch.matmul(x, w) + b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
loss.backward()
optimizer.step()
print("w = start - lr g:", torch.equal(w, start - 0.0009 * w.grad))
print("b.grad:", b.grad)
# --8<-- [end:update]

# --8<-- [start:formula]
expected = torch.outer(x, (torch.sigmoid(z) - y) / 3)
print(w.grad[0])
print(expected[0].detach())
torch.testing.assert_close(w.grad, expected)
# --8<-- [end:formula]

# --8<-- [start:non-leaf]
print("leaves:", w.is_leaf, z.is_leaf)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print("z.grad:", z.grad)
sentence = str(caught[0].message).split(". ")[0]
print(textwrap.fill(f"UserWarning: {sentence}", 36))
# --8<-- [end:non-leaf]

# --8<-- [start:zero-grad]
print(w.grad[0])
optimizer.zero_grad(set_to_none=False)
print(w.grad[0])
optimizer.zero_grad()
print(w.grad)
# --8<-- [end:zero-grad]

# --8<-- [start:whose-grad]
net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Linear(4, 3))
of_the_last = torch.optim.SGD(net[1].parameters(), lr=0.1)
left = {}
for who in (of_the_last, net):
    net(torch.ones(5)).sum().backward()
    who.zero_grad()
    name = type(who).__name__
    left[name] = [n for n, p in net.named_parameters() if p.grad is not None]
    print(f"{name}.zero_grad() leaves", *left[name] or ["nothing"])
# --8<-- [end:whose-grad]

# --8<-- [start:none-or-zero]
sgd, adam = torch.optim.SGD, torch.optim.Adam
optimizers = {
    "SGD": partial(sgd, lr=0.1),
    "momentum": partial(sgd, lr=0.1, momentum=0.9),
    "decay": partial(sgd, lr=0.1, weight_decay=0.5),
    "Adam": partial(adam, lr=0.1),
    "Adagrad": partial(torch.optim.Adagrad, lr=0.1),
}
moves = {}
for name, build in optimizers.items():
    none, zero = (step_after(build, flag) for flag in (True, False))
    moves[name] = zero
    print(f"{name:9} None: {none:7.4f}   zero: {zero:7.4f}")
# --8<-- [end:none-or-zero]

# --8<-- [start:forgotten]
forgotten, growing = train(300, zero_grad=False)
momentum, _ = train(300, momentum=1.0)
print("same w:", torch.equal(forgotten, momentum))
print([round(norm, 3) for norm in growing[:3]])
# --8<-- [end:forgotten]

# --8<-- [start:twice]
w, b = parameters()
z = torch.matmul(x, w) + b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)

loss.backward()
print(w.grad)
print(b.grad)

x1 = torch.ones(5)
z1 = torch.matmul(x1, w) + b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z1, y)

loss.backward()
print(w.grad)
print(b.grad)
# --8<-- [end:twice]

# --8<-- [start:added]
once, address = w.grad / 2, w.grad.data_ptr()
mse_loss(torch.matmul(x, w) + b, y).backward()
print("same memory:", w.grad.data_ptr() == address)

z2 = torch.matmul(x, w) + b
bce = torch.nn.functional.binary_cross_entropy_with_logits(z2, y)
result, expected = added(bce, mse_loss(z2, y), w)
print("sum:", torch.equal(result, expected))

total = torch.zeros_like(once)
for _ in range(10000):
    total += once
drift = relative(total.double(), 10000 * once.double())
print(f"drift: {drift:.1e}")
# --8<-- [end:added]

# --8<-- [start:backward-errors]
print(error_of(loss.backward))
print(error_of(z1.backward))
# --8<-- [end:backward-errors]

# --8<-- [start:try-three]
w, b = parameters()
for _ in range(3):
    z = torch.matmul(x, w) + b
    torch.nn.functional.binary_cross_entropy_with_logits(z, y).backward()
print(w.grad[0])
# --8<-- [end:try-three]

# --8<-- [start:try-sum]
w, b = parameters()
z = torch.matmul(x, w) + b
torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="sum").backward()
print(w.grad[0])
# --8<-- [end:try-sum]

# --8<-- [start:try-grad]
w, b = parameters()
z = torch.matmul(x, w) + b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
(grad,) = torch.autograd.grad(loss, w)
print(grad[0], w.grad)
# --8<-- [end:try-grad]
