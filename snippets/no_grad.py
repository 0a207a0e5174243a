"""What torch.no_grad does and does not do: graphs, saved bytes, stray gradients."""

# --8<-- [start:imports]
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from weakref import WeakSet

import torch
from timing import cpu_time_ratio
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import mse_loss
from torch.nn.utils import parameters_to_vector
from verdicts import Case, Trial

# --8<-- [end:imports]


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


# --8<-- [end:time-ratio]


# --8<-- [start:saved]
class Saved:
    """A saved tensor; a graph keeps it alive for as long as it may need it."""

    def __init__(self, tensor: torch.Tensor):
        # 保存的输出若带着 grad_fn 会成环 | an output with its grad_fn: a cycle
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


# --8<-- [start:c38]
def c38() -> Trial:
    """The parameters of a model do not change by inference alone.

    >>> c38()
    true
    ✓ train(): 0/4
    ✓ train(), no_grad: 0/4
    ✓ eval(): 0/4
    ✓ eval(), no_grad: 0/4
    """
    cases = []
    for train in (True, False):
        for mode in (torch.enable_grad, torch.no_grad):
            parameters, _ = changes(train, mode)
            what = ("train()" if train else "eval()") + (
                ", no_grad" if mode is torch.no_grad else ""
            )
            cases.append(Case(what, f"{parameters}/4", parameters == 0))
    return Trial(*cases)


# --8<-- [end:c38]


# --8<-- [start:c39]
def c39() -> Trial:
    """Recording costs computation that inference does not need, and is a risk.

    >>> c39()
    true
    ✓ 十层 8×8：时间之比超过 1.1 | ten layers of 8×8: over 1.1 of the time: True
    ✓ 误调 backward() | a stray backward(): ‖g‖ = 4.899
    """
    ratio = time_ratio(mlp(depth=10, width=8), torch.ones(1, 8), rounds=800)
    net = mlp(depth=1, width=8)
    net(torch.ones(1, 8)).sum().backward()
    norm = net[0].weight.grad.norm().item()
    return Trial(
        Case(
            "十层 8×8：时间之比超过 1.1 | ten layers of 8×8: over 1.1 of the time",
            f"{ratio > 1.1}",
            ratio > 1.1,
        ),
        Case("误调 backward() | a stray backward()", f"‖g‖ = {norm:.3f}", norm > 0),
    )


# --8<-- [end:c39]


# --8<-- [start:c40]
def c40() -> Trial:
    """All computations are tracked: operations with saved tensors, in four nets.

    >>> c40()
    imprecise
    ✓ 参数都要梯度 | all parameters require grad: 5
    ✗ 冻结全部参数 | all parameters frozen: 0
    ✗ 普通张量 | plain tensors: 0
    """
    net, x = mlp(depth=2, width=8), torch.ones(4, 8)
    weight = torch.ones(8, 8)
    counts = [recorded(lambda: net(x))[1]]
    net.requires_grad_(False)
    counts += [recorded(lambda: net(x))[1], recorded(lambda: (x @ weight).relu())[1]]
    names = (
        "参数都要梯度 | all parameters require grad",
        "冻结全部参数 | all parameters frozen",
        "普通张量 | plain tensors",
    )
    return Trial(
        *(Case(what, f"{n}", n > 0) for what, n in zip(names, counts, strict=True))
    )


# --8<-- [end:c40]


# --8<-- [start:c41]
def c41() -> Trial:
    """The graph takes extra memory: bytes that only it keeps alive, 8 layers of 512.

    >>> c41()
    true
    ✓ 只因计算图才留着的激活 | activations kept by the graph alone: 3,670,016 B
    """
    net, x = mlp(depth=8, width=512), torch.ones(256, 512)
    hidden = saved_bytes(net, x, torch.enable_grad)["hidden"]
    free = saved_bytes(net, x, torch.no_grad)["hidden"]
    what = "只因计算图才留着的激活 | activations kept by the graph alone"
    return Trial(Case(what, f"{hidden - free:,} B", hidden > free))


# --8<-- [end:c41]


