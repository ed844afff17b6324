"""``spipconv comments purge``, ``forget``, ``copy`` and ``privacy``: the data of persons."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
import msgspec

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import CommandError
from spipconv.forum.clock import read_clock
from spipconv.forum.opening import check_keys
from spipconv.forum.policy import write_policy
from spipconv.forum.privacy import copy, forget, purge
from spipconv.forum.settings import read_settings
from spipconv.forum.store.base import open_base, sweep
from spipconv.printing import make_json_printable, make_printable

_email_argument = click.argument("email")


@click.command("purge")
@base_argument
def purge_base(base: Path) -> None:
    """Forget networks, and delete refused messages and what has ended, as the settings of FILE say.

    A server does so every day.
    """
    purged = purge(base, read_clock())
    click.echo(
        f"networks forgotten: {purged.networks}, refused messages deleted: {purged.messages},"
        f" ended blocks, links, sessions, letters and questions deleted: {purged.others}"
    )


@click.command("forget")
@base_argument
@_email_argument
@click.option(
    "--published",
    type=click.Choice(["anonymise", "delete"]),
    help="What becomes of published messages: they lose the writer's name and addresses, or are deleted.",
)
def forget_person(base: Path, email: str, published: Literal["anonymise", "delete"] | None) -> None:
    """Forget all data of the person with the address EMAIL.

    Messages that are not published, subscriptions and letters are deleted; --published says what becomes of the others.
    Answers of others stay. Copies in backups, and texts that name the person, are not found.
    """
    _check_email(email)
    with open_base(base) as store:
        keys = check_keys(store, base)
        if published is None:
            messages = store.messages.of_person(keys.digest_email(email))
            shown = sum(message.status == "publie" for message in messages)
            raise CommandError(
                f"{shown} published and {len(messages) - shown} other messages are of {email}: choose --published"
                " anonymise (the words stay) or --published delete; nothing was changed"
            )
        forgotten = forget(store, keys, email, published, read_clock())
    sweep(base)
    done = "anonymous now" if published == "anonymise" else "deleted"
    click.echo(
        f"published messages {done}: {forgotten.published}, others deleted: {forgotten.others},"
        f" subscriptions deleted: {forgotten.subscriptions}"
    )
    if forgotten.published:
        click.echo("Export and build the site again. Backups still hold what they held")


def _check_email(email: str) -> None:
    if "@" not in email:
        raise CommandError(make_printable(f"{email}: it is no e-mail address"))


@click.command("copy")
@base_argument
@_email_argument
def copy_person(base: Path, email: str) -> None:
    """Print all data of the person with the address EMAIL as JSON."""
    _check_email(email)
    with open_base(base, reads_only=True) as store:
        data = copy(store, check_keys(store, base), email, read_clock())
    click.echo(make_json_printable(msgspec.json.format(msgspec.json.encode(data), indent=2).decode()))


@click.command("privacy")
@base_argument
@click.option("--lang", metavar="CODE", help="Language of the text, fr or en; by default that of the site.")
def print_policy(base: Path, lang: str | None) -> None:
    """Print a text for the site's privacy page, in Markdown, that says what the settings of FILE are."""
    with open_base(base, reads_only=True) as store:
        settings = read_settings(store)
    click.echo(write_policy(settings, lang or settings.language).as_markdown(), nl=False)
    if not settings.contact:
        click.echo(make_printable(f"warning: nobody is named: spipconv comments set {base} contact ADDRESS"), err=True)
