"""Tables of plugins that are not migrated: whose they are, and which of them hold persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# By the name of the table, or its beginning up to ``_``.
_OWNERS: Final[Mapping[str, str]] = {
    table: owner
    for owner, tables in (
        ("Agenda, inscriptions", "evenements_participants"),
        ("Formidable, réponses", "formulaires_reponses"),
        ("Forms & tables", "forms donnees reponses"),
        ("Newsletters", "newsletters"),
        ("Mailsubscribers", "mailsubscribers mailsubscriptions mailsubscribinglists"),
        ("Mailshot", "mailshots"),
        ("SPIP-Listes", "spiplistes listes courriers abonnes"),
        ("Sélections éditoriales", "selections"),
        ("NoiZetier", "noisettes noizetier"),
        ("Contacts & organisations", "contacts organisations"),
        ("Coordonnées", "adresses emails numeros"),
        ("Commandes", "commandes transactions"),
        ("Produits", "produits paniers prix"),
        ("Sondages", "sondages"),
        ("Notation", "notations"),
        ("Favoris", "favoris"),
        ("Jeux", "jeux"),
        ("Tickets", "tickets"),
        ("Projets", "projets"),
        ("Seenthis", "me"),
        ("Raccourcisseur d’adresses", "shortcut"),
        ("Bannières", "bannieres"),
        ("Petites annonces", "annonces petites"),
        ("Linkcheck", "linkchecks"),
        ("Rezosocios", "rezosocios"),
        ("Bibliographie", "zitems tickets_biblio"),
        ("Pays", "pays"),
        ("Grappes", "grappes"),
        ("Fullcalendar", "fullcalendar"),
    )
    for table in tables.split()
}
_PERSONS: Final = frozenset(
    """abonnements abonnes adresses contacts emails evenements_participants formulaires_reponses
    formulaires_reponses_champs forms_donnees forms_donnees_champs mailsubscribers mailsubscriptions numeros reponses
    reponses_champs commandes transactions""".split()
)


def owner_of(table: str) -> str:
    """Return the name of the plugin whose table it is, or an empty string."""
    return _OWNERS.get(table) or _OWNERS.get(table.partition("_")[0], "")


def holds_persons(table: str) -> bool:
    """Return whether a table holds what persons sent or who they are."""
    return table in _PERSONS
