"""spipconv converts SPIP markup to safe HTML and Markdown: ``spipconv.to_html("{{gras}}")``."""

from spipconv.api import Format, render, to_html, to_markdown
from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Document, Profile
from spipconv.objects import BadObjects, Catalogue, Resolver, SpipObject, read_objects
from spipconv.parsing.parser import Parsed, parse
from spipconv.version import VERSION

__version__ = VERSION
__all__ = [
    "BadObjects",
    "Catalogue",
    "Diagnostic",
    "Document",
    "Format",
    "Parsed",
    "Profile",
    "Resolver",
    "SpipObject",
    "parse",
    "read_objects",
    "render",
    "to_html",
    "to_markdown",
]
