"""Subjects of a report: the objects that issues are about, by their titles and addresses."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct


class Subject(Struct, frozen=True):
    """An object: its title in plain words, and its addresses on the new site and on the old one; empty: not known."""

    title: str = ""
    page: str = ""
    old_address: str = ""


# Called with a kind and a number.
FindSubject = Callable[[str, int], Subject]


def find_nothing(_kind: str, _number: int) -> Subject:
    """Return a subject of which nothing is known: a report without a database names objects by their numbers."""
    return Subject()
