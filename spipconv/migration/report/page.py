"""The report as one page for people: no script and nothing from elsewhere, whatever is in the site's texts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from spipconv.diagnostics import Severity
from spipconv.migration.report.issues import (
    DOCUMENT_CODES,
    ENCODING_CODES,
    LINK_CODES,
    SEVERITIES,
    Issue,
    message,
    readable,
    severity,
)
from spipconv.migration.report.report import ISSUES_FILE, Mention, MigrationReport, PageWords, in_and_out, share
from spipconv.migration.report.words import format_share, kind_words, severity_words, tally_words
from spipconv.safety import escape_attribute, escape_text, safe_address
from spipconv.translations import find_catalogue, format_number, mark, translate, translate_plural

# Of one list: the page stays one that a phone can show; report.json has more, and remarks.jsonl has all.
MOST_SHOWN = 100
# A longer list is folded.
_MOST_OPEN = 8
# The sections of issues, by their ids.
_SEVERITY_SECTIONS: Mapping[str, Severity] = {severity: severity for severity in SEVERITIES}

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1c2126; --quiet: #58616b; --line: #d9dee3; --soft: #f4f6f8;
  --link: #0b57a4; --loss: #a8201a; --change: #8a5300; --info: #275d8c; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --text: #e4e7ea; --quiet: #a3acb5; --line: #343a41;
  --soft: #1e2226; --link: #8cc2f7; --loss: #ff9c94; --change: #f0bc66; --info: #93c5f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .75rem; padding-bottom: .35rem;
  border-bottom: 2px solid var(--line); }
h3 { font-size: 1rem; line-height: 1.4; margin: 0; }
p { margin: .5rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.totals { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 1.5rem 0; padding: 0;
  list-style: none; }
.totals a, .totals div { display: block; padding: .7rem .9rem; border: 1px solid var(--line);
  border-top: 4px solid currentcolor;
  border-radius: .4rem; background: var(--soft); text-decoration: none; }
.totals b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.totals a:hover span { text-decoration: underline; }
.loss { color: var(--loss); } .change { color: var(--change); } .info { color: var(--info); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
table.narrow { width: auto; min-width: min(100%, 32rem); }
caption { text-align: left; color: var(--quiet); padding-bottom: .35rem; }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere; font-weight: normal; }
thead th { color: var(--quiet); font-size: .875rem; }
.number { text-align: right; white-space: nowrap; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
td code + .quiet, th code + .quiet { display: block; font-size: .875rem; }
td.number:last-child, th.number:last-child { padding-right: 0; }
.remarks { margin: 1rem 0; padding: .7rem .9rem; border: 1px solid var(--line); border-left: 4px solid;
  border-radius: .4rem; }
.remarks > * { color: var(--text); }
.remarks.loss { border-left-color: var(--loss); } .remarks.change { border-left-color: var(--change); }
.remarks.info { border-left-color: var(--info); }
.remarks ul { margin: .5rem 0 0; padding: 0; list-style: none; }
.remarks li { padding: .3rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.remarks p { margin: 0; color: var(--quiet); font-size: .875rem; }
summary { cursor: pointer; padding: .3rem 0; color: var(--link); }
@media (max-width: 30rem) { .totals { gap: .4rem; } .totals a, .totals div { padding: .5rem;
  } .totals b { font-size: 1.25rem; }
  .totals span { font-size: .875rem; } }
@media print { .remarks { break-inside: avoid; } }
"""
# The sections' headings, and the captions of their tables.
_HEADINGS = {
    "counts": mark("Objects read and written"),
    "tallies": mark("Files and redirects"),
    "links": mark("Links by address"),
    "documents": mark("Documents by file"),
    "models": mark("Unknown models"),
    "encodings": mark("Encodings"),
    "recall": mark("Words kept"),
}
_CAPTIONS = {
    "counts": mark("Objects of the old site"),
    "tallies": mark("Other counts"),
    "links": mark("Addresses that no longer lead anywhere"),
    "documents": mark("Files and documents that are missing or were not copied"),
    "models": mark("Unknown models, by name"),
    "encodings": mark("Texts that were in another encoding"),
    "recall": mark("Pages that lost words, the worst first"),
}


def write_page(report: MigrationReport, language: str, *, title: str = "", site: str = "") -> str:
    """Return report.html, in a language that has a catalogue or else in English.

    ``title`` is the site's name; ``site`` is put before the pages' addresses ("https://example.org", or nothing where
    the report is shown by the new site itself).
    """
    return _Page(report, language, site).write(title)


