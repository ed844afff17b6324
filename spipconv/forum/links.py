"""Links of a forum: pages, messages and rights come in; their addresses go out, signed where a right is in them.

Whoever has a signed link has the right, without an account: they are in mails, to one person.
"""

from __future__ import annotations

from typing import Final, cast, get_args
from urllib.parse import quote

from msgspec import Struct

from spipconv.forum.keys import InvalidToken, Keys
from spipconv.forum.records import Message, Page, Status, Subscription
from spipconv.forum.settings import ForumSettings

DAY: Final = 86_400
# Days that a moderator's link works, and that a reader has to confirm a subscription.
DECISION_DAYS: Final = 7
CONFIRMATION_DAYS: Final = 7
# A subscription can be ended by any mail that was ever sent for it.
_ENDING_DAYS: Final = 3_650

_DECIDE: Final = "decide"
_CONFIRM: Final = "confirm"
_END: Final = "end"


class DecisionRight(Struct, frozen=True):
    """The right to decide on a message as it was at a version, once, with one outcome, in the name of a moderator."""

    message: int
    version: int
    status: Status
    moderator: int


class SubscriptionRight(Struct, frozen=True):
    """The right to confirm or to end a subscription, known by its number and by when it was asked for."""

    subscription: int
    created: int


def page_address(settings: ForumSettings, page: Page) -> str:
    """Return the address of a page on the static site."""
    return settings.site.rstrip("/") + page.path


def message_address(settings: ForumSettings, page: Page, message: Message) -> str:
    """Return the address of a message on its page."""
    return f"{page_address(settings, page)}#forum{message.id}"


def server_address(settings: ForumSettings, path: str) -> str:
    """Return the public address of a path of this server, which begins with a slash."""
    return settings.address.rstrip("/") + path


def decision_link(
    keys: Keys, settings: ForumSettings, message: Message, status: Status, moderator: int, now: int
) -> str:
    """Return the link by which a moderator can give a message, as it is now, a status."""
    values = [message.id, message.version, status, moderator]
    token = keys.sign(_DECIDE, values, now + DECISION_DAYS * DAY)
    return server_address(settings, f"/moderation/link/{token}")


def read_decision(keys: Keys, token: str, now: int) -> DecisionRight:
    """Return the right in a token. Raises InvalidToken, EndedToken if its time is over."""
    match keys.verify(_DECIDE, token, now):
        case [int(message), int(version), str(status), int(moderator)] if status in get_args(Status):
            return DecisionRight(message, version, cast("Status", status), moderator)
    raise InvalidToken("not a moderator's link")


def confirmation_link(keys: Keys, settings: ForumSettings, subscription: Subscription, now: int) -> str:
    """Return the link by which a reader confirms a subscription."""
    token = keys.sign(_CONFIRM, [subscription.id, subscription.created], now + CONFIRMATION_DAYS * DAY)
    return server_address(settings, f"/subscriptions/confirm/{token}")


def read_confirmation(keys: Keys, token: str, now: int) -> SubscriptionRight:
    """Return the right in a token. Raises InvalidToken, EndedToken if its time is over."""
    return _read_subscription(keys, _CONFIRM, token, now)


def ending_link(keys: Keys, settings: ForumSettings, subscription: Subscription) -> str:
    """Return the link by which a reader ends a subscription, the same in all mails."""
    token = keys.sign(_END, [subscription.id, subscription.created], subscription.created + _ENDING_DAYS * DAY)
    return server_address(settings, f"/subscriptions/end/{token}")


def read_ending(keys: Keys, token: str, now: int) -> SubscriptionRight:
    """Return the right in a token. Raises InvalidToken, EndedToken if its time is over."""
    return _read_subscription(keys, _END, token, now)


_SITE_FEED: Final = "site"
SITE_FEED_PATH: Final = f"/feeds/{_SITE_FEED}.atom"
# The feed of a page whose key is that name: no key begins with a dash.
_FEED_OF_PAGE_SITE: Final = f"-{_SITE_FEED}"


def page_feed_path(page: Page) -> str:
    """Return the path of a page's feed, on this server and below the folder of the exported feeds."""
    name = _FEED_OF_PAGE_SITE if page.key == _SITE_FEED else page.key
    return f"/feeds/{quote(name, safe='')}.atom"


def key_of_feed(name: str) -> str:
    """Return the key of the page whose feed has a name on this server."""
    return _SITE_FEED if name == _FEED_OF_PAGE_SITE else name


def _read_subscription(keys: Keys, purpose: str, token: str, now: int) -> SubscriptionRight:
    match keys.verify(purpose, token, now):
        case [int(subscription), int(created)]:
            return SubscriptionRight(subscription, created)
    raise InvalidToken("not a link of a subscription")
