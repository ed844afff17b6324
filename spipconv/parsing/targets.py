"""Link targets (``art12``, ``https://…``, ``#ancre``, ``anne@example.org``): they come in; address, kind and text go
out.
"""

from __future__ import annotations

import re
from typing import Final

from spipconv.characters import percent_encode
from spipconv.languages import CODES, author_title
from spipconv.media_types import media_type
from spipconv.nodes import LinkKind
from spipconv.objects import KINDS, Resolver, SpipObject, find_object, find_translation, sort_number
from spipconv.parsing.tooltips import remove_marks
from spipconv.parsing.typography import NO_BREAK_SPACE, decode_entities

# The language of an author is that of the pages that they write, not that of their page.
_WITH_LANGUAGE: Final = frozenset({"article", "rubrique", "breve", "site"})
_BAR: Final = re.compile(r"\||\[[^\]]*\]?")
_LANGUAGE: Final = re.compile(r"\{([a-z_]*)\}\Z")
_OBJECT: Final = re.compile(r"(\w*?)\s*([0-9]{1,18})(?:\?([^#]*))?(#\S*)?", re.ASCII)
_ELSEWHERE: Final = re.compile(r"https?:|ftp:|tel:", re.IGNORECASE | re.ASCII)
_MAIL: Final = re.compile(r"[^\s@:/?#]+@[^\s@:/?#]+")
_BRACES_AT_END: Final = re.compile(r"\{[^{}]*\}\s*\Z")
_ASCII_WORD: Final = re.compile(r"\w", re.ASCII)
_PROTOCOL: Final = re.compile(r"(https?):/+", re.IGNORECASE | re.ASCII)
_HOST: Final = re.compile(r"\A(https?://)([^/?#:@\x00-\x20]*[^\x00-\x7f/?#:@][^/?#:@\x00-\x20]*)")
_LONGEST_HOST: Final = 253
# What the sanitiser of SPIP's forums leaves in addresses.
_KEPT_IN_COMMENTS: Final = "!#$%&'()*+,/:;=?@[]~"
_ENCODED_IN_COMMENTS: Final = re.compile(rf"[^\w.{re.escape(_KEPT_IN_COMMENTS)}-]", re.ASCII)
_SPACES: Final = re.compile(r"\s+")
# An address that is its own text is shortened as in SPIP: lengths are in bytes.
_LONGEST_TEXT: Final = 40
_SHORTENED_TEXT: Final = 35


class Target:
    """Where a link leads.

    ``text`` is the text of the link if the author gives none. If ``is_markup``, it is a title in SPIP markup, otherwise
    plain text. ``problem`` is the code of a diagnostic, or empty.
    """

    __slots__ = ("address", "is_markup", "kind", "language", "media_type", "problem", "text")

    def __init__(
        self,
        address: str,
        kind: LinkKind,
        text: str,
        is_markup: bool = False,
        language: str = "",
        media_type: str = "",
        problem: str = "",
    ) -> None:
        self.address = address
        self.kind = kind
        self.text = text
        self.is_markup = is_markup
        self.language = language
        self.media_type = media_type
        self.problem = problem

    @property
    def shows_address(self) -> bool:
        """Return whether the default text of the link is its address."""
        return not self.is_markup and self.kind not in ("internal", "site", "missing")


def split_text(text: str, masked: str, current: str) -> tuple[int, str, str]:
    """Split ``text|title{lang}`` in a text of the current language: return the length of the text, title and language.

    The masked form decides where to split. ``{}`` is the current language; a word in braces that is no language is text
    in italics; a title that is the code of a language is one too. The marks of shortcuts are removed from the title.
    """
    braces = _LANGUAGE.search(masked, max(masked.rfind("{"), 0))
    end = braces.start() if braces else len(masked)
    bar = _find_bar(masked, max(masked.rfind("<", 0, end), masked.rfind(">", 0, end)) + 1, end)
    language = ""
    if braces:
        language = braces[1] or current
        if language not in CODES and braces[1]:
            language, end = "", len(masked)
    if bar < 0:
        return end, "", language
    title = text[bar + 1 : end].strip()
    if not braces and title in CODES:
        language = title
    return bar, remove_marks(title), language


def _find_bar(text: str, start: int, end: int) -> int:
    """Return where the first bar is that is in no brackets; -1 if there is none."""
    for match in _BAR.finditer(text, 0, end):
        if match.start() >= start and match[0] == "|":
            return match.start()
    return -1


def read_target(target: str, language: str, wanted: str, resolver: Resolver | None) -> Target:
    """Return what a target means in a text of a language. ``wanted`` is the language that the link asks for."""
    target = decode_entities(target.strip().removeprefix(">").strip())
    if target.startswith(("http://", "https://")):
        return _read_page(target, wanted, resolver)
    match = _OBJECT.fullmatch(target)
    # SPIP knows messages of forums, but they have no pages.
    if match and match[1] != "forum":
        if match[1] in KINDS:
            return _read_object(match, language, wanted, resolver, target)
        item = find_object(resolver, match[1], int(match[2])) if resolver else None
        if item and item.address:
            # Plugins add types.
            title = sort_number(item.title)[1] or f"{match[1]} {match[2]}"
            return Target(_complete(item.address, match), "internal", title, True, "")
        # A type that SPIP does not know has plain addresses, too.
        problem = "object-not-found" if resolver else "object-unresolved"
        address = _complete(f"spip.php?{match[1]}{match[2]}", match)
        return Target(address, "missing", f"{match[1]} {match[2]}", language=wanted, problem=problem)
    if target.startswith("#"):
        return Target(target, "anchor", target, language=wanted)
    if _MAIL.fullmatch(target):
        return Target("mailto:" + target, "mail", _shorten(target), language=wanted)
    if target[:7].lower() == "mailto:":
        return Target(target, "mail", _shorten(target), language=wanted)
    return _read_page(target, wanted, resolver)


