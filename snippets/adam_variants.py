"""What Adam's eps, scale, step size, weight decay and convergence come to."""

# --8<-- [start:imports]
import math

import torch
from adam import adam, adam_in_paper, descend, follow, follow_torch, random_gradients
from plotting import axes, style, svg
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:epsilon]
def first_step(grad, eps=1e-8, beta1=0.9, beta2=0.999):
    """Return the first step in units of lr for four places of eps, by name.

    grad: a positive number. ``efficient`` is the form that Kingma & Ba recommend at
    the end of their section 2; ``inside`` puts eps under the root of v-hat; ``printed``
    is the post's rule.

    >>> {name: round(step, 4) for name, step in first_step(1.0).items()}
    {'torch': 1.0, 'efficient': 1.0, 'inside': 1.0, 'printed': 3.1623}
    """
    m, v = (1 - beta1) * grad, (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1), v / (1 - beta2)
    scale = math.sqrt(1 - beta2) / (1 - beta1)
    return {
        "torch": m_hat / (math.sqrt(v_hat) + eps),
        "efficient": scale * m / (math.sqrt(v) + eps),
        "inside": m_hat / math.sqrt(v_hat + eps),
        "printed": m / (math.sqrt(v) + eps),
    }


# --8<-- [end:epsilon]


