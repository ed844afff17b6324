"""Old addresses of a site that has no table of them: the plan comes in, those that SPIP made of titles go out."""

from __future__ import annotations

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.read.database import WorkingDatabase


def guess_addresses(database: WorkingDatabase) -> None:
    """Fill the table ``urls`` with one address for each published object, made from its title as its new one is.

    SPIP's own has capitals, which the tables for servers do not distinguish. What no visitor ever used does no harm.
    """
    kinds = [kind.name for kind in OBJECT_KINDS.values() if kind.has_path]
    database.db.execute(
        "INSERT INTO urls (url, type, id_objet, date, id_parent, segments, perma, langue)"
        " SELECT slug, kind, number, '', 0, 1, 0, ''"
        f" FROM objects WHERE slug != '' AND state = 'published' AND kind IN ({', '.join('?' * len(kinds))})",
        kinds,
    )
