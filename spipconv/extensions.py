"""Extensions: what a site or a plugin adds to the language, one record each; the parser is given them and calls them.

An extension builds nodes (``spipconv.nodes``), never strings of HTML, so what it adds is as safe as the rest. ``Raw``
is the exception; comments and titles refuse it. ``docs/extensions.md`` has an example of everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from msgspec import Struct

from spipconv.diagnostics import Severity, add_codes, is_code
from spipconv.nodes import Document, Node, Position, Profile, Text, children_of
from spipconv.objects import Resolver, SpipObject, find_object

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from spipconv.safety import Policy

# The group of entry points by which installed packages offer extensions.
GROUP = "spipconv.extensions"
_NAME = re.compile("[a-z][a-z0-9_]*")
_CODE = re.compile("[a-z][a-z0-9-]*")
# What the parser and an extension nest together is less than writers bear (``spipconv.trees.MAX_LEVELS``).
_MOST_LEVELS = 30
_MODEL_NAME = re.compile("[a-z_-]{3,}")


# ---- Models ----


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


# ---- Shortcuts ----


class Opened(Protocol):
    """An element that was opened."""

    @property
    def is_open(self) -> bool: ...


class Builder(Protocol):
    """Builds what a block holds, node by node: nothing is read as SPIP's, and no paragraphs are made.

    ``start`` and ``end`` are the offsets in the text between which something comes from.
    """

    def open(self, node: Node, start: int, end: int) -> Opened | None:
        """Open a node without children; what follows is in it. None: there are too many levels already."""
        ...

    def close(self, opened: Opened, start: int, end: int) -> None:
        """Close it, and what is open in it; formatting that another element has crossed is closed as browsers do."""
        ...

    def text(self, words: str, start: int, end: int) -> None:
        """Add words as they are shown."""
        ...

    def add(self, node: Node, start: int, end: int) -> None:
        """Add a whole node."""
        ...

    def html(self, markup: str, start: int, end: int) -> None:
        """Add an author's HTML as the policy allows it: elements, and the words between them."""
        ...

    def shortcut(self, start: int, end: int) -> None:
        """Add one of SPIP's links or models, which ``Writer.shortcuts`` has found."""
        ...

    def report(self, code: str, offset: int, detail: str = "") -> None:
        """Report a diagnostic, by one of the codes of ``spipconv.diagnostics`` or of the extension."""
        ...


