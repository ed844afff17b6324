"""The base of a site among its files: their names and days come in, the name of the base goes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path

from spipconv.migration.read.sources.protocol import BadSource

# The folders in which SPIP keeps its base and its backups, of all versions.
_FOLDERS = ("config/bases", "tmp/dump", "ecrire/data", "")
_ENDING = r"\.(?:sqlite3?|db|sql|dump|xml)(?:\.(?:gz|bz2|xz|zst|zip))?|\.(?:tgz|tar(?:\.\w+)?|zip)"
_BASE = re.compile(rf"[^.][^/]*(?:{_ENDING})", re.IGNORECASE)
_LIVE = re.compile(r"(?:.*/)?config/bases/[^/.][^/]*\.sqlite3?", re.IGNORECASE)
_BACKUP = re.compile(rf"(?:.*/)?(?:tmp/dump|ecrire/data)/[^/.][^/]*(?:{_ENDING})", re.IGNORECASE)
# Folders of a site that hold no base.
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:\.|__MACOSX/|IMG/|local/|plugins/|plugins-dist/|ecrire/(?!data/)|prive/|squelettes)"
)
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_MOST_NAMED = 5


def choose_base(place: str, files: Iterable[tuple[str, str]], *, is_archive: bool = False) -> str:
    """Return the name of the base among files, each with its day as digits: the site's own base, else its newest
    backup, else the only file that may be one. ``place`` is where they are.

    Raises BadSource if there is none or it is not clear which.
    """
    known: list[tuple[str, str]] = []
    others: list[str] = []
    for name, day in files:
        if _ELSEWHERE.search(name):
            continue
        if _BASE.fullmatch(name.rpartition("/")[2]):
            known.append((name, day))
        elif len(others) < 2:
            others.append(name)
    live = [name for name, _ in known if _LIVE.fullmatch(name)]
    if live:
        return _only(place, live)
    backups = [(_day_of(name, day), name) for name, day in known if _BACKUP.fullmatch(name)]
    if backups:
        return max(backups)[1]
    if known:
        return _only(place, [name for name, _ in known])
    if is_archive and len(others) == 1:
        return others[0]
    raise BadSource(
        f"{place}: {'an archive' if is_archive else 'a folder'} without a base: no config/bases/….sqlite, no backup in"
        " tmp/dump/, no dump (.sql, .sqlite, .xml); give the database itself"
    )


def _only(place: str, names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    shown = ", ".join(sorted(names)[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    raise BadSource(f"{place}: {len(names)} files in it may be the base; give one of them: {shown}")


def _day_of(name: str, day: str) -> str:
    """Return the day of a backup: the one in its name, since copying a file often changes its own."""
    found = _DAY.search(name.rpartition("/")[2])
    return "".join(found.groups()) if found else day


def find_base(folder: Path) -> Path:
    """Return the base in the folder of a site. Raises BadSource."""
    try:
        base = folder / choose_base(str(folder), _listed(folder))
    except BadSource as error:
        if (folder / "config" / "connect.php").exists():
            raise BadSource(
                f"{folder}: a folder without a base: config/connect.php says on which server it is; give mysql://user@host/database"
                " or a dump of it"
            ) from error
        raise
    except OSError as error:
        raise BadSource(f"{folder}: cannot be read ({error.strerror}); give the database itself") from error
    return base


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a site's folder that may be bases, by their paths in it, each with its day."""
    from datetime import datetime

    for part in _FOLDERS:
        if not (folder / part).is_dir():
            continue
        for path in sorted((folder / part).iterdir()):
            if path.is_file() and (found := path.stat()).st_size:
                day = datetime.fromtimestamp(found.st_mtime, UTC).strftime("%Y%m%d")
                yield path.relative_to(folder).as_posix(), day
