"""Each loss from scratch against torch's: value and gradient, on what hypothesis finds.

A gap is counted in units in the last place of the largest entry: of the losses, and of
the gradient. 0 means equal to the bit.
"""

import inspect
from dataclasses import dataclass, field

import binary_losses
import cross_entropy as classes
import likelihood_losses
import pytest
import ranking_losses
import regression_losses
import torch
import torch.nn.functional as F
from ctc import ctc_by_enumeration, ctc_loss
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rounding import gap, ulps
from torch.nn import LinearCrossEntropyOptions

pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
EDGES = (0.0, -0.0, 1e-30, -1e-30, 100.0, -100.0)
REDUCTIONS = ("none", "sum", "mean")


@dataclass
class Draw:
    """What one example draws its tensors from."""

    data: st.DataObject
    dtype: torch.dtype
    generator: torch.Generator
    samples: int
    classes: int

    def pick(self, *values):
        return self.data.draw(st.sampled_from(values))

    def normal(self, *shape, scale=None, edges=EDGES):
        scale = scale or self.pick(1e-3, 1.0, 10.0)
        x = torch.randn(shape, dtype=self.dtype, generator=self.generator) * scale
        return self._edged(x, edges)

    def uniform(self, *shape, edges=()):
        x = torch.rand(shape, dtype=self.dtype, generator=self.generator)
        return self._edged(x, edges)

    def integers(self, low, high, *shape):
        return torch.randint(low, high, shape, generator=self.generator)

    def signs(self, *shape):
        return (2 * self.integers(0, 2, *shape) - 1).to(self.dtype)

    def _edged(self, x, edges):
        if edges and x.numel() and self.pick(False, True):
            at = self.uniform(*x.shape) < 0.3
            which = self.integers(0, len(edges), *x.shape)
            x = torch.where(at, torch.tensor(edges, dtype=self.dtype)[which], x)
        return x


@dataclass
class Compared:
    """Our function and torch's, and what both get; ``free`` are differentiated."""

    ours: object
    theirs: object
    free: list
    fixed: list = field(default_factory=list)
    options: dict = field(default_factory=dict)
    floor: float = 0.0  # of what a gap in the gradient is measured by


def regression(name, **more):
    def draw(d):
        shape = d.pick((d.samples,), (d.samples, d.classes), ())
        infinite = (*EDGES, torch.inf)
        free = [d.normal(*shape, edges=d.pick(EDGES, infinite)), d.normal(*shape)]
        options = {key: d.pick(*values) for key, values in more.items()}
        if name != "smooth_l1_loss" and d.pick(False, True):
            options["weight"] = d.uniform(*shape)
        ours = getattr(regression_losses, name)
        return Compared(ours, getattr(F, name), free, [], options)

    return draw


def bce(d):
    shape = (d.samples, d.classes)
    free = [d.uniform(*shape, edges=(0.0, 1.0, 1e-30)), d.uniform(*shape)]
    options = {"weight": d.pick(None, d.uniform(d.classes), d.uniform(*shape))}
    return Compared(
        binary_losses.binary_cross_entropy, F.binary_cross_entropy, free[:1], free[1:],
        options,
    )  # fmt: skip


def bce_with_logits(d):
    shape = (d.samples, d.classes)
    options = {
        "weight": d.pick(None, d.uniform(d.classes), d.uniform(*shape)),
        "pos_weight": d.pick(None, d.uniform(d.classes) * 5),
    }
    name = "binary_cross_entropy_with_logits"
    target = d.pick(d.uniform(*shape), d.integers(0, 2, *shape).to(d.dtype))
    free = [d.normal(*shape)]
    return Compared(
        getattr(binary_losses, name), getattr(F, name), free, [target], options,
        floor=1.0,
    )  # fmt: skip


def soft_margin(d):
    shape = (d.samples, d.classes)
    ours, theirs = binary_losses.soft_margin_loss, F.soft_margin_loss
    return Compared(ours, theirs, [d.normal(*shape)], [d.signs(*shape)])


def multilabel_soft_margin(d):
    shape = d.pick((d.samples, d.classes), (d.classes,))
    name = "multilabel_soft_margin_loss"
    options = {"weight": d.pick(None, d.uniform(d.classes))}
    target = d.integers(0, 2, *shape).to(d.dtype)
    return Compared(
        getattr(binary_losses, name), getattr(F, name), [d.normal(*shape)], [target],
        options,
    )  # fmt: skip


