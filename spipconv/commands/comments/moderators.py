"""``spipconv comments moderator`` and ``block``: the moderators' accounts and the block list."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, get_args

import click

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import CommandError
from spipconv.forum.accounts import LONGEST_NAME
from spipconv.forum.blocking import MOST_DAYS, BlockError, read_block
from spipconv.forum.clock import read_clock
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.opening import check_keys
from spipconv.forum.passwords import LONGEST, SHORTEST, find_fault, hash_password
from spipconv.forum.records import BlockKind, Moderator
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable

_DAY: Final = 24 * 3600

_name = click.argument("name")
_generate = click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")


@click.group("moderator")
def moderator() -> None:
    """Add moderators to a base, list them, give them passwords, shut them out and let them in again."""


@moderator.command("add")
@base_argument
@_name
@_generate
@click.option("--email", metavar="ADDRESS", help="Where mails about held messages go.")
@click.option(
    "--notify",
    type=click.Choice(["each", "digest", "never"]),
    help="When these mails go; by default each, if there is an address.",
)
def add_moderator(base: Path, name: str, generate: bool, email: str | None, notify: str | None) -> None:
    """Add the moderator NAME to the base FILE.

    The password is asked for, or read from the first line of standard input if that is not a terminal.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or make_printable(name) != name:
        raise CommandError(f"{name!r} is not a name: write one to {LONGEST_NAME} characters")
    address = read_address(email) if email else None
    if email and address is None:
        raise CommandError(f"{email} is not an e-mail address")
    if notify in ("each", "digest") and address is None:
        raise CommandError(f"--notify {notify} needs an address: --email")
    with open_base(base, reads_only=True) as store:
        check_keys(store, base)
        if store.moderators.find(name):
            raise CommandError(f"there is a moderator {name} already")
    hash = hash_password(_read_password(name, generate=generate))
    with open_base(base) as store:
        sealed = check_keys(store, base).seal(address.encode()) if address else None
        added = store.moderators.add(name, hash, read_clock(), sealed)
        if added is None:
            raise CommandError(f"there is a moderator {name} already")
        match notify or ("each" if sealed else "never"):
            case "each":
                store.moderators.set_mails(added.id, sealed, "each")
            case "digest":
                store.moderators.set_mails(added.id, sealed, "digest")
    click.echo(f"{name} can log in at /moderation/ of the server")


@moderator.command("list")
@base_argument
def list_moderators(base: Path) -> None:
    """List the moderators of the base FILE."""
    with open_base(base, reads_only=True) as store:
        moderators = store.moderators.list_all()
        if not moderators:
            click.echo(f'there is no moderator yet: "spipconv comments moderator add {base} NAME" adds one', err=True)
        for known in moderators:
            passkeys = len(store.moderators.passkeys_of(known.id))
            parts = [known.name, "active" if known.is_active else "shut out", f"mails: {known.notify}"]
            click.echo(make_printable("  ".join([*parts, f"passkeys: {passkeys}"])))


@moderator.command("password")
@base_argument
@_name
@_generate
def set_password(base: Path, name: str, generate: bool) -> None:
    """Give the moderator NAME of the base FILE another password, and end all sessions.

    The password is asked for, or read from the first line of standard input if that is not a terminal.
    """
    with open_base(base, reads_only=True) as store:
        _find(store, base, name)
    hash = hash_password(_read_password(name, generate=generate))
    with open_base(base) as store:
        known = _find(store, base, name)
        store.moderators.set_password(known.id, hash)
        ended = store.moderators.end_sessions(known.id, read_clock())
    click.echo(f"{name} has another password; sessions ended: {ended}")


@moderator.command("disable")
@base_argument
@_name
def disable(base: Path, name: str) -> None:
    """Shut the moderator NAME of the base FILE out: all sessions and links in mails end."""
    with open_base(base) as store:
        known = _find(store, base, name)
        store.moderators.set_active(known.id, False)
        store.moderators.end_sessions(known.id, read_clock())
    click.echo(f"{name} is shut out")


@moderator.command("enable")
@base_argument
@_name
def enable(base: Path, name: str) -> None:
    """Let the moderator NAME of the base FILE in again."""
    with open_base(base) as store:
        store.moderators.set_active(_find(store, base, name).id, True)
    click.echo(f"{name} can log in again")


@click.group("block")
def block() -> None:
    """Add networks, e-mail addresses and words to the block list of a base, list them, and remove them."""


@block.command("add")
@base_argument
@click.argument("kind", type=click.Choice(get_args(BlockKind)))
@click.argument("value")
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=30, show_default=True, help="After so many days it ends."
)
@click.option("--reason", default="", metavar="TEXT", help="For the other moderators.")
def add_block(base: Path, kind: BlockKind, value: str, days: int, reason: str) -> None:
    """Block VALUE, of the kind network, email or word, in the base FILE.

    Networks and addresses cannot post; messages with the word go to spam.
    """
    with open_base(base) as store:
        try:
            kept = read_block(check_keys(store, base), kind, value)
        except BlockError as error:
            raise CommandError(f"{value}: {error}") from error
        added = store.blocks.put(kind, kept, " ".join(reason.split()), read_clock() + days * _DAY)
    click.echo(f"block {added.id} ends on {_write_day(added.ends)}")


@block.command("list")
@base_argument
def list_blocks(base: Path) -> None:
    """List the blocks of the base FILE that are in force; of e-mail addresses, only digests are known."""
    with open_base(base, reads_only=True) as store:
        blocks = list(store.blocks.active(read_clock()))
        if not blocks:
            click.echo("nothing is blocked", err=True)
        for known in blocks:
            value = known.value[:12] if known.kind == "email" else known.value
            parts = (str(known.id), known.kind, value, f"until {_write_day(known.ends)}", known.reason)
            click.echo(make_printable("  ".join(filter(None, parts))))


@block.command("remove")
@base_argument
@click.argument("number", type=click.IntRange(1))
def remove_block(base: Path, number: int) -> None:
    """Remove the block NUMBER from the base FILE."""
    with open_base(base) as store:
        if not store.blocks.remove(number):
            raise CommandError(f"there is no block {number}")
    click.echo(f"block {number} was removed")


def _find(store: Store, base: Path, name: str) -> Moderator:
    known = store.moderators.find(name)
    if known is None:
        raise CommandError(f'there is no moderator {name}: "spipconv comments moderator list {base}" lists them')
    return known


def _read_password(name: str, *, generate: bool) -> str:
    if generate:
        password = secrets.token_urlsafe(15)
        click.echo(f"password: {password}")
        return password
    if sys.stdin.isatty():
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    fault = find_fault(password, name)
    if fault:
        raise CommandError(fault.format(least=SHORTEST, most=LONGEST))
    return password


def _write_day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
