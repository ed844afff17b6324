"""What every part of the layout pass writes with: the words read so far, leaves, blocks and formatting."""

from __future__ import annotations

from collections.abc import Callable

from spipconv import languages
from spipconv.nodes import Node
from spipconv.parsing.html_tags import policy_of
from spipconv.parsing.layout.paragraphs import Paragraphs
from spipconv.parsing.lexer import Scan
from spipconv.parsing.pairing import Balance
from spipconv.parsing.typography import typeset

_FORMATTING_TYPES = {"strong": "STRONG", "i": "EMPHASIS"}


class Writing:
    """Writes one text. ``read_inline`` makes nodes of a field of an object, its title for instance."""

    def __init__(self, scan: Scan, read_inline: Callable[[str], tuple[Node, ...]], *, paragraphs: bool) -> None:
        self._scan = scan
        self._source = scan.source
        self._text = scan.source.text
        self._settings = scan.source.settings
        self._policy = policy_of(self._settings)
        self._read_inline = read_inline
        self._paragraphs = paragraphs
        self._balance = Balance(scan.source)
        self._flow = Paragraphs(self._balance, scan.source, enabled=paragraphs)
        # Where the text starts: typography sees nothing before it.
        self._first = 0
        self._run_start = self._run_end = -1
        self._in_cell = False
        self._in_link = self._in_raw_link = False

    def _words(self, start: int, end: int) -> None:
        if self._run_start < 0:
            self._run_start = start
        self._run_end = end

    def _end_run(self, *, trims: bool = False) -> None:
        """Write the words read so far; ``trims``: without the spaces at their end."""
        start, end = self._run_start, self._run_end
        if start < 0:
            return
        self._run_start = -1
        if trims:
            while end > start and self._text[end - 1] in " \t":
                end -= 1
            if end == start:
                return
        before = self._text[start - 1] if start > self._first else ""
        if self._in_link and before == "[":
            # To typography, a link's text stands behind a tag.
            before = ">"
        self._flow.text(typeset(self._text[start:end], self._settings.language, before), start)

    def _escape(self, start: int, end: int) -> None:
        self._end_run()
        self._flow.content(start)
        self._balance.text(self._text[start + 1 : end], start)

    def _idiom(self, start: int, end: int) -> None:
        words = languages.idiom(self._text[start + 2 : end - 2], self._settings.language)
        if words is None:
            self._source.report("unknown-idiom", start, self._text[start:end])
            self._words(start, end)
        else:
            self._end_run()
            self._flow.content(start)
            self._balance.text(words, start)

    def _leaf(self, node: Node, offset: int) -> None:
        self._end_run()
        self._flow.content(offset)
        self._balance.leaf(node)

    def _block(self, node: Node) -> None:
        """Write a block that holds no others; a paragraph begins behind it."""
        self._end_run(trims=True)
        self._flow.end()
        self._balance.block(node)
        self._flow.begin(drops_breaks=False)

    def _formatted_words(self, name: str, start: int, end: int, width: int) -> None:
        self._end_run()
        self._flow.content(start)
        words = typeset(self._text[start + width : end - width], self._settings.language, "{")
        if self._balance.is_plain:
            self._balance.plain(_FORMATTING_TYPES[name], {}, words, start, width)
        else:
            self._open_formatting(name, "{" * width, start)
            self._balance.text(words, start + width)
            self._close_formatting(name, "}" * width, end - width)

    def _open_formatting(self, name: str, marker: str, offset: int) -> None:
        if self._balance.open(name, _FORMATTING_TYPES[name], {}, offset, marker) is None:
            self._balance.text(marker, offset)

    def _close_formatting(self, name: str, marker: str, offset: int) -> None:
        if not self._balance.close_formatting(name, offset):
            self._source.report("unopened-marker", offset, marker)
