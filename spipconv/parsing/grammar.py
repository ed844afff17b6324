"""The grammar as Lark reads it: balanced tokens come in, nodes go out, by LALR tables from Lark that are run here.

Lark's own loop over the same tables takes two and a half times as long, because its terminals are compared in Python,
and the work per token decides the speed of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from spipconv.parsing.build import REDUCTIONS, Reduction, collect
from spipconv.parsing.lexer import SourceLexer
from spipconv.parsing.tables import Tables, read_tables
from spipconv.parsing.tokens import Part, Terminal, Token

_END: Final = Token("$END")
# What the parser does at a terminal. The last three are steps that always follow each other, taken at once:
# "nodes: nodes LEAF" is reduced, a shift is followed by an empty list, a shift of CLOSE by reductions up to a list.
_SHIFT: Final = 0
_REDUCE: Final = 1
_LEAF: Final = 2
_OPEN: Final = 3
_CLOSE: Final = 4
# The step; the state after a shift, or how many symbols to reduce; the state after an empty list; the rule; and what it
# makes of the symbols.
_Action = tuple[int, int, int, str, Reduction]


def _reduce_nothing(parts: list[Part]) -> Part:
    """Stand where a shift has no reduction."""
    return parts


class Grammar:
    """The lexer and the parser that the grammar describes."""

    def __init__(self, tables: Tables) -> None:
        self.lexer = SourceLexer(tables.terminals)
        self._start, self._end = tables.start, tables.end
        # By state and rule: the state after a reduction.
        self._gotos: dict[int, dict[str, int]] = {
            state: {symbol: action for symbol, action in actions.items() if isinstance(action, int)}
            for state, actions in tables.actions.items()
        }
        # The only reduction there is in a state, whatever follows.
        self._only: dict[int, tuple[int, str]] = {}
        for state, actions in tables.actions.items():
            # The names of terminals are in capitals.
            reductions = {action for symbol, action in actions.items() if symbol.isupper()}
            if len(reductions) == 1 and not isinstance(reduction := reductions.pop(), int):
                self._only[state] = reduction
        self._actions: dict[int, dict[str, _Action]] = {
            state: {symbol: self._read_action(symbol, action) for symbol, action in actions.items()}
            for state, actions in tables.actions.items()
        }

        self._with_leaves = frozenset(
            [state for state, actions in self._actions.items() if "LEAF" in actions and actions["LEAF"][0] == _LEAF]
        )

    def _read_action(self, symbol: str, action: int | tuple[int, str]) -> _Action:
        if not isinstance(action, int):
            return _REDUCE, action[0], 0, action[1], REDUCTIONS[action[1]]
        if symbol == "LEAF":
            return _LEAF, 0, 0, "", _reduce_nothing
        size, rule = self._only.get(action, (-1, ""))
        if size == 0:
            return _OPEN, action, self._gotos[action][rule], "", _reduce_nothing
        if symbol == "CLOSE" and self._is_collected(rule):
            return _CLOSE, size, 0, rule, REDUCTIONS[rule]
        return _SHIFT, action, 0, "", _reduce_nothing

    def _is_collected(self, rule: str) -> bool:
        """Return whether what a rule makes is always added to a list next."""
        following = [self._only.get(gotos[rule], (0, "")) for gotos in self._gotos.values() if rule in gotos]
        return bool(following) and all(size == 2 and REDUCTIONS[outer] is collect for size, outer in following)

    def parse(self, tokens: Iterable[Terminal]) -> Part:
        """Reduce balanced terminals to the value of the rule ``document``: a tuple of nodes."""
        actions, gotos, with_leaves = self._actions, self._gotos, self._with_leaves
        states = [self._start]
        values: list[Part] = []
        # The innermost list of nodes: the last value, where that is a list.
        nodes: list[Part] = []
        for token in (*tokens, _END):
            if token.__class__ is Token:
                kind = token.type
            elif states[-1] in with_leaves:
                nodes.append(token)
                continue
            else:
                kind = "LEAF"
            while True:
                step, number, after, rule, reduction = actions[states[-1]][kind]
                if step == _LEAF:
                    nodes.append(token)
                    break
                if step == _OPEN:
                    states += (number, after)
                    nodes = []
                    values += (token, nodes)
                    break
                if step == _CLOSE:
                    parts = values[1 - number :]
                    parts.append(token)
                    del values[1 - number :], states[1 - number :]
                    nodes = values[-1]
                    nodes.append(reduction(parts))
                    break
                if step == _SHIFT:
                    states.append(number)
                    values.append(token)
                    break
                parts = values[-number:] if number else []
                if number:
                    del values[-number:], states[-number:]
                value = reduction(parts)
                values.append(value)
                if isinstance(value, list):
                    nodes = value
                states.append(gotos[states[-1]][rule])
                if states[-1] == self._end:
                    return value
        raise AssertionError("the layout pass returned tokens that are not balanced")


@cache
def load_grammar() -> Grammar:
    """Return the grammar; it is read only once."""
    return Grammar(read_tables())
