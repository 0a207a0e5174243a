"""Count the bytes of the tensors that are alive, on any device, without a profiler."""

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


# --8<-- [start:live-bytes]
class LiveBytes(TorchDispatchMode):
    """Count bytes of storages made inside: ``now`` alive, ``peak`` at most.

    It sees each operation of the forward and the backward pass; a storage counts
    once, however many tensors share it, and until the last of them is gone. What an
    operation allocates only for itself is not seen.
    Source: torch.utils._python_dispatch.TorchDispatchMode.

    >>> with LiveBytes() as live:
    ...     x = torch.zeros(100)
    ...     y = x.view(10, 10)
    ...     z = x + 1
    ...     del z
    >>> live.now, live.peak
    (400, 800)
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self.known: dict[int, weakref.ref] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        inputs = {
            id(tensor.untyped_storage())
            for tensor in tree_leaves((args, kwargs))
            if isinstance(tensor, torch.Tensor)
        }
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                if id(storage) not in inputs:
                    self.count(storage)
        return result

    def count(self, storage: torch.UntypedStorage) -> None:
        """Add a storage, and take it off when it is freed."""
        key, size = id(storage), storage.nbytes()
        if key in self.known:
            return

        def freed(_: weakref.ref) -> None:
            del self.known[key]
            self.now -= size

        self.known[key] = weakref.ref(storage, freed)
        self.now += size
        self.peak = max(self.peak, self.now)


# --8<-- [end:live-bytes]
