"""Parts of long lists: messages come in; those of the first that can be shown at once, few and short enough, go out.

The HTML of a message may be seventy times as long as its text, and strangers choose the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

_T = TypeVar("_T")


def take_part(items: Sequence[_T], lengths: Sequence[int], most: int, most_characters: int) -> Sequence[_T]:
    """Return the first ``most`` items, or those that have so many characters together; at least one, if there is one.

    ``lengths`` are the characters of each.
    """
    totals = accumulate(lengths[:most])
    return items[: max(1, sum(total <= most_characters for total in totals))]
