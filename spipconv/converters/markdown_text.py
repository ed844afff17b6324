"""What Markdown takes for markup: how words are escaped, and where emphasis can be written with asterisks."""

from __future__ import annotations

import re
import unicodedata

_SPACES = " \t\n"
_WHITE_SPACE = re.compile("[ \t\n\r\f\v]+")
# An underscore inside a word is no markup and keeps names_like_this readable.
_MARKUP = re.compile(r"[\\`*\[\]<&~\u00a0]|(?<![^\W_])_|_(?![^\W_])")
_ESCAPES = {"<": "&lt;", "&": "&amp;", "\u00a0": "&nbsp;"}
_IN_HTML = re.compile(r"(<[^>]*>)")
_TITLE = re.compile('[\\\\"<&\u00a0]')
_TICKS = re.compile("`+")
# The start of a line behind which a backslash is needed, lest it be read as a block: headings, lists, quotes,
# definitions, and the lines of dashes, pipes and equal signs that make rules and tables.
_LINE_START = re.compile(
    r"(?=#{1,6}(?:[ \t]|\Z)|[-+:](?:[ \t]|\Z)|>|[-:|][-:| \t]*\Z|=+[ \t]*\Z)|\d{1,9}(?=[.)](?:[ \t]|\Z))"
)
# Markdown's readers normalise addresses: these come out as they were.
_HOST = r"//[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?(?=[/?#]|\Z)"
_PLAIN_ADDRESS = re.compile(
    rf"(?!.*xn--)(?:(?:https?|ftp):{_HOST}|mailto:[A-Za-z0-9._-]+@[A-Za-z0-9.-]+(?=[?]|\Z)|(?!//)(?![^/?#]*:))"
    r"(?:[A-Za-z0-9/?:@&=+$,;_.!~*'()#-]|%[0-9A-Fa-f]{2})*\Z",
    re.IGNORECASE,
)
_SELF_SHOWN_ADDRESS = re.compile(r"(?:https?|ftp)://[^%&<>]*\Z", re.IGNORECASE)

STRONG = ("strong", "**", "__")
EMPHASIS = ("em", "*", "_")
DELETED = ("del", "~~")


def escape(text: str) -> str:
    """Return words for the inside of a line."""
    return _MARKUP.sub(_escaped, _WHITE_SPACE.sub(" ", text))


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or "\\" + match[0]


def escape_inline_html(markup: str) -> str:
    """Return HTML for the inside of a line, where Markdown would read the words between its tags."""
    parts = [
        part if number % 2 else _MARKUP.sub(lambda match: match[0] if match[0] == "&" else _escaped(match), part)
        for number, part in enumerate(_IN_HTML.split(markup))
    ]
    return "".join(parts).replace("\n", "&#10;")


def code_span(text: str) -> str | None:
    """Return code between backticks, or None where these cannot say it: around nothing but spaces."""
    text = text.replace("\n", " ")
    if not text.strip():
        return None
    ticks = "`" * (_longest_ticks(text) + 1 if "`" in text else 1)
    if "`" in (text[0], text[-1]) or text[0] == text[-1] == " ":
        text = f" {text} "
    return f"{ticks}{text}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Return a block of code between lines of backticks."""
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def _longest_ticks(text: str) -> int:
    return max([len(run) for run in _TICKS.findall(text)], default=0)


def link_target(address: str, title: str) -> str | None:
    """Return what stands between the parentheses of a link, or None for an address that readers would change."""
    if not _PLAIN_ADDRESS.match(address):
        return None
    target = address.replace("&", "&amp;")
    if not target or "(" in target or ")" in target:
        target = f"<{target}>"
    if not title:
        return target
    words = _TITLE.sub(_escaped, _WHITE_SPACE.sub(" ", title))
    return f'{target} "{words}"'


def is_self_shown(address: str) -> bool:
    """Tell whether an address may be written ``<address>``."""
    return bool(_PLAIN_ADDRESS.match(address) and _SELF_SHOWN_ADDRESS.match(address))


