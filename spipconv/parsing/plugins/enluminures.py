"""Enluminures typographiques: highlighted words, aligned and framed blocks, levels of headings, small capitals, signs.

``[*mot*]`` and ``[**mot*]`` are highlighted, ``[^mot^]`` is superscript; ``[/…/]`` is to the right, ``[!…!]`` to the
left, ``[|…|]`` centred, ``[(…)]`` framed. The last four are blocks, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from spipconv.parsing.html_rules import SCOPE_ENDS
from spipconv.parsing.layout.lists import set_line_breaks
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.plugins import headings
from spipconv.parsing.plugins.shortcuts import Reader, Shortcut
from spipconv.parsing.tokens import NodeFields

# The classes that the plugin gives to highlighted words.
_HIGHLIGHTS: Final = {"[*": ("caractencadre-spip", "spip"), "[**": ("caractencadre2-spip", "spip")}
_ALIGNMENTS: Final = {"[/": "right", "[!": "left", "[|": "center"}
_SMALL_CAPITALS: Final = (("class", "caps"),)
_SIGNS: Final = {
    "<-->": "↔", "-->": "→", "<--": "←", "<==>": "⇔", "==>": "⇒", "<==": "⇐", "(c)": "©", "(r)": "®", "(tm)": "™",
    "...": "…",
}  # fmt: skip


def _open_highlight(writer: TextWriter, start: int, end: int) -> None:
    classes = _HIGHLIGHTS[writer.text[start:end]]
    writer.end_run()
    writer.flow.tag(partial(writer.pairing.open, "strong", "STRONG", {"classes": classes}, start), start)


def _close_highlight(writer: TextWriter, start: int, end: int) -> None:
    _close(writer, "strong", start)


def _open_raw(writer: TextWriter, name: str, attributes: tuple[tuple[str, str], ...], start: int) -> None:
    fields: NodeFields = {"name": name, "attributes": attributes}
    writer.end_run()
    writer.flow.tag(partial(writer.pairing.open, name, "ELEMENT", fields, start, "", True), start)


def _open_superscript(writer: TextWriter, start: int, end: int) -> None:
    _open_raw(writer, "sup", (), start)


def _close_superscript(writer: TextWriter, start: int, end: int) -> None:
    _close(writer, "sup", start)


def _open_small_capitals(writer: TextWriter, start: int, end: int) -> None:
    _open_raw(writer, "span", _SMALL_CAPITALS, start)


def _close_small_capitals(writer: TextWriter, start: int, end: int) -> None:
    _close(writer, "span", start)


def _close(writer: TextWriter, name: str, start: int) -> None:
    writer.end_run()
    writer.flow.tag(partial(writer.pairing.close_formatting, name, start), start)


def _open_box(writer: TextWriter, start: int, end: int) -> None:
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    marker = writer.text[start:end]
    fields: NodeFields = {"align": _ALIGNMENTS.get(marker, ""), "is_framed": marker == "[("}
    writer.end_run(trims=True)
    writer.flow.end()
    writer.pairing.close("p")
    writer.pairing.open("div", "BOX", fields, start)
    writer.flow.begin()


def _close_box(writer: TextWriter, start: int, end: int) -> None:
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    writer.end_run(trims=True)
    writer.flow.end()
    for element in reversed(writer.pairing.stack):
        if element.token.type == "BOX":
            writer.pairing.close_to(element)
            break
        if element.name in SCOPE_ENDS:
            break
    writer.flow.begin()
    set_line_breaks(writer)


def _write_sign(writer: TextWriter, start: int, end: int) -> None:
    writer.end_run()
    writer.flow.text(_SIGNS[writer.text[start:end].lower()], start)


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
READER: Final = Reader("enluminures", SHORTCUTS)
