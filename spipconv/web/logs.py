"""What the server writes to its log: nothing that visitors wrote, and no record over and over."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

from msgspec import Struct

LOG = logging.getLogger("spipconv.web")

_SECONDS = 60.0
_MOST_KINDS = 200
_MOST_FRAMES = 20


def describe_error(error: BaseException) -> str:
    """Return an exception's type and where it was raised; its message may quote what a visitor wrote."""
    frames = traceback.extract_tb(error.__traceback__, limit=-_MOST_FRAMES)
    places = "".join(f"\n  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    return f"{type(error).__name__}{places}"


class _Repetition(Struct):
    since: float
    more: int
    last: logging.LogRecord


class RepetitionFilter(logging.Filter):
    """A filter that lets one record of each kind pass per minute and counts the others.

    Records are of one kind if they have the same logger, template and exception, or the same ``kind`` in ``extra``.
    The next record of the kind, or ``flush``, says how many there were. Of exceptions it keeps type and place only.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Repetition] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.msg, record.args = f"{record.getMessage().strip()}: {describe_error(error)}", None
            record.exc_info = record.exc_text = None
        kind = record.name, str(getattr(record, "kind", record.msg))
        now = self._clock()
        repetition = self._kinds.pop(kind, None)
        if repetition is not None and now - repetition.since < _SECONDS:
            self._kinds[kind] = _Repetition(repetition.since, repetition.more + 1, record)
            return False
        if repetition is not None and repetition.more:
            _count(record, repetition.more)
        self._kinds[kind] = _Repetition(now, 0, record)
        if len(self._kinds) > _MOST_KINDS:
            self._kinds.pop(next(iter(self._kinds)))
        return True

    def flush(self) -> None:
        """Write the counts that no other record of their kind has written."""
        now = self._clock()
        for kind, repetition in list(self._kinds.items()):
            if now - repetition.since < _SECONDS:
                continue
            del self._kinds[kind]
            if repetition.more:
                _count(repetition.last, repetition.more - 1)
                self._kinds[kind] = _Repetition(now, 0, repetition.last)
                logging.getLogger(repetition.last.name).callHandlers(repetition.last)


def _count(record: logging.LogRecord, more: int) -> None:
    if more:
        record.msg, record.args = f"{record.getMessage()} (and {more} more like this)", None
