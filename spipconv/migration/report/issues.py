"""Issues of a migration: things that could not be kept as they were, each with a code, a place and a detail."""

from __future__ import annotations

import re

from msgspec import Struct

from spipconv.diagnostics import Severity, find_code
from spipconv.translations import mark, translate

# Length limit of a detail: a whole page of markup says no more than its beginning.
MOST_DETAIL = 300
SEVERITIES: tuple[Severity, ...] = ("loss", "change", "info")
# The code for objects that an internal error stopped.
FAILED = "object-failed"
# Codes grouped by what readers of the report look for.
LINK_CODES = ("link-unresolved", "link-unpublished", "link-old-page", "object-not-found", "anchor-missing")
DOCUMENT_CODES = ("document-not-found", "file-missing", "file-unreadable", "file-refused", "file-run-by-target")
MODEL_CODES = ("unknown-model",)
ENCODING_CODES = ("encoding-repaired", "encoding-doubtful")

_UNREADABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Issue(Struct, frozen=True, gc=False, omit_defaults=True):
    """An issue: its kind (``code``), its place (an object's field, or the database), and its detail.

    ``line`` and ``column`` count from 1 in the text of the field; 0: the issue is with the whole. ``page`` is the
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


# Codes of migration, in addition to those of diagnostics: the severity, and a sentence, shown after the detail.
ISSUE_CODES: dict[str, tuple[Severity, str]] = {
    FAILED: (
        "loss",
        mark("an internal error of spipconv stopped this: please report it; the raw text is in .spipconv/failed"),
    ),
    "value-refused": ("loss", mark("invalid value for this column: treated as missing")),
    "text-too-long": (
        "loss",
        mark("this text is too long to be migrated: left out, and kept as it is in .spipconv/failed"),
    ),
    "articles-missing": (
        "loss",
        mark("the source has no articles, not even an empty table of them: none is migrated"),
    ),
    "sections-missing": (
        "loss",
        mark("the source has no table of sections: articles are at the top level of the site"),
    ),
    "authors-missing": (
        "loss",
        mark("the source has no table of authors, or none that ties them to texts: texts have no authors"),
    ),
    "keywords-missing": (
        "loss",
        mark("the source has no table of keywords, or none that ties them to texts: texts have no keywords"),
    ),
    "documents-missing": (
        "loss",
        mark("the source has no table of documents, or none that ties them to texts: pictures and files are not shown"),
    ),
    "comments-missing": (
        "loss",
        mark("the source has no table of messages: pages have no comments"),
    ),
    "rows-missing": (
        "loss",
        mark("the tables of the source hold nothing that visitors could see: the new site is empty"),
    ),
    "settings-missing": (
        "loss",
        mark("the source has no table of settings: the name, the address and the languages of the site are not known"),
    ),
    "member-refused": (
        "loss",
        mark("this part of the archive is a link, a device or outside its folder: not unpacked"),
    ),
    "row-repeated": (
        "loss",
        mark("several rows have this number: the last one is migrated, the others’ raw text is in .spipconv/failed"),
    ),
    "row-unnumbered": ("loss", mark("this row has no valid number: not migrated; its raw text is in .spipconv/failed")),
    "encoding-repaired": ("change", mark("the text was in another encoding, or encoded twice: repaired")),
    "encoding-doubtful": (
        "change",
        mark("the text seems to be encoded twice, but repairing it would not be reversible: left as it is"),
    ),
    "backslashes-read": (
        "change",
        mark("the dump does not show whether a backslash in a text stands for itself: read as MySQL writes them"),
    ),
    "addresses-missing": (
        "change",
        mark("the source has no table of addresses: old addresses with a title are guessed from the titles"),
    ),
    "redirect-contested": ("change", mark("several objects have had this address: it redirects to the last one")),
    "redirect-shadowed": ("change", mark("this old address is now the address of another page: it leads there")),
    "redirect-broken": ("loss", mark("this redirect leads to a page or a file that does not exist")),
    "redirect-chained": ("change", mark("this redirect leads to another old address of the site")),
    "redirect-home": ("change", mark("this redirect leads to the front page, which is a different page")),
    "redirect-endless": ("loss", mark("these redirects lead to each other: none is kept")),
    "redirect-unkept": ("change", mark("this object has had more addresses than are kept")),
    "files-left": ("loss", mark("no IMG folder was given (--img): the files are not copied")),
    "link-empty": ("change", mark("this link has no address: its text is kept")),
    "anchor-missing": ("info", mark("the text has no place of this name: the link leads to the top of the page")),
    "column-absent": ("info", mark("this version of SPIP did not have these columns or tables yet")),
    "file-missing": ("loss", mark("the file of this document is missing")),
    "file-refused": ("loss", mark("a browser or a server would run this file: not copied")),
    "file-too-large": (
        "change",
        mark("this file is larger than --max-size, because the text of one page is, or the list of authors and terms"),
    ),
    "file-run-by-target": ("loss", mark("the new system would run, decode or skip this file: not copied")),
    "language-refused": ("change", mark("this is not a language code: treated as missing")),
    "file-unreadable": ("loss", mark("this file cannot be read: not copied")),
    "picture-cleaned": ("change", mark("this drawing contained a script or something unknown: copied without it")),
    "column-left": ("loss", mark("a column of a plugin or of an older version contains texts: they are not migrated")),
    "table-left": ("loss", mark("a plugin’s table: not migrated")),
    "petition-left": (
        "loss",
        mark("a petition: its text and the number of signatures are on the page, nobody can sign"),
    ),
    "form-shown": ("loss", mark("a form: its questions are on the page as text, nothing can be sent")),
    "form-unread": (
        "loss",
        mark("a form whose questions cannot be read: only its title and its words are on the page"),
    ),
    "form-left": ("loss", mark("a form that no page shows: not migrated")),
    "point-left": ("loss", mark("a point on a map that is an author’s or has no valid coordinates: not migrated")),
    "model-unpublished": ("change", mark("what this shows was not published: nothing is shown")),
    "extra-plain": ("change", mark("a column of the site’s own has links, notes or pictures: only its words are kept")),
    "menu-left": ("change", mark("an entry of a menu that leads to nothing on the new site: left out")),
    "menu-other": ("change", mark("a menu beside the main one: the new site has one menu, this one is left out")),
    "link-unpublished": (
        "loss",
        mark("the link leads to something that visitors cannot see: the link is removed, its text is kept"),
    ),
    "link-unselected": (
        "change",
        mark("the link leads to a page that was not chosen for this run: it leads to the old site"),
    ),
    "link-unresolved": ("loss", mark("nothing on the new site has this address: left as it is")),
    "link-old-page": (
        "loss",
        mark("the link leads to a page that only SPIP could produce: the link is removed, its text is kept"),
    ),
    "access-restricted": ("loss", mark("only some visitors could see this section: its texts are now drafts")),
    "section-missing": ("change", mark("its section does not exist: it was moved to the top level of the site")),
    "section-endless": (
        "change",
        mark("these sections contain each other: they were moved to the top level of the site"),
    ),
    "section-deep": (
        "change",
        mark("this section is nested too deeply for an address: it was moved to the top level of the site"),
    ),
    "glossary-taken": ("info", mark("the words of this group are the glossary: texts link to their definitions")),
    "glossary-form-left": (
        "info",
        mark("this form of a term is empty or too long, or there are too many: not looked for"),
    ),
    "glossary-too-large": (
        "change",
        mark("so many terms of the glossary are not looked for: there are too many forms"),
    ),
    "glossary-shortened": ("info", mark("this definition is too long for other pages: they show its beginning")),
    "dictionary-inactive": ("change", mark("this dictionary was not active: it and its definitions are drafts")),
    "definition-inactive": ("change", mark("the dictionary of this definition was not active: it is a draft")),
    "date-missing": ("change", mark("this has no date")),
    "date-partial": ("info", mark("this date is only a month or a year: its first day is used")),
    "original-missing": ("change", mark("the original of this translation does not exist or is not published")),
    "comment-orphaned": ("loss", mark("the page of this message does not exist or is not published: left out")),
    "comment-moved": (
        "change",
        mark("this message cannot stand below the one that it answers: it was moved up in its thread"),
    ),
    "character-ill-formed": (
        "info",
        mark("the XML backup contains characters that XML forbids: read as they are"),
    ),
    "source-found": (
        "info",
        mark("what was taken from the folder of the site"),
    ),
    "slug-changed": ("info", mark("another page has this name: the object’s number was appended")),
    "user-file-kept": (
        "loss",
        mark("this file was edited since the last run: not overwritten (--force overwrites it)"),
    ),
    "syndicated-left": ("info", mark("items syndicated from other sites are not migrated")),
    "private-left": ("info", mark("private messages, e-mail addresses and logins are not migrated")),
    "signature-left": ("info", mark("the names of signatories are personal data: not migrated")),
}


def severity(code: str) -> Severity:
    """Return the severity of a code, of the migration, of the parser or of an extension. Raises KeyError for others."""
    return ISSUE_CODES[code][0] if code in ISSUE_CODES else find_code(code)[0]


def message(code: str, language: str) -> str:
    """Return a sentence for people, in a language that has a catalogue or else in English."""
    return translate((ISSUE_CODES[code] if code in ISSUE_CODES else find_code(code))[1], language)


def readable(text: str) -> str:
    """Return text that any file can contain: stray bytes of names as Latin-1, and shortened if it is long."""
    if len(text) > MOST_DETAIL:
        text = text[:MOST_DETAIL] + "…"
    return text if text.isprintable() else _UNREADABLE.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    byte = ord(match[0]) - 0xDC00
    return chr(byte) if 0xA0 <= byte <= 0xFF else "\ufffd"
