"""The page `ctc` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import itertools
import math
from textwrap import shorten

import torch
from ctc import collapse, ctc_by_enumeration, ctc_forward, ctc_loss, greedy_decode
from expected import expect
from plotting import axes, style, svg
from torch.nn import functional as F

# --8<-- [end:imports]

# --8<-- [start:collapse]
letters = "-ab"  # 0 是空白 | 0 is the blank
for path in ("aab", "a-b", "ab-", "-ab", "abb", "aa-", "a-a"):
    labels = collapse(tuple(letters.index(c) for c in path))
    print(path, "→", "".join(letters[label] for label in labels))
# --8<-- [end:collapse]

# --8<-- [start:count]
even = torch.full((3, 3), 1 / 3).log()  # T = 3，各类一样 | T = 3, all classes alike
ways = {}
for target in ((), (1,), (1, 2), (1, 1), (1, 2, 1)):
    probability = (-ctc_by_enumeration(even, target)).exp().item()
    ways[target] = round(27 * probability)
    print(f"{''.join(letters[c] for c in target):4} {ways[target]:2} of 27 paths")
# --8<-- [end:count]

# --8<-- [start:forward]
torch.manual_seed(0)
log_probs = torch.randn(5, 3, dtype=torch.float64).log_softmax(1)
target = torch.tensor([1, 2])
alpha = ctc_forward(log_probs, target)
print("place:    -      a      -      b      -")
for t, row in enumerate(alpha.exp(), start=1):
    print(f"t = {t} ", *(f"{v:6.4f}" for v in row))
by_forward = -alpha[-1, -2:].logsumexp(0).item()
by_paths = ctc_by_enumeration(log_probs, (1, 2)).item()
print(f"forward {by_forward:.12f}   all {3**5} paths {by_paths:.12f}")
# --8<-- [end:forward]

# --8<-- [start:cells]
for T, C, S in ((5, 3, 2), (50, 30, 10), (500, 30, 100)):
    paths = f"{C}^{T}"
    print(f"T = {T:3}   paths {paths:>7}   cells of the table {T * (2 * S + 1):7,}")
# --8<-- [end:cells]

# --8<-- [start:torch]
lengths = torch.tensor([5]), torch.tensor([2])
theirs = F.ctc_loss(log_probs[:, None], target[None], *lengths, reduction="sum")
ours = ctc_loss(log_probs[:, None], target[None], *lengths, reduction="sum")
print(theirs.item())
print(ours.item())
# --8<-- [end:torch]

# --8<-- [start:gradient]
logits = torch.randn(8, 1, 3, dtype=torch.float64, requires_grad=True)
lengths = torch.tensor([8]), torch.tensor([2])


def gradients(loss):
    logs = logits.log_softmax(2)
    value = loss(logs, target[None], *lengths, reduction="sum")
    return torch.autograd.grad(value, (logs, logits))


(ours_logs, ours_logits), (their_logs, their_logits) = (
    gradients(loss) for loss in (ctc_loss, F.ctc_loss)
)
by_logs = (ours_logs - their_logs).abs().max().item()
by_logits = (ours_logits - their_logits).abs().max().item()
print(f"log-probabilities: differ by {by_logs:.4f}")
print(f"logits:            differ by {by_logits:.0e}")
softmax = logits.softmax(2)
print(f"torch's − ours − softmax: {(their_logs - ours_logs - softmax).abs().max():.0e}")
# --8<-- [end:gradient]

# --8<-- [start:posterior-figure]
figure, panel = axes(("t", "p"))
for label in range(3):
    name = letters[label]
    curve = -ours_logs[:, 0, label]
    panel.plot(range(1, 9), curve, **style(label), label=f"{name}, given y")
    panel.plot(range(1, 9), softmax[:, 0, label].detach(), color=style(label)["color"],
               linewidth=0.7, alpha=0.7)  # fmt: skip
panel.set_ylim(0, 1.15)
panel.legend(ncols=3, loc="upper center")
print(svg(figure, "posterior"))
# --8<-- [end:posterior-figure]

# --8<-- [start:impossible]
for word, T in (("ab", 2), ("aa", 2), ("aa", 3), ("aba", 2)):
    y = torch.tensor([[letters.index(c) for c in word]])
    z = torch.zeros(T, 1, 3, requires_grad=True)
    sizes = torch.tensor([T]), torch.tensor([len(word)])
    shown = []
    for zero in (False, True):
        loss = F.ctc_loss(z.log_softmax(2), y, *sizes, zero_infinity=zero)
        (grad,) = torch.autograd.grad(loss, z)
        shown += [loss.item(), grad.abs().sum().item()]
    print(f"{word:4} T = {T}  ", *(f"{v:6.3f}" for v in shown))
# --8<-- [end:impossible]

# --8<-- [start:mean]
torch.manual_seed(0)
z = torch.randn(12, 2, 5, requires_grad=True)
logs = z.log_softmax(2)
y = torch.tensor([[1, 2, 0, 0, 0, 0], [1, 2, 3, 4, 1, 2]])
long = torch.tensor([12, 12]), torch.tensor([2, 6])
alike = F.ctc_loss(0 * logs - math.log(5), y, *long, reduction="none")
each = F.ctc_loss(logs, y, *long, reduction="none")
mean = F.ctc_loss(logs, y, *long)
(pull,) = torch.autograd.grad(mean, z)
print("classes alike     ", *(f"{v:.4f}" for v in alike))
print("each              ", *(f"{v:.4f}" for v in each))
print(f"mean               {mean:.4f}")
print(f"each / length      {(each / long[1]).mean():.4f}")
print(f"plain mean         {each.mean():.4f}")
print(f"sum / all labels   {each.sum() / long[1].sum():.4f}")
print("gradient of mean  ", *(f"{v:.4f}" for v in pull.norm(dim=(0, 2))))
# --8<-- [end:mean]

# --8<-- [start:traps]
logs = logs.detach()
good = F.ctc_loss(logs, y, *long)
raw = F.ctc_loss(torch.randn(12, 2, 5) + 3, y, *long)
print(f"log-probabilities {good:.3f}   raw logits {raw:.3f}")
with expect(RuntimeError) as caught:
    F.ctc_loss(logs.transpose(0, 1), y, *long)
print(shorten(str(caught), 60, placeholder=" …"))
with expect(RuntimeError) as caught:
    F.ctc_loss(logs, y, torch.tensor([13, 12]), long[1])
print(shorten(str(caught), 60, placeholder=" …"))
with expect(RuntimeError) as caught:
    F.ctc_loss(logs, y, *long, blank=5)
print(caught)
silent = F.ctc_loss(logs, y * 0, *long)
print(f"labels that are blanks: {silent:.3f}, no error")
# --8<-- [end:traps]

# --8<-- [start:learn]
torch.manual_seed(0)
z = torch.zeros(12, 1, 3, requires_grad=True)
word = torch.tensor([[1, 2, 2, 1]])
sizes = torch.tensor([12]), torch.tensor([4])
optimizer = torch.optim.Adam([z], lr=0.1)
for step in range(201):
    optimizer.zero_grad()
    loss = F.ctc_loss(z.log_softmax(2), word, *sizes)
    loss.backward()
    optimizer.step()
    if step in (0, 20, 200):
        best = z.detach()[:, 0].argmax(1)
        shown = "".join(letters[c] for c in best)
        print(f"step {step:3}  loss {loss.item():6.3f}  {shown}")
read = greedy_decode(z.detach()[:, 0].log_softmax(1))
print("read:", "".join(letters[c] for c in read))
# --8<-- [end:learn]

# --8<-- [start:greedy]
p = torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log()
greedy = greedy_decode(p)
probability = {
    target: (-ctc_by_enumeration(p, target)).exp().item() for target in ((), (1,))
}
print("best path gives", greedy, f"with {probability[greedy]:.2f}")
print("but (1,) has    ", f"{probability[(1,)]:.2f}")
# --8<-- [end:greedy]

# --8<-- [start:try-shortest]
for word in ("ab", "aab", "aaa"):
    labels = tuple(letters.index(c) for c in word)
    repeats = sum(a == b for a, b in itertools.pairwise(labels))
    first = next(
        T for T in range(1, 8)
        if ctc_by_enumeration(torch.zeros(T, 3), labels) < torch.inf
    )  # fmt: skip
    print(f"{word:4} shortest T {first}   length + repeats {len(word) + repeats}")
# --8<-- [end:try-shortest]

# --8<-- [start:try-blank]
y = torch.tensor([[0, 1]])
torch.manual_seed(1)
z = torch.randn(6, 1, 3).log_softmax(2)
sizes = torch.tensor([6]), torch.tensor([2])
for blank in (2, 0):
    loss = ctc_loss(z, y, *sizes, blank=blank, reduction="sum")
    print(f"blank={blank}   y = 0, 1   loss {loss:.4f}")
# --8<-- [end:try-blank]
