"""Markdown that Hugo, Jekyll and Pelican read shows the same page as the HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from spipconv.converters import html, markdown
from spipconv.converters.flavours import COMMONMARK, GOLDMARK, KRAMDOWN, PYTHON_MARKDOWN, Flavour
from spipconv.nodes import (
    Abbreviation,
    Cell,
    Code,
    CodeBlock,
    Document,
    Element,
    Emphasis,
    Figure,
    Frame,
    Heading,
    LineBreak,
    Link,
    List,
    ListItem,
    Node,
    Note,
    Paragraph,
    Profile,
    Quote,
    Row,
    Strong,
    Table,
    Text,
)
from spipconv.objects import read_objects
from spipconv.parsing.parser import parse
from tests import engines
from tests.judges import dangers
from tests.safety.test_safety import CONTEXTS, VECTORS
from tests.trees import Tree, tree

pytestmark = pytest.mark.slow

_PROFILES: dict[str, Profile] = {"propre": "article", "comment": "comment", "typo": "title"}
_FLAVOURS = {"hugo": GOLDMARK, "jekyll": KRAMDOWN, "pelican": PYTHON_MARKDOWN}
_ENGINES: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "hugo": engines.hugo,
    "jekyll": engines.jekyll,
    "pelican": engines.pelican,
}
# Titles that consist only of HTML. Because titles are read as pages here, these engines turn them into blocks.
_DIFFERENT: dict[str, set[str]] = {"hugo": set(), "jekyll": {"titles_typo-028"}, "pelican": {"titles_typo-028"}}

_HTML_CALL = re.compile(r'<span class="spip_note_ref">.*?</span>', re.S)
_CALL = re.compile(r'<sup (?:id="fnref[^"]*"|class="footnote-ref")[^>]*>.*?</sup>', re.S)
_NOTES = re.compile(r'<div class="footnotes?"[^>]*>\s*(?:<hr[^>]*>\s*)?<ol>(.*)</ol>\s*</div>\s*\Z', re.S)
_NOTES_AS_HTML = re.compile(r'<hr class="footnotes-sep"\s*/?>\s*<section class="footnotes">(.*)</section>\s*\Z', re.S)
_NOTE_ITEM = re.compile(r'<li id="fn:[^"]*"[^>]*>')
_BACK = re.compile(
    r'(?:&#160;|&nbsp;|[ \u00a0])?<a [^>]*class="(?:footnote-backref|reversefootnote)"[^>]*>.*?</a>', re.S
)
# Invisible boxes that highlighters put around code, and we around words outside a paragraph.
_BOX = re.compile(r'<div class="(?:highlight|language-[^"]*|spip_libre)">')


def _read(engine: str, sources: Sequence[str]) -> list[str]:
    """Return an engine's pages, or skip the test if the engine is not installed."""
    if missing := engines.what_is_missing(engine):
        pytest.skip(f"not installed: {missing}")
    return _ENGINES[engine](sources)


def _tree(page: str) -> Tree:
    return _without_spaces_in_empty_cells(tree(_CALL.sub("<sup>note</sup>", _BOX.sub('<div class="precode">', page))))


def _without_spaces_in_empty_cells(nodes: Tree) -> Tree:
    """Return a tree without the text that kramdown puts into empty cells and that is not visible."""
    return [
        node
        if isinstance(node, str)
        else [
            *node[:2],
            [] if node[0] in ("td", "th") and node[2] == ["\u00a0"] else _without_spaces_in_empty_cells(node[2]),
        ]
        for node in nodes
    ]


def _shown(page: str) -> tuple[Tree, list[Tree]]:
    """Return the trees of the body and of each note of an engine's page, in the engine's order."""
    if notes := _NOTES_AS_HTML.search(page):
        return _tree(page[: notes.start()]), _html_notes(notes[1])
    if notes := _NOTES.search(page):
        items = [text.strip().removesuffix("</li>") for text in _NOTE_ITEM.split(notes[1])[1:]]
        return _tree(page[: notes.start()]), sorted([_tree(_BACK.sub("", item)) for item in items], key=str)
    return _tree(page), []


