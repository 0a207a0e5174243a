"""What the pages on torch.optim's rarer classes say, held to torch itself."""

import re
from pathlib import Path

import pytest
import torch
from averaging import averaged
from lbfgs import two_loops
from muon import newton_schulz
from optimizer_atlas import bowl_scores, names, orthogonal, takes, walk
from torch.optim import ASGD, SGD, RAdam
from torch.optim._muon import _zeropower_via_newtonschulz
from without_lr import adadelta_in_unit, excess, in_unit, path_on_batches

LONE = torch.zeros(1, dtype=torch.float64)


def test_a_default_asgd_holds_no_average_and_walks_as_sgd():
    torch.manual_seed(0)
    grads = torch.randn(50, 20)
    ends = []
    for kind, options in ((SGD, {}), (ASGD, {"lambd": 0.0})):
        theta = torch.ones(20, requires_grad=True)
        optimizer = kind([theta], lr=0.1, **options)
        for grad in grads:
            theta.grad = theta.detach() + grad
            optimizer.step()
        ends.append(theta.detach())
    assert torch.equal(*ends)
    assert torch.equal(optimizer.state[theta]["ax"], theta)


@pytest.mark.parametrize("kind", [SGD, ASGD, RAdam])
@pytest.mark.parametrize("seed", range(3))
def test_a_hundredth_of_the_loss_makes_a_hundredth_of_a_step(kind, seed):
    torch.manual_seed(seed)
    curvature = torch.logspace(0, 1, 16, dtype=torch.float64)
    here = torch.randn(16, dtype=torch.float64)
    whole, part = (here.clone().requires_grad_() for _ in range(2))
    pair = [(whole, kind([whole], lr=0.01), 1.0), (part, kind([part], lr=0.01), 0.01)]
    for t in range(1, 9):
        here = whole.detach().clone()
        steps = []
        for theta, optimizer, scale in pair:
            with torch.no_grad():
                theta.copy_(here)
            theta.grad = scale * curvature * here
            optimizer.step()
            steps.append((theta.detach() - here).norm())
        expected = 1.0 if kind is RAdam and t > 5 else 0.01
        assert (steps[1] / steps[0]).item() == pytest.approx(expected, rel=0.01)


def test_the_average_is_the_mean_from_two_steps_after_t0():
    theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = ASGD([theta], lr=1.0, lambd=0.0, t0=3)
    path = []
    for step in range(10):
        theta.grad = torch.full_like(theta, float(step))
        optimizer.step()
        path.append(theta.item())
    assert optimizer.state[theta]["ax"].item() == pytest.approx(sum(path[4:]) / 6)


def test_averaged_puts_the_parameters_back_whatever_happens():
    theta = torch.ones(2, requires_grad=True)
    unused = torch.ones(1, requires_grad=True)
    optimizer = ASGD([theta, unused], lr=0.1, t0=0)
    for _ in range(4):
        theta.grad = theta.detach().clone()
        optimizer.step()
    before, average = theta.detach().clone(), optimizer.state[theta]["ax"].clone()

    def evaluate():
        with averaged(optimizer):
            assert torch.equal(theta, average)
            assert not torch.equal(theta, before)
            raise KeyError

    with pytest.raises(KeyError):
        evaluate()
    assert torch.equal(theta, before)
    assert torch.equal(unused, torch.ones(1))


@pytest.mark.parametrize("gap", [10, 100, 1000])
def test_adamax_walks_at_most_a_percent_more_than_lr(gap):
    bound = (1 - 0.9) / (1 - 0.9 / 0.999)
    late = walk("Adamax", LONE, lambda _, t: LONE + (t > gap), gap + 50, True, lr=1.0)
    fading = walk("Adamax", LONE, lambda _, t: LONE + 0.999**t, gap, True, lr=1.0)
    assert late.abs().max() <= 1
    assert fading.abs().max() <= bound


@pytest.mark.parametrize(("until", "steps"), [(0, 2.5), (1000, 0.2)])
def test_adam_jumps_after_a_thousand_zeros_only_where_nothing_was_before(until, steps):
    def gradient(_, t):
        return LONE + (t <= until or t == until + 1001)

    ends = {
        name: -walk(name, LONE, gradient, until + 1001, True, lr=1.0)[-1].item()
        for name in ("Adam", "Adamax")
    }
    assert ends["Adam"] == pytest.approx(steps, rel=0.05)
    assert ends["Adamax"] == pytest.approx(0.1)


@pytest.mark.parametrize(("size", "longer"), [(10.0, "Adamax"), (1000.0, "Adam")])
def test_who_remembers_an_outlier_longer_depends_on_its_size(size, longer):
    def gradient(_, t):
        return LONE + (size if t == 300 else 1.0)

    options = {"lr": 1.0, "betas": (0.9, 0.99)}
    below = {
        name: (walk(name, LONE, gradient, 1500, True, **options) > -0.9).sum()
        for name in ("Adam", "Adamax")
    }
    assert max(below, key=below.__getitem__) == longer


