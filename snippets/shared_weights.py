"""Gradients through shared weights: one parameter, many uses, one sum."""

import string
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

# --8<-- [start:names]
SURNAMES = {
    "German": "Schmidt Schneider Fischer Weber Wagner Becker Hoffmann Schulz",
    "Italian": "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci",
    "Japanese": "Sato Suzuki Takahashi Tanaka Watanabe Ito Nakamura Kobayashi",
    "Korean": "Kim Lee Park Choi Jung Kang Yoon O",
}
LANGUAGES = list(SURNAMES)
LETTERS = string.ascii_lowercase


def line_to_tensor(line: str) -> torch.Tensor:
    """Return a name as one-hot letters, float32 of shape (length, 1, n_letters).

    Case is ignored; ValueError for a character that is no letter from a to z.

    >>> line_to_tensor("Kim").shape
    torch.Size([3, 1, 26])
    >>> line_to_tensor("Kim").argmax(dim=-1).flatten()
    tensor([10,  8, 12])
    """
    index = torch.tensor([LETTERS.index(letter) for letter in line.lower()])
    return nn.functional.one_hot(index, len(LETTERS)).float().unsqueeze(1)


def category_to_tensor(language: str) -> torch.Tensor:
    """Return the number of a language, int64 of shape (1,).

    >>> category_to_tensor("Korean")
    tensor([3])
    """
    return torch.tensor([LANGUAGES.index(language)])


# --8<-- [end:names]


# --8<-- [start:rnn]
class RNN(nn.Module):
    """A cell: letter and hidden state in, log-probabilities and hidden state out.

    Shapes: letter (1, n_letters), hidden (1, n_hidden), output (1, n_categories).

    >>> rnn = RNN(26, 16, 4)
    >>> output, hidden = rnn(line_to_tensor("O")[0], rnn.initHidden())
    >>> output.shape, hidden.shape
    (torch.Size([1, 4]), torch.Size([1, 16]))
    """

    def __init__(self, n_letters: int, n_hidden: int, n_categories: int):
        super().__init__()
        self.i2h = nn.Linear(n_letters + n_hidden, n_hidden)
        self.h2o = nn.Linear(n_hidden, n_categories)

    def forward(self, letter, hidden):
        combined = torch.cat((letter, hidden), dim=1)
        hidden = torch.tanh(self.i2h(combined))
        output = self.h2o(hidden).log_softmax(dim=1)
        return output, hidden

    def initHidden(self):
        return self.i2h.weight.new_zeros(1, self.i2h.out_features)


# --8<-- [end:rnn]


# --8<-- [start:train]
def train(
    rnn: nn.Module,
    criterion: nn.Module,
    category_tensor: Tensor,
    line_tensor: Tensor,
    lr: float | None = None,
) -> tuple[Tensor, float]:
    """Return the last output and the loss of one name, as the post's function would.

    Gradients are left in the parameters. With ``lr`` they are also applied, by the
    update line of PyTorch's tutorial on classifying names; the post lacks it.

    >>> _ = torch.manual_seed(0)
    >>> rnn, criterion = RNN(26, 16, 4), nn.NLLLoss()
    >>> sample = category_to_tensor("Korean"), line_to_tensor("Kim")
    >>> without = [train(rnn, criterion, *sample)[1] for _ in range(9)]
    >>> without[0] == without[8]
    True
    >>> updated = [train(rnn, criterion, *sample, lr=0.1)[1] for _ in range(9)]
    >>> updated[0] > updated[8]
    True
    """
    hidden = rnn.initHidden()

    rnn.zero_grad()

    for i in range(line_tensor.size()[0]):
        output, hidden = rnn(line_tensor[i], hidden)

    loss = criterion(output, category_tensor)
    loss.backward()

    if lr is not None:  # 原文缺的更新 | the update that the post lacks
        for p in rnn.parameters():
            p.data.add_(p.grad.data, alpha=-lr)

    return output, loss.item()


