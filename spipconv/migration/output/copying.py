"""The files below the old site's IMG/: which there are, where a document or a logo is, and how one is copied."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BufferedWriter, BytesIO, FileIO
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.output.drawings import ENCODINGS, MOST_BYTES, Unsafe, clean_drawing, parse
from spipconv.migration.output.folder import create
from spipconv.migration.target import StaticFiles
from spipconv.system.files import CannotWrite

# Names of files that are kept in mind for look-ups: some tens of megabytes.
MOST_NAMES = 200_000
# Bytes read, compared or written at once.
_CHUNK = 1 << 20
# An index file of that size says that there is nothing to see.
_STUB_BYTES = 256

_LOGO = re.compile(
    rf"({'|'.join(kind.logo for kind in OBJECT_KINDS.values() if kind.logo)})(on|off)(0|[1-9][0-9]{{0,17}})"
    r"\.(gif|jpe?g|png|svg|webp)",
    re.IGNORECASE | re.ASCII,
)
# Where an object has several logos, SPIP takes the first of these.
_LOGO_FORMATS = ("gif", "jpg", "jpeg", "png", "svg", "webp")

# What SPIP itself puts there: caches (1.8: TeX without "cache-"), its own icons, marks of folders that it has tested.
_CACHES = re.compile(r"cache-.*|TeX|icones|icones_barre")
_MARKS = frozenset({"remove.txt", "test.txt"})
_STUBS = frozenset({"index.html", "index.htm", "index.php", "index.php3"})

_DRAWINGS = frozenset({"svg", "svgz"})
# A browser that is sent such a file, as itself or as text whose kind it guesses, may run what is in it.
_RUN_BY_BROWSERS = frozenset("cjs hta htc htm html js jsm mht mhtml mjs shtm shtml stm wasm xht xhtm xhtml xul".split())
_RUN_BY_SERVERS = frozenset(
    """asa asax ascx ashx asmx asp aspx cdx cer cfc cfm cgi cshtml fcgi htaccess htpasswd inc jsp jspf jspx phar
    pht phtm phtml pl pm py vbhtml""".split()
)
_PHP = re.compile(r"php[0-9]*|phps|phpt")
# Servers that take every ending of a name for one (Apache's AddHandler) run these wherever they stand.
_RUN_ANYWHERE = re.compile(r"php[0-9]*|phtml|phar|pht|cgi|shtml|asp|aspx|jsp")
_XML = frozenset(
    """atom dae gml gpx kml mathml mml mpd musicxml mxl owl plist rdf rng rss sch smi smil ttml wsdl xbl xbrl xlf
    xml xop xsd xsl xslt xspf""".split()
)
# Of well-known kinds that no browser takes for a page; whatever is none of them is looked into.
_INERT = frozenset(
    """7z aac abw ai aif aiff amr ape asf asx avi avif bib bmp css csv deb doc docm docx djvu dot dotx dvi epub eps
    exe fla flac flv gif ical ico ics jar jpe jpeg jpg json jp2 key latex lyx m4a m4b m4p m4r m4v mid midi mka mkv
    mng mobi mov mp2 mp3 mp4 mpc mpeg mpg msi numbers odb odc odf odg odi odm odp ods odt oga ogg ogv ogx opus otf otg
    otp ots ott pages pas pct pcx pdf pgp pls png pot potx ppam pps ppsm ppsx ppt pptm pptx ps psd pub qt ra ram rar
    rm rpm rtf sdd sdw sit sld srt sql sub swf sxc sxi sxw tar tex tgz tif tiff torrent ts tsv ttf txt vcf vtt wav
    webm webp wma wmf wmv woff woff2 wv xcf xls xlsb xlsm xlsx xlt xltx zip zst""".split()
)
_KNOWN = _DRAWINGS | _RUN_BY_BROWSERS | _RUN_BY_SERVERS | _XML | _INERT
_SETTINGS = frozenset({"php.ini", "web.config"})
_ACTIVE_NAMESPACES = frozenset(
    {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
        "http://www.w3.org/1999/XSL/Transform",
        "http://www.w3.org/TR/WD-xsl",
        "http://www.mozilla.org/xbl",
        "http://www.w3.org/ns/xbl",
        "http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul",
    }
)
# How pages, drawings and stylesheets begin, as browsers guess (WHATWG MIME Sniffing, 7.1), and as XML begins.
_HEAD_BYTES = 1445
_PAGE = re.compile(
    rb"[\s\0\xef\xbb\xbf\xfe\xff]*+<(\?xml\b|[?%]|!|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|"
    rb"p|svg|math|object|embed)[\s/>])",
    re.IGNORECASE,
)
# A line of three dashes, as Jekyll reads it and as more careful readers do, behind any mark of an encoding.
_FRONT_MATTER = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\0?-\0?-\0?-[ \t\v\f\0]*(?:[\r\n]|\Z)")
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[fF])")
_SPECIAL = frozenset("._#~")
_UNDECODED = re.compile("[\udc80-\udcff]+")


class _CannotRead(Exception):
    """A file to copy that cannot be read to its end."""


class Copy(Struct, frozen=True):
    """What became of a file. ``is_there``: the target is as it should be; ``is_written``: it was not before.

    ``code``: file-refused, file-run-by-target or file-unreadable (nothing was written), picture-cleaned, or empty.
    ``is_written`` is not for a report, for it differs from one run to the next.
    """

    is_there: bool
    is_written: bool
    code: str = ""


_REFUSED = Copy(is_there=False, is_written=False, code="file-refused")
RUN_BY_TARGET = Copy(is_there=False, is_written=False, code="file-run-by-target")
_UNREADABLE = Copy(is_there=False, is_written=False, code="file-unreadable")


class ImgFolder:
    """The files of one IMG/ folder. Names are paths below it, with slashes, as they are on the disk.

    A name that is no UTF-8 holds its stray bytes as Python does (surrogateescape). ``img`` None: there are none.
    """

    def __init__(self, img: Path | None) -> None:
        self._root = os.path.realpath(img) if img is not None and img.is_dir() else ""
        self._listings: OrderedDict[str, dict[str, tuple[str, ...]]] = OrderedDict()
        self._listed_names = 0
        self._logos: dict[tuple[str, int, bool], str] | None = None

    def path(self, name: str) -> Path:
        """Return where a file is that one of the methods named."""
        return Path(self._root, name)

    def find(self, file: str) -> str | None:
        """Return the file that a document's ``fichier`` or an address below IMG/ means, though they be spelled apart.

        They may differ in Unicode form, percent-encoding, letter case and encoding (Latin-1 bytes on the disk). None:
        there is no such file inside IMG/.
        """
        parts = file.removeprefix("IMG/").split("/")
        if not self._root or any(not part or part[0] == "." or "\0" in part for part in parts):
            return None
        exact = "/".join(parts)
        if self._is_ours(exact):
            return exact
        return next(self._search("", parts), None)

    def logo(self, kind: str, number: int, *, hover: bool = False) -> str | None:
        """Return an object's logo by SPIP's convention of names (``arton12.png``, ``logo/rubon0.jpg``)."""
        if self._logos is None:
            self._logos = dict(self._list_logos())
        return self._logos.get((OBJECT_KINDS[kind].logo, number, hover)) if kind in OBJECT_KINDS else None

    def all(self) -> Iterator[str]:
        """Yield the files to carry over, sorted: all but caches, hidden files, SPIP's own marks and icons.

        Folders that are symbolic links are not entered; `find` does.
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
        """Return the names in a folder that are not hidden, each with its kind, in the order of whole paths."""
        entries: list[tuple[str, int]] = []
        with suppress(OSError), os.scandir(os.path.join(self._root, folder)) as found:
            entries = [(one.name, _mode(one)) for one in found if one.name[0] != "."]
        entries.sort(key=lambda entry: entry[0] + "/" if entry[1] == stat.S_IFDIR else entry[0])
        return entries

    def _is_ours(self, name: str) -> bool:
        """Tell whether there is such a file and every symbolic link on the way stays inside IMG/."""
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
        """Yield the files that these parts of a path may mean below a folder, the likeliest first."""
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
        """Return the names in a folder by what they are folded to."""
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
        """Yield logos, the one to be taken after those that it outdoes: 4.x moved them to IMG/logo/."""
        if not self._root:
            return
        for folder in ("", "logo/"):
            found = [(_LOGO.fullmatch(name), name) for name, _ in self._entries(folder)]
            logos = [(match, name) for match, name in found if match and self._is_ours(f"{folder}{name}")]
            logos.sort(key=lambda logo: (_LOGO_FORMATS.index(logo[0][4].lower()), logo[1]), reverse=True)
            for match, name in logos:
                yield (match[1].lower(), int(match[3]), match[2].lower() == "off"), f"{folder}{name}"


