"""Rows of SPIP's table of messages: those of any version come in, in the form of newer ones they go out."""

from __future__ import annotations

from collections.abc import Collection

from spipconv.migration.read.plugin_rows import ReadRow
from spipconv.migration.read.spip_schema import KINDS_WITH_MESSAGES, OLD_TARGETS
from spipconv.migration.read.values import read_number

# The statuses of messages that visitors see, or will see once a moderator has accepted them.
SHOWN_MESSAGES = frozenset({"publie", "prop"})


def is_private(statut: str) -> bool:
    """Return whether a message was for editors only: ``prive``, ``privoff``, ``privrac``, ``privadm``."""
    return statut.startswith("priv")


def message_row(row: ReadRow, statut: str, statuses: Collection[str]) -> dict[str, bytes | None]:
    """Return the row of a message with its ``objet``; if it has none of the statuses, only its place in its thread."""
    changed = dict(row)
    if "objet" not in row:
        # Until 2.1, there was a column for each kind of object.
        for kind in KINDS_WITH_MESSAGES:
            number = read_number(row.get(kind.key))
            if number:
                changed["objet"], changed["id_objet"] = kind.name.encode(), str(number).encode()
                break
        changed = {column: value for column, value in changed.items() if column not in OLD_TARGETS}
    if statut not in statuses:
        changed.update(titre=b"", texte=b"", auteur=b"", nom_site=b"", url_site=b"", id_auteur=b"0")
    return changed
