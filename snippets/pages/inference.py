"""The page `inference` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import copy
import warnings

import torch
from expected import expect
from inference import effects
from no_grad import saved_tensors, step_under_no_grad, storages
from torch import nn

# --8<-- [end:imports]

# --8<-- [start:two-switches]
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5))
sample = torch.ones(1, 4)
with torch.no_grad():
    print("train()", torch.equal(model(sample), model(sample)))
    model.eval()
    print("eval() ", torch.equal(model(sample), model(sample)))
# --8<-- [end:two-switches]

# --8<-- [start:fast-path]
torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
encoder = nn.TransformerEncoder(layer, 1).eval()
sentences, padding = torch.randn(2, 4, 8), torch.zeros(2, 4, dtype=torch.bool)
padding[1, 2:] = True
recorded = encoder(sentences, src_key_padding_mask=padding)
# 快速路径用到的嵌套张量会引发警告 | the nested tensors of the fast path warn
with torch.no_grad(), warnings.catch_warnings(action="ignore"):
    unrecorded = encoder(sentences, src_key_padding_mask=padding)
apart = (recorded - unrecorded)[~padding].abs().max().item()
print(f"words: apart by {apart:.0e}")
print("padding, recorded: ", recorded[1, 3, :4])
print("padding, no_grad:  ", unrecorded[1, 3, :4])
# --8<-- [end:fast-path]

# --8<-- [start:modes-setup]
modes = {
    "grad": torch.enable_grad,
    "no_grad": torch.no_grad,
    "inference": torch.inference_mode,
}
# --8<-- [end:modes-setup]

# --8<-- [start:matrix]
matrix = {}
for train in (True, False):
    setting = "train()" if train else "eval()"
    print(f"{setting:9} nodes  bytes zeros BN reuse")
    for name, mode in modes.items():
        effect = matrix[setting, name] = effects(mode, train)
        row = "{:9}{:6}{:7}{:6.1%}{:3d}{:6d}"
        print(row.format(name, *effect.values()))
# --8<-- [end:matrix]

# --8<-- [start:inference]
net, head = nn.Linear(4, 4), nn.Linear(4, 1)
with torch.inference_mode():
    features = net(sample)
    view = sample[:1]
with expect(RuntimeError) as caught:
    head(features)
print(str(caught).split(". ")[0])
head(features.clone()).sum().backward()
print("after clone():", head.weight.grad is not None)

shift = torch.zeros(4, requires_grad=True)
(features + shift).sum().backward()
print("features + shift:", shift.grad)
print("inference tensors:", features.is_inference(), view.is_inference())
# --8<-- [end:inference]

# --8<-- [start:detach]
inputs = torch.randn(256, 64)
print(f"{'':21} bytes front body head")
for how in ("as it is", "detach()", "no_grad", "requires_grad_(False)"):
    front, head = nn.Linear(64, 64), nn.Linear(64, 1)
    body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))
    body.requires_grad_(how != "requires_grad_(False)")
    shown = front(inputs)
    own = {tensor.data_ptr() for tensor in (shown, *body.parameters())}
    with saved_tensors() as saved, torch.set_grad_enabled(how != "no_grad"):
        result = body(shown)
    sizes = storages(saved)
    kept = sum(sizes[key] for key in sizes.keys() - own)
    if how == "detach()":
        result = result.detach()
    head(result).square().mean().backward()
    grads = [layer.weight.grad for layer in (front, body[0], head)]
    print(f"{how:21}{kept:6}  ", *(f"{'no' if g is None else 'yes':4}" for g in grads))
# --8<-- [end:detach]

# --8<-- [start:factories]
with torch.no_grad():
    w = torch.zeros(3, requires_grad=True)
    layer = nn.Linear(3, 3)
    y = 2 * w
    view = w[:2]
print("w     ", w.requires_grad)
print("weight", layer.weight.requires_grad)
print("y     ", y.requires_grad)
print("view  ", view.requires_grad)
view.sum().backward()
print("gradients of view and w:", view.grad, w.grad)
# --8<-- [end:factories]

# --8<-- [start:in-place]
w = torch.tensor([1.0, 2.0], requires_grad=True)
w.square().sum().backward()
with expect(RuntimeError) as caught:
    w -= 0.1 * w.grad
print(caught)
# --8<-- [end:in-place]

# --8<-- [start:update]
with torch.no_grad():
    w -= 0.1 * w.grad
print(w, w.is_leaf)

with torch.no_grad():
    w = w - 0.1 * w.grad
with expect(RuntimeError) as caught:
    w.square().sum().backward()
print(caught)
# --8<-- [end:update]


# --8<-- [start:forms]
@torch.no_grad()
def predict(net, x):
    return net(x)


@torch.no_grad()
def predict_later(net, x):
    return (net(row) for row in x)


x = torch.ones(2, 4)
print("decorator             ", predict(net, x).requires_grad)
print("... computed later    ", next(predict_later(net, x)).requires_grad)
with torch.no_grad(), torch.enable_grad():
    print("enable_grad in no_grad", net(x).requires_grad)
with torch.inference_mode(), torch.enable_grad():
    print("... in inference_mode ", net(x).requires_grad)
for train in (True, False):
    with torch.set_grad_enabled(train):
        print(f"set_grad_enabled {train!s:5}", net(x).requires_grad)
# --8<-- [end:forms]

# --8<-- [start:bare]
torch.no_grad()
print(torch.is_grad_enabled())
torch.set_grad_enabled(False)
print(torch.is_grad_enabled())
torch.set_grad_enabled(True)

with torch.enable_grad():
    torch.set_grad_enabled(False)
print(torch.is_grad_enabled())
# --8<-- [end:bare]

# --8<-- [start:leaving]
y = torch.ones(2, requires_grad=True) * 2
print(y, y.sum().item())
for export in (torch.Tensor.numpy, copy.deepcopy):
    with expect(RuntimeError) as caught:
        export(y)
    print(caught)
    print(export(y.detach()))

with torch.no_grad():
    y = torch.ones(2, requires_grad=True) * 2
print("no_grad:", y.numpy(), copy.deepcopy(y))
# --8<-- [end:leaving]

# --8<-- [start:inference-in-place]
before = features.clone()
with expect(RuntimeError) as caught:
    features += 1
print(caught)
print("changed by        ", (features - before)[0, 0].item())

copied, alias = features.clone(), features.detach()
copied += 1
print("after its clone() ", (features - before)[0, 0].item())
alias += 1
print("after its detach()", (features - before)[0, 0].item())
# --8<-- [end:inference-in-place]

# --8<-- [start:shared]
y = torch.ones(2, requires_grad=True) * 2
first, second = y.detach(), y.detach().clone()
shares = first.data_ptr() == y.data_ptr()
first.zero_()
print("y     ", y)
print("second", second)
# --8<-- [end:shared]

# --8<-- [start:try-forgotten-train]
for setting in ("train()", "eval()"):
    effect = matrix[setting, "grad"]
    print(f"{setting:8} graph {effect['nodes'] > 0}", end="  ")
    print(f"zeros {effect['zeros']:.2f}  BN updated {effect['BN']}")
# --8<-- [end:try-forgotten-train]
