"""Forums: a path comes in; a base with its key is created there, or the key that fits it goes out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from spipconv.forum.keys import KeyFileError, Keys, key_file
from spipconv.forum.store.base import create_base, open_base
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable

# The base's own note of the key that made its digests.
_KEY_NAME = ".key"


def create_forum(path: Path) -> Keys:
    """Create a base and its key file, which only their owner may read. Raises StoreError or KeyFileError."""
    create_base(path)
    try:
        keys = Keys.create(key_file(path))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    with open_base(path) as store:
        store.settings.set(_KEY_NAME, keys.name)
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
