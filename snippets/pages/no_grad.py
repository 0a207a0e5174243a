"""The page `no-grad` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from no_grad import (
    changes,
    edges,
    evaluation,
    held_per_batch,
    input_saved,
    mlp,
    overhead,
    peak_activations,
    predicted_bytes,
    recorded,
    saved_bytes,
    step_under_no_grad,
    stray_backward,
    stray_gradient_ratio,
    tracked,
)
from torch import nn
from torch.nn.functional import mse_loss

# --8<-- [end:imports]

# --8<-- [start:recording]
w = torch.tensor(3.0, requires_grad=True)
y = 2 * w
with torch.no_grad():
    z = 2 * w
print("recorded ", y.item(), type(y.grad_fn).__name__)
print("no_grad  ", z.item(), z.grad_fn)
# --8<-- [end:recording]

# --8<-- [start:forward]
print("                    parameters  buffers")
for train in (True, False):
    for mode in (torch.enable_grad, torch.no_grad):
        setting = "train" if train else "eval", mode.__name__
        changed = changes(train, mode)
        print("{:5}  {:11}  {:10}  {:7}".format(*setting, *changed))
# --8<-- [end:forward]

# --8<-- [start:time]
small = overhead(depth=10, width=8, batch=1, rounds=800)
large = overhead(depth=2, width=2048, batch=32, rounds=60)

print("small: over 1.1 times     ", small > 1.1)
print("large: over 1.1 times     ", large > 1.1)
assert small > 1.1, small
assert 0.8 < large < 1.1, large
# --8<-- [end:time]

# --8<-- [start:tracked]
settings = tracked()
print("                    nodes  saved")
for case, (nodes, tensors) in settings.items():
    print(f"{case:18}  {nodes:5}  {tensors:5}")
# --8<-- [end:tracked]

# --8<-- [start:bytes]
depth, width, batch = 8, 512, 256
net, x = mlp(depth, width), torch.randn(batch, width)
predicted = predicted_bytes(depth, width, batch)
held = saved_bytes(net, x, torch.enable_grad)
free = saved_bytes(net, x, torch.no_grad)

print("         predicted   measured  no_grad")
for kind in predicted:
    sizes = (predicted[kind], held[kind], free[kind])
    print("{:7}  {:9,}  {:9,}  {:7,}".format(kind, *sizes))
# --8<-- [end:bytes]

# --8<-- [start:peak-figure]
from plotting import axes, style, svg

depths = [1, 2, 4, 6, 8, 12, 16]
peaks = {
    mode.__name__: [peak_activations(L, mode) for L in depths]
    for mode in (torch.enable_grad, torch.no_grad)
}
figure, panel = axes(("L", "peak / (4nd B)"))
for number, (name, values) in enumerate(peaks.items()):
    panel.plot(depths, values, marker="o", label=name, **style(number))
panel.set_ylim(bottom=0)
panel.legend()
print(svg(figure, "peak"))
# --8<-- [end:peak-figure]

# --8<-- [start:total]
plain = held_per_batch()
training = held_per_batch(train=True)
loops = {
    "total += loss": plain,
    "total += loss.item()": held_per_batch(torch.Tensor.item),
    "total += loss.detach()": held_per_batch(torch.Tensor.detach),
    "no_grad: total += loss": held_per_batch(mode=torch.no_grad),
    "backward(); total += loss": training,
}
for loop, batches in loops.items():
    print(loop)
    print("  nodes", *(f"{nodes:7}" for nodes, _ in batches))
    print("  bytes", *(f"{size:7,}" for _, size in batches))
# --8<-- [end:total]

# --8<-- [start:input]
layer = nn.Linear(3, 2)
x = torch.ones(1, 3)
tied = edges(layer, x)
for name, node in tied.items():
    print(f"{name:6} {node}")
layer(x).sum().backward()
print("x.grad", x.grad)

x.requires_grad_()
print("x     ", edges(layer, x)["x"])
# --8<-- [end:input]

# --8<-- [start:input-kept]
print("weight  nodes  x saved")
for requires_grad in (True, False):
    nodes, kept = input_saved(requires_grad)
    print(f"{requires_grad!s:6}  {nodes:5}  {kept}")
# --8<-- [end:input-kept]

# --8<-- [start:stray-run]
norm, by_backward, by_step = stray_backward()
ratio = stray_gradient_ratio()
print(f"gradient norm      {norm:.4f}")
print(f"moved by backward  {by_backward:.4f}")
print(f"moved by step      {by_step:.4f}")
print(f"next gradient      x {ratio:.1f}")
# --8<-- [end:stray-run]

# --8<-- [start:protection]
net, optimizer, x, y = evaluation()
with torch.no_grad():
    loss = mse_loss(net(x), y)
try:
    loss.backward()
except RuntimeError as error:
    print(f"RuntimeError: {error}")
print(net.weight.grad)
# --8<-- [end:protection]

# --8<-- [start:no-repair]
loss.requires_grad_().backward()
print(net.weight.grad)
# --8<-- [end:no-repair]

# --8<-- [start:too-late]
loss = mse_loss(net(x), y)
with torch.no_grad():
    loss.backward()
print("has a gradient:", net.weight.grad is not None)
# --8<-- [end:too-late]

# --8<-- [start:left-over-run]
left_over = step_under_no_grad(clear=False)
cleared = step_under_no_grad(clear=True)
print(f"left-over .grad    {left_over:.4f}")
print(f"after zero_grad()  {cleared:.4f}")
# --8<-- [end:left-over-run]

# --8<-- [start:try-batches]
ten = held_per_batch(batches=10)
print(f"bytes  x {ten[-1][1] / ten[0][1]:.1f}")
print(f"nodes  x {ten[-1][0] / ten[0][0]:.1f}")
# --8<-- [end:try-batches]

# --8<-- [start:try-last-frozen]
net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
net[2].requires_grad_(False)
print("last layer frozen: saved", recorded(lambda: net(torch.ones(4, 8)))[1])
# --8<-- [end:try-last-frozen]

# --8<-- [start:try-two-losses]
w = torch.tensor(3.0, requires_grad=True)
with torch.no_grad():
    penalty = w**2
(2 * w + penalty).backward()
print("w.grad", w.grad.item(), "of 2 + 2w = 8")
# --8<-- [end:try-two-losses]
