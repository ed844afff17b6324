"""Objects that an internal error stops during planning: their raw text is kept, and an issue is reported."""

from __future__ import annotations

from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.raw_texts import raw_path, raw_text
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue


def keep_failing(database: WorkingDatabase, kind: str, number: int, error: Exception, field: str = "") -> Issue:
    """Keep the raw text of an object that an internal error stops, and return the issue.

    Raises the error if it stops the whole run.
    """
    if stops_the_run(error):
        raise error
    database.keep(raw_path(kind, number), raw_text(database, kind, number))
    return failure_issue(kind, number, describe_error(error), field=field)
