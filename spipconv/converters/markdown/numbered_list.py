"""A node that only Markdown has: a list whose numbers do not begin at 1, which in SPIP is an author's HTML."""

from __future__ import annotations

from spipconv.nodes import List


class NumberedList(List, frozen=True, tag=True, gc=False):
    """An ordered list that begins at another number than 1."""

    start: int
