"""Messages of WordPress: an export (WXR) comes in, comments go out; it is read piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from spipconv.forum.moving.incoming import (
    BadImport,
    Finding,
    Incoming,
    Left,
    PageReference,
    clean_words,
    sound,
    to_seconds,
)
from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.moving.markup import from_html
from spipconv.forum.records import Status
from spipconv.migration.pages.comments import page_address

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMESPACE: Final = "{http://wordpress.org/export/"
_STATUSES: Final[Mapping[str, Status]] = {
    "1": "publie", "approve": "publie", "approved": "publie", "0": "prop", "hold": "prop", "spam": "spam",
    "trash": "off", "post-trashed": "off",
}  # fmt: skip
# Control characters, which XML forbids, and which are in real exports.
_FORBIDDEN: Final = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})
_SPIP_KEYS: Final = frozenset({"_spip_kind", "_spip_id", "_spip_lang"})
_NUMBER: Final = re.compile(r"[0-9]{1,15}")


def read_wxr(path: Path) -> Iterator[Finding]:
    """Yield the comments of an export. Raises BadImport.

    A page is known by its link, or by what ``spipconv migrate --to wxr`` has written of it.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException

    try:
        with open(path, "rb") as file:
            yield from _read(path, file)
    except ParseError as error:
        raise BadImport(f"{path}: it is not whole, or no XML: {error}; export it again") from error
    except DefusedXmlException as error:
        raise BadImport(f"{path}: it declares entities, which no export of WordPress does: not read") from error
    except OSError as error:
        raise BadImport(f"{path}: it cannot be read: {error.strerror or error}") from error


def _read(path: Path, file: IO[bytes]) -> Iterator[Finding]:
    from defusedxml.ElementTree import iterparse

    page: dict[str, str] = {}
    channel: Element | None = None
    is_export = False
    for event, element in iterparse(_Clean(file), ("start", "end"), forbid_dtd=True):
        name = element.tag.rpartition("}")[2]
        is_own = element.tag.startswith(_NAMESPACE)
        if event == "start":
            channel = element if name == "channel" and channel is None else channel
            page = {} if name == "item" else page
        elif name == "wxr_version" and is_own:
            is_export = True
        elif name == "comment" and is_own:
            fields = _fields(element)
            yield from sound(_finding(fields, page), f"comment {fields.get('comment_id', '')}")
            element.clear()
        elif name == "postmeta" and is_own:
            fields = _fields(element)
            if fields.get("meta_key") in _SPIP_KEYS:
                page[fields["meta_key"]] = fields.get("meta_value", "")
        elif name in ("link", "title") and not is_own:
            page[name] = (element.text or "").strip()
        elif name == "item" and channel is not None:
            channel.clear()
    if not is_export:
        raise BadImport(f"{path}: it is no export of WordPress (WXR)")


def _fields(element: Element) -> dict[str, str]:
    """Return the texts of an element's children, and, of a comment, what ``spipconv migrate`` has noted."""
    fields = {child.tag.rpartition("}")[2]: child.text or "" for child in element}
    for child in element:
        if child.tag.endswith("}commentmeta"):
            meta = _fields(child)
            if meta.get("meta_key") in _SPIP_KEYS:
                fields[meta["meta_key"]] = meta.get("meta_value", "")
    return fields


def _finding(fields: Mapping[str, str], page: Mapping[str, str]) -> Iterator[Finding]:
    key = fields.get("comment_id", "").strip()
    place = f"comment {key}"
    kind, parent = fields.get("comment_type", "").strip(), fields.get("comment_parent", "").strip()
    parent = "" if parent == "0" else parent
    if not _NUMBER.fullmatch(key):
        yield Left("unnumbered", place)
        return
    if kind not in ("", "comment"):
        yield Left("not-a-message", place, kind, key=key, parent=parent)
        return
    approved = fields.get("comment_approved", "").strip()
    status = _STATUSES.get(approved)
    if status is None:
        yield ImportIssue("status-unknown", place, approved)
    text = from_html(fields.get("comment_content", ""), has_lines=True)
    if text.changed:
        yield ImportIssue("markup-changed", place, ", ".join(text.changed))
    url = page_address(fields.get("comment_author_url", "").strip())
    if fields.get("comment_author_url", "").strip() and not url:
        yield ImportIssue("address-left", place, fields["comment_author_url"])
    own = fields.get("_spip_id", "")
    yield Incoming(
        key, _reference(page), place, status or "prop", clean_words(unescape(fields.get("comment_author", ""))),
        text.text, number=int(own) if _NUMBER.fullmatch(own) else 0, parent=parent, url=url,
        email=fields.get("comment_author_email", "").strip(), created=_date(fields),
    )  # fmt: skip


def _reference(page: Mapping[str, str]) -> PageReference:
    link = page.get("link", "")
    kind, number = page.get("_spip_kind", ""), page.get("_spip_id", "")
    key = f"{kind}{number}" if kind and number else ""
    return PageReference(key, link, page.get("_spip_lang", ""), link or page.get("title", ""))


def _date(fields: Mapping[str, str]) -> int:
    for name in ("comment_date_gmt", "comment_date"):
        try:
            seconds = to_seconds(datetime.fromisoformat(fields.get(name, "").strip()).replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            continue
        if seconds:
            return seconds
    return 0


class _Clean:
    """A file without the control characters that XML forbids."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Return the next piece of the file, which is empty only at its end."""
        while piece := self._file.read(size):
            if cleaned := piece.translate(None, _FORBIDDEN):
                return cleaned
        return b""
