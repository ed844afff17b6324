"""What a plugin adds to the language: the records by which it is found in a text and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from spipconv.nodes import Node
from spipconv.parsing.layout.writer import TextWriter

# Writes the shortcut between two offsets of the source.
Write = Callable[[TextWriter, int, int], None]


class Shortcut(NamedTuple):
    """One shortcut, or one half of a pair.

    ``expression`` matches it in a text in which code and the like are masked. ``opens`` and ``closes``: it is half of a
    pair of that name; a half without the other is text. ``hints`` are strings of which every text with the shortcut
    contains one, for the diagnostic of a text that is read without the plugin; without hints there is none.
    ``alone`` is the expression to use there, where it is stricter.
    """

    expression: str
    write: Write
    opens: str = ""
    closes: str = ""
    hints: tuple[str, ...] = ()
    alone: str = ""


class Block(NamedTuple):
    """A tag whose content, up to the first end tag, is the plugin's alone: ``<name>…</name>``."""

    name: str
    write: Write


class Reader(NamedTuple):
    """The shortcuts of a plugin, by names of their own, and its blocks. ``name`` is that in ``PLUGINS``.

    ``finish`` is given the finished tree and returns it with what its shortcuts could not know before.
    """

    name: str
    shortcuts: Mapping[str, Shortcut]
    blocks: tuple[Block, ...] = ()
    finish: Callable[[tuple[Node, ...]], tuple[Node, ...]] | None = None
