"""JSON trees: a document or a node comes in, dictionaries go out; and back, checked, since a tree may be a stranger's.

Whatever the parser guarantees and the converters rely on is checked here. ``document.schema.json`` describes the trees
for other programs; beyond it, a caller must allow ``Raw`` nodes, players and their instances.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar, cast, get_args, overload

import msgspec

from spipconv.languages import find_language
from spipconv.nodes import SCHEMA_VERSION, Definition, Document, Node, Player, Raw
from spipconv.players import INSTANCES, check_instances
from spipconv.records import Record
from spipconv.safety import NO_TEXT
from spipconv.trees import MAX_LEVELS, check_levels

if TYPE_CHECKING:
    from msgspec import inspect

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]
_Kind = TypeVar("_Kind", bound=Record)
_Read = Callable[["_Reader", object], object]

# A definition has a link back to each use of its term: so many characters may all these links have.
_MOST_BACK_LINKS: Final = 10_000_000
_KINDS: Final[Mapping[str, type[Record]]] = {kind.__name__: kind for kind in (*get_args(Node), Document, Definition)}


class BadTree(ValueError):
    """What is not a tree: the text of the error is one line that names the place, such as ``$.children[3].text``."""


def schema() -> dict[str, Value]:
    """Return the JSON Schema (2020-12) of documents, as it is shipped with the package."""
    from importlib.resources import files

    return cast("dict[str, Value]", msgspec.json.decode((files("spipconv") / "document.schema.json").read_bytes()))


def to_dict(tree: Document | Definition | Node) -> dict[str, Value]:
    """Return a document or a node as dictionaries, lists and plain values: what its JSON says.

    Raises ValueError for more levels than ``from_dict`` reads.
    """
    check_levels(tree if isinstance(tree, Document) else tree.children if isinstance(tree, Definition) else (tree,))
    return cast("dict[str, Value]", msgspec.json.decode(msgspec.json.encode(tree)))


def read_json(text: str | bytes, *, raw: bool = False, embeds: bool = False, peertube: Iterable[str] = ()) -> Document:
    """Return the document of a JSON text. The options and the errors are those of ``from_dict``."""
    try:
        content = text.encode() if isinstance(text, str) else text
        data = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8))
    except RecursionError:
        raise BadTree(f"$: more than {MAX_LEVELS} levels") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadTree(f"not JSON: {error}") from None
    return from_dict(data, raw=raw, embeds=embeds, peertube=peertube)


@overload
def from_dict(data: object, *, raw: bool = False, embeds: bool = False, peertube: Iterable[str] = ()) -> Document: ...


@overload
def from_dict(
    data: object, kind: type[_Kind], *, raw: bool = False, embeds: bool = False, peertube: Iterable[str] = ()
) -> _Kind: ...


def from_dict(
    data: object,
    kind: type[Record] = Document,
    *,
    raw: bool = False,
    embeds: bool = False,
    peertube: Iterable[str] = (),
) -> Record:
    """Return the document of what ``to_dict`` returns, or a node: of the kind given, of any kind for ``Position``.

    What a caller must allow for a text, it must allow for a tree: ``raw`` lets ``Raw`` nodes in, which are written
    without escaping, ``embeds`` players, ``peertube`` the instances of PeerTube that a document names. Raises BadTree
    for anything that is not such a tree; fields that the schema does not have are errors too, so that nothing is lost
    unsaid.
    """
    reader = _Reader(raw=raw, embeds=embeds, instances=INSTANCES.union(check_instances(peertube)))
    names = frozenset(name for name, candidate in _KINDS.items() if issubclass(candidate, kind))
    return reader.read(data, names)


class _Reader:
    """Reads one tree; ``path`` is where it is."""

    def __init__(self, *, raw: bool, embeds: bool, instances: frozenset[str]) -> None:
        self._raw, self._embeds, self._instances = raw, embeds, instances
        self._levels = 0
        self._note = ""
        self.path: list[str | int] = []

    def read(self, data: object, kinds: frozenset[str]) -> Record:
        """Return the node of a dictionary, which must be one of some kinds."""
        if not isinstance(data, dict):
            raise self.error(f"expected {_name_kinds(kinds)}, got {_name(data)}")
        name = data.get("type")
        if not isinstance(name, str) or name not in _KINDS:
            raise self.error(f"expected {_name_kinds(kinds)}, got an object whose type is {_name(name)}")
        if name not in kinds:
            raise self.error(f"expected {_name_kinds(kinds)}, got {name}")
        if self._levels > MAX_LEVELS:
            raise BadTree(f"$: more than {MAX_LEVELS} levels")
        kind = _KINDS[name]
        if kind is Document:
            self._check_version(data.get("schema", SCHEMA_VERSION))
        readers, required = _fields_of(kind)
        for field in data:
            if field != "type" and field not in readers:
                raise self.error(f"{name} has no field {_name(field)}")
        for field in required:
            if field not in data:
                raise self.error(f"{name} needs the field {_name(field)}")
        self._levels += 1
        values: dict[str, object] = {}
        for field, read in readers.items():
            if field in data:
                self.path.append(field)
                values[field] = read(self, data[field])
                self.path.pop()
        self._levels -= 1
        self._check_leave(kind)
        if kind is Document:
            self._check_document(values)
        return kind(**values)

    def read_items(self, data: object, read: _Read) -> tuple[object, ...]:
        """Return the items of an array."""
        if not isinstance(data, list | tuple):
            raise self.error(f"expected an array, got {_name(data)}")
        items = []
        for index, item in enumerate(data):
            self.path.append(index)
            items.append(read(self, item))
            self.path.pop()
        return tuple(items)

    def read_parts(self, data: object, parts: Sequence[_Read]) -> tuple[object, ...]:
        """Return the parts of an array, each of which is read in its own way."""
        if not isinstance(data, list | tuple) or len(data) != len(parts):
            raise self.error(f"expected an array of {len(parts)}, got {_name(data)}")
        return tuple([read(self, part) for read, part in zip(parts, data, strict=True)])

    def read_text(self, data: object, pattern: str | None) -> str:
        """Return a string, which holds no character that no text may hold."""
        if type(data) is not str:
            raise self.error(f"expected a string, got {_name(data)}")
        stray = NO_TEXT.search(data)
        if stray:
            raise self.error(f"the character U+{ord(stray[0]):04X} is not allowed in a text")
        if pattern is not None and not re.fullmatch(pattern, data):
            raise self.error(f"{_name(data)} does not match {pattern}")
        return data

    def read_number(self, data: object, least: int, most: int) -> int:
        """Return a whole number between two others."""
        if type(data) is not int or not least <= data <= most:
            raise self.error(f"expected a whole number from {least} to {most}, got {_name(data)}")
        return data

    def read_choice(self, data: object, choices: Sequence[object]) -> object:
        """Return one of some values."""
        if data not in choices:
            raise self.error(f"expected one of {', '.join(map(_name, choices))}, got {_name(data)}")
        return data

    def read_flag(self, data: object) -> bool:
        """Return true or false."""
        if not isinstance(data, bool):
            raise self.error(f"expected true or false, got {_name(data)}")
        return data

    def error(self, reason: str, *path: str) -> BadTree:
        """Return the error of what stands here, or at a path from here."""
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in (*self.path, *path)]
        return BadTree(f"${''.join(steps)}: {reason}{self._note}")

    def _check_version(self, version: object) -> None:
        """Refuse other versions of the schema; say in later errors that the tree follows a newer one."""
        numbers = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", version) if isinstance(version, str) else None
        major, minor = map(int, SCHEMA_VERSION.split("."))
        if numbers is None or int(numbers[1]) != major:
            raise self.error(f"expected version {SCHEMA_VERSION} of the schema, got {_name(version)}", "schema")
        if int(numbers[2]) > minor:
            self._note = f" (the tree follows version {version} of the schema, this spipconv {SCHEMA_VERSION})"

    def _check_leave(self, kind: type) -> None:
        if kind is Raw and not self._raw:
            raise self.error("a Raw node is written without escaping: allow it with raw=True (--allow-raw)")
        if kind is Player and not self._embeds:
            raise self.error("allow players with embeds=True (--embeds)")

    def _check_document(self, values: dict[str, object]) -> None:
        """Check what concerns a document as a whole; make its language a code of SPIP's."""
        values.pop("schema", None)
        language = str(values.get("language", "fr"))
        code = find_language(language)
        if code is None:
            raise self.error(f"language {_name(language)} is unknown", "language")
        values["language"] = code
        hosts = cast("tuple[str, ...]", values.get("peertube", ()))
        for host in hosts:
            if host not in self._instances:
                raise self.error(f"allow the instance with peertube=[{host!r}] (--peertube)", "peertube")
        definitions = cast("tuple[Definition, ...]", values.get("definitions", ()))
        if len({definition.identifier for definition in definitions}) < len(definitions):
            raise self.error("two definitions have the same identifier", "definitions")
        if sum(definition.uses * (100 + len(definition.identifier)) for definition in definitions) > _MOST_BACK_LINKS:
            raise self.error("the terms have too many uses", "definitions")


