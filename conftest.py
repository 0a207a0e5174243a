"""One thread, then doctests: sybil collects the docstrings of snippets and hooks."""

import os

import pytest

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

# Tests serve on loopback, which no proxy reaches.
for name in ("no_proxy", "NO_PROXY"):
    os.environ[name] = f"127.0.0.1,localhost,{os.environ.get(name, '')}"

from sybil import Sybil
from sybil.parsers.rest import DocTestParser

pytest_collect_file = Sybil(
    parsers=[DocTestParser()],
    patterns=["snippets/*.py", "snippets/trials/*.py", "docs/hooks/book/*/*.py"],
).pytest()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config) -> int:
    """Return how many processes run tests: one more than cores, since tests wait.

    No more than eight, since each takes memory and a browser of its own. Those of one
    page are few, and those without a site do not wait: not one more for them.
    """
    swift = config.getoption("page", None) or "not site" in config.option.markexpr
    waiting = 0 if swift else 1
    return min(8, waiting + (os.cpu_count() or 1))
