"""The real site, built once for all tests that look at it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Return the real site, built strictly and with no cache."""
    directory = tmp_path_factory.mktemp("built") / "site"
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(directory)],
        cwd=ROOT,
        env=os.environ | {"CELL_CACHE": "", "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        text=True,
    )
    assert build.returncode == 0, build.stderr
    return directory
