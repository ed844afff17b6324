"""The events of a site as a calendar that programs subscribe to: iCalendar (RFC 5545)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from spipconv.migration.pages.page import Event
from spipconv.safety import printable

# In bytes, with the end of the line (RFC 5545, 3.1).
_LONGEST_LINE: Final = 75
_ESCAPED: Final = re.compile(r"[\\;,]")


class CalendarEntry(Struct, frozen=True):
    """An event with its number, its plain words, and the address of its page, from the root of the site."""

    number: int
    event: Event
    title: str
    description: str
    address: str


def calendar_lines(entries: Iterable[CalendarEntry], name: str, site: str) -> Iterator[str]:
    """Yield the lines of a calendar, each with its end. ``site`` is the address of the site, or empty.

    Times are "floating", without a time zone, as they are in SPIP: programs show the hours as they were written.
    """
    host = urlsplit(site).netloc or "spip"
    yield from map(_fold, ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//spipconv//SPIP//EN", "CALSCALE:GREGORIAN"))
    yield _fold(f"X-WR-CALNAME:{_text(name)}")
    for entry in entries:
        yield from map(_fold, _entry(entry, site, host))
    yield _fold("END:VCALENDAR")


def _entry(entry: CalendarEntry, site: str, host: str) -> Iterator[str]:
    event = entry.event
    yield "BEGIN:VEVENT"
    yield f"UID:evenement{entry.number}@{_text(host)}"
    # It has to be there, and must not change from one run to the next.
    yield f"DTSTAMP:{_time(event.announced or event.start)}Z"
    if event.is_whole_day:
        yield f"DTSTART;VALUE=DATE:{_time(event.start)[:8]}"
        if event.end.year < 9999:
            yield f"DTEND;VALUE=DATE:{_time(event.end + timedelta(days=1))[:8]}"
    else:
        yield f"DTSTART:{_time(event.start)}"
        if event.end > event.start:
            yield f"DTEND:{_time(event.end)}"
    where = ", ".join(filter(None, (event.place, event.street)))
    for key, words in (("SUMMARY", entry.title), ("LOCATION", where), ("DESCRIPTION", entry.description)):
        if words:
            yield f"{key}:{_text(words)}"
    if site:
        yield f"URL:{printable(site.rstrip('/') + entry.address)}"
    yield "END:VEVENT"


def _time(moment: datetime) -> str:
    return f"{moment.year:04}{moment.month:02}{moment.day:02}T{moment.hour:02}{moment.minute:02}{moment.second:02}"


def _text(words: str) -> str:
    lines = _ESCAPED.sub(r"\\\g<0>", printable(words)).splitlines()
    return "\\n".join(line.replace("\t", " ") for line in lines)


def _fold(line: str) -> str:
    """Return a line with its end, on several lines of at most 75 bytes, none of which cuts a character."""
    parts: list[str] = []
    rest = line
    while len(rest.encode("utf-8", "replace")) > (room := _LONGEST_LINE - bool(parts)):
        part = rest.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
        parts.append(part)
        rest = rest[len(part) :]
    return "\r\n ".join([*parts, rest]) + "\r\n"
