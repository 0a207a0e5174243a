"""Seven optimizers: their rules to the bit, and what each does and does not do."""

# --8<-- [start:imports]

import torch
from checks import check_range, check_tensors
from torch import Tensor

# --8<-- [end:imports]


# --8<-- [start:prepare]
def prepare(
    param: Tensor,
    grad: Tensor,
    state: dict,
    weight_decay: float,
    maximize: bool,
    **not_negative: float,
) -> Tensor:
    """Check the input of a rule and return the gradient of what is minimised.

    All tensors are dense and floating point, of one shape and one dtype, those in
    ``state`` too; ``weight_decay`` and the numbers in ``not_negative`` are finite and
    not negative. Otherwise ValueError. As in torch.optim, ``maximize`` turns the sign
    first and weight_decay * param is added after that.

    >>> one = torch.ones(2)
    >>> prepare(one, 3 * one, {}, 0.5, False, lr=0.1)
    tensor([3.5000, 3.5000])
    >>> prepare(one, one, {"sum": torch.ones(3)}, 0.0, False)
    Traceback (most recent call last):
    ValueError: state 'sum' does not fit param
    """
    check_tensors(param, grad)
    if grad.layout != torch.strided:
        raise ValueError(f"grad must be dense, not {grad.layout}")
    for name, value in not_negative.items():
        check_range(name, value)
    check_range("weight_decay", weight_decay)
    for name, value in state.items():
        if isinstance(value, Tensor) and (
            value.shape != param.shape or value.dtype != param.dtype
        ):
            raise ValueError(f"state {name!r} does not fit param")
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad.add(param, alpha=weight_decay)
    return grad


# --8<-- [end:prepare]


# --8<-- [start:sgd]
@torch.no_grad()
def sgd(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Do one step of gradient descent, with or without momentum, in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "momentum_buffer". Equal to torch.optim.SGD(foreach=False) to the bit; NaN and
    inf in ``grad`` go into ``param``, as there. ValueError on bad input; ``momentum``
    must be below 1, though torch takes more. A failed call changes nothing.
    Source: documentation of torch.optim.SGD; Sutskever et al. 2013 for Nesterov.

    >>> param, state = torch.tensor([1.0, -2.0]), {}
    >>> for _ in range(2):
    ...     sgd(param, 2 * param, state, lr=0.25, momentum=0.5)
    >>> param, state
    (tensor([0., 0.]), {'momentum_buffer': tensor([ 2., -4.])})
    >>> sgd(param, param, state, lr=-1.0)
    Traceback (most recent call last):
    ValueError: lr must be in [0, inf), not -1.0
    """
    grad = prepare(
        param, grad, state, weight_decay, maximize, lr=lr, dampening=dampening
    )
    check_range("momentum", momentum, below=1.0)
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError("nesterov needs momentum > 0 and dampening = 0")

    if momentum == 0:
        param.add_(grad, alpha=-lr)
        return
    buffer = state.get("momentum_buffer")
    if buffer is None:
        buffer = grad.clone()
    else:
        buffer = buffer.mul(momentum).add_(grad, alpha=1 - dampening)
    step = grad.add(buffer, alpha=momentum) if nesterov else buffer
    param.add_(step, alpha=-lr)
    state["momentum_buffer"] = buffer


# --8<-- [end:sgd]


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
    numbers = {"lr": lr, "lr_decay": lr_decay, "eps": eps}
    numbers["initial_accumulator_value"] = initial
    grad = prepare(param, grad, state, weight_decay, maximize, **numbers)

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
    grad = prepare(param, grad, state, weight_decay, maximize, lr=lr, eps=eps)
    check_range("alpha", alpha, below=1.0)
    check_range("momentum", momentum, below=1.0)

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
