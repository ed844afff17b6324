"""Which module may import which: read from the source, so that no import has to run."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "spipconv"
ENTRIES = {"spipconv", "spipconv.__main__"}
FOUNDATIONS = ("nodes", "diagnostics", "tokens", "safety", "typography")
PARSER_SIDE = (
    "balance", "build", "grammar", "layout", "lexer", "links", "markup", "models", "notes", "paragraphs", "parser",
    "references", "source", "tables", "tags", "writing",
)  # fmt: skip
CONVERTERS_MAY_USE = {"spipconv.nodes", "spipconv.safety", "spipconv.languages", "spipconv.parsing.source"}
# Parts that stand on the library and beside each other: only the command line uses them.
PARTS = ("migration", "preview", "batch")
# Of migration, what knows neither the working base nor how pages are made of it.
MIGRATION_LEAVES = ("targets", "pages", "report")
MIGRATION_INSIDE = ("base", "content")
ONLY_IN = {
    "click": {"spipconv.commands"},
    "lark": {"spipconv.parsing.grammar"},
    "filelock": {"spipconv.system.locks"},
    "nh3": {"spipconv.safety"},
    "bleach": {"spipconv.safety"},
    "yaml": {"spipconv.migration.tree", "spipconv.migration.starters"},
    "defusedxml": {"spipconv.migration.drawings"},
    "slugify": {"spipconv.migration.titles"},
    "ftfy": {"spipconv.migration.encoding"},
    "pymysql": {"spipconv.migration.sources.mysql"},
    "starlette": {"spipconv.preview"},
    "uvicorn": {"spipconv.preview.server"},
    "h11": {"spipconv.preview.server"},
    "jinja2": {"spipconv.jinja"},
    "django": {"spipconv.django"},
    "pyarrow": {"spipconv.batch"},
    "fsspec": {"spipconv.batch"},
    "psutil": {"spipconv.batch.watch"},
    "distributed": {"spipconv.batch"},
}


class Import(NamedTuple):
    """One imported module, as far as it can be told whether a name is a module or something in one."""

    name: str
    level: int
    line: int


def name_of(path: Path) -> str:
    """Return a file's module name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(path: Path) -> list[Import]:
    """Return all imports of a file, those in functions too."""
    found: list[Import] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, 0, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [f"{base}.{alias.name}" for alias in node.names]
            modules = {name if name in MODULES else base for name in names}
            found += [Import(name, node.level, node.lineno) for name in sorted(modules)]
    return found


IMPORTS = {module: imports_of(path) for module, path in MODULES.items()}


def ours(module: str) -> set[str]:
    """Return which modules of the package a module imports."""
    return {one.name for one in IMPORTS[module] if one.name.split(".")[0] == "spipconv"}


def within(module: str, package: str) -> bool:
    """Tell whether a module is a package or in it."""
    return module == package or module.startswith(package + ".")


def reached_from(module: str) -> set[str]:
    """Return a module with all that it imports, and all that these import."""
    waiting, reached = [module], set()
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += ours(one)
    return reached


def test_the_modules_that_the_rules_name_exist() -> None:
    named = {f"spipconv.{name}" for name in (*FOUNDATIONS, *PARSER_SIDE, *PARTS)} | CONVERTERS_MAY_USE
    named |= {f"spipconv.migration.{name}" for name in (*MIGRATION_LEAVES, *MIGRATION_INSIDE, "sources")}
    named |= set().union(*ONLY_IN.values())
    assert named <= set(MODULES)
    assert {"spipconv", "spipconv.commands", "spipconv.converters.html", "spipconv.converters.markdown"} <= set(MODULES)


def test_every_import_of_ours_is_one_of_a_module() -> None:
    assert {name for module in MODULES for name in ours(module)} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute(module: str) -> None:
    assert [one for one in IMPORTS[module] if one.level] == []


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name not in ENTRIES and not within(name, "spipconv.commands")]
)
def test_no_inner_module_imports_the_package_as_a_whole(module: str) -> None:
    assert "spipconv" not in ours(module)


@pytest.mark.parametrize("name", FOUNDATIONS)
def test_a_foundation_imports_nothing_of_ours(name: str) -> None:
    assert ours(f"spipconv.{name}") == set()


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, "spipconv.converters")])
def test_converters_know_the_tree_and_not_the_parser(module: str) -> None:
    used = {name for name in ours(module) if not within(name, "spipconv.converters")}
    assert used <= CONVERTERS_MAY_USE


def test_of_the_converters_only_markdown_uses_others() -> None:
    users = {
        module
        for module in MODULES
        if within(module, "spipconv.converters") and any(within(name, "spipconv.converters") for name in ours(module))
    }
    assert users <= {"spipconv.converters.markdown", "spipconv.converters.markdown_text"}


@pytest.mark.parametrize("name", PARSER_SIDE)
def test_the_parser_knows_neither_converters_nor_commands(name: str) -> None:
    reached = reached_from(f"spipconv.{name}")
    assert not [
        module for module in reached if within(module, "spipconv.converters") or within(module, "spipconv.commands")
    ]


@pytest.mark.parametrize("module", [name for name in MODULES if not within(name, "spipconv.commands")])
def test_the_library_knows_no_commands(module: str) -> None:
    used = [name for name in ours(module) if within(name, "spipconv.commands")]
    assert used == (["spipconv.commands"] if module == "spipconv.__main__" else [])


@pytest.mark.parametrize("part", PARTS)
def test_only_the_command_line_uses_a_part(part: str) -> None:
    package = f"spipconv.{part}"
    users = {module for module in MODULES if any(within(name, package) for name in ours(module))}
    assert [user for user in users if not (within(user, package) or within(user, "spipconv.commands"))] == []


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, "spipconv.migration.sources")])
def test_a_source_knows_nothing_of_what_becomes_of_its_rows(module: str) -> None:
    assert [name for name in ours(module) if not within(name, "spipconv.migration.sources")] == []


@pytest.mark.parametrize("name", MIGRATION_LEAVES)
def test_a_description_of_a_migration_knows_neither_its_base_nor_its_content(name: str) -> None:
    inside = {f"spipconv.migration.{one}" for one in MIGRATION_INSIDE}
    assert reached_from(f"spipconv.migration.{name}") & inside == set()


@pytest.mark.parametrize(("library", "owners"), ONLY_IN.items())
def test_a_library_is_imported_in_one_place(library: str, owners: set[str]) -> None:
    users = {module for module in MODULES if any(one.name.split(".")[0] == library for one in IMPORTS[module])}
    assert users, f"nothing imports {library}"
    assert all(any(within(user, owner) for owner in owners) for user in users)


def test_no_import_leads_back() -> None:
    finished: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module not in finished:
            for name in sorted(ours(module) & set(MODULES)):
                visit(name, (*way, module))
            finished.add(module)

    for module in MODULES:
        visit(module, ())
    assert finished == set(MODULES)
