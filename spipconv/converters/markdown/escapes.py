"""Escapes: words come in, Markdown that shows them goes out.

CommonMark's readers agree on what is markup, so for them an escape is only written where words would be read as
markup; this depends on everything around them in the line. For other readers, every character that may be markup is
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html.entities import html5
from typing import Final

from spipconv.converters.flavours import Flavour
from spipconv.converters.markdown.delimiters import Pair, runs_to_escape

# Single spaces need no change, and nearly all spaces are single.
_HAS_WHITE_SPACE: Final = re.compile("[\t\n\r\f\v]|  ").search
_WHITE_SPACE: Final = re.compile("[\t\n\r\f\v][ \t\n\r\f\v]*| [ \t\n\r\f\v]+")
# An underscore inside a word is not markup; not escaping it keeps names_like_this readable.
_MARKUP: Final = r"[\\`*\[\]<&~]|(?<![^\W_])_|_(?![^\W_])"
_MAY_BE_MARKUP: Final = r"[\\`*\[\]<&~_]"
_ESCAPES: Final = {"<": "&lt;", "&": "&amp;", "\u00a0": "&nbsp;"}
_IN_HTML: Final = re.compile(r"(<[^>]*>)")
# Characters in a tag that may be read as markup before the tag is recognised.
_IN_TAG: Final = re.compile(r"[\\`\[\]{|]")
# What may be markup in words, each with what it needs after it to be markup. Marks of emphasis are decided before.
_IN_WORDS: Final = (
    r"(?P<run>\*+|_+|~+)|(?P<ticks>`+)|(?P<bracket>[\[\]])|<(?=[A-Za-z/!?]|[0-9.#$%&'*+=^_`{|}~-]*(?:[A-Za-z@]|\Z))"
    r"|&(?=#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|(?P<name>[A-Za-z][A-Za-z0-9]*);)|\\(?=[!-/:-@\[-`{-~]|[^\S ]| ?\Z)"
)
_BRACKETED: Final = re.compile(r"\[[^\[\]]*\]")
_NO_BREAK_SPACE: Final = re.compile("[\u00a0\u202f]")


def entity(character: str) -> str:
    """Return the entity of a character, which HTML and every Markdown reader show and never read as markup."""
    return _ESCAPES.get(character) or f"&#{ord(character)};"


def hide(character: str, flavour: Flavour) -> str:
    """Return a character with a backslash before it, or as an entity if the reader ignores that backslash."""
    return f"\\{character}" if character in flavour.backslash else entity(character)


def fold_spaces(text: str) -> str:
    """Return words with all their white space as single spaces; no-break spaces stay."""
    return _WHITE_SPACE.sub(" ", text) if _HAS_WHITE_SPACE(text) else text


def write_spaces(text: str, flavour: Flavour) -> str:
    """Return escaped words with no-break spaces as the flavour wants them: characters, or entities."""
    return _NO_BREAK_SPACE.sub(as_entity, text) if flavour.has_space_entities else text


@cache
def escaper(flavour: Flavour) -> Callable[[str], str]:
    """Return the function that escapes words without regard to what is around them."""
    pattern, escape = any_of(flavour.active and f"(?P<active>{flavour.active})", _MARKUP), _escaped
    if flavour.active:

        def escape(match: re.Match[str]) -> str:
            return _escaped(match) if match["active"] is None else entity(match[0])

    # Most words need no change. Searching for one class of characters is much faster than searching for alternatives.
    may_be_active = re.compile(_MAY_BE_MARKUP + (f"|{flavour.active}" if flavour.active else ""))

    def escape_words(text: str) -> str:
        text = fold_spaces(text)
        return pattern.sub(escape, text) if may_be_active.search(text) else text

    return escape_words


def split_html(markup: str) -> list[str]:
    """Return the tags of some HTML and the words between them."""
    return _IN_HTML.split(markup)


def escape_inline_html(markup: str, flavour: Flavour) -> str:
    """Return HTML escaped for the inside of a line, where readers look for Markdown between its tags."""
    escape = as_entity if flavour.active else _escaped
    pattern = any_of(flavour.active, _MARKUP)
    parts = [
        escape_tag(part, flavour)
        if number % 2
        else pattern.sub(lambda match: match[0] if match[0] == "&" else escape(match), part)
        for number, part in enumerate(_IN_HTML.split(markup))
    ]
    return "".join(parts).replace("\n", "&#10;")


def escape_tag(tag: str, flavour: Flavour) -> str:
    """Return a tag escaped for the inside of a line."""
    return _IN_TAG.sub(as_entity, tag) if flavour.active else tag


def escape_all(text: str, flavour: Flavour) -> str:
    """Return text in which every character that may be markup is an entity."""
    return any_of(flavour.active, _MARKUP, "_").sub(as_entity, fold_spaces(text))


@cache
def any_of(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern that matches any of the alternatives that are not empty; if there are none, nothing."""
    return re.compile("|".join(filter(None, alternatives)) or "(?!)")


