"""The tree of a site's sections during planning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from spipconv.migration.report.issues import Issue

# Nested sections: their names form a path, and every system limits the length of paths.
MOST_SECTION_LEVELS = 30


class Section(Struct):
    """A section. ``languages`` are its own and those of its content; ``path`` is empty until it is named."""

    number: int
    parent: int
    title: str
    language: str
    is_visible: bool = False
    slug: str = ""
    path: str = ""
    is_restricted: bool = False
    languages: set[str] = set()


class SectionTree:
    """All sections by number."""

    def __init__(self) -> None:
        self._sections: dict[int, Section] = {}

    def __iter__(self) -> Iterator[Section]:
        return iter(self._sections.values())

    def add(self, section: Section) -> None:
        """Add a section; its place in the tree is decided when all sections are there."""
        self._sections[section.number] = section

    def find(self, number: int) -> Section | None:
        """Return a section, or None if it does not exist."""
        return self._sections.get(number)

    def restrict(self, numbers: Iterable[int]) -> Iterator[Issue]:
        """Record that only some visitors could see these sections."""
        for number in numbers:
            if number in self._sections:
                self._sections[number].is_restricted = True
                yield Issue("access-restricted", "rubrique", number)

    def settle(self) -> Iterator[Issue]:
        """Move sections to the top of the site if their parent does not exist, contains them in a circle, or is too
        deep.
        """
        for section in self:
            chain = self.chain(section.number)
            if len(chain) > MOST_SECTION_LEVELS:
                yield Issue("section-deep", "rubrique", section.number, detail=str(section.parent))
                section.parent = 0
                continue
            top = chain[0]
            if top.parent:
                code = "section-endless" if top.parent in self._sections else "section-missing"
                yield Issue(code, "rubrique", top.number, detail=str(top.parent))
                top.parent = 0

    def from_the_top(self) -> list[Section]:
        """Return all sections, each after its parent."""
        return sorted(self, key=lambda section: (len(self.chain(section.number)), section.number))

    def chain(self, number: int) -> list[Section]:
        """Return a section after the sections it is in, the outermost first; a circle is cut where it closes."""
        chain: dict[int, Section] = {}
        while number in self._sections and number not in chain and len(chain) <= MOST_SECTION_LEVELS:
            chain[number] = self._sections[number]
            number = chain[number].parent
        return [*chain.values()][::-1]

    def is_restricted(self, number: int) -> bool:
        """Return whether only some visitors could see a section or one of the sections it is in."""
        return any(section.is_restricted for section in self.chain(number))
