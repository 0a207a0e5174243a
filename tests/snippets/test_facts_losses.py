"""Statements of the pages on losses that a single run would not settle."""

import math

import pytest
import torch
from binary_losses import dice_loss, focal_loss
from ctc import ctc_loss
from losses import slope
from regression_losses import huber_loss, l1_loss, mse_loss
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional as F

BY_ROW = {
    "MultiLabelSoftMarginLoss": lambda C: torch.zeros(1, C),
    "MultiMarginLoss": lambda C: torch.tensor([0]),
    "MultiLabelMarginLoss": lambda C: torch.tensor([[0] + [-1] * (C - 1)]),
}


def slope_of_the_last(name, classes, target, reduction):
    z = torch.zeros(1, classes, requires_grad=True)
    getattr(nn, name)(reduction=reduction)(z, target).backward()
    return z.grad[0, -1].item()


@pytest.mark.parametrize("name", BY_ROW)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_three_losses_have_the_number_of_classes_in_their_formula(name, reduction):
    three, six = (
        slope_of_the_last(name, C, BY_ROW[name](C), reduction) for C in (3, 6)
    )
    assert three == pytest.approx(2 * six)


def test_bce_has_it_under_mean_only():
    for reduction, ratio in (("sum", 1), ("mean", 2)):
        three, six = (
            slope_of_the_last("BCEWithLogitsLoss", C, torch.zeros(1, C), reduction)
            for C in (3, 6)
        )
        assert three == pytest.approx(ratio * six)


def test_the_kink_of_a_triplet_lies_beside_zero():
    name = "TripletMarginLoss"
    assert [slope(name, z)[1] for z in (0.0, 5e-7, 2e-6)] == [-1, -1, 1]


def followed(factor, lr, weight_decay, clipped):
    torch.manual_seed(0)
    w, x, y = torch.randn(3, requires_grad=True), torch.randn(8, 3), torch.randn(8)
    optimizer = torch.optim.SGD([w], lr=lr, weight_decay=weight_decay)
    for _ in range(50):
        optimizer.zero_grad()
        (factor * F.mse_loss(x @ w, y)).backward()
        if clipped:
            nn.utils.clip_grad_norm_([w], 1.0)
        optimizer.step()
    return w.detach()


@pytest.mark.parametrize(
    ("weight_decay", "clipped", "same"),
    [(0.0, False, True), (0.1, False, False), (0.0, True, False)],
)
def test_a_factor_is_a_learning_rate_without_decay_and_clipping(
    weight_decay, clipped, same
):
    one = followed(1, 1e-2, weight_decay, clipped)
    other = followed(1000, 1e-5, weight_decay, clipped)
    assert torch.allclose(one, other, atol=1e-6) == same


@pytest.mark.parametrize("seed", range(10))
def test_the_first_loss_shows_neither_leaks_nor_rare_classes(seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    x, y = torch.randn(512, 64), torch.randint(10, (512,))
    leaking = torch.cat([F.one_hot(y, 10), x[:, 10:]], dim=1)
    for loss in (F.cross_entropy(net(leaking), y), F.cross_entropy(net(x), 0 * y)):
        assert abs(loss.item() - math.log(10)) < 0.25


def test_soft_targets_need_not_add_up_to_one():
    logits, soft = torch.randn(4, 3), torch.rand(4, 3)
    once, twice = (F.cross_entropy(logits, factor * soft) for factor in (1, 2))
    torch.testing.assert_close(twice, 2 * once)


@pytest.mark.parametrize(
    ("gamma", "most", "middle"), [(2.0, 1.23, 0.6), (5.0, 1.4, 0.14)]
)
def test_the_focal_slope_is_steeper_far_out_and_weaker_in_the_middle(
    gamma, most, middle
):
    z = torch.linspace(-8, 0, 81, dtype=torch.float64, requires_grad=True)
    focal_loss(z, torch.ones_like(z), gamma=gamma, reduction="sum").backward()
    ratio = z.grad / (z.detach().sigmoid() - 1)
    assert 1 < ratio.max() < most
    assert ratio[-1].item() == pytest.approx(middle, abs=5e-3)


def test_a_bounded_loss_does_not_bound_a_wrong_input():
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 40, dtype=torch.float64)
    y = 2 * x
    x[-4:] = 10.0
    slopes = torch.linspace(-1, 3, 401, dtype=torch.float64)
    for loss in (mse_loss, l1_loss, huber_loss):
        best = slopes[torch.stack([loss(s * x, y) for s in slopes]).argmin()]
        assert best < 0.3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("with_eps", [True, False])
