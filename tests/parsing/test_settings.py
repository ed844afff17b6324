"""The arguments of callers are checked: a wrong option is never silently read as another one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import spipconv
from spipconv import Document
from spipconv.comments import publish
from spipconv.converters import html, markdown
from spipconv.languages import CODES, find_language

CALLS: dict[str, Callable[..., Any]] = {
    "parse": spipconv.parse,
    "to_html": spipconv.to_html,
    "to_markdown": spipconv.to_markdown,
}
WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"profile": "comments"}, ValueError, "'comments' is unknown: choose article, comment or title"),
    ({"profile": "Comment"}, ValueError, "choose article, comment or title"),
    ({"profile": ""}, ValueError, "choose article, comment or title"),
    ({"profile": None}, ValueError, "choose article, comment or title"),
    ({"profile": ["comment"]}, ValueError, "choose article, comment or title"),
    ({"lang": ""}, ValueError, "lang '' is unknown: .*for example fr, en or pt-BR"),
    ({"lang": "français"}, ValueError, "lang 'français' is unknown"),
    ({"lang": "evil.example/"}, ValueError, "lang 'evil.example/' is unknown"),
    ({"lang": "ſr"}, ValueError, "is unknown"),
    ({"lang": None}, TypeError, "lang: expected a string, not NoneType"),
    ({"lang": b"fr"}, TypeError, "lang: expected a string, not bytes"),
    ({"objects": {"article": 1}}, TypeError, "objects: expected a Resolver such as Catalogue, not dict"),
    ({"objects": SimpleNamespace(find=print)}, TypeError, "objects: expected a Resolver such as Catalogue"),
    ({"embeds": "no"}, TypeError, "embeds: expected True or False, not 'no'"),
    ({"embeds": None}, TypeError, "embeds: expected True or False, not None"),
    ({"angle_shortcuts": "false"}, TypeError, "angle_shortcuts: expected True or False, not 'false'"),
    ({"repair_encoding": 1}, TypeError, "repair_encoding: expected True or False, not 1"),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("options", "kind", "message"), WRONG)
def test_a_wrong_option_is_named_with_the_choices(
    call: str, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        CALLS[call]("{{gras}}", **options)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("text", "name"), [(None, "NoneType"), (b"gras", "bytes: decode it first"), (1, "int")])
def test_a_text_that_is_not_a_string_is_refused(call: str, text: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"text: expected a string, not {name}"):
        CALLS[call](text)


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True, None])
def test_the_number_of_the_first_note_is_checked(number: Any) -> None:
    with pytest.raises(ValueError, match="first_note: expected a whole number from 1"):
        spipconv.parse("mot[[note]]", first_note=number)


def test_options_of_render_are_checked() -> None:
    document = spipconv.parse("<b>gras</b>").document
    with pytest.raises(ValueError, match="format 'pdf' is unknown: choose html, markdown, json"):
        spipconv.render(document, "pdf")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sanitizer 'none' is unknown: choose nh3 or bleach"):
        spipconv.render(document, sanitizer="none")  # type: ignore[arg-type]
    for write in (spipconv.render, html.write, markdown.write):
        with pytest.raises(ValueError, match="profile 'comments' is unknown"):
            write(document, profile="comments")  # type: ignore[arg-type]


@pytest.mark.parametrize("to", ["html", "markdown", "json"])
def test_a_tree_of_an_unknown_profile_is_not_written(to: Any) -> None:
    document = Document((), "fr", "forum")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="profile 'forum' is unknown"):
        spipconv.render(document, to)


@pytest.mark.parametrize("text", ["[ici->https://example.org/]", "https://example.org/", "mot[[note]]", "[?SPIP]"])
def test_a_document_is_written_for_the_profile_that_it_was_read_with(text: str) -> None:
    document = spipconv.parse(text, profile="comment").document
    assert document.profile == "comment"
    assert "nofollow ugc" in spipconv.render(document)
    assert spipconv.render(document) == spipconv.to_html(text, "comment") == publish(text).html
    assert spipconv.render(document, profile="article") == spipconv.to_html(text)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("fr", "fr"), ("FR", "fr"), ("fr-FR", "fr"), ("fr_CA", "fr"), ("pt-BR", "pt_br"), ("PT_br", "pt_br"),
        ("pt-PT", "pt"), ("zh-Hant-TW", "zh"), ("zh-TW", "zh_tw"), ("sh-Latn", "sh_latn"), ("en-GB-oed", "en"),
        ("oc_ni_la", "oc_ni_la"), ("fr_tu", "fr_tu"), ("nb-NO", "nb"),
    ],
)  # fmt: skip
def test_languages_are_spip_codes_or_bcp_47_tags(given: str, code: str) -> None:
    assert spipconv.parse("mot", lang=given).document.language == code
    assert find_language(given) == code


def test_spip_codes_are_found_unchanged() -> None:
    assert CODES
    assert {code: find_language(code) for code in CODES} == {code: code for code in CODES}


def test_languages_are_case_insensitive() -> None:
    for text in ("« Quoi » ?", "<multi>[fr]oui[en]yes</multi>", "mot[[note]]"):
        assert spipconv.to_html(text, lang="fr-FR") == spipconv.to_html(text, lang="FR") == spipconv.to_html(text)
