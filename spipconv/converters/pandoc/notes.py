"""Notes in pandoc's JSON: each is written where it is called, and pandoc numbers them in this order.

In pandoc a note is called once and holds no note. So other calls of it are links to its text, and a note that is called
in a note comes after that one, with a link in its place.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from spipconv.converters.pandoc.shapes import NO_ATTRIBUTES, Item, attributes, leaves, lines_of, make, words
from spipconv.nodes import Note

# Between the marks of two notes, whose numbers would be read as one.
_THIN_SPACE: Final = "\u202f"


class Written(NamedTuple):
    """A note that was written: its number, and its blocks."""

    number: int
    blocks: list[Item]


class Notes:
    """The notes of a document that were written so far.

    ``is_inside``: one is being written. ``waiting`` are those that it calls, ``uncalled`` the blocks of notes that
    have no call.
    """

    def __init__(self) -> None:
        self.is_inside = False
        self.waiting: list[Note] = []
        self.uncalled: list[Item] = []
        self._count = 0
        self._written: dict[str, Written] = {}
        self._calls: list[tuple[Note, Item]] = []

    def add(self, note: Note, blocks: list[Item]) -> Item:
        """Return a note where it is called, with its blocks."""
        self._count += 1
        self._written.setdefault(note.identifier, Written(self._count, blocks))
        return make("Note", blocks)

    def call(self, note: Note) -> Item:
        """Return another call of a note, which ``finish`` completes."""
        item = make("Link", None)
        self._calls.append((note, item))
        return item

    def finish(self) -> None:
        """Complete the calls of notes that were written elsewhere: links to them, or labels of notes without a text."""
        anchors: set[str] = set()
        for note, item in self._calls:
            written = self._written.get(note.identifier)
            if written is None:
                item.update(make("Superscript", words(note.label)))
                continue
            identifier = f"nb{note.identifier}".replace(" ", "_")
            number = make("Superscript", words(str(written.number)))
            item["c"] = [NO_ATTRIBUTES, [number], [f"#{identifier}", ""]]
            if identifier not in anchors:
                anchors.add(identifier)
                _put_anchor(identifier, written.blocks)


def separate(notes: list[Item]) -> list[Item]:
    """Return notes that are called at one place, with a thin space between their numbers."""
    items = notes[:1]
    for note in notes[1:]:
        items += [make("Str", _THIN_SPACE), note]
    return items


def _put_anchor(identifier: str, blocks: list[Item]) -> None:
    anchor = make("Span", [attributes(identifier), []])
    first = leaves(blocks[0]) if blocks else []
    lines = lines_of(first[0]) if first else []
    if lines:
        lines[0].insert(0, anchor)
    else:
        blocks.insert(0, make("Plain", [anchor]))
