"""Thousands to hundreds of millions of texts: restartable, with an account of every one. See docs/batch.md."""

from spipconv.batch.chunks import BadInput, CannotWrite
from spipconv.batch.converter import Converted, Options, convert_text
from spipconv.batch.report import Report
from spipconv.batch.rows import convert_table
from spipconv.batch.run import Progress, run_batch

__all__ = [
    "BadInput",
    "CannotWrite",
    "Converted",
    "Options",
    "Progress",
    "Report",
    "convert_table",
    "convert_text",
    "run_batch",
]
