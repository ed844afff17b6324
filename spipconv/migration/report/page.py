"""The report as one page for people: no script, nothing from elsewhere, whatever stands in the site's texts."""

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
from spipconv.migration.report.words import (
    grouped,
    is_french,
    kind_words,
    per_cent,
    severity_words,
    tally_words,
)
from spipconv.safety import escape_attribute, escape_text, safe_address

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
_WORDS = {
    "title": ("Migration report", "Rapport de migration"),
    "contents": ("Contents", "Sommaire"),
    "nothing": ("Nothing was lost.", "Rien n’a été perdu."),
    "counts": ("What went in, what came out", "Ce qui est entré, ce qui est sorti"),
    "counts caption": ("Objects of the old site", "Objets de l’ancien site"),
    "kind": ("Kind", "Genre"),
    "tallies": ("Files and redirects", "Fichiers et redirections"),
    "tallies caption": ("Other counts", "Autres décomptes"),
    "number": ("Number", "Nombre"),
    "links": ("Links, by address", "Liens, par adresse"),
    "links caption": ("Addresses that lead nowhere any more", "Adresses qui ne mènent plus nulle part"),
    "documents": ("Documents, by file", "Documents, par fichier"),
    "documents caption": ("Files and documents that are not there", "Fichiers et documents absents"),
    "models": ("Unknown models", "Modèles inconnus"),
    "models caption": ("Models that nobody knows here, by name", "Modèles inconnus ici, par nom"),
    "model": ("Model", "Modèle"),
    "encodings": ("Encodings", "Codages"),
    "encodings caption": ("Texts that were in another encoding", "Textes qui étaient dans un autre codage"),
    "recall": ("Words kept", "Mots gardés"),
    "recall caption": (
        "Pages that lost words, the lowest share first",
        "Pages qui ont perdu des mots, la plus faible part d’abord",
    ),
    "about": ("What", "Objet"),
    "page": ("Page", "Page"),
    "share": ("Kept", "Gardés"),
    "lost": ("Words lost", "Mots perdus"),
    "line": ("line", "ligne"),
    "database": ("the database", "la base"),
    "places": ("places", "endroits"),
    "colon": (":", "\u00a0:"),
}


