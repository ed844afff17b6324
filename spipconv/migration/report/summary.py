"""The report as plain text for a terminal."""

from __future__ import annotations

import textwrap

from spipconv.migration.kinds import HOME
from spipconv.migration.report.balance import IN_BALANCE, balance_columns, balance_numbers, left_words
from spipconv.migration.report.issues import message, severity
from spipconv.migration.report.plugins import plugin_rows
from spipconv.migration.report.remedies import remedy
from spipconv.migration.report.report import MigrationReport, share
from spipconv.migration.report.words import LINK_TABLES, format_share, kind_words, severity_words, tally_words
from spipconv.translations import format_number, translate, translate_plural

_COLUMNS = 100
_LINES = 40
# On a site with many kinds, the table is shortened rather than the losses; the report has all of it.
_TABLE_LINES = 23
# The most lines of one row or sentence.
_MOST_WRAPPED = 4


def summary(report: MigrationReport, language: str) -> str:
    """Return the results of a run as plain text for a terminal: at most 40 lines of 100 columns."""
    lines = _tables(report, language)
    pages, source_words, kept_words = report.words
    if pages:
        kept = format_share(share(source_words, kept_words), language)
        lines.append(translate("words kept: {share}", language, share=kept))
    models = ", ".join(f"{name} {format_number(number, language)}" for name, number in report.unknown_models().items())
    plugins = ", ".join(row.plugin.title for row in plugin_rows(report) if row.fact.fate not in ("read", "none"))
    lines += [
        "",
        *(_wrap("", translate("unknown models: {models}", language, models=models), 2) if models else []),
        *(_wrap("", translate("plugins to look at: {plugins}", language, plugins=plugins), 2) if plugins else []),
        ", ".join(
            f"{format_number(number, language)} {severity_words(severity, language, number)}"
            for severity, number in report.totals.items()
        ),
    ]
    return "\n".join([*lines, *_codes(report, language, _LINES - len(lines))]) + "\n"


def _codes(report: MigrationReport, language: str, room: int) -> list[str]:
    """Return lines about the codes that fit into so many lines: what happened, and under losses what to do."""
    codes = report.codes
    width = max(map(len, codes), default=0)
    number_width = max((len(format_number(number, language)) for number in codes.values()), default=0)
    lines: list[str] = []
    for place, (code, number) in enumerate(codes.items()):
        start = f"{format_number(number, language):>{number_width}}  {code:<{width}}  "
        entry = _wrap(start, message(code, language))
        if severity(code) == "loss" and (advice := remedy(code, language)):
            entry += _wrap(" " * len(start), advice)
        rest = len(codes) - place
        if len(lines) + len(entry) + (rest > 1) > room:
            lines.append(
                translate_plural(
                    "and one more kind of issue: see the report",
                    "and {number} more kinds of issues: see the report",
                    rest,
                    language,
                )
            )
            break
        lines += entry
    return lines


def _tables(report: MigrationReport, language: str) -> list[str]:
    balance = {kind: row for kind, row in report.balance.items() if kind not in LINK_TABLES and kind != HOME.name}
    columns = balance_columns(balance.values())
    cells = [["", *(tally_words(what, language) for what in columns)]] if balance else []
    cells += [
        [kind_words(kind, language), *(format_number(number, language) for number in balance_numbers(row, columns))]
        for kind, row in balance.items()
    ]
    reasons = ["", *(left_words(row, language) for row in balance.values())]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = [
        _wrap(
            "  ".join(
                cell.ljust(width) if index == 0 else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            + ("  " if reason else ""),
            reason,
        )
        for row, reason in zip(cells, reasons, strict=False)
    ]
    lines = _fitting(rows, language)
    for what, parts in report.tallies.items():
        if what not in IN_BALANCE:
            counts = ", ".join(
                f"{format_number(number, language)} {tally_words(part, language, number=number)}"
                for part, number in parts.items()
            )
            lines += _wrap(
                "", translate("{subject}: {sentence}", language, subject=tally_words(what, language), sentence=counts)
            )
    return lines


def _fitting(rows: list[list[str]], language: str) -> list[str]:
    """Return the lines of a table, without its last rows if it is so long that no room is left for the losses."""
    lines: list[str] = []
    for place, row in enumerate(rows):
        rest = len(rows) - place
        if len(lines) + len(row) + (rest > 1) > _TABLE_LINES:
            lines.append(
                translate_plural(
                    "and one more kind of data: see the report",
                    "and {number} more kinds of data: see the report",
                    rest,
                    language,
                )
            )
            break
        lines += row
    return lines


def _wrap(start: str, words: str, most: int = _MOST_WRAPPED) -> list[str]:
    """Return words after their start, on as many lines as they need; only a very long list is cut."""
    room = max(_COLUMNS - len(start), _COLUMNS // 4)
    lines = textwrap.wrap(words, room, max_lines=most, placeholder=" …") or [""]
    return [f"{' ' * len(start) if place else start}{line}" for place, line in enumerate(lines)]
