"""What starts fast: a command loads what it needs, and the library what is used of it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import spipconv
from spipconv import api
from spipconv.commands import main

ROOT = Path(__file__).parent.parent.parent
# What only some texts, formats or commands need.
HEAVY = set(
    """asyncio bleach dask defusedxml ftfy hashlib html.entities http lark logging markdown_it multiprocessing nh3
    psutil pyarrow slugify spipconv.batch spipconv.converters.markdown spipconv.encoding spipconv.migration
    spipconv.parsing.extensions.scan spipconv.preview sqlite3 ssl starlette unidecode urllib.parse uvicorn xml
    yaml""".split()
)
# A measurement of coverage loads much itself.
VARIABLES = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def run(code: str, *arguments: str, stdin: str = "", variables: dict[str, str] | None = None) -> tuple[str, set[str]]:
    """Run code in a new process; return what it prints, and the names of the modules that are loaded at its end."""
    listing = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    ended = subprocess.run(
        [sys.executable, "-c", f"{listing}\n{code}", *arguments],
        input=stdin.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env={**VARIABLES, "PYTHONPATH": str(ROOT), **(variables or {})},
    )
    return ended.stdout.decode(), set(ended.stderr.decode().split())


def run_command(*arguments: str, stdin: str = "", variables: dict[str, str] | None = None) -> tuple[str, set[str]]:
    """Run the command line, as ``run`` does."""
    return run(
        "from spipconv.commands import main; main(prog_name='spipconv')", *arguments, stdin=stdin, variables=variables
    )


@pytest.mark.parametrize("option", ["--version", "--help", "-h"])
def test_what_the_program_says_of_itself_needs_nothing_of_the_library(option: str) -> None:
    shown, loaded = run_command(option)
    assert "spipconv" in shown
    assert {name for name in loaded if name.startswith("spipconv")} == {
        "spipconv",
        "spipconv.commands",
        "spipconv.commands.lazy_group",
        "spipconv.version",
    }
    assert loaded & (HEAVY | {"msgspec"}) == set()


@pytest.mark.parametrize("command", ["convert", "check"])
def test_a_plain_text_needs_no_heavy_module(command: str) -> None:
    text = "{{{Titre}}}\n\nUn {{texte}} et [un lien->https://www.spip.net][[Une note.]]\n\n-* un\n\n|a|b|\n|c|d|\n"
    _, loaded = run_command(command, stdin=text)
    assert "spipconv.parsing.parser" in loaded
    assert loaded & HEAVY == set()


def test_garbage_is_collected_while_a_command_runs() -> None:
    assert main.resolve_command(click.Context(main), ["convert"])[1]
    assert gc.isenabled()
    assert gc.get_freeze_count()


def test_completing_the_name_of_a_command_imports_none_of_them() -> None:
    words = {"_SPIPCONV_COMPLETE": "zsh_complete", "COMP_WORDS": "spipconv ", "COMP_CWORD": "1"}
    shown, loaded = run_command(variables=words)
    assert "\nbatch\nConvert all texts of INPUT into OUTPUT.\n" in shown
    assert "spipconv.commands.batch" not in loaded


def test_the_options_of_a_command_and_their_values_are_completed() -> None:
    words = {"_SPIPCONV_COMPLETE": "zsh_complete", "COMP_WORDS": "spipconv convert --to mark", "COMP_CWORD": "3"}
    assert run_command(variables=words)[0] == "plain\nmarkdown\n_\n"


def test_importing_the_library_loads_it_when_a_name_of_it_is_used() -> None:
    assert "msgspec" not in run("import spipconv")[1]
    assert "spipconv.parsing.parser" in run("import spipconv; spipconv.to_html")[1]
    assert run("from spipconv import *; print(to_html('{{gras}}'), end='')")[0] == "<p><strong>gras</strong></p>\n"


def test_the_library_has_the_names_of_its_module_and_no_others() -> None:
    assert spipconv.__all__ == api.__all__
    assert [getattr(spipconv, name) for name in spipconv.__all__] == [getattr(api, name) for name in api.__all__]
    assert set(spipconv.__all__) <= set(dir(spipconv))
    assert not hasattr(spipconv, "to_pdf")