def _mode(entry: os.DirEntry[str]) -> int:
    if entry.is_file(follow_symlinks=False):
        return stat.S_IFREG
    return stat.S_IFDIR if entry.is_dir(follow_symlinks=False) else 0


def plain_name(name: str) -> str:
    """Return a file's name as a new site should have it: UTF-8 in its composed form, stray bytes read as cp1252."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFC", _UNDECODED.sub(_read_stray_bytes, name))


def place_for(name: str, static: StaticFiles) -> str | None:
    """Return where a file of IMG is to lie for a system to publish it under its name; None: it would do otherwise.

    ``name`` is its path below IMG.
    """
    *folders, last = name.split("/")
    ending = last.lower().rpartition(".")[2]
    if ending in static.pages:
        return None
    if static.leaves_out:
        if any(part[0] in _SPECIAL or part[-1] in "~." for part in folders) or last[-1] in "~.":
            return None
        if last[0] in _SPECIAL and ending not in static.includes:
            return None
    if static.decodes:
        return None if _ENCODED_CONTROL.search(name) else name.replace("%", "%25")
    return name


def copy_file(source: Path, target: Path, static: StaticFiles = StaticFiles()) -> Copy:  # noqa: B008
    """Copy a file to where visitors get it, or refuse to: see `Copy`. Makes the folder of ``target``.

    ``static`` is what the system does with it that ``target`` belongs to.

    A target that has the same size and time, or the same bytes, is left alone. A drawing is cleaned; what a browser
    or a server would run is refused. No other process may write the same target. Raises CannotWrite.
    """
    kinds = {_kind(source.name), _kind(target.name)}
    if _is_run(source.name) or _is_run(target.name):
        return _REFUSED
    try:
        with source.open("rb", buffering=0) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return _UNREADABLE
            if kinds & _DRAWINGS:
                return _copy_drawing(file, info, target)
            if static.front_matter and _FRONT_MATTER.match(file.read(_HEAD_BYTES) or b""):
                return RUN_BY_TARGET
            file.seek(0)
            if not kinds <= _INERT and _is_active(file, is_xml=bool(kinds & _XML)):
                return _REFUSED
            if _is_same(file, info, target):
                return Copy(is_there=True, is_written=False)
            _write(target, _chunks(file), info)
    except CannotWrite:
        raise
    except (OSError, _CannotRead):
        return _UNREADABLE
    return Copy(is_there=True, is_written=True)


def _copy_drawing(file: FileIO, info: os.stat_result, target: Path) -> Copy:
    content = file.read(MOST_BYTES + 1) or b""
    cleaned = clean_drawing(content)
    if cleaned is None:
        return _REFUSED
    code = "" if cleaned is content else "picture-cleaned"
    if _is_same(BytesIO(cleaned), None, target):
        return Copy(is_there=True, is_written=False, code=code)
    _write(target, [cleaned], info)
    return Copy(is_there=True, is_written=True, code=code)


def _endings(name: str) -> list[str]:
    # Windows servers ignore dots and blanks at the end; disks that ignore case take ſ for s.
    return name.rstrip(" .").casefold().split(".")[1:]


def _kind(name: str) -> str:
    """Return the ending by which servers and browsers tell a file's kind: the last one that they know."""
    for ending in reversed(_endings(name)):
        if ending in _KNOWN or _PHP.fullmatch(ending):
            return ending
    return ""


