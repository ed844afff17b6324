"""Tables of Arrow and Parquet: a column of texts in, columns of what they become out, the others carried over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from spipconv.batch.chunks import BadInput, Piece
from spipconv.batch.converter import Converter, Options
from spipconv.batch.places import Found, find, open_file

SUFFIXES = (".parquet", ".pq")


class _BadText(ValueError):
    """A string that is none; its text says why."""


def convert_table(table: Any, options: Options | None = None) -> Any:
    """Convert a ``pyarrow.Table``: pure, for Ray's ``map_batches`` and Spark's ``mapInArrow``.

    The column ``options.column`` is replaced by one that is named as ``options.to`` (``html`` …), by ``error`` (null
    where there is none) and by ``diagnostics`` (a list of code, severity, line, column, message); the others stay.
    A text that is null stays null. Raises BadInput where there is no such column of strings.
    """
    with Converter(options or Options()) as converter:
        return _convert(table, converter)


def cut_rows(source: Found, column: str) -> Iterator[tuple[int, int]]:
    """Yield the row groups of a Parquet file: each its number and its share of the file's bytes.

    Raises BadInput where the file cannot be read or has no such column of strings.
    """
    arrow, parquet = _pyarrow()
    try:
        with open_file(source.address) as file:
            metadata = parquet.ParquetFile(file)
            _check_column(metadata.schema_arrow, column)
            count = metadata.num_row_groups
    except (arrow.ArrowException, OSError) as fault:
        raise BadInput(f"{source.address}: {_one_line(fault)}") from fault
    except BadInput as fault:
        raise BadInput(f"{source.address}: {fault}") from fault
    for number in range(max(count, 1)):
        yield number, source.size // max(count, 1)


def convert_row_group(piece: Piece, converter: Converter) -> tuple[bytes, int]:
    """Return the Parquet file that a row group becomes, and how many rows it has. Raises OSError."""
    arrow, parquet = _pyarrow()
    found = find(piece.address)
    if found is None:
        raise FileNotFoundError(f"{piece.address}: it has vanished since the run began")
    if found.mark != piece.mark:
        raise OSError(f"{piece.address}: it has changed since the run began")
    try:
        with open_file(piece.address) as file:
            opened = parquet.ParquetFile(file)
            table = opened.read_row_group(piece.first) if opened.num_row_groups else opened.schema_arrow.empty_table()
        written = _convert(table, converter)
        content = io.BytesIO()
        parquet.write_table(written, content, compression="zstd", row_group_size=max(1, written.num_rows))
    except arrow.ArrowException as fault:
        raise OSError(f"{piece.address}: {_one_line(fault)}") from fault
    return content.getvalue(), written.num_rows


def _convert(table: Any, converter: Converter) -> Any:
    arrow, _ = _pyarrow()
    options = converter.options
    _check_column(table.schema, options.column)
    contents: list[str | None] = []
    errors: list[str | None] = []
    remarks: list[list[dict[str, Any]]] = []
    for number, text in enumerate(_read_texts(table.column(options.column))):
        converted = None
        if isinstance(text, str):
            converted = converter.convert(number, text)
        elif text is not None:
            converted = converter.refuse(number, str(text))
        contents.append(converted.content if converted else None)
        errors.append(converted.error if converted else None)
        remarks.append([remark.describe() for remark in converted.diagnostics] if converted else [])
    remark = arrow.struct(
        [
            ("code", arrow.string()),
            ("severity", arrow.string()),
            ("line", arrow.int32()),
            ("column", arrow.int32()),
            ("message", arrow.string()),
        ]
    )
    ours = {
        options.to: arrow.array(contents, arrow.string()),
        "error": arrow.array(errors, arrow.string()),
        "diagnostics": arrow.array(remarks, arrow.list_(remark)),
    }
    kept = table.drop_columns([name for name in table.column_names if name == options.column or name in ours])
    for name, values in ours.items():
        kept = kept.append_column(name, values)
    return kept


def _read_texts(column: Any) -> list[str | _BadText | None]:
    """Return the strings of a column; Arrow does not look whether they are UTF-8."""
    arrow, _ = _pyarrow()
    strings = column.cast(arrow.large_string())
    try:
        texts: list[str | _BadText | None] = strings.to_pylist()
        return texts
    except UnicodeDecodeError:
        return [_decode(content) for content in strings.cast(arrow.large_binary()).to_pylist()]


def _decode(content: bytes | None) -> str | _BadText | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        return _BadText(f"byte 0x{content[fault.start]:02X} at offset {fault.start} is not UTF-8")


def _check_column(schema: Any, column: str) -> None:
    arrow, _ = _pyarrow()
    count = schema.names.count(column)
    if count != 1:
        problem = "several columns are" if count else "no column is"
        raise BadInput(f"{problem} named {column} (--column): there are {', '.join(schema.names)}")
    type_ = schema.field(column).type
    if arrow.types.is_dictionary(type_):
        type_ = type_.value_type
    if not (arrow.types.is_string(type_) or arrow.types.is_large_string(type_) or arrow.types.is_string_view(type_)):
        raise BadInput(f"the column {column} holds no strings but {type_}")


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BadInput('Parquet needs pyarrow: pip install "spipconv[parquet]"') from None
    return pyarrow, pyarrow.parquet


def _one_line(fault: Exception) -> str:
    return " ".join(str(fault).split())
