"""Markdown syntax: how words are escaped, and where emphasis can be written with asterisks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from spipconv.converters.flavours import COMMONMARK, Flavour
from spipconv.converters.html.writer import SPACES

# Single spaces need no change, and nearly all spaces are single.
_HAS_WHITE_SPACE = re.compile("[\t\n\r\f\v]|  ").search
_WHITE_SPACE = re.compile("[\t\n\r\f\v][ \t\n\r\f\v]*| [ \t\n\r\f\v]+")
# An underscore inside a word is not markup; not escaping it keeps names_like_this readable.
_MARKUP = r"[\\`*\[\]<&~\u00a0]|(?<![^\W_])_|_(?![^\W_])"
_MAY_BE_MARKUP = r"[\\`*\[\]<&~_]"
_ESCAPES = {"<": "&lt;", "&": "&amp;", "\u00a0": "&nbsp;"}
_IN_HTML = re.compile(r"(<[^>]*>)")
_TITLE = re.compile('[\\\\"<&\u00a0]')
# Readers other than CommonMark's may see the end of a link in its title or address.
_PLAIN_TITLE = re.compile("[^\\w ,;.?/-]|_")
_PLAIN_TARGET = re.compile("[^'()]+")
# Characters in a tag that may be read as markup before the tag is recognised.
_IN_TAG = re.compile(r"[\\`\[\]{|]")
_TICKS = re.compile("`+")
# The start of a line that would be read as a block; a backslash is needed after it. Headings, lists, quotes,
# definitions, and lines of dashes, pipes and equal signs (rules and tables).
_LINE_START = r"(?=#{1,6}(?:[ \t]|\Z)|[-+:](?:[ \t]|\Z)|>|[-:|][-:| \t]*\Z|=+[ \t]*\Z)|\d{1,9}(?=[.)](?:[ \t]|\Z))"
# Readers of Markdown normalise addresses. They leave these unchanged.
_HOST = r"//[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?(?=[/?#]|\Z)"
_PLAIN_ADDRESS = re.compile(
    rf"(?!.*xn--)(?:(?:https?|ftp):{_HOST}|mailto:[A-Za-z0-9._-]+@[A-Za-z0-9.-]+(?=[?]|\Z)|(?!//)(?![^/?#]*:))"
    r"(?:[A-Za-z0-9/?:@&=+$,;_.!~*'()#-]|%[0-9A-Fa-f]{2})*\Z",
    re.IGNORECASE | re.ASCII,
)
_SELF_SHOWN_ADDRESS = re.compile(r"(?:https?|ftp)://[^%&<>]*\Z", re.IGNORECASE | re.ASCII)

STRONG = ("strong", "**", "__")
EMPHASIS = ("em", "*", "_")
DELETED = ("del", "~~")


def entity(character: str) -> str:
    """Return the entity of a character, which HTML and every Markdown reader show and never read as markup."""
    return _ESCAPES.get(character) or f"&#{ord(character)};"


@cache
def escaper(flavour: Flavour) -> Callable[[str], str]:
    """Return the function that escapes words for the inside of a line."""
    pattern, escape = _pattern(flavour.active and f"(?P<active>{flavour.active})", _MARKUP), _escaped
    if flavour.active:

        def escape(match: re.Match[str]) -> str:
            return _escaped(match) if match["active"] is None else entity(match[0])

    # Most words need no change, or only a no-break space. Searching for one class of characters is much faster than
    # searching for alternatives.
    may_be_active = re.compile(_MAY_BE_MARKUP + (f"|{flavour.active}" if flavour.active else ""))

    def escape_words(text: str) -> str:
        if _HAS_WHITE_SPACE(text):
            text = _WHITE_SPACE.sub(" ", text)
        if may_be_active.search(text):
            return pattern.sub(escape, text)
        return text.replace("\u00a0", "&nbsp;")

    return escape_words


def escape_inline_html(markup: str, flavour: Flavour) -> str:
    """Return HTML escaped for the inside of a line, where readers look for Markdown between its tags."""
    escape = _entity if flavour.active else _escaped
    pattern = _pattern(flavour.active, _MARKUP)
    parts = [
        escape_tag(part, flavour)
        if number % 2
        else pattern.sub(lambda match: match[0] if match[0] == "&" else escape(match), part)
        for number, part in enumerate(_IN_HTML.split(markup))
    ]
    return "".join(parts).replace("\n", "&#10;")


def escape_tag(tag: str, flavour: Flavour) -> str:
    """Return a tag escaped for the inside of a line."""
    return _IN_TAG.sub(_entity, tag) if flavour.active else tag


@cache
def _pattern(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern that matches any of the alternatives that are not empty; if there are none, nothing."""
    return re.compile("|".join(filter(None, alternatives)) or "(?!)")


def is_code(text: str, flavour: Flavour, *, in_line: bool = False) -> bool:
    """Return whether some code can be written between backticks."""
    return not _pattern(flavour.not_in_code, flavour.not_in_span if in_line else "").search(text)


