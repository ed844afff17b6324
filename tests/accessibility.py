"""axe-core, which judges the accessibility of a page in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """Return what axe-core has against a page as it is now: the rule, the element, and what would mend it.

    ``only_colours``: the page was judged before, in other colours. Without axe-core, the test is skipped.
    """
    if not _AXE.is_file():
        pytest.skip("no axe-core: npm ci")
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text("utf-8"))
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if only_colours:
        options["runOnly"] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    rules = page.evaluate("options => axe.run(options).then(({violations}) => violations)", options)
    return [f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}" for rule in rules for node in rule["nodes"]]
