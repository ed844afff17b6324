"""The store against a model in plain Python, and what its statements cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from msgspec.structs import replace

from spipconv.forum.records import Message, Page, Status
from spipconv.forum.store.migrating import read_steps
from spipconv.forum.store.store import Store
from tests.forum.bases import NOW, message

STATUSES: tuple[Status, ...] = get_args(Status)
HIDDEN = ("score", "network", "version", "changed", "email", "email_digest", "source", "source_key", "thread")

texts = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ["\0", "'); DROP TABLE messages; --", "🙂"]
)
statuses = st.sampled_from(STATUSES)
times = st.integers(0, 2**40)


def open_store() -> tuple[sqlite3.Connection, Store]:
    """Return a base in memory, with two pages."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for step in read_steps():
        connection.executescript(step)
    store = Store(connection)
    for number in (1, 2):
        store.pages.put(f"article{number}", f"/{number}/", "", "fr")
    return connection, store


class Model(RuleBasedStateMachine):
    """Messages as a dictionary; ``forms``, ``sources`` and ``forgotten`` say what is known of where they came from."""

    numbers: Bundle[int] = Bundle("numbers")

    @initialize()
    def begin(self) -> None:
        self.connection, self.store = open_store()
        self.messages: dict[int, Message] = {}
        self.forms: dict[bytes, int] = {}
        self.secrets: dict[int, bytes] = {}
        self.decided: set[int] = set()
        self.forgotten: set[str] = set()
        self.highest = 0
        self.revisions = {1: 0, 2: 0}
        self.shown: dict[int, list[Any]] = {1: [], 2: []}

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()

    @rule(target=numbers, text=texts, page=st.integers(1, 2), status=statuses, at=times, form=st.integers(0, 5))
    def add(self, text: str, page: int, status: Status, at: int, form: int) -> int:
        digest = bytes([form])
        posted = message(page, text=text, status=status, at=at)
        stored = self.store.messages.add(posted, form=digest, taking_back=digest)
        if digest in self.forms:
            assert stored == self.messages[self.forms[digest]]
            return stored.id
        assert stored.id > self.highest, "a number was given twice"
        assert stored == replace(posted, id=stored.id, thread=stored.id)
        self.highest = stored.id
        self.messages[stored.id], self.forms[digest], self.secrets[stored.id] = stored, stored.id, digest
        return stored.id

    @rule(target=numbers, parent=numbers, page=st.integers(1, 2), text=texts)
    def reply(self, parent: int, page: int, text: str) -> Any:
        posted = message(page, text=text, parent=parent)
        above = self.messages.get(parent)
        if above is None or above.page != page:
            with pytest.raises(LookupError):
                self.store.messages.add(posted)
            return multiple()
        stored = self.store.messages.add(posted)
        assert stored == replace(posted, id=stored.id, thread=above.thread)
        self.highest = stored.id
        self.messages[stored.id] = stored
        return stored.id

    @rule(number=numbers, status=statuses, at=times, stale=st.booleans())
    def decide(self, number: int, status: Status, at: int, stale: bool) -> None:
        present = self.messages.get(number)
        version = present.version - stale if present else 1
        changed = self.store.messages.set_status(number, version, status, at)
        if present is None or stale:
            assert changed is None
            return
        self.messages[number] = replace(present, status=status, changed=at, version=version + 1)
        assert changed == self.messages[number]
        self.store.decisions.add(present, status, 1, "Anne", at)
        self.decided.add(number)

    @rule(number=numbers, secret=st.integers(0, 5), since=times, at=times)
    def take_back(self, number: int, secret: int, since: int, at: int) -> None:
        present = self.messages.get(number)
        changed = self.store.messages.take_back(number, bytes([secret]), since, at)
        may = (
            present is not None
            and self.secrets.get(number) == bytes([secret])
            and present.created >= since
            and present.status in ("prop", "publie")
        )
        assert (changed is not None) == may
        if present and may:
            self.messages[number] = replace(present, status="off", changed=at, version=present.version + 1)
            del self.secrets[number]
            assert changed == self.messages[number]

    @rule(target=numbers, key=st.sampled_from("abc"), text=texts, status=statuses, wanted=st.integers(0, 40))
    def put(self, key: str, text: str, status: Status, wanted: int) -> Any:
        number = 0 if wanted in self.messages or wanted <= self.highest else wanted
        given_ = replace(message(1, text=text, status=status), id=number, source="spip", source_key=key)
        stored, what = self.store.messages.put(given_, 5)
        present = next((row for row in self.messages.values() if row.source_key == key), None)
        if key in self.forgotten:
            assert what == "forgotten"
            return multiple()
        if present is None:
            assert what == "added"
            assert not number or stored.id == number
            self.messages[stored.id] = replace(given_, id=stored.id, thread=stored.id)
            self.highest = max(self.highest, stored.id)
        else:
            kept = present.status if present.id in self.decided else status
            expected = replace(present, text=text, status=kept)
            if what == "changed":
                expected = replace(expected, changed=5, version=present.version + 1)
            else:
                assert what == "same"
                assert expected == present
            self.messages[present.id] = expected
        assert stored == self.messages[stored.id]
        return stored.id

    @rule(number=consumes(numbers), for_good=st.booleans())
    def delete(self, number: int, for_good: bool) -> None:
        self.store.messages.delete([number], for_good=for_good)
        gone = self.messages.pop(number, None)
        if gone is None:
            return
        if for_good and gone.source_key:
            self.forgotten.add(gone.source_key)
        self.forms = {form: of for form, of in self.forms.items() if of != number}
        self.secrets.pop(number, None)
        self.decided.discard(number)
        for row in self.messages.values():
            if row.parent == number:
                self.messages[row.id] = replace(row, parent=gone.parent)

    @rule(number=numbers, at=times)
    def anonymise(self, number: int, at: int) -> None:
        self.store.messages.anonymise([number], at)
        if present := self.messages.get(number):
            self.messages[number] = replace(present, author="", changed=at, version=present.version + 1)
            self.forms = {form: of for form, of in self.forms.items() if of != number}
            self.secrets.pop(number, None)
            if present.source_key:
                self.forgotten.add(present.source_key)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "messages"):
            return
        for page in (1, 2):
            rows = [row for _, row in sorted(self.messages.items()) if row.page == page]
            assert self.store.messages.of_page(page) == rows
            assert self.store.messages.counts(page) == {
                status: sum(row.status == status for row in rows) for status in STATUSES
            }
            held = [row for row in rows if row.status == "prop"]
            assert self.store.messages.queue(page=page) == held
            published = [row for row in rows if row.status == "publie"]
            assert self.store.messages.latest(page=page) == published[::-1]
            self._compare_revision(page, published)
        assert self.store.soundness.find_contradictions() == []

    def _compare_revision(self, page: int, published: list[Message]) -> None:
        stored = self.store.pages.get(page)
        assert stored is not None
        visible = [
            [getattr(row, name) for name in Message.__struct_fields__ if name not in HIDDEN] for row in published
        ]
        if visible != self.shown[page]:
            assert stored.revision > self.revisions[page], "what visitors see has changed, the revision has not"
        self.revisions[page], self.shown[page] = stored.revision, visible


