"""``--config``: every option of migrate from a file, one line for each mistake, and the command line wins."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from spipconv.commands.migrate import migrate
from spipconv.migration.site_keys import FIELDS, BadKeys, check_site_keys, with_keys
from spipconv.migration.target import TARGETS, TREES, MarkdownTree
from tests.migrations import EXAMPLE

EXAMPLES = EXAMPLE.parent
FILE = EXAMPLES / "site.toml"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(migrate, [str(one) for one in arguments], env={"LC_ALL": "C"})
    return result.exit_code, result.output


def written(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(text, "utf-8")
    return path


def header_of(page: Path) -> Mapping[str, object]:
    header: Mapping[str, object] = yaml.safe_load(page.read_text("utf-8").split("---\n")[1])
    return header


def params_of(header: Mapping[str, object]) -> Mapping[str, object]:
    params = header.get("params", {})
    assert isinstance(params, dict)
    return params


def test_the_example_is_a_whole_command_line(tmp_path: Path) -> None:
    for name in ("site.toml", "models.toml"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    (tmp_path / "examples").mkdir()
    path = (tmp_path / "site.toml").rename(tmp_path / "examples" / "site.toml")
    (tmp_path / "models.toml").rename(tmp_path / "examples" / "models.toml")
    (tmp_path / "examples" / "site").symlink_to(EXAMPLE)
    code, output = run("--config", path, "--jobs", 1)
    assert code == 1, output
    out = tmp_path / "new-site"
    report = json.loads((out / "report.json").read_bytes())
    assert report["balance"]["article"]["left"]["not-selected"] > 0
    headers = [header_of(page) for page in out.rglob("content/**/*.md")]
    names = {name for header in headers for name in (*header, *params_of(header))}
    assert "subtitle" in names
    assert not names & {"translationKey", "soustitre"}


def test_the_example_names_options_that_exist() -> None:
    names = {max(parameter.opts, key=len).lstrip("-") for parameter in migrate.params}
    assert tomllib.loads(FILE.read_text("utf-8")).keys() <= names | {"front-matter"}


def test_the_command_line_wins(tmp_path: Path) -> None:
    path = written(tmp_path, f'source = "{EXAMPLE / "site.sqlite"}"\nout = "a"\nto = "hugo"\nsample = 1\n')
    code, output = run("--config", path, "--to", "json", "--sample", 2, EXAMPLE / "site.sqlite", tmp_path / "b")
    assert code in (0, 1), output
    assert not (tmp_path / "a").exists()
    pages = [json.loads(line) for line in (tmp_path / "b" / "objects.jsonl").read_bytes().splitlines()]
    assert len({page["number"] for page in pages if page["kind"] == "breve"}) == 2


def test_every_option_can_be_in_a_file(tmp_path: Path) -> None:
    """A value of the right type is taken, one of a wrong type is refused in one line."""
    for parameter in migrate.params:
        name = max(parameter.opts, key=len).lstrip("-")
        if name in ("config", "help"):
            continue
        code, output = run("--config", written(tmp_path, f'"{name}" = {{ a = 1 }}\n'))
        assert code == 2
        assert output.startswith(f"Error: --config: {tmp_path / 'site.toml'}: {name}: "), output
        assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("to = hugo", "Invalid value"),
        ('to = "gutenberg"', "to: 'gutenberg' is not one of 'hugo'"),
        ('tooo = "hugo"', "tooo is not an option: choose from"),
        ('config = "other.toml"', "config is not an option"),
        ("sample = 0", "sample: 0 is not in the range"),
        ("sample = true", "sample: expected a whole number"),
        ('force = "yes"', "force: expected true or false"),
        ('since = "hier"', "since: --since: hier is not a date"),
        ('plugin = ["nope"]', "plugin: --plugin: plugin 'nope' is unknown"),
        ("img = 5", "img: expected text in quotes"),
        ("front-matter = 3", "write the fields below a line [front-matter]"),
        ('to = "hugo"\nto = "json"', "Cannot overwrite a value"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    code, output = run("--config", written(tmp_path, text), tmp_path / "site.sqlite", tmp_path / "out")
    assert code == 2
    assert message in output
    assert output.startswith("Error: --config: ")
    assert output.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('titel = "x"', "titel is not a field of the front matter: choose from address, "),
        ("title = 3", 'title: expected a name such as "date"'),
        ('title = "a: b"', 'title: expected a name such as "date"'),
        ('title = "date"', "the fields title and date cannot both have the name date"),
        ('title = "params"', "cannot both have the name params"),
        ('title = "title.x"\ndescription = "title"', "cannot both have the name title"),
    ],
)
def test_wrong_keys_are_one_line(tmp_path: Path, keys: str, message: str) -> None:
    path = written(tmp_path, f'to = "hugo"\n[front-matter]\n{keys}\n')
    code, output = run("--config", path, EXAMPLE / "site.sqlite", tmp_path / "out")
    assert code == 2
    assert message in output.replace("date and title", "title and date")
    assert output.startswith("Error: --config: front-matter: ")
    assert output.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    assert run("--config", tmp_path / "no.toml") == (
        2,
        f"Error: --config: {tmp_path / 'no.toml'}: No such file or directory\n",
    )


@pytest.mark.parametrize("name", TREES)
def test_every_field_can_be_named_and_left_out(name: str) -> None:
    target = TREES[name]
    keys = check_site_keys({field: f"x.{field}" for field in FIELDS}, target.name)
    named = with_keys(target, keys)
    assert isinstance(named, MarkdownTree)
    assert set(named.keys.values()) == {f"x.{field}" for field in FIELDS}
    nothing = with_keys(target, check_site_keys(dict.fromkeys(FIELDS, ""), target.name))
    assert isinstance(nothing, MarkdownTree)
    assert nothing.keys == {}
    assert with_keys(target, ()) is target
    with pytest.raises(BadKeys):
        check_site_keys({"title": "title\n"}, target.name)


def test_targets_without_front_matter_stay_as_they_are() -> None:
    assert with_keys(TARGETS["wxr"], (("title", "x"),)) is TARGETS["wxr"]


def test_a_group_of_keywords_does_not_take_a_key(tmp_path: Path) -> None:
    """The example site has a group “Thèmes”, which gets another name."""
    base = tmp_path / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    path = written(tmp_path, 'to = "hugo"\n[front-matter]\ntitle = "themes"\n')
    code, output = run("--config", path, base, tmp_path / "out", "--jobs", 1)
    assert code == 1, output
    headers = [header_of(page) for page in (tmp_path / "out" / "content").rglob("*.md")]
    assert any("themes-1" in header for header in headers)
    for header in headers:
        assert isinstance(header.get("themes", ""), str)
