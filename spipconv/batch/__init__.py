"""Batches: texts come in, converted texts go out, up to hundreds of millions.

A run can be resumed and accounts for every text (docs/batch.md).
"""

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
