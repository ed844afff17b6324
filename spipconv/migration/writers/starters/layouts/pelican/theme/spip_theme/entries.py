"""The pages of a site, and what each of them lists: found once for all pages."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from markupsafe import Markup

from .words import ROOT, Language, cut, plain, typeset

# As many texts as the front page has, a feed, and a page of a list.
LATEST, NEWS, FEED, PAGE_SIZE = 7, 5, 20, 20
# The kinds of pages that are no texts, and those texts that the front page does not show as the latest.
SECTIONS = frozenset({"rubrique", "agenda", "albums", "dictionnaire", "documents"})
_LISTS = SECTIONS | {"home", "groupe", "mot", "auteur", "authors", "404"}
_APART = frozenset({"breve", "site", "evenement"})


class Entry:
    """A page of the site, as the templates show it. Its texts are plain, unless they are ``Markup``."""

    def __init__(
        self, site: SiteIndex, address: str, title: str, lang: str, content: Any = None, kind: str = ""
    ) -> None:
        self._site, self.address, self.lang, self._content = site, address, lang, content
        self.title = typeset(title, lang)
        self.image = self.get("image")
        self.overtitle, self.subtitle, self.description = (
            typeset(self.get(name), lang) for name in ("surtitre", "soustitre", "description")
        )
        spip = self.get("spip")
        self.kind = spip.rstrip("0123456789") or kind
        number = spip[len(self.kind) :]
        self.key = f"{self.kind}{number}" if number else ""
        self.parent = "" if address in ("/", f"/{lang}/") else address[: address.rstrip("/").rfind("/") + 1]
        self.date: datetime | None = getattr(content, "date", None)
        self.weight = int(self.get("weight") or 0)

    def get(self, name: str) -> str:
        """Return a field of the front matter as plain words."""
        if self._content is None:
            return ""
        return plain(self._content.metadata.get(name))

    def _structured(self, name: str) -> Any:
        value = html.unescape(str(self._content.metadata.get(name, ""))) if self._content is not None else ""
        return json.loads(value) if value[:1] in ("[", "{") else None

    def names(self, name: str) -> list[str]:
        """Return a field that is a list, its items separated with semicolons."""
        return [item.strip() for item in self.get(name).split(";") if item.strip()]

    def add_place(self, is_page: bool, has_below: bool) -> None:
        """Tell what kind of page it is if its front matter does not."""
        self.kind = self.kind or ("rubrique" if is_page and has_below else "article")

    @property
    def is_text(self) -> bool:
        return self.kind not in _LISTS

    @property
    def body(self) -> Markup:
        # Texts are HTML, as Pelican made it of Markdown.
        return Markup(self._content.content) if self._content is not None else Markup()  # noqa: S704

    @cached_property
    def summary(self) -> str:
        words = typeset(plain(getattr(self._content, "summary", "")), self.lang)
        # Pelican needs a summary of every page: that without one has its title.
        return "" if words == self.title else words

    @property
    def words(self) -> str:
        """Its words for search engines."""
        first = "" if self.address == self._site.language(self.lang).home else cut(self.summary, 160)
        return self.description or first or f"{self.title} – {self._site.title(self.lang)}"

    @property
    def elsewhere(self) -> Mapping[str, str]:
        return self._structured("lien") or {}

    @cached_property
    def documents(self) -> list[dict[str, Any]]:
        """The documents that its text does not show."""
        documents = [document for document in self._structured("documents") or [] if not document.get("dans_le_texte")]
        for document in documents:
            document["nom"] = document.get("titre") or document["fichier"].rpartition("/")[2]
            document["descriptif"] = Markup(document.get("descriptif", ""))  # noqa: S704
        return documents

    @property
    def points(self) -> Sequence[Mapping[str, Any]]:
        return self._structured("lieux") or ()

    @property
    def shows_terms(self) -> bool:
        """Whether its body lists the definitions that are below it."""
        return bool(self.get("liste_definitions"))

    @property
    def comments_key(self) -> str:
        """The name of its messages: the front matter's "Comments" if that is one; that of its object in SPIP; or else
        one made of its address. ``spipconv comments pages`` gives pages the same names.
        """
        name = self.get("comments")
        if name not in ("", "true", "True"):
            return name
        if not self.key:
            path = self.address.strip("/") or "index"
            return re.sub("[%.]", "_", path.replace("/", "--"))
        return self.key if self.lang == self._site.main else f"{self.key}.{self.lang}"

    @property
    def comments(self) -> list[dict[str, Any]]:
        """Its messages in reading order, each with the name of the writer whom it answers."""
        file = ROOT / "data" / "comments" / f"{self.comments_key}.json"
        if not file.is_file():
            return []
        messages: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
        for message in messages:
            message["html"] = Markup(message["html"])  # noqa: S704
            message["day"] = datetime.fromisoformat(message["date"]) if message["date"] else None
        return messages

    @property
    def comments_feed(self) -> str:
        """The address of the feed of its messages, or nothing where ``spipconv comments export`` has written none.

        That of a page called "site" has another name than the site's.
        """
        key = self.comments_key
        path = f"/feeds/{'-site' if key == 'site' else key}.atom"
        return path if (ROOT / "content" / path[1:]).is_file() else ""

    @property
    def above(self) -> list[Entry]:
        """The pages above it, the outermost first, without the front page."""
        entries: list[Entry] = []
        place = self.parent
        while place and place != self._site.language(self.lang).home:
            if entry := self._site.at.get(place):
                entries.append(entry)
            place = place[: place.rstrip("/").rfind("/") + 1]
        return entries[::-1]

    @property
    def section(self) -> Entry | None:
        entry = self._site.at.get(self.parent)
        return entry if entry and entry.kind != "home" else None

    @property
    def sections(self) -> list[Entry]:
        """The sections below it: those with a number first, then by address."""
        below = (entry for entry in self._site.below[self.address] if entry.kind in SECTIONS)
        return sorted(below, key=lambda entry: (not entry.weight, entry.weight, entry.address))

    @property
    def texts(self) -> list[Entry]:
        """What it lists: those with a number first, then the latest."""
        if self.kind in ("mot", "auteur"):
            return self._site.by_term[self.address]
        return self._site.lists.get(self.address) or self._site.texts[self.address]

    @property
    def parts(self) -> list[list[Entry]]:
        """The same in parts, one for each page of the list."""
        texts = self.texts
        return [texts[start : start + PAGE_SIZE] for start in range(0, len(texts), PAGE_SIZE)]

    @property
    def terms(self) -> list[Entry]:
        """The keywords of a group, or the authors."""
        return sorted(self._site.below[self.address], key=lambda entry: entry.address)

    @property
    def authors(self) -> list[Entry]:
        return self._site.terms(self, "auteurs")

    @property
    def keywords(self) -> list[tuple[str, list[Entry]]]:
        """The titles of groups, without those of SPIP's templates, which begin with ``_``; and its keywords of each."""
        groups: dict[str, list[Entry]] = defaultdict(list)
        for term in self._site.terms(self, "mots"):
            groups[term.parent].append(term)
        others = self._site.language(self.lang).words["keywords"]
        titled = [(self._site.at[at].title if at in self._site.at else others, groups[at]) for at in sorted(groups)]
        return [(title, terms) for title, terms in titled if not title.startswith("_")]

    @property
    def translations(self) -> list[Entry]:
        """Its translations, in the order of the site's languages."""
        entries = self._site.by_slug[self.slug] if self.slug else []
        order = list(self._site.languages)
        others = [entry for entry in entries if entry is not self and entry.lang in order]
        return sorted(others, key=lambda entry: order.index(entry.lang))

    @property
    def slug(self) -> str:
        return str(self._content.slug) if self._content is not None else self.kind

    @property
    def neighbours(self) -> tuple[Entry | None, Entry | None]:
        """The texts of its kind before it and after it: by their numbers if they have some, or else by date."""
        texts = self._site.texts[self.parent]
        place = self._site.places.get(self.address, len(texts))
        is_like = lambda entry: entry.kind == self.kind  # noqa: E731
        earlier = next(filter(is_like, reversed(texts[max(place - 50, 0) : place])), None)
        later = next(filter(is_like, texts[place + 1 : place + 51]), None)
        return (earlier, later) if self.weight else (later, earlier)

    @property
    def same_section(self) -> list[Entry]:
        first = self._site.texts[self.parent][:50] if self.section else []
        return [entry for entry in first if entry is not self and entry.kind == self.kind][:5]


