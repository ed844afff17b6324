"""Migrations of a base: a connection to one of an older version comes in, and is brought up to date, step by step.

Each step is a file ``migrations/NNNN.sql``, and one transaction. Before a step that changes a base, it is copied.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from spipconv.forum.store.backups import back_up
from spipconv.forum.store.connection import APPLICATION
from spipconv.forum.store.errors import StoreError, explain
from spipconv.printing import make_printable

_STEPS = files("spipconv.forum.store") / "migrations"


def read_steps() -> tuple[str, ...]:
    """Return the SQL of all steps; the last one's number, from 1, is the version of a base that is up to date."""
    names = sorted(step.name for step in _STEPS.iterdir() if step.name.endswith(".sql"))
    return tuple((_STEPS / name).read_text("utf-8") for name in names)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a base; 0 is an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(connection: sqlite3.Connection, path: Path, known: int) -> bool:
    """Return whether a base is up to date. Raises StoreError for one that a newer spipconv made."""
    version = version_of(connection)
    if version > known:
        raise StoreError(
            make_printable(
                f"{path}: a newer spipconv made it (version {version} of the base, {known} is known here):"
                ' update with pip install -U "spipconv[comments]"'
            )
        )
    return version == known


def migrate(connection: sqlite3.Connection, path: Path, steps: tuple[str, ...]) -> None:
    """Bring a base up to date. Its copy before step N is ``FILE.before-N``. Raises StoreError."""
    if check_version(connection, path, len(steps)):
        return
    try:
        # So a table that others, or triggers, refer to can be made anew, as SQLite's manual has it.
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA legacy_alter_table=ON")
        for number in range(version_of(connection) + 1, len(steps) + 1):
            _take_step(connection, path, number, steps[number - 1])
        connection.execute("PRAGMA legacy_alter_table=OFF")
        connection.execute("PRAGMA foreign_keys=ON")
    except sqlite3.Error as error:
        raise explain(path, error) from error


def _take_step(connection: sqlite3.Connection, path: Path, number: int, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been faster.
        if version_of(connection) == number - 1:
            if number > 1:
                back_up(path, path.with_name(f"{path.name}.before-{number}"))
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={number}")
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise StoreError(
                    make_printable(f"{path}: step {number} would leave rows without their page: report it")
                )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Return the statements of a script, in which each ends at the end of a line."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
