"""Models: what stands in a text comes in as a call, and the nodes that it shows go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from spipconv.nodes import Node, Profile, Text
from spipconv.objects import Resolver, SpipObject, find_object


class Report(Protocol):
    """Reports a diagnostic, at the place of what is being read. ``code`` is one of the extension's own."""

    def __call__(self, code: str, detail: str = "", /) -> None: ...


class Read(Protocol):
    """Makes nodes of SPIP markup that stands in a line, in the language of the text or another one."""

    def __call__(self, text: str, language: str = "", /) -> tuple[Node, ...]: ...


class Embed(Protocol):
    """Makes the node that shows a film of another site; see ``ModelCall.embed``."""

    def __call__(self, address: str, title: str, width: int | str, height: int | str, /) -> Node | None: ...


def _read_words(text: str, _language: str = "", /) -> tuple[Node, ...]:
    return (Text(text),) if text else ()


class ModelCall:
    """``<name12|argument|option=value>`` as it stands in a text, and what the function that writes it may use.

    ``name`` is in lower case; ``number`` is None without a number. ``arguments`` are the parameters without ``=``,
    ``options`` the others by their names in lower case; all are trimmed, with entities decoded. ``source`` is the tag
    as it was typed. ``language`` and ``profile`` are those of the text, ``resolver`` finds objects of the site (None in
    comments).
    """

    __slots__ = (
        "_embed", "_read", "_report", "arguments", "language", "name", "number", "options", "profile", "resolver",
        "source",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        number: int | None = None,
        arguments: tuple[str, ...] = (),
        options: Mapping[str, str] | None = None,
        source: str = "",
        *,
        language: str = "fr",
        profile: Profile = "article",
        resolver: Resolver | None = None,
        read: Read = _read_words,
        report: Report | None = None,
        embed: Embed | None = None,
    ) -> None:
        self.name = name
        self.number = number
        self.arguments = arguments
        self.options: Mapping[str, str] = options or {}
        self.source = source
        self.language = language
        self.profile = profile
        self.resolver = resolver
        self._read = read
        self._report = report
        self._embed = embed

    def read(self, text: str, language: str = "") -> tuple[Node, ...]:
        """Return the nodes of SPIP markup that stands in a line, such as a caption."""
        return self._read(text, language)

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return an object of the site, by SPIP's name of its kind (``article``, ``document`` …); None if there is none
        or nothing is looked up.
        """
        return find_object(self.resolver, kind, number) if self.resolver else None

    def report(self, code: str, detail: str = "") -> None:
        """Report a diagnostic, by its code in the extension's ``diagnostics``; by default it names the tag."""
        if self._report:
            self._report(code, detail or self.source)

    def embed(self, address: str, title: str = "", width: int | str = "", height: int | str = "") -> Node | None:
        """Return what shows a film: a ``Player`` if its host is known and the caller of the parser allows players, else
        a link to its page, which is reported; None if the address is not that of a known host.
        """
        return self._embed(address, title, width, height) if self._embed else None


# Returns what a model shows, or None for what SPIP itself makes of the tag.
WriteModel = Callable[[ModelCall], Node | tuple[Node, ...] | None]
