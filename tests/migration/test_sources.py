"""A base gives the same rows whatever it is read from; what is no base is refused in one line."""

from __future__ import annotations

import gzip
import sqlite3
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spipconv.migration.read.encoding import Decoder
from spipconv.migration.read.sources import BadSource, SourceRow, SpipSource, open_source
from spipconv.migration.read.sources.dump import Dump
from tests.mariadb import MariaDB, mariadb_server
from tests.migration.test_packing import zipped

__all__ = ["mariadb_server"]  # a fixture

Rows = list[tuple[str, SourceRow]]


def rows_of(source: SpipSource) -> Rows:
    """Return all rows of all tables."""
    return list(source.read(lambda _table, columns: columns))


def written(folder: Path, sql: str | bytes) -> Path:
    path = folder / "dump.sql"
    path.write_bytes(sql.encode() if isinstance(sql, str) else sql)
    return path


def rows_in(folder: Path, sql: str | bytes, window: int = 1 << 20) -> list[SourceRow]:
    """Return the rows of a dump's only table."""
    return [row for _, row in rows_of(Dump(written(folder, sql), window))]


# Dumps against the server that made them

SCHEMA = """CREATE TABLE texts (id bigint(21) NOT NULL, price decimal(12,3), ratio double, day datetime,
content longblob, note longtext CHARACTER SET utf8mb4,
lat text CHARACTER SET latin1 COMMENT 'a, ''b'' (c) -- d', PRIMARY KEY (id));
CREATE TABLE others (a int, b varchar(20));"""
COLUMNS = "id price ratio day content note lat".split()
PIECES = st.sampled_from([
    *["'", '"', "\\", "`", "\0", "\n", "\r", "\x1a", "\t", "\b", "%", "_", ");", "(", ","],
    *["-- ", "#", "/*", "*/", "/*!", "''", "\\'", "\\\\", "NULL", "INSERT INTO `texts` VALUES (1)", "; DELIMITER ;;\n"],
    *["é", "œ", "中", "😀", "a b"],
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(st.characters(codec="utf-8"), max_size=5), max_size=8).map("".join)
LATIN = st.lists(st.sampled_from(["'", "\\", "é", "œ", "’", "\n", "abc", "ÿ", "Ã©"]), max_size=8).map("".join)
BYTES = st.lists(PIECES.map(str.encode) | st.binary(max_size=5), max_size=8).map(b"".join)
LINES = st.lists(
    st.tuples(
        st.none() | st.decimals(-99999, 99999, places=3),
        st.none() | st.sampled_from([0.0, -1.5, 1e30, -2.5e-12, 123456789.125]),
        st.none() | st.datetimes().map(lambda day: f"{day.replace(microsecond=0, tzinfo=None):%Y-%m-%d %H:%M:%S}"),
        st.none() | BYTES,
        st.none() | TEXTS,
        st.none() | LATIN,
    ),
    max_size=5,
)
OPTIONS = st.lists(
    st.sampled_from(
        """--hex-blob --skip-extended-insert --complete-insert --compatible=ansi --replace --insert-ignore --skip-opt
        --skip-quote-names --skip-comments --skip-add-drop-table --skip-add-locks --compact --skip-set-charset
        --order-by-primary --databases""".split()
    ),
    unique=True,
).map(tuple)
WINDOWS = st.integers(1, 50) | st.just(1 << 20)


def hexed(value: bytes | str | None, before: str = "") -> str:
    """Return a value as SQL that no encoding changes."""
    if value is None:
        return "NULL"
    return f"{before}X'{(value.encode() if isinstance(value, str) else value).hex()}'"


@pytest.fixture(scope="module")
def base(mariadb: MariaDB) -> str:
    mariadb.make("lab", SCHEMA)
    return mariadb.address("lab")


def fill(mariadb: MariaDB, lines: list[tuple[Any, ...]]) -> None:
    """Put these rows, numbered, in the place of those before."""
    statements = ["DELETE FROM texts; DELETE FROM others; INSERT INTO others VALUES (-1, 'x'), (2, NULL);"]
    for number, (price, ratio, day, content, note, lat) in enumerate(lines):
        numbers = ", ".join("NULL" if value is None else str(value) for value in (price, ratio))
        values = f"{number - 1}, {numbers}, {f'{day!r}' if day else 'NULL'}, {hexed(content)}, "
        texts = f"{hexed(note, '_utf8mb4 ')}, {hexed(lat, '_utf8mb4 ')}"
        statements.append(f"INSERT INTO texts VALUES ({values}{texts});")  # noqa: S608
    mariadb.run("\n".join(statements), "lab")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, OPTIONS, WINDOWS, st.booleans())
