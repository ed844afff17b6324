"""Markdown is what a person would have written: no HTML, escape or entity where Markdown does without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import mdformat
import pytest
from markdown_it import MarkdownIt

import spipconv
from spipconv.converters import markdown
from spipconv.converters.flavours import COMMONMARK, COMMONMARK_WITH_ENTITIES, GOLDMARK, Flavour
from spipconv.nodes import Profile
from spipconv.objects import Resolver, read_objects
from spipconv.parsing.parser import parse
from tests.converters.test_markdown import _check

_TESTS = Path(__file__).parent.parent
_SENTENCES = (_TESTS / "cases" / "sentences.txt").read_text("utf-8").strip().split("\n")
_PROFILES: dict[str, Profile] = {"propre": "article", "comment": "comment", "typo": "title"}
_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _format(source: str) -> str:
    return mdformat.text(source, extensions={"tables", "footnote"})


# ---- Escapes ----


def test_plain_sentences_need_no_escape() -> None:
    assert len(set(_SENTENCES)) == 1000
    for sentence in _SENTENCES:
        for flavour in (COMMONMARK, GOLDMARK):
            source = markdown.write(parse(sentence).document, flavour=flavour)
            assert "\\" not in source
            assert not re.search("&[a-z#]", source), source


@pytest.mark.parametrize("around", ["%s", "-* %s", "{{{%s}}}", "<quote>%s</quote>", "|{{a}}|\n|%s|", "mot[[%s]]"])
def test_plain_sentences_are_shown_as_they_are(around: str) -> None:
    for sentence in _SENTENCES[::7]:
        assert "\\" not in _check(around % sentence, "article")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("un *mot* et _un autre_", r"un \*mot\* et \_un autre\_"),
        ("2*3*4 mais 5*3", r"2\*3\*4 mais 5\*3"),
        ("prix* et offre*", "prix* et offre*"),
        ("*note et *note", "*note et *note"),
        ("(*) puis (*)", r"(\*) puis (\*)"),
        ("a * b * c, Nom : ____", "a * b * c, Nom : ____"),
        ("{{gras}}*", r"**gras**\*"),
        ("{{prix* net}}", r"**prix\* net**"),
        ("{{prix}} net*", "**prix** net*"),
        ("un_nom_long et _prive", "un_nom_long et _prive"),
        (r"\~\~a\~\~", r"\~\~a\~\~"),
        ("[sic] et [a](b)", r"[sic] et \[a\](b)"),
        ("[a]: b", r"\[a]: b"),
        ("Voir [a]: b", "Voir [a]: b"),
        (r"\[^1] x", r"\[^1] x"),
        ("-* [ ] à faire", r"- \[ \] à faire"),
        ("1. un", r"1\. un"),
        ("Étape 1. Puis", "Étape 1. Puis"),
        ("# a # b", r"\# a # b"),
        ("+33 et + 3 > 2", "+33 et + 3 > 2"),
        ("> a", r"\> a"),
        ("x & y &copy z &eacute; &amp;lt; &amp;foo;", "x & y &copy z é &amp;lt; &foo;"),
        ("1 < 2, <3, a<b", "1 < 2, <3, a&lt;b"),
        ("C'est `un accent", "C’est `un accent"),
        (r"dossier\nom et \\!", r"dossier\nom et \\!"),
        ("mot[[note]](suite)", "mot[^1]\\(suite)\n\n[^1]: note"),
    ],
)
def test_escapes_stand_where_markdown_would_read_markup(text: str, source: str) -> None:
    # English has no spaces before signs.
    assert _check(text, "article", "en").rstrip("\n") == source


# ---- The author's HTML ----


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ('<h3 class="spip">Titre <b>a</b></h3>', "### Titre **a**"),
        ('<h2 id="x">Titre</h2>', '## <span id="x"></span>Titre'),
        ("<h1>a</h1>\n\n<h6>b</h6>", "# a\n\n###### b"),
        ("<ul>\n<li>un</li>\n<li>deux<ul><li>trois</li></ul></li>\n</ul>", "- un\n- deux\n  - trois"),
        ("<ol><li>un</li><li>deux</li></ol>", "1. un\n1. deux"),
        ('<ol start="9"><li>un</li><li>deux</li></ol>', "9. un\n1. deux"),
        ("<ul><li><p>un</p></li><li><p>deux</p><p>trois</p></li></ul>", "- un\n\n- deux\n\n  trois"),
        ("a\n\n<hr width='50%' />\n\nb", f"a\n\n{'_' * 70}\n\nb"),
        ('<a href="http://x.org/é(1)" title="t" class="c">mot</a>', '[mot](<http://x.org/%C3%A9(1)> "t")'),
        ('un <b class="c">a</b> <strong>b</strong> <i>c</i> <em>d</em> <s>e</s>', "un **a** **b** *c* *d* ~~e~~"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ('voici <img src="a_b.png" alt="le *chat*" width="9" />', r"voici ![le \*chat\*](a_b.png)"),
        ("un<br />deux<br class='x'/>trois", "un\\\ndeux\\\ntrois"),
        ('<p class="c" align="left">a</p>', "a"),
        ("<pre>a\n <b</pre>", "```\na\n <b\n```"),
        (
            '<div class="c">\n\n{{a}} [b->http://x.org/]\n\n</div>',
            '<div class="c">\n\n**a** [b](http://x.org/)\n\n</div>',
        ),
        (
            '<table border="1"><tr><th>a</th><th>b</th></tr><tr><td>c|d</td><td align="right">1</td></tr></table>',
            "| a    |   b |\n| ---- | --: |\n| c\\|d |   1 |",
        ),
        (
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
            "| a   |\n| --- |\n| b   |",
        ),
    ],
)
def test_html_that_markdown_can_say_is_markdown(text: str, source: str) -> None:
    assert _check(text, "article").rstrip("\n") == source


@pytest.mark.parametrize(
    "text",
    [
        '<h3 lang="de">Titel</h3>',
        '<p align="center">a</p>',
        '<ol type="a"><li>un</li></ol>',
        '<ul><li value="3">un</li></ul>',
        "<ul><li>un<p>deux</p></li></ul>",
        '<ul id="x"><li>un</li></ul>',
        '<a id="x" href="http://x.org/">mot</a>',
        '<a href="http://x.org/100%">mot</a>',
        '<b title="t">a</b>',
        '<blockquote cite="http://x.org/"><p>a</p></blockquote>',
        "<blockquote>a</blockquote>",
        '<img id="x" src="a.png" alt="" />',
        '<table><tr><th>a</th></tr><tr><td colspan="2">b</td></tr></table>',
        "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>",
        "<table><tr><th>a</th></tr><tr><td><p>b</p></td></tr></table>",
        "<table><caption>c</caption><tr><th>a</th></tr><tr><td>b</td></tr></table>",
        "<pre><b>a</b></pre>",
        '<div class="c">a</div>',
    ],
)
def test_html_that_says_more_stays_html(text: str) -> None:
    assert _check(f"mot\n\n{text}", "article").partition("\n\n")[2].startswith("<")


def test_a_comment_has_no_html_but_what_a_stranger_may_write() -> None:
    document = parse("<h3>a</h3> <b>b</b> <img src='c.png' alt='d' />").document
    source = markdown.write(document, profile="comment")
    assert "#" not in source
    assert "c.png" not in source


# ---- Spaces ----


def test_no_break_spaces_are_characters_or_entities() -> None:
    text = "«oui» 1\u202f000 !\n\n<div>a : b</div>\n\n`c\u00a0d`[[{e} ?]]"
    source = spipconv.to_markdown(text)
    assert "«\u00a0oui\u00a0» 1\u202f000\u00a0!" in source
    assert "<div>a\u00a0: b</div>" in source
    assert "&nbsp;" not in source
    entities = spipconv.to_markdown(text, typography="entity")
    assert "«&nbsp;oui&nbsp;» 1&#8239;000&nbsp;!" in entities
    assert "<div>a&nbsp;: b</div>" in entities
    assert "`c\u00a0d`" in entities
    assert spipconv.to_markdown(text, typography="char") == source


def test_a_no_break_space_that_nobody_would_see_is_an_entity() -> None:
    assert spipconv.to_markdown("<poesie>a\n\nb</poesie>").count("<div>&nbsp;</div>") == 1
    assert spipconv.to_markdown("~a~") == "&#160;a&#160;\n"


def test_html_has_entities_unless_characters_are_wanted() -> None:
    text = "Quoi ? <b>Oui !</b>[[non ?]]"
    assert "Quoi&nbsp;?" in spipconv.to_html(text)
    assert spipconv.to_html(text, typography="entity") == spipconv.to_html(text)
    assert spipconv.to_html(text, typography="char") == spipconv.to_html(text).replace("&nbsp;", "\u00a0")


@pytest.mark.parametrize("typography", [False, "none"])
def test_without_typography_the_text_is_as_the_author_typed_it(typography: bool) -> None:
    words = 'Quoi ? «Non !» L\'été -- 12 % n° 3; M. Durand: "a"...'
    text = f"{words}\n-- {words}\n\n|{words}|\n\n{{{{{words}}}}} [{words}->#a] [{words}|b] a~b[[{words}]]"
    text += f"\n\n<poesie>{words}</poesie>"
    document = parse(text, typography=typography).document
    page = spipconv.render(document)
    # The title of a note's call is made of the same words.
    assert page.count("Quoi ? «Non !» L'été -- 12 % n° 3; M. Durand: ") == 8
    assert "a&nbsp;b" in page
    assert "’" not in page
    assert "’" not in spipconv.render(document, "json")
    assert spipconv.to_markdown(words, typography=typography) == words + "\n"


def test_an_unknown_typography_is_an_error() -> None:
    calls: tuple[Callable[..., object], ...] = (parse, spipconv.to_html, spipconv.to_markdown)
    for call in calls:
        with pytest.raises(ValueError, match="typography 'x' is unknown: choose char, entity or none"):
            call("a", typography="x")


# ---- mdformat ----


_ALIKE = ("propre", "comment")
# Where mdformat writes more backslashes than Markdown needs, or one where we write an entity, which every reader of
# HTML knows too.
_ESCAPES = str.maketrans({"\\": None})


def _without_escapes(source: str) -> str:
    return source.replace("&lt;", "<").replace("&amp;", "&").translate(_ESCAPES)


@pytest.fixture(scope="module")
def objects() -> Resolver:
    return read_objects(_TESTS / "conformance" / "objects.json")


def test_mdformat_changes_nothing_but_escapes(objects: Resolver) -> None:
    lines = (_TESTS / "conformance" / "spip44.jsonl").read_text("utf-8").strip().split("\n")
    cases = [case for case in map(json.loads, lines) if case["mode"] in _ALIKE]
    same = 0
    for case in cases:
        profile = _PROFILES[case["mode"]]
        document = parse(case["text"], profile=profile, lang=case["lang"], objects=objects).document
        source = markdown.write(document, profile=profile)
        formatted = _format(source)
        same += formatted == source
        # mdformat strips the no-break space at the start of a line, and does not strip an empty heading.
        lost = re.sub(r"(?m)^([ >]*)\u00a0|(?<=#) $", r"\1", formatted)
        assert _without_escapes(lost) == _without_escapes(re.sub(r"(?m)^([ >]*)\u00a0", r"\1", source)), case["id"]
    assert same > 0.9 * len(cases)


def test_mdformat_leaves_plain_articles_as_they_are() -> None:
    text = (
        "<intro>Le chapeau.</intro>\n\n{{{Un titre}}}\n\nUn {{mot}} et {un autre}[[Une {note}.]], [un lien->http://"
        "example.org/été_(a)].\nUne ligne\n_ et une autre [sic].\n\n-* un\n-** deux\n-* trois\n\n-# un\n-# deux\n\n"
        "|{{Nom}}|{{Prix}}|\n|thé|3,50|\n|café|12|\n\n----\n\n<quote>Cité.\n\nDeux.</quote>\n\n<code>\nx = [1]\n"
        "</code>\n\n<ul><li>a</li></ul>\n\n<poesie>vers\n\nvers</poesie>\n\n<h4>Fin</h4>\n\nLa «fin» ![[<n> Note.]]"
    )
    source = spipconv.to_markdown(text)
    assert _format(source) == source


@pytest.mark.parametrize("flavour", [COMMONMARK, COMMONMARK_WITH_ENTITIES])
def test_mdformat_leaves_plain_sentences_as_they_are(flavour: Flavour) -> None:
    # An asterisk, an underscore, a backtick or a less-than sign that is alone is always escaped by mdformat.
    plain = [sentence for sentence in _SENTENCES if not re.search(r"[*`]|_{2}|(?<!\w)_|<(?! )", sentence)]
    assert len(plain) > 800
    for sentence in plain:
        source = markdown.write(parse(sentence).document, flavour=flavour)
        assert _format(source) == source.replace("&nbsp;", "\u00a0").replace("&#8239;", "\u202f")


# ---- Tables ----


def test_a_long_cell_does_not_make_its_table_many_times_longer() -> None:
    rows = "|{{a}}|{{b}}|\n" + "|c|d|\n" * 2000
    source = spipconv.to_markdown(f"{rows}|{'x' * 20_000}|e|\n")
    assert len(source) < 100_000
    assert _READER.render(source).count("<tr>") == 2002


def test_columns_are_as_wide_as_they_are_shown() -> None:
    source = spipconv.to_markdown("|{{a}}|{{b}}|\n|日本|e\u0301te\u0301|\n")
    assert source == "| a    | b   |\n| ---- | --- |\n| 日本 | e\u0301te\u0301 |\n"
