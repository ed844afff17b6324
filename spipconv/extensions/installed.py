"""Installed extensions: a name comes in, and the extension that a package offers by it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from spipconv.extensions.extension import Extension

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# The group of entry points by which packages offer extensions.
GROUP = "spipconv.extensions"


class BadExtension(ValueError):
    """An installed extension cannot be loaded; the message names it, its package and the error."""


def installed_extensions() -> tuple[str, ...]:
    """Return the names of the extensions that installed packages offer."""
    return tuple(sorted(_entry_points()))


@cache
def load_extension(name: str) -> Extension | None:
    """Return the extension that an installed package offers by this name, None where none does. Raises BadExtension."""
    entry_point = _entry_points().get(name)
    if entry_point is None:
        return None
    try:
        extension = entry_point.load()
    except Exception as error:
        raise BadExtension(f"extension {name!r} ({entry_point.value}): {type(error).__name__}: {error}") from error
    if not isinstance(extension, Extension):
        kind = type(extension).__name__
        raise BadExtension(f"extension {name!r} ({entry_point.value}): expected an Extension, not {kind}")
    return extension


def installed_version(name: str) -> str:
    """Return the version of the package that offers an extension, and that of the extension."""
    entry_point, extension = _entry_points().get(name), load_extension(name)
    package = entry_point.dist.version if entry_point and entry_point.dist else ""
    return f"{package} {extension.version if extension else ''}"


@cache
def _entry_points() -> Mapping[str, EntryPoint]:
    # It takes 20 ms to import and to search, which those who name no extension need not wait for.
    from importlib.metadata import entry_points

    return {entry_point.name: entry_point for entry_point in entry_points(group=GROUP)}
