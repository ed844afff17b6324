"""Messages of WordPress, Isso and JSON: what is theirs arrives, what is not said is not lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv.forum.moving.incoming import BadImport
from spipconv.forum.moving.sources import find_system
from spipconv.forum.records import Message
from spipconv.forum.rendering import render_message
from spipconv.forum.store.base import open_base
from tests.forum.moving import Moved, places
from tests.judges import dangers
from tests.migrations import migrated, path_of

_FILES = Path(__file__).parent / "moving_files"
_EXPORT = _FILES / "wordpress.xml"


def with_paths(folder: Path, *paths: str) -> Moved:
    """Return a base whose pages have these paths."""
    forum = Moved(folder)
    with open_base(forum.path) as store:
        for number, path in enumerate(paths):
            store.pages.put(f"page{number}", path, "Page", "fr")
    return forum


def by_key(forum: Moved) -> dict[str, Message]:
    return {message.source_key: message for message in forum.messages().values()}


# ---- WordPress ----


def test_comments_of_wordpress(tmp_path: Path) -> None:
    forum = with_paths(tmp_path, "/2020/05/un-article/")
    report = forum.take(_EXPORT)
    assert (report.read, report.added) == (7, 5)
    assert dict(report.left) == {"not-a-message": 1, "no-page": 1}
    found = by_key(forum)
    assert {key: message.status for key, message in found.items()} == {
        "2": "publie", "3": "prop", "5": "spam", "6": "off", "7": "prop",
    }  # fmt: skip
    first, second = found["2"], found["3"]
    assert (first.author, first.url, forum.email(first)) == ("Tom & Anne", "https://tom.example/", "tom@example.org")
    assert first.created == 1_588_507_200
    assert first.text == (
        "Première {{ligne}} & &#123;suite&#125;\ndeuxième [ici->https://example.org/?a=1&b=2]\n\n<quote>\nUne citation"
        "\n</quote>\n\nFin [une photo->https://example.org/p.png]"
    )
    assert (second.parent, second.text, second.created, second.url, second.email) == (
        first.id,
        "Réponse x",
        0,
        "",
        None,
    )
    assert found["7"].parent == first.id
    assert found["5"].parent == 0
    assert places(report, "status-unknown") == ["comment 7"]
    assert places(report, "parent-left") == ["comment 5"]
    assert places(report, "email-refused") == places(report, "address-left") == places(report, "date-missing") == [
        "comment 3"
    ]  # fmt: skip
    assert places(report, "markup-changed") == ["comment 2", "comment 3"]
    assert b"192.0.2.7" not in forum.files()
    again = forum.take(_EXPORT)
    assert (again.added, again.changed, again.same) == (0, 0, 5)


def test_a_migrated_site_for_wordpress_is_on_the_same_pages_under_the_same_numbers(tmp_path: Path) -> None:
    keys = [path.stem for path in (migrated("4.1", "hugo").folder / "data" / "comments").glob("*.json")]
    forum = Moved(tmp_path, *keys)
    forum.take(next(iter(sorted(migrated("4.1", "wxr").folder.glob("wordpress*.xml")))))
    other = Moved(tmp_path, *keys, name="other.db")
    other.take(path_of("4.1"))
    pages, expected = forum.page_keys(), other.page_keys()
    messages = other.messages()
    found = {number: (pages[message.page], message.created) for number, message in forum.messages().items()}
    shown = {number for number, message in messages.items() if message.status in ("publie", "prop")}
    assert found.keys() == shown
    assert found == {number: (expected[messages[number].page], messages[number].created) for number in shown}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<rss><channel><item></item></channel></rss>", "no export of WordPress"),
        (_EXPORT.read_bytes()[:2000], "not whole"),
        (b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss>&a;</rss>', "declares entities"),
    ],
)
def test_what_is_no_export_is_refused_and_nothing_is_stored(tmp_path: Path, content: bytes, words: str) -> None:
    forum = with_paths(tmp_path, "/2020/05/un-article/")
    (tmp_path / "site.xml").write_bytes(content)
    with pytest.raises(BadImport, match=words):
        forum.take(tmp_path / "site.xml", "wordpress")
    assert forum.messages() == {}


def test_control_characters_in_an_export_do_not_stop_it(tmp_path: Path) -> None:
    forum = with_paths(tmp_path, "/2020/05/un-article/")
    (tmp_path / "site.xml").write_bytes(_EXPORT.read_bytes().replace("Première".encode(), b"\x08Premi\x1bere"))
    assert forum.take(tmp_path / "site.xml").added == 5


# ---- Isso ----


def isso_base(folder: Path) -> Path:
    """Return a base that Isso itself has made: two threads, answers, a held message and a deleted one."""
    isso = shutil.which("isso", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if not isso:
        pytest.skip("isso is not installed")
    program = """
