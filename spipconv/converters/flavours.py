"""What the readers of Markdown understand, as facts that the one writer asks for."""

from __future__ import annotations

from msgspec import Struct

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class Flavour(Struct, frozen=True):
    """What a reader of Markdown makes of characters and blocks; the defaults are CommonMark's.

    Characters: ``backslash`` holds those that a backslash hides; others are hidden as entities. ``active`` is a
    pattern of what words hold as entities, beyond what every reader takes for markup; without it nothing is an
    entity that CommonMark lets a backslash hide. ``active_in_html`` holds such characters of HTML blocks.
    ``not_in_code`` is a pattern of what is read even in code, which then is written as HTML; ``not_in_span`` is the
    same for code in a line. ``line_start`` is a pattern of what begins a block, beyond CommonMark.

    In the line: with ``is_commonmark`` marks pair by CommonMark's rules, otherwise only plain cases are trusted.
    ``has_strikes``: ``~~`` strikes words through. ``has_backslash_breaks``: a backslash ends a line; ``<br>`` does
    everywhere. ``read_elements`` are those in whose words Markdown is read, ``line_elements`` those with which a
    line of a paragraph may begin; none: any.

    Blocks: ``indent`` is how far lists in lists move in; 0: as far as their words. ``merges``: lists or quotes that
    follow one another are taken for one. ``has_tasks``: an item that begins with ``[x]`` gets a box to tick, even
    where that is a link. ``has_deep_html``: HTML and code may stand in quotes and notes. ``has_block_notes``: a note
    may begin with a list, a table, a heading or code.
    ``has_empty_headings``: a heading needs no words. ``boxes_loose_words``: words in no paragraph need a ``div``.
    """

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


COMMONMARK = Flavour()
# Hugo. Braces at a heading's end are attributes; shortcodes and the summary's end are looked for in code too.
GOLDMARK = Flavour(
    active=r"[{\\]",
    active_in_html="{",
    not_in_code=r"\{\{[<%]|<!-- *more",
    has_tasks=True,
    has_block_notes=False,
)
# Jekyll. Liquid reads a page before kramdown does, so its marks may stand nowhere.
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
