"""Text files: a file comes in, its converted content goes out."""

from __future__ import annotations

import os

from spipconv.batch.chunks import Piece
from spipconv.batch.converter import Converter
from spipconv.batch.places import find, open_file
from spipconv.converters.formats import Format, find_format
from spipconv.system.files import decode


def name_target(name: str, to: Format) -> str:
    """Return the name of the file that a file is converted to."""
    return os.path.splitext(name)[0] + find_format(to).suffix


def convert_file(piece: Piece, converter: Converter) -> tuple[bytes | None, int]:
    """Return the converted content of a file (None if it is an error) and its number of texts. Raises OSError."""
    options = converter.options
    try:
        info = find(piece.address)
        if info is None:
            raise FileNotFoundError(f"{piece.address}: it has vanished since the run began")
        content = b""
        if info.size <= options.max_bytes:
            with open_file(piece.address) as file:
                content = file.read()
    except OSError as error:
        converter.refuse(0, str(error))
        raise
    if info.size > options.max_bytes:
        converter.refuse(0, f"{info.size} bytes: more than the {options.max_bytes} that are allowed")
        return None, 1
    try:
        text = decode(content, options.encoding)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        converter.refuse(0, f"byte 0x{byte:02X} at offset {error.start} is not {options.encoding}")
        return None, 1
    except UnicodeError as error:
        # UTF-16 without its mark, and what codecs for the network say.
        converter.refuse(0, f"this is not {options.encoding}: {error}")
        return None, 1
    written = converter.convert(0, text).content
    return None if written is None else (written.rstrip("\n") + "\n").encode(), 1
