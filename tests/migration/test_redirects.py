"""Old addresses redirect to the new pages: in the tables, and on real servers that have loaded them."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.output import redirects
from spipconv.migration.output.moves import Redirect, moved
from spipconv.migration.output.redirects import NGINX_SERVER
from spipconv.migration.pages.relations import PageRelations, PlannedPage
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.old_paths import find_old_paths
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.report.issues import Issue
from tests.migration.test_old_addresses import closed_bases, make_base, url
from tests.webservers import Server, running_apache, running_nginx

__all__ = ["closed_bases"]  # a fixture

TITLES = [
    "Mon-titre", 'L"ete"', "L'apostrophe", "«L’été»", "Deux mots", "C++", "100%", "50%25", "مقال-تجريبي", "😀-joie",
    "a.b*c", "[x](y)", "a;b", "{accolade}", "$uri", "${HOME}", "fin$", "%{ENV:x}", "anti\\slash", "\\", '\\"', "x|y",
    "^debut$", "~tilde", "#diese", "a&b", "a=b", "=egal", "!non", "-f", "<doc>", "default", "hostnames", "quoi?",
    "?quoi&", "École", "a,12", "x.y.z", "tres-long-" + "x" * 1500, "long-" + "م" * 120, "(?i)a", "@Site@", "+-Mot-+",
]  # fmt: skip
FEED = "/index.xml"
AGENT = "utm_source=x&utm_medium=y%20z"


def state(kind: str, number: int, address: str, state: str = "published") -> tuple[Any, ...]:
    return (kind, number, state, "", "fr", 0, "", address, 0)


def plan(database: WorkingDatabase, objects: list[tuple[Any, ...]]) -> WorkingDatabase:
    """Write what a plan would: objects, and a page for each that has one."""
    database.db.executemany("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", objects)
    pages = [(one[0], one[1], "fr", one[7], "", 0) for one in objects if one[2] == "published" and one[7][:1] == "/"]
    database.db.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)", [("home", 0, "fr", "/", "", 0), *pages])
    return database


def make_site(path: Path, mode: str, folder: str = "") -> WorkingDatabase:
    """A site with awkward titles, each of an article in two places, and one object of every kind."""
    urls = [url("rubrique", 90, "Ma rubrique"), url("rubrique", 91, "sous+rubrique", "2015", parent=90)]
    objects = [state("rubrique", 90, "/ma-rubrique/"), state("rubrique", 91, "/ma-rubrique/sous/")]
    for number, title in enumerate(TITLES, start=1):
        urls += [url("article", number, title), url("article", number, title.lower() + "/x", "2015", parent=91)]
        objects.append(state("article", number, f"/p/{number}/"))
    urls += [
        url("breve", 1, "Breve"), url("syndic", 1, "Ailleurs"), url("syndic", 2, "Ici"), url("auteur", 1, "Nom"),
        url("mot", 1, "Cle"), url("article", 60, "Externe"), url("article", 61, "Interne"), url("article", 70, "Futur"),
        url("article", 62, "International"), url("rubrique", 92, "ma-rubrique"), url("article", 63, "contact"),
        url("article", 64, "Sous-P"), url("article", 65, "QUI/1"), url("article", 66, "EN/article66"),
        url("article", 67, "%C3%89cole"), url("article", 68, "mots"),
    ]  # fmt: skip
    objects += [
        state("breve", 1, "/b/1/"), state("site", 1, "https://ailleurs.example/?a=$b&c=%20d"),
        state("site", 2, "/s/2/"),
        state("auteur", 1, "/qui/1/"), state("mot", 1, "/mots/1/"), state("groupe", 1, "/groupes/1/"),
        state("article", 60, "https://ailleurs.example/a b?x=1#y", "redirect"),
        state("article", 61, "/p/1/", "redirect"), state("article", 62, "/international/"),
        state("article", 70, "", "future"), state("article", 71, "", "hidden"), state("rubrique", 92, ""),
        state("article", 63, "/Contact/"), state("article", 64, "/p/64/"), state("mot", 2, "/2024/"),
        state("mot", 3, "/sous-p/"), state("article", 2024, "/p/2024/"), state("article", 67, "/p/67/"),
        state("article", 65, "/qui/1/#bas", "redirect"), state("article", 66, "/en/article66/"),
        state("article", 68, "/p/68/"),
    ]  # fmt: skip
    database = make_base(
        path,
        meta=[{"nom": "type_urls", "valeur": mode}, {"nom": "adresse_site", "valeur": "https://old.example" + folder}],
        rubriques=[{"id_rubrique": 90}, {"id_rubrique": 91, "id_parent": 90}],
        urls=urls,
        documents=[
            {"id_document": 1, "fichier": "pdf/avec espaces (1) 100%.pdf", "distant": "non"},
            {"id_document": 2, "fichier": "https://film.example/a.mp4", "distant": "oui"},
        ],
        forum=[
            {"id_forum": 5, "objet": "article", "id_objet": 1, "statut": "publie"},
            {"id_forum": 6, "objet": "article", "id_objet": 1, "statut": "prop"},
            {"id_forum": 7, "objet": "article", "id_objet": 70, "statut": "publie"},
        ],
    )
    assert [one.code for one in find_old_paths(database)] == []
    return plan(database, objects)


def files(database: WorkingDatabase) -> dict[str, str]:
    """The new site: one file per page, and the document."""
    pages = {
        f"{row['address']}index.html".lstrip("/"): row["address"] for row in database.db.execute("SELECT * FROM pages")
    }
    return pages | {"IMG/pdf/avec espaces (1) 100%.pdf": "pdf", "index.xml": "feed"}


def numbered_forms(one: Redirect) -> Iterator[str]:
    """All addresses of an object that only need its number."""
    names = {"site": ["site", "syndic"], "groupe": ["groupe", "groupe_mots"]}.get(one.kind, [one.kind])
    key = OBJECT_KINDS[one.kind].key
    for name in names:
        yield from (f"/spip.php?{name}{one.number}{end}" for end in ("", "=", "&" + AGENT, "=&" + AGENT))
        yield from (f"/{name}{one.number}{end}" for end in ("", ".html", "/", "?" + AGENT, ".html?" + AGENT))
        yield f"/fr/{name}{one.number}.html"
        yield from (f"/spip.php?{name}00{one.number}", f"/{name}0{one.number}.html")
        yield f"/?{name}{one.number}"
        yield f"/fr/?{name}{one.number}"
        yield f"/spip.php?page={name}&{key}={one.number}"
        yield f"/spip.php?{AGENT}&{key}={one.number}&lang=fr&page={name}"
        yield from (f"/{name}.{end}?{key}={one.number}&{AGENT}" for end in ("php", "php3"))
    if one.kind == "article":
        yield from (f"/{one.number}", f"/{one.number}?{AGENT}")
    if one.kind == "document":
        yield f"/spip.php?action=acceder_document&arg={one.number}&cle=abc&file=x"


def path_forms(path: str) -> Iterator[str]:
    """A path in all the forms in which browsers and pages write it."""
    usual = quote(path)
    lower = re.sub("%..", lambda found: found[0].lower(), usual)
    for encoded in {usual, lower, quote(path, "/!$&'()*+,;=:@~"), quote(path, "").replace("%2F", "/")}:
        yield from (f"/{encoded}{end}" for end in ("", ".html", ".htm", "/", "?" + AGENT, ".html?" + AGENT))


def follow(server: Server, target: str, one: Redirect) -> None:
    """Check that a redirect leads to the new address; nginx cannot write a dollar sign."""
    answer = server.get(target)
    expected = one.new.replace("$", "%24") if answer.location != one.new else one.new
    assert (answer.status, answer.location) == (301, expected), target


UNKNOWN = [
    "/spip.php?article9999", "/?article9999", "/article9999.html", "/9999", "/spip.php?page=article&id_article=9999",
    "/?page=article&id_article=9999", "/article.php3?id_article=9999", "/Inconnu", "/spip.php?article70", "/Futur",
    "/spip.php?article71", "/spip.php?rubrique92", "/spip.php?forum6", "/spip.php?forum7", "/Mon-titre/Inconnu",
    "/spip.php?article1x", "/xarticle1", "/spip.php", "/spip.php?page=plan", "/Breve.php?article1x",
]  # fmt: skip


def check_server(server: Server, database: WorkingDatabase, prefix: str = "", longest_name: int = 10_000) -> int:
    """Request everything; return the number of addresses."""
    count = 0
    shown = {"/2024", "/2024/"}
    for one in moved(database):
        forms = [prefix + form for form in numbered_forms(one)]
        for form in itertools.chain(forms, *(path_forms(path) for path in one.paths)):
            path = form.partition("?")[0]
            if path in shown or max(map(len, unquote_to_bytes(path).split(b"/"))) > longest_name:
                continue
            follow(server, form, one)
            count += 1
        if one.new.startswith("/"):
            assert server.get(one.new.partition("#")[0]).status == 200
    for target in UNKNOWN:
        assert server.get(prefix + target).status == 404, target
    for row in database.db.execute("SELECT address FROM pages").fetchall():
        for target in (row["address"], row["address"] + "?" + AGENT, row["address"] + "index.html"):
            assert server.get(target) == (200, "", row["address"]), target
    return count


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "base"


# ---- The table ----


def test_every_moved_object_has_its_paths(path: Path) -> None:
    database = make_site(path, "propres")
    found = {(one.kind, one.number): one for one in moved(database)}
    assert found["article", 1].new == "/p/1/"
    assert found["article", 1].paths == ("Ma rubrique/sous+rubrique/mon-titre/x", "Mon-titre")
    assert found["site", 1].new == "https://ailleurs.example/?a=$b&c=%20d"
    assert found["site", 2].new == "/s/2/"
    assert found["article", 60].new == "https://ailleurs.example/a%20b?x=1#y"
    assert found["article", 61].new == "/p/1/"
    assert found["document", 1].new == "/IMG/pdf/avec%20espaces%20%281%29%20100%25.pdf"
    assert found["document", 2].new == "https://film.example/a.mp4"
    assert found["forum", 5].new == "/p/1/#forum5"
    assert found["article", 62].paths == ("International",)
    assert found["article", 64].paths == ()
    assert not {("article", 70), ("article", 71), ("rubrique", 92), ("forum", 6), ("forum", 7)} & set(found)


def test_a_site_s_page_is_preferred_to_the_site(path: Path) -> None:
    database = plan(make_base(path), [state("site", 1, "https://ailleurs.example/")])
    database.db.execute("INSERT INTO pages VALUES ('site', 1, 'fr', '/sites/1/', '', 0)")
    assert list(moved(database)) == [Redirect("site", 1, "/sites/1/")]


def test_nothing_redirects_to_unpublished_objects(path: Path) -> None:
    states = ["hidden", "future", "draft", "trash", ""]
    objects = [state("article", n, f"/p/{n}/", name) for n, name in enumerate(states, start=1)]
    database = plan(make_base(path, urls=[url("article", n, f"Titre-{n}") for n in range(1, 6)]), objects)
    list(find_old_paths(database))
    assert list(moved(database)) == []


def test_messages_on_sites_and_sections_lead_to_their_pages(path: Path) -> None:
    database = make_base(
        path,
        forum=[
            {"id_forum": 1, "objet": "site", "id_objet": 2, "statut": "publie"},
            {"id_forum": 2, "objet": "rubrique", "id_objet": 3, "statut": "publie"},
            {"id_forum": 3, "objet": "article", "id_objet": 4, "statut": "publie"},
        ],
    )
    plan(database, [state("site", 2, "/s/2/"), state("rubrique", 3, "/r/3/"), state("article", 4, "/d/4/", "hidden")])
    found = {one.number: one.new for one in moved(database) if one.kind == "forum"}
    assert found == {1: "/s/2/#forum1", 2: "/r/3/#forum2"}


@pytest.mark.parametrize("new", ["/Mon-titre/", "/Mon-titre", "/Mon-titre/#bas"])
def test_a_page_that_keeps_its_address_does_not_redirect_to_itself(path: Path, new: str) -> None:
    database = make_base(path, urls=[url("article", 1, "Mon-titre"), url("article", 1, "Autre")])
    list(find_old_paths(database))
    (one,) = moved(plan(database, [state("article", 1, new)]))
    assert one.paths == ("Autre",)


@pytest.mark.parametrize(("kind", "number"), [("article", 2), ("mot", 1)])
def test_a_path_of_two_objects_is_contested(path: Path, kind: str, number: int) -> None:
    database = plan(make_base(path), [state("article", 1, "/a/"), state(kind, number, "/b/")])
    database.db.executemany(
        "INSERT INTO old_paths VALUES (?, ?, ?)", [("Titre", "article", 1), ("titre", kind, number)]
    )
    found = [one.code for one in redirects.check(database, lambda _: True)]
    assert found == ["redirect-contested"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "relatif", "", "[::1"])
def test_unresolvable_addresses_give_no_redirection(path: Path, address: str) -> None:
    assert list(moved(plan(make_base(path), [state("article", 1, address, "redirect")]))) == []


def test_a_read_only_database_is_enough(path: Path) -> None:
    database = make_site(path, "arbo")
    database.db.commit()
    database.close()
    with closing(WorkingDatabase(path)) as again:
        with pytest.raises(sqlite3.OperationalError):
            again.db.execute("DELETE FROM objects")
        assert sum(1 for _ in redirects.nginx(again)) > len(TITLES)


def aliases(database: WorkingDatabase, number: int, *, is_shown: bool = True) -> tuple[str, ...]:
    """Return the aliases of an article's page."""
    relations = PageRelations(database, SiteObjects(database), ImgFolder(None), "fr")
    return relations.aliases(PlannedPage("article", number, "fr", is_shown, 0, 1, "rubrique", 0))


