"""Train many small nets side by side, one for each learning rate and seed."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


# --8<-- [start:train-many]
def train_many(
    data: tuple[Tensor, Tensor],
    lrs: Sequence[float],
    seeds: int,
    steps: int,
    rule: str = "momentum",
    schedule: Callable[[int], float] = lambda t: 1.0,
    batch: int = 16,
    width: int = 32,
    beta2: float = 0.999,
    forget: str = "",
    after: int = 0,
    lengths: list[float] | None = None,
    average: float = 0.0,
    held_out: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Return the loss on all data after training, of shape (len(lrs), seeds).

    Nets have one hidden layer of ReLUs. ``rule`` is "sgd", "momentum" (0.9), "adam"
    or "radam"; ``schedule`` gives the factor of lr at step t = 0, 1, …. Runs of one
    seed start alike and see the same batches whatever lr, rule and schedule. ``forget``
    names the states ("m", "v", "mv") that begin anew ``after`` so many steps, with
    their bias corrections; ``lengths`` receives the root mean square of each step, over
    all parameters and nets and in units of lr. ``average`` is the decay of an EMA of
    the weights, from the first step on, whose loss is returned instead; ``held_out``
    replaces the data for the final loss.

    >>> data = torch.eye(2), torch.tensor([0, 1])
    >>> losses = train_many(data, [0.0, 0.1], seeds=3, steps=20)
    >>> losses.shape, bool((losses[1] < losses[0]).all())
    (torch.Size([2, 3]), True)
    """
    inputs, targets = data
    generator = torch.Generator().manual_seed(0)
    sizes = [(inputs.shape[1], width), (width, int(targets.max()) + 1)]
    params, rates = [], torch.tensor(lrs, dtype=torch.float32).view(-1, 1, 1, 1)
    for fan_in, fan_out in sizes:
        for rows in (fan_in, 1):  # 权重与偏置 | weights, then biases
            draw = torch.rand(1, seeds, rows, fan_out, generator=generator)
            start = (2 * draw - 1) / math.sqrt(fan_in)
            params.append(start.repeat(len(lrs), 1, 1, 1).requires_grad_())

    def losses(x: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of each net: x (seeds, n, d), y (seeds, n)."""
        w1, b1, w2, b2 = params
        logits = (x @ w1 + b1).relu() @ w2 + b2
        many = y.expand(len(lrs), *y.shape)
        return cross_entropy(logits.movedim(-1, 1), many, reduction="none").mean(-1)

    state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in params]
    averages = [p.detach().clone() for p in params] if average else params
    for t in range(steps):
        if t == after:
            for m, v in state:
                m *= "m" not in forget
                v *= "v" not in forget
        age = {name: t + 1 - after * (t >= after and name in forget) for name in "mv"}
        squares = 0.0
        rows = torch.randint(len(inputs), (seeds, batch), generator=generator)
        grads = torch.autograd.grad(losses(inputs[rows], targets[rows]).sum(), params)
        with torch.no_grad():
            for p, grad, (m, v) in zip(params, grads, state, strict=True):
                update = direction(rule, age["v"], grad, m, v, beta2, age["m"])
                if lengths is not None:
                    squares += (schedule(t) * update).square().sum().item()
                p -= rates * schedule(t) * update
            if average:
                for mean, p in zip(averages, params, strict=True):
                    mean.lerp_(p, 1 - average if t else 1.0)
        if lengths is not None:
            lengths.append(math.sqrt(squares / sum(p.numel() for p in params)))
    params, (inputs, targets) = averages, held_out or data
    with torch.no_grad():
        return losses(inputs.expand(seeds, *inputs.shape), targets.expand(seeds, -1))


# --8<-- [end:train-many]


# --8<-- [start:direction]
def direction(
    rule: str,
    t: int,
    grad: Tensor,
    m: Tensor,
    v: Tensor,
    beta2: float = 0.999,
    age: int | None = None,
) -> Tensor:
    """Return the direction of step t; ``m`` and ``v`` are updated in place.

    ``age`` is the number of steps that m has averaged, if it is not t.
    RAdam: Liu et al. 2019, Algorithm 2.

    >>> state = torch.zeros(1), torch.zeros(1)
    >>> round(direction("adam", 1, torch.tensor([3.0]), *state).item(), 6)
    1.0
    """
    if rule == "sgd":
        return grad
    if rule == "momentum":
        return m.mul_(0.9).add_(grad)
    m.mul_(0.9).add_(grad, alpha=0.1)
    v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    m_hat = m / (1 - 0.9 ** (age or t))
    adam = m_hat / ((v / (1 - beta2**t)).sqrt() + 1e-8)
    if rule == "adam":
        return adam
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    if length <= 5:
        return m_hat
    top = (length - 4) * (length - 2) * longest
    return adam * math.sqrt(top / ((longest - 4) * (longest - 2) * length))


# --8<-- [end:direction]
