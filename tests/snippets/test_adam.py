"""The from-scratch Adam against torch, on whatever hypothesis finds."""

import pytest
import torch
from adam import adam, adam_as_printed, adam_in_paper, follow, follow_torch
from hypothesis import given, settings
from hypothesis import strategies as st

dtypes = st.sampled_from([torch.float32, torch.float64])
shapes = st.lists(st.integers(0, 3), max_size=3)
scales = st.sampled_from([1e-30, 1e-8, 1.0, 1e8, 1e30])
rates = st.floats(0, 10)
betas = st.tuples(*[st.floats(0, 0.9999)] * 2)
seeds = st.integers(0, 2**32)


def gradients(seed, shape, dtype, scale, steps=8):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, *shape, dtype=dtype, generator=generator) * scale


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    seed=seeds,
    shape=shapes,
    dtype=dtypes,
    scale=scales,
    lr=rates,
    betas=betas,
    eps=st.sampled_from([0.0, 1e-8, 1e-3]),
    weight_decay=st.floats(0, 2),
    amsgrad=st.booleans(),
    decoupled=st.booleans(),
    maximize=st.booleans(),
)
def test_adam_equals_torch_to_the_bit(
    seed, shape, dtype, scale, decoupled, **options
):  # fmt: skip
    grads = gradients(seed, shape, dtype, scale)
    optimizer = torch.optim.AdamW if decoupled else torch.optim.Adam
    ours = follow(adam, grads, decoupled=decoupled, **options)
    torchs = follow_torch(grads, optimizer, foreach=False, **options)
    assert ours.dtype == torchs.dtype
    assert torch.equal(ours.nan_to_num(7.5), torchs.nan_to_num(7.5))
    assert torch.equal(ours.isnan(), torchs.isnan())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"amsgrad": True}])
def test_adam_equals_torch_over_a_long_run(dtype, options):
    grads = gradients(0, (17,), dtype, 1.0, steps=1000)
    assert torch.equal(follow(adam, grads, **options), follow_torch(grads, **options))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=seeds, shape=shapes, lr=rates, betas=betas)
def test_the_order_of_the_paper_agrees_within_rounding(seed, shape, lr, betas):
    grads = gradients(seed, shape, torch.float64, 1.0)
    ours = follow(adam_in_paper, grads, lr=lr, betas=betas)
    torchs = follow_torch(grads, lr=lr, betas=betas)
    torch.testing.assert_close(ours, torchs, rtol=1e-9, atol=1e-9 * lr)


@pytest.mark.parametrize("rule", [adam, adam_in_paper, adam_as_printed])
@pytest.mark.parametrize(
    ("param", "grad", "options", "message"),
    [
        (torch.zeros(2), torch.ones(2), {"lr": -1e-3}, "lr must be in"),
        (torch.zeros(2), torch.ones(2), {"lr": float("nan")}, "lr must be in"),
        (torch.zeros(2), torch.ones(2), {"betas": (1.0, 0.9)}, "beta1 must be in"),
        (torch.zeros(2), torch.ones(2), {"betas": (0.9, -0.1)}, "beta2 must be in"),
        (torch.zeros(2), torch.ones(2), {"eps": -1e-8}, "eps must be in"),
        (torch.zeros(2), torch.ones(3), {}, "shape"),
        (torch.zeros(2), torch.ones(2, dtype=torch.float64), {}, "float64"),
        (torch.zeros(2, dtype=torch.int64), torch.ones(2), {}, "floating point"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(rule, param, grad, options, message):
    state = {}
    with pytest.raises(ValueError, match=message):
        rule(param, grad, state, **options)
    assert not state
    assert not param.any()


def test_bad_weight_decay_is_refused():
    with pytest.raises(ValueError, match="weight_decay must be in"):
        adam(torch.zeros(2), torch.ones(2), {}, weight_decay=-0.1)


@pytest.mark.parametrize("rule", [adam, adam_in_paper, adam_as_printed])
def test_nan_goes_into_the_parameter_as_in_torch(rule):
    grads = torch.tensor([[1.0, float("nan")]])
    assert torch.equal(follow(rule, grads).isnan(), follow_torch(grads).isnan())
