"""The columns that a site or its plugins have added to SPIP's tables: which may be shown, and which never.

A column of a text, a section or a keyword was for visitors, unless its name says that it is a secret or an address of a
person. A column of an author may be anything that an association knows of its members, so only those with a name that
stands for something public are kept, and of these only values without a way to reach the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spipconv.migration.read.php_values import read_values
from spipconv.migration.read.privacy import has_email, is_email

# Of what no page shows: it belongs to the private area, repeats other columns, or says how a template looks.
_IDLE: Final = frozenset(
    """agenda composition_lock composition_branche_lock date_creation evenements id_groupe_racine id_mot_racine
    id_version langue mots_arborescents modif_synchro_source places_prises technique inscription""".split()
)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_SECRET: Final = re.compile(
    r"mail|courriel|(?:^|_)mel(?:_|$)|(?:^|_)ip(?:_|$|v?[46])|adresse_?ip|login|pass(?:e|w|_|$)|mdp|token|jeton|cookie"
    r"|secret|hash|session|iban|(?:^|_)(?:bic|rib|pgp|alea|cle|cles|nir|nss|secu)(?:_|$)"
)
# What an author is, does and publishes; not where and how they live.
_PUBLIC: Final = re.compile(
    r"(?:^|_)(?:fonctions?|roles?|postes?|titres?|qualites?|metiers?|professions?|grades?|organisations?|organismes?"
    r"|institutions?|structures?|societes?|associations?|affiliations?|laboratoires?|labos?|services?|equipes?|unites?"
    r"|departements?|disciplines?|specialites?|domaines?|competences?|themes?|thematiques?|biographies?|bio|presentations?"
    r"|accroches?|resumes?|descriptions?|descriptif|citations?|slogans?|publications?|travaux|ouvrages?|bibliographies?"
    r"|sites?|urls?|webs?|blogs?|twitter|facebook|mastodon|linkedin|instagram|youtube|bluesky|orcid|idref|hal|wikipedia"
    r"|ordre|rang|composition)(?:_|$)"
)
_PHONE: Final = re.compile(r"(?:\+|\b0)[0-9](?:[\s./()-]*[0-9]){7,}")
_NETWORK: Final = re.compile(
    r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b|(?:\b[0-9a-f]{1,4}|:):(?:[0-9a-f]{0,4}:){2,}[0-9a-f]{0,4}", re.IGNORECASE
)
_DIGEST: Final = re.compile(r"\s*(?:[0-9a-f]{32,}|\$[0-9a-z]{1,8}\$\S+)\s*", re.IGNORECASE)
_NOTHING: Final = re.compile(r"[\s0:.-]*")


def is_idle(column: str) -> bool:
    """Return whether nothing is lost with a column: no page showed what it holds."""
    return column in _IDLE


def may_show(kind: str, column: str) -> bool:
    """Return whether a column that is none of SPIP's may be shown on the pages of a kind."""
    name = column.lower()
    if not _NAME.fullmatch(column) or _SECRET.search(name):
        return False
    return kind != "auteur" or _PUBLIC.search(name) is not None


def may_show_value(kind: str, value: str) -> bool:
    """Return whether a value of such a column may be shown: never what looks like a password or is an e-mail address,
    and of an author nothing that has an e-mail address, a telephone number or a network address in it.
    """
    if _DIGEST.fullmatch(value) or is_email(value):
        return False
    return kind != "auteur" or not (has_email(value) or _PHONE.search(value) or _NETWORK.search(value))


def read_pairs(column: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a column: one, or all of the serialised ``extra`` of SPIP 1.9 to 2.1."""
    if column != "extra":
        yield column, value
        return
    try:
        values = read_values(value)
    except ValueError:
        values = None
    for name, inner in values.items() if isinstance(values, dict) else ():
        if isinstance(inner, str | int | float) and not isinstance(inner, bool):
            yield name, str(inner)


def is_filled(value: bytes | str) -> bool:
    """Return whether a value says anything: neither empty, nor 0, nor a date of zeros."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return _NOTHING.fullmatch(text[:40]) is None or (len(text) > 40 and _NOTHING.fullmatch(text) is None)
