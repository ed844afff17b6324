"""The forms of the plugin "Formidable" as texts: a row comes in; its title, its questions and their choices go out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from spipconv.extensions import ModelCall
from spipconv.migration.plan.titles import shown_title
from spipconv.migration.read.php_values import PhpValue, read_values
from spipconv.nodes import List, ListItem, Node, Paragraph, Strong, Text

_MOST_LEVELS = 10


def can_read(row: sqlite3.Row) -> bool:
    """Return whether the questions of a form, if it has any, can be read."""
    try:
        return not row["saisies"].strip() or isinstance(read_values(row["saisies"]), dict)
    except ValueError:
        return False


def form_nodes(row: sqlite3.Row, call: ModelCall, read: Callable[[str, ModelCall], tuple[Node, ...]]) -> Iterator[Node]:
    """Yield what a form says, for its readers: nothing of what it does with answers, such as mailboxes, is read.

    ``read`` returns the blocks of a text.
    """
    if title := shown_title(row["titre"], call.language):
        yield Paragraph((Strong((Text(title),)),))
    yield from read(row["descriptif"], call)
    try:
        fields = read_values(row["saisies"])
    except ValueError:
        fields = None
    if items := tuple(_items(fields, call, 0)):
        yield List(ordered=False, items=items)
    yield from read(row["message_retour"], call)


def _items(fields: PhpValue, call: ModelCall, level: int) -> Iterator[ListItem]:
    if not isinstance(fields, dict) or level > _MOST_LEVELS:
        return
    for field in fields.values():
        if not isinstance(field, dict) or field.get("saisie") in ("hidden", "mot_de_passe"):
            continue
        options = field.get("options")
        options = options if isinstance(options, dict) else {}
        label = options.get("label") or options.get("texte") or options.get("nom")
        nodes: tuple[Node, ...] = call.read(label) if isinstance(label, str) else ()
        if isinstance(note := options.get("explication"), str) and note.strip():
            nodes = (*nodes, Text(" – "), *call.read(note))
        inner = (
            *_choices(options.get("data") or options.get("datas"), call),
            *_items(field.get("saisies"), call, level + 1),
        )
        if inner:
            nodes = (*nodes, List(ordered=False, items=inner))
        if nodes:
            yield ListItem(nodes)


def _choices(choices: PhpValue, call: ModelCall) -> Iterator[ListItem]:
    """Yield the choices of a question: an array, or lines ``key|words``."""
    if isinstance(choices, str):
        choices = {str(place): line.partition("|")[2] or line for place, line in enumerate(choices.splitlines())}
    for words in choices.values() if isinstance(choices, dict) else ():
        if isinstance(words, str) and words.strip():
            yield ListItem(call.read(words))
