"""``spipconv comments list``, ``show``, ``accept``, ``refuse`` and ``spam``: messages, at the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final, get_args

import click
import msgspec

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import LOST, CommandError
from spipconv.contents import links
from spipconv.forum.clock import read_clock
from spipconv.forum.moderation import Outcome, decide, rescore
from spipconv.forum.records import Message, Page, Status
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store
from spipconv.parsing.parser import parse
from spipconv.printing import make_json_printable, make_printable

# Of a message in a list.
_LONGEST_AUTHOR: Final = 30
_LONGEST_TEXT: Final = 80
# Who decides, where nobody is named.
_COMMAND: Final = "command line"

_numbers = click.argument("numbers", metavar="NUMBER...", type=click.IntRange(1), nargs=-1, required=True)
_by = click.option("--by", metavar="NAME", help="The moderator who decides, for the log.")


class _Line(msgspec.Struct, frozen=True):
    """A message as ``list --json`` and ``show --json`` print it."""

    id: int
    status: Status
    page: str
    parent: int
    created: str
    author: str
    title: str
    url: str
    has_email: bool
    score: float
    text: str


@click.command("list")
@base_argument
@click.option(
    "--status", type=click.Choice(get_args(Status)), default="prop", show_default=True, help="Status of the messages."
)
@click.option("--page", metavar="KEY", help="Only messages of this page.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many messages at most."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one message a line.")
def list_messages(base: Path, status: Status, page: str | None, limit: int, as_json: bool) -> None:
    """List messages of the base FILE: those that are held, or have another status.

    Held messages least like spam come first, others by their age. SPIP's words for the statuses: prop (held), publie
    (published), off (refused), spam.
    """
    with open_base(base, reads_only=True) as store:
        number = _find_page(store, page).id if page else 0
        if status == "prop":
            messages = store.messages.queue("prop", limit=limit, page=number)
        else:
            messages = store.messages.latest((status,), limit=limit, page=number)
        lines = [_describe(store, message) for message in messages]
        total = store.messages.counts(number)[status]
    for line in lines:
        click.echo(_write_json(line) if as_json else _write_line(line))
    if not lines:
        click.echo(f"there is no message with the status {status}", err=True)
    if total > len(lines):
        click.echo(f"{total - len(lines)} more: --limit {total} shows all", err=True)


@click.command("show")
@base_argument
@click.argument("number", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_message(base: Path, number: int, as_json: bool) -> None:
    """Print the message NUMBER of the base FILE, with the addresses of its links."""
    with open_base(base, reads_only=True) as store:
        message = store.messages.get(number)
        if message is None:
            raise CommandError(f"{base}: there is no message {number}")
        line = _describe(store, message)
        decision = store.decisions.last(number)
    if as_json:
        click.echo(_write_json(line))
        return
    fields = {
        "message": f"{line.id}, {line.status}, {line.created}",
        "page": line.page,
        "answers": str(line.parent or ""),
        "author": line.author,
        "own page": line.url,
        "title": line.title,
        "decided": f"{decision.after} by {decision.name or 'a rule'}, {_write_time(decision.at)}" if decision else "",
        "score": f"{line.score:.2f} (0: like accepted messages, 1: like spam)",
    }
    for name, value in fields.items():
        if value:
            click.echo(f"{name + ':':10}{make_printable(value)}")
    click.echo()
    for text in line.text.splitlines():
        click.echo(f"  {make_printable(text)}")
    for link in links(parse(message.text, profile="comment", lang=message.language).document):
        click.echo(f"link: {make_printable(link.address)}  ({make_printable(link.text)})")


@click.command("accept")
@base_argument
@_numbers
@_by
def accept(base: Path, numbers: tuple[int, ...], by: str | None) -> None:
    """Publish messages of the base FILE, whatever they were before."""
    _decide(base, numbers, by, "publie")


@click.command("refuse")
@base_argument
@_numbers
@_by
def refuse(base: Path, numbers: tuple[int, ...], by: str | None) -> None:
    """Refuse messages of the base FILE, or withdraw published ones."""
    _decide(base, numbers, by, "off")


@click.command("spam")
@base_argument
@_numbers
@_by
def mark_as_spam(base: Path, numbers: tuple[int, ...], by: str | None) -> None:
    """Mark messages of the base FILE as spam; the classifier learns from it."""
    _decide(base, numbers, by, "spam")


def _decide(base: Path, numbers: tuple[int, ...], by: str | None, status: Status) -> None:
    now = read_clock()
    with open_base(base) as store:
        moderator = store.moderators.find(by) if by else None
        if by and moderator is None:
            raise CommandError(f'there is no moderator {by}: "spipconv comments moderator list {base}" lists them')
        who = (moderator.id, moderator.name) if moderator else (0, _COMMAND)
        outcomes = []
        for number in numbers:
            message = store.messages.get(number)
            outcomes.append(decide(store, number, message.version if message else 0, status, *who, now))
        rescore(store)
    for outcome in outcomes:
        click.echo(_tell(outcome), err=outcome.decision is None)
    if any(outcome.decision is None for outcome in outcomes):
        raise SystemExit(LOST)


def _tell(outcome: Outcome) -> str:
    if outcome.decision:
        return f"{outcome.number}: {outcome.decision.before} -> {outcome.decision.after}"
    if outcome.message is None:
        return f"{outcome.number}: there is no such message"
    by = f", decided by {make_printable(outcome.other.name or 'a rule')}" if outcome.other else ""
    return f"{outcome.number}: nothing to do, it is {outcome.message.status} already{by}"


def _find_page(store: Store, key: str) -> Page:
    page = store.pages.by_key(key)
    if page is None:
        raise CommandError(f"no page is called {key}: list them with spipconv comments pages")
    return page


def _describe(store: Store, message: Message) -> _Line:
    page = store.pages.get(message.page)
    return _Line(
        message.id,
        message.status,
        page.key if page else "",
        message.parent,
        _write_time(message.created),
        message.author,
        message.title,
        message.url,
        message.email is not None,
        round(message.score, 3),
        message.text,
    )


def _write_json(line: _Line) -> str:
    return make_json_printable(msgspec.json.encode(line).decode())


def _write_line(line: _Line) -> str:
    author, text = (" ".join(words.split()) for words in (line.author, f"{line.title} {line.text}"))
    parts = (str(line.id), line.created, line.page, _cut(author, _LONGEST_AUTHOR), _cut(text, _LONGEST_TEXT))
    return make_printable("  ".join(parts))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _write_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