@cache
def _fields_of(kind: type) -> tuple[Mapping[str, _Read], Sequence[str]]:
    """Return what reads each field of a kind, and which of them it needs."""
    from msgspec import inspect

    described = cast("inspect.StructType", inspect.type_info(kind))
    readers = {field.encode_name: _reader_of(field.type) for field in described.fields}
    return readers, [field.encode_name for field in described.fields if field.required]


def _reader_of(kind: inspect.Type) -> _Read:
    from msgspec import inspect

    match kind:
        case inspect.StructType():
            names = frozenset({kind.cls.__name__})
            return lambda reader, data: reader.read(data, names)
        case inspect.UnionType() if all(isinstance(choice, inspect.StructType) for choice in kind.types):
            names = frozenset([choice.cls.__name__ for choice in kind.types if isinstance(choice, inspect.StructType)])
            return lambda reader, data: reader.read(data, names)
        case inspect.UnionType():
            [inner] = [_reader_of(choice) for choice in kind.types if not isinstance(choice, inspect.NoneType)]
            return lambda reader, data: None if data is None else inner(reader, data)
        case inspect.VarTupleType():
            item = _reader_of(kind.item_type)
            return lambda reader, data: reader.read_items(data, item)
        case inspect.TupleType():
            parts = [_reader_of(part) for part in kind.item_types]
            return lambda reader, data: reader.read_parts(data, parts)
        case inspect.LiteralType():
            choices = kind.values
            return lambda reader, data: reader.read_choice(data, choices)
        case inspect.IntType():
            least, most = kind.ge or 0, kind.le or 0
            return lambda reader, data: reader.read_number(data, least, most)
        case inspect.StrType():
            pattern = kind.pattern
            return lambda reader, data: reader.read_text(data, pattern)
        case inspect.BoolType():
            return _Reader.read_flag
    raise NotImplementedError(kind)


def _name(value: object) -> str:
    """Return a short value as it is in JSON, and what any other one is."""
    match value:
        case {"type": str(kind)} if kind in _KINDS:
            return kind
        case bool() | None | int() if not isinstance(value, int) or abs(value) < 2**64:
            return msgspec.json.encode(value).decode()
        case str():
            return msgspec.json.encode(value[:40]).decode(errors="replace") + ("…" if len(value) > 40 else "")
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
    return "a number"


def _name_kinds(kinds: frozenset[str]) -> str:
    return next(iter(kinds)) if len(kinds) == 1 else "a node"
