"""A process that imports a source into a base, with a limit on the size of files (0: none), until it is killed."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from spipconv.forum.moving import importing
from spipconv.forum.moving.importing import Importer
from spipconv.forum.moving.sources import find_system, read_source
from spipconv.forum.opening import load_keys
from spipconv.forum.store.base import open_base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.store import Store


@contextmanager
def telling(path: Path, *, reads_only: bool = False) -> Iterator[Store]:
    """Open a base, and say when a transaction is over."""
    with open_base(path, reads_only=reads_only) as store:
        yield store
    print("stored", flush=True)


def main() -> None:
    if sys.platform == "win32":
        sys.exit("limits of POSIX")
    path, work, source, limit = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    # Transactions of few messages, so that a kill comes between and in them.
    importing._AT_ONCE = 20
    vars(importing)["open_base"] = telling
    system = find_system(source)
    with closing(Importer(path, load_keys(path), work, system, 1_800_000_000)) as importer:
        findings = list(read_source(source, system, work, importer.staging.take_sender, importer.knows))
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + limit, resource.RLIM_INFINITY))
        try:
            report = importer.run(findings)
        except StoreError as error:
            print(f"refused {error}", flush=True)
            return
        print(f"done {report.added} {report.same}", flush=True)


if __name__ == "__main__":
    main()
