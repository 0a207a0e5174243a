"""What the exercises of the pages on optimizers answer, with other numbers as well."""

import math

import adam
import adam_variants
import adaptive
import gradient_descent
import learning_rate
import momentum
import optimizers
import pytest
import stochastic
import torch
from momentum import displacements
from torch.optim import SGD, Adagrad, RMSprop


@pytest.mark.parametrize("beta1", [0.5, 0.9, 0.95, 0.99])
def test_the_first_step_needs_no_correction_for_one_pair_of_betas(beta1):
    first = torch.ones(1, dtype=torch.float64)
    pair = adam.missing_factor(first, beta1, 1 - (1 - beta1) ** 2)
    assert pair.item() == pytest.approx(1)
    assert adam.missing_factor(first, beta1, 0.5 * beta1).item() < 1


@pytest.mark.parametrize("seed", range(3))
def test_the_printed_rule_is_mended_by_its_rate_alone(seed):
    grads = adam.random_gradients(300, 20, seed=seed)
    param, state = torch.zeros(20, dtype=torch.float64), {}
    for t, grad in enumerate(grads, start=1):
        lr = 1e-3 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        adam.adam_as_printed(param, grad, state, lr=lr)
    torch.testing.assert_close(
        param, adam.follow(adam.adam_in_paper, grads)[-1], rtol=0, atol=1e-6
    )
    printed = adam.follow(adam.adam_as_printed, grads)[-1]
    assert (printed - param).abs().max() > 1e-3


