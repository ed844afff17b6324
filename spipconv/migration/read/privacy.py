"""Remove people's e-mail addresses from the working database: in names, in links to mailboxes and in old addresses.

The text of an author or a visitor is not changed; these are fields in which an address stands for a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape
from unicodedata import normalize

from spipconv.migration.read.database import WorkingDatabase

# Domains and mailboxes may be in any script, so Unicode letters are intended.
_LOCAL = r"""(?<![^\s<>()\[\]{}"',;:@＠&%])(?P<local>[^\s<>()\[\]{}"',;:@＠&%]++)"""
_AT = r"\s*+(?:[@＠]|%40|[\[({]\s*+(?:at|arobase|chez)\s*+[\])}])\s*+"
_DOMAIN = r"[\w-]++(?:\s*+(?:[.。]|[\[({]\s*+(?:dot|point)\s*+[\])}])\s*+[\w-]++)+"
_ADDRESS = re.compile(rf"(?:mailto:\s*+)?{_LOCAL}{_AT}{_DOMAIN}", re.IGNORECASE)
_EDGES = " \t\r\n\u00a0<>()[]{}\"'«»“”,;:|/-–—"
# SPIP keeps the letters and digits of a title in an address.
_NO_LETTERS = re.compile(r"[\W_]+")


def without_emails(name: str) -> str:
    """Return a name without e-mail addresses; a name that is only an e-mail address becomes the part before the @."""
    text = unescape(name) if "&" in name else name
    found = _ADDRESS.search(text)
    if found is None:
        return name
    rest = _ADDRESS.sub(" ", text).strip(_EDGES)
    return " ".join(rest.split()) or found["local"]


def with_locals(text: str) -> str:
    """Return text with every e-mail address replaced by the part before the @, for file names."""
    return _ADDRESS.sub(lambda found: found["local"], text)


def has_email(text: str) -> bool:
    """Return whether a text contains an e-mail address."""
    return _ADDRESS.search(unescape(text)) is not None


def is_email(text: str) -> bool:
    """Return whether a text is an e-mail address and nothing else."""
    return _ADDRESS.fullmatch(unescape(text).strip(_EDGES)) is not None


def hide_emails(database: WorkingDatabase) -> None:
    """Remove people's e-mail addresses from the fields of the working database that name a person."""
    hidden: dict[int, list[str]] = {}
    for number, name in database.db.execute("SELECT id_auteur, nom FROM auteurs").fetchall():
        folded = [_fold(found[0]) for found in _ADDRESS.finditer(unescape(name))]
        if folded:
            hidden[number] = folded
    for table in ("auteurs", "forum"):
        columns = {"nom": without_emails, "auteur": without_emails, "nom_site": without_emails, "url_site": _site}
        present = [column for column in columns if column in _columns(database, table)]
        for column in present:
            _change(database, table, column, columns[column])
    _change(database, "auteurs", "url_propre", lambda path: "" if has_email(path) else path)
    for number, folded in hidden.items():
        _forget(database, number, folded)
    _remove_addresses(
        database, [row for row, url in database.db.execute("SELECT rowid, url FROM urls").fetchall() if has_email(url)]
    )
    database.db.commit()


def _site(address: str) -> str:
    """Return the address of a person's site, or an empty string if it is a mailbox."""
    scheme, colon, _ = address.strip().partition(":")
    is_mail = bool(colon) and scheme.lower() == "mailto"
    return "" if is_mail or ("//" not in address and has_email(address)) else address


def _forget(database: WorkingDatabase, number: int, folded: Iterable[str]) -> None:
    """Remove old addresses of an author that were made from an e-mail address."""
    rows = database.db.execute(
        "SELECT rowid, url FROM urls WHERE type = 'auteur' AND id_objet = ?", (number,)
    ).fetchall()
    _remove_addresses(database, [row for row, url in rows if any(one in _fold(url) for one in folded)])
    (path,) = database.db.execute("SELECT max(url_propre) FROM auteurs WHERE id_auteur = ?", (number,)).fetchone()
    if any(one in _fold(path) for one in folded):
        database.db.execute("UPDATE auteurs SET url_propre = '' WHERE id_auteur = ?", (number,))


def _remove_addresses(database: WorkingDatabase, rows: list[int]) -> None:
    database.db.executemany("DELETE FROM urls WHERE rowid = ?", [(row,) for row in rows])
    database.left["urls", "personal"] += len(rows)


def _fold(text: str) -> str:
    return _NO_LETTERS.sub("", normalize("NFKD", unescape(text)).casefold())


def _columns(database: WorkingDatabase, table: str) -> set[str]:
    return {row[1] for row in database.db.execute(f"PRAGMA table_info({table})")}


def _change(database: WorkingDatabase, table: str, column: str, change: Callable[[str], str]) -> None:
    rows = database.db.execute(
        f"SELECT rowid, {column} FROM {table} WHERE {column} GLOB '*[@＠&%({{[]*' OR {column} LIKE '%mailto%'"
    ).fetchall()
    changed = [(new, row) for row, text in rows if (new := change(text)) != text]
    database.db.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changed)
