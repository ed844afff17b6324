"""A site whose every field is an attack, migrated, built by the real generators, and opened page by page in Chromium.

A selection is tried in every run. By hand, with the figures: ``ATTACKS=tests/security/attacks.jsonl pytest -s`` on this
file, or any other file of attacks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree

import html5lib
import pytest
import yaml
from click.testing import CliRunner

from spipconv.commands import main
from spipconv.migration.target import TREES, TargetName
from tests.judges import ADDRESSES, FORBIDDEN, SCHEMES, UNCLEAN
from tests.migration.test_builds import GENERATORS, program, run_generator
from tests.migrations import EXAMPLE
from tests.safety.test_browser import HOOKS, TOUCH

Error = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").Error

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Route

pytestmark = pytest.mark.browser

# All attacks of the given file, or every n-th.
_NAMED = os.environ.get("ATTACKS", "")
_STEP = 1 if _NAMED else 50
_FILE = Path(_NAMED or Path(__file__).parent.parent / "security" / "attacks.jsonl")
_OWN = (
    'Bilan" onmouseover="alert(1)',
    "Bilan' onfocus='alert(1)' tabindex='0",
    "</title><script>alert(1)</script>",
    "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    "&quot; onmouseover=&quot;alert(1)",
    "[mot](javascript:alert(1)) ![mot](x){: onerror=alert(1)}",
    "{{ '<script>alert(1)</script>' }} {% raw %} {{< x >}} {attach}../x",
    "]]><script>alert(1)</script> \x1b[1m \ufffe \x0c \x07",
    '"><img src=x onerror=alert(1)><"',
    "---\ntitle: x\n---\n<script>alert(1)</script>",
)
# Half a surrogate pair is written as careless programs write it: in three bytes that are not UTF-8.
VECTORS = [*_OWN, *[json.loads(line)["vector"] for line in _FILE.read_text("utf-8").splitlines()][::_STEP]]
_FIELDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "articles": (
        "id_article", "titre surtitre soustitre descriptif chapo ps nom_site url_site",
        {"statut": "publie", "date": "2020-01-02 03:04:05", "lang": "fr"},
    ),
    "rubriques": ("id_rubrique", "titre descriptif texte", {"statut": "publie", "lang": "fr"}),
    "mots": ("id_mot", "titre descriptif texte", {"id_groupe": 1}),
    "auteurs": ("id_auteur", "nom bio nom_site url_site", {"statut": "1comite"}),
    "breves": (
        "id_breve", "titre texte lien_titre lien_url", {"statut": "publie", "date_heure": "2020-01-02 03:04:05"},
    ),
    "syndic": (
        "id_syndic", "nom_site url_site url_syndic descriptif", {"statut": "publie", "date": "2020-01-02 03:04:05"},
    ),
    "documents": (
        "id_document", "titre descriptif credits alt", {"extension": "jpg", "media": "image", "mode": "image"},
    ),
    "forum": (
        "id_forum", "titre texte auteur nom_site url_site",
        {"statut": "publie", "objet": "article", "date_heure": "2020-01-02 03:04:05"},
    ),
}  # fmt: skip
# Kinds of pages that are made only from every n-th attack.
_FEWER = (
    {"rubriques": 10, "mots": 5, "auteurs": 5, "breves": 40, "syndic": 40}
    if _NAMED
    else {"rubriques": 3, "mots": 1, "auteurs": 1, "breves": 5, "syndic": 5}
)
# Code of careless themes, in addition to the systems' own themes.
CARELESS_LIQUID = """<div title="{{ page.title }}" lang='{{ page.surtitre }}' class="{{ page.categories | join: ' ' }}">
{{ page.title }} {{ page.title | markdownify }} {{ page.description }} {{ page.authors | join: ', ' }} {{ page.tags }}
<a href="{{ page.lien.url }}">{{ page.lien.titre }}</a> <img src="{{ page.image }}" alt="{{ page.description }}">
{{ page.excerpt }} {{ page.excerpt | markdownify }} {{ page.excerpt | strip_html }}
{% for one in page.documents %}<a href='{{ one.fichier }}' title='{{ one.titre }}'>{{ one.titre }}</a>{% endfor %}
{{ site.title }} <i title="{{ site.description }}">{{ site.title | markdownify }}</i></div>
"""
CARELESS_GO = """<div title="{{ .Title }}">{{ .Title | markdownify }} {{ .Description | markdownify }}
{{ .Summary }} <b title="{{ .Summary | plainify }}">{{ .Params.summary | markdownify }}</b>
{{ with .Params.lien }}<a href="{{ .url }}">{{ .titre | markdownify }}</a>{{ end }} {{ site.Title | markdownify }}</div>
"""
CARELESS_JINJA = """{% set one = article if article is defined else page %}<div title="{{ one.title|striptags }}"
lang='{{ one.title|striptags }}'>{{ one.title }} {{ one.title|striptags }} {{ one.summary }} {{ one.category }}
<i title="{{ one.summary|striptags }}">{{ one.authors|join(', ') }} {{ SITENAME|striptags }}</i></div>
"""
CARELESS_NUNJUCKS = """<div title="{{ title | safe }}" lang='{{ surtitre | safe }}'>{{ title | safe }}
{{ description | safe }}
{% for one in documents %}<a href='{{ one.fichier | safe }}' title='{{ one.titre | safe }}'>{{ one.titre | safe }}</a>
{% endfor %}<a href="{{ lien.url | safe }}">{{ lien.titre | safe }}</a> <img src="{{ image | safe }}" alt="">
{{ site.title | safe }} <i title="{{ site.description | safe }}">{{ (authors or []) | join(', ') | safe }}</i></div>
"""
# MkDocs's own themes have scripts and forms, which the harness would not tell from an attack's.
CARELESS_MKDOCS = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">
<title>{{ page.title }} - {{ config.site_name }}</title>
<meta name="description" content="{{ config.site_description }}"></head><body>
{% for item in nav %}<a href="{{ (item.url or '')|url }}" title="{{ item.title }}">{{ item.title }}</a>{% endfor %}
<div title="{{ page.title }}" lang='{{ page.meta.surtitre }}'>{{ page.title }} {{ page.meta.description }}
{% if page.meta.lien %}<a href="{{ page.meta.lien.url }}">{{ page.meta.lien.titre }}</a>{% endif %}
{{ page.meta.soustitre }}</div>
<main>{{ page.content }}</main></body></html>
"""
FEED = """---
layout: null
---
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>{{ site.title | xml_escape }}</title>
{% for post in site.posts %}<entry><title type="html">{{ post.title | smartify | strip_html | xml_escape }}</title>
<content type="html">{{ post.content | xml_escape }}</content>{% for tag in post.tags %}
<category term="{{ tag | xml_escape }}"/>{% endfor %}
<summary>{{ post.excerpt | strip_html | xml_escape }}</summary></entry>{% endfor %}</feed>
"""
SETTINGS = """
SITEURL = ""
FEED_DOMAIN = "https://site.example"
FEED_ALL_ATOM, FEED_ALL_RSS = "feeds/all.atom.xml", "feeds/all.rss.xml"
CATEGORY_FEED_ATOM, AUTHOR_FEED_RSS = "feeds/c-{slug}.atom.xml", "feeds/a-{slug}.rss.xml"
TAG_SAVE_AS, CATEGORY_SAVE_AS, AUTHOR_SAVE_AS = "tag/{slug}.html", "category/{slug}.html", "author/{slug}.html"
"""
COMMANDS = {
    "hugo": ("hugo", "--source", "{site}", "--destination", "{out}"),
    "jekyll": ("jekyll", "build", "--source", "{site}", "--destination", "{out}", "--disable-disk-cache"),
    "pelican": GENERATORS["pelican"],
    "notmyidea": ("pelican", "-s", "{site}/conf.py", "-o", "{out}", "{site}/content", "-t", "notmyidea"),
    "eleventy": GENERATORS["eleventy"],
    "mkdocs": GENERATORS["mkdocs"],
    # Pelican's theme "simple", with code of other themes.
    "simple": ("pelican", "-s", "{site}/conf.py", "-o", "{out}", "{site}/content", "-t", "{site}/careless"),
}

