"""A site with a forum, built by each generator: imported and new messages in order and nested, and the form."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from filelock import FileLock

pytest.importorskip("cryptography", reason="cryptography is not installed")

from spipconv.commands import main
from spipconv.forum.publication.page_keys import key_of_path
from spipconv.forum.store.base import open_base
from spipconv.migration.target import TREES, TargetName
from tests.forum.bases import message
from tests.forum.test_attacks_on_visitors import HOOKS, LOOK, TOUCH, VECTORS, WANTED, fill
from tests.judges import dangers, serialise
from tests.migration.test_builds import GENERATORS, program, run_generator
from tests.migrations import folder_of_the_run
from tests.theme.sites import ARTICLE, DEMO, BuiltPage, demo, words
from tests.theme.test_in_browser import served
from tests.theme.test_ports import NEW_PAGES, outline
from tests.theme.test_structure import KINDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Route

pytestmark = pytest.mark.server

BUILT: tuple[TargetName, ...] = ("hugo", "jekyll", "pelican", "eleventy", "mkdocs")
SERVER = "https://comments.example.org/forum"
# How the setting is written by hand, as docs/comments.md says.
SETTINGS = {
    "hugo": ("hugo.yaml", "\nparams:\n", f"\nparams:\n  comments_server: {SERVER}/\n"),
    "jekyll": ("_config.yml", "\npagefind:", f"\ncomments_server: {SERVER}/\npagefind:"),
    "pelican": ("pelicanconf.py", "SEARCH = ", f'COMMENTS_SERVER = "{SERVER}/"\nSEARCH = '),
    "eleventy": ("_data/site.json", '"shows_future"', f'"comments_server": "{SERVER}/", "shows_future"'),
    "mkdocs": ("mkdocs.yml", "\nextra:\n", f"\nextra:\n  comments_server: {SERVER}/\n"),
}
NEWS = "l-atelier/parution-de-la-note-no-12/"
ATTACKED = KINDS["gallery"]
ATTACKS = VECTORS[:: 1 if WANTED else 5]


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, ["comments", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


@cache
def built(to: TargetName) -> tuple[Path, Path]:
    """Return the folder of a migrated site with a forum and the folder of its pages, with a new page and messages."""
    program(GENERATORS[to][0])
    folder = folder_of_the_run() / f"forum-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(demo(to), folder / "site")
            make(to, folder)
            run_generator(to, folder / "site", folder / "out")
            (folder / "done").touch()
    return folder / "site", folder / "out"


def make(to: TargetName, folder: Path) -> None:
    site, base = folder / "site", folder / "forum.db"
    name, old, new = SETTINGS[to]
    text = (site / name).read_text("utf-8")
    assert text.count(old) == 1
    (site / name).write_text(text.replace(old, new), "utf-8")
    if to in NEW_PAGES:
        name, header = NEW_PAGES[to]
        field = {"pelican": "Comments: true\n", "eleventy": "forum: true\n---\n"}.get(to, "comments: true\n---\n")
        # Not to come.
        header = header.removesuffix("---\n").replace("2031", "2017").replace("_posts/2031", "_posts/2017") + field
        (site / name.replace("2031", "2017")).parent.mkdir(parents=True, exist_ok=True)
        (site / name.replace("2031", "2017")).write_text(f"{header}\nÉcrit après la migration.\n", "utf-8")
    run("init", base, "--site", "https://www.atelier-des-communs.example")
    run("pages", base, site)
    before = (site / TREES[to].data / "comments" / "article1.json").read_bytes()
    run("import", base, DEMO / "site.sql")
    assert run("export", base) == "0 files written, 1 unchanged, 0 removed\n"
    assert (site / TREES[to].data / "comments" / "article1.json").read_bytes() == before
    with open_base(base) as store:
        pages = {page.path: page.id for page in store.pages.all()}
        store.messages.add(message(1, text="Encore", parent=2, status="prop"))
        for parent in (2, 3, 7):
            store.messages.add(message(pages[f"/{ARTICLE}"], text="{{Encore}}", parent=parent, status="publie"))
        store.messages.add(message(pages[f"/{NEWS}"], text="Une <script>alert(1)</script>", status="publie"))
        fill(store, pages[f"/{ATTACKED}"], ATTACKS)
    assert run("export", base) == "3 files written, 0 unchanged, 0 removed\n"


def read(to: TargetName, address: str) -> BuiltPage:
    return BuiltPage(built(to)[1] / address / "index.html")


@pytest.mark.parametrize("to", BUILT)
def test_messages_are_in_order_and_nested(to: TargetName) -> None:
    page = read(to, ARTICLE)
    messages = page.all("li.comment")
    assert [(item.get("id"), item.get("class").split()[1]) for item in messages] == [
        ("forum1", "depth-0"), ("forum2", "depth-1"), ("forum3", "depth-2"), ("forum9", "depth-3"),
        ("forum8", "depth-2"), ("forum10", "depth-2"), ("forum4", "depth-0"), ("forum5", "depth-1"),
    ]  # fmt: skip
    assert "en réponse à Hervé Le Guellec" in words(messages[4])
    assert [strong.text for strong in messages[4].iter("strong")] == ["Encore"]
    assert "(8)" in words(page.all("section.comments")[0])
    (first,) = read(to, NEWS).all("li.comment")
    assert not list(first.iter("script"))


@pytest.mark.parametrize("to", BUILT)
def test_a_page_that_accepts_messages_has_a_form_and_ways_to_answer(to: TargetName) -> None:
    for address, key in ((ARTICLE, "article1"), ("en/english/the-co-operative-a-workplace-democracy/", "article10.en")):
        page = read(to, address)
        (form,) = [form for form in page.all("form") if form.get("id") == "form"]
        language = "en" if address.startswith("en/") else "fr"
        assert (form.get("method"), form.get("action")) == ("post", f"{SERVER}/messages")
        assert (form.get("data-server"), form.get("data-page")) == (SERVER, key)
        fields = [*form.iter("input"), *form.iter("textarea")]
        assert [field.get("name") for field in fields] == [
            "page", "parent", "lang", "nobot", "author", "email", "url", "title", "text",
        ]  # fmt: skip
        assert [field.get("value") for field in fields[:3]] == [key, "0", language]
        labels = {label.get("for"): words(label) for label in form.iter("label")}
        assert all(labels[field.get("id")] for field in fields[4:])
        (widget,) = [element for element in page.tree.iter() if element.tag == "spip-preview"]
        assert (widget.get("endpoint"), widget.get("lang")) == (f"{SERVER}/preview", language)
        assert form in list(widget.iter())
        (button,) = form.iter("button")
        assert words(button) == {"fr": "Prévisualiser", "en": "Preview"}[language]
    replies = [link.get("href") for link in read(to, ARTICLE).all("a") if words(link) == "Répondre à ce message"]
    assert replies == [f"{SERVER}/pages/article1?parent={number}#form" for number in (1, 2, 3, 9, 8, 10, 4, 5)]
    english = read(to, "en/english/the-co-operative-a-workplace-democracy/")
    (thread,) = english.all("ol.thread")
    assert thread.get("hidden") is not None, "a list without entries is none"


@pytest.mark.parametrize("to", [name for name in BUILT if name in NEW_PAGES])
def test_a_new_page_has_the_key_of_its_address(to: TargetName) -> None:
    out = built(to)[1]
    (file,) = out.glob("**/nouveau/index.html")
    path = f"/{file.parent.relative_to(out).as_posix()}/"
    assert [form.get("data-page") for form in BuiltPage(file).all("form.comment-form")] == [key_of_path(path)]


@pytest.mark.parametrize("to", BUILT)
def test_other_pages_have_none(to: TargetName) -> None:
    for address in ("", "auteurs/claire-montagnac/", "idees/"):
        assert not read(to, address).all("section.comments")


@pytest.mark.parametrize("to", ["jekyll", "pelican", "eleventy"])
def test_the_form_is_that_of_hugo_s_theme(to: TargetName) -> None:
    for address in (ARTICLE, NEWS):
        ours, of_hugo = (outline(built(name)[1] / address / "index.html") for name in (to, "hugo"))
        assert [line for line in ours if "comment" in line or "form-" in line] == [
            line for line in of_hugo if "comment" in line or "form-" in line
        ]


def test_a_page_may_have_a_key_of_its_own(tmp_path: Path) -> None:
    program("hugo")
    shutil.copytree(built("hugo")[0], tmp_path / "site")
    page = tmp_path / "site" / "content" / NEWS / "index.md"
    page.write_text(
        re.sub("^comments: true$", "comments: une-cle", page.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )
    (tmp_path / "site" / "data" / "comments" / "une-cle.json").write_text(
        json.dumps(
            [
                {
                    "id": 77,
                    "parent": 0,
                    "depth": 0,
                    "author": "",
                    "answered": "",
                    "url": "",
                    "date": "",
                    "title": "",
                    "html": "",
                }
            ]
        )
    )
    run_generator("hugo", tmp_path / "site", tmp_path / "out")
    built_page = BuiltPage(tmp_path / "out" / NEWS / "index.html")
    assert [form.get("data-page") for form in built_page.all("form.comment-form")] == ["une-cle"]
    assert [item.get("id") for item in built_page.all("li.comment")] == ["forum77"]


@pytest.mark.parametrize("to", BUILT)
def test_feeds_can_be_read_while_the_server_is_off(to: TargetName) -> None:
    site, out = built(to)
    feeds = out / "feeds"
    assert b"forum10" in (feeds / "article1.atom").read_bytes()
    static = TREES[to].images.removesuffix("IMG")
    for name in ("article1", "site"):
        assert (feeds / f"{name}.atom").read_bytes() == (site / f"{static}feeds" / f"{name}.atom").read_bytes()


@pytest.mark.parametrize("to", BUILT)
def test_pages_with_messages_lead_to_their_feed(to: TargetName) -> None:
    feeds = [
        (element.tag, element.get("href"), element.get("title") or words(element))
        for address in (ARTICLE, NEWS, "en/english/the-co-operative-a-workplace-democracy/", "")
        for element in read(to, address).tree.iter()
        if element.get("type") == "application/atom+xml"
    ]
    assert [(tag, str(address).removeprefix("/")) for tag, address, _ in feeds] == [
        (tag, f"feeds/{name}.atom") for name in ("article1", "breve2") for tag in ("link", "a")
    ], "others have no messages"
    assert {title for *_, title in feeds} == {"Fil des commentaires (Atom)"}


# ---- Attacks in every field ----


@pytest.mark.parametrize("to", BUILT)
def test_no_attack_is_more_than_words_in_a_built_page(to: TargetName) -> None:
    (thread,) = read(to, ATTACKED).all("ol.thread")
    items = list(thread)
    assert len(items) == len(ATTACKS)
    assert all(item.tag == "li" and re.fullmatch(r"forum\d+", item.get("id", "")) for item in items)
    wrong = {
        (element.tag, name)
        for item in items
        for element in item.iter()
        for name in (element.tag, *element.attrib)
        if name in ("script", "style", "iframe", "img", "svg", "form", "input", "object", "src")
        or name.startswith("on")
    }
    assert wrong == set()
    for item in items:
        for part in item.iter("div"):
            if "comment-text" in part.get("class", "").split():
                assert dangers(serialise(part)) == frozenset()


def test_no_attack_runs_in_a_built_page(browser: Browser) -> None:
    with served(built("hugo")[1]) as address:
        context = browser.new_context()
        context.add_init_script(HOOKS)
        strange: list[str] = []

        def serve(route: Route) -> None:
            if route.request.url.startswith(address):
                return route.continue_()
            strange.append(route.request.url)
            return route.abort()

        def dismiss(dialog: Dialog) -> None:
            strange.append(dialog.message)
            dialog.dismiss()

        context.route("**/*", serve)
        page = context.new_page()
        page.on("dialog", dismiss)
        page.goto(address + ATTACKED)
        page.evaluate(TOUCH)
        page.wait_for_timeout(100)
        assert page.evaluate(LOOK) == []
        # The form's own parts, from its server.
        assert [seen for seen in strange if not seen.startswith(SERVER)] == []
        context.close()