class SiteIndex:
    """All pages of a site, and what each of them lists."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.main = settings["DEFAULT_LANG"]
        self.name = plain(settings["SITENAME"])
        self.url = (settings.get("SITEURL") or settings.get("FEED_DOMAIN") or "").rstrip("/")
        self.has_search = bool(settings.get("SEARCH"))
        facts = settings.get("LANGUAGES") or {self.main: {}}
        self.languages = {code: Language(code, self.main, values) for code, values in facts.items()}
        self.at: dict[str, Entry] = {}
        self.below: dict[str, list[Entry]] = defaultdict(list)
        self.texts: dict[str, list[Entry]] = defaultdict(list)
        # What a section lists if texts of other sections are among it.
        self.lists: dict[str, list[Entry]] = {}
        self.places: dict[str, int] = {}
        self.by_term: dict[str, list[Entry]] = defaultdict(list)
        self.by_slug: dict[str, list[Entry]] = defaultdict(list)
        self._titled: dict[tuple[str, str, str], Entry] = {}

    def add(self, articles: Iterable[Any], pages: Iterable[Any]) -> None:
        """Take the articles and the pages that Pelican has read."""
        from_pages: set[str] = set()
        for contents, are_pages in ((articles, False), (pages, True)):
            for content in contents:
                address = address_of(content)
                entry = Entry(self, address, plain(content.title), content.lang, content)
                self.at[address] = entry
                self.by_slug[entry.slug].append(entry)
                if are_pages:
                    from_pages.add(address)
        for language in self.languages.values():
            address = f"{language.home}auteurs/"
            if address not in self.at:
                self.at[address] = Entry(self, address, language.words["authors"], language.code, kind="authors")
                self.by_slug["authors"].append(self.at[address])
        for entry in self.at.values():
            self.below[entry.parent].append(entry)
        for entry in self.at.values():
            entry.add_place(entry.address in from_pages, bool(self.below[entry.address]))
            if entry.kind in ("mot", "auteur"):
                self._titled[entry.kind, entry.lang, entry.title] = entry
        self._sort()

    def _sort(self) -> None:
        # Those of the same date by name, which is that of the title.
        latest = sorted(self.at.values(), key=lambda entry: entry.address.rstrip("/").rpartition("/")[2])
        latest.sort(key=lambda entry: entry.date.timestamp() if entry.date else float("-inf"), reverse=True)
        self.latest = [entry for entry in latest if entry.is_text]
        for entry in latest:
            for term in (*self.terms(entry, "mots"), *self.terms(entry, "auteurs")):
                self.by_term[term.address].append(entry)
        further: dict[str, list[Entry]] = defaultdict(list)
        in_order = sorted(self.latest, key=lambda entry: (not entry.weight, entry.weight))
        for entry in in_order:
            self.places[entry.address] = len(self.texts[entry.parent])
            self.texts[entry.parent].append(entry)
            for section in entry.names("aussi_dans"):
                further[section].append(entry)
        for section, entries in further.items():
            listed = {entry.address for entry in (*self.texts[section], *entries)}
            self.lists[section] = [entry for entry in in_order if entry.address in listed]

    def terms(self, entry: Entry, field: str) -> list[Entry]:
        """Return the keywords or the authors of a page: by their addresses, or else by their names."""
        if addresses := entry.names(field):
            return [self.at[address] for address in addresses if address in self.at]
        content = entry._content
        kind, names = ("mot", "tags") if field == "mots" else ("auteur", "authors")
        titles = [typeset(plain(term.name), entry.lang) for term in getattr(content, names, None) or ()]
        return [term for title in titles if (term := self._titled.get((kind, entry.lang, title)))]

    def language(self, code: str) -> Language:
        """Return the words of a language, or those of the main one."""
        return self.languages.get(code) or self.languages[self.main]

    def title(self, code: str) -> str:
        """Return the name of the site in a language."""
        return self.language(code).title or self.name

    def home(self, code: str) -> Entry | None:
        """Return the front page in a language."""
        return self.at.get(self.language(code).home)

    def of(self, content: Any) -> Entry:
        """Return the entry of an article or a page."""
        return self.at.get(address_of(content)) or Entry(
            self, address_of(content), plain(content.title), content.lang, content
        )

    def front(self, code: str) -> tuple[list[Entry], list[Entry]]:
        """Return the latest articles and the latest news in a language."""
        texts = [entry for entry in self.latest if entry.lang == code]
        news = [entry for entry in texts if entry.kind == "breve"]
        return [entry for entry in texts if entry.kind not in _APART][:LATEST], news[:NEWS]

    def feed(self, code: str) -> list[Entry]:
        """Return the latest texts in a language that have a date."""
        return [entry for entry in self.latest if entry.lang == code and entry.date and entry.kind != "evenement"][
            :FEED
        ]


def address_of(content: Any) -> str:
    """Return the address of an article or a page, from the root of the site."""
    return "/" + str(content.save_as).removesuffix("index.html")
