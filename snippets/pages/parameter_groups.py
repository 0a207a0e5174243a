"""Parameter groups: decay, layer-wise rates, freezing, adding, state by position."""

# --8<-- [start:imports]
import copy
import warnings
from textwrap import shorten

import torch
from expected import expect
from plotting import axes, style, svg
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import lr_scheduler
from training_loop import groups

# --8<-- [end:imports]

# --8<-- [start:bias]
y = 10 + torch.randn(1000, generator=torch.Generator().manual_seed(0))
found = {}
for weight_decay in (0.0, 0.1):
    bias = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([bias], lr=0.1, weight_decay=weight_decay)
    for _ in range(200):
        optimizer.zero_grad()
        mse_loss(bias.expand_as(y), y).backward()
        optimizer.step()
    found[weight_decay] = bias.item()
    print(f"weight_decay {weight_decay}   bias {bias.item():.3f}   mean {y.mean():.3f}")
print(f"by hand: mean · 2 / (2 + 0.1) = {y.mean() * 2 / 2.1:.3f}")
# --8<-- [end:bias]

# --8<-- [start:gain-setup]
torch.manual_seed(0)
x = torch.randn(256, 16)
labels = (x[:, 0] * x[:, 1] > 0).long()


def net():
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Linear(16, 64), nn.LayerNorm(64), nn.ReLU(), nn.Linear(64, 2)
    )


# --8<-- [end:gain-setup]

# --8<-- [start:gain]
gains = {}
print(f"{'what decays':15} |gain|  ‖W‖  ‖gain · W‖")
for how in ("nothing", "gains, biases", "matrices", "all"):
    model = net()
    matrices, vectors = groups(model, 0.5 if how in ("matrices", "all") else 0.0)
    vectors["weight_decay"] = 0.5 if how in ("gains, biases", "all") else 0.0
    optimizer = torch.optim.AdamW([matrices, vectors], lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        cross_entropy(model(x), labels).backward()
        optimizer.step()
    gain, weight = model[1].weight.detach(), model[3].weight.detach()
    product = (gain * weight).norm().item()
    gains[how] = gain.abs().mean().item(), weight.norm().item(), product
    print(f"{how:15} {gains[how][0]:6.2f} {gains[how][1]:5.2f} {product:8.2f}")
# --8<-- [end:gain]


# --8<-- [start:depth]
def layer_wise(layers, lr, decay):
    """一层一组，越靠前学习率越小 | a group a layer, earlier ones with less lr"""
    last = len(layers) - 1
    return [
        {"params": list(layer.parameters()), "lr": lr * decay ** (last - depth)}
        for depth, layer in enumerate(layers)
    ]


layers = [nn.Linear(4, 4) for _ in range(4)]
optimizer = torch.optim.AdamW(layer_wise(layers, lr=1e-3, decay=0.5))
print("groups    ", [group["lr"] for group in optimizer.param_groups])
for name, make in {
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 10),
    "eta_min": lambda o: lr_scheduler.CosineAnnealingLR(o, 10, eta_min=1e-4),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 1e-3, total_steps=10),
}.items():
    optimizer = torch.optim.AdamW(layer_wise(layers, lr=1e-3, decay=0.5))
    scheduler = make(optimizer)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    print(f"{name:10}", [round(lr, 6) for lr in scheduler.get_last_lr()])
# --8<-- [end:depth]

# --8<-- [start:silent]
w = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([{"params": [w], "learning_rate": 0.5}], lr=0.1)
print("a key by another name:", optimizer.param_groups[0]["lr"])
optimizer.lr = 0.5
print("an attribute:         ", optimizer.param_groups[0]["lr"])
optimizer.defaults["lr"] = 0.5
print("the defaults:         ", optimizer.param_groups[0]["lr"])
optimizer.param_groups[0]["lr"] = 0.5
print("the group:            ", optimizer.param_groups[0]["lr"])
# --8<-- [end:silent]

# --8<-- [start:freeze]
moved, paths = {}, {}
for how in ("lr = 0", "requires_grad, grad None", "requires_grad, grad 0"):
    torch.manual_seed(0)
    w = torch.ones(4, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1)
    paths[how] = [w[0].item()]
    for _ in range(5):
        optimizer.zero_grad()
        (w**2).sum().backward()
        optimizer.step()
        paths[how].append(w[0].item())
    before = w.detach().clone()
    if how == "lr = 0":
        optimizer.param_groups[0]["lr"] = 0.0
    else:
        optimizer.zero_grad(set_to_none=how.endswith("None"))
        w.requires_grad_(False)
    for _ in range(15):
        optimizer.step()
        paths[how].append(w[0].item())
    moved[how] = (w - before).norm().item()
    print(f"{how:25} moved by {moved[how]:.3f}")
# --8<-- [end:freeze]

# --8<-- [start:freeze-figure]
figure, panel = axes(("t", "w"), height=2.2)
for number, (how, path) in enumerate(paths.items()):
    label = how.removeprefix("requires_grad, ")
    panel.plot(path, **style(number), label=label, linewidth=2.6 - 0.8 * number)
panel.axvline(5, color=style(5)["color"], linestyle=":")
panel.set_xticks(range(0, 21, 5))
panel.legend()
print(svg(figure, "frozen"))
# --8<-- [end:freeze-figure]

