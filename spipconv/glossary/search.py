"""Search: the forms of a glossary's terms come in; for each text, the places where they occur go out.

A text is cut into words, runs of white space and single other characters, and a tree of such pieces holds all forms. So
a text takes the same time whatever the number of terms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from spipconv.glossary.folding import compare_exactly, fold, is_mark

_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


class Form(NamedTuple):
    """One form of the term with that index; ``exact`` is how it is written if its case matters, else empty."""

    text: str
    term: int
    exact: str = ""


class Match(NamedTuple):
    """An occurrence of a term between two offsets.

    ``piece`` is its only piece, if nothing else that is searched begins with it.
    """

    start: int
    end: int
    term: int
    piece: str = ""


class _Branch:
    """What follows some pieces: further pieces, and the forms that end here."""

    __slots__ = ("forms", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Branch] = {}
        self.forms: list[Form] = []

    @property
    def is_single(self) -> bool:
        """Whether one form ends here, and nothing follows."""
        return len(self.forms) == 1 and not self.next


class Search:
    """Finds forms in texts. ``shadowed`` are those that are never found, because an earlier term has the same form."""

    def __init__(self, forms: Iterable[Form]) -> None:
        root = _Branch()
        self._branches = root.next
        self.shadowed: list[Form] = []
        for form in forms:
            branch = root
            for piece in _PIECES.findall(fold(form.text).text):
                branch = branch.next.setdefault(" " if piece.isspace() else piece, _Branch())
            if any(known.term != form.term and known.exact in ("", form.exact) for known in branch.forms):
                self.shadowed.append(form)
            elif form not in branch.forms:
                branch.forms.append(form)

    def find(self, text: str, edge: Callable[[int], str], passed: Container[str] = ()) -> list[Match]:
        """Return the occurrences in a text, from left to right, the longest at each place, none inside another.

        ``edge`` returns the character before the text (-1) or after it (1), empty if there is none. ``passed`` are the
        pieces of matches that are not wanted again.
        """
        folded = fold(text)
        pieces = _PIECES.findall(folded.text)
        branches = self._branches
        places = [index for index, piece in enumerate(pieces) if piece in branches and piece not in passed]
        matches: list[Match] = []
        if not places:
            return matches
        ends = list(accumulate(map(len, pieces)))
        free = 0
        for index in places:
            if index < free:
                continue
            start = ends[index - 1] if index else 0
            if not _may_start(folded.text[start - 1] if start else edge(-1)):
                continue
            for last, forms in reversed(self._forms_at(pieces, index)):
                end = ends[last]
                if _may_end(pieces[last + 1][0] if last + 1 < len(pieces) else edge(1)):
                    match = _accept(text, folded.span(start, end), forms)
                    if match:
                        if last == index and branches[pieces[index]].is_single:
                            match = match._replace(piece=pieces[index])
                        matches.append(match)
                        free = last + 1
                        break
        return matches

    def _forms_at(self, pieces: Sequence[str], index: int) -> list[tuple[int, list[Form]]]:
        """Return the forms that begin with a piece, the longest last, with the index of their last pieces."""
        found: list[tuple[int, list[Form]]] = []
        branch = self._branches.get(pieces[index])
        while branch:
            if branch.forms:
                found.append((index, branch.forms))
            index += 1
            if not branch.next or index == len(pieces):
                break
            piece = pieces[index]
            branch = branch.next.get(" " if piece.isspace() else piece)
        return found


def _accept(text: str, span: tuple[int, int] | None, forms: Iterable[Form]) -> Match | None:
    """Return the first of some forms with the same letters that is written as it must be."""
    if span is None:
        return None
    for form in forms:
        if not form.exact or form.exact == compare_exactly(text[span[0] : span[1]]):
            return Match(*span, form.term)
    return None


def _may_start(before: str) -> bool:
    """Return whether a term may begin after a character: not in a word, an address or the name of a file."""
    return not (before.isalnum() or before in ("_", "@", ".") or (before and is_mark(before)))


def _may_end(after: str) -> bool:
    """Return whether a term may end before a character."""
    return not (after.isalnum() or after == "_" or (after and is_mark(after)))
