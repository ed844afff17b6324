"""Where tables are, their rows and cells, and their shape: caption, head, merged and numeric cells."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from spipconv.nodes import Numeric
from spipconv.parsing.lexer import Lexeme

# What must not be inside of {{ and }} in a cell of a head.
_BRACES: Final = frozenset({"OPENING_BRACES", "CLOSING_BRACES", "STRONG_WORDS", "EMPHASIS_WORDS"})
_NUMBER: Final = re.compile(r"\s*+[+-]?[\s0-9]*+(?:[.,][\s0-9]*+)?\Z")


class CellShape:
    """A cell as written: where its lexemes start and end, and its text without the spaces around.

    ``mark`` is what SPIP looks at to merge cells and to find numbers: the text, but at the end of a row with a list the
    end of that list too. ``opens``: it begins with {{, ``closes``: it ends with }}, and only links hold other braces.
    """

    __slots__ = ("closes", "colspan", "first", "header", "index", "last", "mark", "numeric", "opens", "rowspan", "text")

    def __init__(self, first: int, last: int, text: str, mark: str, opens: bool = False, closes: bool = False) -> None:
        self.first = first
        self.last = last
        self.text = text
        self.mark = mark
        self.opens = opens
        self.closes = closes
        self.header = False
        self.index = 0
        self.colspan = 1
        self.rowspan = 1
        self.numeric: Numeric = ""

    @property
    def is_bold(self) -> bool:
        """Return whether the whole cell is between {{ and }}."""
        return self.opens and self.closes

    @property
    def names_line(self) -> bool:
        """Return whether the cell may be in a first column of headers, as it may be in a head."""
        return (self.is_bold and self.mark == self.text) or self.mark in ("", "<")


class CaptionShape(NamedTuple):
    """A caption and its summary, if there is one: ranges of lexemes."""

    words: tuple[int, int]
    summary: tuple[int, int] | None


class TableShape:
    """A table as it will be shown: its captions, then its head, which may have no cells, then its other rows."""

    __slots__ = ("body", "captions", "head")

    def __init__(self) -> None:
        self.captions: list[CaptionShape] = []
        self.head: list[CellShape] | None = None
        self.body: list[list[CellShape]] = []


def find_tables(lexemes: Sequence[Lexeme], text: str) -> dict[int, int]:
    """Return where tables are: the index of the first bar, and the index after the last one.

    A table runs from a line that starts with a bar to the first line end after a bar where the next line does
    not start with one.
    """
    pipes = [
        index
        for index, lexeme in enumerate(lexemes)
        if lexeme.kind == "PIPE" or (lexeme.kind == "ESCAPE" and _is_pipe(lexeme, text))
    ]
    ends = [
        index
        for index in pipes
        if index + 1 == len(lexemes)
        or lexemes[index + 1].kind in ("BLANK_LINE", "BREAK_MARK")
        or (lexemes[index + 1].kind == "NEWLINE" and (index + 2 == len(lexemes) or lexemes[index + 2].kind != "PIPE"))
    ]
    tables: dict[int, int] = {}
    position = 0
    for index in pipes:
        if index < position or lexemes[index].kind != "PIPE":
            continue
        before = lexemes[index - 1].kind if index else "BLANK_LINE"
        if before not in ("NEWLINE", "BLANK_LINE", "POEM"):
            continue
        if before == "NEWLINE" and index > 1 and _is_pipe(lexemes[index - 2], text):
            continue
        following = bisect_left(ends, index + 1)
        if following == len(ends):
            break
        tables[index] = position = ends[following] + 1
    return tables


def split_rows(
    lexemes: Sequence[Lexeme], first: int, last: int, text: str
) -> tuple[list[list[CellShape]], list[tuple[int, int]]]:
    """Return the cells of a table between two indices, row by row, and where each row starts and ends in the text."""
    rows: list[list[CellShape]] = []
    places: list[tuple[int, int]] = []
    has_lists = "ITEM_MARK" in {lexeme.kind for lexeme in lexemes[first:last]}
    while first < last:
        row: list[CellShape] = []
        cell_first = first + 1
        for index in range(first + 1, last):
            if lexemes[index].kind == "PIPE" or _is_pipe(lexemes[index], text):
                row.append(_read_cell(lexemes, cell_first, index, text))
                cell_first = index + 1
                if index + 1 == last or lexemes[index + 1].kind == "NEWLINE":
                    break
        if row:
            if has_lists and any(lexemes[index].kind == "ITEM_MARK" for index in range(row[0].first, row[-1].last)):
                row[-1].mark += "</ul>"
            rows.append(row)
            # A bar alone is not a row.
            places.append((lexemes[first].start, lexemes[cell_first - 1].end))
        # The next row begins after the newline with a bar of its own.
        first = cell_first + 1
    return rows, places


def read_table(rows: list[list[CellShape]], lexemes: Sequence[Lexeme], text: str) -> TableShape:
    """Return the shape of rows of cells (SPIP: ``traiter_tableau``)."""
    shape = TableShape()
    number = next((number for number, row in enumerate(rows) if not _is_caption(row)), len(rows))
    shape.captions = [_read_caption(row, lexemes, text) for row in rows[:number]]
    rows = rows[number:]
    for row in rows:
        for index, cell in enumerate(row):
            cell.index = index
    # SPIP reads the lists of the other rows only.
    if rows and _is_head(rows[0]):
        head, *rows = rows
        for cell in head:
            cell.header, cell.mark = True, cell.text
        shape.head = _merge([head])[0]
    if rows and all(row[0].names_line for row in rows):
        for row in rows:
            row[0].header = True
    _mark_numbers(rows)
    shape.body = _merge(rows)
    return shape


def _is_head(row: list[CellShape]) -> bool:
    """Whether everything in a row is between {{ and }}, which may stand in different cells."""
    is_open = False
    for cell in row:
        if is_open and cell.closes and not cell.opens:
            is_open = False
        elif is_open:
            if "{" in cell.text or "}" in cell.text:
                return False
        elif cell.opens:
            is_open = not cell.closes
        elif cell.text not in ("", "<"):
            return False
    return not is_open


def _read_caption(row: list[CellShape], lexemes: Sequence[Lexeme], text: str) -> CaptionShape:
    words = (row[1].first, row[1].last)
    # The bars at the end of the row are not in the summary, others are.
    last = max(index for index, cell in enumerate(row) if cell.first < cell.last)
    if last > 1 and _slice(lexemes, row[2].first, row[last].last, text):
        return CaptionShape(words, (row[2].first, row[last].last))
    return CaptionShape(words, None)


def _is_caption(row: list[CellShape]) -> bool:
    """``||caption``, ``||caption|summary`` or ``|||summary``, and bars at the end."""
    return len(row) > 1 and row[0].first == row[0].last and any(cell.first < cell.last for cell in row)


def _mark_numbers(rows: list[list[CellShape]]) -> None:
    """Give every cell of a column of numbers the kind of its numbers; empty cells count as numbers."""
    columns: dict[int, list[CellShape]] = {}
    for row in rows:
        for cell in row:
            columns.setdefault(cell.index, []).append(cell)
    for cells in columns.values():
        texts = [cell.mark for cell in cells]
        if all(_NUMBER.match(text) for text in texts):
            kind: Numeric = "integer"
            for text in texts:
                if "," in text:
                    kind = "comma"
                elif "." in text:
                    kind = "point"
            for cell in cells:
                cell.numeric = kind


def _merge(rows: list[list[CellShape]]) -> list[list[CellShape]]:
    """Fold ``<`` into the cell on the left and ``^`` into the one above; a ``<`` in the first column vanishes."""
    below: dict[int, int] = {}
    merged: list[list[CellShape]] = []
    for number in range(len(rows) - 1, -1, -1):
        kept: list[CellShape] = []
        right = 0
        for cell in reversed(rows[number]):
            if cell.mark == "<":
                right += 1
                below.pop(cell.index, None)
            elif cell.mark == "^" and number:
                below[cell.index] = below.get(cell.index, 0) + 1
            else:
                cell.colspan += right
                cell.rowspan += below.pop(cell.index, 0)
                right = 0
                kept.append(cell)
        merged.append(kept[::-1])
    return merged[::-1]


def _read_cell(lexemes: Sequence[Lexeme], first: int, last: int, text: str) -> CellShape:
    words = _slice(lexemes, first, last, text)
    cell = CellShape(first, last, words, words)
    if words[:2] != "{{" and words[-2:] != "}}":
        return cell
    braces = [lexeme for lexeme in lexemes[first:last] if _holds_brace(lexeme, text)]
    if len(braces) == 1 and braces[0].kind == "STRONG_WORDS":
        cell.opens = cell.closes = braces[0].end - braces[0].start == len(words)
    elif braces and all(lexeme.end - lexeme.start == 2 for lexeme in braces):
        kinds = [lexeme.kind for lexeme in braces]
        cell.opens = words[:2] == "{{" and kinds in (["OPENING_BRACES"], ["OPENING_BRACES", "CLOSING_BRACES"])
        cell.closes = words[-2:] == "}}" and kinds in (["CLOSING_BRACES"], ["OPENING_BRACES", "CLOSING_BRACES"])
    return cell


def _holds_brace(lexeme: Lexeme, text: str) -> bool:
    if lexeme.kind in _BRACES:
        return True
    return lexeme.kind in ("ESCAPE", "TAG") and ("{" in (piece := text[lexeme.start : lexeme.end]) or "}" in piece)


def _slice(lexemes: Sequence[Lexeme], first: int, last: int, text: str) -> str:
    return text[lexemes[first].start : lexemes[last - 1].end].strip(" \t\n") if first < last else ""


def _is_pipe(lexeme: Lexeme, text: str) -> bool:
    """A bar; one after a backslash separates cells too."""
    return lexeme.kind == "PIPE" or (lexeme.kind == "ESCAPE" and text[lexeme.end - 1] == "|")
