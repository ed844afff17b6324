"""The SPIP installations in a database: each has a prefix before the names of its tables."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.migration.read.sources import BadSource, SpipSource

# Tables that every SPIP installation has.
_ALWAYS = ("articles", "rubriques", "auteurs")


def find_prefixes(source: SpipSource) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the tables, with their columns, of every SPIP installation in a database, by table prefix."""
    found: dict[str, tuple[str, ...]] = {}

    def note(name: str, columns: tuple[str, ...]) -> None:
        found[name] = columns

    for _ in source.read(note):
        pass
    prefixes = [name.removesuffix("_articles") for name in found if name.endswith("_articles")]
    return {
        prefix: {name[len(prefix) + 1 :]: columns for name, columns in found.items() if name.startswith(f"{prefix}_")}
        for prefix in prefixes
        if all(f"{prefix}_{table}" in found for table in _ALWAYS)
    }


def choose_prefix(source: SpipSource, wanted: str) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    """Return the prefix of the SPIP installation to read, and its tables; ``wanted`` may be empty if there is only one.

    Raises BadSource if there is none, or if there are several and none is chosen.
    """
    found = find_prefixes(source)
    names = ", ".join(sorted(found))
    if wanted:
        if wanted.rstrip("_") in found:
            return wanted.rstrip("_"), found[wanted.rstrip("_")]
        raise BadSource(f"{source.name}: no SPIP with the prefix {wanted} in it; it has: {names or 'none'}")
    if not found:
        raise BadSource(
            f"{source.name}: this is not a SPIP database (it has no tables …_articles, …_rubriques and …_auteurs)"
        )
    if len(found) > 1:
        raise BadSource(f"{source.name}: contains several SPIP installations; choose one with --prefix: {names}")
    return next(iter(found.items()))