@example([(None, None, None, b"", "", ""), (None, None, None, b"'", "\\", "'")], ("--no-create-info",), 1, False)
def test_a_dump_gives_the_same_rows_as_the_server(
    mariadb: MariaDB, base: str, tmp_path: Path, lines: list[tuple[Any, ...]], options: tuple[str, ...], window: int,
    is_packed: bool,
) -> None:  # fmt: skip
    fill(mariadb, lines)
    if "--no-create-info" in options:
        options = (*options, "--complete-insert")
    sql = mariadb.dump(*options, "--default-character-set=utf8mb4", "lab")
    path = written(tmp_path, gzip.compress(sql, 1) if is_packed else sql)
    on_server = rows_of(open_source(base))
    assert [row[4:] for table, row in on_server if table == "texts"] == [
        tuple(part.encode() if isinstance(part, str) else part for part in line[3:]) for line in lines
    ]
    assert sorted(rows_of(Dump(path, window)), key=repr) == sorted(on_server, key=repr)


def test_columns_come_in_the_requested_order(mariadb: MariaDB, base: str, tmp_path: Path) -> None:
    fill(mariadb, [(None, None, None, b"blob", "note", "lat")])
    asked: list[tuple[str, tuple[str, ...]]] = []

    def choose(table: str, columns: tuple[str, ...]) -> tuple[str, ...] | None:
        asked.append((table, columns))
        return ("note", "id") if table == "texts" else None

    sources = [open_source(base), Dump(written(tmp_path, mariadb.dump("--skip-extended-insert", "lab")))]
    for source in sources:
        asked.clear()
        assert list(source.read(choose)) == [("texts", (b"note", b"-1"))]
        assert sorted(asked) == [("others", ("a", "b")), ("texts", tuple(COLUMNS))]


@pytest.mark.parametrize(
    "options", [["--default-character-set=latin1"], ["--default-character-set=latin1", "--hex-blob"]]
)
def test_a_dump_in_latin1_says_so(mariadb: MariaDB, base: str, tmp_path: Path, options: list[str]) -> None:
    fill(mariadb, [(None, None, None, "été".encode(), "l’été à 5 €", "œuvre")])
    dump = Dump(written(tmp_path, mariadb.dump(*options, "lab")))
    decoder = Decoder(dump.charset)
    texts = [
        tuple(decoder.decode(value)[0] for value in row[4:])
        for table, row in dump.read(lambda _, c: c)
        if table == "texts"
    ]
    assert dump.charset == "cp1252"
    assert texts == [("été", "l’été à 5 €", "œuvre")]


def test_utf8_in_latin1_tables_is_understood(mariadb: MariaDB, tmp_path: Path) -> None:
    # As of sites older than MySQL 4.1: the server was told that the bytes are latin1.
    mariadb.make("old")
    sql = "CREATE TABLE t (a int, b text) CHARSET latin1; INSERT INTO t VALUES (1, 'Ça et là, l’œuvre\u00a0!')"
    mariadb.run(sql, "old", charset="latin1")
    dumps = [mariadb.dump(f"--default-character-set={charset}", "old") for charset in ("utf8mb4", "latin1", "binary")]
    read = [open_source(mariadb.address("old")), *[open_source(str(written(tmp_path, sql))) for sql in dumps[:1]]]
    values = [row[1] for source in read for _, row in rows_of(source)]
    values += [rows_in(tmp_path, sql)[0][1] for sql in dumps]
    assert [Decoder().decode(value)[0] for value in values] == ["Ça et là, l’œuvre\u00a0!"] * 5


def test_triggers_routines_and_views_are_skipped(mariadb: MariaDB, tmp_path: Path) -> None:
    mariadb.make(
        "rich",
        """CREATE TABLE t (a int, b text); CREATE TABLE u (a int) COMMENT='it''s; (x'; INSERT INTO u VALUES (7);
        CREATE VIEW v AS SELECT a, 'x;' AS c FROM t; INSERT INTO t VALUES (1, 'it''s; -- not a comment');
        DELIMITER //
        CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN /* ; */ SET NEW.a = 1; -- it's
          INSERT INTO u VALUES (8), (9); END//
        CREATE PROCEDURE p() BEGIN INSERT INTO u VALUES (10); SELECT ';;'; END//
        CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO INSERT INTO u VALUES (11)//
        DELIMITER ;""",
    )
    sql = mariadb.dump("--routines", "--events", "--triggers", "rich")
    assert b"TRIGGER" in sql
    for window in (1, 7, 1 << 20):
        assert sorted(rows_of(Dump(written(tmp_path, sql), window))) == [
            ("t", (b"1", b"it's; -- not a comment")),
            ("u", (b"7",)),
        ]


# Ways to write a dump

