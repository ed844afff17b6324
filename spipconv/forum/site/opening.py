"""Applications on bases: the path of a base comes in, the application that serves it goes out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from starlette.applications import Starlette

from spipconv.forum.keys import KeyFileError
from spipconv.forum.opening import load_keys, lock_forum
from spipconv.forum.settings import read_settings
from spipconv.forum.site.application import create_app
from spipconv.forum.site.services import make_services
from spipconv.forum.store.base import Base
from spipconv.forum.store.errors import StoreError


def open_app(
    path: Path, *, rate: float, preview_rate: float, trusted_proxies: Collection[str], root_path: str
) -> Starlette:
    """Return the application of a base, with all its services; the base is closed when the application ends.

    No other server may run on it, since both would send its mails. The arguments are those of ``create_app``. Raises
    ValueError, in one line, for a base or a key that cannot be opened, and as ``create_app`` does.
    """
    try:
        keys = load_keys(path)
        base = Base(path, lock_forum(path))
        settings = base.query(read_settings).result()
    except (KeyFileError, StoreError) as error:
        raise ValueError(str(error)) from error
    try:
        return create_app(
            base, keys, settings, rate=rate, preview_rate=preview_rate, trusted_proxies=trusted_proxies,
            root_path=root_path, services=make_services(base, keys),
        )  # fmt: skip
    except ValueError:
        base.close()
        raise
