"""Reproducible: threads, deterministic algorithms, DataLoader workers, generators."""

# --8<-- [start:imports]
import random
from textwrap import shorten

import numpy as np
import torch
from expected import expect
from plotting import axes, style, svg
from rounding import without_vectors
from torch import nn
from torch.nn.utils import parameters_to_vector
from torch.utils.data import DataLoader, Dataset

# --8<-- [end:imports]

# --8<-- [start:order]
a, b, c = (torch.tensor(value) for value in (1e8, 1.0, -1e8))
print("(a + b) + c =", ((a + b) + c).item(), "   (a + c) + b =", ((a + c) + b).item())
torch.manual_seed(0)
x = torch.randn(1_000_000)
parts = sum(part.sum() for part in x.chunk(4))
exact = x.double().sum().item()
print(f"sum        {x.sum():.6f}")
print(f"four parts {parts:.6f}")
print(f"float64    {exact:.6f}")
# --8<-- [end:order]

# --8<-- [start:threads]
sums = {}
for threads in (1, 2, 4):
    torch.set_num_threads(threads)
    sums[threads] = x.sum().item()
    print(f"{threads} threads  {sums[threads]:.6f}")
torch.set_num_threads(1)
# --8<-- [end:threads]

# --8<-- [start:processor]
program = """
import torch
torch.manual_seed(0)
x = torch.rand(10_000)
found = x, torch.randn(10_000), x.tanh(), x.sigmoid(), x.lerp(x.flip(0), 0.1)
print([values.tolist() for values in found])
"""
count, unequal = 10_000, {}
names = "rand", "randn", "tanh", "sigmoid", "lerp"
for name, *two in zip(names, *without_vectors(program), strict=True):
    as_it_is, without = map(torch.tensor, two)
    unequal[name] = int((as_it_is != without).sum())
    gap = (as_it_is - without).abs().max()
    print(f"{name:7} {unequal[name]:5} of {count} unequal, by {gap:.0e} at most")
# --8<-- [end:processor]

# --8<-- [start:batch]
torch.manual_seed(0)
net, rows = nn.Linear(256, 256), torch.randn(64, 256)
alone = torch.cat([net(row[None]) for row in rows])
print("one row at a time equals the batch:", torch.equal(alone, net(rows)))
print(f"off by {(alone - net(rows)).abs().max():.0e}")
# --8<-- [end:batch]


# --8<-- [start:drift-setup]
def gaps(make, nudge, steps=600):
    """两次运行逐步的相对差 | how far apart two runs are, step by step"""
    runs, found = [], []
    for change in (0.0, nudge):
        torch.manual_seed(0)
        net = make().double()
        with torch.no_grad():
            next(net.parameters())[0, 0] += change
        runs.append((net, torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)))
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        inputs = torch.randn(16, 8, generator=generator).double()
        for net, optimizer in runs:
            optimizer.zero_grad()
            (net(inputs)[:, 0] - inputs.prod(1).sign()).square().mean().backward()
            optimizer.step()
        one, two = (parameters_to_vector(net.parameters()) for net, _ in runs)
        found.append(((one - two).norm() / one.norm()).item())
    return found


def two_layers():
    return nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))


# --8<-- [end:drift-setup]


# --8<-- [start:drift]
apart = {
    "linear": gaps(lambda: nn.Linear(8, 1), nudge=1e-7),
    "two layers": gaps(two_layers, nudge=1e-7),
}
print("apart at step", "".join(f"{t:8}" for t in (1, 10, 100, 600)))
for name, path in apart.items():
    print(f"{name:13}", "".join(f"{path[t - 1]:8.0e}" for t in (1, 10, 100, 600)))
# --8<-- [end:drift]

# --8<-- [start:drift-figure]
figure, panel = axes(("t", "apart"), height=2.4, yscale="log")
for number, (name, path) in enumerate(apart.items()):
    panel.plot(path, **style(number), label=name)
