"""Upkeep: what is wrong with a base, its key and its files is found, and a running server says how it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spipconv.forum.health import check_health
from spipconv.forum.keys import Keys, key_file
from spipconv.forum.opening import load_keys
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.application import create_app
from spipconv.forum.store.base import Base, open_base
from spipconv.forum.upkeep import check
from tests.asgi import ask
from tests.forum.bases import NOW, make_base, message, posting
from tests.forum.test_privacy import add_all_of_anne, of_anne


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_base(tmp_path)


@pytest.fixture
def base(path: Path) -> Iterator[Base]:
    base = Base(path)
    yield base
    base.close()


def test_a_sound_base_has_no_problems(path: Path) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        add_all_of_anne(store, keys)
    assert check(path) == []


def test_contradictions_are_found(path: Path) -> None:
    with open_base(path) as store:
        first = store.messages.add(message())
        store.decisions.add(first, "off", 1, "", NOW)
        store.messages._connection.execute("INSERT INTO pages VALUES (2, 'article2', '/2/', '', 'fr', 1, 0)")
        answer = store.messages.add(message(parent=first.id))
        store.messages._connection.execute("UPDATE messages SET page = 2 WHERE id = ?", (answer.id,))
        store.messages._connection.execute("UPDATE decisions SET message = 99")
        store.settings.set("take_back", '"soon"')
    problems = check(path)
    assert problems[:2] == [
        f"message {answer.id} answers a message that is not there",
        "decision 1 is on a message that is not there",
    ]
    assert problems[2].startswith("settings: Expected `int`")


def test_rows_without_their_page_are_found(path: Path) -> None:
    with open_base(path) as store:
        store.messages.add(message())
        store.messages._connection.execute("COMMIT")
        store.messages._connection.execute("PRAGMA foreign_keys=OFF")
        store.messages._connection.execute("BEGIN IMMEDIATE")
        store.messages._connection.execute("DELETE FROM pages")
    assert check(path) == ["row 1 of messages refers to a row of pages that is not there"]


def test_a_key_that_is_missing_or_foreign_is_found(path: Path) -> None:
    with open_base(path) as store:
        for _ in range(5):
            store.messages.add(of_anne(Keys(b"x" * 32), "prop", "sealed by another key"))
    problems = check(path)
    assert [line.partition(": ")[2] for line in problems] == [
        *[f"it does not open the e-mail address of message {number}" for number in (1, 2, 3)],
        "it does not open 2 others",
    ]
    key_file(path).unlink()
    assert ["the key of the base is missing" in line for line in check(path)] == [True]


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_files_that_others_may_read_are_found(base: Base, suffix: str) -> None:
    file = base.path.with_name(base.path.name + suffix)
    file.chmod(0o644)
    assert check(base.path) == [f"{file}: others may read or write it (mode 644): chmod 600 {file}"]


def test_health_follows_the_disk(base: Base) -> None:
    assert asyncio.run(check_health(base)).status == "ok"
    connection = base._writer._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    futures = [base.submit(posting(message(text="x" * 50_000))) for _ in range(3)]
    assert all(future.exception() for future in futures)
    # What is small may have room still: it is the failure that counts.
    connection.execute("PRAGMA query_only=ON")
    failing = asyncio.run(check_health(base))
    assert (failing.status, failing.writes, failing.reads) == ("failing", False, True)
    connection.execute("PRAGMA query_only=OFF")
    connection.execute("PRAGMA max_page_count=1000000")
    assert asyncio.run(check_health(base)).status == "ok"


def test_health_says_nothing_that_is_nobodys_business(base: Base) -> None:
    app = create_app(base, load_keys(base.path), ForumSettings())
    well = asyncio.run(ask(app, "GET", "/health"))
    assert well.status == 200
    assert well.headers["cache-control"] == "no-store"
    assert {type(value) for name, value in well.json.items() if name != "status"} == {bool}
    base.path.rename(base.path.with_name("moved.db"))
    ill = asyncio.run(ask(app, "GET", "/health"))
    assert (ill.status, ill.json["status"], ill.json["writes"]) == (503, "failing", False)
    assert str(base.path) not in ill.text
