"""Forums: a path comes in; a base with its key is created there, or the key that fits it goes out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from spipconv.forum.keys import KeyFileError, Keys, key_file, read_key_file, write_key_file
from spipconv.forum.settings import check_setting
from spipconv.forum.store.base import create_base, open_base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable
from spipconv.system.locks import Lock, acquire

# The base's own note of its key.
KEY_NAME = ".key"


def create_forum(path: Path, settings: Mapping[str, str] | None = None) -> Keys:
    """Create a base and its key file, which only their owner may read, with settings as they were typed.

    Raises SettingError, StoreError or KeyFileError; nothing is there then that was not before.
    """
    values = {name: check_setting(name, value) for name, value in (settings or {}).items()}
    keys, file = Keys.make(), key_file(path)
    create_base(path)
    try:
        if os.path.lexists(file):
            raise KeyFileError(make_printable(f"{file}: there is a key file already: move it away if no base needs it"))
        write_key_file(file, keys)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    with open_base(path) as store:
        store.settings.set(KEY_NAME, keys.name)
        for name, value in values.items():
            store.settings.set(name, value)
    return keys


def load_keys(path: Path) -> Keys:
    """Return the keys of a base. Raises KeyFileError if they are not its own, StoreError for the base."""
    with open_base(path, reads_only=True) as store:
        return check_keys(store, path)


def check_keys(store: Store, path: Path) -> Keys:
    """Return the keys of the base ``path``, whose store it is. Raises KeyFileError if they are not its own."""
    file, name = key_file(path), store.settings.get(KEY_NAME)
    for keys in read_key_file(file):
        if keys.name == name:
            return keys
    raise KeyFileError(make_printable(f"{file}: it is the key of another base: bring back its own"))


def lock_forum(path: Path) -> Lock:
    """Return the lock of a base that servers hold as long as they run. Raises StoreError if another process has it."""
    file = path.with_name(f"{path.name}.lock")
    try:
        lock = acquire(file, is_private=True)
    except (OSError, NotImplementedError) as error:
        raise StoreError(make_printable(f"{file}: it cannot be locked: {error}")) from error
    if lock is None:
        raise StoreError(make_printable(f"{path}: a server is running on it: stop that one first"))
    return lock
