"""Copy the files of the old site's IMG folder to their places in the target, and report missing ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from spipconv.migration.output.copying import Copy
from spipconv.migration.output.output import Output
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder, plain_name
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.report import MigrationReport
from spipconv.migration.target import TargetSystem
from spipconv.safety import safe_address

_LOCAL = "FROM documents WHERE distant <> 'oui'"


class DocumentCopier:
    """Copies files. ``output`` None: nothing is written, but everything is counted."""

    def __init__(self, img: ImgFolder, output: Output | None, target: TargetSystem, report: MigrationReport) -> None:
        self._img, self._output, self._target, self._report = img, output, target, report
        # Names of files that are not copied, because of what they are.
        self._refused: set[str] = set()

    def copy_all(self, database: WorkingDatabase) -> None:
        """Copy every file, and copy those again that documents know by another name."""
        for name in self._img.all():
            self._copy(name, plain_name(name))
        self._report_documents(database)

    def copy_chosen(self, database: WorkingDatabase) -> None:
        """Copy the files that the pages of a part of a site use, and their logos."""
        copied: set[str] = set()
        for name in _chosen_names(database, self._img):
            if name not in copied:
                copied.add(name)
                self._copy(name, plain_name(name))
        self._report_documents(database)

    def _report_documents(self, database: WorkingDatabase) -> None:
        """Report the documents whose files are missing; copy a file that its document knows by another name."""
        for row in database.db.execute(f"SELECT id_document, fichier {_LOCAL}"):
            name = self._img.find(row["fichier"])
            if name is None:
                self._report.add(Issue("file-missing", "document", row["id_document"], detail=row["fichier"]))
                self._report.count("file", "missing")
                self._report.leave("document", "file-missing")
                continue
            if plain_name(name) != row["fichier"]:
                self._copy(name, row["fichier"])
            if row["fichier"] in self._refused:
                self._report.leave("document", "file-refused")
            else:
                self._report.count("written", "document")

        for row in database.db.execute("SELECT kind, number, is_hover, file FROM logos"):
            if not self._img.logo(row["kind"], row["number"], hover=bool(row["is_hover"])):
                self._report.add(Issue("file-missing", row["kind"], row["number"], "logo", detail=row["file"]))

    def _copy(self, name: str, new_name: str) -> None:
        images = self._target.images
        try:
            copied = (
                self._output.copy(self._img.path(name), images, new_name, self._target.static)
                if self._output
                else Copy(is_there=True, is_written=False)
            )
        except Exception as error:
            if stops_the_run(error):
                raise
            self._report.add(failure_issue("file", 0, describe_error(error), field=new_name))
            self._refused.add(new_name)
            return
        if copied is None:
            self._report.add(Issue("user-file-kept", detail=f"{images}/{new_name}"))
            return
        if not copied.is_there:
            self._refused.add(new_name)
        if copied.code:
            self._report.add(Issue(copied.code, detail=new_name))
        self._report.count("file", "copied" if copied.is_there else "refused")


def _chosen_names(database: WorkingDatabase, img: ImgFolder) -> Iterator[str]:
    """Yield the files that pages use, some of them more than once."""
    for (name,) in database.db.execute("SELECT name FROM chosen_files ORDER BY name"):
        if found := img.find(name):
            yield found
    logos = [("site", 0), ("rubrique", 0)]
    for kind, number in chain(logos, database.db.execute("SELECT DISTINCT kind, number FROM pages ORDER BY 1, 2")):
        for hover in (False, True):
            if found := img.logo(kind, number, hover=hover):
                yield found


def count_remote(database: WorkingDatabase, report: MigrationReport) -> None:
    """Count the documents whose files are elsewhere, where they stay."""
    for (address,) in database.db.execute("SELECT fichier FROM documents WHERE distant = 'oui'"):
        if safe_address(address):
            report.count("written", "document")
        else:
            report.leave("document", "address-refused")


def count_without_files(database: WorkingDatabase, report: MigrationReport, shown: Collection[int]) -> None:
    """Count the documents of a run without files; ``shown`` are those that the new system fetches from the old site."""
    for (number,) in database.db.execute(f"SELECT id_document {_LOCAL}"):
        if number in shown:
            report.count("written", "document")
        else:
            report.leave("document", "files-not-given")


def has_documents(database: WorkingDatabase) -> bool:
    """Return whether there are documents whose files are on the old site itself."""
    return database.db.execute(f"SELECT 1 {_LOCAL}").fetchone() is not None
