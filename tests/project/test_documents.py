"""The documents are true: their examples run, French and English ones match, and the files they name exist."""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

import pytest

from spipconv import diagnostics, nodes
from spipconv.migration.pages import page as pages
from spipconv.migration.report import issues
from spipconv.migration.target import TREES
from spipconv.trees import MAX_LEVELS

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

ROOT = Path(__file__).parent.parent.parent
# English documents with their French twins.
TWINS = [
    ("README.md", "README.fr.md"),
    ("docs/migration.md", "docs/migration.fr.md"),
    ("docs/library.md", "docs/library.fr.md"),
    ("docs/integrations.md", "docs/integrations.fr.md"),
    ("docs/comments.md", "docs/comments.fr.md"),
    ("docs/pandoc.md", "docs/pandoc.fr.md"),
    ("docs/glossary.md", "docs/glossary.fr.md"),
    ("docs/extensions.md", "docs/extensions.fr.md"),
]
WITH_EXAMPLES = [
    (name, locale) for twins in TWINS for name, locale in zip(twins, ("C.UTF-8", "fr_FR.UTF-8"), strict=True)
]
READMES = TWINS[0]
JOURNEYS = TWINS[1]
LIBRARY = TWINS[2]
DOCUMENTS = [name for twins in TWINS for name in twins] + ["ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md"]
PLACES = nodes.Position.__struct_fields__
# Paths in backticks that begin with one of these folders must exist.
FOLDERS = ("spipconv", "tests", "docs", "grammar", "examples", "benchmarks")
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCRIPT = re.compile(r"^```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def written_documents() -> list[Path]:
    return [path for folder in ("", "docs", "examples/static") for path in (ROOT / folder).glob("*.md")]


def console_examples() -> list[tuple[str, str, str, str]]:
    found = []
    for name, locale in WITH_EXAMPLES:
        for block in _CONSOLE.findall(read(name)):
            for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = example.partition("\n")
                found.append((name, locale, command, output))
    return found


@pytest.mark.parametrize(("name", "locale", "command", "output"), console_examples())
def test_commands_print_what_the_documents_show(
    name: str, locale: str, command: str, output: str, tmp_path: Path
) -> None:
    program = tmp_path / "spipconv"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m spipconv "$@"\n')
    program.chmod(0o755)
    shutil.copytree(ROOT / "examples", tmp_path / "here" / "examples")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    language = {"LC_ALL": "", "LC_MESSAGES": locale, "LANG": locale}
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path / "here",
        env={**os.environ, **language, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.stdout + done.stderr == output


@pytest.mark.parametrize("name", [*READMES, *TWINS[-2], *TWINS[-1]])
def test_python_examples_run(name: str) -> None:
    result = doctest.testfile(str(ROOT / name), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", LIBRARY)
def test_examples_of_the_library_run(name: str) -> None:
    # In a process of their own: Django's settings are those of a whole process.
    done = subprocess.run(
        [sys.executable, "-m", "doctest", name], capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("name", LIBRARY)
def test_every_kind_of_node_is_in_the_table_with_its_fields(name: str) -> None:
    rows = re.findall(r"^\| `([A-Z]\w+)` \|.*\| (.*)\|$", read(name), re.MULTILINE)
    assert [kind for kind, _ in rows] == [kind.__name__ for kind in get_args(nodes.Node)]
    for kind, fields in rows:
        names = re.findall(r"`(\w+)`", fields)
        own = [field for field in getattr(nodes, kind).__struct_fields__ if field not in PLACES]
        assert set(names) <= set(own), kind
        assert "…" in fields or set(own) - {"children"} == set(names), kind


@pytest.mark.parametrize(
    ("name", "words"), [("docs/library.md", "levels"), ("docs/library.fr.md", "niveaux"), ("SECURITY.md", "levels")]
)
def test_documents_say_how_deep_a_tree_may_be(name: str, words: str) -> None:
    assert f"{MAX_LEVELS} {words}" in " ".join((ROOT / name).read_text("utf-8").split())


@pytest.mark.parametrize("twins", TWINS, ids=[twins[0] for twins in TWINS])
def test_the_french_document_has_the_same_examples(twins: tuple[str, str]) -> None:
    english, french = map(read, twins)
    assert re.findall(r"^(?:>>>|\$) .*$", english, re.MULTILINE) == re.findall(r"^(?:>>>|\$) .*$", french, re.MULTILINE)
    for pattern in ("^## ", "^### ", r"^\| ", "^```", "^- "):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, french)]
        assert counts[0] == counts[1], pattern


@pytest.mark.parametrize("name", DOCUMENTS)
def test_linked_files_exist(name: str) -> None:
    text = re.sub(r"^```.*?^```", "", read(name), flags=re.MULTILINE | re.DOTALL)
    files = [(ROOT / name).parent / target for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text)]
    missing = {os.path.relpath(file, ROOT) for file in files if not file.exists()}
    assert missing == set()


@pytest.mark.parametrize("name", sorted(str(path.relative_to(ROOT)) for path in written_documents()))
def test_files_that_documents_name_exist(name: str) -> None:
    paths = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[^`\s]*)`", read(name))
    assert [path for path in paths if not any(ROOT.glob(path.rstrip("/")))] == []


# ---- The journey of a migration ----


@pytest.mark.parametrize("name", JOURNEYS)
def test_every_code_of_a_report_has_its_remedy(name: str) -> None:
    documented = set(re.findall(r"^\| `([a-z-]+)` \| \S", read(name), re.MULTILINE))
    losses = {code for code, (severity, *_) in diagnostics.DIAGNOSTICS.items() if severity == "loss"}
    assert sorted(set(issues.ISSUE_CODES) | losses) == sorted(documented)


@pytest.mark.parametrize("name", JOURNEYS)
def test_every_code_is_listed_under_its_severity(name: str) -> None:
    parts = re.split(r"^### .*`(loss|change|info)`.*$", read(name), flags=re.MULTILINE)
    found = {
        code: severity
        for severity, part in zip(parts[1::2], parts[2::2], strict=True)
        for code in re.findall(r"^\| `([a-z-]+)` \| \S", part, re.MULTILINE)
    }
    assert {code: issues.severity(code) for code in found} == found


@pytest.mark.parametrize("name", JOURNEYS)
def test_every_front_matter_key_is_documented(name: str) -> None:
    text = read(name)
    for target in TREES.values():
        assert [key for key in target.keys.values() if key and f"`{key}`" not in text] == []


@pytest.mark.parametrize("name", JOURNEYS)
def test_every_field_of_a_json_line_is_documented(name: str) -> None:
    text = read(name)
    fields = {"html", "notes", "markdown", *pages.Page.__struct_fields__, *pages.Comment.__struct_fields__} - {"body"}
    assert [field for field in sorted(fields) if f"`{field}`" not in text] == []


def test_both_guides_show_the_same_script() -> None:
    scripts = [_SCRIPT.findall(read(name)) for name in JOURNEYS]
    assert len(scripts[0]) == 1
    assert scripts[0] == scripts[1]


@pytest.fixture(scope="module")
def site() -> Iterator[Page]:
    """A browser page on a site without redirect rules, where every page loads the script."""
    if _CHROMIUM is None:
        pytest.skip("there is no chromium on the path")
    sync_playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").sync_playwright
    [script] = _SCRIPT.findall(read(JOURNEYS[0]))
    table = {
        "objects": {"article12": "/ferme/", "site3": "/lien/"},
        "paths": {"ferme": "/ferme/", "L-été": "/ete/"},
    }
    answers = {"/redirects.js": (script, "text/javascript"), "/redirects.json": (json.dumps(table), "application/json")}

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        body, kind = answers.get(path, ("<script src=/redirects.js></script>", "text/html"))
        route.fulfill(body=body, content_type=kind)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", answer)
        yield page
        browser.close()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/spip.php?article12", "/ferme/"),
        ("/spip.php?article12&lang=fr#notes", "/ferme/#notes"),
        ("/?article12", "/ferme/"),
        ("/spip.php?page=article&id_article=12", "/ferme/"),
        ("/article.php3?id_article=12", "/ferme/"),
        ("/article12.html", "/ferme/"),
        ("/12", "/ferme/"),
        ("/spip.php?syndic3", "/lien/"),
        ("/L-%C3%A9t%C3%A9.html", "/ete/"),
        ("/L-%E9t%E9", "/L-%E9t%E9"),
        ("/?L-%C3%A9t%C3%A9", "/ete/"),
        ("/spip.php?article13", "/spip.php?article13"),
        ("/constructor", "/constructor"),
        ("/ferme/", "/ferme/"),
    ],
)
@pytest.mark.browser
def test_the_script_for_hosts_without_rules_redirects(site: Page, old: str, new: str) -> None:
    site.goto("about:blank")
    site.goto("https://new.test" + old)
    if new == old:
        site.wait_for_load_state("networkidle")
    else:
        site.wait_for_url("https://new.test" + new)
    assert site.url == "https://new.test" + new
