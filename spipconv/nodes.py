"""The document tree: the content of a SPIP text, independent of any output format.

Every node is an immutable record. All nodes have a place in the source text (``Position``). ``Block`` and ``Inline``
are closed unions. As in a browser, an inline element may contain a block (``{{<quote>…</quote>}}``), so children may be
of both kinds. No node can contain itself, so the garbage collector may ignore nodes (``gc=False``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Annotated, ClassVar, Literal, TypedDict, get_args

from msgspec import Meta

from spipconv.records import Record

Profile = Literal["article", "comment", "title"]
LinkKind = Literal["internal", "external", "site", "relative", "anchor", "mail", "glossary", "missing"]
BreakKind = Literal["auto", "manual", "html"]
# A column of numbers, and what its numbers have before their decimals.
Numeric = Literal["", "integer", "comma", "point"]


# Trees also come from outside (``spipconv.read_json``): what is annotated is checked there, and stands in the schema.
# No reader of JSON must take larger whole numbers.
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Span = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Align = Annotated[str, Meta(pattern="^(left|right|center)?$")]
ClassName = Annotated[str, Meta(pattern=r"^[^ \t\n\f\r]+$")]
# The version of the JSON Schema of documents: the first number grows when older trees can no longer be read, the second
# one with every new kind of node or field.
SCHEMA_VERSION = "1.0"
SchemaVersion = Annotated[str, Meta(pattern=r"^1\.[0-9]{1,4}$")]


class Position(Record, frozen=True, kw_only=True, tag=True, gc=False):
    """The place of a node in the text that was parsed: ``text[node.offset : node.end_offset]`` is its source.

    ``line`` and ``column`` are those of its first character, counted from 1. ``offset`` is that of its first character,
    ``end_offset`` that behind its last one, both counted in characters from 0. All four are 0 in a node that has no
    place in the text: what was read elsewhere, such as the title of a document, or what no author typed.
    """

    _not_shown: ClassVar = frozenset({"line", "column", "offset", "end_offset"})

    line: Count = 0
    column: Count = 0
    offset: Count = 0
    end_offset: Count = 0


class Place(TypedDict):
    """The fields of ``Position``."""

    line: int
    column: int
    offset: int
    end_offset: int


class Text(Position, frozen=True, tag=True, gc=False):
    """Words with typography applied and entities decoded: ``L’été :``."""

    text: str


class Strong(Position, frozen=True, tag=True, gc=False):
    """``{{gras}}``; ``classes`` are those that a plugin gives to words that it highlights."""

    children: tuple[Node, ...]
    classes: tuple[ClassName, ...] = ()


class Emphasis(Position, frozen=True, tag=True, gc=False):
    """``{italique}``."""

    children: tuple[Node, ...]


class LineBreak(Position, frozen=True, tag=True, gc=False):
    """A single newline (``auto``), ``_`` at the start of a line (``manual``), or a dash or ``<br>`` (``html``)."""

    kind: BreakKind = "auto"


class Bullet(Position, frozen=True, tag=True, gc=False):
    """The dash that SPIP shows for a line that starts with ``- ``; the words of the line follow as siblings."""


class Code(Position, frozen=True, tag=True, gc=False):
    """```code``` or ``<code>code</code>`` on one line; ``language`` is its class."""

    text: str
    language: str = ""


class Math(Position, frozen=True, tag=True, gc=False):
    """``<math>$x$</math>``: a TeX formula inside a line."""

    text: str


class Link(Position, frozen=True, tag=True, gc=False):
    """``[text|title{lang}->target]``, a bare address, ``[?glossary]`` or ``[->art12]``.

    ``address`` is the one that the author wrote or the resolver found, decoded but not yet checked.
    ``shows_address``: the text of the link is its address. ``automatic``: a bare address in the text.
    """

    address: str
    children: tuple[Node, ...]
    kind: LinkKind = "external"
    title: str = ""
    language: str = ""
    media_type: str = ""
    shows_address: bool = False
    automatic: bool = False


class Anchor(Position, frozen=True, tag=True, gc=False):
    """``[name<-]``."""

    name: str


class Abbreviation(Position, frozen=True, tag=True, gc=False):
    """``[abbr|text{lang}]``; ``language`` is that of the text, empty if none is given."""

    title: str
    children: tuple[Node, ...]
    language: str = ""


class Note(Position, frozen=True, tag=True, gc=False):
    """``[[note]]``, ``[[<name> note]]``, ``[[<>note]]``.

    ``label`` is shown at the call (``1``, ``*``; empty: the note has no call), ``identifier`` is its form in ids
    (``nb1``, ``nb_2A``), ``excerpt`` is the tooltip of the call. A note without children is only a call of another
    note: ``[[<name>]]``. ``repeated``: an earlier call has the same label.
    """

    label: str
    identifier: str
    children: tuple[Node, ...]
    excerpt: str = ""
    repeated: bool = False


class Model(Position, frozen=True, tag=True, gc=False):
    """``<name12|argument>``: a model that spipconv does not know; ``source`` is what the author typed."""

    name: str
    number: Count | None
    arguments: tuple[str, ...]
    source: str


class Term(Position, frozen=True, tag=True, gc=False):
    """Words that a glossary defines. ``identifier`` is that of the ``Definition``, ``address`` of a page about it.

    ``number``: which of the marks of this definition on the page it is, from 1; 0: the page does not define it, and it
    leads to ``address``.
    """

    identifier: str
    children: tuple[Node, ...]
    address: str = ""
    number: Count = 0


class Directive(Position, frozen=True, tag=True, gc=False):
    """What a shortcut says to later passes over the tree, such as ``[!glossaire]``; readers see nothing."""

    name: str


class Raw(Position, frozen=True, tag=True, gc=False):
    """Text of an output format as it is, which only an extension can make: no author's or stranger's text becomes one.

    ``format`` is ``html``, ``markdown`` or another format's name; other formats, and comments, do not show it.
    ``is_block``: it stands between blocks, else among words.
    """

    format: str
    text: str
    is_block: bool = False


class Element(Position, frozen=True, tag=True, gc=False):
    """The author's raw HTML. ``name`` is in lower case, attribute values are decoded."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]


