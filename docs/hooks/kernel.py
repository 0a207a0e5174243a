"""What mkdocs-jupyter runs a lab in: nbconvert's runner, held to the rules of cells."""

from __future__ import annotations

import os

from nbconvert import preprocessors
from nbconvert.preprocessors import (
    CellExecutionError,
    CoalesceStreamsPreprocessor,
    ExecutePreprocessor,
)
from runner import one_line, reason_for


class Failure(Exception):
    """The number of the cell that failed, from 0, and the reason in one line."""


class Kernel(ExecutePreprocessor):
    """A kernel without a port; it stops at the first cell that fails."""

    def create_kernel_manager(self):
        """Return what starts the kernel, not behind a port that others could reach."""
        manager = super().create_kernel_manager()
        if os.name != "nt":
            manager.transport, manager.ip = "ipc", os.path.abspath("kernel")
        return manager

    def preprocess_cell(self, cell, resources, index):
        """Run a cell, and join what it printed, which comes in pieces by the clock.

        Raises Failure for an exception, or for what went to standard error.
        """
        try:
            super().preprocess_cell(cell, resources, index)
        except CellExecutionError as error:
            raise Failure(index, one_line(f"{error.ename}: {error.evalue}")) from None
        except Exception as error:
            raise Failure(index, reason_for(error)) from None
        CoalesceStreamsPreprocessor().preprocess_cell(cell, resources, index)
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                reason = f"it writes to standard error: {output.text}"
                raise Failure(index, one_line(reason))
        return cell, resources


preprocessors.ExecutePreprocessor = Kernel  # which nbconvert finds by this name
