"""Terminals of the tree grammar, which go from the layout pass to the parser: leaves, openings and closings."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

# The fields of a node that is being made, by their names, but its children and its place.
NodeFields: TypeAlias = dict[str, object]
# What a symbol of the grammar comes to: a node, a list of nodes, or the token of an opening. Which of them, the rules
# say.
Part: TypeAlias = Any
# A leaf is its node, everything else a token.
Terminal: TypeAlias = Any


class Token:
    """A terminal of ``grammar/spip.lark`` but a leaf: an opening carries the fields and the place of its node."""

    __slots__ = ("column", "end", "line", "offset", "type", "value")

    def __init__(
        self, type: str, value: Part = None, line: int = 0, column: int = 0, offset: int = 0, end: int = 0
    ) -> None:
        self.type = type
        self.value = value
        self.line = line
        self.column = column
        self.offset = offset
        # Where the node ends, which is known when it is closed.
        self.end = end


CLOSE: Final = Token("CLOSE")
