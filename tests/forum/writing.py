"""A process that posts messages from several threads, and says which ones were acknowledged."""

from __future__ import annotations

import resource
import sys
import threading
from itertools import count
from pathlib import Path

from spipconv.forum.store.base import Base
from spipconv.forum.store.errors import StoreError
from tests.forum.bases import message, posting

_THREADS = 8


def main() -> None:
    if sys.platform == "win32":
        sys.exit("limits of POSIX")
    path, name, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    base = Base(path)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    lock = threading.Lock()

    def say(line: str) -> None:
        with lock:
            print(line, flush=True)

    def post(thread: int) -> None:
        for number in count():
            form = f"{name}-{thread}-{number}"
            posted = message(text=f"{form} {'x' * 500}")
            try:
                stored = base.submit(posting(posted, form)).result()
            except StoreError as error:
                say(f"refused {error}")
                return
            say(f"{stored.id} {form}")

    threads = [threading.Thread(target=post, args=(thread,)) for thread in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        stored = base.submit(posting(message(text=f"{name}-again"), f"{name}-again")).result()
        say(f"{stored.id} {name}-again")
    base.close()


if __name__ == "__main__":
    main()
