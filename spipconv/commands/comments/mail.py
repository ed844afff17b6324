"""``spipconv comments mail``: the letters of a forum: how they are, one to try, and those that failed once more."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import CommandError
from spipconv.forum.clock import read_clock
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.mail.delivery import Connection, ServerError, read_sender, read_server
from spipconv.forum.mail.letters import write_test
from spipconv.forum.mail.mime import write_mail
from spipconv.forum.records import Mail
from spipconv.forum.settings import SettingError, read_settings
from spipconv.forum.store.base import open_base

_KINDS = {"held": "to moderator {0}", "reply": "to subscription {0}", "confirmation": "to confirm subscription {0}"}


@click.group("mail")
def mail() -> None:
    """Show how the mails of a base are, send one to try, and have those that failed sent again."""


@mail.command("status")
@base_argument
def show_status(base: Path) -> None:
    """Say how many mails of the base FILE wait, were sent and failed, and why.

    No address is printed. A mail that a mail server refuses for good has failed, and is not tried again. The exit code
    is 1 if one has.
    """
    with open_base(base, reads_only=True) as store:
        settings, counts, unsent = read_settings(store), store.mails.counts(), store.mails.unsent()
        confirmed, asked = store.subscriptions.counts()
    click.echo(f"{counts['waiting'] + counts['sending']} waiting, {counts['sent']} sent, {counts['failed']} failed")
    click.echo(f"{confirmed} subscriptions, {asked} not confirmed yet")
    for letter in unsent:
        click.echo(_describe(letter))
    try:
        read_server(settings)
        read_sender(settings)
    except SettingError as error:
        click.echo(f"no mails are sent: {error}")
    if counts["failed"]:
        click.get_current_context().exit(1)


@mail.command("test")
@base_argument
@click.argument("address")
def send_test(base: Path, address: str) -> None:
    """Send a mail to ADDRESS at once, as the settings of the base FILE say, and say what the mail server answers."""
    recipient = read_address(address)
    if recipient is None:
        raise CommandError(f"{address} is not an e-mail address")
    with open_base(base, reads_only=True) as store:
        settings = read_settings(store)
    server, sender = read_server(settings), read_sender(settings)
    content = write_mail(write_test(settings, recipient, f"test.{secrets.token_hex(12)}"), sender, read_clock())
    try:
        with Connection(server, sender) as connection:
            outcome = connection.send(recipient, content)
    except ServerError as error:
        raise CommandError(f"{server.host}, port {server.port}: {error}") from error
    if outcome.result != "taken":
        raise CommandError(f"{server.host} did not take it: {outcome.answer}")
    click.echo(f"{server.host} took it: {outcome.answer}")


@mail.command("retry")
@base_argument
@click.argument("number", type=click.IntRange(min=1), required=False)
def retry(base: Path, number: int | None) -> None:
    """Have the mail NUMBER of the base FILE sent again, or all that failed. The server sends them."""
    with open_base(base) as store:
        count = store.mails.retry(read_clock(), number or 0)
    if number and not count:
        raise CommandError(f'no mail {number} has failed: "spipconv comments mail status {base}" lists those that have')
    click.echo(f"{count} mails will be sent again" if count != 1 else "1 mail will be sent again")


def _describe(letter: Mail) -> str:
    state = "failed" if letter.state == "failed" else f"tried {letter.attempts} times"
    day = datetime.fromtimestamp(letter.changed, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{letter.id}: {_KINDS[letter.kind].format(letter.recipient)}, {state}, {day}: {letter.answer}"
