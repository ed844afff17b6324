"""Sentences for people: every one has a translation in every catalogue, and what is compiled is what is written."""

from __future__ import annotations

import ast
import re
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="Babel is not installed")

from spipconv.translations import find_catalogue, format_number, translate, translate_plural
from tests import catalogues

FUNCTIONS = {"mark", "mark_plural", "translate", "_translate", "translate_plural"}
LANGUAGES = catalogues.languages()
ALL_LANGUAGES = LANGUAGES + catalogues.widget_languages()
EXTRACTED = {catalogues.key_of(message): message.id for message in catalogues.messages(catalogues.extract())}
OF_WIDGET = {catalogues.key_of(message): message.id for message in catalogues.messages(catalogues.extract_for_widget())}


def pairs(language: str) -> list[tuple[str, str]]:
    """Return every sentence with its translation, both forms of those that have a plural."""
    found: list[tuple[str, str]] = []
    for message in catalogues.messages(catalogues.read(language)):
        if isinstance(message.id, str):
            found.append((message.id, str(message.string)))
        else:
            found += [(message.id[min(form, 1)], text) for form, text in enumerate(message.string or ("",))]
    return found


def fields(sentence: str) -> set[str]:
    """Return the names of the values in a sentence; one with doubled braces is about SPIP's shortcuts and has none."""
    return set() if "{{" in sentence else set(re.findall(r"\{(\w+)\}", sentence))


def test_french_has_a_catalogue() -> None:
    assert "fr" in LANGUAGES


def literals(path: Path) -> set[str]:
    """Return the sentences that a module gives to the functions that translate and mark."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return {
        call.args[0].value
        for call in calls
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in FUNCTIONS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_every_sentence_of_the_widget_is_extracted() -> None:
    # Babel sees nothing inside a template literal.
    source = "".join(file.read_text("utf-8") for file in catalogues.WIDGET.glob("*.js"))
    sentences = set(re.findall(r'\b(?:mark|translate|translatePlural)\(\s*"([^"]+)"', source))
    assert len(sentences) > 10
    assert sentences == set(OF_WIDGET)


def test_the_widget_speaks_more_languages_than_the_rest() -> None:
    assert catalogues.widget_languages() == ["ar", "de", "es", "it"]


def test_every_sentence_of_a_module_is_extracted() -> None:
    # Babel sees nothing inside an f-string before Python 3.12.
    found = {path.name: literals(path) for path in catalogues.PACKAGE.rglob("*.py")}
    assert sum(map(len, found.values())) > 20
    assert {name: lost for name, sentences in found.items() if (lost := sentences - set(EXTRACTED))} == {}


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_the_catalogue_has_the_sentences_of_the_source_and_no_others(language: str) -> None:
    catalogue = catalogues.read(language)
    wanted = EXTRACTED if language in LANGUAGES else OF_WIDGET
    assert {catalogues.key_of(message): message.id for message in catalogues.messages(catalogue)} == wanted
    assert list(catalogue.obsolete) == []


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    assert [sentence for sentence, translated in pairs(language) if not translated] == []
    assert [message.id for message in catalogues.messages(catalogues.read(language)) if message.fuzzy] == []


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_a_translation_has_the_values_of_its_sentence(language: str) -> None:
    # A form for one thing may leave out its number: "une autre".
    lost = [
        (sentence, translated)
        for sentence, translated in pairs(language)
        if fields(sentence) | {"number"} != fields(translated) | {"number"}
    ]
    assert lost == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mo_file_is_what_the_po_file_compiles_to(language: str) -> None:
    compiled = GNUTranslations(BytesIO(catalogues.compile_catalogue(catalogues.read(language))))
    with catalogues.path_of(language).with_suffix(".mo").open("rb") as file:
        shipped = GNUTranslations(file)
    for key, sentence in EXTRACTED.items():
        if isinstance(sentence, str):
            assert shipped.gettext(key) == compiled.gettext(key)
        else:
            singular, plural = sentence
            assert [shipped.ngettext(singular, plural, number) for number in range(3)] == [
                compiled.ngettext(singular, plural, number) for number in range(3)
            ]


@pytest.mark.parametrize(
    "mistake",
    [
        r"[^\u00a0\u202f:;!?][:;!?»](?=\s|$)",  # no no-break space before a sign of two parts
        r"«(?![\u00a0\u202f])",
        "'",
        r"\.\.\.",
        '"',
    ],
)
def test_french_typography_is_respected(mistake: str) -> None:
    # In code, and where SPIP's shortcuts are named, signs are those of the code.
    assert [text for _, text in pairs("fr") if re.search(mistake, text)] == []


def test_the_widget_has_the_translations_of_its_sentences() -> None:
    assert catalogues.write_for_widget() == catalogues.WIDGET_CATALOGUES.read_text("utf-8"), "run: make translations"


@pytest.mark.parametrize("language", ["fr", "FR", "fr-CA", "fr_tu", "fr_FR"])
def test_every_kind_of_french_is_french(language: str) -> None:
    assert find_catalogue(language) == "fr"
    assert translate("Your message", language) == "Votre message"


@pytest.mark.parametrize("language", ["en", "en-GB", "de", "fro", "frr", "", "../fr", "fr/LC_MESSAGES", "\0"])
def test_any_other_language_is_english(language: str) -> None:
    assert find_catalogue(language) == "en"
    assert translate("Your message", language) == "Your message"


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert translate("no such {sentence", "fr") == "no such {sentence"
    assert translate("", "fr") == ""


@pytest.mark.parametrize("value", ["{", "{}", "{sentence}", "{0.__class__}", "%s", "}}"])
def test_braces_in_a_value_stand_for_themselves(value: str) -> None:
    for language, colon in (("en", ": "), ("fr", "\u00a0: ")):
        written = translate("{subject}: {sentence}", language, subject=value, sentence="x")
        assert written == f"{value}{colon}x"


def test_each_language_has_its_own_plural() -> None:
    written = {
        language: [
            translate_plural("{number} place", "{number} places", number, language) for number in (0, 1, 2, 1234)
        ]
        for language in ("en", "fr")
    }
    assert written == {
        "en": ["0 places", "1 place", "2 places", "1,234 places"],
        "fr": ["0 endroit", "1 endroit", "2 endroits", "1\u202f234 endroits"],
    }


def test_numbers_are_written_as_people_write_them() -> None:
    assert format_number(1234567.5, "en", 2) == "1,234,567.50"
    assert format_number(1234567.5, "fr-BE", 2) == "1\u202f234\u202f567,50"
