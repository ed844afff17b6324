"""Definitions on terms: a document and a glossary come in, the document with its terms marked goes out."""

from spipconv.glossary.assets import read_assets
from spipconv.glossary.entries import BadGlossary, GlossaryEntry, entry_of_definition, entry_of_keyword
from spipconv.glossary.glossary import Glossary, find_glossary
from spipconv.glossary.marking import mark_page, mark_terms
from spipconv.glossary.titles import TermTitle, read_definition_title, read_keyword_title

__all__ = [
    "BadGlossary",
    "Glossary",
    "GlossaryEntry",
    "TermTitle",
    "entry_of_definition",
    "entry_of_keyword",
    "find_glossary",
    "mark_page",
    "mark_terms",
    "read_assets",
    "read_definition_title",
    "read_keyword_title",
]
