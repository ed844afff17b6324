"""What a file of models says becomes of a site's models: shortcodes and includes whose values break out of nothing."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv.commands import main
from spipconv.migration.models import BadModels, read_models
from spipconv.migration.target import TARGET_NAMES, TREES, TargetName
from spipconv.nodes import Raw, walk
from spipconv.safety import template_value
from tests.migration.test_builds import program
from tests.migration.test_template_values import ATTACKS, PRINTED, TITLES, Elements
from tests.migrations import EXAMPLE, EXPECTED

DATABASE = EXAMPLE / "site.sqlite"
OBJECTS = spipconv.Catalogue(
    [
        spipconv.SpipObject(
            "document", 12, title="1. {La} ferme & « nous »", address="/IMG/jpg/a%20b.jpg", width=640, credits="Anne"
        ),
        spipconv.SpipObject("document", 13, address="javascript:alert(1)", title='"><script>'),
    ]
)
HOSTILE = [
    *TITLES,
    'x" >}} {{< evil >}}',
    "x' %} {% include evil.html %}",
    "x` %}}{{% evil %}}",
    "{{ site.title }}",
    "}}{{",
    "\\",
    '\\"',
    '"] [evil a="',
    "](javascript:alert(1))",
    "[a]: javascript:alert(1)",
    "{: onclick=alert(1)}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://a.example/](javascript:alert(1))",
    'https://a.example/" onmouseover="alert(1)',
    "https://a.example/?a]b[evil]",
    "-->",
    "]]>",
    "---\ntitle: evil\n---",
    "\n\n# evil\n\n~~~\n",
    "{1} {images} {number}",
]


# ---- Values ----


def check_value(text: str) -> None:
    """Check that a value ends neither quotes nor tags, and is words wherever it is printed."""
    value = template_value(text)
    assert not re.search("[\"'`<>\\\\\n\r]|[\\[\\]{](?!\u2060)|(?<!\u2060)}|~~", value), value
    assert not re.match(r"(?i)\s*(javascript|vbscript|data):", value)
    for show in PRINTED.values():
        for handed in (value, value.replace("&", "&amp;")):
            shown = show(handed)
            markup = f"<p title=\"{shown}\" lang='{shown}'>{shown}</p>"
            assert Elements(markup).found == [("p", ("title", "lang"))], value


@pytest.mark.parametrize("text", [*HOSTILE, *ATTACKS])
def test_a_hostile_value_stays_a_value(text: str) -> None:
    check_value(text)


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.text(), st.lists(st.sampled_from([*"\"'`<>[](){}%\\~:/&;#= \n", *HOSTILE]), max_size=12).map("".join))
)
def test_any_value_stays_a_value(text: str) -> None:
    check_value(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(whitelist_categories=("Lu", "Ll", "Nd"), whitelist_characters=" .,_-:;?!()")))
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert template_value(text).lstrip("\u2060") == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.jpg,b_c.jpg", "a.jpg,b_c.jpg"),
        ("https://a.example/?b=1&c=d(e)#f", "https://a.example/?b=1&c=d%28e%29#f"),
        ("/IMG/jpg/a%20b.jpg", "/IMG/jpg/a%20b.jpg"),
        ("osm:fr", "osm:fr"),
        ("L'été\n à  Lyon\u00a0?", "L’été à Lyon\u00a0?"),
    ],
)
def test_what_is_harmless_can_be_used(text: str, value: str) -> None:
    assert template_value(text) == value


# ---- The file ----


def write_file(folder: Path, text: str) -> Path:
    path = folder / "models.toml"
    path.write_text(text, "utf-8")
    return path


def raw_texts(folder: Path, template: str, source: str, to: TargetName = "hugo", **options: Any) -> list[str]:
    """Return what a template makes of a text's models."""
    extension = read_models(write_file(folder, f"[carte]\n{to} = {json.dumps(template)}\n"), to)
    document = spipconv.parse(source, objects=OBJECTS, extensions=[extension], **options).document
    return [node.text for node in walk(document.children) if isinstance(node, Raw)]


