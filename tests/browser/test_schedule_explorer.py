"""The schedule explorer follows torch, and its program prints its numbers."""

import inspect
import itertools
import math
import random
import re
import subprocess
import sys
import warnings

import pytest
import torch
from axe import AXE, COLORS, TAGS
from programs import python
from torch.optim import lr_scheduler

NAMES = sorted(set(lr_scheduler.__all__) - {"LRScheduler"})
STEPS = 400  # each of the rules below is at its end before
LR = 0.1
KNOTS = [2.3, 1.5, 1.1, 0.9, 0.9, 0.9, 0.7, 0.7, 0.7]
FALLS = [-0.2, -0.6, -0.9, -1, -1, -1, -1, -1, -1]
SETTINGS = {
    "LambdaLR": [
        {"lr_lambda": name, "T": T}
        for name in ("rest", "hyperbola", "noam")
        for T in (1, 100)
    ],
    "MultiplicativeLR": [
        {"lr_lambda": name, "T": T}
        for name in ("slower", "now", "ratio")
        for T in (2, 30)
    ],
    "StepLR": [{"step_size": 30}, {"step_size": 1, "gamma": 0.9}, {"step_size": 7}],
    "MultiStepLR": [
        {"milestones": [30, 80]},
        {"milestones": [200, 50, 50], "gamma": 0.3},
        {"milestones": []},
    ],
    "ConstantLR": [
        {},
        {"factor": 0.25, "total_iters": 100},
        {"factor": 0.3, "total_iters": 0},
        {"factor": 0},
        {"factor": 1.5},
    ],
    "LinearLR": [
        {},
        {"start_factor": 0.01, "total_iters": 100},
        {"start_factor": 1, "end_factor": 0, "total_iters": 300},
        {"total_iters": 0},
        {"start_factor": 0},
        {"end_factor": 1.5},
    ],
    "ExponentialLR": [{"gamma": 0.98}, {"gamma": 1.01}, {"gamma": 0}],
    "PolynomialLR": [
        {},
        {"total_iters": 300, "power": 2},
        {"total_iters": 150, "power": 0.7},
        {"total_iters": 9, "power": 0},
    ],
    "CosineAnnealingLR": [
        {"T_max": 1},
        {"T_max": 50},
        {"T_max": 100, "eta_min": 0.01},
        {"T_max": 390},
        {"T_max": 60, "eta_min": 0.2},
    ],
    "CosineAnnealingWarmRestarts": [
        {"T_0": 1},
        {"T_0": 40, "T_mult": 2},
        {"T_0": 30, "eta_min": 0.01},
    ],
    "CyclicLR": [
        {"base_lr": 0.01, "max_lr": 0.1},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 30, "mode": "triangular2"},
        {"base_lr": 0.02, "max_lr": 1, "step_size_up": 10, "step_size_down": 33},
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 7,
            "mode": "exp_range",
            "gamma": 0.99,
            "base_momentum": 0.7,
        },
        {"base_lr": 0.01, "max_lr": 0.3, "step_size_up": 9, "cycle_momentum": False},
    ],
    "OneCycleLR": [
        {"max_lr": 0.1, "total_steps": 300},
        {"max_lr": 1, "total_steps": 350, "three_phase": True, "pct_start": 0.4},
        {
            "max_lr": 0.1,
            "total_steps": 99,
            "anneal_strategy": "linear",
            "div_factor": 10,
            "final_div_factor": 100,
        },
        {"max_lr": 0.1, "total_steps": 500, "cycle_momentum": False},
        {"max_lr": 0.1, "total_steps": 10, "pct_start": 0.1},
        {"max_lr": 0.1, "total_steps": 100, "pct_start": 2},
    ],
    "ReduceLROnPlateau": [
        {},
        {"factor": 0.5, "patience": 5, "cooldown": 4},
        {"factor": 0.5, "threshold_mode": "abs", "threshold": 0.3, "min_lr": 0.01},
        {"mode": "max", "factor": 0.7, "patience": 0, "eps": 1e-3},
        {"factor": 1},
    ],
}
COMPOSED = {
    "SequentialLR": [
        ([20], ["LinearLR", 1], ["CosineAnnealingLR", 1]),
        ([10], ["LinearLR", 1], ["CosineAnnealingLR", 3]),
        ([150], ["LinearLR", 1], ["ExponentialLR", 0]),
        ([0], ["StepLR", 0], ["PolynomialLR", 1]),
        ([30, 60], ["ConstantLR", 1], ["MultiplicativeLR", 1], ["StepLR", 0]),
        (
            [30, 60],
            ["LambdaLR", 1],
            ["CosineAnnealingWarmRestarts", 1],
            ["LinearLR", 0],
        ),
        ([40], ["CyclicLR", 1], ["OneCycleLR", 0]),
        ([40], ["OneCycleLR", 0], ["CyclicLR", 3]),
        ([40], ["LinearLR", 3], ["MultiplicativeLR", 5]),
        ([40], ["ConstantLR", 2], ["LinearLR", 3]),
        ([20, 20], ["StepLR", 0], ["CosineAnnealingLR", 1], ["ExponentialLR", 0]),
        ([20], ["LinearLR", 1]),
    ],
    "ChainedScheduler": [
        (["LinearLR", 1], ["ExponentialLR", 0]),
        (["LinearLR", 1], ["LambdaLR", 3]),
        (["LambdaLR", 3], ["LinearLR", 1]),
        (["CosineAnnealingLR", 1], ["LinearLR", 1], ["StepLR", 0]),
        (["ConstantLR", 1], ["CosineAnnealingLR", 2], ["PolynomialLR", 2]),
        (["CyclicLR", 1], ["OneCycleLR", 0]),
        (["OneCycleLR", 0], ["CyclicLR", 2]),
        (["MultiStepLR", 1],),
        (["StepLR", 0], ["CosineAnnealingWarmRestarts", 2]),
        (["LinearLR", 4], ["StepLR", 0]),
    ],
}
SETUP = """async () => {
  const modules = ["schedulers", "scheduler_code", "scheduler_scenes",
    "schedule_explorer", "frame"];
  const load = (each) => import(`./explore/${each}.js`);
  const loaded = await Promise.all(modules.map(load));
  globalThis.all = Object.assign({}, ...loaded);
  const bare = ({ options, needs = [] }) => ({ options, needs });
  const pairs = Object.entries(all.RULES).map(([name, rule]) => [name, bare(rule)]);
  const texts = (each) => Object.fromEntries(
    Object.entries(each).map(([name, [, text]]) => [name, text("T")]));
  const lambdas = Object.entries(all.LAMBDAS)
    .map(([rule, each]) => [rule, texts(each)]);
  return { rules: Object.fromEntries(pairs), lambdas: Object.fromEntries(lambdas),
    scenes: all.SCENES };
}"""
FOLLOW = """([scene, curve]) => {
  const metrics = all.metricsOf(scene);
  return { ...all.follow({ ...scene, metrics }, curve), metrics };
}"""


