"""Bytes of tensors: the largest one that a computation makes, and what it saves."""

from collections.abc import Callable

import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Largest(TorchDispatchMode):
    """Remember the bytes of the largest tensor that any operation returns."""

    def __init__(self, inside: dict) -> None:
        super().__init__()
        self.inside = inside
        self.bytes = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if str(function) in self.inside:  # an operator made of others: look into it
            with self:
                return self.inside[str(function)](*args, **(kwargs or {}))
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                size = leaf.untyped_storage().nbytes()
                self.bytes = max(self.bytes, size)
        return result


# --8<-- [start:largest]
def largest_tensor(run: Callable[[], object]) -> int:
    """Return the bytes of the largest tensor that any operation of ``run`` returns.

    Of torch's operators that are made of others in Python it looks into the chunks of
    LinearCrossEntropyLoss.

    >>> largest_tensor(lambda: torch.zeros(3) + torch.zeros(5, 3))
    60
    """
    from torch.nn.modules import linear_cross_entropy as module

    operator = module._linear_cross_entropy_batch_chunked
    name = "torch_nn._linear_cross_entropy_batch_chunked.default"
    with _Largest({name: operator._init_fn}) as mode:
        run()
    return mode.bytes


# --8<-- [end:largest]


# --8<-- [start:saved]
def graph_bytes(run: Callable[[], object]) -> int:
    """Return the bytes that the graph of ``run`` saves for the backward pass.

    Tensors are counted once, with the parameters and inputs among them. What a function
    keeps elsewhere is not seen.
    Source: PyTorch's notes on autograd, "Saved tensors".

    >>> x = torch.ones(10, requires_grad=True)
    >>> graph_bytes(lambda: (x.exp() * 2).sum())
    40
    """
    seen: dict[int, int] = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
    del result
    return sum(seen.values())


# --8<-- [end:saved]
