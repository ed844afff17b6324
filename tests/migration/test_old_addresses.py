"""The meaning of addresses of the old site, and the paths that its objects had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.plan.old_addresses import (
    OldAddress,
    clean_path,
    find_by_path,
    read_old_address,
)
from spipconv.migration.plan.old_paths import MOST_PATHS, find_old_paths
from spipconv.migration.read.database import NUMBERS, WORKING_TABLES, WorkingDatabase
from spipconv.migration.report.issues import Issue

SITE = ["https://www.institut.example"]


# The databases of a test, which are closed at its end.
OPEN: list[WorkingDatabase] = []


@pytest.fixture(autouse=True)
def closed_bases() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def make_base(path: Path, **tables: list[dict[str, Any]]) -> WorkingDatabase:
    """Return a new database with the given rows; columns that are not given are empty."""
    path.unlink(missing_ok=True)
    database = WorkingDatabase(path, is_new=True)
    OPEN.append(database)
    for table, rows in tables.items():
        database.add(
            table, [tuple(row.get(one, 0 if one in NUMBERS else "") for one in WORKING_TABLES[table]) for row in rows]
        )
    return database


def url(kind: str, number: int, text: str, date: str = "2010-01-01", parent: int = 0, perma: int = 0) -> dict[str, Any]:
    return {
        "url": text, "type": kind, "id_objet": number, "date": date, "id_parent": parent,
        "segments": text.count("/") + 1, "perma": perma,
    }  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "base"


def paths_of(database: WorkingDatabase, kind: str, number: int) -> set[str]:
    rows = database.db.execute("SELECT path FROM old_paths WHERE kind = ? AND number = ?", (kind, number))
    return {row["path"] for row in rows}


# ---- Addresses in texts ----


@pytest.mark.parametrize(
    ("address", "kind", "number", "query", "fragment"),
    [
        ("spip.php?article12", "article", 12, "", ""),
        ("/spip.php?article12=", "article", 12, "", ""),
        ("?article12", "article", 12, "", ""),
        ("./?rubrique3&debut=10#liste", "rubrique", 3, "debut=10", "liste"),
        ("fr/?article12", "article", 12, "", ""),
        ("index.php?breve4", "breve", 4, "", ""),
        ("spip.php?page=article&id_article=12&lang=en", "article", 12, "lang=en", ""),
        ("spip.php?id_rubrique=5&page=rubrique", "rubrique", 5, "", ""),
        ("spip.php?page=article&amp;id_article=12", "article", 12, "", ""),
        ("spip.php?page=site&id_syndic=7", "site", 7, "", ""),
        ("spip.php?page=groupe&id_groupe=2", "groupe", 2, "", ""),
        ("article.php3?id_article=12", "article", 12, "", ""),
        ("article.php?id_article=0012&x=%C3%A9", "article", 12, "x=%C3%A9", ""),
        ("site.php3?id_syndic=7", "site", 7, "", ""),
        ("mot.php3?id_mot=9", "mot", 9, "", ""),
        ("article12.html", "article", 12, "", ""),
        ("fr/article12.html", "article", 12, "", ""),
        ("pt_br/auteur3", "auteur", 3, "", ""),
        ("article12", "article", 12, "", ""),
        ("/12", "article", 12, "", ""),
        ("syndic7", "site", 7, "", ""),
        ("/spip.php?syndic7", "site", 7, "", ""),
        ("forum12", "forum", 12, "", ""),
        ("../spip.php?forum12#forum12", "forum", 12, "", "forum12"),
        ("spip.php?action=acceder_document&arg=12&cle=ab&file=pdf%2Fa.pdf", "document", 12, "", ""),
        ("?action=redirect&type=article&status=301&id=12", "article", 12, "", ""),
        ("http://institut.example/spip.php?article12", "article", 12, "", ""),
        ("HTTPS://WWW.Institut.Example:443/spip.php?article12", "article", 12, "", ""),
        ("//institut.example/article12", "article", 12, "", ""),
        ("www.institut.example/?article12", "article", 12, "", ""),
        ("https://www.institut.example", "home", 0, "", ""),
        ("/", "home", 0, "", ""),
        ("./", "home", 0, "", ""),
        ("spip.php?lang=en", "home", 0, "lang=en", ""),
        ("index.php3", "home", 0, "", ""),
        ("spip.php?page=sommaire", "home", 0, "", ""),
    ],
)
def test_addresses_of_objects(address: str, kind: str, number: int, query: str, fragment: str) -> None:
    assert read_old_address(address, SITE) == OldAddress(kind, number, query=query, fragment=fragment)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("IMG/pdf/x.pdf", "pdf/x.pdf"),
        ("../IMG/pdf/rapport_%C3%A9t%C3%A9.pdf", "pdf/rapport_été.pdf"),
        ("/IMG/pdf/avec%20espaces%20(1).pdf", "pdf/avec espaces (1).pdf"),
        ("https://institut.example/IMG%2Fpng%2Fpercent%2520name.png", "png/percent%20name.png"),
        ("IMG/jpg/%E9t%E9.jpg", "jpg/été.jpg"),
        ("IMG/../IMG/./jpg//a.jpg", "jpg/a.jpg"),
    ],
)
def test_addresses_of_files(address: str, file: str) -> None:
    assert read_old_address(address, SITE) == OldAddress(file=file)


@pytest.mark.parametrize(
    ("address", "page", "query"),
    [
        ("./?page=plan", "plan", ""),
        ("spip.php?page=recherche&recherche=scop", "recherche", "recherche=scop"),
        ("spip.php?page=backend&id_rubrique=3", "backend", "id_rubrique=3"),
        ("backend.php3", "backend", ""),
        ("ecrire/?exec=article&id_article=12", "ecrire", "exec=article&id_article=12"),
        ("local/cache-vignettes/L10/a.jpg", "local", ""),
        ("spip.php?page=sitemap.xml", "sitemap.xml", ""),
        ("forum.php3?id_article=3", "forum", "id_article=3"),
        ("spip.php?page=imprimer&id_article=3", "imprimer", "id_article=3"),
        ("spip.php?action=converser&arg=2", "converser", "arg=2"),
        ("spip.php?page=article&id_article=zero", "article", "id_article=zero"),
    ],
)
def test_addresses_of_spip_itself(address: str, page: str, query: str) -> None:
    assert read_old_address(address, SITE) == OldAddress(page=page, query=query)


@pytest.mark.parametrize(
    ("address", "path", "query"),
    [
        ("Mon-titre", "Mon-titre", ""),
        ("/Mon-titre.html?utm_source=x", "Mon-titre", "utm_source=x"),
        ("Mon-titre.HTM", "Mon-titre", ""),
        ("-Rubrique-", "-Rubrique-", ""),
        ("+-Mot-+", "+-Mot-+", ""),
        ("?+Breve+&debut=1", "+Breve+", "debut=1"),
        ("/?Mon-titre", "Mon-titre", ""),
        ("spip.php?%D9%85", "م", ""),
        ("rubrique/sous-rubrique/titre/", "rubrique/sous-rubrique/titre", ""),
        ("/E%CC%81te%CC%81", "Été", ""),
        ("/L-%E9t%E9", "L-été", ""),
        ("en/section/article12", "en/section/article12", ""),
        ("0", "0", ""),
        ("article0", "article0", ""),
        ("article99999999999999999999", "article99999999999999999999", ""),
        ("100%", "100%", ""),
        ("robots.txt", "robots.txt", ""),
    ],
)
def test_addresses_by_title_are_paths(address: str, path: str, query: str) -> None:
    assert read_old_address(address, SITE) == OldAddress(path=path, query=query)


@pytest.mark.parametrize(
    "address",
    [
        "", "  ", "#nb1", "mailto:a@b.example", "javascript:alert(1)", "https://autre.example/spip.php?article12",
        "//autre.example/", "ftp://institut.example/article12", "http:article12", "http://[::1", "tel:12",
        "https://institut.example.autre.example/article12", "https://institut.example@autre.example/article12",
    ],
)  # fmt: skip
def test_addresses_elsewhere(address: str) -> None:
    assert read_old_address(address, SITE) is None


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/spip/Titre", "Titre"),
        ("https://a.example/spip/Titre", "Titre"),
        ("http://b.example/Titre", "Titre"),
        ("Titre", "Titre"),
        ("https://a.example/Titre", None),
        ("https://a.example/spipou/Titre", None),
    ],
)
def test_a_site_in_a_folder(address: str, path: str | None) -> None:
    read = read_old_address(address, ["https://a.example/spip/", "b.example"])
    assert (read.path if read else None) == path


def test_without_a_known_address_only_relative_addresses_are_the_site_s() -> None:
    assert read_old_address("/article12", []) == OldAddress("article", 12)
    assert read_old_address("https://institut.example/article12", []) is None


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    read = read_old_address(text, SITE)
    if read is not None:
        assert sum(map(bool, (read.kind, read.file, read.page, read.path))) <= 1


# ---- Paths ----


def test_every_generation_is_kept(path: Path) -> None:
    database = make_base(
        path,
        meta=[{"nom": "type_urls", "valeur": "arbo"}],
        rubriques=[{"id_rubrique": 1}, {"id_rubrique": 2, "id_parent": 1}],
        articles=[{"id_article": 5, "id_rubrique": 2}],
        urls=[
            url("rubrique", 1, "economie", "2020-01-01"),
            url("rubrique", 2, "Dossier", "2009-01-01"),
            url("rubrique", 2, "scop", "2020-01-01", parent=1),
            url("rubrique", 2, "cooperatives", "2022-01-01", parent=1),
            url("article", 5, "Ancien,5", "2009-01-01"),
            url("article", 5, "Titre", "2012-01-01"),
            url("article", 5, "article/titre", "2020-01-01", parent=2),
            url("syndic", 7, "Observatoire"),
            url("auteur", 3, "auteur/aicha"),
            url("mot", 4, "mutuelle"),
            url("breve", 6, "Bref"),
            url("inconnu", 9, "Rien"),
        ],
    )
    assert list(find_old_paths(database)) == []
    assert paths_of(database, "article", 5) == {
        "Ancien,5",
        "Titre",
        "economie/scop/article/titre",
        "economie/cooperatives/article/titre",
    }
    assert paths_of(database, "rubrique", 2) == {"-Dossier-", "Dossier", "economie/scop", "economie/cooperatives"}
    assert paths_of(database, "site", 7) == {"@Observatoire@", "Observatoire"}
    assert paths_of(database, "auteur", 3) == {"auteur/aicha"}
    assert paths_of(database, "mot", 4) == {"+-mutuelle-+", "mutuelle"}
    assert paths_of(database, "breve", 6) == {"+Bref+", "Bref"}


def test_titles_in_columns_are_unique_per_kind(path: Path) -> None:
    database = make_base(
        path,
        articles=[{"id_article": 1, "url_propre": "Editorial"}, {"id_article": 2, "url_propre": "Editorial,2"}],
        rubriques=[{"id_rubrique": 1, "url_propre": "Editorial"}],
        syndic=[{"id_syndic": 1, "url_propre": "@Ailleurs@"}],
    )
    assert list(find_old_paths(database)) == []
    assert paths_of(database, "article", 1) == {"Editorial"}
    assert paths_of(database, "article", 2) == {"Editorial,2"}
    assert paths_of(database, "rubrique", 1) == {"-Editorial-"}
    assert paths_of(database, "site", 1) == {"@Ailleurs@", "Ailleurs"}


def test_a_contested_path_goes_to_the_object_that_spip_prefers(path: Path) -> None:
    database = make_base(
        path,
        urls=[
            url("article", 1, "Contact", "2010-01-01", perma=1),
            url("article", 2, "contact", "2020-01-01", parent=4),
            url("article", 3, "PLAN", "2010-01-01", parent=4),
            url("article", 4, "plan", "2020-01-01"),
        ],
    )
    assert list(find_old_paths(database)) == [
        Issue("redirect-contested", "article", 2, detail="contact"),
        Issue("redirect-contested", "article", 3, detail="PLAN"),
    ]
    assert find_by_path(database, "CONTACT") == ("article", 1)
    assert find_by_path(database, "Plan") == ("article", 4)


def test_lookups_ignore_case_and_a_language(path: Path) -> None:
    database = make_base(path, urls=[url("article", 1, "École-d-été"), url("article", 2, "هنا-été")])
    list(find_old_paths(database))
    assert find_by_path(database, "ÉCOLE-D-été") == ("article", 1)
    assert find_by_path(database, "هنا-ÉTÉ") == ("article", 2)
    assert find_by_path(database, "fr/هنا-été") == ("article", 2)
    assert find_by_path(database, "autre") is None


def test_a_title_that_spip_reads_as_a_number_is_not_a_path(path: Path) -> None:
    rows = [
        url("article", 1, "mot3"),
        url("article", 2, "2024"),
        url("article", 5, "article5"),
        url("mot", 4, "ecrire"),
    ]
    database = make_base(path, urls=rows)
    list(find_old_paths(database))
    assert {row["path"] for row in database.db.execute("SELECT path FROM old_paths")} == {"article5", "+-ecrire-+"}


def test_histories_of_sections_in_circles_end(path: Path) -> None:
    rows = [url("rubrique", 1, f"a{n}", "", n % 3) for n in range(30)]
    rows += [url("rubrique", 2, f"b{n}", "", n % 3) for n in range(30)]
    rows += [url("article", 1, f"c{n}", "", n % 3) for n in range(30)]
    database = make_base(
        path,
        meta=[{"nom": "type_urls", "valeur": "arbo"}],
        rubriques=[{"id_rubrique": 1, "id_parent": 2}, {"id_rubrique": 2, "id_parent": 1}],
        articles=[{"id_article": 1, "id_rubrique": 2}],
        urls=rows,
    )
    remarks = list(find_old_paths(database))
    assert {one.code for one in remarks} == {"redirect-unkept"}
    for kind, number in (("rubrique", 1), ("rubrique", 2), ("article", 1)):
        assert len(paths_of(database, kind, number)) == MOST_PATHS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            url,
            st.sampled_from(["article", "rubrique", "breve", "syndic", "auteur", "mot", "document"]),
            st.integers(1, 4),
            st.one_of(
                st.text(min_size=1, max_size=20), st.sampled_from(["a", "A", "a/b", "é", "article3", "7", "x.html"])
            ),
            st.sampled_from(["", "2010-01-01", "2015-01-01", "2020-01-01"]),
            st.integers(0, 4),
            st.integers(0, 1),
        ),
        max_size=25,
    ),
    st.sampled_from(["propres", "arbo", "libres", "page", "propres_qs"]),
)
def test_every_path_leads_back(path: Path, rows: list[dict[str, Any]], mode: str) -> None:
    database = make_base(
        path,
        meta=[{"nom": "type_urls", "valeur": mode}],
        urls=rows,
        rubriques=[{"id_rubrique": n, "id_parent": n - 1} for n in range(1, 4)],
        articles=[{"id_article": n, "id_rubrique": n} for n in range(1, 4)],
    )
    list(find_old_paths(database))
    for row in database.db.execute("SELECT * FROM old_paths").fetchall():
        assert row["path"] == clean_path(row["path"])
        for address in ("/" + quote(row["path"]), SITE[0] + "/" + quote(row["path"]) + ".html?utm=1#x"):
            read = read_old_address(address, SITE)
            assert read is not None
            found = find_by_path(database, read.path) if read.path else (read.kind, read.number)
            assert found == (row["kind"], row["number"])
    for kind, record in OBJECT_KINDS.items():
        assert all(len(paths_of(database, kind, number)) <= MOST_PATHS for number in range(1, 5)), record
    database.close()
