"""Posting: the fields of a visitor's form come in; a stored message goes out, or a refusal that says what to correct.

A form has a token, which names its page and the moment at which it was shown. One form brings one message: whoever
sends it again, by a double click, by reloading or after a broken connection, gets the message that it has brought.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from spipconv.forum.keys import EndedToken, InvalidToken, Keys
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.records import Block, Message, Page
from spipconv.forum.rules import judge, record
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.safety import printable, safe_address
from spipconv.web.refusals import Refusal, refuse_for

# The field that people do not see and leave empty.
TRAP: Final = "nobot"
# No person reads a form, writes a message and sends it in less time.
FEWEST_SECONDS: Final = 2
# A form may be open for a day; what takes longer gets a new token.
TOKEN_SECONDS: Final = 24 * 3600
# A clock that was set back by so much makes no token wrong.
_DRIFT: Final = 300
LONGEST: Final[Mapping[str, int]] = {"author": 100, "url": 500, "title": 200}
# Beside the longest text itself: nobody needs so many bytes for the other fields, in any encoding.
MOST_OTHER_BYTES: Final = 16 * 1024

_FORM: Final = "form"
_OWN: Final = "own message"
_WEB: Final = re.compile(r"(?i)https?://[^\s/?#@\\]+(?:[/?#][^\s\\]*)?")
_HOST: Final = re.compile(r"(?i)[\w-]+(?:\.[\w-]+)+(?:[/?#]\S*)?")

# What a visitor is told of a message.
State = Literal["held", "published", "decided", "taken-back"]
# What is to be done in the transaction that stores a message, such as putting a letter into the queue.
Follower = Callable[[Store, Message], None]


class Draft(Struct, frozen=True):
    """What a form says, checked. ``parent`` is the number of the message that it answers, or 0."""

    page: str
    parent: int
    author: str
    email: str
    url: str
    title: str
    text: str
    token: str
    known: str = ""
    subscribes: bool = False


class Sender(Struct, frozen=True):
    """Who sends a form: the name of the client, and the address of its network as it is stored."""

    client: str

    @property
    def network(self) -> str:
        """The client's address without its last part, or empty: it tells a flood, but not a person."""
        network = _read_network(self.client)
        if network is None:
            return ""
        return str(network.supernet(new_prefix=24 if network.version == 4 else 48))


class Posted(Struct, frozen=True):
    """A stored message and its page, and the token of the address at which its visitor can take it back."""

    message: Message
    page: Page
    own: str


class Own(Struct, frozen=True):
    """A visitor's own message, its page, and what became of it."""

    message: Message
    page: Page
    state: State


