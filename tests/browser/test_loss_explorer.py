"""The loss explorer's curves are torch's, and its program prints its numbers."""

import contextlib
import importlib
import io
import itertools
import math

import pytest
import torch
from programs import python
from torch import nn
from torch.nn import functional as F

SETUP = """async () => {
  const modules = ["losses", "losses/index", "losses/code", "losses/scenes", "frame"];
  const load = (each) => import(`./explore/${each}.js`);
  globalThis.all = Object.assign({}, ...(await Promise.all(modules.map(load))));
  const losses = Object.entries(all.LOSSES).map(([name, loss]) => [name, {
    axes: Object.keys(loss.on),
    options: Object.fromEntries(Object.keys(loss.on).map((axis) => [axis,
      Object.fromEntries(all.optionsOf(name, axis).map(([k, o]) => [k, o.value]))])),
  }]);
  return { losses: Object.fromEntries(losses), axes: all.AXES, scenes: all.SCENES };
}"""
# Infinity and NaN, which JSON has not, come as text.
CURVES = """(asked) => asked.map(([state, arm, points]) => points.map((x) =>
  all.meanLoss(state, arm)(x).map((v) => Number.isFinite(v) ? v : String(v))))"""
d = torch.float64


FIGURE = "losses"  # of the pages that the fixtures `assets` and `blank` serve


def logits(x, y, fixed):
    scores = torch.stack([x, torch.tensor(fixed["z1"]), torch.tensor(fixed["z2"])])
    return scores.to(d).expand(len(y), 3)


def soft_targets(y, smoothing):
    return torch.eye(3, dtype=d)[y.long()] * (1 - smoothing) + smoothing / 3


def cosine(x, y, fixed, **options):
    second = torch.stack([x.cos(), x.sin()])[None].expand(len(y), 2)
    first = torch.tensor([1.0, 0.0], dtype=d).expand(len(y), 2)
    return F.cosine_embedding_loss(first, second, y, **options)


def triplet(loss):
    def call(x, y, fixed, **options):
        anchor = torch.zeros(len(y), 1, dtype=d)
        return loss(anchor, x.expand(len(y), 1), y[:, None], **options)

    return call


def plain(loss):
    return lambda x, y, fixed, **options: loss(x.expand_as(y), y, **options)


def pinball(x, y, fixed, q):
    return torch.maximum(q * (y - x), (q - 1) * (y - x)).mean()


def with_logits(x, y, fixed, pos_weight=1.0):
    weight = torch.tensor(pos_weight, dtype=d)
    return F.binary_cross_entropy_with_logits(x.expand_as(y), y, pos_weight=weight)


def gaussian(x, y, fixed, *, var=None, **options):
    if var is None:
        mean = torch.full_like(y, fixed["mu"])
        return F.gaussian_nll_loss(mean, y, x.expand_as(y), **options)
    return F.gaussian_nll_loss(x.expand_as(y), y, torch.full_like(y, var), **options)


def distance(a, b):
    return (a - b).abs().sum(1)


def linear(x, y, fixed, **options):
    """Return the loss of a layer whose weights are the identity."""
    eye = torch.eye(3, dtype=d)
    return F.linear_cross_entropy(logits(x, y, fixed), eye, y.long(), **options)


def adaptive(x, y, fixed):
    """Return the loss where the head has x and z1, and the tail 0 and z2."""
    module = nn.AdaptiveLogSoftmaxWithLoss(3, 3, [1], div_value=1, dtype=d)
    with torch.no_grad():
        module.head.weight.copy_(torch.eye(2, 3))
        module.tail[0][0].weight.copy_(torch.eye(3))
        module.tail[0][1].weight.copy_(torch.tensor([[0.0, 0, 0], [0, 0, 1]]))
    return module(logits(x, y, fixed), y.long()).loss


def frames_alike(x, y, fixed, frames):
    """Return CTC's loss where each frame has the same logits; class 0 is the blank."""
    logs = logits(x, y, fixed).log_softmax(1).expand(frames, -1, -1)
    labels = [[int(each)] if each else [] for each in y]
    flat = torch.tensor([label for each in labels for label in each], dtype=torch.long)
    lengths = [len(each) for each in labels]
    return F.ctc_loss(logs, flat, [frames] * len(y), lengths)


