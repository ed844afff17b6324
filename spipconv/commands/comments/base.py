"""``spipconv comments init`` and ``set``: the base itself."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from spipconv.forum.keys import key_file
from spipconv.forum.opening import create_forum
from spipconv.forum.settings import MEANINGS, SettingError, read_settings, write_setting
from spipconv.forum.store.base import open_base
from spipconv.printing import make_printable

base_argument = click.argument("base", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@base_argument
@click.option("--site", metavar="URL", help="Address of the static site.")
@click.option("--language", default="fr", show_default=True, metavar="CODE", help="Language of the site.")
def init(base: Path, site: str | None, language: str) -> None:
    """Create the base FILE, and its key beside it.

    The key, FILE.key, encrypts the e-mail addresses in the base: keep a copy of it, but not where you keep backups.
    """
    create_forum(base, {"language": language, **({"site": site} if site else {})})
    click.echo(
        make_printable(
            f"{base} and its key {key_file(base)} are there. Keep a copy of the key, apart from backups of the base"
        )
    )


@click.command("set")
@base_argument
@click.argument("name", required=False)
@click.argument("value", required=False)
def set_setting(base: Path, name: str | None, value: str | None) -> None:
    """Set the setting NAME of the base FILE to VALUE, or print one or all of them.

    A running server knows of it within seconds.
    """
    if name is not None and value is not None:
        with open_base(base) as store:
            write_setting(store, name, value)
        return
    with open_base(base, reads_only=True) as store:
        values = msgspec.to_builtins(read_settings(store))
    if name is not None:
        if name not in values:
            raise SettingError(f"no setting is called {name}; there are {', '.join(MEANINGS)}")
        click.echo(_plain(values[name]))
        return
    for known, meaning in MEANINGS.items():
        click.echo(f"{known} = {_plain(values[known])}\n  {meaning}")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
