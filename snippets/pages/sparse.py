"""The page `sparse` as a script: it prints what the page shows."""

# --8<-- [start:imports]
from textwrap import shorten

import torch
from expected import expect
from sparse_adam import sparse_adam
from torch import nn
from torch.optim import Adam, SparseAdam

# --8<-- [end:imports]

# --8<-- [start:gradient]
torch.manual_seed(0)
words = torch.tensor([3, 7, 3, 1])
for sparse in (False, True):
    table = nn.Embedding(10_000, 64, sparse=sparse)
    table(words).sum().backward()
    grad = table.weight.grad
    stored = grad.coalesce().values() if sparse else grad
    print(f"sparse={sparse!s:5} {grad.layout!s:18} {stored.nbytes:9,} B")
print(grad.coalesce().indices().tolist(), stored[:, 0].tolist())
# --8<-- [end:gradient]

# --8<-- [start:same]
ours, state = torch.randn(6, 3), {}
theirs = ours.clone().requires_grad_()
optimizer = SparseAdam([theirs], lr=0.1)
for _ in range(500):
    rows = torch.randint(6, (1, 2))
    theirs.grad = torch.sparse_coo_tensor(
        rows, torch.randn(2, 3), (6, 3), check_invariants=True
    )
    optimizer.step()
    sparse_adam(ours, theirs.grad, state, lr=0.1)
print(torch.equal(ours, theirs))
# --8<-- [end:same]

# --8<-- [start:touched]
print("t - 1           0      1     10    100")
paths = {}
for kind in (Adam, SparseAdam):
    row = torch.zeros(2, 1, requires_grad=True)
    optimizer = kind([row], lr=1.0)
    path = []
    for t in range(1, 102):
        grad = torch.tensor([[float(t == 1)], [1.0]])
        if kind is SparseAdam:
            grad = grad.to_sparse(1) if t == 1 else grad.to_sparse()
        row.grad = grad
        optimizer.step()
        path.append(-row[0].item())
    paths[kind.__name__] = path
    print(f"{kind.__name__:10}", *(f"{path[k]:6.2f}" for k in (0, 1, 10, 100)))
# --8<-- [end:touched]

# --8<-- [start:late]
firsts = {}
print("first seen at t =     1     10    100   1000  10000")
for kind in (Adam, SparseAdam):
    firsts[kind.__name__] = []
    for late in (1, 10, 100, 1000, 10_000):
        row = torch.zeros(1, 1, requires_grad=True)
        optimizer = kind([row], lr=1.0)
        row.grad = torch.zeros(1, 1)
        row.grad = row.grad.to_sparse() if kind is SparseAdam else row.grad
        for _ in range(late - 1):
            optimizer.step()
        row.grad = torch.ones(1, 1)
        row.grad = row.grad.to_sparse() if kind is SparseAdam else row.grad
        optimizer.step()
        firsts[kind.__name__].append(-row.item())
    print(f"{kind.__name__:15}", *(f"{v:6.2f}" for v in firsts[kind.__name__]))
# --8<-- [end:late]

# --8<-- [start:zero]
zeros = {
    "not named": torch.tensor([[0.0], [1.0]]).to_sparse(),
    "named, 0": torch.ones(2, 1).to_sparse() * torch.tensor([[0.0], [1.0]]),
}
for name, grad in zeros.items():
    row = torch.zeros(2, 1, requires_grad=True)
    optimizer = SparseAdam([row], lr=1.0)
    row.grad = torch.ones(2, 1).to_sparse()
    optimizer.step()
    before = row[0].item()
    row.grad = grad
    optimizer.step()
    print(f"{name:10} {row[0].item() - before:6.3f}")
# --8<-- [end:zero]

# --8<-- [start:others]
from torch.optim import SGD, Adagrad

