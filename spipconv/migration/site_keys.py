"""Names of front matter that a site has chosen: fields with their names come in, a target that writes them goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from spipconv.migration.target import TREES, MarkdownTree, TargetName, TargetSystem

# The fields of a front matter, and those that its generator needs by their own names.
FIELDS: tuple[str, ...] = tuple(sorted({field for target in TREES.values() for field in target.keys}))
# A name, of which a dot goes one level down.
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_-]{0,63}){0,3}")


class BadKeys(ValueError):
    """Raised for names that a front matter cannot have; the message is one line."""


def check_keys(keys: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return fields with their names, sorted; an empty name leaves a field out. Raises BadKeys."""
    checked = []
    for field, name in sorted(keys.items()):
        if field not in FIELDS:
            raise BadKeys(f"{field} is not a field of the front matter: choose from {', '.join(FIELDS)}")
        if not isinstance(name, str) or (name and not _KEY.fullmatch(name)):
            raise BadKeys(f'{field}: expected a name such as "date" or "params.date", or "" to leave the field out')
        checked.append((field, name))
    return tuple(checked)


def with_keys(target: TargetSystem, keys: tuple[tuple[str, str], ...]) -> TargetSystem:
    """Return a target that has these names in its front matter. Raises BadKeys if two fields have the same name.

    A target without front matter stays as it is.
    """
    if not keys or not isinstance(target, MarkdownTree):
        return target
    wanted = dict(keys)
    names = {field: wanted.get(field, name) for field, name in [*target.keys.items(), *keys]}
    names = {field: name for field, name in names.items() if name or field not in wanted}
    taken: dict[str, str] = {}
    for field, name in names.items():
        other = taken.setdefault(name, field)
        inner = next((inner for inner in taken if inner != name and inner.startswith(f"{name}.") and name), "")
        outer = next((outer for outer in taken if outer and name.startswith(f"{outer}.")), "")
        if other != field or inner or outer:
            other = other if other != field else taken[inner or outer]
            raise BadKeys(f"{target.name}: the fields {other} and {field} cannot both have the name {name}")
    return replace(target, keys=names)


def taken_names(keys: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Return the names at the top level, in lower case: a group of keywords may not have them."""
    return frozenset(name.lower().partition(".")[0] for _, name in keys if name)


def check_site_keys(keys: Mapping[str, object], to: TargetName) -> tuple[tuple[str, str], ...]:
    """Return the fields and names of a site, checked for a target. Raises BadKeys."""
    checked = check_keys(keys)
    if to in TREES:
        with_keys(TREES[to], checked)
    return checked
