"""What this theme needs to know of a site that came from SPIP. You may change this folder.

It finds, once for all pages, what each lists: sections, keywords, authors, translations, neighbours. It also writes the
further pages of long lists, the lists of authors, the feeds, the site map and the error page. With another theme, it
does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from pelican import signals

from .entries import SECTIONS, Entry, SiteIndex

_THEME = Path(__file__).parents[1]


def is_ours(settings: Mapping[str, Any]) -> bool:
    """Return whether the site is built with this theme."""
    return Path(settings["THEME"]).resolve() == _THEME.resolve()


def prepare(generator: Any) -> None:
    """Have this theme's templates escape all values."""
    if is_ours(generator.settings):
        generator.env.autoescape = True


def place(content: Any) -> None:
    """Give a page without an address of its own the address of its file: articles/a/b.md is /a/b/."""
    path = Path(content.source_path).relative_to(content.settings["PATH"])
    if "save_as" not in content.metadata and path.parts[0] in ("articles", "pages"):
        parts = path.with_suffix("").parts[1:]
        folder = "".join(f"{part}/" for part in (parts[:-1] if parts[-1] == "index" else parts))
        content.override_url, content.override_save_as = folder or "index.html", f"{folder}index.html"


def index(generators: Iterable[Any]) -> None:
    """Find what each page lists, after all pages were read."""
    articles: list[Any] = []
    pages: list[Any] = []
    every = list(generators)
    for generator in every:
        if hasattr(generator, "articles"):
            articles += [*generator.articles, *generator.translations]
        elif hasattr(generator, "pages"):
            pages += [*generator.pages, *generator.translations]
    if every and is_ours(every[0].settings):
        for content in (*articles, *pages):
            place(content)
        site = SiteIndex(every[0].settings)
        site.add(articles, pages)
        every[0].context["site"] = site


def write_lists(generator: Any, writer: Any) -> None:
    """Write what no file in the content is the page of."""
    site: SiteIndex | None = generator.context.get("site")
    if site is None:
        return

    def write(path: str, template: str, **values: Any) -> None:
        writer.write_file(
            path.removeprefix("/"), generator.env.get_template(template), generator.context, url=path, **values
        )

    for entry in list(site.at.values()):
        if entry.kind in SECTIONS or entry.kind in ("mot", "auteur"):
            for number in range(2, len(entry.parts) + 1):
                write(f"{entry.address}page/{number}/index.html", "list.html", here=entry, number=number)
        elif entry.kind == "authors":
            write(f"{entry.address}index.html", "list.html", here=entry)
    for language in site.languages.values():
        if site.url:
            write(f"{language.home}index.xml", "feed.xml", language=language, to_rfc=format_datetime)
    missing = site.language(site.main)
    write("404.html", "404.html", here=Entry(site, "/404.html", missing.words["not_found"], site.main, kind="404"))
    if site.url:
        write("sitemap.xml", "sitemap.xml")
    write("robots.txt", "robots.txt")


def register() -> None:
    """Connect the functions above with Pelican."""
    signals.generator_init.connect(prepare)
    signals.all_generators_finalized.connect(index)
    signals.page_writer_finalized.connect(write_lists)
