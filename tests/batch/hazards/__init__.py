"""A parser that misbehaves: texts that hold a word kill, hang or fill the process that converts them.

=========  ===========================================================================
KILLS      kills its process, as the kernel does when memory runs out
HANGS      holds its process where no timer of Python's is heard, as a C library may
SPINS      computes for ever where no timer of Python's is heard
LOOPS      runs a regular expression that takes for ever, in C
FILLS      asks for more memory than there is
PAUSES     takes a tenth of a second
=========  ===========================================================================

A process that has this folder on its path (``ENVIRONMENT``) imports ``sitecustomize`` when it starts, and so has the
parser; the processes that it starts have it too.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import sys
import time
from pathlib import Path

from spipconv.diagnostics import Parsed
from spipconv.parsing.parser import read_document
from spipconv.settings import Settings

ROOT = Path(__file__).parent.parent.parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(ROOT)])}


def read_or_misbehave(text: str, settings: Settings) -> Parsed:
    """Do what the words of a text say, then read it."""
    if "KILLS" in text:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if "HANGS" in text:
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(3600)
    if "SPINS" in text:
        hashlib.pbkdf2_hmac("sha256", b"", b"", (1 << 31) - 1)
    if "LOOPS" in text:
        re.match("(a+)+$", "a" * 60 + "b")
    if "FILLS" in text:
        raise MemoryError
    if "PAUSES" in text:
        time.sleep(0.1)
    return read_document(text, settings)
