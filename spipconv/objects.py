"""The objects that ``[->art12]`` and ``<doc1>`` refer to, and the resolvers that find them for the parser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Protocol

from msgspec import DecodeError, Struct, json
from msgspec.structs import replace

from spipconv.safety import NO_TEXT, replace_controls

# The names that shortcuts use for kinds of objects; im and emb are documents too (SPIP 1.x).
KINDS: Mapping[str, str] = {
    "": "article", "art": "article", "article": "article",
    "rub": "rubrique", "rubrique": "rubrique",
    "br": "breve", "brève": "breve", "breve": "breve",
    "aut": "auteur", "auteur": "auteur",
    "mot": "mot", "groupe": "groupe", "site": "site", "syndic": "site",
    "doc": "document", "document": "document", "im": "document", "img": "document", "image": "document",
    "emb": "document",
}  # fmt: skip


# The number that an editor puts before a title to sort it: ``10. Title``, ``2) Title``, ``3° Title``.
_SORT_NUMBER = re.compile(r"\s*([0-9]+)(?:[.)]|°)\s+")


def sort_number(title: str) -> tuple[int, str]:
    """Return the number that sorts a title, 0 where it has none, and the title without it (SPIP's supprimer_numero)."""
    match = _SORT_NUMBER.match(title)
    return (int(match[1][:9]), title[match.end() :]) if match else (0, title)


class SpipObject(Struct, frozen=True):
    """A row of a SPIP database: the fields that a text can show. Unknown fields are empty or 0.

    ``address`` is the current address of the object; if empty, SPIP's plain address, or ``IMG/`` plus ``file`` for a
    document. A picture whose ``mode`` is ``document`` links to its own file. ``translation_of`` is SPIP's id_trad.
    Sizes are in pixels, ``weight`` in bytes. ``thumbnail`` is the address of a picture that represents a document; if
    empty, SPIP's icon for its extension is used.
    """

    kind: str
    number: int
    title: str = ""
    language: str = ""
    translation_of: int = 0
    address: str = ""
    file: str = ""
    extension: str = ""
    media: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    weight: int = 0
    description: str = ""
    credits: str = ""
    alternative: str = ""
    thumbnail: str = ""


_WORDS = tuple(name for name, kind in SpipObject.__annotations__.items() if kind == "str")


class Resolver(Protocol):
    """Finds objects. ``site_address`` is the root of the site (``https://example.org/``), or empty."""

    @property
    def site_address(self) -> str: ...

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return the object, or None if there is none."""
        ...

    def translate(self, original: SpipObject, language: str) -> SpipObject | None:
        """Return the translation of an object into another language, or None."""
        ...


def find_object(resolver: Resolver, kind: str, number: int) -> SpipObject | None:
    """Return the object that a resolver finds, without characters that no text may contain, or None."""
    return _clean(resolver.find(kind, number))


def find_translation(resolver: Resolver, original: SpipObject, language: str) -> SpipObject | None:
    """Return the translation that a resolver finds, without characters that no text may contain, or None."""
    return _clean(resolver.translate(original, language))


def _clean(item: SpipObject | None) -> SpipObject | None:
    if item is None:
        return None
    unclean = {
        name: replace_controls(value)
        for name in _WORDS
        # What can be printed needs no search.
        if isinstance(value := getattr(item, name), str) and not value.isprintable() and NO_TEXT.search(value)
    }
    return replace(item, **unclean) if unclean else item


class BadObjects(ValueError):
    """A file of objects cannot be read; the message names the file and the error."""


class Catalogue:
    """A resolver for objects in memory."""

    def __init__(self, objects: Iterable[SpipObject], site_address: str = "") -> None:
        self.site_address = site_address
        self._objects = {(item.kind, item.number): item for item in objects}
        self._translations: dict[tuple[str, int, str], SpipObject] = {}
        for item in self._objects.values():
            self._translations.setdefault((item.kind, item.translation_of, item.language), item)

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return the object, or None if there is none."""
        return self._objects.get((kind, number))

    def translate(self, original: SpipObject, language: str) -> SpipObject | None:
        """Return the object with the same id_trad in that language, or None.

        As in SPIP, all untranslated objects have id_trad 0 and so count as translations of each other.
        """
        return self._translations.get((original.kind, original.translation_of, language))


def read_objects(path: str | PathLike[str]) -> Catalogue:
    """Read a JSON file ``{"site_url", "objects": [{"type", "id", "titre", "lang", …}]}`` (SPIP's column names).

    Raises BadObjects, whose message is one line that names the file and the error.
    """
    try:
        with open(path, "rb") as file:
            content = json.decode(file.read())
    except OSError as error:
        raise BadObjects(f"{path}: {error.strerror or error}") from error
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadObjects(f"{path}: not JSON in UTF-8: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("objects"), list):
        raise BadObjects(f'{path}: expected {{"site_url": …, "objects": [{{"type": …, "id": …}}, …]}}')
    try:
        return Catalogue([_read_object(row) for row in content["objects"]], str(content.get("site_url") or ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadObjects(f'{path}: every object needs "type" and a whole number "id": {error!r}') from error


def _whole(value: object) -> int:
    if type(value) is int or (isinstance(value, str) and value.isascii() and value.isdecimal()):
        return int(value)
    raise ValueError(f"{value!r} is not a whole number")


def _read_object(row: Mapping[str, str | int | None]) -> SpipObject:
    def text(name: str) -> str:
        return str(row.get(name) or "")

    def number(name: str) -> int:
        return int(row.get(name) or 0)

    return SpipObject(
        kind=str(row["type"]),
        number=_whole(row["id"]),
        title=text("titre") or text("nom"),
        language=text("lang"),
        translation_of=number("id_trad"),
        address=text("url") or text("url_site"),
        file=text("fichier"),
        extension=text("extension"),
        media=text("media"),
        mode=text("mode"),
        width=number("largeur"),
        height=number("hauteur"),
        weight=number("taille"),
        description=text("descriptif"),
        credits=text("credits"),
        alternative=text("alt"),
    )