# --8<-- [start:c42]
def c42() -> Trial:
    """Memory rises because PyTorch builds the graph: peak, in outputs of a layer.

    >>> c42()
    true
    ✓ L = 4: 5 > 2
    ✓ L = 16: 17 > 2
    """
    cases = []
    for depth in (4, 16):
        grad, free = (
            peak_activations(depth, mode) for mode in (torch.enable_grad, torch.no_grad)
        )
        cases.append(Case(f"L = {depth}", f"{grad:.0f} > {free:.0f}", grad > free))
    return Trial(*cases)


# --8<-- [end:c42]


# --8<-- [start:c43]
def c43() -> Trial:
    """Parameters and the input stand in the graph: the edges of a linear layer.

    >>> c43()
    imprecise
    ✓ bias: torch::autograd::AccumulateGrad
    ✓ weight: TBackward0
    ✗ x: None
    """
    edges = nn.Linear(3, 2)(torch.ones(1, 3)).grad_fn.next_functions
    nodes = dict(zip(("bias", "x", "weight"), (node for node, _ in edges), strict=True))
    return Trial(
        *(
            Case(name, nodes[name].name() if nodes[name] else "None", bool(nodes[name]))
            for name in ("bias", "weight", "x")
        )
    )


# --8<-- [end:c43]


# --8<-- [start:c44]
def c44() -> Trial:
    """An accidental backward() computes gradients, and they add up.

    >>> c44()
    true
    ✓ 第一次 | first call: ‖g‖ = 1.357
    ✓ 同一批再来一次 | same batch again: 2.0 ‖g‖
    """
    norm, _, _ = stray_backward()
    ratio = stray_gradient_ratio()
    return Trial(
        Case("第一次 | first call", f"‖g‖ = {norm:.3f}", norm > 0),
        Case("同一批再来一次 | same batch again", f"{ratio:.1f} ‖g‖", ratio > 1),
    )


# --8<-- [end:c44]


# --8<-- [start:c45]
def c45() -> Trial:
    """If step() follows, the parameters move; backward() alone moves nothing.

    >>> c45()
    true
    ✓ backward(), step(): Δθ = 0.000, 0.136
    """
    _, by_backward, by_step = stray_backward()
    moved = f"Δθ = {by_backward:.3f}, {by_step:.3f}"
    return Trial(Case("backward(), step()", moved, by_backward == 0 < by_step))


# --8<-- [end:c45]


