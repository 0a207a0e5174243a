"""Conditions that sentences name: what holds up to a size, a dtype or a layout."""

import math

import pytest
import torch
from momentum import best_nesterov, polyak, settle
from no_grad import saved_tensors, storages
from optimizer_atlas import walk
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adagrad
from torch.optim.lr_scheduler import LinearLR, PolynomialLR, SequentialLR, StepLR
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


@pytest.mark.parametrize("frozen", [False, True])
def test_a_convolution_saves_its_input_with_its_weight_frozen_too(frozen):
    kept = []
    for layer, x in (
        (nn.Linear(3, 2), torch.ones(1, 3)),
        (nn.Conv2d(3, 2, 3), torch.ones(1, 3, 4, 4)),
    ):
        layer.weight.requires_grad_(not frozen)
        with saved_tensors() as saved:
            out = layer(x)
        assert out.requires_grad
        kept.append(x.data_ptr() in storages(saved))
    assert kept == [not frozen, True]


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


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss])
def test_autocast_does_not_widen_a_loss_with_a_weight(dtype, loss):
    x = torch.full((4,), 300.0, dtype=dtype)
    with torch.autocast("cpu", dtype):
        plain = loss(x, 0 * x)
        low = loss(x, 0 * x, weight=torch.ones_like(x))
        high = loss(x, 0 * x, weight=torch.ones(4))
    assert [each.dtype for each in (plain, low, high)] == [
        torch.float32,
        dtype,
        torch.float32,
    ]
    if loss is F.mse_loss and dtype == torch.float16:
        assert plain == 90_000
        assert low.isinf()
        assert high.isinf()


def test_a_column_against_a_row_gives_the_mean_with_mse_and_the_median_with_l1():
    targets = torch.tensor([0.0, 1.0, 2.0, 3.0, 94.0], dtype=torch.float64)
    tried = torch.linspace(0, 100, 1001, dtype=torch.float64)
    best = {}
    for name in ("mse_loss", "l1_loss"):
        losses = getattr(F, name)(
            tried.expand(5, 1001), targets[:, None].expand(5, 1001), reduction="none"
        )
        best[name] = tried[losses.mean(0).argmin()].item()
    assert best == {"mse_loss": pytest.approx(20), "l1_loss": pytest.approx(2)}


def test_linear_lr_is_level_at_its_end_factor_and_rprop_walks_on_at_rate_0():
    theta = torch.ones(2, requires_grad=True)
    optimizer = SGD([theta], lr=0.1)
    scheduler = LinearLR(optimizer, 0.25, 0.5, total_iters=4)
    for _ in range(8):
        optimizer.step()
        scheduler.step()
    assert scheduler.get_last_lr()[0] == pytest.approx(0.05)
    moved = {}
    for kind in (SGD, torch.optim.Adam, torch.optim.Rprop):
        theta = torch.ones(2, requires_grad=True)
        optimizer = kind([theta], lr=0.1)
        scheduler = PolynomialLR(optimizer, total_iters=4)
        for t in range(12):
            if t == 4:
                before = theta.detach().clone()
            theta.grad = theta.detach().clone()
            optimizer.step()
            scheduler.step()
        moved[kind.__name__] = not torch.equal(theta.detach(), before)
    assert moved == {"SGD": False, "Adam": False, "Rprop": True}


@pytest.mark.parametrize("scale", [1e-3, 1e-1, 1e3])
def test_scaling_the_loss_does_not_shorten_sparse_adams_steps(scale):
    ends = []
    for factor in (1.0, scale):
        row = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SparseAdam([row], lr=0.01)
        for _ in range(20):
            row.grad = (factor * row.detach()).to_sparse()
            optimizer.step()
        ends.append(row.item())
    assert ends[1] == pytest.approx(ends[0], rel=1e-4)
    assert ends[0] < 0.9


@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
def test_l1_stops_at_0_those_that_the_data_pull_with_less(noise):
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(10, 200, 10, generator=draw, dtype=torch.float64)
    xi = noise * torch.randn(10, 200, 1, generator=draw, dtype=torch.float64)
    y = x[:, :, :3].sum(2, keepdim=True) + xi
    zeros = {}
    for strength in (0.01, 0.1):
        w = torch.zeros(10, 10, 1, dtype=torch.float64)
        for _ in range(1000):
            pull = 2 * x.mT @ (x @ w - y) / 200
            w = w - 0.05 * pull
            w = w.sign() * (w.abs() - 0.05 * strength).clamp_min(0)
        at_0 = w == 0
        pull = 2 * x.mT @ (x @ w - y) / 200
        assert (pull[at_0].abs() <= strength).all()
        torch.testing.assert_close(
            pull[~at_0].abs() / strength, torch.ones_like(pull[~at_0])
        )
        zeros[strength] = at_0[:, 3:].sum(1)
    if noise:
        assert (zeros[0.01] <= zeros[0.1]).all()
        assert zeros[0.01].sum() < 0.8 * zeros[0.1].sum()
    else:
        assert (zeros[0.01] == 7).all()


def test_the_best_pair_in_the_long_run_is_not_the_first_at_a_given_error():
    momentum, nesterov = (
        settle(100, *polyak(100), False),
        settle(100, *best_nesterov(100), True),
    )
    sooner = settle(100, 0.0329, 0.677, False), settle(100, 0.0113, 0.813, True)
    assert sooner[0] < 0.8 * momentum
    assert sooner[1] < 0.9 * nesterov
    assert sooner[0] < sooner[1]
    assert momentum < nesterov
