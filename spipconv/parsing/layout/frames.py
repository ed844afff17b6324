"""Frames, objects and players of other sites in a text: each is its host's player, or a link to what it showed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spipconv.characters import percent_decode
from spipconv.nodes import Link, LinkKind, Node, Player, Text
from spipconv.parsing.html_tags import Tag, read_tag
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Protected, Scan, mask
from spipconv.players import find_player
from spipconv.safety import replace_controls, safe_address

# Tags, which may go over several lines here; what is between them, browsers show only in place of a frame. An
# expression that begins with "<" is found quickly.
_FRAME: Final = re.compile(
    r"<(?<!\\<)(?P<end>/?)(?P<name>embed|iframe|object)(?:[ \t\n/][^<>]*)?>", re.IGNORECASE | re.ASCII
)
# Parts of an object that are no words: sources, and the comments that hide them from some browsers.
_PART: Final = re.compile(r"</?(?:param|embed)(?:[ \t\n/][^<>]*)?>|<![^<>]*>|<!--|-->", re.IGNORECASE | re.ASCII)
# The parameters of a Flash player or an object that say what it shows.
_PARAMETERS: Final = frozenset({"data", "filename", "movie", "src", "url"})
# Elements that show something from another address, and the attribute that holds it.
_SOURCES: Final = {"audio": "src", "embed": "src", "iframe": "src", "object": "data", "source": "src", "video": "src"}
_MEDIA: Final = frozenset({"audio", "video"})
_SIZE: Final = re.compile(r"[0-9]{1,4}")
_LONGEST_WORDS: Final = 60


def mark_frames(scan: Scan) -> None:
    """Mark the frames and objects of a text; nothing in them is read as SPIP's."""
    if not _FRAME.search(scan.masked):
        return
    marks = list(find_frames(scan.source.text, scan.masked, 0, len(scan.masked)))
    if marks:
        scan.masked = mask(scan.masked, marks)
        scan.protected = {**scan.protected, **{start: part for start, _, part in marks}}


def find_frames(text: str, masked: str, first: int, last: int) -> Iterator[tuple[int, int, Protected]]:
    """Yield the frames and objects between two offsets of a text: where each starts and ends, and its content.

    Frames hold no frames: one that is not closed before the next has no content.
    """
    opening: re.Match[str] | None = None
    for match in _FRAME.finditer(masked, first, last):
        if match["name"].lower() == "embed":
            # Within an object, it is another form of the same.
            if opening is None and not match["end"]:
                yield _part(text, match, match.end(), match.end())
        elif match["end"]:
            if opening is not None and opening["name"].lower() == match["name"].lower():
                yield _part(text, opening, match.start(), match.end())
                opening = None
        elif opening is None or opening["name"].lower() == "iframe" or match["name"].lower() == "iframe":
            if opening is not None:
                yield _part(text, opening, opening.end(), opening.end())
            opening = match
    if opening is not None:
        yield _part(text, opening, opening.end(), opening.end())


def _part(text: str, opening: re.Match[str], content_end: int, end: int) -> tuple[int, int, Protected]:
    name = opening["name"].lower()
    part = Protected(name, text[opening.start() : opening.end()], opening.end(), content_end)
    return opening.start(), end, part


def read_frame(writer: TextWriter, part: Protected, start: int, end: int) -> Node | None:
    """Return what a frame or an object becomes: its player, a link, the name of its host, or nothing."""
    return _read_sources(writer, _tags_of(writer, part), start, end, part.opening)


def _tags_of(writer: TextWriter, part: Protected) -> list[Tag]:
    """Return the tags that may name what is shown."""
    tags = [read_tag(part.opening)]
    if part.kind == "object":
        tags += [read_tag(match.group()) for match in _PART.finditer(writer.text, part.start, part.end)]
    return tags


def is_player(writer: TextWriter, part: Protected) -> bool:
    """Return whether a frame or an object becomes a player."""
    return any(make_player(writer, _address_of(tag), {}, 0, 0) for tag in _tags_of(writer, part))


