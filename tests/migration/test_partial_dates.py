"""Dates of SPIP that are only a month or a year: their first day is the date, and they are kept as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from spipconv.migration.read.database import partial_date, read_date
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.hard_sites import bases, make_site
from tests.migrations import NOW


@pytest.mark.parametrize(
    ("written", "date", "part"),
    [
        ("2005-06-00", "2005-06-01T00:00:00", "2005-06-00"),
        ("2005-06-00 00:00:00", "2005-06-01T00:00:00", "2005-06-00"),
        ("2005-00-00 10:30:00", "2005-01-01T10:30:00", "2005-00-00"),
        ("'2005-00-07'", "2005-01-07T00:00:00", "2005-00-07"),
        ("0001-00-00", "0001-01-01T00:00:00", "0001-00-00"),
        ("2005-06-07 10:00:00", "2005-06-07T10:00:00", ""),
        ("0000-00-00 00:00:00", "", ""),
        ("0000-05-00", "", ""),
        ("2005-02-30", "", ""),
        ("", "", ""),
    ],
)
def test_the_first_day_is_the_date(written: str, date: str, part: str) -> None:
    found = read_date(written)
    assert (found.isoformat() if found else "") == date
    assert partial_date(written) == part


def test_dates_of_every_kind_are_read(tmp_path: Path) -> None:
    source = make_site(tmp_path / "site.sqlite", bases()["dates"])
    for to in ("json", "hugo"):
        migrate(str(source), tmp_path / to, MigrationOptions(to, now=NOW)).close()
    lines = (tmp_path / "json" / "objects.jsonl").read_text("utf-8").splitlines()
    pages = {(page["kind"], page["number"]): page for page in map(json.loads, lines)}
    found = {key: (page["date"], page["partial_date"]) for key, page in pages.items() if page["partial_date"]}
    assert found["article", 6] == ("2005-06-01T00:00:00", "2005-06-00")
    assert found["breve", 1] == ("2005-06-01T00:00:00", "2005-06-00")
    assert found["site", 1] == ("2005-01-01T00:00:00", "2005-00-00")
    assert pages["article", 1]["comments"][-1]["date"] == "2005-06-01T00:00:00"
    (path,) = [path for path in (tmp_path / "hugo").rglob("index.md") if "\n    id: 6\n" in path.read_text("utf-8")]
    header = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
    assert header["date"].isoformat() == "2005-06-01T00:00:00"
    assert header["params"]["spip"]["date"] == "2005-06-00"
    report = json.loads((tmp_path / "json" / "report.json").read_text("utf-8"))
    codes = {remark["code"]: remark["count"] for remark in report["remarks"]}
    assert codes["date-partial"] == len(found)
