"""What the client accepts: media types and languages with their q-values (RFC 9110, 12.4 and 12.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spipconv.languages import find_language
from spipconv.translations import available_languages
from spipconv.web.refusals import Refusal

# Longer than the name of any language, so that a name cut to this length is still wrong.
LONGEST_LANGUAGE = 100
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def choose_type(accept: str | None, offered: Iterable[str]) -> str | None:
    """Return the offered media type that an Accept header prefers, the first of equals; None if it accepts none."""
    if accept is None or not accept.strip():
        return next(iter(offered))
    wanted = _read(accept)
    best, best_quality = None, 0.0
    for media_type in offered:
        family = media_type.partition("/")[0] + "/*"
        quality = next((wanted[name] for name in (media_type, family, "*/*") if name in wanted), 0.0)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def choose_language(accept_language: str | None, default: str) -> str:
    """Return the language with a catalogue (``fr``, ``en``) that an Accept-Language header prefers, or the default."""
    best, best_quality = default, 0.0
    for name, quality in _read(accept_language or "").items():
        language = name.partition("-")[0]
        if language in available_languages() and quality > best_quality:
            best, best_quality = language, quality
    return best


def read_language(given: str, default: str) -> str:
    """Return SPIP's code of a language, the default if none is given.

    Raises Refusal for a language that SPIP does not know.
    """
    code = find_language(given[:LONGEST_LANGUAGE]) if given else default
    if code is None:
        raise Refusal("wrong-lang", given if len(given) <= 20 else given[:19] + "…")
    return code


def _read(header: str) -> dict[str, float]:
    """Return the names in a header with their q-values; an entry without a name or a valid q-value is ignored."""
    qualities: dict[str, float] = {}
    for entry in header.lower().split(","):
        name, *parameters = (part.strip(" \t") for part in entry.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                value = value.strip()
                quality = float(value) if _QUALITY.fullmatch(value) else -1.0
        if name and quality >= 0:
            qualities.setdefault(name, quality)
    return qualities
