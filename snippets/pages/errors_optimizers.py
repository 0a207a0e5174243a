"""The page `errors-optimizers` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import warnings

import torch
from expected import expect
from torch import nn

# --8<-- [end:imports]

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

# --8<-- [start:not-iterable]
layer = nn.Linear(2, 1)
for given in (layer, layer.parameters):
    with expect(TypeError) as caught:
        torch.optim.SGD(given, lr=0.1)
    print(caught)

print(len(torch.optim.SGD(layer.parameters(), lr=0.1).param_groups[0]["params"]))
# --8<-- [end:not-iterable]

# --8<-- [start:one-is-str]
group = {"params": layer.parameters()}
for given in (layer.state_dict(), group):
    with expect(TypeError) as caught:
        torch.optim.SGD(given, lr=0.1)
    print(caught)

optimizer = torch.optim.SGD(layer.named_parameters(), lr=0.1)
print(optimizer.param_groups[0]["param_names"])
print(len(torch.optim.SGD([group], lr=0.1).param_groups[0]["params"]))
# --8<-- [end:one-is-str]

# --8<-- [start:sets]
with expect(TypeError) as caught:
    torch.optim.SGD([{"params": set(layer.parameters())}], lr=0.1)
print(caught)

groups = [{"params": list(layer.parameters())}]
print(len(torch.optim.SGD(groups, lr=0.1).param_groups))
# --8<-- [end:sets]

# --8<-- [start:two-groups]
layer = nn.Linear(2, 1)
with expect(ValueError) as caught:
    groups = [{"params": [layer.weight]}, {"params": layer.parameters()}]
    torch.optim.SGD(groups, lr=0.1)
print(caught)

groups = [{"params": [layer.weight]}, {"params": [layer.bias], "lr": 0.01}]
print([group["lr"] for group in torch.optim.SGD(groups, lr=0.1).param_groups])
# --8<-- [end:two-groups]

# --8<-- [start:duplicates]
twice = [layer.weight, layer.weight]
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    torch.optim.SGD(twice, lr=0.1)
print(caught)

once = list(dict.fromkeys(twice))
print(len(torch.optim.SGD(once, lr=0.1).param_groups[0]["params"]))
# --8<-- [end:duplicates]

# --8<-- [start:group-dict]
optimizer = torch.optim.SGD([layer.weight], lr=0.1)
with expect(TypeError) as caught:
    optimizer.add_param_group([layer.bias])
print(caught)

optimizer.add_param_group({"params": [layer.bias], "lr": 0.01})
print([group["lr"] for group in optimizer.param_groups])
# --8<-- [end:group-dict]

# --8<-- [start:some-names]
with expect(ValueError) as caught:
    torch.optim.SGD([("weight", layer.weight), layer.bias], lr=0.1)
print(caught)

optimizer = torch.optim.SGD(layer.named_parameters(), lr=0.1)
print(optimizer.param_groups[0]["param_names"])
# --8<-- [end:some-names]

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

# --8<-- [start:lr-string]
settings = {"lr": "1e-3", "weight_decay": "1e-2"}
for name, value in settings.items():
    with expect(TypeError) as caught:
        torch.optim.Adam([w], **{name: value})
    print(caught)
with expect(TypeError) as caught:
    torch.optim.SGD([w], lr=settings["lr"])
print(caught)

numbers = {name: float(value) for name, value in settings.items()}
print(torch.optim.Adam([w], **numbers).defaults["lr"])
# --8<-- [end:lr-string]

# --8<-- [start:unexpected-keyword]
with expect(TypeError) as caught:
    torch.optim.Adam([w], momentum=0.9)
print(caught)
with expect(TypeError) as caught:
    torch.optim.RAdam([w], amsgrad=True)
print(caught)

print(torch.optim.Adam([w], betas=(0.9, 0.999)).defaults["betas"])
# --8<-- [end:unexpected-keyword]

# --8<-- [start:no-lr]
optimizer = torch.optim.Adam([w], lr=1e-3)
with expect(AttributeError) as caught:
    print(optimizer.lr)
print(caught)

print(optimizer.param_groups[0]["lr"])
# --8<-- [end:no-lr]

# --8<-- [start:fused-foreach]
with expect(RuntimeError) as caught:
    torch.optim.Adam([w], fused=True, foreach=True)
print(caught)

print(torch.optim.Adam([w], fused=True).defaults["fused"])
# --8<-- [end:fused-foreach]

# --8<-- [start:fused-momentum]
body, head = (torch.ones(2, requires_grad=True) for _ in range(2))


def unfreeze_late(groups):
    """先只有 head 有梯度 | at first, only the head has a gradient"""
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9, fused=True)
    body.grad, head.grad = None, torch.ones(2)
    optimizer.step()
    body.grad = torch.ones(2)
    optimizer.step()


with expect(TypeError) as caught:
    unfreeze_late([body, head])
print(caught)

unfreeze_late([{"params": [body]}, {"params": [head]}])
print(body.detach())
# --8<-- [end:fused-momentum]

# --8<-- [start:lr-tensor]
with expect(ValueError) as caught:
    torch.optim.Adam([w], lr=torch.tensor(0.1), foreach=True)
print(caught)

print(torch.optim.Adam([w], lr=torch.tensor(0.1), foreach=False).defaults["lr"])
# --8<-- [end:lr-tensor]

# --8<-- [start:switched-on-later]
w.grad = torch.ones_like(w)
optimizer = torch.optim.Adam([w], lr=0.1)
optimizer.step()
optimizer.param_groups[0]["amsgrad"] = True
with expect(KeyError) as caught:
    optimizer.step()
print(caught)

optimizer = torch.optim.Adam([w], lr=0.1, amsgrad=True)
optimizer.step()
print(sorted(optimizer.state[w]))
# --8<-- [end:switched-on-later]

# --8<-- [start:muon-2d]
layer = nn.Linear(64, 64)
with expect(ValueError) as caught:
    torch.optim.Muon(layer.parameters())
print(caught)

muon = torch.optim.Muon([p for p in layer.parameters() if p.ndim == 2])
adamw = torch.optim.AdamW([p for p in layer.parameters() if p.ndim != 2])
print(len(muon.param_groups[0]["params"]), len(adamw.param_groups[0]["params"]))
# --8<-- [end:muon-2d]

# --8<-- [start:sparse-gradients]
table = nn.Embedding(4, 2, sparse=True)
table(torch.tensor([1])).sum().backward()
with expect(RuntimeError) as caught:
    torch.optim.Adam(table.parameters()).step()
print(caught)

before = table.weight.detach().clone()
torch.optim.SparseAdam(table.parameters()).step()
print((table.weight != before).any(1))
# --8<-- [end:sparse-gradients]

# --8<-- [start:dense-gradients]
head = nn.Linear(2, 1)
head(torch.ones(1, 2)).sum().backward()
with expect(RuntimeError) as caught:
    torch.optim.SparseAdam(head.parameters()).step()
print(caught)

print(torch.optim.Adam(head.parameters()).step())
# --8<-- [end:dense-gradients]

# --8<-- [start:sparse-decay]
with expect(RuntimeError) as caught:
    torch.optim.Adagrad(table.parameters(), weight_decay=0.1).step()
print(caught)
with expect(RuntimeError) as caught:
    torch.optim.SGD(table.parameters(), lr=0.1, weight_decay=0.1).step()
print(caught)

print(torch.optim.SGD(table.parameters(), lr=0.1).step())
# --8<-- [end:sparse-decay]

# --8<-- [start:sparse-clip]
with expect(NotImplementedError) as caught:
    nn.utils.clip_grad_norm_([*table.parameters(), *head.parameters()], 1.0)
print(str(caught).partition(".")[0])

print(nn.utils.clip_grad_norm_(head.parameters(), 1.0).isfinite())
# --8<-- [end:sparse-clip]

# --8<-- [start:complex]
c = torch.ones(2, dtype=torch.complex64, requires_grad=True)
c.abs().sum().backward()
with expect(RuntimeError) as caught:
    torch.optim.Adafactor([c]).step()
print(caught)

print(torch.optim.Adam([c]).step())
# --8<-- [end:complex]

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

# --8<-- [start:lbfgs-groups]
a, b = torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)
with expect(ValueError) as caught:
    torch.optim.LBFGS([{"params": [a]}, {"params": [b]}])
print(caught)

print(len(torch.optim.LBFGS([a, b]).param_groups))
# --8<-- [end:lbfgs-groups]

# --8<-- [start:strong-wolfe]
with torch.no_grad():
    w.fill_(3.0)
with expect(RuntimeError) as caught:
    torch.optim.LBFGS([w], line_search_fn="wolfe").step(closure)
print(caught)

torch.optim.LBFGS([w], line_search_fn="strong_wolfe").step(closure)
print(closure().item() < 1e-6)
# --8<-- [end:strong-wolfe]

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
