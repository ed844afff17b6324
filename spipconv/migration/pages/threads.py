"""Put the messages of a page into reading order."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from sqlite3 import Row
from typing import NamedTuple

_PUBLISHED = ("publie",)
_PENDING = ("publie", "prop")


class ThreadedComment(NamedTuple):
    """A message, the message that it is shown under (0: none), its depth, and whether that is not the message it
    answers.
    """

    row: Row
    parent: int
    depth: int
    is_moved: bool


def arrange(messages: Iterable[Row]) -> list[ThreadedComment]:
    """Return the messages of a page that are published or wait for a moderator, each after the message it answers.

    ``messages`` are all messages of the page, in order of time. A message that answers one that is not shown is moved
    up to the nearest one that is; a published message is shown only under published ones.
    """
    rows = {row["id_forum"]: row for row in messages}
    below: dict[int, list[tuple[Row, bool]]] = {}
    for row in rows.values():
        if row["statut"] in _PENDING:
            parent = _shown_parent(row, rows)
            below.setdefault(parent, []).append((row, parent != row["id_parent"]))
    placed: list[ThreadedComment] = []
    seen: set[int] = set()
    starts = [ThreadedComment(row, 0, 0, is_moved) for row, is_moved in below.get(0, [])]
    # If messages answer each other in a circle, the earliest one is at the top.
    for start in chain(
        starts, (ThreadedComment(row, 0, 0, True) for row in rows.values() if row["statut"] in _PENDING)
    ):
        waiting = [start]
        while waiting:
            one = waiting.pop()
            number = one.row["id_forum"]
            if number in seen:
                continue
            seen.add(number)
            placed.append(one)
            waiting += [
                ThreadedComment(row, number, one.depth + 1, moved) for row, moved in reversed(below.get(number, []))
            ]
    return placed


def _shown_parent(row: Row, rows: dict[int, Row]) -> int:
    shown = _PUBLISHED if row["statut"] in _PUBLISHED else _PENDING
    seen = {row["id_forum"]}
    parent = int(row["id_parent"])
    while parent in rows and parent not in seen and rows[parent]["statut"] not in shown:
        seen.add(parent)
        parent = rows[parent]["id_parent"]
    return parent if parent in rows and parent not in seen else 0
