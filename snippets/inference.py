"""The three switches of inference, how they are written, and what they forbid."""

# --8<-- [start:imports]
import copy
from collections.abc import Callable

import torch
from expected import expect
from no_grad import graph_nodes, saved_tensors, step_under_no_grad, storages
from torch import nn
from verdicts import Case, Trial

# --8<-- [end:imports]


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


# --8<-- [start:c46]
def c46() -> Trial:
    """With no_grad the risks of inference are gone.

    >>> c46()
    imprecise
    ✓ 计算图占的字节 | bytes held by the graph: 0
    ✗ 残留的 .grad 遇到 step() | a left-over .grad meets step(): Δθ = 0.136
    ✗ train() 里的 dropout 置零 | zeros by dropout in train(): 50.3%
    """
    effect = effects(torch.no_grad, train=True)
    moved, zeros = step_under_no_grad(clear=False), effect["zeros"]
    return Trial(
        Case(
            "计算图占的字节 | bytes held by the graph",
            f"{effect['bytes']}",
            effect["bytes"] == 0,
        ),
        Case(
            "残留的 .grad 遇到 step() | a left-over .grad meets step()",
            f"Δθ = {moved:.3f}",
            moved == 0,
        ),
        Case(
            "train() 里的 dropout 置零 | zeros by dropout in train()",
            f"{zeros:.1%}",
            zeros == 0,
        ),
    )


# --8<-- [end:c46]


if __name__ == "__main__":
    # --8<-- [start:matrix]
    modes = {
        "grad": torch.enable_grad,
        "no_grad": torch.no_grad,
        "inference": torch.inference_mode,
    }
    matrix = {}
    for train in (True, False):
        setting = "train()" if train else "eval()"
        print(f"{setting:9} nodes  bytes zeros BN reuse")
        for name, mode in modes.items():
            effect = matrix[setting, name] = effects(mode, train)
            row = "{:9}{:6}{:7}{:6.1%}{:3d}{:6d}"
            print(row.format(name, *effect.values()))
    # --8<-- [end:matrix]

    # --8<-- [start:inference]
    net, head = nn.Linear(4, 4), nn.Linear(4, 1)
    with torch.inference_mode():
        features = net(torch.ones(2, 4))
    try:
        head(features)
    except RuntimeError as error:
        print("RuntimeError:", str(error).split(". ")[0])
    head(features.clone()).sum().backward()
    print("after clone():", head.weight.grad is not None)
    # --8<-- [end:inference]

    # --8<-- [start:inference-in-place]
    with expect(RuntimeError) as caught:
        features += 1
    print(caught)

    features = features.clone()
    features += 1
    print("after clone():", features.shape)
    # --8<-- [end:inference-in-place]

    # --8<-- [start:factories]
    with torch.no_grad():
        w = torch.zeros(3, requires_grad=True)
        layer = nn.Linear(3, 3)
        y = 2 * w
    print("w     ", w.requires_grad)
    print("weight", layer.weight.requires_grad)
    print("y     ", y.requires_grad)
    # --8<-- [end:factories]

    # --8<-- [start:in-place]
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    w.square().sum().backward()
    try:
        w -= 0.1 * w.grad
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
    # --8<-- [end:in-place]

    # --8<-- [start:update]
    with torch.no_grad():
        w -= 0.1 * w.grad
    print(w, w.is_leaf)

    with torch.no_grad():
        w = w - 0.1 * w.grad
    try:
        w.square().sum().backward()
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
    # --8<-- [end:update]

    # --8<-- [start:forms]
    @torch.no_grad()
    def predict(net, x):
        return net(x)

    x = torch.ones(2, 4)
    print("decorator             ", predict(net, x).requires_grad)
    with torch.no_grad(), torch.enable_grad():
        print("enable_grad in no_grad", net(x).requires_grad)
    with torch.inference_mode(), torch.enable_grad():
        print("... in inference_mode ", net(x).requires_grad)
    for train in (True, False):
        with torch.set_grad_enabled(train):
            print(f"set_grad_enabled {train!s:5}", net(x).requires_grad)
    # --8<-- [end:forms]

    # --8<-- [start:bare]
    torch.no_grad()
    print(torch.is_grad_enabled())
    torch.set_grad_enabled(False)
    print(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    # --8<-- [end:bare]

    # --8<-- [start:leaving]
    y = torch.ones(2, requires_grad=True) * 2
    for export in (torch.Tensor.numpy, copy.deepcopy):
        with expect(RuntimeError) as caught:
            export(y)
        print(caught)
        print(export(y.detach()))

    with torch.no_grad():
        y = torch.ones(2, requires_grad=True) * 2
    print("no_grad:", y.numpy(), copy.deepcopy(y))
    # --8<-- [end:leaving]

    # --8<-- [start:shared]
    y = torch.ones(2, requires_grad=True) * 2
    first, second = y.detach(), y.detach().clone()
    shares = first.data_ptr() == y.data_ptr()
    first.zero_()
    print("y     ", y)
    print("second", second)
    # --8<-- [end:shared]
