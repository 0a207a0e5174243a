"""The rules of the optimizers against torch.optim to the bit, and bad input."""

import copy
import math

import pytest
import torch
from adaptive import adagrad, rmsprop
from gradient_descent import sgd
from hypothesis import given, settings
from hypothesis import strategies as st

DTYPES = [torch.float32, torch.float64]
STATE_NAMES = ["momentum_buffer", "sum", "square_avg", "grad_avg"]

shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)
seeds = st.integers(0, 2**31)
rates = st.sampled_from([0.0, 1e-3, 0.1]) | st.floats(0, 10)
fractions = st.sampled_from([0.0, 0.9, 0.99]) | st.floats(0, 1, exclude_max=True)
decays = st.sampled_from([0.0, 0.01]) | st.floats(0, 1)
tiny = st.sampled_from([0.0, 1e-10, 1e-8, 1e-3])
scales = st.sampled_from([1e-20, 1e-3, 1.0, 1e4, 1e20])
poisons = st.sampled_from([None, math.nan, math.inf, -math.inf, 0.0])

sgd_options = st.fixed_dictionaries(
    {
        "lr": rates,
        "momentum": fractions,
        "dampening": decays,
        "nesterov": st.booleans(),
        "weight_decay": decays,
        "maximize": st.booleans(),
    }
).map(
    lambda o: (
        o | ({"dampening": 0.0} if o["nesterov"] and o["momentum"] else {})
        if o["momentum"]
        else o | {"nesterov": False}
    )
)
adagrad_options = st.fixed_dictionaries(
    {
        "lr": rates,
        "lr_decay": decays,
        "eps": tiny,
        "weight_decay": decays,
        "initial_accumulator_value": decays,
        "maximize": st.booleans(),
    }
)
rmsprop_options = st.fixed_dictionaries(
    {
        "lr": rates,
        "alpha": fractions,
        "eps": tiny,
        "weight_decay": decays,
        "momentum": fractions,
        "centered": st.booleans(),
        "maximize": st.booleans(),
    }
)


