"""How smoothly the playground plays on a slow processor."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from conftest import CHROMIUM, served

RATES = 4, 6  # how many times slower the processor is made
REST = 3.0  # seconds for which a page is watched at which nothing moves
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# The gaps between frames in ms: for that many seconds, or while a scene plays.
GAPS = """async (seconds) => {
  const next = () => new Promise(requestAnimationFrame);
  const player = document.querySelector(".explore-player");
  const [toStart, , play] = player.querySelectorAll("button");
  const scrub = player.querySelector("input");
  if (!seconds) {
    toStart.click();
    play.click();
  }
  const gaps = [];
  const began = await next();
  let now = began;
  do {
    const before = now;
    now = await next();
    gaps.push(now - before);
  } while (seconds ? now - began < 1000 * seconds : scrub.value !== scrub.max);
  return gaps;
}"""


def frames(site: Path) -> Iterator[tuple[int, str, str, list[float]]]:
    """Yield rate, scene, its steps, and the ms between the frames while it plays.

    The first of each rate is the same page at rest. Of a phone 390 px wide only the
    width is there, and its slow processor; what would be a GPU's work is not slowed.
    """
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{address}en/playground/")
        page.locator("[data-explore]").scroll_into_view_if_needed()
        page.locator("[data-explore][data-ready]").wait_for(timeout=120_000)
        page.locator(".explore-picture").scroll_into_view_if_needed()
        scenes = page.locator(".explore-scene select").first
        options = "each => [...each.options].map((option) => option.value)"
        slow = page.context.new_cdp_session(page)
        for rate in RATES:
            slow.send("Emulation.setCPUThrottlingRate", {"rate": rate})
            yield rate, "at rest", "", page.evaluate(GAPS, REST)
            for scene in filter(None, scenes.evaluate(options)):
                scenes.select_option(scene)
                page.evaluate(GAPS, 0.5)  # until what it draws first is drawn
                steps = page.locator(".explore-player input").get_attribute("max")
                yield rate, scene, steps, page.evaluate(GAPS, 0)
        browser.close()


def table(site: Path) -> None:
    """Print frames a second, and the median and the worst gap between two."""
    print("\n### The playground, 390 px wide\n")
    print("| processor | scene | steps | frames/s | median gap, ms | worst, ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for rate, scene, steps, gaps in frames(site):
        number = 1000 * len(gaps) / sum(gaps)
        print(
            f"| 1/{rate} | {scene} | {steps} | {number:.1f} | {median(gaps):.1f} | "
            f"{max(gaps):.1f} |",
            flush=True,
        )
