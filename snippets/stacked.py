"""Adafactor and Muon for many networks at once: torch's steps on stacks of matrices."""

from functools import partial

import torch
from muon import newton_schulz
from torch import Tensor
from torch.optim import AdamW, Optimizer


def rms(x: Tensor) -> Tensor:
    """Return the root mean square of each x[k], with as many dimensions as x.

    >>> rms(torch.tensor([[3.0, 3.0], [1.0, 7.0]]))
    tensor([[3.],
            [5.]])
    """
    return x.square().mean(tuple(range(1, x.dim())), keepdim=True).sqrt()


class Stacked(Optimizer):
    """An optimizer that moves stacks of parameters in one go, with ``move``.

    The first dimension of a parameter counts networks. The first parameters of all
    groups are moved together, then the second ones, and so on; each group has its lr.

    >>> class Shift(Stacked):
    ...     def move(self, param, grad, lr, state):
    ...         param.sub_(lr * grad)
    >>> stacks = torch.zeros(2, 1), torch.zeros(1, 1)
    >>> for stack in stacks:
    ...     stack.grad = torch.ones_like(stack)
    >>> Shift([{"params": [s], "lr": lr} for s, lr in zip(stacks, (1.0, 2.0))]).step()
    >>> [stack.flatten().tolist() for stack in stacks]
    [[-1.0, -1.0], [-2.0]]
    """

    def __init__(self, params, lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        """Move all parameters; ValueError if the groups have different numbers."""
        each = (group["params"] for group in self.param_groups)
        for params in zip(*each, strict=True):
            stack, grad = torch.cat(params), torch.cat([p.grad for p in params])
            counts = [len(param) for param in params]
            lrs = [group["lr"] for group in self.param_groups]
            lrs = torch.tensor(lrs).repeat_interleave(torch.tensor(counts))
            lrs = lrs.view(-1, *[1] * (stack.dim() - 1))
            self.move(stack, grad, lrs, self.state[params[0]])
            for param, moved in zip(params, stack.split(counts), strict=True):
                param.copy_(moved)

    def move(self, param: Tensor, grad: Tensor, lr: Tensor, state: dict) -> None:
        """Move a stack in place by its gradient; keep what is to be remembered."""
        raise NotImplementedError


class StackedAdafactor(Stacked):
    """torch.optim.Adafactor, with its defaults, on stacks of matrices or vectors.

    The first dimension of a parameter counts networks; each has row and column means
    and a size of its own. Sums are taken in another order than torch's, so the two
    agree up to rounding. Source: Shazeer & Stern 2018; torch.optim.Adafactor.

    >>> stack = torch.ones(5, 2, 3)
    >>> stack.grad = torch.full((5, 2, 3), 4.0)
    >>> StackedAdafactor([stack]).step()
    >>> stack[0, 0]
    tensor([0.9900, 0.9900, 0.9900])
    """

    def __init__(self, params, lr: float = 1e-2) -> None:
        super().__init__(params, lr)

    def move(self, param: Tensor, grad: Tensor, lr: Tensor, state: dict) -> None:
        t = state["step"] = state.get("step", 0) + 1
        floor = torch.finfo(param.dtype).eps
        square, means = grad.square(), {"variance": grad.square()}
        if param.dim() == 3:
            means = {name: square.mean(dim, keepdim=True)
                     for name, dim in (("row_var", -1), ("col_var", -2))}  # fmt: skip
        for name, mean in means.items():
            old = state.get(name, torch.zeros_like(mean))
            means[name] = state[name] = old.lerp(mean, t**-0.8)
        if param.dim() == 3:
            scale = means["row_var"].mean(-2, keepdim=True).clamp(min=floor)
            variance = means["row_var"] @ means["col_var"] / scale
        else:
            variance = means["variance"]
        update = grad * variance.clamp(min=floor**2).rsqrt()
        step_size = rms(param).clamp(min=1e-3) * lr.clamp(max=t**-0.5)
        param.sub_(step_size * update / rms(update).clamp(min=1))


class StackedMuon(Stacked):
    """torch.optim.Muon with adjust_lr_fn="match_rms_adamw" on stacks of matrices.

    Apart from that it has torch's defaults. The first dimension counts networks.
    Newton–Schulz runs in the parameter's dtype, since products of stacks in bfloat16,
    as torch has it, are slow on a CPU: the steps agree with torch's to a hundredth.
    Source: Jordan et al. 2024; torch.optim.Muon.

    >>> stack = torch.zeros(5, 2, 2)
    >>> stack.grad = torch.tensor([[3.0, 0.0], [0.0, 0.1]]).repeat(5, 1, 1)
    >>> StackedMuon([stack], lr=1.0).step()
    >>> (stack[0].diagonal() / 0.2 / 2**0.5).round(decimals=1)
    tensor([-0.7000, -1.1000])
    """

    def move(self, param: Tensor, grad: Tensor, lr: Tensor, state: dict) -> None:
        buffer = state.setdefault("momentum_buffer", torch.zeros_like(param))
        buffer.lerp_(grad, 0.05)
        square = partial(newton_schulz, dtype=param.dtype)
        update = torch.vmap(square)(grad.lerp(buffer, 0.95))
        param.mul_(1 - lr * 0.1)
        param.sub_(lr * 0.2 * max(param.shape[1:]) ** 0.5 * update)


class StackedMuonAndAdamW:
    """StackedMuon for the first parameter of each group, AdamW for the others.

    >>> stack, bias = torch.ones(5, 2, 2), torch.ones(5, 2)
    >>> stack.grad, bias.grad = torch.ones(5, 2, 2), torch.ones(5, 2)
    >>> both = StackedMuonAndAdamW([{"params": [stack, bias], "lr": 0.1}])
    >>> both.step()
    >>> len(both.state), bias[0]
    (2, tensor([0.8990, 0.8990]))
    """

    def __init__(self, groups: list[dict]) -> None:
        first = [{**group, "params": group["params"][:1]} for group in groups]
        others = [{**group, "params": group["params"][1:]} for group in groups]
        self.both = StackedMuon(first), AdamW(others)

    @property
    def state(self) -> dict:
        """Return the state of both by parameter."""
        muon, adamw = self.both
        return {**muon.state, **adamw.state}

    def step(self) -> None:
        """Take a step of both."""
        for optimizer in self.both:
            optimizer.step()
