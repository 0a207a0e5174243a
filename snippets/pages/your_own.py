"""Your own optimizer, loss and function, each of them checked."""

# --8<-- [start:imports]
import warnings
from copy import deepcopy
from textwrap import shorten

import torch
from expected import expect
from own_function import Round, Softplus
from own_optimizer import SignMomentum
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.autograd.function import once_differentiable

# --8<-- [end:imports]

# --8<-- [start:inherited]
torch.manual_seed(0)
net = nn.Linear(4, 1)
optimizer = SignMomentum(
    [{"params": net.weight, "weight_decay": 0.1}, {"params": net.bias}], lr=0.01
)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
x = torch.randn(32, 4)


def closure():
    optimizer.zero_grad()
    loss = net(x).square().mean()
    loss.backward()
    return loss


for _ in range(3):
    print(f"loss {optimizer.step(closure):.4f}  lr {scheduler.get_last_lr()}")
    scheduler.step()
# --8<-- [end:inherited]

# --8<-- [start:resume]
twin = nn.Linear(4, 1)
twin.load_state_dict(net.state_dict())
copy = SignMomentum(
    [{"params": twin.weight, "weight_decay": 0.1}, {"params": twin.bias}]
)
copy.load_state_dict(deepcopy(optimizer.state_dict()))
for model, rule in ((net, optimizer), (twin, copy)):
    for _ in range(5):
        rule.zero_grad()
        model(x).square().mean().backward()
        rule.step()
print("equal to the bit:", torch.equal(net.weight, twin.weight))
print("in the state:", list(copy.state[twin.weight]))
# --8<-- [end:resume]


# --8<-- [start:attribute]
class Forgetful(SignMomentum):
    def __init__(self, params, lr):
        super().__init__(params, lr)
        self.steps = 0  # 不在 state 里 | not in state

    def step(self):
        self.steps += 1
        return super().step()


forgetful = Forgetful(nn.Linear(1, 1).parameters(), lr=0.1)
forgetful.step()
print("steps", forgetful.steps, "  saved:", "steps" in str(forgetful.state_dict()))

w = torch.ones(1, requires_grad=True)
(w**2).sum().backward()
with expect(RuntimeError) as caught:
    w -= 0.1 * w.grad
print(shorten(str(caught), 68, placeholder=" …"))
# --8<-- [end:attribute]


# --8<-- [start:loss]
def charbonnier(output, target, eps):
    """√(d² + ε²) 的平均 | a smooth absolute difference"""
    return ((output - target) ** 2 + eps**2).sqrt().mean()


for eps in (0.0, 1e-3):
    output = torch.tensor([1.0, 2.0], requires_grad=True)
    charbonnier(output, torch.tensor([1.0, 0.0]), eps).backward()
    print(f"eps {eps:<5}  gradient {output.grad.tolist()}")
output = torch.randn(5, dtype=torch.float64, requires_grad=True)
target = torch.randn(5, dtype=torch.float64)
print(gradcheck(lambda o: charbonnier(o, target, 1e-3), [output]))
# --8<-- [end:loss]

# --8<-- [start:cut]
target = torch.tensor([1.0, 0.0, 1.0])
ways = {
    "z.sigmoid()": lambda z: z.sigmoid(),
    "z.sigmoid().round()": lambda z: z.sigmoid().round(),
    "z > 0": lambda z: (z > 0).float(),
    "z.detach()": lambda z: z.detach().sigmoid(),
    "torch.tensor([...])": lambda z: torch.tensor([v.item() for v in z]),
    "torch.stack([...])": lambda z: torch.stack([v.sigmoid() for v in z]),
    "requires_grad_()": lambda z: z.detach().sigmoid().requires_grad_(),
}
for name, answer in ways.items():
    z = torch.tensor([0.3, -0.2, 2.0], requires_grad=True)
    loss = (answer(z) - target).square().mean()
    try:
        loss.backward()
        slope = z.grad if z.grad is None else [round(g, 3) for g in z.grad.tolist()]
        print(f"{name:19} {slope}")
    except RuntimeError as error:
        print(f"{name:19} {str(error)[:20]} …")
# --8<-- [end:cut]


