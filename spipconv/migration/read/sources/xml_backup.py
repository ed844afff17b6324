"""A SPIP database in an XML backup, as SPIP wrote them up to 2.0: one element a row, in it one element a column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache

from spipconv.migration.read.sources.packing import Contents, unpacking
from spipconv.migration.read.sources.protocol import (
    LONGEST_ROW,
    LONGEST_VALUE,
    MOST_COLUMNS,
    Choose,
    Doubt,
    RawValue,
    SourceRow,
    TooLong,
)
from spipconv.migration.read.sources.spool import Spool
from spipconv.migration.read.sources.window import ENOUGH, Window

# The columns in which the attributes of a row are given: the endings of its logos.
LOGO, LOGO_HOVER = "@on", "@off"
# A whole backup has these tables: one without rows leaves no trace in it.
_ALWAYS = (
    "articles", "auteurs", "auteurs_articles", "documents", "documents_articles", "groupes_mots", "meta", "mots",
    "mots_articles", "rubriques", "forum", "urls",
)  # fmt: skip
_WINDOW = 1 << 20
_LONGEST_TAG = 1 << 16
# What may stand before the first element, and that element: a part of a backup begins with a row.
_FIRST = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:(?:<\?[^>]*+>|<!--(?:(?!-->)[\s\S])*+-->|<![^>\[]*+(?:\[[^\]]*+\]\s*+)?>)\s*+)*+"
    rb"<spip(?:_[a-z_]+)?[\s>]",
    re.IGNORECASE,
)
_BETWEEN = re.compile(rb"(?:[\s\0-\x1f]|\xef\xbb\xbf)*+")
_TAG = re.compile(rb"<(/?)([A-Za-z_][\w.:-]*+)((?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>")
# A column as SPIP writes it, whose text has no element.
_COLUMN = re.compile(rb"\s*+<([a-z_][a-z0-9_]*+)>([^<]*+)</\1>")
_ASIDES = {b"<!--": b"-->", b"<?": b"?>", b"<!": b">"}
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([\w.:-]+)")
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*(?:\"([^\"]*+)\"|'([^']*+)')")
_LOGO_ENDING = re.compile(rb"[a-z0-9]{1,5}", re.IGNORECASE)
_ENTITY = re.compile(rb"&(?:(amp|lt|gt|quot|apos)|#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6})));")
_LONGEST_ENTITY = 10
_SIGNS = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
# Encodings that have ASCII in them.
_CHARSET = re.compile(r"iso-?8859-\d+|windows-\d+|cp125\d|koi8-?[ru]|utf-?8|us-ascii|gbk|gb2312|gb18030|big5|euc-\w\w")
_LATIN = frozenset({"iso-8859-1", "iso8859-1", "us-ascii"})


def is_backup(head: bytes) -> bool:
    """Return whether this is the beginning of an XML backup, or of a part of one."""
    return bool(_FIRST.match(head))


class XmlBackup:
    """An XML backup, which every call of ``read`` reads from the beginning. ``window``: the bytes to read at a time.

    Characters that XML forbids are read as they are. Entities that a DTD defines stay as they are written.
    """

    def __init__(self, contents: Contents, window: int = _WINDOW) -> None:
        self.name = contents.name
        self._contents = contents
        self._window = window
        with self._scan() as scan:
            self._tables = scan.tables()
            self.charset = "utf-8" if contents.is_recoded else scan.charset
            self._settings = scan.settings
        self.doubts: Sequence[Doubt] = [
            Doubt("character-ill-formed", f"{table} ({count})") for table, count in sorted(scan.controls.items())
        ]

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield the rows of the chosen tables."""
        chosen: dict[str, tuple[str, ...]] = {}
        for table, columns in self._tables.items():
            wanted = choose(table, columns)
            if wanted:
                chosen[table] = wanted
        if not chosen:
            return
        with self._scan() as scan:
            for table, row in scan.rows(chosen):
                yield table, tuple([self._recoded(row.get(column)) for column in chosen[table]])
        # Rows of the table come first, since the first setting of a name counts.
        for name, value in self._settings.items() if "spip_meta" in chosen else ():
            setting = {"nom": name.encode(), "valeur": value}
            yield "spip_meta", tuple([setting.get(column) for column in chosen["spip_meta"]])

    def _recoded(self, value: RawValue) -> RawValue:
        """Return a value of a file in another encoding as UTF-8; what is UTF-8 all the same, as it is."""
        if not value or value.isascii() or self.charset == "utf-8":
            return value
        try:
            value.decode()
        except UnicodeDecodeError:
            with suppress(UnicodeDecodeError):
                return value.decode(self.charset).encode()
        return value

    @contextmanager
    def _scan(self) -> Iterator[_Scan]:
        with unpacking(self.name, is_packed=self._contents.path is None), self._contents.open() as stream:
            yield _Scan(_Xml(stream, self.name, self._window))


