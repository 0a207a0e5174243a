"""The three switches of inference, how they are written, and what they forbid."""

from collections.abc import Callable

import torch
from no_grad import graph_nodes, saved_tensors, storages
from torch import nn


# --8<-- [start:effects]
def can_train_on(features: torch.Tensor) -> bool:
    """Return whether a layer can be trained with ``features`` as its input.

    >>> with torch.inference_mode():
    ...     features = torch.ones(2, 3)
    >>> can_train_on(features), can_train_on(features.clone())
    (False, True)
    """
    head = nn.Linear(features.shape[1], 1)
    try:
        head(features).sum().backward()
    except RuntimeError:
        return False
    return True


def effects(mode: Callable, train: bool) -> dict[str, float]:
    """Return what a forward pass records, drops and changes.

    ``bytes`` are those that the graph holds, parameters and buffers left out;
    ``zeros`` is the share that Dropout(0.5) sets to 0; ``BN`` says whether running
    statistics change; ``reuse`` whether training can go on with the output.

    >>> effects(torch.no_grad, train=False)
    {'nodes': 0, 'bytes': 0, 'zeros': 0.0, 'BN': False, 'reuse': True}
    """
    torch.manual_seed(0)
    layers = nn.Linear(64, 64), nn.BatchNorm1d(64), nn.Dropout(0.5)
    net = nn.Sequential(*layers).train(train)
    mean = net[1].running_mean.clone()
    own = {t.data_ptr() for t in net.state_dict().values()}
    with saved_tensors() as saved, mode():
        out = net(torch.randn(256, 64))
    sizes = storages(saved)
    return {
        "nodes": graph_nodes(out),
        "bytes": sum(sizes[key] for key in sizes.keys() - own),
        "zeros": (out == 0).float().mean().item(),
        "BN": not torch.equal(net[1].running_mean, mean),
        "reuse": can_train_on(out),
    }


# --8<-- [end:effects]
