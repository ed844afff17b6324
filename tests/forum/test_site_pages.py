"""Only the site says which pages have a forum: its migration, its site map, its built pages. Keys outlive addresses."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cryptography", reason="cryptography is not installed")

from spipconv.commands import main
from spipconv.forum.publication.migrated import BadSite, read_migrated
from spipconv.forum.publication.page_keys import is_key, key_of_path
from spipconv.forum.publication.site_pages import Registration, SitePage, register, rename
from spipconv.forum.publication.sitemaps import read_sitemap
from spipconv.forum.records import Page
from spipconv.forum.settings import read_settings, write_setting
from spipconv.forum.store.base import create_base, open_base
from spipconv.migration.target import TargetName
from tests.forum.bases import make_base, message
from tests.theme.sites import ARTICLE, demo

MAP = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def site_map(*addresses: str) -> str:
    return MAP.format("".join(f"<url><loc>{address}</loc><priority>1</priority></url>" for address in addresses))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_base(tmp_path)


def put(base: Path, *pages: SitePage) -> Registration:
    with open_base(base) as store:
        return register(store, pages, "fr")


def known(base: Path) -> dict[str, Page]:
    with open_base(base, reads_only=True) as store:
        return {page.key: page for page in store.pages.all()}


# ---- Of a migration ----


@pytest.mark.parametrize("to", ["hugo", "jekyll", "pelican", "eleventy", "mkdocs"])
def test_the_pages_of_a_migration_are_those_that_accept_messages(to: TargetName) -> None:
    pages = {page.key: page for page in read_migrated(demo(to))}
    assert len(pages) == 17
    assert pages["article1"] == SitePage(
        "article1", f"/{ARTICLE}", "La coopérative, une démocratie d’entreprise", "fr", is_open=True, messages=5
    )
    assert (pages["article10.en"].path, pages["article10.en"].language) == (
        "/en/english/the-co-operative-a-workplace-democracy/", "en",
    )  # fmt: skip
    assert not [key for key in pages if key.startswith(("mot", "auteur", "rubrique", "home"))]


def edit(site: Path, old: str, new: str) -> None:
    file = site / "content" / ARTICLE / "index.md"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a migrated folder of one page, with what is read of it."""
    source = demo("hugo")
    folder = tmp_path / "site"
    (folder / ".spipconv").mkdir(parents=True)
    lines = (source / ".spipconv" / "manifest.jsonl").read_text("utf-8").splitlines(keepends=True)
    own = [line for line in lines if line.startswith(('{"key":"article/1/', '{"key":"target"', '{"key":"home/0/fr'))]
    (folder / ".spipconv" / "manifest.jsonl").write_text("".join(own), "utf-8")
    (folder / "content" / ARTICLE).mkdir(parents=True)
    (folder / "content" / ARTICLE / "index.md").write_bytes((source / "content" / ARTICLE / "index.md").read_bytes())
    return folder


def test_the_front_matter_says_what_a_page_is_now(site: Path) -> None:
    edit(site, "comments: true", "comments: false")
    assert [page.is_open for page in read_migrated(site)] == [False], "it has messages"
    edit(site, "comments: false", "comments: une-cle")
    assert [(page.key, page.is_open) for page in read_migrated(site)] == [("une-cle", True)]
    edit(site, "comments: une-cle", "comments: ../../x")
    assert list(read_migrated(site)) == []
    edit(site, "comments: ../../x", "comments: true\ndraft: true")
    assert list(read_migrated(site)) == []
    edit(site, "draft: true", "[")
    assert [page.is_open for page in read_migrated(site)] == [False]


def test_a_folder_without_a_migration_is_refused(tmp_path: Path, site: Path) -> None:
    with pytest.raises(BadSite, match="site map"):
        list(read_migrated(tmp_path / "none"))
    (site / ".spipconv" / "manifest.jsonl").write_text('{"key":"x","files":{"../../etc/passwd":""}}\n')
    with pytest.raises(BadSite):
        list(read_migrated(site))


# ---- Registering ----


def test_a_page_keeps_its_key_when_its_address_changes(base: Path) -> None:
    one, two = SitePage("article2", "/un/", "Un", "fr", is_open=True), SitePage("article3", "/deux/", "Deux", "fr")
    assert put(base, one, two).added == 2
    number = known(base)["article2"].id
    # They change places, and one its title.
    done = put(base, SitePage("article2", "/deux/", "Un", "fr"), SitePage("article3", "/un/", "Trois", "fr"))
    assert (done.added, done.changed, done.refused) == (0, 2, ())
    pages = known(base)
    assert (pages["article2"].id, pages["article2"].path, pages["article3"].path) == (number, "/deux/", "/un/")
    done = put(base, SitePage("article3", "/un/", "Trois", "fr"))
    assert (done.same, set(done.missing)) == (1, {"article1", "article2"})