# --8<-- [start:scaled-run]
def scaled_run(optimizer, scale, lr, steps=200):
    """Return where an optimizer ends on the loss scale·(x − 1)²/2, starting from 0.

    optimizer: a class of torch.optim. Result: a number; nan or inf if it diverged.

    >>> round(scaled_run(torch.optim.SGD, 1.0, lr=0.1), 6)
    1.0
    """
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = optimizer([x], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        (scale * (x - 1) ** 2 / 2).backward()
        optimizer.step()
    return x.item()


# --8<-- [end:scaled-run]


# --8<-- [start:decay]
def end_weight(gradient_size, weight_decay, decoupled, steps=100, lr=0.01):
    """Return a weight that starts at 1 after gradients that change sign at each step.

    gradient_size: the size of each gradient. weight_decay, decoupled: as in adam.

    >>> round(end_weight(1.0, weight_decay=0.1, decoupled=True), 4)
    0.8888
    >>> round(end_weight(100.0, weight_decay=0.1, decoupled=True), 4)
    0.8888
    """
    param, state = torch.ones((), dtype=torch.float64), {}
    options = {"weight_decay": weight_decay, "decoupled": decoupled}
    for t in range(steps):
        grad = torch.full_like(param, gradient_size * (-1) ** t)
        adam(param, grad, state, lr=lr, **options)
    return param.item()


# --8<-- [end:decay]


# --8<-- [start:reddi]
def reddi(amsgrad, steps=3000, big=4.0):
    """Return the path of Adam on the example of Reddi et al., within [-1, 1].

    The loss is big·x at every third step and -x at the others, so that x = -1 is best
    whenever big > 2. lr falls as 1/sqrt(t). Source: Reddi et al. 2018, Theorem 1, with
    its betas (0, 1/(1 + big²)).

    >>> reddi(amsgrad=False, steps=300)[-1] > 0 > reddi(amsgrad=True, steps=300)[-1]
    tensor(True)
    """
    x, state, path = torch.zeros((), dtype=torch.float64), {}, []
    betas = (0.0, 1 / (1 + big**2))
    for t in range(1, steps + 1):
        grad = torch.full_like(x, big if t % 3 == 1 else -1.0)
        lr = 0.1 / math.sqrt(t)
        adam(x, grad, state, lr=lr, betas=betas, amsgrad=amsgrad)
        x.clamp_(-1, 1)
        path.append(x.clone())
    return torch.stack(path)


# --8<-- [end:reddi]


# --8<-- [start:floor]
def noise_floor(lr, steps=2000, copies=200):
    """Return the mean loss x²/2 of Adam in its last half, with noise in each gradient.

    The noise is standard normal; the run starts at the minimum, in many copies.

    >>> noise_floor(0.1, steps=400) > noise_floor(0.01, steps=400)
    True
    """
    noise = random_gradients(steps, copies)
    x, state, losses = torch.zeros(copies, dtype=torch.float64), {}, []
    for grad in noise:
        adam(x, x + grad, state, lr=lr)
        losses.append((x**2 / 2).mean())
    return torch.stack(losses[steps // 2 :]).mean().item()


# --8<-- [end:floor]


# --8<-- [start:c76]
def c76() -> Trial:
    """ε is for numerical stability, usually 1e-8.

    >>> c76()
    true
    ✓ g = 0: ε = 0; ε = 1e-8: Δθ = nan; 0.0
    ✓ torch.optim.Adam: ε = 1e-08
    """
    zero = torch.zeros(1, 1, dtype=torch.float64)
    without, with_eps = follow_torch(zero, eps=0.0).item(), follow_torch(zero).item()
    eps = torch.optim.Adam([torch.zeros(1, requires_grad=True)]).defaults["eps"]
    return Trial(
        Case(
            "g = 0: ε = 0; ε = 1e-8",
            f"Δθ = {without}; {with_eps}",
            math.isnan(without) and with_eps == 0,
        ),
        Case("torch.optim.Adam", f"ε = {eps}", eps == 1e-8),
    )


# --8<-- [end:c76]


# --8<-- [start:c77]
def c77() -> Trial:
    """Adam adapts to gradients of any size: the loss times 1e-3, 1 and 1e3.

    It should end at the same place; the minimum is at 1.

    >>> c77()
    true
    ✓ Adam, × 1e-3, 1, 1e3: 0.99997, 0.99997, 0.99997
    ✓ 而 SGD 不能，× 1e-3, 1 | unlike SGD, × 1e-3, 1: 0.00995, 0.99996
    """
    ends = [scaled_run(torch.optim.Adam, scale, lr=0.05) for scale in (1e-3, 1, 1e3)]
    sgd = [scaled_run(torch.optim.SGD, scale, lr=0.05) for scale in (1e-3, 1)]
    return Trial(
        Case(
            "Adam, × 1e-3, 1, 1e3",
            ", ".join(f"{end:.5f}" for end in ends),
            max(ends) - min(ends) < 1e-3,
        ),
        Case(
            "而 SGD 不能，× 1e-3, 1 | unlike SGD, × 1e-3, 1",
            ", ".join(f"{end:.5f}" for end in sgd),
            abs(sgd[0] - sgd[1]) > 0.5,
        ),
    )


# --8<-- [end:c77]


# --8<-- [start:c80]
def c80() -> Trial:
    """α is the learning rate: the first step in units of α, for three gradients.

    >>> c80()
    true
    ✓ g = 0.001: Δθ = 1.0000 α
    ✓ g = 1: Δθ = 1.0000 α
    ✓ g = 1000: Δθ = 1.0000 α
    """
    cases = []
    for size in (1e-3, 1.0, 1e3):
        grad = torch.full((1, 1), size, dtype=torch.float64)
        step = -follow(adam, grad, lr=1.0).item()
        cases.append(Case(f"g = {size:g}", f"Δθ = {step:.4f} α", abs(step - 1) < 0.01))
    return Trial(*cases)


# --8<-- [end:c80]


# --8<-- [start:c78]
def c78() -> Trial:
    """Adam stays stable and converges to a local optimum.

    On a parabola; in the example of Reddi et al., where −1 is best; and with noise,
    where the loss must keep falling in the second half of the run.

    >>> c78()
    imprecise
    ✓ x²/2: |x| = 2e-23
    ✗ Reddi et al.: x = 1.000
    ✗ 有噪声：1,000、4,000 步的损失 | noise: loss at 1,000, 4,000: 0.024, 0.024
    """
    parabola = descend(adam_in_paper, 1.0, lr=0.05, steps=1000)[-1].item()
    stuck = reddi(amsgrad=False)[-1].item()
    early, late = noise_floor(0.1, steps=1000), noise_floor(0.1, steps=4000)
    return Trial(
        Case("x²/2", f"|x| = {abs(parabola):.0e}", abs(parabola) < 1e-3),
        Case("Reddi et al.", f"x = {stuck:.3f}", stuck < -0.9),
        Case(
            "有噪声：1,000、4,000 步的损失 | noise: loss at 1,000, 4,000",
            f"{early:.3f}, {late:.3f}",
            late < 0.5 * early,
        ),
    )


# --8<-- [end:c78]


# --8<-- [start:c79]
def c79() -> Trial:
    """Adam is often a default: in torch there is none, in scikit-learn there is.

    >>> c79()
    imprecise
    ✗ torch：可选的类；默认 | torch: classes to choose from; a default: 15; None
    ✓ sklearn MLPClassifier().solver: adam
    """
    from sklearn.neural_network import MLPClassifier

    optimizers = [
        kind
        for kind in vars(torch.optim).values()
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)
    ]
    chosen = MLPClassifier().get_params()["solver"]
    return Trial(
        Case(
            "torch：可选的类；默认 | torch: classes to choose from; a default",
            f"{len(optimizers) - 1}; {getattr(torch.optim, 'default', None)}",
            hasattr(torch.optim, "default"),
        ),
        Case("sklearn MLPClassifier().solver", chosen, chosen == "adam"),
    )


# --8<-- [end:c79]


if __name__ == "__main__":
    # --8<-- [start:epsilon-nan]
    still = torch.zeros(1, 1, dtype=torch.float64)
    print(follow_torch(still, eps=0.0).item(), follow_torch(still).item())
    # --8<-- [end:epsilon-nan]

    # --8<-- [start:epsilon-table]
    print("gradient" + "".join(f"{name:>11}" for name in first_step(1.0)))
    for size in (1.0, 1e-4, 1e-6, 1e-8, 1e-10):
        places = first_step(size)
        print(f"{size:8.0e}" + "".join(f"{x:11.2g}" for x in places.values()))
    tiny = first_step(1e-8)
    # --8<-- [end:epsilon-table]

    # --8<-- [start:scale]
    print("  scale       Adam        SGD")
    ends = {}
    for scale in (1e-3, 1.0, 1e3, 1e-9):
        ends[scale] = scaled_run(torch.optim.Adam, scale, lr=0.05)
        sgd = scaled_run(torch.optim.SGD, scale, lr=0.05)
        print(f"{scale:7g} {ends[scale]:10.6f} {sgd:10.4f}")
    # --8<-- [end:scale]

    # --8<-- [start:size]
    firsts = {}
    for size in (1e-3, 1.0, 1e3):
        grad = torch.full((1, 1), size, dtype=torch.float64)
        firsts[size] = -follow(adam, grad, lr=1.0).item()
        print(f"first step, gradient {size:5g}: {firsts[size]:.5f} α")

    random_steps = follow(adam, random_gradients(1000, 10), lr=1.0).diff(dim=0)
    late = torch.zeros(1000, 1, dtype=torch.float64)
    late[-1] = 1.0
    late_step = follow(adam, late, lr=1.0).diff(dim=0)[-1]
    typical = random_steps.abs().median().item()
    largest = -late_step.item()
    print(f"random gradients, median: {typical:.2f} α")
    print(f"one gradient after {len(late) - 1} zeros: {largest:.2f} α")
    # --8<-- [end:size]

    # --8<-- [start:adamw]
    grads = random_gradients(500, 100)
    options = {"lr": 0.01, "weight_decay": 0.1}
    ours = follow(adam, grads, decoupled=True, **options)
    torchs = follow_torch(grads, torch.optim.AdamW, **options)
    adamw_equal = torch.equal(ours, torchs)
    print(adamw_equal)
    # --8<-- [end:adamw]

    # --8<-- [start:decay-table]
    print("gradient   taken by L2   by decoupled decay")
    taken = {}
    for size in (0.01, 1.0, 100.0):
        plain = end_weight(size, weight_decay=0.0, decoupled=False)
        taken[size] = plain - end_weight(size, weight_decay=0.1, decoupled=False)
        decoupled = plain - end_weight(size, weight_decay=0.1, decoupled=True)
        print(f"{size:8g}   {taken[size]:11.6f}   {decoupled:18.6f}")
    # --8<-- [end:decay-table]

    # --8<-- [start:reddi-run]
    adam_path, amsgrad_path = reddi(amsgrad=False), reddi(amsgrad=True)
    print(f"Adam    {adam_path[-1]:.3f}")
    print(f"AMSGrad {amsgrad_path[-1]:.3f}")
    # --8<-- [end:reddi-run]

    # --8<-- [start:reddi-figure]
    figure, panel = axes(("t", "x"))
    panel.plot(adam_path, **style(1), label="Adam")
    panel.plot(amsgrad_path, **style(0), label="AMSGrad")
    panel.legend(loc="center right")
    print(svg(figure, "reddi"))
    # --8<-- [end:reddi-figure]

    # --8<-- [start:floor-table]
    floors = {lr: noise_floor(lr) for lr in (0.1, 0.01, 0.001)}
    for lr, floor in floors.items():
        print(f"lr {lr:5}: {floor:.1e}")
    # --8<-- [end:floor-table]

    # --8<-- [start:no-default]
    classes = [
        name
        for name, value in vars(torch.optim).items()
        if isinstance(value, type)
        and issubclass(value, torch.optim.Optimizer)
        and value is not torch.optim.Optimizer
    ]
    print(len(classes), "classes, none of them a default:")
    print(*(", ".join(classes[i : i + 5]) for i in range(0, len(classes), 5)), sep="\n")
    # --8<-- [end:no-default]
