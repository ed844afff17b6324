"""YAML: a mapping comes in, its lines go out as PyYAML writes them.

PyYAML takes as long for the header of a page as the Markdown writer for half of its text, so headers of simple values
are written here. A test compares their bytes with PyYAML's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import yaml

from spipconv.migration.writers.files import YamlValue

# LibYAML's emitter, if PyYAML was built with it.
_Dumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# The length from which a text may reach the end of a line, and that from which a key needs a line of its own.
_WIDTH, _LONG_TEXT, _LONG_KEY = 10_000, 9_000, 100
# Texts of one line without a character that LibYAML escapes.
_SIMPLE = re.compile("[ -~\xa0-\u2027\u202a-\ud7ff]*")
# What a text without quotes cannot begin with, end with, or contain.
_QUOTED = re.compile(r"\A(?:[-?:](?: |\Z)|---|\.\.\.|[#,\[\]{}&*!|>'\"%@` ]|\Z)|:(?: |\Z)| (?:#|\Z)")
# By their first character, the texts that are something else without quotes: numbers, dates, "no".
_MISTAKABLE: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]] = yaml.SafeDumper.yaml_implicit_resolvers


class _NotSimple(Exception):
    """Raised for what only PyYAML can write."""


def read_yaml(text: str) -> Mapping[str, object]:
    """Return a mapping in YAML; what is none, or cannot be read, gives an empty one."""
    try:
        value: object = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def write_yaml(value: Mapping[str, YamlValue]) -> str:
    """Return a mapping as YAML in block style."""
    try:
        return _mapping(value, "")
    except _NotSimple:
        return yaml.serialize(_node(value), Dumper=_Dumper, allow_unicode=True, width=_WIDTH)


def _mapping(value: Mapping[str, YamlValue], indent: str) -> str:
    return "".join([f"{indent}{_key(key)}:{_item(item, indent)}" for key, item in value.items()])


def _item(value: YamlValue, indent: str) -> str:
    """Return a value as it follows the colon of its key."""
    if type(value) is str:
        return f" {_text(value)}\n"
    match value:
        case dict() if value:
            return "\n" + _mapping(value, indent + "  ")
        case list() if value:
            return "\n" + "".join([f"{indent}-{_entry(entry, indent)}" for entry in value])
    return f" {_scalar(value)}\n"


def _entry(value: YamlValue, indent: str) -> str:
    """Return a value as it follows the dash of a list."""
    if isinstance(value, dict) and value:
        return _mapping(value, indent + "  ")[len(indent) + 1 :]
    return f" {_scalar(value)}\n"


def _scalar(value: YamlValue) -> str:
    match value:
        case str():
            return _text(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _decimal(value)
        case datetime():
            return value.isoformat(" ")
    raise _NotSimple


def _decimal(value: float) -> str:
    """Return a number in the form that every version of YAML reads, with seven digits: a centimetre, for degrees."""
    text = f"{value:.7f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _key(key: str) -> str:
    if not key or len(key) > _LONG_KEY or not key.isascii():
        raise _NotSimple
    return _text(key)


@lru_cache(1024)
def _text(text: str) -> str:
    if len(text) > _LONG_TEXT or not _SIMPLE.fullmatch(text):
        raise _NotSimple
    if _QUOTED.search(text) or any(form.match(text) for _, form in _MISTAKABLE.get(text[0], ())):
        return "'" + text.replace("'", "''") + "'"
    return text


def _node(value: YamlValue) -> yaml.Node:
    """Return a value as a PyYAML node; PyYAML's own conversion takes half the time of a header."""
    match value:
        case dict():
            pairs = [(_node(key), _node(item)) for key, item in value.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
        case list():
            return yaml.SequenceNode("tag:yaml.org,2002:seq", [_node(item) for item in value], flow_style=False)
        case bool():
            return yaml.ScalarNode("tag:yaml.org,2002:bool", "true" if value else "false")
        case int():
            return yaml.ScalarNode("tag:yaml.org,2002:int", str(value))
        case float():
            return yaml.ScalarNode("tag:yaml.org,2002:float", _decimal(value))
        case datetime():
            return yaml.ScalarNode("tag:yaml.org,2002:timestamp", value.isoformat(" "))
    return yaml.ScalarNode("tag:yaml.org,2002:str", value)
