"""People's e-mail addresses: as names, as mailboxes in place of sites, in old addresses, in values of models."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from spipconv.commands import main
from spipconv.migration.plan.titles import slug_of
from spipconv.migration.read.privacy import has_email, with_locals, without_emails
from spipconv.migration.target import TARGET_NAMES
from tests.migrations import EXAMPLE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("anne.martin@example.org", "anne.martin"),
        ("Anne Martin <anne@example.org>", "Anne Martin"),
        ("Anne Martin (anne@example.org)", "Anne Martin"),
        ("anne@example.org – Anne Martin", "Anne Martin"),
        ("mailto:anne@example.org", "anne"),
        ("MAILTO:anne@example.org", "anne"),
        ("anne&#64;example.org", "anne"),
        ("anne&#x40;example.org", "anne"),
        ("anne%40example.org", "anne"),
        ("anne (at) example.org", "anne"),
        ("anne [arobase] example [point] org", "anne"),
        ("anne＠example.org", "anne"),
        ("élodie@société.example", "élodie"),
        ("Anne Martin", "Anne Martin"),
        ("@anne", "@anne"),
        ("anne@home", "anne@home"),
        ("R&D, 50 % (été)", "R&D, 50 % (été)"),
        ("", ""),
    ],
)
def test_names_contain_no_email(name: str, shown: str) -> None:
    assert without_emails(name) == shown
    assert has_email(name) == (shown != name)


def test_no_slug_is_made_from_an_email() -> None:
    assert slug_of("anne.martin@example.org") == "anne-martin"
    assert slug_of("Écrire à anne&#64;example.org") == "ecrire-a-anne"
    assert with_locals("a@b.fr et c@d.fr") == "a et c"


# These belong to persons and must not be readable in any spelling.
PERSONS = {
    "zoe.auteure@person.example": "an author's name",
    "yan.auteur@person.example": "an author's link",
    "xav.auteur@person.example": "the old address of an author",
    "wim.visiteur@person.example": "a visitor's name",
    "vera.visiteuse@person.example": "a visitor's link",
    "ugo.visiteur@person.example": "a visitor's bare address",
    "tom.modele@person.example": "the value of a model's parameter",
    "sue.modele@person.example": "a model in a comment",
    "rob.modele@person.example": "a model in a short text",
}
CONTENT = "contact@asso.example"


def base_with_emails(path: Path) -> Path:
    """Return the example site with an e-mail address in every place where one may refer to a person."""
    shutil.copy(EXAMPLE / "site.sqlite", path)
    person = {name.partition(".")[0]: name for name in PERSONS}
    with sqlite3.connect(path) as database:
        run = database.execute
        run("UPDATE spip_auteurs SET nom = ? WHERE id_auteur = 1", (person["zoe"],))
        run("UPDATE spip_auteurs SET url_site = ?, nom_site = 'moi' WHERE id_auteur = 2", (f"mailto:{person['yan']}",))
        run("UPDATE spip_auteurs SET nom = ? WHERE id_auteur = 3", (f"Xav <{person['xav']}>",))
        for number, url in ((1, "zoe-auteure-person-example"), (3, person["xav"]), (1, "Zoe_auteure_person_example2")):
            run(
                "INSERT INTO spip_urls (url, type, id_objet, date, id_parent, segments, perma) VALUES"
                " (?, 'auteur', ?, '2020-01-01 00:00:00', 0, 1, 1)",
                (url, number),
            )
        run("UPDATE spip_forum SET auteur = ? WHERE id_forum = 1", (person["wim"],))
        run("UPDATE spip_forum SET url_site = ? WHERE id_forum = 1", (f" MailTo:{person['vera']}?subject=x",))
        run("UPDATE spip_forum SET url_site = ?, nom_site = ? WHERE id_forum = 2", (person["ugo"], person["ugo"]))
        run(
            "UPDATE spip_forum SET texte = texte || ? WHERE id_forum = 2",
            (f" <formulaire|contact|email={person['sue']}>",),
        )
        text = f"\n\n<formulaire|contact|email={person['tom']}>\n\n"
        text += f"[écrire->{CONTENT}] <form1|destinataire={person['tom']}>"
        run("UPDATE spip_articles SET texte = texte || ?", (text,))
        short = f" <truc12|a={person['rob']}>"
        run("UPDATE spip_articles SET soustitre = soustitre || ?, titre = titre || ?, descriptif = ?", (short,) * 3)
        run("UPDATE spip_rubriques SET titre = titre || ?, descriptif = ?", (short, short))
    database.close()
    return path


@pytest.mark.parametrize("to", TARGET_NAMES)
def test_no_email_of_a_person_is_written(to: str, tmp_path: Path) -> None:
    base = base_with_emails(tmp_path / "base.sqlite")
    out = tmp_path / "out"
    assert CliRunner().invoke(main, ["migrate", str(base), str(out), "--to", to]).exit_code == 1
    text = "\n".join(f"{path.relative_to(out)}\n{path.read_text('utf-8')}" for path in out.rglob("*") if path.is_file())
    if to in ("json", "pandoc"):
        lines = (out / "objects.jsonl").read_text("utf-8").split("\n")[:-1]
        text += "\n".join(json.dumps(json.loads(line), ensure_ascii=False) for line in lines)
    # Backslashes are Markdown's, joiners are those of front matter.
    plain = re.sub(r"[\\\u2060]", "", unquote(text))
    folded = re.sub(r"[\W_]+", "", plain).casefold()
    for person, place in PERSONS.items():
        assert person not in plain, place
        assert re.sub(r"[\W_]+", "", person) not in folded, place
    assert CONTENT in plain
    assert "mailto:" in plain or to in ("json", "pandoc")
    # The name of the writer is still shown.
    assert "zoe.auteure" in plain
    assert "wim.visiteur" in plain
    assert re.search(r"\bXav\b", plain)
