"""What Adam's eps, scale, step size, weight decay and convergence come to."""

import math

import torch
from adam import adam, follow, random_gradients


# --8<-- [start:epsilon]
def first_step(grad, eps=1e-8, beta1=0.9, beta2=0.999):
    """Return the first step in units of lr for four places of eps, by name.

    grad: a positive number. ``efficient`` is the form that Kingma & Ba recommend at
    the end of their section 2; ``inside`` puts eps under the root of v-hat; ``printed``
    is the post's rule.

    >>> {name: round(step, 4) for name, step in first_step(1.0).items()}
    {'torch': 1.0, 'efficient': 1.0, 'inside': 1.0, 'printed': 3.1623}
    """
    m, v = (1 - beta1) * grad, (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1), v / (1 - beta2)
    scale = math.sqrt(1 - beta2) / (1 - beta1)
    return {
        "torch": m_hat / (math.sqrt(v_hat) + eps),
        "efficient": scale * m / (math.sqrt(v) + eps),
        "inside": m_hat / math.sqrt(v_hat + eps),
        "printed": m / (math.sqrt(v) + eps),
    }


# --8<-- [end:epsilon]


# --8<-- [start:scaled-run]
def scaled_run(optimizer, scale, lr, steps=200):
    """Return where an optimizer ends on the loss scale·(x − 1)²/2, starting from 0.

    optimizer: a class of torch.optim. Result: a number; nan or inf if it diverged.

    >>> round(scaled_run(torch.optim.SGD, 1.0, lr=0.1), 6)
    1.0
    """
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = optimizer([x], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        (scale * (x - 1) ** 2 / 2).backward()
        optimizer.step()
    return x.item()


# --8<-- [end:scaled-run]


# --8<-- [start:wide-run]
def wide_run(optimizer, steps=200):
    """Return the best lr and where it ends when three gradients differ in size.

    The loss is Σ cᵢ(xᵢ − 1)²/2 with c = 0.001, 1, 1000, from zeros; the best of 25
    values of lr from 0.0001 to 1 has the lowest loss. optimizer: a class of
    torch.optim. Result: lr and a tensor (3,).

    >>> lr, ends = wide_run(torch.optim.SGD)
    >>> lr < 0.002, ends[0] < 0.01, ends[2] > 0.99
    (True, tensor(True), tensor(True))
    """
    c = torch.tensor([1e-3, 1.0, 1e3], dtype=torch.float64)
    best = math.inf, math.nan, c
    for lr in torch.logspace(-4, 0, 25).tolist():
        x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        stepper = optimizer([x], lr=lr)
        for _ in range(steps):
            x.grad = c * (x.detach() - 1)
            stepper.step()
        loss = (c * (x.detach() - 1) ** 2 / 2).sum().item()
        best = min(best, (loss, lr, x.detach()), key=lambda run: run[0])
    return best[1:]


# --8<-- [end:wide-run]


# --8<-- [start:step-bound]
def step_bound(beta1=0.9, beta2=0.999):
    """Return how many lr a step of Adam can be long at most, once t is large.

    By the inequality of Cauchy and Schwarz for m and v as weighted sums of g and g².

    >>> round(step_bound(), 3), round(step_bound(0.0, 0.99), 3)
    (7.27, 10.0)
    """
    return (1 - beta1) / math.sqrt((1 - beta2) * (1 - beta1**2 / beta2))


def late_step(silence, growing=1):
    """Return Adam's last step in lr: gradients of 0, and then some that grow.

    They grow by β₂/β₁ a step, which makes the last step the longest.

    >>> 2.5 < late_step(silence=999) < 2.6
    True
    """
    grads = torch.zeros(silence + growing, 1, dtype=torch.float64)
    grads[silence:, 0] = (0.999 / 0.9) ** torch.arange(growing, dtype=torch.float64)
    return -follow(adam, grads, lr=1.0).diff(dim=0)[-1].item()


# --8<-- [end:step-bound]


# --8<-- [start:decay]
def end_weight(gradient_size, weight_decay, decoupled, steps=100, lr=0.01):
    """Return a weight that starts at 1 after gradients that change sign at each step.

    gradient_size: the size of each gradient. weight_decay, decoupled: as in adam.

    >>> round(end_weight(1.0, weight_decay=0.1, decoupled=True), 4)
    0.8888
    >>> round(end_weight(100.0, weight_decay=0.1, decoupled=True), 4)
    0.8888
    """
    param, state = torch.ones((), dtype=torch.float64), {}
    options = {"weight_decay": weight_decay, "decoupled": decoupled}
    for t in range(steps):
        grad = torch.full_like(param, gradient_size * (-1) ** t)
        adam(param, grad, state, lr=lr, **options)
    return param.item()


# --8<-- [end:decay]


# --8<-- [start:reddi]
def reddi(amsgrad, steps=3000, big=4.0, betas=None):
    """Return the path of Adam on the example of Reddi et al., within [-1, 1].

    The loss is big·x at every third step and -x at the others, so that x = -1 is best
    whenever big > 2. lr falls as 1/sqrt(t). Source: Reddi et al. 2018, Theorem 1, with
    its betas (0, 1/(1 + big²)) unless others are given.

    >>> reddi(amsgrad=False, steps=300)[-1] > 0 > reddi(amsgrad=True, steps=300)[-1]
    tensor(True)
    """
    x, state, path = torch.zeros((), dtype=torch.float64), {}, []
    betas = betas or (0.0, 1 / (1 + big**2))
    for t in range(1, steps + 1):
        grad = torch.full_like(x, big if t % 3 == 1 else -1.0)
        lr = 0.1 / math.sqrt(t)
        adam(x, grad, state, lr=lr, betas=betas, amsgrad=amsgrad)
        x.clamp_(-1, 1)
        path.append(x.clone())
    return torch.stack(path)


# --8<-- [end:reddi]


# --8<-- [start:floor]
def noise_floor(lr, steps=2000, copies=200):
    """Return the mean loss x²/2 of Adam in its last half, with noise in each gradient.

    The noise is standard normal; the run starts at the minimum, in many copies.

    >>> noise_floor(0.1, steps=400) > noise_floor(0.01, steps=400)
    True
    """
    noise = random_gradients(steps, copies)
    x, state, losses = torch.zeros(copies, dtype=torch.float64), {}, []
    for grad in noise:
        adam(x, x + grad, state, lr=lr)
        losses.append((x**2 / 2).mean())
    return torch.stack(losses[steps // 2 :]).mean().item()


# --8<-- [end:floor]
