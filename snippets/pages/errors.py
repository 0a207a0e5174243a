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

# --8<-- [start:view-no-grad]
y = w * 1
with torch.no_grad():
    part = y[:2]
with expect(RuntimeError) as caught:
    part.mul_(2)
print(str(caught).partition(". ")[0])

with torch.no_grad():
    y[:2].mul_(2)
print(y.detach())
# --8<-- [end:view-no-grad]

# --8<-- [start:not-used]
a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
with expect(RuntimeError) as caught:
    torch.autograd.grad(a * 2, [a, b])
print(caught)

print(torch.autograd.grad(a * 2, [a, b], allow_unused=True))
w = torch.ones(2, requires_grad=True)
print(torch.autograd.grad((w**2).sum(), w)[0][0])
# --8<-- [end:not-used]

# --8<-- [start:not-differentiated]
x, layer = torch.ones(1, 2), nn.Linear(2, 1)
with expect(RuntimeError) as caught:
    torch.autograd.grad(layer(x).sum(), x)
print(caught)

x.requires_grad_()
print(torch.equal(*torch.autograd.grad(layer(x).sum(), x), layer.weight))
# --8<-- [end:not-differentiated]

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
print(torch.sqrt(y))
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
print((losses > 0.5) & (losses < 2))
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
print("changed all the same:", x)

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
print(layer.half()(x.to(layer.weight.dtype)).dtype)
# --8<-- [end:same-dtype]

# --8<-- [start:input-size]
rnn = nn.RNN(input_size=4, hidden_size=5)
with expect(RuntimeError) as caught:
    rnn(torch.zeros(7, 2, 3))
print(caught)

print(rnn(torch.zeros(7, 2, 4))[0].shape)
# --8<-- [end:input-size]

# --8<-- [start:hidden-size]
hidden = torch.zeros(1, 3, 5)  # 三个样本的一批 | of a batch of three
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

print(norm(torch.zeros(1, 3, 2)).shape)
print(norm.eval()(torch.zeros(1, 3)))
# --8<-- [end:one-value]

# --8<-- [start:equal-size]
samples = [torch.zeros(2), torch.zeros(3)]
with expect(RuntimeError) as caught:
    torch.stack(samples)
print(caught)

print(nn.utils.rnn.pad_sequence(samples, batch_first=True).shape)
# --8<-- [end:equal-size]

# --8<-- [start:devices]
layer, x = nn.Linear(3, 2), torch.zeros(1, 3, device="meta")
with expect(RuntimeError) as caught:
    layer(x)
print(caught)

print(layer.to("meta")(x).shape)
# --8<-- [end:devices]

# --8<-- [start:out-of-range]
ids = torch.tensor([0, 3])
with expect(IndexError) as caught:
    nn.Embedding(3, 2)(ids)
print(caught)

print(nn.Embedding(int(ids.max()) + 1, 2)(ids).shape)
# --8<-- [end:out-of-range]

# --8<-- [start:index-type]
with expect(RuntimeError) as caught:
    nn.Embedding(4, 2)(ids.float())
print(caught)

print(nn.Embedding(4, 2)(ids.float().long()).shape)
# --8<-- [end:index-type]

# --8<-- [start:assign-parameter]
layer = nn.Linear(2, 1)
with expect(TypeError) as caught:
    layer.weight = torch.zeros(1, 2)
print(caught)

with torch.no_grad():
    layer.weight.copy_(torch.zeros(1, 2))
print(layer.weight)
# --8<-- [end:assign-parameter]


# --8<-- [start:super-init]
class Net(nn.Module):
    def __init__(self, careful: bool) -> None:
        if careful:
            super().__init__()
        self.layer = nn.Linear(2, 1)


with expect(AttributeError) as caught:
    Net(careful=False)
print(caught)

print(len(list(Net(careful=True).parameters())))
# --8<-- [end:super-init]