import sys
from isso.config import load, default_file
from isso.db import SQLite3
conf = load(default_file())
db = SQLite3(sys.argv[1], conf)
db.threads.new("/un/", "Un"), db.threads.new("/deux/", "Deux")
def add(uri, text, parent=None, mode=1, **more):
    row = {"text": text, "parent": parent, "mode": mode, "created": 1.5e9, "remote_addr": "192.0.2.7", "author": "Lea",
           "email": "lea@example.org", "website": "https://lea.example/", "notification": 0}
    return db.comments.add(uri, {**row, **more})["id"]
first = add("/un/", "Un **mot**\\nligne <b>x</b> `code` {a}")
add("/un/", "Réponse", first, author=None, email=None, website="javascript:alert(1)")
add("/un/", "Retenu", first, 2)
gone = add("/deux/", "Effacé"); add("/deux/", "Sous un effacé", gone)
db.comments.delete(gone)
add("/deux/", "![i](https://example.org/p.png) <script>alert(1)</script>")
"""
    path = folder / "isso.db"
    subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, timeout=60, capture_output=True,
        env={name: text for name, text in os.environ.items() if name != "ISSO_SETTINGS"},
    )  # fmt: skip
    return path


def test_comments_of_isso(tmp_path: Path) -> None:
    source = isso_base(tmp_path)
    forum = with_paths(tmp_path, "/un", "/deux.html")
    report = forum.take(source)
    found = by_key(forum)
    assert (report.read, report.added, dict(report.left)) == (6, 5, {"deleted": 1})
    assert {key: message.status for key, message in found.items()} == {
        "1": "publie", "2": "publie", "3": "prop", "5": "publie", "6": "publie",
    }  # fmt: skip
    first = found["1"]
    assert first.text == "Un {{mot}}\nligne {{x}} <code>code</code> &#123;a&#125;"
    assert (first.created, forum.email(first), first.url) == (1_500_000_000, "lea@example.org", "https://lea.example/")
    assert (found["2"].parent, found["3"].parent, found["5"].parent) == (first.id, first.id, 0)
    assert (found["2"].author, found["2"].url) == ("", "")
    assert not dangers(render_message(found["6"]))
    assert places(report, "parent-left") == ["comment 5"]
    assert places(report, "address-left") == ["comment 2"]
    assert "comment 6" in places(report, "markup-changed")
    assert b"192.0.2" not in forum.files()
    with closing(sqlite3.connect(source)) as db:
        db.execute("UPDATE comments SET mode = 1 WHERE id = 3")
        db.commit()
    again = forum.take(source)
    assert (again.added, again.changed, again.same) == (0, 1, 4)
    assert by_key(forum)["3"].status == "publie"


def test_the_system_of_a_source_is_found_by_looking(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('\n {"id": 1}\n', "utf-8")
    (tmp_path / "b.json").write_text("\ufeff[]", "utf-8")
    names = [isso_base(tmp_path), _EXPORT, tmp_path / "a.jsonl", tmp_path / "b.json", tmp_path, path_of("4.1"),
             path_of("1.9"), path_of("1.9-xml"), "mysql://user@host/base"]  # fmt: skip
    assert [find_system(str(name)) for name in names] == [
        "isso", "wordpress", "json", "json", "spip", "spip", "spip", "spip", "spip",
    ]  # fmt: skip
    with pytest.raises(BadImport, match="missing"):
        find_system(str(tmp_path / "missing"))


# ---- JSON ----

_PLAIN = [
    {"id": "a", "page": "/un/", "author": " Anne  B ", "text": "Un {mot}", "format": "text",
     "date": "2020-05-03T12:00:00"},
    {"id": "b", "page": "https://www.example.org/un/index.html", "parent": "a", "text": "<p>Deux</p>", "format": "html",
     "date": "2020-05-03T14:00:00+02:00", "email": "b@example.org", "status": "pending"},
    {"id": 7, "page": "page0", "parent": "b", "text": "**Trois**", "format": "markdown", "date": 1588507200.9,
     "status": "spam", "url": "https://b.example/"},
    {"id": 8, "page": "page0", "text": "{{Quatre}}", "status": "étrange", "title": "T"},
    {"id": 9, "page": "/ailleurs/", "text": "Cinq"},
    {"id": 10, "text": "Sans page"},
    {"id": "", "page": "page0", "text": "Sans nom"},
    {"id": 11, "page": "page0", "text": 12},
]  # fmt: skip


@pytest.mark.parametrize("is_list", [False, True])
def test_messages_in_a_plain_form(tmp_path: Path, *, is_list: bool) -> None:
    forum = with_paths(tmp_path, "/un/")
    source = tmp_path / "messages.json"
    lines = [json.dumps(item, ensure_ascii=False) for item in _PLAIN]
    source.write_text("[" + ",\n".join(lines) + "]" if is_list else "\n".join(lines), "utf-8")
    report = forum.take(source)
    assert (report.read, report.added) == (8, 4)
    assert dict(report.left) == {"no-page": 1, "unreadable": 2, "unnumbered": 1}
    found = by_key(forum)
    assert [found[key].text for key in ("a", "b", "7", "8")] == [
        "Un &#123;mot&#125;",
        "Deux",
        "{{Trois}}",
        "{{Quatre}}",
    ]
    assert [found[key].status for key in ("a", "b", "7", "8")] == ["publie", "prop", "spam", "prop"]
    assert found["a"].created == found["b"].created == found["7"].created == 1_588_507_200
    assert (found["b"].parent, found["7"].parent) == (found["a"].id, found["b"].id)
    assert (found["a"].author, found["7"].id, forum.email(found["b"])) == ("Anne B", 7, "b@example.org")
    assert forum.take(source).same == 4


@pytest.mark.parametrize("name", ["comments.md", "comments.fr.md"])
def test_the_example_of_the_documents_can_be_imported(tmp_path: Path, name: str) -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / name).read_text("utf-8")
    example = text.split('```json\n{"id"')[1].split("```")[0]
    forum = with_paths(tmp_path, "/granite/", "/granit/")
    (tmp_path / "messages.jsonl").write_text('{"id"' + example, "utf-8")
    report = forum.take(tmp_path / "messages.jsonl")
    assert (report.added, dict(report.counts)) == (3, {"date-missing": 1})


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("x", {"unreadable": 1}),
        ('{"id": 1, "page": "page0", "text": "a"}\nkaputt\n{"id": 2, "page": "page0", "text": "b"}', {"unreadable": 1}),
        ('[{"id": 1, "page": "page0", "text": "a"}, 3, {"id": 2, "page"', {"unreadable": 2}),
        ("[" * 100_000, {"unreadable": 1}),
        ('{"id": ' * 100_000, {"unreadable": 1}),
        ('{"id": 1, "page": "page0", "text": "\\ud800 \\u0000", "author": "\\udfff", "date": 1e300}', {}),
        ('{"id": 99999999999999999999999, "page": "page0", "text": "a", "date": "9999-12-31T23:59:59-23:59"}', {}),
    ],
)
def test_broken_json_is_said_and_the_rest_is_imported(tmp_path: Path, content: str, left: dict[str, int]) -> None:
    forum = with_paths(tmp_path, "/un/")
    (tmp_path / "messages.json").write_text(content, "utf-8")
    report = forum.take(tmp_path / "messages.json", "json")
    assert dict(report.left) == left


def test_an_empty_file_and_a_foreign_format_are_refused(tmp_path: Path) -> None:
    forum = with_paths(tmp_path, "/un/")
    for content, words in (("", "no message"), ("[]", "no message"), ('{"format": "x"}', "no export"),
                           ('{"format": "spipconv-comments", "version": 2}', "newer")):  # fmt: skip
        (tmp_path / "messages.json").write_text(content, "utf-8")
        with pytest.raises(BadImport, match=words):
            forum.take(tmp_path / "messages.json", "json")


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("page0"))


_NAMES = "id page text parent author url email date status format changed origin path title language".split()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=8), min_size=1, max_size=6))
def test_no_value_of_json_stops_an_import(items: list[dict[str, object]]) -> None:
    with TemporaryDirectory() as name:
        forum = with_paths(Path(name), "/un/")
        source = Path(name) / "messages.json"
        source.write_text("\n".join(["{}", *map(json.dumps, items)]), "utf-8")
        with suppress(BadImport):
            forum.take(source, "json")


def test_a_list_is_read_piece_by_piece(tmp_path: Path) -> None:
    forum = with_paths(tmp_path, "/un/")
    items = [{"id": number, "page": "page0", "text": "é" * 300 + str(number)} for number in range(1, 2_000)]
    (tmp_path / "messages.json").write_text(json.dumps(items, indent=1), "utf-8")
    assert forum.take(tmp_path / "messages.json").added == 1_999
