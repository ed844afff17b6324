"""What a migration did and what it could not do: collected flat, read in an order of its own.

A run that was killed and taken up again must give the same bytes, so nothing here depends on time or on the order in
which pages were made.
"""

from __future__ import annotations

import re
import sqlite3
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from spipconv import diagnostics
from spipconv.diagnostics import Severity

# The file beside report.json that has every remark.
REMARKS = "remarks.jsonl"
# Of one code, or of one list, in report.json; the other file has all.
MOST_EXAMPLES = 1000
# Characters of what a remark is about: a whole page of markup tells no more than its beginning.
MOST_DETAIL = 300
SEVERITIES: tuple[Severity, ...] = ("loss", "change", "info")
# The code of what failed because of an error of spipconv's own.
FAILED = "object-failed"
# Codes by what a reader of the report looks for.
LINK_CODES = ("link-unresolved", "link-unpublished", "link-old-page", "object-not-found")
DOCUMENT_CODES = ("document-not-found", "file-missing", "file-unreadable", "file-refused", "file-run-by-target")
MODEL_CODES = ("unknown-model",)
ENCODING_CODES = ("encoding-repaired", "encoding-doubtful")

_SUMMARY_COLUMNS = 100
_SUMMARY_LINES = 40
_AT_ONCE = 1000
_ORDER = 'code, kind, number, field, line, "column", detail, page'
_UNREADABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MODEL_NAME = re.compile(r"<?\s*([\w-]+?)(\d*)(?=[|>\s]|$)")


class Remark(Struct, frozen=True, gc=False, omit_defaults=True):
    """One remark: what kind of thing (``code``), where from (an object's field, or the base), and what about it.

    ``line`` and ``column`` count from 1 in the field's text; 0: the remark is on the whole. ``page`` is the
    address of the page that it concerns, or empty.
    """

    code: str
    kind: str = ""
    number: int = 0
    field: str = ""
    line: int = 0
    column: int = 0
    detail: str = ""
    page: str = ""


