"""The plugins that a site uses: SPIP's settings come in; the names of those whose shortcuts can be read go out."""

from __future__ import annotations

import re

from spipconv.migration.read.database import WorkingDatabase
from spipconv.plugins import active_plugins

# PHP's form of a mapping: the key of each plugin, before what is known about it.
_PREFIX = re.compile(r's:[0-9]+:"([A-Za-z0-9_]{1,100})";a:')
# The tools of the plugin "Couteau Suisse" that are switched on.
_TOOL = re.compile(r's:[0-9]+:"([A-Za-z0-9_]{1,100})";a:[0-9]+:\{s:5:"actif";(?:i|b):1;')


def plugins_of(database: WorkingDatabase) -> tuple[str, ...]:
    """Return the names in ``spipconv.plugins.PLUGINS`` of the plugins that are active on a site."""
    prefixes = _PREFIX.findall(database.meta("plugin"))
    has_tools = "COUTEAU_SUISSE" in prefixes or "COUTEAU" in prefixes
    tools = _TOOL.findall(database.meta("tweaks_actifs")) if has_tools else ()
    return active_plugins(prefixes, tools)
