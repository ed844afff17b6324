"""The options of a migration, shared by its steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from spipconv.extensions import Extension
from spipconv.migration.selection import Selection
from spipconv.migration.site_keys import with_keys
from spipconv.migration.target import TARGETS, TargetName, TargetSystem
from spipconv.settings import Typography

# The kind, the number and the language of a page.
PageKey = tuple[str, int, str]
# Called with a step's name, how much of it is done, and how much there is (0: unknown).
ShowProgress = Callable[[str, int, int], None]


class MigrationOptions(Struct, frozen=True):
    """How to migrate. ``img`` is the old site's IMG folder; ``sample`` is the maximum number of objects of a kind (0:
    all).

    ``resume`` skips pages whose source has not changed since an earlier run; ``force`` overwrites files that the user
    changed; ``jobs`` is the number of processes; ``language`` is the language of the report. Texts dated after ``now``
    count as not yet published; by default none do. ``peertube`` are the hosts of instances of PeerTube whose players
    are kept, besides those that every text keeps. ``plugins`` are those whose shortcuts are read, besides those that
    the site uses.
    ``typography`` is that of ``spipconv.parse`` and ``render``, ``extensions`` are those of ``parse``.
    ``selection`` is the part of the site to migrate. ``glossary_groups`` are names of groups of keywords whose keywords
    are the terms of the glossary, instead of those that the site or their names say; None: no terms are marked.
    ``max_size`` is the largest size in bytes of a single file, which is divided into several (0: it is not).
    ``front_matter`` are fields of pages with the names of their keys, in place of the target's own (see ``site_keys``).
    ``comments_server`` is the address of the server that takes new messages (``spipconv serve --comments``), or empty.
    """

    to: TargetName
    prefix: str = ""
    img: Path | None = None
    dry_run: bool = False
    sample: int = 0
    resume: bool = False
    force: bool = False
    jobs: int = 1
    language: str = "en"
    now: datetime = datetime.max
    peertube: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    typography: Typography | bool = True
    selection: Selection = Selection()
    glossary_groups: tuple[str, ...] | None = ()
    max_size: int = 0
    extensions: tuple[Extension, ...] = ()
    front_matter: tuple[tuple[str, str], ...] = ()
    comments_server: str = ""

    @property
    def target(self) -> TargetSystem:
        """The target, with the names of its front matter that the site has chosen."""
        return with_keys(TARGETS[self.to], self.front_matter)