FIGURE = "schedules"  # of the pages that the fixtures `assets` and `blank` serve
SHEET = "/site.css"


@pytest.fixture
def figure(browser, assets):
    """Return what opens the explorer; no message may reach the console."""
    pages, said = [], []

    def open_figure(path="en/figure", **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(assets + path)
        page.wait_for_selector("[data-ready]")
        return page

    yield open_figure
    for page in pages:
        page.close()
    assert not said


def scene(**changes) -> dict:
    return {"lr": LR, "steps": STEPS, "knots": KNOTS, "noise": 0.1} | changes


def composed(rule: str, index: int) -> dict:
    """Return a curve of COMPOSED."""
    parts = COMPOSED[rule][index]
    options = {"milestones": parts[0]} if rule == "SequentialLR" else {}
    return {
        "rule": rule,
        "options": options,
        "parts": [
            {"rule": name, "options": SETTINGS[name][i]}
            for name, i in parts[len(options) :]
        ],
    }


def built(page, optimizer, curve: dict):
    """Return torch's scheduler for a curve."""
    rule, options = curve["rule"], dict(curve["options"])
    made = getattr(lr_scheduler, rule)
    if "parts" in curve:
        parts = [built(page, optimizer, part) for part in curve["parts"]]
        if rule == "ChainedScheduler":
            return made(parts)
        return made(optimizer, parts, options["milestones"])
    if "lr_lambda" in page.known["rules"][rule]["options"]:
        options = page.known["rules"][rule]["options"] | options
        text = page.known["lambdas"][rule][options["lr_lambda"]]
        return made(optimizer, eval(f"lambda t: {text}", {"math": math} | options))
    for name in page.known["rules"][rule]["needs"]:
        options.setdefault(name, page.known["rules"][rule]["options"][name])
    if "pct_start" in options:
        options["pct_start"] = float(options["pct_start"])
    return made(optimizer, **options)


def torchs(page, curve: dict, metrics: list[float], lr=LR, steps=STEPS) -> dict:
    """Return what torch sets at t = 0 … steps, and what it raises."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr, momentum=0.9)
    path = {"rates": [], "momenta": [], "sums": [], "error": None}
    total = 0.0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler = built(page, optimizer, curve)
            for t in range(steps + 1):
                if t:
                    watches = curve["rule"] == "ReduceLROnPlateau"
                    scheduler.step(*([metrics[t - 1]] if watches else []))
                group = optimizer.param_groups[0]
                path["rates"].append(group["lr"])
                path["momenta"].append(group["momentum"])
                path["sums"].append(total)
                total += group["lr"]
    except (ValueError, ArithmeticError) as error:
        text = f"{type(error).__name__}: {error}"
        path["error"] = {"t": len(path["rates"]), "text": text}
    return path


def compare(page, curve: dict, **changes) -> tuple[float, dict, dict]:
    """Return how far the explorer is from torch, by the largest value, and both."""
    view = scene(**changes)
    ours = page.evaluate(FOLLOW, [view, curve])
    theirs = torchs(page, curve, ours.pop("metrics"), view["lr"], view["steps"])
    assert ours["error"] == theirs["error"], curve
    gaps = [0.0]
    for name in ("rates", "momenta", "sums"):
        size = max(map(abs, theirs[name]), default=1) or 1
        pairs = zip(ours[name], theirs[name], strict=True)
        gaps += [abs(a - b) / size if math.isfinite(a) else math.inf for a, b in pairs]
    return max(gaps), ours, theirs


CASES = [(name, i) for name, some in SETTINGS.items() for i in range(len(some))]


@pytest.mark.parametrize(("name", "index"), CASES)
def test_each_curve_is_torchs(blank, name, index):
    curve = {"rule": name, "options": SETTINGS[name][index]}
    metrics = {"knots": FALLS, "noise": 0} if index == 2 else {}
    gap, ours, theirs = compare(blank, curve, **metrics)
    assert gap <= 1e-12
    if name != "ReduceLROnPlateau" and theirs["rates"]:  # relative to each value
        pairs = zip(ours["rates"], theirs["rates"], strict=True)
        assert all(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300) for a, b in pairs)


@pytest.mark.parametrize(
    ("name", "index"),
    [(name, i) for name, some in COMPOSED.items() for i in range(len(some))],
)
def test_each_composed_curve_is_torchs(blank, name, index):
    gap, *_ = compare(blank, composed(name, index))
    assert gap <= 1e-12


def test_any_two_or_three_rules_together_are_torchs(blank):
    draw = random.Random(0)
    simple = [name for name in SETTINGS if name != "ReduceLROnPlateau"]
    for _ in range(80):
        kind = draw.choice(sorted(COMPOSED))
        chosen = draw.choices(simple, k=draw.choice([2, 3]))
        parts = [
            {"rule": name, "options": draw.choice(SETTINGS[name])} for name in chosen
        ]
        marks = sorted(draw.randrange(200) for _ in parts[1:])
        options = {"milestones": marks} if kind == "SequentialLR" else {}
        curve = {"rule": kind, "options": options, "parts": parts}
        gap, *_ = compare(blank, curve, lr=draw.choice([0.1, 0.003, 2]))
        assert gap <= 1e-12, curve


def test_the_curves_are_torchs_to_the_bit_where_cos_is(blank):
    points = [math.pi * t / T for T in (50, 100, 390) for t in range(STEPS)]
    theirs = [math.cos(x) for x in points]
    if blank.evaluate("(points) => points.map(Math.cos)", points) != theirs:
        pytest.skip("a browser whose cosine is not that of Python's C library")
    curves = [{"rule": name, "options": SETTINGS[name][i]} for name, i in CASES]
    curves += [
        composed(name, i) for name, some in COMPOSED.items() for i in range(len(some))
    ]
    assert not [curve for curve in curves if compare(blank, curve)[0]]


def test_all_of_torchs_schedulers_are_there_with_its_defaults(blank):
    public = {
        name
        for name, each in vars(lr_scheduler).items()
        if inspect.isclass(each) and not name.startswith("_")
        if issubclass(each, lr_scheduler.LRScheduler)
    } - {"LRScheduler"}
    assert sorted(public) == NAMES
    assert len(NAMES) == 15
    rules = blank.known["rules"]
    assert sorted(rules) == NAMES
    left_out = {"optimizer", "last_epoch", "schedulers", "epochs", "steps_per_epoch"}
    left_out |= {"scale_fn", "scale_mode"}
    for name, rule in rules.items():
        taken = inspect.signature(getattr(lr_scheduler, name)).parameters
        assert set(taken) - left_out == set(rule["options"]) - {"T"}, name
        for option, value in rule["options"].items():
            default = taken[option].default if option != "T" else inspect._empty
            if option in rule["needs"]:
                assert default in (inspect._empty, None), (name, option)
            else:
                assert default == value, (name, option)


def test_every_case_is_past_its_end_or_has_none(blank):
    """What is compared with torch holds what comes after a rule's end."""
    for name, index in CASES:
        curve = {"rule": name, "options": SETTINGS[name][index]}
        ends = blank.evaluate("(curve) => all.ends(curve)", curve)
        assert all(end < STEPS for end in ends) or name == "OneCycleLR"


def test_a_closed_form_that_is_off_by_one_is_noticed(blank):
    curve = {"rule": "CosineAnnealingLR", "options": {"T_max": 100}}
    ours = blank.evaluate(FOLLOW, [scene(), curve])
    curve["options"]["T_max"] = 101
    theirs = torchs(blank, curve, [])
    assert (
        max(abs(a - b) for a, b in zip(ours["rates"], theirs["rates"], strict=True))
        > 1e-4
    )


def run_program(program: str) -> list[str]:
    ran = python("-W", "error", "-c", program)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


NUMBERS = """() => [...document.querySelectorAll(".explore-table tbody tr")].map(
  (row) => [...row.querySelectorAll("td")].map((td) => td.textContent))"""
PARTS = "SequentialLR,milestones=20:50*LinearLR,start_factor=0.01,total_iters=20"
PARTS += "*CosineAnnealingLR,T_max=30,eta_min=0.001*LambdaLR,lr_lambda=noam,T=12"
QUERIES = [
    "",
    f"?steps=120&t=77&lr=0.03&curves={PARTS};StepLR;MultiStepLR,milestones=30:60:60",
    "?steps=110&t=100&curves=OneCycleLR,three_phase=true,anneal_strategy=linear"
    ";CyclicLR,mode=exp_range,gamma=0.99,step_size_up=7;ConstantLR;ExponentialLR,gamma=1",
    "?steps=110&t=101&curves=OneCycleLR;LinearLR,start_factor=0;PolynomialLR,power=0.5"
    ";ConstantLR,factor=0,total_iters=30;CosineAnnealingWarmRestarts,T_0=7,T_mult=2",
    "?steps=200&t=150&metric=3:2:1:1:1:0.5:0.5:0.5:0.5&noise=0.1&curves="
    "ReduceLROnPlateau,factor=0.5,patience=4,cooldown=2;ReduceLROnPlateau,mode=max"
    ";MultiplicativeLR,lr_lambda=ratio",
    "?steps=90&t=90&metric=1:1:1:1:1:1:1:1:1&curves=ReduceLROnPlateau,threshold=0"
    ";ChainedScheduler*LinearLR*ExponentialLR,gamma=0.97*StepLR,step_size=40;OneCycleLR",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_program_prints_the_numbers_on_the_screen(figure, query, tmp_path):
    page = figure(f"en/figure{query}")
    page.locator(".explore-torch > summary").click()
    page.wait_for_function("document.querySelector('.explore-code code').textContent")
    program = page.locator(".explore-code code").text_content()
    seen = page.evaluate(NUMBERS)
    printed = run_program(program)
    assert len(printed) == len(seen) > 1
    for line, cells in zip(printed, seen, strict=True):
        assert ([line] if "Error" in line else line.split()[1:]) == cells
    path = tmp_path / "program.py"
    path.write_text(program, "utf-8")
    for command in (["check", "--isolated"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, path]
        subprocess.run(ruff, check=True, capture_output=True)


def test_the_numbers_are_torchs(figure):
    page = figure("en/figure?steps=300&t=150&curves=CosineAnnealingLR;StepLR")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
    total = 0.0
    for _ in range(150):
        total += scheduler.get_last_lr()[0]
        optimizer.step()
        scheduler.step()
    numbers = [scheduler.get_last_lr()[0], total, 0.9]
    assert page.evaluate(NUMBERS)[0] == [f"{x:.6e}" for x in numbers]


@pytest.mark.parametrize("query", QUERIES[1:])
def test_the_address_comes_back(blank, query):
    state = blank.evaluate("(query) => all.readAddress(query)", query)
    address = blank.evaluate("(state) => all.writeAddress(state)", state)
    text = "&".join(f"{name}={value}" for name, value in address.items())
    assert blank.evaluate("(query) => all.readAddress(query)", text) == state
    written = dict(re.findall(r"(\w+)=([^&]*)", query))
    assert {name: str(address[name]) for name in written} == written


def test_an_address_that_makes_no_sense_is_mended(blank):
    bad = (
        "lr=x&steps=-5&t=1e9&metric=1:2&noise=NaN&curves=constructor;StepLR,__proto__=1"
    )
    bad += ",gamma=x,step_size=-3.4;SequentialLR*SequentialLR;ChainedScheduler*toString"
    bad += ";MultiStepLR,milestones=80:x:30;CyclicLR,mode=min,step_size_down=null"
    state = blank.evaluate("(query) => all.readAddress(query)", bad)
    assert state["scene"]["lr"] == LR
    assert state["t"] == state["scene"]["steps"] == 1
    step, sequence, chain, multi, cyclic = state["curves"]
    assert step == {"rule": "StepLR", "options": {"step_size": 1}}
    assert sequence["parts"][0]["rule"] == "LinearLR"
    assert len(chain["parts"]) == 2
    assert multi["options"] == {"milestones": [30, 80]}
    assert cyclic["options"] == {"step_size_down": None}
    assert blank.evaluate("() => all.readAddress('').curves") == []


def test_the_state_survives_a_reload(figure):
    page = figure("figure", reduced_motion="reduce")
    assert "?" not in page.url
    scenes = page.locator(".explore-scene select").first
    scenes.focus()
    page.keyboard.press("ArrowDown")  # the next scene, and the focus stays
    assert page.evaluate("document.activeElement.value") == "warmup"
    page.get_by_label("lr 轴").select_option("log")
    page.get_by_label("调度器 2", exact=True).select_option(
        "CosineAnnealingWarmRestarts"
    )
    field = page.locator(".explore-card").nth(1).get_by_label("T_mult").first
    field.fill("2")
    field.press("Enter")
    page.wait_for_url("**T_mult=2*")
    seen = page.evaluate(NUMBERS)
    drawn = """() => [...document.querySelectorAll(".explore-lines path")]
      .filter((each) => each.checkVisibility()).map((each) => each.getAttribute("d"))"""
    shapes = page.evaluate(drawn)
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.evaluate(NUMBERS) == seen
    page.wait_for_function(  # the chart is drawn anew once it knows its width
        f"(shapes) => JSON.stringify(({drawn})()) === JSON.stringify(shapes)",
        arg=shapes,
    )
    assert shapes
    assert page.get_by_label("lr 轴").input_value() == "log"


def test_keys_go_from_step_to_step(figure):
    page = figure("en/figure?steps=150&t=30&curves=StepLR;ExponentialLR")
    step = page.get_by_role("slider", name="Step", exact=True)
    assert page.evaluate(NUMBERS)[0][0] == f"{0.01:.6e}"
    step.focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".explore-count").text_content() == "t = 29 / 150"
    assert page.evaluate(NUMBERS)[0][0] == f"{0.1:.6e}"
    assert step.get_attribute("aria-valuetext") == "Step 29"
    said = page.locator("[aria-live].explore-hidden").text_content()
    assert said.startswith("t = 29. StepLR: 0.1;")
    page.keyboard.press("End")
    assert page.locator(".explore-count").text_content() == "t = 150 / 150"
    page.get_by_role("button", name="One step back").press("Enter")
    page.wait_for_url("**t=149*")


def test_the_pointer_looks_at_a_step_and_a_press_keeps_it(figure):
    page = figure("en/figure?steps=100&t=100&curves=StepLR;ExponentialLR")
    box = page.locator(".schedule-chart svg").bounding_box()
    count = page.locator(".explore-count")

    def over(share):
        page.mouse.move(box["x"] + 46 + share * (box["width"] - 62), box["y"] + 100)

    over(0.5)
    assert count.text_content() == "t = 50 / 100"
    assert page.evaluate(NUMBERS)[0][0] == f"{0.1 * 0.1:.6e}"
    page.mouse.move(box["x"] + 50, box["y"] + 700)
    assert count.text_content() == "t = 100 / 100"
    over(0.2)
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(box["x"] + 50, box["y"] + 700)
    assert count.text_content() == "t = 20 / 100"
    page.wait_for_url("**t=20*")


def test_a_metric_is_shaped_by_dragging_and_by_keys(figure):
    page = figure("en/figure?steps=80&curves=ReduceLROnPlateau,patience=3;StepLR")
    before = page.evaluate(NUMBERS)[0]
    knot = page.get_by_role("slider", name="Knot 5 of the metric")
    knot.focus()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    assert float(knot.get_attribute("aria-valuenow")) < 0.9
    assert page.evaluate(NUMBERS)[0] != before
    page.wait_for_url("**metric=*")
    box = knot.bounding_box()
    value = knot.get_attribute("aria-valuenow")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] - 30, steps=4)
    page.mouse.up()
    assert float(knot.get_attribute("aria-valuenow")) > float(value)
    page.get_by_label("Shape").select_option("negative")
    assert float(knot.get_attribute("aria-valuenow")) == -1


