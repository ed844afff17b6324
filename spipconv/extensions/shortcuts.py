"""Shortcuts: what matches them in a text, and the writers by which their functions put nodes there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from spipconv.nodes import Node, Profile

if TYPE_CHECKING:
    from spipconv.safety import Policy


class Opened(Protocol):
    """An element that was opened."""

    @property
    def is_open(self) -> bool: ...


class Builder(Protocol):
    """Builds what a block holds, node by node: nothing is read as SPIP's, and no paragraphs are made.

    ``start`` and ``end`` are the offsets in the text between which something comes from.
    """

    def open(self, node: Node, start: int, end: int) -> Opened | None:
        """Open a node without children; what follows is in it. None: there are too many levels already."""
        ...

    def close(self, opened: Opened, start: int, end: int) -> None:
        """Close it, and what is open in it; formatting that another element has crossed is closed as browsers do."""
        ...

    def text(self, words: str, start: int, end: int) -> None:
        """Add words as they are shown."""
        ...

    def add(self, node: Node, start: int, end: int) -> None:
        """Add a whole node."""
        ...

    def html(self, markup: str, start: int, end: int) -> None:
        """Add an author's HTML as the policy allows it: elements, and the words between them."""
        ...

    def shortcut(self, start: int, end: int) -> None:
        """Add one of SPIP's links or models, which ``Writer.shortcuts`` has found."""
        ...

    def report(self, code: str, offset: int, detail: str = "") -> None:
        """Report a diagnostic, by one of the codes of ``spipconv.diagnostics`` or of the extension."""
        ...


class Writer(Protocol):
    """What the function of a shortcut writes with: it puts nodes where the shortcut stands.

    ``start`` and ``end`` are offsets in ``text``, from which nodes get their places. SPIP's paragraphs, lists and
    formatting go on around what is written.
    """

    @property
    def text(self) -> str:
        """The whole text."""
        ...

    @property
    def profile(self) -> Profile:
        """Who wrote it."""
        ...

    @property
    def policy(self) -> Policy:
        """The HTML that is allowed in it."""
        ...

    @property
    def has_paragraphs(self) -> bool:
        """Whether it has blocks: not in titles and captions."""
        ...

    @property
    def is_in_cell(self) -> bool:
        """Whether a cell of a table or a verse is being written."""
        ...

    def words(self, start: int, end: int) -> None:
        """Show a piece of the text as words after all."""
        ...

    def end_words(self, *, trims: bool = False) -> None:
        """Write the words before the shortcut; ``trims``: without the spaces at their end. Enough to show nothing."""
        ...

    def say(self, words: str, start: int, end: int) -> None:
        """Add words in the line."""
        ...

    def add(self, node: Node, start: int, end: int) -> None:
        """Add a whole node: in the line, between paragraphs if it is a block, before the text if it is a directive."""
        ...

    def open(self, node: Node, start: int, end: int) -> None:
        """Open a node without children: a ``Heading`` or a ``Box``, or formatting (``Strong``, ``Emphasis``, ``Link``,
        ``Element``).
        """
        ...

    def close(self, node: Node, start: int, end: int) -> None:
        """Close the innermost node of that kind and, for an ``Element``, of that name."""
        ...

    def set_level(self, level: int, start: int) -> bool:
        """Give the heading whose braces end there a level; False where none begins."""
        ...

    def end_lists(self) -> None:
        """End the lists that are open."""
        ...

    def begin_paragraph(self) -> None:
        """Begin a paragraph, as after a blank line."""
        ...

    def shortcuts(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return where SPIP's links and models are between two offsets, for ``Builder.shortcut``."""
        ...

    def build(self, node: Node, start: int, end: int, fill: Callable[[Builder], None]) -> None:
        """Add a block, a node without children, and have ``fill`` build what it holds.

        Where there are no paragraphs, what it holds is in the line.
        """
        ...

    def report(self, code: str, start: int, detail: str = "") -> None:
        """Report a diagnostic, by one of the codes of ``spipconv.diagnostics`` or of the extension."""
        ...


# Writes the shortcut between two offsets of the text.
WriteShortcut = Callable[[Writer, int, int], None]


class Shortcut(NamedTuple):
    """One shortcut, or one half of a pair.

    ``expression`` matches it in a text in which code and the like are masked; it has no groups that capture, and should
    run in linear time on any text, which nobody checks: Python's ``re`` runs it as it is. ``opens`` and ``closes``: it
    is half of a pair of that name; a half without the other is text. ``hints`` are strings of which every text with the
    shortcut contains one. For SPIP's plugins, they make the diagnostic of a text that is read without the plugin;
    without hints there is none. ``alone`` is the expression to use there, where it is stricter.
    """

    expression: str
    write: WriteShortcut
    opens: str = ""
    closes: str = ""
    hints: tuple[str, ...] = ()
    alone: str = ""


class Block(NamedTuple):
    """A tag whose content, up to the first end tag, is the extension's alone: ``<name>…</name>``."""

    name: str
    write: WriteShortcut
