"""Copy files of the old site to the new one, and decide which are refused, cleaned or copied unchanged."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from io import BufferedWriter, BytesIO, FileIO
from pathlib import Path

from msgspec import Struct

from spipconv.migration.output.drawings import ENCODINGS, MOST_BYTES, Unsafe, clean_drawing, parse
from spipconv.migration.output.folder import create
from spipconv.migration.target import StaticFiles
from spipconv.system.files import CannotWrite, temporary_name, write_file

# Bytes read, compared or written at once.
_CHUNK = 1 << 20
_DRAWINGS = frozenset({"svg", "svgz"})
# A browser that receives such a file, with its type or as text whose type it guesses, may run it.
_RUN_BY_BROWSERS = frozenset("cjs hta htc htm html js jsm mht mhtml mjs shtm shtml stm wasm xht xhtm xhtml xul".split())
_RUN_BY_SERVERS = frozenset(
    """asa asax ascx ashx asmx asp aspx cdx cer cfc cfm cgi cshtml fcgi htaccess htpasswd inc jsp jspf jspx phar
    pht phtm phtml pl pm py vbhtml""".split()
)
_PHP = re.compile(r"php[0-9]*|phps|phpt")
# Servers that look at every extension in a name (Apache's AddHandler) run these in any position.
_RUN_ANYWHERE = re.compile(r"php[0-9]*|phtml|phar|pht|cgi|shtml|asp|aspx|jsp")
_XML = frozenset(
    """atom dae gml gpx kml mathml mml mpd musicxml mxl owl plist rdf rng rss sch smi smil ttml wsdl xbl xbrl xlf
    xml xop xsd xsl xslt xspf""".split()
)
# Well-known types that no browser reads as a page; all other files are inspected.
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
# A line of three dashes, as Jekyll and more careful readers see it, after any byte order mark.
_FRONT_MATTER = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\0?-\0?-\0?-[ \t\v\f\0]*(?:[\r\n]|\Z)")
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[fF])")
_SPECIAL = frozenset("._#~")


class _CannotRead(Exception):
    """A file to copy cannot be read to its end."""


class Copy(Struct, frozen=True):
    """The result for a file. ``is_there``: the target is as it should be; ``is_written``: it was not so before.

    ``code``: file-refused, file-run-by-target or file-unreadable (nothing was written), picture-cleaned, or empty. Do
    not report ``is_written``, because it differs from one run to the next.
    """

    is_there: bool
    is_written: bool
    code: str = ""


_REFUSED = Copy(is_there=False, is_written=False, code="file-refused")
RUN_BY_TARGET = Copy(is_there=False, is_written=False, code="file-run-by-target")
_UNREADABLE = Copy(is_there=False, is_written=False, code="file-unreadable")


def place_for(name: str, static: StaticFiles) -> str | None:
    """Return the path at which a system publishes a file of IMG under its own name, or None if it would not.

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
    """Copy a file to the new site, or refuse to: see ``Copy``. Makes the folder of ``target``.

    ``static`` says how the system that ``target`` belongs to treats it.

    A target with the same size and time, or the same bytes, is not touched. A drawing is cleaned; files that a browser
    or a server would run are refused. No other process may write the same target. Raises CannotWrite.
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
    # Windows servers ignore dots and spaces at the end; case-insensitive disks treat ſ as s.
    return name.rstrip(" .").casefold().split(".")[1:]


def _kind(name: str) -> str:
    """Return the extension by which servers and browsers recognise a file: the last one that they know."""
    for ending in reversed(_endings(name)):
        if ending in _KNOWN or _PHP.fullmatch(ending):
            return ending
    return ""


def _is_run(name: str) -> bool:
    """Return whether a browser or a server would run a file, judged by its name."""
    kind = _kind(name)
    return (
        name.startswith(".")
        or name.casefold() in _SETTINGS
        or kind in _RUN_BY_BROWSERS
        or kind in _RUN_BY_SERVERS
        or any(_RUN_ANYWHERE.fullmatch(ending) for ending in _endings(name))
    )


def _is_active(file: FileIO, *, is_xml: bool) -> bool:
    """Return whether the content of a file is a page, a drawing or a program: such XML, or text that a browser would
    guess to be one.
    """
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
    # Other extensions may be read differently by some programs.
    return encoding not in ENCODINGS or b"\0" in head


class _Judge:
    """A target of ``parse`` that raises Unsafe if XML contains something to run."""

    def start(self, tag: str, _attributes: object) -> None:
        if tag[1:].partition("}")[0] in _ACTIVE_NAMESPACES:
            raise Unsafe(tag)

    def pi(self, target: str, _data: object) -> None:
        if target.lower().startswith(("xml-stylesheet", "php")):
            raise Unsafe(target)

    def end(self, _tag: str) -> None:
        """Ignored."""

    def close(self) -> None:
        """Ignored."""


def _chunks(file: FileIO | BytesIO) -> Iterator[bytes]:
    """Yield the bytes of a file. Raises _CannotRead, which differs from the errors of writing them."""
    try:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
    except OSError as error:
        raise _CannotRead from error


def _is_same(content: FileIO | BytesIO, info: os.stat_result | None, target: Path) -> bool:
    """Return whether a target has the size and time of a file (``info``), or these bytes."""
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
    """Write a file with the time of another one. Raises CannotWrite, or _CannotRead from ``chunks``."""
    temporary = target.with_name(temporary_name(target.name))
    write_file(target, chunks, temporary=temporary, create=_create, times=info)


def _create(place: str | Path) -> BufferedWriter:
    try:
        return create(place)
    except FileNotFoundError:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        return create(place)