def _is_run(name: str) -> bool:
    """Tell whether a browser or a server would run a file, by its name."""
    kind = _kind(name)
    return (
        name.startswith(".")
        or name.casefold() in _SETTINGS
        or kind in _RUN_BY_BROWSERS
        or kind in _RUN_BY_SERVERS
        or any(_RUN_ANYWHERE.fullmatch(ending) for ending in _endings(name))
    )


def _is_active(file: FileIO, *, is_xml: bool) -> bool:
    """Tell whether a file's content is a page, a drawing or a program: such XML, or what a browser guesses is one."""
    head = file.read(_HEAD_BYTES) or b""
    found = _PAGE.match(head)
    if not is_xml and found is None:
        return False
    if not is_xml and found and found[1].lower() != b"?xml":
        return True
    file.seek(0)
    judge = _Judge()
    try:
        encoding = parse(_chunks(file), judge)
    except Unsafe:
        return True
    # Others are read by some as something else.
    return encoding not in ENCODINGS or b"\0" in head


class _Judge:
    """Raises Unsafe where XML has something to run; as a target of `parse`."""

    def start(self, tag: str, _attributes: object) -> None:
        if tag[1:].partition("}")[0] in _ACTIVE_NAMESPACES:
            raise Unsafe(tag)

    def pi(self, target: str, _data: object) -> None:
        if target.lower().startswith(("xml-stylesheet", "php")):
            raise Unsafe(target)

    def end(self, _tag: str) -> None:
        """Nothing is kept of it."""

    def close(self) -> None:
        """Nothing is kept of it."""


