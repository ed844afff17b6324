"""Keys of pages: an address or an object of SPIP comes in, the name of the page's data file goes out."""

from __future__ import annotations

import re

# The name of a file on every system, which no template language takes for anything else.
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}(?<!\.)")


def is_key(text: str) -> bool:
    """Return whether a text can be the key of a page."""
    return _KEY.fullmatch(text) is not None


def key_of_path(path: str) -> str:
    """Return the key of a page that is no object of SPIP's, by its address on the site; empty: it cannot have one.

    The themes make the same of it (``comment-key`` and its kin): ``/notes/a/`` is ``notes--a``.
    """
    key = re.sub(r"[%.]", "_", (path.strip("/") or "index").replace("/", "--"))
    return key if is_key(key) else ""
