"""The digest of everything that pages share: while it is the same, a page changes only with its own rows."""

from __future__ import annotations

import hashlib

from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.run.options import MigrationOptions
from spipconv.plugins import describe_versions
from spipconv.version import VERSION

# The tables from which pages show other objects.
_TABLES = (
    "objects",
    "pages",
    "old_paths",
    "documents",
    "auteurs_liens",
    "mots_liens",
    "documents_liens",
    "meta",
    "logos",
)
_COLUMNS = (
    "* FROM evenements", "* FROM albums", "* FROM albums_liens", "* FROM gis", "* FROM gis_liens", "* FROM formulaires",
    "* FROM petitions", "* FROM signed", "* FROM extra", "* FROM rubriques_liens", "* FROM menus",
    "* FROM menus_entrees", "id_mot, id_parent FROM mots", "id_groupe, id_parent FROM groupes_mots",
    "* FROM terms", "id_mot, descriptif, texte FROM mots JOIN terms ON kind = 'mot' AND number = id_mot",
    "id_definition, texte FROM definitions", "* FROM glossaries",
    "id_article, date FROM articles", "id_syndic, url_site FROM syndic", "id_forum, objet, id_objet, statut FROM forum",
)  # fmt: skip


def shared_digest(database: WorkingDatabase, img: ImgFolder, options: MigrationOptions) -> str:
    """Return the digest of everything that a page may show of other objects, and of how it is written."""
    how = (
        VERSION,
        options.to,
        options.language,
        options.peertube,
        options.plugins,
        options.typography,
        options.selection,
        options.glossary_groups,
        options.front_matter,
    )
    versions = describe_versions(options.plugins, options.extensions)
    digest = hashlib.sha256(repr((*how, *versions)).encode())
    for rows in (*(f"* FROM {table}" for table in _TABLES), *_COLUMNS):
        for row in database.db.execute(f"SELECT {rows}"):
            digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    for name in img.all():
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()
