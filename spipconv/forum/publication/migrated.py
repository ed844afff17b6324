"""The pages of a migrated site: the folder of ``spipconv migrate`` comes in, its pages with a forum go out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
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
# The line of a site's settings that names the site, by what builds it.
_NAMES = {
    "hugo": ("hugo.yaml", re.compile(r"^title: .*", re.MULTILINE)),
    "jekyll": ("_config.yml", re.compile(r"^title: .*", re.MULTILINE)),
    "eleventy": ("_data/site.json", re.compile(r'^ *"title": (.*?),?$', re.MULTILINE)),
    "mkdocs": ("mkdocs.yml", re.compile(r"^site_name: .*", re.MULTILINE)),
    "pelican": ("pelicanconf.py", re.compile(r"^SITENAME = (.*)", re.MULTILINE)),
}


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


def read_name(site: Path) -> tuple[str, str]:
    """Return the title of a migrated site, as its settings say now, and its language; "": not known. Raises BadSite."""
    target = find_target(site)
    file, line = _NAMES.get(target.name if target else "", ("", None))
    title: object = ""
    match = line.search(_read_start(site, file)) if line else None
    if match and match.re.groups:
        try:
            title = ast.literal_eval(match[1])
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            title = ""
    elif match:
        title = next(iter(read_yaml(match[0]).values()), "")
    with _manifest(site) as manifest:
        language = _main_language(list(manifest.entries("")))
    return _plain(title), language


def read_migrated(site: Path) -> Iterator[SitePage]:
    """Yield the pages of a migrated site that accept messages, or have some, as their front matter says now.

    Drafts have no forum. Raises BadSite.
    """
    target = find_target(site)
    if target is None:
        raise BadSite(f"{site}: no site of spipconv migrate with a forum is there: name its folder, or a site map")
    with _manifest(site) as manifest:
        entries = list(manifest.entries(""))
    main = _main_language(entries)
    for entry in entries:
        if entry.key.count("/") == 2 and entry.page.startswith("/"):
            page = _site_page(site, entry, target, main)
            if page is not None:
                yield page


def _main_language(entries: Iterable[Entry]) -> str:
    return next((entry.key.split("/")[2] for entry in entries if entry.page == "/" and entry.key.count("/") == 2), "")


def _plain(title: object) -> str:
    """Return a title of front matter without what it needs there."""
    return " ".join(str(title or "").replace(_JOINER, "").split())


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
    title = _plain(fields.get(target.keys["title"]))
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
    text = _read_start(site, path)
    if not target.yaml:
        lines = text.partition("\n\n")[0].split("\n")
        matches = [_FIELD.fullmatch(line) for line in lines]
        return {match[1]: unescape(match[2]).strip() for match in matches if match}
    header = text.removeprefix("---\n").partition("\n---\n")[0] if text.startswith("---\n") else ""
    return read_yaml(header)


def _read_start(site: Path, path: str) -> str:
    try:
        with Folder(site).open(path) as file:
            return file.read(_LONGEST_HEADER).decode("utf-8", "replace")
    except OSError:
        return ""


@contextmanager
def _manifest(site: Path) -> Iterator[OutputManifest]:
    with TemporaryDirectory(prefix="spipconv-") as work:
        try:
            manifest = OutputManifest.load(site, Path(work) / "manifest.sqlite")
        except BadOutput as error:
            raise BadSite(str(error)) from error
        with closing(manifest):
            yield manifest
