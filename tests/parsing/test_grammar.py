"""The grammar: its examples match, its stored tables are up to date, and it cannot fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import json

import spipconv
from spipconv.nodes import Node, walk
from spipconv.parsing.build import REDUCTIONS
from spipconv.parsing.grammar import Grammar
from spipconv.parsing.layout.passes import HANDLERS
from spipconv.parsing.lexer import PROTECTED_TERMINALS, SOURCE_TERMINALS, SourceLexer
from spipconv.parsing.tables import TABLES, Tables, compute_tables, grammar_directory

GRAMMAR = Path(grammar_directory())
TERMINALS = re.findall(r"^// example: (.*)\n([A-Z_]+): ", (GRAMMAR / "terminals.lark").read_text("utf-8"), re.MULTILINE)
EXAMPLES = re.findall(r"example: (.+?)(?:\)[,.]|$)", (GRAMMAR / "spip.lark").read_text("utf-8"), re.MULTILINE)


READ_AT_THE_START_OF_LINES = {"ITEM_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return compute_tables()


@pytest.mark.parametrize(("example", "name"), TERMINALS)
def test_every_terminal_matches_its_example(example: str, name: str, tables: Tables) -> None:
    text = example.encode("latin-1", "backslashreplace").decode("unicode_escape")
    assert re.fullmatch(tables.terminals[name], text)


@pytest.mark.parametrize(("example", "name"), [pair for pair in TERMINALS if pair[1] not in PROTECTED_TERMINALS])
def test_no_earlier_terminal_swallows_the_example(example: str, name: str, tables: Tables) -> None:
    text = example.encode("latin-1", "backslashreplace").decode("unicode_escape")
    lexemes = SourceLexer(tables.terminals).read(text, 0, len(text))
    assert [(lexeme.kind, lexeme.start, lexeme.end) for lexeme in lexemes] == [(name, 0, len(text))]


@pytest.mark.parametrize(
    ("example", "name"),
    [pair for pair in TERMINALS if pair[1] not in {*PROTECTED_TERMINALS, *READ_AT_THE_START_OF_LINES, "WORDS"}],
)
def test_no_words_before_a_terminal_swallow_it(example: str, name: str, tables: Tables) -> None:
    text = "mot " + example.encode("latin-1", "backslashreplace").decode("unicode_escape")
    lexemes = SourceLexer(tables.terminals).read(text, 0, len(text))
    assert [(lexeme.kind, lexeme.start) for lexeme in lexemes] == [("WORDS", 0), (name, 4)]


def test_every_terminal_is_written_by_a_handler_or_read_by_a_pass() -> None:
    read_by_passes = {"LINK_MARK", "NOTE_START", "NOTE_END", "POEM_START", "POEM_END", "PIPE"}
    words = {"WORDS", "OTHER"}
    assert set(SOURCE_TERMINALS) - set(PROTECTED_TERMINALS) - read_by_passes - words <= set(HANDLERS)


def test_every_terminal_has_an_example_and_is_read() -> None:
    assert [name for _, name in TERMINALS] == list(SOURCE_TERMINALS), "the grammar says that its order counts"


def test_every_rule_has_a_reduction(tables: Tables) -> None:
    rules = {action[1] for row in tables.actions.values() for action in row.values() if not isinstance(action, int)}
    assert rules == set(REDUCTIONS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_tree_parses(example: str) -> None:
    assert spipconv.parse(example.replace("\\n", "\n")).document.children


def test_every_rule_has_an_example() -> None:
    text = (GRAMMAR / "spip.lark").read_text("utf-8")
    rules = re.findall(r"^([a-z]+):", text, re.MULTILINE)
    assert set(re.findall(r"^// example: .*\n([a-z]+):", text, re.MULTILINE)) == set(rules) == set(REDUCTIONS)


def test_the_stored_tables_belong_to_the_grammar(tables: Tables) -> None:
    kept = json.decode(Path(TABLES).read_bytes(), type=Tables)
    assert kept.checksum == tables.checksum, "the grammar has changed: run make tables"
    assert kept.terminals == tables.terminals
    assert len(kept.actions) == len(tables.actions)


def test_fresh_tables_give_the_same_tree(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "{{{T}}}\n\n-* a {{b}} [c->http://d.org]\n-** e[[f]]\n\n||l|r||\n|{{a}}|{{b}}|\n|1|2|\n\n<poesie>a\nb</poesie>"
    )
    kept = spipconv.parse(text)
    fresh = Grammar(tables)
    monkeypatch.setattr("spipconv.parsing.parser.load_grammar", lambda: fresh)
    assert spipconv.parse(text) == kept


def test_nodes_have_the_places_of_their_markup() -> None:
    text = "un {{deux}}\r\n\r\n<multi>[en]x[fr]-* trois\n-# [quatre->#a]</multi> cinq"
    nodes: list[Node] = list(walk(spipconv.parse(text).document.children))
    places = {type(node).__name__: (node.line, node.column) for node in nodes}
    assert places["Strong"] == (1, 4)
    assert places["Link"] == (4, 4)
    assert all(node.line and node.column for node in nodes)
