"""The rooms of the house and which uses which, read from the folders and the source; and the map of them.

    python -m tests.rooms    # bring the map in ARCHITECTURE.md up to date (make map)

A room is a module or a folder; a floor is a folder with the rooms in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "spipconv"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
# They start the program and hold nothing.
_ENTRIES = {"__init__", "__main__", "version"}
# Of these the arrows are drawn too.
_DRAWN = ("spipconv", "spipconv.migration")
_BLOCK = re.compile(r"(<!-- map of ([\w.]+) -->\n).*?(?=<!-- end of map -->)", re.DOTALL)


def name_of(path: Path) -> str:
    """Return the dotted name of a module's file, or of a package's folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# Those below layouts/ are files of new sites, and import what is there.
MODULES: Mapping[str, Path] = {
    name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "layouts" not in path.parts
}
FLOORS = tuple(name for name, path in MODULES.items() if path.name == "__init__.py")


def within(module: str, package: str) -> bool:
    """Return whether a module is a package or is in it."""
    return module == package or module.startswith(package + ".")


def _imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)


# The names of all modules that each module imports, also inside functions.
IMPORTS: Mapping[str, frozenset[str]] = {name: frozenset(_imports_of(path)) for name, path in MODULES.items()}


def room_of(module: str, floor: str) -> str:
    """Return the room of a floor that holds a module: ``safety`` for ``spipconv.safety`` on the floor ``spipconv``."""
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


def sentence_of(module: str) -> str:
    """Return the first sentence of a module's or a folder's docstring; empty if it has none."""
    docstring = ast.get_docstring(ast.parse(MODULES[module].read_text("utf-8"))) or ""
    first = " ".join(docstring.partition("\n\n")[0].split())
    return first.replace("``", "`").replace("|", "\\|")


def map_of(floor: str) -> str:
    """Return the map of a floor as a Markdown table: a room a line, each below those that it uses."""
    uses = {room: used - _ENTRIES for room, used in uses_between_rooms(floor).items() if room not in _ENTRIES}
    order = _from_the_bottom(uses)
    lines = ["| room | what comes in and what goes out | uses |", "|---|---|---|"]
    for room in order:
        name = f"{floor}.{room}"
        is_folder = MODULES[name].name == "__init__.py"
        shown = f"`{room}/`" if is_folder else f"`{room}.py`"
        lines.append(f"| {shown} | {sentence_of(name)} | {', '.join(sorted(uses[room], key=order.index))} |")
    return "\n".join([*lines, ""])


def _from_the_bottom(uses: Mapping[str, set[str]]) -> list[str]:
    """Return rooms so that each comes after those it uses; by name where that leaves a choice."""
    sorter = TopologicalSorter({room: sorted(used) for room, used in sorted(uses.items())})
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def drawing_of(floor: str) -> str:
    """Return the arrows between the rooms of a floor as a Mermaid flowchart, without those that others imply."""
    uses = {room: used - _ENTRIES for room, used in uses_between_rooms(floor).items() if room not in _ENTRIES}
    reached: dict[str, set[str]] = {}
    for room in _from_the_bottom(uses):
        reached[room] = uses[room].union(*(reached[used] for used in uses[room]))
    arrows = [
        f"  {room} --> {used}"
        for room in sorted(uses)
        for used in sorted(uses[room])
        if not any(used in reached[other] for other in uses[room] - {used})
    ]
    return "\n".join(["```mermaid", "flowchart TD", *arrows, "```", ""])


def mapped(text: str) -> str:
    """Return the text of ARCHITECTURE.md with every map in it as the folders are now."""

    def draw(block: re.Match[str]) -> str:
        drawing = f"{drawing_of(block[2])}\n" if block[2] in _DRAWN else ""
        return f"{block[1]}\n{drawing}{map_of(block[2])}\n"

    return _BLOCK.sub(draw, text)


if __name__ == "__main__":
    ARCHITECTURE.write_text(mapped(ARCHITECTURE.read_text("utf-8")), "utf-8")
