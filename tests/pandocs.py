"""The real pandocs, what a tree holds, and what they made of it in a docx and in an EPUB."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree

from spipconv import Document, Format, render
from spipconv.converters.html.figures import describe_file
from spipconv.nodes import (
    Anchor,
    Bullet,
    Code,
    CodeBlock,
    Element,
    Figure,
    Frame,
    Heading,
    Link,
    Math,
    MathBlock,
    Model,
    Node,
    Note,
    Player,
    Table,
    Text,
    children_of,
    walk,
)
from spipconv.safety import ARTICLE, COMMENT, hide_values, safe_address, safe_source

Blocks = list[Any]
# A picture of one pixel, in place of all that the cases show.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
_H = "{http://www.w3.org/1999/xhtml}"
_HEADING = re.compile("Heading ?[0-9]")
_MARK = re.compile("¶[0-9]+¶")


class Contents(NamedTuple):
    """What a reader finds in a text: how much of each, and the letters of its body and of its notes."""

    notes: int
    tables: int
    figures: int
    images: int
    headings: int
    links: int
    letters: Counter[str]


def find_pandoc(to: Format) -> str:
    """Return the pandoc that reads a format: that of PyPI (``pandoc``), or Debian's (``pandoc2``). Else skip."""
    if to == "pandoc":
        return str(pytest.importorskip("pypandoc", reason="pypandoc-binary is not installed").get_pandoc_path())
    path = shutil.which("pandoc")
    shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout if path else ""
    if not shown.startswith("pandoc 2."):
        pytest.skip("pandoc 2 is not installed (Debian 12: apt install pandoc)")
    assert path is not None
    return path


