"""One thread, then doctests: sybil collects the docstrings of snippets and hooks."""

import os

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import pytest
import torch
from sybil import Sybil
from sybil.parsers.rest import DocTestParser

torch.set_num_threads(1)

pytest_collect_file = Sybil(
    parsers=[DocTestParser()],
    patterns=["snippets/*.py", "docs/hooks/*.py"],
).pytest()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the examples of a docstring, and the tests of the site, in one process."""
    for item in items:
        alone = item.get_closest_marker("xdist_group") or "test_executor" in item.nodeid
        if not alone:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
