"""``spipconv check``: the diagnostics of texts, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Unpack

import click

from spipconv.commands.errors import INTERNAL_ERROR, LOST
from spipconv.commands.options import Reading, read_text, reading_options
from spipconv.extensions import Extension
from spipconv.nodes import Document, Profile
from spipconv.parsing.parser import parse
from spipconv.printing import describe_internal_error, make_printable


@click.command(
    epilog="""\b
Example:
  spipconv check texts/*.spip
"""
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES | -]")
@reading_options()
@click.pass_context
def check(
    context: click.Context,
    /,
    files: tuple[str, ...],
    encoding: str,
    profile: Profile,
    lang: str,
    **reading: Unpack[Reading],
) -> None:
    """Print what is broken, unknown, changed or lost in FILES, as file:line:column: code message.

    FILES are texts; standard input is read if none are given. The exit code is 1 if something is lost, 3 if an
    internal error stopped the check of a file. With --glossary, the terms that no text contains are listed as well.
    """
    code = 0
    documents: list[Document] = []
    for path, text in [(path, read_text(path, encoding)) for path in files or ("-",)]:
        try:
            parsed = parse(text, profile=profile, lang=lang, **reading)
        except Exception as error:
            click.echo(f"{make_printable(path)}: {describe_internal_error(error)}", err=True)
            code = INTERNAL_ERROR
            continue
        if reading["extensions"]:
            documents.append(parsed.document)
        for diagnostic in parsed.diagnostics:
            if diagnostic.severity == "loss":
                code = max(code, LOST)
            click.echo(f"{make_printable(path)}:{diagnostic}")
    for line in _check_glossary(reading["extensions"], documents) if reading["extensions"] else ():
        click.echo(line)
    context.exit(code)


def _check_glossary(extensions: Iterable[Extension], documents: Iterable[Document]) -> Iterator[str]:
    """Yield what the glossary itself has to say, as lines."""
    from spipconv.glossary import find_glossary

    glossary = find_glossary(extensions)
    for diagnostic in (*glossary.diagnostics, *glossary.unused(documents)) if glossary else ():
        yield make_printable(f"--glossary: {diagnostic.code} {diagnostic.message}")
