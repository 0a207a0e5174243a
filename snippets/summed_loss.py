"""Summed loss or per-step backward: the same gradient, its errors and its cost."""

# --8<-- [start:rnn]
from functools import cache
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import one_hot

criterion = nn.CrossEntropyLoss()


class RNN(nn.Module):
    """A plain recurrent network: one tanh cell and one output layer.

    >>> rnn = RNN(2, 8, 3)
    >>> output, hidden = rnn(torch.zeros(5, 2), rnn.initHidden(5))
    >>> output.shape, hidden.shape
    (torch.Size([5, 3]), torch.Size([5, 8]))
    """

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.cell = nn.RNNCell(inputs, hidden)
        self.h2o = nn.Linear(hidden, outputs)

    def initHidden(self, batch):
        size = batch, self.cell.hidden_size
        return self.h2o.weight.new_zeros(size)

    def forward(self, input, hidden):
        hidden = self.cell(input, hidden)
        return self.h2o(hidden), hidden


# --8<-- [end:rnn]


# --8<-- [start:echo]
def echo(length: int, batch: int, lag: int, symbols: int = 2):
    """Return random symbols, and as targets the symbols ``lag`` steps before.

    ``line_tensor`` is one-hot, float32, of shape (length, batch, symbols); ``targets``
    is int64, of shape (length, batch), and 0 in the first ``lag`` steps. Draws from
    torch's default generator.

    >>> line_tensor, targets = echo(length=6, batch=1, lag=2)
    >>> torch.equal(line_tensor.argmax(-1)[:4], targets[2:])
    True
    """
    line = torch.randint(symbols, (length, batch))
    early = torch.zeros(lag, batch, dtype=torch.int64)
    targets = torch.cat([early, line[: length - lag]])
    return one_hot(line, symbols).float(), targets


# --8<-- [end:echo]


# --8<-- [start:ways]
def summed(rnn, line_tensor, targets) -> None:
    """Back-propagate once, from the sum of the losses of all time steps.

    >>> rnn = RNN(2, 8, 2)
    >>> summed(rnn, *echo(length=5, batch=4, lag=1))
    >>> rnn.cell.weight_hh.grad.shape
    torch.Size([8, 8])
    """
    hidden = rnn.initHidden(line_tensor.shape[1])
    loss = 0
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = loss + criterion(output, targets[i])
    loss.backward()


def per_step(rnn, line_tensor, targets) -> None:
    """Back-propagate at every time step, through the whole past.

    >>> rnn = RNN(2, 8, 2)
    >>> per_step(rnn, *echo(length=5, batch=4, lag=1))
    >>> rnn.cell.weight_hh.grad.shape
    torch.Size([8, 8])
    """
    hidden = rnn.initHidden(line_tensor.shape[1])
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = criterion(output, targets[i])
        loss.backward(retain_graph=True)


# --8<-- [end:ways]


# --8<-- [start:last-only-way]
def last_only(rnn, line_tensor, targets) -> None:
    """Back-propagate the loss of the last time step only, as the post's train does.

    >>> compare(last_only, length=1, lag=0).equal
    True
    """
    hidden = rnn.initHidden(line_tensor.shape[1])
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
    criterion(output, targets[-1]).backward()


# --8<-- [end:last-only-way]


# --8<-- [start:gradient]
def example(length=20, batch=32, lag=3, dtype=torch.float64):
    """Return a network of 32 hidden units and a batch of echo for it, always the same.

    >>> rnn, line_tensor, targets = example(length=5, batch=4)
    >>> line_tensor.shape, line_tensor.dtype
    (torch.Size([5, 4, 2]), torch.float64)
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).to(dtype)
    line_tensor, targets = echo(length, batch, lag)
    return rnn, line_tensor.to(dtype), targets


def gradient(way, rnn, *data) -> torch.Tensor:
    """Return the gradient that ``way(rnn, *data)`` leaves in ``.grad``, as one vector.

    >>> rnn, *data = example(length=5)
    >>> one, many = gradient(summed, rnn, *data), gradient(per_step, rnn, *data)
    >>> torch.testing.assert_close(one, many, rtol=1e-12, atol=1e-15)
    """
    rnn.zero_grad()
    way(rnn, *data)
    return torch.cat([p.grad.flatten() for p in rnn.parameters()])


def difference(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return ‖a − b‖ / ‖b‖.

    >>> difference(torch.tensor([3.0, 0.0]), torch.tensor([2.0, 0.0]))
    0.5
    """
    return ((a - b).norm() / b.norm()).item()


class Comparison(NamedTuple):
    """How a gradient compares with that of the summed loss."""

    difference: float
    cosine: float
    equal: bool