if __name__ == "__main__":
    # --8<-- [start:forward]
    print("                    parameters  buffers")
    for train in (True, False):
        for mode in (torch.enable_grad, torch.no_grad):
            setting = "train" if train else "eval", mode.__name__
            changed = changes(train, mode)
            print("{:5}  {:11}  {:10}  {:7}".format(*setting, *changed))
    # --8<-- [end:forward]

    # --8<-- [start:time]
    net, x = mlp(depth=10, width=8), torch.randn(1, 8)
    small = time_ratio(net, x, rounds=800)

    net, x = mlp(depth=2, width=2048), torch.randn(32, 2048)
    large = time_ratio(net, x, rounds=60)

    print("small: over 1.1 times     ", small > 1.1)
    print("large: 0.8 to 1.25 times  ", 0.8 < large < 1.25)
    assert small > 1.1, small
    assert 0.8 < large < 1.25, large
    # --8<-- [end:time]

    # --8<-- [start:tracked]
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    x = torch.randn(4, 8)
    a, b = torch.randn(8, 8), torch.randn(8, 8)

    tracked = {"plain tensors": recorded(lambda: (x @ a).relu() @ b)}
    tracked["net"] = recorded(lambda: net(x))
    with torch.no_grad():
        tracked["no_grad"] = recorded(lambda: net(x))
    net[0].requires_grad_(False)
    tracked["first layer frozen"] = recorded(lambda: net(x))
    net.requires_grad_(False)
    tracked["all frozen"] = recorded(lambda: net(x))

    print("                    nodes  saved")
    for case, (nodes, tensors) in tracked.items():
        print(f"{case:18}  {nodes:5}  {tensors:5}")
    # --8<-- [end:tracked]

    # --8<-- [start:bytes]
    depth, width, batch = 8, 512, 256
    net, x = mlp(depth, width), torch.randn(batch, width)
    predicted = predicted_bytes(depth, width, batch)
    held = saved_bytes(net, x, torch.enable_grad)
    free = saved_bytes(net, x, torch.no_grad)

    print("         predicted   measured  no_grad")
    for kind in predicted:
        sizes = (predicted[kind], held[kind], free[kind])
        print("{:7}  {:9,}  {:9,}  {:7,}".format(kind, *sizes))
    # --8<-- [end:bytes]

    # --8<-- [start:peak-figure]
    from plotting import axes, style, svg

    depths = [1, 2, 4, 6, 8, 12, 16]
    peaks = {
        mode.__name__: [peak_activations(L, mode) for L in depths]
        for mode in (torch.enable_grad, torch.no_grad)
    }
    figure, panel = axes(("L", "peak / (4nd B)"))
    for number, (name, values) in enumerate(peaks.items()):
        panel.plot(depths, values, marker="o", label=name, **style(number))
    panel.set_ylim(bottom=0)
    panel.legend()
    print(svg(figure, "peak"))
    # --8<-- [end:peak-figure]

    # --8<-- [start:total]
    plain = held_per_batch()
    training = held_per_batch(train=True)
    loops = {
        "total += loss": plain,
        "total += loss.item()": held_per_batch(torch.Tensor.item),
        "total += loss.detach()": held_per_batch(torch.Tensor.detach),
        "no_grad: total += loss": held_per_batch(mode=torch.no_grad),
        "backward(); total += loss": training,
    }
    for loop, batches in loops.items():
        print(loop)
        print("  nodes", *(f"{nodes:7}" for nodes, _ in batches))
        print("  bytes", *(f"{size:7,}" for _, size in batches))
    # --8<-- [end:total]

    # --8<-- [start:input]
    layer = nn.Linear(3, 2)
    x = torch.ones(1, 3)
    out = layer(x)
    bias, data, weight = out.grad_fn.next_functions
    print("bias  ", bias[0].name())
    print("x     ", data[0])
    print("weight", weight[0].name())
    out.sum().backward()
    print("x.grad", x.grad)

    x.requires_grad_()
    print("x     ", layer(x).grad_fn.next_functions[1][0].name())
    # --8<-- [end:input]

    # --8<-- [start:input-kept]
    print("weight  nodes  x saved")
    for requires_grad in (True, False):
        nodes, kept = input_saved(requires_grad)
        print(f"{requires_grad!s:6}  {nodes:5}  {kept}")
    # --8<-- [end:input-kept]

    # --8<-- [start:stray-run]
    norm, by_backward, by_step = stray_backward()
    ratio = stray_gradient_ratio()
    print(f"gradient norm      {norm:.4f}")
    print(f"moved by backward  {by_backward:.4f}")
    print(f"moved by step      {by_step:.4f}")
    print(f"next gradient      x {ratio:.1f}")
    # --8<-- [end:stray-run]

    # --8<-- [start:protection]
    net, optimizer, x, y = evaluation()
    with torch.no_grad():
        loss = mse_loss(net(x), y)
    try:
        loss.backward()
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
    print(net.weight.grad)
    # --8<-- [end:protection]

    # --8<-- [start:no-repair]
    loss.requires_grad_().backward()
    print(net.weight.grad)
    # --8<-- [end:no-repair]

    # --8<-- [start:too-late]
    loss = mse_loss(net(x), y)
    with torch.no_grad():
        loss.backward()
    print("has a gradient:", net.weight.grad is not None)
    # --8<-- [end:too-late]

    # --8<-- [start:left-over-run]
    left_over = step_under_no_grad(clear=False)
    cleared = step_under_no_grad(clear=True)
    print(f"left-over .grad    {left_over:.4f}")
    print(f"after zero_grad()  {cleared:.4f}")
    # --8<-- [end:left-over-run]
