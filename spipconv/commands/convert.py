"""``spipconv convert``: a filter from SPIP texts to HTML, Markdown or the tree as JSON."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args

import click

from spipconv.api import Format, render
from spipconv.commands.faults import INTERNAL_ERROR, LOST, Fault, describe_error
from spipconv.commands.options import read_text, reading_options
from spipconv.commands.printing import make_printable
from spipconv.parsing.parser import parse

_SUFFIXES = {"html": ".html", "markdown": ".md", "json": ".json"}


@click.command(
    epilog="""\b
Examples:
  spipconv convert article.spip > article.html
  spipconv convert --to markdown -o pages/ texts/*.spip
  echo '{"id": 1, "text": "{{gras}}"}' | spipconv convert --jsonl
"""
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES | -]")
@click.option("--to", type=click.Choice(get_args(Format)), default="html", show_default=True, help="What to write.")
@reading_options
@click.option("-o", "--output", type=click.Path(), help="The file to write, or, for several texts, the folder.")
@click.option(
    "--jsonl",
    is_flag=True,
    help='Read lines {"id", "text", "profile", "lang"}, write lines {"id", "html", "notes", "diagnostics"}.',
)
@click.option("--sanitizer", type=click.Choice(["nh3", "bleach"]), default="nh3", show_default=True)
@click.pass_context
def convert(
    context: click.Context,
    /,
    files: tuple[str, ...],
    to: Format,
    output: str | None,
    jsonl: bool,
    sanitizer: Any,
    encoding: str,
    profile: Any,
    **reading: Any,
) -> None:
    """Convert FILES (standard input without any) to standard output or to a file.

    Losses are reported on standard error; the exit code is then 1, or 3 where an error in spipconv stopped it at a
    text. The other texts are converted.
    """
    paths = files or ("-",)
    try:
        if jsonl:
            if to == "json" or output or len(paths) > 1 or encoding != "utf-8":
                raise click.UsageError(
                    "--jsonl reads one stream of UTF-8: no --output, --encoding or --to json with it"
                )
            from spipconv.commands.jsonl import convert_lines

            code = convert_lines(paths[0], to, profile=profile, sanitizer=sanitizer, **reading)
        else:
            texts = [(path, read_text(path, encoding)) for path in paths]
            code = 0
            written: list[tuple[str, str]] = []
            for path, text in texts:
                try:
                    parsed = parse(text, profile=profile, **reading)
                    written.append((path, render(parsed.document, to, sanitizer=sanitizer)))
                except ImportError:
                    raise
                except Exception as error:
                    code = INTERNAL_ERROR
                    click.echo(f"{make_printable(path)}: {describe_error(error)}", err=True)
                    continue
                for remark in parsed.diagnostics:
                    if remark.severity == "loss":
                        code = max(code, LOST)
                        click.echo(f"{make_printable(path)}:{remark}", err=True)
            _write(written, output, _SUFFIXES[to], is_one=len(texts) == 1)
    except ImportError as fault:
        raise Fault(str(fault)) from fault
    context.exit(code)


def _write(written: list[tuple[str, str]], output: str | None, suffix: str, *, is_one: bool) -> None:
    if output is None:
        for _, text in written:
            sys.stdout.buffer.write((text.rstrip("\n") + "\n").encode() if text else b"")
        sys.stdout.buffer.flush()
        return
    target = Path(output)
    if is_one and not target.is_dir():
        targets = [target] * len(written)
    else:
        names = [Path("text" if path == "-" else path).with_suffix(suffix).name for path, _ in written]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise Fault(f"{output}: several of the files would be written as {twice}")
        targets = [target / name for name in names]
    for path, (_, text) in zip(targets, written, strict=True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text.rstrip("\n") + "\n")
        except OSError as fault:
            raise Fault(f"{path}: {fault.strerror or fault}") from fault


def _replace(path: Path, text: str) -> None:
    """Write a file aside and put it in its place, so that there is never half of it; a device is written to."""
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(text.encode())
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        os.chmod(name, path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
