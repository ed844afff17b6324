"""The test site from five sources, each migrated once per test run."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from filelock import FileLock

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.xml_backups import xml_backup

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "site"
SITES = HERE / "site"
EXPECTED: dict[str, Any] = json.loads((SITES / "expected.json").read_text("utf-8"))
NOW = datetime.fromisoformat(EXPECTED["now"])
# The same site in databases of different versions and encodings.
SOURCES: Mapping[str, Path] = {
    "4.1": EXAMPLE / "site.sqlite",
    "3.2": SITES / "site32_mysqldump.sql.gz",
    "3.2-phpmyadmin": SITES / "site32_phpmyadmin.sql",
    "3.2-latin1": SITES / "site32_latin1_doubleencoded.sql",
    "1.9": SITES / "site192_latin1.sql",
}
# The XML backup that SPIP would have made of the oldest one, and all of them.
XML_BACKUP = "1.9-xml"
ALL_SOURCES = (*SOURCES, XML_BACKUP)


class Migrated:
    """A finished migration: its folder and its report."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))

    def remarks(self, code: str) -> list[dict[str, Any]]:
        """Return the places of a code."""
        return [place for one in self.report["remarks"] if one["code"] == code for place in one["places"]]

    def details(self, code: str) -> set[str]:
        """Return what the remarks of a code are about."""
        return {place.get("detail", "") for place in self.remarks(code)}


@cache
def folder_of_the_run() -> Path:
    """Return a folder that all processes of a test run share; ``tests/conftest.py`` names pytest's own."""
    return Path(os.environ.get("SPIPCONV_TEST_RUN") or mkdtemp(prefix="spipconv-"))


@cache
def images(source: str) -> Path:
    """Return the folder IMG of a source; SPIP 4.x keeps logos in a separate folder."""
    if source == "4.1":
        return EXAMPLE / "IMG"
    folder = Path(mkdtemp(prefix=f"img-{source}-", dir=folder_of_the_run())) / "IMG"
    shutil.copytree(EXAMPLE / "IMG", folder)
    for logo in (folder / "logo").iterdir():
        logo.rename(folder / logo.name)
    (folder / "logo").rmdir()
    return folder


@cache
def path_of(source: str) -> Path:
    """Return the base of one of ``ALL_SOURCES``."""
    if source in SOURCES:
        return SOURCES[source]
    path = folder_of_the_run() / "site192.xml"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            path.write_bytes(xml_backup(SOURCES["1.9"], images("1.9")))
    return path


@cache
def migrated(source: str, to: TargetName) -> Migrated:
    """Return the test site migrated from one of ``ALL_SOURCES``."""
    folder = folder_of_the_run() / f"migrated-{source}-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "report.json").exists():
            migrate(str(path_of(source)), folder, MigrationOptions(to, img=images(source), now=NOW)).close()
    return Migrated(folder)


@cache
def pages(source: str) -> Mapping[tuple[str, int, str], dict[str, Any]]:
    """Return the pages of the test site from the target ``json``, by kind, number and language."""
    lines = (migrated(source, "json").folder / "objects.jsonl").read_bytes().splitlines()
    found = [json.loads(line) for line in lines]
    return {(one["kind"], one["number"], one["language"]): one for one in found}


def dump_text(source: str) -> bytes:
    """Return an unpacked dump."""
    path = SOURCES[source]
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