def test_a_collapsed_layer_gets_out_by_the_constant_in_the_distance(seed, with_eps):
    plain = nn.PairwiseDistance() if with_eps else lambda u, v: (u - v).norm(dim=1)
    loss_of = nn.TripletMarginWithDistanceLoss(distance_function=plain)
    torch.manual_seed(seed)
    centres, layer = 2 * torch.randn(5, 6), nn.Linear(6, 4)
    nn.init.zeros_(layer.weight)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.05)
    for _ in range(30):
        like, shift = torch.randint(5, (64,)), torch.randint(1, 5, (64,))
        classes = like, like, (like + shift) % 5
        loss = loss_of(*(layer(centres[c] + torch.randn(64, 6) / 3) for c in classes))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (loss.item() < 0.9) == with_eps
    assert with_eps or loss.item() == 1


def test_a_relu_that_is_off_keeps_the_gradient_of_a_zero_vector():
    seen = []
    for bias, last in ((0.0, nn.Identity()), (-1.0, nn.ReLU())):
        layer = nn.Linear(3, 2)
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, bias)
        other = torch.tensor([[1.0, 0.0]])
        v = last(layer(torch.ones(1, 3)))
        F.cosine_embedding_loss(other, v, torch.ones(1)).backward()
        seen.append(layer.bias.grad.abs().max().item())
    assert seen == [pytest.approx(1e6), 0.0]


def test_a_sample_without_a_path_still_counts_in_the_mean():
    torch.manual_seed(0)
    logs = torch.randn(2, 3, 3).log_softmax(2)
    y, sizes = torch.tensor([[1, 1], [1, 2], [2, 1]]), torch.full((3,), 2)
    each = F.ctc_loss(logs, y, sizes, sizes, reduction="none", zero_infinity=True)
    mean = F.ctc_loss(logs, y, sizes, sizes, zero_infinity=True)
    assert each[0] == 0
    torch.testing.assert_close(mean, each[1:].sum() / 2 / 3)


def test_autocast_leaves_some_losses_in_bfloat16():
    with torch.autocast("cpu", torch.bfloat16):
        out = torch.randn(4, 3) @ torch.randn(3, 3)
        assert F.mse_loss(out, out * 0).dtype == torch.float32
        assert out.log_softmax(1).dtype == torch.bfloat16
        assert F.gaussian_nll_loss(out, out * 0, out.exp()).dtype == torch.bfloat16
        for target in (out * 0, torch.zeros(4, 3)):
            weighted = F.mse_loss(out, target, weight=torch.ones_like(out))
            assert weighted.dtype == F.l1_loss(out, target, weight=out).dtype
            assert weighted.dtype == target.dtype, "targets in float32 lift it"


def test_the_surprise_differs_from_the_poisson_loss_by_ln_of_the_factorial():
    counts = torch.tensor([0.0, 1.0, 4.0], dtype=torch.float64)
    for z in torch.randn(5, 3, dtype=torch.float64):
        surprise = -torch.distributions.Poisson(z.exp()).log_prob(counts).mean()
        gap = surprise - F.poisson_nll_loss(z, counts)
        torch.testing.assert_close(gap, (counts + 1).lgamma().mean())


def test_kl_div_of_logits_may_be_negative():
    p = torch.tensor([[0.7, 0.2, 0.1]])
    assert F.kl_div(torch.tensor([[4.0, 2.0, 1.0]]), p, reduction="sum") < 0


def test_a_slope_may_grow_with_the_distance_and_have_a_limit():
    z = torch.linspace(0, 12, 50, dtype=torch.float64, requires_grad=True)
    away = F.binary_cross_entropy_with_logits(z, 0 * z.detach(), reduction="sum")
    (pull,) = torch.autograd.grad(away, z)
    assert (pull.diff() > 0).all()
    assert pull.max() < 1
    (pull,) = torch.autograd.grad(z.square().sum(), z)
    assert pull.max() > 20


def ctc_of_two_words(logs):
    """Return the losses of a word of 2 letters and of one of 6, and both at once."""
    y = torch.tensor([[1, 2, 0, 0, 0, 0], [1, 2, 3, 4, 1, 2]])
    sizes = torch.tensor([len(logs)] * 2), torch.tensor([2, 6])
    return F.ctc_loss(logs, y, *sizes, reduction="none"), F.ctc_loss(logs, y, *sizes)


