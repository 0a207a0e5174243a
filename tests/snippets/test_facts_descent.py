"""What the pages on optimizers say holds where the pages did not look.

Rates that a page calls best lie inside their grids; statements made of one setting
stand with other seeds, sizes and rates, or fail where the page says that they do.
"""

import math

import adam
import adam_variants
import gradient_descent
import momentum
import optimizers
import paired
import pytest
import stochastic
import torch
from optimizers import ARMS, BUDGETS, LRS


def interior(index: int, size: int) -> bool:
    return 0 < index < size - 1


@pytest.mark.parametrize("kappa", [10, 25, 100])
def test_the_best_rate_of_gradient_descent_is_inside_its_grid(kappa):
    rates = [factor * 2 / kappa for factor in torch.linspace(0.3, 0.999, 200).tolist()]
    steps = [gradient_descent.descend((1.0, kappa), lr)[0] for lr in rates]
    assert interior(steps.index(min(steps)), len(steps))
    formula = gradient_descent.descend((1.0, kappa), 2 / (1 + kappa))[0]
    assert formula <= min(steps) + 1


def test_a_saddle_without_negative_curvature_holds_half_of_all_starts():
    for start in (0.5, 0.1, 0.001):
        theta = start
        for _ in range(20_000):
            theta -= 0.1 * 3 * theta**2
        assert 0 < theta < 1e-3, "θ₁² + θ₂³: it walks into the saddle and stays"
    assert all(
        gradient_descent.escape(0.0, noise=1e-6, seed=seed) < math.inf
        for seed in range(10, 20)
    )


def test_ten_times_the_rate_leaves_a_saddle_sooner_than_momentum():
    for offset in (1e-2, 1e-4, 1e-8):
        heavy = gradient_descent.escape(offset, momentum=0.9)
        assert gradient_descent.escape(offset, lr=1.0) < heavy


def test_batch_sizes_race_with_rates_inside_their_grids():
    tuned = {}
    for batch, rates in stochastic.RATES.items():
        tuned[batch], chosen = stochastic.at_best(stochastic.raced(batch))
        assert all(interior(index, len(rates)) for index in chosen.tolist()), batch
    early, late = 20, stochastic.EPOCHS
    assert (tuned[1][early - 1] < tuned[128][early - 1]).all(), "every data set"
    assert (tuned[1][late - 1] > tuned[128][late - 1]).all(), "every data set"
    told = {}
    for epoch in (1, 5, 10, 20, 40, 60):
        gap, half = paired.difference(*(tuned[b][epoch - 1].log() for b in (1, 16)))
        told[epoch] = -gap > half
    assert told == {1: True, 5: True, 10: True, 20: False, 40: True, 60: False}


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9, 0.99])
def test_the_formula_of_the_floor_solves_the_balance_of_error_and_buffer(mu):
    for curvature in (1.0, 25.0):
        for factor in (0.01, 0.3, 0.9):
            lr = factor * 2 * (1 + mu) / curvature
            rows = [[1 - lr * curvature, -lr * mu], [curvature, mu]]
            step = torch.tensor(rows, dtype=torch.float64)
            noise = torch.tensor([[-lr], [1.0]], dtype=torch.float64)
            moments = torch.eye(4) - torch.kron(step, step)
            balance = torch.linalg.solve(moments, (noise @ noise.T).flatten())[0]
            one = torch.ones((), dtype=torch.float64)
            floor = momentum.noise_floor(lr, mu, curvature * one, one)
            assert curvature / 2 * balance.item() == pytest.approx(floor.item())


def test_the_floor_depends_on_the_rate_over_one_minus_momentum():
    pairs = ((0.001, 0.0), (0.001, 0.9), (0.0001, 0.9), (0.0005, 0.5))
    sampled, even = (momentum.floors(pairs, kind).log() for kind in (False, True))
    ratios = [paired.difference(each, sampled[0])[0] for each in sampled[1:]]
    assert ratios[0] > math.log(10)
    assert all(abs(ratio) < 0.05 for ratio in ratios[1:])
    noise = []
    for seed in range(12):
        x, y, best = gradient_descent.regression(seed=seed)
        each = gradient_descent.gradient(best, x.unsqueeze(1), y.unsqueeze(1))
        noise.append(each.square().mean(0))
    curvature = gradient_descent.CURVATURE
    for pair, measured in zip(pairs, even, strict=True):
        theory = momentum.noise_floor(*pair, curvature, torch.stack(noise)).sum(1)
        assert abs(paired.difference(measured, theory.log())[0]) < 0.08


def test_momentum_helps_without_noise_and_not_with_it():
    tuned = {}
    for batch, mu in ((1, 0.0), (1, 0.5), (1, 0.9), (128, 0.0), (128, 0.5)):
        wide = 1 - mu if batch == 1 else 1 + mu
        rates = tuple((stochastic.RATES[batch] * wide).tolist())
        runs = stochastic.raced(batch, momentum=mu, rates=rates, epochs=32, runs=16)
        tuned[batch, mu], chosen = stochastic.at_best(runs)
        assert all(interior(chosen[e - 1].item(), len(rates)) for e in (8, 32))
    for batch, mu in ((1, 0.5), (1, 0.9), (128, 0.5)):
        for epoch in (8, 32):
            pair = (tuned[batch, m][epoch - 1].log() for m in (mu, 0.0))
            lead, half = paired.difference(*pair)
            assert lead < -1 if batch == 128 else abs(lead) < half


def rate_of(kappa, lr, mu, nesterov):
    """Return by how much a step shrinks the slower of two coordinates, in the end."""
    radii = []
    for curvature in (1.0, kappa):
        a = lr * curvature * (1 + mu if nesterov else 1)
        b = lr * mu * (mu if nesterov else 1)
        matrix = torch.tensor([[1 - a, -b], [curvature, mu]], dtype=torch.float64)
        radii.append(torch.linalg.eigvals(matrix).abs().max().item())
    return max(radii)


