"""What may reach a reader: every escape, the one policy on addresses, tags and attributes, and the second lock.

The parser asks here what raw HTML a profile allows, the converters ask again before they write it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Literal, get_args
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

Sanitizer = Literal["nh3", "bleach"]
_SANITIZERS = get_args(Sanitizer)

# Deeper markup stays text: browsers, sanitisers and recursive converters all slow down or give up on depth.
MAX_DEPTH = 60

# Sanitisers and browsers take time in the square of an element's attributes; no author needs as many.
MAX_ATTRIBUTES = 100

# HTML elements that never have content.
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())

SCHEMES = frozenset({"http", "https", "mailto", "ftp", "tel"})
# Hosts whose players may be embedded where the caller says so.
VIDEO_HOSTS = frozenset(
    """www.youtube.com www.youtube-nocookie.com youtube.com player.vimeo.com www.dailymotion.com
    geo.dailymotion.com framatube.org peertube.fr tube.aquilenet.fr www.arte.tv player.ina.fr""".split()
)

_ARIA = re.compile("aria-[a-z]+")
_COLON_FIRST = re.compile(r"[^/?#:]*:")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_IGNORED_IN_ADDRESSES = re.compile(r"[\t\n\r]")
_INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\ufeff]")
# What no text may hold: XML and HTML forbid it, and the lexer and the sanitiser mark places with noncharacters.
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
# Of a parameter: what follows its "=", unless that is too short to be personal, or is lines of text that an author
# forgot to close a tag before; without one, what holds an address or a telephone number.
_PARAMETER_VALUE = re.compile(
    r"(?<==)(?!\s*[A-Za-z0-9]{0,4}\s*\Z)(?![^@]*\n[^@]*\Z)(?s:.+)|\A(?=[^=]*(?:@|://|(?:[0-9][ .-]?){6}))[^=]+\Z"
)
_EDGES = "".join(map(chr, range(0x21)))


def replace_controls(text: str) -> str:
    """Return a text with U+FFFD for every character that no text may hold."""
    return NO_TEXT.sub("\ufffd", text)


def lower_ascii(name: str) -> str:
    """Return a name with its ASCII letters in lower case.

    Names of markup are compared so, as browsers do: to Unicode, the Kelvin sign is a K.
    """
    return name.lower() if name.isascii() else name.translate(_LOWER)


def escape_text(text: str) -> str:
    """Return text for the inside of an HTML element."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\u00a0" in text:
        text = text.replace("\u00a0", "&nbsp;")
    return text


def escape_attribute(text: str) -> str:
    """Return text for an attribute value between double quotes."""
    text = escape_text(text)
    return text.replace('"', "&quot;") if '"' in text else text


# ---- Values for the templates of other programs ----

Templates = Literal["escape", "mixed"]

_REFERENCE = re.compile(r"&(?:#[0-9A-Za-z]+|[A-Za-z][0-9A-Za-z]*);?")
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
# The middle of a link, and the beginning of what templates run.
_MARKDOWN_PAIR = re.compile(r"\](?=[(\[])|\{(?=[{%])")
_OPENING_QUOTE = re.compile(r"(?<![^\s(\[{‹«—–-])([\"'])(?=\S)")
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", '"': "”", "'": "’", "`": "‘"})
# Shown as nothing; what stands on its two sides is no longer one sign of HTML or Markdown.
_JOINER = "\u2060"
_RESERVED_IN_ADDRESSES = re.compile(
    r"""[\s<>"'`\\{}|^\x00-\x20\x7f]|&(?=#|(?:lt|gt|quot|amp|apos)(?![a-z]))""", re.IGNORECASE
)


def printable(text: str) -> str:
    """Return text that any XML and HTML may hold: without what no text may hold, lone surrogates as U+FFFD."""
    if text.isprintable() and text.isascii():
        return text
    return NO_TEXT.sub(lambda found: "\ufffd" if "\ud800" <= found[0] <= "\udfff" else "", text)


def template_text(text: str, templates: Templates) -> str:
    """Return plain words for another program's templates, safe as HTML text and in quoted attributes.

    ``templates`` says what these do with a value. ``escape``: they escape it, so it stays as it is; but many themes
    read titles as Markdown, so that what would begin a tag, a link or a shortcode there is parted by U+2060, which is
    not shown.
    ``mixed``: some print it as it is, some escape it, some decode it first; no way of escaping is right for all.
    Angle brackets and quotes become the signs that look most like them, and character references are parted.
    """
    text = printable(text)
    if templates == "mixed":
        text = _OPENING_QUOTE.sub(lambda found: "“" if found[1] == '"' else "‘", text).translate(_LOOKALIKES)
        text = _REFERENCE.sub(_part_reference, text)
    elif "<" in text:
        text = _TAG_START.sub("<" + _JOINER, text)
    return _MARKDOWN_PAIR.sub(lambda found: found[0] + _JOINER, text)