# --8<-- [start:penalty]
torch.manual_seed(0)
x = torch.randn(200, 10)
y = x[:, :3].sum(1) + 0.1 * torch.randn(200)  # 只有三个特征有用 | three matter
lr, zeros = 0.05, {}
arms = ("in the loss", 0.1), ("after the step", 0.1), ("after the step", 0.01)
for name, strength in arms:
    w = torch.zeros(10, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(500):
        loss = (x @ w - y).square().mean()
        if name == "in the loss":
            loss = loss + strength * w.abs().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if name == "after the step":
            with torch.no_grad():
                w.copy_(w.sign() * (w.abs() - lr * strength).clamp_min(0))
    zeros[name, strength] = zero = (w == 0).sum().item()
    small = w[3:].abs().max().item()
    print(f"{name:14} λ {strength:<4} zeros {zero}  largest of seven {small:.4f}")
# --8<-- [end:penalty]


# --8<-- [start:gradcheck]
class Wrong(Softplus):
    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return torch.sigmoid(x)  # 忘了乘 grad | grad is forgotten


x = torch.randn(6, dtype=torch.float64, requires_grad=True)
print("right:", gradcheck(Softplus.apply, [x]), gradgradcheck(Softplus.apply, [x]))
alone = torch.autograd.grad(Wrong.apply(x).sum(), [x])[0]
same = torch.autograd.grad(Softplus.apply(x).sum(), [x])[0]
print("a test by sum() sees a difference:", not torch.equal(alone, same))
with expect(RuntimeError) as caught:
    gradcheck(Wrong.apply, [x])
print(shorten(str(caught), 71, placeholder=" …"))
print("gradgradcheck of it:", gradgradcheck(Wrong.apply, [x]))
# --8<-- [end:gradcheck]

# --8<-- [start:float32]
single = x.detach().float().requires_grad_()
with expect(RuntimeError) as caught, warnings.catch_warnings(action="ignore"):
    gradcheck(Softplus.apply, [single])
print(shorten(str(caught), 71, placeholder=" …"))
coarse = {"eps": 1e-2, "atol": 1e-3, "raise_exception": False}
with warnings.catch_warnings(action="ignore"):
    for function in (Softplus, Wrong):
        passed = gradcheck(function.apply, [single], **coarse)
        print(f"eps 0.01, atol 0.001: {function.__name__:8} {passed}")
# --8<-- [end:float32]


# --8<-- [start:double]
class Detached(Softplus):
    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.sigmoid(x.detach())


class Once(Softplus):
    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.sigmoid(x)


# --8<-- [end:double]


# --8<-- [start:double-run]
def second(function, start=0.0):
    z = torch.tensor([start], requires_grad=True)
    (first,) = torch.autograd.grad(function(z).sum(), [z], create_graph=True)
    first.sum().backward()
    return z.grad.item()


print("torch ", second(nn.functional.softplus))
print("ours  ", second(Softplus.apply))
for function in (Detached, Once):
    with expect(RuntimeError) as caught:
        second(function.apply)
    print(f"{function.__name__:8} {shorten(str(caught), 54, placeholder=' …')}")
# --8<-- [end:double-run]

# --8<-- [start:double-silent]
times_z = {
    name: lambda z, rule=rule: z * rule.apply(z)
    for name, rule in {"ours": Softplus, "Detached": Detached, "Once": Once}.items()
}
for name in ("ours", "Detached"):
    print(f"{name:8} {second(times_z[name], 1.0):.4f}")
with expect(RuntimeError) as caught:
    second(times_z["Once"], 1.0)
print(shorten(str(caught), 64, placeholder=" …"))
for rule in (Softplus, Once):
    added = second(lambda z, rule=rule: z**2 + rule.apply(z), 1.0)
    print(f"z² + {rule.__name__:8} {added:.4f}")
# --8<-- [end:double-silent]

# --8<-- [start:straight]
moved = {}
for name, rounded in {"round": torch.round, "straight through": Round.apply}.items():
    w = torch.tensor([0.2], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.05)
    for _ in range(40):
        optimizer.zero_grad()
        ((rounded(w) - 3) ** 2).sum().backward()
        optimizer.step()
    moved[name] = w.item()
    print(f"{name:16}  w {w.item():.2f}  round(w) {rounded(w).item():.0f}")
# --8<-- [end:straight]

# --8<-- [start:try-fused]
w = torch.ones(3, requires_grad=True)
optimizer = SignMomentum([w], lr=0.1, weight_decay=0.5)
w.grad = torch.zeros(3)
optimizer.step()
print(w.tolist())
w.grad = None
optimizer.step()
print(w.tolist())
# --8<-- [end:try-fused]

# --8<-- [start:try-clamp]
x = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
with expect(RuntimeError) as caught:
    gradcheck(torch.relu, [x])
print(shorten(str(caught), 71, placeholder=" …"))
# --8<-- [end:try-clamp]
