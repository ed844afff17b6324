"""Options and input that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from spipconv.commands.faults import Fault
from spipconv.objects import BadObjects, Catalogue, read_objects
from spipconv.settings import check_language

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Objects(click.ParamType[Catalogue]):
    """A file of objects, read."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Catalogue:
        if isinstance(value, Catalogue):
            return value
        try:
            return read_objects(str(value))
        except BadObjects as fault:
            raise Fault(f"--objects: {fault}") from fault


class _Language(click.ParamType[str]):
    """A language, as SPIP or as BCP 47 writes it."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return check_language(value)
        except (TypeError, ValueError) as fault:
            raise Fault(f"--lang: {fault}") from fault


def reading_options(command: _Command) -> _Command:
    """Add the options that say how a text is to be read."""
    options = [
        click.option(
            "--profile",
            type=click.Choice(["article", "comment", "title"]),
            default="article",
            show_default=True,
            help="Who wrote the text, and so which HTML it may hold.",
        ),
        click.option(
            "--lang",
            type=_Language(),
            default="fr",
            show_default=True,
            metavar="CODE",
            help="The text's language: a code of SPIP's or BCP 47's, as fr or pt-BR.",
        ),
        click.option("--objects", type=_Objects(), metavar="FILE.json", help="The articles, documents … it names."),
        click.option("--embeds", is_flag=True, help="Keep players of known video hosts."),
        click.option("--angle-shortcuts", is_flag=True, help="Also read <<bold>> and <italic>."),
        click.option("--encoding", default="utf-8", show_default=True, help="The encoding of the input."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read_text(path: str, encoding: str) -> str:
    """Return the text of a file, or of standard input for ``-``.

    A wrong byte, a missing file or an unknown encoding ends the command with one line and exit code 2.
    """
    name = "standard input" if path == "-" else path
    try:
        if path == "-":
            content = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                content = file.read()
    except OSError as fault:
        raise Fault(f"{path}: {fault.strerror or fault}") from fault
    try:
        return content.decode("utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as fault:
        byte = fault.object[fault.start]
        raise Fault(
            f"{name}: byte 0x{byte:02X} at offset {fault.start} is not {encoding}: "
            "say --encoding (latin-1, cp1252, …) or convert the file first"
        ) from fault
    except (LookupError, UnicodeError) as fault:
        raise Fault(f"--encoding: {encoding} is no encoding of texts (utf-8, latin-1, cp1252, …)") from fault