TABLE = "CREATE TABLE `t` (`a` int(11) NOT NULL, `b` text DEFAULT 'x,)' COMMENT 'it''s', KEY `k` (`a`,`b`));\n"
INSERT = "INSERT INTO t VALUES "
ONE: list[SourceRow] = [(b"1", b"x")]
TWO: list[SourceRow] = [*ONE, (b"2", None)]
WAYS: dict[str, tuple[str, list[SourceRow]]] = {
    "no column list": ("INSERT INTO `t` VALUES (1,'x'),(2,NULL);", TWO),
    "column list": ("INSERT INTO `t` (`b`, `a`) VALUES ('x', 1);", ONE),
    "part of the columns": ("INSERT INTO t (b) VALUES ('x');", [(None, b"x")]),
    "capitals in names of columns": ("INSERT INTO t (B,A) VALUES ('x',1);", ONE),
    "replace": ("REPLACE INTO `t` VALUES (1,'x');", ONE),
    "insert ignore": ("INSERT LOW_PRIORITY IGNORE INTO `t` VALUES (1,'x');", ONE),
    "no into, small letters": ("insert t value(1,'x');", ONE),
    "on duplicate key": ("INSERT INTO t VALUES (1,'x') ON DUPLICATE KEY UPDATE b='y;', a=2;", ONE),
    "qualified name": ("INSERT INTO `base`.`t` (a, b) VALUES (1,'x');", ONE),
    "double-quoted names": ('INSERT INTO "t" ("a","b") VALUES (1,\'x\');', ONE),
    "hexadecimal": (
        "INSERT INTO t VALUES (1,0x48C3A9),(2,x'4869'),(3,X'');",
        [(b"1", "Hé".encode()), (b"2", b"Hi"), (b"3", b"")],
    ),
    "introducers": (
        "INSERT INTO t VALUES (1,_binary 'x'),(2,_latin1'é'),(3,_utf8mb4 0x78),(4,N'x'),(5,_cp1250 \"x\"),"
        "(6,b'0'),(7,b'101'),(8,_cp1250 0x4f);",
        [(b"1", b"x"), (b"2", "é".encode()), (b"3", b"x"), (b"4", b"x"), (b"5", b"x"), (b"6", b"0"), (b"7", b"5"),
         (b"8", b"O")],
    ),
    "numbers": (
        "INSERT INTO t VALUES (-1,1e30),(+2,-2.5e-12),(3,.5),(4,1E+5),(5,true),(6,False),(7,default);",
        [
            *[(b"-1", b"1e30"), (b"+2", b"-2.5e-12"), (b"3", b".5"), (b"4", b"1E+5"), (b"5", b"1"), (b"6", b"0")],
            (b"7", None),
        ],
    ),
    "escapes": (
        r"""INSERT INTO t VALUES (1,'\0\'\"\b\n\r\t\Z\\\%\_\q'),(2,'\\n\\\\'),(3,'\\\''),(4,'\'''''');""",
        [(b"1", b"\0'\"\b\n\r\t\x1a\\\\%\\_q"), (b"2", b"\\n\\\\"), (b"3", b"\\'"), (b"4", b"'''")],
    ),
    "doubled quotes": (
        """INSERT INTO t VALUES (1,''''),(2,'a''b'),(3,"a""b'c''d"),(4,'""'),(5,''),(6,"it's");""",
        [(b"1", b"'"), (b"2", b"a'b"), (b"3", b"a\"b'c''d"), (b"4", b'""'), (b"5", b""), (b"6", b"it's")],
    ),
    "no backslash escapes": (
        "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_BACKSLASH_ESCAPES,ANSI_QUOTES';\n"
        "INSERT INTO t VALUES (1,'a\\'),(2,'\\n''');\nSET SQL_MODE=@OLD_SQL_MODE;\nINSERT INTO t VALUES (3,'\\n');",
        [(b"1", b"a\\"), (b"2", b"\\n'"), (b"3", b"\n")],
    ),
    "SQL inside texts": (
        "INSERT INTO t VALUES (1,'); INSERT INTO `t` VALUES (9,\\'-- /* # ` \"'),(2,'*/;\n-- x\nDELIMITER ;;\n');",
        [(b"1", b"); INSERT INTO `t` VALUES (9,'-- /* # ` \""), (b"2", b"*/;\n-- x\nDELIMITER ;;\n")],
    ),
    "comments everywhere": (
        "# it's\n-- it's; \"\n--\n/* ' */ INSERT /* ; */ INTO `t` -- (\n VALUES # )\n /*a*/ (-- (b\n 1 -- c\n "
        ", -- it's\n /*'*/ 'x' /**/ ) -- d\n , /* (9,'y'), */ -- it's\n(2,NULL)/***/;# end",
        TWO,
    ),
    "conditional comments": (
        "/*!40000 ALTER TABLE `t` DISABLE KEYS */;\n/*!50001 INSERT INTO t VALUES (1,/*!40101 'x' */) */;\n"
        "/*M!100000 INSERT INTO t VALUES (2,NULL) */;\n/*M!999999\\- enable the sandbox mode */ \n",
        TWO,
    ),
    "no space": ("INSERT INTO`t`VALUES(1,'x');INSERT INTO`t`(`a`)VALUES(2);", TWO),
    "spaces and line ends": ("\r\nINSERT  INTO\r\n`t`\r\n VALUES\r\n( 1 ,\t'x' )\r\n,\r\n(2\r\n,NULL)\r\n;\r\n", TWO),
    "no semicolon at the end": ("INSERT INTO t VALUES (1,'x')", ONE),
    "delimiters": (
        "DELIMITER $$\nCREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a='; '; INSERT INTO t VALUES (9,'');"
        " END$$\ndelimiter ;\nINSERT INTO t VALUES (1,'x');",
        ONE,
    ),
    "create like": (
        "CREATE TABLE `u` LIKE `t`; LOCK TABLES u WRITE; INSERT INTO u VALUES (1,'x'); UNLOCK TABLES;",
        ONE,
    ),
    "create if not exists": (
        'CREATE TABLE /*!32312 IF NOT EXISTS*/ "base"."u" ("x""y" decimal(10,2), "KEY" set(\'a,b\',\'c)\'), PRIMARY '
        "KEY (`x`), CONSTRAINT c CHECK (1)) ENGINE=InnoDB;INSERT INTO base.u VALUES (1,'x');",
        ONE,
    ),
    "alter": (
        "ALTER TABLE t ADD KEY (a); INSERT INTO t VALUES (1,'x'); ALTER TABLE `t` MODIFY `a` int COMMENT ';';",
        ONE,
    ),
    "warning of the tool": ("mysqldump: [Warning] Using a password.\nINSERT INTO t VALUES (1,'x');", ONE),
    "an INSERT each": (
        "CREATE TABLE myvalues LIKE t;" + "INSERT INTO myvalues (b,a) VALUES ('x',1);" * 3 + f"{INSERT}(1,'x');{INSERT}"
        "(2,NULL);INSERT INTO t (a)VALUES(3);INSERT INTO t (a)VALUES(4);",
        [*ONE * 3, *TWO, (b"3", None), (b"4", None)],
    ),
    "arithmetic elsewhere": ("SELECT 5--3, 4/2, 2*3; DO 1/*x*//1; INSERT INTO t VALUES (1,'x');", ONE),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_read_however_they_are_written(way: str, tmp_path: Path) -> None:
    sql, rows = WAYS[way]
    for window in [*range(1, 51), 1 << 20]:
        assert rows_in(tmp_path, TABLE + sql, window) == rows
        assert rows_in(tmp_path, "\ufeff" + TABLE + sql + "\n", window) == rows


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("window", [1, 2, 3, 10, 1 << 20])
def test_the_rows_of_skipped_tables_are_not_read(way: str, window: int, tmp_path: Path) -> None:
    sql = TABLE + WAYS[way][0] + ";\nCREATE TABLE wanted (a int);INSERT INTO wanted VALUES (42);"  # noqa: S608
    dump = Dump(written(tmp_path, sql), window)
    rows = dump.read(lambda table, columns: columns if table == "wanted" else None)
    assert list(rows) == [("wanted", (b"42",))]


PHPMYADMIN = """-- phpMyAdmin SQL Dump
-- version 4.9.7
-- Hôte : localhost:3306
-- Généré le : mar. 14 déc. 2021 à 10:12

SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
SET AUTOCOMMIT = 0;
START TRANSACTION;
SET time_zone = "+00:00";
/*!40101 SET NAMES utf8mb4 */;

--
-- Structure de la table `spip_articles`
--
DROP TABLE IF EXISTS `spip_articles`;
CREATE TABLE IF NOT EXISTS `spip_articles` (
  `id_article` bigint(21) NOT NULL,
  `titre` text NOT NULL,
  `texte` longblob
) ENGINE=MyISAM DEFAULT CHARSET=utf8;

--
-- Contenu de la table `spip_articles`
--
INSERT INTO `spip_articles` (`id_article`, `titre`, `texte`) VALUES
(1, 'L\\'été', 0xc3a974c3a9),
(2, 'a''b\\r\\n', '');
INSERT INTO `spip_articles` (`id_article`, `titre`, `texte`) VALUES
(3, '', NULL);

ALTER TABLE `spip_articles`
  ADD PRIMARY KEY (`id_article`);
ALTER TABLE `spip_articles`
  MODIFY `id_article` bigint(21) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=4;
COMMIT;

/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
"""


@pytest.mark.parametrize("window", [1, 13, 1 << 20])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_dumps_of_phpmyadmin_are_read(window: int, ends: str, tmp_path: Path) -> None:
    dump = Dump(written(tmp_path, PHPMYADMIN.replace("\n", ends)), window)
    assert dump.charset == "utf-8"
    assert rows_of(dump) == [
        ("spip_articles", (b"1", "L'été".encode(), "été".encode())),
        ("spip_articles", (b"2", b"a'b\r\n", b"")),
        ("spip_articles", (b"3", b"", None)),
    ]


@pytest.mark.parametrize(
    ("statement", "charset"),
    [
        ("SET NAMES latin1", "cp1252"),
        ("/*!40101 SET NAMES utf8 */", "utf-8"),
        ("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'", "utf-8"),
        ("set character set cp1251", "cp1251"),
        ("SET NAMES binary", "utf-8"),
        ("SET foreign_key_checks = 0", "utf-8"),
    ],
)
def test_the_charset_is_the_declared_one(statement: str, charset: str, tmp_path: Path) -> None:
    assert Dump(written(tmp_path, f"-- SET NAMES greek\n{statement};\n{TABLE}SET NAMES latin2;")).charset == charset


def test_a_dump_of_several_databases_is_read(tmp_path: Path) -> None:
    sql = "CREATE DATABASE `a`; USE `a`;\nCREATE TABLE x (i int); INSERT INTO x VALUES (1);\n"
    sql += "USE `b`;\nCREATE TABLE x (j int, k int); INSERT INTO x VALUES (1,2);\n"
    sql += "CREATE TABLE y (i int); INSERT INTO y VALUES (3);"
    dump = Dump(written(tmp_path, sql))
    assert list(dump.read(lambda table, columns: columns if table == "y" else None)) == [("y", (b"3",))]
    with pytest.raises(BadSource, match="table x is there twice, in the databases a and b"):
        rows_of(dump)


def test_rows_come_before_their_statement_ends(tmp_path: Path) -> None:
    path = written(tmp_path, TABLE + INSERT + ",".join(["(1,'x')"] * 100) + ",(")
    rows = Dump(path, 10).read(lambda _table, columns: columns)
    assert [next(rows)[1] for _ in range(100)] == ONE * 100
    with pytest.raises(BadSource, match="ends inside a row"):
        next(rows)


# Faults

CUT = b"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8 */;
CREATE TABLE `t` (`a` int, `b` text COMMENT 'c;');
/*!40000 ALTER TABLE `t` DISABLE KEYS */;
INSERT INTO `t` VALUES (1,'x;\\'y'),(2,NULL);
DELIMITER ;;
CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW BEGIN DO 1; END ;;
DELIMITER ;
INSERT INTO `t` (`a`) VALUES (3);
/* end */
-- Dump completed
"""
WHOLE = [("t", (b"1", b"x;'y")), ("t", (b"2", None)), ("t", (b"3", None))]
# Where each statement ends, and how many rows there are then.
ENDS = {CUT.index(end.encode()) + len(end): count for end, count in [
    ("SET NAMES utf8 */;", 0), ("'c;');", 0), ("KEYS */;", 0), ("NULL);", 2), ("DELIMITER ;\n", 2), ("VALUES (3);", 3),
]}  # fmt: skip


@pytest.mark.parametrize("window", [1, 16, 1 << 20])
def test_a_dump_cut_anywhere_gives_whole_statements_or_an_error(window: int, tmp_path: Path) -> None:
    outcomes: set[str | int] = set()
    messages, refused = set(), []
    for length in range(len(CUT) + 1):
        end = max((end for end in ENDS if end <= length), default=0)
        is_between = bool(end) and not CUT[end:length].strip()
        path = written(tmp_path, CUT[:length])
        try:
            rows = rows_of(open_source(str(path)) if window > 16 else Dump(path, window))
        except BadSource as fault:
            outcomes.add("fault")
            messages.add(str(fault).split(": ")[0])
            refused.append(is_between)
        else:
            assert rows == WHOLE[: ENDS[end]]
            outcomes.add(len(rows))
    assert messages == {str(tmp_path / "dump.sql")}
    assert not any(refused)
    assert outcomes == {"fault", 0, 2, 3}


@pytest.mark.parametrize("length", range(0, len(gzip.compress(CUT, mtime=0)), 3))
def test_a_packed_dump_cut_anywhere_is_refused(length: int, tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(CUT, mtime=0)[:length])
    with pytest.raises(BadSource):
        rows_of(open_source(str(path)))


FAULTS = {
    "too few values": (TABLE + INSERT + "(1,'x'),(2);", "byte {}: a row of 1 values where 2 belong", "(2)"),
    "too many values": (TABLE + INSERT + "(1,'x','y');", "byte {}: a row of 3 values where 2 belong", "(1,'x','y'"),
    "no columns known": (INSERT + "(1);", "byte {}: rows of t without a CREATE TABLE", " (1)"),
    "cut in a string": (TABLE + INSERT + "(1,'x", "byte {}: ends inside a row, cut off", ""),
    "cut in a row": (TABLE + INSERT + "(1,'x'", "byte {}: ends inside a row, cut off", ""),
    "cut between rows": (TABLE + INSERT + "(1,'x'),", "byte {}: ends inside a row, cut off", ""),
    "cut in a comment": (TABLE + "/* x", "byte {}: ends inside a comment", ""),
    "cut in a skipped string": (TABLE + "DO 'x", "byte {}: ends inside a quoted text", ""),
    "cut in a definition": ("CREATE TABLE t (a int, b", "byte {}: ends inside a statement", ""),
    "no comma": (TABLE + INSERT + "(1,'x')(2,'y');", r"byte {}: '\(' after a row", "2,'y'"),
    "no value": (TABLE + INSERT + "(1,'x'),(2,*);", r"byte {}: '\*.* is no value", "*"),
    "two strings": (TABLE + INSERT + "(1,'x' 'y');", "byte {}: .* where a row should continue", "'y'"),
    "bad digits": (TABLE + INSERT + "(1,0xZZ);", "byte {}: a row holds a value that cannot be read", "(1,0x"),
    "no values": (TABLE + "INSERT INTO t SELECT 1,2;", "byte {}: rows of t that no VALUES gives", " 1,2"),
    "no statement": (TABLE + "\x01\x02", "byte {}: '\\\\x01' begins no SQL statement", "\x02"),
    "the tool failed": (TABLE + "mysqldump: Got error 145", "the export failed here .mysqldump: Got error 145", None),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("window", [1, 2, 5, 1 << 20])
def test_errors_name_the_byte(fault: str, window: int, tmp_path: Path) -> None:
    sql, message, place = FAULTS[fault]
    offset = "" if place is None else len(sql) if not place else sql.index(place)
    for start in ("", "\ufeff"):
        text = message.format(offset + 3 * bool(start) if isinstance(offset, int) else "")
        with pytest.raises(BadSource, match=text):
            rows_of(Dump(written(tmp_path, start + sql), window))


def test_an_error_is_found_before_everything_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, TABLE + INSERT + "(1,'x'),(2);" + " " * 1000)
    rows = Dump(path, 10).read(lambda _table, columns: columns)
    assert next(rows)[1] == ONE[0]
    with pytest.raises(BadSource, match="a row of 1 values"):
        next(rows)


FRAGMENTS = st.sampled_from([
    *[TABLE, INSERT, "(1,'x')", ",", ";", "\n", "(", ")", "'", '"', "`", "\\", "/*", "*/", "/*!40101", "/*M!"],
    *["-- ", "#"],
    *["DELIMITER ;;", "DELIMITER ;\n", "SET SQL_MODE='NO_BACKSLASH_ESCAPES'", "SET @a=@@SQL_MODE", "SET SQL_MODE=@a"],
    *["CREATE TABLE u (", "CREATE TABLE u LIKE t", "USE b", "NULL", "0x", "0x4", "x'4'", "b'2'", "_latin1", "-", "1e"],
    *["INSERT INTO u", "(a,b)", "VALUES", "ON DUPLICATE KEY", "SET NAMES", "mysqldump: ", "\0", "é"],
])  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=12).map("".join), WINDOWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nonsense_gives_the_same_rows_or_error_at_any_window(tmp_path: Path, sql: str, window: int) -> None:
    outcomes = []
    for size in (window, 1 << 20):
        rows: Rows = []
        outcomes.append(rows)
        try:
            rows.extend(rows_of(Dump(written(tmp_path, TABLE + sql), size)))
        except BadSource as fault:
            rows.append((str(fault).split(":")[1], ()))
    assert outcomes[0] == outcomes[1]


NO_BASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "only comments": (b"-- nothing\n", "is no database that can be read: it begins with '-- nothing"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a picture or a document"),
    "text": ("Bonjour, voici l’été.\n".encode(), "it begins with 'Bonjour, voici l’"),
    "bytes": (bytes(range(256)), "is no database that can be read"),
    "XML of phpMyAdmin": (b'<?xml version="1.0"?>\n<!--\n- x\n-->\n<pma_xml_export>', "is a database as XML"),
    "XML of mysqldump": (b'<?xml version="1.0"?>\n<mysqldump xmlns:xsi="x">', "is a database as XML"),
    "XML": (b'<?xml version="1.0"?>\n<rss version="2.0">', "is XML, but no backup of SPIP"),
    "page of an error": (b"<!DOCTYPE html>\n<html><title>403</title>", "is a web page"),
    "XML of mysql": (b'<?xml version="1.0"?>\n<resultset statement="select">', "is a database as XML"),
    "table of HTML": (b"<TABLE BORDER=1><TR>", "is a web page"),
    "CSV": (b'"id_article";"titre"\n', "is a table as CSV"),
    "zeros": (bytes(1024), "begins with zeros alone"),
    "JSON": (b'[\n{"type":"header","version":"5.2"}', "is JSON"),
    "configuration": (b"<?php\n$GLOBALS['x']='<SPIP >';", "is a PHP file"),
    "SQLite 2": (b"** This file contains an SQLite 2.1 database **\0", "is of SQLite 2"),
    "archive of pg_dump": (b"PGDMP\x01\x0e\0", "pg_restore -f site.sql"),
    "RAR": (b"Rar!\x1a\x07\0", "is packed as RAR; unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "is packed as 7z; unpack it"),
    "cut off zip": (b"PK\x03\x04xxx", "is a .zip file that is cut off"),
    "bad packing": (b"\x1f\x8bnonsense", "cannot be unpacked"),
    "cut off packing": (gzip.compress(b"CREATE TABLE")[:-4], "ends inside its packing"),
    "text in a zip": (zipped({"readme.txt": b"Bonjour", "b": b"x"}), "an archive without a base"),
    "two bases in a zip": (
        zipped({"a.sql": b"SET x;", "b/c.sql.gz": b"SET x;"}),
        "give one of them: a.sql, b/c.sql.gz",
    ),
    "packed three times": (gzip.compress(gzip.compress(gzip.compress(b"SET x = 1;"))), "is packed more than twice"),
}


@pytest.mark.parametrize("kind", NO_BASES)
def test_files_that_are_not_a_database_are_refused(kind: str, tmp_path: Path) -> None:
    content, message = NO_BASES[kind]
    path = tmp_path / "x\n\x1b.sql"
    path.write_bytes(content)
    with pytest.raises(BadSource, match=message) as caught:
        open_source(str(path))
    assert str(caught.value).isprintable()
    assert "x��.sql" in str(caught.value)


def test_anything_that_is_not_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="a folder without a base"):
        open_source(str(tmp_path))
    with pytest.raises(BadSource, match="No such file"):
        open_source(str(tmp_path / "none.sql"))
    with pytest.raises(BadSource, match="is not a file"):
        open_source("/dev/null")
    with pytest.raises(BadSource, match="null"):
        open_source("a\0b")


# SQLite


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return all that a reading might change."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    path = tmp_path / "a ?#%é.sqlite"
    with closing(sqlite3.connect(f"{path.as_uri()}", uri=True)) as database:
        database.execute('CREATE TABLE "odd "" table" ("a b" INTEGER, "c""d" TEXT, e)')
        database.execute(
            """INSERT INTO "odd "" table" VALUES (1, CAST(X'E9C3' AS TEXT), X'00FF'), (-2, 'é', 1.5), ('3', NULL, '')"""
        )
        database.execute("CREATE TABLE empty (x)")
        database.execute("CREATE VIEW v AS SELECT 1 AS y")
        database.commit()
    return path


SQLITE_ROWS = [(b"1", b"\xe9\xc3", b"\0\xff"), (b"-2", "é".encode(), b"1.5"), (b"3", None, b"")]


def test_sqlite_files_are_read(sqlite_file: Path) -> None:
    before = state(sqlite_file.parent)
    source = open_source(str(sqlite_file))
    assert source.charset == "utf-8"
    assert rows_of(source) == [('odd " table', row) for row in SQLITE_ROWS]
    assert list(source.read(lambda table, _: ('c"d',) if table != "empty" else None)) == [
        ('odd " table', (row[1],)) for row in SQLITE_ROWS
    ]
    assert state(sqlite_file.parent) == before


def test_sqlite_with_a_write_ahead_log(sqlite_file: Path) -> None:
    with closing(sqlite3.connect(sqlite_file.as_uri(), uri=True)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    before = state(sqlite_file.parent)
    assert len(rows_of(open_source(str(sqlite_file)))) == 3
    assert state(sqlite_file.parent) == before
    with closing(sqlite3.connect(sqlite_file.as_uri(), uri=True)) as database:
        database.execute("INSERT INTO empty VALUES (9)")
        database.commit()
        before = state(sqlite_file.parent)
        assert any(name.endswith("-wal") for name in before)
        assert ("empty", (b"9",)) in rows_of(open_source(str(sqlite_file)))
        assert state(sqlite_file.parent) == before


@pytest.mark.parametrize("damage", [lambda data: data[:1000], lambda data: data[:4096] + b"\xff" * (len(data) - 4096)])
def test_a_damaged_sqlite_file_is_refused(sqlite_file: Path, damage: object) -> None:
    assert callable(damage)
    sqlite_file.write_bytes(damage(sqlite_file.read_bytes()))
    with pytest.raises(BadSource, match="SQLite cannot read it"):
        rows_of(open_source(str(sqlite_file)))


# Servers


@pytest.mark.parametrize(
    "address",
    [
        "mysql://user:secret@host/base",
        "mysql://user:sec/ret@host/base",
        "mysql://user:12/secret@host/base",
        "mysql://user:12#secret@host/base",
        "mysql://user:12?secret@host/base",
        "mariadb://user:sec@ret@host/base",
        "mysql://user:[secret@host/base",
        "mysql://user@host/base?password=secret",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(BadSource) as caught:
        open_source(address)
    assert "ret" not in str(caught.value).removeprefix("mysql").replace("mysql://…", "")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "address", ["mysql://", "mysql://host", "mysql://user@host/", "mysql://u@h/a/b", "mysql://u@h:x/a"]
)
def test_an_address_without_a_database_is_refused(address: str) -> None:
    with pytest.raises(BadSource, match="is no server's address; write mysql://USER@HOST/BASE"):
        open_source(address)


def test_passwords_come_from_the_environment_or_a_prompt(
    mariadb: MariaDB, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.run(
        "CREATE OR REPLACE USER 'a b'@'localhost' IDENTIFIED BY 'p''w'; GRANT SELECT ON lab.* TO 'a b'@'localhost'"
    )
    fill(mariadb, [])
    address = mariadb.address("lab", quote("a b"))
    with pytest.raises(BadSource, match=r"Access denied.*SPIPCONV_MYSQL_PASSWORD"):
        open_source(address)
    asked = open_source(address, lambda: "p'w")
    assert asked.name == "mysql://a b@localhost:3306/lab"
    assert len(rows_of(asked)) == 2
    monkeypatch.setenv("MYSQL_PWD", "p'w")
    assert len(rows_of(open_source(address, lambda: pytest.fail("asked")))) == 2
    monkeypatch.setenv("SPIPCONV_MYSQL_PASSWORD", "other")
    with pytest.raises(BadSource, match="Access denied") as caught:
        open_source(address)
    assert "other" not in str(caught.value)


def test_errors_of_a_server_are_one_line(mariadb: MariaDB, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSource, match="Unknown database 'none'"):
        open_source(mariadb.address("none"))
    with pytest.raises(BadSource, match="there is no socket /nowhere"):
        open_source("mysql://root@localhost/lab?unix_socket=/nowhere")
    with pytest.raises(BadSource, match="Can't connect"):
        open_source("mysql://root@127.0.0.1:1/lab")
    source = open_source(base)
    with pytest.raises(BadSource, match="Unknown column 'none'"):
        list(source.read(lambda _table, _columns: ("none",)))
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(BadSource, match="reading a server needs PyMySQL"):
        open_source(base)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All that are opened from now on."""
    opened: list[Any] = []
    connect = pymysql.connect

    def remember(**arguments: object) -> Any:
        opened.append(connect(**arguments))
        return opened[-1]

    monkeypatch.setattr(pymysql, "connect", remember)
    return opened


def test_a_server_is_read_at_one_moment(mariadb: MariaDB, base: str, connections: list[Any]) -> None:
    fill(mariadb, [(None, None, None, b"x", "x", "x")] * 3)
    rows = open_source(base).read(lambda table, columns: columns if table == "texts" else None)
    next(rows)
    mariadb.run("INSERT INTO texts (id) VALUES (99)", "lab")
    assert len(list(rows)) == 2
    rows = open_source(base).read(lambda _table, columns: columns)
    next(rows)
    assert isinstance(rows, Generator)
    rows.close()
    assert len(connections) == 4
    assert not any(connection.open for connection in connections)


def test_a_server_cannot_be_written_to(mariadb: MariaDB, base: str, connections: list[Any]) -> None:
    fill(mariadb, [(None, None, None, b"x", "x", "x")])

    def change(_table: str, _columns: tuple[str, ...]) -> None:
        connections[-1].cursor().execute("DELETE FROM texts")

    with pytest.raises(BadSource, match="READ ONLY"):
        list(open_source(base).read(change))
    assert mariadb.run("SELECT count(*) FROM texts", "lab") == b"1\n"