class Writer(Protocol):
    """What the function of a shortcut writes with: it puts nodes where the shortcut stands.

    ``start`` and ``end`` are offsets in ``text``, from which nodes get their places. SPIP's paragraphs, lists and
    formatting go on around what is written.
    """

    @property
    def text(self) -> str:
        """The whole text."""
        ...

    @property
    def profile(self) -> Profile:
        """Who wrote it."""
        ...

    @property
    def policy(self) -> Policy:
        """The HTML that is allowed in it."""
        ...

    @property
    def has_paragraphs(self) -> bool:
        """Whether it has blocks: not in titles and captions."""
        ...

    @property
    def is_in_cell(self) -> bool:
        """Whether a cell of a table or a verse is being written."""
        ...

    def words(self, start: int, end: int) -> None:
        """Show a piece of the text as words after all."""
        ...

    def end_words(self, *, trims: bool = False) -> None:
        """Write the words before the shortcut; ``trims``: without the spaces at their end. Enough to show nothing."""
        ...

    def say(self, words: str, start: int, end: int) -> None:
        """Add words in the line."""
        ...

    def add(self, node: Node, start: int, end: int) -> None:
        """Add a whole node: in the line, between paragraphs if it is a block, before the text if it is a directive."""
        ...

    def open(self, node: Node, start: int, end: int) -> None:
        """Open a node without children: a ``Heading`` or a ``Box``, or formatting (``Strong``, ``Emphasis``, ``Link``,
        ``Element``).
        """
        ...

    def close(self, node: Node, start: int, end: int) -> None:
        """Close the innermost node of that kind and, for an ``Element``, of that name."""
        ...

    def set_level(self, level: int, start: int) -> bool:
        """Give the heading whose braces end there a level; False where none begins."""
        ...

    def end_lists(self) -> None:
        """End the lists that are open."""
        ...

    def begin_paragraph(self) -> None:
        """Begin a paragraph, as after a blank line."""
        ...

    def shortcuts(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return where SPIP's links and models are between two offsets, for ``Builder.shortcut``."""
        ...

    def build(self, node: Node, start: int, end: int, fill: Callable[[Builder], None]) -> None:
        """Add a block, a node without children, and have ``fill`` build what it holds.

        Where there are no paragraphs, what it holds is in the line.
        """
        ...

    def report(self, code: str, start: int, detail: str = "") -> None:
        """Report a diagnostic, by one of the codes of ``spipconv.diagnostics`` or of the extension."""
        ...


# Writes the shortcut between two offsets of the text.
WriteShortcut = Callable[[Writer, int, int], None]


class Shortcut(NamedTuple):
    """One shortcut, or one half of a pair.

    ``expression`` matches it in a text in which code and the like are masked; it has no groups that capture, and should
    run in linear time on any text, which nobody checks: Python's ``re`` runs it as it is. ``opens`` and ``closes``: it
    is half of a pair of that name; a half without the other is text. ``hints`` are strings of which every text with the
    shortcut contains one. For SPIP's plugins, they make the diagnostic of a text that is read without the plugin;
    without hints there is none. ``alone`` is the expression to use there, where it is stricter.
    """

    expression: str
    write: WriteShortcut
    opens: str = ""
    closes: str = ""
    hints: tuple[str, ...] = ()
    alone: str = ""


class Block(NamedTuple):
    """A tag whose content, up to the first end tag, is the extension's alone: ``<name>…</name>``."""

    name: str
    write: WriteShortcut


# ---- Extensions ----


class Extension(Struct, frozen=True, eq=False, kw_only=True, weakref=True):
    """What a site or a plugin adds to SPIP's language. All but ``name`` may be left out.

    ``name`` begins its diagnostics' codes; ``title`` is for people. ``version`` is to change when its results do:
    resumed migrations and batches then read all texts again.
    ``models``: functions by the names of models in lower case.
    ``shortcuts``: by names of their own; ``blocks``: tags with a content.
    ``glossary``: the address for ``[?term]`` in a language, or None for the next extension's or Wikipedia.
    ``typography``: words as they are shown, in a language; code and addresses are not given to it.
    ``transform``: the document after all this, for the document to return.
    ``address``: for each address of links, pictures and other files, the one to write, or None to refuse it.
    ``classes``: for each class that an author wrote, the one to write, or None to leave it out.
    ``diagnostics``: by code, the severity and an English sentence; the code of a diagnostic is ``name-code``.

    Extensions that are given together act in their order: the first that has an answer for a model or a term gives it;
    typography, then transformations, then addresses and classes go through all of them. Functions may be called with
    anything that a text holds, in any thread, and results are kept: the same call must have the same answer. An
    exception is reported as ``extension-failed``, and the text stays as if the function were not there. For worker
    processes, an extension is made of functions that modules define, or of objects of their classes.
    """

    name: str
    title: str = ""
    version: str = ""
    models: Mapping[str, WriteModel] = {}
    shortcuts: Mapping[str, Shortcut] = {}
    blocks: tuple[Block, ...] = ()
    glossary: Callable[[str, str], str | None] | None = None
    typography: Callable[[str, str], str] | None = None
    transform: Callable[[Document], Document] | None = None
    address: Callable[[str], str | None] | None = None
    classes: Callable[[str], str | None] | None = None
    diagnostics: Mapping[str, tuple[Severity, str]] = {}

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ValueError(f"extension {self.name!r}: a name is lower-case letters, digits and _, a letter first")
        for model in self.models:
            if not _MODEL_NAME.fullmatch(model):
                raise ValueError(
                    f"extension {self.name}: model {model!r}: a name is at least three lower-case letters, - or _"
                )
        for name, shortcut in self.shortcuts.items():
            _check_expression(f"extension {self.name}: shortcut {name}", shortcut.expression)
        for code in self.diagnostics:
            if not _CODE.fullmatch(code):
                raise ValueError(f"extension {self.name}: code {code!r}: lower-case letters, digits and -")
        add_codes({self.code(code): value for code, value in self.diagnostics.items()})

    def __reduce__(self) -> tuple[Callable[[str, tuple[object, ...]], Extension], tuple[str, tuple[object, ...]]]:
        # It takes 4 ms to import, which few programs need.
        from secrets import token_hex

        token = _tokens.get(self) or _tokens.setdefault(self, token_hex(16))
        return _restore, (token, tuple([getattr(self, name) for name in self.__struct_fields__]))

    def code(self, code: str) -> str:
        """Return the whole code of one of its diagnostics."""
        return f"{self.name.replace('_', '-')}-{code}"


# What is kept of texts is kept by their extensions: in a process, each must be one object however often it arrives.
_tokens: WeakKeyDictionary[Extension, str] = WeakKeyDictionary()


def _restore(token: str, values: tuple[object, ...]) -> Extension:
    """Return the extension that arrived with these values of its fields from another process, or from this one."""
    for known, its_token in list(_tokens.items()):
        if its_token == token:
            return known
    extension = Extension(**dict(zip(Extension.__struct_fields__, values, strict=True)))  # type: ignore[arg-type]
    _tokens[extension] = token
    return extension


def _check_expression(subject: str, expression: str) -> None:
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise ValueError(f"{subject}: {expression!r} is not a regular expression: {error}") from None
    if pattern.groups:
        raise ValueError(f"{subject}: {expression!r} has a group that captures: write (?:…)")
    if pattern.match(""):
        raise ValueError(f"{subject}: {expression!r} matches an empty text")
    if pattern.flags != re.UNICODE:
        raise ValueError(f"{subject}: {expression!r} sets a flag for the whole expression: write (?i:…)")


def code_of(extension: Extension, code: str) -> str:
    """Return the whole code of a diagnostic of an extension, or one of spipconv's own. Raises ValueError."""
    whole = extension.code(code) if code in extension.diagnostics else code
    if not is_code(whole):
        raise ValueError(f"diagnostic {code!r} is not among those of the extension")
    return whole


def check_nodes(nodes: object) -> tuple[Node, ...] | None:
    """Return the nodes that a function of an extension has returned, None for None. Raises TypeError, ValueError."""
    if nodes is None:
        return None
    several = nodes if isinstance(nodes, tuple) else (nodes,)
    for node in several:
        if not isinstance(node, Position):
            hint = ": wrap words in Text, HTML in Raw" if isinstance(node, str) else ""
            raise TypeError(f"expected nodes, not {type(node).__name__}{hint}")
    level = several
    for _ in range(_MOST_LEVELS):
        level = tuple([child for node in level for child in children_of(node)])
        if not level:
            return several
    raise ValueError(f"more than {_MOST_LEVELS} levels")


def check_extensions(extensions: object) -> tuple[Extension, ...]:
    """Return extensions, each once. Raises TypeError for what is not several of them."""
    if isinstance(extensions, str | Extension) or not isinstance(extensions, Iterable):
        raise TypeError(f"extensions: expected several extensions, not {type(extensions).__name__}")
    checked: dict[Extension, None] = {}
    for extension in extensions:
        if not isinstance(extension, Extension):
            raise TypeError(f"extensions: expected Extension objects, not {type(extension).__name__}")
        checked[extension] = None
    return tuple(checked)


def check_transport(extensions: Iterable[Extension]) -> None:
    """Raise ValueError, which names the extension, for one that cannot be sent to worker processes."""
    import pickle

    for extension in extensions:
        try:
            pickle.dumps(extension)
        except Exception as error:
            raise ValueError(
                f"extension {extension.name}: worker processes need functions that modules define: {error}"
            ) from error


# ---- Entry points ----


class BadExtension(ValueError):
    """An installed extension cannot be loaded; the message names it, its package and the error."""


def installed_extensions() -> tuple[str, ...]:
    """Return the names of the extensions that installed packages offer."""
    return tuple(sorted(_entry_points()))


@cache
def load_extension(name: str) -> Extension | None:
    """Return the extension that an installed package offers by this name, None where none does. Raises BadExtension."""
    entry_point = _entry_points().get(name)
    if entry_point is None:
        return None
    try:
        extension = entry_point.load()
    except Exception as error:
        raise BadExtension(f"extension {name!r} ({entry_point.value}): {type(error).__name__}: {error}") from error
    if not isinstance(extension, Extension):
        kind = type(extension).__name__
        raise BadExtension(f"extension {name!r} ({entry_point.value}): expected an Extension, not {kind}")
    return extension


def installed_version(name: str) -> str:
    """Return the version of the package that offers an extension, and that of the extension."""
    entry_point, extension = _entry_points().get(name), load_extension(name)
    package = entry_point.dist.version if entry_point and entry_point.dist else ""
    return f"{package} {extension.version if extension else ''}"


@cache
def _entry_points() -> Mapping[str, EntryPoint]:
    # It takes 20 ms to import and to search, which those who name no extension need not wait for.
    from importlib.metadata import entry_points

    return {entry_point.name: entry_point for entry_point in entry_points(group=GROUP)}
