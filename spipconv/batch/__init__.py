"""Texts in, converted texts out: up to hundreds of millions, restartable, each accounted for (docs/batch.md)."""

from spipconv.batch.chunks import BadInput
from spipconv.batch.converter import Converted, Options, convert_text
from spipconv.batch.report import Report
from spipconv.batch.rows import convert_table
from spipconv.batch.run import Progress, run_batch
from spipconv.system.files import CannotWrite

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
