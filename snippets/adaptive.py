"""AdaGrad, RMSProp and a first look at Adam: rates that adapt, to the bit."""

from functools import cache

import torch
from checks import check_range
from gradient_descent import prepare
from momentum import displacements
from stochastic import at_best
from torch import Tensor
from torch.optim import Optimizer, RMSprop


# --8<-- [start:adagrad]
@torch.no_grad()
def adagrad(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    maximize: bool = False,
) -> None:
    """Do one step of AdaGrad in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "step", an int, and "sum", the sum of the squared gradients. Equal to
    torch.optim.Adagrad(foreach=False) to the bit; NaN and inf in ``grad`` go into
    ``param``, as there. ValueError on bad input; a failed call changes nothing.
    Source: Duchi et al. 2011, diagonal form; documentation of torch.optim.Adagrad.

    >>> param, state = torch.tensor([1.0, 1.0]), {}
    >>> adagrad(param, torch.tensor([4.0, -0.5]), state, lr=0.25)
    >>> param, state
    (tensor([0.7500, 1.2500]), {'step': 1, 'sum': tensor([16.0000,  0.2500])})
    """
    initial = initial_accumulator_value
    check_range("initial_accumulator_value", initial)
    numbers = {"lr": lr, "lr_decay": lr_decay, "eps": eps}
    grad = prepare(param, grad, state, weight_decay, maximize, ("sum",), **numbers)

    step = state.get("step", 0) + 1
    total = state.get("sum", torch.full_like(param, initial))
    total = total.addcmul(grad, grad)
    rate = lr / (1 + (step - 1) * lr_decay)
    param.addcdiv_(grad, total.sqrt().add_(eps), value=-rate)
    state.update(step=step, sum=total)


# --8<-- [end:adagrad]


