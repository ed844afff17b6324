"""Failures of extensions: an exception in the code of a site is reported like the rest that is wrong with a text."""

from __future__ import annotations

from spipconv.extensions import Extension
from spipconv.parsing.source import Source


def report_failure(source: Source, extension: Extension, error: Exception, line: int, column: int) -> None:
    """Report an exception of an extension; its traceback goes to the log ``spipconv``, level INFO."""
    # It takes 10 ms to import.
    import logging

    logging.getLogger("spipconv").info("extension %s failed", extension.name, exc_info=error)
    source.report_at("extension-failed", line, column, f"{extension.name} ({type(error).__name__}: {error})")