def test_a_closed_page_stays_closed_unless_the_site_opens_it(base: Path) -> None:
    with open_base(base) as store:
        store.pages.open(1, False)
    put(base, SitePage("article1", "/article1/", "An article", "fr"))
    assert not known(base)["article1"].is_open
    put(base, SitePage("article1", "/article1/", "An article", "fr", is_open=True))
    assert known(base)["article1"].is_open


def test_no_page_takes_the_place_of_another(base: Path) -> None:
    done = put(
        base, SitePage("article9", "/article1/", "Un autre", "fr"), SitePage("a", "/a/", "A"), SitePage("b", "/a/", "B")
    )
    assert (done.added, len(done.refused)) == (1, 2)
    assert set(known(base)) == {"article1", "a"}


def test_a_page_known_by_its_address_has_the_key_it_had(base: Path) -> None:
    done = put(base, SitePage("article1x", "/article1/"), SitePage("notes--b", "/notes/b/"))
    assert (done.same, done.added) == (1, 1)
    pages = known(base)
    assert (pages["article1"].title, pages["notes--b"].title, pages["notes--b"].language) == (
        "An article", "/notes/b/", "fr",
    )  # fmt: skip


def test_a_page_of_another_address_is_renamed(base: Path) -> None:
    with open_base(base) as store:
        assert rename(store, "/none/", "/x/") is None
        assert rename(store, "/article1/", "/x/") is not None
    assert known(base)["article1"].path == "/x/"


@given(st.text())
def test_a_key_is_always_the_name_of_one_file(path: str) -> None:
    key = key_of_path(f"/{path}/")
    assert key == "" or is_key(key)
    assert not set(key) & set('/\\:*?"<>| ')
    assert not key.startswith(".")


@pytest.mark.parametrize(
    ("path", "key"),
    [("/", "index"), ("/notes/a/", "notes--a"), ("/2020/01/a.html", "2020--01--a_html"), ("/caf%C3%A9/", "caf_C3_A9")],
)
def test_the_key_of_an_address_is_the_same_as_in_the_themes(path: str, key: str) -> None:
    assert key_of_path(path) == key


# ---- Site maps ----


def test_a_site_map_names_pages(tmp_path: Path) -> None:
    file = tmp_path / "sitemap.xml"
    file.write_text(
        site_map("https://www.example.org/a/", "https://www.example.org/b/?x=1#y", "https://www.example.org/a/")
    )
    pages = [SitePage("a", "/a/"), SitePage("b", "/b/")]
    assert list(read_sitemap(str(file))) == pages
    packed = tmp_path / "sitemap.xml.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert list(read_sitemap(str(packed))) == pages


def test_a_built_site_says_which_of_its_pages_have_a_form(tmp_path: Path) -> None:
    form = '<!DOCTYPE html><html lang="en-GB"><h1>A <em>title</em></h1><form data-page="article7.en"></form>'
    for name, text in {"a/index.html": form, "b/index.html": "<h1>None</h1>", "c.html": form.replace("7", "8")}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    listed = "https://www.example.org/en/sitemap.xml"
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "sitemap.xml").write_text(
        site_map(*(f"https://www.example.org/{path}" for path in ("a/", "b/", "c", "d/")))
    )
    index = f"<sitemapindex><sitemap><loc>{listed}</loc></sitemap><sitemap><loc>{listed}</loc></sitemap></sitemapindex>"
    (tmp_path / "sitemap.xml").write_text(index)
    assert list(read_sitemap(str(tmp_path / "sitemap.xml"))) == [
        SitePage("article7.en", "/a/", "A title", "en", is_open=True),
        SitePage("article8.en", "/c", "A title", "en", is_open=True),
        SitePage("d", "/d/"),
    ]


BOMB = '<!DOCTYPE x [<!ENTITY a "{}">]><urlset><url><loc>&a;</loc></url></urlset>'.format("x" * 1000)


