"""Runs of a migration: repeated, over changed files, killed, with bad input, as a sample, dry; and its secrets."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spipconv.commands import main
from spipconv.migration.target import TARGET_NAMES
from tests.migrations import EXAMPLE, NOW, SOURCES, images, migrated

DATABASE = EXAMPLE / "site.sqlite"


def run(*arguments: str | Path) -> Result:
    """Run ``spipconv migrate``."""
    return CliRunner().invoke(main, ["migrate", *map(str, arguments)])


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Return every file of a folder with its content's digest and its time."""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def contents(folder: Path) -> dict[str, str]:
    """Return every file of a folder with its content's digest."""
    return {name: digest for name, (digest, _) in state(folder).items()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A finished migration to Hugo."""
    folder = tmp_path / "out"
    result = run(DATABASE, folder, "--to", "hugo", "--img", EXAMPLE / "IMG")
    assert result.exit_code == 1, result.output
    return folder


# ---- Runs over existing output ----


@pytest.mark.parametrize("options", [(), ("--resume",), ("--jobs", "2"), ("--force",)], ids=" ".join)
@pytest.mark.slow
def test_a_second_run_writes_nothing(out: Path, options: tuple[str, ...]) -> None:
    before = state(out)
    assert run(DATABASE, out, "--to", "hugo", "--img", EXAMPLE / "IMG", *options).exit_code == 1
    assert state(out) == before


@pytest.mark.slow
def test_any_number_of_processes_writes_the_same(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spipconv.migration.run.page_queue._FEW", 0)
    assert run(DATABASE, tmp_path / "two", "--to", "hugo", "--img", EXAMPLE / "IMG", "--jobs", "2").exit_code == 1
    assert contents(tmp_path / "two") == contents(out)


def test_changes_by_the_user_are_kept(out: Path) -> None:
    page = next(out.glob("content/**/editorial/index.md"))
    picture = out / "static" / "IMG" / "jpg" / "atelier.jpg"
    settings = out / "hugo.yaml"
    emptied = next(out.glob("content/**/article-sans-auteur/index.md"))
    emptied.write_bytes(b"")
    for path in (page, picture, settings):
        path.write_bytes(b"mine")
    result = run(DATABASE, out, "--to", "hugo", "--img", EXAMPLE / "IMG", "--resume")
    assert result.exit_code == 1
    assert [path.read_bytes() for path in (page, picture, settings, emptied)] == [b"mine"] * 3 + [b""]
    assert (out / "report.json").read_text("utf-8").count('"user-file-kept"') == 1
    assert run(DATABASE, out, "--to", "hugo", "--img", EXAMPLE / "IMG", "--force").exit_code == 1
    assert b"mine" not in (page.read_bytes(), picture.read_bytes(), settings.read_bytes())


def test_a_file_that_was_there_before_is_kept(tmp_path: Path) -> None:
    mine = tmp_path / "out" / "content" / "_index.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert run(DATABASE, tmp_path / "out", "--to", "hugo").exit_code == 1
    assert mine.read_text() == "mine"
    assert "user-file-kept" in (tmp_path / "out" / "report.json").read_text("utf-8")


def test_a_changed_source_changes_its_pages_only(out: Path, tmp_path: Path) -> None:
    base = tmp_path / "changed.sqlite"
    shutil.copy(DATABASE, base)
    with sqlite3.connect(base) as database:
        database.execute("UPDATE spip_articles SET texte = 'Tout neuf.' WHERE id_article = 36")
        database.execute("UPDATE spip_articles SET statut = 'poubelle' WHERE id_article = 28")
    database.close()
    before = contents(out)
    gone = next(name for name in before if name.endswith("article-sans-auteur/index.md"))
    assert run(base, out, "--to", "hugo", "--img", EXAMPLE / "IMG", "--resume").exit_code == 1
    after = contents(out)
    assert gone not in after
    assert not (out / gone).parent.exists()
    changed = {name for name in after if after[name] != before.get(name)}
    pages = {name for name in changed if name.startswith("content/")}
    assert pages == {next(name for name in after if name.endswith("les-associations-face-au-numerique/index.md"))}


def test_a_removed_page_that_the_user_changed_stays(out: Path, tmp_path: Path) -> None:
    base = tmp_path / "changed.sqlite"
    shutil.copy(DATABASE, base)
    with sqlite3.connect(base) as database:
        database.execute("DELETE FROM spip_articles WHERE id_article = 28")
    database.close()
    page = next(out.glob("content/**/article-sans-auteur/index.md"))
    page.write_text("mine")
    assert run(base, out, "--to", "hugo", "--img", EXAMPLE / "IMG").exit_code == 1
    assert page.read_text() == "mine"


def test_files_stay_if_no_img_folder_is_given(out: Path) -> None:
    before = contents(out / "static")
    assert len(before) > 50
    assert run(DATABASE, out, "--to", "hugo").exit_code == 1
    assert contents(out / "static") == before
    assert run(DATABASE, out, "--to", "hugo", "--img", EXAMPLE / "IMG").exit_code == 1
    assert contents(out / "static") == before


def test_another_target_needs_another_folder(out: Path) -> None:
    before = state(out)
    result = run(DATABASE, out, "--to", "jekyll")
    assert result.exit_code == 2
    assert "hugo" in result.output
    assert state(out) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE spip_articles SET date = '2011-11-11 11:11:11' WHERE id_article = 39",
        "UPDATE spip_syndic SET url_site = 'https://neuf.example/' WHERE id_syndic = 1",
        "UPDATE spip_forum SET statut = 'off' WHERE id_forum = 1",
        "UPDATE spip_articles SET titre = 'Tout autre titre' WHERE id_article = 2",
        "UPDATE spip_documents SET titre = 'Autre', fichier = 'jpg/facade.jpg' WHERE id_document = 1",
        "UPDATE spip_rubriques SET id_parent = 7 WHERE id_rubrique = 3",
        "DELETE FROM spip_mots_liens WHERE id_mot = 1",
        "UPDATE spip_urls SET url = 'autre-adresse' WHERE url = 'Les-cooperatives'",
        "UPDATE spip_meta SET valeur = 'Autre nom' WHERE nom = 'nom_site'",
    ],
)
@pytest.mark.parametrize("to", ["hugo", "jekyll"])
@pytest.mark.slow
def test_a_resumed_run_shows_every_change_of_the_source(change: str, to: str, tmp_path: Path) -> None:
    base = tmp_path / "changed.sqlite"
    shutil.copy(DATABASE, base)
    options = ("--to", to, "--img", EXAMPLE / "IMG", "--resume")
    assert run(base, tmp_path / "out", *options).exit_code == 1
    with sqlite3.connect(base) as database:
        assert database.execute(change).rowcount
    database.close()
    assert run(base, tmp_path / "out", *options).exit_code == 1
    assert run(base, tmp_path / "whole", *options).exit_code == 1
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_texts_that_only_some_visitors_could_see_are_drafts(tmp_path: Path) -> None:
    base = tmp_path / "restricted.sqlite"
    shutil.copy(DATABASE, base)
    with sqlite3.connect(base) as database:
        database.executescript(
            """CREATE TABLE spip_zones (id_zone INTEGER, titre TEXT, publique TEXT);
            INSERT INTO spip_zones VALUES (1, 'Membres', 'oui');
            CREATE TABLE spip_zones_liens (id_zone INTEGER, id_objet INTEGER, objet TEXT);
            INSERT INTO spip_zones_liens VALUES (1, 2, 'rubrique');"""
        )
    database.close()
    assert run(base, tmp_path / "out", "--to", "json").exit_code == 1
    lines = (tmp_path / "out" / "objects.jsonl").read_bytes().splitlines()
    pages = {(one["kind"], one["number"]): one for one in map(json.loads, lines)}
    assert pages["article", 1]["is_draft"]
    assert pages["article", 2]["is_draft"]
    assert pages["rubrique", 3]["is_draft"]
    assert not pages["article", 5]["is_draft"]
    assert "access-restricted" in (tmp_path / "out" / "report.json").read_text("utf-8")
    assert (
        "article1" not in json.loads((tmp_path / "out" / "redirects" / "redirects.json").read_text("utf-8"))["objects"]
    )


@pytest.mark.parametrize("to", TARGET_NAMES)
@pytest.mark.slow
def test_a_killed_run_is_resumed_to_the_same_bytes(to: str, tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "spipconv", "migrate", str(DATABASE), "{}", "--to", to, "--resume"]
    arguments += ["--img", str(EXAMPLE / "IMG"), "--jobs", "2" if to == "hugo" else "1"]

    def command(folder: Path) -> list[str]:
        return [each.replace("{}", str(folder)) for each in arguments]

    started = time.monotonic()
    assert subprocess.run(command(tmp_path / "whole"), capture_output=True, check=False).returncode == 1
    lasted = time.monotonic() - started
    chance = random.Random(to)  # noqa: S311
    kills = 0
    for _ in range(4):
        process = subprocess.Popen(command(tmp_path / "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0.3, 1) * lasted)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert subprocess.run(command(tmp_path / "killed"), capture_output=True, check=False).returncode == 1
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole"), f"after {kills} kills"


@pytest.mark.slow
def test_workers_end_with_a_killed_run(tmp_path: Path) -> None:
    base = tmp_path / "large.sqlite"
    shutil.copy(DATABASE, base)
    with sqlite3.connect(base) as database:
        # For a database of that size, the workers are started in advance.
        database.execute("UPDATE spip_articles SET texte = texte || replace(hex(zeroblob(2500000)), '00', 'mot ')")
    database.close()
    command = [
        sys.executable,
        "-m",
        "spipconv",
        "migrate",
        str(base),
        str(tmp_path / "out"),
        "--to",
        "hugo",
        "--jobs",
        "2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def children() -> list[str]:
        done = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
        )
        return done.stdout.split()

    started: list[str] = []
    while len(started) < 2 and process.poll() is None:
        started = children()
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert started
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in started) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def test_an_interrupted_run_says_how_to_continue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spipconv.migration.run.site_writer.SiteWriter._copy_documents", interrupt)
    result = run(DATABASE, tmp_path / "out", "--to", "hugo")
    assert result.exit_code == 130
    assert "--resume" in result.output
    monkeypatch.undo()
    assert run(DATABASE, tmp_path / "out", "--to", "hugo", "--resume").exit_code == 1
    assert run(DATABASE, tmp_path / "whole", "--to", "hugo").exit_code == 1
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


# ---- Options ----


def test_a_dry_run_writes_nothing_and_counts(tmp_path: Path) -> None:
    result = run(DATABASE, tmp_path / "out", "--to", "hugo", "--dry-run", "--img", EXAMPLE / "IMG")
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []
    assert "61" in result.output
    assert "unknown-model" in result.output


def test_a_sample_is_small_and_removes_nothing(out: Path, tmp_path: Path) -> None:
    assert run(DATABASE, tmp_path / "small", "--to", "hugo", "--sample", "3").exit_code == 1
    articles = list((tmp_path / "small").rglob("index*.md"))
    assert 3 <= len(articles) < 20
    before = set(state(out))
    assert run(DATABASE, out, "--to", "hugo", "--img", EXAMPLE / "IMG", "--sample", "3").exit_code == 1
    assert set(state(out)) == before


def test_the_summary_is_french_in_a_french_locale(tmp_path: Path) -> None:
    result = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"}).invoke(
        main, ["migrate", str(DATABASE), str(tmp_path / "out"), "--to", "json"]
    )
    assert "pertes" in result.output
    assert '<html lang="fr"' in (tmp_path / "out" / "report.html").read_text("utf-8")


# ---- Bad input ----


def truncated(folder: Path) -> Path:
    """Return a dump that ends in the middle of a row."""
    path = folder / "cut.sql"
    text = SOURCES["3.2-phpmyadmin"].read_bytes()
    path.write_bytes(text[: len(text) // 2])
    return path


def of_two_sites(folder: Path) -> Path:
    """Return a dump with two SPIP installations."""
    path = folder / "two.sql"
    text = SOURCES["3.2-phpmyadmin"].read_bytes()
    path.write_bytes(text + text.replace(b"`spip_", b"`autre_"))
    return path


def text_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("Ceci n’est pas une base.")
    return path


def other_base(folder: Path) -> Path:
    path = folder / "other.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE wp_posts (id INTEGER)")
    database.close()
    return path


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (lambda folder: folder / "none.sql", (), "none.sql"),
        (lambda folder: folder, (), "folder"),
        (text_file, (), "notes.txt"),
        (other_base, (), "not a SPIP database"),
        (truncated, (), "cut.sql"),
        (of_two_sites, (), "autre, spip"),
        (of_two_sites, ("--prefix", "fausse"), "fausse"),
        (lambda folder: DATABASE, ("--prefix", "fausse"), "fausse"),
        (lambda folder: DATABASE, ("--img", "/nowhere"), "/nowhere"),
        (lambda folder: "mysql://nobody@127.0.0.1:1/spip", (), "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "there"])
def test_bad_input_gives_one_line_and_changes_nothing(
    make: object, options: tuple[str, ...], words: str, is_new: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYSQL_PWD", "x")
    out = tmp_path / "out"
    if not is_new:
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    (tmp_path / "in").mkdir()
    source = make(tmp_path / "in")  # type: ignore[operator]
    before = state(tmp_path)
    result = run(source, out, "--to", "hugo", *options)
    assert result.exit_code == 2, result.output
    lines = result.output.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert words in lines[0]
    after = state(tmp_path)
    assert {name: file for name, file in after.items() if not name.startswith("in/")} == {
        name: file for name, file in before.items() if not name.startswith("in/")
    }
    assert out.exists() == (not is_new)


def test_a_prefix_chooses_a_site(tmp_path: Path) -> None:
    source = of_two_sites(tmp_path)
    for prefix in ("spip", "autre_"):
        result = run(source, tmp_path / prefix, "--to", "json", "--prefix", prefix)
        assert result.exit_code == 1, result.output
    spip, autre = [(tmp_path / prefix / "objects.jsonl").read_bytes() for prefix in ("spip", "autre_")]
    assert spip == autre


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = run(DATABASE, tmp_path / "out", "--to", "hugo")
    assert result.exit_code == 2
    assert (tmp_path / "out").read_text() == "mine"


def test_a_full_disk_is_reported_and_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, count = os.replace, 0

    def fail(*paths: str) -> None:
        nonlocal count
        count += 1
        if count > 20:
            raise OSError(28, "No space left on device")
        replace(*paths)

    monkeypatch.setattr("spipconv.system.files.os.replace", fail)
    result = run(DATABASE, tmp_path / "out", "--to", "hugo")
    assert result.exit_code == 2
    assert "No space left on device" in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not list(tmp_path.rglob(".spipconv-*"))
    monkeypatch.undo()
    assert run(DATABASE, tmp_path / "out", "--to", "hugo", "--resume").exit_code == 1
    assert run(DATABASE, tmp_path / "whole", "--to", "hugo").exit_code == 1
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


# ---- Secrets ----

PRIVATE_COLUMNS = {
    "auteurs": ("email", "login", "pass", "low_sec", "htpass", "alea_actuel", "alea_futur", "cookie_oubli", "prefs"),
    "forum": ("email_auteur", "ip"),
    "messages": ("titre", "texte"),
    "signatures": ("ad_email", "nom_email", "message"),
}
# Words that also occur elsewhere on the site.
ELSEWHERE = {"Privé", "RV", "Réunion", "D’accord", "x" * 8, "<script>alert(1)</script>"}


def private_values() -> set[str]:
    """Return every personal or secret value of the test site that does not occur elsewhere in it."""
    database = sqlite3.connect(f"{DATABASE.as_uri()}?mode=ro", uri=True)
    found: set[str] = set()
    for table, columns in PRIVATE_COLUMNS.items():
        present = {row[1] for row in database.execute(f"PRAGMA table_info(spip_{table})")}
        for column in set(columns) & present:
            rows = database.execute(f'SELECT "{column}" FROM spip_{table}')  # noqa: S608
            found |= {str(row[0]) for row in rows if row[0]}
    for row in database.execute("SELECT titre, texte FROM spip_forum WHERE statut LIKE 'priv%'"):
        found |= set(row)
    found |= {row[0] for row in database.execute("SELECT valeur FROM spip_meta WHERE nom LIKE 'email%'")}
    database.close()
    return {value for value in found if len(value) > 3 and value not in ELSEWHERE}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("to", TARGET_NAMES)
@pytest.mark.slow
def test_nothing_personal_or_secret_is_written(source: str, to: str) -> None:
    values = private_values()
    assert len(values) > 80
    # A login may be a word of the site (claire, visiteur), so these are searched for in the form in which they would be
    # written.
    words = {value for value in values if value.isalpha()}
    folder = migrated(source, to).folder
    text = "\n".join(path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file())
    if to in ("json", "pandoc"):
        lines = (folder / "objects.jsonl").read_text("utf-8").split("\n")[:-1]
        text += "\n".join(json.dumps(json.loads(line), ensure_ascii=False) for line in lines)
    for value in values - words:
        assert value not in text, value
    for word in words:
        assert f": {word}\n" not in text
        # In pandoc's JSON, every word of a text is a string.
        assert to == "pandoc" or f'"{word}"' not in text


def test_the_site_is_migrated_as_of_now() -> None:
    assert NOW.year == 2026
    assert images("1.9").is_dir()
