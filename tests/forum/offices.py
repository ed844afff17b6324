"""A moderators' office for tests: a forum with its application in this process, and moderators who are logged in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")
pytest.importorskip("argon2", reason="argon2-cffi is not installed")

from argon2 import PasswordHasher
from msgspec import Struct

from spipconv.forum import passwords
from spipconv.forum.records import Moderator
from spipconv.forum.sessions import begin_session, make_form_token
from spipconv.forum.settings import read_settings
from spipconv.forum.site.application import create_app
from spipconv.forum.store.store import Store
from tests.asgi import Answer, ask
from tests.forum.forums import Forum

PASSWORD = "trois carrières de granit"  # noqa: S105
# A real hash takes a tenth of a second; ``cheap_hashes`` has the application take this one for one.
_CHEAP = PasswordHasher(1, 64, 1)
HASH = _CHEAP.hash(PASSWORD)
OWN = {"Origin": "http://preview.test", "Sec-Fetch-Site": "same-origin"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}
NONCES = re.compile(r'(?:value|data-options)="[^"]{40,}"')


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have passwords be hashed with little work."""
    monkeypatch.setattr(passwords, "_hasher", lambda: _CHEAP)


class Desk(Struct):
    """A moderator in a browser: ``secret`` is in the cookie, empty before the login."""

    office: Office
    moderator: Moderator
    secret: str

    @property
    def token(self) -> str:
        """What forms bring along."""
        return make_form_token(self.secret)

    def get(self, path: str, **headers: str) -> Answer:
        return self.office.get(path, self.secret, **headers)

    def post(self, path: str, fields: Mapping[str, Any] | Sequence[tuple[str, str]] = (), **more: Any) -> Answer:
        given = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        return self.office.post(path, [("token", self.token), *given], self.secret, **more)


class Office:
    """The office, to be used with ``cheap_hashes``; ``cookie`` is the name of the application's cookie here."""

    cookie = "__Host-moderator"

    def __init__(self, folder: Path, **settings: str) -> None:
        self.forum = Forum(folder, **settings)
        self.app = create_app(
            self.forum.base, self.forum.keys, self.forum.do(read_settings), clock=lambda: self.forum.now, rate=0
        )

    def add(self, name: str = "Rose", hash: str = HASH) -> Moderator:
        def work(store: Store) -> Moderator:
            added = store.moderators.add(name, hash, self.forum.now)
            assert added
            return added

        return self.forum.do(work)

    def enter(self, name: str = "Rose") -> Desk:
        """Return the desk of a moderator who has just logged in."""
        known = self.forum.do(lambda store: store.moderators.find(name)) or self.add(name)
        secret = self.forum.do(lambda store: begin_session(store, known, "", self.forum.now))
        return Desk(self, known, secret)

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", **more: Any) -> Answer:
        return asyncio.run(ask(self.app, method, f"/moderation/{path}", headers, body, **more))

    def get(self, path: str, secret: str = "", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("GET", path, {**BROWSER, **self._cookie(secret), **named})

    def post(
        self,
        path: str,
        fields: Sequence[tuple[str, str]],
        secret: str = "",
        headers: Mapping[str, str] = OWN,
        **more: Any,
    ) -> Answer:
        body = urlencode(fields, errors="replace").encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", **BROWSER, **self._cookie(secret), **headers}
        return self.ask("POST", path, sent, body, **more)

    def log_in(self, name: str = "Rose", password: str = PASSWORD, secret: str = "", **more: Any) -> Answer:
        return self.post(
            "login", [("token", self.login_token()), ("name", name), ("password", password)], secret, **more
        )

    def login_token(self) -> str:
        return self.forum.keys.sign("login", [], self.forum.now + 60)

    def secret_of(self, answer: Answer) -> str:
        """Return the secret in the cookie that an answer sets, or an empty string."""
        match = re.match(rf"{re.escape(self.cookie)}=([\w-]+);", answer.headers.get("set-cookie", ""))
        return match[1] if match else ""

    def is_open(self, secret: str) -> bool:
        """Return whether a secret lets somebody in."""
        return self.get("", secret).status == 200

    def _cookie(self, secret: str) -> dict[str, str]:
        return {"Cookie": f"{self.cookie}={secret}"} if secret else {}
