"""The page `errors-practice` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import argparse
import io
import pathlib
import pickle
import tempfile
import warnings

import numpy as np
import torch
from expected import expect
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import (
    DataLoader,
    RandomSampler,
    TensorDataset,
    default_collate,
    random_split,
)

# --8<-- [end:imports]

# --8<-- [start:unscale-twice]
w = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
scaler = torch.amp.GradScaler("cpu")
scaler.scale(w.sum()).backward()
scaler.unscale_(optimizer)
with expect(RuntimeError) as caught:
    scaler.unscale_(optimizer)
print(caught)

scaler.step(optimizer)
scaler.update()
print(w)
# --8<-- [end:unscale-twice]

# --8<-- [start:step-twice]
optimizer.zero_grad()
scaler.scale(w.sum()).backward()
scaler.step(optimizer)
with expect(RuntimeError) as caught:
    scaler.step(optimizer)
print(caught)

scaler.update()
optimizer.zero_grad()
scaler.scale(w.sum()).backward()
scaler.step(optimizer)
scaler.update()
print(w)
# --8<-- [end:step-twice]

# --8<-- [start:no-inf-checks]
scaler.scale(w.sum()).backward()
optimizer.zero_grad()
with expect(AssertionError) as caught:
    scaler.step(optimizer)
print(caught)

scaler = torch.amp.GradScaler("cpu")
scaler.scale(w.sum()).backward()
scaler.step(optimizer)
scaler.update()
print(w)
# --8<-- [end:no-inf-checks]

# --8<-- [start:scale-is-none]
scaler = torch.amp.GradScaler("cpu")
optimizer.zero_grad()
w.sum().backward()
with expect(AssertionError) as caught:
    scaler.step(optimizer)
print(caught)

optimizer.zero_grad()
scaler.scale(w.sum()).backward()
scaler.step(optimizer)
scaler.update()
print(w.grad)
# --8<-- [end:scale-is-none]


# --8<-- [start:unscale-fp16]
def step(layer: nn.Module) -> torch.dtype:
    scaler = torch.amp.GradScaler("cpu")
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    with torch.autocast("cpu", dtype=torch.float16):
        loss = layer(torch.ones(1, 2)).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    return layer.weight.grad.dtype


with expect(ValueError) as caught:
    step(nn.Linear(2, 1).half())
print(caught)

print(step(nn.Linear(2, 1)))
# --8<-- [end:unscale-fp16]

# --8<-- [start:numpy-bfloat16]
with torch.autocast("cpu"), torch.no_grad():
    y = nn.Linear(2, 1)(torch.zeros(1, 2))
with expect(TypeError) as caught:
    y.numpy()
print(caught)

print(y.float().numpy().dtype)
# --8<-- [end:numpy-bfloat16]

# --8<-- [start:half-overflow]
x, mask = torch.zeros(2, dtype=torch.float16), torch.tensor([True, False])
with expect(RuntimeError) as caught:
    x.masked_fill(mask, -1e9)
print(caught)

print(x.masked_fill(mask, float("-inf")).softmax(0))
# --8<-- [end:half-overflow]

# --8<-- [start:cuda-amp]
with warnings.catch_warnings(action="error"), expect(FutureWarning) as caught:
    torch.cuda.amp.GradScaler()
print(caught)

print(torch.amp.GradScaler("cpu").is_enabled())
# --8<-- [end:cuda-amp]

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

checkpoint_file = {"model": layer.state_dict(), "epoch": 3}
print(layer.load_state_dict(checkpoint_file["model"]))

print(layer.load_state_dict(saved, strict=False))
with expect(RuntimeError):
    layer.load_state_dict(nn.Linear(3, 1).state_dict(), strict=False)
# --8<-- [end:state-dict]

# --8<-- [start:dict-like]
file = io.BytesIO()
torch.save(layer.state_dict(), file)
with expect(TypeError) as caught:
    layer.load_state_dict("model.pt")
print(caught)

file.seek(0)
print(layer.load_state_dict(torch.load(file)))
# --8<-- [end:dict-like]

# --8<-- [start:weights-only]
file = io.BytesIO()
torch.save({"args": argparse.Namespace(lr=0.1)}, file)
file.seek(0)
with expect(pickle.UnpicklingError) as caught:
    torch.load(file)
print(str(caught).partition(".")[0])

file.seek(0)
with torch.serialization.safe_globals([argparse.Namespace]):
    print(torch.load(file))
# --8<-- [end:weights-only]

# --8<-- [start:zip-archive]
file = io.BytesIO()
torch.save(layer.state_dict(), file)
half = file.getvalue()[: len(file.getvalue()) // 2]
with expect(RuntimeError) as caught:
    torch.load(io.BytesIO(half))
print(str(caught).partition(". ")[0])

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "model.pt")
    torch.save(layer.state_dict(), path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
    print(sorted(torch.load(path)))
# --8<-- [end:zip-archive]

# --8<-- [start:loaded-groups]
saved = torch.optim.Adam(layer.parameters()).state_dict()
optimizer = torch.optim.Adam([layer.weight])
with expect(ValueError) as caught:
    optimizer.load_state_dict(saved)
print(caught)

optimizer = torch.optim.Adam(layer.parameters())
print(optimizer.load_state_dict(saved))
# --8<-- [end:loaded-groups]

# --8<-- [start:number-of-groups]
saved = torch.optim.Adam(layer.parameters()).state_dict()
split = [{"params": [layer.weight]}, {"params": [layer.bias], "weight_decay": 0}]
with expect(ValueError) as caught:
    torch.optim.Adam(split).load_state_dict(saved)
print(caught)

print(torch.optim.Adam(layer.parameters()).load_state_dict(saved))
# --8<-- [end:number-of-groups]

# --8<-- [start:rng-state]
state = torch.get_rng_state()
converted = state.float()
with expect(TypeError) as caught:
    torch.set_rng_state(converted)
print(caught)

torch.set_rng_state(converted.cpu().byte())
print(torch.equal(torch.get_rng_state(), state))
# --8<-- [end:rng-state]

# --8<-- [start:cannot-allocate]
with expect(RuntimeError) as caught:
    torch.empty(10**15)
print(str(caught).partition("DefaultCPUAllocator: ")[2])

print(torch.empty(10**6).nbytes)
# --8<-- [end:cannot-allocate]

# --8<-- [start:checkpoint-inputs]
x = torch.ones(1, 2)
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    checkpoint(layer, x, use_reentrant=True)
print(caught)

checkpoint(layer, x, use_reentrant=False).sum().backward()
print(layer.weight.grad)
# --8<-- [end:checkpoint-inputs]

# --8<-- [start:checkpoint-grad]
x = torch.ones(1, 2, requires_grad=True)
with expect(RuntimeError) as caught:
    torch.autograd.grad(checkpoint(layer, x, use_reentrant=True).sum(), x)
print(caught)

(gradient,) = torch.autograd.grad(checkpoint(layer, x, use_reentrant=False).sum(), x)
print(torch.equal(gradient, layer.weight))
# --8<-- [end:checkpoint-grad]

# --8<-- [start:checkpoint-differs]
calls = []


def block(x):
    calls.append(x)
    return (x * x).exp() if len(calls) == 1 else x.exp()


with expect(torch.utils.checkpoint.CheckpointError) as caught:
    checkpoint(block, x, use_reentrant=False).sum().backward()
print(caught)

checkpoint(lambda x: (x * x).exp(), x, use_reentrant=False).sum().backward()
print(x.grad)
# --8<-- [end:checkpoint-differs]

# --8<-- [start:create-graph]
w = torch.ones(2, requires_grad=True)
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    (w**3).sum().backward(create_graph=True)
print(str(caught).partition(". ")[0])

(first,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
print(torch.autograd.grad(first.sum(), w), w.grad)
# --8<-- [end:create-graph]


# --8<-- [start:number-of-gradients]
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return factor * x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * ctx.factor * x * grad


with expect(RuntimeError) as caught:
    Square.apply(w, 3.0).sum().backward()
print(caught)


class Mended(Square):
    @staticmethod
    def backward(ctx, grad):
        return 2 * ctx.factor * ctx.saved_tensors[0] * grad, None


print(torch.autograd.grad(Mended.apply(w, 3.0).sum(), w))
# --8<-- [end:number-of-gradients]


# --8<-- [start:jacobian-mismatch]
class Forgetful(Mended):
    @staticmethod
    def backward(ctx, grad):
        return 2 * ctx.factor * ctx.saved_tensors[0], None


x = torch.ones(2, dtype=torch.float64, requires_grad=True)
with expect(RuntimeError) as caught:
    torch.autograd.gradcheck(Forgetful.apply, (x, 3.0))
print(caught)

print(torch.autograd.gradcheck(Mended.apply, (x, 3.0)))
# --8<-- [end:jacobian-mismatch]

# --8<-- [start:not-double]
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    torch.autograd.gradcheck(Mended.apply, (w, 3.0))
print(str(caught).partition(". ")[0])

x = torch.ones(2, dtype=torch.float64, requires_grad=True)
print(torch.autograd.gradcheck(Mended.apply, (x, 3.0)))
# --8<-- [end:not-double]


# --8<-- [start:save-for-backward]
class Saving(Mended):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x, factor)
        return factor * x * x


with expect(TypeError) as caught:
    Saving.apply(w, 3.0)
print(caught)

print(Mended.apply(w, 3.0))
# --8<-- [end:save-for-backward]


# --8<-- [start:invalid-gradient]
class Sum(torch.autograd.Function):
    size = 3

    @staticmethod
    def forward(ctx, x):
        return x.sum()

    @staticmethod
    def backward(ctx, grad):
        return grad.expand(Sum.size)


with expect(RuntimeError) as caught:
    Sum.apply(w).backward()
print(caught)

Sum.size = w.numel()
print(torch.autograd.grad(Sum.apply(w), w))
# --8<-- [end:invalid-gradient]

# --8<-- [start:returned-nan]
x = torch.tensor([0.0, 4.0], requires_grad=True)
with (
    warnings.catch_warnings(action="ignore"),
    torch.autograd.set_detect_anomaly(True),
    expect(RuntimeError) as caught,
):
    torch.where(x > 0, x.sqrt() * x, 0.0).sum().backward()
print(caught)

safe = torch.where(x > 0, x, 1.0)
print(torch.autograd.grad(torch.where(x > 0, safe.sqrt() * safe, 0.0).sum(), x))
# --8<-- [end:returned-nan]


# --8<-- [start:no-param-groups]
class Descent(torch.optim.Optimizer):
    def __init__(self, params, lr, careful):
        if careful:
            super().__init__(params, {"lr": lr})


with expect(AttributeError) as caught:
    torch.optim.lr_scheduler.StepLR(Descent([w], 0.1, careful=False), 3)
print(caught)
with expect(AttributeError) as caught:
    scaler.unscale_(layer)
print(caught)

optimizer = Descent([w], 0.1, careful=True)
print(torch.optim.lr_scheduler.StepLR(optimizer, 3).get_last_lr())
# --8<-- [end:no-param-groups]

# --8<-- [start:numpy-seed]
torch.manual_seed(2**40 + 7)
with expect(ValueError) as caught:
    np.random.seed(torch.initial_seed())
print(caught)

np.random.seed(torch.initial_seed() % 2**32)
print(torch.initial_seed() % 2**32)
# --8<-- [end:numpy-seed]

# --8<-- [start:deterministic]
x, places, values = torch.zeros(4), torch.tensor([1]), torch.ones(1)
torch.use_deterministic_algorithms(True)
with expect(RuntimeError) as caught:
    x.put_(places, values)
print(str(caught).partition(", but")[0])

x[places] = values
print(x)
torch.use_deterministic_algorithms(False)
# --8<-- [end:deterministic]

# --8<-- [start:collate-none]
samples = [None, torch.ones(2), torch.zeros(2)]
with expect(TypeError) as caught:
    next(iter(DataLoader(samples, batch_size=3)))
print(caught)


def kept(batch):
    return default_collate([sample for sample in batch if sample is not None])


print(next(iter(DataLoader(samples, batch_size=3, collate_fn=kept))).shape)
# --8<-- [end:collate-none]

# --8<-- [start:num-samples]
with expect(ValueError) as caught:
    DataLoader(TensorDataset(torch.zeros(0, 2)), shuffle=True)
print(caught)

print(len(DataLoader(TensorDataset(torch.zeros(3, 2)), shuffle=True)))
# --8<-- [end:num-samples]

# --8<-- [start:sampler-shuffle]
sampler = RandomSampler(range(4), generator=torch.Generator().manual_seed(0))
with expect(ValueError) as caught:
    DataLoader(range(4), shuffle=True, sampler=sampler)
print(caught)

print(next(iter(DataLoader(range(4), batch_size=4, sampler=sampler))).sort()[0])
# --8<-- [end:sampler-shuffle]

# --8<-- [start:prefetch]
with expect(ValueError) as caught:
    DataLoader(range(4), prefetch_factor=2)
print(caught)

print(DataLoader(range(4)).num_workers)
# --8<-- [end:prefetch]

# --8<-- [start:input-lengths]
with expect(ValueError) as caught:
    random_split(range(11), [int(0.8 * 11), int(0.2 * 11)])
print(caught)

print([len(part) for part in random_split(range(11), [0.8, 0.2])])
# --8<-- [end:input-lengths]
