"""The writing part of a migration: a planned working database comes in, the output folder and its report go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from spipconv.migration.output.folder import BadOutput
from spipconv.migration.output.manifest import Entry, Journal, OutputManifest, settle
from spipconv.migration.output.output import Output
from spipconv.migration.pages.page import Site
from spipconv.migration.pages.site import read_site
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.page import write_page as write_report_page
from spipconv.migration.report.report import ISSUES_FILE, MigrationReport
from spipconv.migration.run.counts import Account
from spipconv.migration.run.digest import shared_digest
from spipconv.migration.run.documents import DocumentCopier, count_remote, count_without_files, has_documents
from spipconv.migration.run.glossary_lines import GLOSSARY_FILE, glossary_lines, has_glossary, unused_terms
from spipconv.migration.run.options import MigrationOptions, PageKey, ShowProgress
from spipconv.migration.run.page_maker import MakerArguments, PageResult, make_content, write_lines
from spipconv.migration.run.page_queue import PageQueue
from spipconv.migration.run.plugin_files import PluginFiles
from spipconv.migration.run.single_file import single_file_lines, split_file_parts
from spipconv.migration.run.subjects import SubjectFinder
from spipconv.migration.run.workers import Workers, WorkersLost
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.pages import SINGLE_FILES
from spipconv.migration.writers.starters import SETTINGS, site_files
from spipconv.system.files import CannotWrite


class SiteWriter:
    """Writes a site. ``work`` is the folder for this run's own files."""

    def __init__(
        self, database: WorkingDatabase, work: Path, out: Path, options: MigrationOptions, report: MigrationReport,
        progress: ShowProgress, workers: Workers,
    ) -> None:  # fmt: skip
        self._workers = workers
        self._database, self._work, self._out, self._options = database, work, out, options
        self._report, self._progress = report, progress
        self._target = options.target
        self._img = ImgFolder(options.img)
        self._earlier = work / "earlier.sqlite"
        self._manifest = OutputManifest.load(out, self._earlier)
        earlier = self._manifest.find("target")
        if earlier and earlier.source != options.to:
            self._manifest.close()
            raise BadOutput(f"{out}: a migration to {earlier.source} is there; give another folder")
        self._output: Output | None = None
        self._queue: PageQueue | None = None
        has_pending = bool(self._target.single_file)
        # The terms of the glossary that are on some page.
        self._used: set[str] = set()
        self._account = Account(database, report, has_pending=has_pending)

    def write(self) -> None:
        """Write everything, the reports last. Raises CannotWrite, and BadOutput before anything is written."""
        self._account.begin()
        try:
            if not self._options.dry_run:
                self._begin()
            self._write_pages()
            self._copy_documents()
            self._account.finish()
            if has_glossary(self._database):
                self._finish_glossary()
            site = read_site(self._database)
            if self._output and isinstance(self._target, MarkdownTree):
                site = replace(site, comments_server=self._options.comments_server)
                for file in site_files(site, self._database, self._target):
                    self._put(file.path, file.content)
            images, has_menu = self._target.images, self._target.name in SETTINGS
            PluginFiles(self._database, site, self._report, self._put_lines, images, has_menu=has_menu).write()
            for path, text in self._database.db.execute("SELECT path, text FROM kept ORDER BY path"):
                self._put(path, text.encode("utf-8", "replace"))
            for path, file in self._database.db.execute("SELECT path, file FROM kept_files ORDER BY path"):
                if self._output and not self._output.put_file(path, Path(file)):
                    self._report.add(Issue("user-file-kept", detail=path))
            if self._output:
                self._write_report(site)
                self._finish(self._output)
        except CannotWrite:
            raise
        except OSError as error:
            raise CannotWrite(
                f"{self._out}: {error.strerror or error}: run again with --resume when put right"
            ) from error
        except WorkersLost as error:
            raise CannotWrite(
                f"{self._out}: a process was killed: run again with --resume, and --jobs 1 if memory is short"
            ) from error

    def close(self) -> None:
        """Close all files."""
        if self._queue:
            self._queue.close()
        self._manifest.close()
        if self._output:
            self._output.close()

    def _begin(self) -> None:
        """Take over the journals of a killed run, and open a journal for this run."""
        try:
            for _ in settle(self._out, self._work / "settled.sqlite", self._manifest):
                pass
            journal = Journal(self._out, "0")
        except OSError as error:
            raise BadOutput(f"{self._out}: cannot be written to: {error.strerror or error}") from error
        self._output = Output(self._out, self._manifest, journal, force=self._options.force)
        self._output.note(Entry("target", source=self._options.to))

    # ---- Pages ----

    def _write_pages(self) -> None:
        results = self._results()
        if not self._target.single_file or self._options.dry_run:
            for result in results:
                self._note(result)
            return
        texts = (self._noted_text(result) for result in results)
        writer = SINGLE_FILES[self._target.name]
        name, most = self._target.single_file, self._options.max_size
        if not most:
            self._put_lines(name, single_file_lines(writer, self._database, self._img, self._keys, texts))
            return
        stem, _, ending = name.rpartition(".")
        parts = split_file_parts(writer, self._database, self._img, self._keys, texts, most)
        for number, part in enumerate(parts, 1):
            path = f"{stem}-{number}.{ending}"
            self._put_lines(path, part)
            if part.size > most:
                self._report.add(Issue("file-too-large", detail=path))

    def _results(self) -> Iterator[PageResult]:
        """Yield the results of all pages, and show the progress."""
        total = sum(1 for _ in self._keys())
        digest = shared_digest(self._database, self._img, self._options)
        arguments = MakerArguments(self._database.path, self._earlier, self._out, self._options, digest)
        self._queue = PageQueue(self._workers, arguments, self._database, self._output)
        for done, result in enumerate(self._queue.results(self._keys(), total, self._report), 1):
            yield result
            self._progress("pages", done, total)

    def _keys(self) -> Iterator[PageKey]:
        """Yield the pages to write: all, or in a sample every n-th of a kind."""
        most = self._options.sample
        for (kind,) in self._database.db.execute("SELECT DISTINCT kind FROM pages ORDER BY kind").fetchall():
            step = 1
            if most:
                numbers = self._database.db.execute("SELECT count(DISTINCT number) FROM pages WHERE kind = ?", (kind,))
                step = max(1, -(-numbers.fetchone()[0] // most))
            count, last = -1, None
            rows = self._database.db.execute(
                "SELECT kind, number, language FROM pages WHERE kind = ? ORDER BY number, language", (kind,)
            )
            for row in rows:
                count += row["number"] != last
                last = row["number"]
                if count % step == 0:
                    yield row["kind"], row["number"], row["language"]

    def _noted_text(self, result: PageResult) -> str:
        self._note(result)
        return result.text

    def _note(self, result: PageResult) -> None:
        """Add the result for a page to the report."""
        entry = result.entry
        kind, number, language = entry.key.split("/")
        key = kind, int(number), language
        self._report.add(*entry.issues)
        if result.is_kept:
            self._report.add(Issue("user-file-kept", kind, int(number), detail=", ".join(entry.files), page=entry.page))
        if result.is_failed:
            self._account.add_failure(key)
            return
        self._used.update(entry.terms)
        self._account.add_page(key, entry.messages, has_place=result.has_place)
        if entry.words[0]:
            self._report.count_words(kind, int(number), entry.page, *entry.words)

    # ---- Everything else ----

    def _finish_glossary(self) -> None:
        """Report the terms that no page has, and write all terms beside pages that are lines of JSON."""
        content = make_content(self._database, self._options)
        options = self._options
        if not options.sample and not options.dry_run and options.selection.is_whole:
            self._report.add(*unused_terms(content, self._used))
        if self._target.single_file.endswith(".jsonl"):
            self._put_lines(GLOSSARY_FILE, glossary_lines(content))

    def _copy_documents(self) -> None:
        copier = DocumentCopier(self._img, self._output, self._target, self._report)
        if self._options.img is not None and self._options.selection.is_narrow:
            copier.copy_chosen(self._database)
        elif self._options.img is not None:
            copier.copy_all(self._database)
        elif has_documents(self._database):
            self._report.add(Issue("files-left"))
            fetched = self._account.attached() if self._target.fetches_files else ()
            count_without_files(self._database, self._report, fetched)
        count_remote(self._database, self._report)

    def _write_report(self, site: Site) -> None:
        """Write every issue, the summary for programs, and the one for people."""
        report = self._report
        try:
            find = SubjectFinder(self._database, site.address, site.language).find
            page = write_report_page(report, self._options.language, title=site.name, site=site.address, find=find)
        except Exception as error:
            if stops_the_run(error):
                raise
            report.add(failure_issue("file", 0, describe_error(error), field="report.html"))
            page = ""
        self._put_lines(ISSUES_FILE, (line.decode() for line in report.lines()))
        self._put("report.json", report.to_json())
        if page:
            self._put("report.html", page.encode("utf-8", "replace"))

    def _put_lines(self, path: str, lines: Iterable[str]) -> None:
        self._report.add(*write_lines(self._output, path, lines, self._work / "lines"))

    def _put(self, path: str, content: bytes) -> None:
        if self._output and not self._output.put(path, content):
            self._report.add(Issue("user-file-kept", detail=path))

    def _finish(self, output: Output) -> None:
        """Settle the manifest, and remove files that no page is written to any longer."""
        if self._options.img is None:
            # Without --img, the files may still exist.
            for entry in self._manifest.entries(f"{self._target.images}/"):
                output.note(entry)
        output.close()
        # What a part of a site does not have may still be there from an earlier run.
        is_partial = self._options.sample or not self._options.selection.is_whole
        earlier = self._manifest if is_partial else None
        for path, mark in settle(self._out, self._work / "now.sqlite", earlier):
            output.remove(path, mark)