def test_more_letters_are_a_smaller_or_a_larger_ctc_loss():
    alike = {T: torch.full((T, 2, 5), 0.2).log() for T in (6, 12)}
    short, long = ctc_of_two_words(alike[12])[0]
    more_paths = math.comb(18, 12) / math.comb(14, 4)
    assert (short - long).item() == pytest.approx(math.log(more_paths), abs=1e-4)
    short, long = ctc_of_two_words(alike[6])[0]
    assert long > short
    sure = torch.full((12, 2, 5), -20.0)  # it knows where letters are, less which
    for row, word in enumerate(([1, 2], [1, 2, 3, 4, 1, 2])):
        sure[:, row, 0] = 20.0
        for k, letter in enumerate(word):
            sure[2 * k, row, 0] = -20.0
            sure[2 * k, row, 1:] = 0.0
            sure[2 * k, row, letter] = 1.0
    short, long = ctc_of_two_words(sure.log_softmax(2))[0]
    assert long.item() == pytest.approx(3 * short.item(), rel=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_in_the_mean_of_ctc_the_shorter_of_two_words_pulls_harder(seed):
    torch.manual_seed(seed)
    z = torch.randn(12, 2, 5, requires_grad=True)
    (grad,) = torch.autograd.grad(ctc_of_two_words(z.log_softmax(2))[1], z)
    short, long = grad.norm(dim=(0, 2))
    assert short > 1.5 * long


def test_a_students_pull_is_strongest_at_root_two_and_it_has_two_minima():
    data = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0], dtype=torch.float64)
    student = torch.distributions.StudentT(torch.tensor(2.0).double())
    error = torch.linspace(0, 10, 10_001, dtype=torch.float64, requires_grad=True)
    (pull,) = torch.autograd.grad(-student.log_prob(error).sum(), error)
    strongest = error[pull.argmax()].item()
    assert strongest == pytest.approx(math.sqrt(2), abs=1e-3)
    c = torch.linspace(-20, 120, 14_001, dtype=torch.float64)
    loss = -student.log_prob(c[:, None] - data).mean(1)
    inner = (loss[1:-1] < loss[:-2]) & (loss[1:-1] < loss[2:])
    minima = c[1:-1][inner].tolist()
    assert minima == pytest.approx([2.52, 89.91], abs=0.01)


def ranking_with(weight, seed, bent):
    """Return the area under the curve of a linear model that was fitted with it."""

    def draw(n, seed):
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(n, 2, dtype=torch.float64, generator=generator)
        z = 0.7 * x[:, 0] - 3 + 2 * bent * x[:, 0] * x[:, 1]
        chance = torch.rand(n, dtype=torch.float64, generator=generator)
        return x.numpy(), (chance < z.sigmoid()).double().numpy()

    x, y = draw(4000, seed)
    fit = LogisticRegression(C=1e6).fit(x, y, sample_weight=1 + (weight - 1) * y)
    x, y = draw(20_000, 1000 + seed)
    return roc_auc_score(y, fit.decision_function(x))


def test_pos_weight_spoils_the_ranking_of_a_model_that_cannot_fit_the_odds():
    gap = {
        bent: [
            ranking_with(9, seed, bent) - ranking_with(1, seed, bent)
            for seed in range(10)
        ]
        for bent in (0, 1)
    }
    assert sum(gap[1]) / 10 < -0.003
    assert abs(sum(gap[0]) / 10) < 0.001


@pytest.mark.parametrize("zeros", [2, 5, 8])
def test_labels_of_0_leave_the_soft_margin_their_share_of_ln_2(zeros):
    y = torch.tensor([0.0] * zeros + [1.0] * (10 - zeros), dtype=torch.float64)
    floor = zeros / 10 * math.log(2)
    for z in (-5.0, 0.0, 5.0):
        assert F.soft_margin_loss(torch.full_like(y, z), y) > floor
    sure = F.soft_margin_loss(torch.full_like(y, 40.0), y).item()
    assert sure == pytest.approx(floor)


def test_the_last_layer_alone_moves_two_logits_twice_as_far():
    torch.manual_seed(0)
    below, two, one = nn.Linear(5, 8), nn.Linear(8, 2), nn.Linear(8, 1)
    x, y = torch.randn(32, 5), torch.randint(2, (32,))

    def logit(head):
        z = head(below(x).tanh())
        return z[:, 1] - z[:, 0] if z.shape[1] == 2 else z[:, 0]

    def moved(head, lr, parts):
        before = [p.detach().clone() for p in below.parameters()]
        own = [p.detach().clone() for p in head.parameters()]
        start = logit(head).detach()
        params = [p for part in parts for p in part.parameters()]
        loss = F.binary_cross_entropy_with_logits(logit(head), y.float())
        for p, grad in zip(params, torch.autograd.grad(loss, params), strict=True):
            p.data -= lr * grad
        far = (logit(head) - start).detach()
        for part, old in ((below, before), (head, own)):
            for p, value in zip(part.parameters(), old, strict=True):
                p.data = value
        return far

    one.weight.data = two.weight.data[1:] - two.weight.data[:1]
    one.bias.data = two.bias.data[1:] - two.bias.data[:1]
    apart = moved(two, 0.1, [two]), moved(one, 0.1, [one])
    torch.testing.assert_close(apart[0], 2 * apart[1], rtol=1e-3, atol=1e-5)
    whole = moved(two, 0.1, [below, two]).norm() / moved(one, 0.1, [below, one]).norm()
    assert 1.2 < whole < 1.8