# Returns everything on a page, as Blink reads it, that none of our pages may contain.
LOOK = """([themes, players, scripts]) => { /* harness */
    const found = [...window.calledByScripts];
    const protocols = new Set(["http:", "https:", "mailto:", "ftp:", "tel:"]);
    const protocolsOfLinks = new Set([...protocols, "geo:", "news:", "sftp:", "sms:", "xmpp:"]);
    for (const element of document.querySelectorAll("*")) {
        const name = element.localName;
        if (name === "script" && element.closest("head") && scripts.includes(element.getAttribute("src"))) continue;
        if (themes.includes(name) && (name === "html" || name === "body" || element.closest("head"))) continue;
        const isPlayer = name === "iframe" && new RegExp("^" + players, "i").test(element.src);
        const refused = themes.concat(["script", "iframe", "frame", "object", "embed", "base", "form", "input", "svg",
            "math", "template"]);
        if (!isPlayer && refused.includes(name)) found.push(`<${name}>`);
        for (const {name: key, value} of element.attributes) {
            if (key.startsWith("on") || ["autoplay", "srcdoc", "style"].includes(key)) found.push(`<${name} ${key}>`);
            if (!["href", "src", "cite", "action", "data", "formaction", "poster"].includes(key)) continue;
            let protocol = "";
            try { protocol = new URL(value, document.baseURI).protocol; } catch { continue; }
            const allowed = key === "href" ? protocolsOfLinks : protocols;
            if (!allowed.has(protocol)) found.push(`<${name} ${key}="${protocol}">`);
        }
    }
    return found;
}"""
# Players that articles may embed.
PLAYERS = re.compile(
    r"https://(?:www\.youtube\.com|www\.youtube-nocookie\.com|player\.vimeo\.com|www\.dailymotion\.com|"
    r"geo\.dailymotion\.com|framatube\.org|peertube\.fr|tube\.aquilenet\.fr|archive\.org|w\.soundcloud\.com|"
    r"www\.arte\.tv|player\.ina\.fr)/"
)
_ALIAS = re.compile(r"""<meta http-equiv="?refresh"? content="0; url=(?:https://site\.example)?[a-z0-9./-]*">""")
# The scripts of our theme.
SCRIPTS = ("/assets/site.js", "/assets/spip-glossary.js")
OF_THEMES = ["html", "head", "body", "title", "meta", "link", "style"]


