"""Markdown: ``<md>…</md>`` or ``<markdown>…</markdown>`` holds CommonMark with tables and strikethrough.

It becomes the same nodes as SPIP's shortcuts, so the policy is the same. Its own text stays beside them, for Markdown.
SPIP's links and models are read in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from spipconv.commonmark import read_markdown
from spipconv.extensions import Block, Builder, Extension, Opened, Writer
from spipconv.nodes import (
    Cell,
    Code,
    CodeBlock,
    Element,
    Emphasis,
    Heading,
    LineBreak,
    Link,
    LinkKind,
    List,
    ListItem,
    Markdown,
    Node,
    Paragraph,
    Quote,
    Row,
    Rule,
    Strong,
    Table,
)
from spipconv.safety import filter_attributes

if TYPE_CHECKING:
    from spipconv.commonmark import Token

# What a shortcut of SPIP's is to Markdown: its number between characters that no text may contain.
_PLACE: Final = re.compile("\ufdd2([0-9]+)\ufdd3")
_NOT_SHOWN: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[?!].*?(?:>|\Z)", re.DOTALL | re.IGNORECASE
)


def _write_markdown(writer: Writer, start: int, end: int) -> None:
    text = writer.text
    markdown = _Markdown(writer, text.index(">", start, end) + 1, text.rindex("<", start, end))
    writer.build(Markdown((), markdown.own_text()), start, end, markdown.write)


class _Markdown:
    """The Markdown between two offsets of the text."""

    def __init__(self, writer: Writer, first: int, last: int) -> None:
        self._source, self._policy = writer.text, writer.policy
        self._shortcuts = writer.shortcuts(first, last)
        self._text = self._with_places(first, last)
        self._tokens = read_markdown(
            self._text, is_line=not writer.has_paragraphs, is_comment=writer.profile == "comment"
        )
        # Where its lines begin in the source, and the block that is being written, which is the place of all in it.
        self._lines = [first, *[match.end() for match in re.compile("\n").finditer(self._source, first, last)], last]
        self._place = first, first
        # What is open, and whether that is an author's element: None is nothing in the tree.
        self._opened: list[tuple[Opened | None, bool]] = []
        self._in_head = False
        self._column = 0
        # What addresses and titles may take: a definition may be long, and its uses many.
        self._budget = 10_000 + 2 * (last - first)

    def _with_places(self, first: int, last: int) -> str:
        """Return the text with places for SPIP's links and models."""
        text = self._source
        pieces: list[str] = []
        for number, (start, end) in enumerate(self._shortcuts):
            pieces += [text[first:start], f"\ufdd2{number}\ufdd3"]
            first = end
        return "".join([*pieces, text[first:last]])

    def own_text(self) -> str:
        """Return the Markdown, or an empty text where it is not Markdown alone."""
        if self._shortcuts:
            return ""
        lines = self._text.split("\n")
        whole = [number for number, line in enumerate(lines) if line.strip()]
        return "\n".join(lines[whole[0] : whole[-1] + 1]) if whole else ""

    # ---- Blocks ----

    def write(self, builder: Builder) -> None:
        """Write it."""
        self._builder = builder
        for token in self._tokens:
            if token.map:
                self._place = self._find_place(*token.map)
            if token.type == "inline":
                self._write_line(token.children or [])
            elif token.nesting == 1:
                self._open(token)
            elif token.nesting == -1:
                self._close(token)
            else:
                self._write_leaf(token)

    def _find_place(self, first: int, last: int) -> tuple[int, int]:
        """Return where a block of some lines starts and ends."""
        lines = self._lines
        start = lines[min(first, len(lines) - 1)]
        return start, start + len(self._source[start : lines[min(last, len(lines) - 1)]].rstrip())

    def _open(self, token: Token) -> None:
        parent, is_raw = self._opened[-1] if self._opened else (None, False)
        kind = token.type.removesuffix("_open")
        if kind in ("thead", "tbody"):
            self._in_head = kind == "thead"
            self._opened.append((parent, is_raw))
            return
        node = self._describe(kind, token, is_raw)
        # Parts may only be where the whole was let in.
        is_lost = isinstance(node, ListItem | Row | Cell) and (parent is None or not parent.is_open)
        opened = None if node is None or is_lost else self._builder.open(node, self._place[0], self._place[0])
        self._opened.append((opened, isinstance(node, Element) and opened is not None))

    def _describe(self, kind: str, token: Token, is_raw: bool) -> Node | None:
        """Return the node of a block, without children; ``is_raw``: it stands in an author's element."""
        match kind:
            case "paragraph":
                return None if token.hidden else Paragraph(())
            case "heading":
                return Heading((), int(token.tag[1]) - 1)
            case "blockquote":
                return Quote(())
            case "bullet_list" | "ordered_list" if "start" not in token.attrs or "ol" not in self._policy.tags:
                return List(token.tag == "ol", ())
            case "ordered_list":
                return Element("ol", (("start", str(token.attrs["start"])),), ())
            case "list_item":
                return Element("li", (), ()) if is_raw else ListItem(())
            case "table":
                return Table(())
            case "tr":
                self._column = 0
                return Row((), self._in_head)
            case "th" | "td":
                self._column += 1
                return Cell((), kind == "th", self._column - 1)
        return None

    def _close(self, token: Token) -> None:
        opened, _ = self._opened.pop()
        if opened and token.type not in ("thead_close", "tbody_close"):
            self._builder.close(opened, *self._place)

    def _write_leaf(self, token: Token) -> None:
        content = self._restore(token.content)
        match token.type:
            case "fence" | "code_block":
                language = self._restore(token.info).split(maxsplit=1)
                text = content.removesuffix("\n")
                self._builder.add(CodeBlock(text, language[0] if language else ""), *self._place)
            case "hr":
                self._builder.add(Rule(), *self._place)
            case "html_block":
                self._write_html(content)

    # ---- In the line ----

    def _write_line(self, tokens: Sequence[Token]) -> None:
        builder, (start, end) = self._builder, self._place
        opened: list[Opened | None] = []
        for token in tokens:
            if token.nesting == 1:
                is_affordable = self._is_affordable(token)
                opened.append(builder.open(self._describe_formatting(token), start, start) if is_affordable else None)
            elif token.nesting == -1:
                if formatting := opened.pop():
                    builder.close(formatting, start, end)
            elif token.type == "code_inline":
                builder.add(Code(self._restore(token.content)), start, end)
            elif token.type == "softbreak":
                builder.text("\n", start, end)
            elif token.type == "hardbreak":
                builder.add(LineBreak("html"), start, end)
            elif token.type == "html_inline":
                self._write_html(self._restore(token.content))
            elif token.type == "image" and self._is_affordable(token):
                self._write_image(token)
            else:
                self._write_words(token.content)

    def _is_affordable(self, token: Token) -> bool:
        """Return whether there is room for the attributes of a link or a picture; report the first that has none."""
        had_room = self._budget >= 0
        self._budget -= sum([len(str(value)) for value in token.attrs.values()])
        if had_room and self._budget < 0:
            self._builder.report("formatting-ended", self._place[0], "<md>")
        return self._budget >= 0 or not token.attrs

    def _describe_formatting(self, token: Token) -> Node:
        if token.type == "link_open":
            address = self._restore(str(token.attrs.get("href", "")))
            title = self._restore(str(token.attrs.get("title", "")))
            return Link(address, (), _kind_of(address), title)
        if token.type == "s_open":
            return Element("s" if "s" in self._policy.tags else "del", (), ())
        return Emphasis(()) if token.type == "em_open" else Strong(())

    def _write_words(self, words: str) -> None:
        """Write words, and SPIP's links and models among them."""
        for number, part in enumerate(_PLACE.split(words)):
            if number % 2:
                self._builder.shortcut(*self._shortcuts[int(part)])
            elif part:
                self._builder.text(part, *self._place)

    def _write_image(self, token: Token) -> None:
        alternative = self._restore("".join([child.content for child in token.children or ()]))
        pairs = [("src", self._restore(str(token.attrs.get("src", "")))), ("alt", alternative)]
        if title := token.attrs.get("title"):
            pairs.append(("title", self._restore(str(title))))
        attributes, refused = filter_attributes(self._policy, "img", pairs)
        if "src" in refused or "img" not in self._policy.tags:
            self._builder.text(alternative, *self._place)
        else:
            self._builder.add(Element("img", attributes, ()), *self._place)

    def _write_html(self, markup: str) -> None:
        """Write the author's tags as the policy allows, with the words between them."""
        self._builder.html(_NOT_SHOWN.sub("", markup), *self._place)

    def _restore(self, text: str) -> str:
        """Return a text with what SPIP's shortcuts are, where nothing reads them."""
        if not self._shortcuts:
            return text
        source, shortcuts = self._source, self._shortcuts
        text = text.replace("%EF%B7%92", "\ufdd2").replace("%EF%B7%93", "\ufdd3")
        return _PLACE.sub(lambda match: source[slice(*shortcuts[int(match[1])])], text)


def _kind_of(address: str) -> LinkKind:
    if address.startswith("#"):
        return "anchor"
    if address.lower().startswith("mailto:"):
        return "mail"
    return "external" if "://" in address else "relative"


EXTENSION: Final = Extension(name="markdown", blocks=(Block("md", _write_markdown), Block("markdown", _write_markdown)))