def _part_reference(found: re.Match[str]) -> str:
    return found[0] if html.unescape(found[0]) == found[0] else f"&{_JOINER}{found[0][1:]}"


def template_address(address: str) -> str:
    """Return an address for another program's templates, safe in attributes; empty where it may not be written."""
    allowed = safe_address(printable(address))
    if not allowed:
        return ""
    return _RESERVED_IN_ADDRESSES.sub(lambda found: quote(found[0], safe=""), allowed)


# ---- Addresses ----


def hide_values(model: str) -> str:
    """Return the tag of a model that nobody here knows as a reader may see it: its parameters' names, not their values.

    ``<formulaire|contact|email=anne@example.org>`` is ``<formulaire|contact|email=…>``. What a plugin reads there may
    be personal; of values those of at most four letters or digits stay: sizes, ``oui``, ``left``.
    """
    name, *parameters = model.strip().removesuffix(">").split("|")
    return "|".join([name, *[_PARAMETER_VALUE.sub("…", parameter) for parameter in parameters]]) + ">"


def safe_address(address: str) -> str | None:
    """Return an address as it may be written, or None where it may not be.

    Allowed are http, https, mailto, ftp, tel and relative addresses. It is judged as a browser would read
    it and once more decoded, so that ``java&#10;script:`` and ``javascript%3A`` are what they look like.
    """
    address = address.strip(_EDGES)
    if _IGNORED_IN_ADDRESSES.search(address):
        address = _IGNORED_IN_ADDRESSES.sub("", address)
    scheme = _SCHEME.match(address)
    if scheme:
        return address if scheme[1].lower() in SCHEMES else None
    if _COLON_FIRST.match(address):
        # No relative address may have a colon there (RFC 3986, 4.2), and not every reader takes it for one.
        return None
    if ":" not in address and "%" not in address and "&" not in address:
        return address
    decoded = address
    for _ in range(2):
        decoded = html.unescape(unquote(decoded))
    hidden = _SCHEME.match(_INVISIBLE.sub("", decoded))
    return None if hidden and hidden[1].lower() not in SCHEMES else address


def is_video(address: str) -> bool:
    """Tell whether an address is a known video host's, over https."""
    try:
        parts = urlsplit(address.strip(_EDGES))
    except ValueError:
        return False
    return parts.scheme == "https" and lower_ascii(parts.netloc) in VIDEO_HOSTS


class Policy(Struct, frozen=True):
    """Which raw HTML is allowed: elements, and attributes by element (``*``: on all); ``has_aria``: aria-… on all."""

    tags: frozenset[str]
    attributes: Mapping[str, frozenset[str]]
    has_aria: bool = True

    def allows(self, tag: str, name: str, value: str) -> bool:
        """Tell whether an attribute may stand on an element with that value."""
        if name in self.attributes.get(tag, ()):
            if name in ("href", "cite"):
                return safe_address(value) is not None
            if name == "src":
                return is_video(value) if tag == "iframe" else safe_address(value) is not None
            return name != "target" or value == "_blank"
        return name in self.attributes["*"] or (self.has_aria and _ARIA.fullmatch(name) is not None)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INLINE_TAGS = _words(
    """a abbr acronym b bdi bdo big br cite code del dfn em font i img ins kbd mark q rp rt ruby s samp small span
    strike strong sub sup time tt u var wbr"""
)
_BLOCK_TAGS = _words(
    """address article aside blockquote caption center col colgroup dd details div dl dt fieldset figcaption figure
    footer h1 h2 h3 h4 h5 h6 header hgroup hr legend li main nav ol p pre section summary table tbody td tfoot th
    thead tr ul"""
)
# What SPIP leaves in the page when it cannot read one of its own tags; unknown to browsers, so without effect.
SPIP_TAGS = _words("cadre intro multi poesie poetry quote")
_ATTRIBUTES = {
    "*": _words("class dir id lang role title"),
    "a": _words("href hreflang name rel target type"),
    "bdo": _words("dir"),
    "blockquote": _words("cite"),
    "col": _words("align span valign width"),
    "colgroup": _words("align span valign width"),
    "del": _words("cite datetime"),
    "details": _words("open"),
    "div": _words("align"),
    "font": _words("color face size"),
    "h1": _words("align"),
    "h2": _words("align"),
    "h3": _words("align"),
    "hr": _words("align size width"),
    "img": _words("align alt height loading src width"),
    "ins": _words("cite datetime"),
    "li": _words("value"),
    "ol": _words("reversed start type"),
    "p": _words("align"),
    "q": _words("cite"),
    "quote": _words("cite"),
    "table": _words("align border summary width"),
    "td": _words("abbr align colspan headers rowspan scope valign width"),
    "th": _words("abbr align colspan headers rowspan scope valign width"),
    "time": _words("datetime"),
    "tr": _words("align valign"),
    "ul": _words("type"),
}
_FRAME_ATTRIBUTES = _words("allowfullscreen height loading src title width")

