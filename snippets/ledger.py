"""The versions on which the verdicts of the ledger rest.

>>> import torch
>>> torch.__version__.partition(".")[0]
'2'
"""

if __name__ == "__main__":
    # --8<-- [start:versions]
    import platform

    import torch

    print("Python", platform.python_version())
    print("torch ", torch.__version__)
    # --8<-- [end:versions]
