"""Models: ``<doc12|left>`` and ``<img3>`` become figures of their documents; other models stay as typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from spipconv.media_types import media_of, media_type
from spipconv.nodes import ICONS, Figure, Node, Place
from spipconv.objects import SpipObject
from spipconv.parsing.targets import document_address
from spipconv.parsing.typography import decode_entities
from spipconv.safety import lower_ascii

DOCUMENTS: Final = frozenset({"doc", "emb", "im", "img", "image", "audio", "video", "text", "document"})
_MODEL: Final = re.compile(r"<([a-z_-]+)\s*([0-9]*)\s*(?:\|(.*))?/?>", re.IGNORECASE | re.ASCII | re.DOTALL)
_ALIGNMENTS: Final = frozenset({"left", "right", "center"})
_MEDIA: Final = re.compile("[a-z]*")
# Bases hold numbers that no file has.
_NO_SIZE: Final = 2**53


class ModelTag(NamedTuple):
    """``<name12|argument|key=value>`` as typed; ``number`` is None if there is no number."""

    name: str
    number: int | None
    arguments: tuple[str, ...]

    @property
    def is_document(self) -> bool:
        """Return whether it shows a document."""
        return self.name in DOCUMENTS and self.number is not None


def read_model(markup: str) -> ModelTag:
    """Read a model's tag."""
    match = _MODEL.fullmatch(markup)
    if match is None:
        return ModelTag(markup.strip("<>"), None, ())
    name, number, words = match.groups()
    arguments = (words or "").rstrip().removesuffix("/").rstrip()
    return ModelTag(
        lower_ascii(name), int(number[:18]) if number else None, tuple(arguments.split("|")) if arguments else ()
    )


def options_of(tag: ModelTag) -> Mapping[str, str]:
    """Return the parameters of a model that have a value, by their names in lower case."""
    return {
        lower_ascii(key.strip()): decode_entities(value.strip())
        for key, sign, value in (argument.partition("=") for argument in tag.arguments)
        if sign
    }


def arguments_of(tag: ModelTag) -> tuple[str, ...]:
    """Return the other parameters of a model."""
    return tuple([decode_entities(argument.strip()) for argument in tag.arguments if "=" not in argument])


def make_figure(
    tag: ModelTag,
    document: SpipObject,
    link: str,
    read: Callable[[str], tuple[Node, ...]],
    place: Place,
) -> Figure:
    """Return the figure of a document; ``read`` turns a field of SPIP text into nodes."""
    options = options_of(tag)
    words = [argument.strip() for argument in tag.arguments if "=" not in argument]
    align = next((word for word in words if word in _ALIGNMENTS), "")
    media = document.media if _MEDIA.fullmatch(document.media) else ""
    if not media and (known := media_of(document.extension)) in ("audio", "video"):
        media = known
    is_image = media == "image" or (not media and bool(document.width))
    has_size = is_image or media == "video"
    return Figure(
        number=document.number,
        address=document_address(document),
        is_image=is_image,
        media=media,
        media_type=media_type(document.extension),
        align=align or ("center" if is_image else ""),
        width=_known(document.width) if has_size else 0,
        height=_known(document.height) if has_size else 0,
        alternative=options.get("alt", decode_entities(document.alternative)),
        title=_read_field(read, options.get("titre", document.title)),
        description=_read_field(read, options.get("descriptif", document.description)),
        credits=_read_field(read, options.get("credits", document.credits)),
        link=link or options.get("lien", "") or (document_address(document) if document.mode == "document" else ""),
        weight=_known(document.weight),
        extension=document.extension,
        thumbnail="" if is_image else document.thumbnail or f"{ICONS}{document.extension or 'defaut'}.svg",
        classes=tuple(word for word in words if word.isalnum() and word not in _ALIGNMENTS),
        **place,
    )


def _known(size: int) -> int:
    """Return a size, 0 for what no file has."""
    return size if 0 < size < _NO_SIZE else 0


def _read_field(read: Callable[[str], tuple[Node, ...]], text: str) -> tuple[Node, ...]:
    # Most fields are empty.
    return read(text) if text else ()
