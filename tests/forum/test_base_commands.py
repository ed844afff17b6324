"""The commands on a base: what they do, and the one line that they say when they cannot."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from spipconv.commands import main
from spipconv.forum.keys import key_file
from spipconv.forum.opening import load_keys
from spipconv.forum.settings import MEANINGS, ForumSettings, read_settings
from spipconv.forum.store.base import open_base
from tests.forum.bases import make_base, message

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str | Path, code: int = 0) -> Result:
    """Run ``spipconv comments``; what it prints of errors is one line."""
    result = CliRunner().invoke(main, ["comments", *map(str, arguments)])
    assert result.exit_code == code, result.output
    if code == 2:
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("Error: ")
    return result


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_base(tmp_path)


def settings_of(path: Path) -> ForumSettings:
    with open_base(path, reads_only=True) as store:
        return read_settings(store)


def test_a_base_is_created_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    assert str(key_file(path)) in run("init", path, "--site", "https://www.example.org", "--language", "en").stdout
    assert load_keys(path)
    assert settings_of(path) == ForumSettings(site="https://www.example.org", language="en")
    before = path.read_bytes()
    assert "there is a file already" in run("init", path, code=2).stderr
    assert path.read_bytes() == before


def test_nothing_is_created_with_a_setting_that_cannot_be(tmp_path: Path) -> None:
    assert "site cannot be nowhere" in run("init", tmp_path / "new.db", "--site", "nowhere", code=2).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("site", "https://www.example.org/fr", "https://www.example.org/fr"),
        ("moderation", "first", "first"),
        ("take_back", "0", 0),
        ("mails_show_text", "false", False),
        ("language", "pt_br", "pt_br"),
        ("hook", "make site", "make site"),
        ("smtp", "smtps://anne@mail.example.org", "smtps://anne@mail.example.org"),
        ("title", "Ça & là « ! »", "Ça & là « ! »"),
    ],
)
def test_settings_are_set_and_printed(path: Path, name: str, value: str, expected: object) -> None:
    run("set", path, name, value)
    assert getattr(settings_of(path), name) == expected
    assert run("set", path, name).stdout == f"{value}\n"
    assert f"{name} = {value}\n" in run("set", path).stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("site", "javascript:alert(1)"),
        ("site", "https://www.example.org/ x"),
        ("site", "https://www.example.org/?a"),
        ("address", "ftp://x"),
        ("moderation", "none"),
        ("take_back", "soon"),
        ("take_back", "86401"),
        ("network_days", "0"),
        ("language", "klingon"),
        ("sender", "nobody"),
        ("sender", "a@example.org\nBcc: b@example.org"),
        ("smtp", "smtp://anne:secret@mail.example.org"),
        ("colour", "red"),
        (".key", "x"),
    ],
)
def test_what_a_setting_cannot_be_is_refused(path: Path, name: str, value: str) -> None:
    before = settings_of(path)
    shown = run("set", path, name, value, code=2).stderr
    assert name in shown
    assert "secret" not in shown
    assert settings_of(path) == before


def test_every_setting_has_a_meaning_and_is_documented() -> None:
    assert set(MEANINGS) == set(ForumSettings.__struct_fields__)
    for document in ("comments.md", "comments.fr.md"):
        text = (Path(__file__).parents[2] / "docs" / document).read_text("utf-8")
        assert [name for name in MEANINGS if f"`{name}`" not in text] == [], document


@pytest.mark.parametrize("command", ["set", "check", "backup", "purge", "forget", "copy", "privacy"])
def test_a_missing_base_is_one_line(tmp_path: Path, command: str) -> None:
    more = {"set": ["title", "x"], "backup": ["x.db"], "forget": ["a@b.org"], "copy": ["a@b.org"]}.get(command, [])
    assert "there is no such file" in run(command, tmp_path / "missing.db", *more, code=2).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["forget", "copy"])
def test_a_base_without_its_key_tells_nothing_of_persons(path: Path, command: str) -> None:
    key_file(path).unlink()
    assert "the key of the base is missing" in run(command, path, "a@b.org", code=2).stderr


def test_check_says_what_is_wrong(path: Path) -> None:
    assert run("check", path).stdout == f"{path} is sound: 0 messages on 1 page\n"
    key_file(path).unlink()
    assert "the key of the base is missing" in run("check", path, code=1).stdout


@pytest.mark.parametrize("target", ["file.db", "folder"])
def test_a_backup_holds_all_but_the_key(path: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    with open_base(path) as store:
        store.messages.add(message(text="kept"))
    shown = run("backup", path, tmp_path / target).stdout
    (copy,) = (tmp_path / "folder").glob("forum-*.db") if target == "folder" else [tmp_path / target]
    assert shown == (f"{copy} holds 1 message on 1 page. The key is not in it: keep forum.db.key too, but elsewhere\n")
    assert not key_file(copy).exists()
    shutil.copy(key_file(path), key_file(copy))
    assert run("check", copy).stdout == f"{copy} is sound: 1 message on 1 page\n"


def test_a_person_is_copied_and_forgotten(path: Path) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        sealed = replace(
            message(status="publie"),
            email=keys.seal(b"a@example.org"),
            email_digest=keys.digest_email("a@example.org"),
        )
        store.messages.add(sealed)
    assert len(json.loads(run("copy", path, "A@example.org").stdout)["messages"]) == 1
    assert run("copy", path, "a", code=2).stderr == "Error: a: it is no e-mail address\n"
    shown = run("forget", path, "A@example.org", code=2).stderr
    assert "1 published and 0 other messages" in shown
    assert "--published" in shown
    assert "published messages deleted: 1" in run("forget", path, "a@example.org", "--published", "delete").stdout
    assert json.loads(run("copy", path, "a@example.org").stdout)["messages"] == []


def test_purge_says_what_it_did(path: Path) -> None:
    with open_base(path) as store:
        store.messages.add(message(status="spam", at=5))
    assert "refused messages deleted: 1," in run("purge", path).stdout


@pytest.mark.parametrize(("language", "title"), [("fr", "# Les messages et vos données"), ("en", "# Comments and")])
def test_the_privacy_text_is_printed(path: Path, language: str, title: str) -> None:
    shown = run("privacy", path, "--lang", language)
    assert shown.stdout.startswith(title)
    assert "warning: nobody is named" in shown.stderr
    run("set", path, "contact", "dpo@example.org")
    assert run("privacy", path).stderr == ""


def test_names_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    name = tmp_path / "a\x1b[31m\nb.db"
    assert "\x1b" not in run("check", name, code=2).output
    run("init", name)
    for command in ("check", "set"):
        assert "\x1b" not in run(command, name).output


def test_what_is_not_installed_is_one_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = load_keys(path)
    with open_base(path) as store:
        store.messages.add(replace(message(), email=keys.seal(b"a@b.org"), email_digest=keys.digest_email("a@b.org")))
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert 'pip install "spipconv[comments]"' in run("copy", path, "a@b.org", code=2).stderr


@pytest.mark.parametrize("document", ["comments.md", "comments.fr.md"])
def test_the_documents_name_every_setting_with_its_default(document: str) -> None:
    section = (ROOT / "docs" / document).read_text("utf-8")
    rows = [row.split(" | ")[:2] for row in section.splitlines() if row.startswith("| `")]
    documented: dict[str, str] = {}
    for names, defaults in rows:
        values = defaults.split(", ")
        listed = re.findall(r"`(\w+)`", names)
        documented |= dict(zip(listed, values if len(values) == len(listed) else values * len(listed), strict=False))
    for name, default in msgspec.to_builtins(ForumSettings()).items():
        written = "–" if default == "" else f"`{default if isinstance(default, str) else json.dumps(default)}`"
        assert documented.get(name) == written, name
