"""What the exercises of the pages on optimizers answer, with other numbers as well."""

import math

import adam
import pytest
import torch


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