@pytest.mark.parametrize(
    ("template", "source", "text"),
    [
        ('{{< map "{zoom}" >}}', "<carte12|zoom=3>", '{{< map "3" >}}'),
        ('{{< map "{zoom}" >}}', "<carte12>", '{{< map "" >}}'),
        ('{{< map "{zoom=12}" >}}', "<carte12>", '{{< map "12" >}}'),
        ('{{< map "{zoom=12}" >}}', "<carte12|ZOOM= 3 >", '{{< map "3" >}}'),
        ("{name} {number} {align}", "<Carte12|left>", "carte 12 left"),
        ("{name} {number} {align}", "<carte|x=1>", "carte  "),
        ("{number=none}", "<carte|x>", "none"),
        ("{1}-{2}-{3=c}", "<carte12|a|x=1|b>", "a-b-c"),
        ("{address}", "<carte12>", "/IMG/jpg/a%20b.jpg"),
        ("{title}; {credits}; {width}; {height=?}", "<carte12>", "1. La ferme & «\u00a0nous\u00a0»; Anne; 640; ?"),
        ("{title}", "<carte12|title=x>", "x"),
        ("{title=?}", "<carte99>", "?"),
        ("{address} {title}", "<carte13>", "\u2060javascript:alert(1) “›"),
        ("{{x}} {% y %} { z: 1 } {\"a\":1} {.b} {}", "<carte12>", "{{x}} {% y %} { z: 1 } {\"a\":1} {.b} {}"),
        ("{x}", "<carte1|x={y}&quot;&lt;b&gt;>", "{\u2060y\u2060}”‹b›"),
    ],
)  # fmt: skip
def test_placeholders(template: str, source: str, text: str, tmp_path: Path) -> None:
    assert raw_texts(tmp_path, template, source) == [text]


def test_a_default_is_for_targets_that_have_no_template(tmp_path: Path) -> None:
    path = write_file(tmp_path, '[carte]\nhugo = "h"\ndefault = "d"\n[plan]\njekyll = "j"\n')
    assert {to: sorted(read_models(path, to).models) for to in ("hugo", "jekyll", "wxr")} == {
        "hugo": ["carte"], "jekyll": ["carte", "plan"], "wxr": ["carte"],
    }  # fmt: skip


def test_several_lines_are_a_block(tmp_path: Path) -> None:
    extension = read_models(write_file(tmp_path, "[carte]\nhugo = '''\n{{< map >}}\n{1}\n{{< /map >}}\n'''\n"), "hugo")
    document = spipconv.parse("Voir <carte12|a> ici.", extensions=[extension]).document
    assert spipconv.render(document, "markdown") == "Voir\n\n{{< map >}}\na\n{{< /map >}}\n\nici.\n"
    extension = read_models(write_file(tmp_path, '[carte]\nwxr = """<hr>\n{address}"""\n'), "wxr")
    document = spipconv.parse("<carte12>", objects=OBJECTS, extensions=[extension]).document
    assert spipconv.render(document) == "<hr>\n/IMG/jpg/a%20b.jpg\n"


def test_documents_can_be_text_of_the_target_too(tmp_path: Path) -> None:
    text = """[img]\nhugo = '{{< figure src="{address}" class="{align=none}" alt="{alternative=}" >}}'\n"""
    extension = read_models(write_file(tmp_path, text), "hugo")
    document = spipconv.parse("A <img12|left> b <img99>.", objects=OBJECTS, extensions=[extension]).document
    shortcode = '{{< figure src="/IMG/jpg/a%20b.jpg" class="left" alt="" >}}'
    assert spipconv.render(document, "markdown") == f"A {shortcode} b .\n"


@pytest.mark.parametrize("profile", ["comment", "title"])
def test_strangers_and_titles_have_no_models(profile: Any, tmp_path: Path) -> None:
    assert raw_texts(tmp_path, "x", "<carte12>", profile=profile) == []