# --8<-- [end:train]


# --8<-- [start:losses-of-calls]
def losses_of_calls(lr: float | None = None, calls: int = 100) -> list[float]:
    """Return the loss of each of many calls of ``train`` with the surname Kobayashi.

    >>> first, second = losses_of_calls(calls=2)
    >>> first == second
    True
    """
    torch.manual_seed(0)
    rnn, criterion = RNN(len(LETTERS), 16, len(LANGUAGES)), nn.NLLLoss()
    sample = category_to_tensor("Japanese"), line_to_tensor("Kobayashi")
    return [train(rnn, criterion, *sample, lr)[1] for _ in range(calls)]


# --8<-- [end:losses-of-calls]


# --8<-- [start:unrolled]
def unrolled(
    i: Sequence[float], h: float, w: Sequence[float], b: Sequence[float]
) -> float:
    """Return the post's {[(i1+h1)w+b+i2]w+b+i3}w+b, with its own w and b for each use.

    ``i``, ``w`` and ``b`` are sequences of one length, ``h`` is h1.

    >>> unrolled(i=[1.0, 2.0, 3.0], h=0.5, w=[0.5] * 3, b=[0.25] * 3)
    2.625
    """
    for i_t, w_t, b_t in zip(i, w, b, strict=True):
        h = (i_t + h) * w_t + b_t
    return h


def elman(
    i: Sequence[float],
    h: float,
    w_ih: float,
    w_hh: float,
    b: float,
    activation: Callable[[float], float],
) -> float:
    """Return the last h of h ← activation(w_ih i + w_hh h + b), all of them numbers.

    torch.nn.RNN computes this with matrices; its b is a sum of two.

    >>> elman(i=[1.0, 2.0, 3.0], h=0.5, w_ih=0.5, w_hh=0.5, b=0.25, activation=float)
    2.625
    """
    for i_t in i:
        h = activation(w_ih * i_t + w_hh * h + b)
    return h


# --8<-- [end:unrolled]


# --8<-- [start:per-use]
def per_use(
    rnn: nn.Module, criterion: nn.Module, category_tensor: Tensor, line_tensor: Tensor
) -> list[dict[str, Tensor | None]]:
    """Return the gradients of each use: for each letter a dict of name and gradient.

    Each letter is read with copies of the parameters of its own, so that the uses can
    be told apart. None stands where a copy has no part in the loss.

    >>> _ = torch.manual_seed(0)
    >>> rnn, criterion = RNN(26, 16, 4).double(), nn.NLLLoss()
    >>> sample = category_to_tensor("Korean"), line_to_tensor("Kim").double()
    >>> uses = per_use(rnn, criterion, *sample)
    >>> [use["h2o.bias"] is None for use in uses]
    [True, True, False]
    >>> _ = train(rnn, criterion, *sample)
    >>> total = sum(use["i2h.weight"] for use in uses)
    >>> torch.testing.assert_close(total, rnn.i2h.weight.grad, rtol=1e-12, atol=1e-15)
    """
    copies = [
        {name: p.detach().clone() for name, p in rnn.named_parameters()}
        for _ in line_tensor
    ]
    hidden = rnn.initHidden()
    for letter, params in zip(line_tensor, copies, strict=True):
        for p in params.values():
            p.requires_grad_()
        output, hidden = functional_call(rnn, params, (letter, hidden))
    criterion(output, category_tensor).backward()
    return [{name: p.grad for name, p in params.items()} for params in copies]


# --8<-- [end:per-use]