def test_schedulers_and_parts_come_and_go_and_the_focus_stays(figure):
    page = figure(
        "en/figure?steps=100&curves=SequentialLR*LinearLR*ExponentialLR;StepLR"
    )
    first = page.locator(".explore-card").first
    first.get_by_role("button", name="Add a part").click()
    message = first.locator(".explore-error").text_content()
    assert "number of schedulers 3" in message  # as torch says it
    field = first.get_by_label("milestones")
    field.fill("20, 60")
    field.press("Enter")
    assert first.locator(".explore-error").text_content() == ""
    pick = page.get_by_label("Part 2", exact=True)
    pick.focus()
    pick.select_option("CosineAnnealingLR")
    focus = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focus == "Part 2"
    page.get_by_role("button", name="Remove: Scheduler 2").click()
    assert len(page.evaluate(NUMBERS)) == 1
    for _ in range(5):
        page.get_by_role("button", name="Add a scheduler").click()
    assert len(page.evaluate(NUMBERS)) == 6
    assert page.get_by_role("button", name="Add a scheduler").count() == 0


def test_momentum_is_drawn_where_a_scheduler_moves_it(figure):
    page = figure(
        "en/figure?steps=100&curves=OneCycleLR;StepLR;CyclicLR,step_size_up=9"
    )
    chart = page.get_by_label("momentum", exact=True)
    assert chart.locator(".explore-lines path").count() == 2
    page.get_by_label("Scheduler 1", exact=True).select_option("StepLR")
    page.get_by_label("Scheduler 3", exact=True).select_option("StepLR")
    assert not chart.is_visible()


