"""A hook for tests of the batch engines: texts that kill, hang or fill their worker.

``SPIPCONV_TEST_HAZARDS=kill=WORD,hang=WORD,…`` makes a text that holds the word do so:

=========  ===========================================================================
kill       kills its process, as the kernel does when memory runs out
hang       holds its process where no timer of Python's is heard, as a C library may
spin       computes for ever where no timer of Python's is heard
backtrack  runs a regular expression that takes for ever, in C
memory     asks for more memory than there is
pause      takes a tenth of a second
=========  ===========================================================================
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import sys
import time

_HAZARDS = [tuple(pair.split("=", 1)) for pair in os.environ.get("SPIPCONV_TEST_HAZARDS", "").split(",") if pair]


def meet_hazards(text: str) -> None:
    """Do what the environment says of a text; nothing without it."""
    for kind, word in _HAZARDS:
        if word not in text:
            continue
        if kind == "kill":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        elif kind == "hang":
            if sys.platform != "win32":
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
            time.sleep(3600)
        elif kind == "spin":
            hashlib.pbkdf2_hmac("sha256", b"", b"", (1 << 31) - 1)
        elif kind == "backtrack":
            re.match("(a+)+$", "a" * 60 + "b")
        elif kind == "memory":
            raise MemoryError
        elif kind == "pause":
            time.sleep(0.1)
