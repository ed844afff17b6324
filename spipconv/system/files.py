"""Write files whole: the content goes to a temporary file, which then replaces the target in one step.

Readers of the target see the old file or the new one, never half a file, whenever the process is killed. Also
fingerprints of file contents and, for large files, size and time.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BufferedReader, FileIO
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# On Windows, a file that another program has open cannot be replaced, and virus scanners briefly open new files.
_REPLACE_TRIES = 10 if sys.platform == "win32" else 1
_REPLACE_PAUSE = 0.1
_DIGEST_LENGTH = 32


class CannotWrite(OSError):
    """A file that cannot be written; the text is one line that names the file and the reason.

    ``errno`` is that of the system's error, where there was one.
    """


def cannot_write(place: str | Path, error: OSError) -> CannotWrite:
    """Return the exception to raise if ``error`` prevented writing a file."""
    if isinstance(error, CannotWrite):
        return error
    name = os.fspath(place)
    # A name may contain a newline, or bytes that no terminal can show.
    refused = CannotWrite(f"{name if name.isprintable() else repr(name)}: {error.strerror or error}")
    refused.errno = error.errno
    return refused


def temporary_name(name: str) -> str:
    """Return the name of the temporary file for a file ``name``, in the same folder.

    It is the same in every run, so that a run overwrites the temporary file of a killed one; two processes must not
    write the same target. It is short enough for every file system.
    """
    return f".spipconv-{fingerprint(os.fsencode(name))[:16]}"


def write_temporary(
    temporary: str | Path, content: bytes | Iterable[bytes], create: Callable[[str | Path], IO[bytes]] | None = None
) -> None:
    """Write a temporary file; if that fails, nothing of it is left.

    ``create`` opens the new file, ``open(temporary, "wb")`` by default. Raises OSError, and whatever the chunks of
    ``content`` raise.
    """
    try:
        with create(temporary) if create else open(temporary, "wb") as file:
            for chunk in (content,) if isinstance(content, bytes) else content:
                file.write(chunk)
    except BaseException:
        _discard(temporary)
        raise


def replace_file(temporary: str | Path, target: str | Path) -> None:
    """Move a temporary file to its target, on the same file system, in one step. Raises OSError."""
    for tries_left in reversed(range(_REPLACE_TRIES)):
        try:
            os.replace(temporary, target)
            return
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(_REPLACE_PAUSE)


def write_file(
    target: str | Path,
    content: bytes | Iterable[bytes],
    *,
    temporary: str | Path | None = None,
    create: Callable[[str | Path], IO[bytes]] | None = None,
    times: os.stat_result | None = None,
    mode: int | None = None,
) -> None:
    """Write a file whole, replacing the existing one.

    ``content`` is all of it or its chunks. ``temporary`` is the path of the temporary file, by default a new name in
    the target's folder; ``create`` opens it (see ``write_temporary``). ``times`` and ``mode`` are set if they are
    given. Raises CannotWrite, and errors of the chunks that are not OSError unchanged; no temporary file is left then.
    """
    if temporary is None:
        temporary = os.path.join(os.path.dirname(target), f".spipconv-{os.urandom(8).hex()}")
    try:
        write_temporary(temporary, content, create)
        try:
            if times is not None:
                os.utime(temporary, ns=(times.st_atime_ns, times.st_mtime_ns))
            if mode is not None:
                os.chmod(temporary, mode)
            replace_file(temporary, target)
        except BaseException:
            _discard(temporary)
            raise
    except OSError as error:
        raise cannot_write(target, error) from error


def write_for_user(path: str | Path, content: bytes | Iterable[bytes], *, is_private: bool = False) -> None:
    """Write the file that a user named: its folder is made, its mode stays, a device or pipe is written to as it is.

    ``content`` is all of it or its chunks. ``is_private``: only the owner may read the file. Raises CannotWrite.
    """
    create = _create_private if is_private else None
    private = 0o600 if is_private else None
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        present = os.stat(path)
    except FileNotFoundError:
        write_file(path, content, mode=private, create=create)
        return
    except OSError as error:
        raise cannot_write(path, error) from error
    if stat.S_ISREG(present.st_mode) or stat.S_ISDIR(present.st_mode):
        write_file(path, content, mode=private or stat.S_IMODE(present.st_mode), create=create)
        return
    try:
        with open(path, "wb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
    except OSError as error:
        raise cannot_write(path, error) from error


def _create_private(path: str | Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def fingerprint(content: bytes) -> str:
    """Return the fingerprint of a content; equal fingerprints mean equal contents."""
    # It takes 3 ms to import, which those who write no files need not wait for.
    from hashlib import sha256

    return sha256(content).hexdigest()[:_DIGEST_LENGTH]


def fingerprint_file(file: BufferedReader | FileIO) -> str:
    """Return the fingerprint of the rest of an open file. Raises OSError."""
    from hashlib import file_digest

    return file_digest(file, "sha256").hexdigest()[:_DIGEST_LENGTH]


def size_and_time(info: os.stat_result) -> str:
    """Return, in place of the fingerprint of a file that is too large to read, its size and time: ``SIZE-TIME``."""
    return f"{info.st_size}-{info.st_mtime_ns}"


def _discard(temporary: str | Path) -> None:
    with suppress(OSError):
        os.unlink(temporary)


def decode(content: bytes, encoding: str) -> str:
    """Return the text of a file; a UTF-8 file may begin with a byte order mark, which is dropped.

    Raises UnicodeError for a byte that the encoding does not have, LookupError for an unknown encoding.
    """
    return content.decode("utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding)