@pytest.fixture
def store() -> Iterator[Store]:
    connection, store = open_store()
    with closing(connection):
        yield store


def test_one_form_brings_one_message(store: Store) -> None:
    first = store.messages.add(message(), form=b"f")
    assert store.messages.add(message(text="sent again"), form=b"f") == first
    assert store.messages.counts()["prop"] == 1


def test_a_decision_is_on_one_version(store: Store) -> None:
    held = store.messages.add(message())
    decided = store.messages.set_status(held.id, held.version, "publie", NOW + 5)
    assert decided == replace(held, status="publie", version=2, changed=NOW + 5)
    assert store.messages.set_status(held.id, held.version, "off", NOW + 6) is None
    assert store.messages.get(held.id) == decided


@pytest.mark.parametrize(
    ("secret", "since", "status", "succeeds"),
    [
        (b"t", NOW, "prop", True),
        (b"t", NOW, "publie", True),
        (b"t", NOW + 1, "prop", False),
        (b"u", NOW, "prop", False),
        (b"t", NOW, "off", False),
        (b"t", NOW, "spam", False),
    ],
)
def test_visitors_take_back_their_own_message_for_a_time(
    store: Store, secret: bytes, since: int, status: Status, succeeds: bool
) -> None:
    stored = store.messages.add(message(status=status), taking_back=b"t")
    taken = store.messages.take_back(stored.id, secret, since, NOW + 5)
    assert (taken is not None) == succeeds
    assert store.messages.get(stored.id) == (taken or stored)
    assert store.messages.take_back(stored.id, secret, since, NOW + 5) is None


def test_another_import_does_not_overrule_moderators(store: Store) -> None:
    imported = replace(message(), source="spip", source_key="7")
    stored, _ = store.messages.put(imported, NOW)
    store.decisions.add(stored, "publie", 1, "Anne", NOW)
    decided = store.messages.set_status(stored.id, 1, "publie", NOW)
    assert store.messages.put(imported, NOW) == (decided, "same")
    changed, what = store.messages.put(replace(imported, text="new"), NOW)
    assert (changed.text, changed.status, what) == ("new", "publie", "changed")


