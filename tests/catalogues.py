"""The catalogues of ``spipconv/locale``: extracted, updated and compiled with Babel, and written into the widget.

    python -m tests.catalogues    # after a sentence was changed: then translate what the .po files lack, and again

Sentences that no longer occur are dropped; a changed one is new, and has no translation yet. The widget speaks more
languages than the rest: those have small catalogues of its sentences alone, ``spipconv/preview/locale/*.po``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "spipconv"
LOCALE = PACKAGE / "locale"
WIDGET = PACKAGE / "preview" / "static"
WIDGET_LOCALE = PACKAGE / "preview" / "locale"
WIDGET_CATALOGUES = WIDGET / "spip-preview-catalogues.js"
FORUM = PACKAGE / "forum" / "site" / "static"
FORUM_CATALOGUES = FORUM / "forum-catalogues.js"
# Which functions take sentences, and in which of their arguments; those of the widget have JavaScript's names.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "mark": None, "mark_plural": (1, 2), "translate": None, "_translate": None, "translate_plural": (1, 2),
    "translatePlural": (1, 2),
}  # fmt: skip
# The parser has no sentences, and another function of the name.
_METHODS = [
    ("parsing/**", "ignore"), ("**.py", "python"), ("**.js", "javascript"), ("forum/**/templates/**.html", "jinja2"),
]  # fmt: skip
_HEAD = """/** By language: the translations of the {}'s sentences. Made of the .po files by make translations. */
export const CATALOGUES = """
# One of them is of each category of CLDR that matters here: only millions are another one in Romance languages.
_NUMBERS = range(200)


def extract() -> Catalog:
    """Return all sentences of the package, without translations, with the files in which they are."""
    catalogue = Catalog()
    for file, _, message, comments, context in extract_from_dir(
        str(PACKAGE), _METHODS, keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        catalogue.add(message, locations=[(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    return catalogue


def extract_for_widget() -> Catalog:
    """Return the sentences of the widget, without translations."""
    return extract_from(WIDGET)


def extract_from(scripts: Path) -> Catalog:
    """Return the sentences of the scripts in a folder, without translations."""
    catalogue = Catalog()
    folder = scripts.relative_to(PACKAGE).as_posix()
    for message in messages(extract()):
        if any(file.startswith(f"{folder}/") for file, _ in message.locations):
            catalogue[message.id] = message
    return catalogue


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it is in its .po file."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, domain="spipconv", charset="utf-8")


def path_of(language: str) -> Path:
    """Return where the .po file of a language is; the .mo file of one of the package's is next to it."""
    if language in widget_languages():
        return WIDGET_LOCALE / f"{language}.po"
    return LOCALE / language / "LC_MESSAGES" / "spipconv.po"


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir())


def widget_languages() -> list[str]:
    """Return the languages that only the widget speaks."""
    return sorted(file.stem for file in WIDGET_LOCALE.glob("*.po"))


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Yield the sentences of a catalogue, without its header."""
    return (message for message in catalogue if message.id)


def compile_catalogue(catalogue: Catalog) -> bytes:
    """Return the .mo file of a catalogue."""
    written = BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def write_for_widget() -> str:
    """Return the widget's module with the translations of its sentences."""
    return _HEAD.format("widget") + _write_table(WIDGET, sorted(languages() + widget_languages()))


def write_for_forum() -> str:
    """Return the module with the translations of the sentences in the forum's scripts."""
    return _HEAD.format("forum") + _write_table(FORUM, languages())


def _write_table(scripts: Path, spoken: list[str]) -> str:
    wanted = sorted(messages(extract_from(scripts)), key=lambda message: key_of(message).lower())
    table: dict[str, dict[str, str | dict[str, str]]] = {}
    for language in spoken:
        translated = GNUTranslations(BytesIO(compile_catalogue(read(language))))
        samples = categories(language)
        words: dict[str, str | dict[str, str]] = {}
        for message in wanted:
            if isinstance(message.id, str):
                if (sentence := translated.gettext(message.id)) != message.id:
                    words[message.id] = sentence
            else:
                singular, plural = message.id
                words[singular] = {
                    category: translated.ngettext(singular, plural, number) for category, number in samples.items()
                }
        table[language] = words
    return f"{json.dumps(table, ensure_ascii=False, indent=2)};\n"


def categories(language: str) -> dict[str, int]:
    """Return the plural categories that a language has for whole numbers, each with a number that is of it."""
    category_of = Locale(language).plural_form
    samples: dict[str, int] = {}
    for number in _NUMBERS:
        samples.setdefault(category_of(number), number)
    return samples


def key_of(message: Message) -> str:
    """Return a sentence as the catalogue knows it: its form for one thing, if it has several."""
    return message.id if isinstance(message.id, str) else message.id[0]


def update(language: str) -> list[str]:
    """Bring the catalogue of a language up to date with the source; return the sentences that it lacks."""
    is_widget = language in widget_languages()
    catalogue = read(language)
    created, revised = catalogue.creation_date, catalogue.revision_date
    sentences = extract_for_widget() if is_widget else extract()
    catalogue.update(sentences, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.creation_date, catalogue.revision_date = created, revised
    catalogue.msgid_bugs_address = ""
    with path_of(language).open("wb") as file:
        write_po(file, catalogue, width=120, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    if not is_widget:
        path_of(language).with_suffix(".mo").write_bytes(compile_catalogue(catalogue))
    return [key_of(message) for message in messages(catalogue) if not message.string or not all(message.string)]


def main() -> int:
    """Bring everything up to date; the exit code is 1 if a sentence has no translation yet."""
    missing = {language: update(language) for language in languages() + widget_languages()}
    WIDGET_CATALOGUES.write_text(write_for_widget(), "utf-8")
    FORUM_CATALOGUES.write_text(write_for_forum(), "utf-8")
    for language, sentences in missing.items():
        for sentence in sentences:
            print(f"{path_of(language).relative_to(ROOT)}: no translation of {sentence!r}", file=sys.stderr)
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
