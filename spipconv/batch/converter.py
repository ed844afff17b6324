"""Convert texts one by one, with limits of time and size, and count the results."""

from __future__ import annotations

import faulthandler
import heapq
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from types import FrameType, TracebackType
from typing import IO

from msgspec import Struct, msgpack, structs

from spipconv.batch.chunks import TextError, TextTime
from spipconv.batch.names import encode_name, show
from spipconv.batch.spool import Spool
from spipconv.converters.formats import Format, Written, find_format
from spipconv.converters.raw import omitted_raw
from spipconv.diagnostics import Diagnostic
from spipconv.extensions import Extension
from spipconv.nodes import Profile
from spipconv.objects import Catalogue, read_objects
from spipconv.parsing.parser import read_document
from spipconv.plugins import describe_versions
from spipconv.printing import describe_internal_error
from spipconv.settings import Settings, Typography, read_settings, read_typography
from spipconv.system.files import fingerprint
from spipconv.version import VERSION

SLOWEST = 10
_encoder = msgpack.Encoder()


class Options(Struct, frozen=True):
    """How to read every text and in which format to write it.

    ``to`` to ``angle_shortcuts``, ``repair_encoding`` and ``plugins`` to ``extensions`` are those of ``spipconv.parse``
    and ``render``; ``objects`` is the path of a JSON file of objects (``read_objects``), which every worker reads.
    ``encoding`` is that of text files; ``column`` is the column or JSON field with the text. A text that takes more CPU
    time than ``max_seconds`` or has more than ``max_bytes`` as UTF-8 gets an error.
    """

    to: Format = "html"
    profile: Profile = "article"
    lang: str = "fr"
    embeds: bool = False
    angle_shortcuts: bool = False
    objects: str = ""
    encoding: str = "utf-8"
    column: str = "text"
    max_seconds: float = 10.0
    max_bytes: int = 10_000_000
    repair_encoding: bool = False
    plugins: tuple[str, ...] = ()
    peertube: tuple[str, ...] = ()
    typography: Typography | bool = True
    extensions: tuple[Extension, ...] = ()

    @property
    def hard_seconds(self) -> float:
        """The CPU time after which a process that does not answer its timer is ended, in seconds."""
        return 2 * self.max_seconds + 1

    def digest(self) -> str:
        """Return a fingerprint of these options, the objects and this version of spipconv.

        Raises OSError if the file of objects cannot be read.
        """
        content = b""
        if self.objects:
            with open(self.objects, "rb") as file:
                content = file.read()
        known = structs.replace(self, objects=encode_name(self.objects), extensions=())
        versions = describe_versions(self.plugins, self.extensions)
        return fingerprint(msgpack.encode((VERSION, known, versions)) + content)


class Converted(Struct, frozen=True, omit_defaults=True):
    """The result for a text: what was ``written``, or None and the ``error``; and its diagnostics."""

    written: Written | None = None
    error: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def content(self) -> str | None:
        """The text as ``spipconv.render`` writes it, with the notes at the end of HTML; None if there is an error."""
        return None if self.written is None else self.written.text


class _TimeIsUp(BaseException):
    """Raised when a text has taken too long; no handler of Exception may keep it."""