def hostile_base(folder: Path) -> Path:
    """Return a database whose objects have an attack in every field, next to a folder of files with such names."""
    path = folder / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", path)
    img = folder / "IMG"
    (img / "jpg").mkdir(parents=True)
    with sqlite3.connect(path) as database:
        for table in (*_FIELDS, "urls", "mots_liens", "auteurs_liens", "documents_liens", "groupes_mots"):
            database.execute(f"DELETE FROM spip_{table}")  # noqa: S608
        database.execute("INSERT INTO spip_groupes_mots (id_groupe, titre) VALUES (1, ?)", (VECTORS[0],))
        for name in ("nom_site", "slogan_site", "descriptif_site"):
            value = " ".join(_OWN) if name == "nom_site" else VECTORS[3]
            database.execute("UPDATE spip_meta SET valeur = ? WHERE nom = ?", (value, name))
        database.execute("UPDATE spip_meta SET valeur = 'https://site.example' WHERE nom = 'adresse_site'")
        for table, (key, fields, others) in _FIELDS.items():
            step = _FEWER.get(table, 1)
            for number, vector in list(enumerate(VECTORS, 1))[::step]:
                row: dict[str, Any] = {key: number, **others, **dict.fromkeys(fields.split(), vector)}
                _complete(table, number, vector, row, img)
                marks = ", ".join("CAST(? AS TEXT)" if isinstance(value, str) else "?" for value in row.values())
                database.execute(
                    f"INSERT INTO spip_{table} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608
                    tuple(_bytes(value) if isinstance(value, str) else value for value in row.values()),
                )
        for number, vector in enumerate(VECTORS, 1):
            for links, key in (("mots", "id_mot"), ("auteurs", "id_auteur"), ("documents", "id_document")):
                database.execute(
                    f"INSERT INTO spip_{links}_liens ({key}, id_objet, objet) VALUES (?, ?, 'article')",  # noqa: S608
                    (_nearest(links, number), number),
                )
            # Themes show the documents that no text shows.
            database.execute(
                "INSERT OR IGNORE INTO spip_documents_liens (id_document, id_objet, objet) VALUES (?, ?, 'article')",
                (1 + number % len(VECTORS), number),
            )
            database.execute(
                "INSERT OR IGNORE INTO spip_urls (url, type, id_objet, date, id_parent, segments, perma)"
                " VALUES (CAST(? AS TEXT), 'article', ?, '2020-01-01', 0, 1, 0)",
                (_bytes(vector), number),
            )
    database.close()
    return path


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _nearest(table: str, number: int) -> int:
    """Return the number of the object of a table that belongs to an article."""
    step = _FEWER.get(table, 1)
    return 1 + (number - 1) // step * step


