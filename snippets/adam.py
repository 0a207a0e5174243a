"""Adam three ways: as the post prints it, as its paper defines it, as torch runs it."""

import torch
from checks import check_adam


# --8<-- [start:printed]
@torch.no_grad()
def adam_as_printed(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """Take one step by the rule that the post prints: no bias correction.

    param, grad: tensors of one shape and floating dtype; param and state change in
    place. state: an empty dict before the first step. lr: in units of param.
    ValueError for bad input, which changes nothing; NaN in grad goes into param.
    Source: the post's formulas, section 5.

    >>> param, state = torch.zeros(1, dtype=torch.float64), {}
    >>> adam_as_printed(param, torch.ones_like(param), state, lr=1.0)
    >>> param
    tensor([-3.1623], dtype=torch.float64)
    """
    check_adam(param, grad, state, ("m", "v"), lr=lr, betas=betas, eps=eps)
    beta1, beta2 = betas
    m = state.setdefault("m", torch.zeros_like(param))
    v = state.setdefault("v", torch.zeros_like(param))

    m.copy_(beta1 * m + (1 - beta1) * grad)
    v.copy_(beta2 * v + (1 - beta2) * grad**2)
    param -= lr / (v.sqrt() + eps) * m


# --8<-- [end:printed]


# --8<-- [start:paper]
@torch.no_grad()
def adam_in_paper(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """Take one step of Adam, in the order of operations of its paper.

    param, grad: tensors of one shape and floating dtype; param and state change in
    place. state: an empty dict before the first step. lr: in units of param.
    ValueError for bad input, which changes nothing; NaN in grad goes into param.
    Source: Kingma & Ba 2014, Algorithm 1, arXiv:1412.6980.

    >>> param, state = torch.zeros(1, dtype=torch.float64), {}
    >>> adam_in_paper(param, torch.full_like(param, 1000), state, lr=1.0)
    >>> param
    tensor([-1.0000], dtype=torch.float64)
    """
    check_adam(param, grad, state, ("m", "v"), lr=lr, betas=betas, eps=eps)
    beta1, beta2 = betas
    m = state.setdefault("m", torch.zeros_like(param))
    v = state.setdefault("v", torch.zeros_like(param))
    t = state["t"] = state.get("t", 0) + 1

    m.copy_(beta1 * m + (1 - beta1) * grad)
    v.copy_(beta2 * v + (1 - beta2) * grad**2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    param -= lr * m_hat / (v_hat.sqrt() + eps)


# --8<-- [end:paper]


# --8<-- [start:torch]
@torch.no_grad()
def adam(
    param,
    grad,
    state,
    *,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    amsgrad=False,
    decoupled=False,
    maximize=False,
):
    """Take one step of Adam, equal to torch.optim.Adam to the bit.

    param, grad: tensors of one shape and dtype, float32 or float64; param and state
    change in place. state: an empty dict before the first step; its names are torch's.
    weight_decay: L2, added to the gradient; with ``decoupled`` it shrinks param
    instead (torch.optim.AdamW). ValueError for bad input, which changes nothing; NaN
    in grad goes into param, as in torch.
    Source: torch.optim.Adam, foreach=False; Loshchilov & Hutter 2017, arXiv:1711.05101;
    Reddi et al. 2018, arXiv:1904.09237.

    >>> param = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> twin = param.detach().clone()
    >>> optimizer = torch.optim.Adam([param], lr=0.1, weight_decay=0.01, amsgrad=True)
    >>> state = {}
    >>> for t in range(500):
    ...     optimizer.zero_grad()
    ...     (param**4 / 4 - param).sum().backward()
    ...     optimizer.step()
    ...     adam(twin, twin**3 - 1, state, lr=0.1, weight_decay=0.01, amsgrad=True)
    >>> torch.equal(param, twin)
    True
    """
    needs = ("exp_avg", "exp_avg_sq") + ("max_exp_avg_sq",) * amsgrad
    numbers = {"lr": lr, "eps": eps, "weight_decay": weight_decay}
    check_adam(param, grad, state, needs, betas=betas, **numbers)
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(param)
        state["exp_avg_sq"] = torch.zeros_like(param)
        if amsgrad:
            state["max_exp_avg_sq"] = torch.zeros_like(param)
    beta1, beta2 = betas
    exp_avg, exp_avg_sq = state["exp_avg"], state["exp_avg_sq"]
    t = state["step"] = state["step"] + 1

    grad = -grad if maximize else grad
    if weight_decay and decoupled:
        param.mul_(1 - lr * weight_decay)
    elif weight_decay:
        grad = grad.add(param, alpha=weight_decay)

    exp_avg.lerp_(grad, 1 - beta1)
    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    second = exp_avg_sq
    if amsgrad:
        second = state["max_exp_avg_sq"]
        torch.maximum(second, exp_avg_sq, out=second)

    step_size = lr / (1 - beta1**t)
    denom = (second.sqrt() / (1 - beta2**t) ** 0.5).add_(eps)
    param.addcdiv_(exp_avg, denom, value=-step_size)


# --8<-- [end:torch]


# --8<-- [start:follow]
def follow(rule, grads, **options):
    """Return where a rule stands after each of the gradients, starting from 0.

    rule: one of the functions above. grads: tensor of shape (steps, ...), the
    gradients whatever the parameter is. Result: like grads.

    >>> follow(adam, torch.ones(3, 1, dtype=torch.float64), lr=1.0).T
    tensor([[-1.0000, -2.0000, -3.0000]], dtype=torch.float64)
    """
    param, state, path = torch.zeros_like(grads[0]), {}, []
    for grad in grads:
        rule(param, grad, state, **options)
        path.append(param.clone())
    return torch.stack(path)


# --8<-- [end:follow]


# --8<-- [start:against-torch]
def follow_torch(grads, optimizer=torch.optim.Adam, **options):
    """Return where an optimizer of torch stands after each gradient, starting from 0.

    optimizer: a class of torch.optim; options go to it. grads, result: as in follow.

    >>> follow_torch(torch.ones(3, 1, dtype=torch.float64), lr=1.0).T
    tensor([[-1.0000, -2.0000, -3.0000]], dtype=torch.float64)
    """
    param, path = torch.zeros_like(grads[0], requires_grad=True), []
    optimizer = optimizer([param], **options)
    for grad in grads:
        param.grad = grad.clone()
        optimizer.step()
        path.append(param.detach().clone())
    return torch.stack(path)


# --8<-- [end:against-torch]


# --8<-- [start:random-gradients]
def random_gradients(steps, size, dtype=torch.float64, seed=0):
    """Return standard normal gradients of shape (steps, size), the same for a seed.

    >>> random_gradients(2, 3).shape
    torch.Size([2, 3])
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, size, dtype=dtype, generator=generator)


# --8<-- [end:random-gradients]


# --8<-- [start:missing-factor]
def missing_factor(t, beta1=0.9, beta2=0.999):
    """Return how many times too large the printed rule's step t is (eps left aside).

    t: tensor of step numbers, from 1. Source: the corrections of Kingma & Ba 2014,
    Algorithm 1, which the printed rule leaves out.

    >>> missing_factor(torch.tensor([1.0, 10000.0], dtype=torch.float64))
    tensor([3.1623, 1.0000], dtype=torch.float64)
    """
    return (1 - beta1**t) / (1 - beta2**t).sqrt()


# --8<-- [end:missing-factor]


# --8<-- [start:descend]
def descend(rule, start, lr, steps):
    """Return the path of a rule on the parabola L = x²/2, from start, as a tensor.

    lr: in units of x. Result: shape (steps + 1,), float64.

    >>> descend(adam, 1.0, lr=0.5, steps=2)
    tensor([1.0000, 0.5000, 0.0339], dtype=torch.float64)
    """
    x, state = torch.tensor(start, dtype=torch.float64), {}
    path = [x.clone()]
    for _ in range(steps):
        rule(x, x.clone(), state, lr=lr)
        path.append(x.clone())
    return torch.stack(path)


# --8<-- [end:descend]


# --8<-- [start:train-mlp]
def train(model, targets_of, steps=300, lr=0.05):
    """Train a classifier on 200 random points with Adam; return loss and accuracy.

    targets_of: what makes the targets, 0 or 1, of points (200, 2). Result: the binary
    cross-entropy in nats, and the share that is right.

    >>> linear = torch.nn.Linear(2, 1)
    >>> train(linear, lambda x: x.sum(dim=1) > 0)[1] > 0.95
    True
    """
    inputs = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    targets = targets_of(inputs)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs).squeeze(1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, targets.float()
        )
        loss.backward()
        optimizer.step()
    return loss.item(), ((logits > 0) == targets).float().mean().item()


def train_logistic(zero, seed=0):
    """Train a logistic regression on x₁ + x₂ > 0, from zeros or not; see ``train``.

    >>> train_logistic(zero=True)[1] > 0.95
    True
    """
    torch.manual_seed(seed)
    model = torch.nn.Linear(2, 1)
    if zero:
        for param in model.parameters():
            torch.nn.init.zeros_(param)
    return train(model, lambda x: x.sum(dim=1) > 0)


# --8<-- [end:train-mlp]


# --8<-- [start:train-network]
def train_mlp(zero, seed=0, value=0.0):
    """Train a network of 2, 8 and 1 units on x₁x₂ > 0; return what came of it.

    zero: the layers, of (0, 2), that start at 0 or at another ``value``. Result: as of
    ``train``, and the number of distinct hidden units.

    >>> train_mlp(zero=(0, 2))[2]
    1
    """
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
    )
    for layer in zero:
        for param in model[layer].parameters():
            torch.nn.init.constant_(param, value)
    loss, accuracy = train(model, lambda x: x.prod(dim=1) > 0)
    return loss, accuracy, len(model[0].weight.detach().unique(dim=0))


# --8<-- [end:train-network]


# --8<-- [start:noun-gaps]
def noun_gaps(steps: int = 200) -> dict[str, float]:
    """Return how far readings of the post's words are from m and v, at most.

    The momentum is taken as an average of gradients, which is the kinder reading.

    >>> [name for name, gap in noun_gaps(20).items() if gap < 1e-14]
    ['gradient', 'average of square']
    """
    param, state = torch.zeros(100, dtype=torch.float64), {}
    of_grad = of_square = of_momentum = 0.0
    for grad in random_gradients(steps, 100):
        adam(param, grad, state)
        of_grad = 0.9 * of_grad + 0.1 * grad
        of_square = 0.999 * of_square + 0.001 * grad**2
        of_momentum = 0.9 * of_momentum + 0.1 * of_grad
    m, v = state["exp_avg"], state["exp_avg_sq"]
    readings = {
        "momentum": m - of_momentum,
        "gradient": m - of_grad,
        "square of average": v - of_grad**2,
        "average of square": v - of_square,
    }
    return {name: gap.abs().max().item() for name, gap in readings.items()}


# --8<-- [end:noun-gaps]


# --8<-- [start:on-quartic]
def on_quartic(every: int = 1, steps: int = 300) -> tuple[float, bool]:
    """Return where Adam ends on x⁴/4 − x from 0, and whether torch's goes the same way.

    Ours computes its gradient anew at each ``every``-th step and keeps it in between;
    torch's does at each. lr 0.05; the minimum is at 1.

    >>> x, same = on_quartic(steps=3)
    >>> round(x, 3), same
    (0.15, True)
    """
    x, state, same = torch.zeros((), dtype=torch.float64), {}, True
    twin = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([twin], lr=0.05, foreach=False)
    for step in range(steps):
        if step % every == 0:
            grad = x**3 - 1
        adam(x, grad, state, lr=0.05)
        twin.grad = twin.detach() ** 3 - 1
        optimizer.step()
        same = same and torch.equal(x, twin)
    return x.item(), same


# --8<-- [end:on-quartic]


# --8<-- [start:moment-gaps]
def moment_gaps(steps: int = 200) -> tuple[float, float]:
    """Return how far m and v of the paper's rule are from torch's, at most.

    >>> m_gap, v_gap = moment_gaps(steps=10)
    >>> m_gap < 1e-12, v_gap < 1e-12
    (True, True)
    """
    param, state = torch.zeros(100, dtype=torch.float64), {}
    twin = torch.zeros_like(param, requires_grad=True)
    optimizer = torch.optim.Adam([twin])
    for grad in random_gradients(steps, 100):
        adam_in_paper(param, grad, state)
        twin.grad = grad.clone()
        optimizer.step()
    theirs = optimizer.state[twin]
    gaps = state["m"] - theirs["exp_avg"], state["v"] - theirs["exp_avg_sq"]
    return gaps[0].abs().max().item(), gaps[1].abs().max().item()


# --8<-- [end:moment-gaps]


# --8<-- [start:corrected-moments]
def corrected_moments(step: int) -> dict[str, float]:
    """Return the means of m, m̂, v and v̂ for gradients of mean 0.5 and variance 1.

    Over 1000 parameters, after ``step`` steps.

    >>> {name: round(value, 1) for name, value in corrected_moments(1).items()}
    {'m': 0.1, 'm̂': 0.5, 'v': 0.0, 'v̂': 1.2}
    """
    param, state = torch.zeros(1000, dtype=torch.float64), {}
    for grad in 0.5 + random_gradients(1000, 1000)[:step]:
        adam(param, grad, state)
    m, v = state["exp_avg"].mean().item(), state["exp_avg_sq"].mean().item()
    return {"m": m, "m̂": m / (1 - 0.9**step), "v": v, "v̂": v / (1 - 0.999**step)}


# --8<-- [end:corrected-moments]
