"""Settings of a forum: a store comes in, its settings go out, checked; and a name with a value, which is set."""

from __future__ import annotations

import json
from typing import Annotated, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from spipconv.forum.store.store import Store
from spipconv.languages import LANGUAGE

_Address = Annotated[str, Meta(pattern=r"^(https?://[^\s/?#]+[^\s?#]*)?$")]
# What builds a site: a system that sites are migrated to, or something else that reads the data files.
Generator = Literal["hugo", "jekyll", "pelican", "eleventy", "mkdocs", "json"]

_Days = Annotated[int, Meta(ge=1, le=3650)]


class SettingError(ValueError):
    """A setting that does not exist, or a value that it cannot have, in one line."""


class ForumSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a forum. ``MEANINGS`` says what each is."""

    site: _Address = ""
    address: _Address = ""
    title: str = ""
    language: Annotated[str, Meta(pattern=f"^(?i:{LANGUAGE})$")] = "fr"
    moderation: Literal["all", "first", "links"] = "all"
    take_back: Annotated[int, Meta(ge=0, le=86400)] = 900
    longest_text: Annotated[int, Meta(ge=100, le=100_000)] = 20_000
    smtp: Annotated[str, Meta(pattern=r"^((smtps?|smtp\+plain)://\S+)?$")] = ""
    smtp_password_file: str = ""
    sender: Annotated[str, Meta(pattern=r"^([^@\s<>]+@[^@\s<>]+)?$")] = ""
    mails_show_text: bool = True
    digest_hour: Annotated[int, Meta(ge=0, le=23)] = 7
    site_folder: str = ""
    generator: Literal[""] | Generator = ""
    hook: str = ""
    hook_pause: Annotated[int, Meta(ge=0, le=86400)] = 30
    network_days: _Days = 7
    refused_days: _Days = 90
    backup_days: Annotated[int, Meta(ge=0, le=3650)] = 0
    contact: str = ""
    feed_host: Annotated[str, Meta(pattern=r"^[a-z0-9.-]*$")] = ""


MEANINGS = {
    "site": "Address of the static site: https://www.example.org",
    "address": "Public address of this server: https://www.example.org/comments",
    "title": "Name of the site, in mails and feeds",
    "language": "Language of the site, by its code: fr",
    "moderation": "Which messages wait for a moderator: all, first (of a person) or links (those with some)",
    "take_back": "Seconds in which visitors can take a message back, at most 86400",
    "longest_text": "Most characters of a message, 100 to 100000",
    "smtp": "Mail server: smtp://user@host:587 or smtps://…; its password is in smtp_password_file",
    "smtp_password_file": "File that holds the mail server's password (or set SPIPCONV_SMTP_PASSWORD)",
    "sender": "Address that mails come from",
    "mails_show_text": "Whether moderators' mails hold the message: true or false",
    "digest_hour": "Hour at which moderators' digests are sent, 0 to 23 (UTC)",
    "site_folder": "Folder of the static site, into which published messages are written",
    "generator": "What builds the site: hugo, jekyll, pelican, eleventy, mkdocs or json; empty: as in its migration",
    "hook": "Command to run in site_folder after published messages have changed: make site",
    "hook_pause": "Seconds without a change before the hook runs, at most 86400",
    "network_days": "Days after which the networks that messages came from are forgotten, 1 to 3650",
    "refused_days": "Days after which refused messages and spam are deleted, 1 to 3650",
    "backup_days": "Days for which you keep backups, which the privacy text then says; 0: it says nothing",
    "contact": "Address, or page, at which visitors ask about their data",
    "feed_host": "Host in the ids of feeds, if the site has moved: its first one, so that readers see nothing twice",
}


def read_settings(store: Store) -> ForumSettings:
    """Return the settings of a forum; those never set have their defaults. Names of a newer version are left out."""
    values = {name: json.loads(value) for name, value in store.settings.all().items() if name in MEANINGS}
    return msgspec.convert(values, ForumSettings)


def check_setting(name: str, value: str) -> str:
    """Return the value of a setting as it is stored, given as it was typed. Raises SettingError."""
    if name not in MEANINGS:
        raise SettingError(f"no setting is called {name}; there are {', '.join(MEANINGS)}")
    kind = get_type_hints(ForumSettings, include_extras=True)[name]
    try:
        checked = msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError(f"{name} cannot be {value}: {MEANINGS[name]}") from error
    if name == "smtp" and urlsplit(value).password:
        raise SettingError("smtp cannot hold a password, which backups would hold too: set smtp_password_file")
    return json.dumps(checked, ensure_ascii=False)


def write_setting(store: Store, name: str, value: str) -> None:
    """Set a setting to a value as it was typed. Raises SettingError."""
    store.settings.set(name, check_setting(name, value))
