"""Health of a running forum: its base comes in, whether it can read, write and go on writing goes out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from msgspec import Struct

from spipconv.forum.publication.publisher import read_publication
from spipconv.forum.store.base import Base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.store import Store

# A day of a busy forum: with less, visitors' messages are not taken, but moderators can go on.
_LEAST_SPACE = 50 * 1024 * 1024


class Health(Struct, frozen=True):
    """What ``/health`` answers: nothing that visitors may not know. ``status`` is ``ok`` if all others are."""

    status: Literal["ok", "failing"]
    reads: bool
    writes: bool
    space: bool
    mails: bool
    publishes: bool


async def check_health(base: Base) -> Health:
    """Return how a base is. ``mails`` is whether none has failed for good, ``publishes`` whether the last publication
    in the pages of the site succeeded.

    Nothing is written, unless the last transaction failed: then another one shows whether that is over.
    """
    try:
        failed, publication = await base.read(lambda store: (store.mails.counts()["failed"], read_publication(store)))
        reads = True
    except StoreError:
        failed, publication, reads = 0, None, False
    writes = base.failure is None or await _can_write(base)
    space = _has_space(base.path.absolute().parent)
    is_well = reads and writes and space
    return Health(
        "ok" if is_well else "failing", reads, writes, space, not failed, not (publication and publication.failure)
    )


def check_space(path: Path) -> None:
    """Raise StoreError if the disk of a base is nearly full: what strangers send must not fill it."""
    if not _has_space(path.absolute().parent):
        raise StoreError("the disk is nearly full")


def _has_space(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= _LEAST_SPACE
    except OSError:
        return False


async def _can_write(base: Base) -> bool:
    try:
        await base.write(_touch)
    except StoreError:
        return False
    return True


def _touch(store: Store) -> None:
    store.settings.set(".touched", str(int(store.settings.get(".touched") or 0) + 1))
