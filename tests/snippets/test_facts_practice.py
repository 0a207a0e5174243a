"""Conditions that the pages on practice name, each with the case beside it."""

import inspect

import numpy as np
import pytest
import torch
from many_nets import train_many
from own_function import Softplus
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.optim import SGD, Adam, Optimizer, lr_scheduler
from torch.utils.data import DataLoader, Dataset


def test_a_smaller_gain_and_a_larger_matrix_are_the_same_function():
    torch.manual_seed(0)
    norm, last = nn.LayerNorm(8).double(), nn.Linear(8, 3).double()
    x = torch.randn(16, 8).double()
    with torch.no_grad():
        norm.bias.normal_()
        before = last(norm(x).relu())
        norm.weight *= 0.5
        norm.bias *= 0.5
        last.weight *= 2
        assert torch.equal(last(norm(x).relu()), before)


@pytest.mark.parametrize(
    ("make", "ratio"),
    [
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 10), 10.0),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 10, eta_min=0.005), 7.0),
        (lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=10), 1.0),
        (lambda o: lr_scheduler.OneCycleLR(o, [0.1, 0.01], total_steps=10), 10.0),
        (lambda o: lr_scheduler.CyclicLR(o, 0.001, 0.1), 1.0),
    ],
    ids=["cosine", "eta_min", "one cycle", "one cycle, list", "cyclic"],
)
def test_one_bound_for_all_groups_overrides_their_ratio(make, ratio):
    some = [
        {"params": [torch.ones(1, requires_grad=True)], "lr": lr} for lr in (0.1, 0.01)
    ]
    optimizer = SGD(some, lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    one, other = scheduler.get_last_lr()
    assert one / other == pytest.approx(ratio)


def test_a_set_is_refused_in_a_group_only():
    params = {torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)}
    assert len(SGD(params, lr=0.1).param_groups[0]["params"]) == 2
    with pytest.raises(TypeError, match="ordered collections"):
        SGD([{"params": params}], lr=0.1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_autocast_on_the_cpu_widens_losses_and_not_sums(dtype):
    x, y = torch.randn(4, 8).to(dtype), torch.tensor([0, 1, 2, 0])
    with torch.autocast("cpu", dtype):
        kept = x.sum(), x.exp(), x.softmax(1), nn.functional.layer_norm(x, (8,))
        widened = nn.functional.cross_entropy(x, y), nn.functional.mse_loss(x, x)
    assert {value.dtype for value in kept} == {dtype}
    assert {value.dtype for value in widened} == {torch.float32}


@pytest.mark.parametrize("foreach", [False, True])
def test_only_fused_adam_survives_its_eps_in_float16(foreach):
    ends = []
    for how in ({"foreach": foreach}, {"fused": True}):
        w = torch.ones(2, dtype=torch.float16)
        w.grad = torch.tensor([0.0, 1e-3], dtype=torch.float16)
        Adam([w], lr=1e-3, **how).step()
        ends.append(w)
    assert ends[0][0].isnan()
    assert ends[0][1] == -torch.inf
    assert ends[1].isfinite().all()


def test_a_smaller_scale_says_that_one_of_the_optimizers_was_skipped():
    a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    optimizers = SGD([a], lr=0.1), SGD([b], lr=0.1)
    scaler.scale((a * torch.inf + b).sum()).backward()
    for optimizer in optimizers:
        scaler.step(optimizer)
    scaler.update()
    assert (a.item(), scaler.get_scale()) == (1.0, 4.0)
    assert b.item() == pytest.approx(0.9)


def test_gradcheck_in_float32_needs_a_coarse_step():
    torch.manual_seed(0)
    x = torch.randn(6, requires_grad=True)
    with pytest.warns(UserWarning, match="double precision"):
        assert not gradcheck(Softplus.apply, [x], raise_exception=False)
    with pytest.warns(UserWarning, match="double precision"):
        assert gradcheck(Softplus.apply, [x], eps=1e-2, atol=1e-3)


@pytest.mark.parametrize("size", [1, 6])
def test_gradgradcheck_takes_the_first_derivative_for_granted(size):
    class Wrong(Softplus):
        @staticmethod
        def backward(ctx, grad):
            return torch.sigmoid(*ctx.saved_tensors)

    torch.manual_seed(0)
    x = torch.randn(size, dtype=torch.float64, requires_grad=True)
    assert not gradcheck(Wrong.apply, [x], raise_exception=False)
    assert gradgradcheck(Wrong.apply, [x])


def with_weight_decay():
    for name, each in inspect.getmembers(torch.optim, inspect.isclass):
        options = inspect.signature(each).parameters
        if issubclass(each, Optimizer) and "weight_decay" in options:
            yield pytest.param(each, id=name)


@pytest.mark.parametrize("rule", list(with_weight_decay()))
def test_a_gradient_of_zero_decays_and_none_does_not(rule):
    for grad in (torch.zeros(3, 3), None):
        w = torch.ones(3, 3, requires_grad=True)
        w.grad = grad
        rule([w], lr=0.1, weight_decay=0.5).step()
        assert bool((w < 1).all()) == (grad is not None)


class Draws(Dataset):
    """Items are numbers from a generator that the data set carries."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.rng.random()


@pytest.mark.parametrize("persistent", [False, True])
def test_a_generator_of_the_data_set_repeats(persistent):
    loader = DataLoader(
        Draws(),
        num_workers=2,
        persistent_workers=persistent,
        multiprocessing_context="fork",
    )
    first, second = ([item.item() for item in loader] for _ in range(2))
    assert first[::2] == first[1::2]
    assert (first == second) != persistent


def test_the_averages_of_many_nets_are_what_averaged_model_keeps():
    data = torch.randn(8, 3), torch.arange(8) % 2
    plain = train_many(data, [0.1], 2, steps=1)
    assert torch.equal(train_many(data, [0.1], 2, steps=1, average=0.9), plain)
    ends = [train_many(data, [0.1], 2, 30, average=a) for a in (0.0, 0.5, 1 - 1e-7)]
    assert not torch.equal(ends[0], ends[1])
    assert torch.allclose(ends[2], plain, atol=1e-4)  # it stays at the first step
