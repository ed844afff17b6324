"""The report as plain text for a terminal."""

from __future__ import annotations

import textwrap

from spipconv.migration.report.issues import message
from spipconv.migration.report.report import MigrationReport, in_and_out, share
from spipconv.migration.report.words import format_share, kind_words, severity_words, tally_words
from spipconv.translations import format_number, translate, translate_plural

_COLUMNS = 100
_LINES = 40


def summary(report: MigrationReport, language: str) -> str:
    """Return the results of a run as plain text for a terminal: at most 40 lines of 100 columns."""
    lines = _tables(report, language)
    totals = report.totals
    words = ", ".join(
        f"{format_number(number, language)} {severity_words(severity, language, number)}"
        for severity, number in totals.items()
    )
    pages, source_words, kept_words = report.words
    if pages:
        kept = format_share(share(source_words, kept_words), language)
        lines += ["", translate("words kept: {share}", language, share=kept)]
    models = ", ".join(f"{name} {format_number(number, language)}" for name, number in report.unknown_models().items())
    if models:
        line = translate("unknown models: {models}", language, models=models)
        lines += ["", textwrap.shorten(line, _COLUMNS, placeholder=" …")]
    lines += ["", words]
    codes = list(report.codes.items())
    room = max(_LINES - len(lines), 1)
    shown = codes if len(codes) <= room else codes[: room - 1]
    width = max((len(code) for code, _ in shown), default=0)
    number_width = max((len(format_number(number, language)) for _, number in shown), default=0)
    for code, number in shown:
        line = f"{format_number(number, language):>{number_width}}  {code:<{width}}  {message(code, language)}"
        indent = line[: number_width + width + 4]
        lines.append(indent + textwrap.shorten(line[len(indent) :], _COLUMNS - len(indent), placeholder=" …"))
    if len(shown) < len(codes):
        rest = len(codes) - len(shown)
        lines.append(
            translate_plural(
                "and one more kind of issue: see the report",
                "and {number} more kinds of issues: see the report",
                rest,
                language,
            )
        )
    return "\n".join(lines) + "\n"


def _tables(report: MigrationReport, language: str) -> list[str]:
    columns, rows = in_and_out(report)
    cells = [["", *(tally_words(what, language) for what in columns)]] if rows else []
    cells += [
        [kind_words(kind, language), *(format_number(number, language) for number in numbers)] for kind, numbers in rows
    ]
    # On a site with many kinds, the table is shortened rather than the losses; the report has all of it.
    cells = cells[: _LINES // 2]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    for what, parts in report.tallies.items():
        if what not in columns:
            counts = ", ".join(
                f"{format_number(number, language)} {tally_words(part, language, number=number)}"
                for part, number in parts.items()
            )
            line = translate("{subject}: {sentence}", language, subject=tally_words(what, language), sentence=counts)
            lines.append(textwrap.shorten(line, _COLUMNS))
    return lines
