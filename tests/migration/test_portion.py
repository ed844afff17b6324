"""What the plan and the link tables say of several pages at once."""

from __future__ import annotations

from pathlib import Path

from spipconv.migration.pages.portion import Portion
from spipconv.migration.read.database import WorkingDatabase


def test_each_object_of_a_portion_has_its_own_relations_in_order(tmp_path: Path) -> None:
    database = WorkingDatabase(tmp_path / "base.sqlite", is_new=True)
    db = database.db
    for kind, number, weight in (
        ("auteur", 1, 0), ("auteur", 2, 0), ("mot", 1, 1), ("mot", 2, 2), ("mot", 3, 0), ("groupe", 9, 1),
        ("article", 1, 0), ("article", 2, 0),
    ):  # fmt: skip
        db.execute(
            "INSERT INTO objects VALUES (?, ?, 'published', '', 'fr', 0, ?, '', ?)",
            (kind, number, f"{kind}-{number}", weight),
        )
    for number, language in ((1, "fr"), (1, "en"), (2, "fr")):
        db.execute("INSERT INTO pages VALUES ('article', ?, ?, ?, '', 0)", (number, language, f"/{language}{number}/"))
    db.executemany("INSERT INTO mots (id_mot, id_groupe) VALUES (?, ?)", [(1, 9), (2, 9), (3, 0)])
    db.executemany("INSERT INTO mots_liens VALUES (?, ?, 'article')", [(1, 1), (2, 1), (2, 1), (3, 1), (1, 2)])
    db.executemany("INSERT INTO auteurs_liens VALUES (?, ?, 'article')", [(2, 1), (1, 1), (2, 2), (7, 2)])
    db.executemany("INSERT INTO old_paths VALUES (?, 'article', ?)", [("b", 1), ("a", 1), ("c", 2)])
    db.execute("INSERT INTO forum (objet, id_objet) VALUES ('article', 2)")
    db.execute("INSERT INTO documents_liens (objet, id_objet) VALUES ('article', 1)")
    first, second = ("article", 1), ("article", 2)
    portion = Portion(db, [first, second])
    assert portion.authors == {first: [1, 2], second: [2]}
    assert portion.keywords == {
        first: [(3, "mots"), (1, "groupe-9"), (2, "groupe-9")],
        second: [(1, "groupe-9")],
    }
    assert portion.paths == {first: ["a", "b"], second: ["c"]}
    assert portion.versions == {first: 2, second: 1}
    assert portion.planned["article", 1, "en"]["address"] == "/en1/"
    assert portion.with_documents == {first}
    assert portion.with_messages == {second}
    database.close()
