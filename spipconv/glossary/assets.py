"""The script and the style that show definitions beside their terms."""

from __future__ import annotations

from importlib.resources import files

_NAMES = ("spip-glossary.css", "spip-glossary.js")


def read_assets() -> dict[str, bytes]:
    """Return the contents of ``spip-glossary.css`` and ``spip-glossary.js``, by these names, for a page to load."""
    folder = files("spipconv.glossary") / "static"
    return {name: (folder / name).read_bytes() for name in _NAMES}
