"""What the layout pass hands to the parser: terminals of the tree grammar, each with its node or its fields."""

from __future__ import annotations

from typing import Any


class Token:
    """A terminal of ``grammar/spip.lark``. A leaf carries its node, an opening the fields of the node to come."""

    __slots__ = ("type", "value")
    # Lark asks the last token where it stood, for an error that this grammar cannot raise.
    start_pos = line = column = end_line = end_column = end_pos = None

    def __init__(self, type: str, value: Any = None) -> None:
        self.type = type
        self.value = value


CLOSE = Token("CLOSE")