ARTICLE = Policy(_INLINE_TAGS | _BLOCK_TAGS | SPIP_TAGS, _ATTRIBUTES)
ARTICLE_WITH_EMBEDS = Policy(ARTICLE.tags | {"iframe"}, {**_ATTRIBUTES, "iframe": _FRAME_ATTRIBUTES})
COMMENT = Policy(
    _words("del ins q"),
    {"*": _words("lang title"), "del": _words("cite"), "ins": _words("cite"), "q": _words("cite")},
    has_aria=False,
)
TITLE = Policy(_INLINE_TAGS | SPIP_TAGS, _ATTRIBUTES)
# Beyond the authors' HTML, what the converters themselves write.
_WRITTEN = ARTICLE_WITH_EMBEDS


def check_sanitizer(name: Any) -> Sanitizer:
    """Return the name of a sanitiser. Raises ValueError, which names the choices, for what is not one."""
    if name in _SANITIZERS:
        return name  # type: ignore[no-any-return]
    raise ValueError(f"sanitizer {name!r} is unknown: choose {' or '.join(_SANITIZERS)}")


def clean(markup: str, sanitizer: Sanitizer = "nh3") -> str:
    """Return HTML of a converter with everything removed that the policy does not allow: the second lock.

    It is idle as long as the converters are right. Raises ImportError where the sanitiser is not installed.
    """
    cleaned = _cleaner(sanitizer)(markup)
    # Parsers drop a newline right behind the tag, and sanitisers do not write it again.
    return _PRE_NEWLINE.sub(r"\g<0>\n", cleaned) if "<pre" in cleaned else cleaned


_PRE_NEWLINE = re.compile(r"<pre(?: [^<>]*)?>(?=\n)")
# nh3 takes time in the square of the references in one text or attribute, and of the characters whose first byte is
# that of a no-break space (U+00A1 to U+00BF). So it is handed one character for each, out of those that no text holds.
_STAND_INS = dict(zip(("&amp;", "&lt;", "&gt;", "&nbsp;", "&quot;"), "\x01\x02\x03\x04\x05", strict=True)) | {
    chr(0xA0 + number): chr(0xFDD0 + number) for number in range(1, 0x20)
}
_SHORT = 2_000
_VALUES = {ord(stand_in): html.unescape(original) for original, stand_in in _STAND_INS.items()}


@cache
def _cleaner(sanitizer: Sanitizer) -> Callable[[str], str]:
    if sanitizer == "bleach":
        return _bleach_cleaner()
    import nh3

    def judge(tag: str, name: str, value: str) -> str | None:
        return value if _WRITTEN.allows(tag, name, value) else None

    attributes = {tag: set(names) for tag, names in _WRITTEN.attributes.items()}

    def judge_tame(tag: str, name: str, value: str) -> str | None:
        return value if judge(tag, name, _restore_values(value)) is not None else None

    cleaner = nh3.Cleaner(
        tags=set(_WRITTEN.tags),
        attributes=attributes,
        attribute_filter=judge_tame,
        generic_attribute_prefixes={"aria-"},
        url_schemes=set(SCHEMES),
        link_rel=None,
    )

    def clean_with_nh3(markup: str) -> str:
        if len(markup) < _SHORT:
            return cleaner.clean(markup)
        markup = replace_controls(markup)
        for original, stand_in in _STAND_INS.items():
            markup = markup.replace(original, stand_in)
        markup = cleaner.clean(markup)
        for original, stand_in in _STAND_INS.items():
            markup = markup.replace(stand_in, original)
        return markup

    return clean_with_nh3


def _restore_values(value: str) -> str:
    """Return an attribute's value with the characters that stand-ins stand for."""
    return value if value.isascii() and value.isprintable() else value.translate(_VALUES)


def _bleach_cleaner() -> Callable[[str], str]:
    try:
        import bleach
    except ModuleNotFoundError as fault:
        raise ImportError('the sanitizer "bleach" is not installed: pip install "spipconv[bleach]"') from fault
    cleaner = bleach.Cleaner(
        tags=_WRITTEN.tags,
        attributes=_WRITTEN.allows,
        protocols=SCHEMES,
        strip=True,
        strip_comments=True,
    )

    def clean_with_bleach(markup: str) -> str:
        return str(cleaner.clean(markup))

    return clean_with_bleach


def filter_attributes(
    policy: Policy, tag: str, attributes: Iterable[tuple[str, str]]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the attributes that a policy allows on an element, ``MAX_ATTRIBUTES`` at the most, and the names of the
    others.
    """
    kept: list[tuple[str, str]] = []
    refused: list[str] = []
    for name, value in attributes:
        if len(kept) < MAX_ATTRIBUTES and policy.allows(tag, name, value):
            kept.append((name, value))
        else:
            refused.append(name)
    return tuple(kept), tuple(refused)
