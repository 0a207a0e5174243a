"""Stochastic gradients and momentum: variance, floors, and a weighted sum."""

# --8<-- [start:imports]
import math

import torch
from gradient_descent import CURVATURE, descend, excess, gradient, regression, sgd
from torch import Tensor
from torch.optim import SGD, Optimizer
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:sampled]
def sampled(
    data: tuple[Tensor, Tensor, Tensor],
    lrs: Tensor,
    batch: int,
    runs: int = 32,
) -> Tensor:
    """Return the excess loss of SGD after each step, as a mean over ``runs``.

    ``data`` as from ``regression``; ``lrs`` (steps, k) holds k schedules, which all
    see the same samples; the result has its shape. A batch is drawn with replacement,
    but a batch of all rows is all rows. From θ = (-5, 1.5), seed 0.

    >>> lrs = torch.full((100, 2), 0.01)
    >>> sampled(regression(n=8), lrs, batch=8, runs=1).shape
    torch.Size([100, 2])
    """
    x, y, best = data
    n = len(x)
    generator = torch.Generator().manual_seed(0)
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    theta = theta.expand(lrs.shape[1], runs, 2)
    shape = (len(lrs), runs, batch)
    rows = torch.randint(n, shape, generator=generator)
    if batch == n:
        rows = torch.arange(n).expand(shape)
    way = []
    for lr, inputs, targets in zip(lrs.unsqueeze(-1), x[rows], y[rows], strict=True):
        theta = theta - lr.unsqueeze(-1) * gradient(theta, inputs, targets)
        way.append(theta)
    return excess(torch.stack(way), best).mean(-1)


# --8<-- [end:sampled]


# --8<-- [start:raced]
def raced(batch: int, lr: float, epochs: int = 60) -> list[float]:
    """Return the excess loss after each epoch with batches of that size.

    >>> len(raced(128, 0.05, epochs=3))
    3
    """
    per_epoch = 128 // batch
    lrs = torch.full((epochs * per_epoch, 1), lr, dtype=torch.float64)
    run = sampled(regression(), lrs, batch, runs=1 if batch == 128 else 32)
    return run[per_epoch - 1 :: per_epoch, 0].tolist()


# --8<-- [end:raced]


# --8<-- [start:displacements]
def displacements(
    optimizer_class: type[Optimizer],
    grads: Tensor,
    **options,
) -> Tensor:
    """Return what an optimizer subtracts at each step, in units of lr.

    ``grads`` (steps, ...) is one gradient a step; the result has its shape and dtype.
    The parameter is put back to 0 before each step, so that no digit is lost.

    >>> displacements(torch.optim.SGD, torch.ones(3), momentum=0.5)
    tensor([1.0000, 1.5000, 1.7500])
    """
    param = torch.zeros_like(grads[0], requires_grad=True)
    optimizer = optimizer_class([param], lr=1.0, **options)
    moved = torch.empty_like(grads)
    for step, grad in enumerate(grads):
        param.data.zero_()
        param.grad = grad
        optimizer.step()
        moved[step] = -param.detach()
    return moved


# --8<-- [end:displacements]


# --8<-- [start:bowl-path]
def bowl_path(lr: float, momentum: float, steps: int, start: Tensor) -> Tensor:
    """Return the way (steps + 1, 2) of torch's SGD on the bowl Σ λ θ² / 2, float64.

    λ is CURVATURE; the minimum is at 0.

    >>> bowl_path(lr=0.25, momentum=0.0, steps=1, start=torch.ones(2))
    tensor([[ 1.0000,  1.0000],
            [ 0.7500, -5.2500]], dtype=torch.float64)
    """
    theta = start.double().clone().requires_grad_()
    optimizer = SGD([theta], lr=lr, momentum=momentum)
    way = [theta.detach().clone()]
    for _ in range(steps):
        theta.grad = CURVATURE * theta.detach()
        optimizer.step()
        way.append(theta.detach().clone())
    return torch.stack(way)


