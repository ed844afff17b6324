"""The writer that all parts of the pandoc converter share: it holds the document, its policy, its ids and its notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import ClassVar, Final

from spipconv.characters import percent_encode
from spipconv.converters.html import Writer as HtmlWriter
from spipconv.converters.html.writer import COMMENT_PREFIX
from spipconv.converters.pandoc.notes import Notes
from spipconv.converters.pandoc.shapes import Attributes, Item, attributes, flatten, group, tag_of, wrap
from spipconv.nodes import Anchor, Document, Element, Link, Node, Profile, plain_text, walk
from spipconv.safety import Policy, safe_source

# What may not stand in a link.
_NOT_IN_LINKS: Final = frozenset(("Link", "Note"))
_SPACES: Final = re.compile(r"\s+")
_NOT_IN_IDS: Final = re.compile(r"[^\w\s.-]")
_RESERVED: Final = re.compile(r'[\s<>"`{}|\\^]')
_OF_ALL: Final = frozenset("dir role title".split())
_DIRECTIONS: Final = ("auto", "ltr", "rtl")
_ALIGNMENTS: Final = ("center", "justify", "left", "right")
_BEFORE_LETTERS: Final = re.compile(r"[\W\d_]+")


class NodeWriter:
    """Writes the nodes of a document, for ``profile`` or, by default, for the document's own profile.

    ``writers`` has a function for every kind of node, which returns items: words, blocks or both. ``has_figures``:
    pandoc has a block for figures. ``html`` writes what only HTML can say. ``is_in_link``: a link is being written.
    """

    writers: ClassVar[Mapping[type, Callable[..., list[Item]]]]

    def __init__(self, document: Document, profile: Profile | None = None, *, has_figures: bool = True) -> None:
        self.document = document
        self.has_figures = has_figures
        self.html = HtmlWriter(document, profile)
        self.is_comment = self.html.is_comment
        self.policy: Policy = self.html.policy
        self.notes = Notes()
        self.definitions = frozenset([definition.identifier for definition in document.definitions])
        self.is_in_link = False
        self._ids: set[str] = set()
        # The last number of the headings with the same words.
        self._repeated: dict[str, int] = {}
        # Headings may not take the ids that the author chose.
        self._own_ids = frozenset(_ids_in(document.children))

    # ---- Items ----

    def flow(self, nodes: Iterable[Node]) -> list[Item]:
        """Return the items of some nodes: words and blocks as they come."""
        writers = self.writers
        items: list[Item] = []
        for node in nodes:
            items += writers[node.__class__](self, node)
        return items

    def blocks(self, nodes: Iterable[Node], kind: str = "Para") -> list[Item]:
        """Return the blocks of some nodes; words outside a block become one of this kind (``Para``, ``Plain``)."""
        return group(self.flow(nodes), kind)

    def line(self, nodes: Iterable[Node]) -> list[Item]:
        """Return the words of some nodes, where pandoc has no place for blocks."""
        return flatten(self.flow(nodes))

    def wrap(self, items: Iterable[Item], around: Callable[[list[Item]], Item]) -> list[Item]:
        """Return items with something around their words; in a link, it does not hold notes and other links."""
        return wrap(items, around, _NOT_IN_LINKS if self.is_in_link else ())

    def wrap_in_link(self, nodes: Iterable[Node], around: Callable[[list[Item]], Item]) -> list[Item]:
        """Return the items of some nodes as a link; ``around`` makes it of words.

        Notes and other links in it stay outside.
        """
        outer, self.is_in_link = self.is_in_link, True
        items = self.wrap(self.flow(nodes), around)
        self.is_in_link = outer
        return items

    def note_blocks(self, nodes: Iterable[Node]) -> list[Item]:
        """Return the blocks of a note, which has nothing to do with what surrounds its call."""
        outer, self.is_in_link = self.is_in_link, False
        blocks = self.blocks(nodes)
        self.is_in_link = outer
        return blocks

    # ---- Attributes ----

    def address(self, address: str) -> str | None:
        """Return the address of a link, or None if it is not allowed."""
        allowed = self.html.address_of(Link(address, ()))
        if allowed is None:
            return None
        return f"#{_SPACES.sub('_', allowed[1:])}" if allowed[:1] == "#" else _complete(allowed)

    def source(self, address: str) -> str:
        """Return the address of a picture or of another file, empty if it is not allowed."""
        return _complete(safe_source(address) or "")

    def identifier(self, name: str) -> str:
        """Return the id for a name that the author chose; empty if the text has it already."""
        name = _SPACES.sub("_", (COMMENT_PREFIX if self.is_comment else "") + name)
        if name in self._ids:
            return ""
        self._ids.add(name)
        return name

    def identifier_of(self, nodes: tuple[Node, ...]) -> str:
        """Return an id for a heading: that of an anchor in it, or one made of its words as pandoc does it."""
        for name in _ids_in(nodes):
            identifier = self.identifier(name)
            if identifier:
                # The anchor is not written again.
                return identifier
        words = _NOT_IN_IDS.sub("", plain_text(nodes)).strip().lower()
        prefix = COMMENT_PREFIX if self.is_comment else ""
        name = prefix + (_SPACES.sub("-", _BEFORE_LETTERS.sub("", words, count=1) if words else "") or "section")
        number = self._repeated.get(name, 0)
        identifier = f"{name}-{number}" if number else name
        while identifier in self._ids or identifier in self._own_ids:
            number += 1
            identifier = f"{name}-{number}"
        self._repeated[name] = number
        self._ids.add(identifier)
        return identifier

    def attributes(self, values: Mapping[str, str], *classes: str, own: Collection[str] = ()) -> Attributes:
        """Return the attributes of an author's element, of which ``values`` are those that it may have.

        Classes come before the author's own. An alignment becomes a style. ``own`` are the names of those that pandoc's
        item has like the element; others would be wrong where pandoc writes them.
        """
        others: dict[str, str] = {}
        for name, value in values.items():
            if name in ("align", "class", "id"):
                continue
            if name == "lang":
                others["lang"] = tag_of(value)
            elif name != "dir" or value in _DIRECTIONS:
                is_known = name in own or name in _OF_ALL or name.startswith("aria-")
                others[name if is_known else f"data-{name}"] = value
        if values.get("align", "").lower() in _ALIGNMENTS:
            others["style"] = f"text-align: {values['align'].lower()}"
        identifier = self.identifier(values["id"]) if values.get("id") else ""
        return attributes(identifier, [*classes, *values.get("class", "").split()], others)


def _complete(address: str) -> str:
    """Return an address with percent signs for what no address may contain."""
    return _RESERVED.sub(lambda match: percent_encode(match[0]), address)


def _ids_in(nodes: tuple[Node, ...]) -> Iterable[str]:
    for node in walk(nodes):
        if isinstance(node, Anchor):
            yield _SPACES.sub("_", node.name)
        elif isinstance(node, Element):
            for name, value in node.attributes:
                if name in ("id", "name"):
                    yield _SPACES.sub("_", value)
