"""A stranger's words as they are published: the one function behind the preview and the template filters."""

from __future__ import annotations

import re
from typing import get_args

from msgspec import Struct

from spipconv.api import render
from spipconv.diagnostics import Diagnostic
from spipconv.languages import CODES
from spipconv.parser import parse
from spipconv.source import Profile

# A code of SPIP's list, with any script or region after it: fr, fr-CA, pt_br.
LANGUAGE = f"({'|'.join(sorted(code for code in CODES if '_' not in code))})([_-][A-Za-z0-9]{{1,8}}){{0,4}}"
_LANGUAGE = re.compile(LANGUAGE, re.ASCII | re.IGNORECASE)


class Published(Struct, frozen=True):
    """Safe HTML, its notes at the end, and the remarks on the text."""

    html: str
    diagnostics: tuple[Diagnostic, ...]


def publish(text: str, lang: str = "fr", profile: Profile = "comment") -> Published:
    """Return what of a text is published; nothing is looked up.

    ``lang`` is a language as SPIP or HTML names it. Raises ValueError for one that SPIP does not know, and for
    another profile than article, comment and title.
    """
    code = find_language(lang)
    if code is None:
        raise ValueError(f"SPIP knows no language {lang!r}")
    if profile not in get_args(Profile):
        raise ValueError(f"no such profile: {profile!r} ({', '.join(get_args(Profile))})")
    parsed = parse(text, profile=profile, lang=code)
    return Published(render(parsed.document, profile=profile), parsed.diagnostics)


def find_language(given: str) -> str | None:
    """Return SPIP's code of a language (``pt-BR`` is ``pt_br``, ``fr-CA`` is ``fr``), None where it knows none."""
    if not _LANGUAGE.fullmatch(given):
        return None
    code = given.replace("-", "_").lower()
    while code not in CODES:
        code = code.rpartition("_")[0]
    return code