@pytest.mark.parametrize("value", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_units_that_start_alike_stay_alike_whatever_their_size(seed, value):
    _, accuracy, units = adam.train_mlp((0, 2), seed=seed, value=value)
    assert units == 1
    assert accuracy < 0.8 < adam.train_mlp((), seed=seed)[1]


def test_adam_asks_whether_gradients_agree_and_not_how_large_they_are():
    flip = 1 - 2 * (torch.arange(100, dtype=torch.float64) % 2)
    grads = torch.stack([torch.ones(100), 1000 * torch.ones(100), 1000 * flip], 1)
    ends = adam.follow(adam.adam_in_paper, grads.double(), lr=1.0)[-1]
    torch.testing.assert_close(ends[:2], torch.full((2,), -100.0).double())
    assert ends[2].abs() < 2


@pytest.mark.parametrize("beta", [0.9, 0.99, 0.999])
def test_an_average_forgets_half_in_as_many_steps_as_the_formula_says(beta):
    steps = math.ceil(math.log(0.5) / math.log(beta))
    assert beta**steps < 0.5 < beta ** (steps - 1)


@pytest.mark.parametrize("steps", [100, 200, 400, 800])
def test_adagrad_learns_rare_words_that_sgd_does_not(steps):
    _, ours, our_losses = adaptive.learned(Adagrad, steps)
    _, theirs, their_losses = adaptive.learned(SGD, steps)
    assert (our_losses < their_losses).all(), "every seed"
    assert ours[-1, 1] > 1.5 * theirs[-1, 1]
    assert min(ours[-1, 0], theirs[-1, 0]) > 0.95


def test_it_is_the_noise_that_keeps_the_rate_of_sgd_small():
    noisy, quiet = (adaptive.learned(SGD, 200, noise=noise) for noise in (1.0, 0.0))
    assert quiet[0] > 5 * noisy[0]
    assert quiet[1][-1, 1] > 0.8 > 0.3 > noisy[1][-1, 1]


def test_a_best_rate_at_an_end_of_the_grid_is_refused(monkeypatch):
    monkeypatch.setattr(adaptive, "RATES", adaptive.RATES[:3])
    adaptive.read_words.cache_clear()
    with pytest.raises(ValueError, match="an end of the grid"):
        adaptive.learned(SGD, 100)
    adaptive.read_words.cache_clear()


@pytest.mark.parametrize("size", [2, 10, 30])
def test_adagrad_halves_its_rate_when_its_sum_has_quadrupled(size):
    grads = torch.ones(4000, 1, dtype=torch.float64)
    grads[0] = size
    rates = adaptive.adagrad_rates(grads, lr=1.0).flatten()
    assert rates[3 * size**2] == rates[0] / 2


def test_rmsprop_forgets_what_adagrad_keeps():
    grads = torch.ones(1500)
    grads[:10] = 100.0
    kept, forgotten = (displacements(rule, grads) for rule in (Adagrad, RMSprop))
    assert kept[-1] < 0.004 < 0.95 < forgotten[-1] < 1.05


@pytest.mark.parametrize("alpha", [0.9, 0.99, 0.999])
def test_the_first_step_of_rmsprop_grows_with_its_memory(alpha):
    first = displacements(RMSprop, torch.ones(1), alpha=alpha).item()
    assert first == pytest.approx((1 - alpha) ** -0.5, rel=1e-4)


@pytest.mark.parametrize("kappa", [4.0, 9.0, 25.0])
def test_the_best_rate_of_a_bowl_takes_the_steps_that_its_formula_says(kappa):
    best, _ = gradient_descent.descend((1.0, kappa), 2 / (1 + kappa))
    rate = (kappa - 1) / (kappa + 1)
    assert best == math.ceil(math.log(1e-6) / math.log(rate))
    for factor in (1 / kappa, 0.98 * 2 / kappa):
        assert gradient_descent.descend((1.0, kappa), factor)[0] > best


@pytest.mark.parametrize("unit", [0.5, 2.0, 8.0])
def test_the_unit_of_the_loss_goes_into_the_rate(unit):
    plain = gradient_descent.descend((1.0, 25.0), 0.05)
    assert gradient_descent.descend((unit, 25 * unit), 0.05 / unit) == plain


@pytest.mark.parametrize("start", [0.5, 2.0, 10.0])
def test_the_limit_of_a_quartic_depends_on_the_start(start):
    ends = []
    for factor in (0.98, 1.02):
        theta, lr = start, factor * 2 / start**2
        for _ in range(500):
            theta -= lr * theta**3
            if abs(theta) > 1e6:
                break
        ends.append(abs(theta))
    assert ends[0] < start / 5
    assert ends[1] > 1e6


@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_momentum_amplifies_what_agrees_and_damps_what_alternates(mu):
    ones = torch.ones(2000, dtype=torch.float64)
    flip = 1 - 2 * (torch.arange(2000).double() % 2)
    agree, alternate = (displacements(SGD, g, momentum=mu) for g in (ones, flip))
    assert agree[-1].item() == pytest.approx(1 / (1 - mu))
    assert abs(alternate[-1].item()) == pytest.approx(1 / (1 + mu))


@pytest.mark.parametrize("kappa", [10.0, 25.0, 100.0])
def test_momentum_leaves_the_canyon_sooner_each_at_its_best(kappa):
    plain, _ = gradient_descent.descend((1.0, kappa), 2 / (1 + kappa))
    heavy, _ = gradient_descent.descend((1.0, kappa), *momentum.polyak(kappa))
    assert heavy < 0.7 * plain
    added, _ = gradient_descent.descend((1.0, kappa), 2 / (1 + kappa), 0.5)
    assert heavy < added < plain


@pytest.mark.parametrize("factor", [1.01, 1.05, 1.5, 1.85])
def test_momentum_alone_brings_a_diverging_rate_back(factor):
    lr = factor * 2 / 25
    start = torch.tensor([-5.0, 1.5])
    ends = [momentum.bowl_path(lr, mu, 2000, start)[-1] for mu in (0.0, 0.9)]
    plain, heavy = (end.nan_to_num(math.inf).abs().max() for end in ends)
    assert heavy < 1e-6 < 1e6 < plain


def test_half_the_error_takes_four_times_the_samples():
    found = stochastic.variances((4, 16, 64))
    for size in (4, 16):
        ratio = (found[size] / found[4 * size]) ** 0.5
        assert ratio == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("lr", [0.005, 0.01])
@pytest.mark.parametrize("seed", range(2))
def test_half_the_noise_of_the_labels_leaves_a_quarter_of_the_floor(seed, lr):
    lrs = torch.full((3000, 1), lr, dtype=torch.float64)
    levels = [
        stochastic.sampled(gradient_descent.regression(noise=noise, seed=seed), lrs, 1)
        for noise in (1.0, 0.5)
    ]
    noisy, halved = (run[-1000:].mean().item() for run in levels)
    assert noisy / halved == pytest.approx(4, rel=0.01)


def shuffled(lr, seed, whole_epochs=True, mu=0.0):
    """Return the floor of B = 16 without replacement; by epochs, or batch by batch."""
    x, y, best = gradient_descent.regression(seed=seed)
    torch.manual_seed(seed)
    theta, buffer, losses = best.expand(32, 2), 0.0, []
    for _ in range(200):
        order = torch.rand(32, 128).argsort(1).split(16, dim=1)
        for rows in order:
            if not whole_epochs:
                rows = torch.rand(32, 128).argsort(1)[:, :16]
            grad = gradient_descent.gradient(theta, x[rows], y[rows])
            buffer = mu * buffer + grad
            theta = theta - lr * buffer
            losses.append(gradient_descent.excess(theta, best).mean())
    return torch.stack(losses[800:]).mean().item()


@pytest.mark.parametrize("seed", range(2))
def test_going_through_all_samples_lowers_the_floor_most_at_a_small_rate(seed):
    rates = (0.01, 0.005, 0.002)
    lrs = torch.tensor([rates], dtype=torch.float64).repeat(3000, 1)
    drawn = stochastic.sampled(gradient_descent.regression(seed=seed), lrs, 16)
    drawn = drawn[-1000:].mean(0).tolist()
    left = [shuffled(lr, seed) / level for lr, level in zip(rates, drawn, strict=True)]
    assert 0.6 > left[0] > left[1] > left[2]
    alone = shuffled(0.005, seed, whole_epochs=False) / drawn[1]
    assert alone > 0.7, "without replacement in a batch, and not over an epoch"


@pytest.mark.parametrize("seed", range(2))
def test_momentum_lowers_the_floor_of_whole_epochs_and_of_nothing_else(seed):
    for whole_epochs, bounds in ((True, (0.1, 0.4)), (False, (0.8, 1.1))):
        plain = shuffled(0.005, seed, whole_epochs)
        heavy = shuffled(0.0005, seed, whole_epochs, mu=0.9)
        assert bounds[0] < heavy / plain < bounds[1]


@pytest.mark.parametrize(("mu", "tau"), [(0.9, 0.9), (0.5, 0.5), (0.9, 0.5)])
def test_dampening_moves_the_edge_out_by_one_over_one_minus_tau(mu, tau):
    curvatures, ends = torch.tensor([1.0, 25.0], dtype=torch.float64), []
    for factor in (0.99, 1.01):
        lr = factor * 2 * (1 + mu) / ((1 - tau) * 25)
        theta, state = torch.ones_like(curvatures), {}
        for _ in range(2000):
            gradient_descent.sgd(
                theta, curvatures * theta, state, lr=lr, momentum=mu, dampening=tau
            )
        ends.append(theta.abs().max())
    assert ends[0] < 1e-6 < 1e6 < ends[1]


def test_one_rate_for_all_gives_other_rankings_than_another():
    ranked = []
    for lr in (0.01, 0.1, 1.0):
        at = (optimizers.LRS - lr).abs().argmin()
        ends = {
            name: optimizers.contest("network", name)[0, at].mean().item()
            for name in optimizers.ARMS
        }
        ranked.append(sorted(ends, key=ends.get))
    assert ranked[0] != ranked[1] != ranked[2]
    assert {ranking.index("momentum") for ranking in ranked} == {1, 2, 4}


def test_on_noise_a_wrong_rate_costs_more_than_a_wrong_optimizer():
    tuned = [scores.mean() for scores in optimizers.tuned("noisy", 120).values()]
    between = max(tuned) - min(tuned)
    for name in optimizers.ARMS:
        by_rate = optimizers.contest("noisy", name)[0].mean(-1)
        assert by_rate.max() - by_rate.min() > 3 * between


@pytest.mark.parametrize("g", [1.0, 0.01])
def test_which_rates_give_sgd_and_the_others_one_first_step(g):
    first = {
        name: displacements(rule, torch.full((1,), g), **options).item()
        for name, (rule, options) in optimizers.ARMS.items()
    }
    assert first["momentum"] == first["SGD"] == pytest.approx(g)
    for name in ("Adam", "AdaGrad"):
        assert first[name] == pytest.approx(1, rel=1e-4)
    assert first["RMSProp"] == pytest.approx(10, rel=1e-4)


@pytest.mark.parametrize("tensors", [10, 100, 1000])
def test_only_the_fused_step_does_not_grow_with_the_tensors(tensors):
    loop, foreach, fused = (
        optimizers.operations(torch.optim.Adam, tensors, **way)
        for way in ({"foreach": False}, {"foreach": True}, {"fused": True})
    )
    assert fused < 10 < foreach < loop


def test_a_short_silence_makes_the_next_step_of_adam_shorter_and_a_long_one_longer():
    steps = {zeros: adam_variants.late_step(zeros) for zeros in (1, 9, 99, 200, 999)}
    assert max(steps[1], steps[9], steps[99]) < 1 < steps[200] < steps[999]


@pytest.mark.parametrize("weight_decay", [0.01, 0.1, 1.0])
def test_without_gradients_l2_walks_at_nearly_full_steps_whatever_its_strength(
    weight_decay,
):
    coupled, decoupled = (
        adam_variants.end_weight(0.0, weight_decay, decoupled=kind)
        for kind in (False, True)
    )
    assert coupled == pytest.approx(0.2244, abs=1e-3)
    assert decoupled == pytest.approx((1 - 0.01 * weight_decay) ** 100)


@pytest.mark.parametrize("lr", [0.0002, 0.0009])
def test_half_the_rate_of_the_post_takes_twice_the_epochs(lr):
    whole = learning_rate.final_loss(lr, 4000)
    assert learning_rate.final_loss(lr / 2, 8000) == pytest.approx(whole, rel=1e-3)
    assert learning_rate.final_loss(lr / 2, 4000) > 1.01 * whole


@pytest.mark.parametrize("curvature", [0.25, 1.0, 4.0])
def test_a_step_of_one_over_the_curvature_arrives(curvature):
    steps = [
        learning_rate.steps_on_bowl(factor / curvature, (curvature,))
        for factor in (0.1, 1.0, 1.9, 2.0)
    ]
    assert steps[1] == 1
    assert steps[0] == steps[2] > 1
    assert steps[3] == math.inf
