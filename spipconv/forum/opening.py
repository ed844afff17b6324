"""Forums: a path comes in; a base with its key is created there, or the key that fits it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from spipconv.forum.keys import KeyFileError, Keys, key_file
from spipconv.forum.settings import check_setting
from spipconv.forum.store.base import create_base, open_base
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable

# The base's own note of the key that made its digests.
_KEY_NAME = ".key"


def create_forum(path: Path, settings: Mapping[str, str] | None = None) -> Keys:
    """Create a base and its key file, which only their owner may read, with settings as they were typed.

    Raises SettingError, StoreError or KeyFileError; nothing is there then that was not before.
    """
    values = {name: check_setting(name, value) for name, value in (settings or {}).items()}
    create_base(path)
    try:
        keys = Keys.create(key_file(path))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    with open_base(path) as store:
        store.settings.set(_KEY_NAME, keys.name)
        for name, value in values.items():
            store.settings.set(name, value)
    return keys


def load_keys(path: Path) -> Keys:
    """Return the keys of a base. Raises KeyFileError if they are not its own, StoreError for the base."""
    with open_base(path, reads_only=True) as store:
        return check_keys(store, path)


def check_keys(store: Store, path: Path) -> Keys:
    """Return the keys of the base ``path``, whose store it is. Raises KeyFileError if they are not its own."""
    keys = Keys.load(key_file(path))
    if keys.name != store.settings.get(_KEY_NAME):
        raise KeyFileError(make_printable(f"{key_file(path)}: it is the key of another base: bring back its own"))
    return keys
