"""The words of the theme in the language of a page, with dates and sizes in words; and words of front matter."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from .entries import Entry

ROOT = Path(__file__).parents[2]


def plain(value: object) -> str:
    """Return the words of a value of front matter, which is HTML."""
    return html.unescape(re.sub("<[^>]*>", "", str(value or ""))).strip()


def cut(text: str, length: int) -> str:
    """Return the first words of a text."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[:length].rpartition(" ")[0] + " …"


def typeset(text: str, lang: str) -> str:
    """Return words of front matter; in French, no line begins with a mark that has a space before it."""
    if not lang.startswith("fr"):
        return text
    return re.sub(" ([:;!?»%])", "\N{NO-BREAK SPACE}\\1", text).replace("« ", "«\N{NO-BREAK SPACE}")


class Language:
    """The theme's words in the language of a page, and dates and sizes in words."""

    def __init__(self, code: str, main: str, facts: Mapping[str, Any]) -> None:
        self.code = code
        self.home = "/" if code == main else f"/{code}/"
        self.name, self.direction = facts.get("name", code), facts.get("direction", "ltr")
        self.title, self.description = facts.get("title", ""), facts.get("description", "")
        self.menu = facts.get("menu", [])
        files = (ROOT / "words" / f"{name}.json" for name in (code, main))
        self.words: dict[str, str] = next((json.loads(file.read_text("utf-8")) for file in files if file.is_file()), {})

    def say(self, key: str, **values: object) -> Markup:
        """Return a sentence with values in it."""
        text = escape(self.words.get(key, key))
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", escape(value))
        return text

    def date(self, date: datetime) -> Markup:
        """Return a date in words: 1er février 2016."""
        day = self.words["first_day"] if date.day == 1 else date.day
        return self.say("date", day=day, month=self.words[f"month_{date.month}"], year=date.year)

    def published(self, entry: Entry) -> Markup:
        """Return "Publié le 8 février 2016", or less where SPIP knew only the month or the year."""
        date = entry.date
        if date is None or entry.get("start"):
            return Markup()
        known = entry.get("partial_date")
        if known.endswith("-00-00"):
            return self.say("published_in", date=Markup('<time datetime="{0}">{0}</time>').format(date.year))
        if known.endswith("-00"):
            words = self.say("month_year", month=self.words[f"month_{date.month}"], year=date.year)
            return self.say("published_in", date=Markup('<time datetime="{}">{}</time>').format(f"{date:%Y-%m}", words))
        time = Markup('<time datetime="{}">{}</time>').format(f"{date:%Y-%m-%d}", self.date(date))
        return self.say("published", date=time)

    def written(self, written: str) -> Markup:
        """Return "Première publication : mai 1998", of a year, a month or a day."""
        year, *parts = written.split("-")
        words: object = year
        if len(parts) == 1:
            words = self.say("month_year", month=self.words[f"month_{int(parts[0])}"], year=year)
        elif parts:
            words = self.date(datetime.fromisoformat(written))
        return self.say("written", date=words)

    def size(self, size: float) -> Markup:
        """Return the size of a file in words: 1,2 Mio."""
        unit = "bytes"
        for larger in ("kib", "mib", "gib"):
            if size < 1024:
                break
            size, unit = size / 1024, larger
        number = f"{size:.0f}" if unit == "bytes" else f"{size:.1f}".removesuffix(".0")
        return self.say(unit, size=number.replace(".", self.words["decimal"]))
