"""The balance of a migration: what became of the rows of each kind, and the reasons for which rows were left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from spipconv.translations import format_number, mark, translate

# The reason of rows that no step has accounted for: a fault of spipconv.
UNEXPLAINED = "unexplained"
# The columns of a table of balances, by the names of their tallies.
BALANCED = ("read", "written", "redirect", "left")
# The tallies that a balance shows whole; that of redirects has others, too.
IN_BALANCE = frozenset({"read", "written", "left"})
# The reasons for which a row is not on the new site, in the order in which they are shown.
REASONS: Mapping[str, str] = {
    "unnumbered": mark("without a valid number"),
    "repeated": mark("repeated: another row says the same or has the same number"),
    "refused": mark("refused by the editors"),
    "deleted": mark("in the bin"),
    "other-status": mark("with a status that visitors did not see"),
    "redirect-unpublished": mark("redirects that were not published"),
    "redirect-lost": mark("redirects that lead nowhere"),
    "nothing-published": mark("without anything published: SPIP showed no page of them"),
    "visitor": mark("accounts of visitors, which are personal"),
    "personal": mark("personal data"),
    "private": mark("private messages"),
    "spam": mark("spam"),
    "removed": mark("removed by a moderator"),
    "waiting": mark("waiting for a moderator"),
    "no-page": mark("of something that has no page on the new site"),
    "unshown": mark("that no page shows"),
    "no-object": mark("of something that does not exist"),
    "not-selected": mark("not chosen for this run"),
    "no-coordinates": mark("without valid coordinates"),
    "no-place": mark("the new system has no place for them"),
    "files-not-given": mark("no IMG folder was given (--img)"),
    "file-missing": mark("the file is missing"),
    "file-refused": mark("the file was not copied"),
    "address-refused": mark("the address is not allowed"),
    "syndicated": mark("syndicated from other sites"),
    "plugin": mark("of a plugin that is not migrated"),
    "failed": mark("stopped by an internal error"),
    UNEXPLAINED: mark("for no known reason: please report it"),
}


class KindBalance(Struct, frozen=True):
    """What became of the rows of a kind: ``read`` is ``written``, ``redirects`` and all of ``left`` together.

    ``redirects`` are articles that only redirect; ``left`` has the number of rows by reason (see ``REASONS``).
    """

    read: int
    written: int = 0
    redirects: int = 0
    left: dict[str, int] = {}


def balance_kind(read: int, written: int, redirects: int, left: Mapping[str, int]) -> KindBalance:
    """Return the balance of a kind; rows that no step has accounted for get a reason of their own."""
    reasons = {reason: left[reason] for reason in REASONS if left.get(reason)}
    rest = read - written - redirects - sum(reasons.values())
    return KindBalance(read, written, redirects, {**reasons, **({UNEXPLAINED: rest} if rest else {})})


def balance_columns(balances: Iterable[KindBalance]) -> tuple[str, ...]:
    """Return the columns of a table of balances, by the names of their tallies: those that are not empty."""
    has_redirects = any(balance.redirects for balance in balances)
    return BALANCED if has_redirects else tuple(column for column in BALANCED if column != "redirect")


def balance_numbers(balance: KindBalance, columns: Iterable[str]) -> list[int]:
    """Return the numbers of a balance in these columns; the first is the sum of the others."""
    numbers = {
        "read": balance.read,
        "written": balance.written,
        "redirect": balance.redirects,
        "left": sum(balance.left.values()),
    }
    return [numbers[column] for column in columns]


def left_words(balance: KindBalance, language: str) -> str:
    """Return the reasons for which rows were left out, with their numbers; empty if none were."""
    return ", ".join(
        f"{reason_words(reason, language)} ({format_number(number, language)})"
        for reason, number in balance.left.items()
    )


def reason_words(reason: str, language: str) -> str:
    """Return the words for a reason, in a language that has a catalogue or else in English."""
    return translate(REASONS[reason], language)
