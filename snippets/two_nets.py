"""A generator and a critic that train against each other, one of them ahead."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


# --8<-- [start:nets]
def pair(seed: int = 0) -> tuple[nn.Module, nn.Module]:
    """Return a generator, (N, 4) to (N, 1), and a critic, (N, 1) to logits (N, 1).

    >>> [sum(p.numel() for p in net.parameters()) for net in pair()]
    [97, 49]
    """
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    critic = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
    return generator, critic


def judged(critic: nn.Module, samples: Tensor, real: bool) -> Tensor:
    """Return the critic's loss on samples whose label is ``real``, averaged, a scalar.

    With D = sigmoid(logit) that is -log D for real samples, -log(1 - D) for others.
    RuntimeError or ValueError for samples that do not fit the critic.

    >>> judged(nn.Identity(), torch.zeros(3, 1), True)
    tensor(0.6931)
    """
    logits = critic(samples)
    target = torch.full_like(logits, float(real))
    return binary_cross_entropy_with_logits(logits, target)


def gradient(net: nn.Module) -> Tensor:
    """Return the gradients of all parameters as one vector.

    AttributeError if a parameter has none.

    >>> net = nn.Linear(2, 1)
    >>> net(torch.ones(1, 2)).backward()
    >>> gradient(net)
    tensor([1., 1., 1.])
    """
    return torch.cat([param.grad.flatten() for param in net.parameters()])


# --8<-- [end:nets]


# --8<-- [start:ahead]
def critic_ahead(
    noise: Tensor,
    real: Tensor,
    saturating: bool,
    rule: str = "SGD",
    ahead: int = 100,
    steps: int = 31,
    seed: int = 0,
) -> tuple[list[float], list[float], float]:
    """Let the critic step alone, then both; return means, norms, the critic's loss.

    The generator minimises log(1 - D) if ``saturating``, else -log D, by "SGD" with lr
    0.05 or "Adam" with 0.01; the critic's Adam has 0.03, and betas are (0.5, 0.99).
    Means are those of the fakes and norms those of the generator's gradient, before
    each of its ``steps``; the loss is the critic's in the last of its ``ahead`` steps.
    noise (N, 4), real (N, 1), float32. KeyError for another rule.
    Source: Goodfellow et al. 2014, section 3.

    >>> noise, real = torch.ones(8, 4), torch.full((8, 1), 3.0)
    >>> means, norms, loss = critic_ahead(noise, real, False, ahead=20, steps=2)
    >>> means[1] > means[0], len(norms), loss < 1.4
    (True, 2, True)
    """
    generator, critic = pair(seed)
    rules = {
        "SGD": torch.optim.SGD(generator.parameters(), 0.05),
        "Adam": torch.optim.Adam(generator.parameters(), 0.01, (0.5, 0.99)),
    }
    optimizer = rules[rule]
    adam = torch.optim.Adam(critic.parameters(), 0.03, (0.5, 0.99))
    means, norms, loss = [], [], 0.0
    for step in range(-ahead, steps):
        fake = generator(noise)
        adam.zero_grad()
        critics = judged(critic, real, True) + judged(critic, fake.detach(), False)
        critics.backward()
        adam.step()
        if step < 0:  # 判别器先走 | the critic goes first
            loss = critics.item()
            continue
        optimizer.zero_grad()
        if saturating:
            (-judged(critic, fake, False)).backward()  # log(1 − D)
        else:
            judged(critic, fake, True).backward()  # −log D
        means.append(fake.mean().item())
        norms.append(gradient(generator).norm().item())
        optimizer.step()
    return means, norms, loss


# --8<-- [end:ahead]