# --8<-- [end:bowl-path]


# --8<-- [start:settle]
def settle(kappa: float, lr: float, momentum: float, nesterov: bool) -> float:
    """Return the steps of ``sgd`` to rest on the bowl of curvatures 1 and ``kappa``.

    From (1, 1), until position and step are within 1e-6; inf if it diverges.

    >>> settle(10, lr=0.1, momentum=0.5, nesterov=True)
    50
    >>> settle(10, lr=0.3, momentum=0.0, nesterov=False)
    inf
    """
    curvatures = torch.tensor([1.0, kappa], dtype=torch.float64)
    theta, state, steps = torch.ones_like(curvatures), {}, 0
    options = {"lr": lr, "momentum": momentum, "nesterov": nesterov}
    while theta.isfinite().all():
        old = theta.clone()
        sgd(theta, curvatures * theta, state, **options)
        steps += 1
        if max(theta.abs().max(), (theta - old).abs().max()) <= 1e-6:
            return steps
    return math.inf


# --8<-- [end:settle]


# --8<-- [start:c51]
def c51() -> Trial:
    """SGD uses one sample an update: torch's, fed with 1 and with all 128 samples.

    It uses one sample if it makes another step than gradient descent.

    >>> c51()
    imprecise
    ✓ 单个样本的梯度 | gradient of one sample: |Δθ| = 0.40
    ✗ 全部样本的梯度 | gradient of all samples: |Δθ| < 1e-12
    """
    x, y, _ = regression()
    cases = []
    for what, rows in (
        ("单个样本的梯度 | gradient of one sample", slice(0, 1)),
        ("全部样本的梯度 | gradient of all samples", slice(None)),
    ):
        theta = torch.tensor([-5.0, 1.5], dtype=torch.float64, requires_grad=True)
        descent = theta.detach() - 0.01 * gradient(theta.detach(), x, y)
        theta.grad = gradient(theta.detach(), x[rows], y[rows])
        torch.optim.SGD([theta], lr=0.01).step()
        gap = (theta - descent).abs().max().item()
        shown = "< 1e-12" if gap < 1e-12 else f"{gap:.2f}"
        cases.append(Case(what, f"|Δθ| {shown}".replace("| 0", "| = 0"), gap > 1e-3))
    return Trial(*cases)


# --8<-- [end:c51]


# --8<-- [start:c53]
def c53() -> Trial:
    """The variance of the updates may be large: of gradients of B drawn samples.

    >>> c53()
    true
    ✓ B = 1, 10, 100: 8303, 816, 83
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    generator = torch.Generator().manual_seed(0)
    variance = {}
    for size in (1, 10, 100):
        rows = torch.randint(len(x), (10_000, size), generator=generator)
        variance[size] = each[rows].mean(1).var(0).sum().item()
    shown = ", ".join(f"{v:.0f}" for v in variance.values())
    return Trial(Case("B = 1, 10, 100", shown, variance[1] > 50 * variance[100]))


# --8<-- [end:c53]


# --8<-- [start:c55]
def c55() -> Trial:
    """A mini-batch's gradient is computed from its samples: it is their mean.

    >>> c55()
    true
    ✓ B = 16: ‖Δg‖/‖g‖: < 1e-14
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x[:16].unsqueeze(1), y[:16].unsqueeze(1))
    whole = gradient(start, x[:16], y[:16])
    gap = ((each.mean(0) - whole).norm() / whole.norm()).item()
    shown = "< 1e-14" if gap < 1e-14 else f"{gap:.0e}"
    return Trial(Case("B = 16: ‖Δg‖/‖g‖", shown, gap < 1e-14))


# --8<-- [end:c55]


