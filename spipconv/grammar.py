"""The grammar, ready for use: Lark reads it and computes the LALR tables, which are run here.

Lark's own loop over the same tables takes two and a half times as long (its terminals compare in Python), and
what happens per token decides the speed of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from os import path
from typing import Any

from lark import Lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from spipconv.build import REDUCTIONS, Reduction
from spipconv.lexer import SOURCE_TERMINALS, SourceLexer
from spipconv.tokens import Token


def grammar_directory() -> str:
    """Return the folder of the ``.lark`` files: in the package once it is installed, beside it in a checkout."""
    package = path.dirname(path.abspath(__file__))
    shipped = path.join(package, "grammar")
    return shipped if path.isdir(shipped) else path.join(path.dirname(package), "grammar")


class Grammar:
    """The lexer and the parser that the grammar describes."""

    def __init__(self) -> None:
        lark = Lark.open(
            path.join(grammar_directory(), "spip.lark"),
            start="document",
            parser="lalr",
            lexer=_OurLexer,
            postlex=_OurLayout(),
            maybe_placeholders=False,
        )
        self.lexer = SourceLexer(lark.terminals)
        table = lark.parser.parser._parse_table
        self._start: int = table.start_states["document"]
        self._end: int = table.end_states["document"]
        # State and terminal to the next state, or to the rule to reduce by first.
        self._actions: dict[int, dict[str, int | tuple[int, str, Reduction]]] = {
            state: {str(symbol): _action(*action) for symbol, action in actions.items()}
            for state, actions in table.states.items()
        }

    def parse(self, tokens: Iterable[Token]) -> Any:
        """Reduce balanced tokens to what the rule ``document`` gives: a tuple of nodes."""
        actions = self._actions
        states = [self._start]
        values: list[Any] = []
        for kind, value in (*tokens, Token("$END")):
            while True:
                action = actions[states[-1]][kind]
                if action.__class__ is int:
                    states.append(action)
                    values.append(value)
                    break
                size, rule, reduction = action  # type: ignore[misc]
                if size:
                    parts = values[-size:]
                    del values[-size:], states[-size:]
                else:
                    parts = []
                values.append(reduction(parts))
                states.append(actions[states[-1]][rule])  # type: ignore[arg-type]
                if states[-1] == self._end:
                    return values[-1]
        raise AssertionError("the layout pass returned tokens that are not balanced")


@cache
def load_grammar() -> Grammar:
    """Return the grammar, read once."""
    return Grammar()


def _action(kind: Any, argument: Any) -> int | tuple[int, str, Reduction]:
    if kind is Shift:
        return int(argument)
    rule = str(argument.origin.name)
    return len(argument.expansion), rule, REDUCTIONS[rule]


class _OurLexer(Lexer):
    """Tells Lark not to make a lexer of its own."""

    def __init__(self, configuration: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
        raise NotImplementedError


class _OurLayout:
    """Tells Lark to keep the terminals that only the layout pass reads."""

    always_accept = SOURCE_TERMINALS

    def process(self, stream: Iterator[Any]) -> Iterator[Any]:
        raise NotImplementedError
