"""Limits on open connections: how many, which one is closed for a new one, and how long each may wait."""

from __future__ import annotations

from itertools import chain
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

# What an open connection waits for: in "serving" for the server, in all others for the client.
Phase = Literal["request", "body", "draining", "writing", "closing", "serving"]

# Descriptors that are needed besides those of counted connections: the process's own, those of connections that are
# accepted but not counted yet, and those that are closed but not released yet.
_RESERVED_DESCRIPTORS = 100
_FEWEST = 8


class ConnectionLimits(Struct, frozen=True):
    """The limits: how many connections, and for how many seconds each may keep the server waiting.

    ``head``, ``body`` and ``answer`` are totals; ``stall`` is the longest pause within a body or an answer.
    ``keep_alive`` is for a connection between two requests, and for the rest of a body that is not read.
    """

    most: int = 1000
    most_by_client: int = 100
    head: float = 10.0
    body: float = 40.0
    answer: float = 60.0
    stall: float = 10.0
    keep_alive: float = 5.0

    def fit(self, descriptors: int | None) -> ConnectionLimits:
        """Return these limits, lowered to what a process with so many descriptors can keep (None: any number)."""
        if descriptors is None or descriptors >= self.descriptors:
            return self
        most = min(self.most, max(descriptors - _RESERVED_DESCRIPTORS, _FEWEST))
        return replace(self, most=most, most_by_client=min(self.most_by_client, max(most // 2, 1)))

    @property
    def descriptors(self) -> int:
        """The number of descriptors that are needed."""
        return self.most + _RESERVED_DESCRIPTORS


class Connection(Protocol):
    """What the register needs to know of a connection, and to do with it."""

    def phase(self) -> Phase:
        """Return what the connection waits for."""

    def progress(self) -> int:
        """Return a number that changes whenever bytes are received or sent in the current phase."""

    def drop(self) -> None:
        """Close the connection immediately."""

    def expire(self, phase: Phase) -> None:
        """Close the connection because it waited too long in a phase, with an answer to the client if possible."""


class _Patience:
    """How long the server has been waiting for a connection."""

    def __init__(self, now: float) -> None:
        self._phase: Phase = "request"
        self._turn = 0
        self._progress = -1
        self._since = self._moved = now

    def is_over(self, limits: ConnectionLimits, now: float, phase: Phase, turn: int, progress: int) -> bool:
        """Return whether a connection in a phase of its n-th request has waited too long."""
        if (phase, turn) != (self._phase, self._turn):
            self._phase, self._turn, self._since, self._moved = phase, turn, now, now
        elif progress != self._progress:
            self._moved = now
        self._progress = progress
        waited, stalled = now - self._since, now - self._moved
        if phase == "serving":
            return False
        if phase == "request":
            return waited > limits.head
        if phase == "body":
            return waited > limits.body or stalled > limits.stall
        if phase == "writing":
            return waited > limits.answer or stalled > limits.stall
        return waited > limits.keep_alive


class _Entry:
    """A connection in the register; an empty ``client`` has no limit of its own."""

    def __init__(self, client: str, now: float) -> None:
        self.client = client
        self.turn = 0
        self.patience = _Patience(now)


class _Group:
    """Connections in the order in which they are closed: first those that never got an answer, the oldest first."""

    def __init__(self) -> None:
        self._new: dict[Connection, None] = {}
        self._known: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._new) + len(self._known)

    def add(self, connection: Connection) -> None:
        self._new[connection] = None

    def remove(self, connection: Connection) -> None:
        self._new.pop(connection, None)
        self._known.pop(connection, None)

    def renew(self, connection: Connection) -> None:
        """Move a connection that got an answer to the end."""
        self.remove(connection)
        self._known[connection] = None

    def find_waiting(self) -> Connection | None:
        """Return the connection to close; None if all of them wait for the server."""
        return next((entry for entry in chain(self._new, self._known) if entry.phase() != "serving"), None)


class Register:
    """All open connections of a process.

    A new connection is never refused because of waiting ones: the one that has waited longest is closed for it. So
    silent connections, however many, lock nobody out.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._entries: dict[Connection, _Entry] = {}
        self._all = _Group()
        self._by_client: dict[str, _Group] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def admit(self, connection: Connection, client: str, now: float) -> int | None:
        """Add a new connection.

        Returns how many others were closed for it; None if there are too many and all of them are being answered:
        then the new one must be refused.
        """
        group = self._by_client.get(client) if client else None
        closed = 0
        if group is not None and len(group) >= self.limits.most_by_client:
            if not self._make_room(group):
                return None
            closed += 1
        if len(self._all) >= self.limits.most:
            if not self._make_room(self._all):
                return None
            closed += 1
        self._entries[connection] = _Entry(client, now)
        self._all.add(connection)
        if client:
            self._by_client.setdefault(client, _Group()).add(connection)
        return closed

    def _make_room(self, group: _Group) -> bool:
        waiting = group.find_waiting()
        if waiting is None:
            return False
        self.leave(waiting)
        waiting.drop()
        return True

    def leave(self, connection: Connection) -> None:
        """Remove a closed connection, whether or not it was ever added."""
        entry = self._entries.pop(connection, None)
        if entry is None:
            return
        self._all.remove(connection)
        if entry.client:
            group = self._by_client[entry.client]
            group.remove(connection)
            if not len(group):
                del self._by_client[entry.client]

    def renew(self, connection: Connection) -> None:
        """Record that a connection got an answer and now waits for its next request."""
        entry = self._entries.get(connection)
        if entry is None:
            return
        entry.turn += 1
        self._all.renew(connection)
        if entry.client:
            self._by_client[entry.client].renew(connection)

    def expire(self, now: float) -> int:
        """Close the connections that have kept the server waiting too long; return how many."""
        expired = 0
        for connection, entry in list(self._entries.items()):
            phase = connection.phase()
            if entry.patience.is_over(self.limits, now, phase, entry.turn, connection.progress()):
                expired += 1
                connection.expire(phase)
        return expired

    def drop_waiting(self) -> None:
        """Close all connections except those that are being answered."""
        for connection in [entry for entry in self._entries if entry.phase() != "serving"]:
            self.leave(connection)
            connection.drop()