def test_aliases_are_old_paths_that_a_file_may_have_and_no_page_has(path: Path) -> None:
    database = make_site(path, "propres")
    assert aliases(database, 1) == ("Ma rubrique/sous+rubrique/mon-titre/x", "Mon-titre")
    assert aliases(database, 1, is_shown=False) == ()
    assert aliases(database, 62) == ()
    assert aliases(database, TITLES.index("quoi?") + 1) == ()


def test_aliases_are_below_the_folder_of_the_old_site_and_have_the_numbers_that_it_showed(path: Path) -> None:
    found = aliases(make_site(path, "html", "/spip"), 1)
    assert "spip/Mon-titre" in found
    assert found[-1] == "spip/article1.html"


def test_netlify_gets_a_rule_for_each_address(path: Path) -> None:
    lines = list(redirects.netlify(make_site(path, "propres2"), FEED))
    assert all(re.fullmatch(r"/\S*(?: \S+=\S+)* \S+ 301\n", line) for line in lines)
    assert "/Mon-titre.html /p/1/ 301\n" in lines
    assert "/spip.php page=article id_article=1 /p/1/ 301\n" in lines
    assert "/spip.php action=acceder_document arg=2 https://film.example/a.mp4 301\n" in lines
    assert "/a.b%2Ac /p/11/ 301\n" in lines
    assert not any(line.lower().startswith("/international ") for line in lines)


