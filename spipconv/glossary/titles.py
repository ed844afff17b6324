"""Titles of terms as SPIP's plugins read them: a title comes in, the forms that it stands for go out.

Le Couteau suisse, its tool Glossaire: ``architrave/architraves``, ``,coop[ée]ratives?,i``, ``term/ =art12``.
Dictionnaires: a title, and other forms joined by commas. Regular expressions of a title are never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from math import prod
from typing import NamedTuple

# More forms than these are no spellings of one word.
MOST_FORMS = 64
_LONGEST_EXPRESSION = 300
# A slash of an end tag separates nothing.
_SEPARATOR = re.compile("(?<!<)/")
_TARGET = re.compile(r"(?<!<)/\s*=(.+)\Z", re.DOTALL)
_EXPRESSION = re.compile(r"\s*,(.*),([a-zA-Z]*)\s*\Z", re.DOTALL)
_FLAGS = frozenset("imsuDUSX")
# One letter, or a class of letters, which may be left out.
_LETTER = r"\\[^A-Za-z0-9\s]|[^\\.^$*+?{}\[\]|()]"
_ATOM = re.compile(rf"(?:\[((?:(?![-^])(?:{_LETTER}))+)\]|({_LETTER}))(\??)")
_MARKED_EDGE = re.compile(r"\A(?:\\b)?(.*?)(?:\\b)?\Z", re.DOTALL)
_TOKEN = re.compile(
    r"\\(?P<escaped>.)|\[\^(?:\\.|[^\]\\])*\]|\[\\?(?P<first>.)(?:\\.|[^\]\\])*\]|(?P<open>\()(?:\?[:=!<]*)?|(?P<close>\))"
    r"|(?P<or>\|)|(?P<optional>[?*]|\{0,?[0-9]*\})|\{[0-9,]*\}|[][{}+^$.]|(?P<letter>.)",
    re.DOTALL,
)
_DOTTABLE = 2


class TermTitle(NamedTuple):
    """What a title says: the forms, the expressions that are not among them, and the target that replaces the page.

    ``case_sensitive``: all forms come from expressions whose case matters.
    """

    forms: tuple[str, ...]
    patterns_left: tuple[str, ...] = ()
    target: str = ""
    case_sensitive: bool = False

    @property
    def words(self) -> str:
        """The title as people read it: never an expression, but words that one stands for."""
        if self.forms:
            return self.forms[0]
        pattern = _EXPRESSION.match(self.patterns_left[0]) if self.patterns_left else None
        return _say(pattern[1]) if pattern else ""


def read_keyword_title(title: str) -> TermTitle:
    """Return what a title in a group of keywords ``Glossaire`` says, as Le Couteau suisse reads it.

    An expression of literal letters, ``?`` behind a letter and classes of single letters stands for at most 64 forms;
    other expressions are ``patterns_left``. Words come first: they are the title. ``<multi>`` is to be resolved before.
    """
    target = ""
    redirection = _TARGET.search(title)
    if redirection:
        title, target = title[: redirection.start()], redirection[1].strip()
    forms: list[str] = []
    expanded_forms: list[str] = []
    left: list[str] = []
    cases: set[bool] = set()
    for part in map(str.strip, _SEPARATOR.split(title)):
        expression = _EXPRESSION.match(part)
        if not expression:
            forms += [part] if part else []
            cases.add(False)
            continue
        expanded = expand_expression(expression[1]) if _FLAGS.issuperset(expression[2]) else None
        if expanded:
            expanded_forms += expanded
            cases.add("i" not in expression[2])
        else:
            left.append(part)
    return TermTitle(tuple(dict.fromkeys([*forms, *expanded_forms])), tuple(left), target, cases == {True})


def read_definition_title(title: str, terms: str = "", *, abbreviation: bool = False) -> tuple[str, ...]:
    """Return the forms of a definition of Dictionnaires: its ``titre``, and its ``termes``, joined by commas.

    An abbreviation is also recognised with points: ``E.S.S.`` and ``E.S.S`` for ``ESS``.
    """
    forms = [form for form in map(str.strip, (title, *terms.split(","))) if form]
    if abbreviation:
        forms += [dotted for form in forms for dotted in _with_points(form)]
    return tuple(dict.fromkeys(forms))


def expand_expression(expression: str) -> tuple[str, ...] | None:
    """Return the forms that a regular expression stands for, None if it is not simple or stands for too many."""
    edges = _MARKED_EDGE.match(expression)
    inner = edges[1] if edges else expression
    if len(inner) > _LONGEST_EXPRESSION:
        return None
    choices: list[tuple[str, ...]] = []
    at = 0
    while at < len(inner):
        atom = _ATOM.match(inner, at)
        if atom is None:
            return None
        letters = tuple(_letters(atom[1] or atom[2]))
        choices.append(("", *letters) if atom[3] else letters)
        at = atom.end()
    if prod(map(len, choices)) > MOST_FORMS:
        return None
    forms = dict.fromkeys("".join(letters).strip() for letters in product(*choices))
    return tuple(form for form in forms if form)


def _say(expression: str) -> str:
    """Return the words that an expression stands for, of those the first: without what may be left out."""
    words: list[str] = []
    # Where each open group and the last piece begin, and how many groups are open around alternatives to be skipped.
    starts: list[int] = []
    last, skipped = 0, -1
    for token in _TOKEN.finditer(expression[:_LONGEST_EXPRESSION]):
        kind = token.lastgroup
        if kind == "open":
            starts.append(len(words))
        elif kind == "close":
            last = starts.pop() if starts else len(words)
            skipped = -1 if len(starts) < skipped else skipped
        elif skipped >= 0:
            continue
        elif kind == "or":
            if not starts:
                break
            skipped = len(starts)
        elif kind == "optional":
            del words[last:]
        elif kind:
            last = len(words)
            is_class = kind == "escaped" and token[kind].isalnum()
            words.append((" " if token[kind] == "s" else "") if is_class else token[kind])
    return " ".join("".join(words).split())


def _letters(escaped: str) -> Iterable[str]:
    return (letter[-1] for letter in re.findall(rf"(?s:{_LETTER})", escaped))


def _with_points(form: str) -> tuple[str, ...]:
    if len(form) < _DOTTABLE or not form.isalpha():
        return ()
    points = ".".join(form)
    return f"{points}.", points
