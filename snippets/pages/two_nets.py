"""Two nets that train against each other: whose graph, whose step, detach."""

# --8<-- [start:imports]
import torch
from expected import expect
from plotting import axes, style, svg
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

# --8<-- [end:imports]

# --8<-- [start:nets-setup]


def pair(seed=0):
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    critic = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
    return generator, critic


def judged(critic, samples, real):
    logits = critic(samples)
    target = torch.full_like(logits, float(real))
    return binary_cross_entropy_with_logits(logits, target)


def gradient(net):
    return torch.cat([param.grad.flatten() for param in net.parameters()])


noise = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
real = 3 + 0.5 * torch.randn(64, 1, generator=torch.Generator().manual_seed(2))
# --8<-- [end:nets-setup]

# --8<-- [start:whose]
for how in ("as it is", "detach"):
    generator, critic = pair()
    fake = generator(noise)
    shown = fake.detach() if how == "detach" else fake
    (judged(critic, real, True) + judged(critic, shown, False)).backward()
    touched = any(param.grad is not None for param in generator.parameters())
    print(f"critic's loss, {how:8}  gradient in the generator: {touched}")
# --8<-- [end:whose]

# --8<-- [start:left]
generator, critic = pair()
judged(critic, generator(noise), True).backward()  # 生成器的损失 | its own loss
left = gradient(critic).clone()
(
    judged(critic, real, True) + judged(critic, generator(noise).detach(), False)
).backward()
mixed = gradient(critic).clone()
own = mixed - left
print(f"left over by the generator's loss: {left.norm():.3f}")
print(f"the critic's own gradient:         {own.norm():.3f}")
cosine = torch.cosine_similarity(left, own, dim=0)
print(f"cosine of the two {cosine:.2f}; mixed, off by {left.norm() / own.norm():.0%}")
# --8<-- [end:left]

# --8<-- [start:ways]
for how in ("requires_grad_(False)", "no_grad"):
    generator, critic = pair()
    if how == "no_grad":
        fake = generator(noise)
        with torch.no_grad():
            loss = judged(critic, fake, True)
        with expect(RuntimeError) as caught:
            loss.backward()
        print(f"{how:22} {str(caught)[:44]} …")
    else:
        critic.requires_grad_(False)
        judged(critic, generator(noise), True).backward()
        critic.requires_grad_(True)
        print(f"{how:22} generator {gradient(generator).norm():.3f}", end="  ")
        print("critic", next(critic.parameters()).grad)
# --8<-- [end:ways]

# --8<-- [start:order]
generator, critic = pair()
critic_sgd = torch.optim.SGD(critic.parameters(), lr=0.1)
fake = generator(noise)
generator_loss = judged(critic, fake, True)
(judged(critic, real, True) + judged(critic, fake.detach(), False)).backward()
critic_sgd.step()
with expect(RuntimeError) as caught:
    generator_loss.backward()
print(str(caught)[:75], "…")
# --8<-- [end:order]

# --8<-- [start:repairs]
found = {}
for how in ("new critic", "old critic"):
    generator, critic = pair()
    sgd = torch.optim.SGD(critic.parameters(), lr=2.0)
    for _ in range(3):
        fake = generator(noise)
        if how == "old critic":
            generator.zero_grad()
            judged(critic, fake, True).backward()
        sgd.zero_grad()
        (judged(critic, real, True) + judged(critic, fake.detach(), False)).backward()
        sgd.step()
        if how == "new critic":
            generator.zero_grad()
            judged(critic, fake, True).backward()
    found[how] = gradient(generator)
    print(f"{how}: the generator's gradient {found[how].norm():.3f}")
off = (found["old critic"] - found["new critic"]).norm() / found["new critic"].norm()
print(f"apart by {off:.2f}")
# --8<-- [end:repairs]

# --8<-- [start:second]
generator, critic = pair()
fake = generator(noise)
judged(critic, fake, False).backward()
with expect(RuntimeError) as caught:
    judged(critic, fake, True).backward()
print(str(caught)[:66], "…")
# --8<-- [end:second]

# --8<-- [start:loop]
generator, critic = pair()
adam = [
    torch.optim.Adam(n.parameters(), 0.01, (0.5, 0.99)) for n in (generator, critic)
]
stream = torch.Generator().manual_seed(3)
means = []
for _ in range(600):
    real = 3 + 0.5 * torch.randn(64, 1, generator=stream)
    fake = generator(torch.randn(64, 4, generator=stream))

    adam[1].zero_grad()  # 判别器 | the critic
    (judged(critic, real, True) + judged(critic, fake.detach(), False)).backward()
    adam[1].step()

    adam[0].zero_grad()  # 生成器 | the generator
    judged(critic, fake, True).backward()
    adam[0].step()
    means.append(fake.mean().item())
print("mean of what is generated:", *(f"{means[t]:.2f}" for t in (0, 100, 300, 599)))
# --8<-- [end:loop]

# --8<-- [start:loop-figure]
figure, panel = axes(("t", "x"), height=2.2)
panel.plot(means, **style(0))
panel.axhline(3, **style(1))
print(svg(figure, "twonets"))
# --8<-- [end:loop-figure]

# --8<-- [start:try-saturate]
slopes = {}
for logit in (-6.0, 0.0, 6.0):
    for name in ("−log D", "log(1 − D)"):
        z = torch.tensor(logit, requires_grad=True)
        target = torch.tensor(1.0 if name == "−log D" else 0.0)
        sign = 1 if name == "−log D" else -1
        (sign * binary_cross_entropy_with_logits(z, target)).backward()
        slopes[logit, name] = z.grad.item()
    row = "   ".join(
        f"{name} {slopes[logit, name]:7.4f}" for name in ("−log D", "log(1 − D)")
    )
    print(f"logit {logit:4}   {row}")
# --8<-- [end:try-saturate]

# --8<-- [start:try-swap]
generator, critic = pair()
both = torch.optim.SGD([*generator.parameters(), *critic.parameters()], lr=0.1)
fake = generator(noise)
before = judged(critic, fake, True).item()
judged(critic, fake, False).backward()
both.step()
print(
    f"the critic's opinion of fakes, as a loss for the generator: {before:.3f}", end=""
)
print(f" → {judged(critic, generator(noise), True).item():.3f}")
# --8<-- [end:try-swap]
