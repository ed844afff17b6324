"""What a page says in place of a text that is too long for it."""

from __future__ import annotations

from collections.abc import Sequence

from spipconv.migration.pages.page import Page
from spipconv.migration.read.database import WorkingDatabase
from spipconv.translations import format_number, translate


class LongTexts:
    """The texts of a site that are too long for a page."""

    def __init__(self, database: WorkingDatabase) -> None:
        self._sizes = {tuple(row)[:3]: row["size"] for row in database.db.execute("SELECT * FROM too_long")}

    def fill(self, page: Page, fields: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Return the fields of a page, each with its SPIP text, with a sentence in place of those that are too long."""
        if not self._sizes:
            return fields
        return [(field, text or self._sentence(page, field)) for field, text in fields]

    def _sentence(self, page: Page, field: str) -> str:
        size = self._sizes.get((page.kind, page.number, field))
        if not size:
            # It is not too long, or its length is not known.
            return ""
        words = format_number(size, page.language)
        sentence = translate("This text is too long to be shown here: {size} bytes.", page.language, size=words)
        return f"{{{sentence}}}"