@pytest.mark.parametrize(("z", "kept"), [(-9.0, 0.96), (-6.0, 0.52), (-4.0, 0.13)])
def test_a_less_sure_background_weighs_on_dice(z, kept):
    pull = []
    for background in (100, 10_000):
        row = torch.cat([torch.zeros(10), torch.full((background,), z)])[None]
        row.requires_grad_()
        y = (torch.arange(row.shape[1]) < 10).float()[None]
        (grad,) = torch.autograd.grad(dice_loss(row, y), row)
        pull.append(grad[0, 0].item())
    assert pull[1] / pull[0] == pytest.approx(kept, abs=0.01)


def test_the_gradient_of_ctc_is_right_wherever_a_frame_adds_up_to_1():
    torch.manual_seed(0)
    z = torch.randn(8, 1, 3, dtype=torch.float64, requires_grad=True)
    arguments = torch.tensor([[1, 2]]), torch.tensor([8]), torch.tensor([2])
    gap = {}
    for name, logs in (
        ("log_softmax", lambda z: z.log_softmax(2)),
        ("softmax, log", lambda z: z.softmax(2).log()),
        ("shares", lambda z: (z.abs() / z.abs().sum(2, keepdim=True)).log()),
        ("no sum of 1", F.logsigmoid),
    ):
        ours, theirs = (
            torch.autograd.grad(loss(logs(z), *arguments, reduction="sum"), z)[0]
            for loss in (ctc_loss, F.ctc_loss)
        )
        gap[name] = (ours - theirs).abs().max().item()
    assert gap.pop("no sum of 1") > 0.1
    assert max(gap.values()) < 1e-14


def test_a_soft_target_of_0_for_a_forbidden_class_is_nan():
    x = torch.tensor([[0.0, 1.0, -torch.inf]])
    assert F.cross_entropy(x, torch.tensor([0])).isfinite()
    assert F.cross_entropy(x, torch.tensor([[1.0, 0.0, 0.0]])).isnan()


def test_an_option_lets_a_chunked_cross_entropy_go_back_twice():
    x, head = torch.randn(8, 4, requires_grad=True), torch.randn(30, 4)
    options = nn.LinearCrossEntropyOptions(allow_retain_graph=True)
    y = torch.randint(30, (8,))
    loss = F.linear_cross_entropy(x, head, y, options=options)
    loss.backward(retain_graph=True)
    once = x.grad.clone()
    loss.backward()
    torch.testing.assert_close(x.grad, 2 * once)


def test_a_margin_bounds_the_size_of_scores_from_below_only():
    torch.manual_seed(0)
    items = torch.randn(64, 8)
    order = (items[:32, 0] - items[32:, 0]).sign()
    w = (1000.0 * torch.eye(8)[0]).requires_grad_()
    s = items @ w
    loss = F.margin_ranking_loss(s[:32], s[32:], order, margin=1.0)
    (grad,) = torch.autograd.grad(loss, w)
    assert grad.abs().max() == 0


def test_adam_moves_a_mean_whose_variance_is_large():
    left = {}
    for rule in (torch.optim.SGD, torch.optim.Adam):
        mean = torch.ones(1, requires_grad=True)
        optimizer = rule([mean], lr=0.01)
        for _ in range(100):
            optimizer.zero_grad()
            F.gaussian_nll_loss(mean, torch.zeros(1), torch.tensor([100.0])).backward()
            optimizer.step()
        left[rule.__name__] = mean.item()
    assert left["SGD"] > 0.98
    assert left["Adam"] < 0.3


def test_below_eps_a_variance_is_pushed_up_only_by_a_large_error():
    slopes = []
    for error in (0.0, 0.5, 2.0):
        var = torch.tensor([0.1], requires_grad=True)
        exact = torch.zeros(1)
        F.gaussian_nll_loss(exact, exact + error, var, eps=0.5).backward()
        slopes.append(var.grad.item())
    assert slopes == pytest.approx([1.0, 0.5, -7.0])
