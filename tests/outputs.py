"""All that a build makes of all texts of the repository, as one line of JSON each: what two builds are compared by.

PYTHONPATH=BUILD python -P tests/outputs.py    # with nothing of this checkout on the path
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spipconv
from spipconv.plugins import PLUGINS

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


def main() -> None:
    """Print the fingerprints of the tree, the diagnostics, the HTML and the Markdown for each text and its options."""
    for text in texts():
        for name, options in OPTIONS.items():
            parsed = spipconv.parse(text, **options)
            made = [spipconv.render(parsed.document, to) for to in ("json", "html", "markdown")]
            parts = [*made, repr(parsed.diagnostics), repr(parsed.document)]
            digests = [hashlib.md5(part.encode("utf-8", "surrogatepass")).hexdigest() for part in parts]  # noqa: S324
            print(json.dumps([name, text, *digests]))
    print(json.dumps(spipconv.__file__), file=sys.stderr)


if __name__ == "__main__":
    main()