# --8<-- [start:c54]
def c54() -> Trial:
    """SGD may fail to reach the optimum: its floor at constant lr, and whether at all.

    The mean excess loss of the last 1000 of 4000 steps with batches of one.

    >>> c54()
    true
    ✓ lr = 0.01: loss − min = 0.0672
    ✓ lr = 0.002: loss − min = 0.0090
    """
    lrs = torch.tensor([[0.01, 0.002]], dtype=torch.float64).repeat(4000, 1)
    runs = sampled(regression(), lrs, batch=1, runs=64)[-1000:].mean(0).tolist()
    return Trial(
        *(
            Case(f"lr = {lr}", f"loss − min = {floor:.4f}", floor > 1e-3)
            for lr, floor in zip((0.01, 0.002), runs, strict=True)
        )
    )


# --8<-- [end:c54]


# --8<-- [start:c52]
def c52() -> Trial:
    """One sample at a time converges faster than all samples: excess loss by epoch.

    >>> c52()
    imprecise
    ✓ 1 轮之后 | after epoch 1: B = 1: 2.887, B = 128: 91.718
    ✗ 60 轮之后 | after epoch 60: B = 1: 0.044, B = 128: 0.007
    """
    one, whole = raced(1, 0.01), raced(128, 2 / (1 + CURVATURE.max().item()))
    return Trial(
        *(
            Case(
                f"{epoch} 轮之后 | after epoch {epoch}",
                f"B = 1: {one[epoch - 1]:.3f}, B = 128: {whole[epoch - 1]:.3f}",
                one[epoch - 1] < whole[epoch - 1],
            )
            for epoch in (1, 60)
        )
    )


# --8<-- [end:c52]


# --8<-- [start:c56]
def c56() -> Trial:
    """A mini-batch is as fast as SGD at first and as steady as descent later.

    Faster than all samples after an epoch; below one sample's floor after 20.

    >>> c56()
    true
    ✓ 1 轮：比全体快 | epoch 1: faster than all samples: 19.9 < 91.7
    ✓ 20 轮：比单个样本低 | epoch 20: below one sample: 0.015 < 0.053
    """
    one, some = raced(1, 0.01, 20), raced(16, 0.03, 20)
    whole = raced(128, 2 / (1 + CURVATURE.max().item()), 20)
    return Trial(
        Case(
            "1 轮：比全体快 | epoch 1: faster than all samples",
            f"{some[0]:.1f} < {whole[0]:.1f}",
            some[0] < whole[0],
        ),
        Case(
            "20 轮：比单个样本低 | epoch 20: below one sample",
            f"{some[-1]:.3f} < {one[-1]:.3f}",
            some[-1] < one[-1],
        ),
    )


# --8<-- [end:c56]


# --8<-- [start:c57]
def c57() -> Trial:
    """Momentum is a weighted average of gradients: the 100th step for gradients of 1.

    An average of ones is 1.

    >>> c57()
    imprecise
    ✓ dampening = 0.9: 1.000
    ✗ dampening = 0: 10.000
    """
    ones = torch.ones(100, dtype=torch.float64)
    cases = []
    for what, dampening in (("dampening = 0.9", 0.9), ("dampening = 0", 0.0)):
        options = {"momentum": 0.9, "dampening": dampening}
        last = displacements(torch.optim.SGD, ones, **options)[-1].item()
        cases.append(Case(what, f"{last:.3f}", abs(last - 1) < 0.01))
    return Trial(*cases)


# --8<-- [end:c57]


