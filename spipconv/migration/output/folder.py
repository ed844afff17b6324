"""The output folder as a place that nothing leads out of: paths are checked, and no link below it is followed.

The folder itself may be a link, because its user named it. Checking and writing are two steps, so this does not protect
against another program that changes the folder in between.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader, BufferedWriter, FileIO
from pathlib import Path

_SEPARATORS = re.compile(r"[/\\]")
# Drives, shares and roots of Windows: our paths never begin like that, on any system.
_ELSEWHERE = re.compile(r"[A-Za-z]:|[/\\]")
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_FOLLOW


class BadOutput(ValueError):
    """Raised when an output folder cannot be used; the message is one line with its name, the error and the remedy."""


class Outside(OSError):
    """Raised for a path that is not below the folder, or that a link on the way leads elsewhere."""

    def __init__(self, what: str, path: object) -> None:
        super().__init__(0, what, str(path))


class Folder:
    """An output folder. Paths are relative to it and have slashes; any other path raises Outside."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, path: str) -> str:
        """Return the full path. Raises Outside, also if a folder on the way is a link."""
        if not is_inside(path):
            raise Outside("this path leads out of the folder", repr(path))
        here = os.fspath(self.root)
        *above, name = path.split("/")
        for part in above:
            here = os.path.join(here, part)
            if is_link(here):
                raise Outside("this is a link; put a folder in its place", here)
        return os.path.join(here, name)

    def make_parent(self, path: str) -> bool:
        """Make the folder that contains a path; return whether it is new."""
        return make_parent(self.place(path))

    def is_link(self, path: str) -> bool:
        """Return whether a path is itself a link."""
        return is_link(self.place(path))

    def stat(self, path: str) -> os.stat_result | None:
        """Return the status of the file at a path, of a link itself, or None if there is nothing."""
        try:
            return os.lstat(self.place(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, path: str) -> BufferedReader:
        """Open the file at a path for reading. Raises OSError if it is not a file."""
        return open_file(self.place(path))

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None if there is none: an empty file may be one that its user emptied."""
        return read_file(self.place(path))

    def append(self, path: str) -> FileIO:
        """Open the file at a path for appending, without a buffer. Makes the file and its folder."""
        self.make_parent(path)
        if self.is_link(path):
            raise Outside("this is a link; put a file in its place", self.place(path))
        return FileIO(os.open(self.place(path), _APPEND, 0o666), "ab")

    def remove(self, path: str) -> None:
        """Remove the file or link at a path, and then the empty folders above it."""
        os.unlink(self.place(path))
        with suppress(OSError):
            for above in Path(path).parents[:-1]:
                (self.root / above).rmdir()

    def names(self, folder: str) -> Iterator[str]:
        """Yield the sorted names in a folder; none if it does not exist."""
        with suppress(FileNotFoundError):
            yield from sorted(os.listdir(os.path.dirname(self.place(f"{folder}/_"))))


def is_inside(path: str) -> bool:
    """Return whether a relative path can only lead to something below its folder, on any system."""
    parts = path.split("/")
    if "\0" in path or _ELSEWHERE.match(path) or "" in parts or "." in parts or ".." in _SEPARATORS.split(path):
        return False
    return os.sep == "/" or not any(sign in path for sign in "\\:")


def is_link(path: Path | str) -> bool:
    """Return whether a path is a link: a symbolic one, or a junction of Windows."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    # Python 3.12 knows junctions by name; their tag has been available since 3.8.
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == 0xA0000003


# ---- Places that a folder has given ----


def make_parent(place: str) -> bool:
    """Make the folder that contains a place; return whether it is new."""
    parent = os.path.dirname(place)
    try:
        os.mkdir(parent)
    except FileExistsError:
        return False
    except FileNotFoundError:
        os.makedirs(parent, exist_ok=True)
    return True


def open_file(place: str) -> BufferedReader:
    """Open a file for reading. Raises OSError if it is not a file, or a link."""
    if is_link(place):
        raise Outside("this is a link; put a file in its place", place)
    number = os.open(place, _READ)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise Outside("this is not a file", place)
        return os.fdopen(number, "rb")
    except BaseException:
        with suppress(OSError):
            os.close(number)
        raise


def read_file(place: str) -> bytes | None:
    """Return the content of a file, or None if there is none."""
    try:
        with open_file(place) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def create(place: str | Path) -> BufferedWriter:
    """Create a file for writing, replacing what is there; a link there is not followed."""
    try:
        number = os.open(place, _CREATE, 0o666)
    except FileExistsError:
        os.unlink(place)
        number = os.open(place, _CREATE, 0o666)
    return os.fdopen(number, "wb")


def check_places(out: Path, img: Path | None, source: str) -> None:
    """Raise BadOutput if the output folder cannot be one, or is inside the source, or contains the source."""
    if os.path.lexists(out) and not out.is_dir():
        raise BadOutput(f"{out}: there is a file of that name; give a folder")
    if img is not None:
        if not img.exists():
            raise BadOutput(f"--img {img}: no such folder or archive")
        if img.is_dir() and _is_within(out, img):
            raise BadOutput(f"{out}: it is in --img {img} and would be copied into itself; give a folder outside it")
        if _is_within(img, out):
            raise BadOutput(f"--img {img}: it is in the output folder {out}; give an output folder of its own")
    if os.path.isfile(source) and _is_within(Path(source), out):
        raise BadOutput(f"{source}: it is in the output folder {out}; give an output folder of its own")


def _is_within(inner: Path, outer: Path) -> bool:
    """Return whether a path is another path or below it, through links and in any spelling."""
    try:
        wanted = os.stat(outer)
    except OSError:
        return False
    real = Path(os.path.realpath(inner))
    for path in (real, *real.parents):
        with suppress(OSError):
            # By name too: not every file system numbers its files.
            if os.path.samestat(os.stat(path), wanted) and (wanted.st_ino or _has_same_name(path, outer)):
                return True
    return _has_same_name(real, outer)


def _has_same_name(path: Path, other: Path) -> bool:
    return os.path.normcase(os.path.realpath(path)) == os.path.normcase(os.path.realpath(other))
