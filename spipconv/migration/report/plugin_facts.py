"""What SPIP's most common plugins mean for a migration: their names in SPIP's settings come in, sentences go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from spipconv.plugins import PLUGINS
from spipconv.translations import mark

# read: it is on the new site; partly: some of it; left: it is not; none: it held nothing that visitors read; unknown:
# nothing is known about the plugin.
PluginFate = Literal["left", "unknown", "partly", "read", "none"]


class ActivePlugin(Struct, frozen=True):
    """A plugin that is active on the old site: its name in SPIP's settings, in lower case, its title and version."""

    prefix: str
    title: str
    version: str = ""


class PluginFact(Struct, frozen=True):
    """What becomes of what a plugin made, and a sentence about it; ``tables`` are the plugin's, without the prefix."""

    fate: PluginFate
    sentence: str
    tables: tuple[str, ...] = ()


UNKNOWN = PluginFact(
    "unknown",
    mark("spipconv does not know this plugin: check what it showed on your pages."),
)
# SPIP's own plugins: what they hold is read as a part of SPIP, or served its private area.
OWN_PLUGINS = frozenset(
    """aide archiviste bigup breves compagnon compresseur dist dump filtres_images forum grenier images iterateurs
    jquery jqueryui mediabox medias mejs minidoc mots msie_compat ordoc organiseur petitions php plan porte_plume
    queue revisions safehtml sites spip squelettes_par_rubrique statistiques stats svp textwheel tw urls
    urls_etendues vertebres""".split()
)

_TOOL = mark("A tool for writing or for the server: visitors saw nothing of it.")
_LOOK = mark("It drew the pages of the old site: the new site has its own theme.")
_SLIDES = mark("It showed pictures in motion: they are on their pages, without it.")
_VISITORS = mark("It counted visitors or asked for their consent: the new site does neither; add what you need.")
_SHARING = mark("It helped others to find and share pages: the new theme does what search engines need.")
_ADDRESSES = mark(
    "Addresses of persons are not migrated: export them from SPIP, and use a mailing service on the new site."
)
_PERSONS = mark("Data of persons and organisations are not migrated: export what your visitors should see.")
_SHOP = mark("The new site cannot sell anything by itself: export its tables, and use a shop service.")
_SEARCH = mark("It searched on the server: the new site is searched in the browser.")
_SHORTCUTS = mark("Its shortcuts are read.")
_VOTES = mark("Votes and answers of visitors are not migrated: write their results on a page if they matter.")
_GAME = mark("It is not migrated: write on the page what it showed.")
_EVENTS = mark("Its events are dated pages of the new site, with a calendar file.")
_FIELDS = mark("The columns that it added are in the front matter of their pages; the theme does not show them.")
_PLAYERS = mark("Sounds and videos are played by the browser itself.")
_ROLES = mark("Links are kept, without the roles that the plugin gave them.")


