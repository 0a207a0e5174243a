"""ruff finds nothing to mend and nothing to format."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_is_content(command):
    root = Path(__file__).parents[1]
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert ruff.returncode == 0, ruff.stdout + ruff.stderr