def compare(way, *options, orthogonal=False, **task) -> Comparison:
    """Compare the gradient of a way with that of the sum, on ``example(**task)``.

    ``orthogonal`` draws the recurrent weights as an orthogonal matrix.

    >>> compare(summed, length=5).equal
    True
    >>> compare(per_step, length=5).difference < 1e-14
    True
    """
    rnn, *data = example(**task)
    if orthogonal:
        nn.init.orthogonal_(rnn.cell.weight_hh)
    whole = gradient(summed, rnn, *data)
    other = gradient(way, rnn, *data, *options)
    cosine = torch.cosine_similarity(other, whole, dim=0).item()
    return Comparison(difference(other, whole), cosine, torch.equal(other, whole))


# --8<-- [end:gradient]


# --8<-- [start:update-every-step]
def update_every_step(
    rnn,
    line_tensor,
    targets,
    detach=False,
    retain_graph=False,
    hidden=None,
):
    """Call backward() and step() at every time step, as the post's words ask for.

    Returns, for each step begun, the version of W_hh that its forward pass saw, and
    the message of the RuntimeError that ended the loop (empty without one). ``hidden``
    is the first hidden state, of shape (batch, hidden); zeros without it.

    >>> line_tensor, targets = echo(length=5, batch=4, lag=1)
    >>> for options in {}, {"retain_graph": True}, {"detach": True}:
    ...     versions, error = update_every_step(
    ...         RNN(2, 8, 2), line_tensor, targets, **options
    ...     )
    ...     len(versions), error[:34]
    (2, 'Trying to backward through the gra')
    (3, 'one of the variables needed for gr')
    (5, '')
    """
    optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
    if hidden is None:
        hidden = rnn.initHidden(line_tensor.shape[1])
    versions = []
    for i in range(len(line_tensor)):
        if detach:
            hidden = hidden.detach()
        versions.append(rnn.cell.weight_hh._version)
        output, hidden = rnn(line_tensor[i], hidden)
        loss = criterion(output, targets[i])
        optimizer.zero_grad()
        try:
            loss.backward(retain_graph=retain_graph)
        except RuntimeError as error:
            return versions, str(error)
        optimizer.step()
    return versions, ""


# --8<-- [end:update-every-step]


# --8<-- [start:truncated]
def truncated(rnn, line_tensor, targets, window, optimizer=None):
    """Back-propagate every ``window`` steps and cut the graph there.

    Without an optimizer the windows' gradients add up in ``.grad``; with one it steps
    after each window. Returns the number of backward passes. Williams & Peng (1990)
    write BPTT(h; h'); this is h = h' = ``window``, with no overlap.

    >>> rnn = RNN(2, 8, 2)
    >>> truncated(rnn, *echo(length=10, batch=4, lag=1), window=4)
    3
    """
    hidden = rnn.initHidden(line_tensor.shape[1])
    loss, count = 0, 0
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = loss + criterion(output, targets[i])
        if (i + 1) % window == 0 or i + 1 == len(line_tensor):
            loss.backward()
            hidden, loss = hidden.detach(), 0
            count += 1
            if optimizer:
                optimizer.step()
                optimizer.zero_grad()
    return count


# --8<-- [end:truncated]


# --8<-- [start:saved-bytes]
from collections import Counter
from weakref import finalize


class Saved:
    """What a graph holds in place of a saved tensor."""

    def __init__(self, tensor):
        self.tensor = tensor


class SavedBytes:
    """Count the bytes that graphs keep, each storage once; a pair of pack and unpack.

    Tensors that share memory with ``known`` (parameters, data) are not counted: they
    would be there without a graph. ``alive`` falls when a graph is freed; ``peak`` is
    its maximum. What pack returns must not hold the tensor itself, only a detached
    one: an output that its own node saves would keep that node alive for ever. See
    torch.autograd.graph.saved_tensors_hooks.

    >>> x = torch.ones(1000, requires_grad=True)
    >>> saved = SavedBytes([x])
    >>> with torch.autograd.graph.saved_tensors_hooks(saved.pack, saved.unpack):
    ...     y = x.exp().sum()
    >>> saved.alive
    4000
    >>> y.backward()
    >>> saved.alive, saved.peak
    (0, 4000)
    """

    def __init__(self, known):
        self.known = {t.untyped_storage().data_ptr() for t in known}
        self.uses = Counter()
        self.alive = self.peak = 0

    def pack(self, tensor):
        saved, storage = Saved(tensor.detach()), tensor.untyped_storage()
        key, size = storage.data_ptr(), storage.nbytes()
        if key not in self.known:
            self.alive += size * (self.uses[key] == 0)
            self.uses[key] += 1
            self.peak = max(self.peak, self.alive)
            finalize(saved, self.release, key, size)
        return saved

    def unpack(self, saved):
        return saved.tensor

    def release(self, key, size):
        self.uses[key] -= 1
        self.alive -= size * (self.uses[key] == 0)


