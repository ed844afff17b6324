"""The results of writers: files, and the values of front matter and settings in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from spipconv.safety import Templates, template_text

# The values that YAML can hold for a page or a site.
YamlValue: TypeAlias = "str | int | float | bool | datetime | Sequence[YamlValue] | Mapping[str, YamlValue] | None"


class Markup(str):
    """HTML that spipconv has written, so that it is safe as it is."""

    __slots__ = ()


class File(Struct, frozen=True):
    """A file to write: its path below the output folder, and its content."""

    path: str
    content: bytes


def safe_values(value: YamlValue, templates: Templates) -> YamlValue:
    """Return a value of front matter or settings with all its texts as the target's templates need them."""
    match value:
        case Markup():
            return str(value)
        case str():
            return template_text(value, templates)
        case list():
            return [safe_values(item, templates) for item in value]
        case dict():
            return {name: safe_values(item, templates) for name, item in value.items()}
    return value
