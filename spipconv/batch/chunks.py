"""The messages between the run and its workers: addresses of work, and outcomes; never a text."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from spipconv.system.files import CannotWrite

Kind = Literal["files", "lines", "rows"]


class BadInput(ValueError):
    """Raised for an input, an output or an option that cannot be used; the message is one line that says why."""


class BadTarget(CannotWrite):
    """Raised for a file that cannot be written because of its name or because of what is in its place."""


class Piece(Struct, frozen=True, omit_defaults=True):
    """A piece of the input that becomes one file: a text file, a range of lines, a row group.

    ``first`` and ``last`` are the range's bytes; ``first`` alone the row group's number. ``mark`` is the input's
    mark, if it must not have changed; ``digest`` is the fingerprint of everything that the output depends on;
    ``weight`` is how many bytes of the input this is.
    """

    key: str
    address: str
    target: str
    digest: str
    mark: str = ""
    first: int = 0
    last: int = 0
    weight: int = 0


class Chunk(Struct, frozen=True):
    """One task: a piece, or a group of small files. ``temporary`` is a local folder for temporary files, or empty."""

    kind: Kind
    pieces: tuple[Piece, ...]
    temporary: str


class TextError(Struct, frozen=True, array_like=True):
    """A text that could not be converted: its number in its piece, from 0, and why."""

    number: int
    error: str


class TextTime(Struct, frozen=True, array_like=True):
    """A text that took long: its number in its piece, the seconds, and its size in bytes."""

    number: int
    seconds: float
    size: int


class Outcome(Struct, frozen=True, omit_defaults=True):
    """The outcome of a piece.

    ``lines`` is its number of lines or rows, ``bytes`` the size of its texts as UTF-8, ``size`` the size of the file
    written, or -1 if there is none; ``seconds`` is CPU time; ``remarks`` counts its diagnostics by code. ``fault`` says
    why the piece could not be read, ``stop`` why neither it nor the rest of the output can be written.
    """

    key: str
    digest: str
    texts: int = 0
    failed: int = 0
    bytes: int = 0
    lines: int = 0
    size: int = -1
    weight: int = 0
    seconds: float = 0.0
    remarks: dict[str, int] = {}
    failures: tuple[TextError, ...] = ()
    slowest: tuple[TextTime, ...] = ()
    fault: str = ""
    stop: str = ""
