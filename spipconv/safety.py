"""Safety: all escaping, the policy on addresses, tags and attributes, and the sanitisers.

The parser uses the policy to read raw HTML, and the converters check it again before they write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple, cast, get_args

from spipconv.characters import decode_references, percent_decode, percent_encode
from spipconv.players import REFERRER_POLICY, SANDBOX, is_player

Sanitizer = Literal["nh3", "bleach"]
_SANITIZERS: Final = get_args(Sanitizer)

# Deeper markup stays text, because deep nesting makes browsers, sanitisers and recursive converters slow or fail.
MAX_DEPTH: Final = 60

# Sanitisers and browsers take quadratic time in the number of an element's attributes; no author needs so many.
MAX_ATTRIBUTES: Final = 100

# HTML elements that never have content.
VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())

# SECURITY.md says why these and no others. The first three are those that browsers load themselves.
SCHEMES: Final = frozenset({"http", "https", "ftp", "mailto", "tel", "geo", "news", "sftp", "sms", "xmpp"})
_LOADED: Final = frozenset({"http", "https", "ftp"})

# Few texts need the regular expressions that are strings: Python compiles each when it is first used.
_ARIA: Final = "aria-[a-z]+"
_COLON_FIRST: Final = re.compile(r"[^/?#:]*:")
_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_IGNORED_IN_ADDRESSES: Final = re.compile(r"[\t\n\r]")
_INVISIBLE: Final = "[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\ufeff]"
# Characters that no text may contain: XML and HTML forbid them, and the lexer and the sanitiser use some as
# marks.
NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LOWER: Final = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
# The part of a parameter to hide: the value after its "=", unless that is a single character or lines of text after a
# tag that the author forgot to close; without a "=", a parameter that contains an address or a telephone number.
_PARAMETER_VALUE: Final = (
    r"(?<==)(?!\s*[A-Za-z0-9]?\s*\Z)(?![^@]*\n[^@]*\Z)(?s:.+)|\A(?=[^=]*(?:@|://|(?:[0-9][ .-]?){6}))[^=]+\Z"
)
# A bar in a link or in a tag does not end a parameter.
_PARAMETER: Final = r"\|((?:\[[^\[\]<>]*->[^\]<>]*\]|<[^<>]*>|[^|])*)"
_EDGES: Final = "".join(map(chr, range(0x21)))


def replace_controls(text: str) -> str:
    """Return a text with U+FFFD in place of every character that no text may contain."""
    return NO_TEXT.sub("\ufffd", text)


def lower_ascii(name: str) -> str:
    """Return a name with its ASCII letters in lower case.

    Browsers compare the names of markup in this way; in Unicode, the lower case of the Kelvin sign is a k.
    """
    return name.lower() if name.isascii() else name.translate(_LOWER)


def escape_text(text: str) -> str:
    """Return text escaped for the inside of an HTML element."""
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
    """Return text escaped for an attribute value in double quotes."""
    text = escape_text(text)
    return text.replace('"', "&quot;") if '"' in text else text


# ---- Values for the templates of other programs ----

Templates = Literal["escape", "mixed"]

_REFERENCE: Final = r"&(?:#[0-9A-Za-z]+|[A-Za-z][0-9A-Za-z]*);?"
_TAG_START: Final = r"<(?=[A-Za-z/!?])"
# The middle of a Markdown link, and the start of a template tag.
_MARKDOWN_PAIR: Final = r"\](?=[(\[])|\{(?=[{%])"
_OPENING_QUOTE: Final = r"(?<![^\s(\[{‹«—–-])([\"'])(?=\S)"
_LOOKALIKES: Final = str.maketrans({"<": "‹", ">": "›", '"': "”", "'": "’", "`": "‘"})
# An address of the web or of the site, and one that browsers run.
_WEB: Final = r"(?:(?i:https?):/)?/\S*\Z"
_LINE_SPACE: Final = "[ \t\n\r\u2028\u2029]+"
_RUN: Final = r"(?i)(?:data|javascript|vbscript):"
# What shortcodes, templates and Markdown read brackets, braces and tildes as depends on what is next to them.
_BRACKET: Final = r"[\[\]{]|~(?=~)"
# An invisible character: the characters on its two sides no longer form markup.
_JOINER: Final = "\u2060"
_RESERVED_IN_ADDRESSES: Final = r"""(?i)[\s<>"'`\\{}|^\x00-\x20\x7f]|&(?=#|(?:lt|gt|quot|amp|apos)(?![a-z]))"""


def printable(text: str) -> str:
    """Return text that any XML or HTML may contain: lone surrogates become U+FFFD, other forbidden characters go."""
    if text.isprintable() and text.isascii():
        return text
    return NO_TEXT.sub(lambda match: "\ufffd" if 0xD800 <= ord(match[0]) <= 0xDFFF else "", text)


def template_text(text: str, templates: Templates) -> str:
    """Return plain words for the templates of another program, safe as HTML text and in quoted attributes.

    ``templates`` says what they do with a value. ``escape``: they escape it, so it stays as it is. But many themes read
    titles as Markdown, so the invisible U+2060 splits whatever would begin a tag, a link or a shortcode.
    ``mixed``: some print it as it is, some escape it and some decode it first, so no way of escaping suits all of them.
    Angle brackets and quotes become similar characters, and U+2060 also splits character references.
    """
    text = printable(text)
    if templates == "mixed":
        text = re.sub(_OPENING_QUOTE, lambda match: "“" if match[1] == '"' else "‘", text).translate(_LOOKALIKES)
        text = re.sub(_REFERENCE, _split_reference, text)
    elif "<" in text:
        text = re.sub(_TAG_START, "<" + _JOINER, text)
    return re.sub(_MARKDOWN_PAIR, lambda match: match[0] + _JOINER, text)


def template_value(text: str) -> str:
    """Return words for a parameter of a shortcode or a tag of another program, where they stand in quotes of any kind.

    They end neither the quotes nor the tag, and are words wherever the program prints them, as in ``template_text``;
    addresses of the web or of the site stay addresses.
    """
    text = re.sub(_LINE_SPACE, " ", printable(text)).strip()
    if re.match(_WEB, text):
        return re.sub(r"[\[\]()*]", lambda match: percent_encode(match[0]), template_address(text))
    if re.match(_RUN, text):
        text = _JOINER + text
    text = re.sub(_BRACKET, lambda match: match[0] + _JOINER, text).replace("}", _JOINER + "}")
    return template_text(text.replace("\\", "∖"), "mixed")


def _split_reference(match: re.Match[str]) -> str:
    return match[0] if decode_references(match[0]) == match[0] else f"&{_JOINER}{match[0][1:]}"


def template_address(address: str) -> str:
    """Return an address for the templates of another program, safe in attributes; empty if it is not allowed."""
    allowed = safe_address(printable(address))
    if not allowed:
        return ""
    return re.sub(_RESERVED_IN_ADDRESSES, lambda match: percent_encode(match[0]), allowed)


# ---- Addresses ----


def hide_values(model: str) -> str:
    """Return the tag of an unknown model as readers may see it: with the names of its parameters, not their values.

    ``<formulaire|contact|email=anne@example.org>`` becomes ``<formulaire|contact|email=…>``, because values may be
    personal; those of a single letter or digit stay.
    """
    name, bar, rest = model.strip().removesuffix(">").partition("|")
    parameters = [re.sub(_PARAMETER_VALUE, "…", parameter) for parameter in re.findall(_PARAMETER, bar + rest)]
    return "|".join([name, *parameters]) + ">"


def safe_address(address: str) -> str | None:
    """Return an address as it may be written, or None if it is not allowed.

    Allowed are ``SCHEMES`` and relative addresses. The address is checked as a browser reads it and again after
    decoding, so that ``java&#10;script:`` and ``javascript%3A`` are recognised.
    """
    address = address.strip(_EDGES)
    if _IGNORED_IN_ADDRESSES.search(address):
        address = _IGNORED_IN_ADDRESSES.sub("", address)
    scheme = _SCHEME.match(address)
    if scheme:
        return address if scheme[1].lower() in SCHEMES else None
    if _COLON_FIRST.match(address):
        # A relative address may not have a colon there (RFC 3986, 4.2), and some programs would see a scheme.
        return None
    if ":" not in address and "%" not in address and "&" not in address:
        return address
    decoded = address
    for _ in range(2):
        decoded = decode_references(percent_decode(decoded))
    hidden = _SCHEME.match(re.sub(_INVISIBLE, "", decoded))
    return None if hidden and hidden[1].lower() not in SCHEMES else address


def safe_source(address: str) -> str | None:
    """Return the address of a picture, a sound or a film as it may be written, or None if it is not allowed."""
    allowed = safe_address(address)
    scheme = _SCHEME.match(allowed) if allowed else None
    return None if scheme and scheme[1].lower() not in _LOADED else allowed


class Policy(NamedTuple):
    """Which raw HTML is allowed: elements, and attributes by element (``*``: on all elements).

    ``has_aria``: aria-… is allowed on all elements. ``instances`` are those of PeerTube whose players are allowed.
    """

    tags: frozenset[str]
    attributes: Mapping[str, frozenset[str]]
    has_aria: bool = True
    instances: tuple[str, ...] = ()

    def allows(self, tag: str, name: str, value: str) -> bool:
        """Return whether an element may have an attribute with that value."""
        if tag == "iframe":
            if name == "src":
                return is_player(value, self.instances)
            return name in self.attributes[tag] and value in _VALUES_OF_FRAMES.get(name, (value,))
        if name in self.attributes.get(tag, ()):
            if name in ("href", "cite"):
                return safe_address(value) is not None
            if name in ("poster", "src"):
                return safe_source(value) is not None
            return value in _VALUES_OF.get(name, (value,))
        return name in self.attributes["*"] or (self.has_aria and re.fullmatch(_ARIA, name) is not None)


# The values of attributes that may have no others: nothing is played or loaded before the reader wants it.
_VALUES_OF_FRAMES: Final = {"loading": ("lazy",), "referrerpolicy": (REFERRER_POLICY,), "sandbox": (SANDBOX,)}
_VALUES_OF: Final = {"preload": ("none",), "target": ("_blank",)}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MEDIA_TAGS: Final = _words("audio source track video")
_INLINE_TAGS: Final = _words(
    """a abbr acronym b bdi bdo big br cite code del dfn em font i img ins kbd mark q rp rt ruby s samp small span
    strike strong sub sup time tt u var wbr"""
)
_BLOCK_TAGS: Final = _words(
    """address article aside blockquote caption center col colgroup dd details div dl dt fieldset figcaption figure
    footer h1 h2 h3 h4 h5 h6 header hgroup hr legend li main nav ol p pre section summary table tbody td tfoot th
    thead tr ul"""
)
# SPIP leaves these in the page when it cannot read one of its own tags; browsers do not know them.
SPIP_TAGS: Final = _words("cadre intro multi poesie poetry quote")
_ATTRIBUTES: Final = {
    "*": _words("class dir id lang role title"),
    "a": _words("href hreflang name rel target type"),
    "audio": _words("controls loop muted preload src type"),
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
    "source": _words("src type"),
    "table": _words("align border summary width"),
    "td": _words("abbr align colspan headers rowspan scope valign width"),
    "th": _words("abbr align colspan headers rowspan scope valign width"),
    "time": _words("datetime"),
    "tr": _words("align valign"),
    # A default track would be loaded at once, from wherever its author says.
    "track": _words("kind label src srclang"),
    "ul": _words("type"),
    "video": _words("controls height loop muted playsinline poster preload src type width"),
}
_FRAME_ATTRIBUTES: Final = _words("allowfullscreen class height loading referrerpolicy sandbox src title width")

ARTICLE: Final = Policy(_INLINE_TAGS | _BLOCK_TAGS | _MEDIA_TAGS | SPIP_TAGS, _ATTRIBUTES)
COMMENT: Final = Policy(
    _words("code del hr ins pre q"),
    {"*": _words("lang title"), "del": _words("cite"), "ins": _words("cite"), "q": _words("cite")},
    has_aria=False,
)
TITLE: Final = Policy(_INLINE_TAGS | SPIP_TAGS, _ATTRIBUTES)
# The HTML that the converters may write: players besides.
_WRITTEN: Final = Policy(ARTICLE.tags | {"iframe"}, {**_ATTRIBUTES, "iframe": _FRAME_ATTRIBUTES})


def check_sanitizer(name: object) -> Sanitizer:
    """Return the name of a sanitiser. Raises ValueError, which names the choices, for any other value."""
    if name in _SANITIZERS:
        return cast("Sanitizer", name)
    raise ValueError(f"sanitizer {name!r} is unknown: choose {' or '.join(_SANITIZERS)}")


def clean(markup: str, sanitizer: Sanitizer = "nh3", instances: tuple[str, ...] = ()) -> str:
    """Return a converter's HTML without anything that the policy does not allow: the second lock.

    It should never have anything to remove. ``instances`` are those of PeerTube whose players are allowed.
    Raises ImportError if the sanitiser is not installed.
    """
    cleaned = _cleaner(sanitizer, instances)(markup)
    # Parsers drop a newline immediately after the tag, and sanitisers do not write it again.
    return _PRE_NEWLINE.sub(r"\g<0>\n", cleaned) if "<pre" in cleaned else cleaned


_PRE_NEWLINE: Final = re.compile(r"<pre(?: [^<>]*)?>(?=\n)")
# nh3 takes quadratic time in the number of character references in a text or attribute, and of characters that share
# their first byte with the no-break space (U+00A1 to U+00BF). So it is given, in place of each of them, a character
# that no text may contain.
_STAND_INS: Final = dict(zip(("&amp;", "&lt;", "&gt;", "&nbsp;", "&quot;"), "\x01\x02\x03\x04\x05", strict=True)) | {
    chr(0xA0 + number): chr(0xFDD0 + number) for number in range(1, 0x20)
}
_SHORT: Final = 2_000
_VALUES: Final = str.maketrans("\x01\x02\x03\x04\x05", '&<>\u00a0"') | {
    0xFDD0 + number: 0xA0 + number for number in range(1, 0x20)
}


@lru_cache(16)
def _cleaner(sanitizer: Sanitizer, instances: tuple[str, ...]) -> Callable[[str], str]:
    policy = _WRITTEN._replace(instances=instances)
    return _bleach_cleaner(policy) if sanitizer == "bleach" else _nh3_cleaner(policy)


def _nh3_cleaner(policy: Policy) -> Callable[[str], str]:
    import nh3

    def judge(tag: str, name: str, value: str) -> str | None:
        return value if policy.allows(tag, name, _restore_values(value)) else None

    cleaner = nh3.Cleaner(
        tags=set(policy.tags),
        attributes={tag: set(names) for tag, names in policy.attributes.items()},
        attribute_filter=judge,
        generic_attribute_prefixes={"aria-"},
        url_schemes=set(SCHEMES),
        link_rel=None,
    )

    def clean_with_nh3(markup: str) -> str:
        if len(markup) < _SHORT:
            return cleaner.clean(markup)
        if not markup.replace("\n", "").isprintable():
            markup = replace_controls(markup)
        replaced = [(original, stand_in) for original, stand_in in _STAND_INS.items() if original in markup]
        for original, stand_in in replaced:
            markup = markup.replace(original, stand_in)
        markup = cleaner.clean(markup)
        for original, stand_in in replaced:
            markup = markup.replace(stand_in, original)
        return markup

    return clean_with_nh3


def _restore_values(value: str) -> str:
    """Return an attribute's value with its stand-ins replaced by the characters they represent."""
    return value if value.isascii() and value.isprintable() else value.translate(_VALUES)


def _bleach_cleaner(policy: Policy) -> Callable[[str], str]:
    try:
        import bleach
    except ModuleNotFoundError as error:
        raise ImportError('the sanitizer "bleach" is not installed: pip install "spipconv[bleach]"') from error
    cleaner = bleach.Cleaner(
        tags=policy.tags,
        attributes=policy.allows,
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
    """Return the attributes that a policy allows on an element, at most ``MAX_ATTRIBUTES``, and the refused names."""
    kept: list[tuple[str, str]] = []
    refused: list[str] = []
    for name, value in attributes:
        if len(kept) < MAX_ATTRIBUTES and policy.allows(tag, name, value):
            kept.append((name, value))
        else:
            refused.append(name)
    return tuple(kept), tuple(refused)
