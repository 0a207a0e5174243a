"""Why a warm-up helps Adam at a rate that is too large: twenty other nets."""

import pytest
import torch
from many_nets import direction, train_many
from paired import difference
from sklearn.datasets import load_digits

WARM = 20
STARTS = {
    "none": lambda t: 1.0,
    "warm-up": lambda t: min(1.0, (t + 1) / WARM),
    "wait": lambda t: 0.0 if t < WARM else 1.0,
}


@pytest.fixture(scope="module")
def arms():
    """Return the losses and the lengths of the steps of each arm."""
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16
    data = images, torch.tensor(digits.target)
    found = {}
    for start, schedule in STARTS.items():
        for forget in ("", "m", "mv"):
            lengths = []
            options = {"forget": forget, "after": WARM, "lengths": lengths}
            losses = train_many(data, [0.2], 20, 100, "adam", schedule, **options)
            found[start, forget] = losses[0], lengths
    return found


def test_at_twice_that_rate_waiting_gains_less_than_a_warm_up():
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16
    data = images, torch.tensor(digits.target)
    warm, wait = (
        train_many(data, [0.4], 20, 100, "adam", STARTS[name])[0]
        for name in ("warm-up", "wait")
    )
    mean, half = difference(warm, wait)
    assert mean < -half


def gain(arms, *key):
    """Return the mean gain over Adam from the start, and half of its interval."""
    return difference(arms["none", ""][0], arms[key][0])


@pytest.mark.parametrize("key", [("warm-up", ""), ("warm-up", "mv"), ("wait", "")])
def test_what_makes_the_first_steps_short_helps(arms, key):
    mean, half = gain(arms, *key)
    assert mean > half > 0


def test_a_good_v_alone_does_not_help(arms):
    mean, half = gain(arms, "wait", "m")
    assert mean < half
    mean, half = difference(arms["warm-up", "mv"][0], arms["wait", "m"][0])
    assert mean < -half


def test_waiting_and_forgetting_both_is_not_to_have_waited(arms):
    mean, half = gain(arms, "wait", "mv")
    assert abs(mean) < half


def test_after_a_wait_the_first_step_is_shorter_and_with_m_anew_it_is_not(arms):
    first = {key: lengths[WARM] for key, (_, lengths) in arms.items()}
    full = arms["none", ""][1][0]
    assert first["wait", ""] < 0.6 * full
    assert first["wait", "m"] > full
    assert arms["warm-up", "mv"][1][0] == pytest.approx(full / WARM)


def test_an_average_that_is_forgotten_begins_anew_with_its_correction():
    grads = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    m, v = torch.zeros(5), torch.zeros(5)
    for t, grad in enumerate(grads[:3], start=1):
        direction("adam", t, grad, m, v)
    m.zero_()
    step = direction("adam", 4, grads[3], m, v, age=1)
    squares = sum(
        0.001 * 0.999 ** (3 - i) * grad.square() for i, grad in enumerate(grads[:4])
    )
    expected = grads[3] / (squares / (1 - 0.999**4)).sqrt()
    torch.testing.assert_close(step, expected, atol=1e-4, rtol=1e-4)


def test_sgd_with_momentum_decays_more_than_by_the_area():
    left = {}
    for momentum in (0.0, 0.9):
        w = torch.ones(1, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], 1e-3, momentum, weight_decay=0.1)
        w.grad = torch.zeros_like(w)
        for _ in range(2000):
            optimizer.step()
        left[momentum] = w.item()
    assert left[0.0] == pytest.approx((1 - 1e-4) ** 2000)
    assert left[0.9] == pytest.approx(left[0.0] ** 10, rel=0.02)
