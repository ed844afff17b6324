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


class Link(NamedTuple):
    """What a thread knows of a message: its number, the number of the message that it answers (0: none), its status."""

    number: int
    parent: int
    status: str


class Place(NamedTuple):
    """The place of a message, as in ``ThreadedComment``."""

    number: int
    parent: int
    depth: int
    is_moved: bool


def arrange(messages: Iterable[Row]) -> list[ThreadedComment]:
    """Return the messages of a page that are published or wait for a moderator, each after the message it answers.

    ``messages`` are all messages of the page, in order of time; see ``arrange_links``.
    """
    rows = {row["id_forum"]: row for row in messages}
    links = [Link(number, row["id_parent"], row["statut"]) for number, row in rows.items()]
    return [ThreadedComment(rows[place.number], *place[1:]) for place in arrange_links(links, _PENDING)]


def arrange_links(messages: Iterable[Link], shown: tuple[str, ...] = _PUBLISHED) -> list[Place]:
    """Return the places of the messages that have one of the ``shown`` statuses, in reading order.

    ``messages`` are all messages of the page, in order of time. A message that answers one that is not shown is moved
    up to the nearest one that is; a published message is shown only under published ones.
    """
    links = {link.number: link for link in messages}
    below: dict[int, list[tuple[Link, bool]]] = {}
    published, all_shown = _Parents(links, _PUBLISHED), _Parents(links, shown)
    for link in links.values():
        if link.status in shown:
            parent = (published if link.status in _PUBLISHED else all_shown).of(link)
            below.setdefault(parent, []).append((link, parent != link.parent))
    places: list[Place] = []
    seen: set[int] = set()
    starts = [Place(link.number, 0, 0, is_moved) for link, is_moved in below.get(0, [])]
    # If messages answer each other in a circle, the earliest one is at the top.
    for start in chain(starts, (Place(link.number, 0, 0, True) for link in links.values() if link.status in shown)):
        waiting = [start]
        while waiting:
            place = waiting.pop()
            if place.number in seen:
                continue
            seen.add(place.number)
            places.append(place)
            waiting += [
                Place(link.number, place.number, place.depth + 1, moved)
                for link, moved in reversed(below.get(place.number, []))
            ]
    return places


class _Parents:
    """Finds the nearest message above another that has one of some statuses; 0: none."""

    def __init__(self, links: dict[int, Link], shown: tuple[str, ...]) -> None:
        self._links, self._shown = links, shown
        # Of messages that are not shown.
        self._nearest: dict[int, int] = {}

    def of(self, link: Link) -> int:
        nearest = self._nearest_from(link.parent)
        return 0 if nearest == link.number else nearest

    def _nearest_from(self, number: int) -> int:
        passed: list[int] = []
        while number in self._links and self._links[number].status not in self._shown:
            if number in self._nearest:
                number = self._nearest[number]
                break
            # Until the way is known, it leads nowhere: messages may answer each other in a circle.
            self._nearest[number] = 0
            passed.append(number)
            number = self._links[number].parent
        nearest = number if number in self._links else 0
        self._nearest.update(dict.fromkeys(passed, nearest))
        return nearest
