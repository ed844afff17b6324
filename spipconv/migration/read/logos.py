"""Logos that an XML backup names: a row with their endings comes in, the names of their files go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from spipconv.migration.kinds import ObjectKind
from spipconv.migration.read.sources import LOGO, LOGO_HOVER


def named_logos(
    kind: ObjectKind, number: int, row: Mapping[str, bytes | None]
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield rows of the table ``logos``, with the names that SPIP gives to such files (``arton4.png``)."""
    for column, word in ((LOGO, "on"), (LOGO_HOVER, "off")):
        ending = row.get(column)
        if ending and kind.logo:
            file = f"{kind.logo}{word}{number}.{ending.decode('ascii')}"
            yield "logos", (kind.name, number, int(word == "off"), file)
