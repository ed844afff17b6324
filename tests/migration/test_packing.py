"""A base is read from whatever packs it, within bounds; attacks by packed files are refused."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import os
import shutil
import sqlite3
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from spipconv.migration.read.img_archive import images_in, unpack_images
from spipconv.migration.read.sources import BadSource, SourceRow, archives, find_base, open_source, packing, site_of
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.migrations import EXAMPLE, NOW, Migrated

SQL = "CREATE TABLE `t` (`a` int, `b` text);\nINSERT INTO `t` VALUES (1,'l\\'été œuvre');\n"
ROWS = [("t", (b"1", "l'été œuvre".encode()))]


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def zst(content: bytes) -> bytes:
    for module in ("compression.zstd", "backports.zstd"):
        try:
            return bytes(importlib.import_module(module).compress(content))
        except ImportError:
            continue
    pytest.skip("needs backports.zstd or Python 3.14")


def read(path: Path) -> list[tuple[str, SourceRow]]:
    return list(open_source(str(path)).read(lambda _, columns: columns))


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "gz, several": lambda sql: gzip.compress(sql[:40]) + gzip.compress(sql[40:]),
    "bz2": bz2.compress,
    "bz2, several": lambda sql: bz2.compress(sql[:40]) + bz2.compress(sql[40:]),
    "xz": lzma.compress,
    "xz, padded": lambda sql: lzma.compress(sql[:40]) + b"\0" * 8 + lzma.compress(sql[40:]),
    "zst": zst,
    "zip": lambda sql: zipped({"site.sql": sql}),
    "zip, odd name": lambda sql: zipped({"export d'été": sql, "__MACOSX/._x.sql": b"x", "IMG/a.sql": b"x"}),
    "tar": lambda sql: tarred({"./site/site.sql": sql, "site/readme.txt": b"x"}),
    "tar.gz": lambda sql: tarred({"site.sql": sql}, "w:gz"),
    "tar.bz2": lambda sql: tarred({"site.sql": sql}, "w:bz2"),
    "tar.xz": lambda sql: tarred({"site.sql": sql}, "w:xz"),
    "gz in gz": lambda sql: gzip.compress(gzip.compress(sql)),
    "gz in zip": lambda sql: zipped({"a/site.sql.gz": gzip.compress(sql)}),
    "zip in tar.gz": lambda sql: tarred({"site.zip": zipped({"site.sql": sql})}, "w:gz"),
    "UTF-16": lambda sql: sql.decode().encode("utf-16"),
    "UTF-16 without mark": lambda sql: sql.decode().encode("utf-16-le"),
    "UTF-16, big": lambda sql: sql.decode().encode("utf-16-be"),
    "UTF-16 of PowerShell": lambda sql: sql.decode("cp850").encode("utf-16"),
    "UTF-16 of PowerShell, English": lambda sql: sql.decode("cp437").encode("utf-16"),
    "UTF-16 in gz": lambda sql: gzip.compress(sql.decode().encode("utf-16")),
}  # fmt: skip


@pytest.mark.parametrize("kind", PACKINGS)
def test_a_dump_is_read_however_it_is_packed(kind: str, tmp_path: Path) -> None:
    assert read(write(tmp_path / "site.bin", PACKINGS[kind](SQL.encode()))) == ROWS


@pytest.mark.parametrize("kind", PACKINGS)
def test_a_sqlite_file_is_read_however_it_is_packed(kind: str, tmp_path: Path) -> None:
    if kind.startswith("UTF"):
        pytest.skip("no text")
    with closing(sqlite3.connect(tmp_path / "base")) as database:
        database.execute("CREATE TABLE t (a, b)")
        database.execute("INSERT INTO t VALUES (1, 'l''été œuvre')")
        database.commit()
    path = write(tmp_path / "site.bin", PACKINGS[kind]((tmp_path / "base").read_bytes()))
    work = tmp_path / "work"
    work.mkdir()
    source = open_source(str(path), work=work)
    for _ in range(2):
        assert list(source.read(lambda _, columns: columns)) == ROWS
    assert list(work.iterdir())
    assert source.name.startswith(str(path))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip", "tar", "tar.gz"])
def test_a_packed_dump_cut_anywhere_is_refused(kind: str, tmp_path: Path) -> None:
    content = PACKINGS[kind]((SQL + "-- " + os.urandom(2000).hex() + "\n" + SQL.replace("1,", "2,")).encode())
    whole = read(write(tmp_path / "whole", content))
    for length in range(1, len(content), 97):
        try:
            found = read(write(tmp_path / "cut", content[:length]))
        except BadSource as fault:
            assert "\n" not in str(fault)  # noqa: PT017
        else:
            # After the last member of a .tar file, only padding follows.
            assert kind == "tar"
            assert found == whole


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    with pytest.raises(BadSource, match=r'pip install "spipconv\[zstd\]"'):
        read(write(tmp_path / "x.zst", b"\x28\xb5\x2f\xfd" + b"x" * 20))


# Attacks


def filled(size: int) -> bytes:
    return b"SET x = 1;" + b" " * size


BOMBS: dict[str, Callable[[], bytes]] = {
    "gz": lambda: gzip.compress(filled(40_000_000)),
    "gz in gz": lambda: gzip.compress(gzip.compress(filled(40_000_000))),
    "bz2": lambda: bz2.compress(filled(40_000_000)),
    "xz": lambda: lzma.compress(filled(40_000_000), preset=0),
    "zip": lambda: zipped({"a.sql": filled(40_000_000)}),
    "tar.gz": lambda: tarred({"x.txt": filled(40_000_000), "a.sql": b"SET x;"}, "w:gz"),
    "zip of SQLite": lambda: zipped({"a.sqlite": b"SQLite format 3\0" + filled(40_000_000)}),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_file_that_unpacks_to_far_more_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_ALWAYS", 1 << 20)
    with pytest.raises(BadSource, match="unpacks to far more than its size"):
        read(write(tmp_path / "bomb", BOMBS[kind]()))


def test_a_file_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}]
    with pytest.raises(BadSource, match="cannot be unpacked"):
        read(write(tmp_path / "x.xz", lzma.compress(SQL.encode(), filters=filters)))


@pytest.mark.parametrize("kind", ["zip", "tar", "zip that lies"])
def test_an_archive_with_too_many_members_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 500)
    files = {f"x{n}.txt": b"" for n in range(501)}
    content = tarred(files) if kind == "tar" else zipped(files)
    if kind == "zip that lies":
        end = content.rindex(b"PK\5\6")
        content = content[: end + 8] + b"\1\0\1\0" + content[end + 12 :]
    with pytest.raises(BadSource, match="has more than 500 members"):
        read(write(tmp_path / "many", content))


def test_a_long_name_in_a_tar_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x/" * 50_000))
    with pytest.raises(BadSource, match="cannot be unpacked"):
        read(path)


def test_a_protected_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.sql": SQL.encode()}))
    for place in (6, content.index(b"PK\1\2") + 8):
        content[place] |= 1
    with pytest.raises(BadSource, match="is protected by a password"):
        read(write(tmp_path / "x.zip", bytes(content)))


# The base among the files of a site


def site(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["config/bases/spip.sqlite", "tmp/dump/a_20260101.sqlite", "b.sql"], "config/bases/spip.sqlite"),
        (["tmp/dump/a_20250101.sqlite", "tmp/dump/b_20260101.xml.gz", "c.sql"], "tmp/dump/b_20260101.xml.gz"),
        (["tmp/dump/a_2026-01-02.sqlite", "tmp/dump/b_20260101_001.sqlite"], "tmp/dump/a_2026-01-02.sqlite"),
        (["ecrire/data/dump.xml.gz", "index.php"], "ecrire/data/dump.xml.gz"),
        (["site.sql.gz", "index.php", "IMG/a.sql", ".x.sql"], "site.sql.gz"),
        (["site.sql", "sitemap.xml", "feed.xml", "theme.zip"], "site.sql"),
        (["www/config/connect.php", "www/lib/x.sql", "base/site.sql.gz"], "base/site.sql.gz"),
        (["www/config/bases/spip.sqlite", "www/tmp/cache/x.db"], "www/config/bases/spip.sqlite"),
        (["sites/a.org/tmp/dump/a.sqlite", "sites/b.org/config/connect.php"], "sites/a.org/tmp/dump/a.sqlite"),
    ],
)
def test_the_base_of_a_folder_is_found(names: list[str], wanted: str, tmp_path: Path) -> None:
    assert find_base(site(tmp_path, *names)) == tmp_path / wanted


def test_the_newest_backup_is_taken_by_its_day(tmp_path: Path) -> None:
    site(tmp_path, "tmp/dump/a.sqlite", "tmp/dump/b.sqlite", "tmp/dump/c_20200101.sqlite")
    os.utime(tmp_path / "tmp/dump/b.sqlite", (1_600_000_000, 1_600_000_000))
    os.utime(tmp_path / "tmp/dump/a.sqlite", (1_500_000_000, 1_500_000_000))
    assert find_base(tmp_path).name == "b.sqlite"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "a folder without a base"),
        (["index.php", "config/connect.php"], "config/connect.php says on which server it is"),
        (
            ["www/config/connect.php", "www/theme.zip", "www/lib/x.sql"],
            "www/config/connect.php says on which server it is",
        ),
        (["sites/a/config/bases/a.sqlite", "sites/b/config/bases/b.sqlite"], "2 files in it may be the base"),
        (["sites/a/tmp/dump/a.sqlite", "sites/b/tmp/dump/b.sqlite"], "2 files in it may be the base"),
        (["spip_articles.frm", "spip_articles.MYD"], "holds the files of a MySQL server's own folder"),
        (["spip_articles.sql", "spip_auteurs.sql"], "if each holds a part, export the database into one file"),
        (["toc.dat", "3365.dat.gz"], "is an archive of pg_dump; make a text of it: pg_restore"),
        (
            ["config/bases/a.sqlite", "config/bases/b.sqlite"],
            "2 files in it may be the base; give one of them: config/",
        ),
        (["a.sql", "b.sql"], "2 files in it may be the base; give one of them: a.sql, b.sql"),
    ],
)
def test_a_folder_without_a_clear_base_is_refused(names: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=message):
        open_source(str(site(tmp_path, *names)))


@pytest.mark.parametrize("place", ["", "sites/a.org/"])
def test_files_come_from_the_site_of_the_base(place: str, tmp_path: Path) -> None:
    site(tmp_path, f"{place}config/bases/spip.sqlite")
    assert site_of(find_base(tmp_path), tmp_path) == tmp_path / place
    assert site_of(tmp_path / "backup/site.sql", tmp_path) == tmp_path


@pytest.mark.parametrize("name", ["[Content_Types].xml", "mimetype"])
def test_a_document_of_an_office_program_is_no_base(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="is a document of an office program"):
        read(write(tmp_path / "a.docx", zipped({name: b"x", "word/document.xml": b"<w/>"})))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_changes_beside_a_base_in_an_archive_are_not_lost(
    pack: Callable[[dict[str, bytes]], bytes], tmp_path: Path
) -> None:
    base = (EXAMPLE / "site.sqlite").read_bytes()
    path = write(tmp_path / "a.bin", pack({"a.sqlite-wal": b"x", "a.sqlite": base}))
    with pytest.raises(BadSource, match=r"the last changes of a\.sqlite are beside it, in a\.sqlite-wal; unpack"):
        open_source(str(path))
    open_source(str(write(path, pack({"a.sqlite": base, "a.sqlite-wal": b"", "b.sqlite-wal": b"x"}))))


def test_a_folder_gives_its_base_and_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "config/bases").mkdir(parents=True)
    shutil.copy(EXAMPLE / "site.sqlite", folder / "config/bases/spip.sqlite")
    shutil.copytree(EXAMPLE / "IMG", folder / "IMG")
    options = MigrationOptions("json", now=NOW)
    migrate(str(folder), tmp_path / "a", options).close()
    with tarfile.open(tmp_path / "img.tar.gz", "w:gz") as archive:
        archive.add(folder / "IMG", "www/IMG")
    shutil.make_archive(str(tmp_path / "site"), "zip", folder)
    migrate(
        str(tmp_path / "site.zip"), tmp_path / "b", MigrationOptions("json", img=tmp_path / "img.tar.gz", now=NOW)
    ).close()
    assert Migrated(tmp_path / "a").details("source-found") == {
        str(folder / "config/bases/spip.sqlite"), str(folder / "IMG"),
    }  # fmt: skip
    trees = [
        {
            path.relative_to(out): path.read_bytes()
            for path in out.rglob("*")
            if (path.is_file() and "IMG" in path.parts) or path.name == "objects.jsonl"
        }
        for out in (tmp_path / "a", tmp_path / "b")
    ]
    assert trees[0] == trees[1]
    assert len(trees[0]) > 40
    assert Migrated(tmp_path / "b").remarks("member-refused") == []


# IMG in an archive


def images(tmp_path: Path, content: bytes) -> tuple[dict[str, bytes], set[str]]:
    """Return the files that are unpacked, and the members that are not."""
    path = write(tmp_path / "img.bin", content)
    work = tmp_path / "work"
    work.mkdir()
    folder, issues = unpack_images(path, work)
    assert {issue.code for issue in issues} <= {"member-refused"}
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert not any(path.is_symlink() for path in work.rglob("*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["img.bin", "work"]
    return files, {issue.detail for issue in issues}


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: tarred(files, "w:gz")])
@pytest.mark.parametrize("root", ["IMG/", "./IMG/", "site/IMG/", "www/site/IMG/", ""])
def test_img_is_found_in_an_archive(pack: Callable[[dict[str, bytes]], bytes], root: str, tmp_path: Path) -> None:
    files = {f"{root}jpg/a.jpg": b"a", f"{root}pdf/é IMG/b.pdf": b"b"}
    if root:
        files |= {"other/c.jpg": b"c", "z/y/x/w/IMG/d.jpg": b"d", "IMG.txt": b"e"}
    assert images(tmp_path, pack(files)) == ({"jpg/a.jpg": b"a", "pdf/é IMG/b.pdf": b"b"}, set())


@pytest.mark.parametrize("root", ["img/", "IMG_2020/", "save/images/"])
@pytest.mark.parametrize(
    "names", [["jpg/a.jpg"], ["arton1.png", "rubon2.gif"], ["logo/arton1.png", "distant/jpg/b.jpg", "pdf/c.pdf"]]
)
def test_img_is_known_by_its_files(names: list[str], root: str, tmp_path: Path) -> None:
    assert images(tmp_path, zipped({root + name: b"x" for name in names})) == (dict.fromkeys(names, b"x"), set())


def test_files_of_unlike_folders_stay_where_they_are(tmp_path: Path) -> None:
    files = {"a/jpg/a.jpg": b"x", "b/jpg/b.jpg": b"x"}
    assert images(tmp_path, zipped(files)) == (files, set())


def test_backslashes_of_windows_are_slashes(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in ("www\\IMG\\", "www\\IMG\\jpg\\a.jpg", "www\\IMG\\..\\b.jpg"):
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            archive.writestr(info, b"")
    assert images(tmp_path, data.getvalue()) == ({"jpg/a.jpg": b""}, {"www/IMG/../b.jpg"})


def test_only_img_of_a_whole_site_is_taken(tmp_path: Path) -> None:
    site(tmp_path, "a/IMG/IMG/x.jpg", "a/config/bases/spip.sqlite", "b/config/connect.php", "c/x.jpg")
    assert images_in(tmp_path / "a") == images_in(tmp_path / "a/IMG") == tmp_path / "a/IMG"
    assert images_in(tmp_path / "c") == tmp_path / "c"
    with pytest.raises(BadSource, match="is a site without its folder IMG"):
        images_in(tmp_path / "b")
    with pytest.raises(BadSource, match="is a site without its folder IMG"):
        unpack_images(write(tmp_path / "b.zip", zipped({"b/config/bases/spip.sqlite": b"x"})), tmp_path)
    out = tmp_path / "out"
    migrate(str(EXAMPLE / "site.sqlite"), out, MigrationOptions("json", img=tmp_path / "a", now=NOW)).close()
    assert not list(out.rglob("spip.sqlite"))


HOSTILE = {
    **dict.fromkeys(["IMG/../../evil", "IMG/a/../../../evil", "IMG//etc/evil", "IMG/a\\..\\evil", "IMG/C:evil"], b"x"),
    "IMG/x" + "y" * 300: b"x",
    "IMG/ok.jpg": b"ok",
    "/etc/evil": b"x",
    "../evil": b"x",
}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_members_outside_the_folder_are_refused(pack: Callable[[dict[str, bytes]], bytes], tmp_path: Path) -> None:
    files, refused = images(tmp_path, pack(HOSTILE))
    assert files == {"ok.jpg": b"ok"}
    assert refused == {name for name in HOSTILE if name.startswith("IMG/") and name != "IMG/ok.jpg"}


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, kind, target in (
            ("IMG/link", tarfile.SYMTYPE, "/etc"), ("IMG/link/passwd", tarfile.REGTYPE, ""),
            ("IMG/hard", tarfile.LNKTYPE, "/etc/passwd"), ("IMG/null", tarfile.CHRTYPE, ""),
            ("IMG/pipe", tarfile.FIFOTYPE, ""),
        ):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    files, refused = images(tmp_path, data.getvalue())
    assert files == {"link/passwd": b""}
    assert refused == {"IMG/link", "IMG/hard", "IMG/null", "IMG/pipe"}


def test_a_link_in_a_zip_file_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        link = zipfile.ZipInfo("IMG/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert images(tmp_path, data.getvalue()) == ({}, {"IMG/link"})


@pytest.mark.parametrize(("written", "system"), [("cp850", 0), ("utf-8", 3), ("utf-8", 0)])
def test_names_in_old_zip_files_are_read(written: str, system: int, tmp_path: Path) -> None:
    content = zipped({"IMG/xx.jpg": b"x"}).replace(b"xx.jpg", "é.jpg".encode(written).rjust(6, b"_"))
    content = content.replace(b"PK\1\2\x14\3", b"PK\1\2\x14" + bytes([system]))
    files, _ = images(tmp_path, content)
    assert [name.lstrip("_") for name in files] == ["é.jpg"]


def test_an_archive_of_files_that_grow_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_ALWAYS", 1 << 20)
    path = write(tmp_path / "img.zip", zipped({f"IMG/{n}.jpg": b"\0" * 900_000 for n in range(9)}))
    with pytest.raises(BadSource, match="unpacks to far more than its size"):
        unpack_images(path, tmp_path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"--img .*: is neither a folder nor an archive"):
        unpack_images(write(tmp_path / "a.jpg", b"x" * 1000), tmp_path)