def hide(character: str, flavour: Flavour) -> str:
    """Return a character with a backslash before it, or as an entity if the reader ignores that backslash."""
    return f"\\{character}" if character in flavour.backslash else entity(character)


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or "\\" + match[0]


def _entity(match: re.Match[str]) -> str:
    return entity(match[0])


def code_span(text: str) -> str | None:
    """Return code between backticks, or None if it consists only of spaces."""
    text = text.replace("\n", " ")
    if not text.strip():
        return None
    ticks = "`" * (_longest_ticks(text) + 1 if "`" in text else 1)
    if "`" in (text[0], text[-1]) or text[0] == text[-1] == " ":
        text = f" {text} "
    return f"{ticks}{text}{ticks}"


def _code_element(text: str, flavour: Flavour) -> str:
    if flavour.active:
        words = _pattern(flavour.active, _MARKUP, "_").sub(_entity, _WHITE_SPACE.sub(" ", text))
    else:
        words = escaper(flavour)(text)
    return f"<code>{words}</code>"


def fence(text: str, language: str = "") -> str:
    """Return a block of code between lines of backticks."""
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def _longest_ticks(text: str) -> int:
    return max([len(run) for run in _TICKS.findall(text)], default=0)


def link_target(address: str, title: str, flavour: Flavour) -> str | None:
    """Return the text between the parentheses of a link, or None if readers would change the address."""
    if not _PLAIN_ADDRESS.match(address) or not (flavour.is_commonmark or _PLAIN_TARGET.fullmatch(address)):
        return None
    target = address.replace("&", "&amp;")
    if not target or "(" in target or ")" in target:
        target = f"<{target}>"
    if not title:
        return target
    words = _WHITE_SPACE.sub(" ", title)
    words = _PLAIN_TITLE.sub(_entity, words) if flavour.active else _TITLE.sub(_escaped, words)
    return f'{target} "{words}"'


def is_self_shown(address: str) -> bool:
    """Return whether an address may be written as ``<address>``."""
    return bool(_PLAIN_ADDRESS.match(address) and _SELF_SHOWN_ADDRESS.match(address))


