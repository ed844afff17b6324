"""The job of a run: arguments come in; checked options, the files to convert and all output paths go out."""

from __future__ import annotations

import codecs
import os
from hashlib import sha256

from msgspec import Struct

from spipconv.batch.chunks import BadInput, Kind
from spipconv.batch.converter import Options
from spipconv.batch.lines import check_lines
from spipconv.batch.names import show
from spipconv.batch.places import complete, find, is_folder, is_remote, join
from spipconv.batch.rows import cut_rows
from spipconv.batch.sources import InputFile, find_sources, name_targets
from spipconv.extensions import check_extensions, check_transport
from spipconv.objects import BadObjects, read_objects
from spipconv.plugins import check_plugins
from spipconv.settings import check_language, check_profile
from spipconv.system.files import fingerprint

STATE = ".spipconv-batch"
# Of a name, with what is added to it: no more than 255 on most systems.
_MOST_NAME_BYTES = 200


class Folders(Struct, frozen=True):
    """The folders of a job: for its state, for parts or the whole output, for temporary files, and for unpacked lines.

    The last two are on this machine, and empty if the output is elsewhere.
    """

    state: str
    parts: str
    temporary: str
    unpacked: str


class Job:
    """The work to be done. Raises BadInput if an argument cannot be used, OSError."""

    def __init__(self, input: str, output: str, options: Options, chunk_bytes: int) -> None:
        for name, value in (("INPUT", input), ("OUTPUT", output)):
            if "\0" in value:
                raise BadInput(f"{name}: {value!r} cannot be the name of a file")
        _check_options(options)
        self.input, self.output, self.options = complete(input), complete(output), options
        self.chunk_bytes = chunk_bytes
        self.kind: Kind
        self.kind, self.sources = find_sources(self.input, self.output)
        keys = [source.key for source in self.sources]
        self._targets = dict(zip(keys, name_targets(self.kind, self.sources, options.to, self.output), strict=True))
        # Whether the output is one file, joined from parts.
        self.is_single_file = self.kind == "lines" and not (self.output.endswith("/") or is_folder(self.output))
        if not self.is_single_file and find(self.output) is not None and not is_folder(self.output):
            raise BadInput(f"{self.output} is a file, expected a folder")
        self.folders = self._choose_folders()
        self._options_digest = options.digest()
        if len(self.sources) == 1:
            self._check_source(self.sources[0])

    @property
    def keys(self) -> list[str]:
        """The keys of the sources."""
        return list(self._targets)

    def digest(self, source: InputFile) -> str:
        """Return the fingerprint of everything that the output of a source depends on."""
        parts = [self._options_digest, source.info.mark]
        if self.kind == "lines":
            parts.append(str(self.chunk_bytes))
        return fingerprint("\n".join(parts).encode())

    def target(self, key: str) -> str:
        """Return the path at which the file of a piece is written."""
        if self.kind == "files":
            return join(self.output, self._targets[key])
        name, _, number = key.rpartition("#")
        target = self._targets[name]
        if self.is_single_file:
            target = _shorten(target)
        return join(self.folders.parts, f"{target}-{number}{self._part_suffix}")

    @property
    def _part_suffix(self) -> str:
        if self.kind == "rows":
            return ".parquet"
        return ".jsonl.gz" if self.is_single_file and self.output.endswith(".gz") else ".jsonl"

    def _choose_folders(self) -> Folders:
        state = self.output + STATE if self.is_single_file else join(self.output, STATE)
        is_here = not is_remote(self.output)
        return Folders(
            state,
            join(state, "parts") if self.is_single_file else self.output,
            join(state, "temporary") if is_here else "",
            join(state, "unpacked") if is_here else "",
        )

    def _check_source(self, source: InputFile) -> None:
        if self.kind == "rows":
            next(cut_rows(source.info, self.options.column), None)
        elif self.kind == "lines":
            check_lines(source.info)


def piece_keys(source: InputFile, count: int) -> list[str]:
    """Return the keys of the first pieces of a source of lines or rows."""
    return [f"{source.key}#{number:06d}" for number in range(count)]


def _check_options(options: Options) -> None:
    try:
        codecs.lookup(options.encoding)
        "a".encode(options.encoding)
    except (LookupError, ValueError):
        raise BadInput(f"--encoding: {options.encoding} is not a text encoding (utf-8, latin-1, cp1252, …)") from None
    for name, value, check in (("profile", options.profile, check_profile), ("lang", options.lang, check_language)):
        try:
            check(value)
        except (TypeError, ValueError) as error:
            raise BadInput(f"--{name}: {error}") from error
    try:
        check_transport(check_extensions(options.extensions))
        check_plugins(options.plugins)
    except (TypeError, ValueError) as error:
        raise BadInput(str(error)) from error
    if show(options.column) != options.column:
        raise BadInput(f"--column: {options.column} is not UTF-8")
    if options.objects:
        try:
            read_objects(options.objects)
        except BadObjects as error:
            raise BadInput(f"--objects: {error}") from error


def _shorten(name: str) -> str:
    """Return a path for parts that are joined later; its last name leaves room for what is added to it."""
    folder, slash, last = name.rpartition("/")
    content = os.fsencode(last)
    if len(content) <= _MOST_NAME_BYTES:
        return name
    return folder + slash + sha256(content).hexdigest()
