"""Our HTML gives the same tree as SPIP 4.4's own HTML, in every case except those that REFERENCE.md explains."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spipconv import Catalogue, parse, read_objects
from spipconv.converters import html
from tests.trees import Tree, addresses, tree, words

HERE = Path(__file__).parent.parent
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in map(json.loads, (HERE / "conformance" / "spip44.jsonl").read_text("utf-8").split("\n")[:-1])
}
PROFILES = {"propre": "article", "comment": "comment", "typo": "title"}
# Broken markup, and models whose HTML depends on the site: only words and addresses are compared.
LOOSE = {"malformed", "control_chars", "modeles"}
# Attacks by strangers and scripts by authors: tested in tests/safety/test_safety.py.
SAFETY = {"trusted_scripts", "comments_attacks"}
# We omit the attributes of a break; SPIP forgets rel on a link to its own root without a slash.
OTHER_CLASSES = {"line_breaks-013", "links_own_site-006"}
BEYOND_MARKDOWN = frozenset({"hreflang", "lang", "type", "cite", "datetime", "width", "height"})
DIFFERENCES = set(re.findall(r"^\| `([a-z_]+-\d+)`", (HERE.parent / "REFERENCE.md").read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def objects() -> Catalogue:
    return read_objects(HERE / "conformance" / "objects.json")


def keeps_classes(name: str, case: dict[str, Any]) -> bool:
    """Return whether the classes, ids and rel of a case are SPIP's; REFERENCE.md says which ones are improved."""
    is_other = re.search(
        "<textarea|id='id[0-9a-f]{4}_|aria-describedby|class='ressource|<math>|style=|rev=", case["html"]
    )
    is_strict = case["feature"] not in SAFETY | LOOSE and name not in DIFFERENCES | OTHER_CLASSES
    return is_strict and not is_other and case["mode"] == "propre"


def trees(case: dict[str, Any], objects: Catalogue, also: frozenset[str] = frozenset()) -> tuple[list[Any], list[Any]]:
    profile: Any = PROFILES[case["mode"]]
    document = parse(case["text"], profile=profile, lang=case["lang"], objects=objects).document
    written = html.write(document, profile=profile)
    compared = BEYOND_MARKDOWN | also
    wanted = [tree(case["html"], compared), tree(case["notes"], compared)]
    shown = [tree(written.body, compared), tree(written.notes, compared)]
    if case["feature"] in LOOSE:
        return [loosely(part) for part in wanted], [loosely(part) for part in shown]
    return wanted, shown


def loosely(nodes: Tree) -> tuple[str, list[str]]:
    return "".join(words(nodes).split()), addresses(nodes)


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c["feature"] not in SAFETY and n not in DIFFERENCES])
def test_shows_what_spip_shows(name: str, objects: Catalogue) -> None:
    wanted, shown = trees(CASES[name], objects)
    assert shown == wanted


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if keeps_classes(n, c)])
def test_classes_and_ids_are_those_of_spip(name: str, objects: Catalogue) -> None:
    wanted, shown = trees(CASES[name], objects, frozenset({"class", "id", "rel"}))
    assert shown == wanted


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_every_difference_in_the_reference_still_exists(name: str, objects: Catalogue) -> None:
    wanted, shown = trees(CASES[name], objects)
    assert shown != wanted


def test_no_article_raises_or_loses_its_words(objects: Catalogue) -> None:
    for case in CASES.values():
        parsed = parse(case["text"], lang=case["lang"], objects=objects)
        assert all(diagnostic.line >= 1 and diagnostic.column >= 1 for diagnostic in parsed.diagnostics)
