"""``spipconv batch``: thousands to hundreds of millions of texts, unattended."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import click

from spipconv.api import Format
from spipconv.batch.chunks import BadInput
from spipconv.batch.converter import Options
from spipconv.batch.report import Report, encode_report
from spipconv.batch.run import CHUNK_BYTES, Engine, Progress, run_batch
from spipconv.commands.faults import Fault
from spipconv.commands.options import reading_options
from spipconv.commands.printing import make_printable

_TOLD_FAILURES = 20
_LINE_SECONDS = 30.0
_SCREEN_SECONDS = 0.2


@click.command(
    epilog="""\b
Examples:
  spipconv batch texts/ pages/ --to markdown
  spipconv batch 'forum-*.jsonl.gz' forum.jsonl --profile comment --resume --report report.json
  spipconv batch archive.parquet html/ --column body --engine dask --scheduler tcp://head:8786
"""
)
@click.argument("input")
@click.argument("output")
@click.option("--to", type=click.Choice(get_args(Format)), default="html", show_default=True, help="What to write.")
@reading_options
@click.option("--column", default="text", show_default=True, help="The column or JSON field of the text.")
@click.option(
    "--max-seconds", type=click.FloatRange(min=0.01), default=10, show_default=True, help="CPU time limit per text."
)
@click.option(
    "--max-bytes", type=click.IntRange(min=1), default=10_000_000, show_default=True, help="Size limit per text."
)
@click.option("--engine", type=click.Choice(get_args(Engine)), default="process", show_default=True)
@click.option("--scheduler", default="", metavar="ADDRESS", help="A Dask cluster that exists (with --engine dask).")
@click.option(
    "--workers", type=click.IntRange(min=0), metavar="N", help="Processes; 0: this one  [default: one a processor]"
)
@click.option("--resume", is_flag=True, help="Go on with a run that did not finish.")
@click.option("--force", is_flag=True, help="Convert all again.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first text that fails.")
@click.option("--dry-run", is_flag=True, help="Say what there is to do; write nothing.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.json", help="Where to write the account.")
@click.option(
    "--chunk-bytes", type=click.IntRange(min=1), default=CHUNK_BYTES, show_default=True, help="Of JSON lines a task."
)
@click.pass_context
def batch(context: click.Context, /, input: str, output: str, report: Path | None, **given: Any) -> None:
    """Convert all texts of INPUT into OUTPUT.

    INPUT is a folder or a quoted pattern of text files (OUTPUT: a folder, the same tree), of JSON lines (.jsonl,
    .jsonl.gz; OUTPUT: a file, or a folder of parts if it ends with /) or of Parquet files (OUTPUT: a folder).
    What an earlier run did and is unchanged stays. The exit code is 1 when a text failed, 130 when interrupted.
    """
    names = Options.__struct_fields__
    options = Options(**{name: given.pop(name) for name in names})
    if given["scheduler"] and given["engine"] != "dask":
        raise click.UsageError("--scheduler goes with --engine dask")
    if report and not report.parent.is_dir():
        raise Fault(f"--report: {report.parent}: no such folder")
    with _Signals() as signals:
        progress = _Progress()
        try:
            result = run_batch(
                input, output, options, progress=progress.show, stop=signals.is_to_stop, notify=progress.notify, **given
            )
        except BadInput as fault:
            raise Fault(str(fault)) from fault
        finally:
            progress.end()
    if given["dry_run"]:
        for fault_ in result.faults:
            _say(fault_)
        click.echo(f"{result.inputs} inputs; {result.tasks} tasks to do; {result.unchanged} texts are done", err=True)
        context.exit(1 if result.faults else 0)
    if report:
        _write_report(result, report)
    for failure in result.failures[:_TOLD_FAILURES]:
        _say(f"{failure.place}: {failure.error}")
    if len(result.failures) > _TOLD_FAILURES:
        click.echo(f"… and {len(result.failures) - _TOLD_FAILURES} more: --report FILE names all", err=True)
    for fault_ in result.faults:
        _say(fault_)
    click.echo(_sum_up(result), err=True)
    if result.stopped:
        _say(f"stopped: {result.stopped}; the same command with --resume goes on")
    if result.stopped == "interrupted":
        context.exit(130)
    context.exit(1 if result.failed or result.faults or result.stopped else 0)


def _say(line: str) -> None:
    click.echo(make_printable(line), err=True)


def _sum_up(result: Report) -> str:
    return (
        f"{result.texts} texts, {result.failed} failed, {result.unchanged} unchanged; "
        f"{result.bytes / 1e6:.1f} MB in {result.seconds:.1f} s"
    )


def _write_report(result: Report, path: Path) -> None:
    aside = path.with_name(f".{path.name}~")
    try:
        aside.write_bytes(encode_report(result))
        os.replace(aside, path)
    except OSError as fault:
        aside.unlink(missing_ok=True)
        raise Fault(f"--report: {path}: {fault.strerror or fault}") from fault


class _Signals:
    """Ctrl-C and SIGTERM end the run once what is in hand is done; a second one ends it at once."""

    def __init__(self) -> None:
        self._heard = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def is_to_stop(self) -> bool:
        """Return whether somebody asked the run to end."""
        return self._heard

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._heard:
            # What is in place stays; the workers end with this process.
            os._exit(130)
        self._heard = True
        os.write(2, b"\nfinishing what is in hand; once more ends it at once\n")


class _Progress:
    """How far the run is, on standard error: in one place on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._is_screen = sys.stderr.isatty()
        self._shown_at = time.monotonic() if not self._is_screen else 0.0
        self._is_open = False

    def show(self, progress: Progress) -> None:
        """Show how far the run is, if it is time."""
        now = time.monotonic()
        if now - self._shown_at < (_SCREEN_SECONDS if self._is_screen else _LINE_SECONDS):
            return
        self._shown_at = now
        line = _describe(progress)
        if self._is_screen:
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)
            self._is_open = True
        else:
            click.echo(line, err=True)

    def notify(self, line: str) -> None:
        """Show a line that stays."""
        self.end()
        _say(line)

    def end(self) -> None:
        """Leave the line."""
        if self._is_open:
            click.echo(err=True)
            self._is_open = False


def _describe(progress: Progress) -> str:
    share = min(1.0, progress.bytes / progress.total) if progress.total else 1.0
    rate = progress.texts / progress.seconds if progress.seconds else 0.0
    left = progress.seconds * (1 - share) / share if share else 0.0
    return (
        f"{progress.texts} texts, {progress.bytes / 1e6:.1f} of {progress.total / 1e6:.1f} MB, {rate:.0f} texts/s, "
        f"{_clock(left)} left, {progress.failed} failed"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


# The workers read the objects themselves: what travels to them is the path.
next(one for one in batch.params if one.name == "objects").type = click.Path()
next(one for one in batch.params if one.name == "objects").default = ""
