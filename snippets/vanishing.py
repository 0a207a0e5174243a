"""Vanishing and exploding gradients: distance, clipping and gates."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


# --8<-- [start:distance]
def spectral_radius(w: Tensor) -> float:
    """Return the largest absolute eigenvalue of a square matrix, a float.

    >>> spectral_radius(torch.tensor([[1.0, 9.0], [0.0, -2.0]]))
    2.0
    """
    return torch.linalg.eigvals(w).abs().max().item()


def recurrent_matrix(radius: float, n_hidden: int = 64) -> Tensor:
    """Return a Gaussian matrix, float64, scaled to a spectral radius; always the same.

    >>> w_hh = recurrent_matrix(0.9, n_hidden=8)
    >>> round(spectral_radius(w_hh), 12)
    0.9
    """
    draw = torch.Generator().manual_seed(0)
    w = torch.randn(n_hidden, n_hidden, generator=draw, dtype=torch.float64)
    return w * (radius / spectral_radius(w))


def norms_by_distance(
    w_hh: Tensor,
    activation: Callable[[Tensor], Tensor],
    steps: int = 100,
    scale: float = 1.0,
) -> Tensor:
    """Return ‖∂(v·h_T)/∂h_{T−k}‖ for k = 0 … steps, for h ← activation(x + w_hh h).

    v is a random unit vector, so the first norm is 1; x is ``scale`` times normal.

    >>> halves = 0.5 * torch.eye(4, dtype=torch.float64)
    >>> norms_by_distance(halves, lambda z: z, steps=3).round(decimals=12)
    tensor([1.0000, 0.5000, 0.2500, 0.1250], dtype=torch.float64)
    """
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(steps, len(w_hh), generator=draw, dtype=w_hh.dtype)
    x = scale * x
    v = torch.randn(len(w_hh), generator=draw, dtype=w_hh.dtype)
    states = [torch.zeros_like(v, requires_grad=True)]
    for x_t in x:
        states.append(activation(x_t + w_hh @ states[-1]))
    grads = torch.autograd.grad(states[-1] @ (v / v.norm()), states)
    return torch.stack([grad.norm() for grad in reversed(grads)])


def rate(norms: Tensor, start: int, stop: int) -> float:
    """Return the mean factor of the norms for one more step of distance, a float.

    >>> rate(torch.tensor([8.0, 4.0, 2.0, 1.0]), 1, 3)
    0.5
    """
    return (norms[stop] / norms[start]).item() ** (1 / (stop - start))


# --8<-- [end:distance]


# --8<-- [start:clip]
def recurrent_loss(w_hh: Sequence[Tensor]) -> Tensor:
    """Return the loss of a linear RNN, h ← x + w_hh h, with a matrix for each step.

    ``w_hh`` is a sequence of T matrices (n_hidden, n_hidden), one for each use. The
    loss is the mean square of h_T − target; each x and the target are standard normal.

    >>> zeros = torch.zeros(2, 2, dtype=torch.float64)
    >>> recurrent_loss([zeros] * 3) == recurrent_loss([zeros + 9.0] * 2 + [zeros])
    tensor(True)
    """
    n_hidden = len(w_hh[0])
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(len(w_hh), n_hidden, generator=draw, dtype=torch.float64)
    target = torch.randn(n_hidden, generator=draw, dtype=torch.float64)
    h = torch.zeros_like(target)
    for w, x_t in zip(w_hh, x, strict=True):
        h = x_t + w @ h
    return (h - target).square().mean()


def early_share(
    radius: float, steps: int = 40, recent: int = 10, n_hidden: int = 64
) -> float:
    """Return how much of the gradient's norm is left without its ``recent`` last uses.

    >>> early_share(0.5, n_hidden=8) < 0.01 < early_share(1.2, n_hidden=8)
    True
    """
    w = recurrent_matrix(radius, n_hidden)
    copies = [w.clone().requires_grad_() for _ in range(steps)]
    grads = torch.autograd.grad(recurrent_loss(copies), copies)
    return (sum(grads[: steps - recent]).norm() / sum(grads).norm()).item()


# --8<-- [end:clip]


# --8<-- [start:clipped-step]
def clipped_step(
    radius: float,
    max_norm: float,
    lr: float = 0.01,
    steps: int = 40,
    n_hidden: int = 64,
) -> tuple[float, float, float, float]:
    """Return the gradient's norm before and after clipping, the loss before and after
    a step of gradient descent on w_hh.

    >>> clipped_step(0.5, 99.0, n_hidden=8) == clipped_step(0.5, torch.inf, n_hidden=8)
    True
    >>> round(clipped_step(1.2, 1.0, n_hidden=8)[1], 4)
    1.0
    """
    w = nn.Parameter(recurrent_matrix(radius, n_hidden))
    loss = recurrent_loss([w] * steps)
    loss.backward()
    norm = nn.utils.clip_grad_norm_([w], max_norm).item()
    with torch.no_grad():
        after = recurrent_loss([w - lr * w.grad] * steps)
    return norm, w.grad.norm().item(), loss.item(), after.item()


# --8<-- [end:clipped-step]


# --8<-- [start:initial]
def input_norms(module: nn.RNNBase, steps: int) -> Tensor:
    """Return ‖∂(v·h_T)/∂x_{T−k}‖ for k = 0 … steps − 1 of nn.RNN, nn.GRU or nn.LSTM.

    v is a random unit vector; each x is standard normal.

    >>> _ = torch.manual_seed(0)
    >>> input_norms(nn.RNN(3, 5), steps=4).shape
    torch.Size([4])
    """
    draw = torch.Generator().manual_seed(1)
    dtype = module.weight_hh_l0.dtype
    x = torch.randn(steps, module.input_size, generator=draw, dtype=dtype)
    v = torch.randn(module.hidden_size, generator=draw, dtype=dtype)
    x.requires_grad_()
    output, _ = module(x)
    (grad,) = torch.autograd.grad(output[-1] @ (v / v.norm()), x)
    return grad.norm(dim=1).flip(0)


def initial_norms(
    build: Callable[[], nn.RNNBase], steps: int = 200, seeds: int = 10
) -> Tensor:
    """Return the ``input_norms`` of modules as initialised, shape (seeds, steps).

    build: a function that makes a module; it is called after each of the seeds. The
    norms are float64, since those from far back are too small for float32.

    >>> initial_norms(lambda: nn.RNN(3, 5), steps=4, seeds=2).shape
    torch.Size([2, 4])
    """
    found = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        found.append(input_norms(build().double(), steps))
    return torch.stack(found)


def typical(norms: Tensor) -> Tensor:
    """Return the geometric mean over the seeds, shape (steps,).

    >>> typical(torch.tensor([[1.0, 10.0], [100.0, 10.0]]))
    tensor([10., 10.])
    """
    return norms.log().mean(0).exp()


# --8<-- [end:initial]


# --8<-- [start:gates]
def open_gate(module: nn.RNNBase, bias: float) -> nn.RNNBase:
    """Set what nn.LSTM forgets, or nn.GRU updates, at the start; return the module.

    torch adds two bias vectors: one gets ``bias``, the other 0. Rows n … 2n belong to
    the LSTM's forget gate f (order i, f, g, o) or the GRU's update gate z (r, z, n).

    >>> lstm = open_gate(nn.LSTM(3, 2), 1.0)
    >>> (lstm.bias_ih_l0 + lstm.bias_hh_l0)[2:4]
    tensor([1., 1.], grad_fn=<SliceBackward0>)
    """
    gate = slice(module.hidden_size, 2 * module.hidden_size)
    with torch.no_grad():
        module.bias_ih_l0[gate] = bias
        module.bias_hh_l0[gate] = 0.0
    return module


def scaled(module: nn.RNNBase, factor: float) -> nn.RNNBase:
    """Multiply the recurrent weights of nn.RNN, nn.GRU or nn.LSTM; return the module.

    >>> rnn = nn.RNN(3, 2)
    >>> before = rnn.weight_hh_l0.detach().clone()
    >>> torch.equal(scaled(rnn, 4.0).weight_hh_l0, 4 * before)
    True
    """
    with torch.no_grad():
        module.weight_hh_l0.mul_(factor)
    return module


# --8<-- [end:gates]


# --8<-- [start:deep]
DEEP = (
    *("Sigmoid", "Tanh", "ReLU"),
    *("Tanh, Xavier", "ReLU, Kaiming", "ReLU, LayerNorm", "ReLU, skip"),
)


class Skip(nn.Sequential):
    """Layers whose input is added to their output."""

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def deep_net(kind: str, depth: int = 20, width: int = 64, seed: int = 0) -> nn.Module:
    """Return a net of ``depth`` hidden layers, of one of the kinds in ``DEEP``.

    >>> len([p for p in deep_net("ReLU, skip", depth=3).parameters() if p.ndim == 2])
    4
    """
    torch.manual_seed(seed)
    layers = []
    for _ in range(depth):
        layer = nn.Linear(width, width)
        if "Kaiming" in kind:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if "Xavier" in kind:
            nn.init.xavier_normal_(layer.weight, gain=nn.init.calculate_gain("tanh"))
        norm = [nn.LayerNorm(width)] if "LayerNorm" in kind else []
        block = [layer, *norm, getattr(nn, kind.split(",")[0])()]
        layers += [Skip(*block)] if "skip" in kind else block
    return nn.Sequential(*layers, nn.Linear(width, 10))


def layer_norms(net: nn.Module, seed: int = 0) -> list[float]:
    """Return the norm of the gradient of each weight matrix, the first layer's first.

    The batch is 128 points of 64 standard normal numbers, with ten labels in turn.

    >>> len(layer_norms(deep_net("Tanh", depth=3)))
    4
    """
    draw = torch.Generator().manual_seed(seed)
    points, labels = torch.randn(128, 64, generator=draw), torch.arange(128) % 10
    nn.functional.cross_entropy(net(points), labels).backward()
    return [p.grad.norm().item() for p in net.parameters() if p.ndim == 2]


# --8<-- [end:deep]
