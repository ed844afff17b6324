"""An internal error, a dead process or an impossible value costs a migration only one object."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import spipconv.migration.pages.texts
import spipconv.migration.plan.titles
from spipconv.commands import main
from spipconv.migration.output import moves
from spipconv.migration.plan import old_paths
from spipconv.migration.run.workers import Workers, WorkersLost
from spipconv.migration.target import TARGET_NAMES
from tests.migrations import EXAMPLE

DATABASE = EXAMPLE / "site.sqlite"
REPOSITORY = Path(__file__).parent.parent.parent
# The word that makes the parser fail in these tests.
BOOM = "BOOM{{}}"
NAMED = re.compile(r"<(?:doc|img|emb)3\b")


def run(*arguments: str | Path) -> Result:
    """Run ``spipconv migrate``; nothing may be raised except the exit of the program."""
    result = CliRunner().invoke(main, ["migrate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def changed(folder: Path, *statements: str) -> Path:
    """Return a copy of the test site after some SQL statements."""
    path = folder / "changed.sqlite"
    shutil.copy(DATABASE, path)
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def boom(statement: str, word: str = BOOM) -> str:
    """Return a statement that adds the word at which something fails."""
    return statement.replace("{}", word)


def remarks(out: Path, code: str) -> list[dict[str, Any]]:
    """Return all remarks of a code, from the file that has all."""
    lines = (out / "remarks.jsonl").read_bytes().splitlines()
    return [one for one in map(json.loads, lines) if one["code"] == code]


def failures(out: Path) -> set[tuple[str, int]]:
    return {(one.get("kind", ""), one.get("number", 0)) for one in remarks(out, "object-failed")}


def raw(out: Path, name: str) -> str:
    return (out / ".spipconv" / "failed" / name).read_text("utf-8")


def failing(parse: Callable[..., Any], fault: type[BaseException]) -> Callable[..., Any]:
    def parse_or_fail(text: str, *arguments: Any, objects: Any = None, **options: Any) -> Any:
        named = objects.find("document", 3) if objects and NAMED.search(text) else None
        if BOOM in text or (named and BOOM in named.title):
            raise fault("internal")
        return parse(text, *arguments, objects=objects, **options)

    return parse_or_fail


def fail_at(monkeypatch: pytest.MonkeyPatch, fault: type[BaseException] = KeyError) -> None:
    """Make the parser fail at texts with ``BOOM``."""
    for module in (spipconv.migration.pages.texts, spipconv.migration.plan.titles):
        monkeypatch.setattr(module, "parse", failing(module.parse, fault))


FAULTS = [KeyError, RecursionError, MemoryError, OSError, AssertionError]
TEXTS = {
    ("article", 36): "UPDATE spip_articles SET texte = 'Avant {} après' WHERE id_article = 36",
    ("article", 39): "UPDATE spip_articles SET ps = 'Avant {} après' WHERE id_article = 39",
    ("rubrique", 3): "UPDATE spip_rubriques SET texte = 'Avant {} après' WHERE id_rubrique = 3",
    ("breve", 1): "UPDATE spip_breves SET texte = 'Avant {} après' WHERE id_breve = 1",
    ("site", 1): "UPDATE spip_syndic SET descriptif = 'Avant {} après' WHERE id_syndic = 1",
    ("auteur", 1): "UPDATE spip_auteurs SET bio = 'Avant {} après' WHERE id_auteur = 1",
    ("mot", 1): "UPDATE spip_mots SET texte = 'Avant {} après' WHERE id_mot = 1",
    ("groupe", 1): "UPDATE spip_groupes_mots SET texte = 'Avant {} après' WHERE id_groupe = 1",
    ("forum", 1): "UPDATE spip_forum SET texte = 'Avant {} après' WHERE id_forum = 1",
}
TITLES = {
    ("article", 36): "UPDATE spip_articles SET titre = 'Avant {} après' WHERE id_article = 36",
    ("rubrique", 3): "UPDATE spip_rubriques SET titre = 'Avant {} après' WHERE id_rubrique = 3",
    ("breve", 1): "UPDATE spip_breves SET titre = 'Avant {} après' WHERE id_breve = 1",
    ("site", 1): "UPDATE spip_syndic SET nom_site = 'Avant {} après' WHERE id_syndic = 1",
    ("mot", 1): "UPDATE spip_mots SET titre = 'Avant {} après' WHERE id_mot = 1",
    ("groupe", 1): "UPDATE spip_groupes_mots SET titre = 'Avant {} après' WHERE id_groupe = 1",
}


@pytest.mark.parametrize("places", [TEXTS, TITLES], ids=["texts", "titles"])
@pytest.mark.parametrize(
    ("to", "fault"), [*[(to, KeyError) for to in TARGET_NAMES], *[("hugo", one) for one in FAULTS[1:]]]
)
@pytest.mark.slow
def test_an_internal_error_stops_only_one_object(
    places: dict[tuple[str, int], str],
    to: str,
    fault: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_at(monkeypatch, fault)
    out = tmp_path / "out"
    result = run(changed(tmp_path, *map(boom, places.values())), out, "--to", to, "--img", EXAMPLE / "IMG")
    assert result.exit_code == 3, result.output
    assert "object-failed" in result.output
    assert failures(out) == set(places)
    for kind, number in places:
        assert "Avant BOOM{{}} après" in raw(out, f"{kind}-{number}.txt")
    if places is TITLES or to in ("wxr", "json", "pandoc"):
        return
    assert run(DATABASE, tmp_path / "whole", "--to", to, "--img", EXAMPLE / "IMG").exit_code == 1
    written, expected = pages_in(out), pages_in(tmp_path / "whole")
    assert written < expected
    # The page of the message exists, and the pages of its object in other languages fail too.
    assert 8 <= len(expected - written) <= 16


def pages_in(out: Path) -> set[Path]:
    return {path.relative_to(out) for path in out.rglob("*") if path.suffix == ".md"}


def test_a_message_that_fails_stays_on_its_page_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch)
    base = changed(tmp_path, boom("UPDATE spip_forum SET texte = 'Avant {} après' WHERE id_forum = 1"))
    assert run(base, tmp_path / "out", "--to", "json").exit_code == 3
    pages = map(json.loads, (tmp_path / "out" / "objects.jsonl").read_bytes().splitlines())
    messages = {message["number"]: message for page in pages for message in page["comments"]}
    assert "Avant BOOM{{}} après" in messages[1]["html"]
    assert len(messages) > 3


@pytest.mark.parametrize("to", ["hugo", "wxr", "json"])
def test_only_the_message_that_cannot_be_written_is_lost(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spipconv.migration.run.page_maker import PageMaker

    write = PageMaker._write

    def write_or_fail(worker: Any, page: Any) -> Any:
        if any(one.number == 1 for one in page.comments):
            raise KeyError("internal")
        return write(worker, page)

    monkeypatch.setattr(PageMaker, "_write", write_or_fail)
    assert run(DATABASE, tmp_path / "out", "--to", to).exit_code == 3
    assert failures(tmp_path / "out") == {("forum", 1)}
    assert raw(tmp_path / "out", "forum-1.txt")


def test_a_caption_that_fails_does_not_stop_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(monkeypatch)
    base = changed(
        tmp_path,
        boom("UPDATE spip_documents SET titre = 'Avant {} après' WHERE id_document = 3"),
        "UPDATE spip_articles SET texte = 'Voici <doc3> donc' WHERE id_article = 36",
    )
    assert run(base, tmp_path / "out", "--to", "json").exit_code == 3
    assert failures(tmp_path / "out") == {("document", 3)}
    assert "Avant BOOM" in raw(tmp_path / "out", "document-3.txt")
    pages = map(json.loads, (tmp_path / "out" / "objects.jsonl").read_bytes().splitlines())
    assert "Voici" in next(page for page in pages if (page["kind"], page["number"]) == ("article", 36))["html"]


@pytest.mark.parametrize(("module", "name"), [(moves, "_new_address"), (old_paths, "_paths")])
def test_only_the_old_address_that_fails_is_lost(
    module: Any, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(module, name)

    def fail(*arguments: Any) -> Any:
        one = arguments[-1] if name == "_new_address" else arguments[0]
        number = one["number"] if name == "_new_address" else one.number
        kind = one["kind"] if name == "_new_address" else one.kind
        if (kind, number) == ("article", 1):
            raise KeyError("internal")
        return right(*arguments)

    monkeypatch.setattr(module, name, fail)
    assert run(DATABASE, tmp_path / "out", "--to", "hugo").exit_code == 3
    assert failures(tmp_path / "out") == {("article", 1)}
    assert len(json.loads((tmp_path / "out" / "redirects" / "redirects.json").read_bytes())["objects"]) > 30


def test_only_the_row_that_cannot_be_read_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spipconv.migration.read.spip_tables import SpipReader

    convert = SpipReader._convert

    def fail(reading: Any, table: str, row: Any, extensions: Any) -> Any:
        if table == "articles" and row["id_article"] == b"36":
            raise KeyError("internal")
        return convert(reading, table, row, extensions)

    monkeypatch.setattr(SpipReader, "_convert", fail)
    assert run(DATABASE, tmp_path / "out", "--to", "hugo").exit_code == 3
    assert failures(tmp_path / "out") == {("article", 36)}
    assert "==== texte ====" in raw(tmp_path / "out", "article-36.txt")


def test_only_the_file_that_fails_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spipconv.migration.output.output import Output

    copy = Output.copy

    def fail(output: Output, source: Path, folder: str, name: str, *others: Any) -> Any:
        if name.endswith("atelier.jpg"):
            raise KeyError("internal")
        return copy(output, source, folder, name, *others)

    monkeypatch.setattr(Output, "copy", fail)
    assert run(DATABASE, tmp_path / "out", "--to", "hugo", "--img", EXAMPLE / "IMG").exit_code == 3
    assert [one["field"] for one in remarks(tmp_path / "out", "object-failed")] == ["jpg/atelier.jpg"]


def test_nothing_personal_is_kept_with_the_raw_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(monkeypatch)
    base = changed(
        tmp_path,
        boom("UPDATE spip_forum SET texte = '{}', email_auteur = 'a@personne.example' WHERE id_forum = 1"),
        "UPDATE spip_forum SET auteur = 'Qui' WHERE id_forum = 1",
        boom("UPDATE spip_auteurs SET bio = '{}', email = 'b@personne.example' WHERE id_auteur = 1"),
    )
    run(base, tmp_path / "out", "--to", "hugo")
    kept = "".join(path.read_text("utf-8") for path in (tmp_path / "out" / ".spipconv" / "failed").iterdir())
    assert BOOM in kept
    assert "personne.example" not in kept
    assert "Qui" not in kept


def test_the_next_run_makes_objects_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = changed(tmp_path, boom("UPDATE spip_articles SET texte = '{}' WHERE id_article = 36"))
    with monkeypatch.context() as patched:
        fail_at(patched)
        assert run(base, tmp_path / "out", "--to", "hugo").exit_code == 3
    assert run(base, tmp_path / "out", "--to", "hugo", "--resume").exit_code == 1
    assert run(base, tmp_path / "whole", "--to", "hugo").exit_code == 1
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- Processes ----

# Run by every process of a run at its start: texts with certain words make it fail, die or stop.
SITE = """
import os, signal, sys
sys.path.insert(0, {repository!r})
if "-c" in sys.argv or "spipconv" in " ".join(sys.orig_argv):
    import multiprocessing
    import spipconv.migration.pages.texts as texts, spipconv.migration.run.page_queue as page_queue
    import spipconv.migration.run.workers as workers
    workers.MOST_SILENCE = 4
    workers.MOST_SECONDS = 3
    page_queue._FEW = 0
    right = texts.parse
    import concurrent.futures.process as process
    def tear(queue, *_, **__):
        queue._wlock.acquire()
        queue._writer._send(b"\\0\\1\\0\\0half")
        os.kill(os.getpid(), signal.SIGKILL)
    def parse(text, *arguments, **options):
        is_worker = "spawn_main" in " ".join(sys.orig_argv)
        if "BOOM" in text:
            raise {fault}("internal")
        if "KILLED" in text and is_worker:
            os.kill(os.getpid(), signal.SIGKILL)
        if "STOPPED" in text and is_worker:
            os.kill(os.getpid(), signal.SIGSTOP)
        while "ENDLESS" in text and is_worker:
            pass
        if "TORN" in text and is_worker:
            process._sendback_result = tear
        return right(text, *arguments, **options)
    texts.parse = parse
