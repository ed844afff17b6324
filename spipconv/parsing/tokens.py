"""Tokens, which the layout pass hands to the parser: terminals of the tree grammar with their node or fields."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Token(Struct, frozen=True, gc=False):
    """A terminal of ``grammar/spip.lark``: a leaf carries its node, an opening the fields of its node."""

    type: str
    value: Any = None


CLOSE = Token("CLOSE")
