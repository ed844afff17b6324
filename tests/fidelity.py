"""What SPIP shows and what we show, as the trees that a browser builds of both. Run by hand, it lists what differs.

    python -m tests.fidelity FILE.jsonl ...    # cases with "html" and "notes" of SPIP 4.4: how many are the same
    python -m tests.fidelity --update          # write tests/conformance/left.jsonl again; reasons in it are kept

Two measures, both blind to classes, ids, empty paragraphs and white space that does not show. ``strictly`` compares
everything else; ``visibly``, for generated texts, also forgives what a safe converter refuses (its words stay) and
formatting that stands around a block on one side and inside it on the other.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import html5lib

from spipconv import Catalogue, Profile, parse, read_objects
from spipconv.converters import html
from tests.trees import Tree, merge

FOLDER = Path(__file__).parent / "conformance"
PROFILES: dict[str, Profile] = {"propre": "article", "comment": "comment", "typo": "title"}
LEFT = FOLDER / "left.jsonl"

_COMPARED = frozenset(
    """href src alt title hreflang lang colspan rowspan cite datetime start width height type value srcset poster
    dir""".split()
)
_SAME = {"em": "i", "strong": "b"}
_INLINE = frozenset(
    """a abbr b bdi bdo br cite code del dfn i img ins kbd mark q s samp small span strike sub sup time tt u var big
    acronym font""".split()
)
_NOTHING_IF_EMPTY = frozenset({"p", "b", "i", "span", "u", "s", "small"})
_KEEPS_SPACES = frozenset({"pre", "textarea"})
# Removed with what they contain; other elements that are not known are removed around what they contain.
_REFUSED = frozenset(
    """iframe embed object script style param input button select option meta link base noembed noframes frame frameset
    svg template source track applet""".split()
)
_KNOWN = frozenset(
    """a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup dd
    del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li
    main mark nav ol p picture pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td
    tfoot th thead time tr tt u ul var video wbr""".split()
)
_ADDRESS = re.compile(r"(?:(?:https?|ftp|mailto|tel|sftp|news|xmpp|geo|sms):|[^:]*(?:[/?#]|$))", re.IGNORECASE)
_FORMATTING = frozenset("a abbr acronym b big cite code del font i ins kbd q s small span strike sub sup tt u".split())


# ---- Trees ----


def strictly(source: str) -> Tree:
    """Return the nodes of some HTML: strings, and elements as ``[name, attributes, children]``."""
    page = html5lib.parseFragment(source, namespaceHTMLElements=False)
    return _tidy(_children(page, keeps_spaces=False))


def visibly(source: str) -> Tree:
    """Return the nodes of some HTML without what no reader of a safe page sees."""
    nodes = strictly(source)
    # What is removed or moved brings new neighbours together.
    for _ in range(4):
        nodes = _join(_move_inside(_permit(nodes)))
    return nodes


def _children(element: Any, *, keeps_spaces: bool) -> Tree:
    nodes: Tree = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            nodes += _element(child, keeps_spaces=keeps_spaces)
        nodes.append(child.tail or "")
    return merge(nodes)


def _element(element: Any, *, keeps_spaces: bool) -> Tree:
    name = _SAME.get(element.tag, element.tag)
    attributes = {
        key: " ".join(value.split()) if key == "title" else value.strip()
        for key, value in element.attrib.items()
        if key in _COMPARED and (key, value) != ("dir", "ltr")
    }
    keeps_spaces = keeps_spaces or name in _KEEPS_SPACES
    nodes = _children(element, keeps_spaces=keeps_spaces)
    if (name == "span" and not attributes) or "precode" in element.get("class", ""):
        return nodes
    if name in _KEEPS_SPACES:
        return [["pre", attributes, [_words(nodes).strip("\n")]]]
    return [[name, attributes, nodes if keeps_spaces else _tidy(nodes)]]


def _words(nodes: Tree) -> str:
    return "".join([node if isinstance(node, str) else _words(node[2]) for node in nodes])


def _tidy(nodes: Tree) -> Tree:
    nodes = [re.sub("[ \t\n\r\f]+", " ", node) if isinstance(node, str) else node for node in nodes]
    nodes = merge([n for n in nodes if isinstance(n, str) or n[1] or n[2] or n[0] not in _NOTHING_IF_EMPTY])
    tidy: Tree = []
    for before, node, after in zip([None, *nodes], nodes, [*nodes[1:], None], strict=False):
        shown = node
        if isinstance(node, str):
            shown = shown.lstrip(" ") if _ends_words(before) else shown
            shown = shown.rstrip(" ") if _ends_words(after) else shown
        tidy.append(shown)
    return merge(tidy)


def _ends_words(neighbour: Any) -> bool:
    """Return whether white space next to this is invisible."""
    return neighbour is None or _is_block(neighbour) or neighbour[0] == "br"


def _is_block(node: Any) -> bool:
    return not isinstance(node, str) and node[0] not in _INLINE


def _holds_block(node: Any) -> bool:
    return not isinstance(node, str) and any(_is_block(child) or _holds_block(child) for child in node[2])


def _permit(nodes: Tree) -> Tree:
    """Return the nodes without what a safe converter refuses."""
    permitted: Tree = []
    for node in nodes:
        if isinstance(node, str):
            permitted.append(node)
            continue
        name, attributes, children = node
        if name in _REFUSED or name.endswith("}svg"):
            continue
        if name == "a" and not _ADDRESS.match(attributes.get("href", "x:")):
            attributes = {key: value for key, value in attributes.items() if key != "href"}
        if name not in _KNOWN or (name == "a" and "href" not in attributes):
            permitted += _permit(children)
        else:
            permitted.append([name, attributes, _permit(children)])
    return _tidy(merge(permitted))


def _move_inside(nodes: Tree) -> Tree:
    """Return the nodes with formatting inside the blocks that it stands around."""
    moved: Tree = []
    for node in nodes:
        if isinstance(node, str):
            moved.append(node)
        elif node[0] in _FORMATTING and _holds_block(node):
            moved += _format_inside(*node)
        else:
            moved.append([*node[:2], _move_inside(node[2])])
    return _tidy(merge(moved))


def _format_inside(name: str, attributes: dict[str, str], children: Tree) -> Tree:
    moved: Tree = []
    run: Tree = []
    for child in children:
        for part in _move_inside([child]) if _holds_block(child) and not _is_block(child) else [child]:
            if not _is_block(part):
                run.append(part)
                continue
            if run:
                moved += _move_inside([[name, attributes, run]])
                run = []
            moved.append([*part[:2], _move_inside([[name, attributes, part[2]]])])
    return moved + (_move_inside([[name, attributes, run]]) if run else [])


def _join(nodes: Tree) -> Tree:
    """Return the nodes with neighbours of the same formatting as one, and bold outside italics."""
    joined: Tree = []
    for node in nodes:
        if isinstance(node, str):
            joined.append(node)
            continue
        name, attributes, children = node[0], node[1], _join(node[2])
        if name == "i" and not attributes and len(children) == 1 and children[0][:2] == ["b", {}]:
            name, children = "b", [["i", {}, children[0][2]]]
        last = joined[-1] if joined else ""
        if name in ("b", "i") and not isinstance(last, str) and last[:2] == [name, attributes]:
            joined[-1] = [name, attributes, _join(last[2] + children)]
        else:
            joined.append([name, attributes, children])
    return _tidy(merge(joined))


# ---- Cases ----

# The cases of each file, and how they are compared.
MEASURES: dict[str, Callable[[str], Tree]] = {"kinds.jsonl": strictly, "generated.jsonl": visibly}


def read_cases(path: Path) -> list[dict[str, str]]:
    """Return the cases in a file."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def read_reasons() -> dict[str, str]:
    """Return why each case that does not pass is left, by id."""
    return {case["id"]: case["reason"] for case in read_cases(LEFT)}


