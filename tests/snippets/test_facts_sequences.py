"""What the pages on summed losses, truncation and inference say holds more widely.

A page shows one run; here are other sizes and settings for which its sentences stand,
and some for which they would be false without their conditions.
"""

import asyncio
import copy
from concurrent.futures import ThreadPoolExecutor

import pytest
import summed_loss
import torch
import truncation
import two_nets
from inference import can_train_on, effects
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from trials.inference import c46
from trials.summed_loss import c32


@pytest.mark.parametrize("length", [1, 5, 40])
@pytest.mark.parametrize("lag", [0, 1])
def test_per_step_and_summed_gradients_agree_while_the_graph_is_kept(length, lag):
    task = {"length": length, "lag": min(lag, length)}
    assert summed_loss.compare(summed_loss.per_step, **task).difference < 1e-13
    cut = summed_loss.compare(summed_loss.truncated, 1, **task).difference
    assert cut == 0 if length == 1 else cut > 0.1 * lag


def test_a_larger_batch_does_not_take_the_bias_away():
    small, large = (
        summed_loss.compare(summed_loss.truncated, 1, batch=batch).difference
        for batch in (1024, 8192)
    )
    assert abs(small - large) < 0.05 < 0.3 < large


def test_with_as_many_updates_the_cut_costs_only_where_something_is_remembered(
    monkeypatch,
):
    truncated = summed_loss.truncated

    def update_at_the_end(rnns, line_tensor, targets, window, optimizer):
        truncated(rnns, line_tensor, targets, window)
        optimizer.step()
        optimizer.zero_grad()

    monkeypatch.setattr(summed_loss, "truncated", update_at_the_end)
    ends = {
        (lag, window): summed_loss.train(lag, window, lr=0.03, batches=(20,))
        for lag in (0, 4)
        for window in (1, 10)
    }
    mean = {key: loss.mean().item() for key, (loss, _) in ends.items()}
    right = {key: accuracy.mean().item() for key, (_, accuracy) in ends.items()}
    assert mean[0, 1] < 1.2 * mean[0, 10]
    assert right[4, 1] < 0.65 < 0.95 < right[4, 10]


@pytest.mark.parametrize("offset", [200, 300])
def test_with_other_seeds_the_cut_is_behind_where_one_step_is_remembered(
    offset, monkeypatch
):
    seed = torch.manual_seed
    monkeypatch.setattr(torch, "manual_seed", lambda number: seed(number + offset))
    task = {"length": 5, "batches": (20,)}
    rates = (0.003, 0.01, 0.03)
    each = min(summed_loss.train(1, 1, lr, **task)[0].mean() for lr in rates)
    assert summed_loss.train(1, 5, 0.03, **task)[0].mean() < 0.5 * each


def test_a_sweep_whose_best_rate_is_its_last_is_refused():
    with pytest.raises(ValueError, match=r"the best lr is 0\.1"):
        summed_loss.tuned(0, 3, length=3, batches=(60,))
    with pytest.raises(ValueError, match=r"lr 0\.03"):
        truncation.best_recall([3], [60], lag=2)


def test_all_arms_of_a_comparison_start_alike():
    one = truncation.recall([1, 3], [0], lr=0.01)
    other = truncation.recall([1], [0], lr=1.0, frozen=True)
    assert torch.equal(one.accuracy[0, 0], one.accuracy[0, 1])
    torch.testing.assert_close(one.accuracy[0, 0], other.accuracy[0, 0])
    torch.testing.assert_close(one.readout[0, 0], other.readout[0, 0])


@pytest.mark.parametrize("lag", [2, 3])
def test_an_untrained_state_still_names_the_symbol(lag):
    assert truncation.recall([1], [0], lr=0.01, lag=lag).readout.min() > 0.8


def test_training_through_a_short_window_spoils_what_the_states_hold():
    trained = truncation.recall([3, 4], [0, 200], lr=0.003).readout
    before, after = trained.mean(-1)
    assert after[0] < before[0] - 0.15
    assert after[0] < after[1]
    frozen = truncation.recall([3], [0, 200], lr=3.0, frozen=True).readout
    assert torch.equal(*frozen)


