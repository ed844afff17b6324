"""Models: ``<doc12|left>`` and ``<img3>`` to figures of their documents, any other name to itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from spipconv.media_types import media_type
from spipconv.nodes import Figure, Node
from spipconv.objects import SpipObject
from spipconv.parsing.targets import document_address
from spipconv.parsing.typography import decode_entities
from spipconv.safety import lower_ascii

DOCUMENTS = frozenset({"doc", "emb", "im", "img", "image", "audio", "video", "text", "document"})
_MODEL = re.compile(r"<([a-z_-]+)\s*([0-9]*)\s*(?:\|([^<>]*?))?\s*/?>", re.IGNORECASE | re.ASCII)
_ALIGNMENTS = frozenset({"left", "right", "center"})
# Where SPIP has an icon for every kind of file.
ICONS = "plugins-dist/medias/prive/vignettes/"
_UNITS = ("octets", "kio", "Mio", "Gio")


class ModelTag(Struct, frozen=True):
    """``<name12|argument|key=value>`` as typed; ``number`` is None where there is none."""

    name: str
    number: int | None
    arguments: tuple[str, ...]

    @property
    def is_document(self) -> bool:
        """Tell whether it shows a document."""
        return self.name in DOCUMENTS and self.number is not None


def read_model(markup: str) -> ModelTag:
    """Read a model's tag."""
    match = _MODEL.match(markup)
    if match is None:
        return ModelTag(markup.strip("<>"), None, ())
    name, number, arguments = match.groups()
    return ModelTag(
        lower_ascii(name), int(number[:18]) if number else None, tuple(arguments.split("|")) if arguments else ()
    )


def make_figure(
    tag: ModelTag,
    found: SpipObject,
    link: str,
    read: Callable[[str], tuple[Node, ...]],
    place: tuple[int, int],
) -> Figure:
    """Return the figure of a document; ``read`` makes nodes of a field of SPIP text."""
    options: Mapping[str, str] = {
        lower_ascii(key.strip()): decode_entities(value.strip())
        for key, sign, value in (argument.partition("=") for argument in tag.arguments)
        if sign
    }
    words = [argument.strip() for argument in tag.arguments if "=" not in argument]
    align = next((word for word in words if word in _ALIGNMENTS), "")
    is_image = found.media == "image" or (not found.media and bool(found.width))
    return Figure(
        number=found.number,
        address=document_address(found),
        is_image=is_image,
        media=found.media,
        media_type=media_type(found.extension),
        align=align or ("center" if is_image else ""),
        width=found.width if is_image else 0,
        height=found.height if is_image else 0,
        alternative=options.get("alt", decode_entities(found.alternative)),
        title=_read_field(read, options.get("titre", found.title)),
        description=_read_field(read, options.get("descriptif", options.get("legende", found.description))),
        credits=_read_field(read, options.get("credits", found.credits)),
        link=link or options.get("lien", "") or (document_address(found) if found.mode == "document" else ""),
        weight=_describe(found),
        thumbnail="" if is_image else found.thumbnail or f"{ICONS}{found.extension or 'defaut'}.svg",
        classes=tuple(word for word in words if word.isalnum() and word not in _ALIGNMENTS),
        line=place[0],
        column=place[1],
    )


def _read_field(read: Callable[[str], tuple[Node, ...]], text: str) -> tuple[Node, ...]:
    # Most fields are empty.
    return read(text) if text else ()


def _describe(found: SpipObject) -> str:
    """``PDF - 1.2 Mio``."""
    size, unit = float(found.weight), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    amount = f"{size:.1f}".removesuffix(".0")
    return f"{found.extension.upper()} - {amount} {_UNITS[unit]}" if found.weight else found.extension.upper()
