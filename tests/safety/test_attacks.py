"""Every attack in every field of every construct of the markup, judged by an HTML5 parser and by a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import spipconv
from spipconv import Profile
from tests.fuzz import HOLES, HostileObjects
from tests.judges import dangers, is_stable, liberties, unclean

PROFILES: tuple[Profile, ...] = ("article", "comment", "title")
# Each attack is tried in every n-th place, starting at a different one each time, so that each place gets many attacks.
APART = 4


def read_vectors(name: str) -> list[str]:
    """Return the attacks in a file."""
    lines = (Path(__file__).parent.parent / "security" / name).read_text("utf-8").split("\n")
    return [str(json.loads(line)["vector"]) for line in lines if line]


ATTACKS = read_vectors("attacks.jsonl")
VECTORS = [*ATTACKS, *read_vectors("spip_xss.jsonl")]


class Shot(NamedTuple):
    """An attack in a place, with a profile."""

    text: str
    profile: Profile
    place: int


def shots(apart: int) -> Iterator[Shot]:
    """Yield attacks in places."""
    for number, vector in enumerate(VECTORS):
        for place, hole in enumerate(HOLES):
            if (number * 7 + place) % apart == 0:
                yield Shot(hole.replace("%s", vector), PROFILES[(number + place // apart) % 3], place)


def test_every_place_is_attacked_in_every_profile() -> None:
    found: dict[tuple[int, Profile], int] = {}
    for shot in shots(APART):
        found[shot.place, shot.profile] = found.get((shot.place, shot.profile), 0) + 1
    assert len(HOLES) > 60
    assert set(found) == {(place, profile) for place in range(len(HOLES)) for profile in PROFILES}
    assert min(found.values()) > 40
    assert len(ATTACKS) > 300


@pytest.mark.parametrize("part", range(8))
@pytest.mark.slow
def test_attacks_are_only_text(part: int) -> None:
    for shot in shots(APART):
        if shot.place % 8 != part:
            continue
        html = spipconv.to_html(shot.text, shot.profile)
        assert not dangers(html), shot
        assert not unclean(html), shot


@pytest.mark.slow
def test_a_stranger_writes_only_what_a_comment_may_contain() -> None:
    for shot in shots(APART * 8):
        html = spipconv.to_html(shot.text, "comment")
        assert not liberties(html), shot
        assert is_stable(html), shot


FIELDS = ("[->art1]", "<doc2|center>", "<img3|left>", "<emb4>", "[<doc5>->art6]", "[a{en}->rub8]", "[?x]", "[->site9]",
          "<doc10|left|titre=a>", "[->doc11]")  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.slow
def test_attacks_in_fields_of_objects_are_only_text(field: str) -> None:
    digits = "".join([character for character in field if character.isdigit()])
    for number in range(1, 300):
        text = field.replace(digits, str(number)) if digits else field
        html = spipconv.to_html(text, objects=HostileObjects())
        assert not dangers(html), text
        assert not unclean(html), text