def test_where_a_rule_ends_there_is_a_ring_and_a_cross_where_torch_raises(figure):
    page = figure("en/figure?steps=150&t=0&curves=CosineAnnealingLR;OneCycleLR;StepLR")
    assert page.locator(".schedule-end").count() == 2
    assert page.locator(".schedule-marks path").count() == 1
    lines = page.locator(".schedule-chart .explore-lines path")
    assert lines.nth(1).get_attribute("d").count("L") == 100  # and no further
    assert lines.nth(0).get_attribute("d").count("L") == 150


def test_both_languages_say_all_there_is_to_say(blank):
    keys = blank.evaluate("""async () => {
      const load = (language) => import(`./explore/words/schedules.${language}.js`);
      const both = await Promise.all(["zh", "en"].map(load));
      const tree = (x) => typeof x === "object" && !Array.isArray(x)
        ? Object.entries(x).flatMap(([k, v]) => [k, ...tree(v)]) : [];
      return both.map(({ words, scenes }) => [tree(words), Object.keys(scenes)]);
    }""")
    assert keys[0] == keys[1]
    assert keys[0][1] == list(blank.known["scenes"])


def test_scenes_and_what_one_begins_with_are_as_they_are_meant(blank):
    """Nothing in a scene's address is lost when it is read."""
    for name, address in blank.known["scenes"].items():
        state = blank.evaluate("(query) => all.readAddress(query)", address)
        written = blank.evaluate("(state) => all.writeAddress(state)", state)
        assert f"curves={written['curves']}" in address, name
    shown = " ".join(blank.known["scenes"].values())
    assert {name for name in NAMES if name in shown} == set(NAMES)


