"""Plugins: what holds for any text with all of them on, and what holds for every record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import spipconv
from spipconv.nodes import Node, children_of
from spipconv.parsing.extensions.hints import BLOCKS, HINTS
from spipconv.plugins import PLUGINS, active_plugins, check_plugins, plugin_of_model
from spipconv.plugins.registry import EXTENSIONS
from spipconv.safety import MAX_DEPTH
from tests.converters.test_markdown import _check_document as check_document
from tests.judges import dangers, unclean
from tests.parsing.test_cases import read_cases
from tests.parsing.test_properties import FRAGMENTS

OWN = r"""[* [** *] [^ ^] [/ /] [! !] [| |] [( )] {{{* {{{** {{{## }}} {2{ }2} <sc> </sc> (c) --> ... ++++ [!sommaire]
    [sommaire] <sommaire|x=1> [!glossaire] <md> </md> <markdown> </markdown> <youtube|id=abc> <vimeo|12> <video3>
    https://youtu.be/abc ** * _ # > 1. ![a](b) [a](javascript:alert(1)) [a]: <b> </b> <script> </script> ~~ ``` |
    --- ="""
TEXTS = st.lists(st.one_of(FRAGMENTS, st.sampled_from([*OWN.split(), "\n", "\n\n", " "])), max_size=40).map("".join)
PROFILES = st.sampled_from(["article", "comment", "title"])
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@settings(max_examples=150, deadline=None)
@given(TEXTS, PROFILES)
@pytest.mark.slow
def test_every_text_becomes_harmless_with_all_plugins(text: str, profile: Any) -> None:
    parsed = spipconv.parse(text, profile=profile, plugins=PLUGINS)
    html = spipconv.render(parsed.document)
    assert not dangers(html)
    assert not unclean(html)
    assert not dangers(READER.render(spipconv.render(parsed.document, "markdown")))
    assert "plugin-shortcut" not in {diagnostic.code for diagnostic in parsed.diagnostics}


@settings(max_examples=30, deadline=None)
@given(TEXTS)
@pytest.mark.slow
def test_nesting_is_bounded_with_all_plugins(text: str) -> None:
    def depth(nodes: tuple[Node, ...]) -> int:
        return max((1 + depth(children_of(node)) for node in nodes), default=0)

    assert depth(spipconv.parse(text * 30, plugins=PLUGINS).document.children) <= MAX_DEPTH + 8


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_any_order_of_the_plugins_gives_the_same_tree(text: str) -> None:
    names = list(PLUGINS)
    assert spipconv.parse(text, plugins=names[::-1] + names) == spipconv.parse(text, plugins=names)


@pytest.mark.parametrize(("text", "options", "html"), [case for case in read_cases() if "plugins" in case.values[1]])
def test_markdown_shows_what_the_html_shows(text: str, options: dict[str, Any], html: str) -> None:
    document = spipconv.parse(text, **options).document
    if document.profile != "title":
        check_document(document, document.profile)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("<md>\n* a\n* *b*\n</md> c", "* a\n* *b*\n\nc"),
        ("-* a\n\n<md>- b</md>", "- a\n\n* b"),
        ("<md>[->art1] *b*</md>", "[article 1](spip.php?article1) *b*"),
        ("<md>a\n</md>\n\n<md>\n# b</md>", "a\n\n# b"),
        ("|<md>*a*</md>|\n|b|", "<table"),
        ("{{{**a}}}[/b/]", '### a\n\n<div class="spip" align="right">\n\nb\n\n</div>'),
    ],
)
def test_an_author_s_markdown_stays_as_it_is_where_it_can(text: str, source: str) -> None:
    assert spipconv.to_markdown(text, plugins=PLUGINS).startswith(source)


def test_every_plugin_has_its_facts() -> None:
    assert set(EXTENSIONS) <= set(PLUGINS)
    assert all(name == extension.name for name, extension in EXTENSIONS.items())
    assert PLUGINS["videos"].models <= set(EXTENSIONS["videos"].models)


def test_the_hints_are_those_of_the_plugins() -> None:
    shortcuts = [shortcut for extension in EXTENSIONS.values() for shortcut in extension.shortcuts.values()]
    assert sorted(HINTS) == sorted({hint for shortcut in shortcuts for hint in shortcut.hints})
    assert sorted(BLOCKS) == sorted(block.name for extension in EXTENSIONS.values() for block in extension.blocks)


@pytest.mark.parametrize("name", EXTENSIONS)
def test_halves_of_pairs_and_hints_fit(name: str) -> None:
    shortcuts = EXTENSIONS[name].shortcuts.values()
    assert {shortcut.opens for shortcut in shortcuts} == {shortcut.closes for shortcut in shortcuts} | (
        {""} if any(not shortcut.opens for shortcut in shortcuts) else set()
    )
    for shortcut in shortcuts:
        # Whoever ends a pair is reported where it begins.
        assert not (shortcut.closes and shortcut.hints)
        assert not (shortcut.opens and not shortcut.hints)


def test_names_are_checked() -> None:
    assert check_plugins(["TypoEnluminee", "decoupe", "decoupe"]) == ("enluminures", "decoupe")
    for wrong, error in (("decoupe", TypeError), (3, TypeError), ([3], TypeError), (["x"], ValueError)):
        with pytest.raises(error, match="plugin"):
            spipconv.parse("a", plugins=wrong)  # type: ignore[arg-type]


def test_plugins_are_known_by_spip_s_names_tools_and_models() -> None:
    assert active_plugins(["SPIP", "INTERTITRESTDM", "OEMBED"], ["sommaire"]) == (
        "intertitres_enrichis", "oembed", "sommaire",
    )  # fmt: skip
    assert [plugin and plugin.name for plugin in map(plugin_of_model, ("youtube", "inconnu"))] == ["videos", None]
