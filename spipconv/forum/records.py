"""Records of a forum: its pages, messages, moderators and decisions, as the base keeps them.

Times are whole seconds since 1970 (UTC). Addresses of people are never here in plain words, but encrypted
(``email``) and as a keyed digest that finds what belongs to one person (``email_digest``); see ``spipconv.forum.keys``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# SPIP's: proposed, published, refused, and spam. A visitor's own withdrawal is ``off`` without a moderator.
Status = Literal["prop", "publie", "off", "spam"]

# What a block is about: a network (``192.0.2.0/24``), the digest of an e-mail address in hexadecimal, or a word.
BlockKind = Literal["network", "email", "word"]


class Page(Struct, frozen=True):
    """A page of the site that has a forum.

    ``key`` names its data file (``article12``, ``article12.en``); ``path`` is its address on the site, from ``/``.
    ``is_open``: it accepts new messages. ``revision`` grows with each change of what visitors see of its messages.
    """

    id: int
    key: str
    path: str
    title: str
    language: str
    is_open: bool = True
    revision: int = 0


class Message(Struct, frozen=True):
    """A message as its visitor wrote it. ``id`` is the number in ``forum123``; ``parent`` is 0 for none.

    ``title`` and ``author`` are plain, ``text`` is SPIP markup, ``url`` is the writer's own page, or empty. ``thread``
    is the number of the message that began its thread. ``version`` grows with each change: decisions and links name
    the version that they are about. ``changed`` is when the status was last set. ``network`` is a cut address of the
    visitor, or empty once forgotten. ``source`` and ``source_key`` say where it was imported from. ``score`` is the
    classifier's, from 0 (like those accepted) to 1 (like spam).
    """

    id: int
    page: int
    parent: int
    thread: int
    status: Status
    author: str
    title: str
    text: str
    url: str
    language: str
    created: int
    changed: int
    version: int = 1
    email: bytes | None = None
    email_digest: bytes | None = None
    network: str = ""
    source: str = "form"
    source_key: str = ""
    score: float = 0.5


class Moderator(Struct, frozen=True):
    """A moderator. ``password`` is an argon2 hash; ``notify`` is when mails about held messages go out."""

    id: int
    name: str
    password: str
    created: int
    email: bytes | None = None
    notify: Literal["each", "digest", "never"] = "never"
    is_active: bool = True


class Decision(Struct, frozen=True):
    """What a moderator did with a message, at which version of it. ``moderator`` is 0 for the forum's own rules."""

    id: int
    message: int
    moderator: int
    name: str
    before: Status
    after: Status
    version: int
    at: int
    is_undone: bool = False


class Session(Struct, frozen=True):
    """A moderator's session in one browser, known by the digest of its cookie; ``seen`` is its last request.

    It is over at ``ends``, or earlier if it was idle for long. The row of one that is over stays for a while: it says
    in which browser the moderator has been before.
    """

    digest: bytes
    moderator: int
    created: int
    seen: int
    ends: int


class Passkey(Struct, frozen=True):
    """A moderator's passkey: its credential's id and public key. ``uses`` is the authenticator's own count."""

    id: bytes
    moderator: int
    public_key: bytes
    uses: int
    name: str
    created: int


class Block(Struct, frozen=True):
    """Something that posts no messages until a time, ``ends``; ``reason`` is for moderators."""

    id: int
    kind: BlockKind
    value: str
    reason: str
    ends: int


class Mail(Struct, frozen=True):
    """A letter that waits to be sent, or was; what is in it is written when it is sent.

    ``held`` is to the moderator ``recipient``, about the held messages from ``message`` on; ``reply`` to the
    subscription ``recipient``, about ``message``; ``confirmation`` asks that subscription's reader to confirm it.
    ``person`` is the digest of a subscriber's address, ``identity`` the name in the Message-ID. ``contents`` are
    the messages in a letter that may have arrived, by number and version: it is sent again as it was. ``due`` is when
    it is to be sent, ``attempts`` how often that was tried, ``answer`` what the mail server said to it.
    """

    id: int
    kind: Literal["held", "reply", "confirmation"]
    recipient: int
    message: int
    person: bytes | None
    identity: str
    contents: str
    created: int
    due: int
    attempts: int
    state: Literal["waiting", "sending", "sent", "failed"]
    changed: int
    answer: str


class Subscription(Struct, frozen=True):
    """A reader who wants to be told of new messages: of all pages if ``page`` is 0, of one page if ``message`` is 0.

    Otherwise of the answers to a message, and the answers to these. ``confirmed`` is when the reader confirmed it, or
    None: nothing but the question is sent before.
    """

    id: int
    page: int
    message: int
    email: bytes
    email_digest: bytes
    language: str
    created: int
    confirmed: int | None
