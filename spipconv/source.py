"""The text that is being read: its settings, its places, and the remarks made on it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, get_args

from msgspec import Struct

from spipconv.diagnostics import Diagnostic
from spipconv.languages import find_language
from spipconv.nodes import Profile
from spipconv.objects import Resolver
from spipconv.safety import NO_TEXT
from spipconv.typography import windows_character

MOST_REMARKS = 1000


PROFILES: tuple[Profile, ...] = get_args(Profile)


class Settings(Struct, frozen=True):
    """How a text is to be read: see ``spipconv.parse``."""

    profile: Profile = "article"
    language: str = "fr"
    objects: Resolver | None = None
    embeds: bool = False
    angle_shortcuts: bool = False
    first_note: int = 1

    @property
    def resolver(self) -> Resolver | None:
        """Where objects are looked up; a stranger's comment looks up nothing."""
        return None if self.profile == "comment" else self.objects


class Source(Struct):
    """A text being read. ``text`` has newlines as line ends and no control characters; offsets are into it."""

    text: str
    settings: Settings
    diagnostics: list[Diagnostic] = []
    _line_ends: list[int] | None = None
    # Where pieces of the text as it is read come from, once <multi> has chosen: (offset, origin) pairs.
    _pieces: list[tuple[int, int]] = []
    _original: str = ""
    # The line that was asked for last: where it starts and ends, and its number.
    _start: int = 0
    _end: int = -1
    _line: int = 0

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both from 1."""
        if self._pieces:
            at, origin = self._pieces[bisect_right(self._pieces, (offset, len(self._original))) - 1]
            offset = origin + offset - at
        if not self._start <= offset <= self._end:
            if self._line_ends is None:
                text = self._original or self.text
                self._line_ends = [-1, *(match.start() for match in re.finditer("\n", text)), len(text)]
            self._line = bisect_right(self._line_ends, offset - 1)
            self._start = self._line_ends[self._line - 1] + 1
            self._end = self._line_ends[min(self._line, len(self._line_ends) - 1)]
        return self._line, offset - self._start + 1

    def report(self, code: str, offset: int, detail: str = "") -> None:
        """Add a remark on the text at an offset; beyond ``MOST_REMARKS`` only that there are more."""
        if len(self.diagnostics) > MOST_REMARKS:
            return
        if len(self.diagnostics) == MOST_REMARKS:
            code, detail = "more-remarks", ""
        line, column = self.place(offset)
        detail = " ".join(detail[:100].split())
        self.diagnostics.append(Diagnostic(code, line, column, detail if len(detail) <= 60 else detail[:57] + "..."))

    def replace(self, text: str, pieces: list[tuple[int, int]]) -> None:
        """Go on reading another text, made of pieces of this one: (offset there, offset here) pairs."""
        self._original, self.text, self._pieces = self.text, text, pieces


def check_profile(profile: Any) -> Profile:
    """Return a profile. Raises ValueError, which names the choices, for what is not one."""
    # A list cannot be looked up in a set.
    if isinstance(profile, str) and profile in PROFILES:
        return profile
    raise ValueError(f"profile {profile!r} is unknown: choose {', '.join(PROFILES[:-1])} or {PROFILES[-1]}")


def check_language(lang: Any) -> str:
    """Return SPIP's code of a language. Raises TypeError or ValueError for what names none."""
    if not isinstance(lang, str):
        raise TypeError(f"lang: expected a string, not {type(lang).__name__}")
    code = find_language(lang)
    if code is None:
        raise ValueError(
            f"lang {lang!r} is unknown: use a code of SPIP's list (spipconv.languages.CODES) or of BCP 47, "
            "for example fr, en or pt-BR"
        )
    return code


def read_settings(
    profile: Any = "article",
    lang: Any = "fr",
    objects: Any = None,
    embeds: Any = False,
    angle_shortcuts: Any = False,
    first_note: Any = 1,
) -> Settings:
    """Return the settings that a caller has given, checked: the one door for all of them.

    Raises TypeError or ValueError, with one line that names the argument and the choices.
    """
    for name, value in (("embeds", embeds), ("angle_shortcuts", angle_shortcuts)):
        # Any text is true, "no" as well.
        if value.__class__ is not bool:
            raise TypeError(f"{name}: expected True or False, not {value!r}")
    if objects is not None and not all(hasattr(objects, name) for name in ("find", "translate", "site_address")):
        raise TypeError(f"objects: expected a Resolver such as Catalogue, not {type(objects).__name__}")
    if type(first_note) is not int or first_note < 1:
        raise ValueError(f"first_note: expected a whole number from 1, not {first_note!r}")
    return Settings(check_profile(profile), check_language(lang), objects, embeds, angle_shortcuts, first_note)


def read_source(text: str, settings: Settings) -> Source:
    """Return a text ready to be read, with what had to be replaced in it reported.

    C0 controls become ``-`` as in SPIP, C1 ones what they mean in windows-1252, other characters that no text may
    hold U+FFFD. Raises TypeError for what is not a string.
    """
    if not isinstance(text, str):
        hint = ": decode it first" if isinstance(text, bytes | bytearray) else ""
        raise TypeError(f"text: expected a string, not {type(text).__name__}{hint}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    source = Source(text, settings)
    first = NO_TEXT.search(text)
    if first:
        for match in NO_TEXT.finditer(text, first.start()):
            source.report("control-character", match.start(), f"U+{ord(match.group()):04X}")
            if len(source.diagnostics) > MOST_REMARKS:
                break
        source.text = NO_TEXT.sub(_readable, text)
    return source


def _readable(match: re.Match[str]) -> str:
    code = ord(match.group())
    return "-" if code < 0x80 else windows_character(code)