def _chunks(file: FileIO | BytesIO) -> Iterator[bytes]:
    """Yield a file's bytes. Raises _CannotRead, to be told from what writing them raises."""
    try:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
    except OSError as error:
        raise _CannotRead from error


def _is_same(content: FileIO | BytesIO, info: os.stat_result | None, target: Path) -> bool:
    """Tell whether a target has a file's size and time (``info``), or these bytes."""
    try:
        there = os.lstat(target)
        if not stat.S_ISREG(there.st_mode):
            return False
        if info is not None and (there.st_size, there.st_mtime_ns) == (info.st_size, info.st_mtime_ns):
            return True
        if there.st_size != content.seek(0, os.SEEK_END):
            return False
        with target.open("rb", buffering=0) as file:
            return all(file.read(len(chunk)) == chunk for chunk in _chunks(content))
    except OSError:
        return False


def _write(target: Path, chunks: Iterable[bytes], info: os.stat_result) -> None:
    """Write a file beside its place and put it there whole. Raises CannotWrite, or _CannotRead from ``chunks``."""
    # The same name in every run: what a killed one left is overwritten.
    aside = target.with_name(f".spipconv-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}")
    try:
        with _open(aside) as file:
            for chunk in chunks:
                file.write(chunk)
        os.utime(aside, ns=(info.st_atime_ns, info.st_mtime_ns))
        os.replace(aside, target)
    except BaseException as error:
        with suppress(OSError):
            aside.unlink()
        if isinstance(error, OSError):
            raise CannotWrite(f"cannot write {str(target)!r}: {error.strerror or error}") from error
        raise


def _open(path: Path) -> BufferedWriter:
    try:
        return create(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return create(path)


def _fold(name: str) -> str:
    """Return what all spellings of a name have in common."""
    if name.isascii() and "%" not in name:
        return name.lower()
    return unicodedata.normalize("NFC", plain_name(unquote(name, errors="surrogateescape")).casefold())


def _distance(meant: str, name: str) -> int:
    """Return how far a name is from the one that is meant: 0 for the same, 3 where letter case differs."""
    if name == meant:
        return 0
    if plain_name(name) == plain_name(meant):
        return 1
    return 2 if plain_name(unquote(name)) == plain_name(unquote(meant)) else 3


def _read_stray_bytes(found: re.Match[str]) -> str:
    return found[0].encode("ascii", "surrogateescape").decode("cp1252", "replace")