arms = {
    "SGD": (SGD, {}),
    "SGD, μ=0.9": (SGD, {"momentum": 0.9}),
    "Adagrad": (Adagrad, {}),
    "SparseAdam": (SparseAdam, {}),
}
went = {}
print("                 t = 1       2      50")
for name, (kind, options) in arms.items():
    row = torch.zeros(3, 1, requires_grad=True)
    optimizer = kind([row], lr=1.0, **options)
    path = []
    for t in range(1, 51):
        rows = [[0, 1]] if t == 1 else [[1]]
        with torch.sparse.check_sparse_tensor_invariants():
            row.grad = torch.sparse_coo_tensor(
                rows, torch.ones(len(rows[0]), 1), (3, 1)
            )
            optimizer.step()
        path.append(-row[0].item())
    went[name] = [path[t - 1] for t in (1, 2, 50)]
    print(f"{name:14}", *(f"{v:7.2f}" for v in went[name]))
# --8<-- [end:others]

# --8<-- [start:grows]
table = torch.zeros(1000, 1, requires_grad=True)
optimizer = SGD([table], lr=0.1, momentum=0.9)
entries = {}
print("   t entries   rows named")
for t in range(1, 1001):
    rows = torch.randint(1000, (1, 8))
    ones = torch.ones(8, 1)
    table.grad = torch.sparse_coo_tensor(rows, ones, (1000, 1), check_invariants=True)
    optimizer.step()
    if t in (1, 10, 100, 1000):
        buffer = optimizer.state[table]["momentum_buffer"]
        entries[t] = buffer._nnz(), buffer.coalesce()._nnz()
        print(f"{t:4} {entries[t][0]:7} {entries[t][1]:12}")
# --8<-- [end:grows]

# --8<-- [start:split]
model = nn.Sequential(nn.Embedding(100, 8, sparse=True), nn.Linear(8, 2))
optimizers = [
    SparseAdam(model[0].parameters(), lr=1e-3),
    Adam(model[1].parameters(), lr=1e-3),
]
model(words).square().sum().backward()
before = model[0].weight.detach().clone()
for optimizer in optimizers:
    optimizer.step()
moved = (model[0].weight.detach() != before).any(1).nonzero().flatten().tolist()
print(moved)
# --8<-- [end:split]

# --8<-- [start:errors]
with expect(RuntimeError) as caught:
    optimizer = SparseAdam(model.parameters())
    optimizer.step()
print(caught)
with expect(RuntimeError) as caught:
    nn.utils.clip_grad_norm_(model[0].parameters(), 1.0)
print(shorten(str(caught), 66, placeholder=" …"))
with expect(TypeError) as caught:
    SparseAdam(model[0].parameters(), weight_decay=0.1)
print(caught)
with expect(RuntimeError) as caught:
    SGD(model[0].parameters(), lr=0.1, weight_decay=0.1).step()
print(caught)
with expect(RuntimeError) as caught:
    Adagrad(model[0].parameters(), weight_decay=0.1).step()
print(caught)
# --8<-- [end:errors]

# --8<-- [start:clip]
grad = model[0].weight.grad.coalesce()  # 同一行的项先相加 | adds up a row's entries
norm = grad.values().norm()
model[0].weight.grad = grad * (0.01 / norm)
clipped = model[0].weight.grad.coalesce().values().norm()
print(f"norm {norm:.3f} → {clipped:.3f}")
for scale in (1.0, 0.001):
    row = torch.ones(1, 1, requires_grad=True)
    optimizer = SparseAdam([row], lr=0.01)
    for _ in range(20):
        row.grad = (scale * row.detach()).to_sparse()
        optimizer.step()
    print(f"loss × {scale:<5}  after 20 steps {row.item():.4f}")
# --8<-- [end:clip]

# --8<-- [start:try-state]
table = nn.Embedding(10_000, 64, sparse=True)
optimizer = SparseAdam(table.parameters())
table(words).sum().backward()
optimizer.step()
state = optimizer.state[table.weight]
print(f"{sum(state[name].nbytes for name in ('exp_avg', 'exp_avg_sq')):,} B")
print(f"{table.weight.nbytes:,} B")
# --8<-- [end:try-state]

# --8<-- [start:try-ratio]
for g in (1e-3, 1.0, 1e3):
    m, v = (1 - 0.9) * g, (1 - 0.999) * g**2
    print(f"g {g:<6g} m / √v {m / v**0.5:.2f}")
# --8<-- [end:try-ratio]
