"""Extensions: what a site or a plugin adds to the language, one record each; the parser is given them and calls them.

An extension builds nodes (``spipconv.nodes``), never strings of HTML, so what it adds is as safe as the rest. ``Raw``
is the exception; comments and titles refuse it. ``docs/extensions.md`` has an example of everything.
"""

from spipconv.extensions.extension import (
    Extension,
    check_extensions,
    check_nodes,
    check_transport,
    code_of,
)
from spipconv.extensions.installed import (
    GROUP,
    BadExtension,
    installed_extensions,
    installed_version,
    load_extension,
)
from spipconv.extensions.models import Embed, ModelCall, Read, Report, WriteModel
from spipconv.extensions.shortcuts import Block, Builder, Opened, Shortcut, Writer, WriteShortcut

__all__ = [
    "GROUP", "BadExtension", "Block", "Builder", "Embed", "Extension", "ModelCall", "Opened", "Read", "Report",
    "Shortcut", "WriteModel", "WriteShortcut", "Writer", "check_extensions", "check_nodes", "check_transport",
    "code_of", "installed_extensions", "installed_version", "load_extension",
]  # fmt: skip