"""


def run_in_processes(
    folder: Path, base: Path, out: Path, *options: str, fault: str = "KeyError"
) -> subprocess.CompletedProcess[str]:
    """Run a migration whose workers encounter these words."""
    (folder / "sitecustomize.py").write_text(SITE.format(repository=str(REPOSITORY), fault=fault))
    command = [sys.executable, "-m", "spipconv", "migrate", str(base), str(out), "--jobs", "2", *options]
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize("fault", ["KeyError", "RecursionError", "MemoryError"])
@pytest.mark.slow
def test_an_internal_error_in_a_worker_stops_only_one_object(fault: str, tmp_path: Path) -> None:
    base = changed(tmp_path, "UPDATE spip_articles SET texte = 'BOOM' WHERE id_article = 36")
    done = run_in_processes(tmp_path, base, tmp_path / "out", "--to", "hugo", fault=fault)
    assert done.returncode == 3, done.stderr
    assert failures(tmp_path / "out") == {("article", 36)}
    assert "BOOM" in raw(tmp_path / "out", "article-36.txt")


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="the system has no such signals")
@pytest.mark.parametrize("word", ["KILLED", "STOPPED", "ENDLESS", "TORN"])
@pytest.mark.parametrize("to", ["hugo", "wxr"])
@pytest.mark.slow
def test_a_worker_that_dies_or_stops_loses_only_one_object(word: str, to: str, tmp_path: Path) -> None:
    base = changed(tmp_path, boom("UPDATE spip_articles SET texte = '{}' WHERE id_article = 36", word))
    done = run_in_processes(tmp_path, base, tmp_path / "out", "--to", to)
    assert done.returncode == 3, done.stderr
    assert failures(tmp_path / "out") == {("article", 36)}
    assert word in raw(tmp_path / "out", "article-36.txt")
    shutil.copy(DATABASE, base)
    assert run(base, tmp_path / "out", "--to", to, "--resume").exit_code == 1
    assert run(DATABASE, tmp_path / "whole", "--to", to).exit_code == 1
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    "missing", ["_multiprocessing", "multiprocessing.synchronize", "OSError", "NotImplementedError"]
)
@pytest.mark.slow
def test_a_run_works_without_processes(missing: str, tmp_path: Path) -> None:
    script = f"""
        import sys
        from click.testing import CliRunner
        from spipconv.commands import main
        import spipconv.migration.run.page_queue as page_queue
        page_queue._FEW = 0
        if {missing!r}.endswith("Error"):
            import concurrent.futures.process as process
            def fail(*_, **__):
                raise {missing if missing.endswith("Error") else "OSError"}("no semaphores")
            process.ProcessPoolExecutor = fail
        else:
            for name in [name for name in sys.modules if "multiprocessing" in name or name.endswith("futures.process")]:
                del sys.modules[name]
            sys.modules[{missing!r}] = None
        result = CliRunner().invoke(main, ["migrate", {str(DATABASE)!r}, {str(tmp_path / "out")!r}, "--to", "hugo",
            "--jobs", "2"])
        print(result.output)
        sys.exit(result.exit_code)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr


def test_one_job_starts_no_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spipconv.migration.run.page_queue._FEW", 0)
    monkeypatch.setitem(sys.modules, "concurrent.futures.process", None)
    assert run(DATABASE, tmp_path / "out", "--to", "hugo", "--jobs", "1").exit_code == 1


def test_missing_workers_are_reported_as_lost() -> None:
    workers = Workers(1)
    with pytest.raises(WorkersLost):
        workers.submit(time.sleep, 0)
