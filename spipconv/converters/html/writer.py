"""The writer that all parts of the HTML converter share: it holds the document, its policy and its notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import ClassVar

from spipconv.converters.raw import RawTexts
from spipconv.languages import notes_title
from spipconv.nodes import Anchor, Document, Link, Node, Note, Paragraph, Profile, walk
from spipconv.safety import ARTICLE, COMMENT, Policy, escape_attribute, escape_text, safe_address
from spipconv.settings import check_profile

# Ids in a stranger's comment begin with this, so that they cannot clash with ids of the page.
COMMENT_PREFIX = "comment-"
SPACES = " \t\n"
_LANGUAGE_WORD = re.compile(r"\s*(?:language-)?([A-Za-z0-9_+-]{1,40})(?!\S)")


class NodeWriter:
    """Writes the nodes of a document, for ``profile`` or, by default, for the document's own profile.

    ``writers`` has a function for every kind of node. Override ``note_call`` to write the calls of notes differently.
    ``tables`` counts the tables written. ``has_raw_html``: raw HTML of the author was written; ``raw_tags`` are its
    elements that have attributes, without content; ``has_other_elements``: some are not those that may be regular.
    ``raw`` are the texts of extensions, if there are any: they are put back last. ``marks`` are the ids of the terms
    written.
    """

    writers: ClassVar[Mapping[type, Callable[..., str]]]

    def __init__(self, document: Document, profile: Profile | None = None) -> None:
        self.has_raw_html = False
        self.has_other_elements = False
        self.raw_tags: list[str] = []
        self.document = document
        self.profile = check_profile(document.profile if profile is None else profile)
        self.is_comment = self.profile == "comment"
        self.raw: RawTexts | None = None
        self.policy: Policy = COMMENT if self.is_comment else ARTICLE
        self.language = document.language
        self._called: list[Note] = []
        self.tables = 0
        self.marks: set[str] = set()

    def flow(self, nodes: Iterable[Node]) -> str:
        """Return the HTML of some nodes."""
        writers = self.writers
        return "".join([writers[node.__class__](self, node) for node in nodes])

    def notes(self) -> str:
        """Return the HTML of the notes that were called so far and have a text."""
        return "".join([self._note_text(note) for note in self._called])

    def classes(self, names: Iterable[str]) -> str:
        """Return the value of an attribute for classes; a stranger gets those alone whose names SPIP gives."""
        return escape_attribute(" ".join([name for name in names if not self.is_comment or "spip" in name]))

    def language_class(self, language: str) -> str:
        """Return the class for the language of code, followed by a space.

        An author's classes stay as they are. A stranger gets one word with a prefix, which cannot be a class of the
        page.
        """
        if not self.is_comment:
            return escape_attribute(f"{language} ") if language else ""
        word = language_word(language)
        return f"language-{word} " if word else ""

    def address_of(self, node: Link) -> str | None:
        """Return the address of a link, or None if it is not allowed.

        A link to an anchor in the same comment gets the prefix of that anchor.
        """
        address = safe_address(node.address)
        if self.is_comment and address and address[0] == "#" and address[1:] in self._own_anchors:
            return f"#{COMMENT_PREFIX}{address[1:]}"
        return address

    @cached_property
    def _own_anchors(self) -> frozenset[str]:
        return frozenset(node.name for node in walk(self.document.children) if isinstance(node, Anchor))

    def call(self, node: Note) -> str:
        """Return the HTML of the call of a note. If the note has a text, remember it for ``notes``."""
        if node.children:
            self._called.append(node)
        return self.note_call(node) if node.label else ""

    def note_call(self, node: Note) -> str:
        """Return the HTML of the call of a note."""
        identifier = self.identifier_of(node)
        title = f' title="{escape_attribute(node.excerpt)}"' if node.excerpt else ""
        own = "" if node.repeated else f' id="nh{identifier}"'
        rel = "nofollow ugc noopener appendix" if self.is_comment else "appendix"
        return (
            f'<span class="spip_note_ref">&nbsp;[<a href="#nb{identifier}" class="spip_note" rel="{rel}"{title}{own}>'
            f"{escape_text(node.label)}</a>]</span>"
        )

    def identifier_of(self, node: Note) -> str:
        """Return the end of a note's ids: its identifier, after a dash if it is a name in a comment."""
        is_apart = self.is_comment and not node.identifier.isdigit()
        return ("-" if is_apart else "") + escape_attribute(node.identifier)

    def _note_text(self, node: Note) -> str:
        identifier = self.identifier_of(node)
        children = node.children
        if not node.label:
            return f'<div id="nb">\n{self.flow(children)}\n</div>'
        title = escape_attribute(f"{notes_title(self.language)} {node.identifier}")
        rel = ' rel="nofollow ugc noopener"' if self.is_comment else ""
        back = (
            f'<span class="spip_note_ref">[<a href="#nh{identifier}" class="spip_note" title="{title}"{rel}>'
            f"{escape_text(node.label)}</a>]&nbsp;</span>"
        )
        first = children[0]
        if isinstance(first, Paragraph):
            text = f"<p>{back}{self.flow(first.children)}</p>\n{self.flow(children[1:])}"
        else:
            text = f"<p>{back}</p>\n{self.flow(children)}"
        return f'<div id="nb{identifier}">\n{text.rstrip(SPACES)}\n</div>'


def language_word(language: str) -> str:
    """Return the name of a language of code: its first word, if that is like a name, or nothing."""
    word = _LANGUAGE_WORD.match(language)
    return word[1] if word else ""