def named(d, shape):
    """Classes for logits of a shape, some or all of them ignored."""
    plain = shape[:1] + shape[2:] if len(shape) > 1 else ()
    target = d.integers(0, d.classes, *plain)
    ignored = d.pick(-100, 0)
    share = d.pick(0.0, 0.3, 1.0)
    if d.pick(False, True):
        target = target.masked_fill(d.uniform(*plain) < share, ignored)
    return target, ignored


def class_shape(d):
    return d.pick((d.samples, d.classes), (d.classes,), (d.samples, d.classes, 3))


def nll(d):
    shape = class_shape(d)
    target, ignored = named(d, shape)
    options = {"ignore_index": ignored, "weight": d.pick(None, d.uniform(d.classes))}
    logs = d.pick(
        d.normal(*shape).log_softmax(min(1, len(shape) - 1)), -d.uniform(*shape)
    )
    return Compared(classes.nll_loss, F.nll_loss, [logs], [target], options)


def cross_entropy(d):
    shape = class_shape(d)
    options = {
        "weight": d.pick(None, d.uniform(d.classes)),
        "label_smoothing": d.pick(0.0, 0.1, 1.0),
    }
    if d.pick(False, True):
        dim = min(1, len(shape) - 1)
        target = d.normal(*shape).softmax(dim)
        return Compared(
            classes.cross_entropy, F.cross_entropy, [d.normal(*shape)], [target],
            options,
        )  # fmt: skip
    target, options["ignore_index"] = named(d, shape)
    return Compared(
        classes.cross_entropy, F.cross_entropy, [d.normal(*shape)], [target], options
    )


def linear_cross_entropy(d):
    hidden = d.pick(1, 3)
    free = [d.normal(d.samples, hidden), d.normal(d.classes, hidden)]
    target, ignored = named(d, (d.samples, d.classes))
    options = {"ignore_index": ignored, "weight": d.pick(None, d.uniform(d.classes))}
    bias = d.pick(None, d.normal(d.classes))
    name = "linear_cross_entropy"

    chunks = bias is None and d.pick(False, True)

    def ours(input, head, target, **options):
        chunk = 2 if chunks and options["reduction"] != "none" else None
        return getattr(classes, name)(input, head, target, bias, chunk=chunk, **options)

    def theirs(input, head, target, **options):
        if chunks and options["reduction"] != "none":
            options["options"] = LinearCrossEntropyOptions(batch_chunk_size=2)
        return getattr(F, name)(input, head, target, linear_bias=bias, **options)

    largest = max([1.0, *(float(x.abs().max()) for x in free if x.numel())])
    return Compared(ours, theirs, free, [target], options, largest)


def adaptive(d):
    module = torch.nn.AdaptiveLogSoftmaxWithLoss(
        8, 10, [3, 6], div_value=2.0, head_bias=d.pick(False, True), dtype=d.dtype
    )
    pairs = [(down.weight, up.weight) for down, up in module.tail]
    target = d.integers(0, 10, max(d.samples, 1))

    def pick(reduction, output, loss):
        sums = {"none": output, "sum": -output.sum(), "mean": loss}
        return sums[reduction]

    def ours(input, target, reduction):
        head = module.head.weight, pairs, module.head.bias
        return pick(reduction, *classes.adaptive_log_softmax(input, target, *head))

    def theirs(input, target, reduction):
        return pick(reduction, *module(input, target))

    return Compared(ours, theirs, [d.normal(len(target), 8)], [target])


def kl(d):
    shape = d.pick((d.samples, d.classes), (d.classes,))
    logs = d.pick(True, False)
    target = d.normal(*shape) if logs else d.uniform(*shape, edges=(0.0, 1e-30))
    options = {"log_target": logs, "reduction": d.pick(*REDUCTIONS, "batchmean")}
    free = [d.normal(*shape), target]
    if not logs and not target.all():
        free, fixed = free[:1], free[1:]  # the derivative by a target of 0 is infinite
    else:
        fixed = []
    return Compared(likelihood_losses.kl_div, F.kl_div, free, fixed, options, 1.0)


