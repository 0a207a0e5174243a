"""The page `errors-losses` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import warnings

import torch
from expected import expect
from torch import nn
from torch.nn import functional as F

# --8<-- [end:imports]

# --8<-- [start:out-of-bounds]
logits = torch.zeros(2, 3)
with expect(IndexError) as caught:
    F.cross_entropy(logits, torch.tensor([1, 3]))
print(caught)

print(F.cross_entropy(logits, torch.tensor([1, 3]) - 1))
# --8<-- [end:out-of-bounds]

# --8<-- [start:target-dtype]
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, torch.tensor([1.0, 2.0]))
print(caught)

print(F.cross_entropy(logits, torch.tensor([1.0, 2.0]).long()))
# --8<-- [end:target-dtype]

# --8<-- [start:multi-target]
target = torch.tensor([[1], [2]])
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, target)
print(caught)

print(F.cross_entropy(logits, target.squeeze(1)))
# --8<-- [end:multi-target]

# --8<-- [start:class-probabilities]
rows = F.one_hot(torch.tensor([1, 2]), 3)
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, rows)
print(caught)

print(F.cross_entropy(logits, rows.argmax(1)))
print(F.cross_entropy(logits, rows.float()))

# 类别编号，每个只配一个 logit | class numbers with one logit each
with expect(RuntimeError) as caught:
    F.cross_entropy(torch.zeros(4), torch.tensor([0, 1, 1, 0]))
print(caught)
# --8<-- [end:class-probabilities]

# --8<-- [start:expected-target-size]
series = torch.zeros(2, 5, 3)  # (N, T, C)
target = torch.zeros(2, 5, dtype=torch.long)
with expect(RuntimeError) as caught:
    F.cross_entropy(series, target)
print(caught)

print(F.cross_entropy(series.transpose(1, 2), target))
# --8<-- [end:expected-target-size]

# --8<-- [start:batch-size]
series = torch.zeros(2, 5, 3)  # (N, T, C)
target = torch.zeros(2, 5, dtype=torch.long)
with expect(ValueError) as caught:
    F.cross_entropy(series[:, -1], target.flatten())
print(caught)

print(F.cross_entropy(series.flatten(0, 1), target.flatten()))
# --8<-- [end:batch-size]

# --8<-- [start:class-weights]
target = torch.tensor([1, 2])
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, target, weight=torch.ones(2))
print(caught)

print(F.cross_entropy(logits, target, weight=torch.ones(3)))
each = F.cross_entropy(logits, target, reduction="none")
print((each * torch.tensor([1.0, 3.0])).sum() / 4)
# --8<-- [end:class-weights]

# --8<-- [start:weight-dtype]
weight = torch.ones(3, dtype=torch.float64)
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, target, weight=weight)
print(caught)

print(F.cross_entropy(logits, target, weight=weight.to(logits.dtype)))
# --8<-- [end:weight-dtype]

# --8<-- [start:ignore-soft]
soft, keep = rows.float(), torch.tensor([True, False])
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, soft, ignore_index=0)
print(caught)

print(F.cross_entropy(logits[keep], soft[keep]))
# --8<-- [end:ignore-soft]

# --8<-- [start:label-smoothing]
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, target, label_smoothing=10)
print(caught)

print(F.cross_entropy(logits, target, label_smoothing=0.1))
# --8<-- [end:label-smoothing]

# --8<-- [start:adaptive-target]
torch.manual_seed(0)
layer = nn.AdaptiveLogSoftmaxWithLoss(4, 10, cutoffs=[5])
with expect(RuntimeError) as caught:
    layer(torch.zeros(2, 4), torch.tensor([1, 10]))
print(caught)

print(layer(torch.zeros(2, 4), torch.tensor([1, 10]) - 1).output.shape)
# --8<-- [end:adaptive-target]

# --8<-- [start:chunked-twice]
options = nn.LinearCrossEntropyOptions()
x, classes = torch.zeros(2, 4), torch.tensor([1, 2])
layer = nn.LinearCrossEntropyLoss(4, 3, options=options)
loss = layer(x, classes)
loss.backward(retain_graph=True)
with expect(RuntimeError) as caught:
    loss.backward()
print(caught)

loss = nn.LinearCrossEntropyLoss(4, 3)(x, classes)
loss.backward(retain_graph=True)
print(loss.backward())
# --8<-- [end:chunked-twice]

# --8<-- [start:target-size]
logits, target = torch.zeros(3, 1), torch.ones(3)
with expect(ValueError) as caught:
    F.binary_cross_entropy_with_logits(logits, target)
print(caught)

print(F.binary_cross_entropy_with_logits(logits.squeeze(1), target))
print(F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits)))
# --8<-- [end:target-size]

# --8<-- [start:target-size-deprecated]
p, target = torch.full((4, 1), 0.5), torch.ones(4)
with expect(ValueError) as caught:
    F.binary_cross_entropy(p, target)
print(caught)

print(F.binary_cross_entropy(p.squeeze(1), target))
# --8<-- [end:target-size-deprecated]

# --8<-- [start:between-0-and-1]
z = torch.tensor([1.5, -0.5])
with expect(RuntimeError) as caught:
    F.binary_cross_entropy(z, torch.ones(2))
print(caught)

print(F.binary_cross_entropy_with_logits(z, torch.ones(2)))
# --8<-- [end:between-0-and-1]

# --8<-- [start:result-type]
with expect(RuntimeError) as caught:
    F.binary_cross_entropy_with_logits(z, torch.tensor([0, 1]))
print(caught)

print(F.binary_cross_entropy_with_logits(z, torch.tensor([0, 1]).float()))

image = torch.full((2,), 255, dtype=torch.uint8)
with expect(RuntimeError) as caught:
    image /= 255
print(caught)

print(image / 255)
# --8<-- [end:result-type]

# --8<-- [start:found-long]
with expect(RuntimeError) as caught:
    F.binary_cross_entropy(p.squeeze(1), target.long())
print(caught)

print(F.binary_cross_entropy(p.squeeze(1), target.long().float()))
print(F.mse_loss(p.squeeze(1), target.long()))
# --8<-- [end:found-long]

# --8<-- [start:bool-labels]
labels = torch.tensor([3, 1]) == 3
with expect(RuntimeError) as caught:
    F.binary_cross_entropy_with_logits(torch.zeros(2), labels)
print(caught)

print(F.binary_cross_entropy_with_logits(torch.zeros(2), labels.float()))
# --8<-- [end:bool-labels]

# --8<-- [start:sample-weight]
z, target, weight = torch.zeros(4, 3), torch.ones(4, 3), torch.ones(4)
with expect(RuntimeError) as caught:
    F.binary_cross_entropy_with_logits(z, target, weight=weight)
print(caught)

print(F.binary_cross_entropy_with_logits(z, target, weight=weight[:, None]))
# --8<-- [end:sample-weight]

# --8<-- [start:broadcasting]
prediction = torch.tensor([[0.0], [1.0]])
target = torch.tensor([0.0, 1.0])
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    F.mse_loss(prediction, target)
print(caught)

with warnings.catch_warnings(action="ignore"):
    wrong = F.mse_loss(prediction, target)
print(wrong)
print(F.mse_loss(prediction.squeeze(1), target))
print(F.mse_loss(prediction, torch.full_like(prediction, 1.0)))
# --8<-- [end:broadcasting]

# --8<-- [start:huber-delta]
x, y = torch.tensor([0.0, 3.0]), torch.zeros(2)
with expect(RuntimeError) as caught:
    F.huber_loss(x, y, delta=0.0)
print(caught)

print(F.huber_loss(x, y, delta=1.0), F.smooth_l1_loss(x, y, beta=0.0))
# --8<-- [end:huber-delta]

# --8<-- [start:var-negative]
raw = torch.tensor([0.5, -0.5])
with expect(ValueError) as caught:
    F.gaussian_nll_loss(x, y, raw)
print(caught)

print(F.gaussian_nll_loss(x, y, raw.exp()))
# --8<-- [end:var-negative]

# --8<-- [start:var-size]
x, y, var = torch.zeros(3, 2), torch.ones(3, 2), torch.ones(2)
with expect(ValueError) as caught:
    F.gaussian_nll_loss(x, y, var)
print(caught)

print(F.gaussian_nll_loss(x, y, var.expand_as(x)))
# --8<-- [end:var-size]

# --8<-- [start:kl-mean]
log_q = torch.zeros(2, 3).log_softmax(1)
p = torch.tensor([[0.7, 0.2, 0.1]]).expand(2, 3)
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    F.kl_div(log_q, p)
print(caught)

print(F.kl_div(log_q, p, reduction="batchmean"))
# --8<-- [end:kl-mean]

# --8<-- [start:reduction]
with expect(ValueError) as caught:
    F.mse_loss(x, y, reduction="batchmean")
print(caught)

print(F.mse_loss(x, y, reduction="sum") / len(x))
# --8<-- [end:reduction]

# --8<-- [start:size-average]
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    F.mse_loss(x, y, size_average=False)
print(caught)

print(F.mse_loss(x, y, reduction="sum"))
print(F.mse_loss(x, y, weight=torch.tensor([1.0, 3.0]).expand_as(x)))
# --8<-- [end:size-average]

# --8<-- [start:multilabel-float]
scores, zeros_ones = torch.tensor([[0.2, 0.9, 0.1]]), torch.tensor([[0.0, 1, 1]])
with expect(RuntimeError) as caught:
    F.multilabel_margin_loss(scores, zeros_ones)
print(caught)

print(F.multilabel_margin_loss(scores, torch.tensor([[1, 2, -1]])))
# --8<-- [end:multilabel-float]

# --8<-- [start:multi-margin-range]
with expect(RuntimeError) as caught:
    F.multi_margin_loss(scores, torch.tensor([3]))
print(caught)

print(F.multi_margin_loss(scores, torch.tensor([3]) - 1))
# --8<-- [end:multi-margin-range]

# --8<-- [start:margin-shapes]
first, second, label = torch.ones(2, 1), torch.zeros(2, 1), torch.ones(2)
with expect(RuntimeError) as caught:
    F.margin_ranking_loss(first, second, label, margin=2.0)
print(caught)

print(F.margin_ranking_loss(first[:, 0], second[:, 0], label, margin=2.0))
# --8<-- [end:margin-shapes]

# --8<-- [start:triplet-margin]
with expect(ValueError) as caught:
    nn.TripletMarginLoss(margin=0)
print(caught)

print(nn.TripletMarginLoss(margin=1.0)(*torch.zeros(3, 2, 4)))
# --8<-- [end:triplet-margin]

# --8<-- [start:ctc-input-lengths]
log_probs = torch.zeros(12, 2, 4).log_softmax(2)  # (T, N, C)
words, sizes = torch.ones(2, 3, dtype=torch.long), torch.tensor([3, 3])
with expect(RuntimeError) as caught:
    F.ctc_loss(log_probs, words, torch.tensor([13, 12]), sizes)
print(caught)

times = torch.full((2,), len(log_probs))
print(F.ctc_loss(log_probs, words, times, sizes))
# --8<-- [end:ctc-input-lengths]

# --8<-- [start:ctc-batch]
batch_first = log_probs.transpose(0, 1)
with expect(RuntimeError) as caught:
    F.ctc_loss(batch_first, words, times, sizes)
print(caught)

print(F.ctc_loss(batch_first.transpose(0, 1), words, times, sizes))
# --8<-- [end:ctc-batch]

# --8<-- [start:ctc-blank]
with expect(RuntimeError) as caught:
    F.ctc_loss(log_probs, words, times, sizes, blank=4)
print(caught)

print(F.ctc_loss(log_probs, words, times, sizes, blank=3))
# --8<-- [end:ctc-blank]

# --8<-- [start:ctc-target-length]
with expect(RuntimeError) as caught:
    F.ctc_loss(log_probs, words, times, torch.tensor([3, 4]))
print(caught)

print(F.ctc_loss(log_probs, F.pad(words, (0, 1), value=1), times, torch.tensor([3, 4])))
# --8<-- [end:ctc-target-length]
