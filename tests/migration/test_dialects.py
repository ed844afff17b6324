"""Dumps of SQLite and PostgreSQL give the same rows as the base; backslashes mean what their writer meant."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spipconv.migration.read.sources import BadSource, SourceRow, open_source
from spipconv.migration.read.sources import statements as statements_module
from spipconv.migration.read.sources.dialects import judge_texts, name_dialect
from spipconv.migration.read.sources.dump import Dump
from spipconv.migration.read.sources.sql_syntax import MYSQL, STANDARD
from tests.migrations import EXAMPLE, SITES

PIECES = st.sampled_from([
    *["'", "''", '"', "\\", "\\'", "\\n", "\\\\", "`", "\n", "\r\n", "\t", "%", "_", ");", "(", ",", ";", "$$", "$1$"],
    *["-- ", "--", "#", "/*", "*/", "/*!", "NULL", "INSERT INTO t VALUES (1)", "\\.\n", "\\N", "C:\\new\\temp", "é"],
    *["E'", "e'x", "::text", "||", "replace(", "char(10)"],
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4), max_size=8).map(
    "".join
)
LINES = st.lists(
    st.tuples(st.integers(-9, 9), st.none() | TEXTS, st.none() | TEXTS, st.binary(max_size=4)), min_size=1, max_size=4
)
WINDOWS = st.integers(1, 50) | st.just(1 << 20)
SAME_FOLDER = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCHEMA = 'CREATE TABLE "t" (a INTEGER, "b" text DEFAULT \'x,)\' NOT NULL COLLATE NOCASE, c text, d blob)'


def rows_of(path: Path, window: int = 1 << 20) -> list[SourceRow]:
    """Return the rows of the table t of a dump."""
    return [row for table, row in Dump(path, window).read(lambda _, columns: columns) if table == "t"]


def in_bytes(line: tuple[int, str | None, str | None, bytes]) -> SourceRow:
    """Return what a source should give for a line of a table."""
    number, *texts, blob = line
    return (str(number).encode(), *(None if text is None else text.encode() for text in texts), blob)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "base.sqlite")) as database:
        database.execute(SCHEMA)
        database.execute("CREATE TABLE u (a text)")
        database.execute(
            "CREATE TRIGGER r AFTER DELETE ON u BEGIN INSERT INTO t VALUES (1, 'x;', NULL, ''); SELECT 1; END"
        )
        database.execute("CREATE VIEW v AS SELECT 'a;b' FROM t")
        yield database


def fill(base: sqlite3.Connection, lines: list[tuple[int, str | None, str | None, bytes]]) -> None:
    base.execute("DELETE FROM t")
    base.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [(n, b or "", c, d) for n, b, c, d in lines])
    base.commit()


# SQLite


@SAME_FOLDER
@given(LINES, WINDOWS, st.booleans())
@example([(1, "C:\\new\\temp et \\LaTeX", "l'été\\", b"")], 1, True)
def test_what_python_dumps_is_read(
    base: sqlite3.Connection, tmp_path: Path, lines: list[tuple[int, str | None, str | None, bytes]], window: int,
    is_wide: bool,
) -> None:  # fmt: skip
    fill(base, lines)
    path = tmp_path / "dump.sql"
    path.write_text("\n".join(base.iterdump()), "utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        if is_wide:
            patch.setattr(statements_module, "_MOST_MATCHED", 0)
        assert rows_of(path, window) == [in_bytes((n, b or "", c, d)) for n, b, c, d in lines]


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="needs the program sqlite3")
@settings(SAME_FOLDER, max_examples=25)
@given(LINES, WINDOWS, st.booleans())
def test_what_sqlite_dumps_is_read(
    base: sqlite3.Connection, tmp_path: Path, lines: list[tuple[int, str | None, str | None, bytes]], window: int,
    is_wide: bool,
) -> None:  # fmt: skip
    fill(base, lines)
    path = tmp_path / "dump.sql"
    with path.open("wb") as file:
        subprocess.run(["sqlite3", str(tmp_path / "base.sqlite"), ".dump"], stdout=file, check=True)
    with pytest.MonkeyPatch.context() as patch:
        if is_wide:
            patch.setattr(statements_module, "_MOST_MATCHED", 0)
        assert rows_of(path, window) == [in_bytes((n, b or "", c, d)) for n, b, c, d in lines]


SQLITE = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a,b);\n"
# What SQLite's shell writes for line ends, in its versions, and what other tools write.
VALUES = {
    "NULL": None,
    "'it''s'": b"it's",
    "''": b"",
    r"'\n'": rb"\n",
    r"replace('a\nb','\n',char(10))": b"a\nb",
    r"replace(replace('a\r\nb','\r',char(13)),'\n',char(10))": b"a\r\nb",
    r"replace( 'it''s\012(\n', '\012' , char( 10 ) )": b"it's\n(\\n",
    r"unistr('a\u000ab\\c\u2019')": "a\nb\\c’".encode(),
    "'a'||char(10)||'b'": b"a\nb",
    "'a' || NULL": None,
    "X'48C3A9'": "Hé".encode(),
    "CAST(X'48C3A9' AS TEXT)": "Hé".encode(),
    "CAST('a' AS varchar(10))": b"a",
    "1.5e+30": b"1.5e+30",
    "-9.0e+999": b"-9.0e+999",
    '"b"': b"b",
    "'x'::text": b"x",
    "'2007-01-01 00:00:00'::timestamp without time zone": b"2007-01-01 00:00:00",
    "'x'::character varying(10)": b"x",
    "'{a,b}'::text[]": b"{a,b}",
    "'x'::public.\"odd type\"": b"x",
    r"E'l\'été\n\\ \x41\101\u00e9'": "l'été\n\\ AAé".encode(),
    r"e'it''s\t'": b"it's\t",
    "true": b"1",
    "DEFAULT": None,
    "replace(replace(replace(replace('a','a','b'),'b','c'),'c','d'),'d','e')": b"e",
}


@pytest.mark.parametrize("written", VALUES)
@pytest.mark.parametrize("is_wide", [False, True])
def test_every_form_of_a_value_is_read(
    written: str, is_wide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(f"{SQLITE}INSERT INTO t VALUES({written} , {written}),(1 /* a */,{written});\nCOMMIT;\n", "utf-8")
    if is_wide:
        monkeypatch.setattr(statements_module, "_MOST_MATCHED", 0)
    for window in [*range(1, 60), 1 << 20]:
        assert rows_of(path, window) == [(VALUES[written], VALUES[written]), (b"1", VALUES[written])]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("randomblob(9)", "the function randomblob.. is not understood"),
        ("replace('a','a','" + "b" * 99 + "')", "the function replace.. is not understood"),
        ("char(99999999999)", "a row holds a value that cannot be read"),
        ("(SELECT 1)", "is no value"),
        ("f(" * 9 + "1" + ")" * 9, "nested too deeply"),
    ],
)
def test_other_expressions_are_refused(written: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(f"{SQLITE}INSERT INTO t VALUES(1,{written});\nCOMMIT;\n")
    with pytest.raises(BadSource, match=message):
        rows_of(path)


def test_a_dump_without_its_commit_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(f"{SQLITE}INSERT INTO t VALUES(1,'x');\n")
    with pytest.raises(BadSource, match="byte 94: ends inside its transaction, which has no COMMIT, cut off"):
        rows_of(path)


def test_a_dump_of_a_damaged_base_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(f"{SQLITE}INSERT INTO t VALUES(1,'x');\nROLLBACK; -- due to errors\n")
    with pytest.raises(BadSource, match=r"the export failed here .ROLLBACK.: mend the base with sqlite3 FILE .recover"):
        rows_of(path)


def test_a_dump_of_the_example_gives_the_rows_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql.gz"
    with closing(sqlite3.connect(EXAMPLE / "site.sqlite")) as database:
        path.write_bytes(gzip.compress("\n".join(database.iterdump()).encode(), 1))
    found, wanted = [
        sorted(open_source(str(source)).read(lambda _, columns: columns), key=repr)
        for source in (path, EXAMPLE / "site.sqlite")
    ]
    assert found == wanted


# How a dialect is told

ADMINER = """-- Adminer 4.8.1 SQLite 3 3.31.1 dump

