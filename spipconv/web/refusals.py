"""Every answer that is not what was asked for: a code, a status, and a sentence for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from starlette.exceptions import HTTPException

from spipconv.translations import format_number, mark, translate, translate_plural


class Reason(Struct, frozen=True):
    """Why a request is refused: the HTTP status, and a sentence in which ``{detail}`` is what it is about.

    ``detail`` is a number of bytes where ``is_size``, another number where ``is_number``.
    """

    status: int
    sentence: str
    is_size: bool = False
    is_number: bool = False


_REASONS = {
    "bad-encoding": Reason(400, mark("This request is not valid UTF-8.")),
    "bad-form": Reason(400, mark("This form could not be read.")),
    "bad-json": Reason(400, mark("This request is not valid JSON.")),
    "bad-request": Reason(400, mark("This request could not be read.")),
    "cross-site": Reason(403, mark("Another site sent this form, and it is not allowed to.")),
    "origin-refused": Reason(403, mark("This site is not allowed to send requests to this server.")),
    "not-found": Reason(404, mark("This page does not exist.")),
    "method-not-allowed": Reason(405, mark("This address only accepts {detail}.")),
    "not-acceptable": Reason(406, mark("Answers are available as {detail}.")),
    "too-slow": Reason(408, mark("The message took too long to arrive: send it again.")),
    "too-large": Reason(413, mark("This message is too long: the limit is {detail}."), is_size=True),
    "unsupported-type": Reason(415, mark("Send {detail}.")),
    "unsupported-charset": Reason(415, mark("Send UTF-8, not {detail}.")),
    "unsupported-coding": Reason(415, mark("Send the request uncompressed, without Content-Encoding.")),
    "no-object": Reason(422, mark("Send a JSON object.")),
    "wrong-lang": Reason(422, mark("“lang” is not a known language: {detail}.")),
    "too-many-requests": Reason(429, mark("Too many requests: wait {detail}\u00a0s.")),
    "failure": Reason(500, mark("Something went wrong on the server.")),
    "busy": Reason(503, mark("Too many requests are being processed: try again in a moment.")),
}


class Refusal(Exception):
    """A request that does not get what it asks for.

    ``code`` is one of the application's ``Reasons``, ``detail`` what its sentence is about; ``headers`` are added to
    the answer.
    """

    def __init__(self, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


def refuse_for(seconds: int, code: str = "too-many-requests") -> Refusal:
    """Return the refusal of a request that comes too soon: it, or the next, is answered after so many seconds."""
    return Refusal(code, str(seconds), headers={"Retry-After": str(seconds)})


def as_refusal(error: Exception) -> Refusal:
    """Return an exception as the refusal to answer it with; its own words stay inside."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        if error.status_code == 404:
            return Refusal("not-found", headers=headers)
        if error.status_code == 405:
            return Refusal("method-not-allowed", headers.get("Allow", ""), headers=headers)
        return Refusal("bad-request", headers=headers)
    return Refusal("failure")


class Reasons(Mapping[str, Reason]):
    """The reasons for which an application refuses requests, by code.

    Those of all servers, and an application's own (``more``), which may also word one of the others anew.
    """

    def __init__(self, more: Mapping[str, Reason] | None = None) -> None:
        self._reasons = {**_REASONS, **(more or {})}

    def __getitem__(self, code: str) -> Reason:
        return self._reasons[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reasons)

    def __len__(self) -> int:
        return len(self._reasons)

    def say(self, refusal: Refusal, language: str) -> str:
        """Return the sentence for people, in a language that has a catalogue or else in English."""
        reason = self[refusal.code]
        if reason.is_size:
            detail = format_size(int(refusal.detail), language)
        elif reason.is_number:
            detail = format_number(int(refusal.detail), language)
        else:
            detail = refusal.detail.encode("utf-8", "replace").decode()
        return translate(reason.sentence, language, detail=detail)


def format_size(size: int, language: str) -> str:
    """Return a number of bytes as people read it: ``64 KiB``, in French ``64 Kio``."""
    if size < 1024:
        return translate_plural("{number} byte", "{number} bytes", size, language)
    unit, sentence = (1024, mark("{size}\u00a0KiB")) if size < 1024**2 else (1024**2, mark("{size}\u00a0MiB"))
    return translate(sentence, language, size=format_number(size / unit, language, decimals=1 if size % unit else 0))
