"""Every answer that is not a preview: a code, a status, and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.translations import format_number, mark, translate, translate_plural

# By code: the HTTP status, and a sentence; ``{detail}`` is what it is about.
REFUSALS: dict[str, tuple[int, str]] = {
    "bad-encoding": (400, mark("This request is not valid UTF-8.")),
    "bad-form": (400, mark("This form could not be read.")),
    "bad-json": (400, mark("This request is not valid JSON.")),
    "bad-request": (400, mark("This request could not be read.")),
    "cross-site": (403, mark("Another site sent this form, and it is not allowed to.")),
    "origin-refused": (403, mark("This site is not allowed to request previews.")),
    "not-found": (404, mark("This page does not exist.")),
    "method-not-allowed": (405, mark("This address only accepts {detail}.")),
    "not-acceptable": (406, mark("Previews are available as application/json or text/html.")),
    "too-slow": (408, mark("The message took too long to arrive: send it again.")),
    "preview-too-large": (
        413,
        mark("The preview of this message would exceed {detail}: use fewer notes, tables or lists, or shorten it."),
    ),
    "too-large": (413, mark("This message is too long: the limit is {detail}.")),
    "unsupported-type": (415, mark("Send application/json, application/x-www-form-urlencoded or multipart/form-data.")),
    "unsupported-charset": (415, mark("Send UTF-8, not {detail}.")),
    "no-object": (422, mark("Send a JSON object with a “text” field.")),
    "no-text": (422, mark("The “text” field is missing.")),
    "wrong-text": (422, mark("“text” must be a string.")),
    "wrong-lang": (422, mark("“lang” is not a known language: {detail}.")),
    "too-many-requests": (429, mark("Too many preview requests: wait {detail}\u00a0s.")),
    "failure": (500, mark("Something went wrong on the server.")),
    "busy": (503, mark("Too many long messages are being processed: try again in a moment.")),
}
_SIZES = frozenset({"too-large", "preview-too-large"})


class Refusal(Exception):
    """A request that gets no preview. ``fields`` is what was typed into the form, to be shown again."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.fields = fields

    @property
    def status(self) -> int:
        """The HTTP status."""
        return REFUSALS[self.code][0]

    def say(self, language: str) -> str:
        """Return a sentence for people, in a language that has a catalogue or else in English."""
        is_size = self.code in _SIZES
        detail = format_size(int(self.detail), language) if is_size else self.detail.encode("utf-8", "replace").decode()
        return translate(REFUSALS[self.code][1], language, detail=detail)


def format_size(size: int, language: str) -> str:
    """Return a number of bytes as people read it: ``64 KiB``, in French ``64 Kio``."""
    if size < 1024:
        return translate_plural("{number} byte", "{number} bytes", size, language)
    unit, sentence = (1024, mark("{size}\u00a0KiB")) if size < 1024**2 else (1024**2, mark("{size}\u00a0MiB"))
    return translate(sentence, language, size=format_number(size / unit, language, decimals=1 if size % unit else 0))
