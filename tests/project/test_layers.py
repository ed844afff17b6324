"""The rooms of the house: imports run one way, every folder says what it is for, and the map is true."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import TopologicalSorter

import pytest

from tests.rooms import ARCHITECTURE, FLOORS, IMPORTS, MODULES, mapped, room_of, uses_between_rooms, within


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_between_the_rooms_of_a_folder_run_one_way(floor: str) -> None:
    # A cycle raises graphlib.CycleError, which names it.
    order = list(TopologicalSorter(uses_between_rooms(floor)).static_order())
    assert set(order) >= {path.stem for path in MODULES[floor].parent.glob("*.py")}


def test_every_import_from_the_package_is_one_of_a_module() -> None:
    assert {name for names in IMPORTS.values() for name in names if within(name, "spipconv")} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_and_folder_says_what_it_is_for(module: str) -> None:
    source = MODULES[module].read_text("utf-8")
    assert ast.get_docstring(ast.parse(source)) or not source.strip()
    assert module not in FLOORS or source.strip(), f"{module}: the folder has no sentence at its head"


def test_the_map_is_what_the_folders_and_imports_are() -> None:
    text = ARCHITECTURE.read_text("utf-8")
    shown = set(re.findall("<!-- map of (.*) -->", text))
    assert shown == {floor for floor in FLOORS if floor.count(".") < 2}
    assert mapped(text) == text, "ARCHITECTURE.md: run make map"


@pytest.mark.parametrize("module", MODULES)
def test_only_entries_import_the_package_as_a_whole(module: str) -> None:
    allowed = within(module, "spipconv.commands") or module == "spipconv"
    assert allowed or "spipconv" not in IMPORTS[module]


def test_the_tree_imports_nothing_from_the_package_but_what_its_records_are() -> None:
    assert [name for name in IMPORTS["spipconv.nodes"] if within(name, "spipconv")] == ["spipconv.records"]
    assert [name for name in IMPORTS["spipconv.records"] if within(name, "spipconv")] == []


def test_the_parser_and_the_converters_do_not_know_each_other() -> None:
    uses = uses_between_rooms("spipconv")
    assert "converters" not in uses["parsing"]
    assert "parsing" not in uses["converters"]


# What extensions of others may use: records, facts, and the functions of the library.
_PUBLIC = [f"spipconv.{room}" for room in ("commonmark", "diagnostics", "extensions", "glossary", "languages", "nodes",
           "objects", "parsing.parser", "plugins", "safety", "sections", "trees")]  # fmt: skip


@pytest.mark.parametrize(
    "module", [name for name in MODULES if within(name, "spipconv.plugins") or within(name, "spipconv.glossary")]
)
def test_plugins_and_the_glossary_use_what_extensions_of_others_use(module: str) -> None:
    own = sorted(name for name in IMPORTS[module] if within(name, "spipconv"))
    assert [name for name in own if not any(within(name, room) for room in _PUBLIC)] == []


# A forum has previews, and its messages are files of migrated sites.
@pytest.mark.parametrize(
    ("use", "users"), [("migration", {"forum"}), ("preview", {"forum"}), ("batch", set()), ("forum", set())]
)
def test_only_the_command_line_knows_all_uses(use: str, users: set[str]) -> None:
    assert {room for room, used in uses_between_rooms("spipconv").items() if use in used} == {"commands", *users}


def test_sources_know_nothing_of_what_becomes_of_their_rows() -> None:
    folder = "spipconv.migration.read.sources"
    used = {name for module in MODULES if within(module, folder) for name in IMPORTS[module] if name in MODULES}
    assert [name for name in used if not within(name, folder)] == []


def test_every_library_is_imported_in_one_room() -> None:
    rooms: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        floor = "spipconv.migration" if within(module, "spipconv.migration") else "spipconv"
        libraries = {name.partition(".")[0] for name in imported} - {"spipconv", "msgspec"} - sys.stdlib_module_names
        for library in libraries:
            rooms.setdefault(library, set()).add(f"{floor}.{room_of(module, floor)}")
    assert {"click", "lark", "nh3", "bleach", "yaml"} <= set(rooms)
    several = {library: where for library, where in rooms.items() if len(where) > 1}
    # Each application has routes and answers of its own.
    assert several.pop("starlette") <= {"spipconv.web", "spipconv.preview", "spipconv.forum"}
    # The filter is for the templates of others.
    assert several.pop("jinja2") | several.pop("markupsafe") <= {"spipconv.jinja", "spipconv.forum"}
    # Drawings of a site; site maps, and exports of other systems.
    assert several.pop("defusedxml") <= {"spipconv.migration.output", "spipconv.forum"}
    assert several == {}