def test_pairs_give_newtons_direction_only_if_they_are_conjugate():
    hessian = torch.tensor([[1.0, 0.0], [0.0, 100.0]], dtype=torch.float64)
    grad = torch.tensor([3.0, 500.0], dtype=torch.float64)
    newton = -torch.linalg.solve(hessian, grad)

    def direction(steps):
        pairs = [(hessian @ s, s, 1 / s.dot(hessian @ s)) for s in steps]
        return two_loops(grad, pairs, scale=1.0)

    conjugate = torch.tensor([[1.0, 1.0], [1.0, -0.01]], dtype=torch.float64)
    turned = torch.tensor([[1.0, 1.0], [-1.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(direction(conjugate), newton)
    assert (direction(turned) - newton).norm() > newton.norm()


def test_newton_schulz_notices_mixed_rows_only_by_its_dtype():
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    turn = orthogonal(4)
    for dtype, least, most in (
        (torch.bfloat16, 1e-4, 0.1),
        (torch.float64, 0, 1e-13),
    ):
        turned = newton_schulz(turn @ matrix, dtype=dtype).double()
        plain = turn @ newton_schulz(matrix, dtype=dtype).double()
        assert least <= (turned - plain).norm() / plain.norm() <= most


def test_an_eps_of_1e_7_is_twice_the_smallest_number_of_float16():
    assert torch.tensor(1e-7, dtype=torch.float16).item() == 2.0**-23
    assert torch.finfo(torch.float16).smallest_normal / 2**10 == 2.0**-24


def test_the_root_of_eps_and_lr_are_one_knob_of_adadelta():
    pairs = (1.0, 1e-6), (10.0, 1e-8), (0.1, 1e-4)
    scores = [bowl_scores("Adadelta", lr, [40], eps=eps) for lr, eps in pairs]
    for other in scores[1:]:
        torch.testing.assert_close(other, scores[0], rtol=0, atol=2e-3)


@pytest.mark.parametrize("unit", [2.0**-10, 0.25, 2.0**10])
def test_adadelta_matches_units_only_if_eps_follows_them(unit):
    assert torch.equal(adadelta_in_unit(unit, 60), adadelta_in_unit(1.0, 60))
    ways = [in_unit("Adadelta", u, 60, lr=1.0) for u in (unit, 1.0)]
    assert (ways[0] - ways[1]).norm() > 1e-3 * ways[1].norm()


@pytest.mark.parametrize("batch", [1, 16])
def test_rprop_stands_still_on_batches_unless_its_steps_have_a_floor(batch):
    free = path_on_batches("Rprop", 0.1, batch, 200)
    assert free[-20:].diff(dim=0).abs().mean() < 1e-4
    held = path_on_batches("Rprop", 0.1, batch, 200, step_sizes=(1e-2, 50))
    assert excess(held[-1]).mean() < excess(free[-1]).mean()


@pytest.mark.parametrize("coalesced", [False, True])
def test_the_buffer_of_momentum_grows_unless_gradients_are_coalesced(coalesced):
    table = torch.zeros(20, 1, requires_grad=True)
    optimizer = SGD([table], lr=0.1, momentum=0.9)
    for _ in range(100):
        rows, ones = torch.randint(20, (1, 4)), torch.ones(4, 1)
        grad = torch.sparse_coo_tensor(rows, ones, (20, 1), check_invariants=True)
        table.grad = grad.coalesce() if coalesced else grad
        optimizer.step()
    entries = optimizer.state[table]["momentum_buffer"]._nnz()
    assert entries <= 20 if coalesced else entries > 5 * 20


@pytest.mark.parametrize("name", names())
def test_a_page_of_part_five_has_each_class_in_a_heading(name):
    pages = (Path(__file__).parents[2] / "docs/en").glob("*.md")
    text = "".join(page.read_text("utf-8") for page in pages if page.stem != "errors")
    written = {"AdamW": "decoupled|weight decay"}.get(name, name)
    assert re.search(rf"^#+ .*({written})", text, re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("size", [8, 64, 256])
def test_rounding_in_bfloat16_is_what_lifts_singular_values_of_0(size):
    generator = torch.Generator().manual_seed(1)
    a, b = torch.randn(2, size, generator=generator, dtype=torch.float64)
    torchs = _zeropower_via_newtonschulz(
        torch.outer(a, b), (3.4445, -4.775, 2.0315), ns_steps=5, eps=1e-7
    )
    assert torch.linalg.svdvals(torchs.double())[1] > 0.1
    exact = newton_schulz(torch.outer(a, b), dtype=torch.float64)
    assert torch.linalg.svdvals(exact)[1] < 1e-9


@pytest.mark.parametrize(
    ("name", "kind", "finite"),
    [
        ("Adam", "loop", False),
        ("Adam", "foreach", False),
        ("Adam", "fused", True),
        ("AdamW", "fused", True),
        ("RAdam", "loop", True),
        ("RAdam", "foreach", False),
    ],
)
def test_in_float16_the_first_step_depends_on_the_implementation(name, kind, finite):
    theta = torch.ones(20, dtype=torch.float16, requires_grad=True)
    theta.grad = torch.full_like(theta, 1e-3)
    theta.grad[::2] = 0.0
    option = {"foreach": False} if kind == "loop" else {kind: True}
    getattr(torch.optim, name)([theta], lr=1e-3, **option).step()
    assert theta.isfinite().any() == theta.isfinite().all() == finite


FUSED = [name for name in names() if takes(name, "fused")]


def moved(name, kind, turned, by_hand):
    """Return a parameter and the tensor of which it is a view, after a step."""
    base = torch.zeros(3, 4)
    theta = (base.T if turned else base[:, :2]).requires_grad_()
    weights = torch.rand(theta.shape, generator=torch.Generator().manual_seed(0))
    loss = (theta * weights).sum()
    if by_hand:
        (theta.grad,) = torch.autograd.grad(loss, theta)
    else:
        loss.backward()
    options = {"fused": True} if kind == "fused" else {"foreach": kind == "foreach"}
    if name != "SGD":
        options["eps"] = 1.0  # or all of the first step would have one size
    getattr(torch.optim, name)([theta], lr=1.0, **options).step()
    return theta.detach(), base


def test_four_optimizers_have_fused():
    assert FUSED == ["Adagrad", "Adam", "AdamW", "SGD"]


@pytest.mark.parametrize("name", FUSED)
def test_fused_takes_a_parameter_for_one_piece_of_memory(name):
    for kind in ("foreach", "loop"):
        theta, base = moved(name, kind, turned=False, by_hand=False)
        assert theta.all()
        assert not base[:, 2:].any()
    theta, base = moved(name, "fused", turned=False, by_hand=False)
    assert base.flatten()[:6].all()
    assert not base.flatten()[6:].any()
    for by_hand in (False, True):
        right = moved(name, "loop", True, by_hand)[0]
        fused = moved(name, "fused", True, by_hand)[0]
        assert torch.allclose(fused, right) != by_hand


@pytest.mark.parametrize("name", FUSED)
def test_fused_is_right_for_a_slice_of_whole_rows(name):
    tables = [torch.zeros(3, 4) for _ in range(2)]
    for table, fused in zip(tables, (False, True), strict=True):
        rows = table[:2].requires_grad_()
        rows.sum().backward()
        getattr(torch.optim, name)([rows], lr=1.0, fused=fused).step()
    assert torch.allclose(*tables)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Adagrad"])
def test_fused_takes_a_loaded_state_for_one_of_the_parameter_s_layout(name):
    ends = []
    for turned, fused in ((False, True), (True, False), (True, True)):
        generator = torch.Generator().manual_seed(0)
        theta = torch.zeros(3, 4, requires_grad=True)
        optimizer = getattr(torch.optim, name)([theta], fused=fused)
        for step in range(10):
            if step == 5 and turned:
                theta = theta.detach().T.contiguous().T.requires_grad_()
                saved = optimizer.state_dict()
                optimizer = getattr(torch.optim, name)([theta], fused=fused)
                optimizer.load_state_dict(saved)
            optimizer.zero_grad()
            (theta * torch.rand(3, 4, generator=generator)).sum().backward()
            optimizer.step()
        ends.append(theta.detach())
    assert torch.allclose(ends[0], ends[1])
    assert not torch.allclose(ends[0], ends[2])


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("size", [1e-3, 1e-6])
def test_a_step_inside_autocast_takes_float32_into_the_nan_of_float16(size, inside):
    theta = torch.ones(4, 3, requires_grad=True)
    theta.grad = torch.full_like(theta, size)
    with torch.autocast("cpu", torch.float16, enabled=inside):
        torch.optim.Adafactor([theta], lr=1e-3).step()
    assert theta.isnan().any() == inside


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", names())
def test_an_optimizer_without_its_state_steps_as_a_new_one(name, dtype):
    draws = torch.randn(21, 3, 2, generator=torch.Generator().manual_seed(0)).to(dtype)
    start = draws[0] + 1
    new = walk(name, start, lambda *_: draws[20], 1, lr=0.1)
    used, cleared = (
        walk(name, start, lambda _, t: draws[t], 20, True, clear=clear, lr=0.1)
        for clear in (None, 20)
    )
    assert torch.equal(cleared[-1], new[-1])
    assert name in ("SGD", "ASGD", "Muon") or not torch.equal(used[-1], new[-1])