def read_draft(fields: Mapping[str, str], longest_text: int) -> Draft:
    """Return what the fields of a form say. Raises Refusal for the first field that has to be corrected."""
    if fields.get(TRAP, "").strip():
        raise Refusal("trap", TRAP)
    author, title = _line(fields.get("author", "")), _line(fields.get("title", ""))
    text = printable(fields.get("text", "").replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    if not author:
        raise Refusal("no-author")
    _check_length("author-too-long", author, LONGEST["author"])
    email, url = _read_email(fields.get("email", "")), _read_url(fields.get("url", ""))
    subscribes = fields.get("subscribe", "") not in ("", "0", "false")
    if subscribes and not email:
        raise Refusal("email-needed")
    _check_length("title-too-long", title, LONGEST["title"])
    if not text.strip():
        raise Refusal("no-text")
    _check_length("text-too-long", text, longest_text)
    return Draft(
        fields.get("page", ""), read_number(fields.get("parent", "")), author, email, url, title, text,
        fields.get("token", ""), fields.get("person", ""), subscribes,
    )  # fmt: skip


def read_number(given: str) -> int:
    """Return the number of a message as a form or an address has it (``12``, ``forum12``), 0 for anything else."""
    match = re.fullmatch(r"(?:forum)?([0-9]{1,18})", given.strip())
    return int(match[1]) if match else 0


def make_token(keys: Keys, page: Page, now: int) -> str:
    """Return the token of a form that is shown now."""
    return keys.sign(_FORM, [page.id, now, secrets.token_urlsafe(12)], now + TOKEN_SECONDS)


def check_token(keys: Keys, token: str, page: Page, now: int) -> bytes:
    """Return the digest by which a form is known. Raises Refusal for a token that is wrong, too old or too new."""
    try:
        values = keys.verify(_FORM, token, now)
    except InvalidToken as error:
        raise Refusal("token-ended") from error
    match values:
        case [int(number), int(shown), str()] if number == page.id and now - shown >= -_DRIFT:
            if 0 <= now - shown < FEWEST_SECONDS:
                raise refuse_for(FEWEST_SECONDS, "too-fast")
            return keys.digest(_FORM, token)
    raise Refusal("token-ended")


def post(
    store: Store,
    keys: Keys,
    settings: ForumSettings,
    draft: Draft,
    sender: Sender,
    now: int,
    followers: Sequence[Follower] = (),
) -> Posted:
    """Store a message, in a transaction. Raises Refusal if it may not be."""
    page = store.pages.by_key(draft.page)
    if page is None:
        raise Refusal("no-page")
    form = check_token(keys, draft.token, page, now)
    secret = keys.digest(_OWN, form.hex())
    message = _make_message(keys, page, draft, sender, now)
    earlier = store.messages.with_form(form)
    if earlier is not None:
        if not _is_same(earlier, message):
            raise Refusal("form-used")
        return Posted(earlier, page, _sign_own(keys, settings, earlier, secret))
    if not page.is_open:
        raise Refusal("forum-closed")
    is_spam = _check_blocks(store, keys, draft, sender, now)
    _check_parent(store, page, draft.parent)
    judged = judge(store, keys, settings, message, draft.known, now)
    if is_spam:
        judged = replace(judged, status="spam")
    stored = store.messages.add(judged, form=form, taking_back=keys.digest(_OWN, secret.hex()))
    record(store, stored, now)
    for follower in followers:
        follower(store, stored)
    return Posted(stored, page, _sign_own(keys, settings, stored, secret))


def find_own(store: Store, keys: Keys, token: str, now: int) -> Own:
    """Return what became of a message, by the token that its visitor got. Raises Refusal."""
    number, _ = _read_own(keys, token, now)
    message = store.messages.get(number)
    page = store.pages.get(message.page) if message else None
    if message is None or page is None:
        raise Refusal("not-yours")
    return Own(message, page, _find_state(store, message))


def take_back(store: Store, keys: Keys, settings: ForumSettings, token: str, now: int) -> Own:
    """Withdraw a visitor's own message; doing so twice is harmless. Return what became of it. Raises Refusal."""
    number, secret = _read_own(keys, token, now)
    store.messages.take_back(number, keys.digest(_OWN, secret), now - settings.take_back - _DRIFT, now)
    return find_own(store, keys, token, now)


def _find_state(store: Store, message: Message) -> State:
    if message.status == "publie":
        return "published"
    decision = store.decisions.last(message.id)
    if decision is not None and decision.after == message.status != "prop":
        return "decided"
    # A blocked word makes it spam: nobody has decided yet.
    return "taken-back" if message.status == "off" else "held"


def _sign_own(keys: Keys, settings: ForumSettings, message: Message, secret: bytes) -> str:
    return keys.sign(_OWN, [message.id, secret.hex()], message.created + settings.take_back)


def _read_own(keys: Keys, token: str, now: int) -> tuple[int, str]:
    try:
        values = keys.verify(_OWN, token, now)
    except EndedToken as error:
        raise Refusal("too-late") from error
    except InvalidToken as error:
        raise Refusal("not-yours") from error
    match values:
        case [int(number), str(secret)]:
            return number, secret
    raise Refusal("not-yours")


def _make_message(keys: Keys, page: Page, draft: Draft, sender: Sender, now: int) -> Message:
    return Message(
        0, page.id, draft.parent, 0, "prop", draft.author, draft.title, draft.text, draft.url, page.language, now, now,
        email=keys.seal(draft.email.encode()) if draft.email else None,
        email_digest=keys.digest_email(draft.email) if draft.email else None,
        network=sender.network,
    )  # fmt: skip


def _is_same(earlier: Message, message: Message) -> bool:
    """Return whether a form that was sent again says what it said."""
    return all(
        getattr(earlier, name) == getattr(message, name)
        for name in ("page", "author", "title", "text", "url", "email_digest")
    )


def _check_parent(store: Store, page: Page, parent: int) -> None:
    answered = store.messages.get(parent) if parent else None
    if parent and (answered is None or answered.page != page.id or answered.status != "publie"):
        raise Refusal("wrong-parent")


def _check_blocks(store: Store, keys: Keys, draft: Draft, sender: Sender, now: int) -> bool:
    """Return whether a message has a blocked word: moderators find it among spam. Raises Refusal for its sender."""
    client = _read_network(sender.client)
    digest = keys.digest_email(draft.email).hex() if draft.email else ""
    words = " ".join((draft.author, draft.title, draft.url, draft.text)).casefold()
    is_spam = False
    for block in store.blocks.active(now):
        if block.kind == "word":
            is_spam = is_spam or block.value.casefold() in words
        elif (block.kind == "email" and block.value == digest) or _is_within(client, block):
            raise Refusal("blocked", datetime.fromtimestamp(block.ends, UTC).date().isoformat())
    return is_spam


def _is_within(client: ipaddress.IPv4Network | ipaddress.IPv6Network | None, block: Block) -> bool:
    if client is None or block.kind != "network":
        return False
    network = ipaddress.ip_network(block.value)
    return client.version == network.version and client.subnet_of(network)  # type: ignore[arg-type]


def _read_network(client: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network of a client by its name; None: it has no address."""
    try:
        return ipaddress.ip_network(client)
    except ValueError:
        return None


def _read_email(given: str) -> str:
    if not given.strip():
        return ""
    email = read_address(given)
    if email is None:
        raise Refusal("wrong-email")
    return email


def _read_url(given: str) -> str:
    """Return the address of a writer's page; ``http://`` alone is what SPIP's form had in the field."""
    url = printable(given).strip()
    if url in ("", "http://", "https://"):
        return ""
    if _HOST.fullmatch(url):
        url = f"https://{url}"
    allowed = safe_address(url)
    if allowed is None or len(allowed) > LONGEST["url"] or not _WEB.fullmatch(allowed):
        raise Refusal("wrong-url")
    return allowed


def _line(text: str) -> str:
    return " ".join(printable(text).split())


def _check_length(code: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise Refusal(code, str(longest))
