"""A whole forum in one file: it comes back as it was, others can read it, nothing is in it that was not asked for."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from spipconv.forum.moving.exporting import export_whole
from spipconv.forum.records import Message
from spipconv.forum.settings import write_setting
from spipconv.forum.store.base import open_base
from spipconv.system.files import CannotWrite
from tests.forum.moving import ALL, NOW, Moved
from tests.judges import dangers
from tests.migrations import path_of

_SECURITY = Path(__file__).parent.parent / "security"
_WP = {"wp": "http://wordpress.org/export/1.2/"}


def small_forum(folder: Path) -> Moved:
    """Return a forum with messages of all statuses, of SPIP and of visitors, some below others."""
    forum = Moved(folder, "article1", "article2.en", "a-page")
    with open_base(forum.path) as store:
        write_setting(store, "site", "https://www.example.org")
        write_setting(store, "title", "Le Site & Cie")

        def add(page: int, parent: int = 0, **fields: object) -> int:
            message = Message(0, page, parent, 0, "publie", "Léa", "T", "Un {{mot}}", "", "fr", NOW, NOW + 5)
            return store.messages.add(replace(message, **fields)).id

        first = add(
            1, email=forum.keys.seal(b"lea@example.org"), email_digest=forum.keys.digest_email("lea@example.org")
        )
        held = add(1, first, status="prop", text="Retenu")
        below = add(1, held, text="Sous un retenu", url="https://b.example/?a=1&b=2")
        add(1, below, status="spam", text="Pub", created=0)
        add(
            2, text="]]> \x0b \u202e é 🎉\n\n-* a\n[[note]]", title="<b>Titre</b>", author='"><script>alert(1)</script>'
        )
        add(2, status="off", text="Refusé")
        add(3, created=-5)
    return forum


def test_json_comes_back_as_the_same_bytes(tmp_path: Path) -> None:
    first = small_forum(tmp_path)
    for statuses in (ALL, ("publie",)):
        for emails in (False, True):
            content = first.export("jsonl", statuses, emails=emails)
            (tmp_path / "source.jsonl").write_bytes(content)
            other = Moved(tmp_path, name=f"{len(statuses)}-{emails}.db")
            report = other.take(tmp_path / "source.jsonl")
            assert not report.has_losses
            assert other.export("jsonl", statuses, emails=emails) == content
            assert other.take(tmp_path / "source.jsonl").same == report.added
            assert other.export("jsonl", statuses, emails=emails) == content


def test_the_test_site_comes_back_and_is_still_known(tmp_path: Path) -> None:
    source = path_of("4.1")
    first = Moved(tmp_path, "article1", "article2", "article3", "article38")
    first.take(source)
    content = first.export("jsonl", ALL)
    (tmp_path / "source.jsonl").write_bytes(content)
    other = Moved(tmp_path, name="other.db")
    other.take(tmp_path / "source.jsonl")
    assert other.export("jsonl", ALL) == content
    again = other.take(source)
    # Its e-mail addresses were not in the file.
    assert again.added == 0
    assert again.changed == len(other.messages())


def test_only_what_is_published_is_in_it_unless_all_is_asked_for(tmp_path: Path) -> None:
    forum = small_forum(tmp_path)
    for to in ("jsonl", "wxr"):
        shown, whole = forum.export(to).decode(), forum.export(to, ALL, emails=True).decode()
        for words in ("Retenu", "Pub", "Refusé", "lea@example.org"):
            assert words not in shown
            assert words in whole
    records = [json.loads(line) for line in forum.export("jsonl").splitlines()]
    # It is shown below the nearest message that is there.
    assert next(record for record in records if record.get("id") == 3)["parent"] == 1


def channel(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)[0]  # noqa: S314 - our own file


def comments(content: bytes) -> list[dict[str, str]]:
    return [
        {child.tag.rpartition("}")[2]: child.text or "" for child in comment}
        for comment in channel(content).iterfind("item/wp:comment", _WP)
    ]


def test_wordpress_gets_threads_dates_and_statuses(tmp_path: Path) -> None:
    content = small_forum(tmp_path).export("wxr", ALL, emails=True)
    found = comments(content)
    assert [comment["comment_approved"] for comment in found] == ["1", "0", "1", "spam", "1", "trash", "1"]
    assert [comment["comment_parent"] for comment in found[:4]] == ["0", "1", "2", "3"]
    assert {comment["comment_author_IP"] for comment in found} == {""}
    assert found[0]["comment_author_email"] == "lea@example.org"
    assert found[0]["comment_date_gmt"] == "2027-01-15 08:00:00"
    assert "<strong>mot</strong>" in found[0]["comment_content"]
    assert channel(content).findtext("item/link") == "https://www.example.org/article1/"
    # WordPress runs words in brackets, and would take what has no title for another post.
    assert all("[" not in comment["comment_content"] for comment in found)
    assert all(item.findtext("title") for item in channel(content).iterfind("item"))


def test_a_parent_with_a_higher_number_is_still_before_its_answers(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    rows = [(5, 9), (9, 0), (3, 5), (11, 3)]
    forum.take_rows(
        [{"id_forum": number, "id_parent": parent, "objet": "article", "id_objet": 1, "statut": "publie",
          "texte": f"m{number}", "auteur": "A", "titre": ""} for number, parent in rows]
    )  # fmt: skip
    found = comments(forum.export("wxr"))
    texts = {comment["comment_id"]: comment["comment_content"] for comment in found}
    above = {comment["comment_content"]: texts.get(comment["comment_parent"], "") for comment in found}
    assert above == {"<p>m9</p>": "", "<p>m5</p>": "<p>m9</p>", "<p>m3</p>": "<p>m5</p>", "<p>m11</p>": "<p>m3</p>"}
    assert all(int(comment["comment_parent"]) < int(comment["comment_id"]) for comment in found)


def test_isso_reads_it_and_it_comes_back_from_there(tmp_path: Path) -> None:
    isso = shutil.which("isso", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if not isso:
        pytest.skip("isso is not installed")
    forum = small_forum(tmp_path)
    (tmp_path / "site.xml").write_bytes(forum.export("wxr", ("publie", "prop")))
    (tmp_path / "isso.cfg").write_text(
        f"[general]\ndbpath = {tmp_path}/isso.db\nhost = https://www.example.org/\n", "utf-8"
    )
    command = [isso, "-c", str(tmp_path / "isso.cfg"), "import", "-t", "wordpress", str(tmp_path / "site.xml")]
    environment = {name: text for name, text in os.environ.items() if name != "ISSO_SETTINGS"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "isso.db")) as db:
        rows = db.execute("SELECT t.uri, c.mode, c.author FROM comments c JOIN threads t ON t.id = c.tid").fetchall()
    assert sorted(row[:2] for row in rows) == [
        ("/a-page/", 1), ("/article1/", 1), ("/article1/", 1), ("/article1/", 2), ("/article2.en/", 1),
    ]  # fmt: skip
    back = Moved(tmp_path, "article1", "article2.en", "a-page", name="back.db")
    assert back.take(tmp_path / "isso.db").added == 5
    assert {message.text for message in back.messages().values()} >= {"{{T}}\n\nUn {{mot}}", "{{T}}\n\nRetenu"}


def test_no_hostile_text_is_active_in_it(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    vectors = [
        json.loads(line)["vector"]
        for name in ("spip_xss.jsonl", "attacks.jsonl")
        for line in (_SECURITY / name).read_text("utf-8").splitlines()
    ]
    with open_base(forum.path) as store:
        for vector in vectors:
            store.messages.add(Message(0, 1, 0, 0, "publie", vector, vector, vector, vector, "fr", NOW, NOW))
    found = comments(forum.export("wxr"))
    assert len(found) == len(vectors)
    for comment in found:
        assert not dangers(comment["comment_content"])
        assert not dangers(comment["comment_author"])
        assert comment["comment_author_url"].partition(":")[0].lower() in ("", "http", "https")


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    forum = small_forum(tmp_path)
    (tmp_path / "file").write_text("as it was", "utf-8")
    with pytest.raises(CannotWrite, match="file"):
        export_whole(forum.path, tmp_path / "file" / "x.jsonl", "jsonl", ALL)
    assert (tmp_path / "file").read_text("utf-8") == "as it was"
    assert (os.stat(tmp_path / "forum.db").st_mode & 0o077) == 0
    forum.export("jsonl", emails=True)
    if os.name == "posix":
        assert os.stat(tmp_path / "export.jsonl").st_mode & 0o077 == 0


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("there are no pipes with names")
    forum, pipe = small_forum(tmp_path), tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(pipe.read_bytes)
        export_whole(forum.path, pipe, "jsonl", ALL)
        assert written.result(20).startswith(b'{"format"')
    assert pipe.is_fifo()
