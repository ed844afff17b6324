"""Diagnostics: what in a text could not be rendered as written. Values with a code and a place, never exceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import ClassVar, Literal, get_args

from spipconv.nodes import Document
from spipconv.records import Record
from spipconv.translations import ENGLISH, mark, translate

Severity = Literal["info", "change", "loss"]

# By code: its severity, and a sentence that either follows the markup it is about or is shown alone.
DIAGNOSTICS: dict[str, tuple[Severity, str]] = {
    "unclosed-strong": ("change", mark("{{ is never closed: bold runs to the end")),
    "unclosed-emphasis": ("change", mark("{ is never closed: italics run to the end")),
    "unclosed-heading": ("change", mark("{{{ is never closed: the heading runs to the end")),
    "unclosed-quote": ("change", mark("<quote> is never closed: the quotation runs to the end")),
    "unclosed-note": ("change", mark("[[ has no ]]: shown as text")),
    "unopened-marker": ("change", mark("nothing to close here: ignored")),
    "crossed-marker": (
        "change",
        mark("overlaps formatting that is still open: both are closed and reopened, as browsers do"),
    ),
    "formatting-ended": ("change", mark("formatting with attributes this long is not reopened in so many blocks")),
    "unclosed-tag": ("change", mark("this HTML tag is never closed")),
    "unopened-tag": ("change", mark("this HTML end tag has nothing to close: ignored")),
    "tag-cut": (
        "change",
        mark("this HTML tag ends with its paragraph or block: write it again in the next one"),
    ),
    "tag-case": ("change", mark("this tag is only read in small letters: removed, its text is kept")),
    "tag-dropped": ("change", mark("this HTML tag is not allowed here: removed, its text is kept")),
    "tag-shown": ("change", mark("unknown HTML tag, or one that is not allowed here: shown as text")),
    "tag-translated": ("info", mark("this HTML tag is read as the equivalent SPIP shortcut")),
    "content-dropped": ("loss", mark("this HTML element is not allowed here and contains no readable text: removed")),
    "comment-dropped": ("info", mark("HTML comments are not displayed: removed")),
    "attribute-dropped": ("change", mark("this HTML attribute is not allowed: removed")),
    "address-refused": ("loss", mark("addresses of this kind are not allowed: the link is removed, its text is kept")),
    "embed-dropped": ("change", mark("this player or frame is not allowed here: a link is shown in its place")),
    "style-dropped": ("info", mark("<style> is removed, as SPIP does")),
    "unknown-model": ("loss", mark("unknown model: shown as text")),
    "plugin-shortcut": ("change", mark("a plugin’s shortcut, which is not read here: shown as text")),
    "extension-failed": (
        "loss",
        mark("this extension had an error: what it should have written is shown as it was typed"),
    ),
    "raw-omitted": ("loss", mark("raw output of an extension for other formats: nothing is shown in this one")),
    "raw-refused": ("loss", mark("raw output of an extension is not allowed here: removed")),
    "unknown-idiom": ("change", mark("no translation is known: shown as text")),
    "object-not-found": ("loss", mark("this object does not exist")),
    "object-unresolved": ("change", mark("objects are not looked up here: SPIP’s plain address is used instead")),
    "document-not-found": ("loss", mark("this document does not exist: nothing is shown")),
    "translation-missing": ("change", mark("<multi> has no text in this language: another language is shown")),
    "translations-hidden": ("info", mark("<multi> has texts in other languages: they are not shown")),
    "depth-exceeded": ("change", mark("nested too deeply: this level is not opened")),
    "more-remarks": ("loss", mark("more diagnostics than are kept for one text: the rest is not listed")),
    "control-character": ("change", mark("control character or stray byte: replaced")),
    "encoding-repeated": ("info", mark("this looks like text that was encoded more than once: shown as typed")),
    "encoding-undone": ("change", mark("text that was encoded more than once: repaired")),
    "glossary-unused": ("info", mark("no text contains this term of the glossary")),
    "glossary-shadowed": ("info", mark("an earlier entry of the glossary has this word too: it leads there")),
    "glossary-pattern-left": ("info", mark("this regular expression in the glossary is not run: it marks nothing")),
}


# Those of extensions, by their whole codes; in English only.
_OF_EXTENSIONS: dict[str, tuple[Severity, str]] = {}


def add_codes(codes: Mapping[str, tuple[Severity, str]]) -> None:
    """Add the codes of an extension. Raises ValueError for one that is spipconv's own."""
    for code, (severity, sentence) in codes.items():
        if code in DIAGNOSTICS or severity not in get_args(Severity) or not sentence:
            choices = ", ".join(get_args(Severity))
            raise ValueError(f"diagnostic {code!r}: expected a new code with one of {choices}, and a sentence")
    _OF_EXTENSIONS.update(codes)


def find_code(code: str) -> tuple[Severity, str]:
    """Return the severity and the English sentence of a code. Raises KeyError for an unknown one."""
    return DIAGNOSTICS[code] if code in DIAGNOSTICS else _OF_EXTENSIONS[code]


def is_code(code: str) -> bool:
    """Return whether a code is known."""
    return code in DIAGNOSTICS or code in _OF_EXTENSIONS


class Diagnostic(Record, frozen=True, gc=False):
    """One diagnostic. ``line`` and ``column`` count from 1; ``detail`` is the markup that it is about."""

    code: str
    line: int
    column: int
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """``loss``: something that readers would have seen is missing; ``change``: it is shown differently."""
        return find_code(self.code)[0]

    @property
    def message(self) -> str:
        """A sentence for people, in English."""
        return self.say(ENGLISH)

    def say(self, language: str) -> str:
        """Return a sentence for people, in a language that has a catalogue or else in English."""
        return self.detail + _sentence(self.code, language, bool(self.detail))

    def describe(self) -> dict[str, str | int]:
        """Return the diagnostic as it is written in JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.code} {self.message}"


class Parsed(Record, frozen=True):
    """A document and the diagnostics of its text, in the order of their places."""

    # As that of a document.
    _repr_html_: ClassVar[Callable[[Parsed], str]]

    document: Document
    diagnostics: tuple[Diagnostic, ...]


@lru_cache(2000)
def _sentence(code: str, language: str, follows: bool) -> str:
    """Return a code's sentence, with the colon before it where it follows the markup."""
    sentence = translate(find_code(code)[1], language)
    return translate("{subject}: {sentence}", language, subject="", sentence=sentence) if follows else sentence
