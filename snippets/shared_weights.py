"""Gradients through shared weights: one parameter, many uses, one sum."""

# --8<-- [start:imports]
import math
import string

import torch
from torch import nn
from torch.func import functional_call
from verdicts import Case, Trial

# --8<-- [end:imports]


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
def train(rnn, criterion, category_tensor, line_tensor, lr=None):
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


# --8<-- [start:unrolled]
def unrolled(i, h, w, b):
    """Return the post's {[(i1+h1)w+b+i2]w+b+i3}w+b, with its own w and b for each use.

    ``i``, ``w`` and ``b`` are sequences of one length, ``h`` is h1.

    >>> unrolled(i=[1.0, 2.0, 3.0], h=0.5, w=[0.5] * 3, b=[0.25] * 3)
    2.625
    """
    for i_t, w_t, b_t in zip(i, w, b, strict=True):
        h = (i_t + h) * w_t + b_t
    return h


def elman(i, h, w_ih, w_hh, b, activation):
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
def per_use(rnn, criterion, category_tensor, line_tensor):
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
def central_differences(loss_of, param, eps=1e-6):
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


def relative_error(value, reference):
    """Return ‖value − reference‖ / ‖reference‖ of two tensors, a float.

    >>> relative_error(torch.tensor([3.0, 6.5]), torch.tensor([3.0, 4.0]))
    0.5
    """
    return ((value - reference).norm() / reference.norm()).item()


# --8<-- [end:central-differences]


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


# --8<-- [start:step-by-step]
def step_by_step(module, x, carry=True):
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


def flat_gradient(module, output):
    """Return the gradient of output.square().mean() by all parameters as one vector.

    >>> layer = nn.Linear(1, 1)
    >>> _ = nn.init.constant_(layer.weight, 2.0), nn.init.zeros_(layer.bias)
    >>> flat_gradient(layer, layer(torch.ones(1)))
    tensor([4., 4.])
    """
    loss = output.square().mean()
    grads = torch.autograd.grad(loss, list(module.parameters()))
    return torch.cat([grad.flatten() for grad in grads])


def once_or_many(kind, carry, dtype=torch.float32, steps=20):
    """Return how far one call and one call a step are apart for a module of ``kind``.

    The largest difference of the outputs, and the relative error of the gradient.

    >>> output_gap, grad_gap = once_or_many(nn.GRU, True, torch.float64, steps=5)
    >>> output_gap < 1e-14, grad_gap < 1e-14
    (True, True)
    """
    torch.manual_seed(0)
    module = kind(8, 16).to(dtype)
    x = torch.randn(steps, 1, 8, dtype=dtype)
    once, _ = module(x)
    many = step_by_step(module, x, carry)
    output_gap = (many - once).abs().max().item()
    once, many = flat_gradient(module, once), flat_gradient(module, many)
    return output_gap, relative_error(many, once)


# --8<-- [end:step-by-step]


# --8<-- [start:c26]
def c26() -> Trial:
    """The post's train, as it stands, descends: the loss of 100 calls on one name.

    >>> c26()
    false
    ✗ 原文的 train，第 1、100 次 | the post's train, calls 1, 100: 1.5522, 1.5522
    """
    torch.manual_seed(0)
    rnn, criterion = RNN(len(LETTERS), 16, len(LANGUAGES)), nn.NLLLoss()
    sample = category_to_tensor("Japanese"), line_to_tensor("Kobayashi")
    losses = [train(rnn, criterion, *sample)[1] for _ in range(100)]
    return Trial(
        Case(
            "原文的 train，第 1、100 次 | the post's train, calls 1, 100",
            f"{losses[0]:.4f}, {losses[-1]:.4f}",
            losses[-1] < losses[0],
        )
    )


# --8<-- [end:c26]


# --8<-- [start:c22]
def c22() -> Trial:
    """The unrolled formula is what an RNN computes: its distance from four cells.

    >>> c22()
    imprecise
    ✓ h ← (i + h) w + b: +0.0000
    ✗ w_hh ≠ w_ih: -0.5078
    ✗ tanh: -1.6486
    """
    i, h, w, b = [1.0, 2.0, 3.0], 0.5, 0.5, 0.25
    post = (((i[0] + h) * w + b + i[1]) * w + b + i[2]) * w + b
    gaps = {
        "h ← (i + h) w + b": unrolled(i, h, [w] * 3, [b] * 3) - post,
        "w_hh ≠ w_ih": elman(i, h, w, 0.25, b, float) - post,
        "tanh": elman(i, h, w, w, b, math.tanh) - post,
    }
    return Trial(*(Case(cell, f"{gap:+.4f}", gap == 0) for cell, gap in gaps.items()))