def _html_notes(notes: str) -> list[Tree]:
    texts = re.split(r'<div id="nb[^"]*">', notes)[1:]
    words = [_HTML_CALL.sub("", _CALL.sub("", text.strip().removesuffix("</div>"))) for text in texts]
    return sorted([_tree(text) for text in words], key=str)


def _wanted(document: Document, profile: Profile = "article") -> tuple[Tree, list[Tree]]:
    """Return the trees of the body and of each note of our own HTML."""
    writer = html.Writer(document, profile)
    body = writer.flow(document.children)
    if profile == "title":
        body = f"<p>{body}</p>"
    return _tree(_HTML_CALL.sub("<sup>note</sup>", body)), _html_notes(writer.notes())


def _check(engine: str, documents: Sequence[Document]) -> list[str]:
    """Check that the HTML and the Markdown of some documents show the same, and return the Markdown."""
    sources = [markdown.write(document, flavour=_FLAVOURS[engine]) for document in documents]
    for document, source, page in zip(documents, sources, _read(engine, sources), strict=True):
        assert _shown(page) == _wanted(document), source
    return sources


@cache
def _cases() -> list[tuple[str, Document, Profile]]:
    folder = Path(__file__).parent.parent / "conformance"
    objects = read_objects(folder / "objects.json")
    found: list[tuple[str, Document, Profile]] = []
    for line in (folder / "spip44.jsonl").read_text("utf-8").strip().split("\n"):
        case = json.loads(line)
        profile = _PROFILES[case["mode"]]
        document = parse(case["text"], profile=profile, lang=case["lang"], objects=objects).document
        found.append((case["id"], document, profile))
    return found


@pytest.mark.parametrize("engine", _ENGINES)
def test_shows_the_same_as_the_html(engine: str) -> None:
    flavour = _FLAVOURS[engine]
    sources = [markdown.write(document, profile=profile, flavour=flavour) for _, document, profile in _cases()]
    different = {
        name
        for (name, document, profile), page in zip(_cases(), _read(engine, sources), strict=True)
        if _shown(page) != _wanted(document, profile)
    }
    assert different == _DIFFERENT[engine]


# ---- Words that look like markup ----

_ACTIVE = r"""* ** _ __ ` `` ``` ~ ~~ ~~~ [ ] ( ) < > & &amp; &#42; { } {{ }} {% %} {%- {{< >}} {{% %}} {: {:: {# } | ||
    $ $$ : :: # ## ### + - -- --- . .. ... 1. 1) 12. ^ = == === \ \\ ! !( ![ " ' / @ a b é mot « » – … 1 22 € ?
    http://x.org/ www.x.org x@y.org [^1] [^1]: [a]: *[a]: [x] {.c} {#i} {:.c} {:/} {::comment} <!-- <!--more--> -->
    <b> </b> <div> </div> <script> <?php ?> <br> ]( [a](b) x^2 H~2~O :smile:""".split()
_FRAGMENTS = [*_ACTIVE, " ", "  ", "\u00a0", "\t", "\u2003", "\u2028", " - ", "* ", ": "]
_ADDRESSES = ["http://x.org/a_b?c=1&d='2'", "a*b*c", "a_b(c)", "#x", "mailto:a@b.org", ""]
_TAGS = ["b", "cite", "del", "font", "i", "kbd", "q", "s", "small", "span", "sub", "var"]


