"""Extensions as records: what a site adds comes in, checked; what their functions return is checked too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from weakref import WeakKeyDictionary

from msgspec import Struct

from spipconv.diagnostics import Severity, add_codes, is_code
from spipconv.extensions.models import WriteModel
from spipconv.extensions.shortcuts import Block, Shortcut
from spipconv.nodes import Document, Node, Position, children_of

_NAME = "[a-z][a-z0-9_]*"
_CODE = "[a-z][a-z0-9-]*"
# What the parser and an extension nest together is less than writers bear (``spipconv.trees.MAX_LEVELS``).
_MOST_LEVELS = 30
_MODEL_NAME = "[a-z_-]{3,}"


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
        if not isinstance(self.name, str) or not re.fullmatch(_NAME, self.name):
            raise ValueError(f"extension {self.name!r}: a name is lower-case letters, digits and _, a letter first")
        for model in self.models:
            if not re.fullmatch(_MODEL_NAME, model):
                raise ValueError(
                    f"extension {self.name}: model {model!r}: a name is at least three lower-case letters, - or _"
                )
        for name, shortcut in self.shortcuts.items():
            _check_expression(f"extension {self.name}: shortcut {name}", shortcut.expression)
        for code in self.diagnostics:
            if not re.fullmatch(_CODE, code):
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
