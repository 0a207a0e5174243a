"""Conditions that sentences name: what holds up to a size, a dtype or a layout."""

import math

import pytest
import torch
from optimizer_atlas import walk
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adagrad
from torch.optim.lr_scheduler import LinearLR, SequentialLR, StepLR
from torch.utils.checkpoint import checkpoint


def test_a_positive_weight_need_not_make_the_first_step_longer():
    yes = (torch.arange(1000) < 10).double()
    slopes, curvatures = [], []
    for weight in (1.0, 99.0):
        best = 10 * weight / (990 + 10 * weight)
        z = torch.tensor([0.0, math.log(best / (1 - best))], dtype=torch.float64)
        z.requires_grad_()
        losses = F.binary_cross_entropy_with_logits(
            z.expand(1000, 2),
            yes[:, None].expand(1000, 2),
            pos_weight=torch.tensor(weight, dtype=torch.float64),
            reduction="none",
        )
        (slope,) = torch.autograd.grad(losses.mean(0).sum(), z, create_graph=True)
        (curvature,) = torch.autograd.grad(slope.sum(), z)
        slopes.append(slope[0].item())
        curvatures.append(curvature[1].item())
    assert slopes == pytest.approx([0.49, 0.0], abs=1e-12)
    assert curvatures[1] / curvatures[0] == pytest.approx(50, rel=1e-3)


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_labels_of_minus_one_may_rest_at_a_positive_loss(share):
    z = torch.linspace(-50, 50, 10_001, dtype=torch.float64)
    losses = share * F.softplus(-z) + (1 - share) * (F.softplus(z) + z)
    lowest = losses.argmin()
    assert losses[lowest] > 0
    assert torch.sigmoid(z[lowest]).item() == pytest.approx(2 * share - 1, abs=5e-3)


def test_a_ranking_loss_does_not_see_a_shift():
    draw = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 100, generator=draw, dtype=torch.float64)
    target = torch.randn(100, generator=draw, dtype=torch.float64).sign()
    for margin in (0.0, 1.0):
        plain = F.margin_ranking_loss(a, b, target, margin=margin)
        moved = F.margin_ranking_loss(a + 5, b + 5, target, margin=margin)
        torch.testing.assert_close(moved, plain)


def test_a_view_made_under_no_grad_says_true_and_leads_nowhere():
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        views = [w[:2], w.view(3, 1), w.expand(2, 3)]
        computed = 2 * w
    assert not computed.requires_grad
    for view in views:
        assert view.requires_grad
        view.sum().backward()
        assert view.grad is None
        assert w.grad is None


@pytest.mark.parametrize("size", [1.0, 0.01, 0.001])
def test_adadeltas_steps_grow_until_they_are_as_long_as_the_gradient(size):
    lone = torch.zeros(1, dtype=torch.float64)
    way = walk("Adadelta", lone, lambda *_: lone + size, 2000, lr=1.0, eps=1e-6)
    steps = -way.flatten().diff()
    if size == 1.0:
        formula = math.sqrt(0.1 * 1e-6 * 2000)
        assert steps[-1].item() == pytest.approx(formula, rel=0.05)
    else:
        assert steps[-1].item() == pytest.approx(size, rel=0.1)


def test_a_sequence_refuses_a_late_group_at_its_milestone():
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    parts = [LinearLR(optimizer, 0.1), StepLR(optimizer, 3)]
    scheduler = SequentialLR(optimizer, parts, [4])
    optimizer.add_param_group({"params": torch.zeros(1), "lr": 0.1})
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    optimizer.step()
    with pytest.raises(ValueError, match="zip"):
        scheduler.step()


def test_float32_rounds_the_steps_of_a_falling_logit_away():
    moved = []
    for dtype in (torch.float32, torch.float64):
        w = torch.full((6,), -1.45, dtype=dtype, requires_grad=True)
        optimizer = SGD([w], lr=0.0009 / 3)
        before = w.detach().clone()
        for _ in range(100):
            optimizer.zero_grad()
            F.softplus(w.sum()).backward()
            optimizer.step()
        moved.append(not torch.equal(w, before))
    assert moved == [False, True]


def test_weight_decay_moves_a_row_without_a_gradient():
    for kind in (SGD, Adagrad):
        for decay in (0.0, 0.1):
            w = torch.ones(2, requires_grad=True)
            w.grad = torch.tensor([1.0, 0.0])
            kind([w], lr=0.1, weight_decay=decay).step()
            assert (w[1].item() == 1.0) == (decay == 0.0)


def test_a_checkpoint_keeps_the_gradient_and_moves_batch_norm_twice():
    x, grads, means = torch.randn(16, 8), [], []
    for again in (False, True):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU())
        out = checkpoint(net, x, use_reentrant=False) if again else net(x)
        out.square().sum().backward()
        grads.append(net[0].weight.grad)
        means.append(net[1].running_mean)
    assert torch.equal(*grads)
    torch.testing.assert_close(means[1], 1.9 * means[0])


def test_draws_depend_on_the_layout_that_they_fill():
    torch.manual_seed(0)
    rows = torch.empty(8, 8).normal_()
    torch.manual_seed(0)
    columns = torch.empty(8, 8).t().normal_()
    assert rows.shape == columns.shape
    assert not torch.equal(rows, columns)
