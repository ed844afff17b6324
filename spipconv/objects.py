"""The objects behind ``[->art12]`` and ``<doc1>``: what a caller who has them passes to the parser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any, Protocol

from msgspec import DecodeError, Struct, json
from msgspec.structs import replace

from spipconv.safety import NO_TEXT, replace_controls

# The names that a shortcut may use for a kind of object; im and emb are documents too (SPIP 1.x).
KINDS: Mapping[str, str] = {
    "": "article", "art": "article", "article": "article",
    "rub": "rubrique", "rubrique": "rubrique",
    "br": "breve", "brève": "breve", "breve": "breve",
    "aut": "auteur", "auteur": "auteur",
    "mot": "mot", "groupe": "groupe", "site": "site",
    "doc": "document", "document": "document", "im": "document", "img": "document", "image": "document",
    "emb": "document",
}  # fmt: skip


class SpipObject(Struct, frozen=True):
    """One row of a SPIP base, as far as a text can show it. Unknown fields are empty or 0.

    ``address`` is where the object is found now; empty: at SPIP's plain address, or, for a document, at
    ``IMG/`` plus ``file``. A picture whose ``mode`` is ``document`` leads to its own file.
    ``translation_of`` is SPIP's id_trad. Sizes are in pixels, ``weight`` in bytes. ``thumbnail`` is the address of a
    picture that stands for a document, empty: SPIP's icon for its extension.
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
    """Finds objects. ``site_address`` is the site's own root (``https://example.org/``), or empty."""

    @property
    def site_address(self) -> str: ...

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return the object, or None where there is none."""
        ...

    def translate(self, found: SpipObject, language: str) -> SpipObject | None:
        """Return the object that says the same in another language, or None."""
        ...


def find_object(resolver: Resolver, kind: str, number: int) -> SpipObject | None:
    """Return what a resolver finds, its fields free of what no text may hold, or None."""
    return _clean(resolver.find(kind, number))


def find_translation(resolver: Resolver, found: SpipObject, language: str) -> SpipObject | None:
    """Return an object's translation as a resolver finds it, its fields free of what no text may hold, or None."""
    return _clean(resolver.translate(found, language))


def _clean(found: SpipObject | None) -> SpipObject | None:
    if found is None:
        return None
    unclean = {
        name: replace_controls(value)
        for name in _WORDS
        if isinstance(value := getattr(found, name), str) and NO_TEXT.search(value)
    }
    return replace(found, **unclean) if unclean else found


class BadObjects(ValueError):
    """A file of objects that cannot be read; its text says what is wrong with which file."""


class Catalogue:
    """A resolver over objects held in memory."""

    def __init__(self, objects: Iterable[SpipObject], site_address: str = "") -> None:
        self.site_address = site_address
        self._objects = {(one.kind, one.number): one for one in objects}
        self._translations: dict[tuple[str, int, str], SpipObject] = {}
        for one in self._objects.values():
            self._translations.setdefault((one.kind, one.translation_of, one.language), one)

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return the object, or None where there is none."""
        return self._objects.get((kind, number))

    def translate(self, found: SpipObject, language: str) -> SpipObject | None:
        """Return an object of the same id_trad in that language.

        As in SPIP, untranslated objects all have id_trad 0 and so count as translations of each other.
        """
        return self._translations.get((found.kind, found.translation_of, language))


def read_objects(path: str | PathLike[str]) -> Catalogue:
    """Read a JSON file ``{"site_url", "objects": [{"type", "id", "titre", "lang", …}]}`` (SPIP's column names).

    Raises BadObjects, with one line that names the file and the fault.
    """
    try:
        with open(path, "rb") as file:
            content = json.decode(file.read())
    except OSError as fault:
        raise BadObjects(f"{path}: {fault.strerror or fault}") from fault
    except (DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BadObjects(f"{path}: not JSON in UTF-8: {fault}") from fault
    if not isinstance(content, dict) or not isinstance(content.get("objects"), list):
        raise BadObjects(f'{path}: wanted {{"site_url": …, "objects": [{{"type": …, "id": …}}, …]}}')
    try:
        return Catalogue([_read_object(row) for row in content["objects"]], str(content.get("site_url") or ""))
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise BadObjects(f'{path}: every object needs "type" and a whole number "id": {fault!r}') from fault


def _whole(value: Any) -> int:
    if type(value) is int or (isinstance(value, str) and value.isascii() and value.isdecimal()):
        return int(value)
    raise ValueError(f"{value!r} is no whole number")


def _read_object(row: Mapping[str, Any]) -> SpipObject:
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
