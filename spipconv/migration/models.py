"""Models of a site: a TOML file comes in that says what each becomes in the new system; an extension goes out.

Below ``[gallery]`` stands what becomes of ``<gallery12|images=a.jpg>``, by target, or by ``default`` for the others:
``hugo = '{{< gallery "{images}" >}}'``.
"""

from __future__ import annotations

import re
import tomllib
from functools import partial
from hashlib import sha256
from pathlib import Path

from spipconv.extensions import Extension, ModelCall
from spipconv.migration.target import TARGET_NAMES, TARGETS, TargetName
from spipconv.nodes import Directive, Node, Raw, plain_text
from spipconv.safety import escape_attribute, template_value

# The name of the directive that says which document a page shows, before its number.
SHOWN = "document"
# In texts for WordPress, what begins a shortcode: all other brackets are written as references.
WXR_BRACKET = "\ufdd0"
# {name} or {name=default}, but neither {{name}} nor {% and the like, which are the target's own.
_PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z_][a-z0-9_-]*|[1-9][0-9]?)(?:=([^{}\n]*))?\}(?!\})")
_BRACED = re.compile(r"(?<!\{)\{[ \t]*[\w-]+[ \t]*(?:=[^{}\n]*)?\}(?!\})")
_ALIGNMENTS = ("left", "right", "center")
_WORDS = ("title", "description", "credits", "alternative")
_SIZES = ("width", "height")


class BadModels(Exception):
    """A file of models cannot be used; the message is one line that names the file and the place in it."""


def read_models(path: Path, to: TargetName) -> Extension:
    """Return the extension that writes models as a file says for a target. Raises BadModels."""
    try:
        content = path.read_bytes()
        tables = tomllib.loads(content.decode("utf-8-sig"))
        templates = {name: _choose(name, table, to) for name, table in tables.items()}
        return Extension(
            name="site_models",
            version=sha256(content).hexdigest(),
            models={name: partial(_write, text, to) for name, text in templates.items() if text is not None},
        )
    except OSError as error:
        raise BadModels(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        # Of UTF-8, of TOML, or of what is in it.
        raise BadModels(f"{path}: {' '.join(str(error).split())}") from error


def _choose(name: str, table: object, to: TargetName) -> str | None:
    """Return the template of a model for a target, None where there is none. Raises ValueError for any mistake."""
    if not isinstance(table, dict):
        raise ValueError(f"{name}: write the name of a model in brackets above this line")
    for target, template in table.items():
        place = f"[{name}] {target}"
        if target not in (*TARGET_NAMES, "default"):
            raise ValueError(f"{place}: unknown target: choose from {', '.join(TARGET_NAMES)} and default")
        if not isinstance(template, str):
            raise ValueError(f"{place}: expected text in quotes")
        for match in _BRACED.finditer(template):
            if not _PLACEHOLDER.fullmatch(match[0]):
                raise ValueError(
                    f"{place}: unknown placeholder {match[0]}: write the name of a parameter in lower case, or {{1}},"
                    " {2} and so on"
                )
    chosen = table.get(to, table.get("default"))
    return None if chosen is None else chosen.strip("\n")


def _write(template: str, to: TargetName, call: ModelCall) -> tuple[Node, ...] | None:
    """Return a template with the values of a model; it is a block if it has several lines."""
    if call.profile != "article":
        return None
    fields = _Fields(call)

    def fill(match: re.Match[str]) -> str:
        value = fields.get(match[1])
        if not value:
            return match[2] or ""
        value = template_value(value)
        return escape_attribute(value).replace("[", "&#91;").replace("]", "&#93;") if to == "wxr" else value

    text = template.replace("[", WXR_BRACKET) if to == "wxr" else template
    text = _PLACEHOLDER.sub(fill, text)
    # A line of JSON has two texts; pandoc writes HTML in Markdown too.
    formats = ("html", "markdown") if to == "json" else (TARGETS[to].raw_format or "html",)
    nodes = [Raw(format, text, is_block="\n" in text) for format in formats]
    return (*nodes, Directive(f"{SHOWN}{call.number}")) if fields.shows_document else tuple(nodes)


class _Fields:
    """What the placeholders of a template may name; ``shows_document``: the template has used the model's document."""

    def __init__(self, call: ModelCall) -> None:
        self._call = call
        self.shows_document = False

    def get(self, name: str) -> str:
        """Return a parameter, or else what the model itself or its document has by that name; empty: nothing."""
        call = self._call
        if name.isdigit():
            return call.arguments[int(name) - 1] if int(name) <= len(call.arguments) else ""
        if name in call.options:
            return call.options[name]
        match name:
            case "name":
                return call.name
            case "number":
                return "" if call.number is None else str(call.number)
            case "align":
                return next((word for word in call.arguments if word in _ALIGNMENTS), "")
        return self._of_document(name)

    def _of_document(self, name: str) -> str:
        call = self._call
        if call.number is None or name not in ("address", *_WORDS, *_SIZES):
            return ""
        document = call.find("document", call.number)
        if document is None:
            return ""
        self.shows_document = True
        value = getattr(document, name)
        return plain_text(call.read(value)) if name in _WORDS else str(value or "")
