"""Values that are too long for memory: their pieces come in, and wait in a temporary file until they are kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from spipconv.migration.read.sources.protocol import TooLong

# Bytes that are read at a time.
PIECE = 1 << 20


class Spool:
    """The pieces of one value. The file disappears with the last reference to it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._size = 0
        self._digit = b""

    def __del__(self) -> None:
        self._file.close()

    def add(self, piece: bytes) -> None:
        """Add the next piece of the value."""
        self._file.write(piece)
        self._size += len(piece)

    def add_hex(self, digits: bytes) -> None:
        """Add the bytes that hexadecimal digits stand for; the last digit may wait for the next ones."""
        digits = self._digit + digits
        even = len(digits) // 2 * 2
        self._digit = digits[even:]
        try:
            self.add(bytes.fromhex(digits[:even].decode("ascii")))
        except ValueError:
            # These are no digits.
            self.add(digits[:even])

    def value(self) -> TooLong:
        """Return the value's placeholder, which has its pieces."""
        return TooLong.of(self._size, self._pieces)

    def _pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece
