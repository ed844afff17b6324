"""Imported by Python when a process that has this folder on its path starts: gives batches the parser of hazards."""

from spipconv.batch import converter
from tests.batch.hazards import read_or_misbehave

setattr(converter, "read_document", read_or_misbehave)  # noqa: B010 (it is not the module's to give)
