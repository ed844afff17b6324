"""Issues of a migration: what could not be kept as it was, each with a code, a place and what it is about."""

from __future__ import annotations

import re

from msgspec import Struct

from spipconv.diagnostics import DIAGNOSTICS, Severity
from spipconv.migration.report.words import is_french
from spipconv.translations import translate

# Characters of what an issue is about: a whole page of markup says no more than its beginning.
MOST_DETAIL = 300
SEVERITIES: tuple[Severity, ...] = ("loss", "change", "info")
# The code of what failed because of an error of spipconv's own.
FAILED = "object-failed"
# Codes by what a reader of the report looks for.
LINK_CODES = ("link-unresolved", "link-unpublished", "link-old-page", "object-not-found")
DOCUMENT_CODES = ("document-not-found", "file-missing", "file-unreadable", "file-refused", "file-run-by-target")
MODEL_CODES = ("unknown-model",)
ENCODING_CODES = ("encoding-repaired", "encoding-doubtful")

_UNREADABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Issue(Struct, frozen=True, gc=False, omit_defaults=True):
    """One issue: what kind of thing (``code``), where (an object's field, or the database), and what it is about.

    ``line`` and ``column`` count from 1 in the field's text; 0: the issue is with the whole. ``page`` is the address
    of the page that it concerns, or empty.
    """

    code: str
    kind: str = ""
    number: int = 0
    field: str = ""
    line: int = 0
    column: int = 0
    detail: str = ""
    page: str = ""


