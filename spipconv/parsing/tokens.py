"""What the layout pass hands to the parser: terminals of the tree grammar, each with its node or its fields."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Token(Struct, frozen=True, gc=False):
    """A terminal of ``grammar/spip.lark``: a leaf carries its node, an opening the fields of the node to come."""

    type: str
    value: Any = None


CLOSE = Token("CLOSE")
