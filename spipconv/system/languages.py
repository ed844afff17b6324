"""The language of this computer's user, as the environment or the system names it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

from spipconv.translations import find_catalogue

# In the order in which programs obey them.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def system_language() -> str:
    """Return the user's language if sentences are translated into it, else ``en``."""
    named = next((value for name in _VARIABLES if (value := os.environ.get(name))), "") or _setting()
    return find_catalogue(named.partition(".")[0])


def _setting() -> str:
    """Return the language of the graphical interface, of which Windows and macOS need not tell the environment."""
    if sys.platform == "win32":
        from ctypes import windll
        from locale import windows_locale

        return windows_locale.get(windll.kernel32.GetUserDefaultUILanguage(), "")
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            command = ["/usr/bin/defaults", "read", "-g", "AppleLocale"]
            answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603
            return answer.stdout.strip()
    return ""