# Codes of migration, besides those of diagnostics: severity and a sentence in English and French.
ISSUE_CODES: dict[str, tuple[Severity, str, str]] = {
    FAILED: (
        "loss",
        "an error in spipconv itself stopped this: please report it; the raw text is in .spipconv/failed",
        "une erreur de spipconv même l’a arrêté : merci de la signaler ; le texte brut est dans .spipconv/failed",
    ),
    "value-refused": (
        "loss",
        "this value is not one that its column can have: read as absent",
        "cette valeur ne peut pas être celle de sa colonne : lue comme absente",
    ),
    "text-too-long": (
        "loss",
        "this text is longer than any that is migrated: left out; what could be read of it is in .spipconv/failed",
        "ce texte dépasse la longueur maximale : non repris ; ce qui a pu en être lu est dans .spipconv/failed",
    ),
    "row-repeated": (
        "loss",
        "several rows have this number: the last one is migrated, the raw text of the others is in .spipconv/failed",
        "plusieurs lignes portent ce numéro : la dernière est reprise, le texte des autres est dans .spipconv/failed",
    ),
    "row-unnumbered": (
        "loss",
        "a row without a number: not migrated; its raw text is in .spipconv/failed",
        "une ligne sans numéro : non reprise ; son texte brut est dans .spipconv/failed",
    ),
    "encoding-repaired": (
        "change",
        "the text was in another encoding, or encoded twice: put right",
        "le texte était dans un autre codage, ou codé deux fois : rétabli",
    ),
    "encoding-doubtful": (
        "change",
        "the text looks encoded twice, but setting it right could not be undone: left as it is",
        "le texte semble codé deux fois, mais la réparation ne serait pas réversible : laissé tel quel",
    ),
    "redirect-contested": (
        "change",
        "several objects have had this address: it leads to the last of them",
        "plusieurs objets ont eu cette adresse : elle mène au dernier",
    ),
    "redirect-shadowed": (
        "change",
        "this old address is now another page's own: it leads there",
        "cette ancienne adresse est maintenant celle d’une autre page : elle y mène",
    ),
    "redirect-broken": (
        "loss",
        "this redirection leads to a page or a file that is not there",
        "cette redirection mène à une page ou à un fichier absents",
    ),
    "redirect-chained": (
        "change",
        "this redirection leads to another old address of the site",
        "cette redirection mène à une autre ancienne adresse du site",
    ),
    "redirect-home": (
        "change",
        "this redirection leads to the front page, which is another page",
        "cette redirection mène à la page d’accueil, qui est une autre page",
    ),
    "redirect-endless": (
        "loss",
        "these redirections lead to each other: none is kept",
        "ces redirections mènent l’une à l’autre : aucune n’est gardée",
    ),
    "redirect-unkept": (
        "change",
        "this object has had more addresses than are kept",
        "cet objet a eu plus d’adresses qu’on n’en garde",
    ),
    "files-left": (
        "loss",
        "no folder IMG was named (--img): the files are not copied",
        "aucun dossier IMG n’a été indiqué (--img) : les fichiers ne sont pas copiés",
    ),
    "link-empty": (
        "change",
        "a link to nowhere: its words are kept",
        "un lien vers nulle part : son texte est gardé",
    ),
    "column-absent": (
        "info",
        "this version of SPIP did not have these yet",
        "cette version de SPIP ne les avait pas encore",
    ),
    "file-missing": (
        "loss",
        "the file of this document is not there",
        "le fichier de ce document est absent",
    ),
    "file-refused": (
        "loss",
        "a file that a browser or a server would run: not copied",
        "un fichier qu’un navigateur ou un serveur exécuterait : non copié",
    ),
    "file-run-by-target": (
        "loss",
        "a file that the new system would run, decode or leave out: not copied",
        "un fichier que le nouveau système exécuterait, décoderait ou laisserait de côté : non copié",
    ),
    "language-refused": (
        "change",
        "this is not a language’s code: read as absent",
        "ce n’est pas un code de langue : lu comme absent",
    ),
    "file-unreadable": (
        "loss",
        "this file cannot be read: not copied",
        "ce fichier est illisible : non copié",
    ),
    "picture-cleaned": (
        "change",
        "a drawing that held a script or something unknown: copied without it",
        "un dessin qui contenait un script ou un élément inconnu : copié sans lui",
    ),
    "column-left": (
        "loss",
        "a column of a plugin or of an older version holds texts: they are not migrated",
        "une colonne d’un plugin ou d’une ancienne version contient des textes : ils ne sont pas migrés",
    ),
    "table-left": (
        "loss",
        "a plugin’s table: it is not migrated",
        "une table d’un plugin : elle n’est pas migrée",
    ),
    "petition-left": (
        "loss",
        "a petition: it is not migrated",
        "une pétition : elle n’est pas migrée",
    ),
    "link-unpublished": (
        "loss",
        "the link leads to something that visitors cannot see: it is left out, its words are kept",
        "le lien mène à un objet que les visiteurs ne voient pas : il est supprimé, ses mots sont gardés",
    ),
    "link-unresolved": (
        "loss",
        "nothing on the new site answers to this address: left as it is",
        "rien sur le nouveau site ne répond à cette adresse : laissée telle quelle",
    ),
    "link-old-page": (
        "loss",
        "the link leads to a page that only SPIP made: it is left out, its words are kept",
        "le lien mène à une page que seul SPIP produisait : il est supprimé, ses mots sont gardés",
    ),
    "access-restricted": (
        "loss",
        "a section that only some visitors could see: its texts are drafts now",
        "une rubrique réservée à certains visiteurs : ses textes sont maintenant des brouillons",
    ),
    "section-missing": (
        "change",
        "its section does not exist: it is put at the top of the site",
        "sa rubrique n’existe pas : l’objet est placé à la racine du site",
    ),
    "section-endless": (
        "change",
        "these sections contain each other: put at the top of the site",
        "ces rubriques se contiennent l’une l’autre : placées à la racine du site",
    ),
    "section-deep": (
        "change",
        "it is in more sections than an address can have: put at the top of the site",
        "elle est dans plus de rubriques qu’une adresse ne peut en avoir : placée à la racine du site",
    ),
    "date-missing": (
        "change",
        "it has no date",
        "il n’y a pas de date",
    ),
    "original-missing": (
        "change",
        "the article that this one translates does not exist or is not published",
        "l’article que celui-ci traduit n’existe pas ou n’est pas publié",
    ),
    "comment-orphaned": (
        "loss",
        "the page of this message does not exist or is not published: left out",
        "la page de ce message n’existe pas ou n’est pas publiée : non repris",
    ),
    "comment-moved": (
        "change",
        "the message that it answers is not shown: it hangs below the nearest one that is",
        "le message auquel il répond n’est pas affiché : rattaché au plus proche qui l’est",
    ),
    "slug-changed": (
        "info",
        "another page has this name: the number is added",
        "une autre page porte ce nom : le numéro est ajouté",
    ),
    "user-file-kept": (
        "loss",
        "this file was changed since the last run: not overwritten (--force overwrites)",
        "ce fichier a été modifié depuis le dernier passage : non écrasé (--force l’écrase)",
    ),
    "syndicated-left": (
        "info",
        "articles of other sites’ feeds are not migrated",
        "les articles syndiqués d’autres sites ne sont pas migrés",
    ),
    "private-left": (
        "info",
        "private messages, e-mail addresses and logins are not migrated",
        "messages privés, adresses électroniques et identifiants ne sont pas migrés",
    ),
    "signature-left": (
        "info",
        "names of signatories are personal: not migrated",
        "les noms des signataires sont personnels : non migrés",
    ),
}


def severity(code: str) -> Severity:
    """Return how much a code, of migration or of the parser, matters. Raises KeyError for any other."""
    return ISSUE_CODES[code][0] if code in ISSUE_CODES else DIAGNOSTICS[code][0]


def message(code: str, language: str) -> str:
    """Return a sentence for people: French if ``language`` is, else English."""
    if code in ISSUE_CODES:
        return ISSUE_CODES[code][2 if is_french(language) else 1]
    return translate(DIAGNOSTICS[code][1], language)


def readable(text: str) -> str:
    """Return text that any file can hold: stray bytes of names as Latin-1, and no whole page of markup."""
    if len(text) > MOST_DETAIL:
        text = text[:MOST_DETAIL] + "…"
    return text if text.isprintable() else _UNREADABLE.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    byte = ord(match[0]) - 0xDC00
    return chr(byte) if 0xA0 <= byte <= 0xFF else "\ufffd"
