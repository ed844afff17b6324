"""The base of a site among its files: their names and days come in, the name of the base goes out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path

from spipconv.migration.read.sources.protocol import BadSource

# The folders in which SPIP keeps its base and its backups, of all versions.
_FOLDERS = ("config/bases", "tmp/dump", "ecrire/data", "")
# What may be the base, the likeliest first: a database, an XML backup, an archive.
_PACKED = r"(?:\.(?:gz|bz2|xz|zst|zip))?"
_ENDINGS = (rf"\.(?:sqlite3?|db|sql|dump){_PACKED}", rf"\.xml{_PACKED}", r"\.(?:tgz|tar(?:\.\w+)?|zip)")
_KINDS = [re.compile(rf"[^.][^/]*{ending}", re.IGNORECASE) for ending in _ENDINGS]
_ARCHIVE = len(_KINDS) - 1
_LIVE = re.compile(r"(.*/|)config/bases/[^/.][^/]*\.sqlite3?", re.IGNORECASE)
_BACKUP = re.compile(rf"(.*/|)(?:tmp/dump|ecrire/data)/[^/.][^/]*(?:{'|'.join(_ENDINGS)})", re.IGNORECASE)
# Folders of a site that hold no base, and files in XML that are none.
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:\.|__MACOSX/|IMG/|local/|plugins/|plugins-dist/|extensions/|vendor/|node_modules/|ecrire/(?!data/)"
    r"|prive/|squelettes|(?:plugin|paquet|sitemap)[^/]*\.xml$|Thumbs\.db$)"
)
_CONNECTION = re.compile(r"(?:.*/)?config/connect\.php")
# How deep in a folder a base is looked for, and in how many folders.
_DEEPEST = 6
_MOST_FOLDERS = 10_000
# Files by which an archive or a folder is known that is something else.
_STRANGERS = {
    "[Content_Types].xml": "is a document of an office program, not a database; export the database as SQL",
    "mimetype": "is a document of an office program or a book, not a database; export the database as SQL",
    "toc.dat": "is an archive of pg_dump; make a text of it: pg_restore -f site.sql FILE",
}
_OF_A_SERVER = re.compile(r".*\.(?:frm|myd|ibd)", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_MOST_NAMED = 5


class NoBase(BadSource):
    """Raised when none of the files may be a base."""


def choose_base(place: str, files: Iterable[tuple[str, str]], *, is_archive: bool = False) -> str:
    """Return the name of the base among files, each with its day as digits: the site's own base, else its newest
    backup, else the only file that may be one. ``place`` is where they are.

    Raises BadSource if it is not clear which, and NoBase if there is none.
    """
    known: list[tuple[int, str, str]] = []
    others: list[str] = []
    for name, day in files:
        if name in _STRANGERS:
            raise BadSource(f"{place}: {_STRANGERS[name]}")
        if _ELSEWHERE.search(name):
            continue
        rank = _rank(name)
        if rank < len(_KINDS):
            known.append((rank, name, day))
        elif len(others) < 2 or _OF_A_SERVER.fullmatch(name):
            others = [*others[:1], name]
    live = [name for _, name, _ in known if _LIVE.fullmatch(name)]
    if live:
        return _only(place, live)
    backups = [(found[1], _day_of(name, day), name) for _, name, day in known if (found := _BACKUP.fullmatch(name))]
    if backups:
        newest = {site: name for site, _, name in sorted(backups)}
        return _only(place, list(newest.values()))
    if known:
        return _only(place, [name for rank, name, _ in known if rank == min(known)[0]])
    if is_archive and len(others) == 1:
        return others[0]
    if any(map(_OF_A_SERVER.fullmatch, others)):
        raise NoBase(f"{place}: holds the files of a MySQL server's own folder; export the database with mysqldump")
    raise NoBase(
        f"{place}: {'an archive' if is_archive else 'a folder'} without a base: no config/bases/….sqlite, no backup in"
        " tmp/dump/, no dump (.sql, .sqlite, .xml); give the database itself"
    )


def _rank(name: str) -> int:
    """Return the place of a file's kind among those of bases; after them for all others."""
    return next((rank for rank, kind in enumerate(_KINDS) if kind.fullmatch(name.rpartition("/")[2])), len(_KINDS))


def _only(place: str, names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    shown = ", ".join(sorted(names)[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    raise BadSource(
        f"{place}: {len(names)} files in it may be the base; give one of them: {shown}; if each holds a part, export"
        " the database into one file, or join them"
    )


def _day_of(name: str, day: str) -> str:
    """Return the day of a backup: the one in its name, since copying a file often changes its own."""
    found = _DAY.search(name.rpartition("/")[2])
    return "".join(found.groups()) if found else day


def find_base(folder: Path) -> Path:
    """Return the base in the folder of a site, or of several of which one has a base. Raises BadSource."""
    try:
        try:
            return folder / choose_base(str(folder), _listed(folder, _FOLDERS))
        except NoBase:
            files = list(_listed(folder, _folders_below(folder)))
        connections = [name for name, _ in files if _CONNECTION.fullmatch(name)]
        sites = tuple([name.removesuffix("config/connect.php") for name in connections])
        kept = [file for file in files if _LIVE.fullmatch(file[0]) or _BACKUP.fullmatch(file[0])]
        # What else is in a site belongs to its programs, and an archive is rarely one of a base.
        others = [file for file in files if _rank(file[0]) != _ARCHIVE and not file[0].startswith(sites)]
        try:
            return folder / choose_base(str(folder), kept or others)
        except NoBase as error:
            if connections:
                raise NoBase(
                    f"{folder}: a folder without a base: {connections[0]} says on which server it is; give"
                    " mysql://user@host/database or a dump of it"
                ) from error
            raise
    except OSError as error:
        raise BadSource(f"{folder}: cannot be read ({error.strerror}); give the database itself") from error


def site_of(base: Path, folder: Path) -> Path:
    """Return the folder of the site whose base was found in a folder."""
    place = base.as_posix()
    return base.parents[2] if _LIVE.fullmatch(place) or _BACKUP.fullmatch(place) else folder


def _listed(folder: Path, parts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the files in parts of a folder that may be bases, by their paths in it, each with its day."""
    from datetime import datetime

    for part in parts:
        if not (folder / part).is_dir():
            continue
        for path in sorted((folder / part).iterdir()):
            if path.is_file() and (found := path.stat()).st_size:
                day = datetime.fromtimestamp(found.st_mtime, UTC).strftime("%Y%m%d")
                yield path.relative_to(folder).as_posix(), day


def _folders_below(folder: Path) -> Iterator[str]:
    """Yield the folders below a folder that may hold a base, by their paths in it."""
    for count, (place, names, _) in enumerate(os.walk(folder)):
        path = Path(place).relative_to(folder)
        yield path.as_posix()
        is_deep = len(path.parts) >= _DEEPEST or count >= _MOST_FOLDERS
        looked = sorted({"dump", "upload"} & set(names)) if path.name == "tmp" else sorted(names)
        names[:] = [] if is_deep else [name for name in looked if not _ELSEWHERE.search(f"{name}/")]
