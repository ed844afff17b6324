"""When an event takes place, in the words of a language: its times come in, one line goes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from spipconv.migration.pages.page import Event

_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "fr": tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()),
    "en": tuple("January February March April May June July August September October November December".split()),
}


def event_time(event: Event, language: str) -> str:
    """Return the days and, unless it lasts whole days, the hours of an event; other languages have figures only."""
    start, end = event.start, event.end
    if event.is_whole_day:
        days = [write_day(start, language), *([write_day(end, language)] if end.date() != start.date() else [])]
        return " – ".join(days)
    first = f"{write_day(start, language)}, {write_hour(start, language)}"
    if end == start:
        return first
    last = write_hour(end, language)
    return f"{first} – {last}" if end.date() == start.date() else f"{first} – {write_day(end, language)}, {last}"


def write_day(day: date, language: str) -> str:
    """Return a day: ``1er mai 2026``, ``1 May 2026``; in other languages ``2026-05-01``."""
    months = _MONTHS.get(language.partition("_")[0])
    if not months:
        return day.strftime("%Y-%m-%d") if day.year > 999 else day.isoformat()[:10]
    number = "1er" if language[:2] == "fr" and day.day == 1 else str(day.day)
    return f"{number} {months[day.month - 1]} {day.year}"


def write_hour(time: datetime, language: str) -> str:
    """Return the hour and the minute of a time: ``9h05``, in other languages than French ``9:05``."""
    sign = "h" if language[:2] == "fr" else ":"
    return f"{time.hour}{sign}{time.minute:02}"
