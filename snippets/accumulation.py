"""Gradient accumulation: what backward() adds and zero_grad() clears."""

# --8<-- [start:imports]
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

# --8<-- [end:imports]


# --8<-- [start:parameters]
def parameters():
    """Return the post's w of shape (5, 3) and b of shape (3,), float32, with gradients.

    >>> w, b = parameters()
    >>> w.shape, b
    (torch.Size([5, 3]), tensor([1., 2., 3.], requires_grad=True))
    """
    w = torch.tensor([[1.0, 2.0, 3.0]] * 5, requires_grad=True)
    b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    return w, b


# --8<-- [end:parameters]


if __name__ == "__main__":
    # --8<-- [start:twice]
    x = torch.ones(5)  # 输入 | input
    y = torch.zeros(3)  # 目标 | target
    w, b = parameters()

    for _ in range(2):
        loss = binary_cross_entropy_with_logits(x @ w + b, y)
        loss.backward()
        print(w.grad)
        print(b.grad)
    # --8<-- [end:twice]

    # --8<-- [start:figure]
    from plotting import axes, style, svg

    figure, panel = axes(("t", "σ(z)"))
    z = torch.linspace(-5, 5, 50)
    panel.plot(z, torch.sigmoid(z), **style(0), label="σ")
    panel.legend()
    print(svg(figure, "sigmoid"))
    # --8<-- [end:figure]