# --8<-- [end:c22]


# --8<-- [start:c23]
def c23() -> Trial:
    """A parameter that occurs several times gets the sum over its uses.

    >>> c23()
    true
    ✓ ∂L/∂w: 4.140625 = 4.140625
    ✓ ∂L/∂b: 1.09375 = 1.09375
    """
    i, h, target = [1.0, 2.0, 3.0], 0.5, 2.0
    copies = [torch.tensor([0.5, 0.25]).requires_grad_() for _ in range(3)]
    shared = torch.tensor([0.5, 0.25], requires_grad=True)
    for uses in copies, [shared] * 3:
        output = unrolled(i, h, [w for w, _ in uses], [b for _, b in uses])
        ((output - target) ** 2 / 2).backward()
    total = sum(copy.grad for copy in copies)
    return Trial(
        *(
            Case(name, f"{summed} = {one}", summed == one)
            for name, summed, one in zip(
                ("∂L/∂w", "∂L/∂b"), total.tolist(), shared.grad.tolist(), strict=True
            )
        )
    )


# --8<-- [end:c23]


# --8<-- [start:c24]
def c24() -> Trial:
    """The gradient is taken through the whole expression: against differences.

    >>> c24()
    true
    ✓ 相对误差：全部；只有最后一处 | relative error: all; the last alone: < 1e-7; 36%
    """
    torch.manual_seed(0)
    rnn, criterion = RNN(len(LETTERS), 16, len(LANGUAGES)).double(), nn.NLLLoss()
    category, line = category_to_tensor("Korean"), line_to_tensor("Kim").double()
    uses = per_use(rnn, criterion, category, line)
    train(rnn, criterion, category, line)

    def loss_of():
        hidden = rnn.initHidden()
        for letter in line:
            output, hidden = rnn(letter, hidden)
        return criterion(output, category)

    numeric = central_differences(loss_of, rnn.i2h.weight)
    whole = relative_error(rnn.i2h.weight.grad, numeric)
    last = relative_error(uses[-1]["i2h.weight"], numeric)
    small = "< 1e-7" if whole < 1e-7 else f"{whole:.0e}"
    return Trial(
        Case(
            "相对误差：全部；只有最后一处 | relative error: all; the last alone",
            f"{small}; {last:.0%}",
            whole < 1e-7 < last,
        )
    )


# --8<-- [end:c24]


# --8<-- [start:c25]
def c25() -> Trial:
    """One call of an RNN and one call a step give different outputs (20 steps).

    >>> c25()
    imprecise
    ✗ 传递 h | h carried: < 1e-5
    ✓ 丢掉 h | h dropped: 0.80
    """
    cases = []
    for what, carry in (("传递 h | h carried", True), ("丢掉 h | h dropped", False)):
        gap = max(once_or_many(k, carry)[0] for k in (nn.RNN, nn.GRU, nn.LSTM))
        small = "< 1e-5" if gap < 1e-5 else f"{gap:.2f}"
        cases.append(Case(what, small, gap >= 1e-5))
    return Trial(*cases)


# --8<-- [end:c25]


