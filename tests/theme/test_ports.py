"""The theme is the same for every generator: the same site gives pages of the same structure."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from filelock import FileLock

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.migration.test_builds import built, program, run_generator
from tests.migrations import NOW, folder_of_the_run
from tests.theme.sites import DEMO, BuiltPage

pytestmark = pytest.mark.server

THEMED: tuple[TargetName, ...] = ("jekyll", "pelican", "eleventy")
# More articles than two pages of a list hold, with a keyword and an author.
MANY = 45
SECTION = "publications/"
# What somebody writes after the migration, in the place where the generator looks for it.
NEW_PAGES: Mapping[TargetName, tuple[str, str]] = {
    "hugo": (
        "content/publications/nouveau/index.md",
        '---\ntitle: "Un texte nouveau"\ndate: 2031-02-01\nthemes: [cooperation]\n---\n',
    ),
    "jekyll": (
        "_posts/2031-02-01-nouveau.md",
        '---\ntitle: "Un texte nouveau"\ncategories: [Publications]\ntags: [Coopération]\n---\n',
    ),
    "pelican": (
        "content/articles/publications/nouveau.md",
        "Title: Un texte nouveau\nDate: 2031-02-01\nTags: Coopération\n",
    ),
    "eleventy": (
        "content/publications/nouveau/index.md",
        '---\nlayout: article\ntitle: "Un texte nouveau"\nlang: fr\ndate: 2031-02-01\n'
        "mots: [/themes/cooperation/]\nsummary: Écrit après la migration.\n---\n",
    ),
}
# Of these, only headings, links and pictures: generators read Markdown and cut words each in their own way.
_TEXTS = frozenset({"body", "comment-text", "document-text", "summary"})
# Some targets have values of front matter in characters that need no escaping.
_LOOKALIKES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "‹": "<", "›": ">", "\u2060": "", "`": "'"})


@cache
def grown(to: TargetName) -> Path:
    """Return the folder of a target with the demonstration's site and ``MANY`` more articles, migrated."""
    folder = folder_of_the_run() / f"grown-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "site" / "report.json").exists():
            folder.mkdir(exist_ok=True)
            (folder / "site.sql").write_text((DEMO / "site.sql").read_text("utf-8") + _articles(), "utf-8")
            options = MigrationOptions(to, img=DEMO / "IMG", now=NOW)
            migrate(str(folder / "site.sql"), folder / "site", options).close()
    return folder / "site"


@cache
def built_grown(to: TargetName) -> Path:
    """Return the pages of the same site, with a page that its new author wrote."""
    program({"eleventy": "node"}.get(to, to))
    folder = folder_of_the_run() / f"grown-built-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(grown(to), folder / "site")
            name, text = NEW_PAGES[to]
            (folder / "site" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "site" / name).write_text(f"{text}\nÉcrit après la migration.\n", "utf-8")
            # The new page has a date in the future, so that it is the first of all lists.
            for settings in ("hugo.yaml", "_config.yml", "pelicanconf.py", "_data/site.json"):
                if (path := folder / "site" / settings).is_file():
                    text = path.read_text("utf-8").replace("Future: false", "Future: true")
                    text = text.replace("future: false", "future: true").replace(
                        'shows_future": false', 'shows_future": true'
                    )
                    path.write_text(text.replace("FUTURE_DATES = False", "FUTURE_DATES = True"), "utf-8")
            run_generator(to, folder / "site", folder / "out")
            (folder / "done").touch()
    return folder / "out"


