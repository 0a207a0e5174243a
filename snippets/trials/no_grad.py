"""The statements of the post that stand on the page `no-grad`, on trial."""

import torch
from no_grad import (
    changes,
    edges,
    input_saved,
    mlp,
    overhead,
    peak_activations,
    saved_bytes,
    stray_backward,
    stray_gradient_ratio,
    tracked,
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

    The ratio of times of a forward pass, with gradients and under no_grad.

    >>> c39()
    imprecise
    ✓ 十层 8×8：时间之比超过 1.1 | ten layers of 8×8: over 1.1 times the time: True
    ✗ 两层 2048×2048：同上 | two layers of 2048×2048: the same: False
    ✓ 误调 backward() | a stray backward(): ‖g‖ = 1.357
    """
    small = overhead(depth=10, width=8, batch=1, rounds=800) > 1.1
    large = overhead(depth=2, width=2048, batch=32, rounds=60) > 1.1
    norm, _, _ = stray_backward()
    return Trial(
        Case(
            "十层 8×8：时间之比超过 1.1 | ten layers of 8×8: over 1.1 times the time",
            f"{small}",
            small,
        ),
        Case(
            "两层 2048×2048：同上 | two layers of 2048×2048: the same",
            f"{large}",
            large,
        ),
        Case("误调 backward() | a stray backward()", f"‖g‖ = {norm:.3f}", norm > 0),
    )


def c40() -> Trial:
    """All computations are tracked: tensors saved of one computation.

    >>> c40()
    imprecise
    ✓ 参数都要梯度 | all parameters require grad: 4
    ✗ 冻结全部参数 | all parameters frozen: 0
    ✗ 普通张量 | plain tensors: 0
    """
    settings = tracked()
    names = {
        "net": "参数都要梯度 | all parameters require grad",
        "all frozen": "冻结全部参数 | all parameters frozen",
        "plain tensors": "普通张量 | plain tensors",
    }
    saved = {what: settings[setting][1] for setting, what in names.items()}
    return Trial(*(Case(what, f"{n}", n > 0) for what, n in saved.items()))


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
    """Parameters and the input stand in the graph of a linear layer.

    A tensor is recorded if it has a node, or if the graph keeps it for backward().

    >>> c43()
    imprecise
    ✓ bias: torch::autograd::AccumulateGrad
    ✓ weight: TBackward0
    ✗ x, 节点 | x, a node: None
    ✓ x, 被保存 | x, saved: True
    ✗ x, 被保存（权重冻结） | x, saved (weight frozen): False
    """
    nodes = edges(nn.Linear(3, 2), torch.ones(1, 3))
    kept, frozen = input_saved(True)[1], input_saved(False)[1]
    return Trial(
        Case("bias", nodes["bias"], nodes["bias"] != "None"),
        Case("weight", nodes["weight"], nodes["weight"] != "None"),
        Case("x, 节点 | x, a node", nodes["x"], nodes["x"] != "None"),
        Case("x, 被保存 | x, saved", f"{kept}", kept),
        Case("x, 被保存（权重冻结） | x, saved (weight frozen)", f"{frozen}", frozen),
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
