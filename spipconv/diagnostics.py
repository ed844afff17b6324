"""What a text could not say as it was written: values with a code and a place, never exceptions."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["info", "change", "loss"]

CODES: dict[str, tuple[Severity, str]] = {
    "unclosed-strong": ("change", "{{ is never closed: bold runs to the end"),
    "unclosed-emphasis": ("change", "{ is never closed: italics run to the end"),
    "unclosed-heading": ("change", "{{{ is never closed: the heading runs to the end"),
    "unclosed-quote": ("change", "<quote> is never closed: it ends with the text"),
    "unclosed-note": ("change", "[[ has no ]]: shown as text"),
    "unopened-marker": ("change", "closes nothing that is open: it has no effect"),
    "crossed-marker": ("change", "closes around something still open: both are closed and reopened as a browser does"),
    "formatting-ended": ("change", "formatting with such long attributes is not opened again in so many blocks"),
    "unclosed-tag": ("change", "this HTML tag is never closed"),
    "unopened-tag": ("change", "this HTML end tag closes nothing: it has no effect"),
    "tag-dropped": ("change", "this HTML tag is not allowed here: its words are kept"),
    "tag-shown": ("change", "this is no HTML tag that is allowed here: shown as text"),
    "tag-translated": ("info", "this HTML tag is read as the shortcut that means the same"),
    "content-dropped": ("loss", "this HTML element is not allowed here and holds no words: left out"),
    "comment-dropped": ("info", "an HTML comment shows nothing: left out"),
    "attribute-dropped": ("change", "this HTML attribute is not allowed: left out"),
    "address-refused": ("loss", "this address is of no allowed kind: the link is left out, its words are kept"),
    "embed-dropped": ("loss", "an embedded frame is not allowed here: left out"),
    "style-dropped": ("info", "SPIP deletes <style>: left out"),
    "unknown-model": ("loss", "nobody here knows this model: shown as text"),
    "unknown-idiom": ("change", "no translation is known for this: shown as text"),
    "object-not-found": ("loss", "this object does not exist"),
    "object-unresolved": ("change", "objects are not looked up here: SPIP's plain address stands for it"),
    "document-not-found": ("loss", "this document does not exist: nothing is shown"),
    "translation-missing": ("change", "<multi> has no text in this language: another one is shown"),
    "translations-hidden": ("info", "<multi> has texts in other languages: they are not shown"),
    "depth-exceeded": ("change", "too many levels of nesting: this one is not opened"),
    "more-remarks": ("loss", "there are more remarks on this text than are kept"),
    "control-character": ("change", "a control character or a stray byte: replaced"),
}


class Diagnostic(Struct, frozen=True, gc=False):
    """One remark on the text. ``line`` and ``column`` count from 1; ``detail`` is the markup it is about."""

    code: str
    line: int
    column: int
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """``loss``: something the reader would have seen is gone; ``change``: it is shown otherwise."""
        return CODES[self.code][0]

    @property
    def message(self) -> str:
        """A sentence for people, in English."""
        text = CODES[self.code][1]
        return f"{self.detail}: {text}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.code} {self.message}"
