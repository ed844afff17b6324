"""Messages of SPIP sites: from every source, in their threads, with their numbers; private ones never, faults said."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

pytest.importorskip("jinja2", reason="jinja2 is not installed")

from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.moving.old_links import OldLinks
from spipconv.forum.publication.exporting import Exporter
from spipconv.forum.records import Message
from spipconv.forum.settings import read_settings
from spipconv.forum.site.application import create_app
from spipconv.forum.store.base import Base, open_base
from tests.asgi import ask
from tests.forum.moving import ALL, NOW, Moved, places
from tests.hard_sites import Row
from tests.migrations import ALL_SOURCES, EXPECTED, folder_of_the_run, migrated, path_of

_NEVER = frozenset(EXPECTED["never_publish_forum"])
_PRIVATE = frozenset({37, 38, 39, 40, 41, 42})


@cache
def moved(source: str) -> Moved:
    """Return a base with the messages of the test site from one of its sources, of which all pages are registered."""
    forum = Moved(Path(mkdtemp(dir=folder_of_the_run())), *(path.stem for path in data_files(source)))
    report = forum.take(path_of(source))
    assert (report.read, report.added, dict(report.left)) == (80, 73, {"private": 6, "no-page": 1})
    assert places(report, "no-page") == ["forum35"]
    return forum


def data_files(source: str) -> list[Path]:
    """Return the data files of a migration of the test site."""
    return sorted((migrated(source, "hugo").folder / "data" / "comments").glob("*.json"))


@pytest.mark.parametrize("source", ALL_SOURCES)
class TestTheTestSite:
    def test_every_message_is_in_its_thread_with_its_number(self, source: str) -> None:
        messages, keys = moved(source).messages(), moved(source).page_keys()
        assert set(range(1, 81)) - messages.keys() == {*_PRIVATE, 35}
        published = {number for number, message in messages.items() if message.status == "publie"}
        for key, thread in EXPECTED["threads"].items():
            expected = {message["id"] for message in thread["messages"]} - {35}
            assert {number for number in published if keys[messages[number].page].split(".")[0] == key} == expected
            for message in thread["messages"]:
                if message["id"] in messages and message["parent_state"] in ("publie", "off", "prop"):
                    on_page = messages.get(message["id_parent"])
                    is_here = on_page is not None and on_page.page == messages[message["id"]].page
                    assert messages[message["id"]].parent == (message["id_parent"] if is_here else 0)
        assert {number for number in messages if number not in published} == _NEVER - _PRIVATE

    def test_what_is_exported_is_what_is_migrated(self, source: str, tmp_path: Path) -> None:
        forum = moved(source)
        with Exporter(tmp_path, "hugo") as exporter, open_base(forum.path, reads_only=True) as store:
            exporter.export(store)
        for path in data_files(source):
            written = (tmp_path / "data" / "comments" / path.name).read_bytes()
            assert written == path.read_bytes()

    def test_addresses_of_persons_are_encrypted_and_those_of_machines_are_not_there(self, source: str) -> None:
        forum = moved(source)
        assert {forum.email(message) for message in forum.messages().values()} == {
            f"lecteur{number}@example.org" for number in forum.messages()
        }
        assert all(message.network == "" for message in forum.messages().values())
        content = forum.files()
        assert b"lecteur1" not in content
        assert b"192.0.2" not in content

    def test_private_messages_are_nowhere(self, source: str) -> None:
        content = moved(source).files().decode("utf-8", "replace")
        for words in ("Privé !", "Discussion interne", "Forum interne", "secret", "Privé supprimé"):
            assert words not in content

    def test_the_sixteen_others_are_in_no_file_of_all(self, source: str) -> None:
        forum = moved(source)
        for to in ("jsonl", "wxr"):
            content = forum.export(to).decode()
            for words in ("Buy cheap", "Insultes", "À modérer", "secret", "lecteur", "192.0.2"):
                assert words not in content, words
        numbers = {json.loads(line).get("id") for line in forum.export("jsonl").splitlines()}
        assert numbers - {None} == set(range(1, 81)) - _NEVER - {35}

    def test_the_sixteen_others_are_in_no_answer(self, source: str) -> None:
        forum = moved(source)
        base = Base(forum.path)
        app = create_app(base, forum.keys, base.query(read_settings).result(), rate=0, preview_rate=0)
        paths = ["/feeds/site.atom"]
        for key in forum.page_keys().values():
            paths += [f"/thread?page={key}", f"/pages/{key}", f"/feeds/{key}.atom"]
        try:
            answers = [asyncio.run(ask(app, "GET", path)) for path in paths]
        finally:
            base.close()
        assert {answer.status for answer in answers} == {200}
        content = b"".join([answer.body for answer in answers]).decode()
        for words in (
            "Buy cheap",
            "Insultes",
            "À modérer",
            "Discussion interne",
            "lecteur1",
            "@example.org",
            "192.0.2",
        ):
            assert words not in content, words
        for number in _NEVER:
            assert f'forum{number}"' not in content
        assert all(f'forum{number}"' in content for number in set(range(1, 81)) - _NEVER - {35})

    def test_again_changes_nothing(self, source: str, tmp_path: Path) -> None:
        forum = Moved.__new__(Moved)
        forum.__dict__.update(moved(source).__dict__)
        before = forum.messages()
        report = forum.take(path_of(source))
        assert (report.added, report.changed, report.same) == (0, 0, 73)
        assert forum.messages() == before


def row(number: int, parent: int = 0, statut: str = "publie", **fields: str | int | bytes) -> Row:
    return {
        "id_forum": number, "objet": "article", "id_objet": 1, "id_parent": parent, "statut": statut,
        "date_heure": f"2010-01-01 10:00:{number % 60:02}", "titre": "T", "texte": f"texte {number}", "auteur": "Léa",
        "nom_site": "", "url_site": "", "email_auteur": f"lea{number}@example.org", "ip": "192.0.2.1", **fields,
    }  # fmt: skip


def test_statuses_stay_and_others_are_left_out(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    statuses = ["publie", "prop", "off", "spam", "perso", "poubelle", "prive", "privrac", "privadm", "privoff", ""]
    report = forum.take_rows([row(number, statut=statut) for number, statut in enumerate(statuses, 1)])
    assert {number: message.status for number, message in forum.messages().items()} == dict(enumerate(ALL, 1))
    assert dict(report.left) == {"private": 4, "other-status": 3}
    assert not report.has_losses
    # The feeds show by this when something is new; those that are deleted after a time are kept for as long.
    assert {message.status: message.changed == message.created for message in forum.messages().values()} == {
        "publie": True, "prop": False, "off": False, "spam": False,
    }  # fmt: skip


def test_what_a_moderator_has_decided_here_wins(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    forum.take_rows([row(1, statut="prop"), row(2, statut="prop"), row(3)])
    with open_base(forum.path) as store:
        message = store.messages.get(1)
        assert message is not None
        decided = store.messages.set_status(1, message.version, "off", NOW)
        assert decided is not None
        store.decisions.add(message, "off", 1, "Rose", NOW)
    report = forum.take_rows([row(1), row(2), row(3, texte="autre"), row(4)])
    found = forum.messages()
    assert {number: message.status for number, message in found.items()} == {
        1: "off", 2: "publie", 3: "publie", 4: "publie"
    }  # fmt: skip
    assert (report.added, report.changed, report.same) == (1, 2, 1)
    assert places(report, "status-kept") == ["forum1"]
    assert places(report, "message-changed") == ["forum2", "forum3"]
    assert found[3].text == "autre"


def test_a_number_that_is_taken_is_replaced_and_said(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    with open_base(forum.path) as store:
        posted = Message(0, 1, 0, 0, "prop", "Anne", "", "Bonjour", "", "fr", NOW, NOW)
        store.messages.add(posted)
    report = forum.take_rows([row(1), row(2, 1), row(3, 2)])
    found = forum.messages()
    (new,) = [number for number, message in found.items() if message.source_key == "1"]
    assert new > 3, "a number of another imported message"
    assert found[1].author == "Anne"
    assert (found[2].parent, found[3].parent) == (new, 2)
    assert [issue.detail for issue in report.issues if issue.code == "number-taken"] == [f"forum{new}"]
    again = forum.take_rows([row(1), row(2, 1), row(3, 2)])
    assert (again.same, again.added) == (3, 0)


def test_a_visitor_s_message_never_gets_the_number_of_one_that_is_still_to_come(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    forum.take_rows([row(1), row(900)])
    with open_base(forum.path) as store:
        posted = store.messages.add(Message(0, 1, 0, 0, "prop", "Anne", "", "Bonjour", "", "fr", NOW, NOW))
    assert posted.id == 901


def test_circles_orphans_and_strange_parents(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1", "article2")
    report = forum.take_rows(
        [
            row(1, 3), row(2, 1), row(3, 2), row(4, 4), row(5, 77), row(6, 5),
            row(7, 6, id_objet=2), row(8, 9), row(9, 5, statut="perso"), row(10, 12), row(11, 10),
            row(12, 11, id_objet=2),
        ]
    )  # fmt: skip
    parents = {number: message.parent for number, message in forum.messages().items()}
    assert parents == {1: 0, 2: 1, 3: 2, 4: 0, 5: 0, 6: 5, 7: 0, 8: 5, 10: 0, 11: 10, 12: 0}
    threads = {number: message.thread for number, message in forum.messages().items()}
    assert threads == {1: 1, 2: 1, 3: 1, 4: 4, 5: 5, 6: 5, 7: 7, 8: 5, 10: 10, 11: 10, 12: 12}
    assert places(report, "circle") == ["forum1", "forum4"]
    assert places(report, "parent-missing") == ["forum5"]
    assert sorted(places(report, "parent-elsewhere")) == ["forum10", "forum12", "forum7"]
    assert places(report, "parent-left") == ["forum8"]


def test_a_message_without_a_page_is_said(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1", "rubrique3")
    report = forum.take_rows(
        [row(1), row(2, id_objet=99), row(3, objet="", id_objet=0), row(4, objet="rubrique", id_objet=3), row(5, 2)]
    )
    assert set(forum.messages()) == {1, 4, 5}
    assert places(report, "no-page") == ["forum2", "forum3"]
    assert report.has_losses
    assert forum.messages()[5].parent == 0


def test_of_pages_in_several_languages_it_is_on_that_of_its_object(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1", "article1.en", "article2.en", "rubrique1")
    forum.take_rows(
        [row(1), row(2, id_objet=2), row(3, objet="rubrique", id_objet=1)],
        articles=[{"id_article": 1, "lang": "en"}, {"id_article": 2, "lang": "fr"}],
    )
    keys = forum.page_keys()
    assert {number: keys[message.page] for number, message in forum.messages().items()} == {
        1: "article1.en", 2: "article2.en", 3: "rubrique1",
    }  # fmt: skip
    assert forum.messages()[1].language == "en"


def test_wrong_values_are_said_and_the_message_is_there(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    report = forum.take_rows(
        [
            row(1, date_heure="0000-00-00 00:00:00"), row(2, date_heure="2010-13-40 10:00:00"),
            row(3, date_heure="2098-01-01 00:00:00"), row(4, date_heure="1998-05-00 00:00:00"),
            row(5, texte="Ã©tÃ©, trÃ¨s bien"), row(6, texte="é".encode("latin-1") + b"t\xe9"),
            row(7, auteur="Paul <paul@example.org>", url_site="mailto:paul@example.org", email_auteur="n'importe quoi"),
            row(8, titre="<b>R&eacute;</b>\n ici", url_site="javascript:alert(1)"),
            row(9, texte="x" * 3_000_000), row(10, id_forum="x"), row(0), row(12, date_heure="0001-01-01 00:00:00"),
        ]
    )  # fmt: skip
    found = forum.messages()
    assert set(found) == {*range(1, 10), 12}
    assert (found[1].created, found[2].created, found[4].created) == (0, 0, 893_980_800)
    assert sorted(places(report, "date-missing")) == ["forum1", "forum2"]
    assert places(report, "date-future") == ["forum3"]
    assert places(report, "value-refused")[0] == "forum2"
    assert places(report, "encoding-repaired") == ["forum5", "forum6"]
    assert (found[5].text, found[6].text) == ("été, très bien", "été")
    assert (found[7].author, found[7].url, found[7].email) == ("Paul", "", None)
    assert places(report, "email-refused") == ["forum7"]
    assert (found[8].title, found[8].url) == ("<b>Ré</b> ici", "")
    assert places(report, "text-too-long") == ["forum9"]
    assert report.left["unnumbered"] == 2
    assert report.has_losses


def test_of_several_messages_with_one_number_the_last_is_imported(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    report = forum.take_rows([row(1), row(2, texte="premier"), row(2, texte="dernier")])
    assert forum.messages()[2].text == "dernier"
    assert (report.read, report.added, report.left["repeated"]) == (3, 2, 1)


def test_the_messages_of_another_site_are_not_taken_for_the_same(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    forum.take_rows([row(1), row(2)])
    shutil.move(tmp_path / "spip.sqlite", tmp_path / "first.sqlite")
    report = forum.take_rows([row(1, texte="ailleurs", date_heure="2015-05-05 05:05:05"), row(2)])
    assert places(report, "contested") == ["forum1"]
    assert forum.messages()[1].text == "texte 1"
    report = forum.take(tmp_path / "spip.sqlite", name="spip:other")
    assert (report.added, len(forum.messages())) == (2, 4)


def test_a_dump_of_the_table_alone_is_enough(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    dump = tmp_path / "forum.sql"
    dump.write_text(
        "CREATE TABLE spip_forum (id_forum bigint, id_objet bigint, objet varchar(25), id_parent bigint, date_heure"
        " datetime, titre text, texte mediumtext, auteur text, email_auteur text, statut varchar(8), ip varchar(40));\n"
        "INSERT INTO spip_forum VALUES (7,1,'article',0,'2010-01-01 00:00:00','T','Bonjour','Léa','lea@example.org',"
        "'publie','192.0.2.1');\n",
        "utf-8",
    )
    assert forum.take(dump).added == 1
    assert forum.email(forum.messages()[7]) == "lea@example.org"


def test_links_to_the_old_site_lead_to_the_new_one(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    texts = {
        1: ("voir [->art2] et [là|bulle->art2#fin].", "voir [article 2->/deux/] et [là|bulle->/deux/#fin]."),
        2: ("[x->https://www.exemple.test/spip.php?article2]", "[x->/deux/]"),
        3: ("https://exemple.test/spip.php?article2 !", "[https://exemple.test/spip.php?article2->/deux/] !"),
        4: ("[{{gras}}->art3], [->art99]", "{{gras}}, article 99"),
        5: ("<doc4|left> [->doc4]", "[document 4->/IMG/pdf/un%20plan.pdf] [document 4->/IMG/pdf/un%20plan.pdf]"),
        6: ("[x->https://ailleurs.example/spip.php?article2] [->https://b.example] a->b", None),
        7: ("<code>[->art2]</code> \\[->art2]", None),
        8: ("-* [a->art2]\n-* [[note [b->art2]]]", "-* [a->/deux/]\n-* [[note [b->/deux/]]]"),
    }
    report = forum.take_rows(
        [row(number, texte=text) for number, (text, _) in texts.items()],
        articles=[
            {"id_article": number, "titre": title, "statut": statut, "lang": "fr", "texte": "t", "id_rubrique": 0}
            for number, title, statut in ((1, "Un", "publie"), (2, "Deux", "publie"), (3, "Trois", "prepa"))
        ],
        documents=[
            {"id_document": 4, "titre": "", "fichier": "pdf/un plan.pdf", "extension": "pdf", "mode": "document"}
        ],
    )
    found = {number: message.text for number, message in forum.messages().items()}
    assert found == {number: text if new is None else new for number, (text, new) in texts.items()}
    assert places(report, "link-unpublished") == ["forum4"]


def test_pages_of_a_site_map_are_found_by_the_addresses_that_a_migration_gives(tmp_path: Path) -> None:
    forum = Moved(tmp_path)
    with open_base(forum.path) as store:
        store.pages.put("deux--x", "/deux/", "Deux", "fr")
    articles: list[Row] = [
        {"id_article": number, "titre": title, "statut": statut, "lang": "fr", "texte": "t", "id_rubrique": 0}
        for number, title, statut in ((1, "Un", "publie"), (2, "Deux", "publie"), (3, "Trois", "prepa"))
    ]
    messages = [row(1), row(2, id_objet=2), row(3, id_objet=3), row(4, id_objet=9), row(5, objet="forum", id_objet=5)]
    report = forum.take_rows(messages, articles=articles)
    assert set(forum.messages()) == {2}
    assert places(report, "no-page") == ["forum1", "forum3", "forum4", "forum5"]


def test_a_message_about_itself_has_no_page_and_no_address(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    report = forum.take_rows(
        [row(1, texte="[x->forum5]"), row(2), row(5, objet="forum", id_objet=5)], articles=[{"id_article": 1}]
    )
    assert {number: message.text for number, message in forum.messages().items()} == {1: "x", 2: "texte 2"}
    assert places(report, "no-page") == ["forum5"]
    assert places(report, "link-unpublished") == ["forum1"]


def test_an_internal_error_stops_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(links: OldLinks, text: str, *rest: object) -> tuple[str, list[ImportIssue]]:
        assert text != "texte 1"
        return text, []

    monkeypatch.setattr(OldLinks, "put_right", fail)
    forum = Moved(tmp_path, "article1")
    report = forum.take_rows([row(1), row(2)])
    assert (set(forum.messages()), report.left) == ({2}, {"failed": 1})


def test_a_deep_thread_and_many_circles_take_linear_time(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    deep = [row(number, number - 1) for number in range(1, 3_001)]
    circles = [row(number, number ^ 1) for number in range(20_000, 21_000)]
    report = forum.take_rows([*reversed(deep), *circles])
    assert report.added == 4_000
    assert report.counts["circle"] == 500
    found = forum.messages()
    assert found[3_000].thread == 1
    assert all(found[number].parent == number - 1 for number in range(2, 3_001))


def test_a_thread_that_is_moved_at_its_source_moves_as_a_whole_in_linear_time(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    deep = [row(number, number - 1) for number in range(2, 1_001)]
    forum.take_rows([row(1), row(2_000), *deep])
    report = forum.take_rows([row(1), row(2_000), row(2, 2_000), *deep[1:]])
    assert report.changed == 1
    assert {number: message.thread for number, message in forum.messages().items() if message.thread != 2_000} == {1: 1}


def test_nothing_is_stored_of_a_source_that_breaks_off(tmp_path: Path) -> None:
    from spipconv.migration.read.sources import BadSource

    forum = Moved(tmp_path, "article1")
    whole = Path(str(path_of("3.2-phpmyadmin"))).read_bytes()
    cut = tmp_path / "cut.sql"
    cut.write_bytes(whole[: whole.index(b"INSERT INTO `spip_forum`") + 3000])
    with pytest.raises(BadSource, match=r"cut\.sql"):
        forum.take(cut)
    assert forum.messages() == {}


def test_the_base_holds_no_private_row_even_for_a_moment(tmp_path: Path) -> None:
    forum = Moved(tmp_path, "article1")
    forum.take_rows([row(1), row(2, statut="privrac", texte="Ne doit jamais sortir")])
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "spip.sqlite":
            assert b"Ne doit jamais" not in path.read_bytes(), path
            assert b"lea1@" not in path.read_bytes(), path
    with closing(sqlite3.connect(forum.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
