"""Decisions on messages: each once, undone for half a minute, learned from; and what rules let pass."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from spipconv.forum import classifier
from spipconv.forum.moderation import UNDO_SECONDS, Outcome, decide, rescore, undo
from spipconv.forum.records import Message, Status
from spipconv.forum.rules import choose_status, has_links, judge, make_person_token, record
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable
from tests.forum.forums import Forum

ROUNDS = 200


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Forum]:
    made = Forum(tmp_path)
    yield made
    made.base.close()


def message(**fields: Any) -> Message:
    return replace(Message(1, 1, 0, 1, "prop", "Anne", "", "Bonjour", "", "fr", 0, 0), **fields)


def decided(forum: Forum, number: int, version: int, status: Status, moderator: int = 1, name: str = "Rose") -> Outcome:
    return forum.do(lambda store: decide(store, number, version, status, moderator, name, forum.now))


def undone(forum: Forum, decision: int, moderator: int = 1) -> Outcome:
    return forum.do(lambda store: undo(store, decision, moderator, forum.now))


def learned(forum: Forum) -> list[tuple[str, int, int]]:
    return forum.do(lambda store: sorted(store.words._connection.execute("SELECT * FROM words").fetchall()))


# ---- one decision


def test_of_two_moderators_on_one_message_one_decides_and_the_other_is_told(forum: Forum) -> None:
    names = ("Rose", "Karim")
    wishes: tuple[Status, Status] = ("publie", "off")
    numbers = [forum.add(queues=False).id for _ in range(ROUNDS)]
    outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
    barrier = threading.Barrier(2)

    def moderate(place: int) -> None:
        for number in numbers:
            barrier.wait()
            outcomes[names[place]].append(decided(forum, number, 1, wishes[place], place + 1, names[place]))

    threads = [threading.Thread(target=moderate, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = forum.do(lambda store: store.decisions.latest(0, 2 * ROUNDS))
    assert sorted(decision.message for decision in log) == numbers
    for rose, karim in zip(outcomes["Rose"], outcomes["Karim"], strict=True):
        done, missed = (rose, karim) if rose.decision else (karim, rose)
        assert done.decision
        assert done.message
        assert done.message.status == done.decision.after
        assert missed.fault == "decided"
        assert missed.other == done.decision
        assert missed.message == done.message


def test_a_decision_on_what_is_so_already_or_is_gone_does_nothing(forum: Forum) -> None:
    held = forum.add()
    assert decided(forum, held.id, 1, "prop").fault == "changed"
    accepted = decided(forum, held.id, 1, "publie")
    assert decided(forum, held.id, 2, "publie").other == accepted.decision
    assert decided(forum, 99, 1, "publie").fault == "gone"
    assert undone(forum, 99).fault == "gone"
    forum.do(lambda store: store.messages.delete([held.id]))
    assert decided(forum, held.id, 2, "off").fault == "gone"


def test_a_message_that_its_visitor_took_back_is_not_said_to_be_decided(forum: Forum) -> None:
    held = forum.do(lambda store: store.messages.add(message(id=0, thread=0), taking_back=b"secret"))
    forum.do(lambda store: store.messages.take_back(held.id, b"secret", 0, forum.now))
    outcome = decided(forum, held.id, 1, "publie")
    assert (outcome.fault, outcome.other) == ("changed", None)
    assert outcome.message
    assert outcome.message.status == "off"


def test_every_status_can_be_left_again_later(forum: Forum) -> None:
    held = forum.add()
    version = 1
    for status in ("publie", "off", "publie", "spam", "prop", "spam", "publie"):
        forum.now += 86_400
        outcome = decided(forum, held.id, version, status)
        assert outcome.message
        assert outcome.message.status == status
        version = outcome.message.version
    assert version == 8


# ---- undoing


@pytest.mark.parametrize("status", [status for status in get_args(Status) if status != "prop"])
def test_an_undone_decision_leaves_status_and_words_as_they_were(forum: Forum, status: Status) -> None:
    decided(forum, forum.add(text="granit rose").id, 1, "publie")
    before = learned(forum)
    held = forum.add(text="granit bleu, marbre")
    outcome = decided(forum, held.id, 1, status)
    assert outcome.decision
    forum.now += UNDO_SECONDS
    back = undone(forum, outcome.decision.id)
    assert back.message
    assert (back.message.status, back.message.version, back.fault) == ("prop", 3, "")
    assert learned(forum) == before
    assert undone(forum, outcome.decision.id).fault == "undone"
    assert forum.do(lambda store: store.decisions.last(held.id)) is None


def test_only_the_last_decision_of_the_same_moderator_can_be_undone_and_only_for_a_while(forum: Forum) -> None:
    held = forum.add()
    first = decided(forum, held.id, 1, "publie").decision
    assert first
    assert undone(forum, first.id, moderator=2).fault == "not-yours"
    second = decided(forum, held.id, 2, "off", 2, "Karim").decision
    assert second
    late = undone(forum, first.id)
    assert (late.fault, late.other) == ("decided", second)
    forum.now += UNDO_SECONDS + 60
    assert undone(forum, second.id, moderator=2).fault == "too-late"
    stored = forum.do(lambda store: store.messages.get(held.id))
    assert stored
    assert stored.status == "off"


def test_what_a_purge_changed_is_not_undone_and_not_called_decided(forum: Forum) -> None:
    held = forum.add()
    made = decided(forum, held.id, 1, "publie").decision
    assert made
    forum.do(lambda store: store.messages.anonymise([held.id], forum.now))
    assert undone(forum, made.id).fault == "changed"


def test_a_letter_to_readers_follows_acceptance_only(forum: Forum) -> None:
    forum.subscribe("lecteur@example.net")
    refused, accepted = forum.add(), forum.add()
    decided(forum, refused.id, 1, "spam")
    decided(forum, accepted.id, 1, "publie")
    kinds = forum.do(lambda store: store.mails._connection.execute("SELECT kind, message, due FROM mails").fetchall())
    assert [tuple(row[:2]) for row in kinds] == [("reply", accepted.id)]
    assert kinds[0][2] > forum.now + UNDO_SECONDS


# ---- learning


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(get_args(Status)), st.integers(1, 2), st.booleans()), max_size=25
)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_classifier_knows_exactly_the_last_decision_on_each_message(
    forum: Forum, steps: list[tuple[int, Status, int, bool]]
) -> None:
    words = ("granit", "marbre", "casino", "pilules")
    start = learned(forum)
    numbers = [forum.add(text=f"{word} carrière {word}", queues=False).id for word in words]
    made: list[int] = []
    for place, status, moderator, undoes in steps:
        if undoes and made:
            undone(forum, made.pop(), moderator)
            continue
        number = numbers[place]
        present = forum.do(lambda store, number=number: store.messages.get(number))  # type: ignore[misc]
        assert present
        outcome = decided(forum, present.id, present.version, status, moderator, f"Rose {moderator}")
        if outcome.decision:
            made.append(outcome.decision.id)

    def expected(store: Store) -> list[tuple[str, int, int]]:
        store.words._connection.execute("DELETE FROM words")
        store.words._connection.executemany("INSERT INTO words VALUES (?, ?, ?)", start)
        for number in numbers:
            last, stored = store.decisions.last(number), store.messages.get(number)
            assert stored
            if last:
                classifier.learn(store.words, stored, last.after)
        return sorted(store.words._connection.execute("SELECT * FROM words").fetchall())

    assert learned(forum) == forum.do(expected)


def test_scores_sort_the_queue_and_follow_what_was_learned(forum: Forum) -> None:
    for _ in range(4):
        decided(forum, forum.add(text="La carrière de granit et ses ouvriers").id, 1, "publie")
        decided(forum, forum.add(text="Casino online, cheap pills", author="Winner").id, 1, "spam")
    spam = forum.add(text="cheap casino for winners", author="Winner")
    plain = forum.add(text="Les ouvriers de la carrière")
    neither = forum.add(text="xylophone", author="Zoé", title="")
    forum.do(rescore)
    queue = forum.do(lambda store: store.messages.queue())
    assert [held.id for held in queue] == [plain.id, neither.id, spam.id]
    assert queue[0].score < 0.2 < queue[1].score < 0.8 < queue[2].score
    assert {held.status for held in queue} == {"prop"}
    assert {held.version for held in queue} == {1}


def test_what_was_refused_for_other_reasons_teaches_nothing(forum: Forum) -> None:
    decided(forum, forum.add(text="granit").id, 1, "off")
    assert learned(forum) == []
    assert forum.do(lambda store: classifier.score(store.words, message(text="granit"))) == 0.5


def test_what_rules_publish_teaches_nothing(forum: Forum) -> None:
    published = forum.add("publie", text="granit", queues=False)
    forum.do(lambda store: record(store, published, forum.now))
    assert learned(forum) == []
    outcome = decided(forum, published.id, 1, "spam")
    assert all(accepted == 0 for _, accepted, _ in learned(forum))
    assert outcome.decision
    undone(forum, outcome.decision.id)
    assert learned(forum) == []


@given(st.text(max_size=300), st.text(max_size=60))
def test_few_words_of_any_text_are_counted(text: str, url: str) -> None:
    counted = classifier.words_of(message(text=text * 300, url=url))
    assert len(counted) <= 300
    assert all(len(word) <= 40 for word in counted)


def test_the_table_of_words_is_bounded(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "MOST_KEPT", 50)
    for number in range(12):
        decided(forum, forum.add(text=f"granit mot{number}a mot{number}b mot{number}c mot{number}d").id, 1, "spam")
    kept = {word: spam for word, _, spam in learned(forum)}
    assert len(kept) <= 50
    assert kept["granit"] == kept[""] == 12


# ---- rules

LINKS = {
    "Bonjour": False,
    "Voir [ici->https://example.org/]": True,
    "Voir [une note[[au pied->https://example.org/]]]": True,
    "https://example.org/": True,
    "www.example.org": True,
    "allez sur example.com/casino": True,
    "anne@example.org": True,
    "[->anne@example.org]": True,
    "[?Granit]": True,
    "Fin.Début": False,
    "et/ou, 1.5/2": False,
    "[le début->#debut]": False,
}


@pytest.mark.parametrize(("text", "expected"), LINKS.items())
def test_messages_with_links_wait(text: str, expected: bool) -> None:
    how = ForumSettings(moderation="links")
    assert has_links(message(text=text)) is expected
    assert choose_status(how, message(text=text), None) == ("prop" if expected else "publie")
    assert has_links(message(title=text, text="x")) >= (expected and "[" not in text)


def test_an_own_page_is_a_link() -> None:
    assert has_links(message(url="https://casino.example/"))


EARLIER = message(status="publie", email_digest=b"1")
PERSONS: list[tuple[dict[str, Any], dict[str, Any] | None, Status]] = [
    ({"email_digest": b"1"}, {}, "publie"),
    ({"email_digest": b"1", "author": " ANNE "}, {}, "publie"),
    ({"email_digest": b"1"}, None, "prop"),
    ({"email_digest": b"1"}, {"status": "prop"}, "prop"),
    ({"email_digest": b"1"}, {"status": "off"}, "prop"),
    ({"email_digest": b"1"}, {"status": "spam"}, "prop"),
    ({"email_digest": b"1", "author": "Rose"}, {}, "prop"),
    ({"email_digest": b"2"}, {}, "prop"),
    ({"email_digest": None}, {}, "prop"),
    ({"author": "", "email_digest": b"1"}, {"author": ""}, "prop"),
]


@pytest.mark.parametrize(("new", "earlier", "expected"), PERSONS)
def test_who_has_a_published_message_is_known_by_it(
    new: dict[str, Any], earlier: dict[str, Any] | None, expected: Status
) -> None:
    former = None if earlier is None else replace(EARLIER, **earlier)
    assert choose_status(ForumSettings(moderation="first"), message(**new), former) == expected
    assert choose_status(ForumSettings(), message(**new), former) == "prop"


def post(forum: Forum, known: str = "", **fields: Any) -> tuple[Message, str]:
    """Store a message as a visitor's browser sends it, and return the token that it gets."""

    def work(store: Store) -> tuple[Message, str]:
        new = message(id=0, thread=0, created=forum.now, **fields)
        judged = judge(store, forum.keys, ForumSettings(moderation="first"), new, known, forum.now)
        stored = store.messages.add(judged)
        record(store, stored, forum.now)
        return stored, make_person_token(forum.keys, stored, forum.now)

    return forum.do(work)


