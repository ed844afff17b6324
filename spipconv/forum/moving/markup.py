"""Markup of other systems: HTML or Markdown comes in, the SPIP markup that shows the same in a message goes out.

What a message cannot show is words or a link there, and said. Time is linear in the length of any text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Final

from msgspec import Struct

from spipconv.commonmark import render_markdown
from spipconv.forum.moving.words import ends_in_address, escape_lines, escape_words
from spipconv.safety import safe_address

# A tag ends before the next one begins, so that no text is read twice.
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)([^<>]*)>")
_ATTRIBUTE: Final = re.compile(r"""([a-zA-Z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_SPACES: Final = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINES: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_UNREAD: Final = frozenset({"script", "style", "template", "textarea", "title", "noscript", "head"})
_STRONG: Final = frozenset({"strong", "b"})
_EMPHASIS: Final = frozenset({"em", "i", "cite", "dfn", "var", "address"})
# Elements that messages show as they are, and those of which nothing is lost without their tags.
_KEPT: Final[Mapping[str, str]] = {"del": "del", "s": "del", "strike": "del", "ins": "ins", "q": "q"}
_PLAIN: Final = frozenset("a abbr body br code div font html li ol p pre span tbody thead tfoot tr ul".split())
_BREAKING: Final = frozenset(
    """address article aside body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
    header html main nav p section summary tbody tfoot thead""".split()
)
_HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
_MEDIA: Final = frozenset("img iframe video audio embed source".split())
_MOST_DEPTH: Final = 20


class ConvertedText(Struct, frozen=True):
    """SPIP markup, and the names of the elements that a message cannot show as they were (``img``, ``sub``)."""

    text: str
    changed: tuple[str, ...] = ()


def from_html(markup: str, *, has_lines: bool = False) -> ConvertedText:
    """Return the SPIP markup of a text in HTML. ``has_lines``: a new line is a break there, as WordPress has it."""
    writer = _Writer(has_lines=has_lines)
    for tag, is_end, attributes, text in _tokens(markup.replace("\r\n", "\n").replace("\r", "\n")):
        if tag:
            writer.close(tag) if is_end else writer.open(tag, attributes)
        else:
            writer.add(text)
    return writer.end()


def from_markdown(text: str) -> ConvertedText:
    """Return the SPIP markup of a text in Markdown, in which a new line is a break, as Isso has it."""
    return from_html(render_markdown(text))


def _tokens(markup: str) -> list[tuple[str, bool, str, str]]:
    """Return the tags (name, whether it is an end, attributes) and the texts of a piece of HTML."""
    tokens: list[tuple[str, bool, str, str]] = []
    position, unread, text = 0, "", _without_comments(markup)
    for match in _TAG.finditer(text):
        name, is_end = match[2].lower(), bool(match[1])
        if not unread and match.start() > position:
            tokens.append(("", False, "", text[position : match.start()]))
        position = match.end()
        if unread:
            unread = "" if is_end and name == unread else unread
        elif name in _UNREAD and not is_end:
            tokens.append((name, False, "", ""))
            unread = name
        else:
            tokens.append((name, is_end, match[3], ""))
    if not unread:
        tokens.append(("", False, "", text[position:]))
    return tokens


def _without_comments(markup: str) -> str:
    pieces: list[str] = []
    position = 0
    while (start := markup.find("<!--", position)) >= 0:
        pieces.append(markup[position:start])
        end = markup.find("-->", start + 4)
        position = len(markup) if end < 0 else end + 3
    return "".join([*pieces, markup[position:]])


class _Writer:
    """Writes SPIP markup while a text in HTML is read."""

    def __init__(self, *, has_lines: bool) -> None:
        self._has_lines = has_lines
        # The blocks of the text and of each quotation that is open in it, and the line that is being written.
        self._blocks: list[list[str]] = [[]]
        self._line: list[str] = []
        self._words: list[str] = []
        # The marks that are open in the line, each with its place there; one kind is open once.
        self._marks: list[tuple[str, int, str]] = []
        self._lists: list[str] = []
        self._items: list[str] = []
        self._has_mark = False
        # The cells of the row that is open, and whether one of them is.
        self._cells: list[str] | None = None
        self._is_in_cell = False
        self._rows: list[str] = []
        self._raw: list[str] | None = None
        self._raw_tag = ""
        self._heading = False
        self._changed: dict[str, None] = {}

    def end(self) -> ConvertedText:
        """Return what was written."""
        if self._raw is not None:
            self._end_raw()
        self._end_table()
        self._break()
        self._lists.clear()
        self._end_list()
        while len(self._blocks) > 1:
            self._end_quote()
        return ConvertedText("\n\n".join(self._blocks[0]), tuple(self._changed))

    def add(self, text: str) -> None:
        """Write words; references in them are read."""
        words = unescape(text)
        if self._raw is not None:
            self._raw.append(words)
            return
        if not self._has_lines or self._cells is not None or self._lists:
            words = _SPACES.sub(" ", words)
        for place, part in enumerate(_BLANK_LINES.split(words)):
            if place:
                self._break()
            self._words.append(part)

    def _settle(self) -> None:
        """Write the words since the last mark: signs are escaped where they stand together."""
        if self._words:
            self._line.append(escape_words("".join(self._words)))
            self._words = []

    def open(self, tag: str, attributes: str) -> None:
        """Begin an element."""
        if self._raw is not None:
            return
        if tag in ("pre", "code"):
            if tag == "pre":
                self._break()
            self._raw, self._raw_tag = [], tag
        elif tag == "br":
            self._settle()
            self._line.append(" " if self._cells is not None or self._heading else "\n")
        elif tag in ("ul", "ol"):
            self._break()
            self._lists.append("*" if tag == "ul" else "#")
        elif tag == "li":
            self._break()
            self._has_mark = False
        elif tag == "blockquote" and self._cells is None and not self._lists and len(self._blocks) < _MOST_DEPTH:
            self._break()
            self._blocks.append([])
        elif tag == "hr" and not self._lists and self._cells is None:
            self._break()
            self._blocks[-1].append("----")
        elif tag in ("table", "tr", "td", "th"):
            self._open_cell(tag)
        elif tag in _MEDIA:
            self._link_media(tag, attributes)
        elif tag in _BREAKING:
            self._break()
            self._heading = tag in _HEADINGS and not self._lists and self._cells is None
        elif (mark := _mark_of(tag)) and all(mark != open_mark for open_mark, *_ in self._marks):
            self._settle()
            self._marks.append((mark, len(self._line), _attribute(attributes, "href") if mark == "a" else ""))
        if not (tag in _PLAIN or tag in _BREAKING or tag in _MEDIA or _mark_of(tag)
                or tag in ("blockquote", "hr", "table", "td", "th")):  # fmt: skip
            self._changed[tag] = None

    def close(self, tag: str) -> None:
        """End an element."""
        if self._raw is not None:
            if tag == self._raw_tag:
                self._end_raw()
        elif tag in ("ul", "ol"):
            self._break()
            if self._lists:
                self._lists.pop()
            if not self._lists:
                self._end_list()
        elif tag == "blockquote" and len(self._blocks) > 1 and not self._lists:
            self._break()
            self._end_quote()
        elif tag in ("td", "th"):
            self._end_cell(is_head=tag == "th")
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_table()
        elif tag in _BREAKING or tag == "li":
            self._break()
            self._heading = False
        elif mark := _mark_of(tag):
            self._close_mark(mark)

    # ---- Lines ----

    def _break(self) -> None:
        """End the line: it is a paragraph, a heading, a part of an item, or goes on if it is in a cell."""
        self._settle()
        if self._cells is not None:
            self._line.append(" ")
            return
        marks = [(mark, address) for mark, _, address in self._marks]
        while self._marks:
            self._end_mark()
        text = "\n".join(line.strip(" \t") for line in "".join(self._line).split("\n")).strip("\n")
        self._line = []
        # A blank line would end the paragraph.
        text = re.sub(r"\n{2,}", "\n", text)
        if text and self._heading:
            self._blocks[-1].append(f"{{{{{{{text}}}}}}}")
        elif text and self._lists:
            mark = "" if self._has_mark else f"-{self._lists[-1] * min(len(self._lists), _MOST_DEPTH)} "
            text = escape_lines(text)
            self._items.append(f"{mark}{text}" if mark else f"_ {text}")
            self._has_mark = True
        elif text:
            self._blocks[-1].append(escape_lines(text))
        self._marks = [(mark, place, address) for place, (mark, address) in enumerate(marks)]
        self._line = [""] * len(marks)

    def _end_list(self) -> None:
        if self._items:
            self._blocks[-1].append("\n".join(self._items))
        self._items = []

    def _end_quote(self) -> None:
        blocks = self._blocks.pop()
        if blocks:
            self._blocks[-1].append("<quote>\n" + "\n\n".join(blocks) + "\n</quote>")

    # ---- Words ----

    def _close_mark(self, mark: str) -> None:
        """End a mark, and those that were opened in it and are still open."""
        if all(mark != open_mark for open_mark, *_ in self._marks):
            return
        while self._end_mark() != mark:
            pass

    def _end_mark(self) -> str:
        self._settle()
        mark, place, address = self._marks.pop()
        inner = "".join(self._line[place:])
        del self._line[place:]
        words = inner.strip()
        if words:
            start, end = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
            is_plain = not self._heading and not any(sign in words for sign in "{<\n")
            # SPIP takes braces for a part of the address before them.
            is_plain = is_plain and not (self._line and not start and ends_in_address(self._line[-1]))
            is_plain = is_plain and all(open_mark != "a" for open_mark, *_ in self._marks)
            inner = start + _WRITTEN[mark](words, address, is_plain) + end
        self._line.append(inner)
        return mark

    def _link_media(self, tag: str, attributes: str) -> None:
        """Write a link in place of a picture or a film, which a message does not show."""
        address = _attribute(attributes, "src")
        words = escape_words(_attribute(attributes, "alt") or address.partition("?")[0].rpartition("/")[2] or tag)
        self._changed[tag] = None
        if not address and tag != "img":
            return
        self._settle()
        is_in_link = any(mark == "a" for mark, *_ in self._marks)
        self._line.append(words if is_in_link else _write_link(words, address, False))

    def _end_raw(self) -> None:
        self._settle()
        text, tag = "".join(self._raw or ()), self._raw_tag
        self._raw = None
        if tag == "code" or self._lists or self._cells is not None:
            words = " ".join(text.split())
            if "`" in words or "</code" in words.lower():
                self._changed["code"] = None
                self._words.append(words)
            elif words:
                self._line.append(f"<code>{words}</code>")
            return
        text = text.strip("\n")
        if text.strip() and ("`" in text or "</code" in text.lower()):
            # References are read there.
            escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("`", "&#96;")
            self._blocks[-1].append(f"<pre>\n{escaped}\n</pre>")
        elif text.strip():
            self._blocks[-1].append(f"<code>\n{text}\n</code>")

    # ---- Tables ----

    def _open_cell(self, tag: str) -> None:
        if tag == "table":
            self._break()
        elif tag == "tr":
            self._end_row()
        elif not self._lists:
            if self._cells is None:
                self._break()
                self._cells = []
            self._end_cell(is_head=False)
            self._is_in_cell = True

    def _end_cell(self, *, is_head: bool) -> None:
        if self._cells is None:
            return
        self._settle()
        while self._marks:
            self._end_mark()
        words = " ".join("".join(self._line).split())
        was_in_cell, self._line, self._is_in_cell = self._is_in_cell, [], False
        if not (was_in_cell or words):
            return
        is_first = is_head and not self._rows and words and "{" not in words
        self._cells.append(f"{{{{{words}}}}}" if is_first else words)

    def _end_row(self) -> None:
        if self._cells is None:
            return
        self._end_cell(is_head=False)
        if any(cell.strip() for cell in self._cells):
            self._rows.append(f"| {' | '.join(self._cells)} |")
        self._cells = None

    def _end_table(self) -> None:
        self._end_row()
        if self._rows:
            self._blocks[-1].append("\n".join(self._rows))
        self._rows = []


def _mark_of(tag: str) -> str:
    if tag == "a":
        return "a"
    if tag in _STRONG:
        return "strong"
    return "em" if tag in _EMPHASIS and tag != "address" else _KEPT.get(tag, "")


def _attribute(attributes: str, name: str) -> str:
    for match in _ATTRIBUTE.finditer(attributes):
        if match[1].lower() == name:
            return unescape(match[2].strip("\"'")).strip()
    return ""


def _write_link(words: str, address: str, _is_plain: bool) -> str:
    target = _SPACES.sub("%20", address).replace("[", "%5B").replace("]", "%5D").replace("<", "%3C")
    words = words.replace("\n", " ")
    return f"[{words}->{target}]" if target and safe_address(target) else words


_WRITTEN: Final[Mapping[str, Callable[[str, str, bool], str]]] = {
    "a": _write_link,
    "strong": lambda words, _, is_plain: f"{{{{{words}}}}}" if is_plain else f"<strong>{words}</strong>",
    "em": lambda words, _, is_plain: f"{{{words}}}" if is_plain else f"<em>{words}</em>",
    "del": lambda words, _, __: f"<del>{words}</del>",
    "ins": lambda words, _, __: f"<ins>{words}</ins>",
    "q": lambda words, _, __: f"<q>{words}</q>",
}