def write_page(report: MigrationReport, language: str, *, title: str = "", site: str = "") -> str:
    """Return report.html, in French if ``language`` is, else in English.

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
        heading = escape_text(self._say("title"))
        if title:
            heading = f"{heading}{escape_text(self._say('colon'))} {escape_text(readable(title))}"
        parts = [(name, "".join(content)) for name, content in self._sections()]
        sections = [
            f'<section id="{name}"><h2>{escape_text(self._heading(name))}</h2>\n{content}</section>\n'
            for name, content in parts
            if content
        ]
        contents = [
            f'<li><a href="#{name}">{escape_text(self._heading(name))}</a></li>' for name, content in parts if content
        ]
        lost = "" if self._report.has_losses else f"<p>{escape_text(self._say('nothing'))}</p>\n"
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        return (
            f'<!DOCTYPE html>\n<html lang="{"fr" if is_french(self._language) else "en"}">\n<head>\n'
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
            f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
            f"<h1>{heading}</h1>\n{lost}{self._totals()}"
            f'<nav aria-label="{escape_attribute(self._say("contents"))}"><ul>{"".join(contents)}</ul></nav>\n'
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

    def _say(self, what: str) -> str:
        return _WORDS[what][is_french(self._language)]

    def _heading(self, name: str) -> str:
        if name in _SEVERITY_SECTIONS:
            return severity_words(_SEVERITY_SECTIONS[name], self._language).capitalize()
        return self._say(name)

    def _number(self, number: int) -> str:
        return grouped(number, self._language)

    def _totals(self) -> str:
        items = []
        for one, number in self._report.totals.items():
            words = escape_text(severity_words(one, self._language, number))
            inside = f"<b>{self._number(number)}</b><span>{words}</span>"
            inside = f'<a class="{one}" href="#{one}">{inside}</a>' if number else f'<div class="quiet">{inside}</div>'
            items.append(f"<li>{inside}</li>")
        return f'<ul class="totals">{"".join(items)}</ul>\n'

    def _counts(self) -> Iterator[str]:
        columns, rows = in_and_out(self._report)
        if rows:
            heads = [self._say("kind"), *(tally_words(column, self._language) for column in columns)]
            cells = [
                [escape_text(kind_words(kind, self._language)), *map(self._number, numbers)] for kind, numbers in rows
            ]
            yield self._table("counts caption", heads, cells, numbers=range(1, len(heads)))

    def _tallies(self) -> Iterator[str]:
        columns, _ = in_and_out(self._report)
        cells = [
            [
                escape_text(f"{tally_words(what, self._language)}, {tally_words(part, self._language)}"),
                self._number(count),
            ]
            for what, parts in self._report.tallies.items()
            if what not in columns
            for part, count in parts.items()
        ]
        if cells:
            yield self._table("tallies caption", [self._say("about"), self._say("number")], cells, numbers=(1,))

    def _issues(self, wanted: Severity) -> Iterator[str]:
        for code, number in self._report.codes.items():
            if severity(code) != wanted:
                continue
            places = [f"<li>{self._place(one)}</li>" for one in self._report.issues(code, MOST_SHOWN)]
            if number > len(places):
                places.append(f"<li>{self._more(number - len(places), ISSUES_FILE)}</li>")
            items = f"<ul>{''.join(places)}</ul>"
            if number > _MOST_OPEN:
                items = f"<details><summary>{self._number(number)} {self._say('places')}</summary>{items}</details>"
            yield (
                f'<div class="remarks {wanted}"><h3>{escape_text(_sentence(message(code, self._language)))}</h3>'
                f"<p><code>{code}</code> × {self._number(number)}</p>{items}</div>\n"
            )

    def _place(self, issue: Issue) -> str:
        where = self._object(issue.kind, issue.number, issue.page)
        if issue.field:
            where += f", {escape_text(issue.field)}"
        if issue.line:
            where += f", {self._say('line')} {issue.line}"
        if not issue.detail:
            return where
        return f"{where}{escape_text(self._say('colon'))} <code>{escape_text(issue.detail)}</code>"

    def _object(self, kind: str, number: int, page: str) -> str:
        name = kind_words(kind, self._language, is_one=True) if kind else self._say("database")
        words = escape_text(f"{name} {number}" if number else name)
        address = safe_address(self._site + page) if page else None
        return f'<a href="{escape_attribute(address)}">{words}</a>' if address else words

    def _mentions(self, name: str, mentions: Iterator[Mention]) -> Iterator[str]:
        cells = [
            [
                (f"<code>{escape_text(one.detail)}</code> " if one.detail else "")
                + f'<span class="quiet">{escape_text(_sentence(message(one.code, self._language)))}</span>',
                self._number(one.count),
            ]
            for one in mentions
        ]
        if cells:
            heads = [self._say("about"), self._say("number")]
            yield self._table(f"{name} caption", heads, cells, numbers=(1,), is_narrow=False)

    def _models(self) -> Iterator[str]:
        cells = [
            [f"<code>{escape_text(name)}</code>", self._number(number)]
            for name, number in self._report.unknown_models().items()
        ]
        if cells:
            yield self._table("models caption", [self._say("model"), self._say("number")], cells, numbers=(1,))

    def _recall(self) -> Iterator[str]:
        pages, source_words, kept_words = self._report.words
        if not pages:
            return
        below = self._report.pages_below
        kept = per_cent(share(source_words, kept_words), self._language)
        if is_french(self._language):
            words = f"{kept} des {self._number(source_words)} mots de {self._number(pages)} pages ; "
            words += f"{self._number(below)} pages en ont perdu."
        else:
            words = f"{kept} of the {self._number(source_words)} words of {self._number(pages)} pages; "
            words += f"{self._number(below)} pages lost some."
        yield f"<p>{escape_text(words)}</p>\n"
        cells = [self._recall_cells(one) for one in self._report.pages_with_losses(MOST_SHOWN + 1)]
        if cells:
            heads = [self._say("page"), self._say("share"), self._say("lost")]
            yield self._table("recall caption", heads, cells, numbers=(1, 2), total=below)

    def _recall_cells(self, one: PageWords) -> list[str]:
        return [
            self._object(one.kind, one.number, one.page),
            escape_text(per_cent(one.share, self._language)),
            self._number(one.source_words - one.kept_words),
        ]

    def _table(
        self,
        caption: str,
        heads: Sequence[str],
        cells: list[list[str]],
        *,
        numbers: Sequence[int],
        is_narrow: bool = True,
        total: int = 0,
    ) -> str:
        """Return a table; cells are markup, heads are words. One row too many means that there are more."""
        classes = [' class="number"' if index in numbers else "" for index in range(len(heads))]
        shown = cells[:MOST_SHOWN]
        columns = "".join(
            f'<th scope="col"{one}>{escape_text(head)}</th>' for head, one in zip(heads, classes, strict=True)
        )
        rows = "".join(
            f'<tr><th scope="row">{row[0]}</th>'
            + "".join(f"<td{one}>{cell}</td>" for cell, one in zip(row[1:], classes[1:], strict=True))
            + "</tr>\n"
            for row in shown
        )
        words = escape_text(self._say(caption))
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
        count = f"{self._number(number)} " if number > 0 else ""
        if is_french(self._language):
            return escape_text(f"… et {count}autres : voir {name}")
        return escape_text(f"… and {count}more: see {name}")


def _sentence(text: str) -> str:
    # A French colon never begins a line.
    return f"{text[0].upper()}{text[1:]}".replace(" :", "\u00a0:")