class Paragraph(Position, frozen=True, tag=True, gc=False):
    """A paragraph; SPIP makes paragraphs between blank lines and between blocks."""

    children: tuple[Node, ...]


class Heading(Position, frozen=True, tag=True, gc=False):
    """``{{{intertitre}}}``; ``level`` is 1, what a plugin's ``{{{**intertitre}}}`` says, or 0 for Markdown's ``#``."""

    children: tuple[Node, ...]
    level: Annotated[int, Meta(ge=0, le=5)] = 1


class Rule(Position, frozen=True, tag=True, gc=False):
    """``----``; ``page_break``: another page of the article begins here, as a plugin reads ``++++``."""

    page_break: bool = False


class ListItem(Position, frozen=True, tag=True, gc=False):
    """A ``-*`` or ``-#`` line with everything that belongs to it."""

    children: tuple[Node, ...]


class List(Position, frozen=True, tag=True, gc=False):
    """Consecutive ``-*`` lines (ordered: ``-#``) of the same depth."""

    ordered: bool
    items: tuple[ListItem, ...]


class Cell(Position, frozen=True, tag=True, gc=False):
    """A cell between two ``|``; ``index`` is its column, counted from 0. A span of 1 is a single cell."""

    children: tuple[Node, ...]
    header: bool = False
    index: Count = 0
    colspan: Span = 1
    rowspan: Span = 1
    numeric: Numeric = ""


class Row(Position, frozen=True, tag=True, gc=False):
    """A table row; ``head``: the first row, if its cells are ``{{…}}``."""

    cells: tuple[Cell, ...]
    head: bool = False


class Caption(Position, frozen=True, tag=True, gc=False):
    """``||caption|summary||``."""

    children: tuple[Node, ...]
    summary: tuple[Node, ...] = ()


