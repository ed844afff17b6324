# Statements are made of constants.
# ruff: noqa: S608
"""Values that no column can have, and texts too long for memory: left out and reported, and nothing else is lost."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from spipconv.commands import main
from spipconv.migration.read import database as limits
from spipconv.migration.read.sources import SourceRow, TooLong, open_source, sql_rows, sqlite
from spipconv.migration.read.sources import statements as dumps
from spipconv.migration.read.sources import window as window_module
from spipconv.migration.read.sources.dump import Dump
from spipconv.migration.run.workplace import working_folder
from tests.hard_sites import Row, make_site
from tests.mariadb import MariaDB, mariadb_server
from tests.migrations import EXAMPLE, SOURCES

__all__ = ["mariadb_server"]  # a fixture

DATABASE = EXAMPLE / "site.sqlite"
HUGE = "9" * 20


def run(*arguments: str | Path) -> Result:
    """Run ``spipconv migrate``; nothing may be raised except the exit of the program."""
    result = CliRunner().invoke(main, ["migrate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def remarks(out: Path, code: str) -> list[dict[str, Any]]:
    lines = (out / "remarks.jsonl").read_bytes().splitlines()
    return [one for one in map(json.loads, lines) if one["code"] == code]


def changed(folder: Path, *statements: str) -> Path:
    """Return a copy of the test site after some SQL statements."""
    path = folder / "changed.sqlite"
    shutil.copy(DATABASE, path)
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


SITE = """-- MySQL dump 10.13
CREATE TABLE spip_articles (id_article bigint, titre text, texte longtext, id_rubrique bigint, date datetime,
  date_redac datetime, statut varchar(10), id_trad bigint, lang varchar(10));
CREATE TABLE spip_rubriques (id_rubrique bigint, id_parent bigint, titre text, statut varchar(10));
CREATE TABLE spip_auteurs (id_auteur bigint, nom text, email text, statut varchar(10));
CREATE TABLE spip_forum (id_forum bigint, objet varchar(25), id_objet bigint, id_parent bigint, date_heure datetime,
  titre text, texte text, auteur text, statut varchar(8));
