"""What torch.no_grad does and does not do: graphs, saved bytes, stray gradients."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from weakref import WeakSet

import torch
from timing import cpu_time_ratio
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import mse_loss
from torch.nn.utils import parameters_to_vector


# --8<-- [start:changes]
def changes(
    train: bool,
    mode: Callable,
    forwards: int = 100,
) -> tuple[int, int]:
    """Return how many parameters and how many buffers forward passes change.

    ``mode`` makes the context: torch.enable_grad, torch.no_grad or
    torch.inference_mode. The net has 4 parameters and 3 buffers (BatchNorm's).

    >>> changes(train=True, mode=torch.no_grad, forwards=2)
    (0, 3)
    >>> changes(train=False, mode=torch.enable_grad, forwards=2)
    (0, 0)
    """
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
    net.train(train)
    before = {name: t.clone() for name, t in net.state_dict().items()}
    with mode():
        for _ in range(forwards):
            net(torch.randn(16, 8))

    def count(named):
        return sum(not torch.equal(t, before[name]) for name, t in named)

    return count(net.named_parameters()), count(net.named_buffers())


# --8<-- [end:changes]


# --8<-- [start:time-ratio]
def mlp(depth: int, width: int) -> nn.Sequential:
    """Return ``depth`` times Linear(width, width) and ReLU, float32, seeded.

    >>> len(mlp(2, 4))
    4
    """
    torch.manual_seed(0)
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers)


def time_ratio(
    net: nn.Module,
    x: torch.Tensor,
    rounds: int,
    mode: Callable = torch.no_grad,
) -> float:
    """Return the CPU time of ``net(x)`` with gradients over its time in ``mode``.

    >>> time_ratio(mlp(1, 2), torch.ones(1, 2), rounds=3) > 0
    True
    """

    def forward(mode: Callable) -> None:
        with mode():
            net(x)

    return cpu_time_ratio(
        partial(forward, torch.enable_grad), partial(forward, mode), rounds
    )


@cache
def overhead(depth: int, width: int, batch: int, rounds: int) -> float:
    """Return ``time_ratio`` of an ``mlp`` on a batch of ones; it is measured once.

    >>> overhead(1, 2, 1, rounds=3) == overhead(1, 2, 1, rounds=3)
    True
    """
    return time_ratio(mlp(depth, width), torch.ones(batch, width), rounds)


# --8<-- [end:time-ratio]


# --8<-- [start:saved]
class Saved:
    """A saved tensor; a graph keeps it alive for as long as it may need it."""

    def __init__(self, tensor: torch.Tensor):
        # 带 grad_fn 会循环引用 | with its grad_fn it would form a reference cycle
        self.tensor = tensor.detach()


@contextmanager
def saved_tensors() -> Iterator[WeakSet]:
    """Yield the set of what the graphs recorded inside keep for backward().

    Source: torch.autograd.graph.saved_tensors_hooks.

    >>> w = torch.ones(3, requires_grad=True)
    >>> with saved_tensors() as saved:
    ...     y = w.exp()
    ...     z = w + 1
    >>> len(saved)
    1
    >>> del y
    >>> len(saved)
    0
    """
    alive = WeakSet()

    def pack(tensor):
        saved = Saved(tensor)
        alive.add(saved)
        return saved

    def unpack(saved):
        return saved.tensor

    with saved_tensors_hooks(pack, unpack):
        yield alive


# --8<-- [end:saved]


# --8<-- [start:recorded]
def graph_nodes(tensor: torch.Tensor) -> int:
    """Return the number of nodes in the graph that ends in ``tensor``.

    Leaf tensors that require grad have a node each (AccumulateGrad).

    >>> w = torch.ones(3, requires_grad=True)
    >>> graph_nodes((2 * w).sum()), graph_nodes(w.detach().sum())
    (3, 0)
    """
    nodes, todo = set(), [tensor.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in nodes:
            nodes.add(node)
            todo += [earlier for earlier, _ in node.next_functions]
    return len(nodes)


def recorded(forward: Callable) -> tuple[int, int]:
    """Return the graph nodes and the saved tensors of what ``forward()`` computes.

    >>> w = torch.ones(3, requires_grad=True)
    >>> recorded(lambda: w.exp()), recorded(lambda: w.detach().exp())
    ((2, 1), (0, 0))
    """
    with saved_tensors() as saved:
        out = forward()
    return graph_nodes(out), len(saved)


def tracked() -> dict[str, tuple[int, int]]:
    """Return what is ``recorded`` of one computation in five settings.

    It is two matrix products with a ReLU between them: of plain tensors, as a net of
    two linear layers, and as that net under no_grad or with frozen layers.

    >>> tracked()["plain tensors"]
    (0, 0)
    """
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    x, a, b = torch.ones(4, 8), torch.ones(8, 8), torch.ones(8, 8)
    found = {"plain tensors": recorded(lambda: (x @ a).relu() @ b)}
    found["net"] = recorded(lambda: net(x))
    with torch.no_grad():
        found["no_grad"] = recorded(lambda: net(x))
    net[0].requires_grad_(False)
    found["first layer frozen"] = recorded(lambda: net(x))
    net.requires_grad_(False)
    found["all frozen"] = recorded(lambda: net(x))
    return found


# --8<-- [end:recorded]


# --8<-- [start:saved-bytes]
def storages(saved: Iterable[Saved]) -> dict[int, int]:
    """Return the bytes of each distinct storage of saved tensors, by its address.

    >>> storages([Saved(torch.zeros(0))])
    {0: 0}
    """
    found = {}
    for each in saved:
        storage = each.tensor.untyped_storage()
        found[storage.data_ptr()] = storage.nbytes()
    return found


def saved_bytes(
    net: nn.Module,
    x: torch.Tensor,
    mode: Callable,
) -> dict[str, int]:
    """Return the bytes that the graph of ``net(x)`` holds, by what they are.

    ``weights``, ``input`` and ``output`` exist without the graph and are held by
    reference; ``hidden`` is what only the graph keeps alive.

    >>> saved_bytes(mlp(2, 4), torch.ones(3, 4), torch.enable_grad)
    {'weights': 64, 'input': 48, 'output': 48, 'hidden': 48}
    """
    with saved_tensors() as saved, mode():
        out = net(x)
    kinds = {p.data_ptr(): "weights" for p in net.parameters()}
    kinds |= {x.data_ptr(): "input", out.data_ptr(): "output"}
    total = dict.fromkeys(("weights", "input", "output", "hidden"), 0)
    for address, size in storages(saved).items():
        total[kinds.get(address, "hidden")] += size
    return total


def predicted_bytes(depth: int, width: int, batch: int) -> dict[str, int]:
    """Return what ``saved_bytes`` should find for ``mlp(depth, width)``, by hand.

    >>> predicted_bytes(2, 4, 3)
    {'weights': 64, 'input': 48, 'output': 48, 'hidden': 48}
    """
    activation = 4 * batch * width
    return {
        "weights": (depth - 1) * 4 * width * width,
        "input": activation,
        "output": activation,
        "hidden": (depth - 1) * activation,
    }


# --8<-- [end:saved-bytes]


# --8<-- [start:peak]
def peak_activations(depth: int, mode: Callable, width: int = 64) -> float:
    """Return how many outputs of layers are alive at once during a forward, at most.

    The layers are those of ``mlp``, all outputs of one size; counted by bytes of the
    storages that are alive when a layer returns.

    >>> peak_activations(4, torch.enable_grad), peak_activations(4, torch.no_grad)
    (5.0, 2.0)
    """
    net, x = mlp(depth, width), torch.randn(32, width)
    alive, sizes = WeakSet(), []

    def watch(layer, args, output):
        alive.add(output.untyped_storage())
        sizes.append(sum(storage.nbytes() for storage in alive))

    for layer in net:
        layer.register_forward_hook(watch)
    with mode():
        net(x)
    return max(sizes) / x.nbytes


# --8<-- [end:peak]


# --8<-- [start:held]
def held_per_batch(
    summand: Callable = lambda loss: loss,
    mode: Callable = torch.enable_grad,
    train: bool = False,
    batches: int = 4,
) -> list[tuple[int, int]]:
    """Return the nodes and the bytes that are alive after each batch.

    The loop adds up ``summand(loss)``, and calls backward() if it trains. Weights
    are not counted among the bytes.

    >>> held_per_batch(mode=torch.no_grad, batches=2)
    [(0, 0), (0, 0)]
    """
    net = mlp(2, 64)
    own = {p.data_ptr() for p in net.parameters()}
    total = torch.zeros(())
    held = []
    with saved_tensors() as saved, mode():
        for _ in range(batches):
            x = torch.randn(32, 64)
            loss = net(x).square().mean()
            if train:
                loss.backward()
            total += summand(loss)
            sizes = storages(saved)
            size = sum(sizes[key] for key in sizes.keys() - own)
            held.append((graph_nodes(total), size))
    return held


# --8<-- [end:held]


# --8<-- [start:edges]
def edges(layer: nn.Linear, x: torch.Tensor) -> dict[str, str]:
    """Return the names of the nodes to which the output of ``layer(x)`` is tied.

    By what they belong to; "None" where there is none.

    >>> edges(nn.Linear(3, 2), torch.ones(1, 3))["x"]
    'None'
    """
    found = layer(x).grad_fn.next_functions
    names = (node.name() if node else "None" for node, _ in found)
    return dict(zip(("bias", "x", "weight"), names, strict=True))


# --8<-- [end:edges]


# --8<-- [start:input-saved]
def input_saved(weight_requires_grad: bool) -> tuple[int, bool]:
    """Return a linear layer's graph nodes, and whether its graph keeps the input.

    >>> input_saved(True), input_saved(False)
    ((4, True), (2, False))
    """
    layer = nn.Linear(3, 2)
    layer.weight.requires_grad_(weight_requires_grad)
    x = torch.ones(1, 3)
    with saved_tensors() as saved:
        out = layer(x)
    return graph_nodes(out), x.data_ptr() in storages(saved)


# --8<-- [end:input-saved]


# --8<-- [start:stray]
def evaluation() -> tuple:
    """Return a seeded linear net, an SGD with lr 0.1, an input and a target.

    >>> net, optimizer, x, y = evaluation()
    >>> net(x).shape == y.shape
    True
    """
    torch.manual_seed(0)
    net = nn.Linear(10, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    return net, optimizer, torch.randn(32, 10), torch.randn(32, 1)


def weights(net: nn.Module) -> torch.Tensor:
    """Return a copy of all parameters as one vector.

    >>> weights(nn.Linear(10, 1)).shape
    torch.Size([11])
    """
    return parameters_to_vector(net.parameters()).detach()


def stray_backward() -> tuple[float, float, float]:
    """Return the gradient norm, and how far backward() and step() move the net.

    >>> norm, by_backward, by_step = stray_backward()
    >>> by_backward
    0.0
    >>> torch.testing.assert_close(by_step, 0.1 * norm)
    """
    net, optimizer, x, y = evaluation()
    start = weights(net)
    mse_loss(net(x), y).backward()
    grads = parameters_to_vector(p.grad for p in net.parameters())
    by_backward = (weights(net) - start).norm().item()
    optimizer.step()
    by_step = (weights(net) - start).norm().item()
    return grads.norm().item(), by_backward, by_step


def stray_gradient_ratio() -> float:
    """Return the next gradient's norm, relative to the norm it should have.

    >>> stray_gradient_ratio()
    2.0
    """
    net, _, x, y = evaluation()
    mse_loss(net(x), y).backward()
    alone = net.weight.grad.clone()
    mse_loss(net(x), y).backward()
    return (net.weight.grad.norm() / alone.norm()).item()


# --8<-- [end:stray]


# --8<-- [start:left-over]
def step_under_no_grad(clear: bool) -> float:
    """Return how far a step under no_grad moves a net that has a left-over .grad.

    >>> step_under_no_grad(clear=True)
    0.0
    """
    net, optimizer, x, y = evaluation()
    mse_loss(net(x), y).backward()
    if clear:
        optimizer.zero_grad()
    before = weights(net)
    with torch.no_grad():
        optimizer.step()
    return (weights(net) - before).norm().item()


# --8<-- [end:left-over]
