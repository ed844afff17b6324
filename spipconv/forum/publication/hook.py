"""The hook: the command with which a site builds its pages, run in the site's folder once its data have changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from spipconv.printing import make_printable

# Seconds after which a hook is given up, and characters of what it printed last.
LONGEST_RUN = 1800.0
_MOST_OUTPUT = 500
_INTERVAL = 0.2


class HookError(Exception):
    """A hook that failed; the message is one line with the end of what it printed."""


def run_hook(command: str, site: Path, stops: threading.Event | None = None, *, longest: float = LONGEST_RUN) -> None:
    """Run a command by the system's shell in the folder of a site, and wait for its end.

    A command that takes too long is ended, with the processes that it started, and so it is if ``stops`` is set. Raises
    HookError.
    """
    # A file: processes that the command leaves behind may hold a pipe open.
    with TemporaryFile() as output:
        try:
            # The administrator's own command.
            process = subprocess.Popen(  # noqa: S602
                command, shell=True, cwd=site, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=sys.platform != "win32", env=_environment(),
            )  # fmt: skip
        except OSError as error:
            raise HookError(make_printable(f"{command}: {error.strerror or error}")) from error
        try:
            code = _wait(process, stops or threading.Event(), longest)
        except BaseException:
            _end(process)
            raise
        if code is None:
            _end(process)
            raise HookError(make_printable(f"{command}: it was ended before its end"))
        if code:
            size = output.seek(0, os.SEEK_END)
            output.seek(max(0, size - 4 * _MOST_OUTPUT))
            end = output.read().decode("utf-8", "replace").strip()[-_MOST_OUTPUT:]
            raise HookError(make_printable(f"{command}: exit code {code}: {end}"))


def _environment() -> dict[str, str]:
    """Return the variables of a hook: all but ours, among which the mail server's password may be."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("SPIPCONV_")}


def _wait(process: subprocess.Popen[bytes], stops: threading.Event, longest: float) -> int | None:
    """Return the exit code of a process, or None if it is to be ended."""
    start = time.monotonic()
    while time.monotonic() - start < longest and not stops.is_set():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_INTERVAL)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