def test_json_has_every_object_and_path(path: Path) -> None:
    database = make_site(path, "propres")
    table = json.loads("".join(redirects.json_table(database)))
    assert table["objects"] == {f"{one.kind}{one.number}": one.new for one in moved(database)}
    assert table["paths"] == {path: one.new for one in moved(database) for path in one.paths}
    assert json.loads("".join(redirects.json_table(make_base(path)))) == {"objects": {}, "paths": {}}


# ---- Issues ----


def test_a_good_site_has_only_shadows(path: Path) -> None:
    database = make_site(path, "propres")
    assert list(redirects.check(database, lambda file: file in files(database))) == [
        Issue("redirect-shadowed", "article", 64, detail="Sous-P"),
    ]


def test_issues_of_redirects_are_reported(path: Path) -> None:
    objects = [
        state("article", 1, "/a/"), state("article", 2, "/nulle-part/", "redirect"),
        state("article", 3, "/", "redirect"),
        state("article", 4, "https://old.example/spip.php?article1", "redirect"),
        state("article", 5, "http://old.example/article5", "redirect"),
        state("article", 6, "https://old.example/Titre", "redirect"), state("article", 7, "/IMG/a%20b.pdf", "redirect"),
        state("article", 8, "https://old.example/?page=plan", "redirect"),
    ]  # fmt: skip
    database = make_base(
        path,
        meta=[{"nom": "adresse_site", "valeur": "https://old.example"}],
        documents=[{"id_document": 1, "fichier": "absent.pdf"}],
        urls=[url("article", 1, "Titre")],
    )
    list(find_old_paths(database))
    database.db.execute("INSERT INTO old_paths VALUES ('titre', 'mot', 1)")
    problems = list(redirects.check(plan(database, objects), lambda file: file == "IMG/a b.pdf"))
    assert [(one.code, one.kind, one.number) for one in problems] == [
        ("redirect-contested", "mot", 1),
        ("redirect-broken", "article", 2),
        ("redirect-home", "article", 3),
        ("redirect-chained", "article", 4),
        ("redirect-endless", "article", 5),
        ("redirect-chained", "article", 6),
        ("redirect-broken", "document", 1),
    ]