def find_fallback(writer: TextWriter, part: Protected) -> list[tuple[int, int]]:
    """Return where an object holds words, which browsers show if they cannot show the object."""
    if part.kind != "object":
        return []
    edges = [
        part.start,
        *[edge for m in _PART.finditer(writer.text, part.start, part.end) for edge in m.span()],
        part.end,
    ]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in pairs if not writer.text[start:end].isspace() and start < end]


def read_dropped(writer: TextWriter, tag: Tag, start: int, end: int, markup: str) -> Node | None:
    """Return what is left of a player's tag that is not allowed: a link, the name of its host, or nothing.

    A film with several sources is one link.
    """
    if tag.name in _MEDIA:
        writer.needs_source = not tag.is_end and not any(name == "src" for name, _ in tag.attributes)
    if tag.is_end or tag.name not in _SOURCES or (tag.name == "source" and not writer.needs_source):
        return None
    if tag.name == "source":
        writer.needs_source = False
    return _read_sources(writer, [tag], start, end, markup)


def make_player(writer: TextWriter, address: str, attributes: dict[str, str], start: int, end: int) -> Player | None:
    """Return the player that an address of a known host stands for, if the caller allows players."""
    settings = writer.settings
    if not settings.embeds or settings.profile != "article":
        return None
    player = find_player(address, settings.peertube)
    if player is None:
        return None
    width, height = [int(size) if _SIZE.fullmatch(size := attributes.get(name, "")) else 0 for name in _SIZES]
    place = writer.source.fields(start, end)
    return Player(player.host, player.address, player.page, attributes.get("title", ""), width, height, **place)


_SIZES: Final = ("width", "height")
_SOURCE_ATTRIBUTES: Final = ("title", *_SIZES)


def _read_sources(writer: TextWriter, tags: list[Tag], start: int, end: int, markup: str) -> Node | None:
    addresses = [address for tag in tags if (address := _address_of(tag).strip())]
    sizes = {name: value for tag in reversed(tags) for name, value in tag.attributes if name in _SOURCE_ATTRIBUTES}
    for address in addresses:
        if player := make_player(writer, address, sizes, start, end):
            return player
    addresses = [address for address in addresses if address != "about:blank"]
    if not addresses:
        writer.source.report("content-dropped", start, markup)
        return None
    writer.source.report("embed-dropped", start, markup)
    return _link(writer, addresses, start, end)


def _address_of(tag: Tag) -> str:
    attributes = dict(tag.attributes)
    if tag.name == "param":
        return attributes.get("value", "") if attributes.get("name", "").lower() in _PARAMETERS else ""
    # Scripts that load frames late keep the address apart.
    return attributes.get(_SOURCES.get(tag.name, ""), "") or attributes.get("data-src", "")


def _link(writer: TextWriter, addresses: list[str], start: int, end: int) -> Node:
    """Return a link to the page of a player or to what was framed, by the name of its host."""
    player = next((known for address in addresses if (known := find_player(address, writer.settings.peertube))), None)
    address = player.page if player else addresses[0]
    if address.startswith("//"):
        address = "https:" + address
    name = player.host if player else _name_of(address)
    place = writer.source.fields(start, end)
    words = Text(name, **place)
    allowed = safe_address(address)
    if allowed is None:
        writer.source.report("address-refused", start, address)
    if allowed is None or writer.in_raw_link or writer.pairing.is_within("a"):
        return words
    kind: LinkKind = "external" if "://" in allowed else "relative"
    return Link(allowed, (words,), kind, **place)


def _name_of(address: str) -> str:
    """Return the host of an address, or else the name of its file, or else the address."""
    # Few texts have a frame of an unknown host.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
    except ValueError:
        return address[:_LONGEST_WORDS]
    name = "" if parts.scheme else replace_controls(percent_decode(parts.path)).rstrip("/").rpartition("/")[2]
    return (parts.hostname or name or address)[:_LONGEST_WORDS]
