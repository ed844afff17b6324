"""Typography: words as they were typed come in, words as SPIP shows them go out (apostrophes, dashes, no-break spaces).

The French rules apply to French and its variants (``fr_tu``), Esperanto and French creole, the English rules to all
other languages (SPIP: ``typographie/fr`` and ``typographie/en``). Each rule runs only if its character occurs.
"""

from __future__ import annotations

import re
from typing import Final

from spipconv.characters import find_entity

_FRENCH_LANGUAGES: Final = frozenset({"fr", "eo", "cpf"})
NO_BREAK_SPACE: Final = "\u00a0"
_THIN_SPACE: Final = "\u2009"

# SPIP works on bytes, so an accented letter is not a word character in these rules. Each pattern starts with a plain
# character and is replaced with a plain string, because the engine is fast at that.
_ACTIVE: Final = re.compile("['\u00a0&~;:!?»«°M%-]")
_ENTITY_END: Final = re.compile(r"&#?[0-9A-Za-z]+~;")
# One rule of SPIP's: what follows a colon or a percent sign has no space of its own.
_COLON: Final = re.compile(r":(?!:)(?<! %:)(?![0-9A-Za-z_])")
_QUOTE_END: Final = re.compile("»(?<!:»)(?<! %»)")
_EXCLAMATION: Final = re.compile(r"!(?<![\[<(!?.]!)")
_QUESTION: Final = re.compile(r"\?(?<![\[<(!?.]\?)")
_NO_SPACE_AFTER: Final = "[<(!?."
_PERCENT: Final = re.compile(r" %(?<!: %)(?![0-9A-Za-z_])")
_TITLE: Final = re.compile(r"M(?:M?\.|mes?|r\.?|°) ")
_TITLE_ENGLISH: Final = re.compile(r"Mr\.? ")
_PROTOCOL: Final = re.compile(r"""(https?|ftp|mailto)~((://[^"'\s\[\]})<>~]+)~([?]))?""")
_PROTOCOLS: Final = ("http", "https", "ftp", "mailto")
# A ~ after a backslash is one; this stands for it until the others are no-break spaces.
_LITERAL_TILDE: Final = "\x00"
_DASH: Final = re.compile(r"--(?<![-\n]--)(?!-)")
_ENTITY: Final = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]*));")
# &nbsp; and the quotation marks are treated as their characters; typography does not look into other entities.
_NAMED: Final = {"&nbsp;": "~", "&laquo;": "«", "&raquo;": "»"}
_NO_CHARACTER: Final = "\ufffd"


def typeset(text: str, language: str, before: str = "") -> str:
    """Return a text as it is shown in a language. ``before`` is the character before it, if any.

    ``~`` becomes a no-break space, entities become their characters. ``"`` never changes. Without a language, nothing
    else changes: the spaces, quotes and dashes are the author's own.
    """
    if not _ACTIVE.search(text) and _THIN_SPACE not in text:
        return text
    if not language:
        marked = text.replace("\\~", _LITERAL_TILDE).replace("~", NO_BREAK_SPACE)
        return decode_entities(marked.replace(_LITERAL_TILDE, "~"))
    if "'" in text:
        text = text.replace("'", "’")
    if NO_BREAK_SPACE in text:
        text = text.replace(NO_BREAK_SPACE, "~")
    if _THIN_SPACE in text:
        text = text.replace(_THIN_SPACE, "~")
    if "&" in text:
        for entity, character in _NAMED.items():
            text = text.replace(entity, character)
    is_like_french = language == "fr" or is_french(language)
    text = _space_french(text, before) if is_like_french else _space_english(text)
    if "~" in text:
        text = _join_tildes(text)
    if "-" in text and "--" in text:
        text = _DASH.sub("—", text)
    if _LITERAL_TILDE in text:
        text = text.replace(_LITERAL_TILDE, "~")
    return decode_entities(text) if "&" in text else text


def typeset_title(text: str, language: str) -> str:
    """Return a text as it is shown in a tooltip: with its typography, but straight apostrophes and simple spaces."""
    return " ".join("'".join([typeset(part, language, "'") for part in text.split("'")]).split())


def is_french(language: str) -> bool:
    """Return whether the French rules apply to a language."""
    return language in _FRENCH_LANGUAGES or language.startswith("fr_")


def _space_french(text: str, before: str) -> str:
    if ";" in text:
        text = text.replace(";", "~;")
        if "&" in text:
            text = _ENTITY_END.sub(_end_entity, text)
    if ":" in text:
        text = _COLON.sub("~:", text)
    first = text[0]
    if "!" in text:
        text = _EXCLAMATION.sub("~!", text)
    if "?" in text:
        text = _QUESTION.sub("~?", text)
    if first in "!?" and before and before in _NO_SPACE_AFTER:
        text = text[1:]
    if "»" in text:
        text = _QUOTE_END.sub("~»", text)
    if "«" in text:
        text = text.replace("«", "«~")
    if "M" in text:
        text = _TITLE.sub(_bind, text)
    if "°" in text:
        text = text.replace("n° ", "n°~").replace("N° ", "N°~")
    return _space_everywhere(text)


def _space_english(text: str) -> str:
    return _space_everywhere(_TITLE_ENGLISH.sub(_bind, text) if "Mr" in text else text)


def _end_entity(match: re.Match[str]) -> str:
    return match[0].replace("~", "")


def _bind(match: re.Match[str]) -> str:
    return match[0] + "~"


def _space_everywhere(text: str) -> str:
    if "%" in text:
        text = _PERCENT.sub("~%", text)
    if "-" in text and "-," in text:
        text = text.replace(" -,", "~-,").replace(" --,", "~--,")
    return text


def _join_tildes(text: str) -> str:
    """Return a text with a no-break space for each ``~``, which joins what is around it.

    A ``~`` after a backslash is set apart, and each other one takes those next to it and the spaces around.
    """
    if "\\" in text:
        text = text.replace("\\~", _LITERAL_TILDE)
    first, *others = text.split("~")
    if not others:
        return text
    last = others.pop()
    parts = [first.rstrip(" "), *[part.strip(" ") for part in others if part], last.lstrip(" ")]
    for part in parts:
        if part.endswith(_PROTOCOLS):
            return _PROTOCOL.sub(r"\1\3\4", "~".join(parts)).replace("~", NO_BREAK_SPACE)
    return NO_BREAK_SPACE.join(parts)


def decode_entities(text: str) -> str:
    """Replace HTML's entities with their characters; anything else stays as it is written."""
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def _decode_entity(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return find_entity(name) or match.group()
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF:
        return match.group()
    if code in (0xFFFE, 0xFFFF):
        return _NO_CHARACTER
    if code == 0xAD or 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code < 0xFDD0 or code > 0xFDEF:
        return chr(code)
    if code in (0x09, 0x0A):
        return chr(code)
    return windows_character(code)


def windows_character(code: int) -> str:
    """Return the windows-1252 character of a C1 code (0x80 to 0x9F), which is what pages mean by it; else U+FFFD."""
    if not 0x80 <= code <= 0x9F:
        return _NO_CHARACTER
    return bytes([code]).decode("cp1252", "replace")
