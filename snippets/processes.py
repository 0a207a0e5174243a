"""The same gradient in several processes: accumulation, DDP, no_sync, shards, clipping.

Run by itself on this machine:

    torchrun --nproc-per-node 2 processes.py

>>> torch.distributed.is_initialized()
False
"""

import gc
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.functional import mse_loss
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_, parameters_to_vector

N = 24  # samples


def problem() -> tuple[nn.Module, Tensor, Tensor]:
    """Return a seeded network, inputs (24, 6) and targets (24, 1), float64.

    >>> model, x, y = problem()
    >>> model(x).shape == y.shape
    True
    """
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    return model, torch.randn(N, 6).double(), torch.randn(N, 1).double()


def leave() -> None:
    """Leave the group, together with the other processes.

    Without the barrier, and with a DDP model still alive, a process that ends first
    may abort.

    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> leave()
    """
    gc.collect()
    dist.barrier()
    dist.destroy_process_group()


def flat(model: nn.Module) -> Tensor:
    """Return the gradients of all parameters as one vector.

    >>> layer = nn.Linear(2, 1)
    >>> layer(torch.ones(2)).backward()
    >>> flat(layer)
    tensor([1., 1., 1.])
    """
    return parameters_to_vector(p.grad for p in model.parameters())


def reference() -> Tensor:
    """Return the gradient of the mean loss of all samples, computed in one process.

    >>> reference().shape
    torch.Size([65])
    """
    model, x, y = problem()
    mse_loss(model(x), y).backward()
    return flat(model)


def accumulated(sizes: list[int], weighted: bool) -> Tensor:
    """Return the gradient summed over micro-batches of these sizes, in one process.

    weighted: each counts by its share of the samples; otherwise all count alike.

    >>> torch.testing.assert_close(accumulated([8, 8, 8], weighted=False), reference())
    """
    model, x, y = problem()
    for inputs, targets in zip(x.split(sizes), y.split(sizes), strict=True):
        weight = len(inputs) / N if weighted else 1 / len(sizes)
        (weight * mse_loss(model(inputs), targets)).backward()
    return flat(model)


def difference(value: Tensor, expected: Tensor) -> float:
    """Return ‖value − expected‖ / ‖expected‖.

    >>> difference(torch.tensor([3.0, 0.0]), torch.tensor([2.0, 0.0]))
    0.5
    """
    return ((value - expected).norm() / expected.norm()).item()


def spread(
    shards: list[int], micro: int = 1, sync_all: bool = False, weighted: bool = False
) -> tuple[Tensor, int]:
    """Return the gradient that DDP leaves on this process, and its all-reduces.

    shards: samples of each process, one after another. micro: micro-batches that each
    accumulates. sync_all: without ``no_sync``. weighted: each process counts by its
    share of the samples, since DDP takes the mean over processes.

    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> spread([N], micro=3)[1], spread([N], micro=3, sync_all=True)[1]
    (1, 3)
    >>> leave()
    """
    rank, world = dist.get_rank(), dist.get_world_size()
    model, x, y = problem()
    ddp = DistributedDataParallel(model)
    calls = []

    def counted(state, bucket):
        calls.append(bucket.index())
        return allreduce_hook(state, bucket)

    ddp.register_comm_hook(None, counted)
    inputs, targets = x.split(shards)[rank], y.split(shards)[rank]
    weight = world * len(inputs) / N if weighted else 1.0
    parts = list(zip(inputs.chunk(micro), targets.chunk(micro), strict=True))
    for number, (part, target) in enumerate(parts, start=1):
        last = number == len(parts)
        with nullcontext() if last or sync_all else ddp.no_sync():
            loss = mse_loss(ddp(part), target) * len(part) / len(inputs)
            (weight * loss).backward()
    return flat(model), len(calls)


def clipped(shards: list[int], before: bool, max_norm: float = 0.1) -> Tensor:
    """Return the clipped gradient: clipped once averaged, or each process before.

    before: each process clips what it has, and the clipped gradients are averaged.

    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> torch.testing.assert_close(clipped([N], True), clipped([N], False))
    >>> leave()
    """
    rank, world = dist.get_rank(), dist.get_world_size()
    if not before:
        grad, _ = spread(shards, weighted=True)
        model, _, _ = problem()
        nn.utils.vector_to_parameters(grad, model.parameters())
        for p in model.parameters():
            p.grad = p.detach().clone()
    else:
        model, x, y = problem()
        mse_loss(model(x.split(shards)[rank]), y.split(shards)[rank]).backward()
    clip_grad_norm_(model.parameters(), max_norm)
    grad = flat(model)
    if before:
        dist.all_reduce(grad)
        grad /= world
    return grad


def experiments() -> dict[str, float]:
    """Return what came of each experiment; runs in every process of a group.

    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> experiments()["equal shards"] < 1e-12
    True
    >>> leave()
    """
    whole, world = reference(), dist.get_world_size()
    even, uneven = [N // world] * world, [N - 4 * (world - 1), *[4] * (world - 1)]
    found: dict[str, float] = {}
    for name, options in {
        "equal shards": {"shards": even},
        "no_sync": {"shards": even, "micro": 3},
        "sync_all": {"shards": even, "micro": 3, "sync_all": True},
        "unequal": {"shards": uneven},
        "unequal, weighted": {"shards": uneven, "weighted": True},
    }.items():
        grad, calls = spread(**options)
        found[name] = difference(grad, whole)
        found[f"{name}: all-reduces"] = calls
        others = [torch.empty_like(grad) for _ in range(world)]
        dist.all_gather(others, grad)
        found[f"{name}: same everywhere"] = all(torch.equal(o, grad) for o in others)
    once = 0.1 * whole / whole.norm()
    for name, before in {"clip after": False, "clip before": True}.items():
        grad = clipped(even, before)
        cosine = torch.cosine_similarity(grad, once, dim=0)
        found[name], found[f"{name}: cosine"] = grad.norm().item(), cosine.item()
    return found


def launch(processes: int = 2) -> dict[str, float]:
    """Return the findings of this module, run by torchrun on this machine.

    RuntimeError if a process fails.

    >>> found = launch()
    >>> found["equal shards"] < 1e-12, found["no_sync: all-reduces"]
    (True, 1)
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--local-addr", "127.0.0.1"]  # the host name need not resolve
    command += ["--nproc-per-node", str(processes), str(Path(__file__).resolve())]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def table(rows: dict[str, float]) -> str:
    """Return relative errors as a Markdown table; below 1e-12 they are rounding.

    >>> print(table({"a": 1e-16, "b": 0.25}))
    | gradient | ‖Δg‖ / ‖g‖ |
    | :-- | --: |
    | a | < 1e-12 |
    | b | 0.250 |
    """
    lines = ["| gradient | ‖Δg‖ / ‖g‖ |", "| :-- | --: |"]
    for name, value in rows.items():
        lines.append(f"| {name} | {'< 1e-12' if value < 1e-12 else f'{value:.3f}'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    dist.init_process_group("gloo")
    found = experiments()
    if dist.get_rank() == 0:
        print(json.dumps(found))
    leave()
