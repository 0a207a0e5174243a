"""What mkdocs-jupyter runs a lab in: nbconvert's runner, held to the rules of cells."""

from __future__ import annotations

import os

from nbconvert import preprocessors
from nbconvert.preprocessors import (
    CellExecutionError,
    CoalesceStreamsPreprocessor,
    ExecutePreprocessor,
)
from traitlets import default

from .evaluate import OUTPUT_LIMIT, Bundle, best, one_line, reason_for


class Failure(Exception):
    """The number of the cell that failed, from 0, and the reason in one line."""


def bundle(output) -> Bundle:
    """Return an output of a notebook by MIME type: the best kind alone."""
    if output.output_type == "stream":
        return {"text/plain": output.text}
    return dict([best(output.data)])


class Kernel(ExecutePreprocessor):
    """A kernel without a port; it stops at the first cell that fails.

    shown: what each cell has put out so far.
    """

    shown: list[list[Bundle]] = []  # noqa: RUF012, since nbconvert makes the instance

    @default("extra_arguments")
    def _quietly(self):
        """Return what keeps the kernel from a log of its own: a failure is one line."""
        return ["--log-level=50"]

    def create_kernel_manager(self):
        """Return what starts the kernel, not behind a port that others could reach."""
        manager = super().create_kernel_manager()
        if os.name != "nt":
            manager.transport, manager.ip = "ipc", os.path.abspath("kernel")
        return manager

    def preprocess_cell(self, cell, resources, index):
        """Run a cell, and join what it printed, which comes in pieces by the clock.

        Raises Failure for an exception, too much output, or one to standard error.
        """
        self.size = 0
        reason = ""
        try:
            super().preprocess_cell(cell, resources, index)
        except CellExecutionError as error:
            reason = f"{error.ename}: {error.evalue}"
        except Exception as error:
            reason = reason_for(error)
        CoalesceStreamsPreprocessor().preprocess_cell(cell, resources, index)
        notes = [each for each in cell.outputs if each.get("name") == "stderr"]
        if self.size > OUTPUT_LIMIT:
            reason = f"it prints more than {OUTPUT_LIMIT:,} characters"
        elif notes and not reason:
            reason = f"it writes to standard error: {notes[0].text}"
        if reason:
            raise Failure(index, one_line(reason))
        self.shown.append([bundle(output) for output in cell.outputs])
        return cell, resources

    def process_message(self, msg, cell, cell_index):
        """Take in what a cell puts out, up to the limit; there the kernel ends."""
        content = msg["content"]
        shown = [content.get("text", ""), *content.get("data", {}).values()]
        self.size += sum(len(str(each)) for each in shown)
        if self.size <= OUTPUT_LIMIT:
            return super().process_message(msg, cell, cell_index)
        self.shutdown_kernel = "immediate"
        self.task_poll_for_reply.cancel()
        return None


preprocessors.ExecutePreprocessor = Kernel  # which nbconvert finds by this name
