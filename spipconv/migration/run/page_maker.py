"""Make one page: from the working database to its file, in this process or in a worker."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import starmap
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from spipconv.migration.output import redirects
from spipconv.migration.output.manifest import Entry, Journal, OutputManifest
from spipconv.migration.output.output import Output
from spipconv.migration.output.redirection import redirection
from spipconv.migration.pages.content import Content, MadePage
from spipconv.migration.pages.kept_words import count_words
from spipconv.migration.pages.page import Page
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.read.raw_texts import raw_path, raw_text
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.migration.run.options import MigrationOptions, PageKey
from spipconv.migration.run.workers import begin_object
from spipconv.migration.target import with_spaces
from spipconv.migration.writers.files import File
from spipconv.migration.writers.pages import has_place, write
from spipconv.nodes import Document
from spipconv.settings import read_typography
from spipconv.system.files import fingerprint


class PageResult(Struct, frozen=True):
    """A finished page: its entry, whether its user's file was left in place, and, for a single file, its text.

    ``is_failed``: there is no page, because an internal error stopped it. ``has_place``: the target has a place for it.
    """

    entry: Entry
    is_kept: bool = False
    text: str = ""
    is_failed: bool = False
    has_place: bool = True


class MakerArguments(Struct, frozen=True):
    """The arguments of a page maker: the working database, the manifest of earlier runs, the output folder, options.

    ``digest`` is the digest of everything that pages share.
    """

    database: Path
    earlier: Path
    out: Path
    options: MigrationOptions
    digest: str


class PageMaker:
    """Makes and writes pages."""

    def __init__(self, arguments: MakerArguments) -> None:
        options, out = arguments.options, arguments.out
        self._target = with_spaces(options.target, read_typography(options.typography)[1])
        self._database = WorkingDatabase(arguments.database)
        self._content = make_content(self._database, options)
        self._is_dry = options.dry_run
        self._is_resumed, self._digest = options.resume, arguments.digest
        self._manifest = OutputManifest(arguments.earlier)
        self._output: Output | None = None
        if not options.dry_run:
            # Every process has a journal of its own.
            self._output = Output(out, self._manifest, Journal(out, str(os.getpid())), force=options.force)

    def close(self) -> None:
        """Close all files."""
        self._database.close()
        self._manifest.close()
        if self._output:
            self._output.close()

    def make_all(self, keys: Sequence[PageKey]) -> Iterator[PageResult]:
        """Write several pages, and yield their results."""
        self._content.take(key[:2] for key in keys)
        return map(self.make, keys)

    def make(self, key: PageKey) -> PageResult:
        """Write a page, unless nothing has changed since an earlier run wrote it.

        An internal error stops only this page, and the result says so.
        """
        begin_object()
        if self._is_dry:
            return self._check(key)
        try:
            known, source = self._known(key)
            if known is None:
                made, text = self._written(self._content.make(*key))
                words = self._count_words(made, text)
        except Exception as error:
            if stops_the_run(error):
                raise
            return fail_page(self._database, self._output, key, describe_error(error))
        if known is not None and self._output:
            self._output.note(known)
            return PageResult(known)
        for kind, number in made.failures:
            _keep_raw(self._database, self._output, kind, number)
        page = made.page
        messages = self._messages(page)
        entry = Entry(
            entry_name(key), "" if made.failures else source, page.address, {}, made.issues, words, messages, page.terms
        )
        if isinstance(text, str):
            return PageResult(entry, text=text, has_place=has_place(page, self._target))
        entry = replace(entry, files={file.path: fingerprint(file.content) for file in text})
        output = self._output
        are_put = [output is None or output.put(file.path, file.content, entry) for file in text]
        return PageResult(entry, is_kept=not all(are_put))

    def _check(self, key: PageKey) -> PageResult:
        """Return the result for a page that is not to be written: its issues and the number of its messages."""
        try:
            made = self._content.make(*key)
        except Exception as error:
            if stops_the_run(error):
                raise
            return fail_page(self._database, self._output, key, describe_error(error))
        return PageResult(
            Entry(
                entry_name(key),
                page=made.page.address,
                issues=made.issues,
                messages=self._messages(made.page),
                terms=made.page.terms,
            ),
            has_place=has_place(made.page, self._target),
        )

    def _messages(self, page: Page) -> int:
        """Return how many messages the target shows: a tree has no place for those that wait for a moderator."""
        has_pending = bool(self._target.single_file)
        return sum(has_pending or not comment.is_pending for comment in page.comments)

    def write_redirects(self) -> tuple[Issue, ...]:
        """Write the redirect tables; return their issues."""
        database, feed = self._database, self._target.feed
        if self._is_dry:
            return tuple(redirects.check(database, lambda file: True))
        issues: list[Issue] = []
        tables: list[tuple[str, Iterable[str]]] = [
            ("nginx-maps.conf", redirects.nginx(database, feed)),
            ("nginx-server.conf", (redirects.NGINX_SERVER,)),
            ("htaccess", redirects.apache(database, feed)),
            ("_redirects", redirects.netlify(database, feed)),
            ("redirects.json", redirects.json_table(database)),
        ]
        if self._target.name == "wxr":
            tables.append(("redirection.csv", redirection(database)))
        for name, lines in tables:
            issues += write_lines(self._output, f"redirects/{name}", lines, database.path.with_name("redirects"))
        # Files that are missing are reported where they are copied.
        issues += redirects.check(database, lambda file: True)
        return tuple(issues)

    def _known(self, key: PageKey) -> tuple[Entry | None, str]:
        """Return the entry of an earlier run for a page, if it is still valid, and the digest of the page's source."""
        source = self._source(key)
        if not self._is_resumed or self._target.single_file or not self._output:
            return None, source
        known = self._manifest.find(entry_name(key))
        is_so = known and known.source == source and all(starmap(self._output.has, known.files.items()))
        return known if is_so else None, source

    def _source(self, key: PageKey) -> str:
        """Return the digest of everything that a page is made from."""
        digest = hashlib.sha256(f"{self._digest} {key}".encode())
        for row in self._content.rows_of(key[0], key[1]):
            digest.update("\0".join(map(str, row)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:32]

    def _count_words(self, made: MadePage, text: str | tuple[File, ...]) -> tuple[int, int]:
        if not self._target.counts_words:
            return 0, 0
        return count_words(made.sources, text if isinstance(text, str) else text[0].content.decode())

    def _write(self, page: Page) -> str | tuple[File, ...]:
        return write(page, self._content.site, self._target)

    def _written(self, made: MadePage) -> tuple[MadePage, str | tuple[File, ...]]:
        """Return a page as its target writes it, without messages that an error stops."""
        try:
            return made, self._write(made.page)
        except Exception as error:
            if stops_the_run(error) or not made.page.comments:
                raise
            sound = self._without_failing_comments(made)
            if sound is made:
                raise
            return sound, self._write(sound.page)

    def _without_failing_comments(self, made: MadePage) -> MadePage:
        """Return a page without the messages that cannot be written; the same page if all of them can."""
        issues, stopped = [*made.issues], dict[int, int]()
        empty = replace(made.page, body=Document(()))
        for comment in made.page.comments:
            try:
                self._write(replace(empty, comments=(replace(comment, parent=0, depth=0),)))
            except Exception as error:
                stopped[comment.number] = comment.parent
                address = f"{made.page.address}#forum{comment.number}"
                issues.append(
                    failure_issue("forum", comment.number, describe_error(error), field="texte", page=address)
                )
        if not stopped:
            return made
        comments = [
            replace(comment, parent=_nearest(comment.parent, stopped))
            for comment in made.page.comments
            if comment.number not in stopped
        ]
        failures = (*made.failures, *[("forum", number) for number in stopped])
        return MadePage(replace(made.page, comments=tuple(comments)), tuple(issues), made.sources, failures)


def make_content(database: WorkingDatabase, options: MigrationOptions) -> Content:
    """Return what makes the pages of a site, as the options of a migration say."""
    target = options.target
    return Content(
        database,
        ImgFolder(options.img),
        has_lists=not target.has_lists,
        has_figures=not target.has_theme,
        peertube=options.peertube,
        plugins=options.plugins,
        typography=read_typography(options.typography)[0],
        extensions=options.extensions,
        raw_format=target.raw_format,
        only_issues=options.dry_run,
    )


def entry_name(key: PageKey) -> str:
    """Return the name of a page in the manifest."""
    return "/".join(map(str, key))


def fail_page(database: WorkingDatabase, output: Output | None, key: PageKey, detail: str) -> PageResult:
    """Return the result for a page that an internal error stopped; its raw text is kept."""
    kind, number, language = key
    _keep_raw(database, output, kind, number)
    page = database.db.execute(
        "SELECT address FROM pages WHERE kind = ? AND number = ? AND language = ?", (kind, number, language)
    ).fetchone()
    issue = failure_issue(kind, number, detail, page=page[0] if page else "")
    return PageResult(Entry(entry_name(key), issues=(issue,)), is_failed=True)


def write_lines(output: Output | None, path: str, lines: Iterable[str], spool: Path) -> list[Issue]:
    """Write a file that may be too large for memory, through ``spool``; without an output, only produce its lines.

    Returns the issue of a file that its user changed, which is left as it is.
    """
    if output is None:
        deque(lines, 0)
        return []
    with open(spool, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(lines)
    return [] if output.put_file(path, spool) else [Issue("user-file-kept", detail=path)]


def _keep_raw(database: WorkingDatabase, output: Output | None, kind: str, number: int) -> None:
    if output and (text := raw_text(database, kind, number)):
        output.put(raw_path(kind, number), text.encode("utf-8", "replace"))


def _nearest(number: int, stopped: Mapping[int, int]) -> int:
    """Return the nearest message above that is shown, or 0."""
    seen: set[int] = set()
    while number in stopped and number not in seen:
        seen.add(number)
        number = stopped[number]
    return number if number not in stopped else 0
