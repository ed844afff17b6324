"""Vidéo(s): ``<youtube|id=…>`` and the like are players of their hosts; so is ``<video12>`` of a film on such a host.

Where players are not allowed, each is a link to the page of the film.
"""

from __future__ import annotations

import re
from typing import Final

from spipconv.extensions import Extension, ModelCall
from spipconv.nodes import Node
from spipconv.plugins import PLUGINS

# The page of a film by the model that shows it; a model that is not here has the whole address.
_PAGES: Final = {
    "dailymotion": "https://www.dailymotion.com/video/{}",
    "vimeo": "https://vimeo.com/{}",
    "youtube": "https://www.youtube.com/watch?v={}",
}
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIZES: Final = (("largeur", "width"), ("hauteur", "height"))


def _write_film(call: ModelCall) -> Node | None:
    identifier = call.options.get("id", "") or next(iter(call.arguments), "")
    address = call.options.get("url", "")
    if not address and _IDENTIFIER.fullmatch(identifier) and call.name in _PAGES:
        address = _PAGES[call.name].format(identifier)
    return _embed(call, address or identifier)


def _write_document(call: ModelCall) -> Node | None:
    document = call.find("document", call.number) if call.number is not None else None
    return _embed(call, document.address or document.file) if document else None


def _embed(call: ModelCall, address: str) -> Node | None:
    options = call.options
    width, height = [options.get(french, options.get(english, "")) for french, english in _SIZES]
    return call.embed(address, options.get("titre", ""), width, height)


EXTENSION: Final = Extension(
    name="videos", models={**dict.fromkeys(PLUGINS["videos"].models, _write_film), "video": _write_document}
)