def as_entity(match: re.Match[str]) -> str:
    """Return the entity of the character that a pattern has found."""
    return entity(match[0])


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or "\\" + match[0]


# ---- Words in their line ----


@cache
def finder(flavour: Flavour) -> Callable[[str], re.Match[str] | None]:
    """Return the function that finds what is markup somewhere, or white space to fold, in the words of a line."""
    spaces = "[\u00a0\u202f]" if flavour.has_space_entities else ""
    return any_of(r"[\\`*\[\]<&~_\t\n\r\f\v]|  |[!^]\Z", flavour.active, spaces).search


def escape_in_line(
    pieces: list[str], places: Sequence[int], pairs: Sequence[Pair], labels: Iterable[range], flavour: Flavour
) -> None:
    """Escape the words of a line, which are the pieces at ``places``, for a reader of CommonMark.

    All other pieces are finished Markdown, or empty: the marks of ``pairs``. ``labels``: the places in the text of each
    link, where a bracket may end the link.
    """
    runs = runs_to_escape(pieces, places, pairs)
    ticks = [run for piece in pieces for run in re.findall("`+", piece)]
    # A lone run of backticks has no partner; at the start of a line, three would begin a fence.
    are_ticks_plain = len(ticks) == 1 and len(ticks[0]) < 3
    in_labels = {place for label in labels for place in label}
    pattern = any_of(flavour.active and f"(?P<active>{flavour.active})", _IN_WORDS)
    has_definition = any("]:" in pieces[place] for place in places)
    for place in places:
        text = pieces[place]
        plain = _plain_brackets(text, in_label=place in in_labels) if "[" in text or "]" in text else set()
        if place == 0 and has_definition and text.lstrip(" ").startswith("["):
            plain.discard(text.index("["))

        def escape(match: re.Match[str], place: int = place, plain: set[int] = plain) -> str:
            character = match[0]
            if flavour.active and match["active"]:
                return entity(character)
            if match["run"]:
                return character if (place, match.start()) not in runs else _with_backslashes(character)
            if match["ticks"]:
                return character if are_ticks_plain else _with_backslashes(character)
            if match.start() in plain or (match["name"] and f"{match['name']};" not in html5):
                return character
            return _escaped(match)

        text = pattern.sub(escape, text)
        after = pieces[place + 1] if place + 1 < len(pieces) else ""
        if (text.endswith("!") and after == "[") or (text.endswith("^") and after.startswith("[")):
            # A picture or an inline note would begin.
            text = f"{text[:-1]}\\{text[-1]}"
        pieces[place] = write_spaces(text, flavour)


def _with_backslashes(run: str) -> str:
    return "".join([f"\\{character}" for character in run])


def _plain_brackets(text: str, *, in_label: bool) -> set[int]:
    """Return the offsets of the brackets that are words.

    We write no reference definitions, so brackets are markup only before a parenthesis, as the call of a note, in an
    inline note, or where they are not paired in the text of a link.
    """
    plain: set[int] = set()
    opens_link: set[int] = set()
    for match in _BRACKETED.finditer(text):
        after = text[match.end() : match.end() + 1]
        if after == "(":
            opens_link.add(match.start())
        elif in_label and after not in ("[", ":") and _is_plain_opening(text, match.start()):
            plain |= {match.start(), match.end() - 1}
    for offset, character in enumerate(() if in_label else text):
        if character == "[":
            is_plain = offset not in opens_link and _is_plain_opening(text, offset)
        else:
            is_plain = character == "]" and text[offset + 1 : offset + 2] != "("
        if is_plain:
            plain.add(offset)
    return plain


def _is_plain_opening(text: str, offset: int) -> bool:
    """Return whether a bracket begins neither the call of a note nor an inline note."""
    return text[offset + 1 : offset + 2] != "^" and text[max(offset - 1, 0) : offset] != "^"
