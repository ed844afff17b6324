"""The plugins that are active on a site: SPIP's setting comes in, their names, titles and versions go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from spipconv.migration.report.issues import readable
from spipconv.migration.report.plugin_facts import ActivePlugin

# PHP's form of a mapping: the key of each plugin, and its properties, whose values are strings without braces.
_PLUGIN = re.compile(r's:[0-9]{1,9}:"([A-Za-z0-9_]{1,100})";a:[0-9]{1,9}:\{([^{}]{0,2000})\}')
_PROPERTY = re.compile(r's:[0-9]:"(nom|version)";s:[0-9]{1,9}:"([^"]{0,200})";')
# As SPIP 1.9 writes them: the folders of the plugins.
_FOLDERS = re.compile(r"[A-Za-z0-9_./-]{1,200}(?:,[A-Za-z0-9_./-]{1,200}){0,999}")
_MULTI = re.compile(r"<multi>\s*(?:\[[a-z_]{2,8}\])?([^\[<]*)")
_MOST_PLUGINS = 1000


class Settings(Protocol):
    """SPIP's settings by name, as the working database has them."""

    def meta(self, name: str, default: str = "") -> str: ...


def read_active_plugins(settings: Settings) -> tuple[ActivePlugin, ...]:
    """Return the active plugins in the order of their names; nothing of the setting is run, and its size is bounded."""
    plugins = {plugin.prefix: plugin for plugin, _ in zip(_plugins(settings), range(_MOST_PLUGINS), strict=False)}
    return tuple(plugins[prefix] for prefix in sorted(plugins))


def _plugins(settings: Settings) -> Iterator[ActivePlugin]:
    setting = settings.meta("plugin")
    if _FOLDERS.fullmatch(setting):
        for folder in setting.split(","):
            name = folder.rstrip("/").rpartition("/")[2]
            yield ActivePlugin(name.lower(), name)
    for match in _PLUGIN.finditer(setting):
        properties = dict(_PROPERTY.findall(match[2]))
        title = properties.get("nom", "")
        several = _MULTI.match(title)
        title = (several[1] if several else title).strip()
        title = readable(title) or match[1].capitalize()
        yield ActivePlugin(match[1].lower(), title, readable(properties.get("version", "")))