# --8<-- [start:rmsprop]
@torch.no_grad()
def rmsprop(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> None:
    """Do one step of RMSProp in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "square_avg", "grad_avg" if ``centered``, and "momentum_buffer". Equal to
    torch.optim.RMSprop(foreach=False) to the bit; NaN and inf in ``grad`` go into
    ``param``, as there. ValueError on bad input; ``alpha`` and ``momentum`` must be
    below 1, though torch takes more. A failed call changes nothing.
    Source: Hinton's lecture 6e; documentation of torch.optim.RMSprop.

    >>> param, state = torch.tensor([1.0, 1.0]), {}
    >>> rmsprop(param, torch.tensor([4.0, -0.5]), state, lr=0.25, alpha=0.75)
    >>> param, state
    (tensor([0.5000, 1.5000]), {'square_avg': tensor([4.0000, 0.0625])})
    """
    check_range("alpha", alpha, below=1.0)
    check_range("momentum", momentum, below=1.0)
    needs = ("square_avg",) + ("grad_avg",) * centered
    needs += ("momentum_buffer",) * (momentum > 0)
    grad = prepare(param, grad, state, weight_decay, maximize, needs, lr=lr, eps=eps)

    new = {}
    zero = torch.zeros_like(param)
    square = state.get("square_avg", zero)
    square = square.mul(alpha).addcmul_(grad, grad, value=1 - alpha)
    new["square_avg"] = square
    if centered:
        mean = state.get("grad_avg", zero).lerp(grad, 1 - alpha)
        new["grad_avg"] = mean
        square = square.addcmul(mean, mean, value=-1)
    root = square.sqrt().add_(eps)
    if momentum > 0:
        buffer = state.get("momentum_buffer", zero)
        buffer = buffer.mul(momentum).addcdiv_(grad, root)
        new["momentum_buffer"] = buffer
        param.add_(buffer, alpha=-lr)
    else:
        param.addcdiv_(grad, root, value=-lr)
    state.update(new)


# --8<-- [end:rmsprop]


# --8<-- [start:rates]
def adagrad_rates(grads: Tensor, lr: float = 0.1) -> Tensor:
    """Return AdaGrad's effective rate lr/√s after each of the gradients (steps, n).

    >>> adagrad_rates(torch.tensor([[3.0], [4.0]]), lr=1.0).flatten()
    tensor([0.3333, 0.2000])
    """
    param, state, rates = torch.zeros_like(grads[0]), {}, []
    for grad in grads:
        adagrad(param, grad, state, lr=lr)
        rates.append(lr / state["sum"].sqrt())
    return torch.stack(rates)


def rate_left(size: float, every: int, steps: int = 1000) -> float:
    """Return what AdaGrad leaves of lr after gradients of a size, one in ``every``.

    >>> rate_left(size=2.0, every=1, steps=25), rate_left(size=2.0, every=5, steps=25)
    (0.1, 0.22360679774997896)
    """
    grads = torch.zeros(steps, 1, dtype=torch.float64)
    grads[::every] = size
    return adagrad_rates(grads, lr=1.0)[-1].item()


def rmsprop_average(steps: int = 1000) -> tuple[float, float, float]:
    """Return RMSProp's effective rate over lr for gradients 1, 0.1, 1, 0.1, …

    As torch.optim.RMSprop has it in the end, then as the mean of g² and the mean of
    the rates 1/|g| would make it.

    >>> measured, of_squares, of_rates = rmsprop_average()
    >>> abs(measured / of_squares - 1) < 0.01 < abs(measured / of_rates - 1)
    True
    """
    grads = torch.tensor([1.0, 0.1], dtype=torch.float64).repeat(steps // 2)
    measured = (displacements(RMSprop, grads) / grads)[-2:].mean().item()
    return measured, grads.square().mean().rsqrt().item(), (1 / grads).mean().item()


# --8<-- [end:rates]


# --8<-- [start:rare-words]
SHARES = torch.tensor([1.0] * 10 + [0.01] * 10, dtype=torch.float64)
RATES = torch.logspace(-3, 1, 17, dtype=torch.float64)


@cache
def read_words(optimizer_class: type[Optimizer], noise: float = 1.0) -> Tensor:
    """Return the weights after each of 800 steps, (steps, rates, seeds, words).

    A regression on sentences in which 10 words always occur and 10 in one sentence of
    a hundred, each with a random sign; all true weights are 1, labels have normal
    ``noise``. From 0, with 20 sentences a step, 12 seeds, all of RATES at once: a step
    is lr times what the optimizer does with lr = 1.

    >>> read_words(torch.optim.SGD).shape
    torch.Size([800, 17, 12, 20])
    """
    generator = torch.Generator().manual_seed(0)
    normal = {"generator": generator, "dtype": torch.float64}
    weights = torch.zeros(len(RATES), 12, 20, dtype=torch.float64)
    move = torch.zeros_like(weights, requires_grad=True)
    optimizer = optimizer_class([move], lr=1.0)
    after = []
    for _ in range(800):
        present = torch.rand(12, 20, 20, **normal) < SHARES
        x = present * torch.randn(12, 20, 20, **normal).sign()
        y = x.sum(-1) + noise * torch.randn(12, 20, **normal)
        error = (x @ weights.unsqueeze(-1)).squeeze(-1) - y
        move.data.zero_()
        move.grad = (x.mT @ error.unsqueeze(-1)).squeeze(-1) / 20
        optimizer.step()
        weights = weights + RATES.view(-1, 1, 1) * move.detach()
        after.append(weights)
    return torch.stack(after)


def learned(
    optimizer_class: type[Optimizer], steps: int, noise: float = 1.0
) -> tuple[float, Tensor, Tensor]:
    """Return the best of RATES for so many steps, what it learned, and its losses.

    The best has the lowest expected loss, Σ share · (w - 1)² / 2, as a mean over the
    seeds. What it learned is the mean weight of the common and of the rare words,
    (steps + 1, 2), from 0; the losses are those after the last step, (seeds,).

    >>> lr, way, losses = learned(torch.optim.SGD, 200)
    >>> 0.03 < lr < 0.1, way.shape, losses.shape
    (True, torch.Size([201, 2]), torch.Size([12]))
    """
    weights = read_words(optimizer_class, noise)[:steps]
    losses, chosen = at_best((SHARES * (weights[-1:] - 1) ** 2).sum(-1) / 2)
    index = chosen.item()
    if not 0 < index < len(RATES) - 1:
        raise ValueError(f"the best lr is {RATES[index]:g}, an end of the grid")
    groups = weights[:, index].mean(1).view(-1, 2, 10).mean(-1)
    way = torch.cat([torch.zeros(1, 2, dtype=torch.float64), groups])
    return RATES[index].item(), way, losses[0]


# --8<-- [end:rare-words]