if __name__ == "__main__":
    # --8<-- [start:calls]
    criterion = nn.NLLLoss()
    sample = category_to_tensor("Japanese"), line_to_tensor("Kobayashi")
    losses = {}
    for lr in (None, 0.05):
        torch.manual_seed(0)
        rnn = RNN(len(LETTERS), 16, len(LANGUAGES))
        losses[lr] = []
        for _ in range(100):
            output, loss = train(rnn, criterion, *sample, lr)
            losses[lr].append(loss)
        print(f"lr={lr}")
        print(f"  call 1: {losses[lr][0]:.6f}")
        print(f"  call 100: {losses[lr][-1]:.6f}")
    # --8<-- [end:calls]

    # --8<-- [start:all-names]
    names = [
        (category_to_tensor(language), line_to_tensor(name))
        for language, line in SURNAMES.items()
        for name in line.split()
    ]
    torch.manual_seed(0)
    trained = RNN(len(LETTERS), 16, len(LANGUAGES))
    epochs, mean_loss = 20, {}
    for epoch in range(1, epochs + 1):
        total = 0.0
        for k in torch.randperm(len(names)).tolist():
            output, loss = train(trained, criterion, *names[k], lr=0.05)
            total += loss
        mean_loss[epoch] = total / len(names)
        if epoch == 1 or epoch % 5 == 0:
            print(f"epoch {epoch:2}  mean loss {mean_loss[epoch]:.4f}")
    # --8<-- [end:all-names]

    # --8<-- [start:formula]
    i1, i2, i3, h1, w, b = 1.0, 2.0, 3.0, 0.5, 0.5, 0.25
    formula = (((i1 + h1) * w + b + i2) * w + b + i3) * w + b

    i, own = [i1, i2, i3], 0.25
    values = {
        "(i + h) w + b": unrolled(i, h1, [w] * 3, [b] * 3),
        "w_hh ≠ w_ih": elman(i, h1, w, own, b, float),
        "tanh": elman(i, h1, w, w, b, math.tanh),
        "both": elman(i, h1, w, own, b, math.tanh),
    }
    print(f"{'post':15}{formula:.6f}")
    for name, value in values.items():
        print(f"{name:15}{value:.6f}  {value - formula:+.6f}")
    # --8<-- [end:formula]

    # --8<-- [start:two-matrices]
    letter = line_to_tensor("Kim")[0]
    _, hidden = trained(letter, trained.initHidden())
    try:
        letter + hidden
    except RuntimeError as error:
        print(f"RuntimeError: {error}")

    w_ih, w_hh = trained.i2h.weight.split([26, 16], dim=1)
    apart = letter @ w_ih.T + hidden @ w_hh.T + trained.i2h.bias
    together = trained.i2h(torch.cat((letter, hidden), dim=1))
    print(f"w_ih {tuple(w_ih.shape)}, w_hh {tuple(w_hh.shape)}")
    print("two products = i2h:", torch.allclose(apart, together))
    # --8<-- [end:two-matrices]

    # --8<-- [start:by-hand]
    h2 = (i1 + h1) * w + b
    h3 = (i2 + h2) * w + b
    output = (i3 + h3) * w + b
    target = 2.0
    delta = output - target  # L = (output − target)² / 2

    w_uses = [
        delta * w * w * (i1 + h1),
        delta * w * (i2 + h2),
        delta * (i3 + h3),
    ]
    b_uses = [delta * w * w, delta * w, delta]
    print("w:", *w_uses, "  sum", sum(w_uses))
    print("b:", *b_uses, "  sum", sum(b_uses))
    # --8<-- [end:by-hand]

    # --8<-- [start:copies]
    ws = [torch.tensor(w, requires_grad=True) for _ in range(3)]
    bs = [torch.tensor(b, requires_grad=True) for _ in range(3)]
    loss = (unrolled(i, h1, ws, bs) - target) ** 2 / 2
    loss.backward()
    print("3 copies, w:", *[copy.grad.item() for copy in ws])
    print("3 copies, b:", *[copy.grad.item() for copy in bs])

    shared_w = torch.tensor(w, requires_grad=True)
    shared_b = torch.tensor(b, requires_grad=True)
    result = unrolled(i, h1, [shared_w] * 3, [shared_b] * 3)
    loss = (result - target) ** 2 / 2
    loss.backward()
    print("1 shared, w:", shared_w.grad.item())
    print("1 shared, b:", shared_b.grad.item())
    # --8<-- [end:copies]

    # --8<-- [start:sum]
    torch.manual_seed(0)
    rnn = RNN(len(LETTERS), 16, len(LANGUAGES)).double()
    sample = (
        category_to_tensor("Japanese"),
        line_to_tensor("Kobayashi").double(),
    )
    uses = per_use(rnn, criterion, *sample)

    writes = []
    rnn.i2h.weight.register_post_accumulate_grad_hook(writes.append)
    train(rnn, criterion, *sample)

    gaps = {}
    for name, p in rnn.named_parameters():
        grads = [use[name] for use in uses if use[name] is not None]
        gaps[name] = (sum(grads) - p.grad).abs().max().item()
        print(f"{name:10}  uses {len(grads)}  gap {gaps[name]:.1e}")
    print("writes to i2h.weight.grad:", len(writes))
    # --8<-- [end:sum]

    # --8<-- [start:letters-figure]
    from plotting import axes, style, svg

    figure, panel = axes(("", "‖∂L/∂W⁽ᵗ⁾‖"), yscale="log")
    name = "Kobayashi"
    by_letter = {}
    for number, (cell, epoch) in enumerate([(rnn, 0), (trained, epochs)]):
        cell = cell.double()
        by_letter[epoch] = [
            use["i2h.weight"].norm().item() for use in per_use(cell, criterion, *sample)
        ]
        panel.plot(
            range(len(name)),
            by_letter[epoch],
            marker="o",
            label=f"epoch {epoch}",
            **style(number),
        )
    panel.set_xticks(range(len(name)), [f"{c}\n{t}" for t, c in enumerate(name, 1)])
    panel.set_xlabel("t")
    panel.legend()
    print(svg(figure, "letters"))
    # --8<-- [end:letters-figure]

    # --8<-- [start:numeric]
    category_tensor, line_tensor = sample

    def loss_of():
        hidden = rnn.initHidden()
        for letter in line_tensor:
            output, hidden = rnn(letter, hidden)
        return criterion(output, category_tensor)

    numeric = central_differences(loss_of, rnn.i2h.weight)
    errors = {
        "all uses": relative_error(rnn.i2h.weight.grad, numeric),
        "last use": relative_error(uses[-1]["i2h.weight"], numeric),
    }
    for name, value in errors.items():
        print(f"{name}: relative error {value:.1e}")
    # --8<-- [end:numeric]

    # --8<-- [start:crash]
    torch.manual_seed(0)
    tutorial = TutorialRNN(len(LETTERS), 16, len(LANGUAGES))
    kim = category_to_tensor("Korean"), line_to_tensor("Kim")
    o = category_to_tensor("Korean"), line_to_tensor("O")

    train(tutorial, criterion, *kim, lr=0.05)
    try:
        train(tutorial, criterion, *o, lr=0.05)
    except AttributeError as error:
        print(f"AttributeError: {error}")
    for name, p in tutorial.named_parameters():
        print(f"{name:10}", "None" if p.grad is None else tuple(p.grad.shape))
    # --8<-- [end:crash]

    # --8<-- [start:repair]
    optimizer = torch.optim.SGD(tutorial.parameters(), lr=0.05)
    before = [p.detach().clone() for p in tutorial.parameters()]
    train(tutorial, criterion, *o)
    optimizer.step()
    for (name, p), old in zip(tutorial.named_parameters(), before, strict=True):
        print(f"{name:10}", "kept" if torch.equal(p, old) else "moved")
    # --8<-- [end:repair]

    # --8<-- [start:zeros]
    train(tutorial, criterion, *kim)
    tutorial.zero_grad(set_to_none=False)
    output, _ = tutorial(o[1][0], tutorial.initHidden())
    criterion(output, o[0]).backward()
    print("i2o cell, zeros kept:", tutorial.i2h.weight.grad.norm().item())

    rnn = RNN(len(LETTERS), 16, len(LANGUAGES))
    train(rnn, criterion, *o, lr=0.05)
    g_ih, g_hh = rnn.i2h.weight.grad.split([26, 16], dim=1)
    print(f"h2o cell: w_ih {g_ih.norm():.4f}, w_hh {g_hh.norm():.4f}")
    # --8<-- [end:zeros]

    # --8<-- [start:once]
    kinds = (nn.RNN, nn.GRU, nn.LSTM)
    print("     h carried       h dropped")
    print("     output  grad    output  grad")
    carried, dropped = {}, {}
    for kind in kinds:
        carried[kind] = once_or_many(kind, carry=True)
        dropped[kind] = once_or_many(kind, carry=False)
        row = " ".join(f"{gap:.1e}" for gap in carried[kind] + dropped[kind])
        print(f"{kind.__name__:5}{row}")

    exact = [once_or_many(kind, carry=True, dtype=torch.float64) for kind in kinds]
    # --8<-- [end:once]
