"""A migrated site is built by the real generators and served by a real nginx: every link works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from filelock import FileLock

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TREES, TargetName
from tests.hard_sites import hard_site
from tests.migrations import EXPECTED, NOW, SOURCES, Migrated, folder_of_the_run, migrated
from tests.webservers import running_nginx

pytestmark = pytest.mark.server

HOST = urlsplit(EXPECTED["site"]["adresse_site"]).netloc


class Page(HTMLParser):
    """The addresses on a page, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [str(values[name]) for name in ("href", "src") if values.get(name) is not None]
        self.anchors |= {str(values[name]) for name in ("id", "name") if values.get(name)}


def program(name: str) -> str:
    """Return the path of a program, in this environment or on the system; if it is missing, skip the test."""
    path = shutil.which(str(Path(sys.executable).parent / name)) or shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


GENERATORS: Mapping[TargetName, tuple[str, ...]] = {
    "hugo": ("hugo", "--source", "{site}", "--destination", "{out}", "--panicOnWarning"),
    "pelican": ("pelican", "-s", "{site}/pelicanconf.py", "-o", "{out}", "{site}/content", "--fatal", "errors"),
    "jekyll": ("jekyll", "build", "--source", "{site}", "--destination", "{out}", "--disable-disk-cache"),
    "mkdocs": ("mkdocs", "build", "--strict", "--quiet", "--config-file", "{site}/mkdocs.yml", "--site-dir", "{out}"),
    "eleventy": ("node", "{modules}/@11ty/eleventy/cmd.cjs", "--quiet", "--output={out}"),
}
MODULES = Path(__file__).parents[2] / "node_modules"


