"""The commands that move messages: what they print, and the codes that they end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spipconv.commands import main
from tests.forum.moving import Moved
from tests.forum.test_import_of_spip import row
from tests.hard_sites import make_site

_WORDPRESS = Path(__file__).parent / "moving_files" / "wordpress.xml"


def run(*words: str | Path, language: str = "en_GB.UTF-8") -> Result:
    return CliRunner(env={"LC_ALL": language}).invoke(main, ["comments", *map(str, words)])


def test_an_import_says_what_it_did(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    source = make_site(tmp_path / "site.sqlite", {"forum": [row(1), row(2, 1), row(3, statut="privrac")]})
    done = run("import", forum.path, source)
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        [
            "3 messages read: 2 added, 0 changed, 0 as they were, 1 left out",
            "info private (1): a private message of the editors: never imported",
        ],
    )
    source = make_site(tmp_path / "site.sqlite", {"forum": [row(1), row(2, 1, statut="off"), row(4, id_objet=9)]})
    report = tmp_path / "report.json"
    done = run("import", forum.path, source, "--report", report, language="fr_FR.UTF-8")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "3 messages read: 0 added, 1 changed, 1 as they were, 1 left out",
        "loss no-page (1): aucune page n’est enregistrée à cette adresse ou sous ce numéro\u00a0: non importé: forum4"
        " article9",
        "info message-changed (1): il a changé là d’où il vient\u00a0: changé ici aussi: forum2 forum2",
    ]
    written = json.loads(report.read_text("utf-8"))
    assert (written["read"], written["changed"], written["left"]) == (3, 1, {"no-page": 1})
    assert {"code": "no-page", "severity": "loss", "place": "forum4", "detail": "article9"} in written["issues"]


def test_a_dry_run_stores_nothing_and_says_the_same(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    source = make_site(tmp_path / "site.sqlite", {"forum": [row(1), row(2, id_objet=9)]})
    dry = run("import", forum.path, source, "--dry-run")
    assert forum.messages() == {}
    done = run("import", forum.path, source)
    assert (dry.exit_code, dry.stdout) == (done.exit_code, done.stdout)
    assert set(forum.messages()) == {1}


def test_of_many_places_some_are_shown(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    source = make_site(tmp_path / "site.sqlite", {"forum": [row(number, 99) for number in range(1, 9)]})
    (line,) = run("import", forum.path, source).stdout.splitlines()[1:]
    assert line.endswith(": forum1 99, forum2 99, forum3 99, forum4 99, forum5 99 … 3 more")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["import", "{base}", "{missing}"], "missing.sql: it cannot be read: No such file or directory"),
        (["import", "{base}", "{missing}", "--from", "isso"], "missing.sql: it cannot be read"),
        (["import", "{base}", "{base}"], "is not a SPIP database"),
        (["import", "{base}", "{empty}"], "empty.sql"),
        (["import", "{missing}", "{empty}"], "there is no such file"),
        (["import", "{pageless}", "{wordpress}"], 'it has no pages yet: "spipconv comments pages'),
        (["import", "{base}", "{wordpress}", "--report", "{folder}/x/y.json/z"], ""),
        (["export", "{base}", "--format", "jsonl"], "name the file to write"),
        (["export", "{base}", "{empty}/x", "--format", "wxr"], "empty.sql"),
        (["export", "{base}", "{folder}", "--format", "json", "--emails"], "are of the formats jsonl and wxr"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_stored(tmp_path: Path, words: list[str], error: str) -> None:
    forum = Moved(tmp_path, "article1")
    (tmp_path / "empty.sql").write_text("", "utf-8")
    names = {
        "base": forum.path, "pageless": Moved(tmp_path, name="pageless.db").path, "missing": tmp_path / "missing.sql",
        "empty": tmp_path / "empty.sql", "wordpress": _WORDPRESS, "folder": tmp_path,
    }  # fmt: skip
    done = run(*[word.format(**names) for word in words])
    if not error:
        assert done.exit_code == 1
        return
    assert done.exit_code == 2
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert forum.messages() == {}


def test_an_export_says_what_is_in_it(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    forum.take_rows([row(1), row(2, statut="spam")])
    done = run("export", forum.path, tmp_path / "a.jsonl", "--format", "jsonl")
    assert done.stdout == (
        f"{tmp_path / 'a.jsonl'}: 1 messages, without e-mail addresses; 1 that are not published are not in it"
        " (--unpublished)\n"
    )
    done = run("export", forum.path, tmp_path / "a.xml", "--format", "wxr", "--unpublished", "--emails")
    assert done.stdout == f"{tmp_path / 'a.xml'}: 2 messages, with 2 e-mail addresses in plain words\n"
