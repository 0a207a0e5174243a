"""Memory: what is saved for backward, checkpointing, create_graph, hooks."""

# --8<-- [start:imports]
import warnings
from itertools import pairwise
from textwrap import shorten

import torch
from expected import expect
from memory import LiveBytes
from no_grad import saved_tensors, storages
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

# --8<-- [end:imports]

# --8<-- [start:saved]
torch.manual_seed(0)
w = torch.randn(128, 128, requires_grad=True)
h = torch.randn(256, 128) @ w
operations = {
    "h + 1": lambda: h + 1,
    "h * 2": lambda: h * 2,
    "h * h": lambda: h * h,
    "h.relu()": lambda: h.relu(),
    "h.exp()": lambda: h.exp(),
    "gelu(h)": lambda: nn.functional.gelu(h),
    "dropout(h)": lambda: nn.functional.dropout(h),
    "h @ w": lambda: h @ w,
}
print(f"{'':11} saves for backward")
for name, operation in operations.items():
    with saved_tensors() as saved:
        out = operation()
    owner = {h.data_ptr(): "input", w.data_ptr(): "weight", out.data_ptr(): "output"}
    kept = [owner.get(place, "other") for place in storages(saved)]
    print(f"{name:11} {', '.join(sorted(kept)) or '—'}")
# --8<-- [end:saved]

# --8<-- [start:live]
torch.manual_seed(0)
net = nn.Sequential(*(m for _ in range(8) for m in (nn.Linear(256, 256), nn.ReLU())))
x, MiB = torch.randn(512, 256), 2**20
optimizer = torch.optim.Adam(net.parameters())
with LiveBytes() as live:
    loss = net(x).square().mean()
    print(f"after forward       {live.now / MiB:5.2f} MiB")
    loss.backward()
    print(f"after backward      {live.now / MiB:5.2f} MiB   peak {live.peak / MiB:.2f}")
    optimizer.step()
    print(f"after step          {live.now / MiB:5.2f} MiB")
    optimizer.zero_grad()
    print(f"after zero_grad     {live.now / MiB:5.2f} MiB")
weights = sum(param.nbytes for param in net.parameters())
print(f"the weights         {weights / MiB:5.2f} MiB")
# --8<-- [end:live]

# --8<-- [start:set-to-none]
after = {}
for set_to_none in (True, False):
    loss = net(x).square().mean()
    with LiveBytes() as live:
        loss.backward()
        optimizer.zero_grad(set_to_none=set_to_none)
        after[set_to_none] = live.now
    print(f"set_to_none={set_to_none!s:5}  {live.now / MiB:.2f} MiB of gradients stay")
    optimizer.zero_grad()
# --8<-- [end:set-to-none]

# --8<-- [start:block]
runs = []


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(64, 256), nn.Linear(256, 64)

    def forward(self, x):
        runs.append(1)  # 数前向传播 | count the forward passes
        return x + self.down(self.up(x).relu())


torch.manual_seed(0)
tower, x = nn.Sequential(*(Block() for _ in range(8))), torch.randn(512, 64)
# --8<-- [end:block]

# --8<-- [start:checkpoint]
held, grads = {}, {}
for segments in (None, 8, 4, 2):
    tower.zero_grad()
    runs.clear()
    with LiveBytes() as live:
        if segments is None:
            out = tower(x)
        else:
            out = checkpoint_sequential(tower, segments, x, use_reentrant=False)
        held[segments] = live.now
        out.square().mean().backward()
    grads[segments] = [param.grad for param in tower.parameters()]
    same = all(map(torch.equal, grads[segments], grads[None]))
    print(
        f"{segments or 'no'!s:2} segments  forward {held[segments] / MiB:.2f} MiB",
        end="  ",
    )
    print(f"peak {live.peak / MiB:.2f}  blocks run {len(runs):2}  equal {same}")
# --8<-- [end:checkpoint]

# --8<-- [start:dropout]
noisy = nn.Sequential(nn.Linear(64, 64), nn.Dropout(0.5), nn.Linear(64, 64))
x.requires_grad_()
found = {}
for name, options in {
    "plain": None,
    "checkpoint": {},
    "without RNG": {"preserve_rng_state": False},
}.items():
    torch.manual_seed(0)
    if options is None:
        out = noisy(x)
    else:
        out = checkpoint(noisy, x, use_reentrant=False, **options)
    (found[name],) = torch.autograd.grad(out.square().sum(), [x])
    gap = (found[name] - found["plain"]).norm() / found["plain"].norm()
    print(f"{name:12} gradient off by {gap:.2f}")
# --8<-- [end:dropout]

# --8<-- [start:batch-norm]
counted = {}
for how in ("plain", "checkpoint"):
    normed = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64))
    out = normed(x) if how == "plain" else checkpoint(normed, x, use_reentrant=False)
    torch.autograd.grad(out.square().sum(), [x])
    counted[how] = normed[1].num_batches_tracked.item()
    print(f"{how:10} batches that BatchNorm counts: {counted[how]}")
