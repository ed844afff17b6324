"""A document to HTML with SPIP's own elements and classes, safe by construction: all is escaped where it is written.

``write`` gives the body and the notes apart, as SPIP's ``#TEXTE`` and ``#NOTES``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from spipconv.languages import notes_title
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Bullet,
    Caption,
    Cell,
    Code,
    CodeBlock,
    Document,
    Element,
    Emphasis,
    Figure,
    Frame,
    Heading,
    LineBreak,
    Link,
    List,
    ListItem,
    Math,
    MathBlock,
    Model,
    Node,
    Note,
    Paragraph,
    Poem,
    Profile,
    Quote,
    Row,
    Rule,
    Strong,
    Table,
    Text,
    Verse,
    walk,
)
from spipconv.safety import (
    ARTICLE_WITH_EMBEDS,
    COMMENT,
    VOID,
    Policy,
    Sanitizer,
    check_sanitizer,
    clean,
    escape_attribute,
    escape_text,
    filter_attributes,
    hide_values,
    replace_controls,
    safe_address,
)
from spipconv.settings import check_profile

_LINK_CLASSES = {
    "internal": "spip_in",
    "external": "spip_out",
    "site": "spip_out",
    "anchor": "spip_ancre",
    "mail": "spip_mail",
    "glossary": "spip_glossaire",
}
# A stranger's ids begin so: none is one of the page's.
_COMMENT_PREFIX = "comment-"
_LANGUAGE_WORD = re.compile(r"\s*(?:language-)?([A-Za-z0-9_+-]{1,40})(?!\S)")
_LEADING_AWAY = frozenset({"external", "glossary"})


class Html(Struct, frozen=True):
    """What a text becomes: its body, and its notes, which a page shows below."""

    body: str
    notes: str


def write(document: Document, *, profile: Profile | None = None, sanitizer: Sanitizer = "nh3") -> Html:
    """Return the HTML of a document, for its own profile unless another one is named.

    Links of a ``comment`` tell search engines that a stranger made them. Documents with raw HTML pass the
    sanitiser last; it is ``nh3``, or ``bleach`` where that is installed. Raises ValueError for another profile or
    sanitiser, ImportError where the sanitiser is not installed.
    """
    check_sanitizer(sanitizer)
    writer = Writer(document, profile)
    body = writer.flow(document.children)
    notes = writer.notes()
    if writer.has_raw_html:
        body, notes = clean(body, sanitizer), clean(notes, sanitizer) if notes else ""
    return Html(body, notes)


class Writer:
    """Writes nodes of one document, for its own profile unless another one is named.

    ``note_call`` may be replaced to show calls otherwise.
    """

    def __init__(self, document: Document, profile: Profile | None = None) -> None:
        self.has_raw_html = False
        self._document = document
        self._is_comment = check_profile(document.profile if profile is None else profile) == "comment"
        self._policy: Policy = COMMENT if self._is_comment else ARTICLE_WITH_EMBEDS
        self._language = document.language
        self._notes: list[Note] = []
        self._tables = 0

    def flow(self, nodes: Iterable[Node]) -> str:
        """Return the HTML of some nodes."""
        writers = _WRITERS
        return "".join([writers[node.__class__](self, node) for node in nodes])

    def notes(self) -> str:
        """Return the HTML of the notes met so far that have a text."""
        return "".join([self._note_text(note) for note in self._notes])

    # ---- In the line ----

    def _text(self, node: Text) -> str:
        return escape_text(node.text)

    def _strong(self, node: Strong) -> str:
        return f"<strong>{self.flow(node.children)}</strong>"

    def _emphasis(self, node: Emphasis) -> str:
        return f"<i>{self.flow(node.children)}</i>"

    def _line_break(self, node: LineBreak) -> str:
        if node.kind == "auto":
            return '<br class="autobr" />\n'
        return '<br class="manualbr" />' if node.kind == "manual" else "<br />"

    def _bullet(self, node: Bullet) -> str:
        return '<span class="spip-puce ltr"><b>–</b></span>&nbsp;'

    def _code(self, node: Code) -> str:
        language = self._language_class(node.language)
        return f'<code class="{language}spip_code spip_code_inline" dir="ltr">{escape_text(node.text)}</code>'

    def _language_class(self, language: str) -> str:
        """Return the class that names the language of code, a space after it.

        An author's classes stay as they are; a stranger's are one word under a prefix, and so none of the page's.
        """
        if not self._is_comment:
            return escape_attribute(f"{language} ") if language else ""
        word = _LANGUAGE_WORD.match(language)
        return f"language-{word[1]} " if word else ""

    def _math(self, node: Math) -> str:
        return f'<code class="spip_code spip_math" dir="ltr">{escape_text(node.text)}</code>'

    def _link(self, node: Link) -> str:
        words = self.flow(node.children)
        address = self.address_of(node)
        if address is None:
            return words
        name = _LINK_CLASSES.get(node.kind, "")
        if node.shows_address and node.kind in ("external", "relative"):
            name = f"spip_url {name}" if name else "spip_url"
        if node.automatic:
            name += " auto"
        rel = "external" if node.kind in _LEADING_AWAY else ""
        if self._is_comment:
            rel = "nofollow ugc noopener" + (" " + rel if rel else "")
        elif node.automatic:
            rel = "nofollow " + rel if rel else "nofollow"
        attributes = {
            "class": name,
            "hreflang": node.language.replace("_", "-"),
            "title": node.title,
            "type": node.media_type,
            "rel": rel,
        }
        written = "".join([f' {key}="{escape_attribute(value)}"' for key, value in attributes.items() if value])
        return f'<a href="{escape_attribute(address)}"{written}>{words}</a>'

    def address_of(self, node: Link) -> str | None:
        """Return where a link leads, None where it may not; to an anchor of a comment under that one's prefix."""
        address = safe_address(node.address)
        if self._is_comment and address and address[0] == "#" and address[1:] in self._own_anchors:
            return f"#{_COMMENT_PREFIX}{address[1:]}"
        return address

    @cached_property
    def _own_anchors(self) -> frozenset[str]:
        return frozenset(node.name for node in walk(self._document.children) if isinstance(node, Anchor))

    def _anchor(self, node: Anchor) -> str:
        prefix = _COMMENT_PREFIX if self._is_comment else ""
        return f'<a id="{prefix}{escape_attribute(node.name)}"></a>'

    def _abbreviation(self, node: Abbreviation) -> str:
        return f'<abbr title="{escape_attribute(node.title)}">{self.flow(node.children)}</abbr>'

    def _note(self, node: Note) -> str:
        if node.children:
            self._notes.append(node)
        return self.note_call(node) if node.label else ""

    def note_call(self, node: Note) -> str:
        """Return what stands in the text where a note is called."""
        identifier = self.identifier_of(node)
        title = f' title="{escape_attribute(node.excerpt)}"' if node.excerpt else ""
        own = "" if node.repeated else f' id="nh{identifier}"'
        rel = "nofollow ugc noopener appendix" if self._is_comment else "appendix"
        return (
            f'<span class="spip_note_ref">&nbsp;[<a href="#nb{identifier}" class="spip_note" rel="{rel}"{title}{own}>'
            f"{escape_text(node.label)}</a>]</span>"
        )

    def identifier_of(self, node: Note) -> str:
        """Return what ends a note's ids: its identifier, of a comment set apart where that is more than a number."""
        is_apart = self._is_comment and not node.identifier.isdigit()
        return ("-" if is_apart else "") + escape_attribute(node.identifier)

    def _note_text(self, node: Note) -> str:
        identifier = self.identifier_of(node)
        children = node.children
        if not node.label:
            return f'<div id="nb">\n{self.flow(children)}\n</div>'
        title = escape_attribute(f"{notes_title(self._language)} {node.identifier}")
        rel = ' rel="nofollow ugc noopener"' if self._is_comment else ""
        back = (
            f'<span class="spip_note_ref">[<a href="#nh{identifier}" class="spip_note" title="{title}"{rel}>'
            f"{escape_text(node.label)}</a>]&nbsp;</span>"
        )
        first = children[0]
        if isinstance(first, Paragraph):
            text = f"<p>{back}{self.flow(first.children)}</p>\n{self.flow(children[1:])}"
        else:
            text = f"<p>{back}</p>\n{self.flow(children)}"
        return f'<div id="nb{identifier}">\n{text.rstrip(_SPACES)}\n</div>'

    def _model(self, node: Model) -> str:
        return f"<tt>{escape_text(hide_values(node.source))}</tt>"

    def _element(self, node: Element) -> str:
        words = self.flow(node.children)
        self.has_raw_html = True
        if node.name not in self._policy.tags:
            return words
        attributes, _ = filter_attributes(self._policy, node.name, node.attributes)
        if node.name == "iframe" and not any(name == "src" for name, _ in attributes):
            return words
        if ("target", "_blank") in attributes:
            values = dict(attributes)
            values["rel"] = (values.get("rel", "") + " noopener").strip()
            attributes = tuple(values.items())
        written = "".join([f' {name}="{escape_attribute(value)}"' for name, value in attributes])
        if node.name in VOID:
            return f"<{node.name}{written} />"
        if node.name == "pre" and words.startswith("\n"):
            words = "\n" + words
        return f"<{node.name}{written}>{words}</{node.name}>"

    # ---- Blocks ----

    def _paragraph(self, node: Paragraph) -> str:
        return f"<p>{self.flow(node.children).rstrip(_SPACES)}</p>\n"

    def _heading(self, node: Heading) -> str:
        return f'<h2 class="spip">{self.flow(node.children).strip(_SPACES)}</h2>\n'

    def _rule(self, node: Rule) -> str:
        return '<hr class="spip" />\n'

    def _list(self, node: List) -> str:
        name = "ol" if node.ordered else "ul"
        return f'<{name} class="spip" role="list">{self.flow(node.items)}</{name}>\n'

    def _item(self, node: ListItem) -> str:
        return f"<li>{self.flow(node.children).rstrip(_SPACES)}</li>"

    def _table(self, node: Table) -> str:
        self._tables += 1
        table = f"t{self._tables}"
        pieces = ["<table", f' aria-describedby="{table}_summary"' if node.caption and node.caption.summary else ""]
        pieces.append(' class="table spip">\n')
        if node.caption:
            pieces.append(f"<caption>{self.flow(node.caption.children)}")
            if node.caption.summary:
                summary = self.flow(node.caption.summary)
                pieces.append(f'<br /> <small id="{table}_summary" class="summary offscreen">{summary}</small>')
            pieces.append("</caption>\n")
        heads = [row for row in node.rows if row.head]
        columns = {cell.index for row in heads for cell in row.cells}
        if heads:
            rows = "".join([self._table_row(row, "row_first", table, 0, set()) for row in heads])
            pieces.append(f"<thead>{rows}</thead>\n")
        pieces.append("<tbody>\n")
        for number, row in enumerate(row for row in node.rows if not row.head):
            name = "row_even even" if number % 2 else "row_odd odd"
            pieces.append(self._table_row(row, name, table, number, columns))
        pieces.append("</tbody>\n</table>\n")
        return "".join(pieces)

    def _table_row(self, row: Row, name: str, table: str, number: int, columns: set[int]) -> str:
        line = f"{table}_l{number}" if any(cell.header for cell in row.cells) and not row.head else ""
        pieces = [f'<tr class="{name}">']
        for cell in row.cells:
            attributes = ""
            if cell.numeric:
                attributes += f' class="{cell.numeric}"'
            if row.head:
                attributes += f' id="{table}_c{cell.index}"'
            elif cell.header:
                attributes += f' id="{line}"'
            if cell.colspan > 1:
                attributes += f' colspan="{cell.colspan}"'
            if cell.rowspan > 1:
                attributes += f' rowspan="{cell.rowspan}"'
            headers = [f"{table}_c{cell.index}"] if cell.index in columns else []
            if line and not cell.header:
                headers.append(line)
            if headers:
                attributes += f' headers="{" ".join(headers)}"'
            tag = "th" if cell.header else "td"
            pieces.append(f"<{tag}{attributes}>{self.flow(cell.children).rstrip(_SPACES)}</{tag}>")
        pieces.append("</tr>\n")
        return "".join(pieces)

    def _caption(self, node: Caption) -> str:
        return self.flow(node.children + node.summary)

    def _row(self, node: Row) -> str:
        return self.flow(node.cells)

    def _cell(self, node: Cell) -> str:
        return self.flow(node.children)

    def _quote(self, node: Quote) -> str:
        return f'<blockquote class="spip">\n{self.flow(node.children)}</blockquote>\n'

    def _poem(self, node: Poem) -> str:
        return f'<blockquote class="spip_poesie">{self.flow(node.verses)}</blockquote>\n'

    def _verse(self, node: Verse) -> str:
        return f"<div>{self.flow(node.children)}</div>\n"

    def _code_block(self, node: CodeBlock) -> str:
        name = f"{self._language_class(node.language)}spip_code spip_code_block"
        return f'<div class="precode"><pre class="{name}" dir="ltr"><code>{escape_text(node.text)}</code></pre></div>\n'

    def _frame(self, node: Frame) -> str:
        return f'<pre class="spip_cadre spip_cadre_block" dir="ltr">{_escape_lines(node.text)}</pre>\n'

    def _math_block(self, node: MathBlock) -> str:
        return f'<p class="spip spip_math"><code class="spip_code" dir="ltr">{escape_text(node.text)}</code></p>\n'

    def _figure(self, node: Figure) -> str:
        address = safe_address(node.address) or ""
        kind = node.media or "file"
        place = f" spip_documents_{node.align} spip_document_{node.align}" if node.align else ""
        captions = [
            (self.flow(field).strip(), name)
            for field, name in ((node.title, "titre"), (node.description, "descriptif"), (node.credits, "credits"))
        ]
        has_caption = any(words for words, _ in captions)
        names = " ".join(
            [f"spip_document_{node.number} spip_document spip_documents spip_document_{kind}{place}"]
            + (["spip_document_avec_legende"] if has_caption else [])
            + list(node.classes)
        )
        link = safe_address(node.link) if node.link else None
        rel = ' rel="nofollow ugc noopener"' if self._is_comment else ""
        if node.is_image:
            sizes = "".join(
                [f' {name}="{size}"' for name, size in (("width", node.width), ("height", node.height)) if size]
            )
            picture = f'<img src="{escape_attribute(address)}"{sizes} alt="{escape_attribute(node.alternative)}" />'
            if link:
                picture = f'<a href="{escape_attribute(link)}" class="spip_doc_lien"{rel}>{picture}</a>'
        else:
            if node.thumbnail:
                icon = escape_attribute(safe_address(node.thumbnail) or "")
                words = f'<img src="{icon}" width="64" height="64" alt="" />'
            else:
                words = escape_text(replace_controls(unquote(address.rpartition("/")[2])) or address)
            kind_of_file = f' type="{escape_attribute(node.media_type)}"' if node.media_type else ""
            picture = (
                f'<a href="{escape_attribute(link or address)}" class="spip_doc_lien"'
                f' title="{escape_attribute(node.weight)}"{kind_of_file}{rel}>{words}</a>'
            )
        lines = "".join(
            [
                f'<div class="spip_doc_{name}">{f"<strong>{words}</strong>" if name == "titre" else words}</div>\n'
                for words, name in captions
                if words
            ]
        )
        caption = f'<figcaption class="spip_doc_legende">\n{lines}</figcaption>' if lines else ""
        return (
            f'<div class="{escape_attribute(names)}">\n<figure class="spip_doc_inner">\n{picture}\n{caption}</figure>\n'
            "</div>\n"
        )