def test_a_person_is_a_chain_of_messages_whose_proofs_work_once(forum: Forum) -> None:
    first, proof = post(forum)
    assert first.status == "prop"
    assert post(forum, proof)[0].status == "prop"  # not accepted yet, and used up
    decided(forum, first.id, 1, "publie")
    assert post(forum, proof)[0].status == "prop"
    proof = make_person_token(forum.keys, first, forum.now + 1)
    second, following = post(forum, proof)
    assert second.status == "publie"
    assert post(forum, proof)[0].status == "prop"  # stolen, or sent again
    assert post(forum, following, author="Rose")[0].status == "prop"
    log = forum.do(lambda store: store.decisions.last(second.id))
    assert log
    assert (log.name, log.moderator, log.before, log.after) == ("", 0, "prop", "publie")
    decided(forum, second.id, 1, "spam")
    assert post(forum, make_person_token(forum.keys, second, forum.now))[0].status == "prop"


@pytest.mark.parametrize("known", ["", "x", "A" * 80, "é", "\ud800"])
def test_an_invented_proof_is_none(forum: Forum, known: str) -> None:
    assert post(forum, known)[0].status == "prop", make_printable(known)


def test_a_proof_ends_after_a_year(forum: Forum) -> None:
    accepted = forum.add("publie", email="", queues=False)
    proof = make_person_token(forum.keys, accepted, forum.now)
    forum.now += 366 * 86_400
    assert post(forum, proof)[0].status == "prop"
