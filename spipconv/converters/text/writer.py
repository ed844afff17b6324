"""The writer that all parts of the plain-text converter share: it holds what was asked for, the lines and the notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Final

from spipconv.converters.text.lines import Lines, fold
from spipconv.languages import glossary_title
from spipconv.nodes import Document, Node, Note, Paragraph, Profile
from spipconv.safety import ARTICLE, COMMENT, Policy, safe_address
from spipconv.settings import check_profile

# How far quotes and definitions are from the margin.
INDENTATION: Final = "  "


class TextWriter:
    """Writes the nodes of a document. ``writers`` has a function for every kind of node.

    ``has_notes``: notes are shown. ``has_links``: the addresses of links follow their words. ``has_alternatives``:
    pictures are their alternative texts. ``has_marks``: items and notes have their marks. ``has_documents``: documents
    and players are shown. ``keeps_spaces``: white space is shown as it is, as in ``pre``.
    """

    writers: ClassVar[Mapping[type, Callable[..., None]]]

    def __init__(
        self,
        document: Document,
        profile: Profile | None = None,
        *,
        notes: bool = True,
        links: bool = False,
        alternatives: bool = False,
        marks: bool = True,
        documents: bool = True,
    ) -> None:
        self.document = document
        self.is_comment = check_profile(document.profile if profile is None else profile) == "comment"
        self.policy: Policy = COMMENT if self.is_comment else ARTICLE
        self.has_notes = notes
        self.has_links = links
        self.has_alternatives = alternatives
        self.has_marks = marks
        self.has_documents = documents
        self.keeps_spaces = False
        self.lines = Lines()
        self.called: list[Note] = []

    def flow(self, children: Iterable[Node]) -> None:
        """Write some nodes."""
        writers = self.writers
        for node in children:
            writers[node.__class__](self, node)

    def block(self, children: Iterable[Node]) -> None:
        """Write some nodes as a block."""
        self.lines.block()
        self.flow(children)
        self.lines.block()

    def code(self, text: str) -> None:
        """Write text as a block, with its spaces and lines."""
        self.lines.block()
        self.lines.verbatim(text)
        self.lines.end(keeps_spaces=True)
        self.lines.block()

    def begin_list(self) -> None:
        """Begin a list, whose items have no blank lines between them."""
        self.lines.block()
        self.lines.tight += 1

    def end_list(self) -> None:
        """End a list."""
        self.lines.tight -= 1
        self.lines.block()

    def item(self, mark: str, children: Iterable[Node]) -> None:
        """Write an item, whose first line begins with a mark."""
        outer = self.lines.begin_item(mark if self.has_marks else "")
        self.flow(children)
        self.lines.end_item(outer)

    def folded(self, children: Iterable[Node]) -> str:
        """Return some nodes on one line."""
        outer, self.lines = self.lines, Lines()
        self.flow(children)
        text = fold(self.lines.text())
        self.lines = outer
        return text

    def row(self, cells: Iterable[Iterable[Node]]) -> None:
        """Write the cells of a row on one line."""
        self.lines.end()
        for number, cell in enumerate(cells):
            if number:
                self.lines.verbatim("\t")
            self.lines.verbatim(self.folded(cell))
        self.lines.end()

    def address(self, address: str | None, position: int) -> None:
        """Write the address of a link whose words began at a position, if readers shall see it and do not yet."""
        if not self.has_links or not address or address.startswith("#"):
            return
        shown = address.removeprefix("mailto:")
        if self.lines.words_since(position).strip() not in (shown, address):
            self.lines.verbatim(f" ({shown})" if self.lines.position else f"({shown})")

    def alternative(self, text: str) -> None:
        """Write the alternative text of a picture, if readers shall see it."""
        text = fold(text)
        if self.has_alternatives and text:
            self.lines.words(f"[{text}]")

    def notes(self) -> None:
        """Write the notes that were called so far and have a text."""
        self.begin_list()
        for note in self.called:
            first = note.children[0]
            children = (*first.children, *note.children[1:]) if isinstance(first, Paragraph) else note.children
            self.item(f"[{note.label}] " if note.label else "", children)
        self.end_list()

    def definitions(self) -> None:
        """Write the definitions of the document's terms, each on the lines below its term."""
        definitions = [definition for definition in self.document.definitions if definition.children]
        if not definitions:
            return
        self.lines.block()
        self.lines.verbatim(glossary_title(self.document.language))
        self.lines.block()
        self.lines.tight += 1
        for definition in definitions:
            self.lines.words(definition.forms[0] if definition.forms else definition.identifier)
            self.address(safe_address(definition.address), 0)
            outer = self.lines.begin_item(INDENTATION)
            self.flow(definition.children)
            self.lines.end_item(outer)
        self.lines.tight -= 1