DROP TABLE IF EXISTS "t";
CREATE TABLE "t" (
  "a" integer NOT NULL PRIMARY KEY,
  "b" text NOT NULL
);

INSERT INTO "t" ("a", "b") VALUES (1,	'C:\\new\\temp et \\LaTeX l''été');

-- 2026-11-27 17:00:00
"""
WINDOWS_PATH = b"C:\\new\\temp et \\LaTeX l'\xc3\xa9t\xc3\xa9"


def test_backslashes_in_an_export_of_adminer_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(ADMINER, "utf-8")
    assert rows_of(path) == [(b"1", WINDOWS_PATH)]
    path.write_text(
        ADMINER.replace("SQLite 3 3.31.1", "MySQL 5.7.1").replace("''", "\\'").replace("\\LaTeX", ""), "utf-8"
    )
    assert rows_of(path) == [(b"1", "C:\new\temp et  l'été".encode())]


HEADS = {
    "-- MySQL dump 10.13\nCREATE TABLE \"t\" (a int);\nINSERT INTO \"t\" VALUES ('x');": MYSQL,
    "/*M!999999\\- enable the sandbox mode */\n-- MariaDB dump 10.19\n": MYSQL,
    "-- phpMyAdmin SQL Dump\n": MYSQL,
    "-- PostgreSQL database dump\n\nSET x = 1;": STANDARD,
    "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n": STANDARD,
    "-- Adminer 5.3.0 PostgreSQL 13.3 dump\n": STANDARD,
    "-- Adminer 5.3.0 MariaDB 10.1 dump\n": MYSQL,
    "----\n-- phpLiteAdmin database dump (https://www.phpliteadmin.org/)\n": STANDARD,
    "/*\n Navicat Premium Data Transfer\n Source Server Type    : SQLite\n*/\n": STANDARD,
    "/*\n Navicat MySQL Data Transfer\n Source Server Type    : MySQL\n*/\n": MYSQL,
    "PRAGMA foreign_keys=OFF;\nCREATE TABLE `t` (a);": STANDARD,
    "BEGIN TRANSACTION;\nCREATE TABLE t (a);": STANDARD,
    "SET standard_conforming_strings = on;\n": STANDARD,
    "CREATE TABLE \"t\" (a INTEGER PRIMARY KEY AUTOINCREMENT);": STANDARD,
    "CREATE TABLE t (a int AUTO_INCREMENT) ENGINE=MyISAM;": MYSQL,
    "INSERT INTO `t` (`a`) VALUES ('PRAGMA x; standard_conforming_strings');": MYSQL,
    "SET NAMES utf8;\nINSERT INTO t (a) VALUES ('\nPRAGMA x');": MYSQL,
}  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
def test_a_dialect_is_named_or_shown_before_the_rows(head: str) -> None:
    assert name_dialect(head.encode()) == HEADS[head]


BARE = 'CREATE TABLE "t" (a, b);\n'
TEXTS_OF_DIALECTS = {
    "INSERT INTO t VALUES (1,'l\\'été');": (MYSQL, True),
    "INSERT INTO t VALUES (1,'dit \\'oui\\', puis');": (MYSQL, True),
    "INSERT INTO t VALUES (1,'a\\r\\nb');": (MYSQL, False),
    "INSERT INTO t VALUES (1,'C:\\new\\LaTeX');": (STANDARD, True),
    "INSERT INTO t VALUES (1,'C:\\temp');": (STANDARD, True),
    "INSERT INTO t VALUES (1,'C:\\new\n2');": (STANDARD, True),
    "INSERT INTO t VALUES (1,'C:\\new\\dir\\',2);": (STANDARD, True),
    "INSERT INTO t VALUES (1,'it''s\n2');": (MYSQL, True),
    "-- it's\n-- C'est\nINSERT INTO t VALUES (1,'\\\\');": (MYSQL, False),
}


@pytest.mark.parametrize("text", TEXTS_OF_DIALECTS)
@pytest.mark.parametrize("filling", [0, 1_200_000])
def test_a_dialect_is_judged_by_the_texts(text: str, filling: int, tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    filler = "INSERT INTO u VALUES (1,'x');\n" * (filling // 30)
    path.write_text(BARE + filler + text + "\n" + filler, "utf-8", newline="")
    with path.open("rb") as file:
        assert tuple(judge_texts(file)) == TEXTS_OF_DIALECTS[text]
    is_sure = TEXTS_OF_DIALECTS[text][1]
    assert [doubt.code for doubt in Dump(path).doubts] == ([] if is_sure else ["backslashes-read"])


# PostgreSQL

POSTGRESQL = SITES / "postgresql"


@pytest.mark.parametrize("form", ["copy", "inserts", "columns", "old"])
@pytest.mark.parametrize("window", [1, 10, 1 << 20])
def test_what_pg_dump_writes_is_read(form: str, window: int) -> None:
    dump = Dump(POSTGRESQL / f"{form}.sql", window)
    assert dump.charset == "utf-8"
    found = dict[str, list[SourceRow]]()
    for table, row in dump.read(lambda _, columns: columns):
        found.setdefault(table, []).append(row)
    texts = [b"C:\\new\\temp et \\LaTeX", "l'été\r\n\ttab\\".encode(), b"", None, b"\\N", b"\\.", b"a;b -- c\n'' $$ x"]
    assert found["spip_articles"] == [
        (str(n).encode(), text, b"2007-04-02 10:30:00") for n, text in enumerate(texts, 1)
    ]
    assert found["spip_rubriques"] == [(b"1", b"Nos jardins")]


@pytest.mark.parametrize("after", ["", " WHEN (new.b > 'BEGIN;')"])
def test_a_trigger_of_postgresql_ends_with_its_statement(after: str, tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    trigger = f"CREATE TRIGGER r BEFORE INSERT ON public.t FOR EACH ROW{after} EXECUTE FUNCTION public.f();\n"
    head = "-- PostgreSQL database dump\n\nCREATE TABLE public.t (a int, b text);\n"
    path.write_text(f"{head}{trigger}INSERT INTO public.t VALUES (1, 'x');\nANALYZE;\n")  # noqa: S608
    assert rows_of(path) == [(b"1", b"x")]


@SAME_FOLDER
@given(st.lists(st.lists(TEXTS | st.none(), min_size=3, max_size=3), max_size=4), WINDOWS, st.booleans())
def test_rows_of_copy_are_read(tmp_path: Path, lines: list[list[str | None]], window: int, is_long: bool) -> None:
    def field(text: str | None) -> str:
        pairs = [("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")]
        for sign, written in pairs:
            text = None if text is None else text.replace(sign, written)
        return "\\N" if text is None else text

    path = tmp_path / "dump.sql"
    head = "COPY public.u (x) FROM stdin;\n1\n\\.\n\nCOPY public.t (a, b, c) FROM stdin;\n"
    text = head + "".join(["\t".join(map(field, line)) + "\n" for line in lines]) + "\\.\n\nSELECT 1;\n"
    path.write_text(text, "utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        if is_long:
            patch.setattr("spipconv.migration.read.sources.sql_rows._AT_ONCE", 8)
        rows = Dump(path, window).read(lambda table, _: ("c", "a") if table == "t" else None)
        wanted = [(line[2], line[0]) for line in lines]
        assert list(rows) == [("t", tuple(None if text is None else text.encode() for text in row)) for row in wanted]


COPIED = """SET standard_conforming_strings = on;
COPY t (a, b) FROM stdin;
1\tx
2\t\\N
\\.
COPY t (b) FROM stdin;
l'été
\\.
"""


def test_copied_rows_cut_anywhere_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    begun = [COPIED.index("COPY"), COPIED.rindex("COPY")]
    for length in range(begun[0] + 4, len(COPIED) - 1):
        path.write_text(COPIED[:length], "utf-8")
        # Between two statements, nothing is missed.
        if begun[1] - 2 <= length < begun[1] + 4:
            continue
        with pytest.raises(BadSource, match="ends inside"):
            rows_of(path)
    for length in (len(COPIED) - 1, len(COPIED)):
        path.write_text(COPIED[:length], "utf-8")
        assert rows_of(path) == [(b"1", b"x"), (b"2", None), (None, "l'été".encode())]
