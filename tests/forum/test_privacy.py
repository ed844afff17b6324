"""Privacy: what is old goes, one person's data goes or is copied, and the text about it is true of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from starlette.applications import Starlette

from spipconv.forum.keys import Keys, key_file
from spipconv.forum.moderation import decide
from spipconv.forum.opening import load_keys
from spipconv.forum.policy import write_policy
from spipconv.forum.privacy import Purged, copy, forget, purge
from spipconv.forum.records import Message, Session, Status
from spipconv.forum.settings import ForumSettings, write_setting
from spipconv.forum.site import services
from spipconv.forum.site.application import create_app
from spipconv.forum.store.base import Base, open_base, sweep
from spipconv.forum.store.store import Store
from spipconv.forum.upkeep import check
from tests.asgi import ask
from tests.forum.bases import NOW, make_base, message, posting

DAY = 86_400
ANNE = "Anne@example.org"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_base(tmp_path)


@pytest.fixture
def base(path: Path) -> Iterator[Base]:
    base = Base(path)
    yield base
    base.close()


def of_anne(keys: Keys, status: Status, text: str, *, parent: int = 0) -> Message:
    """Return a message with everything that visitors can give."""
    return replace(
        message(text=text, status=status, parent=parent),
        author="Anne",
        title="Title",
        url="https://anne.example/",
        email=keys.seal(ANNE.encode()),
        email_digest=keys.digest_email(ANNE),
        network="192.0.2.0/24",
    )


def add_all_of_anne(store: Store, keys: Keys) -> dict[Status, int]:
    """Store a published, a held, a refused and a spam message, a subscription and a letter of one person."""
    statuses: tuple[Status, ...] = ("publie", "prop", "off", "spam")
    numbers = {status: store.messages.add(of_anne(keys, status, f"secret {status}")).id for status in statuses}
    digest = keys.digest_email(ANNE)
    subscription = store.subscriptions.add(1, 0, keys.seal(ANNE.encode()), digest, "fr", NOW)
    store.mails.add("confirmation", subscription.id, 0, "identity", NOW, NOW, digest)
    return numbers


# --- Purge


@pytest.mark.parametrize("way", ["server", "command"])
def test_what_is_old_is_purged_and_nothing_else(path: Path, way: str) -> None:
    with open_base(path) as store:
        networks = [
            store.messages.add(replace(message(at=NOW - age), network="192.0.2.0/24")).id
            for age in (6 * DAY, 7 * DAY, 7 * DAY + 1, 20 * DAY)
        ]
        refused = {
            (status, age): store.messages.add(message(status=status, at=NOW - age)).id
            for status in ("publie", "prop", "off", "spam")
            for age in (89 * DAY, 90 * DAY + 1)
        }
        old = store.messages.get(refused["off", 90 * DAY + 1])
        assert old
        store.decisions.add(old, "off", 1, "Moderator", NOW)
        store.blocks.put("network", "192.0.2.0/24", "", NOW)
        store.blocks.put("network", "198.51.100.0/24", "", NOW + 1)
        store.mails.use_link(b"ended", NOW - 1)
        store.mails.use_link(b"not ended", NOW + 1)
        store.moderators.add("Moderator", "", NOW)
        store.moderators.add_session(Session(b"old", 1, 0, 0, NOW - 31 * DAY))
    if way == "server":
        base = Base(path)
        purged = purge(base, NOW)
        base.close()
    else:
        purged = purge(path, NOW)
    assert purged == Purged(networks=2, messages=2, others=3)
    assert purge(path, NOW) == Purged()
    with open_base(path, reads_only=True) as store:
        rows = {row.id: row for row in store.messages.of_page(1)}
        assert [bool(rows[number].network) for number in networks] == [True, True, False, False]
        gone = {key for key, number in refused.items() if number not in rows}
        assert gone == {("off", 90 * DAY + 1), ("spam", 90 * DAY + 1)}
        assert store.decisions.last(old.id) is None
        assert [block.value for block in store.blocks.active(0)] == ["198.51.100.0/24"]
        assert (store.mails.is_used(b"ended"), store.mails.is_used(b"not ended")) == (False, True)


def test_the_settings_say_what_is_old(path: Path) -> None:
    with open_base(path) as store:
        store.messages.add(replace(message(status="off", at=NOW - 3 * DAY), network="192.0.2.0/24"))
        write_setting(store, "network_days", "4")
        write_setting(store, "refused_days", "4")
    assert purge(path, NOW) == Purged()
    with open_base(path) as store:
        write_setting(store, "network_days", "2")
        write_setting(store, "refused_days", "2")
    assert purge(path, NOW).messages == 1


def test_thousands_of_refused_messages_are_purged(path: Path) -> None:
    with open_base(path) as store:
        for _ in range(1_200):
            store.messages.add(message(status="spam", at=5))
    assert purge(path, NOW).messages == 1_200


def test_a_server_purges_every_day(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_DAY", 0.01)
    purging = services.make_services(base, load_keys(base.path), lambda: NOW)[-1]

    async def serve() -> None:
        service = asyncio.ensure_future(purging())
        for _ in range(2):
            await base.write(posting(message(status="spam", at=5)))
            while (await base.read(lambda store: store.messages.counts()))["spam"]:
                await asyncio.sleep(0.01)
        service.cancel()

    asyncio.run(asyncio.wait_for(serve(), 30))


# --- Forget


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob("forum.db*")) if file != key_file(path))


def test_a_forgotten_person_is_not_in_the_file_any_more(base: Base) -> None:
    keys = load_keys(base.path)
    base.submit(lambda store: add_all_of_anne(store, keys)).result()
    digest = keys.digest_email(ANNE)
    assert b"secret publie" in bytes_of(base.path)
    assert digest in bytes_of(base.path)
    forgotten = base.submit(lambda store: forget(store, keys, ANNE, "delete", NOW)).result()
    sweep(base.path)
    assert msgspec.to_builtins(forgotten) == {"published": 1, "others": 3, "subscriptions": 1}
    for trace in (b"secret", b"Anne", b"anne.example", digest):
        assert trace not in bytes_of(base.path)


def test_anonymous_messages_keep_their_words_and_their_place(path: Path) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        numbers = add_all_of_anne(store, keys)
        answer = store.messages.add(message(parent=numbers["publie"], status="publie"))
        revision = store.pages.all()
        before = next(revision).revision
        forget(store, keys, "ANNE@example.org ", "anonymise", NOW)
        kept = store.messages.get(numbers["publie"])
        assert kept
        assert (kept.text, kept.title, kept.status) == ("secret publie", "Title", "publie")
        assert (kept.author, kept.url, kept.email, kept.email_digest, kept.network) == ("", "", None, None, "")
        assert {store.messages.get(numbers[status]) for status in ("prop", "off", "spam")} == {None}
        assert store.messages.get(answer.id) == answer
        assert next(store.pages.all()).revision > before, "the page must be exported again"
        assert forget(store, keys, ANNE, "delete", NOW).published == 0
    assert check(path) == []


@pytest.mark.parametrize("how", ["anonymise", "delete"])
def test_an_import_does_not_bring_a_person_back(path: Path, how: str) -> None:
    keys = load_keys(path)
    imported = [
        replace(of_anne(keys, status, status), source="spip", source_key=status) for status in ("publie", "off")
    ]
    with open_base(path) as store:
        for row in imported:
            store.messages.put(row, NOW)
        forget(store, keys, ANNE, "anonymise" if how == "anonymise" else "delete", NOW)
        before = store.messages.of_page(1)
        for row in imported:
            assert store.messages.put(row, NOW)[1] == "forgotten"
        assert store.messages.of_page(1) == before
        assert store.messages.of_person(keys.digest_email(ANNE)) == []


@pytest.mark.parametrize("how", ["anonymise", "delete"])
def test_the_classifier_forgets_a_person_but_not_what_is_shown(path: Path, how: str) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        decisions: list[tuple[str, Status]] = [("blossoming", "publie"), ("viagra", "spam")]
        for text, after in decisions:
            held = store.messages.add(of_anne(keys, "prop", text))
            assert decide(store, held.id, held.version, after, 1, "Moderator", NOW)
        words = {"blossoming", "viagra", "anne"}
        assert len(store.words.counts(words)) == 3
        forget(store, keys, ANNE, "anonymise" if how == "anonymise" else "delete", NOW)
        assert set(store.words.counts(words)) == ({"blossoming"} if how == "anonymise" else set())


def test_others_are_left_alone(path: Path) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        add_all_of_anne(store, keys)
        before = store.messages.of_page(1)
        forget(store, keys, "bob@example.org", "delete", NOW)
        assert store.messages.of_page(1) == before
        assert len(store.subscriptions.of_person(keys.digest_email(ANNE))) == 1


# --- Copy


def test_a_copy_has_all_that_is_stored_of_a_person(path: Path) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        numbers = add_all_of_anne(store, keys)
        store.messages.add(message(text="another's"))
        store.blocks.put("email", keys.digest_email(ANNE).hex(), "", NOW + 1)
        data = msgspec.to_builtins(copy(store, keys, ANNE, NOW))
        nothing = msgspec.to_builtins(copy(store, keys, "bob@example.org", NOW))
    assert [row["id"] for row in data["messages"]] == list(numbers.values())
    assert data["messages"][0] == {
        "id": numbers["publie"], "page": "/article1/", "parent": 0, "status": "publie", "author": "Anne",
        "email": ANNE, "title": "Title", "text": "secret publie", "url": "https://anne.example/", "language": "fr",
        "created": NOW, "changed": NOW, "network": "192.0.2.0/24",
    }  # fmt: skip
    assert data["subscriptions"] == [
        {"page": "/article1/", "message": 0, "email": ANNE, "language": "fr", "created": NOW, "confirmed": None}
    ]
    assert (data["letters"], data["is_blocked"]) == (1, True)
    assert nothing == {
        "email": "bob@example.org", "messages": [], "subscriptions": [], "letters": 0, "is_blocked": False
    }  # fmt: skip


# --- The text


def policy(**settings: object) -> str:
    return write_policy(msgspec.convert(settings, ForumSettings), "en").as_markdown()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"network_days": 3}, "forgotten after 3 days"),
        ({"network_days": 1}, "forgotten after 1 day."),
        ({"refused_days": 30}, "deleted after 30 days"),
        ({"take_back": 600}, "For 10 minutes, you can take back"),
        ({"moderation": "all"}, "when a moderator has accepted it, and not before"),
        ({"moderation": "first"}, "A person's first message"),
        ({"moderation": "first"}, "your browser keeps a mark"),
        ({"moderation": "links"}, "A message with links"),
        ({"smtp": "smtp://mail"}, "until you end it"),
        ({"smtp": "smtp://mail"}, "these mails contain the message"),
        ({"smtp": "smtp://mail", "mails_show_text": False}, "these mails do not contain the message"),
        ({"backup_days": 14}, "may be in backups for 14 more days"),
        ({"contact": "dpo@example.org"}, "Write to: dpo@example.org"),
        ({}, "Write to those who run this site"),
    ],
)
def test_the_text_says_what_the_settings_are(settings: dict[str, object], sentence: str) -> None:
    assert sentence in policy(**settings)


@pytest.mark.parametrize("sentence", ["mails contain", "a mark", "until you end it", "backups", "Write to: "])
def test_the_text_says_nothing_of_what_is_not_done(sentence: str) -> None:
    assert sentence not in policy()


def test_nothing_is_said_of_taking_back_where_it_cannot_be_done() -> None:
    assert "take back" not in policy(take_back=0)


def test_the_text_is_in_french_too() -> None:
    everything = {"moderation": "first", "smtp": "smtp://mail", "backup_days": 14, "contact": "x"}
    french = write_policy(msgspec.convert(everything, ForumSettings), "fr")
    english = write_policy(msgspec.convert(everything, ForumSettings), "en")
    for one, other in zip(french.sections, english.sections, strict=True):
        assert one.heading != other.heading
        assert len(one.paragraphs) == len(other.paragraphs)
        assert not set(one.paragraphs) & set(other.paragraphs)


# --- The pages


@pytest.fixture
def app(base: Base) -> Starlette:
    with open_base(base.path) as store:
        write_setting(store, "title", "<script>alert(1)</script>")
        write_setting(store, "contact", "<b>dpo@example.org")
        write_setting(store, "network_days", "5")
    return create_app(base, load_keys(base.path), ForumSettings())


@pytest.mark.parametrize(("language", "sentence"), [("fr", "oublié après 5 jours"), ("en", "forgotten after 5 days")])
def test_the_privacy_page_says_what_the_settings_are(app: Starlette, language: str, sentence: str) -> None:
    answer = asyncio.run(ask(app, "GET", "/privacy", {"Accept-Language": language}))
    assert answer.status == 200
    assert sentence in answer.text
    assert f'lang="{language}"' in answer.text
    assert "&lt;b&gt;dpo@example.org" in answer.text
    assert "<b>" not in answer.text
    assert "alert(1)</script>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
