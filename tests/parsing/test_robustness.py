"""A few hundred of the random texts of ``tests/fuzz.py``, and texts that once broke something."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import spipconv
from spipconv import Profile, safety
from spipconv.converters import markdown
from spipconv.settings import TYPOGRAPHIES
from tests import fuzz
from tests.judges import is_stable, unclean

SEED = 20261127
COUNT = 400
PROFILES: tuple[Profile, ...] = ("article", "comment", "title")
SPECIALS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *fuzz.SPECIALS]
# Names of markup with letters whose upper or lower case is ASCII.
NAMES = [
    "\u017ftyle",
    "scr\u0131pt",
    "scr\u0130pt",
    "\u017fCRIPT",
    "bloc\u212aquote",
    "\u0131mg",
    "mult\u0131",
    "qu\u017fte",
]
FORMS = ["<%s>x</%s>", "<%s", "<%s1|left>", "[a->%s1]", "<%s a=b>", "</%s>", "<multi>[%s]x</multi>", "<:%s:>",
         "[%s:x->%s:x]", "```%s\nx\n```", "<b %s='x'>y</b>", "&%s;", "[a{%s}->b]", "<cod\u0435 class=%s>"]  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> list[fuzz.Case]:
    return [fuzz.make_case(SEED, number) for number in range(COUNT)]


@pytest.fixture(scope="module")
def digests(cases: list[fuzz.Case]) -> list[str]:
    return [fuzz.digest(case) for case in cases]


@pytest.mark.parametrize("part", range(4))
@pytest.mark.slow
def test_no_random_text_breaks_a_promise(part: int, cases: list[fuzz.Case]) -> None:
    for case in cases[part::4]:
        faults, _ = fuzz.examine(case, thoroughly=True)
        assert [fault for fault in faults if not fault.startswith("slow")] == [], case


def test_random_texts_cover_all_kinds_and_options(cases: list[fuzz.Case]) -> None:
    assert {case.kind for case in cases} == set(fuzz.GENERATORS)
    assert {case.profile for case in cases} == set(PROFILES)
    assert {case.objects for case in cases} == {"", "site", "hostile"}
    assert {case.embeds for case in cases} == {case.angle_shortcuts for case in cases} == {False, True}
    assert {case.repair_encoding for case in cases} == {bool(case.plugins) for case in cases} == {False, True}
    assert {case.typography for case in cases} == set(TYPOGRAPHIES)
    names = {name for name, _ in fuzz.convert(cases[0])}
    assert {"html", "json", "words", *(f"markdown {name}" for name in fuzz.FLAVOURS)} <= names
    assert len(fuzz.FLAVOURS) >= 4


def test_a_number_always_gives_the_same_text() -> None:
    assert fuzz.make_case(1, 7) == fuzz.make_case(1, 7)
    assert len({fuzz.make_case(1, number).text for number in range(100)}) > 90


def test_sixteen_threads_give_the_same_output_as_one(cases: list[fuzz.Case], digests: list[str]) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(fuzz.digest, cases)) == digests


@pytest.mark.parametrize(("hash_seed", "limit"), [("1", 0), ("4242", 300)])
def test_another_process_gives_the_same_output(hash_seed: str, limit: int, digests: list[str]) -> None:
    assert fuzz.digests_elsewhere(SEED, COUNT, hash_seed, limit) == digests


DEEP = [
    "{{a {b " * 400, "<quote>" * 400, "-" + "*" * 400 + " a", "<div>" * 400, "[[" * 400, "<multi>[fr]" * 400,
    "<b><i>" * 400, "[" * 400 + "->a]" * 400, "<table><tr><td>" * 400, "<poesie>" * 400, "{{{" * 400 + "}}}" * 400,
    "<q>" * 400, "\n".join("-" + "*#"[n % 2] * (n + 1) + " a" for n in range(200)), "<ul><li>" * 400,
]  # fmt: skip


def test_deeply_nested_texts_need_little_stack() -> None:
    program = """if True:
        import sys, spipconv
        from spipconv.converters import flavours, markdown
        spipconv.to_html("{{a}}")
        texts = eval(sys.stdin.read())
        sys.setrecursionlimit(300)
        for text in texts:
            for profile in ("article", "comment", "title"):
                document = spipconv.parse(text, profile=profile).document
                for to in ("html", "json"):
                    spipconv.render(document, to, profile=profile)
                for flavour in (flavours.COMMONMARK, flavours.GOLDMARK, flavours.KRAMDOWN, flavours.PYTHON_MARKDOWN):
                    markdown.write(document, profile=profile, flavour=flavour)
        """
    done = subprocess.run(
        [sys.executable, "-c", program], input=repr(DEEP), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-800:]


# ---- Characters ----


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.slow
def test_no_output_contains_a_forbidden_character(profile: Profile) -> None:
    for hole in fuzz.HOLES:
        for special in SPECIALS:
            text = hole.replace("%s", f"a{special}b")
            document = spipconv.parse(text, profile=profile).document
            html = spipconv.render(document, profile=profile)
            assert not unclean(html), text
            assert not unclean(markdown.write(document, profile=profile)), text


@pytest.mark.parametrize(
    "code", ["&#0;", "&#3;", "&#x1b;", "&#12;", "&#xFFFE;", "&#xFFFF;", "&#xD800;", "&#128;", "&#x1FFFE;"]
)
def test_character_references_give_no_forbidden_character(code: str) -> None:
    for hole in fuzz.HOLES:
        for profile in PROFILES:
            html = spipconv.to_html(hole.replace("%s", f"a{code}b"), profile)
            assert not unclean(html), (hole, profile)


@pytest.mark.parametrize("name", ["a%03b", "a%00", "%1b.pdf", "a%EF%BF%BE.pdf", "a%C2%85"])
def test_decoded_file_names_give_no_forbidden_character(name: str) -> None:
    document = spipconv.SpipObject("document", 3, address=f"http://exemple.org/{name}")
    catalogue = spipconv.Catalogue([document])
    for text in ("<doc3>", "<emb3|left>", "<doc3|left>", "[->doc3]", "[<doc3>->a]"):
        assert not unclean(spipconv.to_html(text, objects=catalogue)), text
        assert not unclean(spipconv.to_markdown(text, objects=catalogue)), text


FIELDS = ("title", "language", "address", "file", "extension", "media", "mode", "description", "credits", "alternative",
          "thumbnail")  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.slow
def test_fields_of_objects_give_no_forbidden_character(field: str) -> None:
    texts = (
        "<doc1>",
        "<img1|left>",
        "<doc1|center>",
        "[->doc1]",
        "[->art1]",
        "[a->art1]",
        "<emb1>",
        "<titre1>",
        "[->site1]",
    )
    for special in SPECIALS:
        values: dict[str, Any] = {"title": "t", field: f"a{special}b"}
        rows = [
            spipconv.SpipObject(kind, 1, extension=values.pop("extension", "png"), **values)
            for kind, values in [(kind, dict(values)) for kind in ("document", "article", "site")]
        ]
        catalogue = spipconv.Catalogue(rows)
        for text in texts:
            assert not unclean(spipconv.to_html(text, objects=catalogue)), (text, special)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", NAMES)
def test_names_that_only_look_like_markup_are_words(name: str, profile: Profile) -> None:
    for form in FORMS:
        text = form.replace("%s", name)
        document = spipconv.parse(text, profile=profile).document
        spipconv.render(document, profile=profile)
        markdown.write(document, profile=profile)
        spipconv.render(document, "json")
    # Such a name is not markup: its letters are shown.
    html = spipconv.to_html(f"<{name}>x</{name}>", profile)
    assert f"&lt;{name}&gt;x&lt;/{name}&gt;" in html


# ---- HTML that means the same when it is read again ----


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "text",
    [
        '<a href="b">x<table><tr><td>[y->z]</td></tr></table></a>',
        "<a href=b><table><tr><a href=c>x</a></table>",
        "[a <table><tr><td>[b->c]</td></tr></table>->d]",
        "<a href=b><div><a href=c>x</div>",
        "<b><table><tr><td></b>x</table>y",
        "<table>a<tr>b<td>c</table>",
        "<table><caption><table><tr><td>x</table></caption></table>",
        "<ul><li><a href=b><li>x</ul>",
        "<p><table><tr><td>x</table></p>",
        "<pre>\n\nx</pre>",
        "<cadre>\n\n\nx</cadre>",
        "<code>\n\n\nx\n\n</code>",
        "<h2>a<h3>b</h2>c",
        "<dl><dt>a<dd>b<dt>c</dl>",
        "<b><p><i></b>x</i></p>",
        "<q><sup><b></q></sup></b>",
        "[[<a href=b>x]]</a> [c->d]",
        "<ruby>a<rp>(<rt>b<rp>)</ruby>",
        "<details><summary>a<summary>b</details>",
    ],
)
def test_html_gives_the_same_tree_when_it_is_parsed_again(text: str, profile: Profile) -> None:
    html = spipconv.to_html(text, profile)
    assert is_stable(html)
    once = safety.clean(html)
    assert safety.clean(once) == once


def test_is_stable_parses_twice() -> None:
    assert is_stable("<p><b><p>x</b>y</p>z")
    assert not is_stable("<a href=b>x<table><tr><a href=c>y</a></table></a>")


# ---- What random texts have found ----


@pytest.mark.parametrize("angle", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "text",
    [
        "[[<<scr<script>ipt>a</script>ipt>>x]]",
        "[[<<scr<script>ipt>alert(1)</scr</script>ipt>>x]]",
        "<\u017ftyle>x</\u017ftyle>",
        "<scr\u0131pt>x</scr\u0131pt>",
    ],
)
def test_texts_that_once_raised(text: str, profile: Profile, angle: bool) -> None:
    document = spipconv.parse(text, profile=profile, angle_shortcuts=angle).document
    for to in ("html", "markdown", "json"):
        assert spipconv.render(document, to)