# Each curve as the test asks torch for it; options are the explorer's.
TORCH = {
    "MSELoss": plain(F.mse_loss),
    "L1Loss": plain(F.l1_loss),
    "SmoothL1Loss": plain(F.smooth_l1_loss),
    "HuberLoss": plain(F.huber_loss),
    "quantile": pinball,
    "GaussianNLLLoss": gaussian,
    "PoissonNLLLoss": plain(F.poisson_nll_loss),
    "BCELoss": plain(F.binary_cross_entropy),
    "BCEWithLogitsLoss": with_logits,
    "MultiLabelSoftMarginLoss": lambda x, y, fixed: F.multilabel_soft_margin_loss(
        x.expand(len(y), 1), y[:, None]
    ),
    "CrossEntropyLoss": lambda x, y, fixed, **options: F.cross_entropy(
        logits(x, y, fixed), y.long(), **options
    ),
    "LinearCrossEntropyLoss": linear,
    "AdaptiveLogSoftmaxWithLoss": adaptive,
    "CTCLoss": frames_alike,
    "NLLLoss": lambda x, y, fixed: F.nll_loss(
        logits(x, y, fixed).log_softmax(1), y.long()
    ),
    "KLDivLoss": lambda x, y, fixed, smoothing: F.kl_div(
        logits(x, y, fixed).log_softmax(1),
        soft_targets(y, smoothing),
        reduction="batchmean",
    ),
    "MultiMarginLoss": lambda x, y, fixed, **options: F.multi_margin_loss(
        logits(x, y, fixed), y.long(), **options
    ),
    "MultiLabelMarginLoss": lambda x, y, fixed: F.multilabel_margin_loss(
        logits(x, y, fixed), F.pad(y.long()[:, None], (0, 2), value=-1)
    ),
    "MarginRankingLoss": lambda x, y, fixed, **options: F.margin_ranking_loss(
        x.expand_as(y), torch.zeros_like(y), y, **options
    ),
    "HingeEmbeddingLoss": plain(F.hinge_embedding_loss),
    "CosineEmbeddingLoss": cosine,
    "TripletMarginLoss": triplet(F.triplet_margin_loss),
    "TripletMarginWithDistanceLoss": triplet(
        lambda *given, **options: F.triplet_margin_with_distance_loss(
            *given, distance_function=distance, **options
        )
    ),
}
SOFT = {
    "logit": lambda x, y, fixed: F.soft_margin_loss(x.expand_as(y), 2 * y - 1),
    "sign": plain(F.soft_margin_loss),
}
# For each option some values besides torch's default.
OPTIONS = {
    "beta": [0, 0.3, 2.5],
    "delta": [0.4, 3.0],
    "q": [0.1, 0.9],
    "var": [0.3, 4.0],
    "full": [True],
    "eps": [0.5],
    "log_input": [False],
    "pos_weight": [0.2, 8.0],
    "label_smoothing": [0.1, 1.0],
    "smoothing": [0.1, 1.0],
    "frames": [1, 9],
    "p": [2],
    "margin": [0.5, 1.3],
}
TARGETS = {
    "number": [[1, 2, 3, 4, 10], [0.5], [-1.5, 2.5, 2.5]],
    "count": [[0, 1, 1, 2, 6], [3], [0, 0]],
    "variance": [[-2, -1, 0, 1, 2], [1.5]],
    "probability": [[1, 1, 1, 0], [0.3, 0.9], [0], [1]],
    "logit": [[1, 0, 0, 0], [0.05, 0.95, 1], [1]],
    "classes": [[0, 0, 0, 1], [1, 2], [0]],
    "sign": [[1, 1, 1, -1], [1], [-1]],
    "angle": [[1, -1], [1], [-1]],
    "distance": [[1.5, 2, 3, 5], [0]],
}
FIXED = {
    "classes": [{"z1": 0.0, "z2": 0.0}, {"z1": 1.5, "z2": -2.0}],
    "variance": [{"mu": 0.0}, {"mu": 0.7}],
}
EDGES = {
    "number": [-100.0, 100.0],
    "count": [-20.0, 20.0],
    "variance": [1e-6, 1e-7, 100.0],
    "probability": [1e-30, 1e-12, 1 - 1e-12],
    "logit": [-800.0, -100.0, -40.0, 40.0, 100.0],
    "classes": [-100.0, -40.0, 40.0, 100.0],
    "sign": [-100.0, 100.0],
    "angle": [1e-9],
    "distance": [1e-7, 1e-6, 100.0],
}