def poisson(d):
    logs = d.pick(True, False)
    options = {"log_input": logs, "full": d.pick(False, True), "eps": d.pick(1e-8, 0.1)}
    shape = (d.samples, d.classes)
    input = d.normal(*shape) if logs else d.uniform(*shape, edges=(0.0, 1e-30, 100.0))
    target = d.integers(0, 6, *shape).to(d.dtype)
    ours, theirs = likelihood_losses.poisson_nll_loss, F.poisson_nll_loss
    return Compared(ours, theirs, [input], [target], options)


def gaussian(d):
    shape = (d.samples, d.classes)
    spread = d.pick(shape, shape[:1], (d.samples, 1))
    var = d.uniform(*spread, edges=(0.0, 1e-30, 100.0))
    options = {"full": d.pick(False, True), "eps": d.pick(1e-6, 0.1)}
    free = [d.normal(*shape), d.normal(*shape), var]
    ours, theirs = likelihood_losses.gaussian_nll_loss, F.gaussian_nll_loss
    return Compared(ours, theirs, free, [], options)


def ranking(name, draw, **more):
    def drawn(d):
        options = {key: d.pick(*values) for key, values in more.items()}
        free, fixed = draw(d)
        ours, theirs = getattr(ranking_losses, name), getattr(F, name)
        return Compared(ours, theirs, free, fixed, options)

    return drawn


def scores(d):  # of no samples torch's loss is memory as it was found
    shape = d.pick((max(d.samples, 1), d.classes), (d.classes,))
    return [d.normal(*shape)], shape


def multi_margin(d):
    free, shape = scores(d)
    target = d.integers(0, d.classes, *shape[:-1])
    options = {
        "p": d.pick(1, 2),
        "margin": d.pick(1.0, 0.3),
        "weight": d.pick(None, d.uniform(d.classes)),
    }
    ours, theirs = ranking_losses.multi_margin_loss, F.multi_margin_loss
    return Compared(ours, theirs, free, [target], options)


def multilabel_margin(d):
    free, shape = scores(d)
    target = d.integers(-1, d.classes, *shape)
    ours, theirs = ranking_losses.multilabel_margin_loss, F.multilabel_margin_loss
    return Compared(ours, theirs, free, [target])


def pairs(d):
    return [d.normal(d.samples), d.normal(d.samples)], [d.signs(d.samples)]


def labelled(d):
    return [d.normal(d.samples)], [d.pick(1, 0.5) * d.signs(d.samples)]


def pair_of_vectors(d):
    shape = d.pick((d.samples, d.classes), (d.classes,))
    return [d.normal(*shape), d.normal(*shape)], [d.signs(*shape[:-1])]


def triplets(d):
    shape = (d.samples, d.classes)
    return [d.normal(*shape) for _ in range(3)], []


def triplet_with_distance(d):
    def distance(x1, x2):
        return (x1 - x2).abs().sum(-1)

    options = {"margin": d.pick(1.0, 0.2), "swap": d.pick(False, True)}
    name = "triplet_margin_with_distance_loss"
    function = d.pick(None, distance)

    def theirs(*points, **options):
        return getattr(F, name)(*points, distance_function=function, **options)

    def ours(*points, **options):
        given = (function,) if function else ()
        return getattr(ranking_losses, name)(*points, *given, **options)

    return Compared(ours, theirs, triplets(d)[0], [], options)


def ctc(d):
    steps, batch, size = d.pick(1, 2, 5, 8), d.pick(1, 2, 3), d.pick(2, 3, 5)
    longest = d.pick(1, 2, 3)
    blank = d.pick(0, size - 1)
    labels = d.integers(0, size - 1, batch, longest)
    labels = labels + 1 if blank == 0 else labels
    input_lengths = d.integers(1, steps + 1, batch)
    target_lengths = d.integers(0, longest + 1, batch)
    options = {"blank": blank, "zero_infinity": d.pick(False, True)}
    if d.pick(False, True):
        lengths = target_lengths.tolist()
        rows = [row[:size] for row, size in zip(labels, lengths, strict=True)]
        labels = torch.cat(rows)

    def of_logits(function):
        def called(logits, *rest, **options):
            return function(logits.log_softmax(-1), *rest, **options)

        return called

    logits = d.normal(steps, batch, size, scale=1.0, edges=())
    fixed = [labels, input_lengths, target_lengths]
    return Compared(
        of_logits(ctc_loss), of_logits(F.ctc_loss), [logits], fixed, options, 1.0
    )


