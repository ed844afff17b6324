"""Tables of Arrow and Parquet: a column of texts is replaced with columns of answers, the other columns are kept."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import ModuleType
from typing import Protocol, TypeVar, cast

from spipconv.batch.chunks import BadInput, Piece
from spipconv.batch.converter import Converted, Converter, Options
from spipconv.batch.places import FileInfo, find, open_file
from spipconv.converters.formats import OutputFormat

SUFFIXES = (".parquet", ".pq")


class _Column(Protocol):
    """The part of ``pyarrow.ChunkedArray`` that is used."""

    def cast(self, target_type: object) -> _Column: ...
    def to_pylist(self) -> list[object]: ...


class _Field(Protocol):
    """The part of ``pyarrow.Field`` that is used."""

    type: object


class _Dictionary(Protocol):
    """The part of ``pyarrow.DictionaryType`` that is used."""

    value_type: object


class _Schema(Protocol):
    """The part of ``pyarrow.Schema`` that is used."""

    names: list[str]

    def field(self, name: str) -> _Field: ...


class Table(Protocol):
    """The part of ``pyarrow.Table`` that is used."""

    schema: _Schema
    column_names: list[str]
    num_rows: int

    def column(self, name: str) -> _Column: ...
    def drop_columns(self, names: list[str]) -> Table: ...
    def append_column(self, name: str, values: object) -> Table: ...


TableT = TypeVar("TableT", bound=Table)


class _BadText(ValueError):
    """A string that is not UTF-8; the message says where."""


def convert_table(table: TableT, options: Options | None = None) -> TableT:
    """Convert a ``pyarrow.Table``; a pure function, for Ray's ``map_batches`` and Spark's ``mapInArrow``.

    The column ``options.column`` is replaced with those of its format (``html`` and ``notes``, or ``markdown`` …), with
    ``glossary`` if there is one, ``error`` (null if there is none) and ``diagnostics`` (a list of code,
    severity, line, column, message); the other columns stay. A null text stays null. Raises BadInput if there is no
    such column of strings.
    """
    with Converter(options or Options()) as converter:
        return cast(TableT, _convert(table, converter))


def cut_rows(source: FileInfo, column: str) -> Iterator[tuple[int, int]]:
    """Yield the row groups of a Parquet file: the number of each and its share of the file's bytes.

    Raises BadInput if the file cannot be read or has no such column of strings.
    """
    arrow, parquet = _pyarrow()
    try:
        with open_file(source.address) as file:
            metadata = parquet.ParquetFile(file)
            _check_column(metadata.schema_arrow, column)
            count = metadata.num_row_groups
    except (arrow.ArrowException, OSError) as error:
        raise BadInput(f"{source.address}: {_one_line(error)}") from error
    except BadInput as error:
        raise BadInput(f"{source.address}: {error}") from error
    for number in range(max(count, 1)):
        yield number, source.size // max(count, 1)


def convert_row_group(piece: Piece, converter: Converter) -> tuple[bytes, int]:
    """Return the converted row group as a Parquet file, and its number of rows. Raises OSError."""
    arrow, parquet = _pyarrow()
    info = find(piece.address)
    if info is None:
        raise FileNotFoundError(f"{piece.address}: it has vanished since the run began")
    if info.mark != piece.mark:
        raise OSError(f"{piece.address}: it has changed since the run began")
    try:
        with open_file(piece.address) as file:
            opened = parquet.ParquetFile(file)
            table = opened.read_row_group(piece.first) if opened.num_row_groups else opened.schema_arrow.empty_table()
        written = _convert(table, converter)
        content = io.BytesIO()
        parquet.write_table(written, content, compression="zstd", row_group_size=max(1, written.num_rows))
    except arrow.ArrowException as error:
        raise OSError(f"{piece.address}: {_one_line(error)}") from error
    return content.getvalue(), written.num_rows


def _convert(table: Table, converter: Converter) -> Table:
    options = converter.options
    _check_column(table.schema, options.column)
    answers = [_answer(number, text, converter) for number, text in enumerate(_read_texts(table, options.column))]
    columns = _answer_columns(answers, converter.format, has_glossary=converter.has_glossary)
    replaced = {options.column, *columns}
    kept = table.drop_columns([name for name in table.column_names if name in replaced])
    for name, values in columns.items():
        kept = kept.append_column(name, values)
    return kept


def _answer(number: int, text: str | _BadText | None, converter: Converter) -> Converted:
    if text is None:
        return Converted()
    return converter.convert(number, text) if isinstance(text, str) else converter.refuse(number, str(text))


def _answer_columns(answers: list[Converted], to: OutputFormat, *, has_glossary: bool) -> dict[str, object]:
    """Return the answers as columns of Arrow arrays."""
    arrow, _ = _pyarrow()
    values = [to.values(answer.written) if answer.written else (None,) * len(to.fields) for answer in answers]
    description = arrow.struct(
        [
            ("code", arrow.string()),
            ("severity", arrow.string()),
            ("line", arrow.int32()),
            ("column", arrow.int32()),
            ("message", arrow.string()),
        ]
    )
    glossaries = [answer.written.glossary if answer.written else None for answer in answers]
    described = [[diagnostic.describe() for diagnostic in answer.diagnostics] for answer in answers]
    return {
        **{name: arrow.array([row[at] for row in values], arrow.string()) for at, name in enumerate(to.fields)},
        **({"glossary": arrow.array(glossaries, arrow.string())} if has_glossary else {}),
        "error": arrow.array([answer.error for answer in answers], arrow.string()),
        "diagnostics": arrow.array(described, arrow.list_(description)),
    }


def _read_texts(table: Table, column: str) -> list[str | _BadText | None]:
    """Return the strings of a column; Arrow does not check that they are UTF-8."""
    arrow, _ = _pyarrow()
    strings = table.column(column).cast(arrow.large_string())
    try:
        return cast("list[str | _BadText | None]", strings.to_pylist())
    except UnicodeDecodeError:
        contents = cast("list[bytes | None]", strings.cast(arrow.large_binary()).to_pylist())
        return [_decode(content) for content in contents]


def _decode(content: bytes | None) -> str | _BadText | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        return _BadText(f"byte 0x{content[error.start]:02X} at offset {error.start} is not UTF-8")


def _check_column(schema: _Schema, column: str) -> None:
    arrow, _ = _pyarrow()
    count = schema.names.count(column)
    if count != 1:
        number = "several columns are" if count else "no column is"
        raise BadInput(f"{number} named {column} (--column); the columns are {', '.join(schema.names)}")
    type_ = schema.field(column).type
    if arrow.types.is_dictionary(type_):
        type_ = cast(_Dictionary, type_).value_type
    if not (arrow.types.is_string(type_) or arrow.types.is_large_string(type_) or arrow.types.is_string_view(type_)):
        raise BadInput(f"the column {column} holds {type_}, not strings")


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BadInput('Parquet needs pyarrow: pip install "spipconv[parquet]"') from None
    return pyarrow, pyarrow.parquet


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
