"""Openings and closings in any order to a stream where every one has its partner, as a browser pairs them.

SPIP replaces each marker by a tag on its own and leaves the rest to the browser. These are the browser's rules
(HTML, section 13.2.6.4.7, "in body"), as far as SPIP's output needs them: formatting that a block cuts off continues
in the next element, crossed formatting is closed and reopened, an end tag that closes nothing is ignored.
"""

from __future__ import annotations

from typing import Final

from spipconv.nodes import Node, Rule, Text
from spipconv.parsing.html_rules import BETWEEN_CELLS, ENDS_BY_ITSELF, FORMATTING, SCOPE_ENDS, SPECIAL
from spipconv.parsing.openings import WORDLESS, Open, Slot, find_opening, forget_fourth, size_of
from spipconv.parsing.source import Source
from spipconv.parsing.tokens import CLOSE, NodeFields, Terminal, Token
from spipconv.safety import MAX_DEPTH

# Parts of an element that was let in, which are let in with it.
_PARTS: Final = frozenset({"CAPTION", "CELL", "ITEM", "PARAGRAPH", "ROW", "SUMMARY", "VERSE"})


class Pairing:
    """Collects tokens for the parser. Offsets are places in the source.

    ``end`` is where the last thing ends that was written. What is closed without a mark of its own ends there.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.end = 0
        # The elements that are open, outermost first.
        self.stack: list[Open] = []
        # Tokens, nodes and slots.
        self._out: list[Terminal] = []
        self._has_slots = False
        self._raw_tables = 0
        self._ends_formatting = source.settings.profile == "comment"
        # What formatting may take that is opened again in every block: attributes may be long, blocks many.
        self._budget = 10_000 + 2 * len(source.text)
        # The formatting elements that text must be inside; None marks the beginning of a table cell.
        self._active: list[Open | None] = []
        # By name, the reports on the author's elements that a block cut off, whose end tags may still come.
        self._cut: dict[str, list[int]] = {}
        self._words: list[str] = []
        self._words_at = 0

    @property
    def size(self) -> int:
        """How much was written; it grows with all that is."""
        return len(self._out) + len(self._words)

    @property
    def is_plain(self) -> bool:
        """Return whether no formatting reaches here, and there is room."""
        return (not self._active or self._active[-1] is None) and len(self.stack) < MAX_DEPTH

    def is_within(self, name: str) -> bool:
        """Return whether an element of that name is open."""
        return any(element.name == name for element in self.stack)

    # ---- Leaves ----

    def text(self, words: str, start: int, end: int) -> None:
        """Write words."""
        if self._raw_tables and words.strip() and self._is_between_cells():
            self._write_before_table(Text(words, **self.source.fields(start, end)))
            return
        if not self._words:
            if self._active:
                self._reopen_formatting(start)
            self._words_at = start
        self._words.append(words)
        self.end = end

    def leaf(self, node: Node, start: int, end: int) -> None:
        """Write a node that holds no others, in the line."""
        if self._raw_tables and self._is_between_cells():
            self._write_before_table(node)
            return
        if self._active:
            self._reopen_formatting(start)
        self._write(node)
        self.end = end

    def block(self, node: Node, start: int, end: int) -> None:
        """Write a node that holds no others, on lines of its own; formatting reaches into all but rules."""
        if self._active and not isinstance(node, Rule):
            self._reopen_formatting(start)
        self._write(node)
        self.end = end

    def tokens(self, tokens: list[Terminal], start: int, end: int) -> None:
        """Write tokens that are balanced already."""
        if self._active:
            self._reopen_formatting(start)
        self._flush()
        self._out += tokens
        self.end = end

    # ---- Elements ----

    def open(
        self, name: str, type: str, fields: NodeFields, start: int, end: int, detail: str = "", is_raw: bool = False
    ) -> Open | None:
        """Open an element whose opening is between two offsets; None if there are too many levels already (which is
        reported).
        """
        if len(self.stack) >= MAX_DEPTH and type not in _PARTS:
            self.source.report("depth-exceeded", start, detail)
            return None
        line, column, offset, _ = self.source.span(start, start)
        element = Open(name, Token(type, fields, line, column, offset), start, end, detail, is_raw)
        if name in SPECIAL:
            self._push(element)
            if name in SCOPE_ENDS and name != "table":
                self._active.append(None)
            return element
        if name in FORMATTING:
            if name == "a" and find_opening(self._active, "a"):
                self.close_formatting("a", start)
            if self._active:
                self._reopen_formatting(start)
            forget_fourth(self._active, element)
            self._active.append(element)
        elif self._active:
            self._reopen_formatting(start)
        self._push(element)
        return element

    def plain(
        self, type: str, fields: NodeFields, start: int, end: int, words: str, words_start: int, words_end: int
    ) -> None:
        """Write an element that holds nothing but words, and that formatting does not reach into."""
        source = self.source
        line, column, offset, end_offset = source.span(start, end)
        self._write(Token(type, fields, line, column, offset, end_offset))
        if words:
            if source.is_mapped or words_start > source.line_end:
                line, column, words_start, words_end = source.span(words_start, words_end)
            else:
                column += words_start - start
            text = Text(words, line=line, column=column, offset=words_start, end_offset=words_end)
            self._out.append(text)
        self._out.append(CLOSE)
        self.end = end

    def void(self, name: str, attributes: tuple[tuple[str, str], ...], start: int, end: int) -> None:
        """Write an HTML element that never has content."""
        opening = Token("ELEMENT", {"name": name, "attributes": attributes}, *self.source.span(start, end))
        if self._raw_tables and name != "col" and self._is_between_cells():
            self._write_before_table(opening, CLOSE)
            return
        if name == "hr":
            self.close("p")
        elif self._active:
            self._reopen_formatting(start)
        self._write(opening)
        self._write(CLOSE)
        self.end = end

    def close(self, name: str, end: int = 0, is_raw: bool = False) -> bool:
        """Close the innermost open element of that name and all in it; False where none is in reach.

        Its own closing, if it has one, ends at ``end``.
        """
        for element in reversed(self.stack):
            if element.name == name and (element.is_raw or not is_raw):
                self.close_to(element, end)
                return True
            if element.name in SCOPE_ENDS or (name == "p" and element.name == "button"):
                return False
        return False

    def close_to(self, element: Open, end: int = 0) -> None:
        """Close an open element and all in it; formatting that was open in it continues after it."""
        if not element.is_open:
            return
        while self.stack[-1] is not element:
            self.pop(is_meant=False)
        self.pop(end)
        if element.name in ("td", "th", "caption"):
            while self._active and (cut := self._active.pop()) is not None:
                cut.report_unclosed(self.source)

    def close_inside(self, element: Open) -> None:
        """Close all that is open in an element."""
        while self.stack[-1] is not element:
            self.pop(is_meant=False)

    def close_formatting(self, name: str, start: int, end: int = 0) -> bool:
        """Close formatting, wherever it began (the HTML standard's adoption agency); False where there is none."""
        element = find_opening(self._active, name)
        if element is None:
            return self.close_inline(name, end)
        if not element.is_open:
            self._active.remove(element)
            return True
        self._flush()
        index = self.stack.index(element)
        above = self.stack[index + 1 :]
        if any(other.name in SCOPE_ENDS for other in above):
            return False
        if any(other.name in FORMATTING for other in above):
            self.source.report("crossed-marker", start, element.detail)
        last = next((i for i in range(len(above) - 1, -1, -1) if above[i].name in SPECIAL), -1)
        between: list[Open] = []
        is_written_open = True
        for other in above[: last + 1]:
            if other.name not in SPECIAL:
                between.append(other)
                continue
            # Close it before the block begins, and open it again inside, where that may hold words.
            slot = self._slot_of(other)
            if is_written_open:
                for cut in (element, *between):
                    self._end(cut.token, other.before)
                for cut in between:
                    cut.token = self._begin_again(cut.token, other.offset)
                slot.before.extend([CLOSE] * (len(between) + 1) + [cut.token for cut in between])
            is_written_open = other.token.type not in WORDLESS
            if is_written_open:
                element.token = self._begin_again(element.token, other.inside)
                slot.after.insert(0, element.token)
            between = []
        element.is_open = False
        inner = above[last + 1 :]
        for other in reversed(inner):
            self._end(other.token, self.end)
            self._out.append(CLOSE)
            other.is_open = False
        if end:
            self.end = end
        if is_written_open:
            self._end(element.token, self.end)
            self._out.append(CLOSE)
        self.stack[index:] = above[: last + 1]
        self._active.remove(element)
        return True

    def close_inline(self, name: str, end: int = 0, is_raw: bool = True) -> bool:
        """Close an element that is neither formatting nor a block; False where it is not open in this block."""
        for element in reversed(self.stack):
            if element.name == name and (element.is_raw or not is_raw):
                self.close_to(element, end)
                return True
            if element.name in SPECIAL:
                return False
        return False

    def finish(self) -> list[Terminal]:
        """Close all that is open and return the tokens."""
        while self.stack:
            self.pop(is_meant=False)
        for cut in self._active:
            if cut is not None:
                cut.report_unclosed(self.source)
        self._flush()
        if not self._has_slots:
            return self._out
        tokens: list[Terminal] = []
        for slot in self._out:
            if isinstance(slot, Slot):
                tokens += [*slot.before, slot.token, *slot.after]
            else:
                tokens.append(slot)
        return tokens

    # ---- Words between the cells of an author's table, which browsers show before it ----

    def _is_between_cells(self) -> bool:
        return self.stack[-1].is_raw and self.stack[-1].name in BETWEEN_CELLS

    def _write_before_table(self, *tokens: Terminal) -> None:
        self._flush()
        table = next(element for element in reversed(self.stack) if element.name == "table")
        self._slot_of(table).before.extend(tokens)

    # ---- The stack ----

    def _write(self, token: Terminal) -> None:
        self._flush()
        self._out.append(token)

    def _slot_of(self, element: Open) -> Slot:
        slot = self._out[element.slot]
        if not isinstance(slot, Slot):
            self._out[element.slot] = slot = Slot([], slot, [])
            self._has_slots = True
        return slot

    def _flush(self) -> None:
        if words := self._words:
            line, column, offset, end_offset = self.source.span(self._words_at, self.end)
            text = Text(
                words[0] if len(words) == 1 else "".join(words),
                line=line,
                column=column,
                offset=offset,
                end_offset=end_offset,
            )
            self._out.append(text)
            self._words = []

    def _push(self, element: Open) -> None:
        if self._words:
            self._flush()
        if element.name == "table" and element.is_raw:
            self._raw_tables += 1
        element.slot = len(self._out)
        element.before = self.end
        self.end = element.inside
        self._out.append(element.token)
        self.stack.append(element)

    def _end(self, token: Token, end: int) -> None:
        """End a node at an offset, but not before its start."""
        token.end = self.source.end_of(end) if self.source.is_mapped else end
        token.end = max(token.end, token.offset)

    def _begin_again(self, token: Token, offset: int) -> Token:
        """Return an opening at another place."""
        return Token(token.type, token.value, *self.source.span(offset, offset))

    def pop(self, end: int = 0, *, is_meant: bool = True) -> None:
        """Close the innermost element; ``is_meant``: by its own end, which ends at an offset."""
        if self._words:
            self._flush()
        if end:
            self.end = end
        element = self.stack.pop()
        element.is_open = False
        token = element.token
        if token.type == "PARAGRAPH" and self._out[-1] is token:
            # A paragraph that another element ended before its first word shows nothing.
            self._out.pop()
            return
        if element.name == "table" and element.is_raw:
            self._raw_tables -= 1
        token.end = self.source.end_of(self.end) if self.source.is_mapped else self.end
        self._out.append(CLOSE)
        if is_meant:
            return
        if element.name in FORMATTING:
            if self._ends_formatting and element in self._active:
                # The sanitiser of SPIP's forums ends formatting where its paragraph ends.
                self._active.remove(element)
                self._report_cut(element)
        elif element.detail and element.name not in ENDS_BY_ITSELF:
            self._report_cut(element)

    def _report_cut(self, element: Open) -> None:
        element.report_unclosed(self.source)
        if element.is_raw:
            self._cut.setdefault(element.name, []).append(len(self.source.diagnostics) - 1)

    def is_cut(self, name: str) -> bool:
        """Return whether an end tag is that of an element that a block cut off; its report then says so."""
        cut = self._cut.get(name)
        if not cut:
            return False
        self.source.amend(cut.pop(), "tag-cut")
        return True

    def _reopen_formatting(self, offset: int) -> None:
        """Open again the formatting that a block has cut off, around what begins at an offset."""
        active = self._active
        last = active[-1]
        if last is None or last.is_open:
            return
        first = len(active) - 1
        while first and (before := active[first - 1]) is not None and not before.is_open:
            first -= 1
        for index in range(first, len(active)):
            cut = active[index]
            assert cut is not None
            if len(self.stack) >= MAX_DEPTH:
                del active[index:]
                return
            self._budget -= size_of(cut.token)
            if self._budget < 0:
                self.source.report("formatting-ended", cut.offset, cut.detail)
                del active[index:]
                return
            token = self._begin_again(cut.token, offset)
            element = Open(cut.name, token, cut.offset, offset, cut.detail, cut.is_raw)
            active[index] = element
            self._push(element)
