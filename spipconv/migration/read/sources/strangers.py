"""Files that are no base that can be read: their beginning comes in, what they are and what to do instead goes out."""

from __future__ import annotations

import re

_REMEDY = "give a .sqlite file, an SQL dump, an XML backup of SPIP or mysql://user@host/database"
_SIGNS = {
    rb"\*\* This file contains an SQLite 2": "is of SQLite 2; convert it: sqlite2 FILE .dump | sqlite3 NEW.sqlite",
    rb"PGDMP": "is an archive of pg_dump; make a text of it: pg_restore -f site.sql FILE",
    rb"(?:\s*<\?xml[^>]*>)?\s*(?:<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:pma_xml_export|mysqldump|resultset|database)\b": (
        "is a database as XML; export it as SQL"
    ),
    rb"(?:\s*<\?xml[^>]*>)?\s*<(?:!doctype html|html|head|body|table|tr|div)\b": (
        "is a web page, not a database; perhaps the download failed: open it in a browser to see what it says, or"
        " export the database as SQL"
    ),
    rb"\s*<\?php|\s*<\?=": f"is a PHP file, not a database; {_REMEDY}",
    rb"\s*<": f"is XML, but no backup of SPIP; {_REMEDY}",
    rb"[\"'`]?(?:id|titre|nom)_?\w*[\"'`]?[,;\t]": "is a table as CSV, not SQL; export the database as SQL",
    rb"\0{512}": "begins with zeros alone: an empty archive, or a copy that failed; copy it again",
    rb"\s*[\[{]": "is JSON, not SQL; export the database as SQL",
    rb"\x89PNG|\xff\xd8\xff|GIF8|%PDF|\xd0\xcf\x11\xe0": f"is a picture or a document, not a database; {_REMEDY}",
    rb"\xfe\x01|\xfe\xfe\x07": "is a file of a MySQL server's own folder; export the database with mysqldump",
}
_SHOWN = 20


def name_stranger(head: bytes) -> str:
    """Return a sentence on a file that is no base, without its name."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    for sign, sentence in _SIGNS.items():
        if re.match(sign, text, re.IGNORECASE):
            return sentence
    begin = text.lstrip()[:_SHOWN].decode("utf-8", "replace")
    return f"is no database that can be read: it begins with {begin!r}; {_REMEDY}"