order = {"margin": (0.0, 0.5, -0.2)}
vectors = {"margin": (0.0, 0.5)}
three = {"margin": (1.0, 0.2), "p": (1.0, 2.0, 3.0), "swap": (False, True)}
# Each loss of torch.nn: what draws it, and the largest gaps of value and gradient seen.
COVERED = {
    "L1Loss": (regression("l1_loss"), 0, 0),
    "MSELoss": (regression("mse_loss"), 0, 0),
    "HuberLoss": (regression("huber_loss", delta=(1.0, 0.3, 5.0)), 0, 1),
    "SmoothL1Loss": (regression("smooth_l1_loss", beta=(1.0, 0.3, 0.0)), 0, 1),
    "BCELoss": (bce, 2, 2),
    "BCEWithLogitsLoss": (bce_with_logits, 0, 5),
    "SoftMarginLoss": (soft_margin, 0, 2),
    "MultiLabelSoftMarginLoss": (multilabel_soft_margin, 0, 0),
    "NLLLoss": (nll, 6, 3),
    "CrossEntropyLoss": (cross_entropy, 4, 4),
    "LinearCrossEntropyLoss": (linear_cross_entropy, 8, 8),  # BLAS sums by shape
    "AdaptiveLogSoftmaxWithLoss": (adaptive, 16, 16),  # and by rows
    "KLDivLoss": (kl, 0, 1),
    "PoissonNLLLoss": (poisson, 0, 0),
    "GaussianNLLLoss": (gaussian, 0, 0),
    "MarginRankingLoss": (ranking("margin_ranking_loss", pairs, **order), 0, 0),
    "HingeEmbeddingLoss": (
        ranking("hinge_embedding_loss", labelled, margin=(1.0, 0.3)), 0, 0,
    ),
    "MultiMarginLoss": (multi_margin, 2, 2),
    "MultiLabelMarginLoss": (multilabel_margin, 2, 2),
    "CosineEmbeddingLoss": (
        ranking("cosine_embedding_loss", pair_of_vectors, **vectors), 0, 0,
    ),
    "TripletMarginLoss": (ranking("triplet_margin_loss", triplets, **three), 0, 0),
    "TripletMarginWithDistanceLoss": (triplet_with_distance, 0, 0),
    "CTCLoss": (ctc, 8, 40),
}  # fmt: skip


def followed(function, compared, reduction, cotangent=None):
    """Return the loss and its gradients by the free tensors."""
    free = [tensor.clone().requires_grad_() for tensor in compared.free]
    options = {"reduction": reduction} | compared.options
    value = function(*free, *compared.fixed, **options)
    if cotangent is None:
        cotangent = torch.ones_like(value)
    grads = torch.autograd.grad(value, free, cotangent, allow_unused=True)
    pairs = zip(grads, free, strict=True)
    grads = [torch.zeros_like(x) if grad is None else grad for grad, x in pairs]
    return value.detach(), grads


def differences(draw, data, dtype):
    """Return the gaps of value and gradients of one example."""
    seed = data.draw(st.integers(0, 2**32))
    sizes = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 5))
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    compared = draw(Draw(data, dtype, generator, *sizes))
    reduction = data.draw(st.sampled_from(REDUCTIONS))
    ours, our_grads = followed(compared.ours, compared, reduction)
    theirs, their_grads = followed(compared.theirs, compared, reduction)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if draw is ctc and ours.isinf().any():  # an impossible target has no gradient
        return gap(ours, theirs), 0.0
    pairs = zip(our_grads, their_grads, strict=True)
    numel = max(1, compared.free[0].numel())
    floor = compared.floor / (numel if reduction == "mean" else 1)
    return gap(ours, theirs), max(gap(*pair, floor=floor) for pair in pairs)


@pytest.mark.parametrize("name", COVERED)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data(), dtype=st.sampled_from([torch.float32, torch.float64]))
def test_value_and_gradient_are_those_of_torch(name, data, dtype):
    draw, value, grad = COVERED[name]
    seen = differences(draw, data, dtype)
    assert seen[0] <= value
    assert seen[1] <= grad


def test_every_loss_of_torch_is_covered():
    older = {"NLLLoss2d"}  # deprecated; it is NLLLoss
    assert issubclass(torch.nn.NLLLoss2d, torch.nn.NLLLoss)
    assert {name for name in dir(torch.nn) if "Loss" in name} - older == set(COVERED)
    assert len(COVERED) == 23
    bases = {torch.nn.modules.loss._Loss, torch.nn.modules.loss._WeightedLoss}
    losses = {
        name
        for name, value in vars(torch.nn).items()
        if inspect.isclass(value) and issubclass(value, tuple(bases))
    }
    assert losses - older <= set(COVERED)


