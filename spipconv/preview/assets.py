"""The files that pages load, such as those of the widget."""

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


def read_assets(package: str = "spipconv.preview") -> dict[str, Asset]:
    """Return the files of a package's folder ``static/`` by name."""
    assets: dict[str, Asset] = {}
    folder = files(package) / "static"
    for file in folder.iterdir() if folder.is_dir() else ():
        media_type = _TYPES.get(file.name.rpartition(".")[2])
        if media_type and file.is_file():
            content = file.read_bytes()
            assets[file.name] = Asset(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:24]}"')
    return assets