# --8<-- [start:batch-norm]
frozen = nn.BatchNorm1d(4).requires_grad_(False)
for mode in ("train", "eval"):
    getattr(frozen, mode)()
    before = frozen.running_mean.clone()
    frozen(torch.randn(32, 4) + 3)
    drift = (frozen.running_mean - before).abs().mean().item()
    print(f"frozen BatchNorm in {mode}(): running mean moved by {drift:.2f}")
# --8<-- [end:batch-norm]

# --8<-- [start:unfreeze]
torch.manual_seed(0)
body, head = nn.Linear(4, 4), nn.Linear(4, 1)
body.requires_grad_(False)
model = nn.Sequential(body, head)
trainable = [param for param in model.parameters() if param.requires_grad]
optimizer = torch.optim.Adam(trainable, lr=0.01)
body.requires_grad_(True)  # 解冻 | unfrozen
start = body.weight.detach().clone()
for added in (False, True):
    if added:
        optimizer.add_param_group({"params": body.parameters(), "lr": 0.001})
    for _ in range(10):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).square().sum().backward()
        optimizer.step()
    step = (body.weight - start).abs().max().item()
    print(f"add_param_group {added!s:5}  body moved by {step:.4f}")
with expect(ValueError) as caught:
    optimizer.add_param_group({"params": body.parameters()})
print(caught)
# --8<-- [end:unfreeze]

# --8<-- [start:changed-model]
x = torch.ones(3, 2)
held = {}
for name, change in {
    "double()": lambda net: net.double(),
    "deepcopy": copy.deepcopy,
    "a new head": lambda net: nn.Sequential(net[0], nn.Linear(2, 1)),
}.items():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    changed = change(net)
    before = [param.detach().clone() for param in changed.parameters()]
    changed(x.to(changed[0].weight.dtype)).square().mean().backward()
    optimizer.step()
    after = [param.detach() for param in changed.parameters()]
    held[name] = sum(not torch.equal(*pair) for pair in zip(before, after, strict=True))
    print(f"{name:10}  moved by step(): {held[name]} of {len(after)}")
# --8<-- [end:changed-model]

# --8<-- [start:changed-later]
net = nn.Linear(2, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
net(x).square().mean().backward()
optimizer.step()
optimizer.zero_grad()
net.double()
net(x.double()).square().mean().backward()
with expect(RuntimeError) as caught:
    optimizer.step()
print(caught)
optimizer.load_state_dict(optimizer.state_dict())
optimizer.step()
print("exp_avg:", optimizer.state[net.weight]["exp_avg"].dtype)
# --8<-- [end:changed-later]

# --8<-- [start:position]
torch.manual_seed(0)
names = {"a": torch.randn(3), "b": torch.randn(3)}


def optimizer_for(order, named=False):
    params = {name: names[name].clone().requires_grad_() for name in order}
    some = params.items() if named else params.values()
    return torch.optim.Adam(list(some), lr=0.1), params


def second_moments(optimizer, params):
    return {
        name: round(optimizer.state[param]["exp_avg_sq"].sum().item(), 4)
        for name, param in params.items()
    }


first, params = optimizer_for("ab")
(params["a"].sum() * 100 + params["b"].sum()).backward()
first.step()
print("saved  ", second_moments(first, params))
second, params = optimizer_for("ba")
second.load_state_dict(first.state_dict())
print("loaded ", second_moments(second, params))
# --8<-- [end:position]

# --8<-- [start:set]
params = {torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)}
torch.optim.SGD(params, lr=0.1)
print("a set as such: accepted")
with expect(TypeError) as caught:
    torch.optim.SGD([{"params": params}], lr=0.1)
print(shorten(str(caught), 72, placeholder=" …"))
# --8<-- [end:set]

# --8<-- [start:named]
first, params = optimizer_for("ab", named=True)
(params["a"].sum() * 100 + params["b"].sum()).backward()
first.step()
saved = first.state_dict()
print("names  ", saved["param_groups"][0]["param_names"])
second, params = optimizer_for("ba", named=True)
second.load_state_dict(saved)
print("loaded ", second_moments(second, params))

order = saved["param_groups"][0]["param_names"]
place = {name: number for number, name in enumerate(order)}
saved["state"] = {
    number: saved["state"][place[name]] for number, name in enumerate("ba")
}
second.load_state_dict(saved)
print("by name", second_moments(second, params))
# --8<-- [end:named]

# --8<-- [start:tied]
shared = nn.Linear(4, 4)
tied = nn.Sequential(shared, nn.Linear(4, 4))
tied[1].weight = shared.weight
print("parameters()       ", sum(1 for _ in tied.parameters()))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    torch.optim.SGD([*tied[0].parameters(), *tied[1].parameters()], lr=0.1)
print(shorten(str(caught[0].message), 59, placeholder=" …"))
# --8<-- [end:tied]

# --8<-- [start:try-decay]
w = torch.ones(1)
w.grad = torch.zeros(1)
optimizer = torch.optim.AdamW([w], lr=0.01, weight_decay=0.5)
for _ in range(500):
    optimizer.step()
print(f"{w.item():.4f}   (1 − 0.01 · 0.5) ** 500 = {(1 - 0.005) ** 500:.4f}")
# --8<-- [end:try-decay]

# --8<-- [start:try-count]
big = nn.TransformerEncoderLayer(256, 4)
decayed, kept = (
    sum(param.numel() for param in group["params"]) for group in groups(big, 0.1)
)
print(f"decayed {decayed:,d}   not decayed {kept:,d}   {kept / (decayed + kept):.2%}")
# --8<-- [end:try-count]
