"""The house's rooms and which may use which: read from the folders and from the source, so that nothing has to run."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "spipconv"
# A room is a module or a folder of a package; every package is a floor of rooms.
FLOORS = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


def name_of(path: Path) -> str:
    """Return the dotted name of a module's file, or of a package's folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(path: Path) -> set[str]:
    """Return the names of all modules that a file imports, also inside functions; relative imports fail."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                names.add(name if name in MODULES else str(node.module))
    return names


IMPORTS = {module: imports_of(path) for module, path in MODULES.items()}


def within(module: str, package: str) -> bool:
    """Return whether a module is a package or is in it."""
    return module == package or module.startswith(package + ".")


def room_of(module: str, floor: str) -> str:
    """Return the room of a floor that holds a module: ``safety`` for ``spipconv.safety``, on the floor ``spipconv``."""
    return module.removeprefix(floor).removeprefix(".").partition(".")[0] or "__init__"


def uses_between_rooms(floor: str) -> dict[str, set[str]]:
    """Return, for each room of a floor, the other rooms of that floor that its modules import."""
    uses: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        if within(module, floor):
            room = room_of(module, floor)
            others = {room_of(name, floor) for name in imported if name in MODULES and within(name, floor)}
            uses.setdefault(room, set()).update(others - {room})
    return uses


def libraries_of(module: str) -> set[str]:
    """Return the top-level names of what a module imports from outside the package."""
    return {name.partition(".")[0] for name in IMPORTS[module]} - {"spipconv"}


@pytest.mark.parametrize("floor", FLOORS, ids=name_of)
def test_imports_between_the_rooms_of_a_folder_run_one_way(floor: Path) -> None:
    # A cycle raises graphlib.CycleError, which names it.
    order = list(TopologicalSorter(uses_between_rooms(name_of(floor))).static_order())
    assert set(order) >= {path.stem for path in floor.glob("*.py")}


def test_every_import_from_the_package_is_one_of_a_module() -> None:
    assert {name for names in IMPORTS.values() for name in names if within(name, "spipconv")} <= set(MODULES)


@pytest.mark.parametrize("floor", FLOORS, ids=name_of)
def test_every_folder_says_what_comes_in_and_what_goes_out(floor: Path) -> None:
    sentence = ast.get_docstring(ast.parse((floor / "__init__.py").read_text("utf-8")))
    assert sentence, f"{floor}: __init__.py has no docstring"


@pytest.mark.parametrize("module", MODULES)
def test_only_entries_import_the_package_as_a_whole(module: str) -> None:
    allowed = within(module, "spipconv.commands") or module == "spipconv"
    assert allowed or "spipconv" not in IMPORTS[module]


def test_the_tree_imports_nothing_from_the_package() -> None:
    assert [name for name in IMPORTS["spipconv.nodes"] if within(name, "spipconv")] == []


def test_the_parser_and_the_converters_do_not_know_each_other() -> None:
    uses = uses_between_rooms("spipconv")
    assert "converters" not in uses["parsing"]
    assert "parsing" not in uses["converters"]


@pytest.mark.parametrize("use", ["migration", "preview", "batch"])
def test_only_the_command_line_knows_one_of_the_three_uses(use: str) -> None:
    assert {room for room, used in uses_between_rooms("spipconv").items() if use in used} == {"commands"}


def test_sources_know_nothing_of_what_becomes_of_their_rows() -> None:
    folder = "spipconv.migration.read.sources"
    used = {name for module in MODULES if within(module, folder) for name in IMPORTS[module] if name in MODULES}
    assert [name for name in used if not within(name, folder)] == []


def test_every_library_is_imported_in_one_room() -> None:
    import sys

    rooms: dict[str, set[str]] = {}
    for module in MODULES:
        floor = "spipconv.migration" if within(module, "spipconv.migration") else "spipconv"
        for library in libraries_of(module) - set(sys.stdlib_module_names) - {"msgspec"}:
            rooms.setdefault(library, set()).add(f"{floor}.{room_of(module, floor)}")
    assert {"click", "lark", "nh3", "bleach", "yaml"} <= set(rooms)
    assert {library: found for library, found in rooms.items() if len(found) > 1} == {}
