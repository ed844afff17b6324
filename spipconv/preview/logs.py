"""What the server writes into its log: nothing of what strangers wrote, and not the same thing again and again."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

from msgspec import Struct

LOG = logging.getLogger("spipconv.preview")

_SECONDS = 60.0
_MOST_KINDS = 200
_MOST_FRAMES = 20


def describe_fault(fault: BaseException) -> str:
    """Return an exception's type and where it was raised; its message may quote what a stranger wrote."""
    frames = traceback.extract_tb(fault.__traceback__, limit=-_MOST_FRAMES)
    places = "".join(f"\n  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    return f"{type(fault).__name__}{places}"


class _Seen(Struct):
    since: float
    more: int
    last: logging.LogRecord


class OnceAMinute(logging.Filter):
    """A filter that lets one record of each kind through in a minute and counts the others.

    Records are of one kind if they have the same logger, template and exception, or the same ``kind`` in ``extra``.
    The next record of the kind, or ``flush``, says how many there were. Of exceptions it keeps type and place only.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, str], _Seen] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        if fault is not None:
            record.msg, record.args = f"{record.getMessage().strip()}: {describe_fault(fault)}", None
            record.exc_info = record.exc_text = None
        kind = record.name, str(getattr(record, "kind", record.msg))
        now = self._clock()
        seen = self._seen.pop(kind, None)
        if seen is not None and now - seen.since < _SECONDS:
            self._seen[kind] = _Seen(seen.since, seen.more + 1, record)
            return False
        if seen is not None and seen.more:
            _count(record, seen.more)
        self._seen[kind] = _Seen(now, 0, record)
        if len(self._seen) > _MOST_KINDS:
            self._seen.pop(next(iter(self._seen)))
        return True

    def flush(self) -> None:
        """Write what was counted and not followed by another record of its kind."""
        now = self._clock()
        for kind, seen in list(self._seen.items()):
            if now - seen.since < _SECONDS:
                continue
            del self._seen[kind]
            if seen.more:
                _count(seen.last, seen.more - 1)
                self._seen[kind] = _Seen(now, 0, seen.last)
                logging.getLogger(seen.last.name).callHandlers(seen.last)


def _count(record: logging.LogRecord, more: int) -> None:
    if more:
        record.msg, record.args = f"{record.getMessage()} (and {more} more like this)", None
