"""Upkeep of a base: its path comes in, what is wrong with it, its key and its files goes out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import ValidationError

from spipconv.forum.keys import InvalidToken, KeyFileError, key_file
from spipconv.forum.opening import check_keys
from spipconv.forum.settings import read_settings
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store

_MOST_SEALED = 3
# Journals of SQLite's beside the base: they hold messages as it does.
_FILES = ("", "-wal", "-shm", ".key")


def check(path: Path) -> list[str]:
    """Return what is wrong with a base, its key and its files, a line each. Raises StoreError if it does not open."""
    problems = _check_modes(path)
    with open_base(path, reads_only=True) as store:
        if damage := store.soundness.find_damage():
            return [*damage, *problems]
        problems += store.soundness.find_contradictions()
        problems += _check_keys(store, path)
        try:
            read_settings(store)
        except ValidationError as error:
            problems.append(f'settings: {error}: set it with "spipconv comments set"')
    return problems


def _check_keys(store: Store, path: Path) -> list[str]:
    try:
        keys = check_keys(store, path)
    except KeyFileError as error:
        return [str(error)]
    closed: list[str] = []
    for address in store.addresses.all():
        try:
            keys.open(address.content)
        except InvalidToken:
            closed.append(f"the e-mail address of {address.table.removesuffix('s')} {address.number}")
    if len(closed) > _MOST_SEALED:
        closed[_MOST_SEALED:] = [f"{len(closed) - _MOST_SEALED} others"]
    return [f"{key_file(path)}: it does not open {name}" for name in closed]


def _check_modes(path: Path) -> list[str]:
    """Return which files others may read: they hold what visitors wrote to the moderators only."""
    if os.name != "posix":
        return []
    problems = []
    for file in [path.with_name(path.name + suffix) for suffix in _FILES]:
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
        except OSError:
            continue
        if mode & 0o077:
            problems.append(f"{file}: others may read or write it (mode {mode:o}): chmod 600 {file}")
    return problems
