"""A file of text to a file."""

from __future__ import annotations

import os

from spipconv.batch.chunks import Piece
from spipconv.batch.converter import Converter
from spipconv.batch.places import find, open_file

SUFFIXES = {"html": ".html", "markdown": ".md", "json": ".json"}


def name_target(name: str, to: str) -> str:
    """Return a file's name with the suffix of what it becomes."""
    return os.path.splitext(name)[0] + SUFFIXES[to]


def convert_file(piece: Piece, converter: Converter) -> tuple[bytes | None, int]:
    """Return what a file becomes, None where that is an error, and how many texts it is. Raises OSError."""
    options = converter.options
    try:
        found = find(piece.address)
        if found is None:
            raise FileNotFoundError(f"{piece.address}: it has vanished since the run began")
        content = b""
        if found.size <= options.max_bytes:
            with open_file(piece.address) as file:
                content = file.read()
    except OSError as fault:
        converter.refuse(0, str(fault))
        raise
    if found.size > options.max_bytes:
        converter.refuse(0, f"{found.size} bytes: more than the {options.max_bytes} that are allowed")
        return None, 1
    try:
        text = decode(content, options.encoding)
    except UnicodeDecodeError as fault:
        byte = fault.object[fault.start]
        converter.refuse(0, f"byte 0x{byte:02X} at offset {fault.start} is not {options.encoding}")
        return None, 1
    except UnicodeError as fault:
        # UTF-16 without its mark, and what codecs for the network say.
        converter.refuse(0, f"this is not {options.encoding}: {fault}")
        return None, 1
    written = converter.convert(0, text).content
    return None if written is None else (written.rstrip("\n") + "\n").encode(), 1


def decode(content: bytes, encoding: str) -> str:
    """Return the text of a file. Raises UnicodeError, LookupError for an unknown encoding."""
    return content.decode("utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding)
