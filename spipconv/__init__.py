"""spipconv converts SPIP markup to safe HTML and Markdown: ``spipconv.to_html("{{gras}}")``."""

from typing import TYPE_CHECKING

from spipconv.version import VERSION

if TYPE_CHECKING:
    from spipconv.api import (
        BadObjects,
        BadTree,
        Catalogue,
        Diagnostic,
        Document,
        Extension,
        Format,
        ModelCall,
        Parsed,
        Profile,
        Resolver,
        SpipObject,
        documents,
        excerpt,
        from_dict,
        headings,
        images,
        links,
        notes,
        parse,
        read_json,
        read_objects,
        render,
        schema,
        table_of_contents,
        to_dict,
        to_html,
        to_markdown,
        to_text,
        transform,
        walk,
        words,
    )
else:

    def __getattr__(name: str) -> object:
        """Import the library when a name of it is first used: the command line starts without it."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from spipconv import api

        globals().update({public: getattr(api, public) for public in __all__})
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__version__ = VERSION
__all__ = [
    "BadObjects",
    "BadTree",
    "Catalogue",
    "Diagnostic",
    "Document",
    "Extension",
    "Format",
    "ModelCall",
    "Parsed",
    "Profile",
    "Resolver",
    "SpipObject",
    "documents",
    "excerpt",
    "from_dict",
    "headings",
    "images",
    "links",
    "notes",
    "parse",
    "read_json",
    "read_objects",
    "render",
    "schema",
    "table_of_contents",
    "to_dict",
    "to_html",
    "to_markdown",
    "to_text",
    "transform",
    "walk",
    "words",
]
