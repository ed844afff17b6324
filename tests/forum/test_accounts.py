"""Moderators' accounts: who is let in, who is not and learns nothing from it, and what ends a session."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("argon2", reason="argon2-cffi is not installed")

from argon2 import PasswordHasher, extract_parameters

from spipconv.forum import accounts, passkeys, passwords
from spipconv.forum.accounts import Accounts, BusyError, LoginError
from spipconv.forum.attempts import Attempts
from spipconv.forum.passwords import NOBODY, find_fault, hash_password, is_outdated, verify_password
from spipconv.forum.sessions import LONGEST, LONGEST_IDLE, REMEMBERED
from tests.asgi import Answer
from tests.forum.forums import NOON
from tests.forum.offices import HASH, NONCES, PASSWORD, Office, cheap_hashes

__all__ = ["cheap_hashes"]

OTHER = ("198.51.100.9", 4000)


@pytest.fixture
def office(tmp_path: Path, cheap_hashes: None) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.forum.base.close()


# ---- passwords


def test_the_hash_of_nobody_is_as_much_work_as_others() -> None:
    assert extract_parameters(NOBODY) == extract_parameters(hash_password(PASSWORD))
    assert not is_outdated(NOBODY)


def test_a_password_is_the_same_however_its_accents_are_written() -> None:
    hash = hash_password("e\u0301te\u0301 2026 granit")
    assert verify_password(hash, "été 2026 granit")
    assert not verify_password(hash, "ete 2026 granit")
    assert not verify_password("not a hash", PASSWORD)
    assert not verify_password(HASH, "\ud800" * 300)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        (PASSWORD, ""),
        ("granit rose!", ""),
        ("granit rose", passwords.TOO_SHORT),
        ("x" * 257, passwords.TOO_LONG),
        ("abababababababab", passwords.TOO_SIMPLE),
        ("RoseRoseRose1234", passwords.TOO_SIMPLE),
    ],
)
def test_new_passwords_are_not_easy_to_guess(password: str, fault: str) -> None:
    assert find_fault(password, "Rose") == fault


# ---- attempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_network_has_few_attempts() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    assert [attempts.take("Rose", "a") for _ in range(10)] == [0] * 10
    assert attempts.take("Karim", "a") > 0
    assert attempts.take("Rose", "b") == 0
    clock.now += attempts.take("Rose", "a")
    assert attempts.take("Rose", "a") == 0


def test_many_networks_together_have_few_attempts_at_one_name() -> None:
    attempts = Attempts(Clock())
    assert [attempts.take("Rose", f"network {number}") for number in range(100)] == [0] * 100
    assert attempts.take("Rose", "one more") > 0
    assert attempts.take("Karim", "one more") == 0


def test_no_stranger_shuts_out_a_browser_that_the_moderator_has_used() -> None:
    attempts = Attempts(Clock())
    for number in range(500):
        attempts.take("Rose", f"network {number % 30}")
    assert attempts.take("Rose", "network 1") > 0
    assert [attempts.take("Rose", "network 1", b"browser") for _ in range(10)] == [0] * 10
    assert attempts.take("Rose", "network 1", b"browser") > 0


def test_what_succeeds_does_not_count() -> None:
    attempts = Attempts(Clock())
    for browser in (b"", b"browser"):
        for _ in range(50):
            assert attempts.take("Rose", "a", browser) == 0
            attempts.give_back("Rose", "a", browser)


# ---- login


def test_login_sets_one_cookie_that_scripts_and_other_sites_do_not_get(office: Office) -> None:
    office.add()
    answer = office.log_in()
    assert (answer.status, answer.headers["location"]) == (303, "/moderation/")
    secret = office.secret_of(answer)
    assert len(secret) == 43
    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert attributes == {f"max-age={LONGEST + REMEMBERED}", "path=/", "httponly", "samesite=strict", "secure"}
    assert office.is_open(secret)
    assert not office.is_open("")
    assert not office.is_open("x" * 43)


def test_without_tls_the_cookie_has_a_name_that_browsers_take(tmp_path: Path, cheap_hashes: None) -> None:
    office = Office(tmp_path, address="http://127.0.0.1:8000")
    office.cookie = "moderator"
    office.add()
    answer = office.log_in()
    assert office.is_open(office.secret_of(answer))
    assert "secure" not in answer.headers["set-cookie"].lower()
    office.forum.base.close()


def test_with_tls_no_other_cookie_is_believed(office: Office) -> None:
    desk = office.enter()
    office.cookie = "moderator"  # what a neighbouring host could set
    assert not office.is_open(desk.secret)


def test_of_a_secret_only_the_digest_is_stored(office: Office) -> None:
    office.add()
    secret = office.secret_of(office.log_in())
    office.forum.base.close()
    stored = b"".join(file.read_bytes() for file in office.forum.path.parent.iterdir())
    assert b"$argon2id$" in stored
    assert secret.encode() not in stored
    assert PASSWORD.encode() not in stored


def test_a_cookie_that_was_planted_is_never_a_session(office: Office) -> None:
    office.add()
    planted = "A" * 43
    secret = office.secret_of(office.log_in(secret=planted))
    assert secret != planted
    assert not office.is_open(planted)
    # Nor does a session live on that somebody else knows.
    again = office.secret_of(office.log_in(secret=secret))
    assert office.is_open(again)
    assert not office.is_open(secret)


def test_a_stolen_cookie_is_worth_nothing_after_logout(office: Office) -> None:
    desk = office.enter()
    assert office.is_open(desk.secret)
    assert desk.post("logout").headers["location"] == "/moderation/login"
    assert not office.is_open(desk.secret)
    assert desk.post("decide", {"status": "publie", "message": "1:1"}).status == 403


def test_sessions_end_when_idle_and_in_any_case(office: Office) -> None:
    desk = office.enter()
    begin = office.forum.now
    while office.forum.now + LONGEST_IDLE - 1 < begin + LONGEST:
        office.forum.now += LONGEST_IDLE - 1
        assert office.is_open(desk.secret)
    office.forum.now = begin + LONGEST
    assert not office.is_open(desk.secret)
    idle = office.enter()
    office.forum.now += LONGEST_IDLE
    assert not office.is_open(idle.secret)


def test_a_clock_that_is_set_back_ends_no_session(office: Office) -> None:
    desk = office.enter()
    office.forum.now -= 86_400
    assert office.is_open(desk.secret)


def test_whoever_is_shut_out_is_out_at_once(office: Office) -> None:
    desk = office.enter()
    office.forum.do(lambda store: store.moderators.set_active(desk.moderator.id, False))
    assert not office.is_open(desk.secret)
    assert office.log_in().status == 403


def test_sessions_that_are_long_over_are_forgotten(office: Office) -> None:
    desk = office.enter()
    office.forum.now += LONGEST + REMEMBERED + 1
    office.enter("Karim")
    count = "SELECT count(*) FROM sessions WHERE moderator = ?"
    rows = office.forum.do(lambda store: store.moderators._connection.execute(count, (desk.moderator.id,)).fetchone())
    assert rows[0] == 0


def test_a_hash_with_old_parameters_is_renewed_at_login(office: Office) -> None:
    office.add(hash=PasswordHasher(1, 32, 1).hash(PASSWORD))
    assert office.log_in().status == 303
    renewed = office.forum.do(lambda store: store.moderators.find("Rose"))
    assert renewed
    assert not is_outdated(renewed.password)
    assert verify_password(renewed.password, PASSWORD)


# ---- nobody learns who has an account


def test_an_unknown_name_has_the_same_answer_after_the_same_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    checked: list[str] = []

    def check(hash: str, password: str) -> bool:
        checked.append(hash)
        return verify_password(hash, password)

    monkeypatch.setattr(accounts, "verify_password", check)

    def watch() -> tuple[Answer, list[str], list[object]]:
        checked.clear()
        statements: list[str] = []
        for connection in office.forum.base._connections:
            connection.set_trace_callback(statements.append)
        answer = office.log_in("Rose", "faux, tout à fait faux")
        asked = [statement for statement in statements if "moderators" in statement or "sessions" in statement]
        return answer, asked, [extract_parameters(hash) for hash in checked]

    # One reader, whose connection is there to be watched.
    office.forum.base._readers = ThreadPoolExecutor(1)
    office.get("login")
    unknown = watch()
    office.add(hash=hash_password(PASSWORD))
    known = watch()
    office.forum.do(lambda store: store.moderators.set_active(1, False))
    shut_out = watch()
    texts = {NONCES.sub("", answer.text) for answer, _, _ in (unknown, known, shut_out)}
    assert len(texts) == 1
    assert "do not belong together" in texts.pop()
    assert {answer.status for answer, _, _ in (unknown, known, shut_out)} == {403}
    names = [{name for name in answer.headers if name != "content-length"} for answer, _, _ in (unknown, known)]
    assert names[0] == names[1]
    assert len(unknown[0].body) == len(known[0].body) == len(shut_out[0].body)
    assert unknown[1:] == known[1:] == shut_out[1:]
    assert len(unknown[1]) == 2
    assert len(unknown[2]) == 1
    office.forum.base.close()


def test_guessing_ends_soon_for_known_and_unknown_names_alike(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.add()
    monkeypatch.setattr(accounts, "verify_password", lambda _, password: password == PASSWORD)
    answers: dict[str, list[Answer]] = {"Rose": [], "Nobody": []}
    for client, (name, given) in zip([("192.0.2.7", 1), ("192.0.2.8", 1)], answers.items(), strict=True):
        given.extend(office.log_in(name, "faux", client=client) for _ in range(12))
        assert [answer.status for answer in given] == [403] * 10 + [429] * 2
        assert 0 < int(given[-1].headers["retry-after"]) <= 300
        # Then the right one is not looked at either.
        assert office.log_in(name, PASSWORD, client=client).status == 429
    pairs = zip(answers["Rose"], answers["Nobody"], strict=True)
    assert all(NONCES.sub("", one.text).replace("Rose", "Nobody") == NONCES.sub("", two.text) for one, two in pairs)
    # From elsewhere, and where nobody was wrong, it is.
    assert office.log_in(client=OTHER).status == 303


def test_the_moderators_own_browser_is_let_in_while_strangers_guess(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.enter()
    desk.post("logout")
    monkeypatch.setattr(accounts, "verify_password", lambda _, password: password == PASSWORD)
    for number in range(110):
        office.log_in("Rose", "faux", client=(f"198.51.100.{number}", 1))
    assert office.log_in(client=OTHER).status == 429
    back = office.log_in(secret=desk.secret, client=OTHER)
    assert back.status == 303
    # Another moderator's browser is a stranger's.
    karim = office.enter("Karim")
    assert office.log_in("Rose", secret=karim.secret, client=OTHER).status == 429


def test_few_passwords_are_checked_at_the_same_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_MOST_WAITING", 0)
    answer = office.log_in()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_strangers_keep_no_moderator_waiting_in_a_known_browser(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.enter()
    desk.post("logout")
    goes_on = threading.Event()

    def verify(_: str, password: str) -> bool:
        return password == PASSWORD or not goes_on.wait(10)

    async def log_in_among_guesses() -> str:
        gate = Accounts(office.forum.base)
        names = [f"192.0.2.{number}" for number in range(30)]
        guesses = [asyncio.ensure_future(gate.log_in("Rose", "faux", name, "", NOON)) for name in names]
        while not any(guess.done() for guess in guesses):
            await asyncio.sleep(0)
        secret = await gate.log_in("Rose", PASSWORD, "203.0.113.9", desk.secret, NOON)
        assert not all(guess.done() for guess in guesses)
        goes_on.set()
        results = await asyncio.gather(*guesses, return_exceptions=True)
        assert {type(result) for result in results} == {LoginError, BusyError}
        return secret

    monkeypatch.setattr(accounts, "verify_password", verify)
    assert office.is_open(asyncio.run(log_in_among_guesses()))


@pytest.mark.parametrize("token", ["", "x", "A" * 60])
def test_a_login_form_of_another_server_is_not_taken(office: Office, token: str) -> None:
    office.add()
    answer = office.post("login", [("token", token), ("name", "Rose"), ("password", PASSWORD)])
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert "open for too long" in answer.text


def test_the_login_page_leads_those_on_who_are_in(office: Office) -> None:
    desk = office.enter()
    assert desk.get("login").headers["location"] == "/moderation/"
    assert office.get("login").status == 200


# ---- the account


def test_a_new_password_ends_all_sessions_and_begins_another(office: Office) -> None:
    desk, other = office.enter(), office.enter()
    new = "quatre carrières de marbre"
    answer = desk.post("account/password", {"current": PASSWORD, "new": new, "repeated": new})
    assert answer.headers["location"] == "/moderation/account?done=password"
    secret = office.secret_of(answer)
    assert office.is_open(secret)
    assert not office.is_open(desk.secret)
    assert not office.is_open(other.secret)
    assert office.log_in().status == 403
    assert office.log_in(password=new).status == 303
    assert "Your password was changed" in office.get("account?done=password", secret).text


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"current": "faux"}, 403, "Your current password is not right"),
        ({"new": "court", "repeated": "court"}, 422, "at least 12 characters"),
        ({"repeated": "autre chose tout à fait"}, 422, "repetition differ"),
    ],
)
def test_a_password_is_not_changed_by_mistake(
    office: Office, fields: dict[str, str], status: int, sentence: str
) -> None:
    desk = office.enter()
    new = "quatre carrières de marbre"
    answer = desk.post("account/password", {"current": PASSWORD, "new": new, "repeated": new, **fields})
    assert answer.status == status
    assert sentence in answer.text
    assert office.is_open(desk.secret)
    stored = office.forum.do(lambda store: store.moderators.find("Rose"))
    assert stored
    assert stored.password == HASH


def test_whoever_sits_at_an_open_browser_cannot_guess_the_password(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.enter()
    monkeypatch.setattr(accounts, "verify_password", lambda *_: False)
    statuses = [desk.post("account/mails", {"current": "faux", "notify": "never"}).status for _ in range(12)]
    assert statuses == [403] * 10 + [429] * 2


def test_mails_are_chosen_and_their_address_is_sealed(office: Office) -> None:
    desk = office.enter()
    fields = {"current": PASSWORD, "notify": "digest", "email": "rose@example.org"}
    assert desk.post("account/mails", fields).status == 303
    stored = office.forum.do(lambda store: store.moderators.find("Rose"))
    assert stored
    assert stored.notify == "digest"
    assert stored.email
    assert office.forum.keys.open(stored.email) == b"rose@example.org"
    assert 'value="rose@example.org"' in desk.get("account").text
    assert desk.post("account/mails", {**fields, "email": "x\nBcc: y@z.example"}).status == 422
    assert desk.post("account/mails", {**fields, "email": ""}).status == 422
    assert desk.post("account/mails", {**fields, "notify": "often"}).status == 400
    assert desk.post("account/mails", {**fields, "notify": "never", "email": ""}).status == 303


@pytest.mark.parametrize("reason", ["not installed", "no address", "no https"])
def test_without_what_passkeys_need_passwords_do(
    tmp_path: Path, cheap_hashes: None, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    address = {"no address": "", "no https": "http://forum.example.org"}.get(reason, "https://forum.example.org")
    office = Office(tmp_path, address=address)
    if reason == "not installed":
        monkeypatch.setattr(passkeys, "find_spec", lambda name: None)
    else:
        office.cookie = "moderator"
    desk = office.enter()
    assert "passkey" not in office.get("login").text
    assert "Passkeys need a server" in desk.get("account").text
    fields = [("token", office.login_token()), ("answer", "{}"), ("question", "x")]
    assert office.post("login", fields).status == 403
    assert desk.post("account/passkeys", {"current": PASSWORD, "answer": "{}"}).status == 404
    office.forum.base.close()


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", '{"id": 1}', "\ud800", '{"id": "AA", "rawId": "AA", "type": "x"}', "x" * 50_000]
)
def test_answers_that_are_not_a_passkeys_open_nothing(office: Office, answer: str) -> None:
    pytest.importorskip("webauthn", reason="webauthn is not installed")
    desk = office.enter()
    page = office.get("login").text
    question = re.search('name="question" value="([^"]+)"', page)
    assert question
    for asked in (question[1], "x", desk.token):
        fields = [("token", office.login_token()), ("answer", answer), ("question", asked)]
        denied = office.post("login", fields)
        assert denied.status == 403
        assert "set-cookie" not in denied.headers
    added = desk.post("account/passkeys", {"current": PASSWORD, "answer": answer, "question": question[1]})
    assert added.status == 422
    assert office.forum.do(lambda store: store.moderators.passkeys_of(desk.moderator.id)) == []


def test_answers_of_passkeys_have_a_rate(office: Office) -> None:
    office.add()
    fields = [("token", office.login_token()), ("answer", "{}"), ("question", "x")]
    assert [office.post("login", fields).status for _ in range(32)] == [403] * 30 + [429] * 2
    assert office.log_in().status == 303


def test_all_other_browsers_can_be_logged_out(office: Office) -> None:
    desk, other, karim = office.enter(), office.enter(), office.enter("Karim")
    desk.post("account/sessions")
    assert [office.is_open(each.secret) for each in (desk, other, karim)] == [True, False, True]