def test_scenes_show_what_their_notes_say(blank):
    paths = blank.evaluate("""() => Object.fromEntries(Object.entries(all.SCENES).map(
      ([name, address]) => {
        const { scene, curves } = all.readAddress(address);
        const run = (more) => {
          const one = { ...scene, ...more };
          const metrics = all.metricsOf(one);
          return curves.map((curve) => all.follow({ ...one, metrics }, curve));
        };
        return [name, [run({}), run({ noise: 0 })]];
      }))""")

    def rates(name, calm=False):
        return [path["rates"] for path in paths[name][calm]]

    cosine, rests, polynomial = rates("after")
    assert cosine[100] == rests[100] == polynomial[100] == 0
    assert cosine[200] == pytest.approx(0.1)
    assert set(rests[100:]) == set(polynomial[100:]) == {0}
    meets, jumps, waits = rates("warmup")
    assert meets[20] == pytest.approx(0.1)
    assert 0.09 < meets[19] < meets[20]
    assert jumps[9] < 0.05
    assert jumps[10] == 0.1
    assert waits[20:41] == pytest.approx([0.1] * 21)
    cos, linear = rates("onecycle")
    assert min(cos) == cos[99] < cos[100]
    assert linear[100] < 0 < linear[99] == min(linear[:100])
    assert len(cos) == len(linear) == 101
    moved = paths["onecycle"][0][0]["momenta"]
    assert moved[0] > moved[29] < moved[99]
    step, _, exponential, cosine, polynomial = rates("decay")
    logs = [math.log(rate) for rate in exponential]
    assert [a - b for a, b in itertools.pairwise(logs)] == pytest.approx(
        [-math.log(0.955)] * 150
    )
    assert len({round(step[t] / step[t - 1], 9) for t in range(30, 150, 30)}) == 1
    for path in (cosine, polynomial):
        slopes = [path[t + 1] / path[t] for t in range(0, 149)]
        assert slopes == sorted(slopes, reverse=True)
    wiped, mess, kept = rates("wiped")
    assert wiped == pytest.approx([0.1 / (1 + t / 50) for t in range(151)])
    assert max(mess) > 0.5
    assert kept == pytest.approx(
        [
            0.1
            * (0.01 + 0.99 * min(t, 20) / 20)
            * math.prod(1 - 1 / (k + 50) for k in range(1, t + 1))
            for t in range(151)
        ]
    )
    hasty, patient = rates("plateau")
    assert len(set(hasty)) > 4
    assert set(patient) == {0.1}
    for path in rates("plateau", calm=True):
        assert set(path) == {0.1}
    relative, absolute = rates("negative")
    assert set(relative) == {0.1}
    assert absolute[-1] < 0.001
    refused, *level, divided = paths["zero"][0]
    assert refused["rates"] == []
    assert [set(path["rates"]) for path in level] == [{0.1 * 0.1}, {0.1 * 0.25}]
    assert divided["error"] == {
        "t": 20,
        "text": "ZeroDivisionError: float division by zero",
    }


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_its_page(figure, width, language):
    viewport = {"width": width, "height": 844}
    page = figure(f"{'en/' * (language == 'en')}figure", viewport=viewport)
    for name in ("warmup", "plateau", "zero", "waves"):
        page.locator(".explore-scene select").first.select_option(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


OPEN = "document.querySelectorAll('.explore details').forEach((d) => (d.open = true))"
RUN = """(runOnly) =>
  axe.run(".explore", { runOnly, resultTypes: ["violations"] })"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["", "en/"], ids=["zh", "en"])
def test_axe_finds_nothing_in_the_figure_as_it_is_used(
    browser, address, scheme, language
):
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    judged = {"type": "tag", "values": TAGS}
    if scheme == "dark":  # only colours are others there
        judged = {"type": "rule", "values": COLORS}
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}{language}schedule-explorer/")
    page.wait_for_selector("[data-ready]")
    page.evaluate(AXE)
    for name in ("plateau", "onecycle", "warmup"):
        page.locator(".explore-scene select").first.select_option(name)
        page.evaluate(OPEN)
        page.wait_for_function(
            "document.querySelector('.explore-code code').textContent"
        )
        found = page.evaluate(RUN, judged)["violations"]
        assert not [(each["id"], each["nodes"][0]["html"][:90]) for each in found], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
    assert not said
