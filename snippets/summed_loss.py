"""Summed loss or per-step backward: the same gradient, its errors and its cost."""

# --8<-- [start:rnn]
import torch
from torch import nn
from torch.nn.functional import one_hot
from verdicts import Case, Trial

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


# --8<-- [start:c27]
def c27() -> Trial:
    """The losses must be summed and back-propagated once: gradients of other ways.

    Of echo (20 steps, lag 3) in float64; relative to the gradient of the sum.

    >>> c27()
    imprecise
    ✗ 非一次不可：逐步反向 | only once: per step: < 1e-12
    ✓ 非求和不可：只用最后一步 | only the sum: last: 0.97
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).double()
    line_tensor, targets = echo(length=20, batch=32, lag=3)
    data = line_tensor.double(), targets
    whole = gradient(summed, rnn, *data)
    many = difference(gradient(per_step, rnn, *data), whole)
    last = difference(gradient(last_only, rnn, *data), whole)
    small = "< 1e-12" if many < 1e-12 else f"{many:.0e}"
    return Trial(
        Case("非一次不可：逐步反向 | only once: per step", small, many > 1e-12),
        Case(
            "非求和不可：只用最后一步 | only the sum: last", f"{last:.2f}", last > 0.1
        ),
    )


# --8<-- [end:c27]


# --8<-- [start:c29]
def c29() -> Trial:
    """At every time step one can compute the loss and update: how many of 20 steps.

    >>> c29()
    imprecise
    ✗ backward(): 1/20
    ✗ retain_graph=True: 2/20
    ✓ h.detach(): 20/20
    """
    cases = []
    for what, options in (
        ("backward()", {}),
        ("retain_graph=True", {"retain_graph": True}),
        ("h.detach()", {"detach": True}),
    ):
        torch.manual_seed(0)
        rnn, data = RNN(2, 32, 2), echo(length=20, batch=32, lag=3)
        versions, error = update_every_step(rnn, *data, **options)
        steps = len(versions) - bool(error)
        cases.append(Case(what, f"{steps}/20", not error))
    return Trial(*cases)


# --8<-- [end:c29]


# --8<-- [start:c31]
def c31() -> Trial:
    """Going step by step costs more: cells per step of the way over those of the sum.

    Of echo with 80 steps.

    >>> c31()
    imprecise
    ✗ 前向 | forward: 80 : 80
    ✓ 反向，retain_graph | backward, retain_graph: 3240 : 80
    ✗ 反向，detach | backward, detach: 80 : 80
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length=80, batch=32, lag=3)
    base = cost(summed, rnn, *data)
    kept, cut = cost(per_step, rnn, *data), cost(truncated, rnn, *data, 1)
    return Trial(
        Case("前向 | forward", f"{kept[0]} : {base[0]}", kept[0] > base[0]),
        Case(
            "反向，retain_graph | backward, retain_graph",
            f"{kept[1]} : {base[1]}",
            kept[1] > base[1],
        ),
        Case(
            "反向，detach | backward, detach", f"{cut[1]} : {base[1]}", cut[1] > base[1]
        ),
    )


# --8<-- [end:c31]


# --8<-- [start:c32]
def c32() -> Trial:
    """With the sum there is one backward pass, after the whole sequence.

    >>> c32()
    true
    ✓ 有梯度：20 步之中；之后 | has a gradient: in 20 steps; after: 0; True
    """
    torch.manual_seed(0)
    rnn, (line_tensor, targets) = RNN(2, 32, 2), echo(length=20, batch=32, lag=3)
    hidden, loss, before = rnn.initHidden(32), 0, 0
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = loss + criterion(output, targets[i])
        before += rnn.cell.weight_hh.grad is not None
    loss.backward()
    after = rnn.cell.weight_hh.grad is not None
    return Trial(
        Case(
            "有梯度：20 步之中；之后 | has a gradient: in 20 steps; after",
            f"{before}; {after}",
            before == 0 and after,
        )
    )


# --8<-- [end:c32]


