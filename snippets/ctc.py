"""CTC: the probability of a label sequence, summed over all its alignments."""

import itertools

import torch
from reductions import check_reduction
from torch import Tensor


# --8<-- [start:collapse]
def collapse(path: tuple[int, ...], blank: int = 0) -> tuple[int, ...]:
    """Return a path's labels: repetitions merged first, blanks removed after.

    Source: Graves et al. 2006, section 3.1 (the map B).

    >>> collapse((0, 1, 1, 0, 1, 2))
    (1, 1, 2)
    """
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


# --8<-- [end:collapse]


# --8<-- [start:enumerate]
def ctc_by_enumeration(
    log_probs: Tensor, target: tuple[int, ...], blank: int = 0
) -> Tensor:
    """Return -log of the summed probability of all paths that collapse to ``target``.

    ``log_probs``: (T, C) floating. There are C^T paths, so keep T small.
    Source: Graves et al. 2006, equation 3.

    >>> log_probs = torch.full((2, 2), 0.5).log()
    >>> ctc_by_enumeration(log_probs, (1,))  # three of four paths
    tensor(0.2877)
    """
    steps, classes = log_probs.shape
    paths = itertools.product(range(classes), repeat=steps)
    fitting = [path for path in paths if collapse(path, blank) == target]
    if not fitting:
        return log_probs.new_tensor(torch.inf)
    index = torch.tensor(fitting).view(-1, steps)
    return -log_probs[torch.arange(steps), index].sum(1).logsumexp(0)


# --8<-- [end:enumerate]


# --8<-- [start:forward]
def ctc_forward(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """Return log α, (T, 2S + 1): the paths that have come to each place at each time.

    ``log_probs``: (T, C) floating, T >= 1; ``target``: (S) int64. The places are the
    labels with a blank before, between and after them.
    Source: Graves et al. 2006, equations 5 to 7.

    >>> ctc_forward(torch.full((2, 2), 0.5).log(), torch.tensor([1])).exp()
    tensor([[0.5000, 0.5000, 0.0000],
            [0.2500, 0.5000, 0.2500]])
    """
    places = torch.full((2 * len(target) + 1,), blank)
    places[1::2] = target
    emit = log_probs[:, places]
    skip = torch.zeros(len(places), dtype=torch.bool)
    skip[3::2] = target[1:] != target[:-1]
    never = log_probs.new_full((1,), -torch.inf)

    alpha = [torch.where(torch.arange(len(places)) < 2, emit[0], never)]
    for now in emit[1:]:
        stay = alpha[-1]
        step = torch.cat([never, stay[:-1]])
        jump = torch.cat([never, never, stay])[: len(places)].where(skip, never)
        alpha.append(safe_logsumexp(torch.stack([stay, step, jump])) + now)
    return torch.stack(alpha)


# --8<-- [end:forward]


# --8<-- [start:safe]
def safe_logsumexp(input: Tensor, dim: int = 0) -> Tensor:
    """Return log Σ exp over ``dim``, with gradient 0 where all are -inf.

    ``input``: floating. torch.logsumexp has the gradient NaN there, because it is
    computed from inf - inf.
    Source: documentation of torch.logsumexp.

    >>> x = torch.tensor([[-torch.inf], [-torch.inf]], requires_grad=True)
    >>> safe_logsumexp(x).sum().backward()
    >>> x.grad.tolist()
    [[0.0], [0.0]]
    """
    largest = input.detach().amax(dim, keepdim=True)
    dead = largest == -torch.inf
    total = (input - largest.masked_fill(dead, 0)).exp().sum(dim, keepdim=True)
    return (total.masked_fill(dead, 1).log() + largest).squeeze(dim)


# --8<-- [end:safe]


def target_rows(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
) -> list[Tensor]:
    """Return each sample's labels, or raise ValueError if lengths do not fit.

    Shapes as in ctc_loss.

    >>> one = torch.tensor([1, 1])
    >>> target_rows(torch.zeros(1, 2, 3), torch.tensor([[1, 9], [2, 9]]), one, one)
    [tensor([1]), tensor([2])]
    """
    steps, batch, classes = log_probs.shape
    if not len(input_lengths) == len(target_lengths) == batch:
        raise ValueError(f"lengths must have shape ({batch},)")
    if ((input_lengths < 0) | (input_lengths > steps)).any():
        raise ValueError(f"input lengths must be in [0, {steps}]")
    if not 0 <= blank < classes:
        raise ValueError("blank must be in label range")
    if targets.dim() == 1:
        return list(targets.split(target_lengths.tolist()))
    if targets.shape[0] != batch or (target_lengths > targets.shape[1]).any():
        raise ValueError("targets must be (N, S) with S at least each target length")
    pairs = zip(targets, target_lengths.tolist(), strict=True)
    return [row[:length] for row, length in pairs]


# --8<-- [start:ctc]
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    *,
    blank: int = 0,
    zero_infinity: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return -log of the probability of each target sequence, reduced.

    ``log_probs``: (T, N, C) floating, time first; ``targets``: (N, S), padded with
    anything, or all in a row; both lengths: (N). "mean" divides each loss by its target
    length (at least 1) and then by N. A target that no path of that length can give
    costs inf and has no gradient: NaN at its last time (torch: NaN at all times). With
    ``zero_infinity`` it costs 0 and has gradient 0.
    ValueError on lengths that do not fit (torch: RuntimeError).
    Source: Graves et al. 2006; documentation of torch.nn.CTCLoss.

    >>> log_probs = torch.full((2, 1, 2), 0.5).log()
    >>> one, two = torch.tensor([1]), torch.tensor([2])
    >>> ctc_loss(log_probs, torch.tensor([[1]]), two, one)
    tensor(0.2877)
    """
    check_reduction(reduction)
    rows = target_rows(log_probs, targets, input_lengths, target_lengths, blank)
    losses = []
    for number, row in enumerate(rows):
        length = int(input_lengths[number])
        if length == 0:
            value = 0.0 if len(row) == 0 else torch.inf
            losses.append(log_probs[:, number].sum() * 0 + value)
            continue
        last = ctc_forward(log_probs[:length, number], row.long(), blank)[-1]
        total = safe_logsumexp if zero_infinity else torch.logsumexp
        losses.append(-total(last[-2:], 0))
    losses = torch.stack(losses) if losses else log_probs.new_zeros(0)
    if zero_infinity:
        losses = torch.where(losses == torch.inf, 0, losses)
    if reduction == "mean":
        return (losses / target_lengths.clamp_min(1)).mean()
    return losses.sum() if reduction == "sum" else losses


# --8<-- [end:ctc]


# --8<-- [start:greedy]
def greedy_decode(log_probs: Tensor, blank: int = 0) -> tuple[int, ...]:
    """Return the labels of the path that takes the best class at each time.

    ``log_probs``: (T, C). The best path need not give the most probable labels.
    Source: Graves et al. 2006, section 3.2 (best path decoding).

    >>> greedy_decode(torch.eye(3)[[0, 1, 1, 0, 2]])
    (1, 2)
    """
    return collapse(tuple(log_probs.argmax(1).tolist()), blank)


# --8<-- [end:greedy]