def run(pandoc: str, written: str, *arguments: str, folder: Path) -> str:
    """Return what pandoc writes to its standard output, given its JSON."""
    done = subprocess.run(
        [pandoc, "--from", "json", *arguments], input=written.encode(), cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[:2000]
    return done.stdout.decode()


def join(documents: Sequence[Document], to: Format) -> str:
    """Return many documents as one, each after a paragraph with its number; all pictures are ``a.png``."""
    blocks: Blocks = []
    version: list[int] = []
    for number, document in enumerate(documents):
        written = json.loads(render(document, to))
        version = written["pandoc-api-version"]
        blocks.append({"t": "Para", "c": [{"t": "Str", "c": f"¶{number}¶"}]})
        for item in items(written["blocks"]):
            if item["t"] == "Image":
                item["c"][0][2], item["c"][2][0] = [], "a.png"
            elif item["t"] == "Math":
                # Office and MathML have other letters for a formula.
                item.update(t="Code", c=[["", [], []], item["c"][1]])
            elif item["t"] == "Header":
                item["c"][0] = max(2, item["c"][0])
        blocks += written["blocks"]
    meta = {"title": {"t": "MetaString", "c": "T"}}
    return json.dumps({"pandoc-api-version": version, "meta": meta, "blocks": blocks})


def items(value: Any) -> Iterator[dict[str, Any]]:
    """Return all items in some JSON of pandoc's, each before those in it."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            if "t" in part:
                yield part
            waiting.extend(reversed(part.values()))


# ---- What a tree holds ----


def of_tree(document: Document, profile: str) -> Contents:
    """Return what a document holds, for the profile that it is written for."""
    policy = COMMENT if profile == "comment" else ARTICLE
    counts: Counter[str] = Counter()
    letters: list[str] = []
    numbers: dict[str, int] = {}
    for node in walk(document.children):
        if isinstance(node, Note) and node.label and node.children:
            numbers.setdefault(node.identifier, len(numbers) + 1)

    def visit(nodes: Iterable[Node]) -> None:
        for node in nodes:
            match node:
                case Text(text=text) | Code(text=text) | CodeBlock(text=text) | Frame(text=text):
                    letters.append(text)
                case Math(text=text) | MathBlock(text=text):
                    letters.append(text)
                case Bullet():
                    letters.append("–")
                case Model(source=source):
                    letters.append(hide_values(source))
                case Note():
                    counts["notes"] += bool(node.label and node.children)
                    if node.label and not node.children:
                        # pandoc numbers notes itself, so these calls of them are links with that number.
                        counts["links"] += node.identifier in numbers
                        letters.append(str(numbers.get(node.identifier, node.label)))
                case Table():
                    counts["tables"] += bool(node.rows)
                case Heading():
                    counts["headings"] += not all(isinstance(child, Heading) for child in node.children)
                case Link():
                    counts["links"] += bool(node.children) and safe_address(node.address) is not None
                case Figure(is_image=True):
                    counts["images"] += 1
                    counts["figures"] += bool(children_of(node))
                    counts["links"] += bool(safe_address(node.link)) and node.link != node.address
                case Figure():
                    counts["links"] += 1
                    letters.append("" if node.title else node.address.rpartition("/")[2])
                    letters.append(f"({describe_file(node, document.language)})")
                case Element(name=name) if name in policy.tags:
                    attributes = dict(node.attributes)
                    counts["tables"] += name == "table"
                    counts["headings"] += bool(re.fullmatch("h[1-6]", name))
                    counts["figures"] += name == "figcaption"
                    counts["images"] += name == "img" and bool(safe_source(attributes.get("src", "")))
                    counts["links"] += name == "a" and safe_address(attributes.get("href", ":")) is not None
                case Player():
                    counts["links"] += 1
                    letters.append(node.title or node.host)
                case Anchor():
                    pass
            visit(children_of(node))

    visit(document.children)
    return _contents(counts, letters)


def _letters(text: str) -> str:
    return re.sub(r"[\s\u202f\u200b\xad“”«»‘’\"']+", "", text)


# ---- What a docx holds ----


def of_docx(path: Path) -> list[Contents]:
    """Return what the documents that were joined into a docx hold."""
    with zipfile.ZipFile(path) as archive:
        body = etree.fromstring(archive.read("word/document.xml"))[0]
        footnotes = etree.fromstring(archive.read("word/footnotes.xml"))
    notes = {note.get(f"{_W}id"): note for note in footnotes}
    parts: list[list[Any]] = []
    for element in body:
        if _MARK.fullmatch("".join(element.itertext()).strip()):
            parts.append([])
        elif parts:
            parts[-1].append(element)
    return [_of_docx_part(part, notes) for part in parts]


def _of_docx_part(part: Sequence[Any], notes: dict[str, Any]) -> Contents:
    counts: Counter[str] = Counter()
    letters: list[str] = []
    called = [notes[call.get(f"{_W}id")] for element in part for call in element.iter(f"{_W}footnoteReference")]
    for element in [*part, *called]:
        for inner in element.iter():
            if inner.tag == f"{_W}t":
                letters.append(inner.text or "")
            elif inner.tag == f"{_W}p":
                before = inner.getprevious()
                is_first = before is None or before.tag != f"{_W}p" or _style(before) != "ImageCaption"
                counts["figures"] += is_first and _style(inner) == "ImageCaption"
                counts["headings"] += bool(_HEADING.fullmatch(_style(inner)))
            elif inner.tag == f"{_W}tbl":
                style = inner.find(f"{_W}tblPr/{_W}tblStyle")
                # pandoc puts a picture that is a link into a table.
                counts["tables"] += style is None or style.get(f"{_W}val") != "FigureTable"
            elif inner.tag == _PICTURE:
                counts["images"] += 1
            elif inner.tag == f"{_W}hyperlink":
                counts["links"] += 1
    counts["notes"] = len(called)
    return _contents(counts, letters)


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return style.get(f"{_W}val") if style is not None else ""


# ---- What an EPUB holds ----


def of_epub(path: Path) -> list[Contents]:
    """Return what the documents that were joined into an EPUB hold."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/ch001.xhtml"))
        page = etree.fromstring(archive.read(name))
    counts: list[Counter[str]] = []
    letters: list[list[str]] = []
    callers: dict[str, int] = {}
    number = -1
    inside = 0  # a call of a note, or a link back to it: pandoc's own words
    for event, element in etree.iterwalk(page.find(f"{_H}body"), events=("start", "end")):
        name = element.tag.removeprefix(_H)
        kinds = element.get("class", "").split()
        is_own = name == "a" and ("footnote-ref" in kinds or "footnote-back" in kinds)
        if event == "end":
            inside -= is_own
            text = element.tail
        else:
            if name == "p" and _MARK.fullmatch(element.text or ""):
                number = len(counts)
                counts.append(Counter())
                letters.append([])
            number = callers.get(element.get("id", ""), number) if name in ("aside", "li") else number
            if is_own and "footnote-ref" in kinds:
                callers[element.get("href").rpartition("#")[2]] = number
                counts[number]["notes"] += 1
            inside += is_own
            if number >= 0:
                counts[number].update(_count(element, name, is_own=is_own))
            text = element.text
        if number >= 0 and not inside and text and not _MARK.fullmatch(text):
            letters[number].append(text)
    return [_contents(of, words) for of, words in zip(counts, letters, strict=True)]


def _count(element: Any, name: str, *, is_own: bool) -> dict[str, int]:
    is_caption = name == "figcaption" or element.get("data-custom-style") == "Image Caption"
    return {
        "figures": is_caption,
        "headings": bool(re.fullmatch("h[1-6]", name)),
        "images": name == "img",
        # The numbers of lines of code are links too.
        "links": name == "a" and not is_own and bool(element.get("href")) and not element.get("aria-hidden"),
        "tables": name == "table",
    }


def _contents(counts: Counter[str], letters: Iterable[str]) -> Contents:
    given = {name: counts[name] for name in Contents._fields if name != "letters"}
    return Contents(**given, letters=Counter(_letters("".join(letters))))
