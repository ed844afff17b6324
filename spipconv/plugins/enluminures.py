"""Enluminures typographiques: highlighted words, aligned and framed blocks, levels of headings, small capitals, signs.

``[*mot*]`` and ``[**mot*]`` are highlighted, ``[^mot^]`` is superscript; ``[/…/]`` is to the right, ``[!…!]`` to the
left, ``[|…|]`` centred, ``[(…)]`` framed. The last four are blocks, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from spipconv.extensions import Extension, Shortcut, Writer
from spipconv.nodes import Box, Element, Strong
from spipconv.plugins import headings

# The classes that the plugin gives to highlighted words.
_HIGHLIGHTS: Final = {"[*": ("caractencadre-spip", "spip"), "[**": ("caractencadre2-spip", "spip")}
_ALIGNMENTS: Final = {"[/": "right", "[!": "left", "[|": "center"}
_HIGHLIGHT: Final = Strong(())
_SUPERSCRIPT: Final = Element("sup", (), ())
_SMALL_CAPITALS: Final = Element("span", (("class", "caps"),), ())
_BOX: Final = Box(())
_SIGNS: Final = {
    "<-->": "↔", "-->": "→", "<--": "←", "<==>": "⇔", "==>": "⇒", "<==": "⇐", "(c)": "©", "(r)": "®", "(tm)": "™",
    "...": "…",
}  # fmt: skip


def _open_highlight(writer: Writer, start: int, end: int) -> None:
    writer.open(Strong((), _HIGHLIGHTS[writer.text[start:end]]), start, end)


def _close_highlight(writer: Writer, start: int, end: int) -> None:
    writer.close(_HIGHLIGHT, start, end)


def _open_superscript(writer: Writer, start: int, end: int) -> None:
    writer.open(_SUPERSCRIPT, start, end)


def _close_superscript(writer: Writer, start: int, end: int) -> None:
    writer.close(_SUPERSCRIPT, start, end)


def _open_small_capitals(writer: Writer, start: int, end: int) -> None:
    writer.open(_SMALL_CAPITALS, start, end)


def _close_small_capitals(writer: Writer, start: int, end: int) -> None:
    writer.close(_SMALL_CAPITALS, start, end)


def _open_box(writer: Writer, start: int, end: int) -> None:
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    marker = writer.text[start:end]
    writer.open(Box((), _ALIGNMENTS.get(marker, ""), marker == "[("), start, end)


def _close_box(writer: Writer, start: int, end: int) -> None:
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    writer.close(_BOX, start, end)


def _write_sign(writer: Writer, start: int, end: int) -> None:
    writer.say(_SIGNS[writer.text[start:end].lower()], start, end)


# The blocks: what opens one, and what closes it.
_BLOCKS: Final[Mapping[str, tuple[str, str]]] = {
    "right": ("[/", "/]"),
    "left": ("[!", "!]"),
    "center": ("[|", "|]"),
    "frame": ("[(", ")]"),
}
# In a note, a bracket stands beside those of the note.
_OPENINGS: Final = {"left": r"\[!(?!sommaire\]|glossaire\])", "frame": r"(?<!\[)\[\((?!#)"}
_CLOSINGS: Final = {"frame": r"\)\](?!\])"}
SHORTCUTS: Final[Mapping[str, Shortcut]] = {
    **headings.SHORTCUTS,
    "highlight": Shortcut(r"\[\*\*?(?!\])", _open_highlight, opens="highlight", hints=("[*",)),
    "highlight_end": Shortcut(r"\*\]", _close_highlight, closes="highlight"),
    "superscript": Shortcut(r"\[\^", _open_superscript, opens="superscript", hints=("[^",)),
    "superscript_end": Shortcut(r"\^\]", _close_superscript, closes="superscript"),
    "capitals": Shortcut(r"<sc>|\{§\{", _open_small_capitals, opens="capitals", hints=("<sc>", "{§{")),
    "capitals_end": Shortcut(r"</sc>|\}§\}", _close_small_capitals, closes="capitals"),
    **{
        name: Shortcut(_OPENINGS.get(name, re.escape(opening)), _open_box, opens=name, hints=(opening,))
        for name, (opening, _) in _BLOCKS.items()
    },
    **{
        f"{name}_end": Shortcut(_CLOSINGS.get(name, re.escape(closing)), _close_box, closes=name)
        for name, (_, closing) in _BLOCKS.items()
    },
    "sign": Shortcut(r"<-->|-->|<--|<==>|==>|<==|\((?:[cCrR]|[tT][mM])\)|\.\.\.", _write_sign),
}
EXTENSION: Final = Extension(name="enluminures", shortcuts=SHORTCUTS)
