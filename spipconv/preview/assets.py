"""The files that pages load, such as those of the widget."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from spipconv.web.refusals import Refusal

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


def answer_asset(request: Request, assets: Mapping[str, Asset]) -> Response:
    """Answer the file that the ``name`` in a request's path means. Raises Refusal for another name."""
    asset = assets.get(request.path_params["name"])
    if asset is None:
        raise Refusal("not-found")
    headers = {"ETag": asset.etag, "Cache-Control": "no-cache"}
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