@pytest.mark.parametrize("length", [50])
def test_when_gates_do_better_than_an_rnn_and_when_not(length):
    def size(*cell, **options):
        norms = summed_loss.at_first_state(*cell, length=length, **options)
        return norms.median().log().abs()

    for kind in ("GRU", "LSTM"):
        assert size(kind) < size("RNN"), "by default"
        assert size(kind, gain=2.0) > size("RNN", gain=2.0), "W_hh doubled"
        assert size(kind, gain=8.0) < size("RNN", gain=8.0), "exploding"
        assert size(kind) > size("RNN", orthogonal=True)
        assert size(kind, 5.0) < 3


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(
    "rule", [torch.optim.SGD, torch.optim.Adam, torch.optim.Adagrad]
)
def test_a_fused_step_leaves_the_version_alone_and_raises_nothing(rule, fused):
    torch.manual_seed(0)
    rnn = summed_loss.RNN(2, 8, 2)
    W_hh = rnn.cell.weight_hh
    before = W_hh.detach().clone()
    optimizer = rule(rnn.parameters(), **{"fused" if fused else "foreach": fused})
    hidden, versions = rnn.initHidden(4), [W_hh._version]

    def update(symbol, target):
        nonlocal hidden
        output, hidden = rnn(symbol, hidden)
        optimizer.zero_grad()
        summed_loss.criterion(output, target).backward(retain_graph=True)
        optimizer.step()
        versions.append(W_hh._version)

    steps = list(zip(*summed_loss.echo(length=4, batch=4, lag=1), strict=True))
    for step in steps[: 4 if fused else 2]:
        update(*step)
    assert not torch.equal(W_hh, before)
    if fused:
        assert versions == [1] * 5
    else:
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            update(*steps[2])
        assert 1 == versions[0] < versions[1] < versions[2]


def test_hooks_on_saved_tensors_switch_the_check_of_versions_off():
    torch.manual_seed(0)
    weight = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    x = torch.randn(2, 3, dtype=torch.float64)

    def loss():
        return ((x @ weight).tanh() @ weight).tanh().sum()

    plain = loss()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        hooked = loss()
    (before,) = torch.autograd.grad(hooked, weight, retain_graph=True)
    with torch.no_grad():
        weight.sub_(0.1 * before)
    (after,) = torch.autograd.grad(hooked, weight)
    assert not torch.allclose(before, after)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        plain.backward()


@pytest.mark.parametrize("trial", [c32, c46])
def test_a_definition_and_a_heading_are_shown_and_not_judged(trial):
    assert trial().verdict == "implied"


def test_inference_tensors_train_where_nothing_is_saved_of_them():
    with torch.inference_mode():
        features = torch.ones(2, 3)
    w = torch.ones(2, 3, requires_grad=True)
    (features + w).sum().backward()
    torch.cat([features, w]).sum().backward()
    assert torch.equal(w.grad, torch.full((2, 3), 2.0))
    with pytest.raises(RuntimeError, match="cannot be saved for backward"):
        features * w
    assert not can_train_on(features)
    assert can_train_on(features.clone())


def test_a_view_under_inference_mode_is_no_inference_tensor():
    ordinary = torch.ones(4, 4)
    with torch.inference_mode():
        views = ordinary[:2], ordinary.t(), nn.Flatten()(ordinary), ordinary.detach()
        computed = ordinary + 0
    assert not any(view.is_inference() for view in views)
    assert computed.is_inference()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.add_(1),
        lambda x: x.fill_(2),
        lambda x: x.copy_(torch.tensor([2.0, 2.0])),
        lambda x: torch.add(torch.ones(2), 1, out=x),
    ],
    ids=["add", "fill", "copy", "out"],
)
def test_an_inference_tensor_is_changed_before_the_error_comes(change):
    with torch.inference_mode():
        features = torch.ones(2)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        change(features)
    assert features.tolist() == [2.0, 2.0]
    alias = features.detach()
    alias += 1
    assert features.tolist() == [3.0, 3.0]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("fast", [True, False])
def test_no_grad_changes_what_an_encoder_puts_at_padding(seed, fast):
    torch.manual_seed(seed)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2).eval()
    x, padding = torch.randn(3, 7, 16), torch.zeros(3, 7, dtype=torch.bool)
    padding[1, 4:] = padding[2, 6:] = True
    recorded = encoder(x, src_key_padding_mask=padding)
    torch.backends.mha.set_fastpath_enabled(fast)
    try:
        with torch.no_grad():
            unrecorded = encoder(x, src_key_padding_mask=padding)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert torch.equal(recorded, unrecorded) != fast
    assert (unrecorded[padding] == 0).all() == fast
    assert (recorded[padding] != 0).all()
    torch.testing.assert_close(recorded[~padding], unrecorded[~padding])