@pytest.mark.parametrize("kappa", [25.0, 100.0])
def test_the_best_pairs_are_best_and_nesterov_is_not_faster(kappa):
    found = {}
    for nesterov, pair in (
        (False, momentum.polyak(kappa)),
        (True, momentum.best_nesterov(kappa)),
    ):
        best = found[nesterov] = rate_of(kappa, *pair, nesterov)
        for lr in torch.linspace(0.2, 3.9, 38).tolist():
            for mu in torch.linspace(0.0, 0.98, 50).tolist():
                assert rate_of(kappa, lr / kappa, mu, nesterov) > best - 1e-6
    assert found[False] < found[True] - 0.01


def test_momentum_shortens_the_way_only_near_the_edge():
    ways = {
        factor: [momentum.travelled(2 * factor, mu) for mu in (0.0, 0.9)]
        for factor in (0.5, 0.7, 0.9, 0.98, 0.99)
    }
    assert [plain > heavy for plain, heavy in ways.values()] == [False] * 3 + [True] * 2


def test_the_contest_finds_its_rates_inside_the_grid():
    for name in ARMS:  # the page asserts it for all its problems
        _, chosen = optimizers.best(optimizers.contest("rotated", name))
        assert len(chosen) == len(BUDGETS)
        assert all(interior(index, len(LRS)) for index in chosen.tolist()), name


def test_rotation_finds_its_rates_inside_the_grid_or_at_the_floor():
    lrs = torch.logspace(-3, 1, 33, dtype=torch.float64)
    for rule, options in ARMS.values():
        scores = optimizers.sweep(optimizers.tilted([45]), rule, lrs, (60,), **options)
        _, chosen = optimizers.best(scores)
        assert interior(chosen.item(), len(lrs))


def test_rotation_takes_the_gain_of_two_and_leaves_two_alone():
    left = optimizers.turned((0, 45))
    for name in ("AdaGrad", "RMSProp"):
        assert (left[name][:, 1] > 1e6 * left[name][:, 0]).all()
    for name in ("SGD", "momentum"):
        torch.testing.assert_close(left[name][:, 1], left[name][:, 0])
    assert (left["Adam"][:, 1] < 4 * left["Adam"][:, 0]).all()


def test_with_a_scheduler_even_sgd_has_something_to_save():
    kept, lost = (
        optimizers.interrupted(torch.optim.SGD, keep, schedule=True, lr=0.07)
        for keep in (True, False)
    )
    assert kept == 0 < 0.1 < lost


@pytest.mark.parametrize("seed", range(5))
def test_only_a_network_of_zeros_does_not_learn(seed):
    _, accuracy, units = adam.train_mlp(zero=(0, 2), seed=seed)
    assert accuracy < 0.6
    assert units == 1
    for zero in ((0,), (2,)):
        assert adam.train_mlp(zero, seed=seed)[1] > 0.95
    assert adam.train_logistic(zero=True, seed=seed)[1] > 0.95


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.99), (0.5, 0.999)])
def test_no_step_of_adam_is_longer_than_the_bound(betas):
    bound = adam_variants.step_bound(*betas)
    longest = 0.0
    for seed in range(5):
        grads = adam.random_gradients(3000, 200, seed=seed)
        grads = grads * (grads.abs() > 2.5) * (3 * grads).exp()  # rare and of all sizes
        path = adam.follow(adam.adam, grads, lr=1.0, betas=betas, eps=1e-300)
        longest = max(longest, path.diff(dim=0).abs().nan_to_num(0.0).max().item())
    assert 1 < longest < bound * 1.001


def test_a_step_of_adam_may_be_longer_than_the_bound_in_the_paper():
    paper = (1 - 0.9) / math.sqrt(1 - 0.999)
    assert paper < adam_variants.late_step(silence=9900, growing=20)


def test_reddis_problem_needs_betas_made_for_it():
    for big in (3.0, 10.0):
        assert adam_variants.reddi(False, 1500, big)[-1] > 0.9
        default = adam_variants.reddi(False, 1500, big, betas=(0.9, 0.999))
        assert default[-1] < -0.9


def test_adam_goes_the_way_of_the_loss_whatever_its_scale():
    for lr in (0.01, 0.05, 0.2):
        ends = [
            adam_variants.scaled_run(torch.optim.Adam, scale, lr)
            for scale in (1e-3, 1e3)
        ]
        assert abs(ends[0] - ends[1]) < 1e-3


@pytest.mark.parametrize("budget", BUDGETS)
def test_adam_loses_to_rotation_on_a_narrow_bowl_and_little_on_a_round_one(budget):
    lost = [optimizers.tuned(p, budget, ("Adam",))["Adam"] for p in ("rotated", "axes")]
    assert (lost[0] - lost[1]).mean() > math.log(100)
    steps = {120: 60, 480: 240}[budget]
    ((along, across),) = optimizers.turned((0, 45), (steps,))["Adam"]
    assert across < 10 * along


@pytest.mark.parametrize("kappa", [10, 20, 50, 100])
def test_ten_times_the_condition_number_is_ten_times_the_steps_from_ten_on(kappa):
    few, many = (
        gradient_descent.descend((1.0, k), 2 / (1 + k))[0] for k in (kappa, 10 * kappa)
    )
    assert many / few == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize(("kappa", "ratio"), [(1, 50), (1.1, 12), (1.5, 11.3)])
def test_below_ten_it_is_more(kappa, ratio):
    few, many = (
        gradient_descent.descend((1.0, k), 2 / (1 + k))[0] for k in (kappa, 10 * kappa)
    )
    assert many / few > ratio
