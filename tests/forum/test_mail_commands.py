"""``spipconv comments mail``: what it says of mails, and the one to try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spipconv.commands import main
from spipconv.forum.mail.worker import MailWorker
from tests.forum.forums import Forum
from tests.mail_servers import MailServer, running_mail_server


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


@pytest.fixture
def forum(tmp_path: Path, server: MailServer) -> Iterator[Forum]:
    server.taken.clear()
    server.behave = lambda _command, _envelope: ""
    forum = Forum(tmp_path, smtp=server.url)
    yield forum
    forum.base.close()


def run(forum: Forum, command: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["comments", "mail", command, str(forum.path), *arguments])


def test_a_mail_to_try_arrives(forum: Forum, server: MailServer) -> None:
    answered = run(forum, "test", "rose@example.org")
    assert answered.output == "127.0.0.1 took it: 250 taken\n"
    assert server.taken[0].recipient == "rose@example.org"
    assert "arrivent bien" in server.taken[0].text


@pytest.mark.parametrize(
    ("settings", "address", "said"),
    [
        ({}, "rose", "rose is not an e-mail address"),
        ({"smtp": ""}, "rose@example.org", "smtp is not set"),
        ({"sender": ""}, "rose@example.org", "sender is not set"),
        ({"smtp": "smtp://127.0.0.1:1"}, "rose@example.org", "127.0.0.1, port 1: "),
    ],
)
def test_what_is_wrong_is_one_line(settings: dict[str, str], address: str, said: str, forum: Forum) -> None:
    forum.set(**settings)
    answered = run(forum, "test", address)
    assert answered.exit_code == 2
    assert said in answered.output
    assert answered.output.count("\n") == 1


def test_a_server_that_does_not_take_it_is_quoted(forum: Forum, server: MailServer) -> None:
    server.behave = lambda command, _envelope: "550 5.7.1 go away" * (command == "DATA")
    assert "127.0.0.1 did not take it: 550 5.7.1 go away" in run(forum, "test", "rose@example.org").output


def test_the_state_of_mails_names_no_address(forum: Forum, server: MailServer) -> None:
    forum.subscribe("luc@example.org")
    forum.subscribe("zoe@example.org", confirms=False)
    forum.moderator()
    forum.add("publie")
    assert "1 waiting, 0 sent, 0 failed\n1 subscriptions, 1 not confirmed yet\n" in run(forum, "status").output
    server.behave = lambda command, _envelope: "550 <luc@example.org> unknown" * (command == "RCPT")
    forum.now += 60
    worker = MailWorker(forum.base, forum.keys, lambda: forum.now)
    worker.send_due()
    answered = run(forum, "status")
    assert answered.exit_code == 1
    assert "0 waiting, 0 sent, 1 failed" in answered.output
    assert "1: to subscription 1, failed, 2027-01-15 08:01 UTC: 550 <…> unknown" in answered.output
    assert "@" not in answered.output
    assert run(forum, "retry", "7").exit_code == 2
    assert run(forum, "retry", "1").output == "1 mail will be sent again\n"
    assert run(forum, "retry").output == "0 mails will be sent again\n"
    server.behave = lambda _command, _envelope: ""
    # The command goes by the clock of the system.
    forum.now += 10**9
    assert worker.send_due() == 1
    worker.release()
    assert run(forum, "status").exit_code == 0


def test_what_is_missing_for_mails_is_said(forum: Forum) -> None:
    forum.set(smtp="")
    assert "no mails are sent: smtp is not set" in run(forum, "status").output