@pytest.mark.parametrize("content", ["", "<urlset>", "<html><body/></html>", BOMB, "\x1f\x8b", "{}"])
def test_what_is_no_site_map_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "sitemap.xml"
    file.write_text(content, "latin-1")
    with pytest.raises(BadSite, match=r"sitemap\.xml: it ") as error:
        list(read_sitemap(str(file)))
    assert "\n" not in str(error.value)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Ignored."""

    def do_GET(self) -> None:
        name, _, target = self.path.partition("?to=")
        if name != "/moved":
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", target)
        self.end_headers()
        return None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "www").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "www")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_site_map_is_fetched_with_those_of_its_own_host(tmp_path: Path, served: str) -> None:
    (tmp_path / "www" / "part.xml").write_text(site_map(f"{served}/a/"))
    index = tmp_path / "www" / "sitemap.xml"
    index.write_text(f"<sitemapindex><sitemap><loc>{served}/part.xml</loc></sitemap></sitemapindex>")
    assert list(read_sitemap(f"{served}/sitemap.xml")) == [SitePage("a", "/a/")]
    index.write_text("<sitemapindex><sitemap><loc>file:///etc/passwd</loc></sitemap></sitemapindex>")
    with pytest.raises(BadSite, match="another host"):
        list(read_sitemap(f"{served}/sitemap.xml"))
    with pytest.raises(BadSite, match="cannot be read"):
        list(read_sitemap(f"{served}/none.xml"))


def test_no_redirection_leads_to_another_host(tmp_path: Path, served: str) -> None:
    (tmp_path / "www" / "sitemap.xml").write_text(site_map("https://www.example.org/a/"))
    assert list(read_sitemap(f"{served}/moved?to={served}/sitemap.xml")) == [SitePage("a", "/a/")]
    for target in (f"{served.replace('127.0.0.1', 'localhost')}/sitemap.xml", "ftp://127.0.0.1/a", "file:///etc/hosts"):
        with pytest.raises(BadSite, match=r"it leads to|not allowed"):
            list(read_sitemap(f"{served}/moved?to={target}"))


# ---- The command ----


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["comments", "pages", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_registers_pages_and_says_where_messages_will_go(base: Path, site: Path) -> None:
    code, out, _ = run(base, site)
    lines = out.splitlines()
    assert (code, lines[0]) == (0, f"{site}: 0 pages added, 1 changed, 0 as they were")
    assert lines[1].startswith(f"5 messages of the old site are not in {base} yet: import them")
    assert lines[2:] == [f"Published messages go into {site} (setting site_folder)"]
    with open_base(base) as store:
        store.messages.add(message(status="publie"))
    assert run(base, site)[1] == f"{site}: 0 pages added, 0 changed, 1 as they were\n"
    assert run(base)[1] == f"article1  /{ARTICLE}  open  1 published\n"
    assert run(base, "--close", "article1", "--rename", f"/{ARTICLE}", "/x/")[1] == "article1 is at /x/\n"
    assert run(base)[1] == "article1  /x/  closed  1 published\n"


@pytest.mark.parametrize("to", ["hugo", "jekyll", "pelican", "eleventy", "mkdocs"])
def test_a_base_without_a_name_takes_that_of_the_migrated_site(base: Path, to: TargetName) -> None:
    assert run(base, demo(to))[0] == 0
    with open_base(base) as store:
        assert (store.settings.get("title"), store.settings.get("language")) == ('"Atelier des communs"', '"fr"')
        write_setting(store, "title", "Our forum")
    run(base, demo(to))
    with open_base(base) as store:
        assert read_settings(store).title == "Our forum"


def test_settings_that_name_no_site_name_no_base(base: Path, site: Path) -> None:
    (site / "hugo.yaml").write_text("title: [\n")
    assert run(base, site)[0] == 0
    with open_base(base) as store:
        assert read_settings(store).title == ""


def test_a_base_without_pages_says_how_it_gets_some(tmp_path: Path) -> None:
    create_base(tmp_path / "empty.db")
    assert run(tmp_path / "empty.db")[2].startswith("there is no page yet: ")


def test_the_command_registers_all_or_nothing(base: Path, site: Path, tmp_path: Path) -> None:
    for arguments, part in (
        ((site, tmp_path / "none.xml"), "none.xml"),
        (("--close", "none"), "none"),
        (("--rename", "/none/", "/x/"), "/none/"),
        (("--rename", "/article1/", "/b/"), "/b/"),
    ):
        if "/b/" in arguments:
            put(base, SitePage("b", "/b/"))
        code, out, said = run(base, *arguments)
        assert (code, out, part in said, said.count("\n")) == (2, "", True, 1)
    assert set(known(base)) == {"article1", "b"}
