"""What the pages on accumulation, learning rates and shared weights say holds widely.

A page shows one run; here are the other seeds, sizes and settings for which its
sentences stand, and some for which they would be false without their conditions.
"""

import math
from functools import partial

import accumulation
import clipping
import learning_rate
import micro_batches
import pytest
import seeds
import shared_weights
import torch
import vanishing
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_

GRID = [k / 200 for k in range(100, 400)]


@pytest.mark.parametrize("kappa", [4, 25, 100])
def test_the_best_rate_lies_inside_its_grid_at_the_formula(kappa):
    curvatures = (1 / kappa, 1.0)
    steps = {lr: learning_rate.steps_on_bowl(lr, curvatures) for lr in GRID}
    best = min(steps, key=steps.get)
    assert GRID[0] < best < GRID[-1]
    formula = 2 / (1 + 1 / kappa)
    assert learning_rate.steps_on_bowl(formula, curvatures) <= steps[best] + 1
    assert steps[best] < steps[1.0] < math.inf
    assert steps[GRID[-1]] > steps[best]


def test_on_the_slope_a_larger_rate_never_takes_more_steps():
    rates = [10 ** (k / 20) for k in range(-60, 41)]
    steps = [learning_rate.steps_on_slope(lr) for lr in rates]
    assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("seed", range(10))
def test_weights_rest_only_where_no_line_separates_the_labels(seed):
    growth = {}
    for flipped in (0.0, 0.2):
        points = clipping.labelled_points(flipped, seed)
        sizes, norms = clipping.logistic_regression(*points, steps=2000, lr=4.0)
        growth[flipped] = sizes[-1] / sizes[len(sizes) // 2]
    assert growth[0.0] > 1.05
    assert abs(growth[0.2] - 1) < 0.01
    assert norms[-1] < 1e-4


@pytest.mark.parametrize("max_norm", [0.3, 1.0, math.inf])
def test_the_posts_logits_keep_falling_whatever_the_clip(max_norm):
    zs, norms = learning_rate.descend([6.0, 12.0, 18.0], 0.009, 20_000, max_norm)
    assert zs[20_000][0] < zs[10_000][0] - 0.3
    assert max(norms) < math.sqrt(2)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_clipping_repairs_neither_inf_nor_nan(bad):
    p = nn.Parameter(torch.zeros(3))
    p.grad = torch.tensor([bad, 1.0, 2.0])
    clip_grad_norm_([p], 1.0)
    expected = [math.nan, 0.0, 0.0] if bad == math.inf else [math.nan] * 3
    torch.testing.assert_close(p.grad, torch.tensor(expected), equal_nan=True)


def test_threads_change_sums_and_not_draws():
    runs = [seeds.on_threads(threads) for threads in (1, 2, 4)]
    assert all(torch.equal(draws, runs[0][0]) for draws, _ in runs)
    assert len({total for _, total in runs}) > 1
    assert seeds.on_threads(1)[1] == runs[0][1]


def forgetful(zero_grad: bool, clip: bool = False, **options) -> torch.Tensor:
    """Return w after 50 steps of SGD on targets that can be reached, float64."""
    torch.manual_seed(3)
    x, y = torch.randn(12, 5).double(), torch.rand(12, 3).double()
    w = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01, **options)
    for _ in range(50):
        if zero_grad:
            optimizer.zero_grad()
        binary_cross_entropy_with_logits(x @ w, y).backward()
        if clip:
            clip_grad_norm_([w], 0.1)
        optimizer.step()
    return w.detach()


def test_forgetting_to_clear_is_momentum_1_under_its_conditions_only():
    assert torch.equal(forgetful(False), forgetful(True, momentum=1.0))
    for conditions in ({"weight_decay": 0.1}, {"clip": True}):
        wrong = forgetful(False, **conditions)
        momentum = forgetful(True, momentum=1.0, **conditions)
        assert not torch.allclose(wrong, momentum, rtol=1e-3)


@pytest.mark.parametrize("build", [torch.optim.Adagrad, torch.optim.SGD])
def test_a_zero_gradient_does_not_move_what_the_page_says_it_does_not(build):
    assert accumulation.step_after(partial(build, lr=0.1), set_to_none=False) == 0


def test_the_number_of_tokens_is_needed_before_the_step_only():
    torch.manual_seed(5)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss(reduction="sum")
    batches = [(torch.randn(n, 5), torch.randint(3, (n,))) for n in (9, 2, 5)]
    whole = [tuple(map(torch.cat, zip(*batches, strict=True)))]
    right = micro_batches.gradient(model, whole, [1 / 16], criterion)
    sums = micro_batches.gradient(model, batches, [1.0] * 3, criterion)
    torch.testing.assert_close(sums / 16, right)


