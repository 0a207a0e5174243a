"""The page `adam-variants` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from adam import adam, follow, follow_torch, random_gradients
from adam_variants import (
    end_weight,
    first_step,
    late_step,
    noise_floor,
    reddi,
    scaled_run,
    step_bound,
    wide_run,
)
from plotting import FAINT, axes, style, svg

# --8<-- [end:imports]

# --8<-- [start:epsilon-nan]
still = torch.zeros(1, 1, dtype=torch.float64)
print(follow_torch(still, eps=0.0).item(), follow_torch(still).item())
# --8<-- [end:epsilon-nan]

# --8<-- [start:epsilon-setup]
sizes = torch.logspace(-12, 0, 121).tolist()
by_size = [first_step(size) for size in sizes]
tiny = first_step(1e-8)
# --8<-- [end:epsilon-setup]

# --8<-- [start:epsilon-figure]
figure, panel = axes(("g", "Δθ / α"), xscale="log", yscale="log", height=2.9)
for number, name in enumerate(tiny):
    steps = [places[name] for places in by_size]
    panel.plot(sizes, steps, **style(number), label=name)
panel.axvline(1e-8, color=FAINT, linewidth=1.2)
panel.set_ylim(1e-9, 30)
panel.legend(loc="lower right")
print(svg(figure, "epsilon"))
# --8<-- [end:epsilon-figure]

# --8<-- [start:scale]
print("  scale       Adam        SGD")
ends = {}
for scale in (1e-3, 1.0, 1e3, 1e-9):
    ends[scale] = scaled_run(torch.optim.Adam, scale, lr=0.05)
    sgd = scaled_run(torch.optim.SGD, scale, lr=0.05)
    print(f"{scale:7g} {ends[scale]:10.6f} {sgd:10.4f}")
# --8<-- [end:scale]

# --8<-- [start:wide]
print("                    lr  c=0.001      c=1   c=1000")
wide = {}
for rule in (torch.optim.Adam, torch.optim.SGD):
    lr, wide[rule] = wide_run(rule)
    print(f"{rule.__name__:11} {lr:10.4f}", *(f"{x:8.4f}" for x in wide[rule]))
# --8<-- [end:wide]

# --8<-- [start:size-setup]
firsts = {}
for size in (1e-3, 1.0, 1e3):
    grad = torch.full((1, 1), size, dtype=torch.float64)
    firsts[size] = -follow(adam, grad, lr=1.0).item()

random_steps = follow(adam, random_gradients(1000, 10), lr=1.0).diff(dim=0)
typical = random_steps.abs().median().item()
alone, grown = late_step(silence=999), late_step(silence=9900, growing=100)
bound = step_bound()
# --8<-- [end:size-setup]

# --8<-- [start:size]
for size, first in firsts.items():
    print(f"first step, gradient {size:5g}: {first:.5f} α")
print(f"random gradients, median:        {typical:.2f} α")
print(f"one gradient after 999 zeros:    {alone:.2f} α")
print(f"growing ones after 9,900 zeros:  {grown:.2f} α")
print(f"bound for the default betas:     {bound:.2f} α")
# --8<-- [end:size]

# --8<-- [start:adamw]
grads = random_gradients(500, 100)
options = {"lr": 0.01, "weight_decay": 0.1}
ours = follow(adam, grads, decoupled=True, **options)
torchs = follow_torch(grads, torch.optim.AdamW, **options)
adamw_equal = torch.equal(ours, torchs)
print(adamw_equal)
# --8<-- [end:adamw]

# --8<-- [start:decay-table]
print("gradient   taken by L2   by decoupled decay")
taken = {}
for size in (0.01, 1.0, 100.0):
    plain = end_weight(size, weight_decay=0.0, decoupled=False)
    taken[size] = plain - end_weight(size, weight_decay=0.1, decoupled=False)
    decoupled = plain - end_weight(size, weight_decay=0.1, decoupled=True)
    print(f"{size:8g}   {taken[size]:11.6f}   {decoupled:18.6f}")
# --8<-- [end:decay-table]

# --8<-- [start:reddi-run]
adam_path, amsgrad_path = reddi(amsgrad=False), reddi(amsgrad=True)
default_path = reddi(amsgrad=False, betas=(0.9, 0.999))
print(f"Adam    {adam_path[-1]:.3f}")
print(f"AMSGrad {amsgrad_path[-1]:.3f}")
print(f"Adam, default betas {default_path[-1]:.3f}")
# --8<-- [end:reddi-run]

# --8<-- [start:reddi-figure]
figure, panel = axes(("t", "x"))
cycles = range(0, len(adam_path), 3)  # 三步一周，否则虚线会糊成实线 | or dashes fill up
panel.plot(cycles, adam_path[::3], **style(1), label="Adam")
panel.plot(cycles, amsgrad_path[::3], **style(0), label="AMSGrad")
panel.legend(loc="center right")
print(svg(figure, "reddi"))
# --8<-- [end:reddi-figure]

# --8<-- [start:floor-table]
floors = {lr: noise_floor(lr) for lr in (0.1, 0.01, 0.001)}
for lr, floor in floors.items():
    print(f"lr {lr:5}  floor {floor:.1e}  floor/lr {floor / lr:.2f}")
# --8<-- [end:floor-table]

# --8<-- [start:no-default]
classes = [
    name
    for name, value in vars(torch.optim).items()
    if isinstance(value, type)
    and issubclass(value, torch.optim.Optimizer)
    and value is not torch.optim.Optimizer
]
print(len(classes), "classes, none of them a default:")
print(*(", ".join(classes[i : i + 5]) for i in range(0, len(classes), 5)), sep="\n")
# --8<-- [end:no-default]


# --8<-- [start:by-hand]
def ends(rule, penalty, **options):
    """θ 走十步之后 | θ after ten steps"""
    theta = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer = rule([theta], lr=0.1, **options)
    for t in range(10):
        optimizer.zero_grad()
        loss = (theta * torch.tensor([1.0, 3.0]) - t / 5).square().sum()
        (loss + penalty * theta.square().sum()).backward()
        optimizer.step()
    return theta.detach()


by_hand = {}
print("distance to weight_decay=0.1    0.05 ‖θ‖²   0.1 ‖θ‖²")
for rule in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
    option = ends(rule, 0.0, weight_decay=0.1)
    off = {"weight_decay": 0.0}
    by_hand[rule.__name__] = [
        (ends(rule, factor, **off) - option).abs().max().item()
        for factor in (0.05, 0.1)
    ]
    shown = "  ".join(f"{v:9.0e}" for v in by_hand[rule.__name__])
    print(f"{rule.__name__:28} {shown}")
# --8<-- [end:by-hand]


# --8<-- [start:maximize]
def climbed(sign, maximize, penalty=0.0, weight_decay=0.1):
    """向上走五步之后 | where five steps up lead"""
    theta = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    options = {"lr": 0.1, "weight_decay": weight_decay, "maximize": maximize}
    optimizer = torch.optim.Adam([theta], **options)
    for _ in range(5):
        optimizer.zero_grad()
        (sign * (-((theta - 3) ** 2)) + penalty * theta**2).sum().backward()
        optimizer.step()
    return theta.item()


print(f"maximize=True               {climbed(1, True):.6f}")
print(f"minus the objective         {climbed(-1, False):.6f}")
ways = [
    climbed(1, True, penalty=0.5, weight_decay=0.0),
    climbed(1, True, penalty=-0.5, weight_decay=0.0),
]
print(f"a penalty added by hand     {ways[0]:.6f}")
print(f"the same with a minus sign  {ways[1]:.6f}")
# --8<-- [end:maximize]


# --8<-- [start:spike]
def steps_after(beta2, spike=100.0):
    """尖峰之后每一步的长度 | the length of each step after a spike"""
    grads = torch.ones(1700, 1, dtype=torch.float64)
    grads[200] = spike
    way = follow_torch(grads, lr=1.0, betas=(0.9, beta2))
    return (way[:-1] - way[1:]).flatten()[199:]


short = {}
print("β₂     steps < lr / 2 after a spike")
for beta2 in (0.999, 0.95):
    short[beta2] = int((steps_after(beta2)[20:] < 0.5).sum())
    print(f"{beta2:<6} {short[beta2]:5}")
# --8<-- [end:spike]

# --8<-- [start:try-eps]
for eps in (1e-8, 1e-3):
    print(f"eps {eps:g}")
    for scale in (1.0, 1e-3):
        x = torch.zeros((), dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([x], lr=0.05, eps=eps)
        for _ in range(10):
            x.grad = scale * (x.detach() - 1)
            optimizer.step()
        print(f"  loss times {scale:<6g} x = {x.item():.4f} after 10 steps")
# --8<-- [end:try-eps]

# --8<-- [start:try-silence]
for zeros in (1, 9, 99, 999):
    print(f"{zeros:4} zeros, then a gradient: {late_step(zeros):.3f} α")
# --8<-- [end:try-silence]

# --8<-- [start:try-decay]
for decoupled in (False, True):
    left = end_weight(0.0, weight_decay=0.1, decoupled=decoupled)
    print(f"{'decoupled' if decoupled else 'L2':9} {left:.4f}")
print(f"(1 − αλ)^100 = {(1 - 0.01 * 0.1) ** 100:.4f}")
# --8<-- [end:try-decay]
