"""Flavours of Markdown: descriptions of what each reader understands, which the writer consults."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class Flavour(Struct, frozen=True, cache_hash=True):
    """How a reader of Markdown treats characters and blocks; the defaults are CommonMark's.

    ``has_space_entities``: no-break spaces are written as entities, which every editor shows; else as characters.

    Characters. ``backslash``: the characters that a backslash escapes; others are written as entities. ``active``: a
    pattern of further characters that words contain only as entities; if empty, backslashes are used wherever
    CommonMark allows them. ``active_in_html``: such characters in HTML blocks. ``not_in_code``: a pattern of text that
    is read even in code, so that the code is written as HTML; ``not_in_span``: the same for code inside a line.
    ``line_start``: a pattern of further text that begins a block.

    Lines. ``is_commonmark``: marks pair by CommonMark's rules; otherwise, only simple cases are relied on.
    ``has_strikes``: ``~~`` strikes words through. ``has_backslash_breaks``: a backslash ends a line (``<br>`` always
    does). ``read_elements``: the elements inside which Markdown is read. ``line_elements``: the elements with which a
    line of a paragraph may begin. If one of these is empty, it means all elements.

    Blocks. ``indent``: the indentation of nested lists (0: the width of the bullet). ``merges``: adjacent lists or
    quotes are joined. ``has_tasks``: an item that begins with ``[x]`` gets a checkbox, even if that is a link.
    ``has_deep_html``: HTML and code may occur in quotes and notes. ``has_block_notes``: a note may begin with a list, a
    table, a heading or code. ``has_empty_headings``: a heading may be empty. ``boxes_loose_words``: words outside a
    paragraph need a ``div``.

    Terms. ``has_abbreviations``: ``*[form]: words`` defines an abbreviation wherever it occurs; to be chosen, because
    those who have no mouse do not come to see the words. ``has_definitions``: terms and their definitions are the HTML
    that the HTML writer gives, for pages with its script and style.
    """

    has_space_entities: bool = False
    backslash: str = _PUNCTUATION
    active: str = ""
    active_in_html: str = ""
    not_in_code: str = ""
    not_in_span: str = ""
    line_start: str = ""
    has_strikes: bool = True
    has_backslash_breaks: bool = True
    is_commonmark: bool = True
    indent: int = 0
    merges: bool = False
    has_tasks: bool = False
    has_deep_html: bool = True
    has_block_notes: bool = True
    has_empty_headings: bool = True
    boxes_loose_words: bool = False
    read_elements: frozenset[str] = frozenset()
    line_elements: frozenset[str] = frozenset()
    has_abbreviations: bool = False
    has_definitions: bool = False


COMMONMARK = Flavour()
COMMONMARK_WITH_ENTITIES = Flavour(has_space_entities=True)
# Hugo. Braces at the end of a heading are attributes; Hugo finds shortcodes and the end of the summary even in code.
GOLDMARK = Flavour(
    active=r"[{\\]",
    active_in_html="{",
    not_in_code=r"\{\{[<%]|<!-- *more",
    has_tasks=True,
    has_block_notes=False,
)
# Jekyll. Liquid reads a page before kramdown does, so its marks may not occur anywhere.
KRAMDOWN = Flavour(
    backslash="\\.*_+`<>()[]{}#!:|\"'$=-~",
    active=r"[\\{|^$~`]|(?<=\]):",
    active_in_html="{",
    not_in_code=r"\{[{%]",
    not_in_span=r"``|\||\]:|\A[\s`]|[\s`]\Z",
    has_strikes=False,
    has_backslash_breaks=False,
    is_commonmark=False,
    merges=True,
    has_block_notes=False,
    has_empty_headings=False,
    boxes_loose_words=True,
    read_elements=frozenset(
        "a abbr acronym b bdo big cite del dfn em i ins q rp rt ruby small span strong sub sup tt".split()
    ),
    line_elements=frozenset(
        """a abbr acronym b big bdo br cite code del dfn em i img ins kbd mark q rp rt ruby samp small span strong sub
        sup tt u var""".split()
    ),
)
# Pelican: Python-Markdown with its "extra" extensions.
PYTHON_MARKDOWN = Flavour(
    backslash="\\`*_{}[]()>#+-.!",
    active=r"[{|^~]|(?<=\]):",
    active_in_html="`{|~\t",
    not_in_code=r"\t|(?m:^ +$)",
    not_in_span=r"``|[<|]|&#|\]:|\A[\s`]|[\s`]\Z",
    line_start="#",
    has_strikes=False,
    has_backslash_breaks=False,
    is_commonmark=False,
    indent=4,
    merges=True,
    has_deep_html=False,
    boxes_loose_words=True,
)
# MkDocs: the same, and plugins that read a page as a template (mkdocs-macros) find nothing in it, not even in code.
MKDOCS = replace(
    PYTHON_MARKDOWN, not_in_code=r"\t|(?m:^ +$)|\{[{%#]", not_in_span=rf"{PYTHON_MARKDOWN.not_in_span}|\{{[{{%#]"
)
# Eleventy: markdown-it. Templates are off in what spipconv writes; nothing runs if somebody turns them on.
MARKDOWN_IT = replace(COMMONMARK, active=r"[{\\]", active_in_html="{", not_in_code=r"\{[{%#]")
