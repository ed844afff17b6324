"""``spipconv comments check`` and ``backup``: whether a base is sound, and a copy of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import LOST
from spipconv.forum.keys import key_file
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


def _count(base: Path) -> str:
    with open_base(base, reads_only=True) as store:
        messages, pages = sum(store.messages.counts().values()), store.pages.count()
    return f"{messages} message{'s' * (messages != 1)} on {pages} page{'s' * (pages != 1)}"
