"""The page `ledger` as a script: it prints what the page shows."""

# --8<-- [start:versions]
import platform

import torch

print("Python", platform.python_version())
print("torch ", torch.__version__)
# --8<-- [end:versions]
