"""How many processes are worth starting on this machine."""

from __future__ import annotations

import os


def count_processors() -> int:
    """Return how many processors this process may use, at least 1.

    Where the system limits a process to some of them (Linux), only those count.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
