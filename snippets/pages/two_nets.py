"""Two nets that train against each other: whose graph, whose step, detach."""

# --8<-- [start:imports]
import math
from textwrap import shorten

import torch
from expected import expect
from plotting import axes, style, svg
from torch.nn.functional import binary_cross_entropy_with_logits
from two_nets import critic_ahead, gradient, judged, pair

noise = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
real = 3 + 0.5 * torch.randn(64, 1, generator=torch.Generator().manual_seed(2))
# --8<-- [end:imports]

# --8<-- [start:whose]
own = {}
for how in ("as it is", "detach"):
    generator, critic = pair()
    fake = generator(noise)
    shown = fake.detach() if how == "detach" else fake
    (judged(critic, real, True) + judged(critic, shown, False)).backward()
    touched = any(param.grad is not None for param in generator.parameters())
    own[how] = gradient(critic)
    print(f"critic's loss, {how:8}  gradient in the generator: {touched}")
print("the critic's own gradient is the same:", torch.equal(*own.values()))
# --8<-- [end:whose]

# --8<-- [start:left]
generator, critic = pair()
judged(critic, generator(noise), True).backward()  # 生成器的损失 | generator's loss
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
        print(f"{how:22} {shorten(str(caught), 46, placeholder=' …')}")
    else:
        critic.requires_grad_(False)
        judged(critic, generator(noise), True).backward()
        critic.requires_grad_(True)
        print(f"{how:22} generator ‖g‖ {gradient(generator).norm():.3f}", end="  ")
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
print(shorten(str(caught), 77, placeholder=" …"))
# --8<-- [end:order]


# --8<-- [start:repairs]
def for_generator(lr, how):
    """判别器走三步，生成器的梯度 | the generator's gradient, the critic's third step"""
    generator, critic = pair()
    sgd = torch.optim.SGD(critic.parameters(), lr=lr)
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
    return gradient(generator)


off = {}
print("critic's lr   ‖g‖, new critic   ‖g‖, old critic   apart")
for lr in (0.02, 0.2, 2.0):
    new, old = (for_generator(lr, f"{which} critic") for which in ("new", "old"))
    off[lr] = ((old - new).norm() / new.norm()).item()
    print(f"{lr:11} {new.norm():17.3f} {old.norm():17.3f} {off[lr]:7.0%}")
# --8<-- [end:repairs]

# --8<-- [start:between]
generator, critic = pair()
fake = generator(noise)
generator_loss = judged(critic, fake, True)
critic.zero_grad()
(judged(critic, real, True) + judged(critic, fake.detach(), False)).backward()
clean = gradient(critic).clone()
generator.zero_grad()
generator_loss.backward()
pushed = ((gradient(critic) - clean).norm() / clean.norm()).item()
print(f"the critic is about to step, its gradient off by {pushed:.0%}")
# --8<-- [end:between]

# --8<-- [start:second]
generator, critic = pair()
fake = generator(noise)
judged(critic, fake, False).backward()
with expect(RuntimeError) as caught:
    judged(critic, fake, True).backward()
print(shorten(str(caught), 68, placeholder=" …"))
# --8<-- [end:second]

# --8<-- [start:loop]
generator, critic = pair()
adam = [
    torch.optim.Adam(n.parameters(), 0.01, (0.5, 0.99)) for n in (generator, critic)
]
stream = torch.Generator().manual_seed(3)
log = []
for _ in range(600):
    real = 3 + 0.5 * torch.randn(64, 1, generator=stream)
    fake = generator(torch.randn(64, 4, generator=stream))

    adam[1].zero_grad()  # 判别器 | the critic
    critics = judged(critic, real, True) + judged(critic, fake.detach(), False)
    critics.backward()
    adam[1].step()

    adam[0].zero_grad()  # 生成器 | the generator
    generators = judged(critic, fake, True)
    generators.backward()
    adam[0].step()
    values = fake.mean(), fake.std(), critics, generators
    log.append([value.item() for value in values])
print("step   mean    std   L critic   L generator")
for t in (0, 10, 30, 100, 300, 599):
    print("{:4} {:6.2f} {:6.2f} {:10.3f} {:13.3f}".format(t, *log[t]))
print(f"if the critic says ½: {2 * math.log(2):7.3f} {math.log(2):13.3f}")
# --8<-- [end:loop]

# --8<-- [start:loop-figure]
figure, one, other = axes(("t", "x"), ("t", "L"), columns=2, height=2.2)
mean, _, critics, generators = zip(*log, strict=True)
one.plot(mean, **style(0))
one.axhline(3, **style(1))
other.plot(generators, **style(0), linewidth=1)
other.plot(critics, **style(1), linewidth=1)
other.axhline(math.log(2), color=style(5)["color"], linestyle=":")
other.axhline(2 * math.log(2), color=style(5)["color"], linestyle=":")
print(svg(figure, "twonets"))
# --8<-- [end:loop-figure]

# --8<-- [start:wins]
fakes = {}
print("generator's       ‖g‖ mean at 0, 10, 30")
for rule in ("SGD", "Adam"):
    for name, saturating in (("−log D", False), ("log(1 − D)", True)):
        means, norms, ahead = critic_ahead(noise, real, saturating, rule)
        fakes[rule, name] = means
        shown = " ".join(f"{means[t]:4.2f}" for t in (0, 10, 30))
        print(f"{rule:4} {name:10} {norms[0]:5.3f} {shown}")
print(f"the critic's loss before that: {ahead:.4f}")
# --8<-- [end:wins]

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
