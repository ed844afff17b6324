"""Published messages become data files of a site: the right ones, in order, whole, and nobody else's files."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

pytest.importorskip("cryptography", reason="cryptography is not installed")

from spipconv.commands import main
from spipconv.forum.publication.exporting import Export, Exporter
from spipconv.forum.publication.hook import HookError, run_hook
from spipconv.forum.publication.migrated import BadSite
from spipconv.forum.publication.publisher import Publisher, read_publication
from spipconv.forum.records import Message, Status
from spipconv.forum.settings import Generator, write_setting
from spipconv.forum.store.base import Base, open_base
from spipconv.migration.target import TREES
from spipconv.system.files import CannotWrite
from tests.forum.bases import NOW, make_base

DATA = "data/comments/article1.json"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_base(tmp_path)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def add(base: Path, *messages: Message) -> list[int]:
    with open_base(base) as store:
        return [store.messages.add(message).id for message in messages]


def message(status: Status = "publie", parent: int = 0, *, page: int = 1, at: int = NOW, **fields: Any) -> Message:
    written = Message(0, page, parent, 0, status, "Anne", "", "Oui.", "", "fr", at, at)
    return replace(written, **fields)


def export(base: Path, site: Path, to: Generator = "hugo", *, force: bool = False) -> Export:
    with open_base(base, reads_only=True) as store, Exporter(site, to, force=force) as exporter:
        return exporter.export(store)


def set_status(base: Path, number: int, status: Status) -> None:
    with open_base(base) as store:
        current = store.messages.get(number)
        assert current is not None
        assert store.messages.set_status(number, current.version, status, NOW)


def shown(site: Path, path: str = DATA) -> list[tuple[int, int, int]]:
    """Return number, parent and depth of the messages in a data file."""
    return [(one["id"], one["parent"], one["depth"]) for one in json.loads((site / path).read_text("utf-8"))]


def contents(site: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(site)): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and ".spipconv" not in path.parts
    }


# ---- Which messages, and in which order ----


def test_published_messages_are_in_reading_order_under_what_they_answer(base: Path, site: Path) -> None:
    first, second = add(base, message(), message(at=NOW + 1))
    held, refused = add(base, message("prop", first), message("off", first))
    below_held, below_refused, late = add(
        base, message(parent=held), message(parent=refused), message(parent=first, at=NOW + 9)
    )
    deep = add(base, message(parent=late))[0]
    export(base, site)
    assert shown(site) == [
        (first, 0, 0), (below_held, first, 1), (below_refused, first, 1), (late, first, 1), (deep, late, 2),
        (second, 0, 0),
    ]  # fmt: skip
    text = (site / DATA).read_text("utf-8")
    assert len(text.splitlines()) == len(shown(site)) + 2


def test_what_strangers_wrote_is_plain_or_safe(base: Path, site: Path) -> None:
    evil = '<script>alert(1)</script> {{ 7*7 }} <img src=x onerror="alert(1)">'
    add(
        base,
        message(author=evil, title=evil, text=evil, url="javascript:alert(1)"),
        message(url="https://example.org/"),
    )
    export(base, site, "jekyll")
    first, second = json.loads((site / "_data/comments/article1.json").read_text("utf-8"))
    assert (first["url"], second["url"]) == ("", "https://example.org/")
    for field in ("author", "title", "html"):
        assert "<script" not in first[field]
        assert "<img" not in first[field]
        assert "{{" not in first[field] or field == "html"


@pytest.mark.parametrize("to", ["hugo", "jekyll", "pelican", "eleventy", "mkdocs", "json"])
def test_each_generator_has_its_place(base: Path, site: Path, to: Generator) -> None:
    add(base, message())
    export(base, site, to)
    folder = f"{TREES[to].data}/comments" if to in TREES else "comments"
    assert list(contents(site)) == [f"{folder}/article1.json"]


def test_ten_thousand_answers_to_each_other_are_read_in_linear_time(base: Path) -> None:
    from spipconv.forum.threads import arrange

    chain = [replace(message(parent=number - 1), id=number) for number in range(1, 10_001)]
    assert arrange(chain)[-1].depth == 9999
    hidden = [replace(one, status="off") if one.id > 1 else one for one in chain]
    tail = [replace(message(parent=10_000), id=number) for number in range(10_001, 20_001)]
    assert {place.parent for place in arrange([*hidden, *tail])[1:]} == {1}


# ---- Only what has changed ----


def test_only_what_has_changed_is_written(base: Path, site: Path) -> None:
    with open_base(base) as store:
        store.pages.put("article2", "/article2/", "Another", "fr")
    (first, _) = add(base, message(), message(page=2))
    assert export(base, site).written == 2
    before = {path: (site / path).stat().st_mtime_ns for path in contents(site)}
    done = export(base, site)
    assert (done.written, done.unchanged, done.removed) == (0, 2, 0)
    set_status(base, first, "off")
    done = export(base, site)
    assert (done.written, done.unchanged, done.removed) == (0, 1, 1)
    assert list(contents(site)) == ["data/comments/article2.json"]
    assert (site / "data/comments/article2.json").stat().st_mtime_ns == before["data/comments/article2.json"]
    set_status(base, first, "publie")
    assert export(base, site).written == 1
    (site / DATA).unlink()
    assert export(base, site).written == 1


def test_a_version_that_shows_texts_otherwise_writes_them_again(
    base: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(base, message(text="{{Oui.}}"))
    export(base, site)
    monkeypatch.setattr("spipconv.forum.publication.exporting.VERSION", "next")
    monkeypatch.setattr("spipconv.forum.threads.render_message", lambda message: "<p>Non.</p>")
    assert export(base, site).written == 1
    assert "Non." in (site / DATA).read_text("utf-8")


def test_a_base_that_was_brought_back_from_a_backup_is_published(base: Path, site: Path, tmp_path: Path) -> None:
    add(base, message())
    kept = tmp_path / "kept.db"
    kept.write_bytes(base.read_bytes())
    add(base, message(text="Avant"))
    export(base, site)
    for suffix in ("-wal", "-shm"):
        base.with_name(base.name + suffix).unlink(missing_ok=True)
    base.write_bytes(kept.read_bytes())
    add(base, message(text="Après"))
    export(base, site)
    assert "Après" in (site / DATA).read_text("utf-8")


# ---- Files of others ----


@pytest.mark.parametrize("content", ["[]x", '{"a": 1}', "", '[{"id": 99}]', '[{"id": "1"}]'])
def test_files_of_others_are_never_touched(base: Path, site: Path, content: str) -> None:
    file = site / DATA
    file.parent.mkdir(parents=True)
    file.write_text(content)
    (number,) = add(base, message())
    for _ in range(2):
        done = export(base, site)
        assert (done.written, len(done.left)) == (0, 1)
        assert file.read_text() == content
    set_status(base, number, "off")
    assert export(base, site).removed == 0
    assert file.read_text() == content
    set_status(base, number, "publie")
    assert export(base, site, force=True).written == 1


def test_a_file_of_messages_that_the_base_has_is_brought_up_to_date(base: Path, site: Path) -> None:
    file = site / DATA
    file.parent.mkdir(parents=True)
    file.write_text('[{"id": 1, "html": "as it was migrated"}]')
    add(base, message(), message())
    assert export(base, site).written == 1
    assert len(shown(site)) == 2


def test_what_was_edited_by_hand_stays_and_it_is_said(base: Path, site: Path) -> None:
    (number,) = add(base, message())
    export(base, site)
    edited = (site / DATA).read_text("utf-8").replace("Oui.", "Non.")
    (site / DATA).write_text(edited, "utf-8")
    set_status(base, number, "off")
    done = export(base, site)
    assert (done.removed, len(done.left)) == (0, 1)
    assert "by hand" in done.left[0]
    assert (site / DATA).read_text("utf-8") == edited
    assert export(base, site, force=True).removed == 1


def test_no_link_leads_out_of_the_site(base: Path, site: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (site / "data").symlink_to(tmp_path / "elsewhere")
    add(base, message())
    with pytest.raises(CannotWrite):
        export(base, site)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", [".spipconv", ".spipconv/comments.jsonl", ".spipconv/comments.lock", DATA])
def test_a_link_in_the_place_of_a_file_of_ours_is_named_and_not_followed(
    base: Path, site: Path, tmp_path: Path, name: str
) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).symlink_to(other)
    add(base, message())
    with pytest.raises(CannotWrite):
        export(base, site)
    assert other.read_text() == "precious"


def test_a_page_called_site_has_a_feed_beside_that_of_the_site(base: Path, site: Path) -> None:
    with open_base(base) as store:
        write_setting(store, "site", "https://www.example.org")
        page = store.pages.put("site", "/site/", "The site", "en")
        store.messages.add(replace(message(), page=page.id, status="publie"))
    assert export(base, site).feeds == 2
    assert sorted(path.name for path in site.glob("static/feeds/*")) == ["-site.atom", "site.atom"]
    assert not export(base, site).has_changes


def test_two_exports_do_not_write_to_the_same_site(base: Path, site: Path) -> None:
    with Exporter(site, "hugo"), pytest.raises(BadSite, match="another export"), Exporter(site, "hugo"):
        pass
    export(base, site)


def test_a_killed_export_leaves_whole_files_and_the_next_one_ends_it(base: Path, site: Path, tmp_path: Path) -> None:
    with open_base(base) as store:
        for number in range(2, 302):
            page = store.pages.put(f"article{number}", f"/{number}/", "", "fr")
            for _ in range(5):
                store.messages.add(message(page=page.id, text="{{Un}} texte. " * 20))
    command = [sys.executable, "-P", "-m", "spipconv", "comments", "export", str(base), str(site), "--format", "hugo"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    folder = site / "data" / "comments"
    for least in (1, 100):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        while process.poll() is None and (not folder.exists() or len(os.listdir(folder)) < least):
            time.sleep(0.005)
        process.kill()
        process.wait()
        for file in folder.iterdir():
            assert len(json.loads(file.read_text("utf-8"))) == 5
    done = export(base, site)
    assert done.left == []
    assert done.written + done.unchanged == 300
    assert len(contents(site)) == 300


# ---- The hook ----


def test_a_hook_runs_in_the_site_and_its_failure_is_one_line(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIPCONV_SMTP_PASSWORD", "secret")
    run_hook("echo built $SPIPCONV_SMTP_PASSWORD > built.txt", site)
    assert (site / "built.txt").read_text() == "built\n"
    with pytest.raises(HookError, match=r"exit code 3: .*no such theme") as error:
        run_hook("printf 'a\\n\\033[31mno such theme'; exit 3", site)
    assert "\n" not in str(error.value)
    assert "\033" not in str(error.value)
    with pytest.raises(HookError, match="ended"):
        run_hook("sleep 60 & sleep 60", site, longest=0.3)
    stops = threading.Event()
    stops.set()
    with pytest.raises(HookError, match="ended"):
        run_hook("sleep 60", site, stops)


class _Site:
    """A base with a publisher whose time the test sets."""

    def __init__(self, path: Path, site: Path, hook: str) -> None:
        self.path, self.site, self.now = path, site, 0.0
        with open_base(path) as store:
            for name, value in {"site_folder": str(site), "generator": "hugo", "hook": hook}.items():
                write_setting(store, name, value)
        self.base = Base(path)
        self.publisher = self.start()

    def start(self) -> Publisher:
        self.publisher = Publisher(self.base, lambda: NOW)
        return self.publisher

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.publisher.look(self.now)

    @property
    def runs(self) -> int:
        file = self.site / "runs.txt"
        return len(file.read_text().split()) if file.exists() else 0

    @property
    def failure(self) -> str | None:
        done = self.base.query(read_publication).result()
        return done.failure if done else None


@pytest.fixture
def published(base: Path, site: Path) -> Any:
    sites: list[_Site] = []

    def make(hook: str = "echo run >> runs.txt") -> _Site:
        sites.append(_Site(base, site, hook))
        return sites[-1]

    yield make
    for one in sites:
        one.base.close()


Make = Callable[..., _Site]


def test_files_are_written_at_once_and_the_hook_runs_after_a_quiet_time(published: Make) -> None:
    forum = published()
    forum.pass_time(40)
    assert (forum.runs, forum.failure) == (0, None)
    add(forum.path, message())
    forum.pass_time(3)
    assert shown(forum.site)
    assert forum.runs == 0
    add(forum.path, message())
    forum.pass_time(29)
    assert forum.runs == 0
    forum.pass_time(3)
    assert (forum.runs, forum.failure) == (1, "")
    forum.pass_time(100)
    assert forum.runs == 1


def test_changes_without_an_end_are_published_all_the_same(published: Make) -> None:
    forum = published()
    forum.pass_time(1)
    for _ in range(700):
        add(forum.path, message())
        forum.pass_time(1)
        if forum.runs:
            break
    assert forum.runs == 1
    assert forum.now > 30


def test_a_hook_that_fails_is_reported_and_runs_again(published: Make) -> None:
    forum = published("echo run >> runs.txt; [ -e fixed ]")
    add(forum.path, message())
    forum.pass_time(40)
    assert forum.runs == 1
    assert "exit code 1" in (forum.failure or "")
    forum.pass_time(20)
    assert forum.runs == 1
    (forum.site / "fixed").touch()
    forum.pass_time(30)
    assert (forum.runs, forum.failure) == (2, "")


def test_a_change_during_the_hook_is_not_lost(published: Make) -> None:
    forum = published("echo run >> runs.txt")
    add(forum.path, message())
    forum.pass_time(10)
    # Another process exports while the hook runs.
    code = (
        "from pathlib import Path; from spipconv.forum.publication.exporting import Exporter;"
        " e = Exporter(Path('.'), 'hugo'); e.record.owe_hook()"
    )
    with open_base(forum.path) as store:
        write_setting(store, "hook", f'echo run >> runs.txt; "{sys.executable}" -c "{code}"')
    forum.pass_time(30)
    with open_base(forum.path) as store:
        write_setting(store, "hook", "echo run >> runs.txt")
    assert forum.runs == 1
    forum.start()
    forum.pass_time(40)
    assert forum.runs == 2


def test_a_hook_that_was_due_runs_after_a_new_start(published: Make) -> None:
    forum = published()
    add(forum.path, message())
    forum.pass_time(5)
    assert forum.runs == 0
    forum.start()
    forum.pass_time(40)
    assert forum.runs == 1


def test_what_cannot_be_written_is_written_later(published: Make, tmp_path: Path) -> None:
    forum = published()
    forum.site.rename(tmp_path / "away")
    add(forum.path, message())
    forum.pass_time(5)
    assert "no such folder" in (forum.failure or "")
    (tmp_path / "away").rename(forum.site)
    forum.pass_time(40)
    assert shown(forum.site)
    forum.pass_time(40)
    assert (forum.runs, forum.failure) == (1, "")


# ---- The commands ----


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["comments", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_exports_and_runs_the_hook_if_something_changed(base: Path, site: Path) -> None:
    add(base, message())
    options = ("--format", "hugo", "--hook", "echo run >> runs.txt")
    assert run("export", base, site, *options) == (0, "1 files written, 0 unchanged, 0 removed\n", "")
    assert run("export", base, site, *options)[0] == 0
    assert (site / "runs.txt").read_text() == "run\n"
    add(base, message())
    code, _, said = run("export", base, site, "--format", "hugo", "--hook", "exit 7")
    assert (code, "exit code 7" in said) == (2, True)
    assert run("export", base, site, *options)[0] == 0
    assert (site / "runs.txt").read_text() == "run\nrun\n"


def test_the_command_says_what_it_needs(base: Path, site: Path, tmp_path: Path) -> None:
    for arguments, part in (
        ((base,), "site_folder"),
        ((base, tmp_path / "none", "--format", "hugo"), "no such folder"),
        ((base, site), "--format"),
    ):
        code, out, said = run("export", *arguments)
        assert (code, out, part in said, said.count("\n")) == (2, "", True, 1)


def test_moderators_and_programs_are_told_that_the_site_was_not_built(published: Make) -> None:
    pytest.importorskip("starlette", reason="starlette is not installed")
    from spipconv.forum.health import check_health
    from spipconv.forum.site.queue import _tell_publication

    forum = published("exit 9")
    assert asyncio.run(check_health(forum.base)).publishes
    add(forum.path, message())
    forum.pass_time(40)
    assert not asyncio.run(check_health(forum.base)).publishes
    visit: Any = SimpleNamespace(language="fr")
    (notice,) = forum.base.query(lambda store: _tell_publication(store, visit)).result()
    assert "exit code 9" in notice.sentence
    with open_base(forum.path) as store:
        write_setting(store, "hook", "exit 0")
    forum.pass_time(100)
    assert forum.base.query(lambda store: _tell_publication(store, visit)).result() == []