def torch_curve(name, state, options, points):
    """Return torch's mean loss and gradient at each point."""
    call = SOFT[state["axis"]] if name == "SoftMarginLoss" else TORCH[name]
    y = torch.tensor(state["y"], dtype=d)
    found = []
    for point in points:
        x = torch.tensor(point, dtype=d, requires_grad=True)
        value = call(x, y, state["fixed"], **options)
        (grad,) = torch.autograd.grad(value, x)
        found.append((value.item(), grad.item()))
    return found


def cases(page, name):
    """Yield states and options for a loss.

    Each option varied alone, and all at once, with the first targets; other targets and
    fixed numbers with two choices of options.
    """
    known = page.known["losses"][name]
    for axis in known["axes"]:
        usual = known["options"][axis]
        varied = [{}]
        varied += [{key: value} for key in usual for value in OPTIONS[key]]
        varied += [{key: OPTIONS[key][0] for key in usual}] if len(usual) > 1 else []
        sets = itertools.product(TARGETS[axis], FIXED.get(axis, [{}]))
        for number, (y, fixed) in enumerate(sets):
            for given in varied if not number else varied[:1] + varied[1:][-1:]:
                state = {"axis": axis, "y": y, "fixed": fixed}
                state["window"] = page.known["axes"][axis]["window"]
                yield state, usual | given, given


def grid(state, options):
    """Return where curves are compared: evenly, at kinks and far out."""
    (low, high), axis = state["window"], state["axis"]
    points = [low + (high - low) * k / 24 for k in range(25)] + EDGES[axis]
    points += {"number": state["y"], "distance": state["y"]}.get(axis, [])
    points += [0.0, 1.0, -1.0, 0.5] if low < 0 else [0.5, 1.0]
    if axis == "variance" or options.get("log_input") is False:  # which are positive
        points = [x for x in [*points, options["eps"]] if x > 0]
    return points


def far(ours, theirs):
    """Tell whether two numbers differ by more than 1e-12, of what is above 1."""
    ours = float(ours.replace("Infinity", "inf")) if isinstance(ours, str) else ours
    if math.isnan(theirs) or math.isinf(theirs):
        return not (math.isnan(ours) if math.isnan(theirs) else ours == theirs)
    return not abs(ours - theirs) <= 1e-12 * max(1.0, abs(theirs))


LOSSES = [*TORCH, "SoftMarginLoss"]


@pytest.mark.parametrize("name", LOSSES)
def test_each_curve_and_its_slope_is_torch_s(blank, name):
    wrong = []
    all_cases = list(cases(blank, name))
    asked = [
        [state, {"loss": name, "options": given}, grid(state, options)]
        for state, options, given in all_cases
    ]
    curves = blank.evaluate(CURVES, asked)
    for (state, options, given), curve in zip(all_cases, curves, strict=True):
        points = grid(state, options)
        theirs = torch_curve(name, state, options, points)
        for x, mine, its in zip(points, curve, theirs, strict=True):
            for which, a, b in zip(("value", "slope"), mine, its, strict=True):
                if far(a, b):
                    wrong.append((which, x, state, given, a, b))
    assert not wrong, wrong[:5]


def test_all_losses_of_torch_are_there(blank):
    torch_has = {name for name in dir(nn) if "Loss" in name and name != "NLLLoss2d"}
    assert len(torch_has) == 23
    assert set(blank.known["losses"]) - {"quantile"} == torch_has
    assert set(LOSSES) == set(blank.known["losses"])
    assert set(TARGETS) == set(EDGES) == set(blank.known["axes"])


def test_options_have_the_defaults_of_torch(blank):
    import inspect

    for name, known in blank.known["losses"].items():
        for options in known["options"].values():
            for option, value in options.items():
                if name == "quantile" or option in ("var", "smoothing", "frames"):
                    continue
                taken = inspect.signature(getattr(nn, name)).parameters[option].default
                taken = 1 if option == "pos_weight" and taken is None else taken
                assert taken == value, (name, option)


LOWEST = """([state, arm]) => {
  const { low, high, side } = all.lowest(state, arm);
  const text = (v) => v === null || Number.isFinite(v) ? v : String(v);
  return [text(low), text(high), side ?? 0];
}"""