def _facts() -> Iterator[tuple[str, PluginFact]]:
    def all_of(fate: PluginFate, sentence: str, prefixes: str) -> Iterator[tuple[str, PluginFact]]:
        return ((prefix, PluginFact(fate, sentence)) for prefix in prefixes.split())

    for plugin in PLUGINS.values():
        yield from all_of("read", _SHORTCUTS, " ".join(sorted(plugin.prefixes)))
    yield "agenda", PluginFact("read", _EVENTS, ("evenements", "evenements_participants"))
    yield (
        "gis",
        PluginFact(
            "partly",
            mark("Places are in the front matter of their pages; a map needs an include of your own."),
            ("gis", "gis_liens"),
        ),
    )
    yield (
        "formidable",
        PluginFact(
            "partly",
            mark("The texts of its forms are kept; a form that can be sent needs another service. Export the answers."),
            ("formulaires", "formulaires_reponses", "formulaires_reponses_champs", "formulaires_liens"),
        ),
    )
    yield (
        "menus",
        PluginFact("read", mark("Its menus are the menus of the new site."), ("menus", "menus_entrees")),
    )
    yield "albums", PluginFact("read", mark("Its albums are galleries."), ("albums", "albums_liens"))
    yield (
        "compositions",
        PluginFact("partly", mark("The front matter names the composition of each page: give it a layout.")),
    )
    yield from all_of("partly", _FIELDS, "cextras iextras champs_extras")
    yield "pages", PluginFact("read", mark("Its pages are at the top level of the new site."))
    yield "rang", PluginFact("read", mark("Its order is that of the new site’s lists."))
    yield (
        "polyhier",
        PluginFact(
            "read",
            mark("A page is in its main section; its front matter names the others."),
            ("rubriques_liens",),
        ),
    )
    yield "tradrub", PluginFact("read", mark("The translations of a section know each other."))
    yield "multilang", PluginFact("read", mark("Every language of a text has its own page."))
    yield (
        "accesrestreint",
        PluginFact(
            "partly",
            mark("What only some visitors could see becomes drafts: publish what everyone may read."),
            ("zones", "zones_liens"),
        ),
    )
    yield (
        "couteau_suisse",
        PluginFact("partly", mark("The shortcuts of its tools Sommaire, Glossaire, Découpe and Titres are read.")),
    )
    yield "dictionnaires", PluginFact("read", mark("Its definitions are pages, and their terms are marked."))
    yield "orthotypo", PluginFact("partly", mark("The typography is SPIP’s own, without the plugin’s corrections."))
    yield from all_of("partly", _ROLES, "roles roles_documents roles_auteurs")
    yield from all_of("read", _PLAYERS, "player lecteur_multimedia")
    yield (
        "noizetier",
        PluginFact("left", mark("The blocks that it put on pages are not migrated."), ("noisettes", "noizetier_pages")),
    )
    yield (
        "identite_extra",
        PluginFact("left", mark("Write the address and the numbers of your organisation into the new theme.")),
    )
    yield "mathjax", PluginFact("partly", mark("Formulas are kept as they were typed: add MathJax to the new theme."))
    yield from all_of("left", _ADDRESSES, "mailsubscribers spiplistes abonnements clevermail mailshot")
    yield (
        "newsletters",
        PluginFact("left", mark("Newsletters are not migrated: save those that you want to keep."), ("newsletters",)),
    )
    yield from all_of("left", _PERSONS, "contacts coordonnees inscription3 i3 profils")
    yield from all_of("left", _SHOP, "commandes produits paniers bank prix factures")
    yield from all_of("left", _VOTES, "notation sondages")
    yield from all_of("left", _GAME, "jeux tickets projets")
    yield from all_of("none", _SEARCH, "fulltext indexer recherche_etendue")
    yield from all_of(
        "none",
        _TOOL,
        """autorite boite_infos bonux cfg ckeditor crayons cs cvtupload dev duplicator fabrique facteur ieconfig
        inserer_modeles langonet ldap linkcheck medias_nettoyage mots_arborescents mots_techniques nospam pb_selection
        saisies saveauto spip_bonux verifier yaml zengarden""",
    )
    yield from all_of(
        "none",
        _LOOK,
        """adaptive_images article_pdf bootstrap bootstrap4 bootstrap5 centre_image escal fontawesome html5up
        image_responsive lesscss massicot menu_anim nuage sarkaspip scss scssphp spipdf spipr spipr_dist z zcore
        zpip""",
    )
    yield from all_of(
        "none",
        _SLIDES,
        "fancybox lightbox nivoslider owlcarousel photoswipe sjcycle slick thickbox",
    )
    yield from all_of(
        "none",
        _VISITORS,
        "cookiebar ga google_analytics klaro matomo piwik rgpd tarteaucitron xiti",
    )
    yield from all_of(
        "none",
        _SHARING,
        "addthis google_sitemap metas metasplus opengraph seo sitemap socialtags",
    )


PLUGIN_FACTS: Mapping[str, PluginFact] = dict(_facts())


def find_fact(prefix: str) -> PluginFact:
    """Return the fact about a plugin, by its name in SPIP's settings, in lower case."""
    return PLUGIN_FACTS.get(prefix, UNKNOWN)


def has_table(plugin: ActivePlugin, table: str) -> bool:
    """Return whether a table, without the prefix, is a plugin's: one that is known, or one that is named after it."""
    names = {plugin.prefix, plugin.prefix.removesuffix("s") + "s"}
    return table in find_fact(plugin.prefix).tables or any(
        table == name or table.startswith(f"{name}_") for name in names
    )
