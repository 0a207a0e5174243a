"""Conditions that the pages on practice name, each with the case beside it."""

import inspect
import math

import numpy as np
import pytest
import torch
from diagnosis import first_non_finite
from many_nets import train_many
from memory import LiveBytes
from own_function import Softplus
from rounding import without_vectors
from sklearn.datasets import load_digits
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import SGD, Adam, Optimizer, lr_scheduler
from torch.utils.checkpoint import checkpoint_sequential
from torch.utils.data import DataLoader, Dataset
from two_nets import critic_ahead
from weight_averages import dance


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU, "attention"])
def test_the_first_module_that_is_not_finite_may_return_a_tuple(kind, seed):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 8), nn.Linear(8, 2)
            attention = kind == "attention"
            self.middle = nn.MultiheadAttention(8, 2) if attention else kind(8, 8)

        def forward(self, x):
            x = self.first(x)
            return self.last(self.middle(*[x] * (3 if kind == "attention" else 1))[0])

    torch.manual_seed(seed)
    net = Net()
    assert first_non_finite(net, torch.randn(5, 3, 4)) is None
    with torch.no_grad():
        next(net.middle.parameters())[0, 0] = math.nan
    assert first_non_finite(net, torch.randn(5, 3, 4)) == "middle"


@pytest.mark.parametrize(("lr", "largest_is_the_bad_step"), [(0.1, True), (0.3, False)])
def test_the_norm_of_a_bad_batch_is_a_jump_and_not_always_the_largest(
    lr, largest_is_the_bad_step
):
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16
    labels = torch.tensor(digits.target)
    for seed in range(3):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )
        optimizer, norms = SGD(net.parameters(), lr=lr, momentum=0.9), []
        for step in range(80):
            rows = torch.randint(len(images), (64,))
            x = images[rows] * (50 if step == 60 else 1)
            optimizer.zero_grad()
            cross_entropy(net(x), labels[rows]).backward()
            norms.append(clip_grad_norm_(net.parameters(), math.inf).item())
            optimizer.step()
        assert norms[60] > 5 * max(norms[:60])
        assert (max(norms) == norms[60]) == largest_is_the_bad_step


def test_an_operation_between_modules_is_found_at_the_module_after_it():
    class Log(nn.Sequential):
        def forward(self, x):
            return self[1](self[0](x).log())

    torch.manual_seed(0)
    net = Log(nn.Linear(4, 4), nn.Linear(4, 4))
    assert first_non_finite(net, torch.randn(8, 4)) == "1"


@pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() == "DEFAULT",
    reason="there are no vector instructions to do without",
)
def test_without_vector_instructions_one_thread_gives_other_digits():
    program = (
        "import torch; torch.manual_seed(0); x = torch.rand(10_000);"
        "y = torch.randn(10_000), x.sigmoid(), x.lerp(x.flip(0), 0.1), x, x.tanh();"
        "print([v.double().sum().item() for v in y])"
    )
    usual, plain = without_vectors(program)
    assert all(a != b for a, b in zip(plain[:3], usual[:3], strict=True))
    assert plain[3:] == usual[3:]


def test_a_quarter_of_the_rate_is_a_quarter_of_the_floor_for_small_rates_only():
    torch.manual_seed(0)

    def floor(lr):
        w = torch.ones(20_000)
        for _ in range(int(6 / lr) + 20):
            w -= lr * (w + torch.randn(len(w)))
        return w.square().mean().item()

    for lr, ratio in ((0.05, 0.245), (1.0, 1 / 7)):
        assert floor(lr / 4) / floor(lr) == pytest.approx(ratio, rel=0.05)


@pytest.mark.parametrize(
    ("between", "same"),
    [(nn.Identity(), True), (nn.ReLU(), True), (nn.GELU(), False)],
    ids=["nothing", "ReLU", "GELU"],
)
def test_a_smaller_gain_and_a_larger_matrix_are_the_same_function(between, same):
    torch.manual_seed(0)
    norm, last = nn.LayerNorm(8).double(), nn.Linear(8, 3).double()
    x = torch.randn(16, 8).double()
    with torch.no_grad():
        norm.bias.normal_()
        before = last(between(norm(x)))
        norm.weight *= 0.5
        norm.bias *= 0.5
        last.weight *= 2
        assert torch.equal(last(between(norm(x))), before) == same


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


