"""Files of IMG that the new system would run, decode or leave out are refused for that system and reported."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from spipconv.commands import main
from spipconv.migration.output.copying import RUN_BY_TARGET, copy_file, place_for
from spipconv.migration.target import TREES, StaticFiles
from tests.migration.test_builds import program
from tests.migrations import EXAMPLE, Migrated

JEKYLL, PLAIN, HUGO = TREES["jekyll"].static, TREES["markdown"].static, TREES["hugo"].static

FRONT_MATTER = {
    "a line": b"---\n---\n{{ site.title }}",
    "CRLF": b"---\r\n---\r\n",
    "CR": b"---\rtitle: x\r---\r",
    "blanks": b"--- \t\x0b\x0c\n---\n",
    "many blanks": b"---" + b" " * 5000 + b"\n---\n",
    "a mark of UTF-8": b"\xef\xbb\xbf---\n---\n",
    "UTF-16": "\ufeff---\n---\n".encode("utf-16-le"),
    "UTF-16 of the other end": "\ufeff---\n---\n".encode("utf-16-be"),
    "nothing else": b"---",
}
ENDINGS = [
    "txt",
    "svg.txt",
    "css",
    "scss",
    "sass",
    "coffee",
    "csv",
    "json",
    "xml",
    "rss",
    "pdf",
    "jpg",
    "bin",
    "TXT",
    "rtf",
]


@pytest.mark.parametrize("head", FRONT_MATTER)
@pytest.mark.parametrize("ending", ENDINGS)
def test_front_matter_is_refused_whatever_the_extension(head: str, ending: str, tmp_path: Path) -> None:
    source = tmp_path / f"a.{ending}"
    source.write_bytes(FRONT_MATTER[head])
    for static in (JEKYLL, PLAIN):
        assert not copy_file(source, tmp_path / "new" / source.name, static).is_there
        assert not (tmp_path / "new" / source.name).exists()


@pytest.mark.parametrize("content", [b"----\n", b"--- title ---\n", b"-- -\n", b" ---\n", b"a\n---\n", b""])
def test_other_lines_of_dashes_are_words(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(content)
    assert copy_file(source, tmp_path / "new" / "a.txt", JEKYLL).is_there
    assert (tmp_path / "new" / "a.txt").read_bytes() == content


def test_systems_that_only_copy_get_files_with_front_matter(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(FRONT_MATTER["a line"])
    for name in ("hugo", "pelican"):
        assert copy_file(source, tmp_path / name / "a.txt", TREES[name].static).is_there


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("jpg/a.jpg", "jpg/a.jpg"),
        ("jpg/a%20b.jpg", "jpg/a%2520b.jpg"),
        ("50%/a.jpg", "50%25/a.jpg"),
        ("f%ff.jpg", "f%25ff.jpg"),
        ("x.php%00.jpg", None),
        ("x%0a.jpg", None),
        ("x%1F/a.jpg", None),
        ("x%7f.jpg", None),
        ("jpg/_DSC0001.JPG", "jpg/_DSC0001.JPG"),
        ("#1.png", "#1.png"),
        ("~a.pdf", "~a.pdf"),
        ("_a.bin", None),
        ("_config.yml", None),
        ("_posts/2020-01-01-a.txt", None),
        ("a/_b/c.jpg", None),
        ("a/#b/c.jpg", None),
        ("a/~b/c.jpg", None),
        ("a/.b/c.jpg", None),
        ("a.jpg~", None),
        ("a~/b.jpg", None),
        ("a.jpg.", None),
        ("a.md", None),
        ("a.MarkDown", None),
        ("a.mkdn", None),
        ("a.scss", "a.scss"),
    ],
)
def test_names_are_changed_to_those_that_jekyll_publishes(name: str, place: str | None) -> None:
    assert place_for(name, JEKYLL) == place


@pytest.mark.parametrize("name", ["a.md", "a.MDX", "a.njk", "a.liquid", "a.rst", "b/a.markdown"])
def test_the_markdown_tree_contains_no_other_pages(name: str) -> None:
    assert place_for(name, PLAIN) is None
    assert place_for(name, HUGO) == place_for(name, StaticFiles()) == name


NASTY: dict[str, bytes] = {
    "txt/front.txt": b"---\n---\n<script>alert({{ site.title | jsonify }})</script>",
    "txt/crlf.css": b"---\r\n---\r\n{{ site.title }}",
    "txt/bom.json": b"\xef\xbb\xbf---\n---\n{{ site.title }}",
    "x.php%00.jpg": b"jpg",
    "y%0A.jpg": b"jpg",
    "f%ff.jpg": b"jpg",
    "a%20b.jpg": b"jpg",
    "e%2Ephp.jpg": b"jpg",
    "_DSC0001.JPG": b"jpg",
    "#1.jpg": b"jpg",
    "~2.jpg": b"jpg",
    "c.jpg~": b"jpg",
    "_posts/2020-01-01-a.txt": b"---\n---\n{{ site.title }}",
    "_sub/a.jpg": b"jpg",
    "note.md": b"Une note <script>alert(1)</script>",
    "o{{ site.title }}.jpg": b"jpg",
    "s'.jpg": b"jpg",
    "é+&.jpg": b"jpg",
}
REFUSED = {
    "hugo": set[str](),
    "pelican": set[str](),
    "jekyll": {
        "txt/front.txt", "txt/crlf.css", "txt/bom.json", "x.php%00.jpg", "y%0A.jpg", "c.jpg~",
        "_posts/2020-01-01-a.txt", "_sub/a.jpg", "note.md",
    },
    "markdown": {"txt/front.txt", "txt/crlf.css", "txt/bom.json", "_posts/2020-01-01-a.txt", "note.md"},
}  # fmt: skip
COMMANDS = {
    "hugo": ("hugo", "--source", "{site}", "--destination", "{out}", "--quiet"),
    "pelican": ("pelican", "-s", "{site}/pelicanconf.py", "-o", "{out}", "{site}/content", "--fatal", "errors"),
    "jekyll": ("jekyll", "build", "--source", "{site}", "--destination", "{out}", "--disable-disk-cache"),
}


@pytest.mark.parametrize("to", REFUSED)
@pytest.mark.server
def test_every_file_is_published_as_it_was_or_reported(to: str, tmp_path: Path) -> None:
    img = tmp_path / "IMG"
    for name, content in NASTY.items():
        try:
            (img / name).parent.mkdir(parents=True, exist_ok=True)
            (img / name).write_bytes(content)
        except OSError:
            pytest.skip(f"this disk has no {name}")
    site = tmp_path / "site"
    result = CliRunner().invoke(
        main, ["migrate", str(EXAMPLE / "site.sqlite"), str(site), "--to", to, "--img", str(img), "--sample", "3"]
    )
    assert result.exit_code == 1, result.output
    assert Migrated(site).details("file-run-by-target") == REFUSED[to]
    if to not in COMMANDS:
        built = site
    else:
        name, *arguments = COMMANDS[to]
        built = tmp_path / "built"
        command = [program(name), *[one.format(site=site, out=built) for one in arguments]]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    published = {
        str(path.relative_to(built / "IMG")): path.read_bytes() for path in (built / "IMG").rglob("*") if path.is_file()
    }
    assert published == {name: content for name, content in NASTY.items() if name not in REFUSED[to]}


@pytest.mark.parametrize("where", ["link", "title", "image", "comment"])
@pytest.mark.server
def test_pelican_publishes_no_file_that_a_text_names(where: str, tmp_path: Path) -> None:
    base = tmp_path / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    texts = {
        "link": "[a->{attach}../../../../secret.txt] [b->{static}/../secret.txt] [c->|attach|../../../../secret.txt]",
        "title": "<q title=\"href='{attach}../../../../secret.txt'\">a</q>"
        " <b title='src=\"{static}/../secret.txt\"'>b</b>",
        "image": "<img src='{attach}../../../../secret.txt' alt=''> <img src='|static|/../secret.txt' alt=''>",
    }
    text = texts.get(where) or "\n".join(texts.values())
    with sqlite3.connect(base) as database:
        if where == "comment":
            database.execute("UPDATE spip_forum SET texte = ? WHERE statut = 'publie'", (text,))
        else:
            database.execute("UPDATE spip_articles SET texte = ?, descriptif = ?", (text, text))
    database.close()
    site = tmp_path / "site"
    assert CliRunner().invoke(main, ["migrate", str(base), str(site), "--to", "pelican"]).exit_code == 1
    (site / "secret.txt").write_text("secret")
    name, *arguments = COMMANDS["pelican"]
    command = [program(name), *[one.format(site=site, out=tmp_path / "built") for one in arguments]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((tmp_path / "built").rglob("secret*"))
    assert "secret.txt" not in {path.name for path in tmp_path.rglob("*") if path.parent != site}


def test_the_code_is_one_of_the_report() -> None:
    from spipconv.migration.report.issues import ISSUE_CODES

    assert ISSUE_CODES[RUN_BY_TARGET.code][0] == "loss"