# Codes of migration, beside those of spipconv.diagnostics.CODES: severity and a sentence in English and French.
CODES: dict[str, tuple[Severity, str, str]] = {
    FAILED: (
        "loss",
        "an error in spipconv itself stopped this: please report it; the raw text is in .spipconv/failed",
        "une erreur de spipconv même l’a arrêté : merci de la signaler ; le texte brut est dans .spipconv/failed",
    ),
    "value-refused": (
        "loss",
        "this value is not one that its column can have: read as absent",
        "cette valeur ne peut pas être celle de sa colonne : lue comme absente",
    ),
    "text-too-long": (
        "loss",
        "this text is longer than any that is migrated: left out; what could be read of it is in .spipconv/failed",
        "ce texte dépasse la longueur maximale : non repris ; ce qui a pu en être lu est dans .spipconv/failed",
    ),
    "row-repeated": (
        "loss",
        "several rows have this number: the last one is migrated, the raw text of the others is in .spipconv/failed",
        "plusieurs lignes portent ce numéro : la dernière est reprise, le texte des autres est dans .spipconv/failed",
    ),
    "row-unnumbered": (
        "loss",
        "a row without a number: not migrated; its raw text is in .spipconv/failed",
        "une ligne sans numéro : non reprise ; son texte brut est dans .spipconv/failed",
    ),
    "encoding-repaired": (
        "change",
        "the text was in another encoding, or encoded twice: put right",
        "le texte était dans un autre codage, ou codé deux fois : rétabli",
    ),
    "encoding-doubtful": (
        "change",
        "the text looks encoded twice, but setting it right could not be undone: left as it is",
        "le texte semble codé deux fois, mais la réparation ne serait pas réversible : laissé tel quel",
    ),
    "redirect-contested": (
        "change",
        "several objects have had this address: it leads to the last of them",
        "plusieurs objets ont eu cette adresse : elle mène au dernier",
    ),
    "redirect-shadowed": (
        "change",
        "this old address is now another page's own: it leads there",
        "cette ancienne adresse est maintenant celle d’une autre page : elle y mène",
    ),
    "redirect-broken": (
        "loss",
        "this redirection leads to a page or a file that is not there",
        "cette redirection mène à une page ou à un fichier absents",
    ),
    "redirect-chained": (
        "change",
        "this redirection leads to another old address of the site",
        "cette redirection mène à une autre ancienne adresse du site",
    ),
    "redirect-home": (
        "change",
        "this redirection leads to the front page, which is another page",
        "cette redirection mène à la page d’accueil, qui est une autre page",
    ),
    "redirect-endless": (
        "loss",
        "these redirections lead to each other: none is kept",
        "ces redirections mènent l’une à l’autre : aucune n’est gardée",
    ),
    "redirect-unkept": (
        "change",
        "this object has had more addresses than are kept",
        "cet objet a eu plus d’adresses qu’on n’en garde",
    ),
    "files-left": (
        "loss",
        "no folder IMG was named (--img): the files are not copied",
        "aucun dossier IMG n’a été indiqué (--img) : les fichiers ne sont pas copiés",
    ),
    "link-empty": (
        "change",
        "a link to nowhere: its words are kept",
        "un lien vers nulle part : son texte est gardé",
    ),
    "column-absent": (
        "info",
        "this version of SPIP did not have these yet",
        "cette version de SPIP ne les avait pas encore",
    ),
    "file-missing": (
        "loss",
        "the file of this document is not there",
        "le fichier de ce document est absent",
    ),
    "file-refused": (
        "loss",
        "a file that a browser or a server would run: not copied",
        "un fichier qu’un navigateur ou un serveur exécuterait : non copié",
    ),
    "file-run-by-target": (
        "loss",
        "a file that the new system would run, decode or leave out: not copied",
        "un fichier que le nouveau système exécuterait, décoderait ou laisserait de côté : non copié",
    ),
    "language-refused": (
        "change",
        "this is not a language’s code: read as absent",
        "ce n’est pas un code de langue : lu comme absent",
    ),
    "file-unreadable": (
        "loss",
        "this file cannot be read: not copied",
        "ce fichier est illisible : non copié",
    ),
    "picture-cleaned": (
        "change",
        "a drawing that held a script or something unknown: copied without it",
        "un dessin qui contenait un script ou un élément inconnu : copié sans lui",
    ),
    "column-left": (
        "loss",
        "a column of a plugin or of an older version holds texts: they are not migrated",
        "une colonne d’un plugin ou d’une ancienne version contient des textes : ils ne sont pas migrés",
    ),
    "table-left": (
        "loss",
        "a plugin’s table: it is not migrated",
        "une table d’un plugin : elle n’est pas migrée",
    ),
    "petition-left": (
        "loss",
        "a petition: it is not migrated",
        "une pétition : elle n’est pas migrée",
    ),
    "link-unpublished": (
        "loss",
        "the link leads to something that visitors cannot see: it is left out, its words are kept",
        "le lien mène à un objet que les visiteurs ne voient pas : il est supprimé, ses mots sont gardés",
    ),
    "link-unresolved": (
        "loss",
        "nothing on the new site answers to this address: left as it is",
        "rien sur le nouveau site ne répond à cette adresse : laissée telle quelle",
    ),
    "link-old-page": (
        "loss",
        "the link leads to a page that only SPIP made: it is left out, its words are kept",
        "le lien mène à une page que seul SPIP produisait : il est supprimé, ses mots sont gardés",
    ),
    "access-restricted": (
        "loss",
        "a section that only some visitors could see: its texts are drafts now",
        "une rubrique réservée à certains visiteurs : ses textes sont maintenant des brouillons",
    ),
    "section-missing": (
        "change",
        "its section does not exist: it is put at the top of the site",
        "sa rubrique n’existe pas : l’objet est placé à la racine du site",
    ),
    "section-endless": (
        "change",
        "these sections contain each other: put at the top of the site",
        "ces rubriques se contiennent l’une l’autre : placées à la racine du site",
    ),
    "section-deep": (
        "change",
        "it is in more sections than an address can have: put at the top of the site",
        "elle est dans plus de rubriques qu’une adresse ne peut en avoir : placée à la racine du site",
    ),
    "date-missing": (
        "change",
        "it has no date",
        "il n’y a pas de date",
    ),
    "original-missing": (
        "change",
        "the article that this one translates does not exist or is not published",
        "l’article que celui-ci traduit n’existe pas ou n’est pas publié",
    ),
    "comment-orphaned": (
        "loss",
        "the page of this message does not exist or is not published: left out",
        "la page de ce message n’existe pas ou n’est pas publiée : non repris",
    ),
    "comment-moved": (
        "change",
        "the message that it answers is not shown: it hangs below the nearest one that is",
        "le message auquel il répond n’est pas affiché : rattaché au plus proche qui l’est",
    ),
    "slug-changed": (
        "info",
        "another page has this name: the number is added",
        "une autre page porte ce nom : le numéro est ajouté",
    ),
    "user-file-kept": (
        "loss",
        "this file was changed since the last run: not overwritten (--force overwrites)",
        "ce fichier a été modifié depuis le dernier passage : non écrasé (--force l’écrase)",
    ),
    "syndicated-left": (
        "info",
        "articles of other sites’ feeds are not migrated",
        "les articles syndiqués d’autres sites ne sont pas migrés",
    ),
    "private-left": (
        "info",
        "private messages, e-mail addresses and logins are not migrated",
        "messages privés, adresses électroniques et identifiants ne sont pas migrés",
    ),
    "signature-left": (
        "info",
        "names of signatories are personal: not migrated",
        "les noms des signataires sont personnels : non migrés",
    ),
}


