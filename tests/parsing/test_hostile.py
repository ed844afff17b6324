"""Hostile texts pile up markup; they are read and written all the same, with bounded depth and length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spipconv import Document, Profile, excerpt, parse, render, to_text
from spipconv.nodes import Node, children_of
from spipconv.plugins import PLUGINS
from spipconv.safety import MAX_DEPTH

SHAPES: dict[str, Callable[[int], str]] = {
    # Braces
    "strong never closed": lambda n: "{{" * n,
    "strong never closed, with words": lambda n: "{{a " * n,
    "strong never opened": lambda n: "{{a " + "}}" * n,
    "strong nested": lambda n: "{{a " * n + "}}" * n,
    "strong side by side": lambda n: "{{a}}" * n,
    "emphasis never closed": lambda n: "{a " * n,
    "emphasis never opened": lambda n: "{a" + "}" * n,
    "emphasis nested": lambda n: "{a " * n + "}" * n,
    "empty emphasis": lambda n: "{}" * n,
    "headings never closed": lambda n: "{{{a " * n,
    "headings never opened": lambda n: "{{{a" + "}}}" * n,
    "headings nested": lambda n: "{{{a " * n + "}}}" * n,
    "crossed braces": lambda n: "{{a {b}} c}" * n,
    "crossed braces, all open first": lambda n: "{{a {b " * n + "}} } " * n,
    "braces in the wrong order": lambda n: "}} {{ } {" * n,
    "strong over paragraphs": lambda n: "{{a\n\n" * n,
    "strong and emphasis over many paragraphs": lambda n: "{{ {" + "a\n\n" * n + "} }}",
    "strong over items": lambda n: "-* {{a\n" * n,
    "strong over cells": lambda n: "|{{a" * n + "|\n",
    "runs of braces of every length": lambda n: "{{{{{{{ }}}}}}} { }} {{{ } {{ }}} " * (n // 4),
    # Lists and lines
    "a list as deep as it goes": lambda n: "-" + "*" * n + " a",
    "items at every depth": lambda n: "\n".join(f"-{'*' * (i % 80 + 1)} a" for i in range(n)),
    "items of changing type": lambda n: "-* a\n-# b\n" * n,
    "items that jump": lambda n: f"-* a\n-{'*' * 55} b\n" * (n // 20),
    "lists with blank lines": lambda n: "-* a\n\n" * n,
    "rules": lambda n: "----\n" * n,
    "one long rule": lambda n: "-" * n,
    "dashes": lambda n: "- a\n" * n,
    "dialogue": lambda n: "-- a\n" * n,
    "break marks": lambda n: "\n_ " * n,
    "newlines": lambda n: "a\n" * n,
    "blank lines": lambda n: "a\n \n" * n,
    "lines of spaces": lambda n: " \n\t\n" * n,
    "spaces": lambda n: "a" + " " * n + "b",
    "spaces before punctuation": lambda n: "a " * n + " !" * n + "  ?" * n,
    "carriage returns": lambda n: "\r" * n,
    "tildes": lambda n: "~ " * n,
    # Tables
    "bars": lambda n: "|" * n,
    "a wide table": lambda n: "|a" * n + "|\n",
    "a wide table of heads": lambda n: "|{{a}}" * n + "|\n" + "|b" * n + "|\n",
    "a long table": lambda n: "|a|b|\n" * n,
    "cells that merge leftwards": lambda n: "|a" + "|<" * n + "|\n",
    "cells that merge upwards": lambda n: "|a|\n" + "|^|\n" * n,
    "rows without an end": lambda n: "|a\n" * n,
    "tables side by side": lambda n: "|a|\n\n" * n,
    "captions": lambda n: "||a|b||\n|c|\n\n" * n,
    "a cell of digits": lambda n: "|" + "1 " * n + "x|\n",
    "lists in cells": lambda n: "|a\n-* b|\n" * n,
    # Notes
    "notes": lambda n: "a[[b]] " * n,
    "notes never closed": lambda n: "[[a " * n,
    "notes never closed before a bracket": lambda n: "[[a " * n + "]",
    "notes never opened": lambda n: "]]" * n,
    "notes in notes": lambda n: "[[a " * n + "]]" * n,
    "notes of one name": lambda n: "[[<x> a]]" * n,
    "notes without a call": lambda n: "[[<> a]]" * n,
    "one long note": lambda n: "[[" + "a " * n + "]]",
    # Links and addresses
    "brackets opened": lambda n: "[" * n,
    "brackets closed": lambda n: "]" * n,
    "brackets nested": lambda n: "[" * n + "]" * n,
    "link texts never closed": lambda n: "[a->" * n,
    "link texts in quotes never closed": lambda n: '"[a->' * n,
    "links": lambda n: "[a->b]" * n,
    "links in link texts": lambda n: "[a " * n + "->b]" * n,
    "languages in link texts": lambda n: "[a[fr]" * n + "->b]",
    "empty brackets before an arrow": lambda n: "[" + "[]" * n + "->",
    "arrows": lambda n: "->" * n + "]",
    "links to articles": lambda n: "[->art1]" * n,
    "glossary terms never closed": lambda n: "[?a " * n,
    "anchors never closed": lambda n: "[#a<-" * n,
    "abbreviations": lambda n: "[a|b]" * n,
    "abbreviations never closed": lambda n: "[a|b " * n,
    "schemes": lambda n: "http://" * n,
    "addresses": lambda n: "http://a.fr/ " * n,
    "one address of many labels": lambda n: "http://" + "a." * n + "fr",
    "one address of many dots": lambda n: "http://a" + "." * n,
    "one long address": lambda n: "http://a.fr/" + "a?b&" * n,
    "www without a name": lambda n: "www." * n,
    "resources never closed": lambda n: "<http://a.fr/" * n,
    "percent signs in a target": lambda n: "[a->" + "%25" * n + "]",
    "entities in a target": lambda n: "[a->" + "&amp;" * n + "]",
    # HTML
    "half tags": lambda n: "<a " * n,
    "half end tags": lambda n: "</" * n,
    "half tags before an end": lambda n: "<a http://a.fr/ " * n + ">",
    "escaped tags before an end": lambda n: "\\<a http://a.fr/ " * n + ">",
    "brackets before an arrow": lambda n: "\\[a http://a.fr/ " * n + "->b]",
    "brackets before an end": lambda n: "[a http://a.fr/ " * n + "]",
    "angles": lambda n: "<" * n + ">" * n,
    "divs never closed": lambda n: "<div>" * n,
    "divs never closed, with words": lambda n: "<div>a " * n,
    "divs never opened": lambda n: "</div>" * n,
    "divs nested": lambda n: "<div>" * n + "</div>" * n,
    "bold tags never closed": lambda n: "<b>a" * n,
    "links in HTML never closed": lambda n: "<a href='b'>a" * n,
    "spans and bolds crossed": lambda n: "<b><span>a</b></span>" * n,
    "formatting around blocks": lambda n: "<b><div>a</b>" * n,
    "formatting around blocks, all open first": lambda n: "<b><i><div>" * (n // 2) + "</b></i>" * (n // 2),
    "tables in tables": lambda n: "<table><tr><td>" * n,
    "cells without a table": lambda n: "<td>a</td><tr>" * n,
    "items without a list": lambda n: "<li>a" * n,
    "lists in lists": lambda n: "<ul><li>a" * n,
    "attributes": lambda n: "<div" + " a='b'" * n + ">",
    "attributes that are allowed": lambda n: "<div" + " title='b'" * n + ">",
    "attributes never closed": lambda n: "<div " + "a='" * n + ">",
    "one long attribute": lambda n: "<b title='" + "&lt;" * n + "'>a</b>",
    "line breaks in HTML": lambda n: "<br>" * n,
    "half entities": lambda n: "&#x" * n + "&amp" * n + "&" * n,
    "entities": lambda n: "&amp;lt;&#0;&#x110000;" * n,
    "comments never closed": lambda n: "<!--" * n,
    "comments": lambda n: "<!-- a -->" * n,
    "comment ends": lambda n: "<!--" + "->" * n + "-->" * n,
    "scripts never closed": lambda n: "<script>" * n,
    "scripts": lambda n: "<script>a</script>" * n,
    "escapes": lambda n: "\\{" * n + "\\" * n,
    # Blocks of SPIP
    "quotes never closed": lambda n: "<quote>" * n,
    "quotes never opened": lambda n: "<quote>a" + "</quote>" * n,
    "quotes nested": lambda n: "<quote>a " * n + "</quote>" * n,
    "quotes crossed with lists": lambda n: "<quote>\n-* a\n</quote>\n" * n,
    "quotes crossed with braces": lambda n: "{{<quote>a}}" * n + "</quote>" * n,
    "poems never closed": lambda n: "<poesie>a\n" * n,
    "poems nested": lambda n: "<poesie>\n" * n + "a\n" + "</poesie>\n" * n,
    "one long poem": lambda n: "<poesie>\n" + "a\n\n" * n + "</poesie>",
    "code never closed": lambda n: "<code>" * n,
    "code of every kind never closed": lambda n: "<code><cadre><frame><html><math><pre><style>" * n,
    "code": lambda n: "<code>a</code>" * n,
    "frames": lambda n: "<cadre>a</cadre>" * n,
    "raw HTML": lambda n: "<html>" + "<div>" * n + "</html>",
    "formulas never closed": lambda n: "<math>" + "$a$$" * n + "</math>",
    "backticks": lambda n: "`" * n,
    "backticks apart": lambda n: "` " * n,
    "backticks of changing number": lambda n: "` `` ``` " * n,
    "fences never closed": lambda n: "```\na\n" * n + "``\n",
    "fences": lambda n: "```\na\n```\n" * n,
    "models": lambda n: "<inconnu1|a>" * n,
    "models with tags never closed": lambda n: "<doc1|<b>a[b->c]" * n,
    "models never closed": lambda n: "<doc1|" * n,
    "model arguments": lambda n: "<inconnu1" + "|a" * n + ">",
    "idioms never closed": lambda n: "<:a" * n,
    "translations never closed": lambda n: "<multi>[fr]" * n,
    "translations": lambda n: "<multi>[fr]a[en]b</multi>" * n,
    "translations of one text": lambda n: "<multi>" + "[fr]a[en]b" * n + "</multi>",
    "translations nested": lambda n: "<multi>[fr]" * n + "a" + "</multi>" * n,
    # Formatting that a browser would repeat for every paragraph, item, cell or line
    "strong and emphasis in turn over paragraphs": lambda n: "{{ {" * 30 + "a\n\n" * n,
    "a long title over paragraphs": lambda n: "<b title='" + "b" * n + "'>" + "a\n\n" * n,
    "a long address over paragraphs": lambda n: "[" + "a\n\n" * n + "->http://b.fr/" + "c" * n + "]",
    "a long link title over paragraphs": lambda n: "[" + "a\n\n" * n + "|" + "b" * n + "->http://c.fr/]",
    "formatting closed around many blocks": lambda n: "<font color='a'>" * 30 + "<div>a</font>" * n,
    "empty cells under many heads": lambda n: "|{{a}}" * 60 + "|\n" + ("|" * 61 + "\n") * (n // 20),
    "lines in deep quotes": lambda n: "<quote>\n" * 50 + "a\n" * n,
    "paragraphs in deep quotes": lambda n: "<quote>\n" * 50 + "a\n\n" * n,
    "code in deep quotes": lambda n: "<quote>\n" * 50 + "<code>\n" + "a\n" * n + "</code>",
    "lines in a deep item": lambda n: "-" + "#" * 50 + "a" + "\na" * n,
    "code in a deep item": lambda n: "-" + "*" * 50 + "a <code>\n" + "\na" * n + "</code>",
    "tables in deep elements": lambda n: ("<div>" * 50 + "\n|a|\n\n") * (n // 50),
    # What paragraphs, links and notes look far for
    "raw HTML in paragraphs": lambda n: "<html><div></html>a\n<html></div></html>\n" * n,
    "comments between lines": lambda n: "<!-- a -->\n<!-- b\n\n -->" * n,
    "comments and breaks": lambda n: "a<!-- b --><br>\n" * n,
    "breaks and spaces": lambda n: "<br> <br />\n" * n,
    "links around blocks": lambda n: "[{{{a}}}->b]\n" * n,
    "links in HTML around blocks": lambda n: "<a href='b'><div>a</div>" * n + "</a>" * n,
    "links in HTML around models": lambda n: "<a href='b'><doc1></a>" * n,
    "missing documents": lambda n: "<img404>\n" * n,
    "introductions": lambda n: "<intro>a</intro>\n" * n,
    "introductions never closed": lambda n: "<intro>" * n,
    "abbreviations with a language": lambda n: "[a|b{fr}]" * n,
    "braces in abbreviations": lambda n: "[a|" + "{" * n + "]",
    "escaped brackets before addresses": lambda n: "\\[a->http://b.fr/\\]" * n,
    "addresses of mail": lambda n: "[->mailto:a@b.fr] [->c@d]" * n,
    "unknown objects": lambda n: "[->machin7]" * n,
    "one unknown object": lambda n: "[->" + "a" * n + "7]",
    "long notes": lambda n: ("a[[" + "b c" * 100 + "]]") * (n // 100),
    "one note of markers": lambda n: "a[[" + "\n-* \n_ \n-- " * n + "]]",
    "lists before blocks": lambda n: "-* a\n<poesie>b</poesie>\n" * n,
    "captions over lines": lambda n: "||a\n" * n + "b|c||\n|d|\n",
    "captions never closed": lambda n: "|||a\n" * n,
    "heads of links": lambda n: "|{{[a{en}->b]}}" * n + "|\n|c|\n",
    "heads over lines": lambda n: "|{{a\n" * n + "b}}|\n|c|\n",
    "headings before dashes": lambda n: "{{{a}}}\n- b\n" * n,
    "frames of players": lambda n: '<iframe src="//www.youtube.com/embed/a"></iframe>' * n,
    "objects nested": lambda n: "<object><param><embed src='a'>" * n + "</object>" * n,
    "players by hand": lambda n: "<video><source src='a'>" * n,
    "addresses of players": lambda n: "https://youtu.be/abcdefghijk\n\n" * n,
    # Words
    "encoded twice": lambda n: "Ã©tÃ© " * n,
    "encoded twice in part": lambda n: "中" + "Ã©â€™Ã " * n,
    "one long word": lambda n: "a" * (10 * n),
    "letters that may begin an address": lambda n: "hwHW" * n,
    "guillemets": lambda n: "«" * n + "»" * n,
    "apostrophes": lambda n: "'" * n,
    "control characters": lambda n: "\0\x85\ufdd0\ufdd1\ud800" * n,
    "characters beyond the base plane": lambda n: "😀\u0301" * n,
    "everything at once": lambda n: (
        "{{a {b}} [c->http://d.fr/] [[e]] |f|\n-* <quote><b>&amp;`g` <multi>[fr]h</multi> <i1>\n" * (n // 4)
    ),
}
# Shapes that only plugins read otherwise than as words.
OF_PLUGINS: dict[str, Callable[[int], str]] = {
    "highlights never closed": lambda n: "[*a" * n,
    "highlights never opened": lambda n: "[*a" + "*]" * n,
    "highlights nested": lambda n: "[*a" * n + "*]" * n,
    "highlights of both kinds crossed": lambda n: "[*a [**b*] {{c*]}}" * n,
    "boxes never closed": lambda n: "[/a" * n,
    "boxes never opened": lambda n: "[/a" + "/]" * n,
    "boxes nested": lambda n: "[/[|[(a" * n + ")]|]/]" * n,
    "boxes crossed": lambda n: "[/a [|b /] |]" * n,
    "boxes in cells": lambda n: "|[/a/]|[|b|]|\n" * n,
    "levels of headings": lambda n: "{{{**a}}}\n" * n,
    "levels never closed": lambda n: "{{{**a" * n,
    "levels of every depth": lambda n: "".join(f"{{{{{{{'*' * (i % 9)}a}}}}}}" for i in range(n)),
    "headings with ids": lambda n: "{{{a|b}}}\n" * n,
    "small capitals never closed": lambda n: "<sc>a" * n,
    "superscripts never closed": lambda n: "[^a" * n,
    "signs": lambda n: "(c)(tm)-->==><==" * n,
    "Markdown never closed": lambda n: "<md>" * n,
    "Markdown": lambda n: "<md>\n**a**\n</md>\n" * n,
    "one long Markdown": lambda n: "<md>\n" + "* a\n" * n + "</md>",
    "Markdown of openings": lambda n: "<md>" + "[a](<b " * n + "</md>",
    "Markdown of emphasis": lambda n: "<md>" + "*a **b " * n + "</md>",
    "Markdown of quotes": lambda n: "<md>\n" + "> " * n + "a\n</md>",
    "Markdown of lists": lambda n: "<md>\n" + "- " * n + "a\n</md>",
    "Markdown of backticks": lambda n: "<md>" + "".join("`" * (i % 60) + " " for i in range(n // 8)) + "</md>",
    "Markdown of references": lambda n: "<md>\n" + "[a]: b\n[a]\n" * n + "</md>",
    "Markdown of tables": lambda n: "<md>\n|a|b|\n|-|-|\n" + "|c|d|\n" * n + "</md>",
    "Markdown of one long reference": lambda n: "<md>\n[a]: http://a.org/" + "b" * n + "\n\n" + "[a] " * n + "</md>",
    "Markdown of tables that are filled up": lambda n: (
        "<md>\n" + ("|a" * 50 + "\n" + "|-" * 50 + "\n" + "b\n" * 50 + "\n") * (n // 50) + "</md>"
    ),
    "Markdown of HTML": lambda n: "<md>\n" + "<div><b>a\n" * n + "</md>",
    "pages": lambda n: "a\n++++\n" * n,
    "pages with titles": lambda n: "++++a++++\nb\n\n" * n,
    "tables of contents": lambda n: "[!sommaire]\n" * n,
    "a table of contents of many headings": lambda n: "[!sommaire]\n" + "{{{a}}}\n" * n,
    "many tables of contents of many headings": lambda n: "[sommaire]\n{{{a}}}\n" * n,
    "glossaries": lambda n: "[!glossaire] [?a]" * n,
    "models of video": lambda n: "<youtube|id=a>" * n,
    "models of video with many parameters": lambda n: "<video" + "|a=b" * n + ">",
}
# Shapes that are read again at ten times the length: they search for an end that is far away or missing.
LONG = (
    "strong never closed", "headings never opened", "a list as deep as it goes", "bars", "a wide table", "notes",
    "notes never closed", "notes never closed before a bracket", "notes in notes", "brackets opened",
    "brackets nested", "link texts never closed", "link texts in quotes never closed", "empty brackets before an arrow",
    "schemes", "one address of many labels", "www without a name", "half tags", "divs never closed",
    "divs never opened", "attributes", "comments never closed", "half entities", "quotes never closed",
    "poems never closed", "code of every kind never closed", "backticks", "backticks apart", "fences never closed",
    "models never closed", "translations never closed", "spaces", "one long word",
)  # fmt: skip
SIZES = [(name, 2_000) for name in SHAPES] + [(name, 20_000) for name in LONG]
PROFILES: tuple[Profile, ...] = ("article", "comment")
# Levels that always occur together may pass the limit together: a table with its rows, cells and words.
DEEPEST = MAX_DEPTH + 8


def longest(text: str) -> int:
    """Return the greatest allowed length of the output; the measured maximum is 45 times the text (notes)."""
    return 60 * len(text) + 10_000


def depth_of(document: Document) -> int:
    """Return how deep the nodes are nested."""
    deepest = 0
    waiting: list[tuple[Node, int]] = [(node, 1) for node in document.children]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in children_of(node)]
    return deepest


def test_there_are_hostile_shapes() -> None:
    assert len(SHAPES) >= 60
    assert len(OF_PLUGINS) >= 30
    assert set(LONG) <= set(SHAPES)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("name", "size"), SIZES)
@pytest.mark.slow
def test_a_hostile_text_becomes_html_of_bounded_depth_and_length(name: str, size: int, profile: Profile) -> None:
    text = SHAPES[name](size)
    document = parse(text, profile=profile).document
    depth, length, most = depth_of(document), len(render(document, "html", profile=profile)), longest(text)
    assert depth <= DEEPEST
    assert length <= most


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", OF_PLUGINS)
@pytest.mark.slow
def test_a_hostile_text_for_plugins_becomes_html_and_markdown_of_bounded_depth_and_length(
    name: str, profile: Profile
) -> None:
    text = OF_PLUGINS[name](2_000)
    document = parse(text, profile=profile, plugins=tuple(PLUGINS), embeds=True).document
    depth, most = depth_of(document), longest(text)
    lengths = [len(render(document, "html")), len(render(document, "markdown"))]
    assert depth <= DEEPEST
    assert max(lengths) <= most


@pytest.mark.parametrize(("name", "size"), SIZES)
@pytest.mark.slow
def test_a_hostile_title_becomes_html_of_bounded_depth_and_length(name: str, size: int) -> None:
    text = SHAPES[name](size)
    document = parse(text, profile="title").document
    depth, length, most = depth_of(document), len(render(document, "html", profile="title")), longest(text)
    assert depth <= DEEPEST
    assert length <= most


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.slow
def test_the_tree_of_a_hostile_text_is_written_as_json_and_as_text_of_bounded_length(name: str) -> None:
    text = SHAPES[name](2_000)
    document = parse(text).document
    assert render(document, "json").startswith("{")
    assert len(to_text(document, links=True, alternatives=True)) <= longest(text)
    assert len(excerpt(document)) <= 500


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("name", "size"), SIZES)
@pytest.mark.slow
def test_a_hostile_text_becomes_markdown_of_bounded_length(name: str, size: int, profile: Profile) -> None:
    text = SHAPES[name](size)
    written = render(parse(text, profile=profile).document, "markdown", profile=profile)
    length, most = len(written), longest(text)
    assert length <= most