class Table(Position, frozen=True, tag=True, gc=False):
    """Lines that start and end with ``|``; the first ones may be captions."""

    rows: tuple[Row, ...]
    captions: tuple[Caption, ...] = ()

    @property
    def caption(self) -> Caption | None:
        """The first of them, which nearly always is the only one."""
        return self.captions[0] if self.captions else None


class Quote(Position, frozen=True, tag=True, gc=False):
    """``<quote>…</quote>``."""

    children: tuple[Node, ...]


class Box(Position, frozen=True, tag=True, gc=False):
    """Blocks that a plugin aligns (``align`` is left, right or center) or frames: ``[/…/]``, ``[(…)]``."""

    children: tuple[Node, ...]
    align: Align = ""
    is_framed: bool = False


class Markdown(Position, frozen=True, tag=True, gc=False):
    """``<md>…</md>``, with a plugin. ``text`` is its own Markdown, empty where SPIP's shortcuts are in it."""

    children: tuple[Node, ...]
    text: str = ""


class Verse(Position, frozen=True, tag=True, gc=False):
    """A line of a poem; a blank line is a verse with a no-break space."""

    children: tuple[Node, ...]


class Poem(Position, frozen=True, tag=True, gc=False):
    """``<poesie>…</poesie>`` or ``<poetry>…</poetry>``."""

    verses: tuple[Verse, ...]


class CodeBlock(Position, frozen=True, tag=True, gc=False):
    """``<code>`` over several lines, or a fence of three backticks."""

    text: str
    language: str = ""


class Frame(Position, frozen=True, tag=True, gc=False):
    """``<cadre>…</cadre>``: text to copy, shown unchanged."""

    text: str


class MathBlock(Position, frozen=True, tag=True, gc=False):
    """``<math>$$x$$</math>``: a TeX formula on a line of its own."""

    text: str


# The folder of SPIP's icons for file types.
ICONS = "plugins-dist/medias/prive/vignettes/"


class Figure(Position, frozen=True, tag=True, gc=False):
    """``<doc12|left>`` whose document was found.

    ``address`` is the address of the file. Sizes are in pixels (0: unknown). ``link`` is the target of the picture's
    link (empty: no link). ``weight`` is the size of the file in bytes, ``extension`` the extension of its name.
    """

    number: Count
    address: str
    is_image: bool
    media: Annotated[str, Meta(pattern="^[a-z]*$")] = ""
    media_type: str = ""
    align: Align = ""
    width: Count = 0
    height: Count = 0
    alternative: str = ""
    title: tuple[Node, ...] = ()
    description: tuple[Node, ...] = ()
    credits: tuple[Node, ...] = ()
    link: str = ""
    weight: Count = 0
    extension: str = ""
    thumbnail: str = ""
    classes: tuple[ClassName, ...] = ()

    @property
    def is_played(self) -> bool:
        """Whether browsers play it themselves; other documents that are no images are links."""
        return self.extension in _PLAYED.get(self.media, ())


# The sounds and films that browsers play, by their extensions.
_PLAYED = {
    "audio": frozenset("aac flac m4a mp3 oga ogg opus wav weba".split()),
    "video": frozenset("m4v mov mp4 ogv webm".split()),
}


class Player(Position, frozen=True, tag=True, gc=False):
    """A player of another site that the caller allows.

    ``host`` is the name of the site, ``address`` that of the player, ``page`` that of its page for readers. Sizes are
    in pixels (0: the usual ones). ``title`` is the author's, plain text.
    """

    host: str
    address: str
    page: str
    title: str = ""
    width: Count = 0
    height: Count = 0


Inline = (
    Text | Strong | Emphasis | LineBreak | Bullet | Code | Math | Link | Anchor | Abbreviation | Note | Model | Term
    | Directive | Raw | Element
)  # fmt: skip
Block = (
    Paragraph | Heading | Rule | List | ListItem | Table | Caption | Row | Cell | Quote | Box | Markdown | Poem | Verse
    | CodeBlock | Frame | MathBlock | Figure | Player
)  # fmt: skip
Node = Inline | Block