@pytest.mark.parametrize(
    ("module", "name", "old", "new", "loss"),
    [
        (regression_losses, "huber_loss", "error - 0.5 * delta", "error + 0.5 * delta",
         "HuberLoss"),
        (regression_losses, "mse_loss", "weight.sum()", "None", "MSELoss"),
        (classes, "nll_loss", "return reduce(losses, reduction, total)",
         "return reduce(losses, reduction)", "NLLLoss"),
        (binary_losses, "binary_cross_entropy_gradient", ".clamp_min(EPSILON)", "",
         "BCELoss"),
        (likelihood_losses, "gaussian_nll_loss", "var.clamp_(min=eps)", "pass",
         "GaussianNLLLoss"),
        (ranking_losses, "multi_margin_loss", "/ classes", "", "MultiMarginLoss"),
        (ranking_losses, "margin_ranking_loss", "-target", "target",
         "MarginRankingLoss"),
    ],
)  # fmt: skip
def test_a_fault_is_found(module, name, old, new, loss, monkeypatch):
    source = inspect.getsource(getattr(module, name))
    assert old in source
    changed = vars(module).copy()
    exec(source.replace(old, new), changed)
    monkeypatch.setattr(module, name, changed[name])
    draw, value, grad = COVERED[loss]

    @settings(
        max_examples=100, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], report_multiple_bugs=False,
    )  # fmt: skip
    @given(data=st.data(), dtype=st.sampled_from([torch.float32, torch.float64]))
    def compare(data, dtype):
        seen = differences(draw, data, dtype)
        assert seen[0] <= value
        assert seen[1] <= grad

    with pytest.raises(AssertionError):
        compare()


@pytest.mark.parametrize("loss", ["mse", "l1", "huber", "smooth_l1"])
def test_regression_gradients_by_hand(loss):
    input = torch.linspace(-3, 3, 31, dtype=torch.float64).requires_grad_()
    target = torch.zeros_like(input)
    getattr(F, f"{loss}_loss")(input, target, reduction="sum").backward()
    ours = regression_losses.regression_gradient(loss, input.detach(), target)
    assert ulps(ours, input.grad) <= 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("soft", [False, True])
def test_cross_entropy_gradient_by_hand(weighted, smoothing, soft):
    torch.manual_seed(0)
    input = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    target = torch.randint(4, (6,))
    if soft:
        target = torch.randn(6, 4, dtype=torch.float64).softmax(1)
    weight = torch.rand(4, dtype=torch.float64) if weighted else None
    options = {"weight": weight, "label_smoothing": smoothing}
    F.cross_entropy(input, target, **options).backward()
    ours = classes.cross_entropy_gradient(input.detach(), target, **options)
    assert gap(ours, input.grad) <= 4


@pytest.mark.parametrize("weight", [1.0, 5.0])
def test_binary_gradients_by_hand(weight):
    z = torch.linspace(-30, 30, 61, dtype=torch.float64).requires_grad_()
    for target in (torch.zeros_like(z), torch.ones_like(z), torch.full_like(z, 0.3)):
        name = "binary_cross_entropy_with_logits"
        options = {"pos_weight": torch.tensor(weight), "reduction": "sum"}
        loss = getattr(F, name)(z, target, **options)
        (grad,) = torch.autograd.grad(loss, z)
        ours = getattr(binary_losses, name + "_gradient")(z.detach(), target, weight)
        assert gap(ours, grad, floor=1.0) <= 4


def test_focal_loss_is_bce_at_gamma_0_and_passes_gradcheck():
    torch.manual_seed(0)
    z = torch.randn(8, dtype=torch.float64, requires_grad=True)
    y = torch.randint(0, 2, (8,)).double()
    plain = F.binary_cross_entropy_with_logits(z, y)
    assert gap(binary_losses.focal_loss(z, y, gamma=0.0), plain) <= 1
    halved = binary_losses.focal_loss(z, y, gamma=0.0, alpha=0.5)
    assert gap(halved, plain / 2) <= 1
    assert torch.autograd.gradcheck(lambda z: binary_losses.focal_loss(z, y), z)
    far = torch.tensor([89.0, 200.0], requires_grad=True)
    binary_losses.focal_loss(far, torch.ones(2), gamma=0.5).backward()
    assert far.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", COVERED)
