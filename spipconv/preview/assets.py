"""The widget's files in the package."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from msgspec import Struct

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Asset(Struct, frozen=True):
    """A file that a page loads."""

    content: bytes
    media_type: str
    etag: str


def read_assets() -> dict[str, Asset]:
    """Return the files of ``static/`` by name."""
    assets: dict[str, Asset] = {}
    folder = files("spipconv.preview") / "static"
    for file in folder.iterdir() if folder.is_dir() else ():
        media_type = _TYPES.get(file.name.rpartition(".")[2])
        if media_type and file.is_file():
            content = file.read_bytes()
            assets[file.name] = Asset(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:24]}"')
    return assets
