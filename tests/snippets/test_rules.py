"""Every optimizer of torch.optim against its rule, to the bit; and bad input."""

import copy
import importlib
import itertools
import math
from pathlib import Path

import pytest
import torch
from adafactor import adafactor
from adam import adam, adam_as_printed, adam_in_paper
from adam_family import adamax, nadam, radam
from adaptive import adagrad, rmsprop
from averaged_sgd import asgd
from gradient_descent import sgd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lbfgs import lbfgs
from muon import muon
from self_scaling import adadelta, rprop
from sparse_adam import sparse_adam


def adamw(param, grad, state, **options):
    adam(param, grad, state, decoupled=True, **options)


RULES = {
    "SGD": sgd,
    "Adagrad": adagrad,
    "RMSprop": rmsprop,
    "Adam": adam,
    "AdamW": adamw,
    "Adamax": adamax,
    "NAdam": nadam,
    "RAdam": radam,
    "Adadelta": adadelta,
    "Rprop": rprop,
    "ASGD": asgd,
    "Muon": muon,
    "Adafactor": adafactor,
    "SparseAdam": sparse_adam,
}
DTYPES = [torch.float32, torch.float64]

rates = st.sampled_from([0.0, 1e-3, 0.1, 1.0]) | st.floats(0, 10)
positive = st.sampled_from([1e-3, 0.1, 1.0]) | st.floats(1e-6, 10)
fractions = st.sampled_from([0.0, 0.9, 0.999]) | st.floats(0, 1, exclude_max=True)
decays = st.sampled_from([0.0, 0.01]) | st.floats(0, 1)
tiny = st.sampled_from([0.0, 1e-10, 1e-8, 1e-3])
pairs = st.tuples(fractions, fractions)
flags = st.booleans()

COEFFICIENTS = [(3.4445, -4.775, 2.0315), (2.0, -1.5, 0.5)]
ADAM = {"lr": rates, "betas": pairs, "eps": tiny, "weight_decay": decays}
ADAM["maximize"] = flags
OPTIONS = {
    "Adamax": ADAM,
    "NAdam": ADAM | {
        "momentum_decay": decays, "decoupled_weight_decay": flags,
    },
    "RAdam": ADAM | {"decoupled_weight_decay": flags},
    "Adadelta": {
        "lr": rates, "rho": fractions, "eps": tiny, "weight_decay": decays,
        "maximize": flags,
    },
    "Rprop": {
        "lr": rates, "maximize": flags,
        "etas": st.tuples(st.floats(0.01, 0.99), st.floats(1.01, 3)),
        "step_sizes": st.tuples(tiny, st.sampled_from([0.5, 50, 1e6])),
    },
    "ASGD": {
        "lr": rates, "lambd": decays, "alpha": st.floats(0, 2),
        "t0": st.sampled_from([0, 1, 3, 1e6]), "weight_decay": decays,
        "maximize": flags,
    },
    "Muon": {
        "lr": rates, "weight_decay": decays, "momentum": fractions,
        "nesterov": flags, "eps": st.sampled_from([1e-7, 1e-3, 0.0]),
        "ns_coefficients": st.sampled_from(COEFFICIENTS),
        "ns_steps": st.integers(0, 7),
        "adjust_lr_fn": st.sampled_from([None, "original", "match_rms_adamw"]),
    },
    "Adafactor": {
        "lr": rates, "beta2_decay": st.floats(-2, 0),
        "eps": st.tuples(st.sampled_from([None, 0.0, 1e-30, 1e-3]), tiny),
        "d": st.floats(1, 4), "weight_decay": decays, "maximize": flags,
    },
    "SparseAdam": {
        "lr": positive, "betas": pairs, "eps": st.sampled_from([1e-10, 1e-8, 1e-3]),
        "maximize": flags,
    },
}  # fmt: skip
LONG = {
    "Adamax": [{}, {"weight_decay": 0.1, "maximize": True}],
    "NAdam": [
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
        {"momentum_decay": 0.0},
    ],
    "RAdam": [
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
        {"betas": (0.9, 0.5)},
    ],
    "Adadelta": [{}, {"lr": 0.3, "rho": 0.99, "weight_decay": 0.1, "maximize": True}],
    "Rprop": [{}, {"etas": (0.3, 1.7), "step_sizes": (1e-3, 1.0), "maximize": True}],
    "ASGD": [
        {"t0": 100, "lambd": 0.01},
        {"alpha": 0.5, "t0": 0, "weight_decay": 0.1, "maximize": True},
    ],
    "Muon": [
        {},
        {"nesterov": False, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
        {"ns_coefficients": (2.0, -1.5, 0.5), "momentum": 0.0, "weight_decay": 0.0},
    ],
    "Adafactor": [
        {},
        {"eps": (1e-30, 2.0), "d": 2.0, "weight_decay": 0.1, "maximize": True},
        {"lr": 1.0, "beta2_decay": -0.5},
    ],
    "SparseAdam": [{}, {"betas": (0.5, 0.9), "eps": 1e-3, "maximize": True}],
}


def test_no_optimizer_of_torch_is_missing():
    classes = {
        name
        for name, kind in vars(torch.optim).items()
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)
    }
    assert classes - {"Optimizer"} == {*RULES, "LBFGS"}


