"""The report as one page for people: no script and nothing from elsewhere, whatever is in the site's texts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from spipconv.diagnostics import Severity
from spipconv.migration.report.balance import (
    IN_BALANCE,
    KindBalance,
    balance_columns,
    balance_numbers,
    left_words,
)
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
from spipconv.migration.report.plugins import PluginRow, own_plugins, plugin_rows
from spipconv.migration.report.remedies import remedy
from spipconv.migration.report.report import ISSUES_FILE, Mention, MigrationReport, PageWords, share
from spipconv.migration.report.style import STYLE
from spipconv.migration.report.subjects import FindSubject, find_nothing
from spipconv.migration.report.words import (
    fate_words,
    field_words,
    format_share,
    kind_words,
    severity_words,
    tally_words,
)
from spipconv.safety import escape_attribute, escape_text, safe_address
from spipconv.translations import find_catalogue, format_number, mark, translate, translate_plural

# Of one list: the page stays one that a phone can show; report.json has more, and remarks.jsonl has all.
MOST_SHOWN = 100
# A longer list is folded.
_MOST_OPEN = 8
# The sections of issues, by their ids.
_SEVERITY_SECTIONS: Mapping[str, Severity] = {severity: severity for severity in SEVERITIES}

_SHOWN_ELSEWHERE = frozenset({("redirect", "article"), ("pages", "pages")})
# The sections' headings, and the captions of their tables.
_HEADINGS = {
    "plugins": mark("Plugins"),
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


def write_page(
    report: MigrationReport, language: str, *, title: str = "", site: str = "", find: FindSubject = find_nothing
) -> str:
    """Return report.html, in a language that has a catalogue or else in English.

    ``title`` is the site's name; ``site`` is put before the pages' addresses ("https://example.org", or nothing where
    the report is shown by the new site itself). ``find`` finds the titles of objects; it is called for each place that
    is shown.
    """
    return _Page(report, language, site, find).write(title)


class _Page:
    def __init__(self, report: MigrationReport, language: str, site: str, find: FindSubject) -> None:
        self._report = report
        self._language = language
        self._site = site
        self._find = find

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
        lead = escape_text(self._lead())
        label = escape_attribute(self._translate("Contents"))
        digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        return (
            f'<!DOCTYPE html>\n<html lang="{find_catalogue(self._language)}">\n<head>\n'
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
            f"<title>{heading}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
            f"<h1>{heading}</h1>\n<p>{lead}</p>\n{self._totals()}"
            f'<nav aria-label="{label}"><ul>{"".join(contents)}</ul></nav>\n'
            f"{''.join(sections)}</main>\n</body>\n</html>\n"
        )

    def _sections(self) -> Iterator[tuple[str, Iterable[str]]]:
        report = self._report
        yield "plugins", self._plugins()
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

    def _lead(self) -> str:
        pages = self._report.tallies.get("pages", {}).get("pages", 0)
        sentences = [
            translate_plural("The new site has one page.", "The new site has {number} pages.", pages, self._language)
            if pages
            else "",
            "" if self._report.has_losses else self._translate("Nothing was lost."),
            self._translate("Below each heading is what to do; what is corrected in SPIP is right in the next run.")
            if self._report.codes
            else "",
        ]
        return " ".join(filter(None, sentences))

    def _plugins(self) -> Iterator[str]:
        rows = plugin_rows(self._report)
        shown = [row for row in rows if row.fact.fate != "none" or row.left]
        if shown:
            items = "".join(map(self._plugin, shown[:MOST_SHOWN]))
            yield f'<ul class="plugins">{items}</ul>\n'
        if len(shown) > MOST_SHOWN:
            yield f"<p>{self._more(len(shown) - MOST_SHOWN)}</p>\n"
        # Of these, nobody has anything to do.
        idle = [row.plugin.title for row in rows if row not in shown]
        own = [plugin.title for plugin in own_plugins(self._report)]
        for names, sentence in (
            (idle, self._translate("Not needed on the new site")),
            (own, self._translate("A part of SPIP, and read with it")),
        ):
            if names:
                yield f"<p>{escape_text(self._join(sentence, ', '.join(names)))}</p>\n"

    def _plugin(self, row: PluginRow) -> str:
        fate = row.fact.fate
        words = escape_text(fate_words(fate, self._language))
        sentence = escape_text(self._translate(row.fact.sentence))
        left = ""
        if row.left:
            what = "".join(f" <code>{escape_text(name)}</code>" for name in row.left[:MOST_SHOWN])
            words_left = self._join(self._translate("Left in the database"), "")
            left = f'<p class="quiet">{escape_text(words_left)}{what}</p>'
        return (
            f'<li><b>{escape_text(row.plugin.title)}</b><span class="{fate}">{words}</span><p>{sentence}</p>{left}</li>'
        )

    def _totals(self) -> str:
        items = []
        for level, number in self._report.totals.items():
            words = escape_text(severity_words(level, self._language, number))
            total = f"<b>{self._number(number)}</b><span>{words}</span>"
            total = f'<a class="{level}" href="#{level}">{total}</a>' if number else f'<div class="quiet">{total}</div>'
            items.append(f"<li>{total}</li>")
        return f'<ul class="totals">{"".join(items)}</ul>\n'

    def _counts(self) -> Iterator[str]:
        balance = self._report.balance
        columns = balance_columns(balance.values())
        cells = [
            [self._kind(kind, kinds_balance), *map(self._number, balance_numbers(kinds_balance, columns))]
            for kind, kinds_balance in balance.items()
        ]
        if cells:
            heads = [self._translate("Kind"), *(tally_words(column, self._language) for column in columns)]
            yield self._table("counts", heads, cells, numbers=range(1, len(heads)), is_narrow=False)
            words = self._translate("Whatever was read is on the new site, leads to one of its pages, or was left out.")
            yield f"<p>{escape_text(words)}</p>\n"

    def _kind(self, kind: str, balance: KindBalance) -> str:
        """Return the words for a kind, with the reasons for which some of it was left out."""
        reasons = escape_text(left_words(balance, self._language))
        return escape_text(kind_words(kind, self._language)) + (f"<small>{reasons}</small>" if reasons else "")

    def _tallies(self) -> Iterator[str]:
        cells = [
            [
                escape_text(f"{tally_words(what, self._language)}, {tally_words(part, self._language, number=count)}"),
                self._number(count),
            ]
            for what, parts in self._report.tallies.items()
            if what not in IN_BALANCE
            for part, count in parts.items()
            # The others are in the table of objects and at the top of the page.
            if (what, part) not in _SHOWN_ELSEWHERE
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
            advice = remedy(code, self._language)
            yield (
                f'<div class="remarks {wanted}"><h3>{escape_text(_sentence(message(code, self._language)))}</h3>'
                f"{f'<p>{escape_text(advice)}</p>' if advice else ''}"
                f'<p class="quiet"><code>{code}</code> × {self._number(number)}</p>{items}</div>\n'
            )

    def _place(self, issue: Issue) -> str:
        where = self._object(issue.kind, issue.number, issue.page)
        if issue.field:
            where += f", {escape_text(field_words(issue.field, self._language))}"
        if issue.line:
            line = escape_text(self._translate("line {line}", line=issue.line))
            where += f", {line}"
        if not issue.detail:
            return where
        return f"{where}{escape_text(self._join('', ''))}<code>{escape_text(issue.detail)}</code>"

    def _object(self, kind: str, number: int, page: str) -> str:
        """Return the title of an object with its number, linked to its pages on both sites, as far as they are
        known.
        """
        name = kind_words(kind, self._language, number=1) if kind else self._translate("the database")
        words = escape_text(f"{name} {number}" if number else name)
        subject = self._find(kind, number) if number else find_nothing(kind, number)
        # A title may turn the direction of what follows it.
        title = f"<bdi>{escape_text(readable(subject.title))}</bdi>" if subject.title else ""
        page = page or subject.page
        address = safe_address(self._site + page) if page else None
        shown = title or words
        if address:
            shown = f'<a href="{escape_attribute(address)}">{shown}</a>'
        old = safe_address(subject.old_address) if subject.old_address else None
        marks = [words] if title else []
        if old:
            old_words = escape_text(self._translate("old page"))
            marks.append(f'<a class="old" href="{escape_attribute(old)}">{old_words}</a>')
        return f"{shown} <small>{' '.join(marks)}</small>" if marks else shown

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
        if len(shown) > 2 * _MOST_OPEN and name != "counts":
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
