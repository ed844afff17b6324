"""SPIP's tables from 1.9 to 4.4, told by their shape, to the rows of the working base.

Only the columns named here are ever read: personal and secret ones (e-mail and IP addresses, logins, passwords,
private messages and forums) are not among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from spipconv.migration.kinds import KINDS_BY_NAME, KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.read.database import (
    DATES,
    GREATEST,
    LONG,
    LONGEST_TEXT,
    LONGEST_TITLE,
    NUMBERS,
    WORKING_TABLES,
    WorkingDatabase,
)
from spipconv.migration.read.encoding import Decoder
from spipconv.migration.read.raw_texts import RAW_TEXT_FOLDER, raw_fields, raw_path, written_out
from spipconv.migration.read.sources import BadSource, SpipSource, TooLong
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue

# Tables that every SPIP has.
_ALWAYS = ("articles", "rubriques", "auteurs")
_SETTINGS = frozenset(
    """adresse_site charset descriptif_site langue_site langues_multilingue langues_utilisees nom_site post_dates
    slogan_site type_urls version_installee""".split()
)
# Tables of links until 2.1, one for each kind of object, with the column that names it.
_OLD_LINKS = {
    f"{links}_{kind.table}": (links, kind.name, kind.key)
    for links in ("auteurs", "mots", "documents")
    for kind in OBJECT_KINDS.values()
    if kind.has_link_tables
}
_OLD_LINKS["zones_rubriques"] = ("zones", "rubrique", OBJECT_KINDS["rubrique"].key)
_LINK_KEYS = {"zones": "id_zone", "auteurs": "id_auteur", "mots": "id_mot", "documents": "id_document"}
# Columns of SPIP's own that no reader of the site sees, or that are personal.
_UNSEEN = frozenset(
    """accepter_forum alea_actuel alea_futur articles auteur backup_cles breves brise bio comite contenu cookie_oubli
    date date_index date_modif date_publication date_syndic date_thread date_tmp duree edition email email_auteur
    en_ligne export forum htpass id_import id_groupe id_secteur id_thread id_type id_version idx imessage
    inclus ip lang langue_choisie login low_sec maj messagerie minirezo miroir moderation oubli obligatoire pass pgp
    popularite prefs profondeur referers resume rubriques source statut statut_tmp syndic syndication
    tables_liees type unseul vu visites webmestre date_redac mode_upload""".split()
)
# Tables that hold nothing that a visitor reads, and those that have a remark of their own.
_UNREAD = frozenset(
    """articles auteurs auteurs_messages breves caches contextes_aides depots depots_plugins documents forum
    groupes_mots index index_articles index_auteurs index_breves index_dico index_documents index_forum index_mots
    index_rubriques index_signatures index_syndic jobs jobs_liens messages meta mots mots_groupes_mots mots_messages
    ortho_cache ortho_dico paquets petitions plugins recherches referers referers_articles resultats rubriques
    signatures statistiques stats_cache syndic syndic_articles test tickets types_documents urls urls_liens versions
    versions_fragments visites visites_articles visites_temp zones_auteurs mots_liens
    auteurs_liens documents_liens plugin_versions""".split()
) | frozenset(_OLD_LINKS)
_COUNTED = {
    "syndic_articles": "syndicated-left",
    "signatures": "signature-left",
    "messages": "private-left",
    "petitions": "petition-left",
}
# Columns that came with later versions, and whose lack a reader of the new site may notice.
_LATER = frozenset({("documents", "alt"), ("documents", "credits"), ("documents_liens", "rang_lien")})
# Rows that wait to be written together, and the bytes of all that wait.
_MOST_WAITING = 500
_MOST_WEIGHT = 1 << 24
_DATE = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?")
_NUMBER = re.compile(rb"\s*\+?0*([0-9]{1,15})\s*")
# A refused value that may be shown: what else stands in such a column may be personal.
_SHOWABLE = re.compile(r"[0-9eE+.:xX\s'-]{1,40}")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,10})\Z")
_MEDIA = {
    "image": "jpg jpeg jpe png gif svg svgz webp bmp tif tiff ico avif",
    "audio": "mp3 ogg oga wav mid aac flac m4a wma aif aiff opus",
    "video": "mp4 m4v ogv webm avi mov flv mpg mpeg wmv mkv 3gp",
}
_MEDIA_BY_EXTENSION = {extension: media for media, words in _MEDIA.items() for extension in words.split()}


def find_prefixes(source: SpipSource) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the tables with their columns of every SPIP in a base, by its prefix."""
    found: dict[str, tuple[str, ...]] = {}

    def note(name: str, columns: tuple[str, ...]) -> None:
        found[name] = columns

    for _ in source.read(note):
        pass
    prefixes = [name.removesuffix("_articles") for name in found if name.endswith("_articles")]
    return {
        prefix: {name[len(prefix) + 1 :]: columns for name, columns in found.items() if name.startswith(f"{prefix}_")}
        for prefix in prefixes
        if all(f"{prefix}_{table}" in found for table in _ALWAYS)
    }


