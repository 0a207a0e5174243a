"""What pages answer to questions that people ask, for other seeds and settings."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.optim import SGD, Adam, AdamW, lr_scheduler

SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(9))
    images = torch.tensor(data.data, dtype=torch.float32) / 16
    return images[order], torch.tensor(data.target)[order]


def net(seed, *inside):
    torch.manual_seed(seed)
    first = nn.Linear(64, 64), nn.ReLU(), *inside
    return nn.Sequential(*first, nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def epoch(model, optimizer, images, labels, order, size):
    losses = []
    for batch in order.split(size):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@SEEDS
def test_the_logged_loss_of_an_epoch_is_above_the_one_measured_after_it(digits, seed):
    images, labels = digits
    model = net(seed, nn.Dropout(0.5))
    optimizer = Adam(model.parameters(), lr=0.01)
    logged = epoch(model, optimizer, images, labels, torch.randperm(1200), 48)
    with torch.no_grad():
        after = F.cross_entropy(model(images[:1200]), labels[:1200]).item()
        model.eval()
        alike = F.cross_entropy(model(images[:1200]), labels[:1200]).item()
        validation = F.cross_entropy(model(images[1200:]), labels[1200:]).item()
    assert validation < logged
    assert alike < after < logged


@SEEDS
def test_a_net_that_learns_wrong_labels_by_heart_gets_worse_elsewhere(digits, seed):
    images, labels = digits
    few, noisy = images[:200], labels[:200].clone()
    noisy[:40] = torch.randint(10, (40,), generator=torch.Generator().manual_seed(seed))
    model = net(seed)
    optimizer, history = Adam(model.parameters(), lr=0.01), []
    for _ in range(101):
        with torch.no_grad():
            logits = model(images[1200:])
        right = (logits.argmax(1) == labels[1200:]).double().mean().item()
        history.append((F.cross_entropy(logits, labels[1200:]).item(), right))
        last = epoch(model, optimizer, few, noisy, torch.arange(200), 200)
    best = min(history)
    assert last < 0.05
    assert history[-1][0] > 2 * best[0]
    assert history[-1][1] < best[1]


@SEEDS
def test_sorted_by_class_a_net_learns_what_it_saw_last(digits, seed):
    images, labels = digits
    right = {}
    for kind in ("each epoch", "once", "by class"):
        model = net(seed)
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        order = labels[:1200].argsort(stable=True)
        for number in range(5):
            if kind == "each epoch" or (kind == "once" and not number):
                order = torch.randperm(1200)
            epoch(model, optimizer, images, labels, order, 40)
        guess = model(images[1200:]).argmax(1)
        right[kind] = (guess == labels[1200:]).double().mean().item()
    assert right["by class"] < 0.3
    assert right["once"] > right["each epoch"] - 0.05 > 0.7


@pytest.mark.parametrize("factor", [0.5, 1.0])
@pytest.mark.parametrize("rule", [SGD, Adam, AdamW])
def test_half_a_penalty_is_the_weight_decay_of_sgd_and_adam(rule, factor):
    def end(decay, penalty):
        theta = torch.tensor([0.7, -3.0, 2.0], dtype=torch.float64, requires_grad=True)
        optimizer = rule([theta], lr=0.03, weight_decay=decay)
        for t in range(25):
            optimizer.zero_grad()
            loss = (theta.sin() * (1 + t % 3)).sum() + penalty * theta.square().sum()
            loss.backward()
            optimizer.step()
        return theta.detach()

    same = torch.allclose(end(0.2, 0.0), end(0.0, 0.2 * factor), rtol=1e-12)
    assert same == (factor == 0.5 and rule is not AdamW)


@pytest.mark.parametrize("rule", [SGD, Adam, AdamW])
def test_maximize_is_minus_the_objective_and_turns_a_penalty(rule):
    def end(maximize, sign, penalty=0.0, decay=0.1):
        theta = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
        optimizer = rule([theta], lr=0.05, maximize=maximize, weight_decay=decay)
        for _ in range(8):
            optimizer.zero_grad()
            (sign * theta.sin() + penalty * theta.square()).sum().backward()
            optimizer.step()
        return theta.item()

    assert end(True, 1) == end(False, -1)
    assert end(True, 1, 2.0, 0.0) > end(True, 1, 0.0, 0.0) > end(True, 1, -2.0, 0.0)


@pytest.mark.parametrize("rate", [0.01, 0.5])
def test_some_schedulers_begin_at_a_rate_of_their_own(rate):
    def first(kind, *args, **options):
        optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=rate, momentum=0.9)
        kind(optimizer, *args, **options)
        return optimizer.param_groups[0]["lr"]

    steps = {"total_steps": 30}
    assert first(lr_scheduler.OneCycleLR, 2.0, **steps) == pytest.approx(2 / 25)
    assert first(lr_scheduler.OneCycleLR, 2.0, **steps, div_factor=4) == 0.5
    assert first(lr_scheduler.CyclicLR, 0.02, 0.3) == 0.02
    assert first(lr_scheduler.LinearLR) == pytest.approx(rate / 3)
    assert first(lr_scheduler.ConstantLR) == pytest.approx(rate / 3)
    assert first(lr_scheduler.CosineAnnealingLR, 30) == rate
    with pytest.raises(ValueError, match="Starting multiplicative factor"):
        first(lr_scheduler.LinearLR, start_factor=0.0)


def test_log_cosh_is_rewritten_without_loss_and_has_the_slope_tanh():
    error = torch.linspace(-700, 700, 2801, dtype=torch.float64, requires_grad=True)
    far = error.abs()
    value = far + F.softplus(-2 * far) - math.log(2)
    (slope,) = torch.autograd.grad(value.sum(), error)
    assert torch.allclose(value, error.cosh().log(), atol=1e-12)
    assert torch.allclose(slope, error.tanh(), atol=1e-12)
    assert error.detach().float().cosh().isinf().any()


@SEEDS
def test_the_kl_of_a_vae_has_a_closed_form(seed):
    torch.manual_seed(seed)
    mean, log_variance = torch.randn(2, 50, dtype=torch.float64)
    closed = -(1 + log_variance - mean**2 - log_variance.exp()) / 2
    normal = torch.distributions.Normal
    theirs = torch.distributions.kl_divergence(
        normal(mean, (log_variance / 2).exp()), normal(0.0, 1.0)
    )
    assert torch.allclose(closed, theirs, atol=1e-12)


def test_foreach_writes_into_the_gradient_with_nesterov_momentum_only():
    for options in ({}, {"weight_decay": 0.1}, {"maximize": True}):
        for nesterov in (False, True):
            for foreach in (False, True):
                theta = torch.ones(3, requires_grad=True)
                theta.grad = torch.full((3,), 2.0)
                kept = copy.deepcopy(theta.grad)
                SGD(
                    [theta], 0.1, 0.9, nesterov=nesterov, foreach=foreach, **options
                ).step()
                changed = nesterov and foreach and not options
                assert torch.equal(theta.grad, kept) != changed
