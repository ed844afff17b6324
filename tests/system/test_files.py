"""Files are written whole or not at all, and no temporary file is left."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spipconv.system import files
from spipconv.system.files import CannotWrite, fingerprint, fingerprint_file, temporary_name, write_file, write_for_user


def _broken_chunks() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("the source ends")


def test_a_file_is_replaced_and_no_temporary_file_is_left(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("old")
    write_file(target, iter([b"ne", b"w"]), temporary=tmp_path / temporary_name("page.html"))
    assert (target.read_bytes(), os.listdir(tmp_path)) == (b"new", ["page.html"])


def test_chunks_that_end_with_an_error_leave_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("old")
    with pytest.raises(ValueError, match="the source ends"):
        write_file(target, _broken_chunks())
    assert (target.read_text(), os.listdir(tmp_path)) == ("old", ["page.html"])


def test_what_cannot_be_replaced_is_named_with_the_reason_and_nothing_is_left(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.mkdir()
    with pytest.raises(CannotWrite, match=r"page\.html: ") as raised:
        write_file(target, b"new")
    assert raised.value.errno in (errno.EISDIR, errno.EACCES, errno.EPERM)
    assert (str(raised.value).count("\n"), os.listdir(tmp_path)) == (0, ["page.html"])
    with pytest.raises(CannotWrite, match=r"page\.html.below.x: "):
        write_file(target / "below" / "x", b"new")


def test_an_interruption_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "page.html", b"new")
    assert os.listdir(tmp_path) == []


def test_a_file_that_another_program_has_open_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, refusals = os.replace, [PermissionError(13, "in use"), PermissionError(13, "in use")]

    def replace_later(temporary: Path, target: Path) -> None:
        if refusals:
            raise refusals.pop()
        replace(temporary, target)

    monkeypatch.setattr(os, "replace", replace_later)
    monkeypatch.setattr(files, "_REPLACE_TRIES", 3)
    monkeypatch.setattr(files, "_REPLACE_PAUSE", 0.001)
    write_file(tmp_path / "page.html", b"new")
    assert (tmp_path / "page.html").read_bytes() == b"new"


def test_times_are_those_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("")
    os.utime(tmp_path / "source", ns=(10**18, 10**18 + 7000))
    write_file(tmp_path / "copy", b"new", times=(tmp_path / "source").stat())
    assert (tmp_path / "copy").stat().st_mtime_ns == (tmp_path / "source").stat().st_mtime_ns


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes on Windows")
def test_a_user_s_file_keeps_its_mode_and_a_new_one_gets_that_of_the_umask(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")
    (tmp_path / "old").chmod(0o640)
    before = os.umask(0o026)
    try:
        for name in ("old", "folder/new"):
            write_for_user(tmp_path / name, b"new")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "folder/new")]
    assert modes == [0o640, 0o640]


def test_a_device_is_written_to_and_stays_a_device() -> None:
    if not os.path.exists("/dev/null"):
        pytest.skip("there is no /dev/null here")
    write_for_user("/dev/null", b"new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_the_name_of_a_temporary_file_is_the_same_in_every_run_and_short() -> None:
    assert temporary_name("é" * 100) == temporary_name("é" * 100) != temporary_name("e")
    assert len(os.fsencode(temporary_name("\udce9" * 255))) < 100


def test_the_fingerprint_of_a_file_is_that_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mot" * 100_000)
    with open(tmp_path / "a", "rb") as file:
        assert fingerprint_file(file) == fingerprint(b"mot" * 100_000) != fingerprint(b"mot")
