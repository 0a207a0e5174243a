"""The surprise on the home page: two Adams that differ in one line."""

# --8<-- [start:imports]
import torch
from adam import adam_as_printed, adam_in_paper

# --8<-- [end:imports]


# --8<-- [start:first-step]
def first_step(rule, lr=0.01):
    """Return the first step of a rule for gradients of 0.001, 1 and 1000.

    rule: a function like those in adam.py. Result: shape (3,), float64, in units of θ.

    >>> first_step(adam_in_paper)
    tensor([-0.0100, -0.0100, -0.0100], dtype=torch.float64)
    """
    grad = torch.tensor([1e-3, 1.0, 1e3], dtype=torch.float64)
    theta = torch.zeros_like(grad)
    rule(theta, grad, {}, lr=lr)
    return theta


# --8<-- [end:first-step]


if __name__ == "__main__":
    # --8<-- [start:surprise]
    for rule in (adam_as_printed, adam_in_paper):
        steps = ", ".join(f"{step:.4f}" for step in first_step(rule))
        print(f"{rule.__name__:16} {steps}")
    # --8<-- [end:surprise]
