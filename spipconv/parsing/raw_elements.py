"""An author's HTML elements: what a browser closes before it opens one of them."""

from __future__ import annotations

from spipconv.parsing.html_rules import CLOSES_PARAGRAPH, HEADINGS, SPECIAL, TABLE_PARTS
from spipconv.parsing.openings import Open
from spipconv.parsing.pairing import Pairing
from spipconv.parsing.tokens import NodeFields
from spipconv.safety import MAX_DEPTH


def open_raw_element(pairing: Pairing, name: str, fields: NodeFields, start: int, end: int, detail: str) -> Open | None:
    """Open an HTML element of the author, closing first what a browser closes before it."""
    if len(pairing.stack) >= MAX_DEPTH:
        pairing.source.report("depth-exceeded", start, detail)
        return None
    if name in TABLE_PARTS:
        closed, parents = (words.split() for words in TABLE_PARTS[name])
        while pairing.stack and pairing.stack[-1].name != "table" and pairing.is_within("table"):
            top = pairing.stack[-1]
            if top.name in parents and top.name not in closed:
                break
            if not top.is_raw:
                break
            pairing.pop()
        if not pairing.stack or pairing.stack[-1].name not in parents:
            pairing.source.report("tag-dropped", start, detail)
            return None
    if name in CLOSES_PARAGRAPH or name == "p":
        pairing.close("p")
    if name in HEADINGS and pairing.stack and pairing.stack[-1].name in HEADINGS:
        pairing.pop()
    if name in ("li", "dd", "dt"):
        _close_item(pairing, ("li",) if name == "li" else ("dd", "dt"))
    return pairing.open(name, "ELEMENT", fields, start, end, detail, is_raw=True)


def _close_item(pairing: Pairing, names: tuple[str, ...]) -> None:
    for element in reversed(pairing.stack):
        if element.name in names:
            if element.is_raw:
                pairing.close_to(element)
            return
        if element.name in SPECIAL and element.name not in ("address", "div", "p"):
            return
