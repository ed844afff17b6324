"""Login, logout, and a moderator's own account: password, passkeys and mails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal, cast

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from spipconv.forum.accounts import LONGEST_NAME, Accounts, BusyError, LoginError, add_passkey
from spipconv.forum.keys import InvalidToken
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.passkeys import InvalidPasskey, Passkeys
from spipconv.forum.passwords import LONGEST, SHORTEST, find_fault
from spipconv.forum.sessions import end_others, end_session, find_login
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.context import Site, guess_language
from spipconv.forum.site.gate import Gate, Visit, find_secret, redirect, set_secret
from spipconv.forum.site.reviews import write_time
from spipconv.translations import mark, translate, translate_plural
from spipconv.web.reading import Form
from spipconv.web.refusals import Refusal

_LOGIN: Final = "login"
_LOGIN_SECONDS: Final = 12 * 3600
_NOTIFY: Final = ("each", "digest", "never")

_WRONG: Final = mark("This name and this password do not belong together.")
_WRONG_PASSKEY: Final = mark("This passkey opens no account here.")
_BUSY: Final = mark("The server is busy: try again in a moment.")
_ENDED: Final = mark("This page was open for too long: try again.")
_WRONG_CURRENT: Final = mark("Your current password is not right: nothing was changed.")
_UNEQUAL: Final = mark("The new password and its repetition differ.")
_NO_EMAIL: Final = mark("Write your e-mail address to get mails.")
_DONE: Final[Mapping[str, str]] = {
    "password": mark("Your password was changed. You are logged out everywhere else."),
    "mails": mark("Your choice was stored."),
    "passkey": mark("The passkey was added."),
    "removed": mark("The passkey was removed."),
    "sessions": mark("You are logged out everywhere else."),
}


class _Fault(Exception):
    """Something on a form to be corrected; ``sentence`` is translated."""

    def __init__(self, sentence: str, status: int = 422, wait: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.headers = {"Retry-After": str(wait)} if wait else {}


class _OwnPasskey(Struct, frozen=True):
    """A passkey as its owner sees it."""

    id: str
    name: str
    created: str


class AccountPages:
    """The routes of login and account."""

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site = site
        self._gate = gate
        self._accounts = Accounts(site.base)

    # ---- login and logout

    async def show_login(self, request: Request) -> Response:
        """Show the form, or the queue to those who are logged in."""
        settings, now = await self._site.settings(), self._site.clock()
        secret = find_secret(request, settings)
        login = await self._site.base.read(lambda store: find_login(store, secret, now))
        if login is not None:
            return redirect(request, "")
        return await self._answer_login(request, settings)

    async def log_in(self, request: Request) -> Response:
        """Begin a session, or show the form again."""
        form = await self._gate.read_login(request)
        settings, now = await self._site.settings(), self._site.clock()
        language = guess_language(request, settings.language)
        name, replaced = form.get("name"), find_secret(request, settings)
        network = self._site.clients.name(request)
        try:
            self._check_login_form(form, language, now)
            if "answer" in form:
                passkeys = self._passkeys(settings)
                answer, question = form.get("answer"), form.get("question")
                secret = await self._log_in_by_passkey(passkeys, answer, question, network, replaced, now)
            else:
                secret = await self._accounts.log_in(name, form.get("password"), network, replaced, now)
        except LoginError as error:
            wrong = _WRONG_PASSKEY if "answer" in form else _WRONG
            fault = _too_often(error.wait, language) if error.wait else _Fault(translate(wrong, language), 403)
            return await self._answer_login(request, settings, name=name, fault=fault)
        except BusyError:
            return await self._answer_login(
                request, settings, name=name, fault=_Fault(translate(_BUSY, language), 503, 5)
            )
        except _Fault as fault:
            return await self._answer_login(request, settings, name=name, fault=fault)
        response = redirect(request, "")
        set_secret(response, request, settings, secret)
        return response

    async def _log_in_by_passkey(
        self, passkeys: Passkeys, answer: str, question: str, network: str, replaced: str, now: int
    ) -> str:
        if not passkeys.are_possible:
            raise LoginError
        return await self._accounts.log_in_by_passkey(passkeys, answer, question, network, replaced, now)

    def _check_login_form(self, form: Form, language: str, now: int) -> None:
        try:
            self._site.keys.verify(_LOGIN, form.get("token"), now)
        except InvalidToken as error:
            raise _Fault(translate(_ENDED, language), 403) from error

    async def _answer_login(
        self, request: Request, settings: ForumSettings, *, name: str = "", fault: _Fault | None = None
    ) -> Response:
        now = self._site.clock()
        passkeys = self._passkeys(settings)
        return self._site.show(
            request,
            "login.html",
            settings,
            language=guess_language(request, settings.language),
            status=fault.status if fault else 200,
            headers=fault.headers if fault else {},
            name=name[:LONGEST_NAME],
            fault=fault.sentence if fault else "",
            token=self._site.keys.sign(_LOGIN, [], now + _LOGIN_SECONDS),
            question=await asyncio.to_thread(passkeys.ask, now) if passkeys.are_possible else None,
        )

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        visit, _ = await self._gate.read(request)
        await self._site.base.write(lambda store: end_session(store, visit.secret, visit.now))
        return redirect(request, "login")

    # ---- the account

    async def show(self, request: Request, visit: Visit) -> Response:
        """Show the account."""
        done = _DONE.get(request.query_params.get("done", ""), "")
        return await self._answer_account(request, visit, done=translate(done, visit.language))

    async def change_password(self, request: Request) -> Response:
        """Change the password."""

        async def change(visit: Visit, form: Form) -> str:
            new = form.get("new")
            if fault := find_fault(new, visit.moderator.name):
                raise _Fault(translate(fault, visit.language, least=SHORTEST, most=LONGEST))
            if new != form.get("repeated"):
                raise _Fault(translate(_UNEQUAL, visit.language))
            return await self._accounts.change_password(visit.moderator, new, visit.secret, visit.now)

        return await self._change(request, "password", change)

    async def set_mails(self, request: Request) -> Response:
        """Set where and when mails about held messages go."""

        async def change(visit: Visit, form: Form) -> str:
            notify, given = form.get("notify"), form.get("email").strip()
            if notify not in _NOTIFY:
                raise Refusal("bad-form")
            address = read_address(given) if given else None
            if address is None and (given or notify != "never"):
                raise _Fault(translate(_NO_EMAIL, visit.language))
            sealed = self._site.keys.seal(address.encode()) if address else None
            choice = cast("Literal['each', 'digest', 'never']", notify)
            await self._site.base.write(lambda store: store.moderators.set_mails(visit.moderator.id, sealed, choice))
            return ""

        return await self._change(request, "mails", change)

    async def add_passkey(self, request: Request) -> Response:
        """Add a passkey."""

        async def change(visit: Visit, form: Form) -> str:
            passkeys, question = self._passkeys(visit.settings), form.get("question")
            if not passkeys.are_possible:
                raise Refusal("not-found")
            name = form.get("name").strip() or translate(mark("Passkey"), visit.language)
            try:
                new = await asyncio.to_thread(
                    passkeys.read_new, visit.moderator, form.get("answer"), question, name, visit.now
                )
                await self._site.base.write(lambda store: add_passkey(store, passkeys, new, question, visit.now))
            except InvalidPasskey as error:
                raise _Fault(translate(mark("The passkey could not be added: try again."), visit.language)) from error
            return ""

        return await self._change(request, "passkey", change)

    async def remove_passkey(self, request: Request) -> Response:
        """Remove a passkey."""
        visit, form = await self._gate.read(request)
        try:
            id = bytes.fromhex(form.get("passkey"))
        except ValueError as error:
            raise Refusal("bad-form") from error
        await self._site.base.write(lambda store: store.moderators.remove_passkey(id, visit.moderator.id))
        return redirect(request, "account?done=removed")

    async def end_others(self, request: Request) -> Response:
        """End the moderator's sessions in other browsers."""
        visit, _ = await self._gate.read(request)
        await self._site.base.write(lambda store: end_others(store, visit.moderator, visit.secret, visit.now))
        return redirect(request, "account?done=sessions")

    async def _change(self, request: Request, done: str, change: Callable[[Visit, Form], Awaitable[str]]) -> Response:
        """Change the account of a moderator who proves again who they are; ``change`` returns a new secret, or none."""
        visit, form = await self._gate.read(request)
        try:
            if not await self._accounts.confirm(visit.moderator, form.get("current"), visit.secret):
                raise _Fault(translate(_WRONG_CURRENT, visit.language), 403)
            secret = await change(visit, form)
        except LoginError as error:
            return await self._answer_account(request, visit, fault=_too_often(error.wait, visit.language))
        except BusyError:
            return await self._answer_account(request, visit, fault=_Fault(translate(_BUSY, visit.language), 503, 5))
        except _Fault as fault:
            return await self._answer_account(request, visit, fault=fault)
        response = redirect(request, f"account?done={done}")
        if secret:
            set_secret(response, request, visit.settings, secret)
        return response

    async def _answer_account(
        self, request: Request, visit: Visit, *, done: str = "", fault: _Fault | None = None
    ) -> Response:
        own = await self._site.base.read(lambda store: store.moderators.passkeys_of(visit.moderator.id))
        passkeys, question = self._passkeys(visit.settings), None
        if passkeys.are_possible:
            question = await asyncio.to_thread(passkeys.ask_for_new, visit.moderator, own, visit.now)
        sealed = visit.moderator.email
        return self._site.show(
            request,
            "account.html",
            visit.settings,
            language=visit.language,
            status=fault.status if fault else 200,
            headers=fault.headers if fault else {},
            visit=visit,
            place="account",
            done=done,
            fault=fault.sentence if fault else "",
            email=self._site.keys.open(sealed).decode() if sealed else "",
            passkeys=[_OwnPasskey(passkey.id.hex(), passkey.name, write_time(passkey.created)) for passkey in own],
            question=question,
            shortest=SHORTEST,
        )

    def _passkeys(self, settings: ForumSettings) -> Passkeys:
        return Passkeys(self._site.keys, settings.address, settings.title)


def _too_often(seconds: int, language: str) -> _Fault:
    minutes = -(-seconds // 60)
    sentence = translate_plural(
        "Too many attempts: wait {number} minute.", "Too many attempts: wait {number} minutes.", minutes, language
    )
    return _Fault(sentence, 429, seconds)