@cache
def objects() -> Catalogue:
    """Return the objects that the cases refer to."""
    return read_objects(FOLDER / "objects.json")


def compare(case: dict[str, str], measure: Callable[[str], Tree]) -> tuple[list[Tree], list[Tree]]:
    """Return the trees of a case's text and notes: what SPIP shows, and what we show."""
    profile = PROFILES[case["mode"]]
    document = parse(case["text"], profile=profile, lang=case["lang"], objects=objects()).document
    written = html.write(document, profile=profile)
    return [measure(case["html"]), measure(case["notes"])], [measure(written.body), measure(written.notes)]


def _is_same(case: dict[str, str], measure: Callable[[str], Tree]) -> bool:
    shown_by_spip, shown = compare(case, measure)
    return shown == shown_by_spip


def _update() -> None:
    reasons = read_reasons() if LEFT.exists() else {}
    lines = []
    for name, measure in MEASURES.items():
        left = [case["id"] for case in read_cases(FOLDER / name) if not _is_same(case, measure)]
        lines += [json.dumps({"id": case, "reason": reasons.get(case, "")}, ensure_ascii=False) for case in left]
        print(f"{name}: {len(left)} cases differ")
    LEFT.write_text("".join([f"{line}\n" for line in lines]), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--update", action="store_true", help="write the list of the cases that differ again")
    parser.add_argument("--strict", action="store_true", help="forgive nothing")
    given = parser.parse_args()
    for path in given.files:
        cases = read_cases(path)
        measure = strictly if given.strict else MEASURES.get(path.name, visibly)
        of = Counter(case["feature"] for case in cases)
        right = Counter(case["feature"] for case in cases if _is_same(case, measure))
        for feature in of:
            print(f"{feature:30}{right[feature]:6} of {of[feature]}")
        print(f"{path}: {right.total()} of {of.total()} as SPIP shows them")
    if given.update:
        _update()


if __name__ == "__main__":
    main()
