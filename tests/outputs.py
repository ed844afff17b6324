"""All that a build makes of all texts of the repository, as one line of JSON each: what two builds are compared by.

PYTHONPATH=BUILD python -P tests/outputs.py    # with nothing of this checkout on the path
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spipconv
from spipconv.plugins import PLUGINS
from spipconv.version import BUILD

ROOT = Path(__file__).parent.parent
OPTIONS: dict[str, dict[str, Any]] = {
    "article": {},
    "comment": {"profile": "comment"},
    "title": {"profile": "title"},
    "all": {
        "objects": spipconv.read_objects(ROOT / "tests" / "conformance" / "objects.json"),
        "plugins": tuple(PLUGINS),
        "embeds": True,
        "angle_shortcuts": True,
        "repair_encoding": True,
        "lang": "en",
    },
}
_FENCE = re.compile(r"^```spip[^\n]*\n(.*?)\n\.\n", re.MULTILINE | re.DOTALL)


def texts() -> Iterator[str]:
    """Return the texts of all cases, attacks and benchmarks."""
    for folder in ("tests/conformance", "tests/diagnostics", "tests/security", "benchmarks/texts"):
        for path in sorted((ROOT / folder).glob("*.jsonl")):
            for line in path.read_text("utf-8").split("\n")[:-1]:
                fields = json.loads(line)
                yield fields.get("text") or fields.get("vector") or ""
    for path in sorted((ROOT / "tests" / "cases").rglob("*.md")):
        yield from _FENCE.findall(path.read_text("utf-8"))


def outputs() -> Iterator[str]:
    """Return the fingerprints of the tree, the diagnostics, the HTML and the Markdown for each text and its options."""
    for text in texts():
        for name, options in OPTIONS.items():
            parsed = spipconv.parse(text, **options)
            made = [spipconv.render(parsed.document, to) for to in ("json", "html", "markdown", "text", "pandoc")]
            parts = [*made, repr(parsed.diagnostics), repr(parsed.document)]
            digests = [hashlib.md5(part.encode("utf-8", "surrogatepass")).hexdigest() for part in parts]  # noqa: S324
            yield json.dumps([name, text, *digests])


def compare(checkout: str) -> None:
    """End with an error unless this build is compiled and makes the same as the checkout, which is not."""
    with subprocess.Popen(
        [sys.executable, "-P", __file__], env={**os.environ, "PYTHONPATH": checkout}, stdout=subprocess.PIPE, text=True
    ) as process:
        ours = [BUILD, *outputs()]
        theirs = process.communicate()[0].splitlines()
    if (ours[0], theirs[0]) != ("compiled", "pure Python"):
        raise SystemExit(f"compared {ours[0]} with {theirs[0]}")
    differing = [made for made, other in zip(ours, theirs, strict=True) if made != other]
    if differing[1:]:
        raise SystemExit("\n".join([f"{len(differing) - 1} texts differ:", *differing[1:10]]))
    print(f"{len(ours) - 1} conversions, the same bytes")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--against"]:
        compare(sys.argv[2])
    else:
        print(BUILD)
        for line in outputs():
            print(line)
