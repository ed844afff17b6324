"""Values of SPIP's columns: numbers, dates, kinds, media types; bytes or text come in, checked values go out."""

from __future__ import annotations

import re
from datetime import datetime

from spipconv.migration.kinds import KINDS_BY_NAME
from spipconv.migration.read.database import GREATEST

# Some versions of Python read hour 24, some do not.
_TIME = rb"(?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_DATE = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]" + _TIME + rb")?")
_NUMBER = re.compile(rb"\s*\+?0*([0-9]{1,15})\s*")


def read_number(value: bytes | None) -> int | None:
    """Return the number in a column, 0 if it is empty, or None if it is not a valid number."""
    if not value:
        return 0
    match = _NUMBER.fullmatch(value)
    number = int(match[1]) if match else -1
    return number if 0 <= number <= GREATEST else None


def check_date(value: bytes) -> str | None:
    """Return a date as SPIP writes it, including 0000-00-00 and dates without a day, or None if it is not a date."""
    # SPIP 3.2 stores some with quotes inside.
    match = _DATE.fullmatch(value.strip(b"' \t\r\n"))
    if match is None:
        return None
    text = match[0].decode("ascii")
    year, month, day = match.groups()
    if year == b"0000":
        return text
    # A year or a month is a date too.
    whole = text if month != b"00" and day != b"00" else f"2000-{text[5:]}".replace("-00", "-01")
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return None
    return text


def own_name(name: bytes) -> bytes:
    """Return the kind's own name for one of its names."""
    kind = KINDS_BY_NAME.get(name.decode("latin-1"))
    return kind.name.encode() if kind else name
