"""The glossary as an extension of the parser."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from spipconv.extensions import Extension
from spipconv.glossary.glossary import Glossary
from spipconv.glossary.marking import mark_terms
from spipconv.nodes import Document
from spipconv.plugins import glossaire


class _Marking(Struct, frozen=True):
    """Marks the terms of documents; in every process that has the same glossary, it is equal."""

    glossary: Glossary
    address: str

    def __call__(self, document: Document) -> Document:
        return mark_terms(document, self.glossary, address=self.address)


@lru_cache(64)
def glossary_extension(glossary: Glossary, *, address: str = "") -> Extension:
    """Return the extension that marks the terms of texts while they are parsed, and reads ``[!glossaire]``.

    ``address`` is that of the page on which the texts stand, as for ``mark_terms``.
    """
    return Extension(
        name="glossary",
        title="Glossary",
        version=glossary.digest,
        shortcuts=glossaire.EXTENSION.shortcuts,
        transform=_Marking(glossary, address),
    )
