"""Another key for a base: one whose key others may have seen, or lost, comes in; it goes out with a new one."""

from __future__ import annotations

from pathlib import Path

from spipconv.forum.clock import read_clock
from spipconv.forum.keys import KeyFileError, Keys, key_file, write_key_file
from spipconv.forum.opening import KEY_NAME, check_keys, lock_forum
from spipconv.forum.store.base import open_base, sweep
from spipconv.printing import make_printable


def change_key(path: Path) -> int:
    """Give a base a new key, with which all addresses are sealed again; return how many.

    Links in mails, tokens in forms and sessions end. Raises KeyFileError or StoreError, also if a server is running;
    whenever the process is killed, base and key file fit each other.
    """
    lock = lock_forum(path)
    try:
        new = Keys.make()
        with open_base(path) as store:
            old = check_keys(store, path)
            write_key_file(key_file(path), old, new)
            digests = {}
            addresses = store.addresses.all()
            for address in addresses:
                email = old.open(address.content)
                digest = new.digest_email(email.decode())
                digests[old.digest_email(email.decode())] = digest
                store.addresses.replace(address, new.seal(email), digest)
            store.addresses.rename(digests)
            store.settings.set(KEY_NAME, new.name)
            # Who has seen the key may have seen more.
            for moderator in store.moderators.list_all():
                store.moderators.end_sessions(moderator.id, read_clock())
        write_key_file(key_file(path), new)
        sweep(path)
    finally:
        lock.release()
    return len(addresses)


def replace_lost_key(path: Path) -> int:
    """Give a base whose key is lost a new one; return how many addresses nobody can read any more, and are forgotten.

    Messages stay. Subscriptions, letters to readers and blocks of addresses are deleted. Raises KeyFileError, also if
    there is a key file, or StoreError.
    """
    file = key_file(path)
    lock = lock_forum(path)
    try:
        if file.exists():
            raise KeyFileError(make_printable(f"{file}: it is there: move it away if it is not the key of {path}"))
        new = Keys.make()
        with open_base(path) as store:
            addresses = store.addresses.all()
            store.addresses.forget()
            store.settings.set(KEY_NAME, new.name)
            write_key_file(file, new)
        sweep(path)
    finally:
        lock.release()
    return len(addresses)