def best(page, axis, y, name, fixed=None, **options):
    window = page.evaluate("([axis, y]) => all.windowOf(axis, y)", [axis, y])
    state = {"axis": axis, "y": y, "fixed": fixed or {}, "window": window}
    return page.evaluate(LOWEST, [state, {"loss": name, "options": options}])


def test_the_best_constants_are_those_of_the_formulas(blank):
    y = [1, 2, 3, 4, 10]
    odd = torch.tensor(y, dtype=d)
    log = math.log
    one = {
        "mean": ("number", y, "MSELoss", {}, odd.mean().item()),
        "mean, weighed": ("number", y, "GaussianNLLLoss", {"var": 4}, 4.0),
        "median": ("number", y, "L1Loss", {}, odd.median().item()),
        "quantile": ("number", y, "quantile", {"q": 0.9}, 10.0),
        "frequency": ("probability", [1, 1, 1, 0], "BCELoss", {}, 0.75),
        "Brier": ("probability", [1, 1, 1, 0], "MSELoss", {}, 0.75),
        "majority": ("probability", [1, 1, 1, 0], "L1Loss", {}, 1.0),
        "log-odds": ("logit", [1, 0, 0, 0], "BCEWithLogitsLoss", {}, log(1 / 3)),
        "log-odds of signs": ("logit", [1, 0, 0, 0], "SoftMarginLoss", {}, log(1 / 3)),
        "weighted": (
            "logit", [1, 0, 0, 0], "BCEWithLogitsLoss", {"pos_weight": 6}, log(6 / 3),
        ),
        "one label": (
            "logit", [1, 0, 0, 0], "MultiLabelSoftMarginLoss", {}, log(1 / 3),
        ),
        "signs": ("sign", [1, 1, 1, -1], "SoftMarginLoss", {}, log(3)),
        "log of the mean": ("count", [0, 1, 1, 2, 6], "PoissonNLLLoss", {}, log(2)),
        "rate": ("count", [0, 1, 1, 2, 6], "PoissonNLLLoss", {"log_input": False}, 2.0),
        "mean square": ("variance", [-2, -1, 0, 1, 2], "GaussianNLLLoss", {}, 2.0),
    }  # fmt: skip
    for what, (axis, targets, name, options, expected) in one.items():
        fixed = {"mu": 0} if axis == "variance" else {}
        low, high, side = best(blank, axis, targets, name, fixed, **options)
        assert side == 0, what
        assert low == pytest.approx(expected, abs=1e-7), what
        assert high == pytest.approx(expected, abs=1e-7), what


def test_the_best_logit_of_a_smoothed_class(blank):
    fixed = {"z1": 0.5, "z2": -1.0}
    rest = torch.tensor([0.5, -1.0], dtype=d).logsumexp(0).item()
    for smoothing in (0.1, 0.3):
        share = 1 - smoothing + smoothing / 3
        expected = math.log(share / (1 - share)) + rest
        arms = (
            ("CrossEntropyLoss", {"label_smoothing": smoothing}),
            ("KLDivLoss", {"smoothing": smoothing}),
        )
        for name, options in arms:
            low, high, _ = best(blank, "classes", [0], name, fixed, **options)
            assert low == high == pytest.approx(expected, abs=1e-7), name
    assert best(blank, "classes", [0], "CrossEntropyLoss", fixed) == [None, None, 1]
    assert best(blank, "classes", [1], "CrossEntropyLoss", fixed) == [None, None, -1]


def test_the_answers_on_the_page_are_those_of_the_figure(blank):
    page = importlib.import_module("pages.loss_explorer")
    found = {}
    losses = {"MSE": "MSELoss", "Huber": "HuberLoss", "L1": "L1Loss"}
    for (name, outlier), value in page.best.items():
        y = [1, 2, 3, 4, outlier]
        found[name, outlier] = best(blank, "number", y, losses[name]), value
    for delta, value in page.by_delta.items():
        ours = best(blank, "number", [1, 2, 3, 4, 10], "HuberLoss", delta=delta)
        found["delta", delta] = ours, value
    for w, value in page.by_weight.items():
        labels = [1, *[0] * 8]
        ours = best(blank, "logit", labels, "BCEWithLogitsLoss", pos_weight=w)
        found["pos_weight", w] = ours, value
    fixed = {"z1": 0, "z2": 0}
    for eps, value in page.by_smoothing.items():
        ours = best(
            blank, "classes", [0], "CrossEntropyLoss", fixed, label_smoothing=eps
        )
        found["smoothing", eps] = ours, value
    for (name, yes, no), points in page.answers.items():
        if yes + no > 9:  # more samples than the figure takes
            continue
        low, high, _ = best(blank, "probability", [1] * yes + [0] * no, name)
        inside = [p for p in page.points.tolist() if low - 0.011 < p < high + 0.011]
        assert {min(points), max(points)} <= set(inside)
    assert len(found) > 15
    for what, ((low, high, side), value) in found.items():
        assert side == 0, what
        assert low == high == pytest.approx(value, abs=1e-6), what