def test_autograd_grad_writes_no_grad_but_that_of_an_intermediate_result():
    w, x = torch.randn(4, 4, requires_grad=True), torch.randn(4, requires_grad=True)
    hidden = w @ x
    hidden.retain_grad()
    torch.autograd.grad(hidden.square().sum(), [w, x])
    assert w.grad is None is x.grad
    assert torch.equal(hidden.grad, 2 * hidden)


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("leaf", [False, True])
def test_an_input_that_requires_a_gradient_keeps_the_graph_as_well(leaf):
    net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    alive = []
    for cleared in (False, True):
        with LiveBytes() as live:
            for _ in range(10):
                x = torch.randn(16, 8).requires_grad_(leaf)
                net(x).square().mean().backward(create_graph=True)
                net.zero_grad()
                if cleared:
                    x.grad = None
        alive.append(live.now)
    assert (alive[0] > 5 * alive[1]) == leaf


@pytest.mark.parametrize(
    ("norm", "shape", "passes"),
    [
        (nn.BatchNorm1d(4), (1, 4), False),
        (nn.BatchNorm1d(4), (1, 4, 2), True),
        (nn.BatchNorm2d(4), (1, 4, 1, 1), False),
        (nn.BatchNorm2d(4), (1, 4, 3, 3), True),
        (nn.BatchNorm1d(4).eval(), (1, 4), True),
        (nn.BatchNorm1d(4, track_running_stats=False).eval(), (1, 4), False),
        (nn.LayerNorm(4), (1, 4), True),
        (nn.GroupNorm(2, 4), (1, 4), True),
        (nn.GroupNorm(4, 4), (1, 4), False),
    ],
)
def test_a_channel_needs_two_values_and_not_two_samples(norm, shape, passes):
    if passes:
        norm(torch.randn(shape))
    else:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            norm(torch.randn(shape))


def step_in_backward(net, step):
    """Let ``step(optimizer)`` use each gradient as soon as ``backward()`` has it."""
    for param in net.parameters():
        optimizer = Adam([param])
        param.register_post_accumulate_grad_hook(lambda _, o=optimizer: step(o))


def deep():
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Linear(64, 64) for _ in range(6)))


def test_a_step_in_the_last_backward_is_right_under_accumulation_and_saves_nothing():
    batches = torch.randn(4, 8, 64)
    plain, inside, last = deep(), deep(), []

    def step(optimizer):
        if last:
            optimizer.step()
            optimizer.zero_grad()

    step_in_backward(inside, step)
    optimizer, peaks = Adam(plain.parameters()), []
    for net in (plain, inside):
        for _ in range(3):  # the first one makes Adam's state
            last.clear()
            with LiveBytes() as live:
                for k, x in enumerate(batches):
                    last += [True] * (k == len(batches) - 1)
                    net(x).square().mean().backward()
                if net is plain:
                    optimizer.step()
                    optimizer.zero_grad()
        peaks.append(live.peak)
    assert all(map(torch.equal, plain.parameters(), inside.parameters()))
    assert peaks[1] >= peaks[0]


@pytest.mark.parametrize("wider", [1, 4])
def test_frozen_blocks_keep_the_borders_and_one_hidden_layer_per_block(wider):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.down = nn.Linear(8, 8 * wider), nn.Linear(8 * wider, 8)

        def forward(self, x):
            return x + self.down(self.up(x).relu())

    net = nn.Sequential(*(Block() for _ in range(64))).requires_grad_(False)
    x, peaks = torch.randn(32, 8, requires_grad=True), {}
    for k in (2, 4, 8, 16, 32):
        with LiveBytes() as live:
            out = checkpoint_sequential(net, k, x, use_reentrant=False)
            out.square().mean().backward()
        peaks[k] = live.peak / x.nbytes - (k + wider * 64 / k)
    assert max(peaks.values()) - min(peaks.values()) < 0.1


