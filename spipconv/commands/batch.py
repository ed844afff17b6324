"""``spipconv batch``: thousands to hundreds of millions of texts, unattended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypedDict, Unpack, get_args

import click

from spipconv.batch.chunks import BadInput
from spipconv.batch.converter import Options
from spipconv.batch.report import Report, encode_report
from spipconv.batch.run import CHUNK_BYTES, Engine, Progress, run_batch
from spipconv.commands.errors import CommandError
from spipconv.commands.options import format_option, reading_options
from spipconv.converters.formats import Format
from spipconv.extensions import Extension
from spipconv.nodes import Profile
from spipconv.printing import make_printable
from spipconv.settings import Typography
from spipconv.system.files import CannotWrite, write_for_user

_SHOWN_FAILURES = 20
_LINE_SECONDS = 30.0
_SCREEN_SECONDS = 0.2

_Handler = Callable[[int, FrameType | None], object] | int | None


class _RunOptions(TypedDict):
    """The options that ``run_batch`` takes as they are."""

    engine: Engine
    scheduler: str
    workers: int | None
    resume: bool
    force: bool
    fail_fast: bool
    dry_run: bool
    chunk_bytes: int


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
@format_option
# The workers read the objects themselves: what travels to them is the path.
@reading_options(objects=click.Path())
@click.option(
    "--column", default="text", show_default=True, metavar="NAME", help="Column or JSON field that holds the text."
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0.01),
    default=10,
    show_default=True,
    help="CPU time limit per text, in seconds.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=10_000_000,
    show_default=True,
    help="Size limit per text, in bytes.",
)
@click.option(
    "--engine",
    type=click.Choice(get_args(Engine)),
    default="process",
    show_default=True,
    help="What runs the conversion: processes of this machine, or Dask.",
)
@click.option(
    "--scheduler", default="", metavar="ADDRESS", help="Address of an existing Dask scheduler (with --engine dask)."
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    metavar="N",
    help="Worker processes; 0 converts in this process  [default: one per CPU]",
)
@click.option("--resume", is_flag=True, help="Continue a run that did not finish.")
@click.option("--force", is_flag=True, help="Convert everything again.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first text that fails.")
@click.option("--dry-run", is_flag=True, help="Report what there is to do; write nothing.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE.json", help="Write a JSON report to FILE.json."
)
@click.option(
    "--chunk-bytes",
    type=click.IntRange(min=1),
    default=CHUNK_BYTES,
    show_default=True,
    help="Bytes of JSON lines per task.",
)
@click.pass_context
def batch(
    context: click.Context,
    /,
    input: str,
    output: str,
    report: Path | None,
    to: Format,
    profile: Profile,
    lang: str,
    objects: str | None,
    embeds: bool,
    angle_shortcuts: bool,
    repair_encoding: bool,
    plugins: tuple[str, ...],
    peertube: tuple[str, ...],
    extensions: tuple[Extension, ...],
    typography: Typography | bool,
    encoding: str,
    column: str,
    max_seconds: float,
    max_bytes: int,
    **run_options: Unpack[_RunOptions],
) -> None:
    """Convert all texts of INPUT into OUTPUT.

    INPUT is a folder or a quoted pattern of text files (OUTPUT: a folder, the same tree), of JSON lines (.jsonl,
    .jsonl.gz; OUTPUT: a file, or a folder of parts if it ends with /) or of Parquet files (OUTPUT: a folder). Output
    of an earlier run is kept if its input has not changed. The exit code is 1 if a text failed, 130 if interrupted.
    """
    options = Options(
        to,
        profile,
        lang,
        embeds,
        angle_shortcuts,
        objects or "",
        encoding,
        column,
        max_seconds,
        max_bytes,
        repair_encoding,
        plugins,
        peertube,
        typography,
        extensions,
    )
    if run_options["scheduler"] and run_options["engine"] != "dask":
        raise click.UsageError("--scheduler requires --engine dask")
    if report and not report.parent.is_dir():
        raise CommandError(f"--report: {report.parent}: no such folder")
    result = _run(input, output, options, run_options)
    if run_options["dry_run"]:
        _show_plan(result)
        context.exit(1 if result.faults else 0)
    if report:
        try:
            write_for_user(report, encode_report(result))
        except CannotWrite as error:
            raise CommandError(f"--report: {error}") from error
    _show_result(result)
    if result.stopped == "interrupted":
        context.exit(130)
    context.exit(1 if result.failed or result.faults or result.stopped else 0)


def _run(input: str, output: str, options: Options, run_options: _RunOptions) -> Report:
    """Run the batch, with its progress on standard error. Raises CommandError for bad input."""
    with _Signals() as signals:
        progress = _ProgressLine()
        try:
            return run_batch(
                input, output, options, progress=progress.show, stop=signals.is_to_stop, notify=progress.notify,
                **run_options,
            )  # fmt: skip
        except BadInput as error:
            raise CommandError(str(error)) from error
        finally:
            progress.end()


def _show_plan(result: Report) -> None:
    for fault in result.faults:
        _print(fault)
    _print(f"{result.inputs} inputs; {result.tasks} tasks to do; {result.unchanged} texts are already converted")


def _show_result(result: Report) -> None:
    for failure in result.failures[:_SHOWN_FAILURES]:
        _print(f"{failure.place}: {failure.error}")
    if len(result.failures) > _SHOWN_FAILURES:
        _print(f"… and {len(result.failures) - _SHOWN_FAILURES} more: --report FILE.json lists all")
    for fault in result.faults:
        _print(fault)
    _print(
        f"{result.texts} texts, {result.failed} failed, {result.unchanged} unchanged; "
        f"{result.bytes / 1e6:.1f} MB in {result.seconds:.1f} s"
    )
    if result.stopped:
        _print(f"stopped: {result.stopped}; run the same command with --resume to continue")


def _print(line: str) -> None:
    click.echo(make_printable(line), err=True)


class _Signals:
    """Ctrl-C and SIGTERM end the run once current work is finished; a second one ends it immediately."""

    def __init__(self) -> None:
        self._heard = False
        self._before: dict[int, _Handler] = {}

    def __enter__(self) -> _Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def is_to_stop(self) -> bool:
        """Return whether the run was asked to end."""
        return self._heard

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._heard:
            # What is in place stays; the workers end with this process.
            os._exit(130)
        self._heard = True
        os.write(2, b"\nfinishing current work; press Ctrl-C again to stop immediately\n")


class _ProgressLine:
    """The progress on standard error: one changing line on a terminal, otherwise a line from time to time."""

    def __init__(self) -> None:
        self._is_screen = sys.stderr.isatty()
        self._shown_at = time.monotonic() if not self._is_screen else 0.0
        self._is_open = False

    def show(self, progress: Progress) -> None:
        """Show the progress, if it is time."""
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
        _print(line)

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