class Converter:
    """Converts texts; a context manager.

    ``watched``: this process is a worker that must end if a text holds it longer than its timer allows. ``spool`` has
    the results of an earlier process for the same texts, and takes the new ones.
    """

    def __init__(self, options: Options, *, watched: bool = False, spool: Spool[Converted] | None = None) -> None:
        self.options = options
        self.texts = 0
        self.failed = 0
        self.bytes = 0
        self.diagnostics: Counter[str] = Counter()
        self.failures: list[TextError] = []
        self._slowest: list[tuple[float, int, int]] = []
        self.format = find_format(options.to)
        self._spaces = read_typography(options.typography)[1]
        self._objects = _read_objects(options.objects) if options.objects else None
        self._settings: Settings | None = None
        self._scratch = bytearray()
        self._spool, self._watched = spool, watched
        # Signals reach the main thread only.
        self._timed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        # Which text is being converted, 0 for none; which one the timer saw last, and the CPU time then.
        self._text = self._last_text = 0
        self._timed_text: tuple[int, float] = (0, 0.0)
        self._watched_until = 0.0
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Converter:
        if sys.platform != "win32" and self._timed:
            self._before = signal.signal(signal.SIGALRM, self._ring)
            # A repeating timer costs nothing; setting one for every text costs more than many texts do.
            signal.setitimer(signal.ITIMER_REAL, self.options.max_seconds / 8, self.options.max_seconds / 8)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.platform != "win32" and self._timed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
        if self._watched:
            self._guard(0.0)

    def start(self) -> None:
        """Begin a new input: count from 0."""
        self.texts = self.failed = self.bytes = 0
        self.diagnostics = Counter()
        self.failures = []
        self._slowest = []

    @property
    def has_glossary(self) -> bool:
        """Whether what is written may have definitions apart from its body."""
        return self.format.name == "html" and any(item.name == "glossary" for item in self.options.extensions)

    @property
    def slowest(self) -> tuple[TextTime, ...]:
        """The texts that took longest, the slowest first."""
        return tuple(TextTime(number, round(seconds, 6), size) for seconds, number, size in sorted(self._slowest)[::-1])

    def convert(
        self,
        number: int,
        text: str,
        profile: Profile | None = None,
        lang: str | None = None,
        plugins: tuple[str, ...] | None = None,
    ) -> Converted:
        """Convert the text with this number in its input. Never raises: any problem becomes the error."""
        options = self.options
        known = self._spool.take() if self._spool else None
        started = time.perf_counter()
        if self._watched and started > self._watched_until:
            self._guard(options.hard_seconds + 1)
            self._watched_until = started + 1
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if known is not None:
            converted = known
        elif size > options.max_bytes:
            converted = Converted(error=f"{size} bytes: more than the {options.max_bytes} that are allowed")
        else:
            converted = self._convert(text, profile, lang, plugins)
        seconds = time.perf_counter() - started
        self.bytes += size
        slowest = self._slowest
        if len(slowest) < SLOWEST:
            heapq.heappush(slowest, (seconds, number, size))
        elif seconds > slowest[0][0]:
            heapq.heapreplace(slowest, (seconds, number, size))
        return self._note(number, converted, is_new=known is None)

    def refuse(self, number: int, error: str) -> Converted:
        """Count a text that cannot be read, and return its error."""
        known = self._spool.take() if self._spool else None
        return self._note(number, known or Converted(error=show(error)), is_new=known is None)

    def _convert(
        self, text: str, profile: Profile | None, lang: str | None, plugins: tuple[str, ...] | None
    ) -> Converted:
        try:
            self._text = self._last_text = self._last_text + 1
            try:
                if profile is None and lang is None and plugins is None:
                    settings = self._settings = self._settings or self._read_settings()
                else:
                    settings = self._read_settings(profile, lang, plugins)
                parsed = read_document(text, settings)
                written = self.format.write(parsed.document, settings.profile, "nh3", self._spaces)
                # Half a surrogate is an error of this text. Its strings keep their UTF-8 for the encoder of its answer.
                _encoder.encode_into(written, self._scratch)
                diagnostics = parsed.diagnostics
                if settings.extensions:
                    diagnostics += omitted_raw(parsed.document, self.format.name)
                return Converted(written, None, diagnostics)
            finally:
                self._text = 0
        except _TimeIsUp:
            return Converted(error=f"took longer than {self.options.max_seconds:g} s")
        except MemoryError:
            return Converted(error="needs more memory than there is")
        except Exception as error:
            # An error in spipconv: one text of millions must not stop the others.
            return Converted(error=describe_internal_error(error))

    def _read_settings(
        self, profile: Profile | None = None, lang: str | None = None, plugins: tuple[str, ...] | None = None
    ) -> Settings:
        options = self.options
        return read_settings(
            profile or options.profile, lang or options.lang, self._objects, options.embeds, options.angle_shortcuts, 1,
            options.repair_encoding, options.plugins if plugins is None else plugins, options.peertube,
            options.typography, options.extensions,
        )  # fmt: skip

    def _note(self, number: int, converted: Converted, *, is_new: bool) -> Converted:
        if self._spool and is_new:
            self._spool.append(converted)
        self.texts += 1
        for diagnostic in converted.diagnostics:
            self.diagnostics[diagnostic.code] += 1
        if converted.error is not None:
            self.failed += 1
            self.failures.append(TextError(number, converted.error))
        return converted

    def _guard(self, seconds: float) -> None:
        """End this process after so many CPU seconds, whatever it is doing then; 0 cancels that."""
        if sys.platform != "win32" and self._timed:
            # The system ends the process by a signal without a handler; this timer is not set for every text either.
            signal.setitimer(signal.ITIMER_PROF, seconds)
        elif seconds:
            faulthandler.dump_traceback_later(seconds, exit=True, file=_nowhere())
        else:
            faulthandler.cancel_dump_traceback_later()

    def _ring(self, number: int, frame: FrameType | None) -> None:
        # The CPU time of this thread: a process that was stopped, or has to wait for others, does not lose its time.
        now = time.thread_time()
        text, since = self._timed_text
        if text != self._text:
            self._timed_text = self._text, now
        elif text and now - since > self.options.max_seconds:
            raise _TimeIsUp


def convert_text(text: str, options: Options | None = None) -> Converted:
    """Convert one text; all engines call this function. It is pure and never raises because of a text.

    The CPU time limit works in the main thread of a process, on systems with timers (not on Windows).
    """
    with Converter(options or Options()) as converter:
        return converter.convert(0, text)


@cache
def _read_objects(path: str) -> Catalogue:
    return read_objects(path)


@cache
def _nowhere() -> IO[bytes]:
    return open(os.devnull, "wb")
