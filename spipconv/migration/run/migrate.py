"""The whole job: a source in, the files of a target out, and the report of it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from datetime import datetime
from functools import cache
from itertools import islice, starmap
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from spipconv.migration.kinds import KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.output import redirects
from spipconv.migration.output.copying import Copy, ImgFolder, plain_name
from spipconv.migration.output.folder import BadOutput, check_places
from spipconv.migration.output.manifest import Entry, Journal, OutputManifest, settle
from spipconv.migration.output.output import Output, fingerprint
from spipconv.migration.pages.content import Content, MadePage, read_site
from spipconv.migration.pages.kept_words import count_words
from spipconv.migration.pages.page import Page, Site
from spipconv.migration.plan.old_addresses import find_old_paths
from spipconv.migration.plan.plan import Plan
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.privacy import hide_emails
from spipconv.migration.read.raw_texts import raw_path, raw_text
from spipconv.migration.read.sources import open_source
from spipconv.migration.read.spip_tables import SpipReader, choose_prefix
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.page import write_page as write_report_page
from spipconv.migration.report.report import ISSUES_FILE, MigrationReport
from spipconv.migration.run.workers import Workers, WorkersLost, begin_object, spare_collector
from spipconv.migration.run.workplace import working_folder
from spipconv.migration.target import TREES, StaticFiles, TargetName, TargetSystem
from spipconv.migration.writers import json_lines as objects_json
from spipconv.migration.writers import wxr
from spipconv.migration.writers.markdown_tree import File, write_page
from spipconv.migration.writers.starters import site_files
from spipconv.nodes import Document
from spipconv.system.files import CannotWrite
from spipconv.version import VERSION

# Pages that a worker makes at a time, and how many such portions wait for each worker.
_PORTION = 32
_AHEAD = 4
# Below this number of pages, starting workers takes longer than they save; below this size of a base (in bytes)
# that is to be expected.
_FEW = 400
_SMALL = 4_000_000
# What pages show of other objects.
_SHARED = (
    "objects", "pages", "old_paths", "documents", "auteurs_liens", "mots_liens", "documents_liens", "meta",
)  # fmt: skip
_SHARED_COLUMNS = (
    "id_article, date FROM articles", "id_syndic, url_site FROM syndic", "id_forum, objet, id_objet, statut FROM forum",
)  # fmt: skip
# What WordPress has as categories, tags and authors, in the order of ``wxr.head``.
_TERMS = ("rubrique", "mot", "auteur")
_SINGLE_FILES = {"wxr": "wordpress.xml", "json": "objects.jsonl"}

Key = tuple[str, int, str]
ShowProgress = Callable[[str, int, int], None]
# What a worker is made with: the working base, what earlier runs wrote, the output folder, options, a digest.
_Arguments = tuple[Path, Path, Path, "MigrationOptions", str]
# What became of an object whose process died twice.
_T = TypeVar("_T")
_KILLED = "the process that made it died"


class MigrationOptions(Struct, frozen=True):
    """How to migrate. ``img`` is the old site's IMG folder; ``sample`` the most objects of a kind, 0: all.

    ``resume`` trusts the manifest for pages whose source is unchanged; ``force`` overwrites what the user changed;
    ``jobs`` is the number of processes. ``language`` is the report's. ``now`` parts what is published from what is
    to come; the default: nothing is to come.
    """

    to: TargetName
    prefix: str = ""
    img: Path | None = None
    dry_run: bool = False
    sample: int = 0
    resume: bool = False
    force: bool = False
    jobs: int = 1
    language: str = "en"
    now: datetime = datetime.max


class _Result(Struct, frozen=True):
    """A page that was made: its entry, whether its user's file was left in its place, and, for one file, its text.

    ``is_failed``: there is none, as an internal error stopped it.
    """

    entry: Entry
    is_kept: bool = False
    text: str = ""
    is_failed: bool = False


def migrate(
    source: str,
    out: Path,
    options: MigrationOptions,
    *,
    ask_password: Callable[[], str] | None = None,
    progress: ShowProgress = lambda step, done, total: None,
) -> MigrationReport:
    """Migrate a SPIP site (a SQLite file, a dump, ``mysql://…``) into a folder, and return what happened.

    Raises BadSource, BadTarget or CannotWrite, each with one line; the first two leave everything as it was.
    ``progress`` is told a step's name, how much of it is done, and how much there is (0: unknown).
    """
    check_places(out, options.img, source)
    try:
        return _migrate(source, out, options, ask_password, progress)
    except CannotWrite:
        raise
    except (sqlite3.OperationalError, OSError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise CannotWrite(
            f"{tempfile.gettempdir()}: {reason}: the working files of a migration are there; make room, or name another"
            " folder as TMPDIR, and run again with --resume"
        ) from error


def _migrate(
    source: str, out: Path, options: MigrationOptions, ask_password: Callable[[], str] | None, progress: ShowProgress
) -> MigrationReport:
    with ExitStack() as stack:
        work = stack.enter_context(working_folder())
        workers = stack.enter_context(closing(Workers(options.jobs)))
        report = MigrationReport()
        whole = stack.enter_context(ExitStack())
        # Closed with all else, unless it is handed over.
        whole.callback(report.close)
        opened = open_source(source, ask_password, working_folder)
        if _is_large(source):
            workers.start()
        prefix, tables = choose_prefix(opened, options.prefix)
        database = WorkingDatabase(work / "base.sqlite", is_new=True)
        with closing(database):
            reading = SpipReader(opened, database, prefix, tables)
            report.add(*reading.run(lambda rows: progress("read", rows, 0)))
            hide_emails(database)
            report.add(*Plan(database, options.now).make())
            report.add(*find_old_paths(database))
            for (what, statut), rows in reading.left.items():
                kind = KINDS_BY_TABLE[what].name if what in KINDS_BY_TABLE else what
                report.count("left", kind, rows)
                # The others are in the working base, and are counted there.
                if kind != "forum" or statut.startswith("priv"):
                    report.count("read", kind, rows)
            with closing(_Run(database, work, out, options, report, progress, workers)) as run:
                run.write()
        whole.pop_all()
        return report


class _Run:
    """The writing part of a migration."""

    def __init__(
        self, database: WorkingDatabase, work: Path, out: Path, options: MigrationOptions, report: MigrationReport,
        progress: ShowProgress, workers: Workers,
    ) -> None:  # fmt: skip
        self._workers = workers
        self._database, self._work, self._out, self._options = database, work, out, options
        self._report, self._progress = report, progress
        self._target: TargetSystem | None = TREES.get(options.to)
        self._images = self._target.images if self._target else "IMG"
        self._static = self._target.static if self._target else StaticFiles()
        self._files = ImgFolder(options.img)
        self._manifest = OutputManifest.load(out, work / "earlier.sqlite")
        earlier = self._manifest.find("target")
        if earlier and earlier.source != options.to:
            self._manifest.close()
            raise BadOutput(f"{out}: a migration to {earlier.source} is there; give another folder")
        self._output: Output | None = None
        self._last = ("", "")
        self._own_worker: _Worker | None = None

    def write(self) -> None:
        """Write everything, the reports last."""
        options, report = self._options, self._report
        self._count_objects()
        try:
            if not options.dry_run:
                self._begin()
            self._write_pages()
            self._copy_files()
            paths = self._database.db.execute("SELECT count(*) FROM old_paths").fetchone()[0]
            report.count("redirect", "paths", paths)
            site = read_site(self._database)
            if self._target:
                for file in site_files(site, self._database, self._target):
                    self._put(file.path, file.content)
            for path, text in self._database.db.execute("SELECT path, text FROM kept ORDER BY path"):
                self._put(path, text.encode("utf-8", "replace"))
            self._write_report(site)
            if self._output:
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
        """Close what is open."""
        if self._own_worker:
            self._own_worker.close()
        self._manifest.close()
        if self._output:
            self._output.close()

    def _begin(self) -> None:
        """Take over what a killed run left, and open this run's journal."""
        try:
            for _ in settle(self._out, self._work / "settled.sqlite", self._manifest):
                pass
            journal = Journal(self._out, "0")
        except OSError as error:
            raise BadOutput(f"{self._out}: cannot be written to: {error.strerror or error}") from error
        self._output = Output(self._out, self._manifest, journal, force=self._options.force)
        self._output.note(Entry("target", source=self._options.to))

    def _write_report(self, site: Site) -> None:
        """Write every remark, the summary for programs, and the one for people."""
        report = self._report
        try:
            page = write_report_page(report, self._options.language, title=site.name, site=site.address)
        except Exception as error:
            if stops_the_run(error):
                raise
            report.add(failure_issue("file", 0, describe_error(error), field="report.html"))
            page = ""
        self._put_lines(ISSUES_FILE, (line.decode() for line in report.lines()))
        self._put("report.json", report.to_json())
        if page:
            self._put("report.html", page.encode("utf-8", "replace"))

    # ---- Pages ----

    def _write_pages(self) -> None:
        total = sum(1 for _ in self._keys())
        if self._target is None:
            self._write_single_file(total)
            return
        for done, result in enumerate(self._results(total), 1):
            self._note(result)
            self._progress("pages", done, total)

    def _write_single_file(self, total: int) -> None:
        """Write all pages into one file, aside until it is whole."""
        name = _SINGLE_FILES[self._options.to]
        is_wxr = self._options.to == "wxr"

        def lines() -> Iterator[str]:
            yield self._wxr_head() if is_wxr else ""
            for done, result in enumerate(self._results(total), 1):
                self._note(result)
                yield result.text
                self._progress("pages", done, total)
            yield wxr.tail() if is_wxr else ""

        self._put_lines(name, lines())

    def _wxr_head(self) -> str:
        content = Content(self._database, self._files, has_lists=False)

        def pages(*kinds: str) -> Iterator[Page]:
            for key in self._keys():
                if key[0] in kinds:
                    try:
                        page = content.make(*key).page
                        if is_careful:
                            wxr.head(content.site, *[[page] if key[0] == kind else [] for kind in _TERMS])
                    except Exception as error:
                        if stops_the_run(error):
                            raise
                        # It is reported where it is made as a page.
                        continue
                    yield page

        is_careful = False
        try:
            return wxr.head(content.site, *[pages(kind) for kind in _TERMS])
        except Exception as error:
            if stops_the_run(error):
                raise
        is_careful = True
        return wxr.head(content.site, *[pages(kind) for kind in _TERMS])

    def _keys(self) -> Iterator[Key]:
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

    def _results(self, total: int) -> Iterator[_Result]:
        options = self._options
        arguments = (
            self._database.path, self._work / "earlier.sqlite", self._out, options, self._digest(),
        )  # fmt: skip
        keys = self._keys()
        if total < _FEW or not self._workers.are_there:
            worker = self._worker_here(arguments)
            self._report.add(*worker.write_redirects())
            yield from map(worker.make, keys)
            return
        yield from self._results_of_workers(arguments, keys)

    def _results_of_workers(self, arguments: _Arguments, keys: Iterator[Key]) -> Iterator[_Result]:
        workers = self._workers
        redirects_written = self._submitted(_write_redirects, arguments)
        waiting: deque[tuple[list[Key], Future[list[_Result]] | None]] = deque()
        while True:
            while len(waiting) < self._options.jobs * _AHEAD and (portion := list(islice(keys, _PORTION))):
                waiting.append((portion, self._submitted(_make_portion, arguments, portion)))
            if not waiting:
                break
            portion, future = waiting.popleft()
            try:
                yield from self._awaited(future)
                continue
            except (WorkersLost, MemoryError):
                waiting.appendleft((portion, None))
            # What others have done by then is kept. The rest is done again, one object at a time: one is to blame.
            workers.renew()
            while waiting:
                portion, future = waiting.popleft()
                if future is not None and future.done() and not future.cancelled() and future.exception() is None:
                    yield from future.result()
                else:
                    for key in portion:
                        yield self._make_alone(arguments, key)
        try:
            self._report.add(*self._awaited(redirects_written))
        except WorkersLost:
            if workers.renew():
                self._report.add(*self._awaited(self._submitted(_write_redirects, arguments)))
            else:
                self._report.add(*self._worker_here(arguments).write_redirects())

    def _submitted(self, task: Callable[..., _T], *arguments: object) -> Future[_T] | None:
        try:
            return self._workers.submit(task, *arguments)
        except WorkersLost:
            return None

    def _awaited(self, future: Future[_T] | None) -> _T:
        if future is None:
            raise WorkersLost
        return self._workers.wait(future)

    def _make_alone(self, arguments: _Arguments, key: Key) -> _Result:
        """Make a page while no other is made, after a process has died over it or over another."""
        if not self._workers.are_there:
            return self._worker_here(arguments).make(key)
        try:
            return self._awaited(self._submitted(_make_portion, arguments, [key]))[0]
        except (WorkersLost, MemoryError):
            self._workers.renew()
            return _fail(self._database, self._output, key, _KILLED)

    def _worker_here(self, arguments: _Arguments) -> _Worker:
        """Return the worker that is this process itself."""
        if self._own_worker is None:
            self._own_worker = _Worker(*arguments)
        return self._own_worker

    def _digest(self) -> str:
        """Return the digest of all that a page may show of other objects, and of how it is written."""
        options = self._options
        digest = hashlib.sha256(repr((VERSION, options.to, options.language)).encode())
        for rows in (*(f"* FROM {table}" for table in _SHARED), *_SHARED_COLUMNS):
            for row in self._database.db.execute(f"SELECT {rows}"):
                digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
        for name in self._files.all():
            digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        return digest.hexdigest()

    # ---- Everything else ----

    def _copy_files(self) -> None:
        if self._options.img is not None:
            for name in self._files.all():
                self._copy(name, plain_name(name))
        elif self._database.db.execute("SELECT 1 FROM documents WHERE distant <> 'oui'").fetchone():
            self._report.add(Issue("files-left"))
            return
        for row in self._database.db.execute("SELECT id_document, fichier FROM documents WHERE distant <> 'oui'"):
            found = self._files.find(row["fichier"])
            if found is not None:
                self._report.count("written", "document")
            if found is None:
                self._report.add(Issue("file-missing", "document", row["id_document"], detail=row["fichier"]))
                self._report.count("file", "missing")
            elif plain_name(found) != row["fichier"]:
                self._copy(found, row["fichier"])

    def _copy(self, name: str, new_name: str) -> None:
        path = f"{self._images}/{new_name}"
        try:
            copied = (
                self._output.copy(self._files.path(name), self._images, new_name, self._static)
                if self._output
                else Copy(is_there=True, is_written=False)
            )
        except Exception as error:
            if stops_the_run(error):
                raise
            self._report.add(failure_issue("file", 0, describe_error(error), field=new_name))
            return
        if copied is None:
            self._report.add(Issue("user-file-kept", detail=path))
            return
        if copied.code:
            self._report.add(Issue(copied.code, detail=new_name))
        self._report.count("file", "copied" if copied.is_there else "refused")

    def _put_lines(self, path: str, lines: Iterable[str]) -> None:
        self._report.add(*_write_lines(self._output, path, lines, self._work / "lines"))

    def _put(self, path: str, content: bytes) -> None:
        if self._output and not self._output.put(path, content):
            self._report.add(Issue("user-file-kept", detail=path))

    def _finish(self, output: Output) -> None:
        """Settle the manifest, and remove what no page is written to any more."""
        if self._options.img is None:
            # Nobody said that there are no files any more.
            for entry in self._manifest.entries(f"{self._images}/"):
                output.note(entry)
        output.close()
        earlier = self._manifest if self._options.sample else None
        for path, mark in settle(self._out, self._work / "now.sqlite", earlier):
            output.remove(path, mark)

    def _note(self, result: _Result) -> None:
        entry = result.entry
        kind, number, _ = entry.key.split("/")
        self._report.add(*entry.issues)
        if result.is_kept:
            self._report.add(Issue("user-file-kept", kind, int(number), detail=", ".join(entry.files), page=entry.page))
        if result.is_failed:
            self._report.count("left", kind)
            return
        if (kind, number) != self._last:
            self._report.count("written", kind)
            self._last = (kind, number)
        self._report.count("pages", "pages")
        if entry.messages:
            self._report.count("written", "forum", entry.messages)
        if entry.words[0]:
            self._report.count_words(kind, int(number), entry.page, *entry.words)

    def _count_objects(self) -> None:
        for kind in OBJECT_KINDS.values():
            count = self._database.db.execute(f"SELECT count(*) FROM {kind.table}").fetchone()[0]
            if count:
                self._report.count("read", kind.name, count)
        for row in self._database.db.execute(
            "SELECT kind, count(*) AS found FROM objects WHERE state = 'hidden' GROUP BY kind"
        ):
            self._report.count("left", row["kind"], row["found"])
        redirected = self._database.db.execute("SELECT count(*) FROM objects WHERE state = 'redirect'").fetchone()[0]
        if redirected:
            self._report.count("redirect", "article", redirected)
        for row in self._database.db.execute(
            "SELECT f.id_forum, f.objet, f.id_objet FROM forum f LEFT JOIN objects o ON o.kind = f.objet AND o.number ="
            " f.id_objet WHERE f.statut = 'publie' AND (o.state IS NULL OR o.state NOT IN ('published', 'draft',"
            " 'future')) ORDER BY f.id_forum"
        ):
            self._report.count("left", "forum")
            self._report.add(
                Issue("comment-orphaned", "forum", row["id_forum"], detail=f"{row['objet']}{row['id_objet']}")
            )


class _Worker:
    """Makes and writes pages, in this process or in another one."""

    def __init__(self, database: Path, earlier: Path, out: Path, options: MigrationOptions, digest: str) -> None:
        self._database = WorkingDatabase(database)
        self._target = TREES.get(options.to)
        has_lists = not self._target.has_lists if self._target else options.to == "json"
        self._content = Content(self._database, ImgFolder(options.img), has_lists=has_lists)
        self._options, self._out, self._digest = options, out, digest
        self._manifest = OutputManifest(earlier)
        self._output: Output | None = None
        if not options.dry_run:
            # Every process has a journal of its own.
            self._output = Output(out, self._manifest, Journal(out, str(os.getpid())), force=options.force)

    def close(self) -> None:
        """Close what is open."""
        self._database.close()
        self._manifest.close()
        if self._output:
            self._output.close()

    def make(self, key: Key) -> _Result:
        """Write a page, unless nothing has changed since an earlier run wrote it.

        An internal error stops this page alone: the result says that it failed.
        """
        begin_object()
        try:
            known, source = self._known(key)
            if known is None:
                made, text = self._written(self._content.make(*key))
                # A line of JSON spells letters as escapes, and has the words twice.
                is_counted = self._options.to != "json"
                shown = text if isinstance(text, str) else text.content.decode()
                words = count_words(made.sources, shown) if is_counted else (0, 0)
        except Exception as error:
            if stops_the_run(error):
                raise
            return _fail(self._database, self._output, key, describe_error(error))
        if known is not None and self._output:
            self._output.note(known)
            return _Result(known)
        for kind, number in made.failures:
            _keep_raw(self._database, self._output, kind, number)
        page = made.page
        entry = Entry(
            _name(key), "" if made.failures else source, page.address, {}, made.issues, words, len(page.comments)
        )
        if isinstance(text, str):
            return _Result(entry, text=text)
        entry = replace(entry, files={text.path: fingerprint(text.content)})
        is_put = self._output is None or self._output.put(text.path, text.content, entry)
        return _Result(entry, is_kept=not is_put)

    def _known(self, key: Key) -> tuple[Entry | None, str]:
        """Return what an earlier run wrote of a page, if that is still so, and the digest of what it is made of."""
        source = self._source(key)
        if not (self._options.resume and self._target and self._output):
            return None, source
        known = self._manifest.find(_name(key))
        is_so = known and known.source == source and all(starmap(self._output.has, known.files.items()))
        return known if is_so else None, source

    def _write(self, page: Page) -> str | File:
        if self._target is not None:
            return write_page(page, self._content.site, self._target)
        return objects_json.line(page) if self._options.to == "json" else wxr.item(page, self._content.site)

    def _written(self, made: MadePage) -> tuple[MadePage, str | File]:
        """Return a page as its target writes it, without the messages that an error stops there."""
        try:
            return made, self._write(made.page)
        except Exception as error:
            if stops_the_run(error) or not made.page.comments:
                raise
            issues, stopped = [*made.issues], dict[int, int]()
            empty = replace(made.page, body=Document(()))
            for one in made.page.comments:
                try:
                    self._write(replace(empty, comments=(replace(one, parent=0, depth=0),)))
                except Exception as its_own:
                    stopped[one.number] = one.parent
                    address = f"{made.page.address}#forum{one.number}"
                    issues.append(
                        failure_issue("forum", one.number, describe_error(its_own), field="texte", page=address)
                    )
            if not stopped:
                raise
            comments = tuple(
                [
                    replace(one, parent=_nearest(one.parent, stopped))
                    for one in made.page.comments
                    if one.number not in stopped
                ]
            )
            failures = (*made.failures, *[("forum", number) for number in stopped])
            sound = MadePage(replace(made.page, comments=comments), tuple(issues), made.sources, failures)
            return sound, self._write(sound.page)

    def write_redirects(self) -> tuple[Issue, ...]:
        """Write the tables of redirections; return what is wrong with them."""
        database, feed = self._database, self._target.feed if self._target else ""
        issues: list[Issue] = []
        for name, lines in (
            ("nginx-maps.conf", redirects.nginx(database, feed)),
            ("nginx-server.conf", (redirects.NGINX_SERVER,)),
            ("htaccess", redirects.apache(database, feed)),
            ("_redirects", redirects.netlify(database, feed)),
            ("redirects.json", redirects.json_table(database)),
        ):
            aside = self._database.path.with_name("redirects")
            issues += _write_lines(self._output, f"redirects/{name}", lines, aside)
        # Files that are not there are told of where they are copied.
        issues += redirects.check(database, lambda file: True)
        return tuple(issues)

    def _source(self, key: Key) -> str:
        """Return the digest of all that a page is made of."""
        digest = hashlib.sha256(f"{self._digest} {key}".encode())
        for row in self._content.rows_of(key[0], key[1]):
            digest.update("\0".join(map(str, row)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:32]


def _name(key: Key) -> str:
    return "/".join(map(str, key))


def _fail(database: WorkingDatabase, output: Output | None, key: Key, detail: str) -> _Result:
    """Return the result of a page that an internal error stopped; its raw text is kept."""
    kind, number, language = key
    _keep_raw(database, output, kind, number)
    page = database.db.execute(
        "SELECT address FROM pages WHERE kind = ? AND number = ? AND language = ?", (kind, number, language)
    ).fetchone()
    issue = failure_issue(kind, number, detail, page=page[0] if page else "")
    return _Result(Entry(_name(key), issues=(issue,)), is_failed=True)


def _keep_raw(database: WorkingDatabase, output: Output | None, kind: str, number: int) -> None:
    if output and (text := raw_text(database, kind, number)):
        output.put(raw_path(kind, number), text.encode("utf-8", "replace"))


def _nearest(number: int, stopped: Mapping[int, int]) -> int:
    """Return the nearest message above that is shown, 0 where there is none."""
    seen: set[int] = set()
    while number in stopped and number not in seen:
        seen.add(number)
        number = stopped[number]
    return number if number not in stopped else 0


@cache
def _worker(arguments: _Arguments) -> _Worker:
    """Return the one worker of this process."""
    spare_collector()
    return _Worker(*arguments)


def _make_portion(arguments: _Arguments, keys: Sequence[Key]) -> list[_Result]:
    return [_worker(arguments).make(key) for key in keys]


def _write_redirects(arguments: _Arguments) -> tuple[Issue, ...]:
    return _worker(arguments).write_redirects()


def _is_large(source: str) -> bool:
    try:
        return os.path.getsize(source) > _SMALL
    except OSError:
        # A server: nobody knows.
        return True


def _write_lines(output: Output | None, path: str, lines: Iterable[str], aside: Path) -> list[Issue]:
    """Write a file that may be too large for memory, first to ``aside``; without an output only make its lines."""
    if output is None:
        deque(lines, 0)
        return []
    with open(aside, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(lines)
    return [] if output.put_file(path, aside) else [Issue("user-file-kept", detail=path)]