def _articles() -> str:
    """Return the lines of a dump for more articles in a section, some of one date, and some in a further section."""
    fields = "statut lang id_trad surtitre soustitre descriptif chapo texte ps nom_site url_site date_redac virtuel"
    names = [*fields.split(), "id_article", "id_rubrique", "titre", "date", "date_modif"]
    articles, keywords, authors = [], [], []
    for number in range(1, MANY + 1):
        month = min(number, MANY - 3)
        date = f"{1990 + month // 12}-{1 + month % 12:02}-01 10:00:00"
        values = [
            "publie",
            "fr",
            0,
            *[""] * 4,
            "R&D",
            *[""] * 3,
            date,
            "",
            900 + number,
            3,
            f"Note {number}",
            date,
            date,
        ]
        articles.append(", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in values))
        keywords.append(f"1, {900 + number}, 'article'")
        authors.append(f"1, {900 + number}, 'article'")
    tables = (
        ("articles", names, articles),
        ("mots_liens", ("id_mot", "id_objet", "objet"), keywords),
        ("auteurs_liens", ("id_auteur", "id_objet", "objet"), authors),
        (
            "rubriques_liens",
            ("id_parent", "id_objet", "objet"),
            ["2, 903, 'article'", "2, 930, 'article'"],
        ),
    )
    further = "\nCREATE TABLE `spip_rubriques_liens` (`id_parent` int, `id_objet` int, `objet` varchar(25));"
    return further + "".join(
        f"\nINSERT INTO `spip_{table}` ({', '.join(columns)}) VALUES ({'), ('.join(rows)});\n"
        for table, columns, rows in tables
    )


def outline(path: Path) -> list[str]:
    """Return the elements of a page, one a line, with their attributes and words."""
    page = html5lib.parse(path.read_text("utf-8"), namespaceHTMLElements=False)
    head, body = page[0], page[1]
    # Hugo dates a section by its texts; elsewhere a list has sections last.
    for entries in body.iter("ol"):
        entries[:] = sorted(entries, key=lambda entry: "entry-rubrique" in entry.get("class", ""))
    lines = [f"html {page.attrib}", *[f"title {_flat(title.text)}" for title in head.iter("title")]]
    for element in head:
        # Hugo's error page has translations, and so have the further pages of a list.
        is_own = element.tag in ("link", "script") and element.get("type") != "application/rss+xml"
        is_own = is_own and ("hreflang" not in element.attrib or not {"404.html", "page"} & set(path.parts))
        if is_own or element.get("property") in ("og:type", "og:title", "og:url", "og:image"):
            lines.append(f"{element.tag} {sorted((name, _flat(value)) for name, value in element.attrib.items())}")
    # Hugo calls a page of which it knows no kind a page.
    body.set("class", body.get("class", "").replace("kind-page", "kind-article"))
    own = next(link.get("href", "") for link in head.iter("link") if link.get("rel") == "canonical")
    return [*sorted(lines), *_lines(body, "", urlsplit(own).path)]


def _lines(element: Any, indent: str, own: str) -> Iterator[str]:
    is_text = not _TEXTS.isdisjoint(element.get("class", "").split()) and element.tag != "body"
    words = "" if is_text else _flat(element.text)
    attributes = " ".join(f"{name}={_flat(value)}" for name, value in sorted(element.attrib.items()))
    yield f"{indent}<{element.tag} {attributes}> {words}"
    if is_text:
        yield from [f"{indent} {line}" for line in _contents(element, own)]
        return
    for child in element:
        if isinstance(child.tag, str):
            yield from _lines(child, indent + " ", own)
        if tail := _flat(child.tail):
            yield f"{indent} {tail}"


def _contents(text: Any, own: str) -> Iterator[str]:
    for element in text.iter():
        if element.tag in ("h2", "h3", "h4", "h5", "h6"):
            # The mark of a note is 2 or [2].
            yield f"{element.tag} {re.sub(r'[][]', '', _flat(''.join(element.itertext())))}"
        for name in ("href", "src"):
            # Links within the page: the anchors of notes are those of each generator.
            if not (address := element.get(name, "#")).startswith(("#", f"{own}#", "mailto:")):
                yield f"{element.tag} {address}"


def _flat(text: str | None) -> str:
    return " ".join((text or "").translate(_LOOKALIKES).split())


def addresses(site: Path) -> Iterator[str]:
    """Yield the addresses of the pages that were migrated, without the slash before them."""
    for line in (site / ".spipconv" / "manifest.jsonl").read_text("utf-8").splitlines():
        if '"page":"/' in line:
            yield line.partition('"page":"/')[2].partition('"')[0]


@pytest.mark.parametrize("site", ["demo", "4.1"])
@pytest.mark.parametrize("to", THEMED)
def test_pages_have_the_structure_of_hugo_s(to: TargetName, site: str) -> None:
    if site == "demo":
        pages, of_hugo, folder = built_grown(to), built_grown("hugo"), grown(to)
    else:
        pages, of_hugo = built(site, to), built(site, "hugo")
        folder = pages.parent / "site"
    paths = [f"{address}index.html" for address in addresses(folder)]
    paths += ["auteurs/index.html", "404.html"]
    if site == "demo":
        paths += [f"{SECTION}page/2/index.html", f"{SECTION}page/3/index.html", f"{SECTION}nouveau/index.html"]
        paths += ["themes/cooperation/page/3/index.html", "auteurs/claire-montagnac/page/2/index.html"]
    # Drafts have no page.
    paths = [path for path in paths if (of_hugo / path).exists()]
    assert len(paths) > 60
    differences = [
        line
        for path in paths
        for line in difflib.unified_diff(outline(of_hugo / path), outline(pages / path), path, to, n=1, lineterm="")
    ]
    assert differences[:80] == []


@pytest.mark.parametrize("to", ["hugo", *THEMED])
def test_lists_have_texts_of_further_sections_and_those_of_one_date_by_title(to: TargetName) -> None:
    section = BuiltPage(built_grown(to) / "enquetes" / "index.html")
    assert [title for title in section.words("h3.entry-title") if "Note" in title] == ["Note 30", "Note 3"]
    assert "R&D" in section.words("p.summary")
    titles = BuiltPage(built_grown(to) / SECTION / "index.html").words("h3.entry-title")
    first = titles.index("Note 42")
    assert titles[first : first + 5] == ["Note 42", "Note 43", "Note 44", "Note 45", "Note 41"]


@pytest.mark.parametrize("to", ["hugo", *THEMED])
def test_a_page_that_is_added_appears_in_the_lists(to: TargetName) -> None:
    for address in ("", SECTION):
        entries = BuiltPage(built_grown(to) / address / "index.html").words("h3.entry-title")
        assert entries[0] == "Un texte nouveau"
    last = BuiltPage(built_grown(to) / SECTION / "page" / "3" / "index.html")
    assert last.words("h3.entry-title")[-1] == "Note 1"
    assert BuiltPage(built_grown(to) / SECTION / "nouveau" / "index.html").words("nav.breadcrumb") == [
        "Accueil Publications Un texte nouveau"
    ]