# --8<-- [start:c58]
def c58() -> Trial:
    """Momentum accelerates and reduces oscillation: steps, and changes of sign.

    lr = 1/L, against no momentum.

    >>> c58()
    imprecise
    ✓ κ = 10⁴，最好的 μ | κ = 10⁴, best μ: 69078 → 1109; ± 69078 → 1109
    ✗ κ = 100, μ = 0.9: 1375 → 263; ± 0 → 96
    ✗ κ = 100, μ = 0.99: 1375 → 2678; ± 0 → 979
    ✗ κ = 1, μ = 0.99: 1 → 2678; ± 0 → 1788
    """
    cases = []
    for kappa, momentum in ((100, 0.9), (100, 0.99), (1, 0.99)):
        steps, turns = descend((1.0, kappa), 1 / kappa, momentum)
        plain_steps, plain_turns = descend((1.0, kappa), 1 / kappa)
        shown = f"{plain_steps} → {steps}; ± {plain_turns} → {turns}"
        what = f"κ = {kappa}, μ = {momentum}"
        cases.append(Case(what, shown, steps < plain_steps and turns <= plain_turns))
    root = math.sqrt(10_000)
    best = descend((1.0, 10_000), (2 / (root + 1)) ** 2, ((root - 1) / (root + 1)) ** 2)
    plain = descend((1.0, 10_000), 2 / 10_001)
    shown = f"{plain[0]} → {best[0]}; ± {plain[1]} → {best[1]}"
    fewer = best[0] < plain[0] and best[1] < plain[1]
    return Trial(Case("κ = 10⁴，最好的 μ | κ = 10⁴, best μ", shown, fewer), *cases)


# --8<-- [end:c58]


