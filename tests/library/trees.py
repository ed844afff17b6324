"""Trees for tests: one node of every kind, and what a stranger's JSON may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any, get_args

from hypothesis import strategies as st
from msgspec import inspect

from spipconv import nodes
from spipconv.nodes import Definition, Document, Node

_KINDS: Mapping[str, type] = {kind.__name__: kind for kind in (*get_args(Node), Definition, Document)}
# Words that mean something to a format that trees are written in.
_WORDS = [
    "", "a", " ", "\n", "\n\n", "\t", "é", "\u00a0", "\u2028", "\u202e", "𝒳", "<script>alert(1)</script>", "&lt;",
    '"><img src=x onerror=alert(1)>', "]]>", "-->", "[x](javascript:alert(1))", "![x](data:x)", "`", "```\n", "| a |",
    "# x", "1. ", "- ", "***", "_", "\\", "$", "{{<x>}}", "{% x %}", "[^1]", "<!--", "::: x", "comment-a", "nb1", "x y",
]  # fmt: skip
_ADDRESSES = [
    "javascript:alert(1)", "java\nscript:alert(1)", "javascript&colon;alert(1)", "data:text/html,x", "//evil.example",
    "https://a.example/x?y=1&z", "#a", "https://www.youtube.com/embed/abc", "mailto:a@b.example",
]  # fmt: skip
_ELEMENTS = [
    "a", "div", "script", "iframe", "img", "p", "table", "td", "tr", "svg", "pre", "code", "q", "br", "style", "video",
    "math", "li", "ul", "h2", "A", "x-y", " ", "a b", "on", "details", "input", "ins", "plaintext",
]  # fmt: skip
_PATTERNED = ["left", "right", "center", "image", "a", '">', "spip", "1.0"]
_OF_STRANGERS = sorted(set(_KINDS) - {"Document", "Definition", "Raw"})
_ATTRIBUTES = [
    "href", "src", "onclick", "style", "class", "id", "title", "name", "target", "lang", "srcdoc", "aria-x", "a b", '"',
    "srcset", "start", "x>", "dir", "rel",
]  # fmt: skip


def _sample(kind: type) -> Any:
    """Return a node that has a value other than the default in every field."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return kind(**{field.name: _value_of(field.type) for field in described.fields})


def _value_of(kind: inspect.Type) -> Any:
    match kind:
        case inspect.StructType():
            return _sample(kind.cls)
        case inspect.UnionType() if isinstance(kind.types[0], inspect.StructType):
            return nodes.Text("x")
        case inspect.UnionType():
            return 7
        case inspect.VarTupleType():
            return (_value_of(kind.item_type),)
        case inspect.TupleType():
            return tuple(_value_of(part) for part in kind.item_types)
        case inspect.LiteralType():
            return kind.values[-1]
        case inspect.IntType():
            return 3
        case inspect.StrType():
            return "left" if kind.pattern and "left" in kind.pattern else "a"
    return True


SAMPLES: tuple[Any, ...] = tuple(_sample(kind) for kind in (*get_args(Node), Definition))


class Stranger:
    """Makes documents as JSON has them, which follow the schema and hold what strangers try; none has ``Raw``."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311

    def document(self, levels: int = 2) -> dict[str, Any]:
        """Return a document."""
        language = self._random.choice(["fr", "en", "ar", "pt_br"])
        fixed = {"language": language, "peertube": [], "schema": nodes.SCHEMA_VERSION}
        made = {**self._object("Document", levels), **fixed}
        made["definitions"] = [
            {**made, "identifier": f"{i}{made['identifier']}"} for i, made in enumerate(made["definitions"])
        ]
        return made

    def _object(self, name: str, levels: int) -> dict[str, Any]:
        described = inspect.type_info(_KINDS[name])
        assert isinstance(described, inspect.StructType)
        return {
            "type": name,
            **{field.name: self._value(name, field.name, field.type, levels) for field in described.fields},
        }

    def _text(self) -> str:
        return "".join(self._random.choices([*_WORDS, *_ADDRESSES, "mot"], k=self._random.randrange(3)))

    def _value(self, owner: str, name: str, kind: inspect.Type, levels: int) -> Any:
        choose = self._random.choice
        match kind:
            case inspect.StructType():
                return self._object(kind.cls.__name__, levels - 1)
            case inspect.UnionType() if isinstance(kind.types[0], inspect.StructType):
                return self._object(choose(_OF_STRANGERS), levels - 1)
            case inspect.UnionType():
                return choose([None, 1])
            case inspect.VarTupleType():
                items = range(self._random.randrange(4) if levels >= 0 else 0)
                return [self._value(owner, name, kind.item_type, levels) for _ in items]
            case inspect.TupleType():
                return [choose(_ATTRIBUTES), self._text()]
            case inspect.LiteralType():
                return choose(kind.values)
            case inspect.IntType():
                return choose([kind.ge, 1, 3, 3 if name == "uses" else kind.le])
            case inspect.StrType() if kind.pattern:
                return choose([word for word in _PATTERNED if re.fullmatch(kind.pattern, word)])
            case inspect.StrType():
                return choose(_ELEMENTS) if (owner, name) == ("Element", "name") else self._text()
        return choose([False, True])


def documents(levels: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Return the strategy for documents of strangers."""
    return st.integers(0, 2**32).map(lambda seed: Stranger(seed).document(levels))