def test_gradcheck(name):
    torch.manual_seed(1)
    x, y, z = (torch.randn(4, 3, dtype=torch.float64) for _ in range(3))
    index, signs = torch.tensor([0, 2, 1, 1]), torch.tensor([1.0, -1, 1, -1]).double()
    both = torch.tensor([[2, 0, -1]] * 4)
    yes = torch.tensor([[1.0, 0, 1]] * 4).double()
    sigmoid = x.sigmoid()
    module = torch.nn.AdaptiveLogSoftmaxWithLoss(
        3, 6, [2, 4], div_value=1, dtype=torch.float64
    )
    tails = [(down.weight, up.weight) for down, up in module.tail]
    r, b = regression_losses, binary_losses
    c, p, k = classes, likelihood_losses, ranking_losses
    calls = {
        "L1Loss": (r.l1_loss, x, y),
        "MSELoss": (r.mse_loss, x, y),
        "HuberLoss": (r.huber_loss, x, y),
        "SmoothL1Loss": (r.smooth_l1_loss, x, y),
        "BCELoss": (lambda x: b.binary_cross_entropy(x, yes), sigmoid),
        "BCEWithLogitsLoss": (b.binary_cross_entropy_with_logits, x, yes),
        "SoftMarginLoss": (b.soft_margin_loss, x, 2 * yes - 1),
        "MultiLabelSoftMarginLoss": (b.multilabel_soft_margin_loss, x, yes),
        "NLLLoss": (lambda x: c.nll_loss(x, index), x),
        "CrossEntropyLoss": (lambda x: c.cross_entropy(x, index), x),
        "LinearCrossEntropyLoss": (
            lambda x, w: c.linear_cross_entropy(x, w, index, chunk=3), x, y,
        ),
        "AdaptiveLogSoftmaxWithLoss": (
            lambda x: c.adaptive_log_softmax(x, index, module.head.weight, tails)[1], x,
        ),
        "KLDivLoss": (lambda x, y: p.kl_div(x, y), x, sigmoid),
        "PoissonNLLLoss": (lambda x: p.poisson_nll_loss(x, yes), x),
        "GaussianNLLLoss": (p.gaussian_nll_loss, x, y, sigmoid),
        "MarginRankingLoss": (
            lambda x, y: k.margin_ranking_loss(x, y, 2 * yes - 1, margin=0.1), x, y,
        ),
        "HingeEmbeddingLoss": (lambda x: k.hinge_embedding_loss(x, 2 * yes - 1), x),
        "MultiMarginLoss": (lambda x: k.multi_margin_loss(x, index, p=2), x),
        "MultiLabelMarginLoss": (lambda x: k.multilabel_margin_loss(x, both), x),
        "CosineEmbeddingLoss": (
            lambda x, y: k.cosine_embedding_loss(x, y, signs), x, y,
        ),
        "TripletMarginLoss": (k.triplet_margin_loss, x, y, z),
        "TripletMarginWithDistanceLoss": (
            k.triplet_margin_with_distance_loss, x, y, z,
        ),
        "CTCLoss": (
            lambda x: ctc_loss(
                x[:, None].log_softmax(-1), torch.tensor([[1, 2]]), torch.tensor([4]),
                torch.tensor([2]),
            ), x,
        ),
    }  # fmt: skip
    function, *inputs = calls[name]
    inputs = [tensor.clone().requires_grad_() for tensor in inputs]
    assert torch.autograd.gradcheck(function, inputs)


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("target", [(), (1,), (1, 1), (1, 1, 1), (1, 1, 1, 1)])
def test_ctc_is_the_sum_over_all_paths(target, blank):
    torch.manual_seed(0)
    log_probs = torch.randn(5, 3, dtype=torch.float64).log_softmax(1)
    by_paths = ctc_by_enumeration(log_probs, target, blank)
    targets = torch.tensor([target], dtype=torch.long).view(1, -1)
    lengths = torch.tensor([5]), torch.tensor([len(target)])
    ours = ctc_loss(log_probs[:, None], targets, *lengths, blank=blank, reduction="sum")
    torch.testing.assert_close(ours, by_paths)


def test_an_empty_batch_has_the_sum_0_and_no_mean():
    x, index = torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)
    for loss, target in (
        (ranking_losses.multi_margin_loss, index),
        (ranking_losses.multilabel_margin_loss, torch.zeros(0, 3, dtype=torch.long)),
    ):
        assert loss(x, target, reduction="sum") == 0
        assert loss(x, target).isnan()


