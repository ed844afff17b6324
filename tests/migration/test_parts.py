"""A part of a base is migrated, and the report says what its missing tables cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from spipconv.commands import main
from spipconv.migration.read.missing_tables import missing_tables
from spipconv.migration.read.prefixes import choose_prefix
from spipconv.migration.read.sources import BadSource, open_source
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.migrations import NOW, Migrated

ARTICLES = """CREATE TABLE `spip_articles` (`id_article` bigint, `titre` text, `texte` longtext, `id_rubrique` bigint,
  `date` datetime, `statut` varchar(10), `lang` varchar(10));
INSERT INTO `spip_articles` VALUES (1,'Le compost','Voir <doc3> et [->rub2].',2,'2020-01-02 00:00:00','publie','fr'),
  (2,'Les outils','Rien.',2,'2020-01-03 00:00:00','publie','fr');
"""
SECTIONS = (
    "CREATE TABLE `spip_rubriques` (`id_rubrique` bigint, `id_parent` bigint, `titre` text, `statut` varchar(10));\n"
)
AUTHORS = "CREATE TABLE `spip_auteurs` (`id_auteur` bigint, `nom` text, `statut` varchar(255));\n"
EVERY_CODE = {
    "sections-missing": "rubriques", "authors-missing": "auteurs, auteurs_liens",
    "keywords-missing": "mots, mots_liens",
    "documents-missing": "documents, documents_liens", "comments-missing": "forum", "settings-missing": "meta",
    "addresses-missing": "urls",
}  # fmt: skip


def source(folder: Path, sql: str) -> str:
    path = folder / "part.sql"
    path.write_text(sql)
    return str(path)


def test_articles_alone_are_migrated(tmp_path: Path) -> None:
    migrate(source(tmp_path, ARTICLES), tmp_path / "out", MigrationOptions("hugo", now=NOW)).close()
    out = Migrated(tmp_path / "out")
    assert {path.parent.name for path in (tmp_path / "out/content").glob("*/index.md")} >= {"le-compost", "les-outils"}
    found = {
        remark["code"]: next(iter(out.details(remark["code"])))
        for remark in out.report["remarks"]
        if remark["code"].endswith("-missing")
    }
    assert found == EVERY_CODE
    table = json.loads((tmp_path / "out/redirects/redirects.json").read_bytes())
    assert table["objects"]["article2"] == "/les-outils/"


def test_old_addresses_are_made_from_titles(tmp_path: Path) -> None:
    sql = f"{ARTICLES}{SECTIONS}INSERT INTO `spip_rubriques` VALUES (2,0,'Au jardin','publie');"  # noqa: S608
    migrate(source(tmp_path, sql), tmp_path / "out", MigrationOptions("hugo", now=NOW)).close()
    table = json.loads((tmp_path / "out/redirects/redirects.json").read_bytes())
    assert table["paths"]["les-outils"] == "/au-jardin/les-outils/"
    assert table["paths"]["-au-jardin-"] == "/au-jardin/"


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    name = source(tmp_path, ARTICLES + SECTIONS + AUTHORS)
    assert set(choose_prefix(open_source(name), "")[1]) == {"articles", "rubriques", "auteurs"}
    migrate(name, tmp_path / "out", MigrationOptions("hugo", now=NOW)).close()
    out = Migrated(tmp_path / "out")
    assert out.remarks("sections-missing") == []
    assert out.details("authors-missing") == {"auteurs_liens"}
    assert len(out.remarks("section-missing")) == 2


@pytest.mark.parametrize("empty", ["articles", "rubriques", "auteurs"])
def test_a_base_whose_tables_are_empty_is_a_base(empty: str, tmp_path: Path) -> None:
    tables = {"articles": ARTICLES, "rubriques": SECTIONS, "auteurs": AUTHORS}
    tables["articles"] = ARTICLES.partition("INSERT")[0] if empty == "articles" else ARTICLES
    result = CliRunner().invoke(
        main, ["migrate", source(tmp_path, "".join(tables.values())), str(tmp_path / "out"), "--to", "json"]
    )
    assert result.exit_code == 1, result.output


SPIP = (
    "CREATE TABLE {0}_articles (id_article int, titre text); CREATE TABLE {0}_rubriques (id_rubrique int, titre text);"
)
SPIP += "CREATE TABLE {0}_auteurs (id_auteur int, nom text);"


@pytest.mark.parametrize(
    ("sql", "wanted", "prefix"),
    [
        (SPIP.format("spip"), "", "spip"),
        (SPIP.format("spip") + "CREATE TABLE old_articles (id_article int, titre text);", "", "spip"),
        (SPIP.format("a") + SPIP.format("b"), "b", "b"),
        (SPIP.format("a") + "CREATE TABLE b_mots (id_mot int, titre text);", "b_", "b"),
        ("CREATE TABLE s2_mots (id_mot int, titre text); CREATE TABLE s2_meta (nom text, valeur text);", "", "s2"),
        ("CREATE TABLE s_groupes_mots (id_groupe int, titre text);", "", "s"),
        ("CREATE TABLE s_documents (id_document int, titre text); CREATE TABLE s_x (id_mot int);", "s_", "s"),
        ("CREATE TABLE s_articles (id_article int, titre text); CREATE TABLE s_auteurs_articles (id_auteur int, "
         "id_article int); CREATE TABLE s_syndic_articles (id_syndic_article int, titre text);", "", "s"),
    ],
)  # fmt: skip
def test_the_prefix_of_a_part_is_found(sql: str, wanted: str, prefix: str, tmp_path: Path) -> None:
    assert choose_prefix(open_source(source(tmp_path, sql)), wanted)[0] == prefix


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE wp_posts (ID int);", "not a SPIP database: none of its 1 tables holds texts of SPIP .wp_posts."),
        ("CREATE TABLE shop_articles (id int, title text);", "not a SPIP database"),
        (
            "CREATE TABLE spip_meta (nom text);",
            "none of its 1 tables holds texts of SPIP .spip_meta.; export the tables",
        ),
        ("CREATE TABLE spip_auteurs_articles (id_auteur int, id_article int);", "not a SPIP database"),
        ("SET x = 1;", "there is no table in it"),
        (SPIP.format("a") + SPIP.format("b"), "several SPIP installations; choose one with --prefix: a, b"),
        (
            "CREATE TABLE a_mots (id_mot int, titre text); CREATE TABLE b_mots (id_mot int, titre text);",
            "--prefix: a, b",
        ),
    ],
)
def test_a_base_without_a_clear_spip_is_refused(sql: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=message):
        choose_prefix(open_source(source(tmp_path, sql)), "")


@pytest.mark.parametrize("mixed", [str.upper, lambda sql: sql.replace("spip_a", "spip_A")])
def test_the_case_of_names_does_not_matter(mixed: Callable[[str], str], tmp_path: Path) -> None:
    name = source(tmp_path, mixed(ARTICLES + SECTIONS + AUTHORS).replace("PUBLIE", "publie"))
    migrate(name, tmp_path / "out", MigrationOptions("hugo", now=NOW)).close()
    out = Migrated(tmp_path / "out")
    assert out.details("authors-missing") == {"auteurs_liens"}
    table = json.loads((tmp_path / "out/redirects/redirects.json").read_bytes())
    assert table["objects"]["article2"] == "/les-outils/"


def test_rows_without_columns_are_told_from_no_base(tmp_path: Path) -> None:
    name = source(tmp_path, "INSERT INTO `spip_articles` VALUES (1,'x');")
    assert choose_prefix(open_source(name), "")[0] == "spip"
    with pytest.raises(BadSource, match="rows of spip_articles without a CREATE TABLE"):
        migrate(name, tmp_path / "out", MigrationOptions("json", now=NOW))


def test_whole_bases_lack_nothing() -> None:
    old = dict.fromkeys(
        "articles rubriques auteurs auteurs_articles mots mots_articles meta forum".split(), ("url_propre",)
    )
    old |= dict.fromkeys(["documents", "documents_articles"], ("id_document",))
    new = dict.fromkeys("articles rubriques auteurs auteurs_liens documents documents_liens meta urls".split(), ())
    assert [*missing_tables(old), *missing_tables(new)] == []


def test_a_dump_of_the_structure_alone_is_told(tmp_path: Path) -> None:
    source = tmp_path / "site.sql"
    tables = ("articles (id_article", "rubriques (id_rubrique", "auteurs (id_auteur", "meta (nom")
    source.write_text("".join(f"CREATE TABLE spip_{table} bigint, titre text);\n" for table in tables), "utf-8")
    migrate(str(source), tmp_path / "out", MigrationOptions("json")).close()
    assert Migrated(tmp_path / "out").remarks("rows-missing")