def run_generator(to: TargetName, site: Path, out: Path) -> str:
    """Build a migrated site with the generator of its target; return what that prints."""
    name, *arguments = GENERATORS[to]
    tool = program(name)
    if to == "eleventy":
        if not (MODULES / "@11ty").exists():
            pytest.skip("Eleventy is not installed: npm ci")
        if not (site / "node_modules").exists():
            (site / "node_modules").symlink_to(MODULES)
    command = [tool, *[each.format(site=site, out=out, modules=MODULES) for each in arguments]]
    # Its plugin for redirects announces another program.
    quiet = {**os.environ, "DISABLE_MKDOCS_2_WARNING": "true"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=site, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    return done.stdout + done.stderr


@cache
def built(source: str, to: TargetName) -> Path:
    """Return the folder of the pages of a migrated site, built once for each run of the tests."""
    program(GENERATORS[to][0])
    folder = folder_of_the_run() / f"built-{source}-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(migrated(source, to).folder, folder / "site")
            run_generator(to, folder / "site", folder / "out")
            (folder / "done").touch()
    return folder / "out"


def read_pages(out: Path) -> dict[str, Page]:
    """Return the pages of a built site by their paths."""
    return {str(path.relative_to(out)): Page(path.read_text("utf-8", "replace")) for path in out.rglob("*.html")}


def broken_links(out: Path, pages: dict[str, Page]) -> set[str]:
    """Return the addresses on a site's own pages that do not exist."""
    broken = set()
    for name, page in pages.items():
        here = f"https://{HOST}/{name.removesuffix('index.html')}"
        for address in page.addresses:
            parts = urlsplit(urljoin(here, address))
            if parts.scheme not in ("http", "https") or parts.netloc != HOST:
                continue
            path = out / unquote(parts.path).lstrip("/")
            if path.is_dir():
                path /= "index.html"
            there = pages.get(str(path.relative_to(out)))
            if not path.is_file() or (parts.fragment and there and unquote(parts.fragment) not in there.anchors):
                broken.add(address)
    return broken


@pytest.mark.parametrize("source", ["4.1", "1.9"])
@pytest.mark.parametrize("to", GENERATORS)
def test_a_built_site_has_no_dead_link_but_those_reported(to: TargetName, source: str) -> None:
    out = built(source, to)
    pages = read_pages(out)
    assert len(pages) > 100
    report = migrated(source, to)
    reported = {"/" + detail if "://" not in detail else detail for detail in report.details("link-unresolved")}
    reported |= {f"/IMG/{file}" for file in report.details("file-missing")}
    broken = broken_links(out, pages)
    assert broken <= reported


def test_mkdocs_does_not_list_documents_that_the_text_has() -> None:
    texts = [page.text for page in read_pages(built("4.1", "mkdocs")).values()]
    assert any("/IMG/pdf/" in text for text in texts)
    for before, _, after in (text.partition('<section class="documents">') for text in texts):
        listed = re.findall('href="([^"]*)"', after.partition("</section>")[0])
        assert not [address for address in listed if f'"{address}"' in before]


@pytest.mark.parametrize(
    ("base", "to"),
    [
        *(("plugins.sqlite", to) for to in GENERATORS),
        ("odd.sqlite", "hugo"),
        ("odd.sqlite", "mkdocs"),
        ("backup192_small.xml", "hugo"),
    ],
)
def test_hard_bases_are_built_without_dead_links(base: str, to: TargetName, tmp_path: Path) -> None:
    program(GENERATORS[to][0])
    source = hard_site(base, tmp_path)
    with closing(migrate(str(source), tmp_path / "site", MigrationOptions(to, now=NOW))):
        run_generator(to, tmp_path / "site", tmp_path / "out")
    pages = read_pages(tmp_path / "out")
    assert len(pages) > 5
    report = Migrated(tmp_path / "site")
    details = {unquote(detail) for detail in report.details("link-unresolved")}
    places = {unquote(detail) for detail in report.details("anchor-missing")}
    broken = {unquote(address).lstrip("/") for address in broken_links(tmp_path / "out", pages)}
    # There is no folder IMG.
    own = {address for address in broken if "IMG/" not in address}
    # In a feed or a list, a place is on the page of its text.
    assert {address for address in own if address[address.find("#") :] not in places} <= details


@pytest.mark.parametrize("to", GENERATORS)
def test_drafts_and_the_future_are_not_built(to: TargetName) -> None:
    out = built("4.1", to)
    published = "".join(page.text for page in read_pages(out).values())
    assert "Texte non public" not in published
    assert "Publié dans le futur" not in published
    assert "Texts in English" in published


@pytest.mark.parametrize("to", GENERATORS)
def test_template_code_of_the_texts_is_shown_and_not_run(to: TargetName) -> None:
    out = built("4.1", to)
    pages = read_pages(out)
    page = pages["economie-sociale-et-solidaire/cooperatives/scop-scic/la-scic-mode-d-emploi-pas-a-pas/index.html"]
    words = unescape(re.sub("<[^>]*>", "", page.text))
    assert "{{{ni un intertitre}}}" in words
    assert "{{code}}" in words
    page = pages["publications/notes-de-travail/note-budget-2008-brouillon-50/index.html"]
    assert "faux front matter" in page.text
    assert "7*7" in unescape(page.text)


def test_no_page_contains_code_that_a_hostile_text_would_run() -> None:
    pages = read_pages(built("4.1", "hugo"))
    assert any('"forum11"' in page.text for page in pages.values())
    for page in pages.values():
        content = page.text.partition("<main")[2]
        assert "<script" not in content
        assert not [address for address in page.addresses if address.lower().startswith(("javascript:", "data:"))]


@pytest.mark.parametrize("source", ["4.1", "3.2", "1.9"])
def test_every_old_address_of_the_site_answers_from_a_real_nginx(source: str) -> None:
    site = migrated(source, "hugo").folder
    files: dict[str, str] = {}
    for line in (site / ".spipconv" / "manifest.jsonl").read_text("utf-8").splitlines():
        if '"page":"/' in line:
            address = line.partition('"page":"')[2].partition('"')[0]
            files[f"{address.strip('/')}/index.html".lstrip("/")] = address
    maps = (site / "redirects" / "nginx-maps.conf").read_text("utf-8")
    server = (site / "redirects" / "nginx-server.conf").read_text("utf-8")
    version = {"4.1": "41", "1.9": "192"}.get(source, "32")
    visible = [one["id"] for one in EXPECTED["articles"] if one["visible"] and not one["virtuel"]]
    forms = [form for form in EXPECTED["legacy_numeric_urls"] if "bare" not in form]
    with running_nginx(files, maps, server) as nginx:
        for number in visible:
            wanted = {nginx.get("/" + form % number).location for form in forms}
            assert len(wanted) == 1, number
            assert nginx.get(wanted.pop()).status == 200
        for name, path in EXPECTED["urls"][version]["canonical"].items():
            answer = nginx.get("/" + "".join(f"%{byte:02X}" if byte > 127 else chr(byte) for byte in path.encode()))
            if name.startswith("auteur") or (name.startswith("article") and int(name[7:]) not in visible):
                continue
            assert answer.status in (200, 301), name
            if answer.location.startswith("/"):
                assert nginx.get(answer.location).status == 200, name
        assert nginx.get("/spip.php?article9999").status == 404
        assert nginx.get("/spip.php?article50").status == 404


def test_every_flavour_of_tree_was_built_or_read() -> None:
    assert set(TREES) == {*GENERATORS, "markdown"}
    assert len(SOURCES) == 5


def test_links_of_the_plain_tree_lead_from_file_to_file() -> None:
    from markdown_it import MarkdownIt

    folder = migrated("4.1", "markdown").folder
    reader = MarkdownIt("commonmark", {"html": True})
    links = 0
    reported = migrated("4.1", "markdown").details("link-unresolved")
    missing = migrated("4.1", "markdown").details("file-missing")
    for path in folder.rglob("*.md"):
        text = path.read_text("utf-8").partition("\n---\n")[2]
        assert 'href="/' not in text, path
        for address in Page(reader.render(text)).addresses:
            parts = urlsplit(address)
            if parts.scheme or not parts.path or parts.path.startswith("/"):
                continue
            links += 1
            target = path.parent / unquote(parts.path)
            name = f"{target.name}?{parts.query}" if parts.query else target.name
            assert target.exists() or name in reported or any(file.endswith(name) for file in missing), (path, address)
    assert links > 300
