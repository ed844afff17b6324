"""Extensions: what each kind of function adds to a text, in which order, and what happens when one fails."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import spipconv
from spipconv.batch import Options
from spipconv.extensions import Extension, ModelCall, Shortcut
from spipconv.nodes import (
    Document,
    Emphasis,
    Figure,
    Heading,
    Link,
    Node,
    Paragraph,
    Quote,
    Strong,
    Text,
    walk,
)
from tests.extensions.sample import SAMPLE

CATALOGUE = spipconv.Catalogue([spipconv.SpipObject("article", 1, "<carte7> {{t}}", address="/a")])


def html(text: str, *extensions: Extension, **options: Any) -> str:
    return spipconv.to_html(text, extensions=extensions or (SAMPLE,), **options)


def codes(text: str, *extensions: Extension, **options: Any) -> list[str]:
    parsed = spipconv.parse(text, extensions=extensions or (SAMPLE,), **options)
    return [diagnostic.code for diagnostic in parsed.diagnostics]


def model(write: Any, name: str = "test") -> Extension:
    return Extension(name=name, models={"carte": write})


# ---- Models ----


def test_the_callers_model_comes_before_that_of_a_plugin() -> None:
    own = Extension(name="test", models={"youtube": lambda call: Text("à nous")})
    text = "<youtube|id=abc_DEF-123>"
    assert "https://www.youtube.com" in spipconv.to_html(text, plugins=["videos"])
    assert "à nous" in spipconv.to_html(text, plugins=["videos"], extensions=[own])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <carte12|zoom=3> b", '<p>a <a href="https://maps.example/12?z=3" class="spip_out" rel="external">map</a>'),
        ("<CARTE12|Titre={{x}} &amp; y>", "><strong>x</strong> &amp; y</a>"),
        ("[<carte12>->art3]", '<p><a href="spip.php?article3">map</a></p>'),
        ("[a <carte12> b->/x]", '<p><a href="/x">a map b</a></p>'),
        ('<a href="/x"><carte12></a>', '<p><a href="/x">map</a></p>'),
        ("-* <carte1>\n-* b", '<ul class="spip" role="list"><li><a href="https://maps.example/1?z=1"'),
        ("|<carte1>|b|\n|c|d|", '<td><a href="https://maps.example/1?z=1"'),
        ("a[[<carte1>]]", '&nbsp;</span><a href="https://maps.example/1?z=1"'),
        ("{{{<carte1>}}}", '<h3 class="spip"><a href="https://maps.example/1?z=1"'),
        ("a <encart|texte={b}> c",
         '<p>a</p>\n<p>before</p>\n<blockquote class="spip">\n<p><i>b</i></p>\n</blockquote>\n<p>after</p>\n<p>c</p>'),
        ("a <absent1> b", "<p>a  b</p>"),
        ("<galerie|x>", "<p><tt>&lt;galerie|x&gt;</tt></p>"),
        ("`<carte1>` <code><carte1></code>", "&lt;carte1&gt;</code> <code"),
    ],
)  # fmt: skip
def test_a_model_shows_the_nodes_that_its_function_returns(text: str, expected: str) -> None:
    assert expected in html(text)


@pytest.mark.parametrize("profile", ["article", "comment", "title"])
def test_models_are_read_in_every_profile(profile: Any) -> None:
    assert "https://maps.example/3" in html("<carte3>", profile=profile)


def test_a_call_says_what_was_typed_and_where() -> None:
    calls: list[ModelCall] = []
    objects = spipconv.Catalogue([spipconv.SpipObject("document", 5, "d", file="f.pdf")])
    extension = model(calls.append)
    tag = "<Carte5 | Gauche|Zoom = 3|lien=a=b|l'&eacute;t&eacute;>"
    parsed = spipconv.parse(f"a\n b {tag}", lang="en", objects=objects, extensions=[extension])
    [call] = calls
    assert (call.name, call.number, call.source) == ("carte", 5, tag)
    assert call.arguments == ("Gauche", "l'été")
    assert call.options == {"zoom": "3", "lien": "a=b"}
    assert (call.language, call.profile, call.resolver) == ("en", "article", objects)
    document = call.find("document", 5)
    assert document is not None
    assert document.file == "f.pdf"
    assert call.find("document", 6) is None
    assert call.read("{a}") == (Emphasis((Text("a"),)),)
    assert [(d.code, d.line, d.column) for d in parsed.diagnostics] == [("unknown-model", 2, 4)]
    spipconv.parse("<carte5>", profile="comment", objects=objects, extensions=[extension])
    assert calls[1].resolver is None
    assert calls[1].find("document", 5) is None


def test_the_nodes_of_a_model_have_its_place() -> None:
    document = spipconv.parse("a\n\nb <carte12|titre={c}>", extensions=[SAMPLE]).document
    link = next(node for node in walk(document.children) if isinstance(node, Link))
    assert {(node.line, node.column, node.offset, node.end_offset) for node in walk((link,))} == {(3, 3, 5, 24)}


def test_films_are_shown_as_frames_are() -> None:
    film = model(lambda call: call.embed(call.options["url"], "T", 320, "200"))
    text = "<carte|url=https://youtu.be/abc_DEF-123>"
    assert 'title="T" width="320" height="200"' in html(text, film, embeds=True)
    assert '<a href="https://www.youtube.com/watch?v=abc_DEF-123"' in html(text, film)
    assert codes(text, film) == ["embed-dropped"]
    assert "<tt>" in html("<carte|url=https://evil.example/abc>", film, embeds=True)


def test_a_document_of_spip_s_may_be_another_thing_to_a_site() -> None:
    objects = spipconv.Catalogue([spipconv.SpipObject("document", 1, "d", file="a.jpg", media="image")])
    extension = Extension(
        name="test", models={"img": lambda call: Text(f"picture {call.number}") if call.arguments else None}
    )
    assert html("<img1|x>", extension, objects=objects) == "<p>picture 1</p>\n"
    assert "<figure" in html("<img1>", extension, objects=objects)


def test_titles_that_are_read_once_are_read_with_their_extensions() -> None:
    def answer(text: str) -> Extension:
        return model(lambda call: Text(text))

    first, second = answer("one"), answer("two")
    for _ in range(2):
        assert ">one <strong>" in html("[->art1]", first, objects=CATALOGUE)
        assert ">two <strong>" in html("[->art1]", second, objects=CATALOGUE)
    assert "carte7" in spipconv.to_html("[->art1]", objects=CATALOGUE)


# ---- Shortcuts and blocks ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a [=b {c}=] d", "<p>a <mark>b <i>c</i></mark> d</p>\n"),
        ("a [=b", "<p>a [=b</p>\n"),
        ("a =] b", "<p>a =] b</p>\n"),
        ("{{[=a}}=]", "<p><strong><mark>a</mark></strong></p>\n"),
        ("#12, {#13} `#14`",
         '<p><a href="/tickets/12">n°&nbsp;12</a>, <i><a href="/tickets/13">n°&nbsp;13</a></i> <code'),
        ("[#12->#1]", '<p><a href="#1" class="spip_ancre">#12</a></p>\n'),
        ("[b #12 {c}->#1]", '<p><a href="#1" class="spip_ancre">b #12 <i>c</i></a></p>\n'),
        ("a <abc>{b} <i>c</i>\n<script>x</script></abc> d",
         '<p>a</p>\n<div class="texteencadre-spip spip">\n<p>{b} <i>c</i>\nx</p>\n</div>\n<p>d</p>\n'),
        ("<abc>a", "<p>a</p>\n"),
        ("<code><abc>a</abc></code>", "&lt;abc&gt;a&lt;/abc&gt;"),
    ],
)  # fmt: skip
def test_shortcuts_are_written_where_spip_s_own_may_stand(text: str, expected: str) -> None:
    assert expected in html(text)


def test_extensions_and_plugins_go_together() -> None:
    assert html("[*a*] [=b=] #1", SAMPLE, plugins=["enluminures"]) == (
        '<p><strong class="caractencadre-spip spip">a</strong> <mark>b</mark> <a href="/tickets/1">n°&nbsp;1</a></p>\n'
    )
    assert codes("[*a*] [=b=]") == ["plugin-shortcut"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(a)", "has a group that captures"),
        ("(?P<x>a)", "has a group that captures"),
        ("(?i)a", "sets a flag"),
        ("a*", "matches an empty text"),
        ("a(", "is not a regular expression"),
    ],
)
def test_an_expression_that_cannot_be_one_of_many_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Extension(name="test", shortcuts={"x": Shortcut(expression, lambda writer, start, end: None)})


# ---- Glossaries, typography, transformations ----


def test_terms_lead_where_a_glossary_says() -> None:
    assert '<a href="/lexique/en/mot" class="spip_glossaire"' in html("[?mot]", lang="en")
    assert "https://fr.wikipedia.org/wiki/Mot" in html("[?Mot]")
    assert html("a [?danger]") == "<p>a danger</p>\n"
    assert codes("a [?danger]") == ["address-refused"]
    assert "/lexique/fr/l%C3%A9a" in html("[?léa]", profile="comment")


def test_words_have_the_typography_of_all_extensions_in_their_order() -> None:
    seen: list[tuple[str, str]] = []

    def mark(letter: str) -> Extension:
        def typeset(words: str, language: str) -> str:
            seen.append((words, language))
            return words + letter

        return Extension(name="test", typography=typeset)

    text = "a ! `b` [c{en}->/x] https://example.org [[n]]"
    assert spipconv.to_markdown(text, extensions=[mark("1"), mark("2")]) == (
        "a\u00a0! 12`b` 12[c12](/x) 12<https://example.org>[^1]\n\n[^1]: n12\n"
    )
    assert ("c", "en") in seen
    assert ("a\u00a0! ", "fr") in seen


def test_transformations_see_what_all_others_have_done() -> None:
    def add(letter: str) -> Extension:
        def transform(document: Document) -> Document:
            words = spipconv.to_text(document).strip()
            return Document((Paragraph((Text(words + letter),)),), document.language, document.profile)

        return Extension(name="test", transform=transform)

    assert html("a... <carte1>", SAMPLE, add("1"), add("2")) == "<p>a… map12</p>\n"
    levels = [node.level for node in spipconv.parse("{{{a}}}", extensions=[SAMPLE, SAMPLE]).document.children
              if isinstance(node, Heading)]  # fmt: skip
    assert levels == [2]


# ---- Policies ----


@pytest.mark.parametrize(
    ("text", "expected", "reported"),
    [
        ("[a->http://old.example/b]", '<a href="/b">a</a>', []),
        ("a http://refused.example.org/b", "<p>a http://refused.example.org/b</p>", ["address-refused"]),
        ("[a->http://refused.example]", "<p>a</p>", ["address-refused"]),
        ("[a->http://turned.example]", "<p>a</p>", ["address-refused"]),
        ("[a->#refused.example]", '<a href="#refused.example"', []),
        ('<img src="http://old.example/a.png" alt="b">', '<img src="/a.png" alt="b">', []),
        ('<img src="http://refused.example/a.png" alt="b">', '<img alt="b">', ["address-refused"]),
        ("<q cite='http://refused.example'>a</q>", "<q>a</q>", ["address-refused"]),
        ("<b class='important x y'>a</b>", '<b class="alert y">a</b>', ["attribute-dropped"]),
        ("<b class='x'>a</b>", "<b>a</b>", ["attribute-dropped"]),
    ],
)
def test_policies_hold_for_what_authors_write(text: str, expected: str, reported: list[str]) -> None:
    assert expected in html(text)
    assert codes(text) == reported


def test_policies_hold_for_documents_and_players() -> None:
    def document(number: int, **fields: Any) -> spipconv.SpipObject:
        return spipconv.SpipObject("document", number, "{{t}}", file="a.jpg", media="image", **fields)

    objects = spipconv.Catalogue([document(1, address="http://old.example/a.jpg"),
                                  document(2, address="http://refused.example/a.jpg")])  # fmt: skip
    assert '<img src="/a.jpg"' in html("<img1|important>", objects=objects)
    assert " alert" in html("<img1|important>", objects=objects)
    assert html("<img2>", objects=objects) == "<p><strong>t</strong></p>\n"
    film = "<iframe src='https://www.youtube.com/embed/abc_DEF-123'></iframe>"
    without = Extension(name="test", address=lambda address: None if "youtube" in address else address)
    assert html(film, without, embeds=True) == "<p>YouTube</p>\n"


def test_policies_hold_for_what_extensions_add() -> None:
    def add(document: Document) -> Document:
        link = Link("http://refused.example", (Text("b"),))
        return Document((*document.children, Paragraph((link, Link("javascript:alert(1)", (Text("c"),))))))

    parsed = spipconv.parse("a", extensions=[SAMPLE, Extension(name="test", transform=add)])
    assert spipconv.render(parsed.document) == "<p>a</p>\n<p>bc</p>\n"
    assert [diagnostic.code for diagnostic in parsed.diagnostics] == ["address-refused", "address-refused"]


# ---- Diagnostics and failures ----


def test_an_extension_reports_with_codes_of_its_own() -> None:
    [diagnostic] = spipconv.parse("a\n<absent12|x>", extensions=[SAMPLE]).diagnostics
    assert str(diagnostic) == "2:1: sample-absent <absent12|x>: no such thing"
    assert diagnostic.severity == "loss"
    assert diagnostic.say("fr") == "<absent12|x>\u00a0: no such thing"
    assert pickle.loads(pickle.dumps(diagnostic)) == diagnostic  # noqa: S301
    with pytest.raises(ValueError, match="unknown-model"):
        Extension(name="unknown", diagnostics={"model": ("loss", "x")})
    with pytest.raises(ValueError, match="loss"):
        Extension(name="test", diagnostics={"x": ("terrible", "x")})  # type: ignore[dict-item]


def _raise(*_: object) -> Any:
    raise LookupError("away")


@pytest.mark.parametrize(
    "extension",
    [
        model(_raise),
        model(lambda call: "<b>"),
        model(lambda call: [Text("a")]),
        model(lambda call: (Text("a"), 3)),
        model(lambda call: Strong((3,))),  # type: ignore[arg-type]
        model(lambda call: _nest(50)),
        model(lambda call: call.report("unknown")),
        model(lambda call: call.read(3)),
        Extension(name="test", shortcuts={"x": Shortcut("here", _raise)}),
        Extension(name="test", glossary=_raise),
        Extension(name="test", glossary=lambda term, language: 3),  # type: ignore[arg-type, return-value]
        Extension(name="test", typography=_raise),
        Extension(name="test", typography=lambda words, language: None),  # type: ignore[arg-type, return-value]
        Extension(name="test", transform=_raise),
        Extension(name="test", transform=lambda document: None),  # type: ignore[arg-type, return-value]
        Extension(name="test", transform=lambda document: Document((_nest(500),))),
        Extension(name="test", address=_raise),
        Extension(name="test", address=lambda address: b""),  # type: ignore[arg-type, return-value]
        Extension(name="test", classes=_raise),
    ],
)
def test_a_failure_is_reported_and_the_text_is_as_without_it(extension: Extension) -> None:
    text = "here <carte1> [?term] [a->/b] <b class='c'>d</b>"
    parsed = spipconv.parse(text, extensions=[extension])
    assert spipconv.render(parsed.document) == spipconv.to_html(text)
    failures = [diagnostic for diagnostic in parsed.diagnostics if diagnostic.code == "extension-failed"]
    assert failures
    assert all(failure.detail.startswith("test (") for failure in failures)
    assert failures[0].severity == "loss"


def _nest(levels: int) -> Node:
    node: Node = Text("a")
    for _ in range(levels):
        node = Quote((node,))
    return node


def test_a_failure_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="spipconv"):
        assert codes("<panne1>") == ["extension-failed", "unknown-model"]
    assert "LookupError: no map" in caplog.text


def test_a_shortcut_that_fails_half_way_loses_nothing() -> None:
    assert "!!!panne" in html("a !!!panne b")


def test_the_first_extension_with_an_answer_gives_it() -> None:
    first = model(lambda call: None if call.number == 1 else Text("first"))
    second = model(lambda call: Text("second"))
    assert html("<carte1> <carte2>", first, second) == "<p>second first</p>\n"
    assert html("<carte1>", model(_raise), second) == "<p>second</p>\n"


# ---- Arguments ----


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        (SAMPLE, "expected several extensions, not Extension"),
        ("sample", "expected several extensions, not str"),
        (["sample"], "expected Extension objects, not str"),
        (3, "expected several extensions, not int"),
    ],
)
def test_what_is_no_extension_is_an_error(extensions: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^extensions: {message}$"):
        spipconv.parse("a", extensions=extensions)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Big"},
        {"name": ""},
        {"name": 3},
        {"name": "a", "models": {"A": None}},
        {"name": "a", "models": {"ab": None}},
        {"name": "a", "diagnostics": {"X": ("loss", "x")}},
    ],
)
def test_names_are_checked(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^extension "):
        Extension(**fields)


def test_an_extension_stays_itself() -> None:
    assert pickle.loads(pickle.dumps(SAMPLE)) is SAMPLE  # noqa: S301
    assert copy.deepcopy(SAMPLE) is SAMPLE
    assert Extension(name="a") != Extension(name="a")


def test_figures_are_kept_whole() -> None:
    figure = Figure(1, "/a.jpg", True, alternative="a")
    assert "<figure" in html("<carte1>", model(lambda call: figure))


def test_versions_tell_results_apart() -> None:
    def digest(*extensions: Extension, plugins: tuple[str, ...] = ()) -> str:
        return Options(extensions=extensions, plugins=plugins).digest()

    digests = [digest(), digest(plugins=("decoupe",)), *[digest(Extension(name="a", version=v)) for v in "12"]]
    assert len({*digests}) == 4
    assert digest(Extension(name="a", version="1")) == digests[2]
