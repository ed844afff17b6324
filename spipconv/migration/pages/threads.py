"""The messages of a page in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from sqlite3 import Row
from typing import NamedTuple

_PUBLISHED = ("publie",)
_PENDING = ("publie", "prop")


class ThreadedComment(NamedTuple):
    """A message with the one it is under (0: none), how deep, and whether that is not the one it answers."""

    row: Row
    parent: int
    depth: int
    is_moved: bool


def arrange(messages: Iterable[Row]) -> list[ThreadedComment]:
    """Return the messages of one page that are published or wait for a moderator, each after what it answers.

    ``messages`` are all of the page's, in the order of time. One that answers a message that is not shown is
    under the nearest above it that is, and a published one under no other than published ones.
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
    # Where messages answer each other in a circle, the first of them in time is at the top.
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