# --8<-- [start:central-differences]
def central_differences(
    loss_of: Callable[[], Tensor], param: Tensor, eps: float = 1e-6
) -> Tensor:
    """Return the gradient of ``loss_of()`` by ``param``, found without autograd.

    (L(w + eps) − L(w − eps)) / 2 eps; ``param`` is float64 and is put back.

    >>> w = torch.tensor([3.0, -1.0], dtype=torch.float64)
    >>> central_differences(lambda: (w**2).sum(), w).round(decimals=6)
    tensor([ 6., -2.], dtype=torch.float64)
    >>> w
    tensor([ 3., -1.], dtype=torch.float64)
    """
    grad = torch.empty_like(param)
    with torch.no_grad():
        entries = param.view(-1)
        for k, value in enumerate(entries.tolist()):
            entries[k] = value + eps
            above = loss_of()
            entries[k] = value - eps
            below = loss_of()
            entries[k] = value
            grad.view(-1)[k] = (above - below) / (2 * eps)
    return grad


def relative_error(value: Tensor, reference: Tensor) -> float:
    """Return ‖value − reference‖ / ‖reference‖ of two tensors, a float.

    >>> relative_error(torch.tensor([3.0, 6.5]), torch.tensor([3.0, 4.0]))
    0.5
    """
    return ((value - reference).norm() / reference.norm()).item()


# --8<-- [end:central-differences]


# --8<-- [start:errors-of-uses]
def errors_of_uses(
    rnn: nn.Module, criterion: nn.Module, category_tensor: Tensor, line_tensor: Tensor
) -> tuple[float, float]:
    """Return the relative errors of two gradients of i2h.weight: all uses, the last.

    The reference is found by central differences; the module is float64.

    >>> _ = torch.manual_seed(0)
    >>> rnn, criterion = RNN(26, 16, 4).double(), nn.NLLLoss()
    >>> sample = category_to_tensor("Korean"), line_to_tensor("O").double()
    >>> whole, last = errors_of_uses(rnn, criterion, *sample)
    >>> whole == last < 1e-7
    True
    """

    def loss_of():
        hidden = rnn.initHidden()
        for letter in line_tensor:
            output, hidden = rnn(letter, hidden)
        return criterion(output, category_tensor)

    numeric = central_differences(loss_of, rnn.i2h.weight)
    (whole,) = torch.autograd.grad(loss_of(), [rnn.i2h.weight])
    last = per_use(rnn, criterion, category_tensor, line_tensor)[-1]["i2h.weight"]
    return relative_error(whole, numeric), relative_error(last, numeric)


# --8<-- [end:errors-of-uses]


# --8<-- [start:tutorial-rnn]
class TutorialRNN(nn.Module):
    """The cell as older releases of PyTorch's tutorial had it: i2o reads the input.

    Shapes as in RNN; the new hidden state has no part in this step's output.

    >>> rnn = TutorialRNN(26, 16, 4)
    >>> sample = category_to_tensor("Korean"), line_to_tensor("O")
    >>> _ = train(rnn, nn.NLLLoss(), *sample)
    >>> rnn.i2h.weight.grad is None, rnn.i2o.weight.grad is None
    (True, False)
    """

    def __init__(self, n_letters: int, n_hidden: int, n_categories: int):
        super().__init__()
        self.i2h = nn.Linear(n_letters + n_hidden, n_hidden)
        self.i2o = nn.Linear(n_letters + n_hidden, n_categories)

    def forward(self, letter, hidden):
        combined = torch.cat((letter, hidden), dim=1)
        hidden = self.i2h(combined)
        output = self.i2o(combined).log_softmax(dim=1)
        return output, hidden

    def initHidden(self):
        return self.i2h.weight.new_zeros(1, self.i2h.out_features)


# --8<-- [end:tutorial-rnn]


# --8<-- [start:scalar-cells]
def tutorial_state(
    i: Sequence[float], h: float, w_ih: float, w_hh: float, b: float
) -> float:
    """Return the last hidden state of TutorialRNN, all of its sizes being 1.

    >>> tutorial_state(i=[1.0, 2.0, 3.0], h=0.5, w_ih=0.5, w_hh=0.5, b=0.25)
    2.625
    """
    rnn, hidden = TutorialRNN(1, 1, 1), torch.tensor([[h]])
    with torch.no_grad():
        rnn.i2h.weight.copy_(torch.tensor([[w_ih, w_hh]]))
        rnn.i2h.bias.fill_(b)
        for i_t in i:
            _, hidden = rnn(torch.tensor([[i_t]]), hidden)
    return hidden.item()


