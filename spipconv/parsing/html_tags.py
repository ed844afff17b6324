"""HTML tags in a SPIP text: their names and attributes, and which of them each profile allows."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from spipconv.characters import decode_references
from spipconv.safety import (
    ARTICLE,
    COMMENT,
    SPIP_TAGS,
    TITLE,
    VOID,
    Policy,
    lower_ascii,
    replace_controls,
)
from spipconv.settings import Settings

# SPIP ends a paragraph at these elements and begins another one after their end tags (_BALISES_BLOCS).
BLOCKS: Final = frozenset(
    """address applet article aside blockquote button center dd dir div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr iframe li map marquee menu nav noscript object ol pre section table tbody td
    textarea tfoot th thead tr ul""".split()
)
# Elements that show something by themselves, which is lost when their tags are dropped.
_SHOWING: Final = frozenset("applet area audio canvas embed iframe img input object svg video".split())
_OTHERS: Final = frozenset(
    """applet audio base body button canvas data datalist dialog dir embed form frame frameset head html iframe input
    keygen label link main map marquee math menu meta meter nobr noembed noframes noscript object optgroup option
    output param picture portal progress rtc script select slot source strike style svg template textarea title track
    video xmp""".split()
)
KNOWN: Final = (ARTICLE.tags | VOID | _OTHERS) - SPIP_TAGS

_TAG: Final = re.compile(r"<(/?)([^\s/>]+)([^>]*)>")
_ATTRIBUTE: Final = re.compile(r"""([^\s=/"'<>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_ANGLE_STRONG: Final = re.compile(r"<<([^\W\d_][^<>\n=/|\"]*)>>")
_ANGLE_EMPHASIS: Final = re.compile(r"<([^\W\d_](?:[^\W\d_]|[ '’-])*)>")
_READ_NAMES: Final = KNOWN | SPIP_TAGS | frozenset({"code"})


class Tag(NamedTuple):
    """A tag: its name in lower case and its decoded attributes, without repetitions."""

    name: str
    is_end: bool = False
    is_self_closed: bool = False
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def is_words(self) -> bool:
        """Return whether it is no tag to people: a mail address (``<anne@example.org>``), a name with other letters."""
        return ("@" in self.name or not self.name.isascii()) and "|" not in self.name

    @property
    def loss(self) -> str:
        """The code of the diagnostic that reports dropping it."""
        if self.is_end:
            return "tag-dropped"
        if self.name == "iframe":
            return "embed-dropped"
        return "content-dropped" if self.name in _SHOWING else "tag-dropped"


def read_tag(markup: str) -> Tag:
    """Read ``<name attribute="value">`` or ``</name>``."""
    match = _TAG.match(markup)
    if match is None:
        return Tag(markup)
    end, name, rest = match.groups()
    if end:
        return Tag(lower_ascii(name), is_end=True)
    return Tag(lower_ascii(name), is_self_closed=rest.endswith("/"), attributes=read_attributes(rest))


def read_angle_shortcuts(text: str, masked: str) -> tuple[str, str]:
    """Return a text and its masked form with ``<<gras>>`` as ``{{gras}}`` and ``<italique>`` as ``{italique}``.

    Words that are names of HTML or SPIP tags are left alone. The lengths do not change.
    """
    for pattern, opening, closing in ((_ANGLE_STRONG, "{{", "}}"), (_ANGLE_EMPHASIS, "{", "}")):
        pieces: list[str] = []
        masks: list[str] = []
        position = 0
        for match in pattern.finditer(masked):
            if lower_ascii(match[1].split()[0]) in _READ_NAMES:
                continue
            start, end = match.span()
            # The words come from the text, in which protected parts are not masked.
            pieces += [text[position:start], opening, text[slice(*match.span(1))], closing]
            masks += [masked[position:start], opening, match[1], closing]
            position = end
        text = "".join([*pieces, text[position:]])
        masked = "".join([*masks, masked[position:]])
    return text, masked


def read_attributes(text: str) -> tuple[tuple[str, str], ...]:
    """Read attributes; if a name occurs twice, the first one counts, as in browsers."""
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = match[2] or ""
        if value[:1] in ('"', "'"):
            value = value[1:-1]
        attributes.setdefault(lower_ascii(match[1]), _decode(value) if "&" in value else value)
    return tuple(attributes.items())


def _decode(value: str) -> str:
    """Decode the value of an attribute as browsers do: they know more references there than in text."""
    return replace_controls(decode_references(value).replace("\r", "\n"))


def policy_of(settings: Settings) -> Policy:
    """Return the policy for the raw HTML of a text."""
    if settings.profile == "comment":
        return COMMENT
    if settings.profile == "title":
        return TITLE
    return ARTICLE