CREATE TABLE spip_documents (id_document bigint, id_vignette bigint, fichier text, taille bigint, mode varchar(10));
CREATE TABLE spip_documents_liens (id_document bigint, id_objet bigint, objet varchar(25));
INSERT INTO spip_rubriques VALUES (1, 0, 'Une', 'publie');
INSERT INTO spip_auteurs VALUES (1, 'Qui', '', '1comite');
INSERT INTO spip_articles VALUES (1, 'Bon', 'Texte bon', 1, '2020-01-02 03:04:05', '0000-00-00', 'publie', 0, 'fr');
"""


def site(folder: Path, *statements: str) -> Path:
    """Return a dump of a small site, followed by some statements."""
    path = folder / "site.sql"
    path.write_text(SITE + ";\n".join([*statements, ""]), "utf-8")
    return path


# ---- Numbers and dates ----

NO_NUMBERS = [
    HUGE, f"'{HUGE}'", "-2", "1.5", "'1e400'", "1e400", "'0x1F'", "0x3132ff", "'douze'", "'1_000'", "'١٢'", "'12\\012'",
    "'true'", str(1 << 48), "'2024-01-01'", "'" + "9" * 5000 + "'",
]  # fmt: skip
NO_DATES = [
    "'2024-13-45'", "'2024-02-30 00:00:00'", "'99999-01-01 00:00:00'", "'2024-01-01 25:00:00'", "12", "'hier'",
    "'2024-01-01 24:00:00'",
    "'2024-01-01T00:00:00Z'", "'2024-01-01 00+00:00'", "'2024-01-\\001'", HUGE, "-1", "'-2024-01-01'", "1e400",
    "'٢٠٢٤-٠١-٠١'",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("column", ["id_rubrique", "id_trad"])
def test_invalid_numbers_are_absent_and_reported(column: str, value: str, tmp_path: Path) -> None:
    places = {"id_rubrique": "1", "id_trad": "0"} | {column: value}
    row = f"(2, 'Autre', 'Texte', {places['id_rubrique']}, '2020-01-02', NULL, 'publie', {places['id_trad']}, 'fr')"
    out = tmp_path / "out"
    assert run(site(tmp_path, f"INSERT INTO spip_articles VALUES {row}"), out, "--to", "json").exit_code == 1
    (issue,) = remarks(out, "value-refused")
    assert (issue["kind"], issue["number"], issue["field"]) == ("article", 2, column)
    assert issue["detail"].startswith("articles, row 2: ")
    lines = map(json.loads, (out / "objects.jsonl").read_bytes().splitlines())
    assert {one["number"] for one in lines if one["kind"] == "article"} == {1, 2}


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_row_without_a_number_is_kept_as_raw_text(value: str, tmp_path: Path) -> None:
    row = f"({value}, 'Sans numéro', 'Texte', 1, '2020-01-02', NULL, 'publie', 0, 'fr')"
    out = tmp_path / "out"
    assert run(site(tmp_path, f"INSERT INTO spip_articles VALUES {row}"), out, "--to", "json").exit_code == 1
    assert remarks(out, "value-refused")
    assert remarks(out, "row-unnumbered")[0]["kind"] == "article"
    assert "Sans numéro" in (out / ".spipconv" / "failed" / "article-row-2.txt").read_text("utf-8")


@pytest.mark.parametrize("value", ["NULL", "''", "0", "'0'", "DEFAULT", "FALSE"])
def test_empty_values_are_not_reported(value: str, tmp_path: Path) -> None:
    row = f"(2, 'Autre', 'Texte', {value}, '2020-01-02', NULL, 'publie', {value}, 'fr')"
    out = tmp_path / "out"
    run(site(tmp_path, f"INSERT INTO spip_articles VALUES {row}"), out, "--to", "json")
    assert remarks(out, "value-refused") == []


@pytest.mark.parametrize("value", NO_DATES)
def test_invalid_dates_are_absent_and_reported(value: str, tmp_path: Path) -> None:
    row = f"(2, 'Autre', 'Texte', 1, {value}, NULL, 'publie', 0, 'fr')"
    message = f"(1, 'article', 2, 0, {value}, 'm', 'message', 'qui', 'publie')"
    out = tmp_path / "out"
    statements = [f"INSERT INTO spip_articles VALUES {row}", f"INSERT INTO spip_forum VALUES {message}"]
    assert run(site(tmp_path, *statements), out, "--to", "json").exit_code == 1
    assert [one["field"] for one in remarks(out, "value-refused")] == ["date", "date_heure"]
    lines = map(json.loads, (out / "objects.jsonl").read_bytes().splitlines())
    article = next(one for one in lines if (one["kind"], one["number"]) == ("article", 2))
    assert article["date"] is None
    assert len(article["comments"]) == 1


@pytest.mark.parametrize("value", ["'0000-00-00 00:00:00'", "'1998-05-00'", "'1998-00-00 00:00:00'", "NULL", "''"])
def test_dates_that_spip_writes_are_not_reported(value: str, tmp_path: Path) -> None:
    row = f"(2, 'Autre', 'Texte', 1, '2020-01-02', {value}, 'publie', 0, 'fr')"
    run(site(tmp_path, f"INSERT INTO spip_articles VALUES {row}"), tmp_path / "out", "--to", "json")
    assert remarks(tmp_path / "out", "value-refused") == []


@pytest.mark.parametrize("value", [HUGE, "-2", "1.5", "'douze'", "x'00ff'", "1e400", "-9e999"])
@pytest.mark.parametrize("place", ["articles.id_rubrique", "documents.taille", "forum.id_parent", "mots.id_groupe"])
@pytest.mark.slow
def test_a_sqlite_file_gives_the_same_issues(place: str, value: str, tmp_path: Path) -> None:
    table, column = place.split(".")
    base = changed(tmp_path, f"UPDATE spip_{table} SET {column} = {value} WHERE rowid = 1")
    assert run(base, tmp_path / "out", "--to", "hugo").exit_code == 1
    assert [one["field"] for one in remarks(tmp_path / "out", "value-refused")] == [column]


def test_refused_values_reveal_nothing_personal(tmp_path: Path) -> None:
    base = changed(tmp_path, "UPDATE spip_articles SET id_rubrique = 'qui@personne.example' WHERE id_article = 36")
    run(base, tmp_path / "out", "--to", "hugo")
    assert remarks(tmp_path / "out", "value-refused")[0]["detail"].endswith(": 20 bytes")


def test_rows_of_one_number_are_one_object_and_the_others_are_kept(tmp_path: Path) -> None:
    rows = ", ".join(
        f"(2, 'T', '{text}', 1, '2020-01-02', NULL, 'publie', 0, 'fr')" for text in ("un", "deux", "trois", "trois")
    )
    out = tmp_path / "out"
    assert run(site(tmp_path, f"INSERT INTO spip_articles VALUES {rows}"), out, "--to", "json").exit_code == 1
    assert [one["number"] for one in remarks(out, "row-repeated")] == [2, 2]
    kept = (out / ".spipconv" / "failed" / "article-2.txt").read_text("utf-8")
    assert "un\n" in kept
    assert "deux\n" in kept
    assert b"trois" in (out / "objects.jsonl").read_bytes()


def test_circles_of_sections_are_cut(tmp_path: Path) -> None:
    statements = [
        "INSERT INTO spip_rubriques VALUES (2, 3, 'Deux', 'publie'), (3, 2, 'Trois', 'publie'), (4, 4, 'X', 'publie')",
        "INSERT INTO spip_articles VALUES (2, 'A', '<doc1><img2><doc3>', 2, '2020-01-02', NULL, 'publie', 3, 'fr'),"
        " (3, 'B', 'b', 4, '2020-01-02', NULL, 'publie', 2, 'en')",
        "INSERT INTO spip_documents VALUES (1, 2, 'jpg/a.jpg', 1, 'document'), (2, 1, 'jpg/b.jpg', 1, 'image'),"
        " (3, 3, 'jpg/c.jpg', 1, 'document')",
        "INSERT INTO spip_forum VALUES (1, 'article', 2, 2, '2020-01-02', 'm', 'un', 'qui', 'publie'),"
        " (2, 'article', 2, 1, '2020-01-02', 'm', 'deux', 'qui', 'publie'),"
        " (3, 'article', 2, 3, '2020-01-02', 'm', 'trois', 'qui', 'publie')",
    ]
    out = tmp_path / "out"
    assert run(site(tmp_path, *statements), out, "--to", "json").exit_code == 1
    assert remarks(out, "object-failed") == []
    assert len(remarks(out, "section-endless")) == 2
    lines = map(json.loads, (out / "objects.jsonl").read_bytes().splitlines())
    comments = next(one["comments"] for one in lines if (one["kind"], one["number"]) == ("article", 2))
    assert sorted(one["number"] for one in comments) == [1, 2, 3]


@pytest.mark.slow
def test_sections_nested_too_deep_have_an_address(tmp_path: Path) -> None:
    rows = ", ".join(f"({number}, {number - 1}, 'S{number}', 'publie')" for number in range(2, 3000))
    row = "(2, 'Au fond', 'Texte', 2999, '2020-01-02', NULL, 'publie', 0, 'fr')"
    out = tmp_path / "out"
    statements = [f"INSERT INTO spip_rubriques VALUES {rows}", f"INSERT INTO spip_articles VALUES {row}"]
    assert run(site(tmp_path, *statements), out, "--to", "hugo").exit_code in (0, 1)
    assert remarks(out, "section-deep")
    assert list(out.glob("content/**/au-fond/index.md"))


# ---- Sizes ----


@pytest.mark.parametrize("source", [name for name in SOURCES if name != "4.1"])
@pytest.mark.parametrize("window", [1, 7, 300, 1 << 20])
def test_a_row_read_value_by_value_is_the_same(source: str, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if window < 300 and source != "1.9":
        pytest.skip("slow, and the same as with another dump")

    def rows() -> list[tuple[str, SourceRow]]:
        return list(
            Dump(SOURCES[source], window).read(lambda table, columns: columns if "cache" not in table else None)
        )

    expected = list(Dump(SOURCES[source]).read(lambda table, columns: columns if "cache" not in table else None))
    monkeypatch.setattr(dumps, "_MOST_MATCHED", 0)
    assert rows() == expected


VALUES = [
    b"1", b"-1.5e-10", b"NULL", b"'a'", b"''", b"'it''s'", b"'b\\'s'", b"'\\\\'", b'"q"', b"_binary 'x'", b"X'00ff'",
    b"0x6162", b"_utf8mb4 0x6162", b"N'n'", b"TRUE", b"'/* -- # ,)('", b"b'101'",
]  # fmt: skip


@pytest.mark.parametrize("window", range(1, 40))
def test_every_form_of_a_value_is_read_alike_by_value(
    window: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dump.sql"
    names = ",".join(f"c{place}" for place in range(len(VALUES)))
    content = b" /* a */ , ".join(VALUES)
    path.write_bytes(b"INSERT INTO t (%s) VALUES (%s) , ( %s);\n" % (names.encode(), content, content))
    whole = list(Dump(path).read(lambda _, columns: columns))
    monkeypatch.setattr(dumps, "_MOST_MATCHED", 0)
    assert list(Dump(path, window).read(lambda _, columns: columns)) == whole


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("written", ["'{}'", "0x{}", "_binary '{}'", "X'{}'"])
def test_a_value_that_is_too_long_is_not_kept_in_memory(
    written: str, is_packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_rows, "LONGEST_VALUE", 50_000)
    monkeypatch.setattr(sql_rows, "_AT_ONCE", 10_000)
    path = tmp_path / "dump.sql"
    long, fair = written.replace("{}", "61" * 50_000), written.replace("{}", "61" * 20_000)
    text = f"INSERT INTO t (a, b, c) VALUES (1, {long}, 'x'), (2, {fair}, 'y'), (3, 'z', NULL);\n".encode()
    path.write_bytes(gzip.compress(text) if is_packed else text)
    rows = [row for _, row in Dump(path, 4096).read(lambda _, columns: columns)]
    assert [row[0] for row in rows] == [b"1", b"2", b"3"]
    assert [row[2] for row in rows] == [b"x", b"y", None]
    assert isinstance(rows[0][1], TooLong)
    is_hex = written[:1] in "0X"
    assert rows[0][1].size == (50_000 if is_hex else 100_000)
    assert len(rows[1][1] or b"") in (20_000, 40_000)
    # It is in a file as long as the row is.
    pieces = rows[0][1].pieces
    assert pieces is not None
    assert b"".join(pieces()) == (b"a" * 50_000 if is_hex else b"61" * 50_000)
    # Nothing of a column that is not wanted is kept in memory.
    assert [row for _, row in Dump(path, 4096).read(lambda *_: ("a",))] == [(b"1",), (b"2",), (b"3",)]


def test_the_same_from_sqlite_and_a_server(tmp_path: Path, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LONGEST_VALUE", 50_000)
    monkeypatch.setattr("spipconv.migration.read.sources.mysql.LONGEST_VALUE", 50_000)
    path = tmp_path / "base.sqlite"
    rows = [(1, "é" * 30_000, "x"), (2, "a" * 50_000, "y"), (3, None, "z" * 60_000), (4, "", "fin")]
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB)")
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        database.commit()
    mariadb.make("sizes", "CREATE TABLE t (a int, b longtext CHARACTER SET utf8mb4, c longblob);")
    mariadb.run(
        "INSERT INTO t VALUES (1, repeat('é', 30000), 'x'), (2, repeat('a', 50000), 'y'),"
        " (3, NULL, repeat('z', 60000)), (4, '', 'fin')",
        "sizes",
    )
    for source in (str(path), mariadb.address("sizes")):
        found = [row for _, row in open_source(source).read(lambda _, columns: columns)]
        assert [row[0] for row in found] == [b"1", b"2", b"3", b"4"]
        assert [[isinstance(value, TooLong) for value in row] for row in found] == [
            [False, True, False], [False, False, False], [False, False, True], [False, False, False],
        ]  # fmt: skip
        assert found[3] == (b"4", b"", b"fin")
    for place, value in ((0, "é" * 30_000), (2, "z" * 60_000)):
        long = [row for _, row in open_source(str(path)).read(lambda _, columns: columns)][place]
        assert next(value.size for value in long if isinstance(value, TooLong)) == len(value.encode())


def test_a_wide_table_is_read(tmp_path: Path) -> None:
    width = 20_000
    path = tmp_path / "dump.sql"
    names = ",".join(f"c{place}" for place in range(width))
    path.write_text(f"INSERT INTO t ({names}) VALUES ({','.join(map(str, range(width)))});\n")
    ((_, row),) = Dump(path).read(lambda _, columns: (columns[-1], columns[0]))
    assert row == (b"19999", b"0")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO `spip_cache` VALUES ('{}');",
        "/* {} */",
        "-- {}",
        "# {}",
        "SET @a = '{}';",
        "INSERT INTO `spip_cache` VALUES (0x{});",
        "INSERT INTO spip_articles VALUES (7, 'T', 'x', 1, NULL, NULL, 'publie', 0 /* {} */, 'fr');",
    ],
)
def test_skipped_values_are_not_kept_in_memory(statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Less than the skipped value, so a reader that keeps it would report that it is too long.
    monkeypatch.setattr(window_module, "_LONGEST", 300_000 if "SET" not in statement else 1 << 25)
    monkeypatch.setattr(sql_rows, "_AT_ONCE", 10_000)
    path = tmp_path / "dump.sql"
    path.write_text(SITE + statement.replace("{}", "61" * 500_000) + "\n" + SITE.split(";\n")[-2] + ";\n")
    chosen = Dump(path, 4096).read(lambda table, columns: columns if table == "spip_articles" else None)
    assert len(list(chosen)) == 2 + ("(7" in statement)


def test_a_text_that_is_too_long_is_left_out_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * (limits.LONGEST_TEXT + 1)
    title = "y" * (limits.LONGEST_TITLE + 1)
    statement = (
        f"INSERT INTO spip_articles VALUES (2, 'Long', '{long}', 1, '2020-01-02', NULL, 'publie', 0, 'fr'),"
        f" (3, '{title}', 'Bref', 1, '2020-01-02', NULL, 'publie', 0, 'fr')"
    )
    out = tmp_path / "out"
    assert run(site(tmp_path, statement), out, "--to", "json").exit_code == 1
    found = [(one["number"], one["field"]) for one in remarks(out, "text-too-long")]
    assert found == [(2, "texte"), (3, "titre")]
    assert "2,097,153 bytes" in remarks(out, "text-too-long")[0]["detail"]
    assert (out / ".spipconv" / "failed" / "article-2-texte.txt").read_text() == long
    assert (out / ".spipconv" / "failed" / "article-3-titre.txt").read_text() == title
    lines = [json.loads(line) for line in (out / "objects.jsonl").read_bytes().splitlines()]
    articles = {one["number"]: one for one in lines if one["kind"] == "article"}
    assert {*articles} == {1, 2, 3}
    # The page says so.
    assert "2\u202f097\u202f153 octets" in articles[2]["html"].replace("&nbsp;", "\u202f")


@pytest.mark.parametrize(("sign", "count"), [("|", 250_001), ("\n", 250_001), ("[", 250_001)])
def test_a_text_with_too_many_signs_of_markup_is_left_out(sign: str, count: int, tmp_path: Path) -> None:
    rows: dict[str, list[Row]] = {
        "articles": [{"id_article": 1, "titre": "Long", "texte": sign * count, "statut": "publie"}]
    }
    out = tmp_path / "out"
    assert run(make_site(tmp_path / "site.sqlite", rows), out, "--to", "json").exit_code == 1
    (issue,) = remarks(out, "text-too-long")
    assert issue["detail"] == "articles, row 1: 250,001 bytes, 250,001 signs of markup"
    assert (out / ".spipconv" / "failed" / "article-1-texte.txt").read_bytes() == sign.encode() * count


def test_a_text_of_any_length_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LONGEST_VALUE", 3_000_000)
    text = "été " * 1_000_000
    rows: dict[str, list[Row]] = {"articles": [{"id_article": 1, "titre": "Long", "texte": text, "statut": "publie"}]}
    out = tmp_path / "out"
    assert run(make_site(tmp_path / "site.sqlite", rows), out, "--to", "json").exit_code == 1
    assert (out / ".spipconv" / "failed" / "article-1-texte.txt").read_text("utf-8") == text
    assert remarks(out, "text-too-long")[0]["detail"] == "articles, row 1: 6,000,000 bytes"


# ---- After a killed run ----


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that only this test uses."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield folder
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a kill is tried where signals are")
def test_the_next_run_removes_the_folder_of_a_killed_one(tmp_path: Path, temporary: Path) -> None:
    base = tmp_path / "base.sqlite"
    shutil.copy(DATABASE, base)
    # A database with a write-ahead log is copied before it is read.
    writer = sqlite3.connect(base)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE spip_articles SET titre = titre || '!'")
    writer.commit()
    script = (
        "import os, signal, spipconv.migration.run.site_writer as m\n"
        "m.SiteWriter._copy_documents = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from spipconv.commands import main; main()"
    )
    command = [sys.executable, "-c", script, "migrate", str(base), str(tmp_path / "out"), "--to", "hugo"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -9
    assert list(temporary.glob("*/base.sqlite"))
    assert run(base, tmp_path / "out", "--to", "hugo", "--resume").exit_code == 1
    assert list(temporary.iterdir()) == []
    writer.close()


def test_only_abandoned_folders_are_removed(temporary: Path) -> None:
    mine = temporary / "spipconv-mine"
    unlocked = temporary / "spipconv-run-unlocked"
    linked = temporary / "spipconv-run-linked"
    elsewhere = temporary / "elsewhere"
    for folder in (mine, unlocked, elsewhere):
        folder.mkdir()
        (folder / "file").write_text("mine")
    (elsewhere / "owner.lock").touch()
    linked.symlink_to(elsewhere)
    left = temporary / "spipconv-run-left"
    (left / "deeper").mkdir(parents=True)
    for name in ("owner.lock", "base.sqlite", "base.sqlite-journal", "deeper/x"):
        (left / name).touch()
    with working_folder() as running:
        (running / "base.sqlite").touch()
        with working_folder() as other:
            assert (running / "base.sqlite").exists()
            assert other != running
        assert not left.exists()
    assert {path.name for path in temporary.iterdir()} == {mine.name, unlocked.name, linked.name, elsewhere.name}
    assert (elsewhere / "file").exists()


def test_the_folder_of_a_running_migration_stays(temporary: Path) -> None:
    script = (
        "from spipconv.migration.run.workplace import working_folder\nwith working_folder() as f: print(f); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-uc", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        with working_folder():
            assert folder.exists()
        process.kill()
        process.wait()
        with working_folder():
            assert not folder.exists()


# ---- Every loss ----


def test_every_issue_is_listed(tmp_path: Path) -> None:
    links = " ".join(f"[a->http://127.0.0.1/x{number}] [b->art{number}]" for number in range(5000, 5400))
    rows = ", ".join(
        f"({number}, 'T{number}', '{links if number < 6 else 'x'}', 1, '2020-01-02', NULL, 'publie', 0, 'fr')"
        for number in range(2, 10)
    )
    out = tmp_path / "out"
    assert run(site(tmp_path, f"INSERT INTO spip_articles VALUES {rows}"), out, "--to", "hugo").exit_code == 1
    report = json.loads((out / "report.json").read_bytes())
    every = [json.loads(line) for line in (out / report["all_remarks"]).read_bytes().splitlines()]
    for one in report["remarks"]:
        places = [each for each in every if each["code"] == one["code"]]
        assert len(places) == one["count"]
        assert {each["severity"] for each in places} == {one["severity"]}
    assert max(one["count"] for one in report["remarks"]) > 1000
    assert "remarks.jsonl" in (out / "report.html").read_text("utf-8")


def test_the_report_does_not_depend_on_time(tmp_path: Path) -> None:
    """A circle of redirects as long as a site is followed only once."""
    rows = ", ".join(
        f"({number}, 'T', 'x', 1, '2020-01-02', NULL, 'publie', 0, 'fr', 'art{number + 1}')"
        for number in range(2, 4000)
    )
    sql_text = SITE.replace("lang varchar(10));\n", "lang varchar(10), virtuel text);\n", 1).replace(
        "'publie', 0, 'fr');", "'publie', 0, 'fr', '');"
    )
    path = tmp_path / "site.sql"
    path.write_text(sql_text + f"INSERT INTO spip_articles VALUES {rows}, (4000, 'Fin', 'x', 1, '2020-01-02', NULL,"
                    " 'publie', 0, 'fr', 'art2');\n")  # fmt: skip
    started = time.monotonic()
    assert run(path, tmp_path / "out", "--to", "json").exit_code == 1
    assert time.monotonic() - started < 60
    assert len(remarks(tmp_path / "out", "redirect-endless")) == 3999
