"""Lark's parse table is private to Lark: what we read of it has the shape that we expect."""

from __future__ import annotations

from collections import deque
from importlib.metadata import version
from pathlib import Path

import pytest
from lark import Lark
from lark.grammar import NonTerminal, Rule, Terminal
from lark.parsers.lalr_analysis import Reduce, Shift
from msgspec import json

from spipconv.parsing.build import REDUCTIONS
from spipconv.parsing.tables import TABLES, Tables, compute_tables

# Enough for shifts, reductions, an empty rule and a goto.
GRAMMAR = """
document: items
items: | items item
item: WORD | OPEN items CLOSE
WORD: "a"
OPEN: "("
CLOSE: ")"
"""


@pytest.fixture(scope="module")
def lark() -> Lark:
    return Lark(GRAMMAR, start="document", parser="lalr")


def test_a_table_has_states_that_map_symbols_to_shifts_and_reductions(lark: Lark) -> None:
    table = lark.parser.parser._parse_table
    assert set(vars(table)) >= {"states", "start_states", "end_states"}
    assert {type(state) for state in table.states} == {int}
    assert [set(states) for states in (table.start_states, table.end_states)] == [{"document"}] * 2
    assert {table.start_states["document"], table.end_states["document"]} <= set(table.states)
    kinds = {action[0] for row in table.states.values() for action in row.values()}
    assert kinds == {Shift, Reduce}
    assert {len(action) for row in table.states.values() for action in row.values()} == {2}


def test_a_shift_names_a_state_and_a_reduction_a_rule(lark: Lark) -> None:
    states = lark.parser.parser._parse_table.states
    for row in states.values():
        for kind, argument in row.values():
            if kind is Shift:
                assert argument in states
                continue
            assert isinstance(argument, Rule)
            assert argument.origin.name in {"document", "items", "item"}
            assert all(isinstance(symbol, Terminal | NonTerminal) for symbol in argument.expansion)


def test_symbols_are_the_names_of_terminals_and_rules_and_the_end(lark: Lark) -> None:
    symbols = {symbol for row in lark.parser.parser._parse_table.states.values() for symbol in row}
    assert {str(symbol) for symbol in symbols} == {"WORD", "OPEN", "CLOSE", "items", "item", "$END", "document"}
    assert {str(terminal.name): terminal.pattern.to_regexp() for terminal in lark.terminals} == {
        "WORD": "a", "OPEN": r"\(", "CLOSE": r"\)",
    }  # fmt: skip


def test_the_installed_lark_computes_the_stored_tables() -> None:
    """States may have other numbers; what leads where may not differ."""
    stored, computed = json.decode(Path(TABLES).read_bytes(), type=Tables), compute_tables()
    hint = f"lark {version('lark')} computes another table: read compute_tables() again, then run make tables"
    pairs, waiting = {stored.start: computed.start}, deque([stored.start])
    while waiting:
        state = waiting.popleft()
        row, other = stored.actions[state], computed.actions[pairs[state]]
        assert set(row) == set(other), hint
        for symbol, action in row.items():
            if isinstance(action, int):
                following = other[symbol]
                assert isinstance(following, int), hint
                if action not in pairs:
                    waiting.append(action)
                assert pairs.setdefault(action, following) == following, hint
            else:
                assert other[symbol] == action, hint
    assert pairs[stored.end] == computed.end
    assert len(pairs) == len(set(pairs.values())) == len(stored.actions) == len(computed.actions), hint
    rules = {action[1] for row in stored.actions.values() for action in row.values() if not isinstance(action, int)}
    assert rules == set(REDUCTIONS)