# ---- Servers ----


@pytest.mark.parametrize("mode", ["propres", "propres_qs"])
@pytest.mark.server
def test_nginx_redirects_every_old_address(path: Path, mode: str) -> None:
    database = make_site(path, mode)
    with running_nginx(files(database), "".join(redirects.nginx(database, FEED)), NGINX_SERVER) as server:
        assert check_server(server, database) > 2000
        check_queries(server, database, mode)
        assert server.get("/MON-TITRE").location == "/p/1/"
        check_feed(server)


@pytest.mark.parametrize("mode", ["propres", "propres_qs"])
@pytest.mark.server
def test_apache_redirects_every_old_address(path: Path, mode: str) -> None:
    database = make_site(path, mode)
    with running_apache(files(database), "".join(redirects.apache(database, FEED))) as server:
        # Apache refuses names that no file can have before it reads an .htaccess.
        assert check_server(server, database, longest_name=255) > 2000
        check_queries(server, database, mode)
        assert server.get("/MON-TITRE").location == "/p/1/"
        check_feed(server)


def check_queries(server: Server, database: WorkingDatabase, mode: str) -> None:
    """Check ``/?Title``; on sites without such addresses, only titles that need no encoding."""
    for one in moved(database):
        for title in one.paths:
            forms = [quote(title, safe="/"), quote(title, safe="/!$'()*+,;:@~")]
            if re.search("[/?&=]", title) or (mode != "propres_qs" and forms[1] != title):
                continue
            for form in forms if mode == "propres_qs" else forms[1:]:
                for target in (f"/?{form}", f"/?{form}&{AGENT}", f"/spip.php?{form}"):
                    follow(server, target, one)