@pytest.mark.parametrize("seed", range(10))
def test_in_batch_contrast_differs_in_micro_batches(seed):
    torch.manual_seed(seed)
    encoder, x = nn.Linear(5, 8), torch.randn(16, 5)
    other = x + 0.1 * torch.randn(16, 5)

    def contrast(z, rows):
        return micro_batches.in_batch_loss(z, encoder(rows))

    whole = micro_batches.gradient(encoder, [(x, other)], [1.0], contrast)
    halves = list(zip(x.split(8), other.split(8), strict=True))
    summed = micro_batches.gradient(encoder, halves, [0.5] * 2, contrast)
    assert accumulation.relative(summed, whole) > 0.1


def test_the_clip_hides_a_forgotten_factor_only_where_it_acts_in_both_runs():
    sgd = partial(torch.optim.SGD, lr=0.02)
    for max_norm, hidden in ((0.25, True), (0.5, True), (1.0, False), (2.0, False)):
        right, norms = micro_batches.finish(sgd, 1 / 4, max_norm)
        wrong, _ = micro_batches.finish(sgd, 1, max_norm)
        assert (min(norms) > max_norm) == hidden
        assert (accumulation.relative(wrong, right) < 1e-5) == hidden


def test_a_clip_that_acts_in_every_step_of_both_runs_hides_the_factor_from_adam_too():
    for lr, max_norm, hidden in (
        (0.02, 0.05, True),
        (0.002, 0.5, True),
        (0.02, 0.5, False),
    ):
        adam = partial(torch.optim.Adam, lr=lr)
        right, norms = micro_batches.finish(adam, 1 / 4, max_norm)
        wrong, above = micro_batches.finish(adam, 1, max_norm)
        assert (min(norms + above) > max_norm) == hidden
        assert (accumulation.relative(wrong, right) < 1e-5) == hidden


def test_a_forgotten_factor_is_a_larger_rate_to_the_bit_if_it_is_a_power_of_two():
    slow, fast = (partial(torch.optim.SGD, lr=lr) for lr in (0.02, 0.06))
    wrong, _ = micro_batches.finish(slow, 3 / 4)
    right, _ = micro_batches.finish(fast, 1 / 4)
    assert not torch.equal(wrong, right)
    torch.testing.assert_close(wrong, right)


def test_a_forgotten_factor_is_a_larger_rate_only_if_decay_is_smaller_too():
    sgd = partial(torch.optim.SGD, lr=0.02, weight_decay=0.1)
    wrong, _ = micro_batches.finish(sgd, 1)
    for decay, equal in ((0.1, False), (0.025, True)):
        faster = partial(torch.optim.SGD, lr=0.08, weight_decay=decay)
        assert torch.equal(wrong, micro_batches.finish(faster, 1 / 4)[0]) == equal


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_one_call_is_many_in_one_direction_without_dropout(kind):
    gap = partial(shared_weights.once_or_many, kind, True, steps=12)
    dropout = {"num_layers": 2, "dropout": 0.5}
    assert gap(num_layers=3)[0] < 1e-6
    assert gap(train=False, **dropout)[0] < 1e-6
    assert gap(**dropout)[0] > 0.01
    assert gap(bidirectional=True)[0] > 0.1


def test_one_relative_error_for_c24():
    rnn, criterion = shared_weights.RNN(26, 16, 4).double(), nn.NLLLoss()
    sample = (
        shared_weights.category_to_tensor("German"),
        shared_weights.line_to_tensor("Weber").double(),
    )
    whole, last = shared_weights.errors_of_uses(rnn, criterion, *sample)
    assert whole < 1e-7 < 0.01 < last


def rates(build) -> list[float]:
    return [vanishing.rate(row, 10, 50) for row in vanishing.initial_norms(build)]


def test_what_a_step_through_modules_as_initialised_leaves():
    assert min(rates(lambda: nn.RNN(64, 64))) > 0.42
    plain = rates(lambda: nn.RNN(16, 64))
    assert max(plain) < 0.61
    for kind in (nn.GRU, nn.LSTM):
        gated = rates(lambda k=kind: k(16, 64))
        assert all(p < g < 0.7 for p, g in zip(plain, gated, strict=True))
        half = rates(lambda k=kind: vanishing.open_gate(k(16, 64), 1.0))
        assert all(g < h < 0.9 for g, h in zip(gated, half, strict=True))
        wide = rates(lambda k=kind: vanishing.open_gate(k(16, 64), 5.0))
        assert 0.98 < min(wide) <= max(wide) < 1.02


