"""The parser's tables: the grammar comes in, what Lark computes from it goes out.

Computing the tables takes longer than converting a hundred articles, so they are stored in ``tables.json`` with the
checksum of their grammar. If the grammar has changed, they are computed again. ``make tables`` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import path
from zlib import crc32

from msgspec import Struct, json

from spipconv.parsing.lexer import SOURCE_TERMINALS

_HERE = path.dirname(path.abspath(__file__))
_PACKAGE = path.dirname(_HERE)
TABLES = path.join(_HERE, "tables.json")


class Tables(Struct, frozen=True):
    """What Lark computes from the grammar.

    ``terminals`` maps names to regular expressions. ``actions`` gives, for every state and symbol, the next state, or
    the number of symbols to reduce and the rule to reduce them with.
    """

    checksum: int
    terminals: dict[str, str]
    start: int
    end: int
    actions: dict[int, dict[str, int | tuple[int, str]]]


def read_tables() -> Tables:
    """Return the stored tables, or those of the grammar as it is now."""
    try:
        with open(TABLES, "rb") as file:
            tables = json.decode(file.read(), type=Tables)
    except OSError:
        return compute_tables()
    return tables if tables.checksum == _checksum() else compute_tables()


def grammar_directory() -> str:
    """Return the folder of the ``.lark`` files: inside an installed package, next to the package in a checkout."""
    shipped = path.join(_PACKAGE, "grammar")
    return shipped if path.isdir(shipped) else path.join(path.dirname(_PACKAGE), "grammar")


def compute_tables() -> Tables:
    """Return the tables that Lark computes from the grammar."""
    from lark import Lark
    from lark import Token as LarkToken
    from lark.lexer import Lexer
    from lark.parsers.lalr_analysis import Shift

    class OurLexer(Lexer):
        """Keeps Lark from making a lexer of its own."""

        def __init__(self, configuration: object) -> None:
            pass

        def lex(self, lexer_state: object, parser_state: object) -> Iterator[LarkToken]:
            raise NotImplementedError

    class OurLayout:
        """Makes Lark keep the terminals that only the layout pass reads."""

        always_accept = SOURCE_TERMINALS

        def process(self, stream: Iterator[object]) -> Iterator[object]:
            raise NotImplementedError

    lark = Lark.open(
        path.join(grammar_directory(), "spip.lark"),
        start="document",
        parser="lalr",
        lexer=OurLexer,
        postlex=OurLayout(),
        maybe_placeholders=False,
    )
    table = lark.parser.parser._parse_table
    return Tables(
        checksum=_checksum(),
        terminals={str(terminal.name): terminal.pattern.to_regexp() for terminal in lark.terminals},
        start=table.start_states["document"],
        end=table.end_states["document"],
        actions={
            state: {
                str(symbol): argument if kind is Shift else (len(argument.expansion), str(argument.origin.name))
                for symbol, (kind, argument) in sorted(actions.items())
            }
            for state, actions in table.states.items()
        },
    )


def write_tables() -> None:
    """Write the tables of the current grammar."""
    with open(TABLES, "wb") as file:
        file.write(json.format(json.encode(compute_tables()), indent=1) + b"\n")


def _checksum() -> int:
    # A cryptographic digest would take 3 ms to import.
    checksum = 0
    for name in ("spip.lark", "terminals.lark"):
        with open(path.join(grammar_directory(), name), "rb") as file:
            checksum = crc32(file.read(), checksum)
    return checksum
