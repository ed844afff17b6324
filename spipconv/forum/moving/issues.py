"""Issues of an import: what was left out, changed or doubtful, each with a code and a place, and the sum of all."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, field

from spipconv.diagnostics import Severity
from spipconv.migration.report.issues import message, readable
from spipconv.migration.report.issues import severity as severity_of_migration
from spipconv.translations import mark, translate

# Of each code, only so many places are kept; the others are counted.
_MOST_PLACES = 20_000

# Why a message is not imported: whether that is a loss, and a sentence.
LEFT: dict[str, tuple[Severity, str]] = {
    "private": ("info", mark("a private message of the editors: never imported")),
    "other-status": ("info", mark("this status is none of a message of visitors: not imported")),
    "not-a-message": ("info", mark("this is no message of a visitor, but a pingback or the like: not imported")),
    "deleted": ("info", mark("the message was deleted, only its place in the thread is there: not imported")),
    "forgotten": ("info", mark("its writer’s data were deleted here: not imported again")),
    "no-page": ("loss", mark("no page of this address or number is registered: not imported")),
    "repeated": ("loss", mark("several messages have this number: the last one is imported")),
    "unnumbered": ("loss", mark("this has no valid number: not imported")),
    "unreadable": ("loss", mark("this cannot be read: not imported")),
    "too-long": ("loss", mark("this message is too long: not imported")),
    "contested": (
        "loss",
        mark("another message was imported under this number, from another site: not imported; give it a --name"),
    ),
    "failed": ("loss", mark("an internal error of spipconv stopped this: please report it")),
}
_CODES: dict[str, tuple[Severity, str]] = {
    "number-taken": ("change", mark("another message has this number: it was given the new one")),
    "status-kept": ("info", mark("its status has changed where it comes from, but a moderator has decided here: kept")),
    "message-changed": ("info", mark("this has changed where it comes from: changed here too")),
    "parent-missing": ("change", mark("the message that this answers is not there: it begins a thread")),
    "parent-elsewhere": ("change", mark("the message that this answers is on another page: it begins a thread")),
    "parent-left": ("change", mark("the message that this answers is not imported: it answers the one above that")),
    "circle": ("change", mark("these messages answer each other: the earliest one begins the thread")),
    "date-missing": ("change", mark("this has no valid date")),
    "date-future": ("change", mark("the date of this message is in the future")),
    "status-unknown": ("change", mark("this status is not known: the message waits for a moderator")),
    "markup-changed": ("change", mark("a message cannot show these elements: they are words or a link")),
    "address-left": ("change", mark("this is no address of the web: left out")),
    "email-refused": ("change", mark("this is no e-mail address: left out")),
    "text-too-long": ("loss", mark("this text is too long to be imported: left out")),
    "pages-added": ("info", mark("pages that were not registered, and are now")),
}


class ImportIssue(Struct, frozen=True, omit_defaults=True):
    """An issue: its code, its place in the source (``forum12``, ``line 3``), and a detail."""

    code: str
    place: str = ""
    detail: str = ""


class ImportReport(Struct):
    """The account of an import: messages that were read, by what became of them, and the issues.

    ``read`` is the sum of ``added``, ``changed``, ``same`` and ``left``, which counts by reason.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    left: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    issues: list[ImportIssue] = field(default_factory=list)

    def add(self, issue: ImportIssue) -> None:
        """Note an issue."""
        self.counts[issue.code] += 1
        if self.counts[issue.code] <= _MOST_PLACES:
            self.issues.append(ImportIssue(issue.code, readable(issue.place), readable(issue.detail)))

    def leave(self, reason: str, place: str = "", detail: str = "", number: int = 1) -> None:
        """Count messages that are not imported, for a reason of ``LEFT``."""
        if number:
            self.left[reason] += number
            self.add(ImportIssue(reason, place, detail))
            self.counts[reason] += number - 1

    @property
    def is_balanced(self) -> bool:
        """Whether every message that was read is accounted for."""
        return self.read == self.added + self.changed + self.same + self.left.total()

    @property
    def has_losses(self) -> bool:
        """Whether something was left out that should be there."""
        return not self.is_balanced or any(severity(code) == "loss" for code in self.counts)


def severity(code: str) -> Severity:
    """Return the severity of a code of an import, or of the reading of a SPIP source."""
    own = LEFT.get(code) or _CODES.get(code)
    return own[0] if own else severity_of_migration(code)


def sentence(code: str, language: str) -> str:
    """Return what a code means, for people."""
    own = LEFT.get(code) or _CODES.get(code)
    return translate(own[1], language) if own else message(code, language)
