"""Options and input that several commands share."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, TypeVar

import click

from spipconv.commands.errors import CommandError
from spipconv.converters.formats import FORMATS
from spipconv.extensions import Extension
from spipconv.objects import BadObjects, Catalogue, read_objects
from spipconv.players import check_instances
from spipconv.plugins import PLUGINS, check_plugins
from spipconv.settings import PROFILES, TYPOGRAPHIES, Typography, check_language
from spipconv.system.files import decode

# A head with the authors and terms of a site may not fit into less.
_SMALLEST_FILE = 1 << 16
_Command = TypeVar("_Command", bound=Callable[..., object])
_Option = Callable[[_Command], _Command]


class Reading(TypedDict):
    """The values of ``reading_options`` for ``spipconv.parse``, except the profile and the language."""

    objects: Catalogue | None
    embeds: bool
    angle_shortcuts: bool
    repair_encoding: bool
    plugins: tuple[str, ...]
    peertube: tuple[str, ...]
    typography: Typography | bool
    extensions: tuple[Extension, ...]


class _Objects(click.ParamType[Catalogue]):
    """An option whose value is a file of objects, which is read."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Catalogue:
        if isinstance(value, Catalogue):
            return value
        try:
            return read_objects(str(value))
        except BadObjects as error:
            raise CommandError(f"--objects: {error}") from error


class _Glossary(click.ParamType[tuple[Extension, ...]]):
    """An option whose value is a file with a glossary, which becomes an extension."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Extension, ...]:
        if isinstance(value, tuple):
            return value
        from spipconv.glossary import BadGlossary, Glossary

        try:
            return (Glossary.read(str(value)).extension(),)
        except BadGlossary as error:
            raise CommandError(f"--glossary: {error}") from error


class LanguageCode(click.ParamType[str]):
    """An option whose value is a language, as a SPIP code or a BCP 47 tag."""

    name = "code"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return check_language(value)
        except (TypeError, ValueError) as error:
            raise CommandError(f"--lang: {error}") from error


class Since(click.ParamType[datetime]):
    """An option whose value is a day, a month or a year; it becomes the first moment of it."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        for form in ("%Y-%m-%d", "%Y-%m", "%Y"):
            with suppress(ValueError):
                return datetime.strptime(str(value), form)
        raise CommandError(f"--since: {value} is not a date: write it as 2019-03-31, 2019-03 or 2019")


class FileSize(click.ParamType[int]):
    """An option whose value is the size of a file (``8M``, ``500K``); it becomes a number of bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([0-9]{1,6})([KMG])(?:i?B)?", str(value).strip(), re.IGNORECASE)
        size = int(found[1]) << {"K": 10, "M": 20, "G": 30}[found[2].upper()] if found else 0
        if size < _SMALLEST_FILE:
            raise CommandError(f"--max-size: {value} is not a size from 64K on: write it as 8M or 500K")
        return size


class _Plugin(click.ParamType[str]):
    """An option whose value is a plugin."""

    name = "plugin"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return check_plugins([value])[0]
        except (TypeError, ValueError) as error:
            raise CommandError(f"--plugin: {error}") from error


class _Instance(click.ParamType[str]):
    """An option whose value is the host of an instance of PeerTube."""

    name = "host"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return check_instances([value])[0]
        except (TypeError, ValueError) as error:
            raise CommandError(f"--peertube: {str(error).removeprefix('peertube: ')}") from error


def format_option(command: _Command) -> _Command:
    """Add ``--to``: the formats of ``FORMATS``."""
    option = click.option(
        "--to", type=click.Choice(list(FORMATS)), default="html", show_default=True, help="Output format."
    )
    return option(command)


def typography_option(command: _Command) -> _Command:
    """Add ``--typography``; its value is True where it is not given."""
    option = click.option(
        "--typography",
        type=click.Choice(TYPOGRAPHIES),
        callback=lambda _context, _option, value: value or True,
        help="No-break spaces as characters or as entities; none: the author's own spaces, quotes and dashes.  "
        "[default: entity in HTML, else char]",
    )
    return option(command)


def plugin_option(command: _Command) -> _Command:
    """Add ``--plugin``: the plugins of ``PLUGINS``, and installed extensions."""
    option = click.option(
        "--plugin",
        "plugins",
        multiple=True,
        type=_Plugin(),
        metavar="NAME",
        help=f"Read the shortcuts of a SPIP plugin as well (repeatable): {', '.join(PLUGINS)}; or use an installed "
        "extension.",
    )
    return option(command)


def peertube_option(command: _Command) -> _Command:
    """Add ``--peertube``: instances of PeerTube."""
    option = click.option(
        "--peertube",
        multiple=True,
        type=_Instance(),
        metavar="HOST",
        help="A PeerTube instance whose players may be kept, besides the usual ones (repeatable).",
    )
    return option(command)


def reading_options(objects: click.ParamType[Catalogue] | click.Path | None = None) -> Callable[[_Command], _Command]:
    """Return the decorator that adds the options for reading a text.

    ``objects`` is the type of ``--objects``, by default a file that is read when the command starts.
    """
    options = [
        click.option(
            "--profile",
            type=click.Choice(PROFILES),
            default="article",
            show_default=True,
            help="Who wrote the text, which decides what HTML it may contain.",
        ),
        click.option(
            "--lang",
            type=LanguageCode(),
            default="fr",
            show_default=True,
            metavar="CODE",
            help="Language of the text, as SPIP or BCP 47 writes it: fr, pt_br, pt-BR.",
        ),
        click.option(
            "--objects",
            type=objects or _Objects(),
            metavar="FILE.json",
            help="JSON file describing the articles and documents that the text refers to.",
        ),
        click.option("--embeds", is_flag=True, help="Keep players of known hosts; other frames become links."),
        peertube_option,
        click.option("--angle-shortcuts", is_flag=True, help="Also read <<bold>> and <italic>."),
        click.option("--repair-encoding", is_flag=True, help="Undo repeated encoding: Ã© becomes é."),
        plugin_option,
        click.option(
            "--glossary",
            "extensions",
            type=_Glossary(),
            default=(),
            metavar="FILE.json",
            help="JSON file with terms and their definitions, to which the first occurrence of each term leads.",
        ),
        typography_option,
        click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the input."),
    ]

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def read_text(path: str, encoding: str) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raises CommandError, with one line, for a wrong byte, a missing file or an unknown encoding.
    """
    name = "standard input" if path == "-" else path
    try:
        if path == "-":
            content = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                content = file.read()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    try:
        return decode(content, encoding)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise CommandError(
            f"{name}: byte 0x{byte:02X} at offset {error.start} is not {encoding}: "
            "use --encoding (latin-1, cp1252, …) or convert the file first"
        ) from error
    except (LookupError, UnicodeError) as error:
        raise CommandError(f"--encoding: {encoding} is not a text encoding (utf-8, latin-1, cp1252, …)") from error
