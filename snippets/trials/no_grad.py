"""The statements of the post that stand on the page `no-grad`, on trial."""

import torch
from no_grad import (
    changes,
    mlp,
    peak_activations,
    recorded,
    saved_bytes,
    stray_backward,
    stray_gradient_ratio,
    time_ratio,
)
from torch import nn
from verdicts import Case, Trial


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


def c45() -> Trial:
    """If step() follows, the parameters move; backward() alone moves nothing.

    >>> c45()
    true
    ✓ backward(), step(): Δθ = 0.000, 0.136
    """
    _, by_backward, by_step = stray_backward()
    moved = f"Δθ = {by_backward:.3f}, {by_step:.3f}"
    return Trial(Case("backward(), step()", moved, by_backward == 0 < by_step))