def module_state(
    i: Sequence[float], h: float, w_ih: float, w_hh: float, b: float
) -> float:
    """Return the last hidden state of nn.RNN(1, 1), whose biases add up to b.

    >>> state = module_state([1.0, 2.0, 3.0], 0.5, w_ih=0.5, w_hh=0.5, b=0.25)
    >>> import math
    >>> abs(state - elman([1.0, 2.0, 3.0], 0.5, 0.5, 0.5, 0.25, math.tanh)) < 1e-6
    True
    """
    rnn = nn.RNN(1, 1)
    values = {"weight_ih_l0": w_ih, "weight_hh_l0": w_hh, "bias_ih_l0": b}
    with torch.no_grad():
        for name, param in rnn.named_parameters():
            param.fill_(values.get(name, 0.0))
        _, hidden = rnn(torch.tensor(i).unsqueeze(1), torch.tensor([[h]]))
    return hidden.item()


# --8<-- [end:scalar-cells]


# --8<-- [start:step-by-step]
def step_by_step(module: nn.RNNBase, x: Tensor, carry: bool = True) -> Tensor:
    """Return the outputs of nn.RNN, nn.GRU or nn.LSTM called once for each step of x.

    x and the result have shape (steps, batch, features). With ``carry`` each call gets
    the state that the call before returned, otherwise zeros.

    >>> _ = torch.manual_seed(0)
    >>> gru, x = nn.GRU(3, 5), torch.randn(4, 1, 3)
    >>> torch.testing.assert_close(step_by_step(gru, x), gru(x)[0])
    >>> torch.allclose(step_by_step(gru, x, carry=False), gru(x)[0])
    False
    """
    outputs, state = [], None
    for x_t in x.split(1):
        output, state = module(x_t, state if carry else None)
        outputs.append(output)
    return torch.cat(outputs)


def flat_gradient(module: nn.Module, output: Tensor) -> Tensor:
    """Return the gradient of output.square().mean() by all parameters as one vector.

    >>> layer = nn.Linear(1, 1)
    >>> _ = nn.init.constant_(layer.weight, 2.0), nn.init.zeros_(layer.bias)
    >>> flat_gradient(layer, layer(torch.ones(1)))
    tensor([4., 4.])
    """
    loss = output.square().mean()
    grads = torch.autograd.grad(loss, list(module.parameters()))
    return torch.cat([grad.flatten() for grad in grads])


# --8<-- [end:step-by-step]


# --8<-- [start:once-or-many]
def once_or_many(
    kind: type[nn.RNNBase],
    carry: bool,
    dtype: torch.dtype = torch.float32,
    steps: int = 20,
    train: bool = True,
    **options,
) -> tuple[float, float]:
    """Return how far one call and one call a step are apart for a module of ``kind``.

    The largest difference of the outputs, and the relative error of the gradient.
    ``options`` are those of the module; without ``train`` it is in eval mode.

    >>> output_gap, grad_gap = once_or_many(nn.GRU, True, torch.float64, steps=5)
    >>> output_gap < 1e-14, grad_gap < 1e-14
    (True, True)
    """
    torch.manual_seed(0)
    module = kind(8, 16, **options).to(dtype).train(train)
    x = torch.randn(steps, 1, 8, dtype=dtype)
    once, _ = module(x)
    many = step_by_step(module, x, carry)
    output_gap = (many - once).abs().max().item()
    once, many = flat_gradient(module, once), flat_gradient(module, many)
    return output_gap, relative_error(many, once)


# --8<-- [end:once-or-many]
