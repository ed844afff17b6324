"""``spipconv comments list``, ``show``, ``accept`` …, ``moderator`` and ``block``, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("argon2", reason="argon2-cffi is not installed")

from spipconv.commands import main
from spipconv.forum.passwords import verify_password
from spipconv.forum.records import Moderator
from tests.forum.forums import Forum
from tests.forum.offices import PASSWORD, cheap_hashes

__all__ = ["cheap_hashes"]

CONTROLS = "Zoé\x1b[31m\u202egnp\n\x07\u2066"


@pytest.fixture
def forum(tmp_path: Path, cheap_hashes: None) -> Iterator[Forum]:
    made = Forum(tmp_path)
    yield made
    made.base.close()


def comments(*arguments: object, input: str | None = None) -> Result:
    return CliRunner().invoke(main, ["comments", *map(str, arguments)], input=input)


def moderator(forum: Forum, name: str = "Rose") -> Moderator:
    known = forum.do(lambda store: store.moderators.find(name))
    assert known
    return known


def test_what_strangers_wrote_does_nothing_to_the_terminal(forum: Forum) -> None:
    held = forum.add(author=CONTROLS, title=CONTROLS, text=f"{CONTROLS}\nsuite [{CONTROLS}->https://x.example/]")
    for command in (("list", forum.path), ("show", forum.path, held.id)):
        result = comments(*command)
        assert result.exit_code == 0
        assert all(line.isprintable() for line in result.stdout.split("\n"))
        assert r"\x1b[31m\u202egnp" in result.stdout
    assert len(comments("list", forum.path).stdout.splitlines()) == 1


def test_lists_show_some_messages_least_like_spam_first(forum: Forum) -> None:
    other = forum.add_page("article2")
    likely, unlikely = forum.add(score=0.9), forum.add(score=0.1, page=other.id, text="mot " * 100)
    forum.add("publie")
    lines = comments("list", forum.path).stdout.splitlines()
    assert [int(line.split()[0]) for line in lines] == [unlikely.id, likely.id]
    assert max(map(len, lines)) < 160
    assert comments("list", forum.path, "--page", "article2").stdout.splitlines() == lines[:1]
    result = comments("list", forum.path, "--limit", "1", "--json")
    assert json.loads(result.stdout)["text"] == "mot " * 100
    assert result.stderr == "1 more: --limit 2 shows all\n"
    assert len(comments("list", forum.path, "--status", "publie").stdout.splitlines()) == 1
    assert comments("list", forum.path, "--page", "none").exit_code == 2


def test_a_message_is_shown_with_the_addresses_of_its_links(forum: Forum) -> None:
    held = forum.add(text="[Voir->https://casino.example/]", email="anne@example.org")
    shown = comments("show", forum.path, held.id).stdout
    assert "link: https://casino.example/  (Voir)" in shown
    assert "anne@example.org" not in shown
    as_json = json.loads(comments("show", forum.path, held.id, "--json").stdout)
    assert (as_json["status"], as_json["has_email"]) == ("prop", True)
    comments("accept", forum.path, held.id)
    assert "decided:  publie by command line" in comments("show", forum.path, held.id).stdout
    assert comments("show", forum.path, 99).exit_code == 2


def test_nothing_that_strangers_write_reaches_the_terminal_as_it_is(forum: Forum) -> None:
    words = "a\u009b31m\u202eb\u2028\U000f0000é"
    held = forum.add(author=words, title=words, text=f"{words}\n[{words}->http://a.example/{words}]", email="a@b.org")
    for command in (["list"], ["list", "--json"], ["show", held.id], ["show", held.id, "--json"], ["copy", "a@b.org"]):
        shown = comments(command[0], forum.path, *command[1:]).stdout
        assert "é" in shown
        assert shown.replace("\n", "").isprintable()
        if command[-1] == "--json":
            assert json.loads(shown)["author"] == words


def test_decisions_are_made_once_and_named(forum: Forum) -> None:
    first, second = forum.add(), forum.add()
    comments("moderator", "add", forum.path, "Rose", "--generate")
    result = comments("accept", forum.path, first.id, second.id, "--by", "Rose")
    assert (result.exit_code, result.stdout) == (0, f"{first.id}: prop -> publie\n{second.id}: prop -> publie\n")
    again = comments("accept", forum.path, first.id, 99)
    assert again.exit_code == 1
    assert (
        again.stderr
        == f"{first.id}: nothing to do, it is publie already, decided by Rose\n99: there is no such message\n"
    )
    assert comments("refuse", forum.path, first.id).stdout == f"{first.id}: publie -> off\n"
    assert comments("spam", forum.path, second.id).stdout == f"{second.id}: publie -> spam\n"
    log = forum.do(lambda store: store.decisions.latest())
    assert [decision.name for decision in log] == ["command line", "command line", "Rose", "Rose"]
    wrong = comments("accept", forum.path, first.id, "--by", "Nobody")
    assert wrong.exit_code == 2
    assert "there is no moderator Nobody" in wrong.stderr


def test_moderators_are_added_listed_and_given_passwords(forum: Forum) -> None:
    added = comments("moderator", "add", forum.path, "Rose", "--email", "rose@example.org", input=f"{PASSWORD}\n")
    assert (added.exit_code, added.stdout) == (0, "Rose can log in at /moderation/ of the server\n")
    rose = moderator(forum)
    assert verify_password(rose.password, PASSWORD)
    assert (rose.notify, forum.keys.open(rose.email or b"")) == ("each", b"rose@example.org")
    generated = comments("moderator", "add", forum.path, "Karim", "--generate").stdout.splitlines()[0]
    assert verify_password(moderator(forum, "Karim").password, generated.removeprefix("password: "))
    assert comments("moderator", "password", forum.path, "Rose", input="une autre phrase longue\n").exit_code == 0
    assert verify_password(moderator(forum).password, "une autre phrase longue")
    assert comments("moderator", "list", forum.path).stdout.splitlines() == [
        "Karim  active  mails: never  passkeys: 0",
        "Rose  active  mails: each  passkeys: 0",
    ]
    comments("moderator", "disable", forum.path, "Rose")
    assert not moderator(forum).is_active
    comments("moderator", "enable", forum.path, "Rose")
    assert moderator(forum).is_active


@pytest.mark.parametrize(
    ("arguments", "input", "sentence"),
    [
        (("add", "Rose"), "court\n", "at least 12 characters"),
        (("add", "Rose"), "", "at least 12 characters"),
        (("add", ""), f"{PASSWORD}\n", "is not a name"),
        (("add", "Ro\u202ese"), f"{PASSWORD}\n", "is not a name"),
        (("add", "x" * 101), f"{PASSWORD}\n", "is not a name"),
        (("add", "Rose", "--email", "x"), f"{PASSWORD}\n", "is not an e-mail address"),
        (("add", "Rose", "--notify", "each"), f"{PASSWORD}\n", "--email"),
        (("add", "Karim"), f"{PASSWORD}\n", "already"),
        (("password", "Rose"), f"{PASSWORD}\n", "there is no moderator Rose"),
        (("disable", "Rose"), "", "there is no moderator Rose"),
    ],
)
def test_wrong_moderators_are_refused_in_one_line(
    forum: Forum, arguments: tuple[str, ...], input: str, sentence: str
) -> None:
    comments("moderator", "add", forum.path, "Karim", "--generate")
    result = comments("moderator", arguments[0], forum.path, *arguments[1:], input=input)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert [known.name for known in forum.do(lambda store: store.moderators.list_all())] == ["Karim"]


def test_blocks_are_added_listed_and_removed(forum: Forum) -> None:
    assert comments("block", "add", forum.path, "network", "203.0.113.7/24", "--days", "2").exit_code == 0
    assert comments("block", "add", forum.path, "email", "Spam@Example.net", "--reason", CONTROLS).exit_code == 0
    listed = comments("block", "list", forum.path).stdout
    assert "203.0.113.0/24" in listed
    assert "example" not in listed.lower()
    assert all(line.isprintable() for line in listed.split("\n"))
    wrong = comments("block", "add", forum.path, "network", "0.0.0.0/0")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)
    assert comments("block", "remove", forum.path, 1).exit_code == 0
    assert comments("block", "remove", forum.path, 1).exit_code == 2


@pytest.mark.parametrize("command", [("list",), ("list", "--status=spam"), ("moderator", "list"), ("block", "list")])
def test_an_empty_list_says_so_beside_the_output(forum: Forum, command: tuple[str, ...]) -> None:
    done = comments(*command, forum.path)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (0, "", 1)
