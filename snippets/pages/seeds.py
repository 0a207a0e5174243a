"""The page `seeds` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from seeds import drawn, on_threads, third_block

# --8<-- [end:imports]

# --8<-- [start:sequence]
torch.manual_seed(42)
print(torch.randn(3))
print(torch.randn(3))
torch.manual_seed(42)
print(torch.randn(3))
# --8<-- [end:sequence]

# --8<-- [start:draws]
(fifteen,), (sixteen,) = drawn(15), drawn(16)
print("again:   ", torch.equal(fifteen, drawn(15)[0]))
print("order:   ", torch.equal(fifteen, drawn(3, 15)[1]))
by_length = (fifteen - sixteen[:15]).abs().max().item()
print(f"15 or 16:  {by_length:.1e}")
by_dtype = {}
for first in (fifteen, sixteen):
    (double,) = drawn(len(first), dtype=torch.float64)
    by_dtype[len(first)] = (first - double).abs().max().item()
    print(f"float64, {len(first)}: {by_dtype[len(first)]:.1e}")
# --8<-- [end:draws]

# --8<-- [start:threads]
one_draws, one_sum = on_threads(1)
apart_sum = {}
for threads in (2, 4):
    draws, total = on_threads(threads)
    apart_sum[threads] = abs(total - one_sum)
    same = torch.equal(draws, one_draws)
    print(f"{threads} threads: same draws {same}, sums {apart_sum[threads]:.0e} apart")
# --8<-- [end:threads]

# --8<-- [start:seeded]
torch.manual_seed(42)
x = torch.ones(5)
y = torch.zeros(3)
w = torch.randn(5, 3, dtype=torch.float32, requires_grad=True)
b = torch.randn(3, dtype=torch.float32, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.01)

norms, logged = [], []
num_epochs = 1000
for epoch in range(num_epochs):
    optimizer.zero_grad()
    z = torch.matmul(x, w) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_([w, b], max_norm=1.0)
    norms.append(norm.item())
    optimizer.step()

    if epoch % 1000 == 0 or epoch == num_epochs - 1:
        logged.append(loss.item())
        print(f"Epoch {epoch}, Loss: {loss.item()}")
        print(f"z: {z.detach().numpy()}")

print("Final w:", w)
print("Final b:", b)
# --8<-- [end:seeded]

# --8<-- [start:seeded-clip]
held, _ = third_block(max_norm=1.0)
loose, loose_norms = third_block()

active = sum(norm > 1 for norm in norms)
apart = max(abs(a - b) for a, b in zip(held, loose, strict=True))
print(f"norm at most {max(norms):.4f}, clipped {active} times")
print(f"no clip: at most {max(loose_norms):.4f}")
# z 是五个 w 与 b 之和，六个的变化相等 | z sums five w and b, and all six move alike
print(f"difference in w: {apart / 6:.1e}")
# --8<-- [end:seeded-clip]

# --8<-- [start:try-longer]
(long,), (longer,) = drawn(32), drawn(48)
print("32 and 48:", torch.equal(long, longer[:32]))
(odd,) = drawn(40)
print("32 and 40:", torch.equal(long, odd[:32]))
agree = (long == odd[:32]).sum().item()
print("equal:    ", agree, "of 32")
# --8<-- [end:try-longer]

# --8<-- [start:try-generator]
own = torch.Generator().manual_seed(7)
torch.manual_seed(42)
noise = torch.randn(3, generator=own)
print("undisturbed:", torch.equal(torch.randn(15), fifteen))
# --8<-- [end:try-generator]

# --8<-- [start:try-shuffle]
for layers in (1, 2):
    torch.manual_seed(42)
    model = [torch.nn.Linear(4, 4) for _ in range(layers)]
    shuffle = torch.Generator().manual_seed(7)
    order = torch.randperm(6).tolist()
    own_order = torch.randperm(6, generator=shuffle).tolist()
    print(f"{layers} layers: global {order}, own {own_order}")
# --8<-- [end:try-shuffle]