# --8<-- [end:saved-bytes]


# --8<-- [start:cost]
from torch.autograd.graph import saved_tensors_hooks


def cost(way, *options, length=80, batch=32):
    """Return forward cells, backward cells and the peak of saved bytes of a way.

    Of a float32 network and a batch of echo, as ``example`` makes them. A backward
    cell is one run of the tanh node that ends a cell's forward pass.

    >>> [cost(way, length=10)[:2] for way in (summed, per_step)]
    [(10, 10), (10, 55)]
    >>> cost(truncated, 1, length=10)[:2]
    (10, 10)
    """
    cells = Counter()

    def after_forward(cell, inputs, hidden):
        cells["forward"] += 1
        node = hidden.grad_fn
        node.register_hook(lambda *_: cells.update(["backward"]))

    rnn, *data = example(length, batch, dtype=torch.float32)
    rnn.cell.register_forward_hook(after_forward)
    saved = SavedBytes([*rnn.parameters(), *data])
    with saved_tensors_hooks(saved.pack, saved.unpack):
        way(rnn, *data, *options)
    return cells["forward"], cells["backward"], saved.peak


# --8<-- [end:cost]


# --8<-- [start:train]
class RNNs(nn.Module):
    """Networks like RNN, ``count`` of them side by side, each with weights of its own.

    The batch is divided among them in equal parts. They start as RNN does, uniform
    within 1/√hidden.

    >>> rnns = RNNs(3, 2, 8, 2)
    >>> output, hidden = rnns(torch.zeros(12, 2), rnns.initHidden(12))
    >>> output.shape, hidden.shape
    (torch.Size([12, 2]), torch.Size([3, 4, 8]))
    """

    def __init__(self, count, inputs, hidden, outputs):
        super().__init__()
        shapes = {
            "W_ih": (inputs, hidden),
            "W_hh": (hidden, hidden),
            "b_h": (1, hidden),
            "W_ho": (hidden, outputs),
            "b_o": (1, outputs),
        }
        for name, shape in shapes.items():
            start = torch.empty(count, *shape)
            start.uniform_(-(hidden**-0.5), hidden**-0.5)
            self.register_parameter(name, nn.Parameter(start))

    def initHidden(self, batch):
        count, size, _ = self.W_hh.shape
        return self.W_hh.new_zeros(count, batch // count, size)

    def forward(self, input, hidden):
        shape = *hidden.shape[:2], -1
        drive = torch.baddbmm(self.b_h, input.view(shape), self.W_ih)
        hidden = torch.baddbmm(drive, hidden, self.W_hh).tanh()
        output = torch.baddbmm(self.b_o, hidden, self.W_ho)
        return output.flatten(0, 1), hidden


def train(lag, window, lr, length=10, batches=(20, 60), networks=10):
    """Train networks on echo by truncated(), with a step of Adam after each window.

    Each has its own weights and data; the same in every call. Returns their losses
    and accuracies on fresh sequences, over the steps that have a symbol ``lag`` steps
    before, both of shape (len(batches), networks): after so many batches of 32.

    >>> losses, accuracies = train(1, window=2, lr=0.01, length=4, batches=[1])
    >>> accuracies.shape
    torch.Size([1, 10])
    """
    torch.manual_seed(0)
    rnns = RNNs(networks, 2, 32, 2)
    line_tensor, targets = echo(length, 256 * networks, lag)
    optimizer = torch.optim.Adam(rnns.parameters(), lr, fused=True)
    losses, accuracies = [], []
    for batch in range(1, max(batches) + 1):
        truncated(rnns, *echo(length, 32 * networks, lag), window, optimizer)
        if batch not in batches:
            continue
        hidden, outputs = rnns.initHidden(256 * networks), []
        with torch.no_grad():
            for input in line_tensor:
                output, hidden = rnns(input, hidden)
                outputs.append(output)
        # 交叉熵要类别在第 1 维 | cross-entropy has the classes in dimension 1
        outputs, asked = torch.stack(outputs, dim=-1)[..., lag:], targets[lag:].T
        loss = nn.functional.cross_entropy(outputs, asked, reduction="none")
        losses.append(loss.view(networks, -1).mean(1))
        right = (outputs.argmax(1) == asked).float()
        accuracies.append(right.view(networks, -1).mean(1))
    return torch.stack(losses), torch.stack(accuracies)


# --8<-- [end:train]


# --8<-- [start:tuned]
class Tuned(NamedTuple):
    """What networks reach at the best lr: loss and accuracy of each of them."""

    lr: float
    loss: torch.Tensor
    accuracy: torch.Tensor


@cache
def tuned(lag, window, length=10, batches=(20, 60)) -> list[Tuned]:
    """Return, for each number of batches, the lr with the lowest mean loss of ten.

    ValueError if that is the first or the last of the sweep: then it is too narrow.

    >>> [best] = tuned(0, window=3, length=3, batches=(20,))
    >>> best.lr, len(best.loss)
    (0.03, 10)
    """
    sweep = {}
    for lr in (0.001, 0.003, 0.01, 0.03, 0.1):
        sweep[lr] = train(lag, window, lr, length, batches)
    found = []
    for number in range(len(batches)):
        best = min(sweep, key=lambda lr: sweep[lr][0][number].mean())
        if best in (min(sweep), max(sweep)):
            raise ValueError(f"lag {lag}, window {window}: the best lr is {best}")
        found.append(Tuned(best, *(each[number] for each in sweep[best])))
    return found


# --8<-- [end:tuned]


# --8<-- [start:start-gradients]
def start_gradients(rnn, line_tensor, targets, detach=False):
    """Return ∂(Σ loss)/∂h_0 of one backward pass, and ∂loss_t/∂h_0 of each step.

    Shapes (batch, hidden) and (length, batch, hidden). With ``detach`` the graph is
    cut after every step.

    >>> line_tensor, targets = echo(length=5, batch=4, lag=1)
    >>> whole, each = start_gradients(RNN(2, 8, 2), line_tensor, targets)
    >>> torch.testing.assert_close(each.sum(0), whole)
    >>> _, each = start_gradients(RNN(2, 8, 2), line_tensor, targets, detach=True)
    >>> each[1:].count_nonzero()
    tensor(0)
    """
    start = rnn.initHidden(line_tensor.shape[1]).requires_grad_()
    hidden, losses = start, []
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        losses.append(criterion(output, targets[i]))
        if detach:
            hidden = hidden.detach()

    def at_start(loss):
        options = {"retain_graph": True, "materialize_grads": True}
        return torch.autograd.grad(loss, start, **options)[0]

    each = [at_start(loss) for loss in losses]
    return at_start(sum(losses)), torch.stack(each)


def start_norms(radius, length=100):
    """Return the norms of ∂loss_T/∂h_0, whole and cut, and the ways' difference.

    W_hh is ``radius`` times an orthogonal matrix, inputs and biases are 0. The ways
    are one backward pass of the sum, and one at each step, with the graph kept.

    >>> whole, cut, gap = start_norms(0.5, length=10)
    >>> whole > 0, cut, gap < 1e-12
    (True, 0.0, True)
    """
    rnn, line_tensor, targets = example(length, batch=1)
    nn.init.orthogonal_(rnn.cell.weight_hh, gain=radius)
    nn.init.zeros_(rnn.cell.bias_ih)
    nn.init.zeros_(rnn.cell.bias_hh)
    data = torch.zeros_like(line_tensor), targets
    whole, each = start_gradients(rnn, *data)
    _, cut = start_gradients(rnn, *data, detach=True)
    norms = each[-1].norm().item(), cut[-1].norm().item()
    return *norms, difference(each.sum(0), whole)


# --8<-- [end:start-gradients]


# --8<-- [start:gates]
@cache
def at_first_state(kind, gate_bias=None, gain=1.0, orthogonal=False, length=100):
    """Return the norms of the gradient of the last output's sum at the first state.

    Ten of them, sorted, for ten seeds; float64. ``kind`` is "RNN", "GRU" or "LSTM",
    32 units, default initialisation with W_hh multiplied by ``gain`` or made
    orthogonal; one sequence of standard normal inputs. ``gate_bias`` sets b_hh of the
    GRU's update gate (z, which torch multiplies with the old state) or of the LSTM's
    forget gate.

    >>> (at_first_state("LSTM", 5.0) > at_first_state("LSTM")).all()
    tensor(True)
    """
    norms = []
    for seed in range(10):
        torch.manual_seed(seed)
        net = getattr(nn, kind)(8, 32).double()
        with torch.no_grad():
            net.weight_hh_l0 *= gain
            if gate_bias is not None:
                net.bias_hh_l0[32:64] = gate_bias
            if orthogonal:
                nn.init.orthogonal_(net.weight_hh_l0)
        start = torch.zeros(2, 1, 1, 32).double().requires_grad_()
        first = (start[0], start[1]) if kind == "LSTM" else start[0]
        outputs, _ = net(torch.randn(length, 1, 8).double(), first)
        outputs[-1].sum().backward()
        norms.append(start.grad.norm())
    return torch.stack(norms).sort().values


# --8<-- [end:gates]
