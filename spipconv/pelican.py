"""Pelican: with ``spipconv.pelican`` among PLUGINS, the files ``*.spip`` are articles and pages.

A file begins with lines ``Title: …``, ``Date: …`` like Pelican's Markdown, and may have lines ``---`` around them.
The setting ``SPIP`` holds arguments of ``spipconv.parse``: ``SPIP = {"plugins": ["enluminures"]}``.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from pelican import signals
from pelican.readers import BaseReader, Readers
from pelican.utils import pelican_open

from spipconv.api import excerpt, render
from spipconv.languages import find_language
from spipconv.nodes import Document, plain_text
from spipconv.parsing.parser import parse
from spipconv.safety import escape_text, template_text

_FENCE = re.compile(r"(?:---|\.\.\.)[ \t]*\n")
_FIELD = re.compile(r" {0,3}([\w-]+):(?:[ \t]+(.*))?\n((?: {4,}\S.*\n)*)")
_logger = logging.getLogger(__name__)


class SpipReader(BaseReader):  # type: ignore[misc]  # Pelican has no types
    """Reads SPIP texts. Raises TypeError or ValueError if the setting ``SPIP`` is nothing that ``parse`` takes."""

    file_extensions = ("spip",)

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._options: dict[str, Any] = {"lang": settings["DEFAULT_LANG"], **settings.get("SPIP", {})}
        try:
            parse("", **self._options)
        except (TypeError, ValueError) as error:
            raise type(error)(f"setting SPIP: {error}") from error

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """Return the HTML of a file and its fields: the title as words, what Pelican calls formatted as HTML."""
        with pelican_open(source_path) as content:
            pairs, text = split_head(content)
        fields: dict[str, str] = {}
        for name, value in pairs:
            if name not in fields:
                fields[name] = value
            else:
                _logger.warning("%s: %s is given more than once: the first one counts", source_path, name)
        options = dict(self._options)
        if lang := find_language(fields.get("lang", "")):
            options["lang"] = lang
        for name in fields.keys() & set(self.settings["FORMATTED_FIELDS"]):
            fields[name] = render(_parse(fields[name], source_path, options))
        document = _parse(text, source_path, options)
        if "title" in fields:
            title = _parse(fields["title"], source_path, {**options, "profile": "title"})
            fields["title"] = _show(plain_text(title.children))
        if self.settings["SUMMARY_MAX_LENGTH"] is not None and (words := excerpt(document)):
            fields.setdefault("summary", f"<p>{_show(words.replace(chr(10) * 2, ' '))}</p>")
        return render(document), {name: self.process_metadata(name, value) for name, value in fields.items()}


def _show(words: str) -> str:
    """Return words for themes, which print titles and summaries as they are, in attributes too."""
    return escape_text(template_text(words, "mixed"))


def _parse(text: str, source_path: str, options: dict[str, Any]) -> Document:
    """Return the tree of a text, and log its diagnostics."""
    parsed = parse(text, **options)
    for diagnostic in parsed.diagnostics:
        level = logging.WARNING if diagnostic.severity == "loss" else logging.INFO
        _logger.log(level, "%s:%s", source_path, diagnostic)
    return parsed.document


def split_head(content: str) -> tuple[list[tuple[str, str]], str]:
    """Return the fields at the head of a file, with names in lower case, and the text below, at its lines in the file.

    Lines with four spaces before them continue a field. A file without fields is all text.
    """
    content += "\n"
    fence = _FENCE.match(content)
    start = end = fence.end() if fence else 0
    fields: list[tuple[str, str]] = []
    while field := _FIELD.match(content, end):
        fields.append((field[1].lower(), "\n".join(line.strip() for line in [field[2] or "", *field[3].splitlines()])))
        end = field.end()
    if end == start:
        return [], content
    if fence and (closing := _FENCE.match(content, end)):
        end = closing.end()
    return fields, "\n" * content.count("\n", 0, end) + content[end:]


def add_reader(readers: Readers) -> None:
    """Make Pelican read ``*.spip``."""
    readers.reader_classes["spip"] = SpipReader


def register() -> None:
    """Register the plugin; Pelican calls it."""
    signals.readers_init.connect(add_reader)
