"""Raw text of extensions: it is written as it is, in its own format only, and never in comments and titles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Final

from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Document, Node, Profile, Raw, children_of

# What a line of Markdown begins with inside of quotations and items, and what of it its next lines do not repeat.
_MARKS: Final = re.compile(r"[\s>*+.)0-9-]*")
# The formats that hold the raw texts of all formats, for whoever reads them.
_HOLDING: Final = frozenset({"json", "pandoc", "pandoc2"})
_NOT_QUOTED: Final = re.compile(r"[^>\s]")


@cache
def _token() -> str:
    """Return a word that no text of a stranger can contain, the same for a process: its pattern is compiled once."""
    # Few processes need it.
    import secrets

    return f"raw{secrets.token_hex(16)}x"


class RawTexts:
    """The raw texts of a document that is being written: stand-ins represent them while the rest is escaped, cleaned
    and put in lines, and nothing of this happens to them.
    """

    __slots__ = ("_format", "_is_allowed", "_texts")

    def __init__(self, format: str, profile: Profile) -> None:
        self._format = format
        self._is_allowed = profile == "article"
        self._texts: list[Raw] = []

    def stand_in(self, node: Raw) -> str:
        """Return what stands for a raw text, a single word; nothing where it is not written."""
        if not self._is_allowed or node.format != self._format:
            return ""
        self._texts.append(node)
        return f"{_token()}{len(self._texts) - 1}x"

    def put_back(self, written: str) -> str:
        """Return what was written with the raw texts in the places of their stand-ins.

        The lines of a block are within the same quotations and items as its first.
        """
        if not self._texts:
            return written

        def text_of(match: re.Match[str]) -> str:
            node = self._texts[int(match[1])]
            if not node.is_block or "\n" not in node.text:
                return node.text
            before = written[written.rfind("\n", 0, match.start()) + 1 : match.start()]
            if not _MARKS.fullmatch(before):
                return node.text
            return node.text.replace("\n", "\n" + _NOT_QUOTED.sub(" ", before))

        return re.sub(f"{_token()}([0-9]+)x", text_of, written)


def omitted_raw(document: Document, format: str) -> tuple[Diagnostic, ...]:
    """Return diagnostics about the raw texts of a document that a format does not show.

    Of raw texts side by side, which say the same in several formats, one is enough.
    """
    diagnostics: list[Diagnostic] = []
    waiting: list[Iterable[Node]] = [] if format in _HOLDING else [document.children]
    while waiting:
        for is_raw, group in groupby(waiting.pop(), lambda node: isinstance(node, Raw)):
            nodes = [*group]
            if not is_raw:
                waiting += [children for node in nodes if (children := children_of(node))]
            elif not any(isinstance(node, Raw) and node.format == format for node in nodes):
                formats = ", ".join([node.format for node in nodes if isinstance(node, Raw)])
                diagnostics.append(Diagnostic("raw-omitted", max(nodes[0].line, 1), max(nodes[0].column, 1), formats))
    return tuple(sorted(diagnostics, key=lambda diagnostic: (diagnostic.line, diagnostic.column)))
