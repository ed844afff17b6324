"""Letters of a forum: a store and what a letter is about come in; the letter goes out, in its reader's language."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from spipconv.forum.keys import Keys
from spipconv.forum.lines import flatten
from spipconv.forum.links import (
    CONFIRMATION_DAYS,
    DAY,
    DECISION_DAYS,
    confirmation_link,
    decision_link,
    ending_link,
    message_address,
    page_address,
    server_address,
)
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.mail.mime import Letter
from spipconv.forum.mail.quoting import quote_message, wrap
from spipconv.forum.records import Mail, Message, Page, Status, Subscription
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.migration.pages.calendar_words import write_day, write_hour
from spipconv.translations import mark, translate, translate_plural

_LONGEST_TITLE = 80
# From this score on, the words of a message could bring the server that sends them on a list of those that send spam.
_SPAM = 0.9
_ACTIONS: tuple[tuple[Status, str], ...] = (
    ("publie", mark("Publish it:")),
    ("off", mark("Refuse it:")),
    ("spam", mark("Mark it as spam:")),
)


class UnusableAddress(ValueError):
    """What a visitor gave is not an address that mail servers have."""


class Desk(Struct, frozen=True):
    """What all letters are written with."""

    store: Store
    keys: Keys
    settings: ForumSettings
    now: int

    def open_address(self, sealed: bytes) -> str:
        """Return an address in plain words. Raises InvalidToken, UnusableAddress if no mail can be sent there."""
        address = read_address(self.keys.open(sealed).decode())
        if address is None:
            raise UnusableAddress
        return address

    def page_of(self, message: Message) -> Page:
        """Return the page of a message."""
        page = self.store.pages.get(message.page)
        assert page is not None
        return page


def write_letter(desk: Desk, mail: Mail, numbers: list[tuple[int, int]]) -> Letter | None:
    """Return a letter that is to be sent, or None if there is nothing to say any more.

    ``numbers`` are the messages in it and their versions. Raises InvalidToken and UnusableAddress for the address.
    """
    if mail.kind == "held":
        return _write_held(desk, mail, numbers)
    subscription = desk.store.subscriptions.get(mail.recipient)
    if subscription is None or subscription.email_digest != mail.person:
        return None
    if mail.kind == "reply":
        return _write_reply(desk, mail, subscription)
    return _write_confirmation(desk, mail, subscription)


def write_test(settings: ForumSettings, recipient: str, identity: str) -> Letter:
    """Return a letter that shows that mails arrive."""
    language = settings.language
    body = translate("Mails of the comments on {site} arrive at this address.", language, site=_site(settings))
    subject = _subject(settings, translate("A mail to try", language))
    return Letter(recipient, subject, wrap(body) + "\n", identity, language)


def _write_held(desk: Desk, mail: Mail, numbers: list[tuple[int, int]]) -> Letter | None:
    settings, language = desk.settings, desk.settings.language
    moderator = desk.store.moderators.get(mail.recipient)
    if moderator is None or not moderator.is_active or moderator.email is None or moderator.notify == "never":
        return None
    held = [message for number, version in numbers if (message := _still_held(desk.store, number, version))]
    if not held:
        return None
    more = desk.store.messages.counts()["prop"] - len(held)
    parts = [*(_describe_held(desk, message, moderator.id) for message in held), _explain_links(desk, language)]
    if more:
        parts.append(translate_plural("{number} more message waits.", "{number} more messages wait.", more, language))
    parts.append(_with_address(mark("All messages that wait:"), server_address(settings, "/moderation/"), language))
    parts.append(_sign(settings, language, mark("You get this mail as a moderator of the comments on {site}.")))
    if len(held) == 1:
        page = desk.page_of(held[0])
        subject = translate("A message waits for you: {page}", language, page=_title(page.title))
        thread = _thread(held[0])
    else:
        subject = translate_plural(
            "{number} message waits for you", "{number} messages wait for you", len(held), language
        )
        thread = ""
    return Letter(
        desk.open_address(moderator.email), _subject(settings, subject), _join(parts), mail.identity, language, thread
    )


def _still_held(store: Store, number: int, version: int) -> Message | None:
    message = store.messages.get(number)
    return message if message and message.status == "prop" and message.version == version else None


def _describe_held(desk: Desk, message: Message, moderator: int) -> str:
    settings, language = desk.settings, desk.settings.language
    page = desk.page_of(message)
    lines = [
        wrap(
            translate(
                "A message on “{page}”, {date}:", language, page=_title(page.title), date=_date(message, language)
            )
        )
    ]
    if settings.mails_show_text and message.score >= _SPAM:
        lines += ["", translate("It looks like spam: its text is left out of this mail.", language)]
    elif settings.mails_show_text:
        lines += ["", *_show(message, language)]
    lines.append("")
    for status, sentence in _ACTIONS:
        link = decision_link(desk.keys, settings, message, status, moderator, desk.now)
        lines.append(_with_address(sentence, link, language))
    return "\n".join(lines)


def _explain_links(desk: Desk, language: str) -> str:
    return wrap(
        translate(
            "Each of these links opens a page that shows the message and has one button: nothing happens before you "
            "press it. It works once, until {date} at the latest.",
            language,
            date=write_day(_day(desk.now + DECISION_DAYS * DAY), language),
        )
    )


def _write_reply(desk: Desk, mail: Mail, subscription: Subscription) -> Letter | None:
    settings, language = desk.settings, subscription.language
    message = desk.store.messages.get(mail.message)
    if message is None or message.status != "publie" or subscription.confirmed is None:
        return None
    page = desk.page_of(message)
    ending = ending_link(desk.keys, settings, subscription)
    title = _title(page.title)
    said = translate("A message on “{page}”, {date}:", language, page=title, date=_date(message, language))
    address = message_address(settings, page, message)
    parts = [
        "\n".join([wrap(said), "", *_show(message, language)]),
        _with_address(mark("Read it on its page, and answer:"), address, language),
        _sign(settings, language, mark("You asked {site} to tell you of new messages. To end this:"), ending),
    ]
    subject = translate("New message: {page}", language, page=title)
    recipient = desk.open_address(subscription.email)
    thread = _thread(message)
    return Letter(recipient, _subject(settings, subject), _join(parts), mail.identity, language, thread, ending)


def _write_confirmation(desk: Desk, mail: Mail, subscription: Subscription) -> Letter | None:
    settings, language = desk.settings, subscription.language
    if subscription.confirmed is not None:
        return None
    parts = [wrap(sentence) for sentence in _ask(desk, subscription) or ()]
    if not parts:
        return None
    parts += [
        _with_address(
            mark("To get these mails, open this page and press its button:"),
            confirmation_link(desk.keys, settings, subscription, desk.now),
            language,
        ),
        wrap(
            translate(
                "The link works until {date}. If it was not you, do nothing: you will get no mails.",
                language,
                date=write_day(_day(desk.now + CONFIRMATION_DAYS * DAY), language),
            )
        ),
        _sign(settings, language, mark("This mail comes from the comments on {site}.")),
    ]
    subject = _subject(settings, translate("Do you want mails about new messages?", language))
    return Letter(desk.open_address(subscription.email), subject, _join(parts), mail.identity, language)


def _ask(desk: Desk, subscription: Subscription) -> list[str] | None:
    """Return what a reader is asked to confirm, in words that no visitor chose; None: it is about nothing any more."""
    language = subscription.language
    if not subscription.page:
        said = translate("Somebody, probably you, wants mails about all new messages on this site.", language)
        return [said]
    page = desk.store.pages.get(subscription.page)
    if page is None:
        return None
    address = page_address(desk.settings, page)
    if not subscription.message:
        sentence = mark("Somebody, probably you, wants mails about new messages on the page “{page}”.")
        return [translate(sentence, language, page=_title(page.title)), address]
    message = desk.store.messages.get(subscription.message)
    if message is None or message.status != "publie":
        return None
    sentence = mark(
        "Somebody, probably you, has written a message on the page “{page}”, and wants mails about the answers to it."
    )
    return [translate(sentence, language, page=_title(page.title)), f"{address}#forum{message.id}"]


def _show(message: Message, language: str) -> list[str]:
    author = flatten(message.author) or translate("(no name)", language)
    lines = [translate("Name: {author}", language, author=author)]
    if message.title:
        lines.append(translate("Title: {title}", language, title=flatten(message.title)))
    return [*lines, "", quote_message(message)]


def _join(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _with_address(sentence: str, address: str, language: str) -> str:
    return f"{translate(sentence, language)}\n  {address}"


def _sign(settings: ForumSettings, language: str, sentence: str, address: str = "") -> str:
    # "-- " on a line of its own: mail programs leave out in answers what is below it.
    said = wrap(translate(sentence, language, site=_site(settings)))
    return "-- \n" + said + (f"\n{address}" if address else "")


def _subject(settings: ForumSettings, words: str) -> str:
    return f"[{flatten(settings.title, 40)}] {words}" if settings.title else words


def _site(settings: ForumSettings) -> str:
    return flatten(settings.title, _LONGEST_TITLE) or settings.site or settings.address


def _title(title: str) -> str:
    return flatten(title, _LONGEST_TITLE)


def _thread(message: Message) -> str:
    return f"thread.{message.thread}"


def _date(message: Message, language: str) -> str:
    time = datetime.fromtimestamp(message.created, UTC)
    return f"{write_day(time, language)}, {write_hour(time, language)} UTC"


def _day(time: int) -> datetime:
    return datetime.fromtimestamp(time, UTC)