class _Author:
    """Makes documents full of words that look like markup."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._choose: Callable[[Sequence[Any]], Any] = random.choice

    def _some(self, write: Callable[[], Any], most: int) -> tuple[Any, ...]:
        return tuple([write() for _ in range(self._random.randint(1, most))])

    def _words(self) -> str:
        return "".join(self._some(lambda: self._choose(_FRAGMENTS), 8))

    def _lines(self) -> str:
        return "\n".join(self._some(self._words, 4))

    def _inline(self, depth: int = 2) -> Node:
        kinds = (
            ["text"] * 4 + ["code", "break"] + ["strong", "emphasis", "link", "element", "abbreviation"] * bool(depth)
        )
        match self._choose(kinds):
            case "code":
                return Code(self._words())
            case "break":
                return LineBreak("manual")
            case "strong":
                return Strong(self._line(depth - 1))
            case "emphasis":
                return Emphasis(self._line(depth - 1))
            case "link":
                return Link(self._choose(_ADDRESSES), self._line(depth - 1), title=self._choose(["", self._words()]))
            case "element":
                attributes = self._choose([(), (("title", self._words()),)])
                return Element(self._choose(_TAGS), attributes, self._line(depth - 1))
            case "abbreviation":
                return Abbreviation(self._words(), self._line(depth - 1))
        return Text(self._words())

    def _line(self, depth: int = 2) -> tuple[Node, ...]:
        return self._some(lambda: self._inline(depth), 3)

    def _list(self, depth: int = 2) -> List:
        def item() -> ListItem:
            has_list = depth and self._choose([True, False])
            return ListItem((*self._line(1), self._list(depth - 1)) if has_list else self._line(1))

        return List(self._choose([True, False]), self._some(item, 3))

    def _table(self) -> Table:
        columns = range(self._random.randint(1, 3))

        def row(head: bool) -> Row:
            return Row(tuple([Cell(self._line(1), header=head, index=column) for column in columns]), head=head)

        return Table((row(True), *self._some(lambda: row(False), 2)))

    def _block(self, depth: int = 1) -> Node:
        kinds = ["paragraph", "words", "heading", "list", "table", "code", "frame"] + ["quote", "note"] * depth
        match self._choose(kinds):
            case "words":
                return Paragraph((Text(self._words()),))
            case "heading":
                return Heading(self._line())
            case "list":
                return self._list()
            case "table":
                return self._table()
            case "code":
                return CodeBlock(self._lines(), self._choose(["", "php", "html"]))
            case "frame":
                return Frame(self._lines())
            case "quote":
                return Quote(self._some(lambda: self._block(0), 2))
            case "note":
                return Paragraph((Text("a"), Note("1", "1", self._some(lambda: self._block(0), 2)), Text(": b")))
        return Paragraph(self._line())

    def document(self) -> Document:
        """Return a document of one or two blocks, with at most one note."""
        return Document((self._block(1), self._block(0)))


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_shows_words_that_look_like_markup_in_pelican(random: Random) -> None:
    _check("pelican", [_Author(random).document()])


@pytest.mark.parametrize("engine", ["hugo", "jekyll"])
@given(seed=st.integers(0, 2**32))
# Shrinking an example would start an engine a hundred times.
@settings(max_examples=6, deadline=None, phases=[Phase.generate])
def test_shows_words_that_look_like_markup(engine: str, seed: int) -> None:
    author = _Author(Random(seed))  # noqa: S311
    _check(engine, [author.document() for _ in range(50)])


_PIECES = [" ", "\n", "\n\n", "\n-* a", "\n-** b", "\n-# c", "\n|{{a}}|{{b}}|\n|c|d|\n", "\n|a|b|\n", "\n_ "]
_PIECES += """{{ }} { } {{{ }}} [[ ]] [[n]] [[<a>n]] [[<>n]] [[<a>]] [x<-] [a|b] [a->b(c)] <quote> </quote> <poesie>
    </poesie> <cadre> </cadre> <code> </code> <del> </del> <b> </b> <div> </div> <p> </p> <pre> </pre> <li> <td>
    <hr>""".split()


@pytest.mark.parametrize("engine", _ENGINES)
def test_shows_the_same_as_the_html_for_broken_markup(engine: str) -> None:
    fragments = [*_ACTIVE, *_PIECES]
    random = Random(1)  # noqa: S311
    texts = ["".join(random.choices(fragments, k=random.randint(2, 14))) for _ in range(400)]
    assert len(_check(engine, [parse(text).document for text in texts])) == len(texts)


# ---- Templates ----

_TEMPLATES = [
    "{{ x }}",
    "{{ 1 | plus: 1 }}",
    "{% include x %}",
    "{%- raw -%}",
    "{{< x >}}",
    "{{% x %}}",
    "{{</* x */>}}",
]
_PLACES: list[Callable[[str], Node]] = [
    lambda text: Paragraph((Text(text),)),
    lambda text: Paragraph((Text(text[:1]), Text(text[1:]))),
    lambda text: Paragraph((Text(text[:1]), Strong((Text(text[1:]),)))),
    lambda text: Paragraph((Code(text),)),
    lambda text: Paragraph((Code(text[:1]), Text(text[1:]))),
    lambda text: Paragraph((Link("http://x.org/" + text, (Text(text),), title=text),)),
    lambda text: Paragraph((Element("span", (("title", text),), (Text(text),)),)),
    lambda text: Paragraph((Text("a"), Note("1", "1", (Paragraph((Text(text),)),)))),
    lambda text: Paragraph((Text("a"), Note(text, "1", (Paragraph((Code(text),)),), excerpt=text))),
    lambda text: Heading((Text(text),)),
    CodeBlock,
    Frame,
    lambda text: Quote((CodeBlock(text), Paragraph((Text(text),)))),
    lambda text: List(ordered=False, items=(ListItem((Text(text),)), ListItem((Code(text),)))),
    lambda text: Table(
        (Row((Cell((Text(text),), header=True),), head=True), Row((Cell((Code(text),)),)), Row((Cell((Text(text),)),)))
    ),
    lambda text: Table((Row((Cell((Text(text),)),)),)),
    lambda text: Element("div", (("title", text),), (Text(text), CodeBlock(text))),
    lambda text: Figure(1, "IMG/" + text, is_image=True, alternative=text, title=(Text(text),)),
]


@pytest.mark.parametrize(("engine", "marks"), [("hugo", r"\{\{[<%]|<!--"), ("jekyll", r"\{[{%]"), ("pelican", "a^")])
def test_templates_are_shown_and_not_run(engine: str, marks: str) -> None:
    documents = [Document((place(text),)) for place in _PLACES for text in [*_TEMPLATES, "<!--more-->"]]
    sources = _check(engine, documents)
    assert [source for source in sources if re.search(marks, source)] == []


def test_addresses_name_no_files_to_pelican() -> None:
    source = _check("pelican", [Document((Paragraph((Link("|static|/a", (Text("{static}/a"),)),)),))])[0]
    assert not re.search(r"[{|]static", source)


# ---- Notes ----


_NOTES_OF_ALL_KINDS = [
    "a[[un]] b[[deux\n\nencore]]",
    "a[[<x>un {mot}]] b[[<x>]] c[[<x>]]",
    "a[[<*>un]]: b[[<-x>deux]]",
    "a[[un\n\n-* deux\n-* trois]] b[[-* liste]]",
    "a[[un\n\n<code>\nb\n</code>]]",
    "a[[un [[dans]] un]]",
    "<div>a[[un]]</div> b[[deux]]",
    "a[[un]] b[[<>deux]]",
    "|{{a}}|\n|b[[un]]|\n\n-* c[[deux]]\n\n<quote>d[[trois]]</quote>\n\n{{{e[[quatre]]}}}",
    "[lien[[un]]->http://x.org/]",
]


@pytest.mark.parametrize("engine", _ENGINES)
def test_notes_are_shown_by_the_reader(engine: str) -> None:
    documents = [parse(text).document for text in _NOTES_OF_ALL_KINDS]
    sources = _check(engine, documents)
    assert all(_wanted(document)[1] for document in documents)
    # Notes in HTML blocks and notes without a call are HTML.
    assert sum("\n[^" in source for source in sources) >= 5
    assert "[^1]: un\n[^2]: deux\n\n    encore" in sources[0].replace("\n\n[^2", "\n[^2")


# ---- Players ----

_PLAYERS = [
    'Avant <iframe src="//www.youtube.com/embed/x" title="a {{c}} {% d %} *e*"></iframe> après',
    '-* un <iframe src="//www.youtube.com/embed/x"></iframe>\n-* deux\n\nfin',
    '<quote>un <iframe src="//www.youtube.com/embed/x?start=3"></iframe> deux</quote>',
    '|a|<embed src="//youtu.be/x">|\n|b|c|',
    'a[[b <iframe src="//www.youtube.com/embed/x"></iframe> c]] d',
    "un <video src=a.mp4 controls><source src=b.webm></video> deux\n\n<audio src=a.mp3></audio>",
    "-* <doc4>\n-* deux\n\n<doc4>\n\n{{{titre}}}",
    '<iframe src="https://a.org/b_c_d*e*"></iframe> <embed src="x y.swf">',
]


@pytest.mark.parametrize("engine", _ENGINES)
def test_players_are_shown_by_the_reader(engine: str) -> None:
    objects = read_objects(Path(__file__).parent.parent / "cases" / "objects.json")
    _check(engine, [parse(text, embeds=True, objects=objects).document for text in _PLAYERS])


# ---- How it is written ----


def _write(text: str, flavour: Flavour) -> str:
    return markdown.write(parse(text).document, flavour=flavour).rstrip("\n")


@pytest.mark.parametrize(
    ("text", "goldmark", "kramdown", "python_markdown"),
    [
        ("{{gras}} et {italique}", *["**gras** et *italique*"] * 3),
        ("\\{a\\}", *["&#123;a}"] * 3),
        ("a | b", "a | b", *["a &#124; b"] * 2),
        ("<del>a</del>", "~~a~~", *["<del>a</del>"] * 2),
        ("a\n_ b", "a\\\nb", *["a<br>\nb"] * 2),
        ("`{{a}}` `{{<a}}` `b|c`", "`{{a}}` <code>&#123;&#123;&lt;a}}</code> `b|c`",
         "<code>&#123;&#123;a}}</code> <code>&#123;&#123;&lt;a}}</code> <code>b&#124;c</code>",
         "`{{a}}` <code>&#123;&#123;&lt;a}}</code> <code>b&#124;c</code>"),
        ("-* a\n-** b\n-* c", "- a\n  - b\n- c", "- a\n  - b\n- c", "- a\n    - b\n- c"),
        ("a[[b]]", *["a[^1]\n\n[^1]: b"] * 3),
    ],
)  # fmt: skip
def test_flavours_write_these_texts_differently(text: str, goldmark: str, kramdown: str, python_markdown: str) -> None:
    assert _write(text, GOLDMARK) == goldmark
    assert _write(text, KRAMDOWN) == kramdown
    assert _write(text, PYTHON_MARKDOWN) == python_markdown


def test_most_cases_are_the_same_in_all_flavours() -> None:
    for flavour, share in ((GOLDMARK, 0.95), (KRAMDOWN, 0.7), (PYTHON_MARKDOWN, 0.7)):
        same = [
            markdown.write(document, profile=profile, flavour=flavour) == markdown.write(document, profile=profile)
            for _, document, profile in _cases()
        ]
        assert sum(same) > share * len(same)


@pytest.mark.parametrize("flavour", [COMMONMARK, *_FLAVOURS.values()])
def test_a_document_without_an_icon_shows_its_name(flavour: Flavour) -> None:
    document = Document((Figure(1, "IMG/pdf/mon%20r%C3%A9sum%C3%A9.pdf", is_image=False),))
    assert ">mon résumé.pdf</a>" in markdown.write(document, flavour=flavour)
    assert ">mon résumé.pdf</a>" in html.write(document).body
    with_icon = Document((Figure(1, "IMG/pdf/a.pdf", is_image=False, thumbnail="pdf.svg"),))
    assert '><img src="pdf.svg" width="64" height="64" alt="" /></a>' in html.write(with_icon).body


# ---- Safety ----

_MARKDOWN_IT = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)


@pytest.mark.parametrize("flavour", _FLAVOURS.values(), ids=_FLAVOURS)
def test_attacks_are_harmless_with_every_reader(flavour: Flavour) -> None:
    for number, vector in enumerate(VECTORS):
        # Every attack is in two places; each place has another attack in the next round.
        for place in (number, number + 7):
            context = list(CONTEXTS.values())[place % len(CONTEXTS)]
            source = _write(context.format(vector["vector"]), flavour)
            page = engines.pelican([source])[0] if flavour is PYTHON_MARKDOWN else _MARKDOWN_IT.render(source)
            assert not dangers(page), (vector["id"], source)


@pytest.mark.parametrize("engine", _ENGINES)
def test_attacks_do_no_more_than_in_the_html(engine: str) -> None:
    _check(engine, [parse(vector["vector"]).document for vector in VECTORS])


def test_attacks_in_comments_do_no_more_than_in_the_html() -> None:
    documents = [parse(vector["vector"], profile="comment").document for vector in VECTORS]
    sources = [markdown.write(document, profile="comment", flavour=PYTHON_MARKDOWN) for document in documents]
    for document, source, page in zip(documents, sources, engines.pelican(sources), strict=True):
        assert _shown(page) == _wanted(document, "comment"), source
