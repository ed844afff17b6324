"""Articles that only redirect: their rows come in, the place where each of them finally leads goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from spipconv.migration.plan.failures import keep_failing
from spipconv.migration.plan.old_addresses import own_addresses, read_old_address
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.objects import KINDS as SHORTCUTS
from spipconv.safety import safe_address

_SHORTCUT = re.compile(r"\s*(?:\[.*)?->\s*([^\]]*?)\s*\]?\s*\Z", re.DOTALL)
_OBJECT = re.compile(r"([a-zè]*)\s*([0-9]{1,18})")


def plan_redirections(database: WorkingDatabase) -> Iterator[Issue]:
    """Set the targets of the articles that only redirect; yield the issues."""
    targets = {
        row["id_article"]: row["virtuel"]
        for row in database.db.execute(
            "SELECT id_article, virtuel FROM articles WHERE statut = 'publie' AND virtuel <> ''"
        )
    }
    own = own_addresses(database)
    ends: dict[int, tuple[str, str]] = {}
    for number in sorted(targets):
        try:
            address, problem = _follow(database, number, targets, own, ends)
        except Exception as error:
            ends[number] = address, problem = "", ""
            yield keep_failing(database, "article", number, error, "virtuel")
        if problem:
            yield Issue(problem, "article", number, "virtuel", detail=targets[number])
        database.db.execute("UPDATE objects SET address = ? WHERE kind = 'article' AND number = ?", (address, number))


def _follow(
    database: WorkingDatabase,
    number: int,
    targets: Mapping[int, str],
    own: tuple[str, ...],
    ends: dict[int, tuple[str, str]],
) -> tuple[str, str]:
    """Return the end of a chain of redirects and the code of its issue; ``ends`` are the ends that are known."""
    seen: dict[int, None] = {}
    end = "", "redirect-endless"
    while number not in seen:
        seen[number] = None
        if number in ends:
            end = ends[number]
            break
        kind, number, address = read_redirection(targets[number], own)
        if kind == "article" and number in targets:
            continue
        problem = ""
        if kind:
            row = database.db.execute(
                "SELECT address, state FROM objects WHERE kind = ? AND number = ?", (kind, number)
            ).fetchone()
            is_shown = row is not None and row["state"] == "published"
            address = row["address"] if is_shown else ""
            problem = "" if is_shown else "link-unpublished" if row else "object-not-found"
        elif not address:
            problem = "address-refused"
        end = address, problem
        break
    ends.update(dict.fromkeys(seen, end))
    return end


def read_redirection(virtuel: str, own: tuple[str, ...]) -> tuple[str, int, str]:
    """Return the object that a redirection leads to, or else the address (empty: it is not allowed)."""
    match = _SHORTCUT.match(virtuel[:2000])
    target = (match[1] if match else virtuel).strip()
    named = _OBJECT.fullmatch(target)
    if named and named[1] in SHORTCUTS:
        return SHORTCUTS[named[1]], int(named[2]), ""
    old = read_old_address(target, own)
    if old is not None and old.kind:
        return old.kind, old.number, ""
    return "", 0, safe_address(target) or ""
