"""Settings of SPIP's glossaries: the site's settings come in; the groups of terms, and how often these are marked, go
out.
"""

from __future__ import annotations

from msgspec import Struct

from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.php_values import PhpValue, read_values

# The names that webmasters give to a group of terms; Le Couteau suisse's own is the first.
USUAL_GROUPS = ("Glossaire", "Glossary", "Lexique")


class GlossarySettings(Struct, frozen=True):
    """What the plugins of a site say of its glossaries.

    ``groups`` are the names of the groups of keywords that Le Couteau suisse reads, none if it does not say. ``most``
    is how many occurrences of a keyword, of a definition and of an abbreviation are marked on a page; 0: all.
    """

    groups: tuple[str, ...] = ()
    most_of_keywords: int = 1
    most_of_definitions: int = 1
    most_of_abbreviations: int = 1


def read_glossary_settings(database: WorkingDatabase) -> GlossarySettings:
    """Return the settings of Le Couteau suisse and of Dictionnaires; where there are none, the first is marked."""
    knife, dictionaries = _array(database, "tweaks_variables"), _array(database, "dictionnaires")
    limit = _text(knife.get("glossaire_limite"))
    names = [name.strip() for name in _text(knife.get("glossaire_groupes")).split(":")]

    def most(of: str) -> int:
        # A box that is not ticked is an empty value, or none.
        return 1 if not dictionaries or _text(dictionaries.get(f"remplacer_premier_{of}")) not in ("", "0") else 0

    return GlossarySettings(
        groups=tuple([name for name in names if name]),
        most_of_keywords=max(0, int(limit)) if limit.removeprefix("-").isdecimal() and len(limit) < 10 else 1,
        most_of_definitions=most("defaut"),
        most_of_abbreviations=most("abbr"),
    )


def _array(database: WorkingDatabase, setting: str) -> dict[str, PhpValue]:
    try:
        value = read_values(database.meta(setting))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: PhpValue) -> str:
    # Le Couteau suisse keeps some texts in the quotes of PHP's source.
    return "" if value is None or isinstance(value, dict | bool) else str(value).strip().strip("\"'").strip()