panel.legend()
print(svg(figure, "drift"))
# --8<-- [end:drift-figure]


# --8<-- [start:generators]
def seeded():
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)


seeded()
first = torch.rand(1).item(), random.random(), np.random.rand()
torch.manual_seed(0)
second = torch.rand(1).item(), random.random(), np.random.rand()
for name, one, two in zip(("torch", "random", "numpy"), first, second, strict=True):
    print(f"{name:7} repeated by torch.manual_seed: {one == two}")
# --8<-- [end:generators]


# --8<-- [start:shift]
def weights(extra):
    torch.manual_seed(0)
    if extra:
        torch.rand(1)  # 多抽了一个数 | one more draw
    return nn.Linear(2, 2).weight


def shuffled(extra, generator):
    torch.manual_seed(0)
    if extra:
        torch.rand(1)
    loader = DataLoader(range(8), batch_size=8, shuffle=True, generator=generator)
    return next(iter(loader)).tolist()


print("weights equal after one more draw:", torch.equal(weights(0), weights(1)))
for own in (False, True):
    orders = [
        shuffled(extra, torch.Generator().manual_seed(0) if own else None)
        for extra in (0, 1)
    ]
    print(f"own generator {own!s:5}   order equal:", orders[0] == orders[1])
# --8<-- [end:shift]

# --8<-- [start:deterministic]
index = torch.tensor([0, 0, 1])
torch.use_deterministic_algorithms(True)
print("on:", torch.are_deterministic_algorithms_enabled())
empty = torch.empty(3)
print("memory that is not set is filled with NaN:", empty.tolist())
with expect(RuntimeError) as caught:
    torch.zeros(4).put_(index, torch.ones(3), accumulate=False)
print(shorten(str(caught), 68, placeholder=" …"))
torch.use_deterministic_algorithms(False)
# --8<-- [end:deterministic]


# --8<-- [start:workers]
class Noisy(Dataset):
    """每一项是一个随机数 | each item is one random number"""

    def __init__(self, source):
        self.source, self.rng = source, np.random.default_rng(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        draw = {"torch": lambda: torch.rand(1).item(), "numpy": np.random.rand}
        value = draw.get(self.source, self.rng.random)()
        return round(value, 3)


for source in ("torch", "numpy", "own rng", "persistent"):
    loader = DataLoader(
        Noisy(source),
        num_workers=2,
        generator=torch.Generator().manual_seed(0),
        persistent_workers=source == "persistent",
        multiprocessing_context="fork",
    )
    print(f"{source:10}", *([item.item() for item in loader] for _ in range(2)))
del loader  # 常驻的工作进程到此结束 | so that the persistent workers end
# --8<-- [end:workers]

# --8<-- [start:workers-count]
drawn = {}
for workers in (0, 1, 2):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(
        Noisy("torch"),
        num_workers=workers,
        generator=generator,
        multiprocessing_context="fork" if workers else None,
    )
    drawn[workers] = [item.item() for item in loader]
    print(f"num_workers={workers}", drawn[workers])
# --8<-- [end:workers-count]


# --8<-- [start:try-float64]
small = gaps(two_layers, nudge=1e-13)
for nudge, path in {"1e-07": apart["two layers"], "1e-13": small}.items():
    print(f"nudge {nudge}  {path[0]:.0e} → {path[-1]:.0e}", end="   ")
    print(f"× {path[-1] / path[0]:,.0f}")
# --8<-- [end:try-float64]


# --8<-- [start:try-repair]
def own_seed(worker):
    """每个工作进程、每一轮一个种子 | a seed for each worker and epoch"""
    info = torch.utils.data.get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)


loader = DataLoader(
    Noisy("own rng"),
    num_workers=2,
    generator=torch.Generator().manual_seed(0),
    worker_init_fn=own_seed,
    multiprocessing_context="fork",
)
print([[item.item() for item in loader] for _ in range(2)])
# --8<-- [end:try-repair]
