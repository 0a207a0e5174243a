"""The versions on which the verdicts of the ledger rest."""

# --8<-- [start:versions]
import platform

import torch


def versions() -> dict[str, str]:
    """Return the versions of Python and torch, as text.

    >>> list(versions())
    ['Python', 'torch']
    """
    return {"Python": platform.python_version(), "torch": torch.__version__}


# --8<-- [end:versions]


if __name__ == "__main__":
    # --8<-- [start:print]
    for name, version in versions().items():
        print(name, version)
    # --8<-- [end:print]