def choose_prefix(source: SpipSource, wanted: str) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    """Return the prefix of the SPIP to read, and its tables; ``wanted`` may be empty where there is only one.

    Raises BadSource where there is none, or several and none was named.
    """
    found = find_prefixes(source)
    names = ", ".join(sorted(found))
    if wanted:
        if wanted.rstrip("_") in found:
            return wanted.rstrip("_"), found[wanted.rstrip("_")]
        raise BadSource(f"{source.name}: no SPIP with the prefix {wanted} in it; it has: {names or 'none'}")
    if not found:
        raise BadSource(f"{source.name}: this is no SPIP base (it has no tables …_articles, …_rubriques and …_auteurs)")
    if len(found) > 1:
        raise BadSource(f"{source.name}: several SPIPs are in it, say which by --prefix: {names}")
    return next(iter(found.items()))


def version_of(tables: Mapping[str, tuple[str, ...]]) -> str:
    """Return which SPIPs have tables of that shape: ``1.9``, ``2``, ``3`` or ``4``."""
    if "alt" in tables.get("documents", ()):
        return "4"
    if "mots_liens" in tables or "virtuel" in tables["articles"]:
        return "3"
    return "1.9" if "documents_articles" in tables or "id_type" in tables.get("documents", ()) else "2"


class SpipReader:
    """One reading of a source into the working base."""

    def __init__(
        self, source: SpipSource, database: WorkingDatabase, prefix: str, tables: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._source, self._database, self._prefix, self._tables = source, database, prefix, tables
        self._decoder = Decoder(source.charset)
        self._columns: dict[str, tuple[str, ...]] = {}
        self._filled: Counter[tuple[str, str]] = Counter()
        self._issues: list[Issue] = []
        # Rows of each table up to now, and the bytes of those that wait.
        self._places: Counter[str] = Counter()
        self._weight = 0
        # What is counted of what is left where it is: (what, statut or code) to rows.
        self.left: Counter[tuple[str, str]] = Counter()

    def run(self, progress: Callable[[int], None] = lambda rows: None) -> Iterator[Issue]:
        """Read everything; yield the remarks on it. ``progress`` is told of every thousand rows."""
        waiting: dict[str, list[tuple[str | int, ...]]] = {}
        extensions: dict[str, str] = {}
        for count, (name, row) in enumerate(self._source.read(self._choose), 1):
            table = name[len(self._prefix) + 1 :]
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
        self._database.db.commit()
        yield from self._left()

    def _choose(self, name: str, columns: tuple[str, ...]) -> tuple[str, ...] | None:
        if not name.startswith(self._prefix + "_"):
            return None
        table = name[len(self._prefix) + 1 :]
        if table in WORKING_TABLES:
            chosen = [*WORKING_TABLES[table], *_UNREAD_COLUMNS.get(table, ())]
            if table in KINDS_BY_TABLE and not KINDS_BY_TABLE[table].is_personal:
                chosen += [column for column in columns if column not in _UNSEEN and column not in chosen]
        elif table in _OLD_LINKS:
            links, _, key = _OLD_LINKS[table]
            chosen = [_LINK_KEYS[links], key, "vu"]
        elif table == "types_documents" and "id_type" in columns:
            chosen = ["id_type", "extension"]
        elif table in _COUNTED:
            chosen = ["statut"]
        elif table in _UNREAD:
            return None
        else:
            chosen = [columns[0]]
        present = tuple(column for column in chosen if column in columns)
        if table in _COUNTED and not present:
            present = (columns[0],)
        self._columns[table] = present
        return present or None

    def _converted(
        self, table: str, row: Mapping[str, bytes | None], extensions: dict[str, str]
    ) -> list[tuple[str, tuple[str | int, ...]]]:
        """Return the rows of the working base that a row gives: none where an internal error stops it."""
        self._places[table] += 1
        try:
            return list(self._convert(table, row, extensions))
        except Exception as error:
            if stops_the_run(error):
                raise
            kind, number = _object(table, row)
            self._issues.append(failure_issue(kind, number, f"{describe_error(error)}; {self._place(table)}"))
            self._keep(raw_path(kind, number), table, row)
            return []

    def _place(self, table: str) -> str:
        return f"{table}, row {self._places[table]}"

    def _keep(self, path: str, table: str, row: Mapping[str, bytes | None]) -> None:
        """Keep the texts of a row that gives no object, as far as they were for visitors."""
        kind = KINDS_BY_TABLE[table].name if table in KINDS_BY_TABLE else ""
        is_private = kind == "forum" and row.get("statut") not in (b"publie", b"prop")
        texts = {field: row.get(field) or b"" for field in (() if is_private else raw_fields(kind))}
        self._database.keep(
            path, written_out({field: text.decode("utf-8", "replace") for field, text in texts.items()})
        )

    def _convert(
        self, table: str, row: Mapping[str, bytes | None], extensions: dict[str, str]
    ) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        if table in _OLD_LINKS:
            links, kind, key = _OLD_LINKS[table]
            values = {_LINK_KEYS[links]: row.get(_LINK_KEYS[links]), "id_objet": row.get(key), "vu": row.get("vu")}
            if not (links == "documents" and _number(values["id_objet"]) == 0):
                yield from self._rows(f"{links}_liens", {**values, "objet": kind.encode()})
        elif table == "types_documents":
            extensions[self._text(row.get("id_type"))] = self._text(row.get("extension"))
        elif table not in WORKING_TABLES:
            self.left[table, self._text(row.get("statut")) if "statut" in row else ""] += 1
        else:
            convert = _CONVERSIONS.get(table)
            changed = convert(self, dict(row)) if convert else row
            if changed is not None:
                yield from self._rows(table, changed)

    def _rows(self, table: str, row: Mapping[str, bytes | None]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield a row of the working base; none where it has not the number by which it is found."""
        values = self._values(table, row)
        kind = KINDS_BY_TABLE.get(table)
        if kind is not None and not values[_PLACE_OF_KEY[table]]:
            self._issues.append(Issue("row-unnumbered", kind.name, detail=self._place(table)))
            self._keep(f"{RAW_TEXT_FOLDER}/{kind.name}-row-{self._places[table]}.txt", table, row)
        elif kind is not None or all(
            _number(row.get(column)) is not None for column in _MUST_NUMBERS.get(table, ()) if row.get(column)
        ):
            yield table, values

    def _values(self, table: str, row: Mapping[str, bytes | None]) -> tuple[str | int, ...]:
        """Return a row of the working base, its texts decoded; what no column can hold is absent, and remarked on."""
        columns = WORKING_TABLES[table]
        values: list[str | int] = []
        room = LONGEST_TEXT
        for column in columns:
            value = row.get(column)
            if not value:
                if type(value) is TooLong:
                    self._leave(table, row, column, value)
                values.append(0 if column in NUMBERS else "")
            elif column in NUMBERS:
                number = _number(value)
                if number is None:
                    self._refuse(table, row, column, value)
                values.append(number or 0)
            elif column in DATES:
                date = _date(value)
                if date is None:
                    self._refuse(table, row, column, value)
                values.append(date or "")
            else:
                size = len(value)
                room -= size
                if room < 0 or (size > LONGEST_TITLE and (size > LONGEST_TEXT or column not in LONG)):
                    self._leave(table, row, column, value)
                    room += size
                    values.append("")
                elif value.isascii():
                    values.append(value.decode("ascii").replace("\0", ""))
                else:
                    text, code = self._decoder.decode(value)
                    values.append(text)
                    if code:
                        self._issues.append(Issue(code, *_object(table, row), column))
        self._weight += LONGEST_TEXT - room
        for column, value in row.items():
            if column in columns or column in _UNSEEN:
                continue
            if (value and value.strip(b"0 -:.\r\n\t")) or type(value) is TooLong:
                self._filled[table, column] += 1
        return tuple(values)

    def _refuse(self, table: str, row: Mapping[str, bytes | None], column: str, value: bytes) -> None:
        shown = value[:41].decode("ascii", "replace")
        words = repr(shown) if _SHOWABLE.fullmatch(shown) else f"{len(value)} bytes"
        self._issues.append(
            Issue("value-refused", *_object(table, row), column, detail=f"{self._place(table)}: {words}")
        )

    def _leave(self, table: str, row: Mapping[str, bytes | None], column: str, value: bytes) -> None:
        """Leave out a text that is too long, and keep what of it is in memory."""
        kind, number = _object(table, row)
        size = value.size if isinstance(value, TooLong) else len(value)
        words = f"{size:,} bytes" if size else "too many bytes"
        self._issues.append(Issue("text-too-long", kind, number, column, detail=f"{self._place(table)}: {words}"))
        if value and column in raw_fields(kind):
            self._database.keep(f"{RAW_TEXT_FOLDER}/{kind}-{number}-{column}.txt", self._decoder.decode(value)[0])

    def _text(self, value: bytes | None) -> str:
        return self._decoder.decode(value)[0]

    def _meta(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None] | None:
        return row if self._text(row.get("nom")) in _SETTINGS else None

    def _article(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        chapo = row.get("chapo") or b""
        if "virtuel" not in row and chapo.startswith(b"="):
            row["virtuel"], row["chapo"] = chapo[1:].strip(), b""
        return row

    def _author(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None] | None:
        statut = self._text(row.get("statut"))
        if statut in ("0minirezo", "1comite"):
            return row
        self.left["auteurs", statut] += 1
        return None

    def _document(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        name = row.get("fichier") or b""
        if row.get("distant") != b"oui":
            row["fichier"] = name.removeprefix(b"IMG/")
        if not row.get("extension"):
            # 1.9 has a number there; what it stands for may come later in a dump.
            match = _EXTENSION.search(name.decode("latin-1"))
            number = row.pop("id_type", None)
            row["extension"] = match[1].lower().encode() if match else b"#" + number if number else b""
        if not row.get("media"):
            row["media"] = _media(self._text(row["extension"])).encode()
        if row.get("mode") in (b"", None) or (row["mode"] == b"vignette" and "media" not in self._columns["documents"]):
            row["mode"] = b"image" if row["media"] == b"image" else b"document"
        return row

    def _message(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None] | None:
        statut = self._text(row.get("statut"))
        if "objet" not in row:
            for kind in _KINDS_WITH_MESSAGES:
                number = _number(row.get(kind.key))
                if number:
                    row["objet"], row["id_objet"] = kind.name.encode(), str(number).encode()
                    break
        if statut.startswith("priv"):
            self.left["forum", statut] += 1
            return None
        if statut not in ("publie", "prop"):
            self.left["forum", statut] += 1
            # Its place in the thread is all that is needed of it.
            row.update(titre=b"", texte=b"", auteur=b"", nom_site=b"", url_site=b"", id_auteur=b"0")
        return self._link(row)

    def _link(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        row["objet"] = _own_name(row.get("objet") or b"")
        return row

    def _url(self, row: dict[str, bytes | None]) -> Mapping[str, bytes | None]:
        row["type"] = _own_name(row.get("type") or b"")
        if "segments" not in row:
            row["segments"] = str((row.get("url") or b"").count(b"/") + 1).encode()
        return row

    def _name_extensions(self, extensions: Mapping[str, str]) -> None:
        """Put the extensions of 1.9's documents in the place of the numbers of their types."""
        for number, extension in extensions.items():
            self._database.db.execute(
                "UPDATE documents SET extension = ?, media = ? WHERE extension = ?",
                (extension, _media(extension), f"#{number}"),
            )
        self._database.db.execute("UPDATE documents SET extension = '' WHERE extension LIKE '#%'")

    def _left(self) -> Iterator[Issue]:
        absent = [
            f"{table}.{column}"
            for table in sorted(set(WORKING_TABLES) & set(self._tables))
            for column in WORKING_TABLES[table]
            if column not in self._tables[table] and (table, column) in _LATER
        ]
        if absent:
            yield Issue("column-absent", detail=", ".join(absent))
        for (table, column), rows in sorted(self._filled.items()):
            yield Issue("column-left", detail=f"{table}.{column} ({rows})")
        for table in sorted({table for table, _ in self.left}):
            if table in ("auteurs", "forum"):
                continue
            rows = sum(count for (name, _), count in self.left.items() if name == table)
            yield Issue(_COUNTED.get(table, "table-left"), detail=f"{table} ({rows})")


_PLACE_OF_KEY = {table: WORKING_TABLES[table].index(kind.key) for table, kind in KINDS_BY_TABLE.items()}
_KINDS_WITH_MESSAGES = [kind for kind in OBJECT_KINDS.values() if kind.takes_messages]
# Without these a link or an address is that of nothing.
_MUST_NUMBERS = {
    table: tuple(column for column in columns if column.startswith("id_") and column != "id_parent")
    for table, columns in WORKING_TABLES.items()
    if table not in KINDS_BY_TABLE
}
# What is read besides the columns of the working base, because other versions say there what these say.
_UNREAD_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "documents": ("id_type",),
    "forum": tuple(kind.key for kind in _KINDS_WITH_MESSAGES),
}
_CONVERSIONS: Mapping[
    str, Callable[[SpipReader, dict[str, bytes | None]], Mapping[str, bytes | None] | None]
] = {
    "meta": SpipReader._meta,
    "articles": SpipReader._article,
    "auteurs": SpipReader._author,
    "documents": SpipReader._document,
    "forum": SpipReader._message,
    "auteurs_liens": SpipReader._link,
    "mots_liens": SpipReader._link,
    "documents_liens": SpipReader._link,
    "zones_liens": SpipReader._link,
    "urls": SpipReader._url,
}  # fmt: skip


def _object(table: str, row: Mapping[str, bytes | None]) -> tuple[str, int]:
    """Return the kind and the number of what a row is, as far as they are known."""
    kind = KINDS_BY_TABLE.get(table)
    return (kind.name, _number(row.get(kind.key)) or 0) if kind else (table, 0)


def _own_name(name: bytes) -> bytes:
    """Return a kind's own name for one of its names."""
    kind = KINDS_BY_NAME.get(name.decode("latin-1"))
    return kind.name.encode() if kind else name


def _number(value: bytes | None) -> int | None:
    """Return the number of a column, 0 for none; None for what is no number that it can have."""
    if not value:
        return 0
    match = _NUMBER.fullmatch(value)
    number = int(match[1]) if match else -1
    return number if 0 <= number <= GREATEST else None


def _date(value: bytes) -> str | None:
    """Return a date as SPIP writes it, also 0000-00-00 and one without its day; None for what is none."""
    # SPIP 3.2 stores some with quotes inside.
    match = _DATE.fullmatch(value.strip(b"' \t\r\n"))
    if match is None:
        return None
    text = match[0].decode("ascii")
    year, month, day = match.groups()
    if year == b"0000":
        return text
    # A year, or a month of a year, is a date too.
    whole = text if month != b"00" and day != b"00" else f"2000-{text[5:]}".replace("-00", "-01")
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return None
    return text


def _media(extension: str) -> str:
    """Return what SPIP takes files of an extension for: image, audio, video or file."""
    return _MEDIA_BY_EXTENSION.get(extension.lower(), "file")
