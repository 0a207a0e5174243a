"""The page `likelihood` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import warnings

import torch
from likelihood_losses import gaussian_nll_loss, kl_div, poisson_nll_loss
from losses import lowest
from plotting import axes, style, svg
from rounding import ulps
from torch import distributions as D
from torch.nn import functional as F

warnings.simplefilter("ignore")  # kl_div 的 mean 会警告 | kl_div warns of its mean
# --8<-- [end:imports]

# --8<-- [start:same-setup]
torch.manual_seed(0)
z, y = torch.randn(5, dtype=torch.float64), torch.randn(5, dtype=torch.float64).abs()
bits, counts = (y > 0.5).double(), (3 * y).round()
scores, index = torch.randn(5, 3, dtype=torch.float64), torch.tensor([0, 2, 1, 1, 0])
half = torch.tensor(0.5, dtype=torch.float64).sqrt()  # variance ½
one = torch.ones(5, dtype=torch.float64)


def surprise(distribution, value):
    return -distribution.log_prob(value).mean()


# --8<-- [end:same-setup]

# --8<-- [start:same-thing]
table = {
    "MSE, normal, σ² = ½": (F.mse_loss(z, y), surprise(D.Normal(z, half), y)),
    "L1, Laplace": (F.l1_loss(z, y), surprise(D.Laplace(z, one), y)),
    "BCE, Bernoulli": (
        F.binary_cross_entropy_with_logits(z, bits),
        surprise(D.Bernoulli(logits=z), bits),
    ),
    "CE, categorical": (
        F.cross_entropy(scores, index),
        surprise(D.Categorical(logits=scores), index),
    ),
    "Poisson": (
        F.poisson_nll_loss(z, counts),
        surprise(D.Poisson(z.exp()), counts),
    ),
}
print(f"{'':20} {'loss':>9} {'−log p':>9} {'difference':>11}")
for name, (loss, nll) in table.items():
    print(f"{name:20} {loss:9.4f} {nll:9.4f} {nll - loss:11.4f}")
# --8<-- [end:same-thing]

# --8<-- [start:constants]
moved = torch.randn(5, dtype=torch.float64)
for name, loss, family, t in (
    ("MSE", F.mse_loss, lambda z: D.Normal(z, half), y),
    ("L1", F.l1_loss, lambda z: D.Laplace(z, one), y),
    ("Poisson", F.poisson_nll_loss, lambda z: D.Poisson(z.exp()), counts),
):
    gaps = [(surprise(family(at), t) - loss(at, t)).item() for at in (z, moved)]
    print(f"{name:8}", *(f"{g:.12f}" for g in gaps))
ln_pi = torch.tensor(torch.pi).log()
print(f"½ ln π = {ln_pi / 2:.4f}   ln 2 = {-2 * half.log():.4f}"
      f"   ln y! {(counts + 1).lgamma().mean():.4f}")  # fmt: skip
# --8<-- [end:constants]

# --8<-- [start:families-figure]
figure, left, right = axes(("y", "p"), ("y", "−log p"), columns=2, height=2.5)
line = torch.linspace(-5, 5, 201)
for number, (name, family) in enumerate(
    (
        ("normal", D.Normal(0.0, 1.0)),
        ("Laplace", D.Laplace(0.0, 1.0)),
        ("Student, ν = 2", D.StudentT(2.0)),
    )
):
    left.plot(line, family.log_prob(line).exp(), **style(number))
    right.plot(line, -family.log_prob(line), **style(number), label=name)
right.legend(loc="upper center", fontsize=8)
print(svg(figure, "densities"))
# --8<-- [end:families-figure]

# --8<-- [start:gaussian]
torch.manual_seed(0)
x = torch.linspace(0, 1, 4000, dtype=torch.float64)
noise = 0.1 + x  # 误差越来越大 | the error grows
y = noise * torch.randn(4000, dtype=torch.float64)
features = torch.stack([torch.ones_like(x), x, x**2], dim=1)


def nll(c):
    mean, log_var = features @ c[0], features @ c[1]
    return F.gaussian_nll_loss(mean, y, log_var.exp())


c = lowest(nll, torch.zeros(2, 3, dtype=torch.float64))
sigma = (features @ c[1] / 2).exp()
for at in (0, 2000, 3999):
    print(f"x = {x[at]:.1f}   σ learned {sigma[at]:.3f}   true {noise[at]:.3f}")
# --8<-- [end:gaussian]

# --8<-- [start:gaussian-variance]
exact, pull = torch.zeros(1), {}
for v in (0.01, 1.0, 100.0):
    mean = torch.tensor([1.0], requires_grad=True)
    F.gaussian_nll_loss(mean, exact, torch.tensor([v])).backward()
    pull[v] = mean.grad.item()
    print(f"var {v:6}   pull on the mean {pull[v]:8.2f}")
# --8<-- [end:gaussian-variance]

# --8<-- [start:gaussian-collapse]
for v in (1.0, 1e-3, 1e-6, 1e-9):
    var = torch.tensor([v], requires_grad=True)
    loss = F.gaussian_nll_loss(exact, exact, var)
    loss.backward()
    print(f"var {v:7.0e}   loss {loss.item():8.3f}   ∂/∂var {var.grad.item():11.1f}")
# --8<-- [end:gaussian-collapse]

# --8<-- [start:poisson]
counts = torch.tensor([0.0, 1.0, 4.0])
wrong, right = torch.tensor([2.0]), torch.tensor([2.0]).log()
loss = F.poisson_nll_loss
print(f"log rate    {loss(right.expand(3), counts):.4f}")
print(f"rate        {loss(wrong.expand(3), counts, log_input=False):.4f}")
print(f"mixed up    {loss(wrong.expand(3), counts):.4f}")
print(f"full=True   {loss(right.expand(3), counts, full=True):.4f}")
print(f"−log p      {-D.Poisson(2.0).log_prob(counts).mean():.4f}")
# --8<-- [end:poisson]

# --8<-- [start:kl]
p = torch.tensor([[0.7, 0.2, 0.1]])
q = torch.tensor([[0.4, 0.4, 0.2]])


def kl(a, b):
    return (a * (a / b).log()).sum().item()


print(f"KL(p‖q) {kl(p, q):.4f}   KL(q‖p) {kl(q, p):.4f}")
print(f"kl_div(log q, p)  {F.kl_div(q.log(), p, reduction='sum'):.4f}")
print(f"kl_div(log p, q)  {F.kl_div(p.log(), q, reduction='sum'):.4f}")
print(f"kl_div(q, p)      {F.kl_div(q, p, reduction='sum'):.4f}   no logarithm")
print(f"CE(q, p) − H(p)   {-(p * q.log()).sum() + (p * p.log()).sum():.4f}")
# --8<-- [end:kl]

# --8<-- [start:directions]
line = torch.linspace(-15, 15, 601, dtype=torch.float64)
weights = torch.tensor([0.65, 0.35], dtype=torch.float64).log()
peaks = [
    w - 0.5 * ((line - m) / 0.7) ** 2 for w, m in zip(weights, (-3, 3), strict=True)
]
log_two = torch.stack(peaks).logsumexp(0).log_softmax(0)
two = log_two.exp()


def bell(c):
    logs = -0.5 * ((line - c[0]) / c[1].exp()) ** 2
    return logs.log_softmax(0)


fits = {}
start = torch.tensor([-2.0, 0.0], dtype=torch.float64)
for name, loss in (
    ("KL(p‖q)", lambda c: F.kl_div(bell(c), two, reduction="sum")),
    ("KL(q‖p)", lambda c: F.kl_div(log_two, bell(c), reduction="sum",
                                   log_target=True)),
):  # fmt: skip
    fits[name] = c = lowest(loss, start)
    print(f"{name}   mean {c[0]:6.3f}   σ {c[1].exp():.3f}")
# --8<-- [end:directions]

# --8<-- [start:directions-figure]
figure, panel = axes(("x", "p, q"))
panel.fill_between(line, two, color=style(5)["color"], alpha=0.3, label="p")
for number, (name, c) in enumerate(fits.items()):
    panel.plot(line, bell(c).exp(), **style(number), label=f"q: {name}")
panel.set_xlim(-9, 9)
panel.legend()
print(svg(figure, "directions"))
# --8<-- [end:directions-figure]

# --8<-- [start:batchmean]
torch.manual_seed(0)
ratio = {}
for N, C in ((4, 3), (4, 1000)):
    logs, target = torch.randn(N, C).log_softmax(1), torch.randn(N, C).softmax(1)
    each = (target * (target.log() - logs)).sum(1)  # 每个样本的 KL | KL of each sample
    by_batch = kl_div(logs, target, reduction="batchmean")
    by_all = kl_div(logs, target, reduction="mean")
    ratio[C] = (by_batch / by_all).item()
    print(f"C = {C:4}   mean of KL {each.mean():.4f}   batchmean {by_batch:.4f}"
          f"   mean {by_all:.6f}")  # fmt: skip
# --8<-- [end:batchmean]

# --8<-- [start:batchmean-tokens]
logs, target = torch.randn(2, 5, 3).log_softmax(2), torch.randn(2, 5, 3).softmax(2)
each = (target * (target.log() - logs)).sum(2)
print(f"mean over the ten tokens  {each.mean():.4f}")
print(f"batchmean, (2, 5, 3)      {kl_div(logs, target, reduction='batchmean'):.4f}")
flat = logs.flatten(0, 1), target.flatten(0, 1)
print(f"batchmean, (10, 3)        {kl_div(*flat, reduction='batchmean'):.4f}")
# --8<-- [end:batchmean-tokens]

# --8<-- [start:to-the-bit]
a, b, v = torch.randn(3, 50, 4).unbind()
for name, ours, theirs in (
    ("kl_div", kl_div(a, b.softmax(1)), F.kl_div(a, b.softmax(1), reduction="mean")),
    ("poisson_nll_loss", poisson_nll_loss(a, v.abs()), F.poisson_nll_loss(a, v.abs())),
    ("gaussian_nll_loss", gaussian_nll_loss(a, b, v * v),
     F.gaussian_nll_loss(a, b, v * v)),
):  # fmt: skip
    print(f"{name:18} {ulps(ours, theirs)} ulp")
# --8<-- [end:to-the-bit]

# --8<-- [start:vae-kl]
mu = torch.tensor([0.5, -1.0, 0.0], dtype=torch.float64)
log_var = torch.tensor([0.0, -1.0, 0.5], dtype=torch.float64)
by_hand = -0.5 * (1 + log_var - mu**2 - log_var.exp())
posterior, prior = D.Normal(mu, (0.5 * log_var).exp()), D.Normal(0.0, 1.0)
print("by hand      ", *(f"{v:.4f}" for v in by_hand))
print("kl_divergence", *(f"{v:.4f}" for v in D.kl_divergence(posterior, prior)))
# --8<-- [end:vae-kl]

# --8<-- [start:vae-reduction]
pixels, true_z = 784, 1.5
w = torch.full((pixels,), 0.1, dtype=torch.float64)  # 解码器：x = w z | decoder
x = w * true_z
posterior_of = {}
for how in ("sum", "mean"):

    def negative_elbo(q, how=how):  # q: μ, ln σ²
        spread = w.square() * q[1].exp()  # z 的方差带来的 | from the variance of z
        pixel_loss = 0.5 * ((x - w * q[0]).square() + spread)
        return getattr(pixel_loss, how)() - 0.5 * (1 + q[1] - q[0] ** 2 - q[1].exp())

    q = posterior_of[how] = lowest(negative_elbo, torch.zeros(2, dtype=torch.float64))
    print(f"{how:4} over pixels:  μ {q[0]:.3f}   σ {(0.5 * q[1]).exp():.3f}")
# --8<-- [end:vae-reduction]

# --8<-- [start:try-student]
spoiled = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0], dtype=torch.float64)
for name, family, begin in (
    ("normal", lambda c: D.Normal(c, 1.0), 3.0),
    ("Student, ν = 2", lambda c: D.StudentT(2.0, c, 1.0), 3.0),
    ("Student, ν = 2", lambda c: D.StudentT(2.0, c, 1.0), 90.0),
):
    start = torch.tensor([begin], dtype=torch.float64)
    c = lowest(lambda c, f=family: -f(c).log_prob(spoiled).mean(), start)
    print(f"{name:15} from {begin:4}   {c.item():6.3f}")
# --8<-- [end:try-student]

# --8<-- [start:try-temperature]
student = torch.tensor([[2.0, 1.0, -1.0]], requires_grad=True)
teacher = torch.tensor([[4.0, 2.0, 0.0]])
norms = {}
for T in (1.0, 4.0, 16.0):
    logs, target = (student / T).log_softmax(1), (teacher / T).softmax(1)
    loss = F.kl_div(logs, target, reduction="batchmean")
    (grad,) = torch.autograd.grad(loss, student)
    norms[T] = grad.norm().item()
    print(f"T = {T:4}   gradient {norms[T]:.5f}   times T² {norms[T] * T * T:.4f}")
# --8<-- [end:try-temperature]
