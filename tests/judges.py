"""Judges of HTML: an HTML5 parser and separate lists, which share nothing with the policy under test."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

import html5lib

_HTML = "http://www.w3.org/1999/xhtml"
FORBIDDEN = frozenset(
    """script style iframe frame frameset object embed applet form input button textarea select option base meta link
    svg math template noscript noembed noframes plaintext xmp title html head body canvas
    dialog slot portal marquee map area param""".split()
)
ADDRESSES = frozenset({"href", "src", "cite", "action", "formaction", "poster", "background", "data", "longdesc"})
SCHEMES = frozenset({"http", "https", "mailto", "ftp", "tel"})
# What a reader may follow, but no page loads.
_SCHEMES_OF_LINKS = SCHEMES | {"geo", "news", "sftp", "sms", "xmpp"}
# Characters that no output may contain: they make XML ill-formed, or readers interpret them differently.
UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

# All elements that SPIP's shortcuts produce, and the three that a stranger may write.
_OF_COMMENTS = frozenset(
    """a abbr b blockquote br caption code dd del div dl dt figcaption figure h2 hr i img ins li ol p pre q small span
    strong sub sup table tbody td th thead tr tt ul""".split()
)
_ATTRIBUTES_OF_COMMENTS = frozenset(
    """alt aria-describedby cite class colspan dir headers height href hreflang id lang rel role rowspan src title type
    width""".split()
)
_CLASSES_OF_COMMENTS = re.compile(
    r"spip\w*|spip-puce|ltr|auto|table|row_(?:first|odd|even)|odd|even|numeric|virgule|point|summary|offscreen"
    r"|precode|notes|autobr|manualbr|language-[\w+.#-]+|caption|footnote-ref"
)
_IDS_OF_COMMENTS = re.compile(r"comment-.*|n[bh](?:\d*|-.*)|t\d+_\w+", re.DOTALL)
_REL_OF_COMMENTS = frozenset({"nofollow", "ugc", "noopener"})
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


def read(html: str) -> Any:
    """Return an element that contains a fragment as an HTML5 parser reads it."""
    # html5lib loses text that belongs before a table without a parent.
    return html5lib.parseFragment(f"<div>{html}</div>")[0]


# Most attacks leave the same words in all profiles.
@lru_cache(maxsize=1 << 16)
def dangers(html: str) -> frozenset[str]:
    """Return everything dangerous in HTML as a browser reads it, alone and inside a page."""
    found: set[str] = set()
    page = html5lib.parse(
        f"<!DOCTYPE html><html><body><div id=in>{html}</div><p id=after>sentinel</p></body></html>",
        namespaceHTMLElements=True,
    )
    body = page[1]
    if [child.get("id") for child in body] != ["in", "after"] or "".join(body[1].itertext()) != "sentinel":
        found.add("leaves its container")
    for element in body[0].iter():
        if not isinstance(element.tag, str):
            found.add("comment")
            continue
        namespace, _, name = element.tag[1:].partition("}")
        if namespace != _HTML:
            found.add(f"foreign element {name}")
        if name in FORBIDDEN:
            found.add(f"element {name}")
        for attribute, value in element.attrib.items():
            if attribute.startswith("on") or attribute in ("style", "srcdoc", "is", "ping", "autoplay"):
                found.add(f"attribute {attribute}")
            seen = re.sub(r"[\t\n\r]", "", value.strip("".join(map(chr, range(33)))))
            scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", seen)
            allowed = _SCHEMES_OF_LINKS if attribute in ("href", "cite") else SCHEMES
            if attribute in ADDRESSES and scheme and scheme[1].lower() not in allowed:
                found.add(f"address {scheme[1]}")
    if "\0" in html or re.search("[\ud800-\udfff]", html):
        found.add("character")
    return frozenset(found)


def liberties(html: str) -> set[str]:
    """Return the elements, attributes and classes in the HTML of a comment that a stranger may not write."""
    found: set[str] = set()
    for element in read(html).iter():
        name = str(element.tag).partition("}")[2]
        if name not in _OF_COMMENTS:
            found.add(f"<{name}>")
        for attribute, value in element.attrib.items():
            if attribute not in _ATTRIBUTES_OF_COMMENTS:
                found.add(f"<{name} {attribute}>")
            if attribute == "id" and not _IDS_OF_COMMENTS.fullmatch(value):
                found.add(f"#{value}")
            if attribute == "class":
                found |= {f".{word}" for word in value.split() if not _CLASSES_OF_COMMENTS.fullmatch(word)}
        if name == "a" and element.get("href") and not set(element.get("rel", "").split()) >= _REL_OF_COMMENTS:
            found.add("a link that does not say that a stranger made it")
    return found


def unclean(text: str) -> set[str]:
    """Return the characters in a text that no text may contain."""
    return {f"U+{ord(character):04X}" for character in UNCLEAN.findall(text)}


def is_stable(html: str) -> bool:
    """Return whether HTML gives the same tree after it is parsed, written and parsed again."""
    written = serialise(read(html))
    return serialise(read(written)) == written


def serialise(element: Any) -> str:
    """Return the inside of an element as HTML, as browsers do, but without losing a newline after ``<pre>``."""
    parts = [escape(element.text or "", quote=False)]
    for child in element:
        name = str(child.tag).partition("}")[2]
        attributes = "".join([f' {key}="{escape(value)}"' for key, value in sorted(child.attrib.items())])
        inner = serialise(child)
        newline = "\n" if name == "pre" and inner.startswith("\n") else ""
        parts.append(f"<{name}{attributes}>" + ("" if name in _VOID else f"{newline}{inner}</{name}>"))
        parts.append(escape(child.tail or "", quote=False))
    return "".join(parts)