class Definition(Record, frozen=True, tag=True):
    """What a glossary says of the terms of a text. ``forms`` are its words, the first one is its title.

    ``short`` is the definition in some plain words, ``address`` that of a page about it. ``is_abbreviation``: the forms
    are abbreviations of ``short``. ``uses`` is the number of its terms on the page.
    """

    identifier: str
    forms: tuple[str, ...]
    children: tuple[Node, ...]
    short: str = ""
    address: str = ""
    language: str = ""
    is_abbreviation: bool = False
    uses: Count = 0


class Document(Record, frozen=True, tag=True):
    """A whole text. ``language`` determines its typography, ``profile`` says who wrote it.

    ``peertube`` are the hosts of the instances of PeerTube whose players the caller allows. ``definitions`` are those
    of its terms, in the order in which they are met. ``introduction`` is what the author put between ``<intro>`` and
    ``</intro>``, for lists of texts; it is among ``children`` too. ``schema`` is the version of the JSON Schema that it
    follows.
    """

    # What shows a document in notebooks: ``spipconv.api`` sets it, since the tree knows no format.
    _repr_html_: ClassVar[Callable[[Document], str]]

    children: tuple[Node, ...]
    language: str = "fr"
    profile: Profile = "article"
    peertube: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    introduction: tuple[Node, ...] = ()
    schema: SchemaVersion = SCHEMA_VERSION


def children_of(node: Node) -> tuple[Node, ...]:
    """Return the children of a node in reading order; leaves have none."""
    return _CHILDREN[node.__class__](node)


_Leaf = (
    Text | LineBreak | Bullet | Code | Math | Anchor | Model | Directive | Raw | Rule | CodeBlock | Frame | MathBlock
    | Player
)  # fmt: skip
_Container = (
    Strong | Emphasis | Link | Abbreviation | Note | Term | Element | Paragraph | Heading | ListItem | Cell | Quote
    | Box | Markdown | Verse
)  # fmt: skip
_CHILDREN: dict[type, Callable[..., tuple[Node, ...]]] = {
    **dict.fromkeys(get_args(_Leaf), lambda node: ()),
    **dict.fromkeys(get_args(_Container), attrgetter("children")),
    List: attrgetter("items"),
    Table: lambda node: node.captions + node.rows,
    Row: attrgetter("cells"),
    Poem: attrgetter("verses"),
    Caption: lambda node: node.children + node.summary,
    Figure: lambda node: node.title + node.description + node.credits,
}


def walk(tree: Document | Sequence[Node]) -> Iterator[Node]:
    """Yield all nodes of a document (its definitions last) or of some trees, each node before its children."""
    if isinstance(tree, Document):
        yield from walk(tree.children)
        for definition in tree.definitions:
            yield from walk(definition.children)
        return
    waiting = list(reversed(tree))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children_of(node)))


# The author's elements that are blocks: their words are on lines of their own.
BLOCK_ELEMENTS = frozenset(
    """address article aside blockquote br caption center col colgroup dd details div dl dt fieldset figcaption figure
    footer h1 h2 h3 h4 h5 h6 header hr legend li main nav ol p pre section summary table tbody td tfoot th thead tr
    ul""".split()
)
_BLOCKS = frozenset(get_args(Block))


def plain_text(nodes: tuple[Node, ...]) -> str:
    """Return the words of some nodes, without markup or notes. Each block is on lines of its own."""
    words: list[str] = []
    # None is the end of a block.
    waiting: list[Node | None] = list(reversed(nodes))
    is_apart = False
    while waiting:
        node = waiting.pop()
        if node is None or node.__class__ in _BLOCKS or (isinstance(node, Element) and node.name in BLOCK_ELEMENTS):
            is_apart = bool(words)
            if node is not None:
                waiting.append(None)
        match node:
            case Text() | Code() | CodeBlock() | Frame() | Math() | MathBlock():
                words += ("\n", node.text) if is_apart else (node.text,)
                is_apart = False
            case LineBreak():
                words.append("\n")
            case Note() | None:
                pass
            case _:
                waiting.extend(reversed(children_of(node)))
    return "".join(words)
