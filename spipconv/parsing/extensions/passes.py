"""The passes of extensions over a finished tree: a document comes in, and goes out as they want it.

Typography comes first, then transformations, in the order of the extensions; then the policies on addresses and
classes, to which all that was added is subject as well.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Final

from msgspec.structs import replace

from spipconv.extensions import Extension
from spipconv.nodes import (
    Abbreviation,
    Document,
    Element,
    Figure,
    Link,
    Node,
    Paragraph,
    Player,
    Position,
    Raw,
    Term,
    Text,
)
from spipconv.parsing.failures import report_failure
from spipconv.parsing.source import Source
from spipconv.plugins.registry import EXTENSIONS
from spipconv.safety import safe_address
from spipconv.trees import check_levels, rewrite_children, rewrite_document, transform

# The attributes of an author's elements that hold an address.
_ADDRESSES: Final = frozenset({"cite", "href", "poster", "src"})


def finish(document: Document, source: Source) -> Document:
    """Return a document after the passes of its plugins and extensions."""
    for name, plugin in EXTENSIONS.items():
        if plugin.transform and name in source.settings.plugins:
            document = plugin.transform(document)
    extensions = source.settings.extensions
    if not extensions:
        return document
    for extension in extensions:
        if extension.typography:
            document = _guarded(_typeset, document, extension, source)
    for extension in extensions:
        if extension.transform:
            document = _guarded(_transform, document, extension, source)
    return transform(document, _Policy(extensions, source).settle)


def _guarded(
    change: Callable[[Document, Extension], Document], document: Document, extension: Extension, source: Source
) -> Document:
    try:
        return change(document, extension)
    except Exception as error:
        report_failure(source, extension, error, 1, 1)
        return document


def _transform(document: Document, extension: Extension) -> Document:
    assert extension.transform
    changed = extension.transform(document)
    if not isinstance(changed, Document):
        raise TypeError(f"expected a Document, not {type(changed).__name__}")
    check_levels(changed)
    return changed


# ---- Typography ----


def _typeset(document: Document, extension: Extension) -> Document:
    """Return a document with the typography of an extension in its words, but not in addresses that are shown."""
    assert extension.typography
    typeset = extension.typography

    def change(nodes: tuple[Node, ...], language: str) -> tuple[Node, ...]:
        settled = tuple([settle(node, language) for node in nodes])
        return nodes if all(map(is_, settled, nodes)) else settled

    def settle(node: Node, language: str) -> Node:
        if isinstance(node, Text):
            words = typeset(node.text, language)
            if not isinstance(words, str):
                raise TypeError(f"expected words, not {type(words).__name__}")
            return node if words == node.text else replace(node, text=words)
        if isinstance(node, Link) and node.shows_address:
            return node
        language = _language_of(node) or language
        return rewrite_children(node, lambda nodes: change(nodes, language))

    return rewrite_document(document, lambda nodes: change(nodes, document.language))


def _language_of(node: Node) -> str:
    if isinstance(node, Link | Abbreviation):
        return node.language
    if isinstance(node, Element):
        return next((value for name, value in node.attributes if name == "lang"), "").replace("-", "_")
    return ""


# ---- Addresses, classes, raw texts ----


def _place(node: Node) -> dict[str, int]:
    return {name: getattr(node, name) for name in Position.__struct_fields__}


class _Policy:
    """The policies of extensions on addresses and classes, and the rules for what extensions have built."""

    def __init__(self, extensions: tuple[Extension, ...], source: Source) -> None:
        self._source = source
        self._addresses = [extension for extension in extensions if extension.address]
        self._classes = [extension for extension in extensions if extension.classes]
        self._allows_raw = source.settings.profile == "article"

    def settle(self, node: Node) -> Node | tuple[Node, ...] | None:
        """Return what becomes of a node."""
        match node:
            case Raw() if not self._allows_raw:
                self._report("raw-refused", node, node.text)
                return ()
            case Link():
                return self._settle_link(node)
            case Term() if node.address:
                return replace(node, address=self._check_address(node.address, node) or "")
            case Element() if node.attributes:
                return replace(node, attributes=self._check_attributes(node))
            case Figure():
                return self._settle_figure(node)
            case Player():
                if self._check_address(node.page, node) is None:
                    return Paragraph((Text(node.host, **_place(node)),), **_place(node))
        return None

    def _settle_link(self, node: Link) -> Node | tuple[Node, ...] | None:
        address = self._check_address(node.address, node)
        if address is None:
            return node.children
        if address == node.address:
            return None
        kind = node.kind
        if kind in ("external", "relative"):
            kind = "external" if "://" in address else "relative"
        return replace(node, address=address, kind=kind)

    def _settle_figure(self, node: Figure) -> Node | tuple[Node, ...]:
        classes = tuple([name for given in node.classes if (name := self._check_class(given, node))])
        address = self._check_address(node.address, node)
        if address is None:
            fields = [field for field in (node.title, node.description, node.credits) if field]
            return tuple([Paragraph(field, **_place(node)) for field in fields])
        link = self._check_address(node.link, node) or "" if node.link else ""
        thumbnail = self._check_address(node.thumbnail, node) or "" if node.thumbnail else ""
        return replace(node, address=address, link=link, thumbnail=thumbnail, classes=classes)

    def _check_attributes(self, node: Element) -> tuple[tuple[str, str], ...]:
        attributes: list[tuple[str, str]] = []
        for name, value in node.attributes:
            checked: str | None = value
            if name in _ADDRESSES:
                checked = self._check_address(value, node)
            elif name == "class" and self._classes:
                checked = " ".join([new for given in value.split() if (new := self._check_class(given, node))]) or None
            if checked is not None:
                attributes.append((name, checked))
        return tuple(attributes)

    def _check_address(self, address: str, node: Node) -> str | None:
        """Return an address as the policies want it, or None, which is reported; anchors are not asked about."""
        checked: str | None = address
        for extension in self._addresses if address[:1] != "#" else ():
            checked = self._ask(extension, extension.address, address, node)
            if checked is None:
                break
            address = checked
        if checked is None or safe_address(checked) is None:
            self._report("address-refused", node, address)
            return None
        return checked

    def _check_class(self, name: str, node: Node) -> str | None:
        given, checked = name, name
        for extension in self._classes:
            answer = self._ask(extension, extension.classes, checked, node)
            if answer is None:
                self._report("attribute-dropped", node, f'class="{given}"')
                return None
            checked = answer
        return checked

    def _ask(
        self, extension: Extension, answer: Callable[[str], str | None] | None, value: str, node: Node
    ) -> str | None:
        """Return the answer of a function of an extension; the value itself where it fails."""
        assert answer
        try:
            answered = answer(value)
            if not (answered is None or isinstance(answered, str)):
                raise TypeError(f"expected a string or None, not {type(answered).__name__}")
        except Exception as error:
            report_failure(self._source, extension, error, max(node.line, 1), max(node.column, 1))
            return value
        return answered

    def _report(self, code: str, node: Node, detail: str) -> None:
        self._source.report_at(code, max(node.line, 1), max(node.column, 1), detail)