def test_ctc_wants_more_blanks_the_more_frames_there_are(blank):
    low = [
        blank.evaluate(
            """(frames) => all.lowest(
              { axis: "classes", y: [1], fixed: { z1: 0, z2: 0 }, window: [-6, 8] },
              { loss: "CTCLoss", options: { frames } },
            ).low""",
            frames,
        )
        for frames in (2, 4, 12)
    ]
    assert low[0] == pytest.approx(0, abs=1e-9)
    assert low[0] < low[1] - 1 < low[2] - 2


def test_flat_places_are_whole_intervals(blank):
    assert best(blank, "number", [1, 2, 3, 4], "L1Loss")[:2] == pytest.approx([2, 3])
    low, high, _ = best(blank, "sign", [1], "MarginRankingLoss", margin=1)
    assert (low, high) == (pytest.approx(1), "Infinity")
    low, high, _ = best(blank, "sign", [-1], "MarginRankingLoss", margin=1)
    assert (low, high) == ("-Infinity", pytest.approx(-1))
    low, high, _ = best(blank, "distance", [3], "TripletMarginLoss", margin=1)
    assert (low, high) == (0, pytest.approx(2, abs=1e-5))
    assert best(blank, "sign", [-1], "SoftMarginLoss") == [None, None, -1]


def test_the_lowest_point_is_lower_than_any_of_a_grid(blank):
    """For every loss with all of its options: no point of a fine grid lies below."""
    asked = [
        [state, {"loss": name, "options": given}]
        for name in LOSSES
        for state, _, given in cases(blank, name)
    ]
    gaps = blank.evaluate(
        """(asked) => asked.map(([state, arm]) => {
          const [a, b] = state.window;
          const mean = all.meanLoss(state, arm);
          const { low, value } = all.lowest(state, arm);
          if (low === null) return 0;
          const grid = Array.from({ length: 2001 }, (_, k) =>
            mean(a + (k * (b - a)) / 2000)[0]).filter((v) => !Number.isNaN(v));
          return value - Math.min(...grid);
        })""",
        asked,
    )
    worse = [
        (case, gap) for case, gap in zip(asked, gaps, strict=True) if not gap <= 1e-12
    ]
    assert not worse, worse[:5]


def test_fixed_numbers_are_written_as_python_writes_them(blank):
    values = [0.0, -0.0, 1.0, -2.5e-9, 0.0078125, -0.0234375, 0.1, 2e11 + 0.5, 1e-6 / 2]
    written = blank.evaluate("(values) => values.map((x) => all.fixed(x))", values)
    assert written == [f"{round(x, 6) + 0.0:.6f}" for x in values]