# --8<-- [start:c33]
def c33() -> Trial:
    """One backward pass at the end saves computation and memory (80 steps).

    >>> c33()
    imprecise
    ✓ 反向的格，比 retain_graph | cells, against retain_graph: 80 : 3240
    ✗ 反向的格，比 detach | cells, against detach: 80 : 80
    ✗ 内存，比 detach | memory, against detach: 352,576 : 8,452 B
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length=80, batch=32, lag=3)
    _, cells, peak = cost(summed, rnn, *data)
    _, kept, _ = cost(per_step, rnn, *data)
    _, cut, low = cost(truncated, rnn, *data, 1)
    return Trial(
        Case(
            "反向的格，比 retain_graph | cells, against retain_graph",
            f"{cells} : {kept}",
            cells < kept,
        ),
        Case(
            "反向的格，比 detach | cells, against detach",
            f"{cells} : {cut}",
            cells < cut,
        ),
        Case(
            "内存，比 detach | memory, against detach",
            f"{peak:,} : {low:,} B",
            peak < low,
        ),
    )


# --8<-- [end:c33]


# --8<-- [start:c35]
def c35() -> Trial:
    """Short sequences gain from going step by step (3 and 10 steps).

    It would gain if it took less work, or gave another gradient that is right.

    >>> c35()
    false
    ✗ T = 3, retain_graph: 2.0 × T
    ✗ T = 3, detach: ‖Δg‖/‖g‖ = 32%
    ✗ T = 10, retain_graph: 5.5 × T
    ✗ T = 10, detach: ‖Δg‖/‖g‖ = 64%
    """
    cases = []
    for length in (3, 10):
        torch.manual_seed(0)
        rnn, data = RNN(2, 32, 2), echo(length, batch=256, lag=1)
        work = cost(per_step, rnn, *data)[1] / cost(summed, rnn, *data)[1]
        whole = gradient(summed, rnn, *data)
        wrong = difference(gradient(truncated, rnn, *data, 1), whole)
        cases += [
            Case(f"T = {length}, retain_graph", f"{work:.1f} × T", work < 1),
            Case(f"T = {length}, detach", f"‖Δg‖/‖g‖ = {wrong:.0%}", wrong < 0.01),
        ]
    return Trial(*cases)


# --8<-- [end:c35]


# --8<-- [start:c34]
def c34() -> Trial:
    """Vanishing and exploding belong to the backward pass at the end.

    The norm of ∂(Σ loss)/∂h_0 after 100 steps, for three spectral radii; and whether
    going step by step, with the graph kept, has another gradient.

    >>> c34()
    imprecise
    ✓ ρ = 0.5: ‖∂L/∂h₀‖ = 4e-31
    ✓ ρ = 1.5: ‖∂L/∂h₀‖ = 2e+17
    ✗ 逐步反向与之不同 | per step it is different: < 1e-12
    """
    cases, gap = [], 0.0
    for radius in (0.5, 1.0, 1.5):
        torch.manual_seed(0)
        rnn = RNN(2, 32, 2).double()
        nn.init.orthogonal_(rnn.cell.weight_hh, gain=radius)
        nn.init.zeros_(rnn.cell.bias_ih)
        nn.init.zeros_(rnn.cell.bias_hh)
        line_tensor, targets = echo(length=100, batch=1, lag=3)
        zeros = torch.zeros_like(line_tensor).double()
        whole, each = start_gradients(rnn, zeros, targets)
        norm = each[-1].norm().item()
        gap = max(gap, difference(each.sum(0), whole))
        if radius != 1:
            gone = norm < 1e-6 or norm > 1e6
            cases.append(Case(f"ρ = {radius}", f"‖∂L/∂h₀‖ = {norm:.0e}", gone))
    small = "< 1e-12" if gap < 1e-12 else f"{gap:.0e}"
    what = "逐步反向与之不同 | per step it is different"
    return Trial(*cases, Case(what, small, gap > 1e-6))


# --8<-- [end:c34]


# --8<-- [start:c37]
def c37() -> Trial:
    """GRU and LSTM keep gradients over 100 steps, where an RNN loses them.

    >>> c37()
    imprecise
    ✗ GRU, 默认 | GRU, default: 2e-21
    ✓ GRU, b = 5: 3e+00
    ✗ LSTM, 默认 | LSTM, default: 6e-21
    ✓ LSTM, b = 5: 4e-01
    """
    cases = []
    for kind in ("GRU", "LSTM"):
        for bias in (None, 5.0):
            norm = at_first_state(kind, bias)
            what = f"{kind}, b = 5" if bias else f"{kind}, 默认 | {kind}, default"
            cases.append(Case(what, f"{norm:.0e}", norm > 1e-3))
    return Trial(*cases)


# --8<-- [end:c37]


if __name__ == "__main__":
    # --8<-- [start:same]
    same = {}
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        rnn = RNN(2, 32, 2).to(dtype)
        line_tensor, targets = echo(length=20, batch=32, lag=3)
        data = line_tensor.to(dtype), targets
        whole = gradient(summed, rnn, *data)
        parts = gradient(per_step, rnn, *data)
        same[dtype] = difference(parts, whole)
        print(dtype, f"{same[dtype]:.1e}", torch.equal(parts, whole))
    # --8<-- [end:same]

    # --8<-- [start:last-only]
    last = gradient(last_only, rnn, *data)
    print(f"difference {difference(last, whole):.3f}")
    print(f"cosine     {cosine(last, whole):.3f}")
    # --8<-- [end:last-only]

    # --8<-- [start:second-time]
    from textwrap import fill

    torch.manual_seed(0)
    data = echo(length=20, batch=32, lag=3)
    rnn = RNN(2, 32, 2)
    versions, error = update_every_step(rnn, *data)
    print("step", len(versions))
    print(fill(f"RuntimeError: {error}", 40))
    # --8<-- [end:second-time]

    # --8<-- [start:in-place]
    rnn = RNN(2, 32, 2)
    versions, error = update_every_step(rnn, *data, retain_graph=True)
    print("step", len(versions))
    print(fill(f"RuntimeError: {error}", 40))
    print("W_hh at version", versions)
    # --8<-- [end:in-place]

    # --8<-- [start:learned-start]
    rnn = RNN(2, 32, 2)
    hidden = torch.zeros(32, 32, requires_grad=True)
    options = {"retain_graph": True, "hidden": hidden}
    earlier, error = update_every_step(rnn, *data, **options)
    print("step", len(earlier))
    print(fill(error.split(":")[0], 40))
    # --8<-- [end:learned-start]

    # --8<-- [start:data]
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2)
    hidden = rnn.initHidden(32)
    for i in range(3):
        output, hidden = rnn(data[0][i], hidden)
    loss = criterion(output, data[1][i])

    W_hh = rnn.cell.weight_hh
    before = torch.autograd.grad(loss, W_hh, retain_graph=True)[0]
    W_hh.data.add_(before, alpha=-0.1)
    after = torch.autograd.grad(loss, W_hh, retain_graph=True)[0]
    print("version", W_hh._version)
    print(f"difference {difference(after, before):.1e}")
    # --8<-- [end:data]

    # --8<-- [start:repair]
    rnn = RNN(2, 32, 2)
    repaired, error = update_every_step(rnn, *data, detach=True)
    print("updates", len(repaired), "error", repr(error))
    # --8<-- [end:repair]

    # --8<-- [start:count]
    lengths = [5, 10, 20, 40, 80]
    costs = {"sum": [], "retain_graph": [], "detach": []}
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2)
    for length in lengths:
        data = echo(length, batch=32, lag=3)
        costs["sum"].append(cost(summed, rnn, *data))
        costs["retain_graph"].append(cost(per_step, rnn, *data))
        costs["detach"].append(cost(truncated, rnn, *data, 1))

    print("   T forward backward    bytes")
    for name, rows in costs.items():
        print(name)
        for length, row in zip(lengths, rows, strict=True):
            print("{:4d} {:7d} {:8d} {:8,d}".format(length, *row))
    added = costs["sum"][-1][2] - costs["sum"][-2][2]
    per_cell = added // (lengths[-1] - lengths[-2])
    # --8<-- [end:count]

    # --8<-- [start:count-figure]
    from plotting import axes, style, svg

    labels = ("T", "backward cells"), ("T", "saved / KiB")
    scales = {"xscale": "log", "yscale": "log"}
    figure, left, right = axes(*labels, columns=2, height=2.6, **scales)
    for number, (name, rows) in enumerate(costs.items()):
        _, backward, peak = zip(*rows, strict=True)
        kib = [bytes_ / 1024 for bytes_ in peak]
        left.plot(lengths, backward, **style(number), marker="o", label=name)
        right.plot(lengths, kib, **style(number), marker="o", label=name)
    for panel in (left, right):
        panel.set_xticks(lengths, lengths)
    right.set_ylim(bottom=0.5)
    right.legend(loc="lower right")
    print(svg(figure, "count"))
    # --8<-- [end:count-figure]

    # --8<-- [start:short]
    short = {}
    for length in range(3, 11):
        torch.manual_seed(0)
        rnn, data = RNN(2, 32, 2), echo(length, batch=256, lag=1)
        full = gradient(summed, rnn, *data)
        kept = gradient(per_step, rnn, *data)
        cut = gradient(truncated, rnn, *data, 1)
        work = cost(per_step, rnn, *data)[1] / length
        errors = difference(kept, full), difference(cut, full)
        short[length] = work, *errors
        row = length, *short[length]
        print("T {:2d}  work x {:.1f}  {:.0e}  {:.2f}".format(*row))
    # --8<-- [end:short]

    # --8<-- [start:from-start]
    start = {}
    for radius in (0.5, 1.0, 1.5):
        torch.manual_seed(0)
        rnn = RNN(2, 32, 2).double()
        nn.init.orthogonal_(rnn.cell.weight_hh, gain=radius)
        nn.init.zeros_(rnn.cell.bias_ih)
        nn.init.zeros_(rnn.cell.bias_hh)
        line_tensor, targets = echo(length=100, batch=1, lag=3)
        data = torch.zeros_like(line_tensor).double(), targets
        whole, each = start_gradients(rnn, *data)
        _, cut = start_gradients(rnn, *data, detach=True)
        norms = each[-1].norm().item(), cut[-1].norm().item()
        start[radius] = *norms, difference(each.sum(0), whole)
        row = radius, *start[radius]
        print("radius {}  {:.0e}  {:.0f}  {:.0e}".format(*row))
    # --8<-- [end:from-start]

    # --8<-- [start:open-gates]
    gates = {}
    default = [(kind, None) for kind in ("RNN", "GRU", "LSTM")]
    for kind, gate_bias in [*default, ("GRU", 5), ("LSTM", 5)]:
        gates[kind, gate_bias] = at_first_state(kind, gate_bias)
        name = f"{kind} {gate_bias or 'default'}"
        print(f"{name:12s} {gates[kind, gate_bias]:.1e}")
    # --8<-- [end:open-gates]
