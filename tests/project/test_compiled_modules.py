"""The modules that mypyc compiles hold nothing that it rejects or, worse, compiles into something else."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.builds import COMPILED_MODULES, KEPT_MODULES, ROOT

_TREES = {name: ast.parse((ROOT / name).read_text("utf-8")) for name in COMPILED_MODULES}
_SURROGATES = re.compile("[\ud800-\udfff]")


def _structs_of(name: str) -> list[type]:
    module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    return [cls for cls in classes if cls.__module__ == module.__name__ and issubclass(cls, msgspec.Struct)]


def _lines(name: str, wrong: Iterator[ast.AST]) -> list[str]:
    return [f"{name}:{getattr(node, 'lineno', 0)}" for node in wrong]


def test_what_is_compiled_is_there() -> None:
    assert {"spipconv/languages.py", "spipconv/parsing/lexer.py", "spipconv/converters/html/inline.py"} <= set(
        COMPILED_MODULES
    )
    assert [name for name in KEPT_MODULES if not Path(ROOT, name).is_file()] == []


@pytest.mark.parametrize("name", COMPILED_MODULES)
def test_a_compiled_module_defines_no_struct(name: str) -> None:
    """Mypyc drops the keywords of a class (``frozen=True``), and resolves no forward reference in a struct."""
    assert _structs_of(name) == [], f"{name} belongs to 'keep' in pyproject.toml"


@pytest.mark.parametrize("name", COMPILED_MODULES)
def test_a_compiled_module_has_only_plain_classes_at_its_top(name: str) -> None:
    def wrong() -> Iterator[ast.AST]:
        top = _TREES[name].body
        for node in ast.walk(_TREES[name]):
            if isinstance(node, ast.ClassDef) and (node not in top or node.keywords or len(node.bases) > 1):
                yield node

    assert _lines(name, wrong()) == []


@pytest.mark.parametrize("name", COMPILED_MODULES)
def test_a_compiled_module_looks_nothing_up_in_a_starred_display(name: str) -> None:
    """``x in (*SET, "y")`` ends mypyc."""

    def wrong() -> Iterator[ast.AST]:
        for node in ast.walk(_TREES[name]):
            if isinstance(node, ast.Compare) and any(isinstance(of, ast.In | ast.NotIn) for of in node.ops):
                displays = [value for value in node.comparators if isinstance(value, ast.Tuple | ast.List | ast.Set)]
                if any(isinstance(item, ast.Starred) for display in displays for item in display.elts):
                    yield node

    assert _lines(name, wrong()) == []


@pytest.mark.parametrize("name", COMPILED_MODULES)
def test_a_compiled_module_binds_no_name_after_its_use_in_one_expression(name: str) -> None:
    """In ``f(start, start := end)``, mypyc passes the new value twice."""

    def wrong() -> Iterator[ast.AST]:
        for node in ast.walk(_TREES[name]):
            used: set[str] = set()
            # The parts of a comprehension are not evaluated in the order in which they are written.
            in_order = isinstance(node, ast.expr) and not hasattr(node, "generators")
            for part in ast.iter_child_nodes(node) if in_order else ():
                bound = {inner.target.id for inner in ast.walk(part) if isinstance(inner, ast.NamedExpr)}
                if bound & used:
                    yield node
                operand = part.value if isinstance(part, ast.Starred | ast.keyword) else part
                if isinstance(operand, ast.Name) and isinstance(operand.ctx, ast.Load):
                    used.add(operand.id)

    assert _lines(name, wrong()) == []


@pytest.mark.parametrize("name", COMPILED_MODULES)
def test_a_compiled_module_has_no_surrogates_in_its_literals(name: str) -> None:
    """Mypyc writes literals as UTF-8."""

    def wrong() -> Iterator[ast.AST]:
        for node in ast.walk(_TREES[name]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SURROGATES.search(node.value):
                yield node

    assert _lines(name, wrong()) == []
