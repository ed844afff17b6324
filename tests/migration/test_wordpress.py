"""A real WordPress imports a migrated site, whole and divided: everything is there, and every redirect leads to it.

``SPIPCONV_TEST_WORDPRESS`` names the folder of a WordPress that is installed (with any database that needs no server,
such as SQLite's), with its plugin "wordpress-importer"; ``php`` must be able to run it. The tests use a copy of it.
CONTRIBUTING.md says where both can be had.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.migration.test_builds import program
from tests.migrations import EXPECTED, NOW, SOURCES, folder_of_the_run, images, migrated

pytestmark = pytest.mark.server

_WORDPRESS = os.environ.get("SPIPCONV_TEST_WORDPRESS", "")
_SCRIPT = Path(__file__).with_name("wordpress.php")
_WP = {"wp": "http://wordpress.org/export/1.2/"}
_ADDRESS = EXPECTED["site"]["adresse_site"].rstrip("/")
# Smaller than the example site by far.
_LIMIT = 128 << 10


@cache
def divided() -> Path:
    """Return the folder of the test site for WordPress in several files."""
    folder = folder_of_the_run() / "migrated-divided"
    migrate(str(SOURCES["4.1"]), folder, MigrationOptions("wxr", img=images("4.1"), now=NOW, max_size=_LIMIT)).close()
    return folder


@cache
def imported(*, is_divided: bool) -> dict[str, list[Any]]:
    """Return what a WordPress contains after the import of the test site."""
    if not _WORDPRESS:
        pytest.skip("SPIPCONV_TEST_WORDPRESS names no WordPress with its importer")
    site = divided() if is_divided else migrated("4.1", "wxr").folder
    files = files_of(site)
    copy = folder_of_the_run() / f"wordpress-{is_divided}"
    shutil.copytree(_WORDPRESS, copy, symlinks=True)
    table = site / "redirects" / "redirection.csv"
    command = [program("php"), str(_SCRIPT), str(copy), str(images("4.1")), _ADDRESS, str(table), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


def files_of(site: Path) -> list[Path]:
    """Return the files of a site for WordPress in their order."""
    return sorted(site.glob("wordpress*.xml"), key=lambda path: (len(path.name), path.name))


def channels(site: Path) -> list[ElementTree.Element]:
    """Return the channels of these files."""
    return [ElementTree.parse(path).getroot()[0] for path in files_of(site)]  # noqa: S314


def text(element: ElementTree.Element, path: str) -> str:
    return element.findtext(path, "", _WP) or ""


def meta(element: ElementTree.Element, name: str, key: str) -> str:
    """Return a value of the meta of a post or a comment."""
    return next(
        (text(one, "wp:meta_value") for one in element.findall(name, _WP) if text(one, "wp:meta_key") == key), ""
    )


def test_divided_files_are_complete_and_say_the_same() -> None:
    [whole] = channels(migrated("4.1", "wxr").folder)
    parts = channels(divided())
    assert len(parts) > 3
    assert all(path.stat().st_size <= _LIMIT for path in files_of(divided()))
    items = [ElementTree.tostring(item) for item in whole.findall("item")]
    assert [ElementTree.tostring(item) for part in parts for item in part.findall("item")] == items
    for part in parts:
        assert [text(one, ".") for one in part.findall("wp:author/wp:author_login", _WP)] == [
            text(one, ".") for one in whole.findall("wp:author/wp:author_login", _WP)
        ]
        assert len(part.findall("wp:category", _WP)) == len(whole.findall("wp:category", _WP))
    # A later file has no texts of terms, which are there already.
    assert parts[0].findall("wp:category/wp:category_description", _WP)
    assert not parts[1].findall("wp:category/wp:category_description", _WP)
    # What belongs to a post is in the same file.
    for part in parts:
        numbers = {text(item, "wp:post_id") for item in part.findall("item")}
        assert {text(item, "wp:post_parent") for item in part.findall("item")} - {"0"} <= numbers


def test_every_text_is_a_post_or_page_with_its_terms_and_author() -> None:
    [channel] = channels(migrated("4.1", "wxr").folder)
    wanted = Counter(
        (
            text(item, "title"), text(item, "wp:status"), text(item, "wp:post_type"),
            meta(item, "wp:postmeta", "_spip_kind"), meta(item, "wp:postmeta", "_spip_id"),
            tuple(sorted(one.get("nicename", "") for one in item.findall("category"))) or None,
        )
        for item in channel.findall("item") if text(item, "wp:post_type") != "attachment"
    )  # fmt: skip
    default = {term["slug"] for term in imported(is_divided=False)["terms"]} - {
        text(one, ".") for name in ("category/wp:category_nicename", "tag/wp:tag_slug")
        for one in channel.findall(f"wp:{name}", _WP)
    }  # fmt: skip
    for is_divided in (False, True):
        found = Counter(
            (
                post["title"], post["status"], post["type"], post["kind"], post["id"],
                tuple(sorted(set(post["terms"]) - default)) or None,
            )
            for post in imported(is_divided=is_divided)["posts"] if post["type"] != "attachment"
        )  # fmt: skip
        assert found == wanted
        authors = {post["author"] for post in imported(is_divided=is_divided)["posts"]}
        assert {text(one, ".") for one in channel.findall("wp:author/wp:author_login", _WP)} & authors


def test_threads_and_moderation_are_kept() -> None:
    [channel] = channels(migrated("4.1", "wxr").folder)
    wanted = set()
    for item in channel.findall("item"):
        names = {
            text(one, "wp:comment_id"): meta(one, "wp:commentmeta", "_spip_id")
            for one in item.findall("wp:comment", _WP)
        }
        wanted |= {
            (names[text(one, "wp:comment_id")], names.get(text(one, "wp:comment_parent"), ""),
             text(one, "wp:comment_approved"), text(one, "wp:comment_author"))
            for one in item.findall("wp:comment", _WP)
        }  # fmt: skip
    assert len(wanted) > 50
    for is_divided in (False, True):
        found = imported(is_divided=is_divided)["comments"]
        assert {(one["id"], one["parent"], one["approved"], one["author"]) for one in found} == wanted
        assert len(found) == len(wanted)
        assert {one["email"] for one in found} == {""}


def test_terms_are_there_with_their_parents() -> None:
    [channel] = channels(migrated("4.1", "wxr").folder)
    wanted = {
        ("category", text(one, "wp:category_nicename"), text(one, "wp:category_parent"))
        for one in channel.findall("wp:category", _WP)
    } | {("post_tag", text(one, "wp:tag_slug"), "") for one in channel.findall("wp:tag", _WP)}
    for is_divided in (False, True):
        found = [(one["taxonomy"], one["slug"], one["parent"]) for one in imported(is_divided=is_divided)["terms"]]
        assert wanted <= set(found)
        # And WordPress's own category.
        assert len(found) == len(wanted) + 1


def test_files_become_attachments_and_logos_featured_images() -> None:
    [channel] = channels(migrated("4.1", "wxr").folder)
    items = [item for item in channel.findall("item") if text(item, "wp:post_type") == "attachment"]
    wanted = {text(item, "wp:post_id") for item in items}
    for is_divided in (False, True):
        found = imported(is_divided=is_divided)
        files = [post for post in found["posts"] if post["type"] == "attachment"]
        # WordPress says which it does not take: those that are missing, and kinds of files that it does not allow.
        refused = [line for line in found["said"] if "Failed to import Media" in line]
        assert len(refused) < 6
        assert len(found["said"]) == len(refused)
        assert len(files) >= len(wanted) - len(refused)
        assert sum(post["thumbnail"] == "attachment" for post in found["posts"]) > 5
        assert {post["thumbnail"] for post in found["posts"]} <= {"", "attachment"}


def test_every_redirect_leads_to_something_in_wordpress() -> None:
    found = imported(is_divided=False)
    paths = {one["path"] for name in ("posts", "terms", "users") for one in found[name]}
    names = {path.rstrip("/").rpartition("/")[2] for path in paths if path}
    redirects = found["redirects"]
    assert len(redirects) > 900
    assert {tuple(row[2:]) for row in redirects} == {(0, 301)}
    assert {"/spip.php?article1", "/article1.html", "/spip.php?page=backend"} <= {row[0] for row in redirects}
    for source, target, *_ in redirects:
        assert source != target
        if not target.startswith("/") or target.startswith("/IMG/") or target in ("/", "/feed/"):
            continue
        # A post without a section is in a category that WordPress names in its language, and finds by its own name.
        is_guessed = target.count("/") == 2 and target.strip("/") in names
        assert target in paths or is_guessed, (source, target)


def test_redirects_name_the_pages_that_wordpress_makes_itself() -> None:
    text_of_table = (migrated("4.1", "wxr").folder / "redirects" / "redirection.csv").read_text("ascii")
    rows = list(csv.reader(text_of_table.splitlines()))
    assert rows[0] == ["source", "target", "regex", "code"]
    table = {source: target for source, target, regex, code in rows[1:] if (regex, code) == ("0", "301")}
    assert len(table) == len(rows) - 1
    article = "/economie-sociale-et-solidaire/cooperatives/qu-est-ce-qu-une-cooperative/"
    for source in ("?article1", "article1", "article1.html", "1", "article.php3?id_article=1", "Les-cooperatives"):
        assert table[f"/{source}"] == article
    assert table["/spip.php?page=article&id_article=1"] == table["/spip.php?article1"] == article
    assert table["/spip.php?rubrique4"] == (
        "/category/economie-sociale-et-solidaire/cooperatives/cooperatives-d-habitants/"
    )
    assert table["/spip.php?auteur2"] == "/author/herve-le-guellec/"
    assert table["/spip.php?mot1"].startswith("/tag/")
    assert table["/spip.php?syndic1"] == table["/spip.php?site1"]
    assert table["/backend.php3"] == "/feed/"
    assert not [target for target in table.values() if target.startswith("/en/")]
