"""``spipconv convert``: a filter from SPIP texts to a format."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Literal, Unpack, get_args

import click
from msgspec.structs import replace

from spipconv.api import BadTree, Parsed, read_json, render
from spipconv.commands.errors import INTERNAL_ERROR, LOST, CommandError
from spipconv.commands.options import Reading, format_option, read_text, reading_options
from spipconv.converters.formats import Format, find_format
from spipconv.converters.raw import omitted_raw
from spipconv.nodes import Profile
from spipconv.parsing.parser import parse
from spipconv.plugins import has_extensions
from spipconv.printing import describe_internal_error, make_printable
from spipconv.safety import Sanitizer

# What says how a text is to be read means nothing for a tree.
_FOR_TEXTS = (
    "lang", "objects", "angle_shortcuts", "repair_encoding", "plugins", "extensions", "encoding",
)  # fmt: skip


@click.command(
    epilog="""\b
Examples:
  spipconv convert article.spip > article.html
  spipconv convert --to markdown -o pages/ texts/*.spip
  echo '{"id": 1, "text": "{{gras}}"}' | spipconv convert --jsonl
  spipconv convert --to json article.spip | jq … | spipconv convert --from json
"""
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES | -]")
@format_option
@click.option(
    "--from",
    "source",
    type=click.Choice(["spip", "json"]),
    default="spip",
    show_default=True,
    help="What comes in: SPIP texts, or trees as --to json writes them.",
)
@click.option(
    "--allow-raw", is_flag=True, help="With --from json: let in raw nodes, which are written without escaping."
)
@reading_options()
@click.option("-o", "--output", type=click.Path(), help="File to write, or folder if there are several texts.")
@click.option(
    "--jsonl",
    is_flag=True,
    help='Read JSON lines with "text" (and "profile", "lang"), or with "json" for --from json; answer each with its '
    'other fields, the converted text and "diagnostics", immediately.',
)
@click.option(
    "--sanitizer",
    type=click.Choice(get_args(Sanitizer)),
    default="nh3",
    show_default=True,
    help="Sanitiser for raw HTML.",
)
@click.pass_context
def convert(
    context: click.Context,
    /,
    files: tuple[str, ...],
    to: Format,
    source: Literal["spip", "json"],
    allow_raw: bool,
    output: str | None,
    jsonl: bool,
    sanitizer: Sanitizer,
    encoding: str,
    profile: Profile,
    lang: str,
    **reading: Unpack[Reading],
) -> None:
    """Convert FILES (standard input if none are given) to standard output or to a file.

    Losses are reported on standard error; the exit code is then 1, or 3 if an internal error stopped the conversion of
    a text. The other texts are converted.
    """
    paths = files or ("-",)
    read: Callable[[str], Parsed] | None = None
    if source == "json":
        given = _given(context)
        for option in context.command.params:
            if option.name in given.intersection(_FOR_TEXTS):
                raise click.UsageError(f"--from json reads trees: no {option.opts[0]} with it")
        own_profile = profile if "profile" in given else None
        read = partial(
            _read_tree, own_profile, to, raw=allow_raw, embeds=reading["embeds"], peertube=reading["peertube"]
        )
    elif allow_raw:
        raise click.UsageError("--allow-raw is for --from json")
    try:
        if jsonl:
            if output or len(paths) > 1 or encoding != "utf-8":
                raise click.UsageError("--jsonl reads one stream of UTF-8: no --output or --encoding with it")
            from spipconv.commands.jsonl import convert_lines

            code = convert_lines(paths[0], to, read, profile=profile, lang=lang, sanitizer=sanitizer, **reading)
        else:
            texts = [(path, read_text(path, encoding)) for path in paths]
            written, code = _convert(
                texts,
                read or partial(parse, profile=profile, lang=lang, **reading),
                to,
                sanitizer,
                reading,
            )
            _write(written, output, find_format(to).suffix, is_one=len(texts) == 1)
    except ImportError as error:
        raise CommandError(str(error)) from error
    context.exit(code)


def _given(context: click.Context) -> set[str]:
    """Return the names of the options that the user gave."""
    default = click.core.ParameterSource.DEFAULT
    return {name for name in context.params if context.get_parameter_source(name) is not default}


def _read_tree(
    profile: Profile | None, to: Format, text: str, *, raw: bool, embeds: bool, peertube: tuple[str, ...]
) -> Parsed:
    document = read_json(text, raw=raw, embeds=embeds, peertube=peertube)
    return Parsed(replace(document, profile=profile) if profile else document, tuple(omitted_raw(document, to)))


def _convert(
    texts: list[tuple[str, str]],
    read: Callable[[str], Parsed],
    to: Format,
    sanitizer: Sanitizer,
    reading: Reading,
) -> tuple[list[tuple[str, str]], int]:
    """Return the names of texts with their converted contents, and the exit code.

    Raises ImportError without the sanitiser, and CommandError for what is not a tree.
    """
    code = 0
    written: list[tuple[str, str]] = []
    typography = reading["typography"]
    for path, text in texts:
        try:
            parsed = read(text)
            written.append((path, render(parsed.document, to, sanitizer=sanitizer, typography=typography)))
        except BadTree as error:
            raise CommandError(f"{'standard input' if path == '-' else path}: {error}") from error
        except ImportError:
            raise
        except Exception as error:
            code = INTERNAL_ERROR
            click.echo(f"{make_printable(path)}: {describe_internal_error(error)}", err=True)
            continue
        omitted = omitted_raw(parsed.document, to) if has_extensions(reading["plugins"]) else ()
        for diagnostic in (*parsed.diagnostics, *omitted):
            if diagnostic.severity == "loss":
                code = max(code, LOST)
                click.echo(f"{make_printable(path)}:{diagnostic}", err=True)
    return written, code


def _write(written: list[tuple[str, str]], output: str | None, suffix: str, *, is_one: bool) -> None:
    if output is None:
        for _, text in written:
            sys.stdout.buffer.write((text.rstrip("\n") + "\n").encode() if text else b"")
        sys.stdout.buffer.flush()
        return
    # Standard output needs none of it.
    from pathlib import Path

    from spipconv.system.files import CannotWrite, write_for_user

    target = Path(output)
    if is_one and not target.is_dir():
        targets = [target] * len(written)
    else:
        names = [Path("text" if path == "-" else path).with_suffix(suffix).name for path, _ in written]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise CommandError(f"{output}: several of the files would be written as {twice}")
        targets = [target / name for name in names]
        for path, own in zip(targets, [path for path, _ in written], strict=True):
            if own != "-" and path.exists() and path.samefile(own):
                raise CommandError(f"{own}: its text would be written over it: choose another folder")
    for path, (_, text) in zip(targets, written, strict=True):
        try:
            write_for_user(path, (text.rstrip("\n") + "\n").encode())
        except CannotWrite as error:
            raise CommandError(str(error)) from error