def equal(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    """Say whether two tensors agree to the bit: signed zeros too, any NaN for NaN."""
    theirs = theirs.detach()
    if ours.dtype != theirs.dtype or not torch.equal(ours.isnan(), theirs.isnan()):
        return False
    bits = torch.int32 if ours.dtype == torch.float32 else torch.int64
    kept = ~ours.isnan()
    return torch.equal(ours[kept].view(bits), theirs[kept].view(bits))


def compare(rule, optimizer_class, options, *, shape, dtype, seed, steps, **kinds):
    """Run a rule and torch's optimizer side by side and compare after every step."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(shape, generator=generator, dtype=dtype)
    ours, state = start.clone(), {}
    theirs = start.clone().requires_grad_()
    optimizer = optimizer_class([theirs], foreach=False, **options)
    for step in range(steps):
        grad = torch.randn(shape, generator=generator, dtype=dtype)
        grad *= kinds.get("scale", 1.0)
        if kinds.get("poison") is not None and step == steps // 2 and grad.numel():
            grad.view(-1)[0] = kinds["poison"]
        theirs.grad = grad.clone()
        optimizer.step()
        rule(ours, grad, state, **options)
        assert equal(ours, theirs), f"step {step + 1}"
        for name in STATE_NAMES:
            their_state = optimizer.state[theirs].get(name)
            assert (name in state) == (their_state is not None), name
            if name in state:
                assert equal(state[name], their_state), f"{name}, step {step + 1}"


def against(rule, optimizer_class, options):
    """Return a property test of one rule."""

    @settings(max_examples=120, deadline=None, derandomize=True, database=None)
    @given(
        options, shapes, st.sampled_from(DTYPES), seeds, st.integers(1, 8), scales,
        poisons,
    )  # fmt: skip
    def test(options, shape, dtype, seed, steps, scale, poison):
        compare(
            rule, optimizer_class, options,
            shape=shape, dtype=dtype, seed=seed, steps=steps, scale=scale,
            poison=poison,
        )  # fmt: skip

    return test


test_sgd = against(sgd, torch.optim.SGD, sgd_options)
test_adagrad = against(adagrad, torch.optim.Adagrad, adagrad_options)
test_rmsprop = against(rmsprop, torch.optim.RMSprop, rmsprop_options)


LONG = [
    (sgd, torch.optim.SGD, {"lr": 0.1}),
    (sgd, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    (sgd, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.9}),
    (sgd, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (adagrad, torch.optim.Adagrad, {"lr": 0.1, "lr_decay": 0.01}),
    (adagrad, torch.optim.Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.1}),
    (rmsprop, torch.optim.RMSprop, {"lr": 0.1}),
    (rmsprop, torch.optim.RMSprop, {"lr": 0.1, "centered": True, "momentum": 0.9}),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("rule", "optimizer_class", "options"), LONG)
def test_hundreds_of_steps(rule, optimizer_class, options, dtype):
    compare(rule, optimizer_class, options, shape=(7,), dtype=dtype, seed=1, steps=400)


@pytest.mark.parametrize("rule", [sgd, adagrad, rmsprop])
def test_a_leaf_that_requires_grad(rule):
    param = torch.ones(3, requires_grad=True)
    param.square().sum().backward()
    rule(param, param.grad, {}, lr=0.1)
    assert param.requires_grad
    assert param.is_leaf
    assert (param < 1).all()


@pytest.mark.parametrize("rule", [sgd, adagrad, rmsprop])
def test_the_gradient_is_left_alone(rule):
    param, grad = torch.ones(3), torch.full((3,), 2.0)
    for _ in range(3):
        rule(param, grad, {}, lr=0.1, weight_decay=0.1, maximize=True)
    assert torch.equal(grad, torch.full((3,), 2.0))


NOT_NEGATIVE = [
    (sgd, ["lr", "momentum", "dampening", "weight_decay"]),
    (adagrad, ["lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value"]),
    (rmsprop, ["lr", "alpha", "eps", "weight_decay", "momentum"]),
]
BAD_NUMBERS = [
    (rule, {"lr": 0.1} | {name: value}, f"{name} must be in")
    for rule, names in NOT_NEGATIVE
    for name in names
    for value in (-0.1, math.nan, math.inf)
] + [
    (sgd, {"lr": 0.1, "momentum": 1.0}, "momentum must be in"),
    (rmsprop, {"lr": 0.1, "momentum": 1.0}, "momentum must be in"),
    (rmsprop, {"lr": 0.1, "alpha": 1.0}, "alpha must be in"),
    (sgd, {"lr": 0.1, "nesterov": True}, "nesterov needs"),
    (
        sgd,
        {"lr": 0.1, "nesterov": True, "momentum": 0.9, "dampening": 0.1},
        "nesterov needs",
    ),
]
GOOD = {
    sgd: {"lr": 0.1, "momentum": 0.9},
    adagrad: {"lr": 0.1},
    rmsprop: {"lr": 0.1, "momentum": 0.9, "centered": True},
}


def refuses(rule, param, grad, state, options, message):
    """Assert that a call fails with this message and changes nothing."""
    before = param.clone(), grad.clone(), copy.deepcopy(state)
    with pytest.raises(ValueError, match=message):
        rule(param, grad, state, **options)
    assert torch.equal(param, before[0])
    assert torch.equal(grad.to_dense(), before[1].to_dense())
    assert state.keys() == before[2].keys()
    for name, value in state.items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(before[2][name]))


@pytest.mark.parametrize(("rule", "options", "message"), BAD_NUMBERS)
def test_bad_numbers(rule, options, message):
    param, state = torch.ones(3), {}
    rule(param, torch.ones(3), state, **GOOD[rule])
    refuses(rule, param, torch.ones(3), state, options, message)


@pytest.mark.parametrize("rule", [sgd, adagrad, rmsprop])
def test_bad_tensors(rule):
    param, state = torch.ones(3), {}
    good = GOOD[rule]
    rule(param, torch.ones(3), state, **good)
    refuses(rule, param, torch.ones(2), state, good, "shape")
    refuses(rule, param, torch.ones(1, 3), state, good, "shape")
    refuses(rule, param, torch.ones(3).double(), state, good, "grad is torch.float64")
    refuses(rule, param, torch.ones(3).long(), state, good, "floating point")
    refuses(rule, torch.ones(3).long(), torch.ones(3), {}, good, "floating point")
    refuses(rule, torch.ones(3) + 0j, torch.ones(3) + 0j, {}, good, "floating point")
    refuses(rule, param, torch.ones(3).to_sparse(), state, good, "dense")
    refuses(rule, torch.ones(4), torch.ones(4), state, good, "does not fit param")
    refuses(rule, torch.ones(()), torch.ones(()), state, good, "does not fit param")
    double = torch.ones(3).double()
    refuses(rule, double, double.clone(), state, good, "does not fit param")


@pytest.mark.parametrize("rule", [sgd, adagrad, rmsprop])
def test_a_number_too_large_for_the_dtype_changes_nothing(rule):
    param, state = torch.ones(3), {}
    rule(param, torch.ones(3), state, **GOOD[rule])
    huge = GOOD[rule] | {"lr": 1e300}
    refuses(rule, param, torch.ones(3), state, huge, "overflow")
