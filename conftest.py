"""One thread, then doctests: sybil collects the docstrings of snippets and hooks."""

import os

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
