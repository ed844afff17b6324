"""The IMG folder of the old site: its files, and where the file of a document or a logo is."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from spipconv.migration.kinds import OBJECT_KINDS

# File names that are cached for look-ups: a few tens of megabytes.
MOST_NAMES = 200_000
# An index file of this size only hides the folder.
_STUB_BYTES = 256

LOGO_FILE = re.compile(
    rf"({'|'.join(kind.logo for kind in OBJECT_KINDS.values() if kind.logo)})(on|off)(0|[1-9][0-9]{{0,17}})"
    r"\.(gif|jpe?g|png|svg|webp)",
    re.IGNORECASE | re.ASCII,
)
# If an object has several logos, SPIP takes the first of these.
_LOGO_FORMATS = ("gif", "jpg", "jpeg", "png", "svg", "webp")

# Files that SPIP itself puts there: caches (1.8: TeX without "cache-"), its own icons, marks of folders it has tested.
_CACHES = re.compile(r"cache-.*|TeX|icones|icones_barre")
_MARKS = frozenset({"remove.txt", "test.txt"})
_STUBS = frozenset({"index.html", "index.htm", "index.php", "index.php3"})
_UNDECODED = re.compile("[\udc80-\udcff]+")


class ImgFolder:
    """The files of an IMG folder. Names are paths below it, with slashes, as they are on the disk.

    In a name that is not UTF-8, stray bytes are half surrogates, as in Python (surrogateescape). ``img`` None: there
    are no files.
    """

    def __init__(self, img: Path | None) -> None:
        self._root = os.path.realpath(img) if img is not None and img.is_dir() else ""
        self._listings: OrderedDict[str, dict[str, tuple[str, ...]]] = OrderedDict()
        self._listed_names = 0
        self._logos: dict[tuple[str, int, bool], str] | None = None

    def path(self, name: str) -> Path:
        """Return the path of a file whose name comes from one of these methods."""
        return Path(self._root, name)

    def find(self, file: str) -> str | None:
        """Return the file for a document's ``fichier`` or for an address below IMG/, even if it is spelled differently.

        The spellings may differ in Unicode form, percent-encoding, case and encoding (Latin-1 bytes on the disk). None:
        IMG/ has no such file.
        """
        parts = file.removeprefix("IMG/").split("/")
        if not self._root or any(not part or part[0] == "." or "\0" in part for part in parts):
            return None
        exact = "/".join(parts)
        if self._is_ours(exact):
            return exact
        return next(self._search("", parts), None)

    def logo(self, kind: str, number: int, *, hover: bool = False) -> str | None:
        """Return the logo of an object, by SPIP's naming convention (``arton12.png``, ``logo/rubon0.jpg``)."""
        if self._logos is None:
            self._logos = dict(self._list_logos())
        return self._logos.get((OBJECT_KINDS[kind].logo, number, hover)) if kind in OBJECT_KINDS else None

    def all(self) -> Iterator[str]:
        """Yield the files to copy, sorted: all except caches, hidden files, and SPIP's own marks and icons.

        Folders that are symbolic links are not entered, but ``find`` follows them.
        """
        return self._walk("") if self._root else iter(())

    def _walk(self, folder: str) -> Iterator[str]:
        for name, mode in self._entries(folder):
            path = f"{folder}{name}"
            if mode == stat.S_IFDIR:
                if folder or not _CACHES.fullmatch(name):
                    yield from self._walk(f"{path}/")
            elif name not in _MARKS and (mode == stat.S_IFREG or self._is_ours(path)) and not self._is_stub(path, name):
                yield path

    def _entries(self, folder: str) -> list[tuple[str, int]]:
        """Return the visible names in a folder, each with its kind, in the order of whole paths."""
        entries: list[tuple[str, int]] = []
        with suppress(OSError), os.scandir(os.path.join(self._root, folder)) as found:
            entries = [(one.name, _mode(one)) for one in found if one.name[0] != "."]
        entries.sort(key=lambda entry: entry[0] + "/" if entry[1] == stat.S_IFDIR else entry[0])
        return entries

    def _is_ours(self, name: str) -> bool:
        """Return whether the file exists and all symbolic links on the way to it stay inside IMG/."""
        path = os.path.join(self._root, name)
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                return False
            return os.path.realpath(path, strict=True).startswith(os.path.join(self._root, ""))
        except OSError:
            return False

    def _is_stub(self, path: str, name: str) -> bool:
        return name.lower() in _STUBS and os.path.getsize(os.path.join(self._root, path)) <= _STUB_BYTES

    def _search(self, folder: str, parts: list[str]) -> Iterator[str]:
        """Yield the files that these parts of a path may refer to below a folder, the most likely ones first."""
        part, *others = parts
        listing = self._listing(folder)
        names = sorted(listing.get(_fold(part), ()), key=lambda name: (_distance(part, name), name))
        for name in names:
            path = f"{folder}{name}"
            if others:
                yield from self._search(f"{path}/", others)
            elif self._is_ours(path):
                yield path

    def _listing(self, folder: str) -> dict[str, tuple[str, ...]]:
        """Return the names in a folder by their folded form."""
        if folder in self._listings:
            self._listings.move_to_end(folder)
            return self._listings[folder]
        listing: dict[str, tuple[str, ...]] = {}
        if not os.path.realpath(os.path.join(self._root, folder, "x")).startswith(os.path.join(self._root, "")):
            return listing
        for name, _ in self._entries(folder):
            key = _fold(name)
            listing[key] = (*listing.get(key, ()), name)
        self._listings[folder] = listing
        self._listed_names += len(listing)
        while self._listed_names > MOST_NAMES and len(self._listings) > 1:
            self._listed_names -= len(self._listings.popitem(last=False)[1])
        return listing

    def _list_logos(self) -> Iterator[tuple[tuple[str, int, bool], str]]:
        """Yield logos; those that are preferred come later. SPIP 4.x moved them to IMG/logo/."""
        if not self._root:
            return
        for folder in ("", "logo/"):
            found = [(LOGO_FILE.fullmatch(name), name) for name, _ in self._entries(folder)]
            logos = [(match, name) for match, name in found if match and self._is_ours(f"{folder}{name}")]
            logos.sort(key=lambda logo: (_LOGO_FORMATS.index(logo[0][4].lower()), logo[1]), reverse=True)
            for match, name in logos:
                yield (match[1].lower(), int(match[3]), match[2].lower() == "off"), f"{folder}{name}"


def _mode(entry: os.DirEntry[str]) -> int:
    if entry.is_file(follow_symlinks=False):
        return stat.S_IFREG
    return stat.S_IFDIR if entry.is_dir(follow_symlinks=False) else 0


def plain_name(name: str) -> str:
    """Return the name that a file gets on the new site: composed UTF-8, with stray bytes read as cp1252."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFC", _UNDECODED.sub(_read_stray_bytes, name))


def _fold(name: str) -> str:
    """Return the common form of all spellings of a name."""
    if name.isascii() and "%" not in name:
        return name.lower()
    return unicodedata.normalize("NFC", plain_name(unquote(name, errors="surrogateescape")).casefold())


def _distance(meant: str, name: str) -> int:
    """Return how far a name is from the wanted one: 0 if it is the same, 3 if the case differs."""
    if name == meant:
        return 0
    if plain_name(name) == plain_name(meant):
        return 1
    return 2 if plain_name(unquote(name)) == plain_name(unquote(meant)) else 3


def _read_stray_bytes(found: re.Match[str]) -> str:
    return found[0].encode("ascii", "surrogateescape").decode("cp1252", "replace")