def _complete(table: str, number: int, vector: str, row: dict[str, Any], img: Path) -> None:
    if table == "articles":
        flat = " ".join(vector.split())
        row["texte"] = (
            f"{vector}\n\n<img{number}> <doc{number}>\n\n[{flat}->{flat}] [[{flat}]] [?{flat}]\n\n"
            f"<code>{vector}</code>\n\n"
            f'|{{{{{flat}}}}}|{flat}|\n|{flat}|x|\n\n<q title="{flat}">x</q> [{flat}|{flat}->art{number}]'
        )
        row["id_rubrique"] = _nearest("rubriques", number)
    elif table == "documents":
        # File names may contain no slash and at most 255 bytes.
        name = re.sub(r"[/\0]", "∕", vector).encode("utf-8", "ignore")[:120].decode("utf-8", "ignore").strip(" .")
        name += ".jpg" if number % 2 else ".pdf"
        row["extension"], row["media"] = ("jpg", "image") if number % 2 else ("pdf", "file")
        (img / "jpg" / name).write_bytes(b"\xff\xd8\xff")
        row["fichier"] = f"jpg/{name}"
    elif table == "forum":
        row["id_objet"] = number


def build(folder: Path, base: Path, how: str) -> Path:
    """Migrate the site for a generator and build it; return the folder of its pages."""
    to = cast("TargetName", how if how in TREES else "pelican")
    site, out = folder / f"site-{how}", folder / f"built-{how}"
    result = CliRunner().invoke(main, ["migrate", str(base), str(site), "--to", to, "--img", str(folder / "IMG")])
    assert result.exit_code == 1, result.output
    if to == "hugo":
        layout = site / "layouts" / "baseof.html"
        start = '<main id="content" tabindex="-1">'
        assert start in layout.read_text("utf-8")
        layout.write_text(layout.read_text("utf-8").replace(start, start + CARELESS_GO), "utf-8")
    elif to == "jekyll":
        layout = site / "_layouts" / "default.html"
        start = '<main id="content" tabindex="-1">'
        assert start in layout.read_text("utf-8")
        layout.write_text(layout.read_text("utf-8").replace(start, start + CARELESS_LIQUID), "utf-8")
        (site / "atom.xml").write_text(FEED, "utf-8")
    elif to == "eleventy":
        layout = site / "_includes" / "default.njk"
        start = '<main id="content" tabindex="-1">'
        layout.write_text(layout.read_text("utf-8").replace(start, start + CARELESS_NUNJUCKS), "utf-8")
        # Nothing runs even if somebody turns the templates on.
        script = site / "eleventy.config.js"
        is_on = script.read_text("utf-8").replace("markdownTemplateEngine: false", 'markdownTemplateEngine: "liquid"')
        script.write_text(is_on, "utf-8")
        run_generator(to, site, out)
        return out
    elif to == "mkdocs":
        (site / "theme").mkdir()
        (site / "theme" / "main.html").write_text(CARELESS_MKDOCS, "utf-8")
        own = yaml.safe_load((site / "mkdocs.yml").read_text("utf-8"))
        own |= {"theme": {"name": None, "custom_dir": "theme"}, "plugins": {"redirects": {}}}
        (site / "mkdocs.yml").write_text(yaml.safe_dump(own), "utf-8")
        run_generator(to, site, out)
        return out
    elif how != "pelican":
        settings = (site / "pelicanconf.py").read_text("utf-8") + SETTINGS
        settings += f"DISPLAY_PAGES_ON_MENU = {len(VECTORS) < 100}\n"
        (site / "conf.py").write_text(settings, "utf-8")
        if how == "simple":
            _make_careless_theme(site / "careless")
    name, *arguments = COMMANDS[how]
    command = [program(name), *[one.format(site=site, out=out) for one in arguments]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return out


def _make_careless_theme(folder: Path) -> None:
    import pelican

    shutil.copytree(Path(pelican.__file__).parent / "themes" / "simple", folder)
    for name in ("article.html", "page.html"):
        path = folder / "templates" / name
        text = path.read_text("utf-8").replace("{% block content %}", "{% block content %}" + CARELESS_JINJA)
        path.write_text(text, "utf-8")


def dangers(markup: str) -> set[str]:
    """Return everything that an HTML5 parser finds on a page and that no theme puts there."""
    found: set[str] = set()
    page = html5lib.parse(markup, namespaceHTMLElements=False)
    head = set(page[0].iter())
    for element in page.iter():
        if not isinstance(element.tag, str) or (element.tag in OF_THEMES and element in head):
            continue
        if element.tag == "script" and element in head and element.get("src") in SCRIPTS and not element.text:
            continue
        is_player = element.tag == "iframe" and PLAYERS.match(element.get("src", ""))
        if (element.tag in FORBIDDEN - {"html", "body"} and not is_player) or element.tag.startswith("{"):
            found.add(f"<{element.tag}>")
        for name, value in element.attrib.items():
            if not isinstance(name, str) or name.startswith("on") or name in ("style", "srcdoc"):
                found.add(f"<{element.tag} {name}>")
            scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):", re.sub(r"[\t\n\r]", "", value))
            if name in ADDRESSES and scheme and scheme[1].lower() not in SCHEMES:
                found.add(f"<{element.tag} {name}={scheme[1]}>")
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Ignored."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the hostile database."""
    made = tmp_path_factory.mktemp("hostile")
    hostile_base(made)
    return made


