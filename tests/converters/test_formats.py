"""Every format is in one registry, which the library and the commands read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

import spipconv
from spipconv.batch import Options, convert_text, run_batch
from spipconv.commands import main
from spipconv.converters.formats import FORMATS, Format, find_format

TEXT = "{{mot}}[[note]]"


def test_the_registry_has_the_formats_of_the_type() -> None:
    assert tuple(FORMATS) == get_args(Format)
    assert spipconv.Format is Format
    assert all(name == record.name for name, record in FORMATS.items())


def test_no_two_formats_share_a_suffix() -> None:
    assert len({record.suffix for record in FORMATS.values()}) == len(FORMATS)
    assert all(record.suffix.startswith(".") for record in FORMATS.values())


@pytest.mark.parametrize("name", [[], None, "pdf", b"html"])
def test_what_is_not_a_format_is_refused_with_the_choices(name: object) -> None:
    with pytest.raises(ValueError, match=f"is unknown: choose {', '.join(FORMATS)}"):
        find_format(name)


@pytest.mark.parametrize("to", FORMATS)
def test_every_use_writes_every_format(tmp_path: Path, to: Format) -> None:
    record = FORMATS[to]
    written = spipconv.render(spipconv.parse(TEXT).document, to)
    assert convert_text(TEXT, Options(to=to)).content == written
    (tmp_path / "a.spip").write_text(TEXT)
    assert CliRunner().invoke(main, ["convert", "--to", to, "-o", f"{tmp_path}/", f"{tmp_path}/a.spip"]).exit_code == 0
    run_batch(f"{tmp_path}/a.spip", f"{tmp_path}/out", Options(to=to), workers=0)
    for folder in (tmp_path, tmp_path / "out"):
        assert (folder / f"a{record.suffix}").read_text("utf-8") == written.rstrip("\n") + "\n"
    line = CliRunner().invoke(main, ["convert", "--jsonl", "--to", to], input=json.dumps({"id": 1, "text": TEXT}))
    assert set(json.loads(line.stdout)) == {"id", "diagnostics", *record.fields}


def test_a_new_format_is_written_by_every_use_without_another_line(tmp_path: Path) -> None:
    script = f"""
import json, sys
from spipconv.converters import formats
formats.FORMATS["words"] = formats.OutputFormat(
    "words", ".words", ("words",), lambda document, profile, sanitizer, spaces: formats.Written("written")
)
from click.testing import CliRunner
from spipconv.commands import main
folder = {str(tmp_path)!r}
open(f"{{folder}}/a.spip", "w").write("mot")
for arguments in (["convert", "-o", f"{{folder}}/", f"{{folder}}/a.spip"],
                  ["batch", "--workers", "0", f"{{folder}}/a.spip", f"{{folder}}/out"]):
    assert CliRunner().invoke(main, [*arguments, "--to", "words"], catch_exceptions=False).exit_code == 0
result = CliRunner().invoke(main, ["convert", "--jsonl", "--to", "words"], input='{{"id": 1, "text": "mot"}}')
assert json.loads(result.stdout) == {{"id": 1, "words": "written", "diagnostics": []}}, result.output
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    for folder in (tmp_path, tmp_path / "out"):
        assert (folder / "a.words").read_text() == "written\n"
