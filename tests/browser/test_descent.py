"""The figure with sliders: its script computes what torch does, and moves the path."""

import json
import re

import pytest
import torch
from gradient_descent import CURVATURE
from momentum import bowl_path
from sliders import drawn, engine

START = torch.tensor([-7.9, 2.5], dtype=torch.float64)


@pytest.fixture(scope="module")
def script():
    return engine("descent.js")


@pytest.mark.parametrize("momentum", [0.0, 0.6, 0.99])
@pytest.mark.parametrize("lr", [0.0, 0.04, 0.08, 0.1])
def test_the_script_walks_as_torch_does(script, lr, momentum):
    arguments = CURVATURE.tolist(), START.tolist(), lr, momentum, 60
    call = ", ".join(map(json.dumps, arguments))
    way = json.loads(script.eval(f"JSON.stringify(descentPath({call}))"))
    expected = bowl_path(lr, momentum, 60, START)
    torch.testing.assert_close(
        torch.tensor(way, dtype=torch.float64), expected, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_script_puts_points_where_the_figure_has_them(script, site, language):
    root = site if language == "zh" else site / "en"
    settings, marks, numbers = drawn(
        root / "momentum", "data-descent", "playground", ("start", "minimum")
    )
    call = ", ".join(map(json.dumps, (settings["start"], *marks)))
    script.eval(f"var place = descentPlace({call})")
    lr, momentum = settings["lr"], settings["momentum"]
    start = torch.tensor(settings["start"], dtype=torch.float64)
    # Beyond the first steps matplotlib leaves out points that the eye cannot tell.
    way = bowl_path(lr, momentum, 5, start).tolist()
    placed = json.loads(script.eval(f"JSON.stringify({json.dumps(way)}.map(place))"))
    flat = [number for point in placed for number in point]
    assert flat == pytest.approx(numbers[: len(flat)], abs=0.01)


def test_the_sliders_move_the_path_across_the_edge(browser, address):
    page = browser.new_page()
    page.goto(f"{address}en/momentum/")
    said, points = page.evaluate("""() => {
      const [lr, momentum] = document.querySelectorAll(".descent-controls input");
      const said = [];
      for (const [a, b] of [[0.99, 0], [1.01, 0], [1.01, 0.5]]) {
        lr.value = a; momentum.value = b;
        lr.dispatchEvent(new Event("input"));
        said.push(document.querySelector(".descent-controls output").textContent);
      }
      const d = document.querySelector("#playground-way path").getAttribute("d");
      return [said, d.split("L").length];
    }""")
    page.close()
    assert [re.search(r"[<>=](?= 2\()", line).group() for line in said] == [*"<><"]
    ends = [float(re.search(r"min = (\S+)", line).group(1)) for line in said]
    assert ends[0] > 1e-3
    assert ends[1] > 50 * ends[0]
    assert ends[2] < ends[0]
    assert points == 61