class _Page:
    def __init__(self, report: MigrationReport, language: str, site: str) -> None:
        self._report = report
        self._language = language
        self._site = site

    def write(self, title: str) -> str:
        """Return the page."""
        heading = self._translate("Migration report")
        heading = escape_text(self._join(heading, readable(title)) if title else heading)
        parts = [(name, "".join(content)) for name, content in self._sections()]
        sections = [
            f'<section id="{name}"><h2>{escape_text(self._heading(name))}</h2>\n{content}</section>\n'
            for name, content in parts
            if content
        ]
        contents = [
            f'<li><a href="#{name}">{escape_text(self._heading(name))}</a></li>' for name, content in parts if content
        ]
        nothing = escape_text(self._translate("Nothing was lost."))
        lost = "" if self._report.has_losses else f"<p>{nothing}</p>\n"
        label = escape_attribute(self._translate("Contents"))
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        return (
            f'<!DOCTYPE html>\n<html lang="{find_catalogue(self._language)}">\n<head>\n'
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
            f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
            f"<h1>{heading}</h1>\n{lost}{self._totals()}"
            f'<nav aria-label="{label}"><ul>{"".join(contents)}</ul></nav>\n'
            f"{''.join(sections)}</main>\n</body>\n</html>\n"
        )

    def _sections(self) -> Iterator[tuple[str, Iterable[str]]]:
        report = self._report
        yield "counts", self._counts()
        yield "tallies", self._tallies()
        yield "loss", self._issues("loss")
        yield "links", self._mentions("links", report.mentions(LINK_CODES, MOST_SHOWN + 1))
        yield "documents", self._mentions("documents", report.mentions(DOCUMENT_CODES, MOST_SHOWN + 1))
        yield "models", self._models()
        yield "encodings", self._mentions("encodings", report.mentions(ENCODING_CODES, MOST_SHOWN + 1))
        yield "recall", self._recall()
        yield "change", self._issues("change")
        yield "info", self._issues("info")

    def _translate(self, sentence: str, /, **values: object) -> str:
        return translate(sentence, self._language, **values)

    def _join(self, subject: str, sentence: str) -> str:
        return self._translate("{subject}: {sentence}", subject=subject, sentence=sentence)

    def _heading(self, name: str) -> str:
        if name in _SEVERITY_SECTIONS:
            return severity_words(_SEVERITY_SECTIONS[name], self._language).capitalize()
        return self._translate(_HEADINGS[name])

    def _number(self, number: int) -> str:
        return format_number(number, self._language)

    def _totals(self) -> str:
        items = []
        for level, number in self._report.totals.items():
            words = escape_text(severity_words(level, self._language, number))
            total = f"<b>{self._number(number)}</b><span>{words}</span>"
            total = f'<a class="{level}" href="#{level}">{total}</a>' if number else f'<div class="quiet">{total}</div>'
            items.append(f"<li>{total}</li>")
        return f'<ul class="totals">{"".join(items)}</ul>\n'

    def _counts(self) -> Iterator[str]:
        columns, rows = in_and_out(self._report)
        if rows:
            heads = [self._translate("Kind"), *(tally_words(column, self._language) for column in columns)]
            cells = [
                [escape_text(kind_words(kind, self._language)), *map(self._number, numbers)] for kind, numbers in rows
            ]
            yield self._table("counts", heads, cells, numbers=range(1, len(heads)))

    def _tallies(self) -> Iterator[str]:
        columns, _ = in_and_out(self._report)
        cells = [
            [
                escape_text(f"{tally_words(what, self._language)}, {tally_words(part, self._language, number=count)}"),
                self._number(count),
            ]
            for what, parts in self._report.tallies.items()
            if what not in columns
            for part, count in parts.items()
        ]
        if cells:
            yield self._table("tallies", [self._translate("Subject"), self._translate("Number")], cells, numbers=(1,))

    def _issues(self, wanted: Severity) -> Iterator[str]:
        for code, number in self._report.codes.items():
            if severity(code) != wanted:
                continue
            places = [f"<li>{self._place(issue)}</li>" for issue in self._report.issues(code, MOST_SHOWN)]
            if number > len(places):
                places.append(f"<li>{self._more(number - len(places), ISSUES_FILE)}</li>")
            items = f"<ul>{''.join(places)}</ul>"
            if number > _MOST_OPEN:
                count = translate_plural("{number} place", "{number} places", number, self._language)
                items = f"<details><summary>{escape_text(count)}</summary>{items}</details>"
            yield (
                f'<div class="remarks {wanted}"><h3>{escape_text(_sentence(message(code, self._language)))}</h3>'
                f"<p><code>{code}</code> × {self._number(number)}</p>{items}</div>\n"
            )

    def _place(self, issue: Issue) -> str:
        where = self._object(issue.kind, issue.number, issue.page)
        if issue.field:
            where += f", {escape_text(issue.field)}"
        if issue.line:
            line = escape_text(self._translate("line {line}", line=issue.line))
            where += f", {line}"
        if not issue.detail:
            return where
        return f"{where}{escape_text(self._join('', ''))}<code>{escape_text(issue.detail)}</code>"

    def _object(self, kind: str, number: int, page: str) -> str:
        name = kind_words(kind, self._language, number=1) if kind else self._translate("the database")
        words = escape_text(f"{name} {number}" if number else name)
        address = safe_address(self._site + page) if page else None
        return f'<a href="{escape_attribute(address)}">{words}</a>' if address else words

    def _mentions(self, name: str, mentions: Iterator[Mention]) -> Iterator[str]:
        cells = [
            [
                (f"<code>{escape_text(mention.detail)}</code> " if mention.detail else "")
                + f'<span class="quiet">{escape_text(_sentence(message(mention.code, self._language)))}</span>',
                self._number(mention.count),
            ]
            for mention in mentions
        ]
        if cells:
            heads = [self._translate("Subject"), self._translate("Number")]
            yield self._table(name, heads, cells, numbers=(1,), is_narrow=False)

    def _models(self) -> Iterator[str]:
        cells = [
            [f"<code>{escape_text(name)}</code>", self._number(number)]
            for name, number in self._report.unknown_models().items()
        ]
        if cells:
            yield self._table("models", [self._translate("Model"), self._translate("Number")], cells, numbers=(1,))

    def _recall(self) -> Iterator[str]:
        pages, source_words, kept_words = self._report.words
        if not pages:
            return
        below = self._report.pages_below
        sentences = translate_plural(
            "{share} of the {words} words of one page were kept.",
            "{share} of the {words} words of {number} pages were kept.",
            pages,
            self._language,
            share=format_share(share(source_words, kept_words), self._language),
            words=self._number(source_words),
        )
        if below:
            lost = translate_plural("One page lost words.", "{number} pages lost words.", below, self._language)
            sentences += f" {lost}"
        yield f"<p>{escape_text(sentences)}</p>\n"
        cells = [self._recall_cells(words) for words in self._report.pages_with_losses(MOST_SHOWN + 1)]
        if cells:
            heads = [self._translate("Page"), self._translate("Kept"), self._translate("Words lost")]
            yield self._table("recall", heads, cells, numbers=(1, 2), total=below)

    def _recall_cells(self, words: PageWords) -> list[str]:
        return [
            self._object(words.kind, words.number, words.page),
            escape_text(format_share(words.share, self._language)),
            self._number(words.source_words - words.kept_words),
        ]

    def _table(
        self,
        name: str,
        heads: Sequence[str],
        cells: list[list[str]],
        *,
        numbers: Sequence[int],
        is_narrow: bool = True,
        total: int = 0,
    ) -> str:
        """Return a section's table; cells are markup, heads are words. One row too many means that there are more."""
        classes = [' class="number"' if index in numbers else "" for index in range(len(heads))]
        shown = cells[:MOST_SHOWN]
        columns = "".join(
            f'<th scope="col"{number}>{escape_text(head)}</th>' for head, number in zip(heads, classes, strict=True)
        )
        rows = "".join(
            f'<tr><th scope="row">{row[0]}</th>'
            + "".join(f"<td{number}>{cell}</td>" for cell, number in zip(row[1:], classes[1:], strict=True))
            + "</tr>\n"
            for row in shown
        )
        words = escape_text(self._translate(_CAPTIONS[name]))
        width = ' class="narrow"' if is_narrow else ""
        table = (
            f"<table{width}><caption>{words}</caption>\n<thead><tr>{columns}</tr></thead>\n"
            f"<tbody>\n{rows}</tbody></table>\n"
        )
        is_cut = len(cells) > len(shown)
        if is_cut:
            table += f"<p>{self._more(total - len(shown))}</p>\n"
        if len(shown) > 2 * _MOST_OPEN:
            count = f"{self._number(total or len(shown))}{' +' if is_cut and not total else ''}"
            table = f"<details><summary>{words} ({count})</summary>{table}</details>\n"
        return table

    def _more(self, number: int, name: str = "report.json") -> str:
        if number <= 0:
            return escape_text(self._translate("… and more: see {file}", file=name))
        return escape_text(
            translate_plural(
                "… and one more: see {file}", "… and {number} more: see {file}", number, self._language, file=name
            )
        )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
