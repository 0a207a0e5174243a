"""Refuse bad input before an optimizer touches a parameter."""

import math
from collections.abc import Iterable

import torch


def overlaps(tensor: torch.Tensor) -> bool:
    """Return whether two elements of a dense tensor share a place in memory.

    >>> overlaps(torch.zeros(2, 3).T), overlaps(torch.zeros(1).expand(3))
    (False, True)
    >>> overlaps(torch.zeros(4).as_strided((2, 3), (1, 1)))
    True
    """
    if tensor.numel() < 2:
        return False
    used = sorted(zip(tensor.stride(), tensor.shape, strict=True))
    reach = 0
    for stride, size in used:
        if size > 1:
            if stride <= reach:
                break
            reach += (size - 1) * stride
    else:
        return False
    # 步长交错，只好逐个数 | strides interleave: count the places one by one
    places = torch.zeros((), dtype=torch.int64)
    for stride, size in used:
        places = places.unsqueeze(-1) + stride * torch.arange(size)
    return places.unique().numel() < tensor.numel()


def check_tensors(
    param: torch.Tensor, grad: torch.Tensor, *, sparse: bool = False
) -> None:
    """Raise ValueError unless ``grad`` can update ``param`` in place.

    Both must be floating point, of the same shape and the same dtype; ``param`` must
    be dense, each of its elements in a place of its own, and ``grad`` dense too, or in
    COO layout if ``sparse``. NaN and inf in a gradient are not refused: as in
    torch.optim they go into the parameter, where they can be seen.

    >>> check_tensors(torch.zeros(2), torch.ones(2))
    >>> check_tensors(torch.zeros(2), torch.ones(3))
    Traceback (most recent call last):
    ValueError: grad has shape (3,), param has shape (2,)
    >>> check_tensors(torch.zeros(2, dtype=torch.int64), torch.ones(2))
    Traceback (most recent call last):
    ValueError: param must be floating point, not torch.int64
    >>> check_tensors(torch.zeros(2), None)
    Traceback (most recent call last):
    ValueError: grad must be a tensor, not NoneType
    """
    for name, tensor in (("param", param), ("grad", grad)):
        if not isinstance(tensor, torch.Tensor):
            raise ValueError(f"{name} must be a tensor, not {type(tensor).__name__}")
        if not tensor.is_floating_point():
            raise ValueError(f"{name} must be floating point, not {tensor.dtype}")
    if grad.shape != param.shape:
        shapes = tuple(grad.shape), tuple(param.shape)
        raise ValueError("grad has shape {}, param has shape {}".format(*shapes))
    if grad.dtype != param.dtype:
        raise ValueError(f"grad is {grad.dtype}, param is {param.dtype}")
    if param.layout != torch.strided:
        raise ValueError(f"param must be dense, not {param.layout}")
    if grad.layout != (torch.sparse_coo if sparse else torch.strided):
        wanted = "sparse (COO)" if sparse else "dense"
        raise ValueError(f"grad must be {wanted}, not {grad.layout}")
    if overlaps(param):
        raise ValueError("elements of param share memory (expand, as_strided)")
    if param.is_inference() and not torch.is_inference_mode_enabled():
        raise ValueError("param was made in inference_mode and cannot change here")


def check_range(
    name: str,
    value: float,
    *,
    start: float = 0,
    below: float = math.inf,
    positive: bool = False,
) -> None:
    """Raise ValueError unless start <= value < below, or start < if ``positive``.

    >>> check_range("lr", 0.1)
    >>> check_range("lr", -0.1)
    Traceback (most recent call last):
    ValueError: lr must be in [0, inf), not -0.1
    >>> check_range("beta1", 1.0, below=1.0)
    Traceback (most recent call last):
    ValueError: beta1 must be in [0, 1), not 1.0
    """
    try:
        good = start < value < below if positive else start <= value < below
    except TypeError:
        good = False
    if not good:
        bracket = "(" if positive else "["
        raise ValueError(
            f"{name} must be in {bracket}{start:g}, {below:g}), not {value}"
        )


