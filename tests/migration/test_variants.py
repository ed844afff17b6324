"""A site gives the same tree from every form of database that a real MariaDB can make."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.mariadb import MariaDB, mariadb_server  # noqa: F401
from tests.migrations import EXAMPLE, NOW, dump_text, images, migrated

# The result of years of upgrades and plugins: another order of columns, more columns, more tables.
UPGRADED = """
ALTER TABLE spip_articles ADD extra longtext NULL AFTER id_trad, ADD id_version int NOT NULL DEFAULT 0 AFTER extra,
  MODIFY virtuel varchar(255) NOT NULL DEFAULT '' AFTER url_site, ADD accroche text NULL;
ALTER TABLE spip_auteurs ADD extra longtext NULL AFTER lang;
ALTER TABLE spip_documents MODIFY extension varchar(10) NOT NULL DEFAULT '' AFTER maj, ADD contenu text NULL;
ALTER TABLE spip_forum MODIFY date_thread datetime NOT NULL DEFAULT '0000-00-00 00:00:00' AFTER id_auteur;
ALTER TABLE spip_urls MODIFY id_parent bigint(21) NOT NULL DEFAULT 0 AFTER date;
ALTER TABLE spip_mots MODIFY titre text NOT NULL AFTER texte;
CREATE TABLE spip_evenements (id_evenement bigint, titre text); INSERT INTO spip_evenements VALUES (1, 'Assemblée');
CREATE TABLE spip_plugins (id_plugin bigint, nom text);
INSERT INTO spip_plugins VALUES (1, 'INSERT INTO `spip_articles` VALUES (1);\\n-- rien');
CREATE TABLE autre_table (id int, articles text); INSERT INTO autre_table VALUES (1, '(1),(2);');
DROP TABLE spip_petitions, spip_signatures;
UPDATE spip_articles SET extra = 'a:1:{s:4:"lieu";s:8:"Valbonne";}', accroche = 'Une accroche' WHERE id_article = 1;
"""
OPTIONS = {
    "plain": (),
    "one row an insert": ("--skip-extended-insert",),
    "hex": ("--hex-blob", "--complete-insert"),
    "unquoted": ("--skip-quote-names", "--skip-opt"),
    "replace": ("--replace", "--skip-comments"),
}
# Dumps over a latin1 connection: the server writes "?" for characters that latin1 lacks.
NARROW = {"ansi": ("--compatible=ansi",), "latin1": ("--default-character-set=latin1",)}


def pages(folder: Path) -> dict[str, bytes]:
    """Return the pages of a migrated site, without their old addresses."""
    return {
        str(path.relative_to(folder)): re.sub(rb"aliases:\n(- .*\n)+", b"", path.read_bytes())
        for path in (folder / "content").rglob("*.md")
    }


def tree(source: str | Path, folder: Path, prefix: str = "") -> dict[str, bytes]:
    """Migrate a database and return its pages."""
    migrate(str(source), folder, MigrationOptions("hugo", prefix=prefix, img=images("3.2"), now=NOW)).close()
    return pages(folder)


def fill(server: MariaDB, base: str, source: str, charset: str = "utf8mb4") -> None:
    """Load a dump of the test site into a server."""
    server.make(base)
    server.run(dump_text(source), base, charset)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_option_of_the_dump_gives_the_same_tree(
    mariadb: MariaDB, options: tuple[str, ...], tmp_path: Path
) -> None:
    fill(mariadb, "site", "3.2")
    dump = tmp_path / "dump.sql.gz"
    dump.write_bytes(gzip.compress(mariadb.dump(*options, "site"), 1))
    assert tree(dump, tmp_path / "out") == pages(migrated("3.2", "hugo").folder)


@pytest.mark.parametrize("options", NARROW.values(), ids=NARROW)
def test_a_dump_in_a_narrow_charset_gives_the_same_where_it_can(
    mariadb: MariaDB, options: tuple[str, ...], tmp_path: Path
) -> None:
    fill(mariadb, "narrow", "3.2")
    dump = tmp_path / "dump.sql"
    dump.write_bytes(mariadb.dump(*options, "narrow"))
    found = tree(dump, tmp_path / "out")
    whole = pages(migrated("3.2", "hugo").folder)
    sayable = {
        name
        for name, text in whole.items()
        if text.decode().encode("cp1252", "replace").count(b"?") == text.count(b"?")
    }
    assert len(sayable) > 130
    assert {name: found[name] for name in sayable} == {name: whole[name] for name in sayable}


def test_a_live_server_gives_the_same_tree(mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYSQL_PWD", "")
    fill(mariadb, "live", "3.2")
    before = mariadb.dump("--skip-dump-date", "live")
    assert tree(mariadb.address("live"), tmp_path / "out") == pages(migrated("3.2", "hugo").folder)
    assert mariadb.dump("--skip-dump-date", "live") == before


def test_any_prefix_gives_the_same_tree(mariadb: MariaDB, tmp_path: Path) -> None:
    fill(mariadb, "other", "3.2")
    tables = mariadb.run("SHOW TABLES", "other").decode().split()
    mariadb.run("".join(f"RENAME TABLE {name} TO mon_site2{name[4:]};" for name in tables), "other")
    dump = tmp_path / "dump.sql"
    dump.write_bytes(mariadb.dump("other"))
    assert tree(dump, tmp_path / "out") == pages(migrated("3.2", "hugo").folder)


def test_upgraded_tables_give_the_same_tree_with_what_was_added(mariadb: MariaDB, tmp_path: Path) -> None:
    fill(mariadb, "upgraded", "3.2")
    mariadb.run("SET sql_mode='';" + UPGRADED, "upgraded")
    dump = tmp_path / "dump.sql"
    dump.write_bytes(mariadb.dump("upgraded"))
    found = tree(dump, tmp_path / "out")
    added = b"  extra:\n    accroche: Une accroche\n    lieu: Valbonne\n"
    assert b"title: Assembl" in found.pop("content/agenda/assemblee/index.md")
    assert found.pop("content/agenda/_index.md")
    assert sum(added in text for text in found.values()) == 1
    rest = {name: text.replace(added, b"") for name, text in found.items()}
    whole = pages(migrated("3.2", "hugo").folder)
    petition = next(name for name in whole if "petition" in name)
    assert b"2 signatures" in whole.pop(petition)
    assert b"signatures" not in rest.pop(petition)
    assert rest == whole
    report = (tmp_path / "out" / "report.json").read_text("utf-8")
    assert "date-missing" in report


def test_utf8_in_latin1_tables_comes_back_from_a_live_server(
    mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYSQL_PWD", "")
    fill(mariadb, "twice", "3.2-latin1")
    assert tree(mariadb.address("twice"), tmp_path / "out") == pages(migrated("3.2-latin1", "hugo").folder)


@pytest.mark.slow
def test_the_sources_give_the_same_site_except_for_fields_they_lack() -> None:
    newest = pages(migrated("4.1", "hugo").folder)
    for source in ("3.2", "3.2-phpmyadmin", "3.2-latin1"):
        older = pages(migrated(source, "hugo").folder)
        assert set(older) == set(newest)
        changed = {
            line
            for name, text in older.items()
            for line in set(text.splitlines()) ^ set(newest[name].splitlines())
            # SPIP 4.x keeps logos in a separate folder.
            if b"/IMG/art" not in line and not re.search(rb"/IMG/(logo/)?\w+o(n|ff)\d+\.", line)
        }
        assert all(b'alt="' in line or b"aliases:" in line for line in changed), changed
        assert "documents.alt" in str(migrated(source, "hugo").remarks("column-absent"))
    oldest = migrated("1.9", "hugo")
    assert set(pages(oldest.folder)) == set(newest)
    assert "documents.credits" in str(oldest.remarks("column-absent"))


def test_the_example_is_the_test_site() -> None:
    assert (EXAMPLE / "site.sqlite").is_file()
