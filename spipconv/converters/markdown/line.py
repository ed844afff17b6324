"""A line of Markdown, which is being written: words, marks of emphasis, links, code and breaks.

Whether ``**`` opens or closes depends on the characters on both of its sides, and whether words need an escape depends
on all of their line, so both are chosen last.
"""

from __future__ import annotations

from typing import Final

from spipconv.converters.flavours import COMMONMARK, Flavour
from spipconv.converters.html.writer import SPACES
from spipconv.converters.markdown.code import code_span, is_code
from spipconv.converters.markdown.delimiters import Pair, is_flanking, kind_of, may_be_flanking
from spipconv.converters.markdown.escapes import (
    escape_all,
    escape_in_line,
    escaper,
    finder,
    fold_spaces,
    hide,
    write_spaces,
)
from spipconv.converters.markdown.starts import guard

STRONG: Final = ("strong", "**", "__")
EMPHASIS: Final = ("em", "*", "_")
DELETED: Final = ("del", "~~")
STRIKE: Final = ("s", "~~")


class Line:
    """Inline Markdown that is being written."""

    def __init__(self, flavour: Flavour = COMMONMARK) -> None:
        self._flavour = flavour
        self._find_unsafe = finder(flavour)
        # A mark or a line break that has not been chosen yet is an empty piece.
        self._pieces: list[str] = []
        # The place of the last piece if it is words, and the places of words that may need escapes in this line.
        self._last_words = -1
        self._unsafe: list[int] = []
        self._breaks: list[int] = []
        self._pairs: list[Pair] = []
        self._labels: list[range] = []
        # The place after the call of a note: the text there must not turn it into a link or a note.
        self._call = -1

    def add(self, piece: str) -> int:
        """Add finished Markdown and return its place."""
        if piece:
            if piece[0] in "(:" and self._may_end_link():
                piece = hide(piece[0], self._flavour) + piece[1:]
            self._pieces.append(piece)
        return len(self._pieces) - 1

    def add_words(self, text: str, *, folds: bool = True) -> None:
        """Add words, which are escaped where the reader would see markup in them.

        ``folds``: white space becomes single spaces.
        """
        if not text:
            return
        if not self._flavour.is_commonmark:
            self.add(write_spaces(escaper(self._flavour)(text), self._flavour))
            return
        pieces = self._pieces
        place = len(pieces)
        is_unsafe = self._find_unsafe(text) is not None
        if is_unsafe and folds:
            text = fold_spaces(text)
        if place == self._call and self._makes_link(text[0]):
            pieces.append(hide(text[0], self._flavour))
            text, place = text[1:], place + 1
            if not text:
                return
        if place and self._last_words == place - 1:
            place -= 1
            pieces[place] += text[1:] if folds and text[0] == " " and pieces[place].endswith(" ") else text
        else:
            self._last_words = place
            pieces.append(text)
        if is_unsafe and self._unsafe[-1:] != [place]:
            self._unsafe.append(place)

    def _may_end_link(self) -> bool:
        """Return whether a reader other than CommonMark's may see a link or a note in a bracket and what follows."""
        return not self._flavour.is_commonmark and bool(self._pieces) and self._pieces[-1].endswith("]")

    def _makes_link(self, character: str) -> bool:
        """Return whether a character turns the call before it into a link or, at the start of a line, into a note."""
        if character != ":":
            return character == "("
        first = self._breaks[-1] + 1 if self._breaks else 0
        return not any(self._pieces[place].strip(SPACES) for place in range(first, self._call - 1))

    def replace(self, place: int, piece: str) -> None:
        """Replace the piece at a place."""
        self._pieces[place] = piece

    def add_code(self, text: str) -> None:
        """Add a code span, written as HTML if backticks are not possible."""
        is_after_code = self._pieces and self._pieces[-1].endswith("`")
        span = None if is_after_code or not is_code(text, self._flavour, in_line=True) else code_span(text)
        if span is not None:
            self.add(span)
        elif self._flavour.active:
            self.add(f"<code>{escape_all(text, self._flavour)}</code>")
        else:
            self.add("<code>")
            self.add_words(text)
            self.add("</code>")

    def add_break(self) -> None:
        """Add a line break."""
        self._breaks.append(len(self._pieces))
        self._pieces.append("")

    def add_bracket(self) -> int:
        """Open a bracket and return its place; the text before it does not turn it into an image or an inline note."""
        self._end_words()
        return self.add("[")

    def _end_words(self) -> None:
        """Make sure that the words before a bracket do not turn it into an image or an inline note."""
        place = len(self._pieces) - 1
        if self._pieces and self._pieces[-1].endswith(("!", "^")):
            if not self._flavour.is_commonmark:
                self._pieces[-1] = f"{self._pieces[-1][:-1]}\\{self._pieces[-1][-1]}"
            elif place == self._last_words and self._unsafe[-1:] != [place]:
                self._unsafe.append(place)

    def close_bracket(self, place: int, target: str) -> None:
        """Close the bracket at a place, which becomes a link to a target."""
        self._labels.append(range(place + 1, len(self._pieces)))
        self.add(f"]({target})")

    def add_picture(self, markup: str) -> None:
        """Add a picture, which begins with an exclamation mark and a bracket."""
        self._pieces.append(markup)

    def add_call(self, label: str) -> None:
        """Add the call of a footnote."""
        self._end_words()
        self.add(f"[^{label}]")
        self._call = len(self._pieces)

    def open(self, kind: tuple[str, ...]) -> int:
        """Open emphasis of a kind and return the pair to give to ``close``."""
        tag, *marks = kind
        self._pairs.append(Pair(len(self._pieces), -1, tag, tuple(marks)))
        self._pieces.append("")
        return len(self._pairs) - 1

    def close(self, pair: int) -> None:
        """Close emphasis."""
        self._pairs[pair] = self._pairs[pair]._replace(closing=len(self._pieces))
        self._pieces.append("")

    def text(self, *, one_line: bool = False) -> str:
        """Return the Markdown. On one line, line breaks are ``<br>`` and the start of a block is not escaped."""
        if self._breaks:
            self._choose_breaks(one_line)
        if self._unsafe:
            escape_in_line(self._pieces, self._unsafe, self._pairs, self._labels, self._flavour)
        if self._pairs:
            self._choose_marks()
        text = "".join(self._pieces).strip(SPACES)
        # Readers strip more kinds of white space than Markdown defines.
        if text[:1].isspace():
            text = f"&#{ord(text[0])};{text[1:]}"
        if text[-1:].isspace():
            text = f"{text[:-1]}&#{ord(text[-1])};"
        if one_line:
            return text
        if "\n" not in text:
            return guard(text.lstrip(" \t"), self._flavour)
        return "\n".join([guard(line.lstrip(" \t"), self._flavour) for line in text.split("\n")])

    def _choose_breaks(self, one_line: bool) -> None:
        """Choose how to write line breaks: readers drop a break at the ends of a block unless it is HTML."""
        breaks = set(self._breaks)
        shown = [place for place, piece in enumerate(self._pieces) if place not in breaks and piece.strip(SPACES)]
        marks = [place for pair in self._pairs for place in (pair.opening, pair.closing)]
        first, last = min([*shown[:1], *marks], default=0), max([*shown[-1:], *marks], default=0)
        ending = "\\\n" if self._flavour.has_backslash_breaks else "<br>\n"
        for place in self._breaks:
            self._pieces[place] = "<br>" if one_line or not first < place < last else ending
            if place and self._pieces[place - 1].strip(" "):
                self._pieces[place - 1] = self._pieces[place - 1].rstrip(" ")

    def _choose_marks(self) -> None:
        around: list[tuple[int, str]] = []
        for opening, closing, tag, marks in self._pairs:
            while around and around[-1][0] < opening:
                around.pop()
            for mark in self._marks(marks, is_nested=bool(around)):
                if self._may_stand(mark, opening, closing, is_nested=any(mark[0] == other for _, other in around)):
                    self._pieces[opening] = self._pieces[closing] = mark
                    around.append((closing, mark[0]))
                    break
            else:
                self._pieces[opening], self._pieces[closing] = f"<{tag}>", f"</{tag}>"

    def _marks(self, marks: tuple[str, ...], *, is_nested: bool) -> tuple[str, ...]:
        """Return the marks that the reader handles reliably."""
        flavour = self._flavour
        if marks == ("~~",):
            return marks if flavour.has_strikes else ()
        if flavour.is_commonmark:
            return marks
        return () if is_nested else marks[:1]

    def _may_stand(self, mark: str, opening: int, closing: int, *, is_nested: bool) -> bool:
        if closing == opening + 1:
            return False
        places = ((opening - 1, -1), (opening + 1, 0), (closing - 1, -1), (closing + 1, 0))
        characters = [self._character(place, edge) for place, edge in places]
        if mark[0] in characters or (self._flavour.active and any(map(_is_odd_space, characters))):
            return False
        before, first, last, after = map(kind_of, characters)
        opens, closes = is_flanking(first, before), is_flanking(last, after)
        if mark[0] == "_":
            opens = opens and (before == "punctuation" or not may_be_flanking(before, first))
            closes = closes and (after == "punctuation" or not may_be_flanking(after, last))
        return opens and closes and not (is_nested and may_be_flanking(before, first))

    def _character(self, place: int, edge: int) -> str:
        """Return the character of a piece next to a mark; for a mark that is not chosen yet, some punctuation."""
        if not 0 <= place < len(self._pieces):
            return " "
        piece = self._pieces[place]
        return piece[edge] if piece else "<"


def _is_odd_space(character: str) -> bool:
    """Return whether only some readers treat a character as white space."""
    return character.isspace() and kind_of(character) != "space"
