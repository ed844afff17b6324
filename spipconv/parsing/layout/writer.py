"""What every part of the layout pass writes with: the words read so far, leaves, blocks and formatting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

from spipconv.nodes import Node
from spipconv.parsing.html_tags import policy_of
from spipconv.parsing.layout.paragraphs import Paragraphs
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.openings import Open
from spipconv.parsing.pairing import Pairing
from spipconv.parsing.typography import typeset

Formatting = Literal["strong", "i"]
# Writes the lexemes between two indices: what a verse or a cell holds.
WriteRange = Callable[[Sequence[Lexeme], int, int], None]
_FORMATTING_TYPES: Final = {"strong": "STRONG", "i": "EMPHASIS"}


class ReadInline(Protocol):
    """Makes nodes of a field of an object, its title for instance, in the language of the text or another one."""

    def __call__(self, text: str, language: str = "", /) -> tuple[Node, ...]: ...


class Level:
    """A list that is open, and its last item: its kind, how much was written when it began, where its mark ends."""

    __slots__ = ("end", "item", "list", "ordered", "size")

    def __init__(self, ordered: bool, list: Open, item: Open, size: int, end: int) -> None:
        self.ordered = ordered
        self.list = list
        self.item = item
        self.size = size
        self.end = end


class LinkMark:
    """``[text|title{lang}->target]``; ``words`` is the text where it holds no markup.

    What is shown, the text or else the target, stands between ``start`` and ``end``. ``shows_address``: the text is the
    address itself.
    """

    __slots__ = ("end", "language", "shows_address", "start", "target", "title", "words")

    def __init__(
        self, title: str, language: str, target: str, words: str, start: int, end: int, shows_address: bool = False
    ) -> None:
        self.title = title
        self.language = language
        self.target = target
        self.words = words
        self.start = start
        self.end = end
        self.shows_address = shows_address


class TextWriter:
    """Writes one text; owns the state that the parts of the pass share.

    ``read_inline`` makes nodes of a field of an object, its title for instance. ``has_paragraphs``: false for such a
    field and for a title. ``flow`` is where content goes: the paragraphs of the text, of a table cell or of a verse;
    ``levels`` are the lists that are open there, outermost first, ``headings`` the headings. ``has_strong`` and its
    like: the text opens such a thing somewhere; where it never does, what would close one is words.
    ``has_inner_heading``: it opens two headings with one run of braces.
    """

    __slots__ = (
        "_run_end", "_run_start", "block_links", "dropped", "flow", "has_emphasis", "has_heading", "has_inner_heading",
        "has_paragraphs", "has_quote", "has_strong", "heading_end", "headings", "in_body_cell", "in_cell", "in_link",
        "in_raw_link", "in_verse", "keeps_newlines", "language", "levels", "link_marks", "links", "needs_source",
        "pairing", "policy", "read_inline", "row_list", "scan", "settings", "source", "start", "text", "typography",
    )  # fmt: skip

    def __init__(self, scan: Scan, read_inline: ReadInline, *, paragraphs: bool) -> None:
        source = scan.source
        self.scan = scan
        self.source = source
        self.text = source.text
        self.settings = source.settings
        self.language = source.settings.language
        # The language whose typography is applied: none where the author's own stays.
        self.typography = self.language if source.settings.typography else ""
        self.policy = policy_of(source.settings)
        self.read_inline = read_inline
        self.has_paragraphs = paragraphs
        self.pairing = Pairing(source)
        self.flow = Paragraphs(self.pairing, source, enabled=paragraphs)
        self.keeps_newlines = scan.keeps_newlines
        # Where the text starts: typography sees nothing before it.
        self.start = 0
        self.in_cell = self.in_body_cell = self.in_verse = self.in_link = self.in_raw_link = False
        self.has_heading = self.has_inner_heading = self.has_strong = self.has_emphasis = self.has_quote = False
        self.levels: list[Level] = []
        # How deep the last list in the cells of a row was, and its kind.
        self.row_list: tuple[int, bool] | None = None
        self.headings: list[Open] = []
        # Whether a film or a sound is open that is not allowed and whose source was not seen yet.
        self.needs_source = False
        # How many elements of a name were reported as dropped and are open: their end tags are not reported again.
        self.dropped: dict[str, int] = {}
        # Where the last heading ends.
        self.heading_end = -1
        # What [text->target] says, by the offset of the link, and the links that are open.
        self.link_marks: dict[int, LinkMark] = {}
        self.links: list[Open | None] = []
        # Where links with a block in them start and end.
        self.block_links: set[int] = set()
        self._run_start = self._run_end = -1

    @property
    def run_end(self) -> int:
        """Where the last words end."""
        return self._run_end

    def words(self, start: int, end: int) -> None:
        """Read on in words, or in a mark that means nothing here."""
        if self._run_start < 0:
            self._run_start = start
        self._run_end = end

    def end_run(self, *, trims: bool = False) -> None:
        """Write the words read so far; ``trims``: without the spaces at their end."""
        start, end = self._run_start, self._run_end
        if start < 0:
            return
        self._run_start = -1
        text = self.text
        if trims:
            while end > start and text[end - 1] in " \t":
                end -= 1
            if end == start:
                return
        before = text[start - 1] if start else ""
        if self.in_link and before == "[":
            # To typography, a link's text comes after a tag.
            before = ">"
        self.flow.text(typeset(text[start:end], self.typography, before), start, end)

    def begin_inline(self, offset: int) -> None:
        """Write the words read so far and make ready for something in the line."""
        self.end_run()
        self.flow.content(offset)

    def is_around_blocks(self, offset: int) -> bool:
        """Return whether a link with a block in it starts or ends at an offset; in a verse, none stands apart."""
        return offset in self.block_links and not self.in_verse

    def begin_block(self) -> None:
        """Write the words read so far, end the paragraph, and make ready for a tag that stands around blocks."""
        self.end_run(trims=True)
        self.flow.end()

    def leaf(self, node: Node, start: int, end: int) -> None:
        """Write a node of the line that holds no others."""
        self.begin_inline(start)
        self.pairing.leaf(node, start, end)

    def block(self, node: Node, start: int, end: int) -> None:
        """Write a block that holds no others; a paragraph begins after it."""
        self.end_run(trims=True)
        self.flow.end()
        self.pairing.block(node, start, end)
        self.flow.begin(drops_breaks=False)

    def formatted_words(self, name: Formatting, start: int, end: int, width: int) -> None:
        """Write formatted words that stand between markers of that width."""
        self.begin_inline(start)
        first, last = start + width, end - width
        words = typeset(self.text[first:last], self.typography, "{")
        if self.pairing.is_plain:
            self.pairing.plain(_FORMATTING_TYPES[name], {}, start, end, words, first, last)
        else:
            self.open_formatting(name, "{" * width, start, first)
            self.pairing.text(words, first, last)
            self.close_formatting(name, "}" * width, last, end)

    def open_formatting(self, name: Formatting, marker: str, start: int, end: int) -> None:
        """Open formatting; the marker is shown where there are too many levels."""
        if self.pairing.open(name, _FORMATTING_TYPES[name], {}, start, end, marker) is None:
            self.pairing.text(marker, start, end)

    def close_formatting(self, name: Formatting, marker: str, start: int, end: int) -> None:
        """Close formatting, or report that the marker closes nothing."""
        if not self.pairing.close_formatting(name, start, end):
            self.source.report("unopened-marker", start, marker)