class Line:
    """Inline Markdown that is being written.

    Whether ``**`` opens or closes depends on the characters on both of its sides, so marks are chosen last.
    """

    def __init__(self, flavour: Flavour = COMMONMARK) -> None:
        self._flavour = flavour
        # A mark or a line break that has not been chosen yet is an empty piece.
        self._pieces: list[str] = []
        self._breaks: list[int] = []
        self._pairs: list[tuple[int, int, tuple[str, ...]]] = []
        # The place after the call of a note: the text there must not turn it into a link or a note.
        self._call = -1

    def add(self, piece: str) -> int:
        """Add finished Markdown and return its place."""
        if piece:
            if piece[0] in "(:" and self._is_after_bracket():
                piece = hide(piece[0], self._flavour) + piece[1:]
            self._pieces.append(piece)
        return len(self._pieces) - 1

    def _is_after_bracket(self) -> bool:
        """Return whether the next character may turn the bracket before it into a link or a note."""
        if self._flavour.is_commonmark or not self._pieces:
            return self._call == len(self._pieces)
        return self._pieces[-1].endswith("]")

    def replace(self, place: int, piece: str) -> None:
        """Replace the piece at a place."""
        self._pieces[place] = piece

    def add_code(self, text: str) -> None:
        """Add a code span, written as HTML if backticks are not possible."""
        is_after_code = self._pieces and self._pieces[-1].endswith("`")
        span = None if is_after_code or not is_code(text, self._flavour, in_line=True) else code_span(text)
        self.add(_code_element(text, self._flavour) if span is None else span)

    def add_break(self) -> None:
        """Add a line break."""
        self._breaks.append(len(self._pieces))
        self._pieces.append("")

    def add_bracket(self) -> int:
        """Open a bracket and return its place; the text before it does not turn it into an image or an inline note."""
        if self._pieces and self._pieces[-1].endswith(("!", "^")):
            self._pieces[-1] = f"{self._pieces[-1][:-1]}\\{self._pieces[-1][-1]}"
        return self.add("[")

    def add_call(self, label: str) -> None:
        """Add the call of a footnote."""
        self.add_bracket()
        self.add(f"^{label}]")
        self._call = len(self._pieces)

    def open(self, kind: tuple[str, ...]) -> int:
        """Open emphasis of a kind and return the pair to give to ``close``."""
        self._pairs.append((len(self._pieces), -1, kind))
        self._pieces.append("")
        return len(self._pairs) - 1

    def close(self, pair: int) -> None:
        """Close emphasis."""
        opening, _, kind = self._pairs[pair]
        self._pairs[pair] = (opening, len(self._pieces), kind)
        self._pieces.append("")

    def text(self, *, one_line: bool = False) -> str:
        """Return the Markdown. On one line, line breaks are ``<br>`` and the start of a block is not escaped."""
        self._choose_breaks(one_line)
        self._choose_marks()
        text = "".join(self._pieces).strip(SPACES)
        # Readers strip more kinds of white space than Markdown defines.
        if text[:1].isspace():
            text = f"&#{ord(text[0])};{text[1:]}"
        if text[-1:].isspace():
            text = f"{text[:-1]}&#{ord(text[-1])};"
        if one_line:
            return text
        return "\n".join([guard(line.lstrip(" \t"), self._flavour) for line in text.split("\n")])

    def _choose_breaks(self, one_line: bool) -> None:
        """Choose how to write line breaks: readers drop a break at the ends of a block unless it is HTML."""
        if not self._breaks:
            return
        breaks = set(self._breaks)
        shown = [place for place, piece in enumerate(self._pieces) if place not in breaks and piece.strip(SPACES)]
        marks = [place for pair in self._pairs for place in pair[:2]]
        first, last = min([*shown[:1], *marks], default=0), max([*shown[-1:], *marks], default=0)
        ending = "\\\n" if self._flavour.has_backslash_breaks else "<br>\n"
        for place in self._breaks:
            self._pieces[place] = "<br>" if one_line or not first < place < last else ending

    def _choose_marks(self) -> None:
        around: list[tuple[int, str]] = []
        for opening, closing, (tag, *marks) in self._pairs:
            while around and around[-1][0] < opening:
                around.pop()
            for mark in self._marks(marks, is_nested=bool(around)):
                if self._may_stand(mark, opening, closing, is_nested=any(mark[0] == other for _, other in around)):
                    self._pieces[opening] = self._pieces[closing] = mark
                    around.append((closing, mark[0]))
                    break
            else:
                self._pieces[opening], self._pieces[closing] = f"<{tag}>", f"</{tag}>"

    def _marks(self, marks: list[str], *, is_nested: bool) -> list[str]:
        """Return the marks that the reader handles reliably."""
        flavour = self._flavour
        if marks == ["~~"]:
            return marks if flavour.has_strikes else []
        if flavour.is_commonmark:
            return marks
        return [] if is_nested else marks[:1]

    def _may_stand(self, mark: str, opening: int, closing: int, *, is_nested: bool) -> bool:
        if closing == opening + 1:
            return False
        places = ((opening - 1, -1), (opening + 1, 0), (closing - 1, -1), (closing + 1, 0))
        characters = [self._character(place, edge) for place, edge in places]
        if mark[0] in characters or (self._flavour.active and any(map(_is_odd_space, characters))):
            return False
        before, first, last, after = map(_kind, characters)
        opens, closes = _is_flanking(first, before), _is_flanking(last, after)
        if mark[0] == "_":
            opens = opens and (before == "punctuation" or not _may_be_flanking(before, first))
            closes = closes and (after == "punctuation" or not _may_be_flanking(after, last))
        return opens and closes and not (is_nested and _may_be_flanking(before, first))

    def _character(self, place: int, edge: int) -> str:
        """Return the character of a piece next to a mark; for a mark that is not chosen yet, some punctuation."""
        if not 0 <= place < len(self._pieces):
            return " "
        piece = self._pieces[place]
        return piece[edge] if piece else "<"


def _kind(character: str) -> str:
    """Return how a mark sees a character. ``unsure`` is for symbols, on which older and newer readers disagree."""
    if character in SPACES:
        return "space"
    category = unicodedata.category(character)
    if category == "Zs":
        return "space"
    if category[0] == "P" or (character < "\x7f" and category[0] == "S"):
        return "punctuation"
    return "word" if category[0] in "LNM" else "unsure"


def _is_odd_space(character: str) -> bool:
    """Return whether only some readers treat a character as white space."""
    return character.isspace() and _kind(character) != "space"


def _is_flanking(inner: str, outer: str) -> bool:
    """Return whether a mark between two kinds of characters opens or closes for every reader."""
    return inner == "word" or (inner != "space" and outer in ("space", "punctuation"))


def _may_be_flanking(inner: str, outer: str) -> bool:
    """Return whether a mark may open or close for some reader."""
    return inner != "space" and (inner != "punctuation" or outer != "word")


@cache
def _line_start(flavour: Flavour) -> re.Pattern[str]:
    return _pattern(flavour.line_start and f"(?={flavour.line_start})", _LINE_START)


def guard(line: str, flavour: Flavour = COMMONMARK) -> str:
    """Escape the start of a line if it would begin a block."""
    match = _line_start(flavour).match(line)
    if not match:
        return line
    end = match.end()
    return line[:end] + hide(line[end], flavour) + line[end + 1 :]


def hang(first: str, text: str, width: int) -> str:
    """Return text with a prefix before its first line and the other lines indented."""
    indent = " " * width
    head, *lines = text.split("\n")
    return "\n".join([first + head, *[indent + line if line else line for line in lines]])
