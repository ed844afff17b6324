"""The pages of a migrated site: the folder of ``spipconv migrate`` comes in, its pages with a forum go out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

from spipconv.forum.publication.page_keys import is_key
from spipconv.forum.publication.site_pages import SitePage
from spipconv.languages import language_tag
from spipconv.migration.output.folder import BadOutput, Folder
from spipconv.migration.output.manifest import Entry, OutputManifest
from spipconv.migration.target import TREES, MarkdownTree
from spipconv.migration.writers.yaml_text import read_yaml

# Bytes of a page in which its front matter ends.
_LONGEST_HEADER = 1 << 18
_FIELD = re.compile(r"([A-Za-z_]+):[ \t]*(.*)")
_JOINER = "\N{WORD JOINER}"


class BadSite(ValueError):
    """A folder, file or address that says nothing about the pages of a site; the message is one line."""


def find_target(site: Path) -> MarkdownTree | None:
    """Return the system that a folder was migrated to; None: it is no migration to such a system.

    Raises BadSite if the folder has a record of a migration that cannot be read.
    """
    with _manifest(site) as manifest:
        entry = manifest.find("target")
    return TREES.get(entry.source) if entry else None


def wrote_file(site: Path, path: str, content: str) -> bool:
    """Return whether a migration wrote a file with this fingerprint. Raises BadSite."""
    with _manifest(site) as manifest:
        return manifest.is_ours(path, content)


def read_migrated(site: Path) -> Iterator[SitePage]:
    """Yield the pages of a migrated site that accept messages, or have some, as their front matter says now.

    Drafts have no forum. Raises BadSite.
    """
    target = find_target(site)
    if target is None:
        raise BadSite(f"{site}: no site of spipconv migrate with a forum is there: name its folder, or a site map")
    with _manifest(site) as manifest:
        entries = list(manifest.entries(""))
    main = next((entry.key.split("/")[2] for entry in entries if entry.page == "/" and entry.key.count("/") == 2), "")
    for entry in entries:
        if entry.key.count("/") == 2 and entry.page.startswith("/"):
            page = _site_page(site, entry, target, main)
            if page is not None:
                yield page


def _site_page(site: Path, entry: Entry, target: MarkdownTree, main: str) -> SitePage | None:
    kind, number, language = entry.key.split("/")
    path = next((path for path in entry.files if path.endswith(".md")), "")
    fields = _read_fields(site, path, target) if path else {}
    choice = fields.get(target.keys["comments"]) if "comments" in target.keys else None
    key = f"{kind}{number}" + ("" if language == main else f".{language_tag(language)}")
    if isinstance(choice, str) and choice not in ("", "true", "True"):
        key = choice
    if not (choice or entry.messages) or _is_draft(fields, target) or not is_key(key):
        return None
    title = " ".join(str(fields.get(target.keys["title"]) or "").replace(_JOINER, "").split())
    return SitePage(key, entry.page, title or f"{kind} {number}", language, bool(choice), entry.messages)


def _is_draft(fields: Mapping[str, object], target: MarkdownTree) -> bool:
    names = {field: target.keys.get(field, "") for field in ("draft", "published", "visibility")}
    return (
        bool(fields.get(names["draft"]))
        or fields.get(names["published"]) is False
        or fields.get(names["visibility"]) == "draft"
    )


def _read_fields(site: Path, path: str, target: MarkdownTree) -> Mapping[str, object]:
    """Return the front matter of a page; empty if there is none that can be read."""
    try:
        with Folder(site).open(path) as file:
            text = file.read(_LONGEST_HEADER).decode("utf-8", "replace")
    except OSError:
        return {}
    if not target.yaml:
        lines = text.partition("\n\n")[0].split("\n")
        matches = [_FIELD.fullmatch(line) for line in lines]
        return {match[1]: unescape(match[2]).strip() for match in matches if match}
    header = text.removeprefix("---\n").partition("\n---\n")[0] if text.startswith("---\n") else ""
    return read_yaml(header)


@contextmanager
def _manifest(site: Path) -> Iterator[OutputManifest]:
    with TemporaryDirectory(prefix="spipconv-") as work:
        try:
            manifest = OutputManifest.load(site, Path(work) / "manifest.sqlite")
        except BadOutput as error:
            raise BadSite(str(error)) from error
        with closing(manifest):
            yield manifest