def check_feed(server: Server) -> None:
    for target in ("/spip.php?page=backend", "/spip.php?page=backend&id_rubrique=3", "/backend.php3", "/?page=backend"):
        assert server.get(target)[:2] == (301, FEED), target


@pytest.mark.parametrize("run", ["nginx", "apache"])
@pytest.mark.server
def test_a_site_in_a_folder(path: Path, run: str) -> None:
    database = make_site(path, "arbo", "/spip-1.9")
    if run == "nginx":
        running = running_nginx(files(database), "".join(redirects.nginx(database)), NGINX_SERVER)
    else:
        running = running_apache(files(database), "".join(redirects.apache(database)))
    with running as server:
        assert check_server(server, database, "/spip-1.9", longest_name=255) > 2000
        assert server.get("/Mon-titre").status == 404
        assert server.get("/spip.php?page=backend").status == 404


@pytest.mark.server
def test_nginx_takes_a_large_site(path: Path) -> None:
    numbers = range(1, 2001)
    database = make_base(path, urls=[url("article", n, f"Titre-{'é' * (n % 100)}-{n}") for n in numbers])
    list(find_old_paths(database))
    # nginx would not start with a key that is too long, or with the same key in another case.
    rows = [
        ("long/" + "x" * 5000, "article", 1),
        ("DEUX", "article", 2),
        ("Deux", "article", 2),
        ("deux", "article", 2),
    ]
    database.db.executemany("INSERT INTO old_paths VALUES (?, ?, ?)", rows)
    plan(database, [state("article", n, f"/p/{n}/") for n in numbers])
    with running_nginx({"p/7/index.html": "7"}, "".join(redirects.nginx(database)), NGINX_SERVER) as server:
        for one in moved(database):
            for target in (f"/spip.php?article{one.number}", "/" + quote(one.paths[0]) + ".html?" + AGENT):
                assert server.get(target)[:2] == (301, one.new)
        assert server.get("/p/7/").body == "7"
        assert server.get("/spip.php?article2001").status == 404
