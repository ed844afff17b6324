"""Files on this machine, or, where fsspec is installed, at any address that it knows (``s3://…``)."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
import unicodedata
from typing import IO, Any, NoReturn

from msgspec import Struct

from spipconv.batch.chunks import BadInput, BadTarget, CannotWrite
from spipconv.batch.names import to_slashes

# What is wrong with one file only; a full disk (ENOSPC, EDQUOT, EFBIG …) concerns all.
_OF_ONE_FILE = {
    errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY,
    errno.ELOOP, errno.EACCES, errno.EPERM, errno.EBUSY,
}  # fmt: skip
# On Windows a file that another program has open cannot be replaced; scanners of viruses do that for a moment.
_REPLACE_TRIES = 10 if sys.platform == "win32" else 1
_REPLACE_PAUSE = 0.1
_HASHED = ("mtime", "LastModified", "last_modified", "ETag", "etag", "md5Hash", "created")


class Found(Struct, frozen=True):
    """A file: its address, its size in bytes, and a mark that changes with its content."""

    address: str
    size: int
    mark: str


def is_remote(address: str) -> bool:
    """Return whether an address is fsspec's to read."""
    return "://" in address


def complete(address: str) -> str:
    """Return an address that means the same in any process; a folder's ending stays."""
    if is_remote(address):
        return address
    path = to_slashes(os.path.abspath(address), os.sep)
    return path + ("/" if address.endswith(("/", os.sep)) and not path.endswith("/") else "")


def open_file(address: str) -> IO[bytes]:
    """Open a file to be read. Raises OSError."""
    if is_remote(address):
        system, path = _system(address)
        opened: IO[bytes] = system.open(path, "rb")
        return opened
    return open(address, "rb")


def find(address: str) -> Found | None:
    """Return a file, or None where there is none. Raises OSError."""
    if is_remote(address):
        system, path = _system(address)
        try:
            return _found(address, system.info(path))
        except FileNotFoundError:
            return None
    try:
        return _here(address, os.stat(address))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:
            return None
        raise


def is_folder(address: str) -> bool:
    """Return whether there is a folder at an address."""
    if is_remote(address):
        system, path = _system(address)
        return bool(system.isdir(path))
    return os.path.isdir(address)


def list_folder(address: str) -> list[Found]:
    """Return all files under a folder, sorted; hidden ones (``.name``) and what is in hidden folders are left out.

    Raises OSError where a folder cannot be read: its files would be missing without a word.
    """
    if is_remote(address):
        system, path = _system(address)
        start = len(path.rstrip("/")) + 1
        return [
            _found(system.unstrip_protocol(name), info)
            for name, info in sorted(system.find(path, detail=True).items())
            if not any(part.startswith(".") for part in name[start:].split("/"))
        ]
    found = []
    for folder, folders, names in os.walk(address, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return _stat(found)


def list_glob(pattern: str) -> list[Found]:
    """Return the files that a pattern (``*``, ``**``, ``?``, ``[…]``) names, sorted."""
    if is_remote(pattern):
        system, path = _system(pattern)
        return [
            _found(system.unstrip_protocol(name), info)
            for name, info in sorted(system.glob(path, detail=True).items())
            if info["type"] == "file"
        ]
    from glob import glob

    return _stat(glob(pattern, recursive=True))


def join(folder: str, name: str) -> str:
    """Return the address of a name in a folder."""
    return f"{folder.rstrip('/')}/{name}" if folder.rstrip("/") else f"/{name}"


def put(aside: str, target: str) -> None:
    """Put a local file in its place, at once: there is never half of it. Raises CannotWrite, BadTarget."""
    if is_remote(target):
        try:
            system, path = _system(target)
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.put_file(aside, path)
            os.unlink(aside)
        except Exception as fault:
            # What storage raises is not always an OSError.
            raise CannotWrite(f"{target}: {fault}") from fault
        return
    try:
        try:
            _replace(aside, target)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _replace(aside, target)
    except OSError as fault:
        kind = BadTarget if fault.errno in _OF_ONE_FILE else CannotWrite
        raise kind(f"{target}: {fault.strerror or fault}") from fault


def fetch(address: str, file: IO[bytes]) -> None:
    """Add the content of a file to another one. Raises OSError."""
    with open_file(address) as part:
        shutil.copyfileobj(part, file, 1 << 20)


def remove(address: str) -> None:
    """Remove a file, or a folder with what is in it, if there is one."""
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
    """Return whether the place takes names that differ in case only for one (macOS, Windows); changes nothing."""
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
    """Return what is the same of two names that are one where case is ignored (and composition, on macOS)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _replace(aside: str, target: str) -> None:
    for tries_left in reversed(range(_REPLACE_TRIES)):
        try:
            os.replace(aside, target)
            return
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(_REPLACE_PAUSE)


def _raise(fault: OSError) -> NoReturn:
    raise fault


def _system(address: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise BadInput(f"{address}: to use such addresses, pip install fsspec") from None
    try:
        system, path = fsspec.url_to_fs(address)
    except (ImportError, ValueError) as fault:
        raise BadInput(f"{address}: {fault}") from fault
    return system, str(path)


def _stat(paths: list[str]) -> list[Found]:
    found = []
    for path in sorted(paths):
        try:
            if os.path.isfile(path):
                found.append(_here(path, os.stat(path)))
        except FileNotFoundError:
            continue
    return found


def _here(path: str, found: os.stat_result) -> Found:
    return Found(to_slashes(path, os.sep), found.st_size, f"{found.st_size}-{found.st_mtime_ns}")


def _found(address: str, info: dict[str, Any]) -> Found:
    size = int(info.get("size") or 0)
    return Found(address, size, "-".join([str(size), *(_mark(info[name]) for name in _HASHED if info.get(name))]))


def _mark(value: Any) -> str:
    # The same time comes as a number in lists of files and as a date of one file.
    value = value.timestamp() if hasattr(value, "timestamp") else value
    return f"{value:.3f}" if isinstance(value, float) else str(value)
