"""spipconv converts SPIP markup to safe HTML and Markdown: ``spipconv.to_html("{{gras}}")``."""

from typing import TYPE_CHECKING

from spipconv.version import VERSION

if TYPE_CHECKING:
    from spipconv.api import (
        BadGlossary,
        BadObjects,
        BadTree,
        Catalogue,
        Diagnostic,
        Document,
        Extension,
        Format,
        Glossary,
        GlossaryEntry,
        ModelCall,
        Parsed,
        Profile,
        Resolver,
        SpipObject,
        documents,
        excerpt,
        find_place,
        from_dict,
        headings,
        images,
        links,
        mark_page,
        mark_terms,
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

        globals().update({public: value for public, value in vars(api).items() if public in __all__})
        return getattr(api, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__version__ = VERSION
__all__ = [
    "BadGlossary",
    "BadObjects",
    "BadTree",
    "Catalogue",
    "Diagnostic",
    "Document",
    "Extension",
    "Format",
    "Glossary",
    "GlossaryEntry",
    "ModelCall",
    "Parsed",
    "Profile",
    "Resolver",
    "SpipObject",
    "documents",
    "excerpt",
    "find_place",
    "from_dict",
    "headings",
    "images",
    "links",
    "mark_page",
    "mark_terms",
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