@pytest.mark.parametrize("bias", [5.0, -2.0])
def test_without_the_road_through_h_a_gate_lets_through_what_it_says(bias):
    def rates_of(factor: float) -> list[float]:
        norms = vanishing.initial_norms(
            lambda: vanishing.scaled(
                vanishing.open_gate(nn.LSTM(16, 64), bias), factor
            ),
            steps=60,
            seeds=3,
        )
        return [vanishing.rate(row, 10, 30) for row in norms]

    whole, alone = rates_of(1.0), rates_of(0.0)
    gate = 1 / (1 + math.exp(-bias))
    assert all(abs(each - gate) < 0.02 for each in alone)
    assert sum(whole) > sum(alone)


def test_without_the_road_through_h_no_open_gate_amplifies():
    closed = rates(
        lambda: vanishing.scaled(vanishing.open_gate(nn.LSTM(16, 64), 5.0), 0.0)
    )
    assert (
        max(closed) < 1 < max(rates(lambda: vanishing.open_gate(nn.LSTM(16, 64), 5.0)))
    )


def test_gates_vanish_and_explode_less_than_a_plain_rnn():
    for factor in (1, 4, 8):
        far = {}
        for kind in (nn.RNN, nn.GRU, nn.LSTM):
            norms = vanishing.initial_norms(
                lambda k=kind, f=factor: vanishing.scaled(k(16, 64), f), seeds=3
            )
            far[kind] = abs(vanishing.typical(norms)[100].log().item())
        assert max(far[nn.GRU], far[nn.LSTM]) < far[nn.RNN]


@pytest.mark.parametrize(
    ("more", "longest"),
    [({}, 1.0), ({"momentum": 0.9}, 9.85), ({"weight_decay": 1.0}, 11.0)],
)
def test_max_norm_bounds_the_step_of_plain_sgd_only(more, longest):
    p = torch.tensor([10.0], requires_grad=True)
    sgd, moves = torch.optim.SGD([p], lr=0.1, **more), []
    for _ in range(40):
        sgd.zero_grad()
        (100 * p).backward()
        torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
        before = p.item()
        sgd.step()
        moves.append(abs(p.item() - before) / 0.1)
    assert max(moves) == pytest.approx(longest, rel=1e-3)


def test_the_posts_loop_in_float32_ends_between_the_two_logits_of_the_page():
    w, epochs = torch.tensor(-1.4200), 0
    while epochs < 20_000:
        after = w - 0.0009 * (torch.sigmoid(5 * w + w) / 3)
        if after == w:
            break
        w, epochs = after, epochs + 1
    assert 1000 < epochs < 20_000
    assert -8.6 < 6 * w.item() < -8.5


