"""The plugin "Pages uniques": articles outside all sections, each under a name of its own."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.hard_sites import bases, make_site
from tests.migrations import NOW, folder_of_the_run
from tests.webservers import running_apache, running_nginx

ROWS = bases()["pages"]


@cache
def output(to: TargetName) -> Path:
    folder = folder_of_the_run() / f"unique-{to}"
    folder.mkdir(exist_ok=True)
    source = make_site(folder / "site.sqlite", ROWS)
    migrate(str(source), folder / "out", MigrationOptions(to, now=NOW)).close()
    return folder / "out"


@cache
def pages() -> dict[tuple[str, int], dict[str, Any]]:
    lines = (output("json") / "objects.jsonl").read_text("utf-8").splitlines()
    return {(page["kind"], page["number"]): page for page in map(json.loads, lines)}


ADDRESSES = [
    (2, "/contact/"), (3, "/mentions_legales/"), (4, "/en/contact-4/"), (5, "/ete/"), (6, "/rubrique-1/article-6/"),
    (7, "/index-7/"), (8, "/x/"), (9, "/brouillon/"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "address"), ADDRESSES)
def test_pages_are_at_their_names(number: int, address: str) -> None:
    assert pages()["article", number]["address"] == address


def test_nothing_is_said_of_a_section() -> None:
    report = json.loads((output("json") / "report.json").read_text("utf-8"))
    codes = {remark["code"]: remark for remark in report["remarks"]}
    assert not {"section-missing", "value-refused", "row-unnumbered"} & set(codes)
    # The name of an article that is in a section again shows nowhere.
    assert [place["detail"] for place in codes["column-left"]["places"]] == ["articles.page (1)"]


def test_the_name_is_kept() -> None:
    assert {number for (kind, number), page in pages().items() if kind == "article" and page["unique"]} == {
        2, 3, 4, 5, 7, 8, 9,
    }  # fmt: skip
    header = (output("hugo") / "content" / "contact" / "index.md").read_text("utf-8").split("---\n")[1]
    assert yaml.safe_load(header)["params"]["spip"]["page"] == "contact"


def test_links_by_name_lead_to_the_page() -> None:
    text = pages()["article", 1]["html"]
    assert 'href="/contact/"' in text
    assert "plan" not in text.replace("?page=plan", "")


def test_wordpress_gets_pages() -> None:
    text = (output("wxr") / "wordpress.xml").read_text("utf-8")
    item = next(part for part in text.split("<item>") if "<wp:post_name><![CDATA[contact]]>" in part)
    assert "<wp:post_type>page</wp:post_type>" in item


def test_tables_have_the_names() -> None:
    table = json.loads((output("hugo") / "redirects" / "redirects.json").read_text("utf-8"))["paths"]
    assert table["page=contact"] == "/contact/"
    assert "page=brouillon" not in table
    assert "/spip.php page=contact /contact/ 301" in (output("hugo") / "redirects" / "_redirects").read_text("utf-8")


@pytest.mark.server
def test_servers_redirect_the_names() -> None:
    files = {"index.html": "/", "contact/index.html": "/contact/", "mentions_legales/index.html": "/mentions_legales/"}
    redirects = output("hugo") / "redirects"
    maps, lines = ((redirects / name).read_text("utf-8") for name in ("nginx-maps.conf", "nginx-server.conf"))
    for running in (
        running_nginx(files, maps, lines),
        running_apache(files, (redirects / "htaccess").read_text("utf-8")),
    ):
        with running as server:
            for query in ("spip.php?page=contact", "?page=contact", "spip.php?lang=fr&page=contact&x=1"):
                answer = server.get(f"/{query}")
                assert (answer.status, answer.location) == (301, "/contact/"), query
            assert server.get("/spip.php?page=mentions_legales").location == "/mentions_legales/"
            assert server.get("/spip.php?page=contacts").status != 301
            assert server.get("/contact/?page=contact").status == 200
