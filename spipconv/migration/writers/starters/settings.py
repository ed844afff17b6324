"""The settings that all systems have for a site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import yaml

from spipconv.migration.pages.page import MenuEntry, Site
from spipconv.migration.plan.titles import words_of
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File, YamlValue
from spipconv.safety import template_address, template_text

MenuValue: TypeAlias = "dict[str, str | list[dict[str, str]]]"
_SITE = re.compile(r"https?://[^/?#@]+(?:/[^?#]*)?")


def settings_file(path: str, settings: dict[str, YamlValue]) -> File:
    """Return settings as a YAML file."""
    return File(path, yaml.safe_dump(settings, allow_unicode=True, sort_keys=False).encode())


def plain_words(text: str, language: str, target: MarkdownTree) -> str:
    """Return a short text of the site in one language, as the target's templates need it."""
    return template_text(words_of(text, language), target.templates)


def server_address(text: str) -> str:
    """Return the address of a server as settings have it, without a slash at its end; an empty string for others."""
    address = template_address(text.strip()).rstrip("/")
    return address if _SITE.fullmatch(address) else ""


def site_address(site: Site) -> str:
    """Return the address of the site, or an empty string if the database has no usable one."""
    address = template_address(site.address)
    return address if _SITE.fullmatch(address) else ""


def comments_setting(site: Site) -> dict[str, YamlValue]:
    """Return the setting with the address of the server for new messages, if the site has one."""
    return {"comments_server": site.comments_server} if site.comments_server else {}


def menu_entries(site: Site, language: str, target: MarkdownTree) -> list[MenuValue]:
    """Return the entries of the main menu in a language: ``title``, ``url`` if it is a link, ``children`` if any.

    Menus of the theme have two levels: the links below the second are on it.
    """

    def link_of(entry: MenuEntry) -> dict[str, str]:
        title = template_text(entry.title, target.templates)
        return {"title": title, "url": template_address(entry.address)} if entry.address else {"title": title}

    entries: list[MenuValue] = []
    for entry in site.menu:
        if entry.language == language:
            below = [link_of(lower) for lower in _flat(entry.children) if lower.address]
            entries.append({**link_of(entry), **({"children": below} if below else {})})
    return entries


def _flat(entries: Iterable[MenuEntry]) -> Iterator[MenuEntry]:
    for entry in entries:
        yield entry
        yield from _flat(entry.children)
