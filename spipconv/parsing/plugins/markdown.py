"""Markdown: ``<md>…</md>`` or ``<markdown>…</markdown>`` holds CommonMark with tables and strikethrough.

It becomes the same nodes as SPIP's shortcuts, so the policy is the same. Its own text stays beside them, for Markdown.
SPIP's links and models are read in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from spipconv.commonmark import read_markdown
from spipconv.nodes import Code, CodeBlock, Element, LineBreak, LinkKind, Player, Rule
from spipconv.parsing.html_tags import read_tag
from spipconv.parsing.layout.frames import read_dropped
from spipconv.parsing.layout.html import close_tag, open_tag
from spipconv.parsing.layout.links import write_plain_link
from spipconv.parsing.layout.lists import set_line_breaks
from spipconv.parsing.layout.models import write_model
from spipconv.parsing.layout.writer import LinkMark, TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.models import read_model
from spipconv.parsing.pairing import Open
from spipconv.parsing.plugins.shortcuts import Block, Reader
from spipconv.parsing.targets import split_text
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import decode_entities
from spipconv.safety import filter_attributes

if TYPE_CHECKING:
    from spipconv.commonmark import Token

# What a shortcut of SPIP's is to Markdown: its number between characters that no text may contain.
_PLACE: Final = re.compile("\ufdd2([0-9]+)\ufdd3")
_NOT_SHOWN: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[?!].*?(?:>|\Z)", re.DOTALL | re.IGNORECASE
)


def _write_markdown(writer: TextWriter, start: int, end: int) -> None:
    text = writer.text
    first, last = text.index(">", start, end) + 1, text.rindex("<", start, end)
    markdown = _Markdown(writer, first, last)
    if not writer.has_paragraphs:
        writer.begin_inline(start)
        markdown.write()
        return
    writer.end_run(trims=True)
    writer.flow.end()
    pairing = writer.pairing
    pairing.close("p")
    fields: NodeFields = {"text": markdown.own_text() if pairing.is_plain else ""}
    wrapper = pairing.open("div", "MARKDOWN", fields, start)
    markdown.write()
    if wrapper:
        pairing.close_to(wrapper)
    writer.flow.begin(drops_breaks=False)
    set_line_breaks(writer)


class _Markdown:
    """The Markdown between two offsets of the source, which is written into the layout."""

    def __init__(self, writer: TextWriter, first: int, last: int) -> None:
        self._writer, self._pairing = writer, writer.pairing
        self._is_comment = writer.settings.profile == "comment"
        lexemes = writer.scan.lexer.read(writer.text, first, last)
        self._shortcuts = [lexeme for lexeme in lexemes if lexeme.kind in ("LINK_MARK", "MODEL_TAG")]
        self._text = self._with_places(first, last)
        self._tokens = read_markdown(self._text, is_line=not writer.has_paragraphs, is_comment=self._is_comment)
        # Where its lines begin in the source, and where the block that is being written does.
        self._lines = [first, *[match.end() for match in re.compile("\n").finditer(writer.text, first, last)]]
        self._offset = first
        # What is open: None is nothing in the tree.
        self._opened: list[Open | None] = []
        self._in_head = False
        self._column = 0
        # What addresses and titles may take: a definition may be long, and its uses many.
        self._budget = 10_000 + 2 * (last - first)

    def _with_places(self, first: int, last: int) -> str:
        """Return the text with places for SPIP's links and models."""
        text = self._writer.text
        pieces: list[str] = []
        for number, shortcut in enumerate(self._shortcuts):
            pieces += [text[first : shortcut.start], f"\ufdd2{number}\ufdd3"]
            first = shortcut.end
        return "".join([*pieces, text[first:last]])

    def own_text(self) -> str:
        """Return the Markdown, or an empty text where it is not Markdown alone."""
        if self._shortcuts:
            return ""
        lines = self._text.split("\n")
        whole = [number for number, line in enumerate(lines) if line.strip()]
        return "\n".join(lines[whole[0] : whole[-1] + 1]) if whole else ""

    # ---- Blocks ----

    def write(self) -> None:
        """Write it."""
        for token in self._tokens:
            if token.map:
                self._offset = self._lines[min(token.map[0], len(self._lines) - 1)]
            if token.type == "inline":
                self._write_line(token.children or [])
            elif token.nesting == 1:
                self._open(token)
            elif token.nesting == -1:
                self._close(token)
            else:
                self._write_leaf(token)

    def _open(self, token: Token) -> None:
        parent = self._opened[-1] if self._opened else None
        kind = token.type.removesuffix("_open")
        if kind in ("thead", "tbody"):
            self._in_head = kind == "thead"
            self._opened.append(parent)
            return
        name, node, fields = self._describe(kind, token)
        # Parts may only be where the whole was let in.
        is_lost = node in ("ITEM", "ROW", "CELL") and (parent is None or not parent.is_open)
        opened = None
        if node == "ELEMENT":
            opened = self._pairing.open(name, node, fields, self._offset, "", is_raw=True)
        elif node and not is_lost:
            opened = self._pairing.open(name, node, fields, self._offset)
        self._opened.append(opened)

    def _describe(self, kind: str, token: Token) -> tuple[str, str, NodeFields]:
        """Return the element that a block is, the kind of its node (empty: none) and the node's fields."""
        match kind:
            case "paragraph":
                return "p", "" if token.hidden else "PARAGRAPH", {}
            case "heading":
                return "h2", "HEADING", {"level": int(token.tag[1]) - 1}
            case "blockquote":
                return "blockquote", "QUOTE", {}
            case "bullet_list" | "ordered_list" if "start" not in token.attrs or "ol" not in self._writer.policy.tags:
                return token.tag, "LIST", {"ordered": token.tag == "ol"}
            case "ordered_list":
                return "ol", "ELEMENT", {"name": "ol", "attributes": (("start", str(token.attrs["start"])),)}
            case "list_item":
                parent = self._opened[-1]
                if parent and parent.is_raw:
                    return "li", "ELEMENT", {"name": "li", "attributes": ()}
                return "li", "ITEM", {}
            case "table":
                return "table", "TABLE", {}
            case "tr":
                self._column = 0
                return "tr", "ROW", {"head": self._in_head}
            case "th" | "td":
                self._column += 1
                return kind, "CELL", {"header": kind == "th", "index": self._column - 1}
        return "", "", {}

    def _close(self, token: Token) -> None:
        opened = self._opened.pop()
        if opened and token.type not in ("thead_close", "tbody_close"):
            self._pairing.close_to(opened)

    def _write_leaf(self, token: Token) -> None:
        line, column = self._writer.source.place(self._offset)
        content = self._restore(token.content)
        match token.type:
            case "fence" | "code_block":
                language = self._restore(token.info).split(maxsplit=1)
                text = content.removesuffix("\n")
                self._pairing.block(CodeBlock(text, language[0] if language else "", line=line, column=column))
            case "hr":
                self._pairing.block(Rule(line=line, column=column))
            case "html_block":
                self._write_html(content)

    # ---- In the line ----

    def _write_line(self, tokens: Sequence[Token]) -> None:
        pairing, offset = self._pairing, self._offset
        line, column = self._writer.source.place(offset)
        opened: list[tuple[str, bool]] = []
        for token in tokens:
            if token.nesting == 1:
                name, node, fields = self._describe_formatting(token)
                if not self._is_affordable(token):
                    opened.append((name, False))
                    continue
                is_raw = node == "ELEMENT"
                opened.append((name, pairing.open(name, node, fields, offset, "", is_raw) is not None))
            elif token.nesting == -1:
                name, is_open = opened.pop()
                if is_open:
                    pairing.close_formatting(name, offset)
            elif token.type == "code_inline":
                pairing.leaf(Code(self._restore(token.content), line=line, column=column))
            elif token.type == "softbreak":
                pairing.text("\n", offset)
            elif token.type == "hardbreak":
                pairing.leaf(LineBreak("html", line=line, column=column))
            elif token.type == "html_inline":
                self._write_html(self._restore(token.content))
            elif token.type == "image" and self._is_affordable(token):
                self._write_image(token)
            elif token.type == "image":
                self._write_words(token.content)
            else:
                self._write_words(token.content)

    def _is_affordable(self, token: Token) -> bool:
        """Return whether there is room for the attributes of a link or a picture; report the first that has none."""
        had_room = self._budget >= 0
        self._budget -= sum([len(str(value)) for value in token.attrs.values()])
        if had_room and self._budget < 0:
            self._writer.source.report("formatting-ended", self._offset, "<md>")
        return self._budget >= 0 or not token.attrs

    def _describe_formatting(self, token: Token) -> tuple[str, str, NodeFields]:
        if token.type == "link_open":
            address = self._restore(str(token.attrs.get("href", "")))
            title = self._restore(str(token.attrs.get("title", "")))
            return "a", "LINK", {"address": address, "kind": _kind_of(address), "title": title}
        if token.type == "s_open":
            name = "s" if "s" in self._writer.policy.tags else "del"
            return name, "ELEMENT", {"name": name, "attributes": ()}
        return ("i", "EMPHASIS", {}) if token.type == "em_open" else ("strong", "STRONG", {})

    def _write_words(self, words: str) -> None:
        """Write words, and SPIP's links and models among them."""
        for number, part in enumerate(_PLACE.split(words)):
            if number % 2:
                self._write_shortcut(self._shortcuts[int(part)])
            elif part:
                self._pairing.text(part, self._offset)

    def _write_shortcut(self, shortcut: Lexeme) -> None:
        writer, start, end = self._writer, shortcut.start, shortcut.end
        if shortcut.kind == "MODEL_TAG":
            if read_model(writer.text[start:end]).is_document and writer.settings.resolver:
                self._pairing.close("p")
            write_model(writer, start, end)
            return
        label, _, target = writer.text[start + 1 : end - 1].partition("->")
        label = label.strip()
        length, title, language = split_text(label, label, writer.language)
        writer.link_marks[start] = LinkMark(title, language, target, label[:length].strip())
        write_plain_link(writer, start, end)

    def _write_image(self, token: Token) -> None:
        alternative = self._restore("".join([child.content for child in token.children or ()]))
        pairs = [("src", self._restore(str(token.attrs.get("src", "")))), ("alt", alternative)]
        if title := token.attrs.get("title"):
            pairs.append(("title", self._restore(str(title))))
        writer = self._writer
        attributes, refused = filter_attributes(writer.policy, "img", pairs)
        if "src" in refused or "img" not in writer.policy.tags:
            self._pairing.text(alternative, self._offset)
            return
        line, column = writer.source.place(self._offset)
        self._pairing.void(Element("img", attributes, (), line=line, column=column))

    def _write_html(self, markup: str) -> None:
        """Write the author's tags as the policy allows, with the words between them."""
        writer, offset = self._writer, self._offset
        markup = _NOT_SHOWN.sub("", markup)
        position = 0
        for match in writer.scan.lexer.patterns["TAG"].finditer(markup):
            if match.start() > position:
                self._pairing.text(decode_entities(markup[position : match.start()]), offset)
            position = match.end()
            tag = read_tag(match.group())
            if tag.name in writer.policy.tags:
                if tag.is_end:
                    close_tag(writer, tag.name, offset)
                else:
                    open_tag(writer, tag, offset, match.group())
                continue
            node = read_dropped(writer, tag, offset, match.group())
            if isinstance(node, Player):
                self._pairing.block(node)
            elif node:
                self._pairing.leaf(node)
            else:
                writer.source.report(tag.loss, offset, match.group())
        if position < len(markup):
            self._pairing.text(decode_entities(markup[position:]), offset)

    def _restore(self, text: str) -> str:
        """Return a text with what SPIP's shortcuts are, where nothing reads them."""
        if not self._shortcuts:
            return text
        source, shortcuts = self._writer.text, self._shortcuts
        text = text.replace("%EF%B7%92", "\ufdd2").replace("%EF%B7%93", "\ufdd3")
        return _PLACE.sub(lambda match: source[shortcuts[int(match[1])].start : shortcuts[int(match[1])].end], text)


def _kind_of(address: str) -> LinkKind:
    if address.startswith("#"):
        return "anchor"
    if address.lower().startswith("mailto:"):
        return "mail"
    return "external" if "://" in address else "relative"


READER: Final = Reader(
    "markdown",
    {},
    (Block("md", _write_markdown), Block("markdown", _write_markdown)),
)