def test_a_decorator_reaches_only_what_runs_within_the_call():
    w = torch.ones(2, requires_grad=True)

    @torch.no_grad()
    def generator():
        yield 2 * w

    @torch.no_grad()
    def expression():
        return (2 * w for _ in range(1))

    @torch.no_grad()
    async def coroutine():
        return 2 * w

    assert not next(generator()).requires_grad
    assert next(expression()).requires_grad
    with ThreadPoolExecutor(1) as pool:  # no loop runs there, as one may here
        assert pool.submit(asyncio.run, coroutine()).result().requires_grad


def test_a_bare_set_grad_enabled_ends_with_the_block_and_stays_in_its_thread():
    with torch.enable_grad():
        torch.set_grad_enabled(False)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.is_grad_enabled).result()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_the_bytes_that_eval_saves_are_nearly_all_the_mask():
    train, evaluation = (effects(torch.enable_grad, mode) for mode in (True, False))
    mask = 256 * 64 * 4
    assert 0.98 < mask / (train["bytes"] - evaluation["bytes"]) <= 1


def test_eval_saves_bytes_but_keeps_the_graph():
    train, evaluation = (effects(torch.enable_grad, mode) for mode in (True, False))
    assert 0 < evaluation["bytes"] < train["bytes"]
    assert evaluation["nodes"] > 0


@pytest.mark.parametrize(
    ("bad", "by_norm", "by_value"),
    [
        (torch.inf, [torch.nan, 0.0], [1.0, 1.0]),
        (torch.nan, [torch.nan, torch.nan], [torch.nan, 1.0]),
    ],
)
def test_what_clipping_makes_of_inf_and_nan(bad, by_norm, by_value):
    for clip, left in ((clip_grad_norm_, by_norm), (clip_grad_value_, by_value)):
        w = torch.ones(2, requires_grad=True)
        w.grad = torch.tensor([bad, 3.0])
        clip([w], 1.0)
        assert torch.equal(w.grad.isnan(), torch.tensor(left).isnan())
        torch.testing.assert_close(w.grad, torch.tensor(left), equal_nan=True)


def test_strict_false_forgives_names_and_not_shapes():
    layer = nn.Linear(2, 1)
    before = copy.deepcopy(layer.state_dict())
    keys = layer.load_state_dict({"other": torch.ones(1)}, strict=False)
    assert keys.missing_keys == ["weight", "bias"]
    assert all(torch.equal(before[name], p) for name, p in layer.state_dict().items())
    with pytest.raises(RuntimeError, match="size mismatch"):
        layer.load_state_dict(nn.Linear(3, 1).state_dict(), strict=False)


@pytest.mark.parametrize("seed", range(5))
def test_two_nets_share_a_graph_unless_it_is_cut(seed):
    torch.manual_seed(seed)
    G, D = nn.Linear(4, 3), nn.Linear(3, 1)
    fake = G(torch.randn(64, 4))
    loss = softplus(D(fake)).mean()
    (right,) = torch.autograd.grad(loss, D.weight, retain_graph=True)
    score = D(fake)
    softplus(score).mean().backward(retain_graph=True)
    softplus(-score).mean().backward()
    assert (D.weight.grad - right).norm() > 0.5 * right.norm()
    D.zero_grad()
    G.zero_grad()
    softplus(D(fake.detach())).mean().backward()
    torch.testing.assert_close(D.weight.grad, right)
    assert G.weight.grad is None


@pytest.mark.parametrize("seed", range(4))
def test_of_a_step_of_both_nets_the_critics_part_is_the_larger(seed):
    noise = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
    rise = {}
    for who in ("critic", "generator"):
        nets = dict(zip(("generator", "critic"), two_nets.pair(seed), strict=True))
        fake = nets["generator"](noise)
        before = two_nets.judged(nets["critic"], fake, True).item()
        two_nets.judged(nets["critic"], fake, False).backward()
        torch.optim.SGD(nets[who].parameters(), lr=0.1).step()
        again = nets["generator"](noise)
        rise[who] = two_nets.judged(nets["critic"], again, True).item() - before
    assert rise["critic"] > 5 * rise["generator"] >= 0


@pytest.mark.parametrize("seed", range(5))
def test_a_loss_between_the_critics_backward_and_its_step_is_mixed_in(seed):
    torch.manual_seed(seed)
    G, D = nn.Linear(4, 3), nn.Linear(3, 1)
    fake = G(torch.randn(64, 4))
    generators = softplus(-D(fake)).mean()
    D.zero_grad()
    softplus(D(fake.detach())).mean().backward()
    own = D.weight.grad.clone()
    G.zero_grad()
    generators.backward()  # raises nothing: D has not stepped yet
    assert (D.weight.grad - own).norm() > 0.5 * own.norm()
