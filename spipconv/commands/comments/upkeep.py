"""``spipconv comments check`` and ``backup``: whether a base is sound, and a copy of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import LOST
from spipconv.forum.keys import key_file
from spipconv.forum.rekeying import change_key, replace_lost_key
from spipconv.forum.store.backups import back_up
from spipconv.forum.store.base import open_base
from spipconv.forum.upkeep import check
from spipconv.printing import make_printable


@click.command("check")
@base_argument
def check_base(base: Path) -> None:
    """Say what is wrong with the base FILE, its key and its permissions; a server may go on meanwhile.

    Exit code 1 if something is.
    """
    problems = check(base)
    for problem in problems:
        click.echo(make_printable(problem))
    if problems:
        sys.exit(LOST)
    click.echo(f"{make_printable(str(base))} is sound: {_count(base)}")


@click.command("backup")
@base_argument
@click.argument("target", type=click.Path(path_type=Path))
def back_up_base(base: Path, target: Path) -> None:
    """Copy the base FILE to TARGET, or into the folder TARGET; a server may go on meanwhile.

    The copy is checked. The key is not in it.
    """
    if target.is_dir():
        target = target / f"{base.stem}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{base.suffix}"
    back_up(base, target)
    click.echo(
        make_printable(
            f"{target} holds {_count(target)}. The key is not in it: keep {key_file(base).name} too, but elsewhere"
        )
    )


@click.command("key")
@base_argument
@click.option("--lost", is_flag=True, help="The old key is lost: forget the addresses that nobody can read any more.")
def change_key_of_base(base: Path, lost: bool) -> None:
    """Give the base FILE a new key, if others may have seen the old one, or if it is lost.

    Stop the server first. Links in mails no longer work then, and moderators log in again. With --lost, e-mail
    addresses, subscriptions and blocks of addresses are deleted; messages stay.
    """
    if lost:
        click.echo(f"a new key is there; e-mail addresses forgotten: {replace_lost_key(base)}")
    else:
        click.echo(f"a new key is there; e-mail addresses sealed with it: {change_key(base)}")
    click.echo(make_printable(f"Keep a copy of {key_file(base)}, apart from backups of the base"))


def _count(base: Path) -> str:
    with open_base(base, reads_only=True) as store:
        messages, pages = sum(store.messages.counts().values()), store.pages.count()
    return f"{messages} message{'s' * (messages != 1)} on {pages} page{'s' * (pages != 1)}"