_SPACES = " \t\n"


def _escape_lines(text: str) -> str:
    """Escape the text of a pre; browsers and sanitisers drop a newline right behind its tag."""
    escaped = escape_text(text)
    return "\n" + escaped if escaped.startswith("\n") else escaped


_WRITERS: dict[type, Callable[[Writer, Any], str]] = {
    Abbreviation: Writer._abbreviation,
    Anchor: Writer._anchor,
    Bullet: Writer._bullet,
    Caption: Writer._caption,
    Cell: Writer._cell,
    Code: Writer._code,
    CodeBlock: Writer._code_block,
    Element: Writer._element,
    Emphasis: Writer._emphasis,
    Figure: Writer._figure,
    Frame: Writer._frame,
    Heading: Writer._heading,
    LineBreak: Writer._line_break,
    Link: Writer._link,
    List: Writer._list,
    ListItem: Writer._item,
    Math: Writer._math,
    MathBlock: Writer._math_block,
    Model: Writer._model,
    Note: Writer._note,
    Paragraph: Writer._paragraph,
    Poem: Writer._poem,
    Quote: Writer._quote,
    Row: Writer._row,
    Rule: Writer._rule,
    Strong: Writer._strong,
    Table: Writer._table,
    Text: Writer._text,
    Verse: Writer._verse,
}
