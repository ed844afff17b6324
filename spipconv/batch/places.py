"""Addresses and files: on this machine or, if fsspec is installed, wherever it can read (``s3://…``)."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Literal, NoReturn, Protocol

from msgspec import Struct

from spipconv.batch.chunks import BadInput, BadTarget
from spipconv.batch.names import to_slashes
from spipconv.system.files import CannotWrite, replace_file, size_and_time

# Errors of one file only; a full disk (ENOSPC, EDQUOT, EFBIG …) concerns all.
_OF_ONE_FILE = {
    errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY,
    errno.ELOOP, errno.EACCES, errno.EPERM, errno.EBUSY,
}  # fmt: skip
_HASHED = ("mtime", "LastModified", "last_modified", "ETag", "etag", "md5Hash", "created")


_Details = Mapping[str, object]


class _FileSystem(Protocol):
    """The part of fsspec's ``AbstractFileSystem`` that is used."""

    def open(self, path: str, mode: str) -> IO[bytes]: ...
    def info(self, path: str) -> _Details: ...
    def isdir(self, path: str) -> bool: ...
    def exists(self, path: str) -> bool: ...
    def find(self, path: str, *, detail: Literal[True]) -> dict[str, _Details]: ...
    def glob(self, path: str, *, detail: Literal[True]) -> dict[str, _Details]: ...
    def makedirs(self, path: str, exist_ok: bool) -> None: ...
    def put_file(self, local: str, path: str) -> None: ...
    def rm(self, path: str, recursive: bool) -> None: ...
    def unstrip_protocol(self, name: str) -> str: ...


class FileInfo(Struct, frozen=True):
    """Information about a file: its address, its size in bytes, and a mark that changes with its content."""

    address: str
    size: int
    mark: str


def is_remote(address: str) -> bool:
    """Return whether fsspec is needed for an address."""
    return "://" in address


def complete(address: str) -> str:
    """Return an address that means the same in any process; a slash at its end stays."""
    if is_remote(address):
        return address
    path = to_slashes(os.path.abspath(address), os.sep)
    return path + ("/" if address.endswith(("/", os.sep)) and not path.endswith("/") else "")


def open_file(address: str) -> IO[bytes]:
    """Open a file for reading. Raises OSError."""
    if is_remote(address):
        system, path = _system(address)
        return system.open(path, "rb")
    return open(address, "rb")


def find(address: str) -> FileInfo | None:
    """Return a file, or None if it does not exist. Raises OSError."""
    if is_remote(address):
        system, path = _system(address)
        try:
            return _describe_remote(address, system.info(path))
        except FileNotFoundError:
            return None
    try:
        return _describe(address, os.stat(address))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise


def is_folder(address: str) -> bool:
    """Return whether there is a folder at an address."""
    if is_remote(address):
        system, path = _system(address)
        return system.isdir(path)
    return os.path.isdir(address)


def list_folder(address: str) -> list[FileInfo]:
    """Return all files under a folder, sorted; hidden files (``.name``) and hidden folders are left out.

    Raises OSError if a folder cannot be read, because otherwise its files would silently be missing.
    """
    if is_remote(address):
        system, path = _system(address)
        start = len(path.rstrip("/")) + 1
        return [
            _describe_remote(system.unstrip_protocol(name), info)
            for name, info in sorted(system.find(path, detail=True).items())
            if not any(part.startswith(".") for part in name[start:].split("/"))
        ]
    paths = []
    for folder, folders, names in os.walk(address, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return _stat(paths)


def list_glob(pattern: str) -> list[FileInfo]:
    """Return the files that a pattern (``*``, ``**``, ``?``, ``[…]``) matches, sorted."""
    if is_remote(pattern):
        system, path = _system(pattern)
        return [
            _describe_remote(system.unstrip_protocol(name), info)
            for name, info in sorted(system.glob(path, detail=True).items())
            if info["type"] == "file"
        ]
    from glob import glob

    return _stat(glob(pattern, recursive=True))


def join(folder: str, name: str) -> str:
    """Return the address of a name in a folder."""
    return f"{folder.rstrip('/')}/{name}" if folder.rstrip("/") else f"/{name}"


def put(temporary: str, target: str) -> None:
    """Move a local file to its place in one step, so that there is never half a file. Raises CannotWrite, BadTarget."""
    if is_remote(target):
        try:
            system, path = _system(target)
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.put_file(temporary, path)
            os.unlink(temporary)
        except Exception as error:
            # What storage raises is not always an OSError.
            raise CannotWrite(f"{target}: {error}") from error
        return
    try:
        try:
            replace_file(temporary, target)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            replace_file(temporary, target)
    except OSError as error:
        kind = BadTarget if error.errno in _OF_ONE_FILE else CannotWrite
        raise kind(f"{target}: {error.strerror or error}") from error


def read_blocks(address: str) -> Iterator[bytes]:
    """Yield the content of a file. Raises OSError."""
    with open_file(address) as file:
        while block := file.read(1 << 20):
            yield block


def remove(address: str) -> None:
    """Remove a file, or a folder with its content, if it exists."""
    if is_remote(address):
        system, path = _system(address)
        if system.exists(path):
            system.rm(path, recursive=True)
        return
    if os.path.isdir(address):
        shutil.rmtree(address, ignore_errors=True)
    else:
        try:
            os.unlink(address)
        except (FileNotFoundError, NotADirectoryError):
            return


def ignores_case(address: str) -> bool:
    """Return whether the place treats names that differ only in case as one (macOS, Windows); changes nothing."""
    if is_remote(address):
        return False
    path = os.path.abspath(address)
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    folder, name = os.path.split(path)
    if name.swapcase() == name:
        return sys.platform in ("win32", "darwin")
    try:
        return os.path.samefile(path, os.path.join(folder, name.swapcase()))
    except OSError:
        return False


def fold(name: str) -> str:
    """Return the common form of names that are one name if case is ignored (and composition, on macOS)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _raise(error: OSError) -> NoReturn:
    raise error


def _system(address: str) -> tuple[_FileSystem, str]:
    try:
        import fsspec
    except ImportError:
        raise BadInput(f"{address}: to use such addresses, pip install fsspec") from None
    try:
        system, path = fsspec.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise BadInput(f"{address}: {error}") from error
    return system, str(path)


def _stat(paths: list[str]) -> list[FileInfo]:
    files = []
    for path in sorted(paths):
        try:
            if os.path.isfile(path):
                files.append(_describe(path, os.stat(path)))
        except FileNotFoundError:
            continue
    return files


def _describe(path: str, info: os.stat_result) -> FileInfo:
    return FileInfo(to_slashes(path, os.sep), info.st_size, size_and_time(info))


def _describe_remote(address: str, details: _Details) -> FileInfo:
    size = details.get("size")
    size = size if isinstance(size, int) else 0
    marks = [_mark(details[name]) for name in _HASHED if details.get(name)]
    return FileInfo(address, size, "-".join([str(size), *marks]))


def _mark(value: object) -> str:
    # The same time comes as a number in lists of files and as a date of one file.
    if isinstance(value, datetime):
        value = value.timestamp()
    return f"{value:.3f}" if isinstance(value, float) else str(value)
