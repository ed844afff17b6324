"""Texts without issues: what most texts of a site are is told without parsing them, for dry runs.

A text is harmless if it has only what cannot give an issue: words, headings, formatting that is not nested, notes,
lists, tables, links to objects that are shown or elsewhere, and documents that exist. Any other text is read, so a dry
run reports the same issues as a run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.old_addresses import read_site
from spipconv.objects import KINDS
from spipconv.parsing.extensions.hints import has_hint
from spipconv.parsing.source import may_be_misread

_WORDS = r"[^\[\]{}<>&]"
_FORMATTED = r"(?:[^\[\]{}<>&|\s](?:[^\[\]{}<>&|\n]*[^\[\]{}<>&|\s])?)"
_EMPHASIS = rf"(?:\{{\{{\{{{_FORMATTED}\}}\}}\}}|\{{\{{{_FORMATTED}\}}\}}|\{{{_FORMATTED}\}})(?!\}})"
_OBJECT = rf"(?:{'|'.join(sorted(filter(None, KINDS), key=len, reverse=True))})[1-9][0-9]{{0,8}}"
_TARGET = rf"(?:https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[A-Za-z0-9_./~%=?-]*)?|{_OBJECT})"
_LINK = rf"\[[^\[\]{{}}<>&|\n]*->{_TARGET}\]"
_DOCUMENT = r"<(?:doc|img|emb)[1-9][0-9]{0,8}(?:\|(?:left|right|center))?>"
_NOTE = rf"\[\[(?=[^\s<\[\]{{}}])(?:{_WORDS}++|&(?!#)|{_EMPHASIS}|{_LINK})*+\]\](?!\])"
# Every repetition is possessive, so the time is linear.
_HARMLESS = re.compile(rf"(?:{_WORDS}++|&(?!#)|{_EMPHASIS}|{_NOTE}|{_LINK}|{_DOCUMENT})*+")
_NAMED = re.compile(r"(?:->([a-zè]+)([0-9]+)\]|<(?:doc|img|emb)([0-9]+))")
# Lists of so many levels may be nested too deeply.
_DEEP = re.compile(r"-[*#]{6}")


class HarmlessTexts:
    """Tells which texts of a site cannot give an issue. ``own`` are the addresses of the site."""

    def __init__(self, objects: SiteObjects, own: Iterable[str]) -> None:
        self._objects = objects
        self._hosts = [host for host, _ in map(read_site, own) if host]

    def is_harmless(self, text: str, *, note: Callable[[int], object] = lambda number: None) -> bool:
        """Return whether a text of an author cannot give an issue; ``note`` is called with the documents it shows."""
        if not self._is_plain(text):
            return False
        for name, number, document in _NAMED.findall(text):
            if document:
                found = self._objects.find("document", int(document))
                if found is None or not found.address.startswith("/"):
                    return False
                note(int(document))
            elif not self._objects.address_of(KINDS[name], int(number)):
                return False
        return True

    def is_harmless_message(self, text: str) -> bool:
        """Return whether a text of a visitor cannot give an issue: one without links to objects."""
        return self._is_plain(text) and not _NAMED.search(text)

    def _is_plain(self, text: str) -> bool:
        return (
            _HARMLESS.fullmatch(text) is not None
            and text.replace("\n", " ").replace("\t", " ").replace("\u00a0", " ").replace("\u202f", " ").isprintable()
            and not _DEEP.search(text)
            and not has_hint(text)
            and not may_be_misread(text)
            and not ("." in text and any(host in text.lower() for host in self._hosts))
        )
