"""A whole forum in one file, as JSON lines or for WordPress: a base comes in, the file and the account go out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from spipconv.forum.keys import Keys
from spipconv.forum.moving import json_messages, wxr_export
from spipconv.forum.moving.formats import WholeFormat
from spipconv.forum.records import Message, Status
from spipconv.forum.settings import read_settings
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store
from spipconv.system.files import write_for_user


class WholeExport(Struct):
    """What an export holds: how many messages and e-mail addresses, and how many messages have other statuses."""

    messages: int = 0
    emails: int = 0
    left: int = 0


def export_whole(
    base: Path, out: Path, to: WholeFormat, statuses: Collection[Status], keys: Keys | None = None
) -> WholeExport:
    """Write the messages of a base that have one of some statuses into a file, with its pages.

    ``keys`` open the e-mail addresses, which are left out without them. Raises StoreError or CannotWrite: then the file
    is as it was.
    """
    done = WholeExport()
    with open_base(base, reads_only=True) as store:
        # Only its owner may read what holds addresses.
        write_for_user(out, _chunks(store, to, statuses, keys, done), is_private=keys is not None)
    return done


def _chunks(
    store: Store, to: WholeFormat, statuses: Collection[Status], keys: Keys | None, done: WholeExport
) -> Iterator[bytes]:
    pages = list(store.pages.all())
    if to == "jsonl":
        yield from json_messages.write_messages(pages, _all(store, statuses, keys, done), keys)
        return
    settings = read_settings(store)
    yield wxr_export.head(settings.title, settings.site, settings.language).encode()
    for page in pages:
        messages = list(_of_page(store, page.id, statuses, keys, done))
        if messages:
            yield wxr_export.item(page, settings.site, messages, keys).encode("utf-8", "replace")
    yield wxr_export.tail().encode()


def _all(store: Store, statuses: Collection[Status], keys: Keys | None, done: WholeExport) -> Iterator[Message]:
    for page in store.pages.all():
        yield from _of_page(store, page.id, statuses, keys, done)


def _of_page(
    store: Store, page: int, statuses: Collection[Status], keys: Keys | None, done: WholeExport
) -> Iterator[Message]:
    """Yield the messages of a page, each below the nearest message that is exported too."""
    messages = store.messages.of_page(page)
    known = {message.id: message for message in messages}
    for message in messages:
        if message.status not in statuses:
            done.left += 1
            continue
        done.messages += 1
        done.emails += bool(keys and message.email)
        yield replace(message, parent=_parent(message, known, statuses))


def _parent(message: Message, known: dict[int, Message], statuses: Collection[Status]) -> int:
    above, seen = known.get(message.parent), {message.id}
    while above and above.status not in statuses and above.id not in seen:
        seen.add(above.id)
        above = known.get(above.parent)
    return above.id if above and above.id not in seen else 0
