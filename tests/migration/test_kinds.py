"""The kinds of SPIP's objects: all that a migration knows of one is in its record, and the record is true."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from spipconv.migration import kinds
from spipconv.migration.kinds import KINDS_BY_NAME, LISTED, OBJECT_KINDS, PAGE_KINDS, TEXTS
from spipconv.migration.read.database import DATES, NUMBERS, WORKING_TABLES
from spipconv.objects import KINDS as SHORTCUTS

MIGRATION = Path(kinds.__file__).parent
# What a page of each kind shows is code, one function a kind.
CODE = MIGRATION / "pages" / "row_fields.py"
# Files of new sites, below layouts/, cannot import the records.
MODULES = sorted(
    path for path in MIGRATION.rglob("*.py") if path not in (Path(kinds.__file__), CODE) and "layouts" not in path.parts
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(MIGRATION)))
def test_no_module_lists_facts_about_kinds_of_its_own(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, (ast.Dict, ast.Set, ast.Tuple, ast.List)):
            continue
        named = node.keys if isinstance(node, ast.Dict) else node.elts
        words = {str(value.value) for value in named if isinstance(value, ast.Constant)} & set(PAGE_KINDS)
        # Two or three may be what WordPress or a page has; a fact about kinds names more of them.
        assert len(words) <= 3, f"{path}:{node.lineno}: {sorted(words)}"


@pytest.mark.parametrize("kind", OBJECT_KINDS.values(), ids=OBJECT_KINDS)
def test_columns_of_a_kind_are_in_its_table(kind: kinds.ObjectKind) -> None:
    columns = set(WORKING_TABLES[kind.table])
    assert {kind.key, *kind.texts} <= columns
    assert {kind.parent, kind.language, kind.date} - {""} <= columns
    assert kind.title in columns
    assert {kind.key, kind.parent} - {""} <= NUMBERS
    assert {kind.date} - {""} <= DATES
    assert not set(kind.texts) & NUMBERS
    assert kind.has_path == ("url_propre" in columns)


def test_names_of_kinds_are_distinct() -> None:
    names = [name for kind in OBJECT_KINDS.values() for name in kind.names]
    assert len(names) == len(set(names)) == len(KINDS_BY_NAME)
    ranges = [kind.range for kind in PAGE_KINDS.values() if kind.range >= 0]
    assert len(ranges) == len(set(ranges))
    logos = [kind.logo for kind in OBJECT_KINDS.values() if kind.logo]
    assert len(logos) == len(set(logos))


def test_texts_are_what_sections_hold() -> None:
    in_sections = {name for name, kind in OBJECT_KINDS.items() if kind.parent}
    assert {*in_sections, *LISTED} == {*TEXTS, "rubrique"}


def test_shortcuts_name_kinds_that_a_migration_knows() -> None:
    assert set(SHORTCUTS.values()) <= set(OBJECT_KINDS)