def test_messages_follow_one_that_another_import_puts_elsewhere(store: Store) -> None:
    first, second = (
        store.messages.put(replace(message(), source="spip", source_key=key), NOW)[0] for key in ("1", "2")
    )
    imported = replace(message(parent=first.id), source="spip", source_key="3")
    moved, _ = store.messages.put(imported, NOW)
    # That of a visitor, in which no import finds anything to change.
    answer = store.messages.add(message(parent=moved.id))
    below = store.messages.add(message(parent=answer.id))
    assert moved.thread == answer.thread == below.thread == first.id
    for parent, thread in ((second.id, second.id), (0, moved.id), (first.id, first.id)):
        changed, what = store.messages.put(replace(imported, parent=parent), NOW)
        store.messages.settle_threads()
        assert (what, changed.parent, changed.thread) == ("changed", parent, thread)
        assert store.messages.get(answer.id) == replace(answer, thread=thread)
        assert store.messages.get(below.id) == replace(below, thread=thread)


def test_answers_to_a_deleted_message_answer_what_it_answered(store: Store) -> None:
    top = store.messages.add(message())
    between = store.messages.add(message(parent=top.id))
    answer = store.messages.add(message(parent=between.id))
    store.decisions.add(between, "off", 1, "Anne", NOW)
    store.messages.delete([between.id])
    assert store.messages.get(answer.id) == replace(answer, parent=top.id)
    assert store.decisions.last(between.id) is None
    assert store.messages.add(message()).id > answer.id


def test_only_messages_of_the_same_page_are_answered(store: Store) -> None:
    first = store.messages.add(message(1))
    for page, parent in ((2, first.id), (1, first.id + 1)):
        with pytest.raises(LookupError):
            store.messages.add(message(page, parent=parent))


def test_half_surrogates_are_stored_as_question_marks(store: Store) -> None:
    assert store.messages.add(message(text="a\ud800b")).text == "a?b"


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_no_message_has_an_impossible_number(store: Store, number: int) -> None:
    assert store.messages.get(number) is None
    assert store.messages.of_page(1, after=number) == []


def test_a_page_keeps_its_number_and_whether_it_is_open(store: Store) -> None:
    store.pages.open(1, False)
    changed = store.pages.put("article1", "/new/", "Title", "en")
    assert changed == Page(1, "article1", "/new/", "Title", "en", is_open=False, revision=0)
    assert store.pages.by_path("/new/") == store.pages.by_key("article1") == changed
    with pytest.raises(sqlite3.IntegrityError):
        store.pages.put("article3", "/new/", "", "fr")


def test_the_queue_is_read_in_parts(store: Store) -> None:
    for number in range(10):
        store.messages.set_score(store.messages.add(message()).id, (number % 3) / 2)
    all_ = store.messages.queue()
    assert [row.score for row in all_] == sorted(row.score for row in all_)
    parts: list[Message] = []
    while part := store.messages.queue(after=(parts[-1].score, parts[-1].id) if parts else (-1.0, 0), limit=3):
        parts += part
    assert parts == all_


def steps_of(connection: sqlite3.Connection, work: Callable[[], object]) -> int:
    """Return how many steps SQLite's machine takes for a work, about."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1)
    work()
    connection.set_progress_handler(None, 0)
    return steps


def test_ten_thousand_replies_in_a_row_cost_no_more_each_than_ten() -> None:
    connection, store = open_store()
    with closing(connection):
        connection.execute("BEGIN")
        parent = 0
        costs = []
        for number in range(10_000):
            posted = message(parent=parent, status="publie")
            if number in (10, 9_999):
                costs.append(steps_of(connection, partial(store.messages.add, posted, form=bytes(number))))
            else:
                parent = store.messages.add(posted).id
        assert costs[0] > 50
        assert costs[1] < 3 * costs[0]
        # In the midst, where another answers it.
        assert steps_of(connection, lambda: store.messages.delete([5_000])) < 10 * costs[0]
        assert len(store.messages.of_page(1)) == 9_999


def test_no_frequent_statement_reads_all_messages() -> None:
    connection, store = open_store()
    with closing(connection):
        stored = store.messages.add(message(), form=b"f", taking_back=b"t")
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        imported = replace(message(text="new"), source="spip", source_key="7")
        store.messages.add(message(parent=stored.id), form=b"g")
        store.messages.add(message(parent=stored.id), form=b"g")
        store.messages.put(imported, 1)
        store.messages.put(replace(imported, text="newer"), 1)
        store.messages.get(1)
        store.messages.of_page(1, ("publie",), 7)
        store.messages.of_person(b"x")
        store.messages.queue()
        store.messages.latest(page=1)
        store.messages.counts(1)
        store.messages.set_status(1, 1, "publie", 1)
        store.messages.take_back(1, b"t", 0, 1)
        store.messages.set_score(1, 0.3)
        store.messages.refused_before(5, 5)
        store.messages.forget_networks(5)
        store.messages.anonymise([1], 5)
        store.messages.delete([1], for_good=True)
        connection.set_trace_callback(None)
        for statement in statements:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
                assert not [line for line in plan if line.startswith("SCAN")], (statement, plan)


TestModel = pytest.mark.slow(Model.TestCase)
TestModel.settings = hypothesis_settings(max_examples=40, stateful_step_count=30, deadline=None)
