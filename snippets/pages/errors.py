"""The page `errors` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import copy
import warnings

import torch
from expected import expect
from torch import nn
from torch.nn import functional as F

# --8<-- [end:imports]

# --8<-- [start:second-time]
w = torch.ones(3, requires_grad=True)
loss = (w**2).sum()
loss.backward()
with expect(RuntimeError) as caught:
    loss.backward()
print(caught)

loss = (w**2).sum()
loss.backward(retain_graph=True)
loss.backward()
print(w.grad)
# --8<-- [end:second-time]

# --8<-- [start:no-grad-fn]
layer = nn.Linear(2, 1)
with torch.no_grad():
    loss = layer(torch.ones(1, 2)).mean()
with expect(RuntimeError) as caught:
    loss.backward()
print(caught)

loss = layer(torch.ones(1, 2)).mean()
loss.backward()
print(layer.weight.grad)
# --8<-- [end:no-grad-fn]

# --8<-- [start:scalar-outputs]
w = torch.ones(3, requires_grad=True)
with expect(RuntimeError) as caught:
    (w**2).backward()
print(caught)

(w**2).sum().backward()
print(w.grad)
# --8<-- [end:scalar-outputs]

# --8<-- [start:modified-in-place]
w = torch.zeros(3, requires_grad=True)
y = w.exp()
y += 1
with expect(RuntimeError) as caught:
    y.sum().backward()
print(caught)

y = w.exp()
y = y + 1
y.sum().backward()
print(w.grad)

torch.manual_seed(0)
G, D = nn.Linear(4, 3), nn.Linear(3, 1)
score = D(G(torch.randn(64, 4)))
loss_D, loss_G = F.softplus(score).mean(), F.softplus(-score).mean()
right = torch.autograd.grad(loss_D, D.weight, retain_graph=True)[0]
loss_D.backward(retain_graph=True)
loss_G.backward()
off = ((D.weight.grad - right).norm() / right.norm()).item()
print(f"D's gradient is off by {off:.2f}")
# --8<-- [end:modified-in-place]

# --8<-- [start:leaf-in-place]
w = torch.ones(3, requires_grad=True)
with expect(RuntimeError) as caught:
    w -= 0.1
print(caught)

with torch.no_grad():
    w -= 0.1
print(w)
# --8<-- [end:leaf-in-place]

# --8<-- [start:view-of-leaf]
w = torch.ones(3, requires_grad=True)
with expect(RuntimeError) as caught:
    w[0] = 0.0
print(caught)

with torch.no_grad():
    w[0] = 0.0
print(w)
# --8<-- [end:view-of-leaf]

# --8<-- [start:not-used]
a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
with expect(RuntimeError) as caught:
    torch.autograd.grad(a * 2, [a, b])
print(caught)

print(torch.autograd.grad(a * 2, [a, b], allow_unused=True))
# --8<-- [end:not-used]

# --8<-- [start:floating-point]
with expect(RuntimeError) as caught:
    torch.tensor([1, 2], requires_grad=True)
print(caught)

print(torch.tensor([1.0, 2.0], requires_grad=True))
# --8<-- [end:floating-point]

# --8<-- [start:flags-of-leaves]
w = torch.ones(2, requires_grad=True)
y = w * 2
with expect(RuntimeError) as caught:
    y.requires_grad = False
print(caught)

print(y.detach())
# --8<-- [end:flags-of-leaves]

# --8<-- [start:none-grad]
layer = nn.Linear(2, 1)
with expect(AttributeError) as caught:
    layer.weight.grad.zero_()
print(caught)
with expect(TypeError) as caught:
    layer.weight.data.add_(layer.weight.grad, alpha=-0.1)
print(caught)

layer(torch.ones(1, 2)).sum().backward()
for parameter in layer.parameters():
    if parameter.grad is not None:
        parameter.grad.zero_()
print(layer.weight.grad)
# --8<-- [end:none-grad]

# --8<-- [start:gradient-size]
w = torch.ones(2, requires_grad=True)
with expect(RuntimeError) as caught:
    w.grad = torch.ones(3)
print(caught)

w.grad = torch.ones_like(w)
print(w.grad)
# --8<-- [end:gradient-size]

# --8<-- [start:numpy]
y = torch.ones(2, requires_grad=True) * 2
with expect(RuntimeError) as caught:
    y.numpy()
print(caught)

print(y.detach().numpy())
# --8<-- [end:numpy]

# --8<-- [start:deepcopy]
with expect(RuntimeError) as caught:
    copy.deepcopy({"best": y})
print(caught)

print(copy.deepcopy({"best": y.detach()}))
# --8<-- [end:deepcopy]

# --8<-- [start:to-scalar]
losses = F.mse_loss(torch.zeros(2), torch.ones(2), reduction="none")
with expect(RuntimeError) as caught:
    losses.item()
print(caught)

print(losses.mean().item())
# --8<-- [end:to-scalar]

# --8<-- [start:ambiguous]
with expect(RuntimeError) as caught:
    if losses > 0.5:
        print("large")
print(caught)

print((losses > 0.5).any(), (losses > 0.5).all())
# --8<-- [end:ambiguous]

# --8<-- [start:inference-saved]
layer = nn.Linear(2, 1)
with torch.inference_mode():
    x = torch.ones(1, 2)
with expect(RuntimeError) as caught:
    layer(x)
print(caught)

layer(x.clone()).sum().backward()
print(layer.weight.grad)
# --8<-- [end:inference-saved]

# --8<-- [start:inference-in-place]
with expect(RuntimeError) as caught:
    x += 1
print(caught)

x = x.clone()
x += 1
print(x)
# --8<-- [end:inference-in-place]

# --8<-- [start:grad-of-non-leaf]
w = torch.ones(2, requires_grad=True)
y = w * 2
y.sum().backward()
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    print(y.grad)
print(str(caught).partition(" (Triggered")[0])

y = w * 2
y.retain_grad()
y.sum().backward()
print(y.grad)
# --8<-- [end:grad-of-non-leaf]

# --8<-- [start:out-of-bounds]
logits = torch.zeros(2, 3)
with expect(IndexError) as caught:
    F.cross_entropy(logits, torch.tensor([1, 3]))
print(caught)

print(F.cross_entropy(logits, torch.tensor([1, 3]) - 1))
# --8<-- [end:out-of-bounds]

# --8<-- [start:target-dtype]
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, torch.tensor([1.0, 2.0]))
print(caught)

print(F.cross_entropy(logits, torch.tensor([1.0, 2.0]).long()))
# --8<-- [end:target-dtype]

# --8<-- [start:multi-target]
target = torch.tensor([[1], [2]])
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, target)
print(caught)

print(F.cross_entropy(logits, target.squeeze(1)))
# --8<-- [end:multi-target]

# --8<-- [start:batch-size]
series = torch.zeros(2, 5, 3)  # (N, T, C)
target = torch.zeros(2, 5, dtype=torch.long)
with expect(ValueError) as caught:
    F.cross_entropy(series[:, -1], target.flatten())
print(caught)

print(F.cross_entropy(series.flatten(0, 1), target.flatten()))
# --8<-- [end:batch-size]

# --8<-- [start:target-size]
logits, target = torch.zeros(3, 1), torch.ones(3)
with expect(ValueError) as caught:
    F.binary_cross_entropy_with_logits(logits, target)
print(caught)

print(F.binary_cross_entropy_with_logits(logits.squeeze(1), target))
# --8<-- [end:target-size]

# --8<-- [start:between-0-and-1]
z = torch.tensor([1.5, -0.5])
with expect(RuntimeError) as caught:
    F.binary_cross_entropy(z, torch.ones(2))
print(caught)

print(F.binary_cross_entropy_with_logits(z, torch.ones(2)))
# --8<-- [end:between-0-and-1]

# --8<-- [start:result-type]
with expect(RuntimeError) as caught:
    F.binary_cross_entropy_with_logits(z, torch.tensor([0, 1]))
print(caught)

print(F.binary_cross_entropy_with_logits(z, torch.tensor([0, 1]).float()))
# --8<-- [end:result-type]

# --8<-- [start:broadcasting]
prediction = torch.tensor([[0.0], [1.0]])
target = torch.tensor([0.0, 1.0])
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    F.mse_loss(prediction, target)
print(caught)

with warnings.catch_warnings(action="ignore"):
    wrong = F.mse_loss(prediction, target)
print(wrong)
print(F.mse_loss(prediction.squeeze(1), target))
# --8<-- [end:broadcasting]

# --8<-- [start:shapes]
layer = nn.Linear(4, 2)
with expect(RuntimeError) as caught:
    layer(torch.zeros(1, 3))
print(caught)

print(layer(torch.zeros(1, layer.in_features)).shape)
# --8<-- [end:shapes]

# --8<-- [start:same-dtype]
x = torch.zeros(1, 4, dtype=torch.float64)
with expect(RuntimeError) as caught:
    layer(x)
print(caught)

print(layer(x.float()).dtype)
# --8<-- [end:same-dtype]

# --8<-- [start:input-size]
rnn = nn.RNN(input_size=4, hidden_size=5)
with expect(RuntimeError) as caught:
    rnn(torch.zeros(7, 2, 3))
print(caught)

print(rnn(torch.zeros(7, 2, 4))[0].shape)
# --8<-- [end:input-size]

# --8<-- [start:hidden-size]
hidden = torch.zeros(1, 3, 5)  # of a batch of three
with expect(RuntimeError) as caught:
    rnn(torch.zeros(7, 2, 4), hidden)
print(caught)

print(rnn(torch.zeros(7, 2, 4), hidden[:, :2])[1].shape)
# --8<-- [end:hidden-size]

# --8<-- [start:lengths]
padded = torch.zeros(3, 2, 4)
lengths = torch.tensor([1, 3])
with expect(RuntimeError) as caught:
    nn.utils.rnn.pack_padded_sequence(padded, lengths)
print(caught)

packed = nn.utils.rnn.pack_padded_sequence(padded, lengths, enforce_sorted=False)
print(packed.batch_sizes)
# --8<-- [end:lengths]

# --8<-- [start:one-value]
norm = nn.BatchNorm1d(3)
with expect(ValueError) as caught:
    norm(torch.zeros(1, 3))
print(caught)

print(norm.eval()(torch.zeros(1, 3)))
# --8<-- [end:one-value]

# --8<-- [start:equal-size]
samples = [torch.zeros(2), torch.zeros(3)]
with expect(RuntimeError) as caught:
    torch.stack(samples)
print(caught)

print(nn.utils.rnn.pad_sequence(samples, batch_first=True).shape)
# --8<-- [end:equal-size]

# --8<-- [start:non-leaf]
with expect(ValueError) as caught:
    w = torch.randn(2, requires_grad=True) * 0.01
    torch.optim.SGD([w], lr=0.1)
print(caught)

w = (torch.randn(2) * 0.01).requires_grad_()
print(torch.optim.SGD([w], lr=0.1).param_groups[0]["lr"])
# --8<-- [end:non-leaf]

# --8<-- [start:empty-list]
parameters = nn.Linear(2, 1).parameters()
print(len(list(parameters)))
with expect(ValueError) as caught:
    torch.optim.SGD(parameters, lr=0.1)
print(caught)

parameters = list(nn.Linear(2, 1).parameters())
print(len(torch.optim.SGD(parameters, lr=0.1).param_groups[0]["params"]))
# --8<-- [end:empty-list]

# --8<-- [start:iterable]
with expect(TypeError) as caught:
    torch.optim.SGD(w, lr=0.1)
print(caught)

print(len(torch.optim.SGD([w], lr=0.1).param_groups))
# --8<-- [end:iterable]

# --8<-- [start:invalid-values]
for options in ({"lr": -0.1}, {"betas": (0.9, 1.0)}, {"eps": -1e-8}):
    with expect(ValueError) as caught:
        torch.optim.Adam([w], **options)
    print(caught)
with expect(TypeError) as caught:
    torch.optim.Adam([w], (0.9, 0.999), 1e-3)
print(caught)

print(torch.optim.Adam([w], lr=1e-3, betas=(0.9, 0.999)).defaults["eps"])
# --8<-- [end:invalid-values]

# --8<-- [start:nesterov]
with expect(ValueError) as caught:
    torch.optim.SGD([w], lr=0.1, nesterov=True)
print(caught)

optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True)
print(optimizer.defaults["dampening"])
# --8<-- [end:nesterov]

# --8<-- [start:two-groups]
layer = nn.Linear(2, 1)
with expect(ValueError) as caught:
    groups = [{"params": [layer.weight]}, {"params": layer.parameters()}]
    torch.optim.SGD(groups, lr=0.1)
print(caught)

groups = [{"params": [layer.weight]}, {"params": [layer.bias], "lr": 0.01}]
print([group["lr"] for group in torch.optim.SGD(groups, lr=0.1).param_groups])
# --8<-- [end:two-groups]

# --8<-- [start:loaded-groups]
saved = torch.optim.Adam(layer.parameters()).state_dict()
optimizer = torch.optim.Adam([layer.weight])
with expect(ValueError) as caught:
    optimizer.load_state_dict(saved)
print(caught)

optimizer = torch.optim.Adam(layer.parameters())
print(optimizer.load_state_dict(saved))
# --8<-- [end:loaded-groups]

# --8<-- [start:closure]
optimizer = torch.optim.LBFGS([w])
with expect(TypeError) as caught:
    optimizer.step()
print(caught)


def closure():
    optimizer.zero_grad()
    loss = (w - 1).square().sum()
    loss.backward()
    return loss


optimizer.step(closure)
print(closure().item() < 1e-6)
# --8<-- [end:closure]

# --8<-- [start:non-finite]
w = torch.ones(2, requires_grad=True)
w.grad = torch.tensor([torch.inf, 1.0])
with expect(RuntimeError) as caught:
    nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
print(caught)

for bad in (torch.inf, torch.nan):
    w.grad = torch.tensor([bad, 1.0])
    norm = nn.utils.clip_grad_norm_([w], 1.0)
    print(norm, w.grad, "step" if norm.isfinite() else "skip this step")
# --8<-- [end:non-finite]

# --8<-- [start:initial-lr]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
for _ in range(20):
    optimizer.step()
    scheduler.step()
saved = optimizer.state_dict(), scheduler.state_dict()

optimizer = torch.optim.SGD([w], lr=0.1)
with expect(KeyError) as caught:
    torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, last_epoch=20)
print(caught.error.args[0])

scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
optimizer.load_state_dict(saved[0])
scheduler.load_state_dict(saved[1])
print(scheduler.last_epoch, scheduler.get_last_lr())
# --8<-- [end:initial-lr]

# --8<-- [start:scheduler-order]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    scheduler.step()
print(caught)

optimizer.step()
scheduler.step()
print(scheduler.get_last_lr())
# --8<-- [end:scheduler-order]

# --8<-- [start:state-dict]
layer = nn.Linear(2, 1)
with expect(RuntimeError) as caught:
    layer.load_state_dict(nn.Linear(3, 1).state_dict())
print(caught.error)
with expect(RuntimeError) as caught:
    layer.load_state_dict(nn.Sequential(layer).state_dict())
print(caught.error)

saved = nn.Sequential(layer).state_dict()
print(layer.load_state_dict({k.removeprefix("0."): v for k, v in saved.items()}))

print(layer.load_state_dict(saved, strict=False))
with expect(RuntimeError):
    layer.load_state_dict(nn.Linear(3, 1).state_dict(), strict=False)
# --8<-- [end:state-dict]
