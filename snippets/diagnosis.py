"""Look into a bad run: range test, first NaN, dead units, sizes of updates."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn


# --8<-- [start:range-test]
def lr_range_test(
    optimizer: torch.optim.Optimizer,
    batch_loss: Callable[[], Tensor],
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
) -> Iterator[tuple[float, float]]:
    """Yield lr and the loss before its step, lr growing by one factor each step.

    ``batch_loss`` computes the loss of the next batch. Ends where the loss is not
    finite. The weights are trained on the way: use a copy. Source: Smith 2015,
    section 3.3; the geometric growth is fastai's.

    >>> w = torch.ones(1, requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=1.0)
    >>> found = lr_range_test(optimizer, lambda: (w**2).sum(), 0.01, 1, 3)
    >>> [f"{lr:.2f} {loss:.2f}" for lr, loss in found]
    ['0.01 1.00', '0.10 0.96', '1.00 0.61']
    """
    for step in range(steps):
        lr = lowest * (highest / lowest) ** (step / (steps - 1))
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.zero_grad()
        loss = batch_loss()
        if not loss.isfinite():
            return
        yield lr, loss.item()
        loss.backward()
        optimizer.step()


# --8<-- [end:range-test]


# --8<-- [start:first-non-finite]
def tensors(output: object) -> Iterator[Tensor]:
    """Yield the tensors of a module's output, within tuples, lists and dicts too.

    >>> out = torch.ones(1), (torch.zeros(2), None)  # as of nn.LSTM
    >>> [len(tensor) for tensor in tensors(out)]
    [1, 2]
    """
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, tuple | list | dict):
        for part in output.values() if isinstance(output, dict) else output:
            yield from tensors(part)


def first_non_finite(net: nn.Module, *inputs: Tensor) -> str | None:
    """Return the name of the first module whose output is not finite, or None.

    An operation outside of modules is found at the next module that it spoils.

    >>> net = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    >>> [first_non_finite(net, torch.tensor([x])) for x in (1.0, 1e39)]
    [None, '0']
    """
    found, handles = [], []
    for name, module in net.named_modules():

        def look(module, args, output, name=name):
            if not all(part.isfinite().all() for part in tensors(output)):
                found.append(name)

        handles.append(module.register_forward_hook(look))
    try:
        net(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# --8<-- [end:first-non-finite]


# --8<-- [start:dead-units]
def dead_units(net: nn.Module, inputs: Tensor) -> float:
    """Return the share of ReLU units that give 0 for every input.

    >>> layer = nn.Linear(1, 4)
    >>> _ = nn.init.constant_(layer.bias, -9.0)
    >>> dead_units(nn.Sequential(layer, nn.ReLU()), torch.linspace(-1, 1, 5)[:, None])
    1.0
    """
    dead, handles = [], []
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            handles.append(
                module.register_forward_hook(
                    lambda module, args, out: dead.append((out == 0).all(dim=0))
                )
            )
    with torch.no_grad():
        net(inputs)
    for handle in handles:
        handle.remove()
    return torch.cat(dead).float().mean().item()


# --8<-- [end:dead-units]


# --8<-- [start:update-ratios]
def update_ratios(params: Iterable[Tensor], before: Iterable[Tensor]) -> list[float]:
    """Return ‖new − old‖ / ‖old‖ for each parameter, after a step.

    >>> update_ratios([torch.tensor([1.01, 0.0])], [torch.tensor([1.0, 0.0])])
    [0.009999990463256836]
    """
    return [
        ((new.detach() - old).norm() / old.norm()).item()
        for new, old in zip(params, before, strict=True)
    ]


# --8<-- [end:update-ratios]