def equal(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    """Say whether two tensors agree to the bit: signed zeros too, any NaN for NaN."""
    theirs = theirs.detach()
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return False
    if not torch.equal(ours.isnan(), theirs.isnan()):
        return False
    bits = torch.int32 if ours.dtype == torch.float32 else torch.int64
    kept = ~ours.isnan()
    return torch.equal(ours[kept].view(bits), theirs[kept].view(bits))


def torchs(name, params, **options):
    """Return torch's optimizer, without foreach where it could have it."""
    kind = getattr(torch.optim, name)
    loop = {} if name in ("Muon", "SparseAdam") else {"foreach": False}
    return kind(params, **loop, **options)


def a_gradient(name, shape, dtype, generator):
    """Return a random gradient: for SparseAdam of some rows, one of them twice."""
    if name != "SparseAdam":
        return torch.randn(shape, generator=generator, dtype=dtype)
    rows = torch.randint(shape[0], (1, 3), generator=generator)
    rows = rows[:, : int(torch.randint(4, (), generator=generator))]
    values = (rows.shape[1], *shape[1:])
    values = torch.randn(values, generator=generator, dtype=dtype)
    return torch.sparse_coo_tensor(rows, values, shape, check_invariants=True)


def same_state(ours: dict, theirs: dict) -> None:
    """Assert that what a rule keeps is what torch keeps."""
    for key, value in theirs.items():
        if isinstance(value, torch.Tensor) and value.dim() == 0 and key not in ours:
            continue  # step, where a rule does not need it
        if not isinstance(ours[key], torch.Tensor):
            assert ours[key] == float(value), key
        else:
            assert equal(ours[key], value), key
    for key in ours:
        assert key in theirs, key


def compare(name, options, *, shape, dtype, seed, steps, scale=1.0, poison=None):
    """Run a rule and torch's optimizer side by side and compare after every step."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(shape, generator=generator, dtype=dtype)
    ours, state = start.clone(), {}
    theirs = start.clone().requires_grad_()
    optimizer = torchs(name, [theirs], **options)
    for step in range(steps):
        grad = a_gradient(name, shape, dtype, generator) * scale
        if poison is not None and step == steps // 2 and name != "SparseAdam":
            grad.view(-1)[:1] = poison
        theirs.grad = grad.clone()
        optimizer.step()
        RULES[name](ours, grad, state, **options)
        assert equal(ours, theirs), f"{name}, step {step + 1}"
        same_state(state, optimizer.state[theirs])


def shapes_of(name):
    """Return the shapes that an optimizer takes."""
    if name == "Muon":
        return st.tuples(st.integers(1, 6), st.integers(1, 6))
    if name == "Adafactor":
        return st.lists(st.integers(1, 4), max_size=3).map(tuple)
    if name == "SparseAdam":
        return st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
    return st.lists(st.integers(0, 4), max_size=3).map(tuple)


# The rules of SGD to AdamW are compared in test_optimizers.py and test_adam.py.
@pytest.mark.parametrize("name", LONG)
def test_equal_to_torch_to_the_bit(name):
    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(
        st.fixed_dictionaries(OPTIONS[name]),
        shapes_of(name),
        st.sampled_from(DTYPES),
        st.integers(0, 2**31),
        st.integers(1, 8),
        st.sampled_from([1e-20, 1e-3, 1.0, 1e4, 1e20]),
        st.sampled_from([None, math.nan, math.inf, -math.inf, 0.0]),
    )
    def check(options, shape, dtype, seed, steps, scale, poison):
        compare(
            name, options, shape=shape, dtype=dtype, seed=seed, steps=steps,
            scale=scale, poison=poison,
        )  # fmt: skip

    check()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", LONG)
def test_five_hundred_steps(name, dtype):
    for options in LONG[name]:
        compare(name, options, shape=(5, 3), dtype=dtype, seed=1, steps=500)
    wide = (2, 7) if name == "Muon" else (7,)
    compare(name, LONG[name][0], shape=wide, dtype=dtype, seed=1, steps=100)


# LBFGS


def valley(x):
    """Return Rosenbrock's function over neighbours, and x⁴ for a single number."""
    x = x.flatten()
    if len(x) == 1:
        return (x**4).sum()
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def compare_lbfgs(options, *, shape, dtype, seed, steps):
    """Run both, closure by closure, and compare parameters, losses and states."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(shape, generator=generator, dtype=dtype)
    ours, state = start.clone(), {}
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([theirs], **options)

    def closure():
        optimizer.zero_grad()
        loss = valley(theirs)
        loss.backward()
        return loss

    def evaluate():
        twin = ours.detach().clone().requires_grad_()
        loss = valley(twin)
        loss.backward()
        return loss.item(), twin.grad

    for step in range(steps):
        before = optimizer.step(closure).item()
        mine = lbfgs(ours, evaluate, state, **options)
        assert mine == before or (math.isnan(mine) and math.isnan(before))
        assert equal(ours, theirs), f"step {step + 1}"
        kept = optimizer.state[theirs]
        assert state["func_evals"] == kept["func_evals"]
        assert state["n_iter"] == kept["n_iter"]
        if kept["n_iter"]:
            assert equal(state["d"], kept["d"])
            assert equal(state["prev_flat_grad"], kept["prev_flat_grad"])
            pairs = zip(kept["old_dirs"], kept["old_stps"], strict=True)
            for (y, s, _), (dir_, stp) in zip(state["changes"], pairs, strict=True):
                assert equal(y, dir_)
                assert equal(s, stp)
    return state


lbfgs_options = st.fixed_dictionaries(
    {
        "lr": st.sampled_from([1e-3, 0.1, 1.0, 10.0]),
        "max_iter": st.integers(1, 20),
        "max_eval": st.none() | st.integers(1, 30),
        "tolerance_grad": st.sampled_from([0.0, 1e-7, 0.1]),
        "tolerance_change": st.sampled_from([0.0, 1e-9, 1e-2]),
        "history_size": st.integers(1, 10),
        "line_search_fn": st.sampled_from([None, "strong_wolfe"]),
    }
)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    lbfgs_options,
    st.sampled_from([(1,), (2,), (7,), (2, 3), ()]),
    st.sampled_from(DTYPES),
    st.integers(0, 2**31),
    st.integers(1, 4),
)
def test_lbfgs_equals_torch_to_the_bit(options, shape, dtype, seed, steps):
    if options["max_iter"] == 1 and options["max_eval"] is None:
        options["max_eval"] = 1
    compare_lbfgs(options, shape=shape, dtype=dtype, seed=seed, steps=steps)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
@pytest.mark.parametrize("history_size", [3, 30])
def test_lbfgs_over_five_hundred_iterations(dtype, line_search_fn, history_size):
    options = {
        "line_search_fn": line_search_fn,
        "history_size": history_size,
        "lr": 1.0 if line_search_fn else 1e-3,
        "max_iter": 10,
        "tolerance_grad": 0.0,
        "tolerance_change": 0.0,
    }
    state = compare_lbfgs(options, shape=(20,), dtype=dtype, seed=0, steps=50)
    assert line_search_fn or state["n_iter"] >= 500


# What the tests above would see


MUTANTS = {
    "Adamax": [
        ("grad.abs().add_(eps)", "grad.abs()"),
        (".lerp(grad, 1 - beta1)", ".mul(beta1).add(grad, alpha=1 - beta1)"),
        ("1 - beta1**t", "1 - beta2**t"),
        (".mul(beta2)", ".mul(beta1)"),
        ("value=-lr / (1 - beta1**t)", "value=-lr * (1 / (1 - beta1**t))"),
    ],
    "NAdam": [
        (".div(1 - beta2**t).sqrt()", ".sqrt().div((1 - beta2**t) ** 0.5)"),
        ("(t + 1) * momentum_decay", "t * momentum_decay"),
        ("0.5 * (0.96", "0.49 * (0.96"),
        (".mul_(mu).item()", ".double().mul_(mu).item()"),
        (".mul_(1 - lr * weight_decay)", ".mul_(1 - weight_decay)"),
        ("(1.0 - product * mu_next)", "(1.0 - product)"),
    ],
    "RAdam": [
        ("length <= 5", "length <= 4"),
        ("2 * t * (beta2**t)", "2 * t * beta2"),
        ("(length - 2) * long_run", "long_run * (length - 2.001)"),
        (".mul_(1 - lr * weight_decay)", ".mul_(1 - weight_decay)"),
        (".sqrt().add_(eps)) * rect", ".add_(eps).sqrt()) * rect"),
        ("/ (1 - beta1**t) * lr", "* (lr / (1 - beta1**t))"),
    ],
    "Adadelta": [
        (".add(eps).sqrt_().div_(", ".sqrt().add_(eps).div_("),
        (".mul(rho).addcmul_(delta", ".mul(rho).addcmul_(grad"),
        ("param.add_(delta, alpha=-lr)", "param.sub_(delta * lr + delta * 0)"),
        ("value=1 - rho)\n    param", "value=1)\n    param"),
    ],
    "Rprop": [
        ("factor[turned] = etas[0]", "factor[turned] = 1 / etas[1]"),
        ("grad[turned] = 0", "pass"),
        ("step_size.clamp_(*step_sizes)", "step_size.clamp_(max=step_sizes[1])"),
        ("prev=grad", "prev=grad.sign()"),
    ],
    "ASGD": [
        ("** alpha)", "** 0.7)"),
        ("max(1, step - t0)", "max(1, step - t0 + 1)"),
        ("1 - lambd * eta", "1 - lambd * lr"),
        ("moved.sub(ax).mul_(mu)", "moved.mul(mu).sub(ax * mu)"),
        ("torch.tensor(lr / ((1 + lambd * lr * step) ** alpha)).item()", "lr"),
        ("torch.tensor(1 / max(1, step - t0)).item()", "1 / max(1, step - t0)"),
    ],
    "Muon": [
        ("x.div(x.norm()", "x.div(1.01 * x.norm()"),
        ("torch.addmm(x, gram, x, beta=a)", "a * x + gram @ x"),
        ("max(1, rows / columns)", "max(1, columns / rows)"),
        ("grad.lerp(buffer, momentum)", "buffer.lerp(grad, momentum)"),
        ("0.2 * math", "0.21 * math"),
        (".mul(1 - lr * weight_decay)", ".mul(1 - weight_decay)"),
    ],
    "Adafactor": [
        (".square_()", ""),
        ("1 / (t**0.5)", "1 / t"),
        (".clamp_(min=floor)", ""),
        ("min=floor * floor", "min=floor"),
        ("update.numel() ** 0.5) * d", "update.numel() ** 0.5) / d"),
        ("max(eps[1], size)", "max(0.5, size)"),
        ("float(t) ** beta2_decay", "float(t + 1) ** beta2_decay"),
    ],
    "SparseAdam": [
        (".coalesce()", ".coalesce().mul(1.0001)"),
        ("math.sqrt(1 - beta2**t) / (1 - beta1**t)", "1.0"),
        (".sqrt_().add_(eps)", ".add_(eps).sqrt_()"),
        (".mul_(1 - beta1)", ".mul_(beta1)"),
        ("values.pow(2)", "values.abs()"),
        ("-grad if maximize", "grad if maximize"),
    ],
}  # fmt: skip
MODULES = {"Adadelta": "self_scaling", "Rprop": "self_scaling", "ASGD": "averaged_sgd"}
MODULES |= dict.fromkeys(["Adamax", "NAdam", "RAdam"], "adam_family")


@pytest.mark.parametrize("name", MUTANTS)
def test_a_swapped_operation_is_seen(name, monkeypatch):
    module = importlib.import_module(MODULES.get(name, RULES[name].__name__))
    source = Path(module.__file__).read_text(encoding="utf-8")
    for old, new in MUTANTS[name]:
        assert old in source, old
        namespace: dict = {}
        exec(source.replace(old, new), namespace)
        monkeypatch.setitem(RULES, name, namespace[RULES[name].__name__])
        seen = False
        for options, dtype, scale in itertools.product(LONG[name], DTYPES, (1, 1e-8)):
            try:
                compare(
                    name, options, shape=(5, 3), dtype=dtype, seed=1, steps=120,
                    scale=scale,
                )  # fmt: skip
            except AssertionError:
                seen = True
                break
        assert seen, f"{old} → {new}"


LBFGS_MUTANTS = [
    ("y.dot(s)\n", "y.dot(s) * 2\n"),
    ("1e-10", "1.0"),
    ("[-history_size:]", ""),
    ("product / y.dot(y)", "product / s.dot(s)"),
    ("c1: float = 1e-4", "c1: float = 0.4"),
    ("c2: float = 0.9", "c2: float = 0.1"),
    ("t * 10", "t * 2"),
    ("0.01 * (t", "0.02 * (t"),
    ("0.1 * (max", "0.2 * (max"),
    ("g1 + g2 - 3 *", "g1 + g2 - 2 *"),
    ("shares.pop() - back", "back - shares.pop()"),
    ("1.0 / grad.abs().sum()", "1.0 / grad.norm()"),
    ("bracket[high] = bracket[low]", "pass"),
    ("and iterations < max_iter", "and iterations < max_iter - 1"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), LBFGS_MUTANTS)
def test_a_swapped_operation_of_lbfgs_is_seen(old, new, monkeypatch):
    source = Path(importlib.import_module("lbfgs").__file__).read_text(encoding="utf-8")
    assert old in source
    namespace: dict = {}
    exec(source.replace(old, new), namespace)
    monkeypatch.setitem(globals(), "lbfgs", namespace["lbfgs"])
    seen = False
    kinds = (
        {"line_search_fn": "strong_wolfe", "history_size": 3},
        {"line_search_fn": "strong_wolfe", "lr": 1e3},
        {"lr": 0.01, "history_size": 3},
    )
    for seed, options in itertools.product(range(12), kinds):
        try:
            compare_lbfgs(
                options, shape=(7,), dtype=torch.float64, seed=seed, steps=2
            )  # fmt: skip
        except AssertionError:
            seen = True
            break
    assert seen


# Bad input


def lbfgs_of(param, grad, state, **options):
    return lbfgs(param, lambda: (1.0, grad), state, max_iter=2, **options)


ALL = RULES | {
    "LBFGS": lbfgs_of,
    "Adam as in its paper": adam_in_paper,
    "Adam as printed": adam_as_printed,
}
ADAM_NUMBERS = ["lr", "eps", "weight_decay"]
NUMBERS = {
    "SGD": ["lr", "momentum", "dampening", "weight_decay"],
    "Adagrad": [
        "lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value",
    ],
    "RMSprop": ["lr", "alpha", "eps", "weight_decay", "momentum"],
    "NAdam": [*ADAM_NUMBERS, "momentum_decay"],
    "Adadelta": ["lr", "rho", "eps", "weight_decay"],
    "Rprop": ["lr"],
    "ASGD": ["lr", "lambd", "alpha", "t0", "weight_decay"],
    "Muon": ["lr", "weight_decay", "momentum", "eps", "ns_steps"],
    "Adafactor": ["lr", "weight_decay", "d"],
    "SparseAdam": ["lr", "eps"],
    "LBFGS": ["lr", "tolerance_grad", "tolerance_change", "history_size"],
    "Adam as in its paper": ["lr", "eps"],
    "Adam as printed": ["lr", "eps"],
} | dict.fromkeys(["Adam", "AdamW", "Adamax", "RAdam"], ADAM_NUMBERS)  # fmt: skip
BETAS = [name for name in ALL if "Ada" in name or "Adam" in name]
BETAS = [name for name in BETAS if name not in ("Adagrad", "Adadelta", "Adafactor")]
OTHERS = {
    "SGD": [{"nesterov": True}, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}],
    "Rprop": [
        {"etas": (0.0, 1.2)}, {"etas": (0.5, 1.0)}, {"etas": (1.2, 0.5)}, {"etas": 0.5},
        {"step_sizes": (-1.0, 50)}, {"step_sizes": (0.0, math.nan)}, {"step_sizes": 1},
    ],
    "Muon": [
        {"ns_steps": 100}, {"ns_steps": 2.5}, {"ns_coefficients": (1.0, 2.0)},
        {"adjust_lr_fn": "match"},
    ],
    "Adafactor": [
        {"beta2_decay": 0.1}, {"d": 0.5}, {"eps": (-1.0, 1e-3)}, {"eps": (None, -1.0)},
        {"eps": 1e-3},
    ],
    "SparseAdam": [{"lr": 0.0}, {"eps": 0.0}],
    "LBFGS": [
        {"line_search_fn": "wolfe"}, {"history_size": 0}, {"max_eval": 0},
        {"max_eval": 1.5},
    ],
}  # fmt: skip
LATER = {
    "RMSprop": [{"centered": True}, {"momentum": 0.9}],
    "Adam": [{"amsgrad": True}],
    "AdamW": [{"amsgrad": True}],
}
STATELESS = ["SGD"]  # without momentum


def bad_options(name):
    """Yield options that a rule must refuse."""
    for number in NUMBERS[name]:
        for value in (-0.1, math.nan, math.inf, "0.1", None):
            yield {number: value}
    yield {"lr": 1e300}
    if name in BETAS:
        for betas in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, math.nan), 0.9, None):
            yield {"betas": betas}
    yield from OTHERS.get(name, [])


def bad_tensors(param, grad):
    """Yield pairs of a parameter and a gradient that no rule can use."""
    dense = grad.to_dense()
    other = torch.float64 if param.dtype == torch.float32 else torch.float32
    same = grad.to_dense() if grad.is_sparse else grad.to_sparse()
    yield param, same
    for bad in (None, 0.1, dense.tolist(), dense.numpy()):
        yield param, bad
    yield param, grad.to(other)
    yield param, dense.long()
    yield param, dense + 0j
    yield param + 0j, dense + 0j
    yield param.long(), dense.long()
    yield param.long(), grad
    yield param, torch.cat([dense, dense]).to_sparse() if grad.is_sparse else dense[:1]
    yield param.unsqueeze(0), grad
    yield param.to_sparse(), grad
    yield param.tolist(), grad
    yield param[:1, :1].expand(param.shape), grad
    places = sum(param.shape) - 1
    yield torch.ones(places, dtype=param.dtype).as_strided(param.shape, (1, 1)), grad
    with torch.inference_mode():
        frozen = torch.ones_like(param)
    yield frozen, grad


def bad_states(state, param):
    """Yield states that do not fit, made of one that does."""
    yield []
    for key, value in state.items():
        if isinstance(value, torch.Tensor) and value.numel() > 1:
            yield state | {key: value[:1, :1] if value.dim() > 1 else value[:1]}
            yield state | {key: value.unsqueeze(0)}
            other = torch.float64 if value.dtype == torch.float32 else torch.float32
            yield state | {key: value.to(other)}
            yield state | {key: 0.0}
            yield state | {key: value.to_sparse()}
            yield state | {key: torch.zeros((), dtype=value.dtype).expand(value.shape)}
            if len(state) > 1:  # without its only tensor it is a beginning
                yield {k: v for k, v in state.items() if k != key}
    if "step" in state:
        yield state | {"step": -1}
        yield state | {"step": 0.5}
        yield state | {"step": torch.tensor(1.0)}


def snapshot(*values):
    """Return copies that can be compared later."""
    return [
        value.clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)
        for value in values
    ]


def unchanged(now, before) -> bool:
    if isinstance(before, torch.Tensor):
        now, before = (tensor.detach().to_dense() for tensor in (now, before))
        return now.dtype == before.dtype and torch.equal(now, before)
    if isinstance(before, dict):
        return now.keys() == before.keys() and all(
            unchanged(now[key], before[key]) for key in before
        )
    if isinstance(before, (list, tuple)):
        return len(now) == len(before) and all(map(unchanged, now, before))
    return type(now) is type(before) and (
        bool((now == before).all()) if hasattr(now, "all") else now == before
    )


def refuses(name, param, grad, state, options):
    """Assert that a rule raises ValueError, and that nothing has changed."""
    before = snapshot(param, grad, state)
    with pytest.raises(ValueError, match=r"\w"):
        ALL[name](param, grad, state, **options)
    assert all(map(unchanged, (param, grad, state), before)), (name, options)


@pytest.mark.parametrize("name", ALL)
def test_bad_input_is_refused_and_changes_nothing(name):
    @settings(
        max_examples=4,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
    )
    @given(
        st.tuples(st.integers(2, 4), st.integers(2, 4)),
        st.sampled_from(DTYPES),
        st.integers(0, 2**31),
        st.integers(0, 3),
    )
    def check(shape, dtype, seed, steps):
        generator = torch.Generator().manual_seed(seed)
        param = torch.randn(shape, generator=generator, dtype=dtype)
        state, grad = {}, None
        options = {} if name not in ("SGD", "Adagrad", "RMSprop") else {"lr": 0.1}
        for _ in range(steps + 1):
            grad = torch.randn(shape, generator=generator, dtype=dtype)
            grad = grad.to_sparse(1) if name == "SparseAdam" else grad
            if steps:
                ALL[name](param, grad, state, **options)
        for bad in bad_options(name):
            if bad.get("lr") == 1e300 and dtype == torch.float64:
                continue
            refuses(name, param, grad, state, options | bad)
        for bad_param, bad_grad in bad_tensors(param, grad):
            refuses(name, bad_param, bad_grad, state, options)
        if steps:
            for bad_state in bad_states(state, param):
                refuses(name, param, grad, bad_state, options)
            for later in LATER.get(name, []):
                refuses(name, param, grad, state, options | later)

    check()


def test_sgd_refuses_a_buffer_that_does_not_fit():
    grad = torch.ones(3)
    options = {"lr": 0.1, "momentum": 0.9}
    for buffer in (torch.ones(2), torch.ones(3).double(), torch.ones(1).expand(3), 0.1):
        refuses("SGD", torch.ones(3), grad, {"momentum_buffer": buffer}, options)


@pytest.mark.parametrize("call", [0, 3])
@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_lbfgs_takes_back_what_a_failing_closure_left(call, line_search_fn):
    param, state, calls = torch.tensor([-1.0, 2.0]), {}, []

    def closure(bad=None):
        twin = param.clone().requires_grad_()
        loss = valley(twin)
        loss.backward()
        calls.append(loss)
        return loss.item(), None if len(calls) - 1 == bad else twin.grad

    options = {"line_search_fn": line_search_fn, "lr": 0.01}
    lbfgs(param, closure, state, max_iter=5, **options)
    calls.clear()
    before = snapshot(param, state)
    with pytest.raises(ValueError, match="grad must be a tensor"):
        lbfgs(param, lambda: closure(call), state, max_iter=5, **options)
    assert len(calls) == call + 1
    assert all(map(unchanged, (param, state), before))


@pytest.mark.parametrize("name", ["Muon", "Adafactor"])
def test_what_has_no_rows_is_refused(name):
    refuses(name, torch.ones(0, 2), torch.ones(0, 2), {}, {})


def test_muon_refuses_what_is_no_matrix():
    for shape in ((), (3,), (2, 2, 2)):
        refuses("Muon", torch.ones(shape), torch.ones(shape), {}, {})