def test_the_pinball_loss_is_half_of_l1_in_the_middle():
    x, y = torch.randn(2, 20, dtype=torch.float64)
    half = regression_losses.quantile_loss(x, y, q=0.5)
    torch.testing.assert_close(half, F.l1_loss(x, y) / 2)


def test_own_log_softmax_agrees_to_rounding_and_does_not_overflow():
    torch.manual_seed(0)
    for scale in (1.0, 100.0, 1e4):
        x = torch.randn(20, 7) * scale
        assert gap(classes.log_softmax(x), x.log_softmax(1)) <= 2
        assert gap(classes.logsumexp(x), x.logsumexp(1)) <= 2
    assert classes.logsumexp(torch.full((1, 2), -torch.inf)).item() == -torch.inf


x23, x3, i2 = torch.rand(2, 3), torch.rand(3), torch.tensor([0, 1])
one = torch.tensor([1])


@pytest.mark.parametrize(
    ("error", "message", "function", "arguments", "options"),
    [
        (ValueError, "shape", regression_losses.mse_loss, (x3[:, None], x3), {}),
        (ValueError, "shape", regression_losses.l1_loss, (x23, x3), {}),
        (ValueError, "shape", regression_losses.mse_loss, (x3, x3, x23), {}),
        (ValueError, "delta", regression_losses.huber_loss, (x3, x3), {"delta": 0}),
        (ValueError, "beta", regression_losses.smooth_l1_loss, (x3, x3), {"beta": -1}),
        (ValueError, "q must", regression_losses.quantile_loss, (x3, x3), {"q": 1}),
        (ValueError, "shape", binary_losses.binary_cross_entropy, (x23, x3), {}),
        (RuntimeError, "between 0 and 1", binary_losses.binary_cross_entropy,
         (x3 + 1, x3), {}),
        (ValueError, "shape", binary_losses.binary_cross_entropy_with_logits,
         (x3[:, None], x3), {}),
        (ValueError, "gamma", binary_losses.focal_loss, (x3, x3), {"gamma": -1}),
        (IndexError, "out of bounds", classes.cross_entropy, (x23, i2 + 2), {}),
        (IndexError, "out of bounds", classes.nll_loss, (x23, i2 - 1), {}),
        (ValueError, "shape", classes.cross_entropy, (x23, torch.tensor([0])), {}),
        (RuntimeError, "Long", classes.cross_entropy, (x23, i2.int()), {}),
        (ValueError, "label_smoothing", classes.cross_entropy, (x23, i2),
         {"label_smoothing": 1.5}),
        (ValueError, "probabilities", classes.cross_entropy, (x23, x3), {}),
        (ValueError, "chunks", classes.linear_cross_entropy, (x23, x23, i2),
         {"chunk": 1, "label_smoothing": 0.1}),
        (ValueError, "average", regression_losses.mse_loss, (x3, x3),
         {"reduction": "average"}),
        (ValueError, "shape", likelihood_losses.kl_div, (x23, x3), {}),
        (ValueError, "negative", likelihood_losses.gaussian_nll_loss, (x3, x3, -x3),
         {}),
        (ValueError, "size", likelihood_losses.gaussian_nll_loss, (x23, x23, x3), {}),
        (ValueError, "p == 1", ranking_losses.multi_margin_loss, (x23, i2), {"p": 3}),
        (RuntimeError, "range", ranking_losses.multi_margin_loss, (x23, i2 + 2), {}),
        (RuntimeError, "range", ranking_losses.multilabel_margin_loss,
         (x23, torch.full((2, 3), 3)), {}),
        (ValueError, "margin", ranking_losses.triplet_margin_loss, (x23, x23, x23),
         {"margin": 0}),
        (ValueError, "shape", ranking_losses.cosine_embedding_loss, (x23, x23, x3), {}),
        (ValueError, "input lengths", ctc_loss, (x23[:, None], one[None], one + 2, one),
         {}),
        (ValueError, "blank", ctc_loss, (x23[:, None], one[None], one, one),
         {"blank": 3}),
    ],
)  # fmt: skip
def test_bad_input_is_refused(error, message, function, arguments, options):
    with pytest.raises(error, match=message):
        function(*arguments, **options)