def plain_target(kind: str, number: int, language: str) -> Target:
    """Return SPIP's plain address of an object that was not found, with a name in place of its title."""
    name = f"{author_title(language)} : {number}" if kind == "auteur" else f"{kind} {number}"
    return Target(f"spip.php?{kind}{number}", "missing", name)


def read_address(typed: str, is_french: bool, resolver: Resolver | None) -> tuple[str, str, LinkKind]:
    """Return the address, the text and the kind of a bare address in a text, which may lack a slash or its protocol.

    French typography reaches into the address, but not into its text.
    """
    match = _PROTOCOL.match(typed)
    words = f"{match[1]}://{typed[match.end() :]}" if match else typed
    address = words if match else "http://" + words
    if is_french:
        address = address.replace("»", NO_BREAK_SPACE + "»").replace("«", "«" + NO_BREAK_SPACE)
    site = resolver.site_address if resolver else ""
    kind: LinkKind = "relative" if site and address.startswith(site) else "external"
    return decode_entities(address), decode_entities(words), kind


def encode_in_comment(address: str) -> str:
    """Return an address as SPIP's forums show it: with every character beyond ASCII encoded, in its host as in DNS."""
    if not _ENCODED_IN_COMMENTS.search(address):
        return address
    return percent_encode(_HOST.sub(_encode_host, address), _KEPT_IN_COMMENTS)


def _encode_host(match: re.Match[str]) -> str:
    if len(match[2]) > _LONGEST_HOST:
        return match[0]
    try:
        return match[1] + match[2].encode("idna").decode("ascii")
    except UnicodeError:
        return match[0]


def read_glossary(markup: str, language: str) -> tuple[str, str, str] | None:
    """Return the term, the title and the address of ``[?term|title]``, or None.

    SPIP reads no term without a letter, digit or underscore of ASCII.
    """
    words, _, title = _BRACES_AT_END.sub("", markup[1:-1].lstrip("?")).partition("|")
    term, _, detail = words.partition("#")
    term = term.strip()
    page = _SPACES.sub("_", decode_entities(term))
    if not _ASCII_WORD.search(term):
        return None
    # Whatever language the caller gives, the address must stay on Wikipedia.
    edition = language.partition("_")[0] if language in CODES else "en"
    address = f"https://{edition}.wikipedia.org/wiki/{percent_encode(page)}"
    return term, decode_entities((title or detail).strip()), address


def document_address(document: SpipObject) -> str:
    """Return the address of a document's file."""
    return document.address or "IMG/" + document.file


def _shorten(address: str) -> str:
    encoded = address.encode()
    if len(encoded) <= _LONGEST_TEXT:
        return address
    return encoded[:_SHORTENED_TEXT].decode("utf-8", "ignore") + "..."


def _read_object(match: re.Match[str], language: str, wanted: str, resolver: Resolver | None, target: str) -> Target:
    kind, number = KINDS[match[1]], int(match[2])
    item = find_object(resolver, kind, number) if resolver else None
    translation = None
    if item and wanted and resolver and kind == "article":
        # Other objects have no translations: to SPIP they are in all languages what they are in their own.
        translation = find_translation(resolver, item, wanted)
    if item is None:
        if resolver and kind == "document":
            return Target(target, "relative", target, language=wanted, problem="object-not-found")
        plain = plain_target(kind, number, language)
        problem = "object-not-found" if resolver else "object-unresolved"
        # Without a resolver nobody knows the object's language but the author.
        unknown = "" if resolver else wanted
        return Target(_complete(plain.address, match), plain.kind, plain.text, language=unknown, problem=problem)
    if kind == "document":
        kind_of_file = media_type(item.extension)
        title = item.title.strip() or item.file
        return Target(document_address(item), "internal", title, True, "", kind_of_file)
    item = translation or item
    own = f"spip.php?{kind}{item.number}"
    # SPIP finds a translation without what follows the number.
    address = item.address or own if translation else _complete(item.address or own, match)
    has_other = translation or (item.language != language and kind in _WITH_LANGUAGE)
    other = item.language if has_other else ""
    title = sort_number(item.title)[1] or f"{kind} {item.number}"
    if match[1] == "syndic":
        # The page about the site, not the site.
        return Target(_complete(own, match), "internal", title, True, other)
    return Target(address, "site" if kind == "site" else "internal", title, True, other)


def _read_page(target: str, wanted: str, resolver: Resolver | None) -> Target:
    address = "https://" + target if target[:4].lower() == "www." else target
    site = resolver.site_address if resolver else ""
    is_elsewhere = _ELSEWHERE.match(address) and not (site and address.startswith(site))
    return Target(address, "external" if is_elsewhere else "relative", _shorten(target), language=wanted)


def _complete(address: str, match: re.Match[str]) -> str:
    arguments, anchor = match[3] or "", match[4] or ""
    if arguments:
        address += ("&" if "?" in address else "?") + arguments
    return address + anchor