class _Xml(Window):
    remedy = "make the backup again, or mend the file there"


class _Scan:
    """One pass over a backup."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.charset = "utf-8"
        self.controls: Counter[str] = Counter()
        # Settings of the site that the first element gives as attributes.
        self.settings: dict[str, bytes] = {}
        self._is_whole = False

    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """Return the tables, each with its columns in their order."""
        found: dict[str, dict[str, None]] = {}
        for table, row in self.rows(None):
            columns = found.setdefault(table, {})
            columns.update(dict.fromkeys(row))
            if len(found) > MOST_COLUMNS or len(columns) > MOST_COLUMNS:
                raise self._window.error(f"more than {MOST_COLUMNS:,} tables or columns")
        if self._is_whole:
            for name in _ALWAYS:
                found.setdefault(f"spip_{name}", {})
        if "spip_meta" in found:
            found["spip_meta"] |= {"nom": None, "valeur": None}
        return {table: tuple(columns) for table, columns in found.items()}

    def rows(self, chosen: Mapping[str, Sequence[str]] | None) -> Iterator[tuple[str, dict[str, RawValue]]]:
        """Yield the rows of the chosen tables, with the chosen columns; None: all of them, with empty values."""
        is_open, count = False, 0
        while tag := self._tag():
            is_end, name, attributes = tag
            if name == "spip":
                is_open = not is_end
                self._begin(attributes)
            elif is_end:
                raise self._window.error(f"</{name}> where a row should begin")
            elif chosen is None or name in chosen:
                count += 1
                yield name, self._row(name, attributes, None if chosen is None else frozenset(chosen[name]), count)
            elif not attributes.endswith(b"/"):
                self._until(name, "", 0)
        if is_open:
            raise self._window.cut("the backup, which has no </SPIP> (if it has several parts, join them)")

    def _begin(self, attributes: bytes) -> None:
        values = dict(_attributes(attributes))
        self._is_whole = self._is_whole or bool(values)
        for name, attribute in (("adresse_site", "adresse_site"), ("version_installee", "version_base")):
            if values.get(attribute):
                self.settings[name] = self._text(values[attribute])

    def _row(self, table: str, attributes: bytes, wanted: frozenset[str] | None, count: int) -> dict[str, RawValue]:
        """Read a row up to its end; ``wanted`` None: what its values are does not matter."""
        row: dict[str, RawValue] = {}
        for attribute, ending in _attributes(attributes):
            if f"@{attribute}" in (LOGO, LOGO_HOVER) and _LOGO_ENDING.fullmatch(ending):
                row[f"@{attribute}"] = ending.lower()
        if attributes.endswith(b"/"):
            return row
        room, window = LONGEST_ROW, self._window
        while True:
            simple = _COLUMN.match(window.data, window.position)
            if simple and len(row) < MOST_COLUMNS and len(simple[2]) <= min(room, LONGEST_VALUE):
                window.position = simple.end()
                name = _name(simple[1])
                if wanted is None:
                    self._count_controls(table, simple[2])
                    row[name] = b""
                elif name in wanted:
                    row[name] = self._text(simple[2])
                    room -= len(simple[2])
                continue
            tag = self._tag()
            if tag is None:
                raise window.cut(f"row {count}, of {table}")

            is_end, name, attributes = tag
            if is_end and name == table:
                return row
            if is_end:
                raise window.error(f"</{name}> in row {count}, where a column or </{table}> should be")
            if len(row) >= MOST_COLUMNS:
                raise window.error(f"a row of more than {MOST_COLUMNS:,} columns")
            value: bytes = b""
            if not attributes.endswith(b"/"):
                is_wanted = wanted is None or name in wanted
                value = self._until(name, table, min(room, LONGEST_VALUE) if is_wanted else 0)
                if wanted is None:
                    self._count_controls(table, value)
            row[name] = b"" if wanted is None else value
            room -= len(value) if wanted is not None else 0

    def _count_controls(self, table: str, value: bytes) -> None:
        controls = len(value) - len(value.translate(None, _CONTROLS))
        if controls:
            self.controls[table] += controls

    def _tag(self) -> tuple[bool, str, bytes] | None:
        """Read a tag and what stands before it; return whether it is an end, its name in small letters, and the rest of
        it; None at the end of the file.
        """
        window = self._window
        while True:
            window.look_ahead()
            space = _BETWEEN.match(window.data, window.position)
            assert space
            window.position = space.end()
            window.look_ahead()
            if window.position >= len(window.data) or _BETWEEN.fullmatch(window.data, window.position):
                if not window.more():
                    return None
                continue
            if aside := next((mark for mark in _ASIDES if window.data.startswith(mark, window.position)), None):
                self._aside(aside)
                continue
            tag = _TAG.match(window.data, window.position)
            if tag:
                window.position = tag.end()
                return bool(tag[1]), tag[2].decode("ascii", "replace").lower(), tag[3]
            is_begun = window.data.startswith(b"<", window.position)
            if not is_begun or len(window.data) - window.position > _LONGEST_TAG:
                raise window.error(f"{window.shown(window.position)} where a tag should be")
            if not window.more():
                raise window.cut("a tag")

    def _aside(self, mark: bytes) -> None:
        """Skip a comment, a declaration or the head of the file, whose encoding counts."""
        window, end = self._window, _ASIDES[mark]
        is_subset = mark == b"<!" and b"[" in window.data[window.position : window.position + ENOUGH].split(b">")[0]
        end = b"]>" if is_subset else end
        begin = window.data[window.position : window.position + ENOUGH]
        if begin.startswith(b"<?xml") and (found := _ENCODING.search(begin)):
            self.charset = _charset(found[1].decode("ascii"))
        window.position += len(mark)
        while (place := window.data.find(end, window.position)) < 0:
            window.position = max(window.position, len(window.data) - len(end))
            if not window.more():
                raise window.cut("a comment or a declaration")
        window.position = place + len(end)

    def _until(self, name: str, outer: str, most: int) -> bytes:
        """Read the text of an element and its end; return the text, or TooLong. ``outer``: the element around it."""
        window, pattern = self._window, _end_of(name, outer)
        kept: list[bytes] = []
        size = 0
        spool: Spool | None = None
        is_cdata = False
        while True:
            found = (_END_OF_CDATA if is_cdata else pattern).search(window.data, window.position)
            # The end may have begun at the end of the window.
            stop = found.start() if found else max(window.position, len(window.data) - ENOUGH)
            piece = window.data[window.position : stop]
            if piece:
                begun = -1 if found or is_cdata else piece.rfind(b"&", -_LONGEST_ENTITY)
                piece = piece[:begun] if begun >= 0 else piece
                size += len(piece)
                kept.append(piece if is_cdata else self._text(piece))
                if size > most:
                    spool = spool or (Spool() if most else None)
                    for part in kept if spool else ():
                        assert spool
                        spool.add(part)
                    kept.clear()
            window.position = window.position + len(piece) if not found else found.end()
            if found is None:
                if not window.more():
                    raise window.cut(f"<{name}>")
            elif is_cdata:
                is_cdata = False
            elif found["cdata"]:
                is_cdata = True
            elif found["outer"]:
                raise window.error(f"<{name}> has no end", found.start())
            else:
                if size <= most:
                    return b"".join(kept)
                return spool.value() if spool else TooLong.of(size)

    def _text(self, raw: bytes) -> bytes:
        return _ENTITY.sub(self._character, raw) if b"&" in raw else raw

    def _character(self, found: re.Match[bytes]) -> bytes:
        """Return what an entity stands for, or the entity where the encoding does not have the character."""
        if found[1]:
            return _SIGNS[found[1]]
        code = int(found[2]) if found[2] else int(found[3], 16)
        try:
            return chr(code).encode(self.charset) if code >= ord(" ") else found[0]
        except (ValueError, OverflowError):
            return b"&#%d;" % code


_END_OF_CDATA = re.compile(rb"\]\]>")
_ENDS: dict[tuple[str, str], re.Pattern[bytes]] = {}


def _end_of(name: str, outer: str) -> re.Pattern[bytes]:
    """Return the pattern of what ends the text of an element, or interrupts it."""
    if (name, outer) not in _ENDS:
        if len(_ENDS) > MOST_COLUMNS:
            _ENDS.clear()
        end = rf"</{re.escape(name)}\s{{0,64}}>|(?P<cdata><!\[CDATA\[)"
        end += rf"|(?P<outer></{re.escape(outer)}\s{{0,64}}>)" if outer else "|(?P<outer>(?!))"
        _ENDS[name, outer] = re.compile(end.encode(), re.IGNORECASE)
    return _ENDS[name, outer]


def _attributes(text: bytes) -> Iterator[tuple[str, bytes]]:
    for found in _ATTRIBUTE.finditer(text):
        yield found[1].decode("ascii", "replace").lower(), found[2] if found[2] is not None else found[3]


@lru_cache(1000)
def _name(raw: bytes) -> str:
    return raw.decode("ascii")


def _charset(name: str) -> str:
    """Return Python's name of an encoding; UTF-8 for those that are not known."""
    name = name.lower()
    if name in _LATIN:
        return "cp1252"  # as browsers read it
    return name if _CHARSET.fullmatch(name) else "utf-8"
