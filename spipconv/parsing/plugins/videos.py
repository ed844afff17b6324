"""Vidéo(s): ``<youtube|id=…>`` and the like are players of their hosts; so is ``<video12>`` of a film on such a host.

Where players are not allowed, each is a link to the page of the film.
"""

from __future__ import annotations

import re
from typing import Final

from spipconv.nodes import Player
from spipconv.objects import find_object
from spipconv.parsing.html_tags import Tag
from spipconv.parsing.layout.frames import read_dropped
from spipconv.parsing.layout.models import write_model
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.models import ModelTag, read_model
from spipconv.parsing.plugins.shortcuts import Reader, Shortcut
from spipconv.players import find_player
from spipconv.plugins import PLUGINS
from spipconv.safety import lower_ascii

# The page of a film by the model that shows it; a model that is not here has the whole address.
_PAGES: Final = {
    "dailymotion": "https://www.dailymotion.com/video/{}",
    "vimeo": "https://vimeo.com/{}",
    "youtube": "https://www.youtube.com/watch?v={}",
}
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIZES: Final = {"largeur": "width", "width": "width", "hauteur": "height", "height": "height", "titre": "title"}


def _write_model(writer: TextWriter, start: int, end: int) -> None:
    tag = read_model(writer.text[start:end])
    options = _options(tag)
    identifier = options.get("id", "") or (tag.arguments[0].strip() if tag.arguments else "")
    address = options.get("url", "")
    if not address and _IDENTIFIER.fullmatch(identifier) and tag.name in _PAGES:
        address = _PAGES[tag.name].format(identifier)
    _write(writer, start, end, address or identifier, options)


def _write_document(writer: TextWriter, start: int, end: int) -> None:
    tag = read_model(writer.text[start:end])
    resolver = writer.settings.resolver
    document = find_object(resolver, "document", tag.number) if resolver and tag.number is not None else None
    _write(writer, start, end, (document.address or document.file) if document else "", _options(tag))


def _options(tag: ModelTag) -> dict[str, str]:
    pairs = [argument.partition("=") for argument in tag.arguments]
    return {lower_ascii(name.strip()): value.strip() for name, sign, value in pairs if sign}


def _write(writer: TextWriter, start: int, end: int, address: str, options: dict[str, str]) -> None:
    """Write the player at an address, a link to its page, or the model as SPIP's own."""
    if find_player(address, writer.settings.peertube) is None:
        write_model(writer, start, end)
        return
    sizes = [(_SIZES[name], value) for name, value in options.items() if name in _SIZES]
    node = read_dropped(writer, Tag("iframe", attributes=(("src", address), *sizes)), start, writer.text[start:end])
    if isinstance(node, Player):
        writer.block(node)
    elif node is not None:
        writer.leaf(node, start)


_NAMES: Final = "|".join(sorted(PLUGINS["videos"].models))
READER: Final = Reader(
    "videos",
    {
        "model": Shortcut(rf"<(?ai:{_NAMES})[ \t]*[0-9]*[ \t]*\|[^<>]*>", _write_model),
        "document": Shortcut(r"<(?ai:video)[ \t]*[0-9]+[ \t]*(?:\|[^<>]*)?>", _write_document),
    },
)
