"""Internal errors: which of them stop the whole run, and how the others are reported."""

from __future__ import annotations

import sqlite3
from pathlib import PurePath

from spipconv.migration.report.issues import FAILED, Issue
from spipconv.system.files import CannotWrite

_PACKAGE = "spipconv"


def stops_the_run(error: Exception) -> bool:
    """Return whether an error stops the whole run, not one object: a full disk, a working database that is gone."""
    return isinstance(error, (sqlite3.OperationalError, CannotWrite))


def describe_error(error: BaseException) -> str:
    """Return the type of an error and where in spipconv it was raised.

    Its message may quote the site's texts, and where memory or the stack ends differs between runs: both are left out.
    """
    name = type(error).__name__
    if isinstance(error, (RecursionError, MemoryError)):
        return name
    place = ""
    trace = error.__traceback__
    while trace is not None:
        path = PurePath(trace.tb_frame.f_code.co_filename)
        if _PACKAGE in path.parts:
            place = f" in {path.stem}:{trace.tb_lineno}"
        trace = trace.tb_next
    return name + place


def failure_issue(kind: str, number: int, detail: str, *, field: str = "", page: str = "") -> Issue:
    """Return the issue of an object that failed."""
    return Issue(FAILED, kind, number, field, detail=detail, page=page)
