"""The page `shared-weights` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from accumulation import error_of
from expected import expect
from shared_weights import (
    LANGUAGES,
    LETTERS,
    RNN,
    SURNAMES,
    TutorialRNN,
    category_to_tensor,
    elman,
    errors_of_uses,
    line_to_tensor,
    losses_of_calls,
    once_or_many,
    per_use,
    train,
    unrolled,
)
from torch import nn

# --8<-- [end:imports]

# --8<-- [start:three-uses]
w = torch.tensor(2.0, requires_grad=True)
h = 1.0
for _ in range(3):
    h = h * w
h.backward()
print(w.grad)
# --8<-- [end:three-uses]

# --8<-- [start:calls]
losses = {}
for lr in (None, 0.05):
    losses[lr] = losses_of_calls(lr)
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
criterion = nn.NLLLoss()
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
print(error_of(lambda: letter + hidden))

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
errors = errors_of_uses(rnn, criterion, *sample)
for name, value in zip(("all uses", "last use"), errors, strict=True):
    print(f"{name}: relative error {value:.1e}")
# --8<-- [end:numeric]

# --8<-- [start:crash]
torch.manual_seed(0)
tutorial = TutorialRNN(len(LETTERS), 16, len(LANGUAGES))
kim = category_to_tensor("Korean"), line_to_tensor("Kim")
o = category_to_tensor("Korean"), line_to_tensor("O")

train(tutorial, criterion, *kim, lr=0.05)
with expect(AttributeError) as caught:
    train(tutorial, criterion, *o, lr=0.05)
print(caught)
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

# --8<-- [start:once-options]
variants = {
    "2 layers": {"num_layers": 2},
    "2 layers, dropout": {"num_layers": 2, "dropout": 0.5},
    "same, eval()": {"num_layers": 2, "dropout": 0.5, "train": False},
    "bidirectional": {"bidirectional": True},
}
apart = {}
print(f"{'h carried':18}", *(f"{kind.__name__:>7}" for kind in kinds))
for name, options in variants.items():
    apart[name] = [once_or_many(kind, True, **options)[0] for kind in kinds]
    print(f"{name:18}", *(f"{gap:.1e}" for gap in apart[name]))
# --8<-- [end:once-options]

# --8<-- [start:try-by-hand]
ws = [torch.tensor(1.0, requires_grad=True) for _ in range(3)]
bs = [torch.tensor(0.0) for _ in range(3)]
loss = (unrolled(i, h1, ws, bs) - target) ** 2 / 2
loss.backward()
print(*[copy.grad.item() for copy in ws])
# --8<-- [end:try-by-hand]

# --8<-- [start:try-cell-state]
torch.manual_seed(0)
lstm, sequence = nn.LSTM(8, 16), torch.randn(20, 1, 8)
whole, _ = lstm(sequence)
state, outputs = None, []
for step in sequence.split(1):
    output, (h, c) = lstm(step, state)
    state = h, torch.zeros_like(c)
    outputs.append(output)
lost = (torch.cat(outputs) - whole).abs().max().item()
print(f"c dropped: {lost:.2f}")
# --8<-- [end:try-cell-state]

# --8<-- [start:try-tied]
torch.manual_seed(0)
matrix = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
token, following = torch.tensor([1]), torch.tensor([4])
pairs = {
    "both uses": (matrix, matrix),
    "embedding": (matrix, matrix.detach()),
    "output": (matrix.detach(), matrix),
}
grads = {}
for use, (embedding, output_layer) in pairs.items():
    logits = embedding[token] @ output_layer.T
    loss = nn.functional.cross_entropy(logits, following)
    (grads[use],) = torch.autograd.grad(loss, matrix)
    print(f"{use:10} norm {grads[use].norm():.4f}")
parts = grads["embedding"] + grads["output"]
tied_gap = (parts - grads["both uses"]).abs().max().item()
print(f"sum of the two: largest gap {tied_gap:g}")
# --8<-- [end:try-tied]