def test_a_category_with_one_label_has_no_best_weight_though_no_line_separates():
    x = torch.eye(2, dtype=torch.float64).repeat_interleave(20, dim=0)
    y = torch.tensor([0.0, 0.0, 0.0, 1.0] * 5 + [1.0] * 20, dtype=torch.float64)
    mixed, pure = (
        clipping.logistic_regression(x[:, [k]], y, 4000, lr=4.0)[0] for k in (0, 1)
    )
    assert mixed[-1] == pytest.approx(math.log(3), abs=1e-6)
    assert pure[-1] - pure[len(pure) // 2] > 0.6


@pytest.mark.parametrize("seed", range(10))
def test_the_clip_moves_the_place_where_sgd_settles_if_batches_differ(seed):
    draw = torch.Generator().manual_seed(seed)
    numbers = torch.tensor([0.0] * 9 + [10.0])
    drawn = numbers[torch.randint(10, (6000,), generator=draw)].tolist()
    settled = {}
    for max_norm in (math.inf, 100.0, 1.0):
        c, places = 5.0, []
        for number in drawn:
            length = abs(c - number)
            c -= 0.01 * (c - number) * min(1.0, max_norm / (length + 1e-6))
            places.append(c)
        settled[max_norm] = sum(places[3000:]) / 3000
    assert settled[100.0] == settled[math.inf] == pytest.approx(1.0, abs=0.25)
    assert settled[1.0] == pytest.approx(1 / 9, abs=0.05)


def test_no_limit_is_no_clip_for_finite_norms_only():
    p = nn.Parameter(torch.zeros(2))
    for grad, left in (
        ([3.0, 4.0], [3.0, 4.0]),
        ([math.inf, 1.0], [math.nan, math.nan]),
    ):
        p.grad = torch.tensor(grad)
        clip_grad_norm_([p], math.inf)
        torch.testing.assert_close(p.grad, torch.tensor(left), equal_nan=True)
    p.grad = torch.tensor([1e20, 1.0])
    assert clip_grad_norm_([p], 1.0) == math.inf
    assert p.grad.tolist() == [0.0, 0.0]


def forgetful_net(zero_grad, seed, backwards=1, **options):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(9, 13), nn.Tanh(), nn.Linear(13, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, **options)
    for _ in range(20):
        if zero_grad:
            optimizer.zero_grad()
        for _ in range(backwards):
            x, y = torch.randn(8, 9), torch.randint(3, (8,))
            nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize("seed", range(5))
def test_forgetting_is_momentum_1_to_the_bit_with_one_backward_a_step(seed):
    for kind in ({"foreach": False}, {"foreach": True}, {"fused": True}):
        forgot = forgetful_net(False, seed, **kind)
        assert torch.equal(forgot, forgetful_net(True, seed, momentum=1.0, **kind))
    forgot = forgetful_net(False, seed, backwards=2)
    momentum = forgetful_net(True, seed, backwards=2, momentum=1.0)
    assert not torch.equal(forgot, momentum)
    torch.testing.assert_close(forgot, momentum)
    both = forgetful_net(False, seed, momentum=0.9)
    assert not torch.allclose(both, forgetful_net(True, seed, momentum=1.0), rtol=0.1)


def test_lbfgs_alone_moves_a_parameter_whose_gradient_is_none():
    found = set()
    for name, build in vars(torch.optim).items():
        if not isinstance(build, type) or name in ("Optimizer", "SparseAdam"):
            continue
        params = [torch.ones(3, 3), torch.ones(3, 3)]
        optimizer = build(params)
        torch.manual_seed(0)
        for grads in ([torch.randn(3, 3) for _ in params], [None, torch.randn(3, 3)]):
            for param, grad in zip(params, grads, strict=True):
                param.grad = grad
            before = params[0].clone()
            for _ in range(2):
                optimizer.step(*[lambda: torch.tensor(1.0)] * (name == "LBFGS"))
            if grads[0] is not None:
                assert not torch.equal(params[0], before), name
        if not torch.equal(params[0], before):
            found.add(name)
    assert found == {"LBFGS"}


def test_twin_neurons_stay_twins_without_dropout_only():
    gap = {}
    for share in (0.0, 0.1):
        torch.manual_seed(0)
        first, last = nn.Linear(7, 17), nn.Linear(17, 3)
        with torch.no_grad():
            first.weight[-1], first.bias[-1] = first.weight[0], first.bias[0]
            last.weight[:, -1] = last.weight[:, 0]
        net = nn.Sequential(first, nn.ReLU(), nn.Dropout(share), last)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        x, y = torch.randn(33, 7), torch.randint(3, (33,))
        for _ in range(100):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        gap[share] = (first.weight[-1] - first.weight[0]).abs().max().item()
    assert gap[0.0] < 1e-5 < 0.01 < gap[0.1]


def test_cleared_gradients_take_memory_if_that_is_done_after_the_forward_pass():
    held = {}
    for early in (True, False):
        net = nn.Linear(8, 3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            if early:
                optimizer.zero_grad()
            loss = net(torch.ones(2, 8)).sum()
            held[early] = sum(p.grad is not None for p in net.parameters())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert held == {True: 0, False: 2}


def test_the_clip_hides_forgetting_only_while_gradients_are_longer_than_max_norm():
    start, ends = [6.0, 12.0, 18.0], {}
    for zero_grad in (True, False):
        zs, norms = learning_rate.descend(start, 0.0009, 15_000, 1.0, zero_grad)
        ends[zero_grad] = [z[0] for z in zs]
        short = next((t for t, norm in enumerate(norms) if norm < 1), None)
        assert (short == 8216) if zero_grad else short is None
    hidden = abs(ends[True][8216] - ends[False][8216])
    assert hidden < 1e-3 < 1 < ends[True][15_000] - ends[False][15_000]


@pytest.mark.parametrize("seed", range(5))
def test_limits_about_the_usual_norms_get_over_broken_batches(seed):
    limits = (0.01, 0.1, 0.5, 1.0, 3.0, 10.0, 100.0, math.inf)
    ends = {m: clipping.broken_batches(m, seed=seed)[1].mean().item() for m in limits}
    best = [ends.pop(limit) for limit in (0.5, 1.0, 3.0, 10.0)]
    assert 5 * max(best) < min(ends.values())
    _, longer = clipping.broken_batches(0.1, steps=1000, seed=seed)
    assert longer.mean().item() < min(best)
    norms, _ = clipping.broken_batches(math.inf, seed=seed)
    assert 1 < norms.median() < 10 < 100 < norms.max()


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_remedies_keep_the_gradient_of_deep_nets(seed):
    factors = {}
    for kind in vanishing.DEEP:
        norms = vanishing.layer_norms(vanishing.deep_net(kind, seed=seed), seed)
        factors[kind] = (norms[0] / norms[19]) ** (1 / 19)
    plain = [factors.pop(kind) for kind in ("Sigmoid", "ReLU", "Tanh")]
    assert plain[0] < 0.2 < plain[1] < 0.6 < plain[2] < 0.75
    assert plain[0] == pytest.approx(1 / 4 / 3**0.5, rel=0.1)
    assert all(0.8 < factor < 1.2 for factor in factors.values())
