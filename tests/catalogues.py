"""The catalogues of ``spipconv/locale``: extracted, updated and compiled with Babel, and written into the widget.

    python -m tests.catalogues    # after a sentence was changed: then translate what the .po files lack, and again

Sentences that no longer occur are dropped; a changed one is new, and has no translation yet.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "spipconv"
LOCALE = PACKAGE / "locale"
WIDGET = PACKAGE / "preview" / "static" / "spip-preview.js"
# Which functions take sentences, and in which of their arguments; those of the widget have JavaScript's names.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "mark": None, "mark_plural": (1, 2), "translate": None, "_translate": None, "translate_plural": (1, 2),
    "translatePlural": (1, 2),
}  # fmt: skip
# The parser has no sentences, and another function of the name.
_METHODS = [
    ("parsing/**", "ignore"), ("**.py", "python"), ("**.js", "javascript"), ("forum/**/templates/**.html", "jinja2"),
]  # fmt: skip
_GENERATED = re.compile("(// BEGIN: made by make translations\n).*?(// END\n)", re.DOTALL)


def extract() -> Catalog:
    """Return all sentences of the package, without translations, with the files in which they are."""
    catalogue = Catalog()
    for file, _, message, comments, context in extract_from_dir(
        str(PACKAGE), _METHODS, keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        catalogue.add(message, locations=[(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    return catalogue


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it is in its .po file."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, domain="spipconv", charset="utf-8")


def path_of(language: str) -> Path:
    """Return where the .po file of a language is; its .mo file is next to it."""
    return LOCALE / language / "LC_MESSAGES" / "spipconv.po"


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir())


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Yield the sentences of a catalogue, without its header."""
    return (message for message in catalogue if message.id)


def compile_catalogue(catalogue: Catalog) -> bytes:
    """Return the .mo file of a catalogue."""
    written = BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def write_for_widget() -> str:
    """Return the widget's source with the translations of its own sentences in it."""
    source = WIDGET.read_text("utf-8")
    wanted = [message for message in messages(extract()) if any(WIDGET.name in file for file, _ in message.locations)]
    table: dict[str, dict[str, str | list[str]]] = {}
    for language in languages():
        translated = GNUTranslations(BytesIO(compile_catalogue(read(language))))
        words: dict[str, str | list[str]] = {}
        for message in sorted(wanted, key=lambda message: key_of(message).lower()):
            if isinstance(message.id, str):
                if (sentence := translated.gettext(message.id)) != message.id:
                    words[message.id] = sentence
            else:
                singular, plural = message.id
                words[singular] = [translated.ngettext(singular, plural, number) for number in (1, 2)]
        table[language] = words
    block = f"const CATALOGUES = {json.dumps(table, ensure_ascii=False, indent=2)};\n"
    return _GENERATED.sub(lambda match: match[1] + block + match[2], source)


def key_of(message: Message) -> str:
    """Return a sentence as the catalogue knows it: its form for one thing, if it has several."""
    return message.id if isinstance(message.id, str) else message.id[0]


def update(language: str) -> list[str]:
    """Bring the catalogue of a language up to date with the source; return the sentences that it lacks."""
    catalogue = read(language)
    created, revised = catalogue.creation_date, catalogue.revision_date
    catalogue.update(extract(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.creation_date, catalogue.revision_date = created, revised
    catalogue.msgid_bugs_address = ""
    with path_of(language).open("wb") as file:
        write_po(file, catalogue, width=120, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    path_of(language).with_suffix(".mo").write_bytes(compile_catalogue(catalogue))
    return [key_of(message) for message in messages(catalogue) if not message.string or not all(message.string)]


def main() -> int:
    """Bring everything up to date; the exit code is 1 if a sentence has no translation yet."""
    missing = {language: update(language) for language in languages()}
    WIDGET.write_text(write_for_widget(), "utf-8")
    for language, sentences in missing.items():
        for sentence in sentences:
            print(f"{path_of(language).relative_to(ROOT)}: no translation of {sentence!r}", file=sys.stderr)
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
