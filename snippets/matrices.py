"""What Muon and Adafactor make of a matrix: singular values, ranks, steps."""

from functools import cache

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn


# --8<-- [start:squeeze]
def squeeze(
    sigma: Tensor,
    steps: int = 5,
    coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
) -> Tensor:
    """Return what Newton–Schulz makes of singular values in [0, 1], in their dtype.

    σ ← aσ + bσ³ + cσ⁵, ``steps`` times.

    >>> squeeze(torch.tensor([0.0, 1.0]), steps=1)
    tensor([0.0000, 0.7010])
    """
    a, b, c = coefficients
    for _ in range(steps):
        sigma = a * sigma + b * sigma**3 + c * sigma**5
    return sigma


# --8<-- [end:squeeze]


# --8<-- [start:hidden-steps]
@cache
def digits() -> tuple[Tensor, Tensor]:
    """Return scikit-learn's digits: pixels (1797, 64) from 0 to 1, and labels.

    >>> digits()[0].shape
    torch.Size([1797, 64])
    """
    data = load_digits()
    return torch.tensor(data.data / 16, dtype=torch.float32), torch.tensor(data.target)


def digits_net() -> nn.Sequential:
    """Return a network with a hidden 64 × 64 layer between two others.

    >>> sum(param.ndim == 2 for param in digits_net().parameters())
    3
    """
    return nn.Sequential(
        nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10)
    )


@cache
def hidden_steps(seed: int, steps: int = 30) -> dict[str, Tensor]:
    """Return a gradient of the hidden layer, and the steps that two optimizers make.

    After ``steps`` steps of AdamW with batches of 128: "g", the last gradient, "AdamW"
    and "Muon", their last steps over lr, fed with the same gradients, and "v", AdamW's
    mean of squares; all 64 × 64.

    >>> sorted(hidden_steps(0, steps=1))
    ['AdamW', 'Muon', 'g', 'v']
    """
    torch.manual_seed(seed)
    inputs, targets = digits()
    model = digits_net()
    hidden = model[2].weight
    twin = hidden.detach().clone().requires_grad_()
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    muon = torch.optim.Muon([twin], lr=1e-3, weight_decay=0.0)
    for _ in range(steps):
        rows = torch.randint(len(inputs), (128,))
        adamw.zero_grad()
        nn.functional.cross_entropy(model(inputs[rows]), targets[rows]).backward()
        twin.grad = hidden.grad.clone()
        before = hidden.detach().clone(), twin.detach().clone()
        adamw.step()
        muon.step()
    moved = (before[0] - hidden.detach()) / 1e-3, (before[1] - twin.detach()) / 1e-3
    kept = adamw.state[hidden]["exp_avg_sq"]
    return {"g": twin.grad, "AdamW": moved[0], "Muon": moved[1], "v": kept}


def stable_rank(matrix: Tensor) -> float:
    """Return Σσ²/σ₁²: about how many singular values are as large as the largest.

    >>> round(stable_rank(torch.eye(5)), 4)
    5.0
    """
    values = torch.linalg.svdvals(matrix.double())
    return (values.square().sum() / values[0] ** 2).item()


# --8<-- [end:hidden-steps]


# --8<-- [start:step-size]
def step_rms(name: str, shape: tuple[int, int], **options) -> float:
    """Return the root mean square of an optimizer's first step on a matrix, over lr.

    The gradient is standard normal, seed 0, the parameter of RMS 1.

    >>> round(step_rms("AdamW", (8, 8)), 3)
    1.0
    """
    torch.manual_seed(0)
    theta = torch.ones(shape, requires_grad=True)
    theta.grad = torch.randn(shape)
    optimizer = getattr(torch.optim, name)
    optimizer([theta], lr=1e-3, weight_decay=0.0, **options).step()
    return ((theta.detach() - 1) / 1e-3).square().mean().sqrt().item()


# --8<-- [end:step-size]


# --8<-- [start:factored]
def factored(squares: Tensor) -> Tensor:
    """Return R C/mean(R): what Adafactor remembers of a matrix of squares.

    R and C are the means of its rows and columns. Source: Shazeer & Stern 2018,
    section 3, with means for their sums.

    >>> factored(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    tensor([[1., 2.],
            [3., 6.]])
    """
    rows, columns = squares.mean(1, keepdim=True), squares.mean(0, keepdim=True)
    return rows @ columns / rows.mean()


# --8<-- [end:factored]