class Line:
    """Inline Markdown as it is being written.

    Whether ``**`` opens or closes depends on the characters on both of its sides, so marks are chosen last.
    """

    def __init__(self) -> None:
        # A mark or a line break that is still to be chosen is an empty piece.
        self._pieces: list[str] = []
        self._breaks: list[int] = []
        self._pairs: list[tuple[int, int, tuple[str, ...]]] = []
        # The place behind a note's call: what stands there makes no link or note of it.
        self._call = -1

    def add(self, piece: str) -> int:
        """Add finished Markdown and return its place."""
        if piece:
            self._pieces.append(f"\\{piece}" if self._call == len(self._pieces) and piece[0] in "(:" else piece)
        return len(self._pieces) - 1

    def replace(self, place: int, piece: str) -> None:
        """Write something else at a place."""
        self._pieces[place] = piece

    def add_code(self, text: str) -> None:
        """Add a code span, as HTML where backticks cannot say it."""
        span = None if self._pieces and self._pieces[-1].endswith("`") else code_span(text)
        self.add(f"<code>{escape(text)}</code>" if span is None else span)

    def add_break(self) -> None:
        """Add a line break."""
        self._breaks.append(len(self._pieces))
        self._pieces.append("")

    def add_bracket(self) -> int:
        """Open a bracket and return its place; what stands before makes no image or inline note of it."""
        if self._pieces and self._pieces[-1].endswith(("!", "^")):
            self._pieces[-1] = f"{self._pieces[-1][:-1]}\\{self._pieces[-1][-1]}"
        return self.add("[")

    def add_call(self, label: str) -> None:
        """Add the call of a footnote."""
        self.add_bracket()
        self.add(f"^{label}]")
        self._call = len(self._pieces)

    def open(self, kind: tuple[str, ...]) -> int:
        """Open emphasis of a kind and return what ``close`` needs to know."""
        self._pairs.append((len(self._pieces), -1, kind))
        self._pieces.append("")
        return len(self._pairs) - 1

    def close(self, pair: int) -> None:
        """Close emphasis."""
        opening, _, kind = self._pairs[pair]
        self._pairs[pair] = (opening, len(self._pieces), kind)
        self._pieces.append("")

    def text(self, *, one_line: bool = False) -> str:
        """Return the Markdown; on one line, line breaks are ``<br>`` and what starts a block is left alone."""
        self._choose_breaks(one_line)
        self._choose_marks()
        text = "".join(self._pieces).strip(_SPACES)
        # Readers strip more white space than Markdown knows.
        if text[:1].isspace():
            text = f"&#{ord(text[0])};{text[1:]}"
        if text[-1:].isspace():
            text = f"{text[:-1]}&#{ord(text[-1])};"
        if one_line:
            return text
        return "\n".join([guard(line.lstrip(" \t")) for line in text.split("\n")])

    def _choose_breaks(self, one_line: bool) -> None:
        """Readers drop a break at either end of a block, unless it is HTML."""
        breaks = set(self._breaks)
        shown = [place for place, piece in enumerate(self._pieces) if place not in breaks and piece.strip(_SPACES)]
        marks = [place for pair in self._pairs for place in pair[:2]]
        first, last = min([*shown[:1], *marks], default=0), max([*shown[-1:], *marks], default=0)
        for place in self._breaks:
            self._pieces[place] = "<br>" if one_line or not first < place < last else "\\\n"

    def _choose_marks(self) -> None:
        around: list[tuple[int, str]] = []
        for opening, closing, (tag, *marks) in self._pairs:
            while around and around[-1][0] < opening:
                around.pop()
            for mark in marks:
                if self._may_stand(mark, opening, closing, is_nested=any(mark[0] == other for _, other in around)):
                    self._pieces[opening] = self._pieces[closing] = mark
                    around.append((closing, mark[0]))
                    break
            else:
                self._pieces[opening], self._pieces[closing] = f"<{tag}>", f"</{tag}>"

    def _may_stand(self, mark: str, opening: int, closing: int, *, is_nested: bool) -> bool:
        if closing == opening + 1:
            return False
        places = ((opening - 1, -1), (opening + 1, 0), (closing - 1, -1), (closing + 1, 0))
        characters = [self._character(place, edge) for place, edge in places]
        if mark[0] in characters:
            return False
        before, first, last, after = map(_kind, characters)
        opens, closes = _is_flanking(first, before), _is_flanking(last, after)
        if mark[0] == "_":
            opens = opens and (before == "punctuation" or not _may_be_flanking(before, first))
            closes = closes and (after == "punctuation" or not _may_be_flanking(after, last))
        return opens and closes and not (is_nested and _may_be_flanking(before, first))

    def _character(self, place: int, edge: int) -> str:
        """Return the character of a piece that a mark touches; where a mark is not chosen yet, any punctuation."""
        if not 0 <= place < len(self._pieces):
            return " "
        piece = self._pieces[place]
        return piece[edge] if piece else "<"


def _kind(character: str) -> str:
    """Return what a character is to a mark. Readers of different age disagree on symbols: ``unsure``."""
    if character in _SPACES:
        return "space"
    category = unicodedata.category(character)
    if category == "Zs":
        return "space"
    if category[0] == "P" or (character < "\x7f" and category[0] == "S"):
        return "punctuation"
    return "word" if category[0] in "LNM" else "unsure"


def _is_flanking(inner: str, outer: str) -> bool:
    """Tell whether a mark between two kinds of characters opens or closes, whoever reads it."""
    return inner == "word" or (inner != "space" and outer in ("space", "punctuation"))


def _may_be_flanking(inner: str, outer: str) -> bool:
    """Tell whether some reader may take a mark for one that opens or closes."""
    return inner != "space" and (inner != "punctuation" or outer != "word")


def guard(line: str) -> str:
    """Escape the start of a line where it would begin a block."""
    match = _LINE_START.match(line)
    return f"{line[: match.end()]}\\{line[match.end() :]}" if match else line