@pytest.mark.parametrize("spoiled", [False, True])
def test_a_scaler_inside_backward_skips_single_parameters(spoiled):
    x, moved, ends = torch.randn(8, 64), [], []
    for how in ("after", "inside"):
        net, scaler = deep(), torch.amp.GradScaler("cpu")
        if how == "inside":
            step_in_backward(net, scaler.step)
        if spoiled:
            net[0].weight.register_hook(lambda grad: grad * math.inf)
        before = [param.detach().clone() for param in net.parameters()]
        scaler.scale(net(x).square().mean()).backward()
        if how == "after":
            scaler.step(Adam(net.parameters()))
        ends.append(list(net.parameters()))
        moved.append(
            sum(not torch.equal(*p) for p in zip(before, ends[-1], strict=True))
        )
    assert moved == ([0, 11] if spoiled else [12, 12])
    assert all(map(torch.equal, *ends)) != spoiled


@pytest.mark.parametrize("early", [False, True])
def test_anomaly_mode_shows_who_needs_a_changed_tensor_if_on_in_time(early):
    with torch.autograd.set_detect_anomaly(early):
        y = torch.zeros(3, requires_grad=True).exp()  # saved
        y += 1
        message = r"y = .*\.exp\(\)  # saved" if early else "No forward pass"
        with (
            torch.autograd.set_detect_anomaly(True),
            pytest.warns(UserWarning, match=message),
            pytest.raises(RuntimeError, match="modified by an inplace"),
        ):
            y.sum().backward()


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        (lambda w: w.pow(2).sum().sqrt(), "PowBackward0"),  # the root returns inf
        (lambda w: w.sqrt().mul(0).sum(), "SqrtBackward0"),
        (lambda w: w.sqrt().sum(), None),
        (lambda w: (w.sqrt() - w.sqrt()).sum(), None),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_detect_anomaly_names_the_first_that_returned_nan_and_no_inf(loss, named):
    w = torch.zeros(3, requires_grad=True)
    with torch.autograd.detect_anomaly():
        if named:
            with pytest.raises(RuntimeError, match=f"'{named}' returned nan"):
                loss(w).backward()
        else:
            loss(w).backward()
            assert not w.grad.isfinite().any()


@pytest.mark.parametrize("rule", ["SGD", "Adam"])
@pytest.mark.parametrize("seed", range(5))
def test_a_critic_that_is_ahead_starves_sgd_on_the_saturating_loss_only(seed, rule):
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(64, 4, generator=draw)
    real = 3 + 0.5 * torch.randn(64, 1, generator=draw)
    (plain, long, ahead), (saturating, short, _) = (
        critic_ahead(noise, real, saturating, rule, seed=seed)
        for saturating in (False, True)
    )
    assert ahead < 0.01
    assert short[0] < 0.01 * long[0]
    if rule == "SGD":
        assert plain[10] > 2.5
        assert max(plain) > 3
        assert max(abs(mean - saturating[0]) for mean in saturating) < 0.2
    else:  # it does not see the scale
        assert min(plain[30], saturating[30]) > 2


@pytest.mark.parametrize("seed", range(5))
def test_the_plain_mean_is_nearest_at_rest_and_farthest_once_the_middle_moves(seed):
    ends = {}
    for speed in (0.0, 0.0005, 0.002, 0.004):
        path = dance(late=1000, speed=speed, runs=2000, seed=seed)
        ends[speed] = path[-1].square().mean(1).sqrt().tolist()
    w, ema, mean = ends[0.0]
    assert 1.5 * mean < ema < w / 2
    w, ema, mean = ends[0.0005]
    assert 2 * ema < w < 0.95 * mean
    assert ends[0.002][0] == pytest.approx(ends[0.002][1], rel=0.06)
    w, ema, mean = ends[0.004]
    assert 1.5 * w < ema < mean / 4


@pytest.mark.parametrize("seed", range(5))
def test_an_average_of_alike_positions_gains_less_than_one_of_independent_draws(seed):
    path = dance(late=100, start=1.0, seed=seed)
    w, ema, mean = path[1000:].square().mean((0, 2)).sqrt().tolist()
    assert 2 * mean < 1.5 * ema < w < math.sqrt(1.99 / 0.01) * ema / 3
