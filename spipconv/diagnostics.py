"""What a text could not say as it was written: values with a code and a place, never exceptions."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["info", "change", "loss"]

# By code: its severity, and a sentence for people in English and in French.
CODES: dict[str, tuple[Severity, str, str]] = {
    "unclosed-strong": (
        "change",
        "{{ is never closed: bold runs to the end",
        "{{ n’est jamais refermé : le gras court jusqu’à la fin",
    ),
    "unclosed-emphasis": (
        "change",
        "{ is never closed: italics run to the end",
        "{ n’est jamais refermé : l’italique court jusqu’à la fin",
    ),
    "unclosed-heading": (
        "change",
        "{{{ is never closed: the heading runs to the end",
        "{{{ n’est jamais refermé : l’intertitre court jusqu’à la fin",
    ),
    "unclosed-quote": (
        "change",
        "<quote> is never closed: it ends with the text",
        "<quote> n’est jamais refermé : la citation finit avec le texte",
    ),
    "unclosed-note": (
        "change",
        "[[ has no ]]: shown as text",
        "[[ sans ]] : affiché comme du texte",
    ),
    "unopened-marker": (
        "change",
        "closes nothing that is open: it has no effect",
        "ne referme rien d’ouvert : sans effet",
    ),
    "crossed-marker": (
        "change",
        "closes around something still open: both are closed and reopened as a browser does",
        "se referme autour d’un autre encore ouvert : rétabli comme le fait un navigateur",
    ),
    "formatting-ended": (
        "change",
        "formatting with such long attributes is not opened again in so many blocks",
        "une mise en forme aux attributs si longs n’est pas rouverte dans autant de blocs",
    ),
    "unclosed-tag": (
        "change",
        "this HTML tag is never closed",
        "cette balise HTML n’est jamais refermée",
    ),
    "unopened-tag": (
        "change",
        "this HTML end tag closes nothing: it has no effect",
        "cette balise HTML fermante ne referme rien : sans effet",
    ),
    "tag-dropped": (
        "change",
        "this HTML tag is not allowed here: its words are kept",
        "cette balise HTML n’est pas permise ici : ses mots sont gardés",
    ),
    "tag-shown": (
        "change",
        "this is no HTML tag that is allowed here: shown as text",
        "ce n’est pas une balise HTML permise ici : affichée comme du texte",
    ),
    "tag-translated": (
        "info",
        "this HTML tag is read as the shortcut that means the same",
        "cette balise HTML est lue comme le raccourci équivalent",
    ),
    "content-dropped": (
        "loss",
        "this HTML element is not allowed here and holds no words: left out",
        "cet élément HTML n’est pas permis ici et ne contient pas de mots : supprimé",
    ),
    "comment-dropped": (
        "info",
        "an HTML comment shows nothing: left out",
        "un commentaire HTML n’affiche rien : supprimé",
    ),
    "attribute-dropped": (
        "change",
        "this HTML attribute is not allowed: left out",
        "cet attribut HTML n’est pas permis : supprimé",
    ),
    "address-refused": (
        "loss",
        "this address is of no allowed kind: the link is left out, its words are kept",
        "cette adresse n’est pas d’un genre permis : le lien est supprimé, ses mots sont gardés",
    ),
    "embed-dropped": (
        "loss",
        "an embedded frame is not allowed here: left out",
        "un cadre intégré n’est pas permis ici : supprimé",
    ),
    "style-dropped": (
        "info",
        "SPIP deletes <style>: left out",
        "SPIP supprime <style> : supprimé",
    ),
    "unknown-model": (
        "loss",
        "nobody here knows this model: shown as text",
        "personne ici ne connaît ce modèle : affiché comme du texte",
    ),
    "unknown-idiom": (
        "change",
        "no translation is known for this: shown as text",
        "aucune traduction connue : affiché comme du texte",
    ),
    "object-not-found": (
        "loss",
        "this object does not exist",
        "cet objet n’existe pas",
    ),
    "object-unresolved": (
        "change",
        "objects are not looked up here: SPIP's plain address stands for it",
        "les objets ne sont pas cherchés ici : l’adresse simple de SPIP les remplace",
    ),
    "document-not-found": (
        "loss",
        "this document does not exist: nothing is shown",
        "ce document n’existe pas : rien n’est affiché",
    ),
    "translation-missing": (
        "change",
        "<multi> has no text in this language: another one is shown",
        "<multi> n’a pas de texte dans cette langue : un autre est affiché",
    ),
    "translations-hidden": (
        "info",
        "<multi> has texts in other languages: they are not shown",
        "<multi> a des textes dans d’autres langues : ils ne sont pas affichés",
    ),
    "depth-exceeded": (
        "change",
        "too many levels of nesting: this one is not opened",
        "trop de niveaux imbriqués : celui-ci n’est pas ouvert",
    ),
    "more-remarks": (
        "loss",
        "there are more remarks on this text than are kept",
        "il y a sur ce texte plus de remarques qu’on n’en garde",
    ),
    "control-character": (
        "change",
        "a control character or a stray byte: replaced",
        "un caractère de contrôle ou un octet isolé : remplacé",
    ),
}


class Diagnostic(Struct, frozen=True, gc=False):
    """One remark on the text. ``line`` and ``column`` count from 1; ``detail`` is the markup it is about."""

    code: str
    line: int
    column: int
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """``loss``: something the reader would have seen is gone; ``change``: it is shown otherwise."""
        return CODES[self.code][0]

    @property
    def message(self) -> str:
        """A sentence for people, in English."""
        return self.say("en")

    def say(self, language: str) -> str:
        """Return a sentence for people: French if the language is, else English."""
        is_french = language.startswith("fr")
        text = CODES[self.code][2 if is_french else 1]
        colon = "\u00a0:" if is_french else ":"
        return f"{self.detail}{colon} {text}" if self.detail else text

    def describe(self) -> dict[str, str | int]:
        """Return it as JSON has it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.code} {self.message}"
