"""The tables and columns of SPIP 1.9 to 4.4 that are read, and what is reported about the others.

Only the columns named here are ever read. Personal and secret ones (e-mail and IP addresses, logins, passwords, private
messages and forums) are not among them.
"""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.migration.kinds import KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.read.database import WORKING_TABLES
from spipconv.migration.read.extra_columns import is_idle
from spipconv.migration.read.plugin_rows import OLDER_COLUMNS
from spipconv.migration.read.sources import LOGO, LOGO_HOVER

# Tables of links until 2.1, one for each kind of object, with the column that names it.
OLD_LINKS = {
    f"{links}_{kind.table}": (links, kind.name, kind.key)
    for links in ("auteurs", "mots", "documents")
    for kind in OBJECT_KINDS.values()
    if kind.has_link_tables
}
OLD_LINKS["zones_rubriques"] = ("zones", "rubrique", OBJECT_KINDS["rubrique"].key)
LINK_KEYS = {"zones": "id_zone", "auteurs": "id_auteur", "mots": "id_mot", "documents": "id_document"}
# SPIP's own columns that are personal or that visitors never see.
UNSEEN = frozenset(
    """accepter_forum actif alea_actuel alea_futur articles auteur backup_cles breves brise bio comite contenu
    cookie_oubli date date_index date_modif date_publication date_syndic date_thread date_tmp duree edition email
    email_auteur en_ligne export forum htpass id_import id_groupe id_secteur id_thread id_type id_version idx imessage
    inclus ip id_message lang langue_choisie login low_sec maj messagerie minirezo miroir moderation oubli obligatoire
    pass pgp popularite prefs profondeur referers resume rubriques source statut statut_tmp syndic syndication
    tables_liees type type_defaut unseul vu visites webmestre date_redac mode_upload""".split()
) | {LOGO, LOGO_HOVER}
# Tables without anything that visitors read, and tables with an issue of their own.
_UNREAD = frozenset(
    """articles auteurs auteurs_messages breves caches contextes_aides definitions_liens depots depots_plugins
    documents forum groupes_mots index index_articles index_auteurs index_breves index_dico index_documents
    index_forum index_mots index_rubriques index_signatures index_syndic jobs jobs_liens messages meta mots
    mots_groupes_mots mots_messages ortho_cache ortho_dico paquets plugins recherches referers
    referers_articles resultats rubriques signatures statistiques stats_cache syndic syndic_articles test tickets
    types_documents urls urls_liens versions versions_fragments visites visites_articles visites_temp zones_auteurs
    mots_liens auteurs_liens documents_liens plugin_versions""".split()
) | frozenset(OLD_LINKS)
COUNTED = {
    "syndic_articles": "syndicated-left",
    "signatures": "signature-left",
    "messages": "private-left",
}
# Why the rows of a table are left out, unless it is because no plugin's tables are migrated.
LEFT_REASONS = {"syndic_articles": "syndicated", "signatures": "personal", "messages": "private"}
# Columns of later versions whose absence may be noticed on the new site.
LATER = frozenset({("documents", "alt"), ("documents", "credits"), ("documents_liens", "rang_lien")})

KINDS_WITH_MESSAGES = [kind for kind in OBJECT_KINDS.values() if kind.takes_messages]
# The columns that said until 2.1 what a message is about.
OLD_TARGETS = tuple(kind.key for kind in KINDS_WITH_MESSAGES)
# The kinds whose pages show the columns that a site has added.
KINDS_WITH_EXTRA = frozenset(OBJECT_KINDS) - {"document", "forum"}
# Without these, a link or an address refers to nothing.
MUST_NUMBERS = {
    table: tuple(column for column in columns if column.startswith("id_") and column != "id_parent")
    for table, columns in WORKING_TABLES.items()
    if table not in KINDS_BY_TABLE
}
# Columns read in addition to those of the working database, because other versions store the same facts there.
_UNREAD_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **OLDER_COLUMNS,
    "dictionnaires": ("actif",),
    "documents": ("id_type",),
    "forum": OLD_TARGETS,
}


def added_columns(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a table that are none of SPIP's."""
    own = {*WORKING_TABLES[table], *_UNREAD_COLUMNS.get(table, ()), *UNSEEN}
    return tuple(column for column in columns if column not in own)


def choose_columns(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a table to read, or None if the table is not read."""
    if table in WORKING_TABLES:
        chosen = [*WORKING_TABLES[table], *_UNREAD_COLUMNS.get(table, ())]
        if table in KINDS_BY_TABLE:
            chosen += [LOGO, LOGO_HOVER]
            chosen += [column for column in columns if not (column in UNSEEN or column in chosen or is_idle(column))]
    elif table in OLD_LINKS:
        links, _, key = OLD_LINKS[table]
        chosen = [LINK_KEYS[links], key, "vu"]
    elif table == "types_documents" and "id_type" in columns:
        chosen = ["id_type", "extension"]
    elif table in COUNTED:
        chosen = ["statut", *_UNREAD_COLUMNS.get(table, ())]
    elif table in _UNREAD:
        return ()
    else:
        chosen = [*columns[:1]]
    present = tuple(column for column in chosen if column in columns)
    if table in COUNTED and not present:
        present = columns[:1]
    return present
