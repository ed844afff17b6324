"""Letters that fold to ASCII (ſ, ı, İ, K) and digits of other scripts are not part of any name in a migration."""

from __future__ import annotations

from pathlib import Path

import pytest

from spipconv.migration.output.copying import copy_file
from spipconv.migration.output.drawings import clean_drawing
from spipconv.migration.pages.kept_words import count_words
from spipconv.migration.plan.old_addresses import clean_path
from spipconv.migration.plan.titles import in_language
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.writers.wxr_values import WEB


@pytest.mark.parametrize(
    "name",
    ["rubon1.gıf", "ſiteon1.png", "arton1٣.png", "arton१.png", "arton1.pnG\u0130", "moton1.ſvg", "arton" + "9" * 5000],
)
def test_logos_are_recognised_by_ascii_names(name: str, tmp_path: Path) -> None:
    try:
        (tmp_path / name).write_bytes(b"x")
    except OSError:
        pytest.skip("this disk has no such name")
    files = ImgFolder(tmp_path)
    for kind in ("rubrique", "site", "article", "mot"):
        assert all(files.logo(kind, number) is None for number in (1, 13))


def test_names_of_logos_are_case_insensitive(tmp_path: Path) -> None:
    (tmp_path / "ArtON12.GIF").write_bytes(b"GIF89a")
    assert ImgFolder(tmp_path).logo("article", 12) == "ArtON12.GIF"


@pytest.mark.parametrize("name", ["a.aſp", "a.cſhtml", "a.ſhtml", "a.jſ", "a.PHTML", "web.Config"])
def test_case_folding_disks_get_no_file_that_a_server_runs(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert copy_file(tmp_path / name, tmp_path / "new" / name).code == "file-refused"


@pytest.mark.parametrize("before", ["İ" * 9, "ﬃ" * 3, "K" * 4, "ß", ""])
@pytest.mark.parametrize("tags", [("<multi>", "</multi>"), ("<MULTI>", "</Multi>")])
def test_multi_blocks_are_split_at_their_language_marks(before: str, tags: tuple[str, str]) -> None:
    text = f"{before} a {tags[0]}b[fr]c[en]d{tags[1]} e {before}"
    assert in_language(text, "fr") == f"{before} a c e {before}"
    assert in_language(text, "en") == f"{before} a d e {before}"


def test_unfinished_and_other_languages() -> None:
    assert in_language("a <multi>[fr]b", "fr") == "a <multi>[fr]b"
    assert in_language("</multi> a <multi>b[fr]c</multi>", "de") == "</multi> a b"
    assert in_language("<multi><multi>[fr]c</multi>", "fr") == "c"
    assert in_language("<multi>a[pt]b[fr]c</multi>", "pt_br") == "b"
    assert in_language("<multi> [pt]b[fr]c</multi>", "de") == "c"
    assert in_language("<multı>[fr]c</multı>", "fr") == "<multı>[fr]c</multı>"


def test_words_in_text_that_is_not_a_tag_are_counted() -> None:
    assert count_words(["<ſtrong>mot</ſtrong>"], "") == (2, 0)
    assert count_words(["<strong>mot</strong>"], "mot") == (1, 1)


def test_schemes_and_extensions_are_ascii() -> None:
    assert WEB.match("HTTPS://a")
    assert not WEB.match("httpſ://a")
    assert clean_path("a.HTM") == "a"
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><image href="{}"/></svg>'
    assert b"href" in (clean_drawing(drawing.format("data:IMAGE/png;base64,x").encode()) or b"")
    assert b"href" not in (clean_drawing(drawing.format("data:ımage/png;base64,x").encode()) or b"")
