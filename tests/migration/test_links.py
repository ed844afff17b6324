"""Links to places of their own page: those that no text has are reported, with the field and the line."""

from __future__ import annotations

from pathlib import Path

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.hard_sites import Row, make_site
from tests.migrations import Migrated


def test_a_link_to_a_place_that_the_page_lacks_is_reported(tmp_path: Path) -> None:
    article: Row = {
        "id_article": 1,
        "titre": "Longue page",
        "statut": "publie",
        "lang": "fr",
        "chapo": "[suite->#suite] [brut->#brut] [accent->#%C3%A9] [message->#forum3]",
        "texte": 'a\n\n[fin->#fin] [suite<-] [é<-] <span id="brut">x</span>',
        "ps": "[haut->#haut]",
    }
    source = make_site(tmp_path / "site.sqlite", {"articles": [article]})
    migrate(str(source), tmp_path / "site", MigrationOptions("hugo")).close()
    report = Migrated(tmp_path / "site")
    places = {(place["field"], place["line"], place["detail"]) for place in report.remarks("anchor-missing")}
    assert places == {("texte", 3, "#fin"), ("ps", 1, "#haut")}