def check_state(
    param: torch.Tensor,
    state: dict,
    needs: Iterable[str] = (),
    shapes: dict[str, tuple[int, ...]] | None = None,
) -> None:
    """Raise ValueError unless a rule can go on from ``state``.

    Empty, it is a beginning. Otherwise it holds the tensors that the rule ``needs``;
    each tensor in it has the dtype of ``param`` and its shape, or that in ``shapes``;
    "step" counts from 0.

    >>> check_state(torch.zeros(2), {}, ["exp_avg"])
    >>> check_state(torch.zeros(2), {"sum": torch.zeros(3)})
    Traceback (most recent call last):
    ValueError: state 'sum' does not fit param
    >>> check_state(torch.zeros(2), {"step": 1}, ["max_exp_avg_sq"])
    Traceback (most recent call last):
    ValueError: state lacks 'max_exp_avg_sq': it began with other options
    """
    if not isinstance(state, dict):
        raise ValueError(f"state must be a dict, not {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            continue
        shape = (shapes or {}).get(name, param.shape)
        if value.shape != shape or value.dtype != param.dtype or value.is_sparse:
            raise ValueError(f"state {name!r} does not fit param")
        if overlaps(value):
            raise ValueError(f"state {name!r} does not fit param: it shares memory")
    if not state:
        return
    for name in needs:
        if name not in state:
            raise ValueError(f"state lacks {name!r}: it began with other options")
        if not isinstance(state[name], torch.Tensor):
            raise ValueError(f"state {name!r} must be a tensor")
    step = state.get("step", 0)
    if not isinstance(step, int) or step < 0:
        raise ValueError(f"state 'step' must be a count, not {step}")


def check_step(
    param: torch.Tensor,
    grad: torch.Tensor,
    state: dict,
    needs: Iterable[str] = (),
    *,
    sparse: bool = False,
    shapes: dict[str, tuple[int, ...]] | None = None,
    **not_negative: float,
) -> None:
    """Raise ValueError unless a rule may take this step; nothing is changed.

    Tensors as in check_tensors, state as in check_state; the numbers in
    ``not_negative`` are from 0 up to the largest number of the dtype.

    >>> check_step(torch.zeros(2), torch.ones(2), {}, lr=0.1)
    >>> check_step(torch.zeros(2), torch.ones(2), {}, lr=1e300)
    Traceback (most recent call last):
    ValueError: lr is 1e+300: an overflow in torch.float32
    """
    check_tensors(param, grad, sparse=sparse)
    check_state(param, state, needs, shapes)
    for name, value in not_negative.items():
        check_range(name, value)
        if value > torch.finfo(param.dtype).max:
            raise ValueError(f"{name} is {value:g}: an overflow in {param.dtype}")


def check_betas(betas: tuple[float, float]) -> None:
    """Raise ValueError unless ``betas`` is a pair of numbers in [0, 1).

    >>> check_betas((0.9, 0.999))
    >>> check_betas(0.9)
    Traceback (most recent call last):
    ValueError: betas must be a pair, not 0.9
    """
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ValueError(f"betas must be a pair, not {betas}")
    check_range("beta1", betas[0], below=1)
    check_range("beta2", betas[1], below=1)


def check_adam(
    param: torch.Tensor,
    grad: torch.Tensor,
    state: dict,
    needs: Iterable[str],
    *,
    betas: tuple[float, float],
    sparse: bool = False,
    **not_negative: float,
) -> None:
    """Raise ValueError unless one step of Adam is well defined.

    >>> options = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}
    >>> check_adam(torch.zeros(2), torch.ones(2), {}, ["m", "v"], **options)
    >>> options["betas"] = (0.9, 1.0)
    >>> check_adam(torch.zeros(2), torch.ones(2), {}, ["m", "v"], **options)
    Traceback (most recent call last):
    ValueError: beta2 must be in [0, 1), not 1.0
    """
    check_step(param, grad, state, needs, sparse=sparse, **not_negative)
    check_betas(betas)