# --8<-- [end:batch-norm]

# --8<-- [start:reentrant]
x = torch.randn(512, 64)  # 输入不要梯度 | an input that needs no gradient
for reentrant in (False, True):
    tower.zero_grad()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        out = checkpoint(tower[0], x, use_reentrant=reentrant)
        if out.requires_grad:
            out.sum().backward()
    grad = tower[0].up.weight.grad
    print(f"use_reentrant={reentrant!s:5}  gradient", grad if grad is None else "there")
    for warning in caught:
        print("  ", shorten(str(warning.message), 45, placeholder=" …"))
with expect(RuntimeError) as error, warnings.catch_warnings(action="ignore"):
    checkpoint(tower[0], x, use_reentrant=True).sum().backward()
print(error)
# --8<-- [end:reentrant]

# --8<-- [start:create-graph]
alive, x = {}, torch.randn(512, 64)
for how in ("kept", "zeros", "None", "autograd.grad"):
    net = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    with LiveBytes() as live, warnings.catch_warnings(action="ignore"):
        for _ in range(50):
            loss = net(x).square().mean()
            if how == "autograd.grad":
                grads = torch.autograd.grad(loss, net.parameters(), create_graph=True)
                del grads
            else:
                loss.backward(create_graph=True)
            if how in ("zeros", "None"):
                net.zero_grad(set_to_none=how == "None")
            del loss
        alive[how] = live.now / MiB
    print(f"{how:14} {alive[how]:6.2f} MiB alive after 50 steps")
# --8<-- [end:create-graph]


# --8<-- [start:in-backward]
def fused_step(net):
    """每个梯度一算好就更新 | update as soon as a gradient is there"""
    for param in net.parameters():
        optimizer = torch.optim.AdamW([param], lr=1e-3)

        def update(param, optimizer=optimizer):
            optimizer.step()
            optimizer.zero_grad()

        param.register_post_accumulate_grad_hook(update)


# --8<-- [end:in-backward]


# --8<-- [start:in-backward-run]
def peak_of_step(net, x, how):
    """第三步的内存峰值 | the peak of memory in the third step, in MiB"""
    if how == "step in backward":
        fused_step(net)
    else:
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for _ in range(3):
        with LiveBytes() as live:
            net(x).square().mean().backward()
            if how == "step after backward":
                optimizer.step()
                optimizer.zero_grad()
    return live.peak / MiB


x, results, peak = torch.randn(32, 256), {}, {}
for how in ("step after backward", "step in backward"):
    torch.manual_seed(0)
    deep = nn.Sequential(*(nn.Linear(256, 256) for _ in range(12)))
    peak[how] = peak_of_step(deep, x, how)
    results[how] = [param.detach().clone() for param in deep.parameters()]
    same = all(map(torch.equal, results[how], results["step after backward"]))
    print(f"{how:19}  peak of the third step {peak[how]:.2f} MiB   equal {same}")
gradients = sum(param.nbytes for param in deep.parameters()) / MiB
print(f"all gradients        {gradients:.2f} MiB")
# --8<-- [end:in-backward-run]

# --8<-- [start:in-backward-where]
cases = {
    "12 × (256 → 256), B = 32": ([256] * 13, 32),
    "12 × (256 → 256), B = 1024": ([256] * 13, 1024),
    "1024 → 256 → 10, B = 32": ([1024, 256, 10], 32),
}
lower = {}
print(f"{'MiB':27} after  inside  gradients")
for name, (widths, rows) in cases.items():
    peaks, x = [], torch.ones(rows, widths[0])
    for how in results:
        net = nn.Sequential(*(nn.Linear(*pair) for pair in pairwise(widths)))
        peaks.append(peak_of_step(net, x, how))
    size = sum(param.nbytes for param in net.parameters()) / MiB
    lower[name] = (peaks[0] - peaks[1]) / size
    print(f"{name:27} {peaks[0]:5.2f} {peaks[1]:7.2f} {size:10.2f}")
# --8<-- [end:in-backward-where]

# --8<-- [start:try-square]
for name, rule in {
    "h ** 2": lambda h: h**2,
    "relu, gelu": lambda h: nn.functional.gelu(h.relu()),
}.items():
    with saved_tensors() as saved:
        out = rule(h)
    print(
        f"{name:11} {sum(storages(saved).values()) / h.nbytes:.0f} tensors of h's size"
    )
# --8<-- [end:try-square]

# --8<-- [start:try-segments]
# 权重不要梯度，只数激活值 | no gradients of weights: only activations count
tall = nn.Sequential(*(Block() for _ in range(64))).requires_grad_(False)
x = torch.randn(256, 64, requires_grad=True)
best = {}
for segments in (1, 2, 4, 8, 16, 32, 64):
    with LiveBytes() as live:
        out = checkpoint_sequential(tall, segments, x, use_reentrant=False)
        out.square().mean().backward()
    best[segments] = live.peak / MiB
    print(f"{segments:2} segments  peak {best[segments]:5.2f} MiB")
# --8<-- [end:try-segments]