def look(browser: Browser, root: Path) -> tuple[int, dict[str, list[str]]]:
    """Open every page of a built site; return the number of pages, and what is wrong with each."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    own = f"http://127.0.0.1:{server.server_port}/"
    context: BrowserContext = browser.new_context()
    context.set_default_timeout(30_000)
    context.add_init_script(HOOKS)
    events: list[str] = []

    def route(asked: Route) -> None:
        request = asked.request
        if request.url.startswith(own) and request.resource_type == "document":
            asked.continue_()
            return
        if request.is_navigation_request() and PLAYERS.match(request.url):
            asked.abort()
            return
        # Files of themes; pages are shown without them too, and missing pictures are reported.
        is_ours = request.url.startswith(f"{own}assets/")
        if request.resource_type not in ("image", "stylesheet", "font") and not is_ours:
            events.append(f"request: {request.resource_type} {request.url[:80]}")
        asked.abort()

    def dismiss(dialog: Dialog) -> None:
        events.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context.route("**/*", route)
    page = context.new_page()
    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: events.append(f"error: {error.message}"))
    page.on("popup", lambda _: events.append("popup"))
    wrong: dict[str, list[str]] = {}
    # Hugo's pages at old addresses redirect immediately, and only to the site's own pages.
    paths = sorted(path for path in root.rglob("*.html") if not _ALIAS.search(path.read_text("utf-8")))
    try:
        for path in paths:
            events.clear()
            name = path.relative_to(root).as_posix()
            try:
                page.goto(own + name, wait_until="domcontentloaded")
                page.evaluate(TOUCH)
                page.wait_for_timeout(5)
                found = [*page.evaluate(LOOK, [OF_THEMES, PLAYERS.pattern, SCRIPTS]), *events]
            except Error as error:
                found = [f"leaves: {error.message[:200]}", *events]
            if found:
                wrong[name] = found
    finally:
        context.close()
        server.shutdown()
        server.server_close()
    return len(paths), wrong


@pytest.mark.parametrize("how", COMMANDS)
def test_nothing_runs_on_a_hostile_site(how: str, folder: Path, browser: Browser) -> None:
    out = build(folder, folder / "base.sqlite", how)
    count, wrong = look(browser, out)
    assert list(wrong.items())[:5] == []
    assert count > 1.5 * len(VECTORS)
    pages = sorted(out.rglob("*.html"))[:: 1 if len(VECTORS) < 100 else 10]
    for path in pages:
        assert dangers(path.read_text("utf-8")) == set(), path
    feeds = [path for path in out.rglob("*") if path.suffix in (".xml", ".rss", ".atom")]
    assert len(feeds) >= 1
    for feed in feeds:
        text = feed.read_text("utf-8")
        ElementTree.fromstring(text)  # noqa: S314
        assert not UNCLEAN.search(text), feed
    print(f"\n{how}: {len(VECTORS)} attacks, {count} pages in Chromium, {len(pages)} parsed, {len(feeds)} feeds")


def test_the_harness_detects_code_that_runs(browser: Browser, tmp_path: Path) -> None:
    pages = {
        "title": "<title></title><script>alert(1)</script>",
        "attribute": '<body><a href="x" title="Bilan" onmouseover="alert(1)">a</a>',
        "link": '<body><a href="javascript:alert(1)">a</a>',
        "image": "<body><img src=x onerror=alert(1)>",
        "frame": "<body><iframe src=https://evil.example/></iframe>",
        "fine": "<head><title>a</title><style></style></head><body><a href=/x>a</a>",
    }
    for name, markup in pages.items():
        (tmp_path / f"{name}.html").write_text(f"<!DOCTYPE html>{markup}")
    _, wrong = look(browser, tmp_path)
    assert {name.removesuffix(".html") for name in wrong} == set(pages) - {"fine"}
    assert {name for name, markup in pages.items() if dangers(f"<!DOCTYPE html>{markup}")} == set(pages) - {"fine"}
