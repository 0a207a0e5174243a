"""The figure of bias correction: its script computes what the page's snippet does."""

import json
import re

import pytest
import torch
from adam import missing_factor
from sliders import drawn, engine

BETAS = [(0.9, 0.999), (0.9, 0.9), (0.0, 0.999), (0.99, 0.9999), (0.0, 0.0)]


@pytest.fixture(scope="module")
def script():
    return engine("correction.js")


@pytest.mark.parametrize("betas", BETAS)
def test_the_script_computes_what_the_snippet_does(script, betas):
    t = torch.arange(1, 100_001, dtype=torch.float64)
    expected = missing_factor(t, *betas)
    beta1, beta2 = betas
    some = [1, 2, 12, 1000, 100_000]
    call = f"JSON.stringify({some}.map(t => correctionFactor(t, {beta1}, {beta2})))"
    assert json.loads(script.eval(call)) == pytest.approx(
        [expected[step - 1].item() for step in some], rel=1e-9
    )
    call = f"JSON.stringify(correctionSteps({beta1}, {beta2}, 100000))"
    found = json.loads(script.eval(call))
    off = expected.log().abs()
    assert off[found["worst"] - 1] == pytest.approx(off.max().item(), abs=1e-9)
    wrong = (expected - 1).abs() > 0.01
    assert found["within"] == (int(t[wrong].max()) + 1 if wrong.any() else 1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_script_puts_points_where_the_figure_has_them(script, site, language):
    root = site if language == "zh" else site / "en"
    settings, seen, numbers = drawn(
        root / "adam", "data-correction", "betas", ("first", "worst")
    )
    ends = [
        (t, missing_factor(torch.tensor(t, dtype=torch.float64)).item())
        for t in (1, settings["last"])
    ]
    arguments = json.dumps(settings["marks"]), json.dumps(seen)
    script.eval(f"var place = correctionPlace({', '.join(arguments)})")
    placed = json.loads(script.eval(f"JSON.stringify({json.dumps(ends)}.map(place))"))
    assert placed[0] == pytest.approx(numbers[:2], abs=0.01)
    # Figures are drawn to hundredths, and the last point is far from the marks.
    assert placed[1] == pytest.approx(numbers[-2:], abs=0.02)


def test_the_sliders_redraw_the_curve(browser, address):
    page = browser.new_page()
    page.goto(f"{address}en/adam/")
    said, curves, value = page.evaluate("""() => {
      const [first, second] = document.querySelectorAll(
        "[data-correction] input");
      const curve = () => document.querySelector("#betas-way path").getAttribute("d");
      const said = [], drawn = new Set([curve()]);
      for (const [a, b] of [[1, 3], [1, 1], [0, 3]]) {
        first.value = a; second.value = b;
        first.dispatchEvent(new Event("input"));
        said.push(document.querySelector("[data-correction] output").textContent);
        drawn.add(curve());
      }
      return [said, drawn.size, first.ariaValueText];
    }""")
    page.close()
    assert [re.search(r"t = 1: × ([\d.]+)", line)[1] for line in said] == [
        "3.162",
        "0.316",
        "31.623",
    ]
    assert "t = 12: × 6.568" in said[0] or "t = 12: × 6.569" in said[0]
    assert curves == 3  # the first setting is the one that was drawn
    assert value == "0"
