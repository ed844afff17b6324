"""The reader of SPIP's tables: rows of SPIP 1.9 to 4.4 come in, rows of the working database go out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from spipconv.media_types import media_of
from spipconv.migration.kinds import KINDS_BY_TABLE
from spipconv.migration.read.database import (
    DATES,
    LONG,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_SIGNS,
    NUMBERS,
    WORKING_TABLES,
    WorkingDatabase,
)
from spipconv.migration.read.encoding import Decoder
from spipconv.migration.read.extra_columns import is_filled, may_show, may_show_value, read_pairs
from spipconv.migration.read.known_tables import holds_persons, owner_of
from spipconv.migration.read.logos import named_logos
from spipconv.migration.read.long_texts import count_signs, keep_long_text
from spipconv.migration.read.messages import SHOWN_MESSAGES, is_private, message_row
from spipconv.migration.read.missing_tables import missing_parts
from spipconv.migration.read.plugin_rows import plugin_rows
from spipconv.migration.read.prefixes import column_names, table_name
from spipconv.migration.read.raw_texts import RAW_TEXT_FOLDER, raw_fields, raw_path, written_out
from spipconv.migration.read.sources import SpipSource, TooLong
from spipconv.migration.read.spip_schema import (
    COUNTED,
    KINDS_WITH_EXTRA,
    LATER,
    LEFT_REASONS,
    LINK_KEYS,
    MUST_NUMBERS,
    OLD_LINKS,
    added_columns,
    choose_columns,
)
from spipconv.migration.read.values import check_date, own_name, read_number
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue

_SETTINGS = frozenset(
    """adresse_site charset descriptif_site dictionnaires forums_publics langue_site langues_multilingue
    langues_utilisees nom_site plugin post_dates slogan_site tweaks_actifs tweaks_variables type_urls
    version_installee""".split()
)
# The number of rows that are written together, and the limit of their bytes.
_MOST_WAITING = 500
_MOST_WEIGHT = 1 << 24
# The most characters of a title that are shown for a row without a number.
_MOST_TITLE = 80
# Refused values that may be shown; other values of such a column may be personal.
_SHOWABLE = re.compile(r"[0-9eE+.:xX\s'-]{1,40}")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,10})\Z")


class SpipReader:
    """Reads a source into the working database, once."""

    # The statuses of messages whose texts are read.
    message_statuses = SHOWN_MESSAGES

    def __init__(
        self, source: SpipSource, database: WorkingDatabase, prefix: str, tables: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._source, self._database, self._prefix, self._tables = source, database, prefix, tables
        self._decoder = Decoder(source.charset)
        self._columns: dict[str, tuple[str, ...]] = {}
        self._filled: Counter[tuple[str, str]] = Counter()
        self._issues: list[Issue] = []
        # Rows of each table so far, and the bytes of those not yet written.
        self._places: Counter[str] = Counter()
        self._weight = 0
        # Counts of rows by table, and of those that are left out by table and reason (see report/balance.py). Tables of
        # links until 2.1 count as the table of links that they became.
        self.rows: Counter[str] = Counter()
        self.left: Counter[tuple[str, str]] = Counter()
        # The columns of each table that a site has added to SPIP's.
        self._added: dict[str, tuple[str, ...]] = {}
        # Signatures by petition, until 2.1 by article.
        self._signed: Counter[int] = Counter()

    def run(self, progress: Callable[[int], None] = lambda rows: None) -> Iterator[Issue]:
        """Read everything and yield the issues. ``progress`` is called after every thousand rows."""
        waiting: dict[str, list[tuple[str | int, ...]]] = {}
        extensions: dict[str, str] = {}
        for count, (name, row) in enumerate(self._source.read(self._choose), 1):
            table = table_name(name, self._prefix)
            for target, values in self._converted(table, dict(zip(self._columns[table], row, strict=True)), extensions):
                rows = waiting.setdefault(target, [])
                rows.append(values)
                if len(rows) >= _MOST_WAITING or self._weight > _MOST_WEIGHT:
                    self._database.add(target, rows)
                    rows.clear()
                    self._weight = 0
            if count % 1000 == 0:
                progress(1000)
            if self._issues:
                yield from self._issues
                self._issues.clear()
        for target, rows in waiting.items():
            self._database.add(target, rows)
        self._name_extensions(extensions)
        self._database.db.executemany("INSERT INTO signed VALUES (?, ?)", self._signed.items())
        self._database.db.commit()
        yield from [Issue(doubt.code, detail=doubt.detail) for doubt in self._source.doubts]
        yield from missing_parts(self._tables, self._database)
        yield from self._left()

    def _choose(self, name: str, columns: tuple[str, ...]) -> tuple[str, ...] | None:
        if not name.startswith(self._prefix + "_"):
            return None
        table, columns = table_name(name, self._prefix), column_names(columns)
        # Where its columns are not known, the source says what it lacks as soon as there are rows.
        present = choose_columns(table, columns) if columns else WORKING_TABLES.get(table, ())
        self._columns[table] = present
        if table in KINDS_BY_TABLE:
            self._added[table] = added_columns(table, present)
        return present or None

    def _converted(
        self, table: str, row: Mapping[str, bytes | None], extensions: dict[str, str]
    ) -> list[tuple[str, tuple[str | int, ...]]]:
        """Return the rows of the working database for a row; none if an internal error stops it."""
        self._places[table] += 1
        name = f"{OLD_LINKS[table][0]}_liens" if table in OLD_LINKS else table
        self.rows[name] += 1
        try:
            return list(self._convert(table, row, extensions))
        except Exception as error:
            if stops_the_run(error):
                raise
            kind, number = _object(table, row)
            self._issues.append(failure_issue(kind, number, f"{describe_error(error)}; {self._place(table)}"))
            self._keep(raw_path(kind, number), table, row)
            self.left[name, "failed"] += 1
            return []

    def _place(self, table: str) -> str:
        return f"{table}, row {self._places[table]}"

    def _keep(self, path: str, table: str, row: Mapping[str, bytes | None]) -> None:
        """Keep the texts of a row that becomes no object, if they were for visitors."""
        kind = KINDS_BY_TABLE[table].name if table in KINDS_BY_TABLE else ""
        is_private = kind == "forum" and row.get("statut") not in (b"publie", b"prop")
        texts = {field: row.get(field) or b"" for field in (() if is_private else raw_fields(kind))}
        self._database.keep(
            path, written_out({field: text.decode("utf-8", "replace") for field, text in texts.items()})
        )

    def _convert(
        self, table: str, row: Mapping[str, bytes | None], extensions: dict[str, str]
    ) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        if table in OLD_LINKS:
            links, kind, key = OLD_LINKS[table]
            values = {LINK_KEYS[links]: row.get(LINK_KEYS[links]), "id_objet": row.get(key), "vu": row.get("vu")}
            if links == "documents" and read_number(values["id_objet"]) == 0:
                self.left["documents_liens", "no-object"] += 1
            else:
                yield from self._rows(f"{links}_liens", {**values, "objet": kind.encode()})
        elif table == "types_documents":
            extensions[self._text(row.get("id_type"))] = self._text(row.get("extension"))
        elif table not in WORKING_TABLES:
            reason = "personal" if holds_persons(table) else "plugin"
            self.left[table, LEFT_REASONS.get(table, reason)] += 1
            if table == "signatures" and row.get("statut") == b"publie":
                self._signed[read_number(row.get("id_petition") or row.get("id_article")) or 0] += 1
        else:
            convert = _CONVERSIONS.get(table)
            changed = convert(self, dict(row)) if convert else row
            if changed is not None:
                for name, form in plugin_rows(table, changed):
                    yield from self._rows(name, form)

    def _rows(self, table: str, row: Mapping[str, bytes | None]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield a row of the working database; none if it lacks the number that identifies it."""
        values = self._values(table, row)
        kind = KINDS_BY_TABLE.get(table)
        if kind is not None and not values[_PLACE_OF_KEY[table]]:
            title = "" if kind.is_personal else self._text(row.get(kind.title))[:_MOST_TITLE]
            place = f"{self._place(table)}: {title}" if title else self._place(table)
            self._issues.append(Issue("row-unnumbered", kind.name, detail=place))
            self._keep(f"{RAW_TEXT_FOLDER}/{kind.name}-row-{self._places[table]}.txt", table, row)
            self.left[table, "unnumbered"] += 1
        elif kind is not None or all(
            read_number(row.get(column)) is not None for column in MUST_NUMBERS.get(table, ()) if row.get(column)
        ):
            yield table, values
            if kind is not None:
                yield from named_logos(kind, cast(int, values[_PLACE_OF_KEY[table]]), row)
            if kind is not None and self._added.get(table):
                yield from self._extra(kind.name, cast(int, values[_PLACE_OF_KEY[table]]), table, row)
        else:
            self.left[table, "unnumbered"] += 1

    def _values(self, table: str, row: Mapping[str, bytes | None]) -> tuple[str | int, ...]:
        """Return a row of the working database with decoded texts; values that no column can hold are left out and
        reported.
        """
        columns = WORKING_TABLES[table]
        values: list[str | int] = []
        room, signs = LONGEST_TEXT, MOST_SIGNS
        for column in columns:
            value = row.get(column)
            if not value:
                if type(value) is TooLong:
                    self._leave(table, row, column, value)
                values.append(0 if column in NUMBERS else "")
            elif column in NUMBERS:
                number = read_number(value)
                if number is None:
                    self._refuse(table, row, column, value)
                values.append(number or 0)
            elif column in DATES:
                date = check_date(value)
                if date is None:
                    self._refuse(table, row, column, value)
                values.append(date or "")
            else:
                size = len(value)
                own_signs = count_signs(value)
                room, signs = room - size, signs - own_signs
                if min(room, signs) < 0 or (size > LONGEST_TITLE and (size > LONGEST_TEXT or column not in LONG)):
                    self._leave(table, row, column, value)
                    room, signs = room + size, signs + own_signs
                    values.append("")
                elif value.isascii():
                    values.append(value.decode("ascii").replace("\0", ""))
                else:
                    text, code = self._decoder.decode(value)
                    values.append(text)
                    if code:
                        self._issues.append(Issue(code, *_object(table, row), column))
        self._weight += LONGEST_TEXT - room
        return tuple(values)

    def _extra(
        self, kind: str, number: int, table: str, row: Mapping[str, bytes | None]
    ) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield what the columns that a site has added hold, and count those that are left out."""
        for column in self._added[table]:
            value = row.get(column)
            if not (value and is_filled(value)):
                continue
            size = len(value)
            if type(value) is TooLong or size > LONGEST_TITLE or kind not in KINDS_WITH_EXTRA:
                self._filled[table, column] += 1
                continue
            self._weight += size
            text, code = self._decoder.decode(value)
            pairs = list(read_pairs(column, text))
            shown = [pair for pair in pairs if may_show(kind, pair[0]) and may_show_value(kind, pair[1])]
            yield from (("extra", (kind, number, *pair)) for pair in shown)
            if len(shown) < max(1, len(pairs)):
                self._filled[table, column] += 1
            elif code:
                self._issues.append(Issue(code, kind, number, column))

    def _refuse(self, table: str, row: Mapping[str, bytes | None], column: str, value: bytes) -> None:
        shown = value[:41].decode("ascii", "replace")
        words = repr(shown) if _SHOWABLE.fullmatch(shown) else f"{len(value)} bytes"
        self._issues.append(
            Issue("value-refused", *_object(table, row), column, detail=f"{self._place(table)}: {words}")
        )

    def _leave(self, table: str, row: Mapping[str, bytes | None], column: str, value: bytes) -> None:
        """Leave out a text that is too long, and keep it as it is in the source."""
        kind, number = _object(table, row)
        detail = f"{self._place(table)}: {keep_long_text(self._database, kind, number, column, value)}"
        self._issues.append(Issue("text-too-long", kind, number, column, detail=detail))

    def _text(self, value: bytes | None) -> str:
        return self._decoder.decode(value)[0]

    def _meta(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None] | None:
        return row if self._text(row.get("nom")) in _SETTINGS else None

    def _article(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        chapo = row.get("chapo") or b""
        if "virtuel" not in row and chapo.startswith(b"="):
            row["virtuel"], row["chapo"] = chapo[1:].strip(), b""
        # The plugin "Pages uniques": an article outside all sections, under a name of its own.
        if row.get("id_rubrique") == b"-1":
            row["id_rubrique"] = b"0"
        elif row.get("page"):
            row["page"] = b""
            self._filled["articles", "page"] += 1
        return row

    def _author(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None] | None:
        statut = self._text(row.get("statut"))
        if statut in ("0minirezo", "1comite"):
            return row
        self.left["auteurs", "deleted" if statut == "5poubelle" else "visitor"] += 1
        self._database.db.execute("INSERT INTO unread VALUES (?)", (read_number(row.get("id_auteur")) or 0,))
        return None

    def _dictionary(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        if not row.get("statut"):
            # Until version 0.4 of the plugin, this was a number.
            row["statut"] = b"actif" if read_number(row.get("actif")) else b"inactif"
        return row

    def _document(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        name = row.get("fichier") or b""
        if row.get("distant") != b"oui":
            row["fichier"] = name.removeprefix(b"IMG/")
        if not row.get("extension"):
            # SPIP 1.9 has a number there; the row that it refers to may come later in a dump.
            match = _EXTENSION.search(name.decode("latin-1"))
            number = row.pop("id_type", None)
            row["extension"] = match[1].lower().encode() if match else b"#" + number if number else b""
        if not row.get("media"):
            row["media"] = media_of(self._text(row["extension"])).encode()
        if row.get("mode") in (b"", None) or (row["mode"] == b"vignette" and "media" not in self._columns["documents"]):
            row["mode"] = b"image" if row["media"] == b"image" else b"document"
        # Up to SPIP 2.1, every document is public.
        row.setdefault("statut", b"publie")
        return row

    def _message(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None] | None:
        statut = self._text(row.get("statut"))
        if is_private(statut):
            self.left["forum", "private"] += 1
            return None
        return self._link(message_row(row, statut, self.message_statuses))

    def _link(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        row["objet"] = own_name(row.get("objet") or b"")
        return row

    def _url(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        row["type"] = own_name(row.get("type") or b"")
        if "segments" not in row:
            row["segments"] = str((row.get("url") or b"").count(b"/") + 1).encode()
        return row

    def _name_extensions(self, extensions: Mapping[str, str]) -> None:
        """Replace the type numbers of SPIP 1.9's documents with extensions."""
        for number, extension in extensions.items():
            self._database.db.execute(
                "UPDATE documents SET extension = ?, media = ? WHERE extension = ?",
                (extension, media_of(extension), f"#{number}"),
            )
        self._database.db.execute("UPDATE documents SET extension = '' WHERE extension LIKE '#%'")

    def _left(self) -> Iterator[Issue]:
        absent = [
            f"{table}.{column}"
            for table in sorted(set(WORKING_TABLES) & set(self._tables))
            for column in WORKING_TABLES[table]
            if column not in self._tables[table] and (table, column) in LATER
        ]
        if absent:
            yield Issue("column-absent", detail=", ".join(absent))
        for (table, column), rows in sorted(self._filled.items()):
            yield Issue("column-left", detail=f"{table}.{column} ({rows})")
        for table in sorted({table for table, _ in self.left}):
            if table in WORKING_TABLES:
                continue
            rows = sum(count for (name, _), count in self.left.items() if name == table)
            owner = owner_of(table)
            yield Issue(COUNTED.get(table, "table-left"), detail=f"{table} ({rows})" + (f" – {owner}" if owner else ""))


_PLACE_OF_KEY = {table: WORKING_TABLES[table].index(kind.key) for table, kind in KINDS_BY_TABLE.items()}
_CONVERSIONS: Mapping[
    str, Callable[[SpipReader, dict[str, bytes | None]], Mapping[str, bytes | None] | None]
] = {
    "meta": SpipReader._meta,
    "articles": SpipReader._article,
    "auteurs": SpipReader._author,
    "dictionnaires": SpipReader._dictionary,
    "documents": SpipReader._document,
    "forum": SpipReader._message,
    "auteurs_liens": SpipReader._link,
    "mots_liens": SpipReader._link,
    "documents_liens": SpipReader._link,
    "zones_liens": SpipReader._link,
    "urls": SpipReader._url,
}  # fmt: skip


def _object(table: str, row: Mapping[str, bytes | None]) -> tuple[str, int]:
    """Return the kind and the number of the object in a row, as far as they are known."""
    kind = KINDS_BY_TABLE.get(table)
    return (kind.name, read_number(row.get(kind.key)) or 0) if kind else (table, 0)