_KINDS = {
    "": ("base", "base"),
    "article": ("articles", "articles"),
    "rubrique": ("sections", "rubriques"),
    "breve": ("news items", "brèves"),
    "site": ("sites", "sites"),
    "auteur": ("authors", "auteurs"),
    "mot": ("keywords", "mots-clés"),
    "groupe": ("keyword groups", "groupes de mots"),
    "document": ("documents", "documents"),
    "forum": ("messages", "messages"),
    "home": ("front page", "page d’accueil"),
    "file": ("files", "fichiers"),
    "redirect": ("redirects", "redirections"),
    "messages": ("private messages", "messages privés"),
    "petitions": ("petitions", "pétitions"),
    "signatures": ("signatures", "signatures"),
    "syndic_articles": ("syndicated items", "articles syndiqués"),
}
_ONE = {
    "article": ("article", "article"),
    "rubrique": ("section", "rubrique"),
    "breve": ("news item", "brève"),
    "site": ("site", "site"),
    "auteur": ("author", "auteur"),
    "mot": ("keyword", "mot-clé"),
    "groupe": ("keyword group", "groupe de mots"),
    "document": ("document", "document"),
    "forum": ("message", "message"),
    "home": ("front page", "page d’accueil"),
}
_TALLIES = {
    "read": ("read", "lus"),
    "written": ("written", "écrits"),
    "left": ("left", "non repris"),
    "file": ("files", "fichiers"),
    "redirect": ("redirects", "redirections"),
    "copied": ("copied", "copiés"),
    "refused": ("refused", "refusés"),
    "missing": ("missing", "absents"),
    "unreadable": ("unreadable", "illisibles"),
    "cleaned": ("cleaned", "nettoyés"),
    "pages": ("pages", "pages"),
    "paths": ("old paths", "anciens chemins"),
    "article": ("redirecting articles", "articles de redirection"),
}
_SEVERITY_WORDS = {
    "loss": (("loss", "losses"), ("perte", "pertes")),
    "change": (("change", "changes"), ("changement", "changements")),
    "info": (("note", "notes"), ("remarque", "remarques")),
}


def is_french(language: str) -> bool:
    """Tell whether people are told in French; otherwise they are in English."""
    return language.lower().startswith("fr")


def severity(code: str) -> Severity:
    """Return how much a code, of migration or of the parser, matters."""
    return CODES[code][0] if code in CODES else diagnostics.CODES[code][0]


def message(code: str, language: str) -> str:
    """Return a sentence for people: French if ``language`` is, else English."""
    return (CODES if code in CODES else diagnostics.CODES)[code][2 if is_french(language) else 1]


def kind_words(kind: str, language: str, *, is_one: bool = False) -> str:
    """Return what people call a kind of objects; a kind that has no such words is its own name."""
    return (_ONE if is_one else _KINDS).get(kind, (kind, kind))[is_french(language)]


