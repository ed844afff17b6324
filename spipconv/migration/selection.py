"""What a run is to migrate: the whole site, or a selection of it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

PUBLISHED = "publie"
# The statuses of texts that become drafts where nothing else is selected.
DRAFTS = frozenset({"prepa", "prop"})
# The statuses that are migrated, by the names that people give them. All but the first become drafts.
STATUSES = {"published": PUBLISHED, "proposed": "prop", "draft": "prepa", "refused": "refuse", "archived": "archive"}
# The states of objects that a selection leaves out: of those that visitors of the old site find there, and of others.
UNSELECTED = "unselected"
UNSELECTED_DRAFT = "unselected-draft"


class BadSelection(Exception):
    """Raised for a selection that the site cannot have; the message is one line."""


class Selection(Struct, frozen=True):
    """What to migrate.

    ``sections`` are numbers, titles or paths of sections, which come with everything below them; ``since`` is the first
    date of texts; ``statuses`` are values of SPIP's statut (empty: those that are published or may be); ``languages``
    are SPIP's codes. An empty field selects everything.
    """

    sections: tuple[str, ...] = ()
    since: datetime | None = None
    statuses: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the whole site is selected."""
        return self == Selection()

    @property
    def is_narrow(self) -> bool:
        """Whether it is a part of the site, of which only the files and keywords that it uses are wanted."""
        return bool(self.sections or self.since)

    @property
    def drafts(self) -> frozenset[str]:
        """The statuses whose texts become drafts."""
        return DRAFTS | set(self.statuses) - {PUBLISHED}
