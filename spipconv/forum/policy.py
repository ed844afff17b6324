"""The text for a site's privacy page: settings come in; what this forum stores, shows and forgets goes out in words."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from spipconv.forum.settings import ForumSettings
from spipconv.translations import translate, translate_plural

_MINUTE = 60


class Section(Struct, frozen=True):
    """A heading and the paragraphs below it, as plain text."""

    heading: str
    paragraphs: tuple[str, ...]


class Policy(Struct, frozen=True):
    """A text about comments and privacy, true of the settings it was made from."""

    title: str
    sections: tuple[Section, ...]

    def as_markdown(self) -> str:
        """Return it in Markdown, to be put into a page of the site."""
        parts = [f"# {self.title}"]
        for section in self.sections:
            parts += [f"## {section.heading}", *section.paragraphs]
        return "\n\n".join(parts) + "\n"


def write_policy(settings: ForumSettings, language: str) -> Policy:
    """Return the text for a forum with these settings, in a language (French, or else English)."""
    return Policy(
        translate("Comments and your data", language),
        (
            Section(translate("What is stored", language), tuple(_stored(settings, language))),
            Section(translate("What is published", language), tuple(_published(settings, language))),
            Section(translate("For how long", language), tuple(_kept(settings, language))),
            Section(translate("Your rights", language), tuple(_rights(settings, language))),
        ),
    )


def _stored(settings: ForumSettings, language: str) -> Iterator[str]:
    yield translate(
        "With your message, its time, your name, and the title and the address of your page if you give them, are"
        " stored on this site's own server. No other service is asked, and nothing is passed on.",
        language,
    )
    yield translate(
        "You need not give an e-mail address. If you do, it is stored encrypted and never shown. It serves for mails"
        " that you ask for, and for finding your messages if you ask about your data.",
        language,
    )
    yield translate(
        "Of your internet address, only the network is stored with the message (192.0.2.0/24 for 192.0.2.17), against"
        " abuse. The whole address is in memory only, for as long as it takes to limit how much one computer sends.",
        language,
    )
    yield translate(
        "No cookie is set for visitors. While you write, your browser may keep the draft, for 24 hours at most: you can"
        " delete it at any time.",
        language,
    )
    if settings.moderation == "first":
        yield translate(
            "Once you have sent a message, your browser keeps a mark for a year at most, so that your next messages"
            " need not wait: you can delete it with the data of this site.",
            language,
        )


def _published(settings: ForumSettings, language: str) -> Iterator[str]:
    held = {
        "all": translate("A message is published when a moderator has accepted it, and not before.", language),
        "first": translate(
            "A person's first message is published when a moderator has accepted it; the next ones, at once.",
            language,
        ),
        "links": translate(
            "A message with links is published when a moderator has accepted it; others are published at once.",
            language,
        ),
    }
    yield held[settings.moderation]
    yield translate(
        "Published are your name, the address of your page, the title, the text and the time. They are part of the"
        " page: search engines and archives may copy it.",
        language,
    )
    if settings.smtp and settings.mails_show_text:
        yield translate("Moderators are told of new messages by mail; these mails contain the message.", language)
    elif settings.smtp:
        yield translate(
            "Moderators are told of new messages by mail; these mails do not contain the message.", language
        )


def _kept(settings: ForumSettings, language: str) -> Iterator[str]:
    if settings.take_back >= _MINUTE:
        yield translate_plural(
            "For {number} minute, you can take back your message yourself.",
            "For {number} minutes, you can take back your message yourself.",
            settings.take_back // _MINUTE,
            language,
        )
    yield translate_plural(
        "The network is forgotten after {number} day.", "The network is forgotten after {number} days.",
        settings.network_days, language,
    )  # fmt: skip
    yield translate_plural(
        "Messages that were refused are deleted after {number} day.",
        "Messages that were refused are deleted after {number} days.",
        settings.refused_days,
        language,
    )
    yield translate("Published messages stay as long as the page, unless you have them deleted.", language)
    if settings.smtp:
        yield translate(
            "If you ask to be told of new messages, your address is kept for that until you end it, which each mail has"
            " a link for. If you do not confirm it, it is deleted after a week.",
            language,
        )
    if settings.backup_days:
        yield translate_plural(
            "What was deleted may be in backups for {number} more day.",
            "What was deleted may be in backups for {number} more days.",
            settings.backup_days,
            language,
        )


def _rights(settings: ForumSettings, language: str) -> Iterator[str]:
    yield translate(
        "You can ask for a copy of all that is stored about you, and have it corrected or deleted. Your messages are"
        " found by the e-mail address that you gave with them.",
        language,
    )
    if settings.contact:
        yield translate("Write to: {contact}", language, contact=settings.contact)
    else:
        yield translate("Write to those who run this site.", language)