def tally_words(what: str, language: str) -> str:
    """Return what people call a tally (``read``, ``written`` …) or one of its parts."""
    return _TALLIES.get(what, (what, what))[is_french(language)]


def severity_words(severity: Severity, language: str, number: int = 2) -> str:
    """Return what people call so many remarks of a severity."""
    french = is_french(language)
    return _SEVERITY_WORDS[severity][french][number > 1 if french else number != 1]


class Recall(Struct, frozen=True):
    """How many of the words that an object's source has are on its page."""

    kind: str
    number: int
    page: str
    source_words: int
    kept_words: int

    @property
    def share(self) -> float:
        """The kept share, rounded down: only a page that kept every word has 1."""
        return share(self.source_words, self.kept_words)


class Subject(Struct, frozen=True):
    """One thing that remarks name (an address, a file, a model), and how often."""

    code: str
    detail: str
    count: int


def share(words: int, kept: int) -> float:
    """Return a share of words, rounded down to a hundredth of a per cent."""
    return 1.0 if kept >= words else kept * 10_000 // words / 10_000


class Report:
    """All remarks and tallies of one run; one process adds to it. It keeps no more than a few pages in memory.

    ``spool`` is a file that lasts as long as the report (an existing one is overwritten); without it SQLite takes a
    temporary one.
    """

    def __init__(self, spool: Path | None = None) -> None:
        if spool is not None:
            spool.unlink(missing_ok=True)
        # An empty name is a private temporary file, which SQLite removes.
        self._db = sqlite3.connect(spool or "", isolation_level=None)
        self._db.executescript(
            """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; BEGIN;
            CREATE TABLE remarks (
                code TEXT, kind TEXT, number INTEGER, field TEXT, line INTEGER, "column" INTEGER, detail TEXT, page TEXT
            );
            CREATE TABLE recalls (kind TEXT, number INTEGER, page TEXT, source_words INTEGER, kept_words INTEGER);"""
        )
        self._codes: Counter[str] = Counter()
        self._tallies: dict[str, Counter[str]] = {}
        self._words = [0, 0, 0]
        self._remarks: list[tuple[str | int, ...]] = []
        self._recalls: list[tuple[str | int, ...]] = []

    def add(self, *remarks: Remark) -> None:
        """Add remarks. Raises KeyError for a code that neither table has."""
        for remark in remarks:
            severity(remark.code)
            self._codes[remark.code] += 1
            self._remarks.append(
                (
                    remark.code, readable(remark.kind), remark.number, readable(remark.field),
                    remark.line, remark.column, readable(remark.detail), readable(remark.page),
                )
            )  # fmt: skip
        if len(self._remarks) >= _AT_ONCE:
            self._flush()

    def count(self, what: str, kind: str, number: int = 1) -> None:
        """Add to a tally: (``read``, ``article``), (``left``, ``forum``), (``file``, ``copied``) …"""
        self._tallies.setdefault(readable(what), Counter())[readable(kind)] += number

    def recall(self, kind: str, number: int, page: str, source_words: int, kept_words: int) -> None:
        """Say how many of an object's words are on its page. Only a page that lost words is kept by itself."""
        kept_words = min(kept_words, source_words)
        self._words[0] += 1
        self._words[1] += source_words
        self._words[2] += kept_words
        if kept_words < source_words:
            self._recalls.append((readable(kind), number, readable(page), source_words, kept_words))
            if len(self._recalls) >= _AT_ONCE:
                self._flush()

    @property
    def has_failures(self) -> bool:
        """Whether an error of spipconv's own stopped some object."""
        return self._codes[FAILED] > 0

    @property
    def has_losses(self) -> bool:
        """Whether any remark says that something is gone."""
        return self.totals["loss"] > 0

    @property
    def totals(self) -> dict[Severity, int]:
        """The number of remarks of each severity."""
        found = dict.fromkeys(SEVERITIES, 0)
        for code, number in self._codes.items():
            found[severity(code)] += number
        return found

    @property
    def codes(self) -> dict[str, int]:
        """The number of remarks of each code: losses first, then the most frequent."""
        return dict(
            sorted(self._codes.items(), key=lambda item: (SEVERITIES.index(severity(item[0])), -item[1], item[0]))
        )

    @property
    def tallies(self) -> dict[str, dict[str, int]]:
        """What was counted, in the order of ``tally_words`` and of kinds, then by name."""
        return {
            what: {kind: self._tallies[what][kind] for kind in _ordered(self._tallies[what], [*_KINDS, *_TALLIES])}
            for what in _ordered(self._tallies, _TALLIES)
        }

    @property
    def words(self) -> tuple[int, int, int]:
        """All pages whose words were counted, the words of their sources, and those kept."""
        return self._words[0], self._words[1], self._words[2]

    def remarks(self, code: str, most: int = -1) -> Iterator[Remark]:
        """Yield the remarks of a code by kind, number and place, all or the first ones."""
        return self._read("WHERE code = ?", (code, most))

    def lines(self) -> Iterator[bytes]:
        """Yield every remark with its severity as a line of JSON, sorted: none is left out."""
        for remark in self._read("", (-1,)):
            yield b'{"severity":"%s",%s\n' % (severity(remark.code).encode(), msgspec.json.encode(remark)[1:])

    def recalls(self, most: int = -1) -> Iterator[Recall]:
        """Yield the pages that lost words, the lowest share first."""
        self._flush()
        order = "kept_words * 1.0 / source_words, kept_words - source_words, kind, number, page, source_words"
        for row in self._db.execute(f"SELECT * FROM recalls ORDER BY {order} LIMIT ?", (most,)):
            yield Recall(*row)

    @property
    def pages_below(self) -> int:
        """The number of pages that lost words."""
        self._flush()
        return int(self._db.execute("SELECT COUNT(*) FROM recalls").fetchone()[0])

    def subjects(self, codes: Iterable[str], most: int = -1) -> Iterator[Subject]:
        """Yield what the remarks of these codes are about, the most frequent first."""
        self._flush()
        chosen = tuple(codes)
        marks = ", ".join("?" * len(chosen))
        rows = self._db.execute(
            f"SELECT code, detail, COUNT(*) AS found FROM remarks WHERE code IN ({marks}) "
            "GROUP BY code, detail ORDER BY found DESC, code, detail LIMIT ?",
            (*chosen, most),
        )
        for row in rows:
            yield Subject(*row)

    def unknown_models(self) -> dict[str, int]:
        """Return the models that nobody knows, by name, the most frequent first."""
        found: Counter[str] = Counter()
        for subject in self.subjects(MODEL_CODES):
            name = _MODEL_NAME.match(subject.detail)
            found[name[1] if name else subject.detail] += subject.count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def to_json(self) -> bytes:
        """Return report.json: whole tallies, at most ``MOST_EXAMPLES`` places a code, every page that lost words."""
        pages, source_words, kept_words = self.words
        remarks = [
            {
                "code": code,
                "severity": severity(code),
                "message": message(code, "en"),
                "count": number,
                "places": [_place(remark) for remark in self.remarks(code, MOST_EXAMPLES)],
            }
            for code, number in self.codes.items()
        ]
        recall = {
            "pages": pages,
            "source_words": source_words,
            "kept_words": kept_words,
            "share": share(source_words, kept_words),
            "pages_below": self.pages_below,
            "below": [{**msgspec.to_builtins(one), "share": one.share} for one in self.recalls()],
        }
        content = {
            "version": 1,
            "counts": self.tallies,
            "totals": self.totals,
            "all_remarks": REMARKS,
            "remarks": remarks,
            "links": list(self.subjects(LINK_CODES, MOST_EXAMPLES)),
            "documents": list(self.subjects(DOCUMENT_CODES, MOST_EXAMPLES)),
            "unknown_models": self.unknown_models(),
            "encodings": list(self.subjects(ENCODING_CODES, MOST_EXAMPLES)),
            "recall": recall,
        }
        return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"

    def close(self) -> None:
        self._db.close()

    def _read(self, condition: str, values: tuple[str | int, ...]) -> Iterator[Remark]:
        self._flush()
        self._db.execute(f"CREATE INDEX IF NOT EXISTS ordered ON remarks ({_ORDER})")
        for row in self._db.execute(
            f"SELECT * FROM remarks {condition} ORDER BY {_ORDER} LIMIT ?",
            values,
        ):
            yield Remark(*row)

    def _flush(self) -> None:
        if self._remarks:
            self._db.executemany("INSERT INTO remarks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._remarks)
            self._remarks.clear()
        if self._recalls:
            self._db.executemany("INSERT INTO recalls VALUES (?, ?, ?, ?, ?)", self._recalls)
            self._recalls.clear()


def summary(report: Report, language: str) -> str:
    """Return what a run did as plain text for a terminal: at most 40 lines of 100 columns."""
    french = is_french(language)
    lines = _tables(report, language)
    totals = report.totals
    words = ", ".join(
        f"{grouped(totals[one], language)} {severity_words(one, language, totals[one])}" for one in SEVERITIES
    )
    pages, source_words, kept_words = report.words
    if pages:
        kept = per_cent(share(source_words, kept_words), language)
        lines += ["", f"mots gardés : {kept}" if french else f"words kept: {kept}"]
    lines += ["", words]
    codes = list(report.codes.items())
    room = max(_SUMMARY_LINES - len(lines), 1)
    shown = codes if len(codes) <= room else codes[: room - 1]
    width = max((len(code) for code, _ in shown), default=0)
    number_width = max((len(grouped(number, language)) for _, number in shown), default=0)
    for code, number in shown:
        line = f"{grouped(number, language):>{number_width}}  {code:<{width}}  {message(code, language)}"
        indent = line[: number_width + width + 4]
        lines.append(indent + textwrap.shorten(line[len(indent) :], _SUMMARY_COLUMNS - len(indent), placeholder=" …"))
    if len(shown) < len(codes):
        rest = len(codes) - len(shown)
        lines.append(
            f"et {rest} autres sortes : voir le rapport" if french else f"and {rest} more kinds: see the report"
        )
    return "\n".join(lines) + "\n"


def in_and_out(report: Report) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Return the tallies of what was read and what became of it, as a table: its columns, and a row a kind."""
    tallies = report.tallies
    columns: list[str] = [what for what in ("read", "written", "left") if what in tallies]
    kinds = _ordered({kind for what in columns for kind in tallies[what]}, _KINDS)
    return columns, [(kind, [tallies[what].get(kind, 0) for what in columns]) for kind in kinds]


def _tables(report: Report, language: str) -> list[str]:
    columns, rows = in_and_out(report)
    cells = [["", *(tally_words(what, language) for what in columns)]] if rows else []
    cells += [[kind_words(kind, language), *(grouped(one, language) for one in numbers)] for kind, numbers in rows]
    # The terminal's table is cut before the losses are: see the report for a site with many kinds.
    cells = cells[: _SUMMARY_LINES // 2]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    for what, parts in report.tallies.items():
        if what not in columns:
            said = ", ".join(
                f"{grouped(number, language)} {tally_words(part, language)}" for part, number in parts.items()
            )
            label = tally_words(what, language)
            lines.append(textwrap.shorten(f"{label}{' :' if is_french(language) else ':'} {said}", _SUMMARY_COLUMNS))
    return lines


def _place(remark: Remark) -> dict[str, str | int]:
    place: dict[str, str | int] = msgspec.to_builtins(remark)
    del place["code"]
    return place


def readable(text: str) -> str:
    """Return text that any file can hold: stray bytes of names as Latin-1, and no whole page of markup."""
    if len(text) > MOST_DETAIL:
        text = text[:MOST_DETAIL] + "…"
    return text if text.isprintable() else _UNREADABLE.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    byte = ord(found[0]) - 0xDC00
    return chr(byte) if 0xA0 <= byte <= 0xFF else "\ufffd"


def _ordered(names: Iterable[str], first: Iterable[str]) -> list[str]:
    places = {name: place for place, name in enumerate(first)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def grouped(number: int, language: str) -> str:
    """Return a whole number as people write it: 12,345 or 12 345."""
    return f"{number:,}".replace(",", "\u202f") if is_french(language) else f"{number:,}"


def per_cent(part: float, language: str) -> str:
    """Return a share as people write it: 99.8 % is not 100 %."""
    return f"{part * 100:.2f}".replace(".", ",") + "\u00a0%" if is_french(language) else f"{part * 100:.2f}%"
