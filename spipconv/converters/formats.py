"""The formats that a document can be written in: one record for each, which the library and every command read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

from msgspec import Struct

from spipconv.converters import html, json
from spipconv.nodes import Document, Profile
from spipconv.safety import Sanitizer
from spipconv.settings import NoBreakSpaces

Format = Literal["html", "markdown", "json", "text", "pandoc", "pandoc2"]


class Written(Struct, frozen=True, omit_defaults=True):
    """What a document becomes: its body, and its notes and its glossary where the format has them apart."""

    body: str
    notes: str = ""
    glossary: str = ""

    @property
    def text(self) -> str:
        """The body with its notes and its glossary at the end."""
        text = f'{self.body}<div class="notes">\n{self.notes}\n</div>\n' if self.notes else self.body
        return text + self.glossary if self.glossary else text


class OutputFormat(Struct, frozen=True):
    """One format: its name, the suffix of its files, and what writes a document in it.

    ``fields`` are the names of the fields that hold a text in this format, in objects and tables: its body, and its
    notes where the format has them apart. ``write`` is given the document, the profile to write it for, the sanitiser
    of raw HTML, which only HTML uses, and how no-break spaces are written, if not as the format does by itself.
    """

    name: Format
    suffix: str
    fields: tuple[str] | tuple[str, str]
    write: Callable[[Document, Profile, Sanitizer, NoBreakSpaces | None], Written]

    def values(self, written: Written) -> tuple[str, ...]:
        """Return the values of ``fields`` for a text."""
        return (written.body, written.notes) if len(self.fields) == 2 else (written.body,)


def find_format(name: object) -> OutputFormat:
    """Return the format of a name. Raises ValueError, which names the choices, for what is not one."""
    # A list cannot be looked up in a mapping.
    record = FORMATS.get(cast("Format", name)) if isinstance(name, str) else None
    if record is None:
        raise ValueError(f"format {name!r} is unknown: choose {', '.join(FORMATS)}")
    return record


def _write_html(
    document: Document, profile: Profile, sanitizer: Sanitizer, spaces: NoBreakSpaces | None = None
) -> Written:
    written = html.write(document, profile=profile, sanitizer=sanitizer)
    if spaces == "char":
        return Written(*[part.replace("&nbsp;", "\u00a0") for part in written])
    return Written(written.body, written.notes, written.glossary)


def _write_markdown(
    document: Document, profile: Profile, _sanitizer: Sanitizer, spaces: NoBreakSpaces | None = None
) -> Written:
    # It takes 8 ms to import, which those who want HTML need not wait for.
    from spipconv.converters import markdown
    from spipconv.converters.flavours import COMMONMARK, COMMONMARK_WITH_ENTITIES

    flavour = COMMONMARK_WITH_ENTITIES if spaces == "entity" else COMMONMARK
    return Written(markdown.write(document, profile=profile, flavour=flavour))


def _write_json(
    document: Document, _profile: Profile, _sanitizer: Sanitizer, _spaces: NoBreakSpaces | None = None
) -> Written:
    return Written(json.write(document))


def _write_text(
    document: Document, profile: Profile, _sanitizer: Sanitizer, _spaces: NoBreakSpaces | None = None
) -> Written:
    from spipconv.converters import text

    return Written(text.write(document, profile=profile))


def _write_pandoc(
    document: Document, profile: Profile, _sanitizer: Sanitizer, _spaces: NoBreakSpaces | None = None
) -> Written:
    from spipconv.converters import pandoc

    return Written(pandoc.write(document, profile=profile))


def _write_pandoc2(
    document: Document, profile: Profile, _sanitizer: Sanitizer, _spaces: NoBreakSpaces | None = None
) -> Written:
    from spipconv.converters import pandoc

    return Written(pandoc.write(document, profile=profile, version=2))


FORMATS: Mapping[Format, OutputFormat] = {
    record.name: record
    for record in (
        OutputFormat("html", ".html", ("html", "notes"), _write_html),
        OutputFormat("markdown", ".md", ("markdown",), _write_markdown),
        OutputFormat("json", ".json", ("json",), _write_json),
        OutputFormat("text", ".txt", ("plain",), _write_text),
        OutputFormat("pandoc", ".pandoc.json", ("pandoc",), _write_pandoc),
        OutputFormat("pandoc2", ".pandoc2.json", ("pandoc",), _write_pandoc2),
    )
}
