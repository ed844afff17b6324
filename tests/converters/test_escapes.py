"""A hostile value in any field of any node stays a value of that field; HTML parsers judge the output."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import html5lib
import markdown as python_markdown
import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

import spipconv
from spipconv import Profile, nodes
from spipconv.converters import flavours, markdown
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Box,
    Code,
    CodeBlock,
    Document,
    Element,
    Figure,
    Frame,
    Link,
    Markdown,
    Math,
    MathBlock,
    Model,
    Node,
    Note,
    Paragraph,
    Player,
    Strong,
    Term,
    Text,
)
from tests.judges import dangers

# A word that no other field contains, and the values that replace it.
PLAIN = "xyzzy"
HOSTILE = (
    '"\'><b data-evil="y">&lt;i>&amp;&quot;z',
    '" data-evil="y',
    "' data-evil='y",
    "</code></pre></a></span></abbr></div></p></td></figure><b data-evil=y>z",
    "--><b data-evil=y>z<!--",
    "&quot; data-evil=&quot;y&#34;&#x22;",
    "``` <b data-evil=y>`z`\n\n<b data-evil=y>\n\n```\n<div data-evil=y>\n\n",
    "](x) [a](javascript:alert(1)) <javascript:alert(1)> ![b](data:x) z",
    '](x "y") <b data-evil=y>\\" <b data-evil=y>z',
    "|z\n| --- |\n[^1]: <b data-evil=y>",
    "[^1] **a** __b__ ~~c~~ # z\n===\n- d\n> e\n1. f",
    "{{ data-evil }}{% data-evil %}{{< data-evil >}}{{% data-evil %}}{: data-evil='y'}{::nomarkdown}",
)


def _line(*children: Node) -> tuple[Node, ...]:
    return (Paragraph((Text("a"), *children, Text("b"))),)


def _figure(**fields: Any) -> tuple[Node, ...]:
    given = {"number": 1, "address": "/IMG/a.png", "is_image": True, **fields}
    return (Figure(**given),)


def _media(extension: str, **fields: Any) -> tuple[Node, ...]:
    media = "audio" if extension == "mp3" else "video"
    return _figure(media=media, extension=extension, is_image=False, **fields)


WORDS = (Text("mot"),)
# By construct: nodes with a word in one of their fields.
FIELDS: dict[str, Callable[[str], tuple[Node, ...]]] = {
    "Text.text": lambda word: _line(Text(word)),
    "Code.text": lambda word: _line(Code(word)),
    "Code.language": lambda word: _line(Code("c", word)),
    "Math.text": lambda word: _line(Math(word)),
    "Link.address": lambda word: _line(Link("http://a.org/" + word, WORDS)),
    "Link.address of a relative one": lambda word: _line(Link(word, WORDS, kind="relative")),
    "Link.address of its own text": lambda word: _line(Link("http://a.org/" + word, (Text("http://a.org/" + word),))),
    "Link.title": lambda word: _line(Link("http://a.org/", WORDS, title=word)),
    "Link.language": lambda word: _line(Link("http://a.org/", WORDS, language=word)),
    "Link.media_type": lambda word: _line(Link("http://a.org/", WORDS, media_type=word)),
    "Anchor.name": lambda word: _line(Anchor(word)),
    "Abbreviation.title": lambda word: _line(Abbreviation(word, WORDS)),
    "Abbreviation.language": lambda word: _line(Abbreviation("title", WORDS, word)),
    "Strong.classes": lambda word: _line(Strong(WORDS, (word,))),
    "Box.align": lambda word: (Box((Paragraph(WORDS),), word),),
    "Note.label": lambda word: _line(Note(word, "1", (Paragraph(WORDS),))),
    "Note.identifier": lambda word: _line(Note("1", word, (Paragraph(WORDS),))),
    "Note.excerpt": lambda word: _line(Note("1", "1", (Paragraph(WORDS),), word)),
    "Note.identifier of a call only": lambda word: _line(Note("1", word, ())),
    "Model.source": lambda word: _line(Model("a", 1, (), word)),
    "Model.name": lambda word: _line(Model(word, 1, (), "<a1>")),
    "Term.identifier": lambda word: _line(Term(word, WORDS)),
    "Term.address": lambda word: _line(Term("ess", WORDS, "/" + word)),
    "Element.attributes": lambda word: _line(Element("span", (("title", word), ("class", word), ("id", word)), WORDS)),
    "Element.attributes of a link": lambda word: _line(Element("a", (("href", "http://a.org/" + word),), WORDS)),
    "Element.attributes of a picture": lambda word: _line(Element("img", (("src", word), ("alt", word)), ())),
    "Element.attributes of a break": lambda word: _line(Element("wbr", (("title", word),), ())),
    "Element.attributes of a line": lambda word: (Element("hr", (("title", word),), ()),),
    "Element.attributes of a block": lambda word: (Element("div", (("title", word), ("class", word)), WORDS),),
    "CodeBlock.text": lambda word: (CodeBlock(word),),
    "CodeBlock.language": lambda word: (CodeBlock("c", word),),
    "Frame.text": lambda word: (Frame(word),),
    "MathBlock.text": lambda word: (MathBlock(word),),
    "Player.host": lambda word: (Player(word, "https://a.org/", "https://a.org/"),),
    "Player.page": lambda word: (Player("A", "https://a.org/", "https://a.org/" + word),),
    "Figure.address": lambda word: _figure(address="/IMG/" + word),
    "Figure.address of a file": lambda word: _figure(address="/IMG/" + word, is_image=False),
    "Figure.alternative": lambda word: _figure(alternative=word),
    "Figure.media": lambda word: _figure(media=word),
    "Figure.media_type": lambda word: _figure(media_type=word, is_image=False),
    "Figure.media_type of a sound": lambda word: _media("mp3", media_type=word),
    "Figure.address of a film": lambda word: _media("mp4", address="/" + word),
    "Figure.thumbnail of a film": lambda word: _media("mp4", thumbnail="/" + word),
    "Figure.link of a film": lambda word: _media("mp4", link="/" + word),
    "Figure.align": lambda word: _figure(align=word),
    "Figure.link": lambda word: _figure(link="/" + word),
    "Figure.link of a file": lambda word: _figure(link="/" + word, is_image=False),
    "Figure.extension": lambda word: _figure(extension=word, is_image=False),
    "Figure.thumbnail": lambda word: _figure(thumbnail="/" + word, is_image=False),
    "Figure.classes": lambda word: _figure(classes=(word,)),
    "Figure.title": lambda word: _figure(title=(Text(word),)),
    "Figure.description": lambda word: _figure(description=(Text(word),)),
    "Figure.credits": lambda word: _figure(credits=(Text(word),)),
}  # fmt: skip
# Written in articles only; see tests/safety/test_policy.py.
OF_PLAYERS = {"Player.address", "Player.title"}
# The names of elements and attributes come from a closed list, so there is nothing to escape.
NOT_WRITTEN = {
    "Directive.name",
    "Element.name",
    "LineBreak.kind",
    "Link.kind",
    "Cell.numeric",
    "Markdown.text",
    "Raw.format",
    "Raw.text",
    *OF_PLAYERS,
}
# Values that change when they are written, apart from escaping: a language is one word, an address has no spaces, a
# class is split.
IN_OTHER_FORM = {
    "Abbreviation.language", "Anchor.name", "Code.language", "CodeBlock.language", "Figure.align", "Figure.classes",
    "Figure.extension", "Figure.media", "Link.language", "Model.source", "Note.identifier",
    "Note.identifier of a call only", "Strong.classes",
}  # fmt: skip
PROFILES: tuple[Profile, ...] = ("article", "comment")


def test_every_field_of_every_node_is_attacked() -> None:
    fields = {
        f"{kind.__name__}.{name}"
        for kind in get_args(nodes.Node)
        for name, type in get_type_hints(kind).items()
        if type is str or get_args(type)[:1] == (str,)
    }
    assert len(fields) > 20
    assert fields - {name.split(" of ")[0] for name in FIELDS} <= NOT_WRITTEN | {"Model.arguments"}


def shape(html: str) -> list[Any]:
    """Return the elements of HTML with the names of their attributes, without text and values."""
    return [(element.tag, sorted(element.attrib)) for element in html5lib.parseFragment(f"<div>{html}</div>").iter()]


def values(html: str) -> list[str]:
    """Return all values and words of HTML, without invisible white space."""
    found: list[str] = []
    for element in html5lib.parseFragment(f"<div>{html}</div>").iter():
        found += [element.text or "", *map(element.attrib.__getitem__, sorted(element.attrib)), element.tail or ""]
    return [" ".join(value.split()) for value in found if value.strip()]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("field", FIELDS)
def test_html_keeps_the_value_of_a_field_in_its_place(field: str, profile: Profile) -> None:
    plain = spipconv.render(Document(FIELDS[field](PLAIN)), profile=profile)
    for word in HOSTILE:
        html = spipconv.render(Document(FIELDS[field](word)), profile=profile)
        assert not dangers(html)
        is_address = any(name in field for name in ("address", "link", "page", "thumbnail", "picture"))
        if is_address and ":" in word:
            # The value is not allowed.
            continue
        assert shape(html) == shape(plain), word
        if not is_address and field not in IN_OTHER_FORM:
            wanted = [" ".join(value.replace(PLAIN, word).split()) for value in values(plain)]
            assert values(html) == wanted, word


_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)


def _python_markdown(source: str) -> str:
    return str(python_markdown.markdown(source, extensions=["extra"]))


@pytest.mark.parametrize(
    ("flavour", "read"),
    [
        pytest.param(flavours.COMMONMARK, _READER.render, id="commonmark"),
        pytest.param(flavours.PYTHON_MARKDOWN, _python_markdown, id="python-markdown"),
    ],
)
@pytest.mark.parametrize("field", FIELDS)
def test_markdown_keeps_the_value_of_a_field_in_its_place(
    field: str, flavour: flavours.Flavour, read: Callable[[str], str]
) -> None:
    for word in HOSTILE:
        document = Document(FIELDS[field](word))
        source = markdown.write(document, flavour=flavour)
        page = read(source)
        for element in html5lib.parseFragment(f"<div>{page}</div>").iter():
            assert "data-evil" not in element.attrib, source
            assert not element.get("href", "").startswith(("javascript:", "data:")), source
            assert not element.get("src", "").startswith("data:"), source


@pytest.mark.parametrize(
    ("flavour", "read"),
    [
        pytest.param(flavours.GOLDMARK, re.compile(r"\{\{[<%]|<!-- *more"), id="hugo"),
        pytest.param(flavours.KRAMDOWN, re.compile(r"\{[{%]"), id="jekyll"),
    ],
)
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_contains_template_syntax(field: str, flavour: flavours.Flavour, read: re.Pattern[str]) -> None:
    words = ("{{ x }}", "{% x %}", "{{< x >}}", "{{% x %}}", "a{{{{b", "{{% raw %}}\n{{ x }}\n\n{% x %}", "<!--more-->")
    for word in (*words, *[f"`{word}`" for word in words], *[f"a|{word}\\" for word in words]):
        source = markdown.write(Document(FIELDS[field](word)), flavour=flavour)
        assert not read.search(source), source


@pytest.mark.parametrize("field", FIELDS)
def test_markdown_shows_the_words_of_a_field(field: str) -> None:
    """A reader of CommonMark sees the same words and values as a reader of the HTML."""
    for word in HOSTILE:
        document = Document(FIELDS[field](word))
        if any(isinstance(node, Note) for node in nodes.walk(document.children)):
            continue
        page = _READER.render(markdown.write(document))
        html = spipconv.render(document)
        assert _words(page) == _words(html), word


def _words(html: str) -> str:
    return "".join("".join(html5lib.parseFragment(f"<div>{html}</div>").itertext()).split())


@pytest.mark.parametrize("profile", PROFILES)
def test_an_author_s_own_markdown_is_written_only_where_it_is_harmless(profile: Profile) -> None:
    harmless = ("a **b** [c](http://a.org/)", "- a\n- b", "```\n<b>\n```", "| a |\n| - |\n| b |")
    pictures = ("![a](b.png)",) if profile == "article" else ()
    harmful = (
        "```\nunclosed", "[a]: javascript:alert(1)", "[a]: http://a.org/", "a [^1]", "---", "    <b>\n\n</b>",
        "<!-- a", "<javascript:alert(1)>", "a\ufdd0",
        "[a](javascript:alert(1))", "![a](data:x)", "[a](java&#10;script:alert(1))", "[a](<vbscript:x>)",
        "<script>alert(1)</script>",
    )  # fmt: skip
    for text in (*harmless, *pictures, *harmful, *HOSTILE):
        document = Document((Paragraph(WORDS), Markdown((Paragraph((Text("instead"),)),), text), Paragraph(WORDS)))
        source = markdown.write(document, profile=profile)
        page = _READER.render(source)
        assert not dangers(page), source
        assert "data-evil" not in {name for element in html5lib.parseFragment(page).iter() for name in element.attrib}
        if text not in HOSTILE:
            assert ("instead" in source) == (text in harmful), text


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("address", ["javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_address_fields_accept_no_other_scheme(address: str, profile: Profile) -> None:
    for children in (
        _line(Link(address, WORDS)), _line(Link(address, (Text(address),), kind="relative", shows_address=True)),
        _figure(address=address), _figure(address=address, is_image=False), _figure(link=address),
        _figure(link=address, is_image=False), _figure(thumbnail=address, is_image=False),
        _line(Element("a", (("href", address),), WORDS)), _line(Element("img", (("src", address),), ())),
        _line(Element("q", (("cite", address),), WORDS)),
    ):  # fmt: skip
        document = Document(children)
        assert not dangers(spipconv.render(document, profile=profile))
        assert not dangers(_READER.render(markdown.write(document, profile=profile)))


@pytest.mark.parametrize("profile", PROFILES)
def test_names_of_elements_and_attributes_are_a_closed_list(profile: Profile) -> None:
    for word in HOSTILE:
        for node in (Element(word, (), WORDS), Element("p " + word, (), WORDS), Element("p", ((word, "x"),), WORDS),
                     Element("p", ((f"title={word}", "x"),), WORDS)):  # fmt: skip
            html = spipconv.render(Document((Paragraph((node,)),)), profile=profile)
            assert "data-evil" not in html


def test_the_language_of_a_document_is_escaped() -> None:
    for word in HOSTILE:
        html = spipconv.render(Document(_line(Note("1", "1", (Paragraph(WORDS),))), word))
        assert shape(html) == shape(spipconv.render(Document(_line(Note("1", "1", (Paragraph(WORDS),))))))


def test_the_table_has_the_types_of_all_fields() -> None:
    assert isinstance(nodes.Node, types.UnionType)
