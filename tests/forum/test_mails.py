"""Letters and a real mail server: each once, with the server away, refusing or silent, and the process killed."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from spipconv.forum.mail.delivery import PASSWORD_VARIABLE, Connection, ServerError, read_sender, read_server
from spipconv.forum.mail.mime import Letter, write_mail
from spipconv.forum.mail.queue import queue_confirmation, queue_replies
from spipconv.forum.mail.worker import MailWorker
from spipconv.forum.records import Subscription
from spipconv.forum.settings import ForumSettings, SettingError
from tests.forum.forums import NOON, Forum
from tests.mail_servers import CUT, MailServer, running_mail_server

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SESAME = "correct horse battery"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _a_server_that_behaves(server: MailServer) -> None:
    server.taken.clear()
    server.commands.clear()
    server.connections = 0
    server.behave = lambda _command, _envelope: ""


@pytest.fixture
def forum(tmp_path: Path, server: MailServer) -> Iterator[Forum]:
    forum = Forum(tmp_path, smtp=server.url)
    yield forum
    forum.base.close()


@pytest.fixture
def worker(forum: Forum) -> Iterator[MailWorker]:
    worker = MailWorker(forum.base, forum.keys, lambda: forum.now)
    yield worker
    worker.release()


def test_a_moderator_is_told_at_once_and_once(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.moderator()
    forum.add()
    assert worker.send_due() == 1
    assert worker.send_due() == 0
    (delivery,) = server.taken
    mail = delivery.mail
    assert (delivery.sender, delivery.recipient) == ("forum@example.org", "rose@example.org")
    assert mail["From"].addresses[0].display_name == "La carrière"
    assert mail["Reply-To"] == "contact@example.org"
    assert mail["Subject"] == "[La carrière] Un message vous attend\u00a0: Le granit"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]) == datetime.fromtimestamp(forum.now, UTC)
    assert mail.get_content_type() == "text/plain"
    assert "> Quel granit" in delivery.text
    assert delivery.text.count("https://www.example.org/comments/moderation/link/") == 3
    assert max(len(line) for line in delivery.text.splitlines() if "/link/" not in line) <= 72
    assert delivery.content.isascii()
    assert max(map(len, delivery.content.split(b"\r\n"))) <= 998
    assert forum.do(lambda store: store.mails.counts())["sent"] == 1


def test_what_comes_soon_after_is_in_one_more_mail(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.moderator()
    forum.add()
    worker.send_due()
    for number in range(30):
        forum.now += 1
        forum.add(author=f"Visiteur {number}")
    assert worker.send_due() == 0
    forum.now += 10 * MINUTE
    assert worker.send_due() == 1
    text = server.taken[1].text
    assert "[La carrière] 20 messages vous attendent" in str(server.taken[1].mail["Subject"])
    assert [f"Visiteur {number}\n" in text for number in range(30)] == [False] * 10 + [True] * 20
    assert "11 autres messages" in text


def test_a_digest_goes_out_once_a_day(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.set(digest_hour="7")
    forum.moderator(notify="digest")
    midnight = NOON - NOON % DAY
    forum.now = midnight + 8 * HOUR
    forum.add()
    decided = forum.add()
    forum.decide(decided, "off")
    forum.now = midnight + DAY + 7 * HOUR - 1
    assert worker.send_due() == 0
    forum.now += 1
    assert worker.send_due() == 1
    # What was decided in the meantime is not in it.
    assert server.taken[0].text.count("/moderation/link/") == 3


def test_nothing_is_sent_of_what_was_decided(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.moderator()
    forum.decide(forum.add(), "publie")
    assert worker.send_due() == 0
    assert server.taken == []
    assert sum(forum.do(lambda store: store.mails.counts()).values()) == 0


@pytest.mark.parametrize("change", ["never", "disabled"])
def test_who_is_no_moderator_any_more_gets_nothing(
    change: str, forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    rose = forum.moderator()
    forum.add()
    if change == "never":
        forum.do(lambda store: store.moderators.set_mails(rose.id, None, "never"))
    else:
        forum.do(lambda store: store.moderators.set_active(rose.id, False))
    assert worker.send_due() == 0
    assert server.taken == []


def test_the_text_is_left_out_if_it_is_not_wanted_or_looks_like_spam(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    forum.moderator()
    forum.add(score=0.95, author="Casino", text="Gagnez vite")
    worker.send_due()
    forum.set(mails_show_text="false")
    forum.now += DAY
    forum.add(text="Bonjour")
    worker.send_due()
    assert not {"Casino", "Gagnez", "Une question"} & set(server.taken[0].content.decode().split())
    assert not {"Anne", "Bonjour", "question"} & set(server.taken[1].content.decode().split())
    assert all("/moderation/link/" in delivery.text for delivery in server.taken)


def test_readers_are_told_after_acceptance_once_each_and_not_of_their_own(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    first = forum.add("publie", email="anne@example.org", queues=False)
    forum.subscribe("anne@example.org", message=first.id)
    forum.subscribe("luc@example.org")
    forum.subscribe("luc@example.org", page=0)
    forum.subscribe("zoe@example.org", page=0)
    forum.subscribe("eve@example.org", confirms=False)
    answer = forum.add(parent=first.id, email="zoe@example.org", author="Zoé")
    worker.send_due()
    assert server.taken == []
    accepted = forum.decide(answer, "publie")
    # The moderator may undo it.
    assert worker.send_due() == 0
    forum.now += MINUTE
    assert worker.send_due() == 2
    refused = forum.decide(accepted, "off")
    forum.now += DAY
    forum.decide(refused, "publie")
    forum.now += DAY
    assert worker.send_due() == 0
    assert sorted(delivery.recipient for delivery in server.taken) == ["anne@example.org", "luc@example.org"]
    for delivery in server.taken:
        mail = delivery.mail
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Unsubscribe"].startswith("<https://www.example.org/comments/subscriptions/end/")
        assert b"List-Unsubscribe: <https://" in delivery.content
        assert mail["List-Unsubscribe"].strip("<>") in delivery.text
        assert f"https://www.example.org/article1#forum{answer.id}" in delivery.text
        assert "moderation" not in delivery.text
        assert mail["Subject"] == "[La carrière] Nouveau message\u00a0: Le granit"


def test_an_acceptance_that_is_undone_tells_nobody(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.subscribe("luc@example.org")
    undone = forum.decide(forum.decide(forum.add(), "publie"), "prop")
    forum.now += DAY
    assert worker.send_due() == 0
    forum.decide(undone, "publie")
    forum.now += DAY
    assert worker.send_due() == 1
    assert len(server.taken) == 1


def test_a_visitor_is_asked_to_confirm_after_acceptance_only(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    message = forum.add(email="anne@example.org", text="Achetez https://spam.example", author="Spammer")
    forum.subscribe("anne@example.org", message=message.id, confirms=False)
    forum.now += DAY
    assert worker.send_due() == 0
    forum.decide(message, "publie")
    forum.now += MINUTE
    assert worker.send_due() == 1
    text = server.taken[0].text
    assert text.count("/comments/subscriptions/confirm/") == 1
    assert "Spammer" not in text
    assert "spam.example" not in text
    assert "List-Unsubscribe" not in server.taken[0].mail


def test_nobody_can_be_bombed_with_questions(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    def ask(subscription: Subscription) -> None:
        forum.do(lambda store: queue_confirmation(store, subscription, forum.now))

    pages = [forum.add_page(f"p{number}").id for number in range(20)]
    asked = [forum.subscribe("eve@example.org", page=page, confirms=False) for page in pages]
    for _ in range(3):
        for subscription in asked:
            forum.now += 1
            ask(subscription)
    worker.send_due()
    assert len(server.taken) == 3
    # A flood to many addresses ends, too.
    for number in range(300):
        ask(forum.subscribe(f"v{number}@example.org", confirms=False))
    assert forum.do(lambda store: store.mails.counts())["waiting"] == 197


def test_a_server_that_is_away_for_an_hour_gets_each_mail_once(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    forum.set(smtp="smtp://127.0.0.1:1")
    forum.moderator()
    readers = [f"reader{number}@example.org" for number in range(5)]
    for reader in readers:
        forum.subscribe(reader)
    forum.add("publie")
    for _ in range(60):
        forum.now += MINUTE
        forum.add()
        assert worker.send_due() == 0
    assert forum.do(lambda store: store.mails.counts()) == {"waiting": 6, "sending": 0, "sent": 0, "failed": 0}
    forum.set(smtp=server.url)
    for _ in range(12):
        forum.now += MINUTE
        worker.send_due()
    assert sorted(delivery.recipient for delivery in server.taken) == [*readers, "rose@example.org"]
    assert len(set(server.identities())) == 6
    assert server.connections == 1


def test_a_letter_that_is_put_off_is_sent_later_and_the_others_now(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    for name in ("anne", "luc", "zoe"):
        forum.subscribe(f"{name}@example.org")
    forum.add("publie")
    server.behave = lambda command, envelope: (
        "451 4.7.1 Greylisted <luc@example.org>" * (command == "RCPT" and envelope.rcpt_tos == ["luc@example.org"])
    )
    forum.now += MINUTE
    assert worker.send_due() == 2
    tries = []
    for _ in range(120):
        forum.now += MINUTE
        known = len(server.commands)
        worker.send_due()
        tries.append(len(server.commands) > known)
    assert 3 <= sum(tries) <= 6
    (waiting,) = forum.do(lambda store: store.mails.unsent())
    assert waiting.answer == "451 4.7.1 Greylisted <…>"
    server.behave = lambda _command, _envelope: ""
    forum.now += DAY
    assert worker.send_due() == 1
    assert sorted(delivery.recipient for delivery in server.taken) == [
        f"{n}@example.org" for n in ("anne", "luc", "zoe")
    ]


def test_a_letter_is_given_up_after_days(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.subscribe("luc@example.org")
    forum.add("publie")
    server.behave = lambda command, _envelope: "452 mailbox full" * (command == "RCPT")
    for _ in range(5 * 24):
        forum.now += HOUR
        worker.send_due()
    (failed,) = forum.do(lambda store: store.mails.unsent())
    assert failed.state == "failed"
    assert failed.answer == "given up after 4 days: 452 mailbox full"
    assert server.commands.count("RCPT") < 20


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_permanent_refusal_is_never_tried_again(
    command: str, forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    forum.subscribe("luc@example.org")
    forum.add("publie")
    server.behave = lambda given, _envelope: "550 5.1.1 no such user" * (given == command)
    for _ in range(100):
        forum.now += HOUR
        assert worker.send_due() == 0
    assert server.commands.count(command) == 1
    (failed,) = forum.do(lambda store: store.mails.unsent())
    assert (failed.state, failed.answer) == ("failed", "550 5.1.1 no such user")
    # Until somebody says so.
    server.behave = lambda _command, _envelope: ""
    assert forum.do(lambda store: store.mails.retry(forum.now)) == 1
    assert worker.send_due() == 1


def test_a_sender_that_the_server_refuses_loses_no_letter(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    for name in ("anne", "luc"):
        forum.subscribe(f"{name}@example.org")
    forum.add("publie")
    server.behave = lambda command, _envelope: "550 not your domain" * (command == "MAIL")
    for _ in range(5):
        forum.now += HOUR
        assert worker.send_due() == 0
    assert forum.do(lambda store: store.mails.counts())["waiting"] == 2
    server.behave = lambda _command, _envelope: ""
    forum.now += DAY
    assert worker.send_due() == 2


def test_a_connection_that_ends_before_the_answer_brings_the_same_mail_again(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    forum.moderator()
    forum.add(author="Anne")
    # The server took it, but nobody heard so.
    server.behave = lambda command, _envelope: CUT * (command == "TAKEN" and len(server.taken) == 1)
    assert worker.send_due() == 0
    forum.add(author="Zoé")
    forum.now += HOUR
    assert worker.send_due() == 2
    first, again, second = (delivery.mail for delivery in server.taken)
    assert first["Message-ID"] == again["Message-ID"] != second["Message-ID"]
    assert "Anne" in again.get_content()
    assert "Zoé" not in again.get_content()
    assert "Zoé" in second.get_content()


def test_a_connection_that_ends_before_the_mail_was_taken_brings_it_once(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    for name in ("anne", "luc"):
        forum.subscribe(f"{name}@example.org")
    forum.add("publie")
    cuts = iter(["RCPT", "DATA"])
    cut = [next(cuts)]

    def behave(command: str, _envelope: object) -> str:
        if command != cut[0]:
            return ""
        cut[0] = next(cuts, "")
        return CUT

    server.behave = behave
    for _ in range(20):
        forum.now += HOUR
        worker.send_due()
    assert sorted(delivery.recipient for delivery in server.taken) == ["anne@example.org", "luc@example.org"]


_SENDER = """
import sys
from pathlib import Path
from spipconv.forum.mail.worker import MailWorker
from spipconv.forum.opening import load_keys
from spipconv.forum.store.base import Base
path, now = Path(sys.argv[1]), int(sys.argv[2])
MailWorker(Base(path), load_keys(path), lambda: now).send_due()
"""


def test_kills_in_the_midst_lose_no_letter(forum: Forum, server: MailServer) -> None:
    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    """A process that is killed while it sends: every letter arrives, twice only if the server had taken it unheard."""
    for number in range(8):
        forum.subscribe(f"reader{number}@example.org")
    forum.add("publie")
    running: list[subprocess.Popen[bytes]] = []
    unheard: list[str] = []
    moments = iter(["MAIL", "RCPT", "DATA", "TAKEN", "MAIL", "RCPT", "DATA", "TAKEN"])
    moment = [next(moments)]

    def kill(command: str, envelope: object) -> str:
        if command != moment[0]:
            return ""
        moment[0] = next(moments, "")
        if command == "TAKEN":
            unheard.append(server.identities()[-1])
        running[-1].kill()
        running[-1].wait()
        # What the server had not taken when the connection ended, it has not got.
        return "" if command == "TAKEN" else CUT

    server.behave = kill
    for _ in range(20):
        forum.now += HOUR
        process = subprocess.Popen([sys.executable, "-c", _SENDER, str(forum.path), str(forum.now)])
        running.append(process)
        process.wait(60)
        if forum.do(lambda store: store.mails.counts())["sent"] == 8:
            break
    assert sum(process.returncode == -signal.SIGKILL for process in running) == 8
    arrived = server.identities()
    assert len(set(arrived)) == 8
    assert {delivery.recipient for delivery in server.taken} == {f"reader{n}@example.org" for n in range(8)}
    assert sorted(identity for identity in set(arrived) if arrived.count(identity) > 1) == sorted(set(unheard))


def test_the_service_sends_until_it_is_cancelled_and_ends_what_it_began(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    for name in ("anne", "luc"):
        forum.subscribe(f"{name}@example.org")
    forum.add("publie")
    forum.now += MINUTE
    begun, goes_on = threading.Event(), threading.Event()

    def wait(command: str, _envelope: object) -> str:
        if command == "DATA":
            begun.set()
            assert goes_on.wait(20)
        return ""

    server.behave = wait

    async def serve() -> None:
        service = asyncio.create_task(worker.run())
        assert await asyncio.to_thread(begun.wait, 20)
        service.cancel()
        asyncio.get_running_loop().call_later(0.2, goes_on.set)
        with pytest.raises(asyncio.CancelledError):
            await service

    asyncio.run(serve())
    assert len(server.taken) == 1
    assert forum.do(lambda store: store.mails.counts()) == {"waiting": 1, "sending": 0, "sent": 1, "failed": 0}
    # Another process may send the other one.
    other = MailWorker(forum.base, forum.keys, lambda: forum.now)
    assert other.send_due() == 1
    other.release()


def test_one_process_sends_at_a_time(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.subscribe("luc@example.org")
    worker.send_due()
    forum.add("publie")
    forum.now += MINUTE
    other = MailWorker(forum.base, forum.keys, lambda: forum.now)
    assert other.send_due() == 0
    worker.release()
    assert other.send_due() == 1
    other.release()


def test_a_clock_that_was_set_back_holds_nothing_back(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.moderator()
    forum.add()
    worker.send_due()
    forum.now -= 30 * DAY
    forum.add()
    forum.now += 11 * MINUTE
    assert worker.send_due() == 1
    mail = server.taken[1].mail
    assert parsedate_to_datetime(mail["Date"]) < datetime.fromtimestamp(NOON, UTC) - timedelta(days=29)


def test_a_server_that_takes_nothing_is_asked_ever_more_rarely(
    forum: Forum, worker: MailWorker, server: MailServer
) -> None:
    for number in range(100):
        forum.subscribe(f"reader{number}@example.org")
    forum.add("publie")
    server.behave = lambda command, _envelope: "530 authentication required" * (command == "MAIL")
    for _ in range(HOUR // 5):
        forum.now += 5
        worker.send_due()
    assert 5 <= server.connections <= 20


def test_an_address_of_another_key_is_reported(forum: Forum, worker: MailWorker) -> None:
    forum.subscribe("luc@example.org")
    forum.do(lambda store: store.subscriptions._connection.execute("UPDATE subscriptions SET email = x'00'"))
    forum.add("publie")
    forum.now += MINUTE
    assert worker.send_due() == 0
    assert [mail.state for mail in forum.do(lambda store: store.mails.unsent())] == ["failed"]


def test_letters_are_in_the_language_of_the_reader(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.subscribe("luc@example.org")
    forum.do(lambda store: store.subscriptions._connection.execute("UPDATE subscriptions SET language = 'de'"))
    forum.add("publie")
    forum.now += MINUTE
    worker.send_due()
    assert server.taken[0].mail["Subject"] == "[La carrière] New message: Le granit"


def test_without_the_address_of_the_server_mails_wait(forum: Forum, worker: MailWorker, server: MailServer) -> None:
    forum.set(address="")
    forum.moderator()
    forum.add()
    assert worker.send_due() == 0
    assert server.connections == 0
    forum.set(address="https://www.example.org/comments")
    forum.now += MINUTE
    assert worker.send_due() == 1


@pytest.mark.parametrize(
    ("smtp", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 25, "starttls", "")),
        ("smtp://forum@mail.example.org", ("mail.example.org", 587, "starttls", "forum")),
        (
            "smtp://forum%40example.org@mail.example.org:2525",
            ("mail.example.org", 2525, "starttls", "forum@example.org"),
        ),
        ("smtps://forum@mail.example.org/", ("mail.example.org", 465, "tls", "forum")),
        ("smtp+plain://mailhog:1025", ("mailhog", 1025, "none", "")),
        ("smtp://localhost", ("localhost", 25, "none", "")),
        ("smtp://[::1]:25", ("::1", 25, "none", "")),
    ],
)
def test_the_mail_server_is_read(smtp: str, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, SESAME)
    server = read_server(ForumSettings(smtp=smtp))
    assert (server.host, server.port, server.encryption, server.user) == expected


@pytest.mark.parametrize("smtp", ["", "mail.example.org", "http://a.b", "smtp://", "smtp://a:b@c.d", "smtp://a.b:x",
                                  "smtp://a.b/c", "smtp://user@a.b"])  # fmt: skip
def test_a_wrong_mail_server_is_one_line(smtp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    with pytest.raises(SettingError, match="smtp"):
        read_server(ForumSettings(smtp=smtp))


def test_the_password_is_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    file = tmp_path / "password"
    settings = ForumSettings(smtp="smtp://forum@localhost", smtp_password_file=str(file))
    with pytest.raises(SettingError, match=r"password.* cannot be read"):
        read_server(settings)
    file.write_text(f"{SESAME}\n", "utf-8")
    assert read_server(settings).password == SESAME


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return a key and a certificate for localhost, which nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "key.pem", folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    files[0].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    files[1].write_bytes(certificate.public_bytes(pem))
    return files


def test_the_password_goes_to_a_server_with_a_good_certificate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv(PASSWORD_VARIABLE, SESAME)
    settings = ForumSettings(
        address="https://www.example.org/comments", sender="forum@example.org", smtp="smtp://forum@localhost"
    )
    sender = read_sender(settings)
    letter = write_mail(Letter("rose@example.org", "Essai", "Bonjour\n", "mail.1", "fr"), sender, NOON)
    with running_mail_server(tls=context, password=SESAME) as secured:
        server = replace(read_server(settings), port=secured.port, encryption="starttls")
        with pytest.raises(ServerError, match="certificate verify failed"), Connection(server, sender):
            pass
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with Connection(server, sender) as connection:
            assert connection.send("rose@example.org", letter).result == "taken"
        with pytest.raises(ServerError, match="535"), Connection(replace(server, password=SESAME[1:]), sender):
            pass
        assert len(secured.taken) == 1


def test_no_encryption_no_mail(server: MailServer) -> None:
    settings = ForumSettings(address="https://www.example.org/comments", sender="forum@example.org", smtp=server.url)
    unencrypted = replace(read_server(settings), encryption="starttls")
    with pytest.raises(ServerError, match="STARTTLS"), Connection(unencrypted, read_sender(settings)):
        pass


def test_a_server_that_says_nothing_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = ForumSettings(
            address="https://www.example.org/comments",
            sender="forum@example.org",
            smtp=f"smtp://127.0.0.1:{silent.getsockname()[1]}",
        )
        with (
            pytest.raises(ServerError, match="timed out"),
            Connection(read_server(settings), read_sender(settings), patience=0.1),
        ):
            pass


def test_letters_are_stored_with_what_causes_them_or_not_at_all(forum: Forum) -> None:
    forum.subscribe("luc@example.org")
    message = forum.add()

    def fail(store: object) -> None:
        decided = store.messages.set_status(message.id, message.version, "publie", forum.now)  # type: ignore[attr-defined]
        queue_replies(store, decided, forum.now)  # type: ignore[arg-type]
        raise InterruptedError

    with pytest.raises(InterruptedError):
        forum.do(fail)
    assert sum(forum.do(lambda store: store.mails.counts()).values()) == 0
