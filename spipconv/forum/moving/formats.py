"""The formats of a whole forum in one file: ``jsonl`` for spipconv itself, ``wxr`` for WordPress."""

from __future__ import annotations

from typing import Final, Literal, get_args

WholeFormat = Literal["jsonl", "wxr"]
WHOLE_FORMATS: Final[tuple[WholeFormat, ...]] = get_args(WholeFormat)