MISTAKES = [
    ("[carte\n", "models.toml: Expected ']'"),
    ("[carte]\nhugo = 'a'\nhugo = 'b'\n", "models.toml: Cannot overwrite a value"),
    ("hugo = 'x'\n", "models.toml: hugo: write the name of a model in brackets above this line"),
    ("[carte]\nghost = 'x'\n", "models.toml: [carte] ghost: unknown target: choose from hugo, jekyll,"),
    ("[carte]\njekyll = 1\n", "models.toml: [carte] jekyll: expected text in quotes"),
    ("[carte]\nhugo = '{Zoom}'\n", "models.toml: [carte] hugo: unknown placeholder {Zoom}: write"),
    ("[carte]\ndefault = '{ zoom }'\n", "models.toml: [carte] default: unknown placeholder { zoom }: write"),
    ("[carte]\nhugo = '{0}'\n", "models.toml: [carte] hugo: unknown placeholder {0}: write"),
    ("[ab]\nhugo = 'x'\n", "models.toml: extension site_models: model 'ab': a name is at least three lower-case"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_one_line_before_anything_is_written(text: str, message: str, tmp_path: Path) -> None:
    path = write_file(tmp_path, text)
    result = migrate(DATABASE, tmp_path / "out", "--to", "hugo", "--models", path)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = migrate(DATABASE, tmp_path / "out", "--to", "hugo", "--models", tmp_path / "none.toml")
    assert (result.exit_code, result.output) == (2, f"Error: {tmp_path}/none.toml: No such file or directory\n")
    (tmp_path / "latin.toml").write_bytes(b"[carte]\nhugo = '\xe9'")
    with pytest.raises(BadModels, match="can't decode byte 0xe9 in position 16"):
        read_models(tmp_path / "latin.toml", "hugo")


# ---- A migration ----


def migrate(source: Path, out: Path, *options: str | Path) -> Result:
    return CliRunner().invoke(main, ["migrate", str(source), str(out), *map(str, options)])


def site_with(path: Path, text: str) -> Path:
    """Return the example site with a text in its first article."""
    shutil.copy(DATABASE, path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE spip_articles SET texte = ? WHERE id_article = 1", (text,))
    database.close()
    return path


def page_of(out: Path, words: str) -> str:
    """Return the file of a migrated site that contains words."""
    [text] = [text for path in out.rglob("*.md") if words in (text := path.read_text("utf-8"))]
    return text


# A parameter holds neither bars nor, outside of links and tags, brackets; entities say them.
REFERENCES = str.maketrans({character: f"&#{ord(character)};" for character in "<>|[]{}\"\\`$\n&'~-="})
VALUES = [text for text in HOSTILE if text.isprintable() or text.isascii()]
PARAMETERS = "\n\n".join(f"<gallery12|images={text.translate(REFERENCES)}>" for text in VALUES)
TEMPLATES = {
    "hugo": '{{< gallery images="{images}" n="{number}" >}}',
    "jekyll": '{% include gallery.html images="{images}" n="{number}" %}',
    "wxr": '[gallery images="{images}" n="{number}"]',
    "default": '<figure title="{images}">{images}</figure>',
}
SHOWN = re.compile(r'(?s)<figure n="12" title="([^"]*)">(.*?)</figure>')


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a site whose models have hostile values, and a file of models."""
    folder = tmp_path_factory.mktemp("models")
    site_with(folder / "site.sqlite", f"Avant.\n\n{PARAMETERS}\n\nAprès.")
    lines = [f"{to} = {json.dumps(template)}\n" for to, template in TEMPLATES.items()]
    write_file(folder, "[gallery]\n" + "".join(lines))
    return folder


def migrated_hostile(folder: Path, to: str, out: Path) -> Path:
    result = migrate(folder / "site.sqlite", out, "--to", to, "--models", folder / "models.toml")
    assert result.exit_code == 1, result.output
    report = json.loads((out / "report.json").read_text("utf-8"))
    # That of another article, which stands alone: it is a model too.
    assert "gallery" not in report["unknown_models"]
    return out


def check_page(page: str) -> None:
    """Check that a built page shows each value once, as words, and nothing else of it."""
    found = SHOWN.findall(page)
    assert len(found) == len(VALUES)
    for title, words in found:
        assert unescape(unescape(title)) == unescape(unescape(words))
    content = page[page.index("Avant.") : page.index("Après.")]
    assert {name for name, _ in Elements(content).found} <= {"p", "figure"}
    assert "evil-shortcode" not in page


def build(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [program(command[0]), *command[1:], "--destination", str(folder.parent / "built")],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    pages = [path.read_text("utf-8") for path in (folder.parent / "built").rglob("*.html")]
    [page] = [page for page in pages if "Avant." in page and "Après." in page and "<figure n=" in page]
    return page


@pytest.mark.server
def test_hugo_shows_hostile_values_as_words(hostile: Path, tmp_path: Path) -> None:
    out = migrated_hostile(hostile, "hugo", tmp_path / "out")
    shortcodes = out / "layouts" / "shortcodes"
    shortcodes.mkdir(parents=True)
    get = '.Get "images"'
    (shortcodes / "gallery.html").write_text(
        f'<figure n="{{{{ .Get "n" }}}}" title="{{{{ {get} }}}}">{{{{ {get} | safeHTML }}}}</figure>', "utf-8"
    )
    (shortcodes / "evil.html").write_text("evil-shortcode", "utf-8")
    check_page(build(out, "hugo", "--panicOnWarning"))


@pytest.mark.server
def test_jekyll_shows_hostile_values_as_words(hostile: Path, tmp_path: Path) -> None:
    out = migrated_hostile(hostile, "jekyll", tmp_path / "out")
    (out / "_includes").mkdir(exist_ok=True)
    (out / "_includes" / "gallery.html").write_text(
        '<figure n="{{ include.n }}" title="{{ include.images }}">{{ include.images }}</figure>', "utf-8"
    )
    (out / "_includes" / "evil.html").write_text("evil-shortcode", "utf-8")
    check_page(build(out, "jekyll", "build", "--disable-disk-cache"))


# What WordPress reads as a shortcode (wp-includes/shortcodes.php): up to the next bracket.
SHORTCODE = re.compile(r"\[(\w+)((?:[^\]/]|/(?!\]))*)\]")


@pytest.mark.slow
def test_wordpress_reads_every_shortcode_whole(hostile: Path, tmp_path: Path) -> None:
    text = (migrated_hostile(hostile, "wxr", tmp_path / "out") / "wordpress.xml").read_text("utf-8")
    text = text[text.index("Avant.") : text.index("Après.")]
    found = SHORTCODE.findall(text)
    assert len(found) == len(VALUES)
    for name, attributes in found:
        assert name == "gallery"
        assert re.fullmatch(r' images="[^"<>\[\]\\]*" n="12"', attributes), attributes
    assert {name for name, _ in Elements(SHORTCODE.sub("", text)).found} <= {"p"}


def test_the_formats_of_a_target_are_those_that_it_shows(tmp_path: Path) -> None:
    path = write_file(tmp_path, "[carte]\ndefault = 'x'\n")
    formats = {}
    for to in TARGET_NAMES:
        document = spipconv.parse("<carte12>", extensions=[read_models(path, to)]).document
        formats[to] = [node.format for node in walk(document.children) if isinstance(node, Raw)]
    trees = {name: ["markdown"] for name in TREES}
    assert formats == {**trees, "wxr": ["html"], "json": ["html", "markdown"], "pandoc": ["html"]}


@pytest.mark.parametrize("to", ["pelican", "markdown", "json"])
@pytest.mark.slow
def test_other_targets_have_the_text_of_the_default(hostile: Path, to: str, tmp_path: Path) -> None:
    out = migrated_hostile(hostile, to, tmp_path / "out")
    if to == "json":
        lines = [json.loads(line) for line in (out / "objects.jsonl").read_bytes().splitlines()]
        [page] = [line for line in lines if "Avant." in line["html"]]
        texts = [page["html"], page["markdown"]]
    else:
        texts = [page_of(out, "Avant.")]
    for text in texts:
        found = Elements(text[text.index("Avant.") : text.index("Après.")]).found
        assert found.count(("figure", ("title",))) == len(VALUES)
        assert {name for name, _ in found} <= {"p", "figure"}


@pytest.mark.slow
def test_a_document_that_a_model_shows_is_not_shown_again(tmp_path: Path) -> None:
    """Article 18 has the documents 19 to 22."""
    base = tmp_path / "base.sqlite"
    shutil.copy(DATABASE, base)
    with sqlite3.connect(base) as database:
        database.execute("UPDATE spip_articles SET texte = 'Avant <son19> après <plan20>.' WHERE id_article = 18")
    database.close()
    text = "[son]\nhugo = '{{< audio \"{address}\" \"{title}\" >}}'\n[plan]\nhugo = '''\n<hr>\n{address}\n'''\n"
    result = migrate(base, tmp_path / "out", "--to", "hugo", "--models", write_file(tmp_path, text))
    assert result.exit_code == 1, result.output
    page = page_of(tmp_path / "out", "Avant {{< audio")
    _, header, body = page.split("---\n", 2)
    addresses = re.findall(r"/IMG/[\w./%-]+", body)
    documents = yaml.safe_load(header)["params"]["documents"]
    assert {document["id"] for document in documents if document.get("dans_le_texte")} == {19, 20}
    assert {21, 22} <= {document["id"] for document in documents}
    for number in (19, 20):
        [file] = [file for file in EXPECTED["documents"] if file["id"] == number]
        assert sum(file["fichier"] in address for address in addresses) == 1, (number, page)


@pytest.mark.slow
def test_a_changed_file_of_models_changes_pages_on_resuming(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options: Sequence[str | Path] = ("--to", "hugo", "--resume", "--models", tmp_path / "models.toml")
    before, after = "[gallery]\nhugo = 'before {number}'\n", "[gallery]\nhugo = 'after {number}'\n"
    write_file(tmp_path, before)
    assert migrate(DATABASE, out, *options).exit_code == 1
    assert "before 1" in page_of(out, "before 1")
    write_file(tmp_path, after)
    assert migrate(DATABASE, out, *options).exit_code == 1
    assert "before 1" not in page_of(out, "after 1")


@pytest.mark.slow
def test_workers_write_the_same_bytes(hostile: Path, tmp_path: Path) -> None:
    folders = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        options = ("--to", "hugo", "--models", hostile / "models.toml", "--jobs", jobs)
        assert migrate(hostile / "site.sqlite", out, *options).exit_code == 1
        folders.append({path.relative_to(out): path.read_bytes() for path in out.rglob("*.md")})
    assert folders[0] == folders[1]


@pytest.mark.slow
def test_a_dry_run_lists_the_models_that_the_file_does_not_have(tmp_path: Path) -> None:
    options = ("--to", "hugo", "--dry-run", "--models", write_file(tmp_path, "[gallery]\nhugo = 'x'\n"))
    result = migrate(DATABASE, tmp_path / "out", *options)
    assert result.exit_code == 1
    assert "unknown models: article 2, plan_acces 1, rubrique 1" in result.output
    assert not (tmp_path / "out").exists()
