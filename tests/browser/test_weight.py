"""What the explorable figures weigh, as a host sends them."""

import pytest

# Compressed bytes of all that a figure brings; of the schedules', beyond what the
# others bring too. Each program comes when it is opened.
BUDGETS = {"loss-explorer": 35_000, "playground": 60_000, "schedule-explorer": 15_000}
FOUNDATION = {"explore.js", "frame.js", "d3.js", "explore.css"}
SIZES = """() => performance.getEntriesByType("resource")
  .filter(({name}) => /assets\\/(explore|vendor)/.test(name))
  .map(({name, encodedBodySize}) => [name.split("/").pop(), encodedBodySize])"""


def weights(browser, address: str, name: str) -> dict[str, int]:
    """Return what a page's figure brings, by file, in compressed bytes."""
    page = browser.new_page()
    page.goto(f"{address}{name}/")
    page.wait_for_selector("[data-ready]")
    found = dict(page.evaluate(SIZES))
    page.close()
    return found


@pytest.mark.parametrize("language", ["", "en/"], ids=["zh", "en"])
@pytest.mark.parametrize("name", BUDGETS)
def test_a_figure_is_light(browser, address, name, language):
    found = weights(browser, address, language + name)
    assert found.keys() >= FOUNDATION
    if name == "schedule-explorer":
        found = {file: size for file, size in found.items() if file not in FOUNDATION}
    print(sum(found.values()), found)
    assert len(found) >= 4
    assert sum(found.values()) <= BUDGETS[name], found


def test_the_program_of_a_schedule_comes_on_demand(browser, address):
    assert "scheduler_code.js" not in weights(browser, address, "schedule-explorer")
