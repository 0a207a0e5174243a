"""Summed loss or per-step backward: the same gradient, its errors and its cost."""

# --8<-- [start:rnn]
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

    >>> line_tensor, targets = echo(length=1, batch=4, lag=0)
    >>> rnn = RNN(2, 8, 2)
    >>> one = gradient(last_only, rnn, line_tensor, targets)
    >>> torch.equal(one, gradient(summed, rnn, line_tensor, targets))
    True
    """
    hidden = rnn.initHidden(line_tensor.shape[1])
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
    criterion(output, targets[-1]).backward()


# --8<-- [end:last-only-way]


# --8<-- [start:gradient]
def gradient(way, rnn, *data) -> torch.Tensor:
    """Return the gradient that ``way(rnn, *data)`` leaves in ``.grad``, as one vector.

    >>> rnn = RNN(2, 8, 2).double()
    >>> line_tensor, targets = echo(length=5, batch=4, lag=1)
    >>> data = line_tensor.double(), targets
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


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the cosine of the angle between two vectors.

    >>> cosine(torch.tensor([3.0, 0.0]), torch.tensor([0.0, 2.0]))
    0.0
    """
    return torch.cosine_similarity(a, b, dim=0).item()


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


def cost(way, rnn, line_tensor, targets, *options):
    """Return forward cells, backward cells and the peak of saved bytes of a way.

    A backward cell is one run of the tanh node that ends a cell's forward pass.

    >>> rnn, data = RNN(2, 8, 2), echo(length=10, batch=4, lag=1)
    >>> [cost(way, rnn, *data)[:2] for way in (summed, per_step)]
    [(10, 10), (10, 55)]
    >>> cost(truncated, rnn, *data, 1)[:2]
    (10, 10)
    """
    cells = Counter()

    def after_forward(cell, inputs, hidden):
        cells["forward"] += 1
        node = hidden.grad_fn
        node.register_hook(lambda *_: cells.update(["backward"]))

    handle = rnn.cell.register_forward_hook(after_forward)
    saved = SavedBytes([*rnn.parameters(), line_tensor, targets])
    with saved_tensors_hooks(saved.pack, saved.unpack):
        way(rnn, line_tensor, targets, *options)
    handle.remove()
    return cells["forward"], cells["backward"], saved.peak


# --8<-- [end:cost]


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


# --8<-- [end:start-gradients]


# --8<-- [start:gates]
def at_first_state(kind, gate_bias=None, length=100) -> float:
    """Return the norm of the gradient of the last output's sum at the first state.

    ``kind`` is "RNN", "GRU" or "LSTM", 32 units, default initialisation, one sequence
    of standard normal inputs; ``gate_bias`` sets b_hh of the GRU's update gate (z,
    which torch multiplies with the old state) or of the LSTM's forget gate.

    >>> at_first_state("LSTM", 5.0, length=20) > at_first_state("LSTM", length=20)
    True
    """
    torch.manual_seed(0)
    net = getattr(nn, kind)(8, 32).double()
    if gate_bias is not None:
        with torch.no_grad():
            net.bias_hh_l0[32:64] = gate_bias
    start = torch.zeros(2, 1, 1, 32).double().requires_grad_()
    first = (start[0], start[1]) if kind == "LSTM" else start[0]
    outputs, _ = net(torch.randn(length, 1, 8).double(), first)
    outputs[-1].sum().backward()
    return start.grad.norm().item()


# --8<-- [end:gates]
