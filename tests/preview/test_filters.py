"""The template filters show a stored comment exactly as its preview, and let nothing unsafe pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import spipconv
from spipconv.comments import publish
from spipconv.languages import find_language
from tests.extensions.sample import SAMPLE
from tests.judges import dangers
from tests.safety.test_safety import VECTORS

COMMENT = "{{Quoi}} ? Voir [le plan->https://example.org/][[Une note.]] <b>x</b> & <script>x</script>"


def jinja(source: str, **values: object) -> str:
    jinja2 = pytest.importorskip("jinja2", reason="jinja2 is not installed")
    environment = jinja2.Environment(extensions=["spipconv.jinja.SpipExtension"], autoescape=True)
    return str(environment.from_string(source).render(values))


def django(source: str, **values: object) -> str:
    pytest.importorskip("django", reason="django is not installed")
    from tests.django_site import render

    return render("{% load spip %}" + source, **values)


# By engine: how it shows a text, also in a language and in a profile.
ENGINES: dict[str, tuple[Callable[..., str], str, str, str]] = {
    "jinja": (
        jinja,
        "{{ text | spip }}",
        "{{ text | spip(lang) }}",
        "{{ text | spip(lang='fr', profile=profile) }}",
    ),
    "django": (django, "{{ text|spip }}", "{{ text|spip:lang }}", "{% spip text lang='fr' profile=profile %}"),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_comment_is_shown_as_it_is_published(engine: str) -> None:
    show, plain, _, _ = ENGINES[engine]
    assert show(plain, text=COMMENT) == spipconv.to_html(COMMENT, profile="comment")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("lang", "code"), [("en", "en"), ("fr-CA", "fr"), ("pt-BR", "pt_br"), ("EN_us", "en")])
def test_a_comment_is_shown_in_its_language(engine: str, lang: str, code: str) -> None:
    show, _, in_language, _ = ENGINES[engine]
    assert show(in_language, text=COMMENT, lang=lang) == spipconv.to_html(COMMENT, profile="comment", lang=code)


@pytest.mark.parametrize("engine", ENGINES)
def test_other_profiles_are_shown_where_they_are_named(engine: str) -> None:
    show, _, _, in_profile = ENGINES[engine]
    assert show(in_profile, text=COMMENT, profile="article") == spipconv.to_html(COMMENT)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("text", "shown"), [(None, ""), ("", ""), (12, "<p>12</p>\n")])
def test_values_that_are_not_text_are_shown_too(engine: str, text: object, shown: str) -> None:
    show, plain, _, _ = ENGINES[engine]
    assert show(plain, text=text) == shown


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wrong_language_or_profile_raises_an_error(engine: str) -> None:
    show, _, in_language, in_profile = ENGINES[engine]
    with pytest.raises(ValueError, match="lang 'xx' is unknown"):
        show(in_language, text="x", lang="xx")
    with pytest.raises(ValueError, match="profile 'stranger' is unknown"):
        show(in_profile, text="x", profile="stranger")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.slow
def test_hostile_comments_are_harmless_in_a_page(engine: str) -> None:
    show, plain, _, _ = ENGINES[engine]
    for vector in VECTORS:
        html = show(plain, text=vector["vector"])
        assert html == spipconv.to_html(vector["vector"], profile="comment"), vector["id"]
        assert not dangers(html), vector["id"]


def test_the_jinja_example_of_the_document_runs() -> None:
    document = (Path(__file__).parent.parent.parent / "docs" / "preview.md").read_text("utf-8")
    found = re.search(r"(?ms)^```html\+jinja\n(.*?)^```$", document)
    assert found
    shown = jinja(found[1], comments=[SimpleNamespace(text="{{gras}}")])
    assert shown == '<article lang="fr"><p><strong>gras</strong></p>\n</article>'


@pytest.mark.parametrize(
    "given", ["", "xx", "f", "fr\n", "fr-", "-fr", "fr--ca", "ﬁ", "\u017fv", "fr ca", "fr" + "-a" * 5]
)
def test_only_codes_of_languages_are_languages(given: str) -> None:
    assert find_language(given) is None
    with pytest.raises(ValueError, match="is unknown: use a code of SPIP"):
        publish("x", given)


@pytest.mark.parametrize(
    ("show", "source"),
    [
        (jinja, "{{ text | spip(profile=profile, extensions=extensions) }}"),
        (django, "{% spip text profile=profile extensions=extensions %}"),
    ],
)
@pytest.mark.parametrize("profile", ["article", "comment"])
def test_extensions_are_read_where_they_are_given(
    show: Callable[..., str], source: str, profile: spipconv.Profile
) -> None:
    text = "<carte12> <galerie3>"
    shown = show(source, text=text, profile=profile, extensions=[SAMPLE])
    assert shown == spipconv.to_html(text, profile, extensions=[SAMPLE])
    assert "https://maps.example/12" in shown
    assert ("x-gallery" in shown) == (profile == "article")
