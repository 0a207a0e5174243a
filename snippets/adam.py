"""Adam three ways: as the post prints it, as its paper defines it, as torch runs it."""

# --8<-- [start:imports]

import torch
from checks import check_adam
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:printed]
@torch.no_grad()
def adam_as_printed(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """Take one step by the rule that the post prints: no bias correction.

    param, grad: tensors of one shape and floating dtype; param and state change in
    place. state: an empty dict before the first step. lr: in units of param.
    ValueError for bad input, which changes nothing; NaN in grad goes into param.
    Source: the post's formulas, section 5.

    >>> param, state = torch.zeros(1, dtype=torch.float64), {}
    >>> adam_as_printed(param, torch.ones_like(param), state, lr=1.0)
    >>> param
    tensor([-3.1623], dtype=torch.float64)
    """
    check_adam(param, grad, lr, betas, eps)
    beta1, beta2 = betas
    m = state.setdefault("m", torch.zeros_like(param))
    v = state.setdefault("v", torch.zeros_like(param))

    m.copy_(beta1 * m + (1 - beta1) * grad)
    v.copy_(beta2 * v + (1 - beta2) * grad**2)
    param -= lr / (v.sqrt() + eps) * m


# --8<-- [end:printed]


# --8<-- [start:paper]
@torch.no_grad()
def adam_in_paper(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """Take one step of Adam, in the order of operations of its paper.

    param, grad: tensors of one shape and floating dtype; param and state change in
    place. state: an empty dict before the first step. lr: in units of param.
    ValueError for bad input, which changes nothing; NaN in grad goes into param.
    Source: Kingma & Ba 2014, Algorithm 1, arXiv:1412.6980.

    >>> param, state = torch.zeros(1, dtype=torch.float64), {}
    >>> adam_in_paper(param, torch.full_like(param, 1000), state, lr=1.0)
    >>> param
    tensor([-1.0000], dtype=torch.float64)
    """
    check_adam(param, grad, lr, betas, eps)
    beta1, beta2 = betas
    m = state.setdefault("m", torch.zeros_like(param))
    v = state.setdefault("v", torch.zeros_like(param))
    t = state["t"] = state.get("t", 0) + 1

    m.copy_(beta1 * m + (1 - beta1) * grad)
    v.copy_(beta2 * v + (1 - beta2) * grad**2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    param -= lr * m_hat / (v_hat.sqrt() + eps)


# --8<-- [end:paper]


# --8<-- [start:torch]
@torch.no_grad()
def adam(
    param,
    grad,
    state,
    *,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    amsgrad=False,
    decoupled=False,
    maximize=False,
):
    """Take one step of Adam, equal to torch.optim.Adam to the bit.

    param, grad: tensors of one shape and dtype, float32 or float64; param and state
    change in place. state: an empty dict before the first step; its names are torch's.
    weight_decay: L2, added to the gradient; with ``decoupled`` it shrinks param
    instead (torch.optim.AdamW). ValueError for bad input, which changes nothing; NaN
    in grad goes into param, as in torch.
    Source: torch.optim.Adam, foreach=False; Loshchilov & Hutter 2017, arXiv:1711.05101;
    Reddi et al. 2018, arXiv:1904.09237.

    >>> param = torch.tensor([1.0, -2.0], requires_grad=True)
    >>> twin = param.detach().clone()
    >>> optimizer = torch.optim.Adam([param], lr=0.1, weight_decay=0.01, amsgrad=True)
    >>> state = {}
    >>> for t in range(500):
    ...     optimizer.zero_grad()
    ...     (param**4 / 4 - param).sum().backward()
    ...     optimizer.step()
    ...     adam(twin, twin**3 - 1, state, lr=0.1, weight_decay=0.01, amsgrad=True)
    >>> torch.equal(param, twin)
    True
    """
    check_adam(param, grad, lr, betas, eps, weight_decay)
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(param)
        state["exp_avg_sq"] = torch.zeros_like(param)
        if amsgrad:
            state["max_exp_avg_sq"] = torch.zeros_like(param)
    beta1, beta2 = betas
    exp_avg, exp_avg_sq = state["exp_avg"], state["exp_avg_sq"]
    t = state["step"] = state["step"] + 1

    grad = -grad if maximize else grad
    if weight_decay and decoupled:
        param.mul_(1 - lr * weight_decay)
    elif weight_decay:
        grad = grad.add(param, alpha=weight_decay)

    exp_avg.lerp_(grad, 1 - beta1)
    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    second = exp_avg_sq
    if amsgrad:
        second = state["max_exp_avg_sq"]
        torch.maximum(second, exp_avg_sq, out=second)

    step_size = lr / (1 - beta1**t)
    denom = (second.sqrt() / (1 - beta2**t) ** 0.5).add_(eps)
    param.addcdiv_(exp_avg, denom, value=-step_size)


# --8<-- [end:torch]


# --8<-- [start:follow]
def follow(rule, grads, **options):
    """Return where a rule stands after each of the gradients, starting from 0.

    rule: one of the functions above. grads: tensor of shape (steps, ...), the
    gradients whatever the parameter is. Result: like grads.

    >>> follow(adam, torch.ones(3, 1, dtype=torch.float64), lr=1.0).T
    tensor([[-1.0000, -2.0000, -3.0000]], dtype=torch.float64)
    """
    param, state, path = torch.zeros_like(grads[0]), {}, []
    for grad in grads:
        rule(param, grad, state, **options)
        path.append(param.clone())
    return torch.stack(path)


# --8<-- [end:follow]


# --8<-- [start:against-torch]
def follow_torch(grads, optimizer=torch.optim.Adam, **options):
    """Return where an optimizer of torch stands after each gradient, starting from 0.

    optimizer: a class of torch.optim; options go to it. grads, result: as in follow.

    >>> follow_torch(torch.ones(3, 1, dtype=torch.float64), lr=1.0).T
    tensor([[-1.0000, -2.0000, -3.0000]], dtype=torch.float64)
    """
    param, path = torch.zeros_like(grads[0], requires_grad=True), []
    optimizer = optimizer([param], **options)
    for grad in grads:
        param.grad = grad.clone()
        optimizer.step()
        path.append(param.detach().clone())
    return torch.stack(path)


# --8<-- [end:against-torch]


# --8<-- [start:random-gradients]
def random_gradients(steps, size, dtype=torch.float64, seed=0):
    """Return standard normal gradients of shape (steps, size), the same for a seed.

    >>> random_gradients(2, 3).shape
    torch.Size([2, 3])
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, size, dtype=dtype, generator=generator)


# --8<-- [end:random-gradients]


# --8<-- [start:missing-factor]
def missing_factor(t, beta1=0.9, beta2=0.999):
    """Return how many times too large the printed rule's step t is (eps left aside).

    t: tensor of step numbers, from 1. Source: the corrections of Kingma & Ba 2014,
    Algorithm 1, which the printed rule leaves out.

    >>> missing_factor(torch.tensor([1.0, 10000.0], dtype=torch.float64))
    tensor([3.1623, 1.0000], dtype=torch.float64)
    """
    return (1 - beta1**t) / (1 - beta2**t).sqrt()


# --8<-- [end:missing-factor]


# --8<-- [start:descend]
def descend(rule, start, lr, steps):
    """Return the path of a rule on the parabola L = x²/2, from start, as a tensor.

    lr: in units of x. Result: shape (steps + 1,), float64.

    >>> descend(adam, 1.0, lr=0.5, steps=2)
    tensor([1.0000, 0.5000, 0.0339], dtype=torch.float64)
    """
    x, state = torch.tensor(start, dtype=torch.float64), {}
    path = [x.clone()]
    for _ in range(steps):
        rule(x, x.clone(), state, lr=lr)
        path.append(x.clone())
    return torch.stack(path)


# --8<-- [end:descend]


# --8<-- [start:train-mlp]
def train_mlp(zero, steps=300, lr=0.05):
    """Train a network of 2, 8 and 1 units on an XOR-like task; return what came of it.

    zero: whether all parameters start at 0, as the post says. Result: the loss
    (binary cross-entropy, nats), the accuracy and the number of distinct hidden units.

    >>> train_mlp(zero=True, steps=20)[2]
    1
    """
    torch.manual_seed(0)
    inputs = torch.randn(200, 2)
    targets = (inputs.prod(dim=1) > 0).float()
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
    )
    if zero:
        for param in model.parameters():
            torch.nn.init.zeros_(param)

    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(inputs).squeeze(1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
        loss.backward()
        optimizer.step()

    accuracy = ((logits > 0) == targets.bool()).float().mean().item()
    units = model[0].weight.detach().unique(dim=0).shape[0]
    return loss.item(), accuracy, units


# --8<-- [end:train-mlp]


# --8<-- [start:c71]
def c71() -> Trial:
    """Each iteration computes a gradient: a loop with g_t against torch, 500 steps.

    >>> c71()
    true
    ✓ adam = torch.optim.Adam, t ≤ 500: True
    """
    grads = random_gradients(500, 100)
    exact = torch.equal(follow(adam, grads), follow_torch(grads, foreach=False))
    return Trial(Case("adam = torch.optim.Adam, t ≤ 500", f"{exact}", exact))


# --8<-- [end:c71]


# --8<-- [start:moment-gaps]
def moment_gaps(steps: int = 200) -> tuple[float, float]:
    """Return how far m and v of the paper's rule are from torch's, at most.

    >>> m_gap, v_gap = moment_gaps(steps=10)
    >>> m_gap < 1e-12, v_gap < 1e-12
    (True, True)
    """
    param, state = torch.zeros(100, dtype=torch.float64), {}
    twin = torch.zeros_like(param, requires_grad=True)
    optimizer = torch.optim.Adam([twin])
    for grad in random_gradients(steps, 100):
        adam_in_paper(param, grad, state)
        twin.grad = grad.clone()
        optimizer.step()
    theirs = optimizer.state[twin]
    gaps = state["m"] - theirs["exp_avg"], state["v"] - theirs["exp_avg_sq"]
    return gaps[0].abs().max().item(), gaps[1].abs().max().item()


# --8<-- [end:moment-gaps]


# --8<-- [start:c72]
def c72() -> Trial:
    """m_t = β₁ m_{t−1} + (1 − β₁) g_t is torch's exp_avg, over 200 steps.

    >>> c72()
    true
    ✓ |m − exp_avg|: < 1e-14
    """
    gap, _ = moment_gaps()
    return Trial(
        Case("|m − exp_avg|", "< 1e-14" if gap < 1e-14 else f"{gap:.0e}", gap < 1e-14)
    )


# --8<-- [end:c72]


# --8<-- [start:c73]
def c73() -> Trial:
    """v_t = β₂ v_{t−1} + (1 − β₂) g_t² is torch's exp_avg_sq, over 200 steps.

    >>> c73()
    true
    ✓ |v − exp_avg_sq|: < 1e-14
    """
    _, gap = moment_gaps()
    small = "< 1e-14" if gap < 1e-14 else f"{gap:.0e}"
    return Trial(Case("|v − exp_avg_sq|", small, gap < 1e-14))


# --8<-- [end:c73]


# --8<-- [start:c74]
def c74() -> Trial:
    """The betas are usually close to 1, such as 0.9 and 0.999: torch's defaults.

    >>> c74()
    true
    ✓ Adam: β = (0.9, 0.999)
    ✓ AdamW: β = (0.9, 0.999)
    ✓ NAdam: β = (0.9, 0.999)
    ✓ RAdam: β = (0.9, 0.999)
    """
    param = torch.zeros(1, requires_grad=True)
    cases = []
    for name in ("Adam", "AdamW", "NAdam", "RAdam"):
        betas = getattr(torch.optim, name)([param]).defaults["betas"]
        cases.append(Case(name, f"β = {betas}", betas == (0.9, 0.999)))
    return Trial(*cases)


# --8<-- [end:c74]


# --8<-- [start:c75]
def c75() -> Trial:
    """The printed rule is Adam: its step over that of torch, for a constant gradient.

    >>> c75()
    false
    ✗ t = 1: Δθ / Δθ(torch) = 3.1623
    ✗ t = 12: Δθ / Δθ(torch) = 6.5685
    ✗ t = 1000: Δθ / Δθ(torch) = 1.2576
    """
    grads = torch.full((4000, 1), 0.3, dtype=torch.float64)
    printed, theirs = follow(adam_as_printed, grads), follow_torch(grads)
    start = torch.zeros(1, 1, dtype=torch.float64)
    steps = (torch.cat([start, path]).diff(dim=0) for path in (printed, theirs))
    ratio = torch.div(*steps).flatten()
    worst = int(ratio.argmax()) + 1
    return Trial(
        *(
            Case(
                f"t = {t}",
                f"Δθ / Δθ(torch) = {ratio[t - 1]:.4f}",
                abs(ratio[t - 1].item() - 1) < 0.01,
            )
            for t in (1, worst, 1000)
        )
    )


# --8<-- [end:c75]


# --8<-- [start:corrected-moments]
def corrected_moments(step: int) -> dict[str, float]:
    """Return the means of m, m̂, v and v̂ for gradients of mean 0.5 and variance 1.

    Over 1000 parameters, after ``step`` steps.

    >>> {name: round(value, 1) for name, value in corrected_moments(1).items()}
    {'m': 0.1, 'm̂': 0.5, 'v': 0.0, 'v̂': 1.2}
    """
    param, state = torch.zeros(1000, dtype=torch.float64), {}
    for grad in 0.5 + random_gradients(1000, 1000)[:step]:
        adam(param, grad, state)
    m, v = state["exp_avg"].mean().item(), state["exp_avg_sq"].mean().item()
    return {"m": m, "m̂": m / (1 - 0.9**step), "v": v, "v̂": v / (1 - 0.999**step)}


# --8<-- [end:corrected-moments]


# --8<-- [start:c68]
def c68() -> Trial:
    """m̂ estimates the mean of g and v̂ that of g², which are 0.5 and 1.25 here.

    >>> c68()
    true
    ✓ m̂ ≈ E[g] = 0.5: 0.501
    ✓ v̂ ≈ E[g²] = 1.25: 1.247
    """
    found = corrected_moments(1000)
    return Trial(
        Case("m̂ ≈ E[g] = 0.5", f"{found['m̂']:.3f}", abs(found["m̂"] - 0.5) < 0.05),
        Case("v̂ ≈ E[g²] = 1.25", f"{found['v̂']:.3f}", abs(found["v̂"] - 1.25) < 0.05),
    )


# --8<-- [end:c68]


# --8<-- [start:c69]
def c69() -> Trial:
    """Bias correction corrects the estimates: at the first step, where it does most.

    >>> c69()
    true
    ✓ m → m̂ ≈ 0.5: 0.05012 → 0.501
    ✓ v → v̂ ≈ 1.25: 0.00124 → 1.237
    """
    found = corrected_moments(1)
    cases = []
    for raw, hat, true in (("m", "m̂", 0.5), ("v", "v̂", 1.25)):
        off, left = abs(found[raw] - true), abs(found[hat] - true)
        shown = f"{found[raw]:.5f} → {found[hat]:.3f}"
        cases.append(Case(f"{raw} → {hat} ≈ {true}", shown, left < 0.1 * off))
    return Trial(*cases)


# --8<-- [end:c69]


# --8<-- [start:c65]
def c65() -> Trial:
    """Adam averages the momentum, and squares the average of the gradient.

    The post's words against two averages that torch keeps, over 200 steps.

    >>> c65()
    imprecise
    ✗ m：动量的平均 | m: the average of the momentum: |Δ| = 3.74
    ✓ m：梯度的平均 | m: the average of the gradient: |Δ| < 1e-14
    ✗ v：平均的平方 | v: the square of the average: |Δ| = 0.25
    ✓ v：平方的平均 | v: the average of the square: |Δ| < 1e-14
    """
    param, state = torch.zeros(100, dtype=torch.float64), {}
    of_grad = of_square = momentum = of_momentum = 0.0
    for grad in random_gradients(200, 100):
        adam(param, grad, state)
        of_grad = 0.9 * of_grad + 0.1 * grad
        of_square = 0.999 * of_square + 0.001 * grad**2
        momentum = 0.9 * momentum + grad
        of_momentum = 0.9 * of_momentum + 0.1 * momentum
    m, v = state["exp_avg"], state["exp_avg_sq"]
    cases = []
    for what, kept, other in (
        ("m：动量的平均 | m: the average of the momentum", m, of_momentum),
        ("m：梯度的平均 | m: the average of the gradient", m, of_grad),
        ("v：平均的平方 | v: the square of the average", v, of_grad**2),
        ("v：平方的平均 | v: the average of the square", v, of_square),
    ):
        gap = (kept - other).abs().max().item()
        small = "< 1e-14" if gap < 1e-14 else f"{gap:.2f}"
        cases.append(Case(what, f"|Δ| = {small}".replace("= <", "<"), gap < 1e-14))
    return Trial(*cases)


# --8<-- [end:c65]


# --8<-- [start:c70]
def c70() -> Trial:
    """θ, m and v usually start at 0: torch's states, and a network that starts so.

    >>> c70()
    imprecise
    ✓ m₀, v₀: 0, 0
    ✗ θ₀ = 0：准确率；不同的单元 | θ₀ = 0: accuracy; distinct units: 0.52; 1/8
    """
    param, state = torch.ones(1, dtype=torch.float64), {}
    adam(param, torch.zeros(1, dtype=torch.float64), state)
    zeros = [state[name].item() for name in ("exp_avg", "exp_avg_sq")]
    _, accuracy, units = train_mlp(zero=True)
    return Trial(
        Case("m₀, v₀", f"{zeros[0]:g}, {zeros[1]:g}", zeros == [0, 0]),
        Case(
            "θ₀ = 0：准确率；不同的单元 | θ₀ = 0: accuracy; distinct units",
            f"{accuracy:.2f}; {units}/8",
            accuracy > 0.9 and units > 1,
        ),
    )


# --8<-- [end:c70]


if __name__ == "__main__":
    # --8<-- [start:first-steps]
    grads = torch.ones(3, 1, dtype=torch.float64)
    rules = (adam_as_printed, adam_in_paper, adam)
    for rule in rules:
        path = follow(rule, grads, lr=1.0)
        print(f"{rule.__name__:16} {path[-1].item()}")
    # --8<-- [end:first-steps]

    # --8<-- [start:compare]
    settings = {
        "defaults": {},
        "weight_decay": {"weight_decay": 0.01},
        "amsgrad": {"amsgrad": True},
        "both": {"weight_decay": 0.01, "amsgrad": True},
    }
    for dtype in (torch.float32, torch.float64):
        grads = random_gradients(500, 100, dtype)
        for name, options in settings.items():
            ours = follow(adam, grads, **options)
            torchs = follow_torch(grads, foreach=False, **options)
            print(f"{str(dtype)[6:]}  {name:12}", torch.equal(ours, torchs))
    # --8<-- [end:compare]

    # --8<-- [start:kernels]
    for dtype in (torch.float32, torch.float64):
        grads = random_gradients(500, 100, dtype)
        loop = follow_torch(grads, foreach=False)
        lists = follow_torch(grads, foreach=True)
        fused = follow_torch(grads, fused=True)
        print(f"{str(dtype)[6:]}  foreach equal {torch.equal(lists, loop)}")
        print(f"         fused differs by {(fused - loop).abs().max():.0e}")
    # --8<-- [end:kernels]

    # --8<-- [start:estimates]
    param, state = torch.zeros(100, dtype=torch.float64), {}
    twin = torch.zeros_like(param, requires_grad=True)
    optimizer = torch.optim.Adam([twin])
    for grad in random_gradients(200, 100):
        adam_in_paper(param, grad, state)
        twin.grad = grad.clone()
        optimizer.step()

    torchs = optimizer.state[twin]
    m_error = (state["m"] - torchs["exp_avg"]).abs().max().item()
    v_error = (state["v"] - torchs["exp_avg_sq"]).abs().max().item()
    print(f"m {m_error:.0e}   v {v_error:.0e}")
    defaults = optimizer.defaults
    print("betas", defaults["betas"], "  eps", defaults["eps"])
    # --8<-- [end:estimates]

    # --8<-- [start:drift]
    lr, steps = 1e-3, 500
    drift = {}
    for dtype in (torch.float32, torch.float64):
        grads = random_gradients(steps, 100, dtype)
        reference = follow_torch(grads, lr=lr)
        for rule in rules:
            gap = (follow(rule, grads, lr=lr) - reference).abs()
            drift[rule.__name__, dtype] = gap.max().item() / lr
            print(f"{str(dtype)[6:]:8}", end=" ")
            print(f"{rule.__name__:16} {gap.max() / lr:.1e} lr")
    # --8<-- [end:drift]

    # --8<-- [start:factor]
    t = torch.arange(1, 5001, dtype=torch.float64)
    factor = missing_factor(t)
    worst = int(t[factor.argmax()])
    within = int(t[factor > 1.01].max()) + 1
    print(f"t = 1: {factor[0]:.4f}")
    print(f"t = {worst}: {factor.max():.4f}, the largest")
    print(f"t = {within}: {factor[within - 1]:.4f}")
    # --8<-- [end:factor]

    # --8<-- [start:factor-measured]
    grads = torch.full((4000, 1), 0.3, dtype=torch.float64)
    printed = follow(adam_as_printed, grads, lr=1.0).diff(dim=0)
    paper = follow(adam_in_paper, grads, lr=1.0).diff(dim=0)
    measured = (printed / paper).flatten()
    print(f"{(measured / factor[1:4000] - 1).abs().max():.0e}")
    # --8<-- [end:factor-measured]

    # --8<-- [start:factor-figure]
    from plotting import axes, style, svg

    figure, panel = axes(("t", "|Δθ| / α"), xscale="log")
    panel.plot(t[:4000], factor[:4000], **style(1), label="m / (√v + ε)")
    panel.axhline(1, **style(0), label="m̂ / (√v̂ + ε)")
    panel.set_ylim(0, 7)
    panel.legend()
    print(svg(figure, "factor"))
    # --8<-- [end:factor-figure]

    # --8<-- [start:betas-table]
    print("β₁     β₂      t = 1   t = 100   t = 1000")
    firsts = {}
    steps = torch.tensor([1.0, 100.0, 1000.0], dtype=torch.float64)
    for betas in ((0.9, 0.999), (0.9, 0.99), (0.9, 0.95), (0.9, 0.9), (0.0, 0.999)):
        ratios = missing_factor(steps, *betas).tolist()
        firsts[betas] = ratios[0]
        print("{:<5}  {:<5} {:7.3f} {:9.3f} {:10.3f}".format(*betas, *ratios))
    # --8<-- [end:betas-table]

    # --8<-- [start:betas-figure]
    import json

    from plotting import INK

    t = torch.logspace(0, 5, 201, dtype=torch.float64)
    marks = [(1, factor[0].item()), (worst, factor.max().item())]
    figure, panel = axes(("t", "(1 − β₁ᵗ) / √(1 − β₂ᵗ)"), xscale="log", yscale="log")
    panel.axhline(1, **style(0), linewidth=1.2)
    panel.plot(t, missing_factor(t), **style(1), gid="way")
    for (x, y), name, marker in zip(marks, ("first", "worst"), "os", strict=True):
        panel.plot(x, y, marker, color=INK, markersize=6, gid=name)
    panel.set_ylim(1e-2, 2e2)
    settings = {"betas": [0.9, 0.999], "last": 100_000, "marks": marks}
    drawn = svg(figure, "betas")
    print(f"<div data-correction='{json.dumps(settings)}'>\n{drawn}\n</div>")
    # --8<-- [end:betas-figure]

    # --8<-- [start:overshoot]
    paths = {rule: descend(rule, 1.0, 0.05, 150) for rule in rules[:2]}
    lowest = {rule: path.min().item() for rule, path in paths.items()}
    for rule, x in lowest.items():
        print(f"{rule.__name__:16} lowest x {x:.3f}")
    # --8<-- [end:overshoot]

    # --8<-- [start:overshoot-figure]
    figure, panel = axes(("t", "x"))
    panel.plot(paths[adam_as_printed], **style(1), label="m / (√v + ε)")
    panel.plot(paths[adam_in_paper], **style(0), label="m̂ / (√v̂ + ε)")
    panel.legend()
    print(svg(figure, "overshoot"))
    # --8<-- [end:overshoot-figure]

    # --8<-- [start:moments]
    grads = 0.5 + random_gradients(1000, 1000)
    param, state = torch.zeros(1000, dtype=torch.float64), {}
    for step, grad in enumerate(grads, start=1):
        adam(param, grad, state)
        if step in (1, 1000):
            m, v = state["exp_avg"], state["exp_avg_sq"]
            m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
            print(f"t = {step:4}  m {m.mean():.4f}  m̂ {m_hat.mean():.4f}")
            print(f"          v {v.mean():.5f}  v̂ {v_hat.mean():.4f}")
    # --8<-- [end:moments]

    # --8<-- [start:nouns]
    grads = random_gradients(200, 100)
    param, state, buffer = torch.zeros(100, dtype=torch.float64), {}, 0.0
    average_of_momentum = 0.0
    for grad in grads:
        adam(param, grad, state)
        buffer = 0.9 * buffer + 0.1 * grad
        average_of_momentum = 0.9 * average_of_momentum + 0.1 * buffer
    m_gap = (state["exp_avg"] - average_of_momentum).abs().max()
    v_gap = (state["exp_avg_sq"] - state["exp_avg"] ** 2).abs().max()
    print(f"m, and the average of the momentum: {m_gap:.2f} apart")
    print(f"v, and the square of the average:   {v_gap:.2f} apart")
    # --8<-- [end:nouns]

    # --8<-- [start:zeros]
    for zero in (True, False):
        loss, accuracy, units = train_mlp(zero)
        print(f"zero={zero!s:5} loss {loss:.3f} accuracy {accuracy:.2f} units {units}")
    # --8<-- [end:zeros]

    # --8<-- [start:errors]
    w = torch.zeros(2, requires_grad=True)
    attempts = {
        "lr=-1": lambda: torch.optim.Adam([w], lr=-1),
        "beta2 = 1": lambda: torch.optim.Adam([w], betas=(0.9, 1.0)),
        "no parameters": lambda: torch.optim.Adam([]),
        "w itself": lambda: torch.optim.Adam(w),
        "w * 2": lambda: torch.optim.Adam([w * 2]),
        "w twice": lambda: torch.optim.Adam([{"params": [w]}, {"params": [w]}]),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except (TypeError, ValueError) as error:
            print(f"{name}\n  {type(error).__name__}: {error}")
    # --8<-- [end:errors]