def run_program(program: str) -> list[list[str]]:
    """Return the words that a program prints, run in a namespace of its own."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "program", "exec"), {"__name__": "__main__"})
    return [line.split() for line in printed.getvalue().splitlines()]


def test_the_program_runs_by_itself(blank):
    program = blank.evaluate("""() => {
      const { state, arms, x } = all.readAddress("");
      return all.program(state, arms, x);
    }""")
    ran = python("-c", program)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[:3] == ["MSELoss", "14.000000", "4.000000"]


NUMBERS = """() => [...document.querySelectorAll(".explore-table tbody tr")].map(
  (row) => [row.querySelector("th").textContent.trim().split(" ")[0],
    ...[...row.querySelectorAll("td")].slice(0, 2).map((td) => td.textContent)])"""
LOWEST_TEXT = """() => [...document.querySelectorAll(".explore-table tbody tr")].map(
  (row) => row.querySelector("td:last-child").textContent)"""


def opened(browser, address, **options):
    page = browser.new_page(**options)
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(address)
    page.wait_for_selector("[data-ready]")
    return page


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?axis=number&y=1,2.5,3,4,40&x=6.3&arms=SmoothL1Loss,beta=0.5;HuberLoss,delta=3;"
        "quantile,q=0.9;GaussianNLLLoss,var=4,full=true;L1Loss;MSELoss",
        "?axis=count&y=0,3,5&x=1.7&arms=PoissonNLLLoss;"
        "PoissonNLLLoss,log_input=false,full=true,eps=0.001;MSELoss",
        "?axis=variance&y=1,2,-1.5&mu=0.5&x=0.3&arms=GaussianNLLLoss;"
        "GaussianNLLLoss,eps=0.5,full=true",
        "?axis=probability&y=1,0.7,0&x=0.2&arms=BCELoss;MSELoss;L1Loss",
        "?axis=probability&y=1,1&x=0&arms=BCELoss",
        "?axis=logit&y=1,0,0.8&x=-2.5&arms=BCEWithLogitsLoss,pos_weight=3;"
        "MultiLabelSoftMarginLoss;SoftMarginLoss",
        "?axis=classes&y=0,2,1&z1=0.5&z2=-1&x=0.7&arms=NLLLoss;MultiLabelMarginLoss;"
        "CrossEntropyLoss,label_smoothing=0.1;KLDivLoss,smoothing=0.25;"
        "MultiMarginLoss,p=2,margin=0.7;KLDivLoss",
        "?axis=classes&y=0,2,1&z1=0.5&z2=-1&x=0.7&arms=AdaptiveLogSoftmaxWithLoss;"
        "LinearCrossEntropyLoss,label_smoothing=0.1;CTCLoss;CTCLoss,frames=7",
        "?axis=sign&y=1,-1,1&x=0.2&arms=MarginRankingLoss,margin=1;HingeEmbeddingLoss;"
        "SoftMarginLoss",
        "?axis=angle&y=1,-1,-1&x=1.1&arms=CosineEmbeddingLoss,margin=0.3",
        "?axis=distance&y=1.5,2,3&x=1.25&arms=TripletMarginLoss,margin=0.7;"
        "TripletMarginWithDistanceLoss",
    ],
)
def test_the_program_prints_the_numbers_on_the_screen(browser, assets, query):
    page = opened(browser, f"{assets}en/figure{query}")
    page.locator(".explore-torch > summary").click()
    page.wait_for_function("document.querySelector('.explore-code code').textContent")
    program = page.locator(".explore-code code").text_content()
    seen = page.evaluate(NUMBERS)
    assert not page.said
    page.close()
    assert len(seen) == query.count(";") + 1 or not query
    assert run_program(program) == seen


def test_every_scene_opens_with_what_its_note_is_about(browser, assets, blank):
    page = opened(browser, f"{assets}en/figure")
    for name, scene in blank.known["scenes"].items():
        page.get_by_label("Scene").select_option(name)
        shown = page.evaluate(NUMBERS)
        assert [row[0] for row in shown] == [
            text.split(",")[0] for text in scene["arms"].split(";")
        ], name
        assert all("NaN" not in text and "nan" not in text for text in shown[0]), name
    assert not page.said
    page.close()


def test_keys_move_a_target_and_the_state_survives_a_reload(browser, assets):
    page = opened(browser, f"{assets}en/figure", reduced_motion="reduce")
    assert "?" not in page.url
    before = page.evaluate(LOWEST_TEXT)
    assert before[0] == "4 (mean)"
    assert before[1] == "3 (median)"
    page.get_by_role("slider", name="Target 5").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**y=1,2,3,4,12**")
    assert page.evaluate(LOWEST_TEXT) == ["4.4 (mean)", "3 (median)", *before[2:]]
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_url("**y=1,2,3,4,11.9**")
    x = page.get_by_role("slider", name="x", exact=True)
    numbers = page.evaluate(NUMBERS)
    x.focus()
    x.press("ArrowLeft")
    page.wait_for_url("**x=5.9**")
    assert page.evaluate(NUMBERS) != numbers
    page.get_by_label("delta", exact=True).last.fill("2.5")
    page.keyboard.press("Tab")
    page.get_by_label("full height").uncheck()
    page.wait_for_url(
        lambda url: url.endswith("HuberLoss,delta=2.5") and "scaled" not in url
    )
    shown = page.evaluate(NUMBERS), page.evaluate(LOWEST_TEXT), page.url
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert shown == (page.evaluate(NUMBERS), page.evaluate(LOWEST_TEXT), page.url)
    assert not page.get_by_label("full height").is_checked()
    assert not page.said
    page.close()


def test_a_target_and_x_are_dragged(browser, assets):
    page = opened(browser, f"{assets}en/figure")
    target = page.get_by_role("slider", name="Target 5")
    box, before = target.bounding_box(), page.evaluate(LOWEST_TEXT)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 120, box["y"], steps=4)
    page.mouse.up()
    after = page.evaluate(LOWEST_TEXT)
    assert after[0] != before[0]
    assert after[1] == before[1] == "3 (median)"
    numbers = page.evaluate(NUMBERS)
    box = page.locator(".explore-read").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + 100)
    assert page.evaluate(NUMBERS) != numbers
    assert not page.said
    page.close()


def test_it_says_in_words_what_it_shows(browser, assets):
    page = opened(browser, f"{assets}en/figure")
    said = page.locator(".explore-hidden")
    page.wait_for_function("document.querySelector('.explore-hidden').textContent")
    assert said.get_attribute("aria-live") == "polite"
    text = said.text_content()
    assert "x = 6, targets 1, 2, 3, 4, 10." in text
    assert "MSELoss: 14, gradient 4, lowest at 4 (mean)" in text
    page.close()


def test_samples_and_losses_come_and_go(browser, assets):
    page = opened(browser, f"{assets}figure")
    page.get_by_role("button", name="加一个样本").click()
    assert page.get_by_role("slider", name="目标 6").count() == 1
    page.get_by_role("button", name="减一个样本").click()
    field = page.get_by_role("textbox", name="目标 y")
    field.fill("1, 2, 300")
    field.press("Enter")
    assert page.evaluate(LOWEST_TEXT)[0] == "101（平均数）"
    field.fill("1, two")
    field.press("Enter")
    assert field.input_value() == "1, 2, 300"
    page.get_by_role("button", name="加一个损失").click()
    assert len(page.evaluate(NUMBERS)) == 4
    page.get_by_role("button", name="移除 1 MSELoss").click()
    assert [row[0] for row in page.evaluate(NUMBERS)] == [
        "L1Loss", "HuberLoss", "SmoothL1Loss",
    ]  # fmt: skip
    assert not page.said
    page.close()


def test_a_wild_address_gives_what_can_be_shown(blank):
    read = "(query) => all.readAddress(query)"
    wild = "axis=number&y=1,NaN&x=1e99&arms=constructor;HuberLoss,delta=-3,__proto__=1"
    found = blank.evaluate(read, wild)
    assert found["state"]["y"] == blank.known["axes"]["number"]["y"]
    assert found["x"] == found["state"]["window"][1]
    assert found["arms"] == [{"loss": "HuberLoss", "options": {"delta": 1e-6}}]
    found = blank.evaluate(read, "axis=toString&arms=BCELoss")
    assert found["state"]["axis"] == "number"
    found = blank.evaluate(read, "axis=classes&y=7,0.4&z1=1e9&arms=MSELoss")
    assert found["state"]["y"] == [2, 0]
    assert found["state"]["fixed"] == {"z1": 20, "z2": 0}
    assert [arm["loss"] for arm in found["arms"]] == ["CrossEntropyLoss"]


def test_both_languages_say_all_there_is_to_say(blank):
    keys = blank.evaluate("""async () => {
      const load = (language) => import(`./explore/words/losses-${language}.js`);
      const all = await Promise.all(["zh", "en"].map(load));
      const tree = (x) => typeof x === "object" && !Array.isArray(x)
        ? Object.entries(x).flatMap(([k, v]) => [k, ...tree(v)]) : [];
      return all.map(({ words, scenes }) => [tree(words), Object.keys(scenes)]);
    }""")
    assert keys[0] == keys[1]
    assert keys[0][1] == list(blank.known["scenes"])


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_it_fits_a_phone(browser, assets, scheme):
    page = opened(browser, f"{assets}figure", viewport={"width": 390, "height": 844})
    page.evaluate(f"document.body.dataset.mdColorScheme = '{scheme}'")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.close()
