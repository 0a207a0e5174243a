"""The surprise on the home page: two Adams that differ in one line."""

import torch


# --8<-- [start:first-step]
def first_step(rule, lr=0.01):
    """Return the first step of a rule for gradients of 0.001, 1 and 1000.

    rule: a function like those in adam.py. Result: shape (3,), float64, in units of θ.

    >>> from adam import adam_in_paper
    >>> first_step(adam_in_paper)
    tensor([-0.0100, -0.0100, -0.0100], dtype=torch.float64)
    """
    grad = torch.tensor([1e-3, 1.0, 1e3], dtype=torch.float64)
    theta = torch.zeros_like(grad)
    rule(theta, grad, {}, lr=lr)
    return theta


# --8<-- [end:first-step]