if __name__ == "__main__":
    # --8<-- [start:data]
    x, y, best = data = regression()
    n, L = len(x), CURVATURE.max().item()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    # --8<-- [end:data]

    # --8<-- [start:full-batch]
    theirs = start.clone().requires_grad_()
    optimizer = SGD([theirs], lr=0.05)
    theta = start.clone()
    for _ in range(100):
        theirs.grad = gradient(theirs.detach(), x, y)
        optimizer.step()
        theta = theta - 0.05 * gradient(theta, x, y)
    gap = (theirs - theta).abs().max().item()
    print(f"SGD on all rows - gradient descent: {gap:g}")
    # --8<-- [end:full-batch]

    # --8<-- [start:variance]
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    mean_gap = (each.mean(0) - gradient(start, x, y)).abs().max().item()
    print(f"batch gradient - mean of singles: {mean_gap:.1e}")

    sigma2 = each.var(0, correction=0).sum().item()
    torch.manual_seed(0)
    variance = {}
    print("    B  variance      σ²/B")
    for size in (1, 10, 100):
        means = each[torch.randint(n, (10_000, size))].mean(1)
        variance[size] = means.var(0).sum().item()
        print(f"{size:5} {variance[size]:9.1f} {sigma2 / size:9.1f}")
    # --8<-- [end:variance]

    # --8<-- [start:variance-figure]
    from plotting import FAINT, INK, axes, style, svg

    figure, panel = axes(("B", "variance"), xscale="log", yscale="log", height=2.4)
    sizes = [1, 2, 4, 8, 16, 32, 64, 128]
    torch.manual_seed(1)
    with_replacement, without = [], []
    for size in sizes:
        drawn = each[torch.randint(n, (4000, size))]
        with_replacement.append(drawn.mean(1).var(0).sum().item())
        rows = torch.rand(4000, n).argsort(1)[:, :size]
        without.append(each[rows].mean(1).var(0).sum().item())
    panel.plot(sizes, [sigma2 / size for size in sizes], color=FAINT, label="σ²/B")
    panel.plot(sizes, with_replacement, "o", color=style(0)["color"], label="i.i.d.")
    panel.plot(sizes, without, "^", color=style(1)["color"], label="randperm")
    panel.set_ylim(sigma2 / 3000, 2 * sigma2)
    panel.legend(loc="lower left")
    print(svg(figure, "variance"))
    # --8<-- [end:variance-figure]

    # --8<-- [start:floor]
    t = torch.arange(4000, dtype=torch.float64)
    constant_lrs = (0.01, 0.005, 0.002)
    schedules = [torch.full_like(t, lr) for lr in constant_lrs]
    schedules.append(5 / (500 + t))
    noisy_runs = sampled(data, torch.stack(schedules, 1), batch=1, runs=64)
    clean = regression(noise=0.0)
    clean_runs = sampled(clean, schedules[0][:1500, None], batch=1, runs=64)

    at_best = gradient(best, x.unsqueeze(1), y.unsqueeze(1))
    limit = at_best.square().sum(1).mean().item() / 4
    floor = noisy_runs[-1000:].mean(0).tolist()
    for lr, level in zip(constant_lrs, floor[:3], strict=True):
        print(f"lr {lr:5}  floor {level:.4f}  floor/lr {level / lr:4.1f}")
    decayed = noisy_runs[-100:, 3].mean().item()
    exact = clean_runs[-1, 0].item()
    print(f"lr → 0                  floor/lr {limit:4.1f}")
    print(f"lr 5/(500+t)     {decayed:.4f}, falling")
    print(f"labels without noise {exact:.0e}")
    # --8<-- [end:floor]

    # --8<-- [start:floor-figure]
    figure, panel = axes(("t", "loss − min"), xscale="log", yscale="log")
    labels = ["lr = 0.01", "lr = 0.005", "lr = 0.002", "lr = 5/(500 + t)"]
    times = torch.logspace(0, math.log10(4000), 160).long().unique()
    for number, label in enumerate(labels):
        curve = noisy_runs[times - 1, number]
        panel.plot(times, curve, **style(number), label=label)
    times = times[times <= 1500]
    panel.plot(times, clean_runs[times - 1, 0], **style(4), label="lr = 0.01, y = xθ")
    panel.set_ylim(1e-4, 200)
    panel.legend(loc="lower left")
    print(svg(figure, "floor"))
    # --8<-- [end:floor-figure]

    # --8<-- [start:race]
    race = {}
    batch_lr = {1: 0.01, 16: 0.03, n: 2 / (1 + L)}
    for batch, lr in batch_lr.items():
        per_epoch = n // batch
        runs = 1 if batch == n else 32
        lrs = torch.full((60 * per_epoch, 1), lr)
        run = sampled(data, lrs, batch, runs)
        race[batch] = run[per_epoch - 1 :: per_epoch, 0].tolist()
    print("epoch    B = 1   B = 16  B = all")
    for epoch in (1, 2, 5, 10, 20, 40, 60):
        row = [race[batch][epoch - 1] for batch in batch_lr]
        print(f"{epoch:5}", *(f"{v:8.3f}" for v in row))
    # --8<-- [end:race]

    # --8<-- [start:scaling]
    scaled = {}
    print("   B     lr    floor  steps to 1  samples")
    for batch, lr in ((1, 0.002), (4, 0.002), (4, 0.008), (16, 0.032)):
        lrs = torch.full((int(16 / lr), 1), lr, dtype=torch.float64)
        run = sampled(data, lrs, batch, runs=64)[:, 0]
        steps = 1 + (run < 1).double().argmax().item()
        level = run[-len(run) // 3 :].mean().item()
        scaled[batch, lr] = level, steps
        print(f"{batch:4} {lr:6} {level:8.4f} {steps:11} {batch * steps:8}")
    # --8<-- [end:scaling]

    # --8<-- [start:gain]
    ones = torch.ones(100, dtype=torch.float64)
    total = displacements(SGD, ones, momentum=0.9)
    mean = displacements(SGD, ones, momentum=0.9, dampening=0.9)
    print("   t      sum  dampened")
    for t in (1, 2, 10, 100):
        print(f"{t:4} {total[t - 1]:8.3f} {mean[t - 1]:8.3f}")
    # --8<-- [end:gain]

    # --8<-- [start:heavy]
    heavy_steps, gd_steps = {}, {}
    print("    κ      GD  momentum")
    for kappa in (100, 1000, 10_000):
        root = math.sqrt(kappa)
        lr = (2 / (root + 1)) ** 2
        momentum = ((root - 1) / (root + 1)) ** 2
        run = descend((1.0, kappa), lr, momentum)
        gd_steps[kappa], _ = descend((1.0, kappa), 2 / (1 + kappa))
        heavy_steps[kappa] = run
        print(f"{kappa:5} {gd_steps[kappa]:7} {run[0]:9}")
    # --8<-- [end:heavy]

    # --8<-- [start:too-much]
    turns = {}
    print("    κ     μ   steps   turns")
    for kappa, momentum in (
        (100, 0.0),
        (100, 0.5),
        (100, 0.9),
        (100, 0.99),
        (1, 0.0),
        (1, 0.99),
    ):
        run = descend((1.0, kappa), 1 / kappa, momentum)
        turns[kappa, momentum] = run
        print(f"{kappa:5} {momentum:5} {run[0]:7} {run[1]:7}")
    # --8<-- [end:too-much]

    # --8<-- [start:limit]
    edges = {}
    print("   μ   lr / (2/L)   loss at t = 2000")
    for momentum in (0.0, 0.5, 0.9):
        for factor in (0.99, 1.01):
            lr = factor * 2 * (1 + momentum) / L
            end = bowl_path(lr, momentum, 2000, start)[-1]
            edges[momentum, factor] = excess(end, torch.zeros(2)).item()
            shown = f"{lr * L / 2:12.3f} {edges[momentum, factor]:14.0e}"
            print(f"{momentum:4}{shown}")
    # --8<-- [end:limit]

    # --8<-- [start:nesterov]
    settled = {}
    print("    κ     μ  momentum  Nesterov")
    for kappa, momentum in ((100, 0.5), (100, 0.9), (100, 0.99), (10_000, 0.99)):
        run = [settle(kappa, 1 / kappa, momentum, kind) for kind in (False, True)]
        settled[kappa, momentum] = run
        print(f"{kappa:5} {momentum:5} {run[0]:9} {run[1]:9}")
    print("lr / (2/L), μ = 0.9")
    for factor in (0.99, 1.01):
        lr = factor * 2 * (1 + 0.9) / (1 + 2 * 0.9) / L
        run = [settle(L, lr, 0.9, kind) for kind in (False, True)]
        print(f"{lr * L / 2:11.3f} {run[0]:9} {run[1]:9}")
    # --8<-- [end:nesterov]

    # --8<-- [start:playground]
    import json

    offset = start - best
    shown = {"lr": 0.5 * 2 / L, "momentum": 0.6}
    figure, panel = axes(("θ₁ − θ₁*", "θ₂ − θ₂*"), height=3.2)
    panel.grid(False)
    horizontal, vertical = torch.meshgrid(
        torch.linspace(-10, 4, 120), torch.linspace(-4, 4, 90), indexing="xy"
    )
    heights = excess(torch.stack([horizontal, vertical], -1), torch.zeros(2))
    levels = [0.5, 2, 8, 20, 40, 70, 110]
    panel.contour(horizontal, vertical, heights, levels, colors=FAINT, linewidths=0.6)
    slow = bowl_path(2 / (1 + L), 0.0, 60, offset)
    panel.plot(*slow.T, **style(1), label="μ = 0, lr = 2/(1 + L)", linewidth=1.2)
    way = bowl_path(**shown, steps=60, start=offset)
    panel.plot(*way.T, **style(0), label="lr, μ", gid="way", linewidth=1.6)
    panel.plot(*offset, "o", color=INK, markersize=5, gid="start")
    panel.plot(0, 0, "+", color=INK, markersize=9, gid="minimum")
    panel.legend(loc="lower right", fontsize=9.5, ncols=2)
    settings = {
        "curvatures": CURVATURE.tolist(),
        "start": offset.tolist(),
        "steps": 60,
        **shown,
    }
    drawn = svg(figure, "playground")
    print(f"<div data-descent='{json.dumps(settings)}'>\n{drawn}\n</div>")
    # --8<-- [end:playground]
