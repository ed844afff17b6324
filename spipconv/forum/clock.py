"""The clock: nothing comes in, whole seconds since 1970 (UTC) go out. Functions that need the time are given it."""

from __future__ import annotations

import time


def read_clock() -> int:
    """Return the time."""
    return int(time.time())
