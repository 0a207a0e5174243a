"""The schedules are torch's: by recursion to the bit, in closed form up to rounding."""

import inspect
import math
import warnings

import pytest
import schedules
import schedules_by_step as by_step
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import SGD, AdamW, lr_scheduler

STEPS = 1000
# How far a product of as many factors may be off: each is rounded by 2**-53 at most.
PRODUCT = (STEPS + 5) * 2**-53
LR = st.floats(1e-4, 10)
FACTOR = st.floats(0.05, 1)
COUNT = st.integers(1, 300)


def optimizer_with(lr, kind=SGD):
    settings = {"momentum": 0.9} if kind is SGD else {}
    return kind([torch.zeros(1)], lr=lr, **settings)


def torchs(make, lr, steps=STEPS):
    """Return torch's learning rates at t = 0 … steps."""
    optimizer = optimizer_with(lr)
    scheduler = make(optimizer)
    path = [optimizer.param_groups[0]["lr"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no optimizer.step() is made here
        for _ in range(steps):
            scheduler.step()
            path.append(optimizer.param_groups[0]["lr"])
    return path


def worst(ours, theirs):
    """Return the largest difference, by the largest learning rate."""
    pairs = zip(ours, theirs, strict=True)
    return max(abs(a - b) for a, b in pairs) / max(map(abs, theirs))


# For each scheduler: options, torch's, the closed form, the rule by recursion, and how
# far the closed form may be from torch's recursion, by the largest rate.
WAVE = {"step_size_up": COUNT, "step_size_down": st.none() | COUNT}
CASES = {
    "LambdaLR": (
        {"lr_lambda": st.sampled_from([math.cos, lambda t: 1 / (1 + t)])},
        schedules.lambda_lr,
        lambda lr, o: by_step.outright(lambda t: lr * o["lr_lambda"](t)),
        0,
    ),
    "MultiplicativeLR": (
        {"lr_lambda": st.sampled_from([lambda t: 0.99, lambda t: t / (t + 1)])},
        schedules.multiplicative_lr,
        lambda lr, o: by_step.multiplicative(**o),
        0,
    ),
    "StepLR": (
        {"step_size": COUNT, "gamma": FACTOR},
        schedules.step_lr,
        lambda lr, o: by_step.step(**o),
        PRODUCT,
    ),
    "MultiStepLR": (
        {"milestones": st.lists(COUNT, max_size=6), "gamma": FACTOR},
        schedules.multi_step_lr,
        lambda lr, o: by_step.multi_step(**o),
        1e-14,
    ),
    "ConstantLR": (
        {"factor": FACTOR, "total_iters": COUNT},
        schedules.constant_lr,
        lambda lr, o: by_step.constant(**o),
        1e-15,
    ),
    "LinearLR": (
        {"start_factor": FACTOR, "end_factor": st.floats(0, 1), "total_iters": COUNT},
        schedules.linear_lr,
        lambda lr, o: by_step.linear(**o),
        1e-12,
    ),
    "ExponentialLR": (
        {"gamma": st.floats(0.9, 1)},
        schedules.exponential_lr,
        lambda lr, o: by_step.exponential(**o),
        PRODUCT,
    ),
    "PolynomialLR": (
        {"total_iters": COUNT, "power": st.floats(0.5, 3)},
        schedules.polynomial_lr,
        lambda lr, o: by_step.polynomial(**o),
        1e-12,
    ),
    "CosineAnnealingLR": (
        {"T_max": COUNT, "eta_min": st.floats(0, 1e-4)},
        schedules.cosine_annealing_lr,
        lambda lr, o: by_step.cosine_annealing(**o),
        1e-9,
    ),
    "CosineAnnealingWarmRestarts": (
        {"T_0": COUNT, "T_mult": st.integers(1, 3), "eta_min": st.floats(0, 1e-4)},
        schedules.cosine_annealing_warm_restarts,
        None,
        0,
    ),
}


@pytest.mark.parametrize("name", CASES)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_one_learning_rate_by_closed_form_and_by_recursion(name, data):
    options, closed, rule, bound = CASES[name]
    lr = data.draw(LR)
    options = {key: data.draw(value) for key, value in options.items()}
    theirs = torchs(lambda o: getattr(lr_scheduler, name)(o, **options), lr)
    ours = [closed(t, lr, **options) for t in range(STEPS + 1)]
    if bound:
        assert worst(ours, theirs) <= bound
    else:
        assert ours == theirs
    if rule:
        assert by_step.run([rule(lr, options)], lr, STEPS) == theirs


@pytest.mark.parametrize("name", CASES)
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_closed_forms_are_torchs_own_to_the_bit(name, data):
    kind = getattr(lr_scheduler, name)
    if not hasattr(kind, "_get_closed_form_lr"):
        return
    options, closed, *_ = CASES[name]
    lr = data.draw(LR)
    options = {key: data.draw(value) for key, value in options.items()}
    scheduler = kind(optimizer_with(lr), **options)
    for scheduler.last_epoch in range(STEPS + 1):
        assert scheduler._get_closed_form_lr() == [
            closed(scheduler.last_epoch, lr, **options)
        ]


def follow(scheduler, optimizer, steps):
    """Yield lr and momentum (β₁) before the first step and after each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for t in range(steps + 1):
            if t:
                scheduler.step()
            group = optimizer.param_groups[0]
            yield (
                group["lr"],
                group["betas"][0] if "betas" in group else group["momentum"],
            )


@settings(deadline=None, max_examples=25)
@given(
    kind=st.sampled_from([SGD, AdamW]),
    ends=st.tuples(LR, LR),
    options=st.fixed_dictionaries(
        WAVE
        | {
            "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
            "gamma": st.floats(0.9, 1),
            "base_momentum": st.floats(0, 0.9),
            "max_momentum": st.floats(0.5, 0.99),
        }
    ),
)
def test_cyclic_moves_lr_and_momentum_to_the_bit(kind, ends, options):
    optimizer = optimizer_with(0.3, kind)
    scheduler = lr_scheduler.CyclicLR(optimizer, *ends, **options)
    ours = [schedules.cyclic_lr(t, *ends, **options) for t in range(STEPS + 1)]
    assert ours == list(follow(scheduler, optimizer, STEPS))


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from([SGD, AdamW]),
    max_lr=LR,
    total_steps=st.integers(20, STEPS),
    options=st.fixed_dictionaries(
        {
            "pct_start": st.floats(0.11, 0.49),
            "anneal_strategy": st.sampled_from(["cos", "linear"]),
            "three_phase": st.booleans(),
            "div_factor": st.floats(1, 100),
            "final_div_factor": st.floats(1, 1e5),
            "base_momentum": st.floats(0, 0.9),
            "max_momentum": st.floats(0.5, 0.99),
        }
    ),
)
def test_one_cycle_moves_lr_and_momentum_to_the_bit(kind, max_lr, total_steps, options):
    optimizer = optimizer_with(0.3, kind)
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr, total_steps, **options)
    ours = [
        schedules.one_cycle_lr(t, max_lr, total_steps, **options)
        for t in range(total_steps + 1)
    ]
    assert ours == list(follow(scheduler, optimizer, total_steps))
    with pytest.raises(ValueError, match="Tried to step"):
        scheduler.step()
    with pytest.raises(ValueError, match="step"):
        schedules.one_cycle_lr(total_steps + 1, max_lr, total_steps, **options)


@settings(deadline=None, max_examples=60)
@given(
    lr=LR,
    metrics=st.lists(st.floats(-2, 2) | st.sampled_from([1.0, -1.0]), max_size=STEPS),
    options=st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.floats(0, 0.9),
            "patience": st.integers(0, 5),
            "threshold": st.floats(0, 0.5),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 3),
            "min_lr": st.floats(0, 1e-3),
            "eps": st.floats(0, 1e-3),
        }
    ),
)
def test_plateau_reduces_when_torch_does(lr, metrics, options):
    optimizer = optimizer_with(lr)
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    ours = schedules.Plateau(lr, **options)
    for metric in metrics:
        theirs.step(metric)
        assert ours.step(metric) == optimizer.param_groups[0]["lr"]


@settings(deadline=None, max_examples=25)
@given(lr=LR, ups=COUNT, milestone=COUNT, T_max=COUNT, second=COUNT)
def test_a_sequence_hands_over_by_the_next_ones_own_clock(
    lr, ups, milestone, T_max, second
):
    def make(optimizer):
        parts = [
            lr_scheduler.LinearLR(optimizer, 0.01, total_iters=ups),
            lr_scheduler.CosineAnnealingLR(optimizer, T_max),
            lr_scheduler.ExponentialLR(optimizer, 0.99),
        ]
        marks = [milestone, milestone + second]
        return lr_scheduler.SequentialLR(optimizer, parts, marks)

    ours = [
        schedules.sequential_lr(
            t,
            [
                lambda t: schedules.linear_lr(t, lr, 0.01, total_iters=ups),
                lambda t: schedules.cosine_annealing_lr(t, lr, T_max),
                lambda t: schedules.exponential_lr(t, lr, 0.99),
            ],
            [milestone, milestone + second],
        )
        for t in range(STEPS + 1)
    ]
    assert worst(ours, torchs(make, lr)) < 1e-9


@settings(deadline=None, max_examples=25)
@given(data=st.data(), lr=LR)
def test_a_chain_is_the_rules_in_turn_to_the_bit_and_the_product_of_factors(data, lr):
    """Any three of the schedules that multiply, in any order."""
    names = ["StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR"]
    names += ["PolynomialLR", "MultiplicativeLR"]
    chosen = data.draw(st.permutations(names))[:3]
    options = [
        {key: data.draw(value) for key, value in CASES[name][0].items()}
        for name in chosen
    ]
    pairs = list(zip(chosen, options, strict=True))

    def make(optimizer):
        return lr_scheduler.ChainedScheduler(
            [getattr(lr_scheduler, name)(optimizer, **some) for name, some in pairs]
        )

    theirs = torchs(make, lr)
    # All three are made before the first step, each of them as at t = 0.
    rules = [CASES[name][2](lr, some) for name, some in pairs]
    assert by_step.run(rules, lr, STEPS) == theirs
    forms = [
        lambda t, name=name, some=some: CASES[name][1](t, lr, **some)
        for name, some in pairs
    ]
    ours = [schedules.chained_scheduler(t, lr, forms) for t in range(STEPS + 1)]
    assert worst(ours, theirs) < 1e-11


def test_every_scheduler_of_torch_has_its_form():
    public = set(lr_scheduler.__all__) - {"LRScheduler"}
    assert len(public) == 15
    ours = {name.replace("_", "") for name in vars(schedules)}
    for name in public:
        wanted = "Plateau" if name == "ReduceLROnPlateau" else name.lower()
        assert wanted in ours, name


@pytest.mark.parametrize("name", sorted(set(lr_scheduler.__all__) - {"LRScheduler"}))
def test_the_options_are_torchs(name):
    theirs = list(inspect.signature(getattr(lr_scheduler, name)).parameters)
    form = {value.replace("_", ""): value for value in vars(schedules)}
    ours = "Plateau" if name == "ReduceLROnPlateau" else form[name.lower()]
    ours = set(inspect.signature(getattr(schedules, ours)).parameters)
    left_out = {
        "OneCycleLR": {"epochs", "steps_per_epoch", "cycle_momentum"},
        "CyclicLR": {"scale_fn", "scale_mode", "cycle_momentum"},
        "SequentialLR": {"schedulers"},  # which are schedules here
        "ChainedScheduler": {"schedulers"},
    }
    missing = set(theirs) - ours - {"optimizer", "last_epoch"}
    assert missing == left_out.get(name, set())


# Variants a reader may write by mistake; each must fail where the true form holds.
OFF = {
    "StepLR": lambda t, lr: schedules.step_lr(t + 1, lr, 30),
    "MultiStepLR": lambda t, lr: lr * 0.1 ** sum(t > m for m in (30, 80)),
    "ConstantLR": lambda t, lr: lr * (0.5 if t <= 40 else 1),
    "LinearLR": lambda t, lr: schedules.linear_lr(t + 1, lr, 0.05, total_iters=40),
    "ExponentialLR": lambda t, lr: lr * 0.95 ** (t + 1),
    "PolynomialLR": lambda t, lr: schedules.polynomial_lr(t + 1, lr, 50, 0.9),
    "CosineAnnealingLR": lambda t, lr: schedules.cosine_annealing_lr(
        min(t, 100), lr, 100
    ),
    "CosineAnnealingWarmRestarts": lambda t, lr: (
        schedules.cosine_annealing_warm_restarts(max(t - 1, 0), lr, 20)
    ),
}
TRUE = {
    "StepLR": {"step_size": 30},
    "MultiStepLR": {"milestones": [30, 80]},
    "ConstantLR": {"factor": 0.5, "total_iters": 40},
    "LinearLR": {"start_factor": 0.05, "total_iters": 40},
    "ExponentialLR": {"gamma": 0.95},
    "PolynomialLR": {"total_iters": 50, "power": 0.9},
    "CosineAnnealingLR": {"T_max": 100},
    "CosineAnnealingWarmRestarts": {"T_0": 20},
}


@pytest.mark.parametrize("name", OFF)
def test_a_form_that_is_off_by_one_is_noticed(name):
    theirs = torchs(
        lambda o: getattr(lr_scheduler, name)(o, **TRUE[name]), 0.05, steps=150
    )
    off = [OFF[name](t, 0.05) for t in range(151)]
    right = [CASES[name][1](t, 0.05, **TRUE[name]) for t in range(151)]
    assert worst(off, theirs) > 1e-4
    assert worst(right, theirs) < 1e-12


def lambda_99(t):
    return 0.99**t


MAKERS = {
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda_99),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda_99),
    "StepLR": lambda o: lr_scheduler.StepLR(o, 7),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [9, 25]),
    "ConstantLR": lambda o: lr_scheduler.ConstantLR(o, 0.1, 20),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=20),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.97),
    "PolynomialLR": lambda o: lr_scheduler.PolynomialLR(o, 30, 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 20),
    "CosineAnnealingWarmRestarts": (
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7, 2)
    ),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 5),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, 60),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.01), lr_scheduler.ExponentialLR(o, 0.9)], [9]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o, 0.01), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=3),
}


@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize("name", sorted(set(lr_scheduler.__all__) - {"LRScheduler"}))
def test_made_first_and_loaded_afterwards_each_goes_on_to_the_bit(name):
    def onward(optimizer, scheduler, steps):
        path = []
        for _ in range(steps):
            scheduler.step(*[1.0] * (name == "ReduceLROnPlateau"))
            path.append(optimizer.param_groups[0]["lr"])
        return path

    for stop in (1, 5, 8, 20, 30):
        optimizer = optimizer_with(0.1)
        scheduler = MAKERS[name](optimizer)
        onward(optimizer, scheduler, stop)
        saved = optimizer.state_dict(), scheduler.state_dict()
        resumed = optimizer_with(0.1)
        other = MAKERS[name](resumed)
        resumed.load_state_dict(saved[0])
        other.load_state_dict(saved[1])
        assert onward(resumed, other, 15) == onward(optimizer, scheduler, 15)


def test_a_cosine_in_a_chain_forgets_the_others_after_its_end():
    def chain(optimizer, eta_min=0.0):
        cosine = lr_scheduler.CosineAnnealingLR(optimizer, 50, eta_min)
        parts = [cosine, lr_scheduler.ExponentialLR(optimizer, 0.97)]
        return lr_scheduler.ChainedScheduler(parts)

    def product(t, eta_min=0.0):
        return schedules.cosine_annealing_lr(t, 0.1, 50, eta_min) * 0.97**t

    path = torchs(chain, 0.1, 75)
    assert all(abs(path[t] - product(t)) < 1e-15 for t in range(51))
    assert path[51] > 4 * product(51)
    assert path[75] > 4 * product(75)
    lifted = torchs(lambda o: chain(o, 0.01), 0.1, 25)
    assert lifted[25] > 1.05 * product(25, 0.01)


@pytest.mark.parametrize(
    ("make", "ratio"),
    [
        (lambda o: lr_scheduler.StepLR(o, 3), 10),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 8), 10),
        (lambda o: lr_scheduler.PolynomialLR(o, 8), 10),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 8), 10),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 8, eta_min=0.005), 7),
        (lambda o: lr_scheduler.OneCycleLR(o, 0.1, 8), 1),
        (lambda o: lr_scheduler.OneCycleLR(o, [0.01, 0.1], 8), 10),
        (lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 8), 1),
    ],
)
@pytest.mark.filterwarnings("ignore:Detected call")
def test_factors_keep_the_ratio_of_groups_and_rates_do_not(make, ratio):
    groups = [{"params": torch.zeros(1), "lr": lr} for lr in (0.01, 0.1)]
    scheduler = make(SGD(groups, momentum=0.9))
    for _ in range(4):
        scheduler.step()
    body, head = scheduler.get_last_lr()
    assert head / body == pytest.approx(ratio)


@pytest.mark.filterwarnings("ignore:Detected call")
def test_a_cosine_keeps_a_rate_set_by_hand_up_to_its_end():
    optimizer = optimizer_with(0.1)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, 20)
    for t in range(1, 41):
        if t == 6:
            optimizer.param_groups[0]["lr"] *= 0.1
        scheduler.step()
        usual = schedules.cosine_annealing_lr(t, 0.1, 20)
        share = 0.1 if 6 <= t <= 20 else 1
        expected = pytest.approx(share * usual, abs=1e-12)
        assert optimizer.param_groups[0]["lr"] == expected


@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize(
    "second",
    [
        lambda o: lr_scheduler.ExponentialLR(o, 0.9),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 20),
        lambda o: lr_scheduler.StepLR(o, 5),
    ],
)
def test_a_milestone_takes_a_rate_set_by_hand_back(second):
    def path(cut):
        optimizer = optimizer_with(0.1)
        parts = [lr_scheduler.LinearLR(optimizer, 0.1, total_iters=8)]
        scheduler = lr_scheduler.SequentialLR(
            optimizer, [*parts, second(optimizer)], [8]
        )
        for t in range(1, 15):
            if t == 6:
                optimizer.param_groups[0]["lr"] *= cut
            scheduler.step()
            yield optimizer.param_groups[0]["lr"]

    shares = [one / usual for one, usual in zip(path(0.1), path(1.0), strict=True)]
    assert shares == pytest.approx([1.0] * 5 + [0.1] * 2 + [1.0] * 7)


@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize("stop", [25, 50])
def test_loading_brings_back_t_max_and_a_new_one_scales_what_is_there(stop):
    def made(T_max, steps):
        optimizer = optimizer_with(0.1)
        scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max)
        for _ in range(steps):
            scheduler.step()
        return optimizer, scheduler

    saved = [each.state_dict() for each in made(50, stop)]
    optimizer, scheduler = made(100, 0)
    optimizer.load_state_dict(saved[0])
    scheduler.load_state_dict(saved[1])
    assert scheduler.T_max == 50
    scheduler.T_max = 100
    now = optimizer.param_groups[0]["lr"]
    share = now / schedules.cosine_annealing_lr(stop, 0.1, 100)
    for t in range(stop + 1, 101):
        scheduler.step()
        planned = schedules.cosine_annealing_lr(t, 0.1, 100)
        expected = pytest.approx(share * planned, abs=1e-12)
        assert optimizer.param_groups[0]["lr"] == expected
    assert (now == 0) is (stop == 50)


def test_warm_restarts_alone_takes_a_share_of_an_epoch_without_a_warning():
    def make(optimizer):
        return lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=4)

    by_epoch, by_call = optimizer_with(0.1), optimizer_with(0.1)
    told, counting = make(by_epoch), lr_scheduler.CosineAnnealingLR(by_call, T_max=40)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for step in range(1, 40):
            by_epoch.step()
            by_call.step()
            told.step(step / 10)
            counting.step()
            rates = told.get_last_lr() + counting.get_last_lr()
            assert rates[0] == pytest.approx(rates[1])
            assert told.last_epoch == step // 10
    with pytest.warns(UserWarning, match="was not necessary"):
        counting.step(3)
