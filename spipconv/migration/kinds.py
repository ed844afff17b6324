"""The kinds of SPIP's objects: one record per kind, with everything that a migration needs to know about it.

Kinds have the names that SPIP gives them in its link tables (``objet``).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from spipconv.translations import Plural, mark_plural


class ObjectKind(Struct, frozen=True):
    """A kind of objects.

    ``table`` and ``key`` are those of SPIP 4, without the prefix. ``title``, ``date``, ``language`` and ``parent`` are
    the columns with these fields, or empty; ``parent`` is the number of the section. ``texts`` are the columns that are
    kept as they are if an object cannot be migrated: of a message only what was to be published, and nothing that names
    a person. ``is_personal``: its columns may name persons, so only those of the working database are even counted.

    ``is_text``: it is a text of its own; other kinds are pages that list texts. ``has_terms``: the glossary's terms are
    marked in its texts. ``takes_messages``: its pages have a forum. ``has_link_tables``: up to SPIP 2.1, its authors,
    keywords and documents had tables of their own.

    ``other_names`` are further names in addresses and tables; ``marks`` are the signs that SPIP puts around its titles
    in addresses; ``has_path``: its addresses are made from titles. ``logo`` begins the names of its logos.
    ``page_type`` is its type on targets with types. ``collection`` is the collection of its pages, if it is no text, on
    targets with collections. ``divides``: the list on its page is divided where it is long. ``range`` is its range
    where the objects of all kinds are numbered together. ``words`` are the words for one and for several of them.
    """

    name: str
    table: str
    key: str
    words: Plural
    title: str = "titre"
    date: str = ""
    language: str = ""
    parent: str = ""
    texts: tuple[str, ...] = ()
    is_personal: bool = False
    is_text: bool = False
    has_terms: bool = False
    takes_messages: bool = False
    has_link_tables: bool = False
    other_names: tuple[str, ...] = ()
    marks: tuple[str, str] = ("", "")
    has_path: bool = False
    logo: str = ""
    page_type: str = ""
    collection: str = "rubriques"
    divides: bool = False
    range: int = -1

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the kind in addresses and tables, its own name first."""
        return (self.name, *self.other_names)


_ARTICLE = ObjectKind(
    name="article",
    table="articles",
    key="id_article",
    words=mark_plural("article", "articles"),
    date="date",
    language="lang",
    parent="id_rubrique",
    texts=("surtitre", "titre", "soustitre", "descriptif", "chapo", "texte", "nom_site", "url_site", "ps", "virtuel"),
    is_text=True,
    has_terms=True,
    takes_messages=True,
    has_link_tables=True,
    has_path=True,
    logo="art",
    # WordPress and others let articles keep their own numbers.
    range=0,
)
_SECTION = ObjectKind(
    name="rubrique",
    table="rubriques",
    key="id_rubrique",
    words=mark_plural("section", "sections"),
    date="date",
    language="lang",
    parent="id_parent",
    texts=("titre", "descriptif", "texte"),
    has_terms=True,
    takes_messages=True,
    has_link_tables=True,
    marks=("-", "-"),
    has_path=True,
    logo="rub",
    divides=True,
    range=4,
)
_BRIEF = ObjectKind(
    name="breve",
    table="breves",
    key="id_breve",
    words=mark_plural("news item", "news items"),
    date="date_heure",
    language="lang",
    parent="id_rubrique",
    texts=("titre", "texte", "lien_titre", "lien_url"),
    is_text=True,
    has_terms=True,
    takes_messages=True,
    has_link_tables=True,
    marks=("+", "+"),
    has_path=True,
    logo="breve",
    page_type="breves",
    range=1,
)
_SITE = ObjectKind(
    name="site",
    table="syndic",
    key="id_syndic",
    words=mark_plural("site", "sites"),
    title="nom_site",
    date="date",
    parent="id_rubrique",
    texts=("nom_site", "url_site", "descriptif"),
    is_text=True,
    takes_messages=True,
    has_link_tables=True,
    other_names=("syndic",),
    marks=("@", "@"),
    has_path=True,
    logo="site",
    range=2,
)
_AUTHOR = ObjectKind(
    name="auteur",
    table="auteurs",
    key="id_auteur",
    words=mark_plural("author", "authors"),
    title="nom",
    texts=("bio",),
    is_personal=True,
    marks=("_", "_"),
    has_path=True,
    logo="aut",
    collection="auteurs",
    divides=True,
    range=3,
)
_KEYWORD = ObjectKind(
    name="mot",
    table="mots",
    key="id_mot",
    words=mark_plural("keyword", "keywords"),
    texts=("titre", "descriptif", "texte"),
    marks=("+-", "-+"),
    has_path=True,
    logo="mot",
    collection="mots",
    divides=True,
    range=5,
)
_GROUP = ObjectKind(
    name="groupe",
    table="groupes_mots",
    key="id_groupe",
    words=mark_plural("keyword group", "keyword groups"),
    texts=("titre", "descriptif", "texte"),
    other_names=("groupe_mots",),
    logo="groupe",
    collection="groupes",
    range=6,
)
_DOCUMENT = ObjectKind(
    name="document",
    table="documents",
    key="id_document",
    words=mark_plural("document", "documents"),
    date="date",
    texts=("titre", "descriptif", "fichier"),
    has_link_tables=True,
    range=8,
)
_MESSAGE = ObjectKind(
    name="forum",
    table="forum",
    key="id_forum",
    words=mark_plural("message", "messages"),
    date="date_heure",
    texts=("titre", "texte"),
    is_personal=True,
    has_link_tables=True,
)
# Of the plugin "Dictionnaires". Ranges of further kinds begin where those of all languages of the first ten end.
_DICTIONARY = ObjectKind(
    name="dictionnaire",
    table="dictionnaires",
    key="id_dictionnaire",
    words=mark_plural("dictionary", "dictionaries"),
    texts=("titre", "descriptif", "texte"),
    logo="dictionnaire",
    divides=True,
    range=4000,
)
_DEFINITION = ObjectKind(
    name="definition",
    table="definitions",
    key="id_definition",
    words=mark_plural("definition", "definitions"),
    date="date",
    language="lang",
    texts=("titre", "termes", "texte"),
    logo="definition",
    range=4001,
)
# Of the plugin "Agenda".
_EVENT = ObjectKind(
    name="evenement",
    table="evenements",
    key="id_evenement",
    words=mark_plural("event", "events"),
    date="date_debut",
    texts=("titre", "descriptif", "lieu", "adresse"),
    is_text=True,
    takes_messages=True,
    has_link_tables=True,
    has_path=True,
    logo="evenement",
    page_type="evenements",
    range=9,
)
# Of the plugin "Albums".
_ALBUM = ObjectKind(
    name="album",
    table="albums",
    key="id_album",
    words=mark_plural("album", "albums"),
    date="date",
    language="lang",
    texts=("titre", "descriptif"),
    is_text=True,
    has_path=True,
    logo="album",
    page_type="albums",
    range=10,
)
# The pages that list all events and all albums do not belong to an object either.
_AGENDA = ObjectKind(
    name="agenda",
    table="",
    key="",
    words=mark_plural("page of the events", "page of the events"),
    divides=True,
    range=11,
)
_ALBUMS = ObjectKind(
    name="albums",
    table="",
    key="",
    words=mark_plural("page of the albums", "page of the albums"),
    divides=True,
    range=12,
)
# Nor do the pages of the documents that are on no other page.
FILES = ObjectKind(
    name="documents",
    table="",
    key="",
    words=mark_plural("page of other documents", "pages of other documents"),
    range=13,
)
# The front page does not belong to an object: its number is 0, and it has no table.
HOME = ObjectKind(
    name="home",
    table="",
    key="",
    words=mark_plural("front page", "front page"),
    texts=("descriptif_site", "slogan_site"),
    collection="accueil",
    range=7,
)

# The kinds of objects that a text, an address or a table of links may name.
OBJECT_KINDS: Mapping[str, ObjectKind] = {
    kind.name: kind
    for kind in (
        _ARTICLE,
        _SECTION,
        _BRIEF,
        _SITE,
        _AUTHOR,
        _KEYWORD,
        _GROUP,
        _DICTIONARY,
        _DEFINITION,
        _DOCUMENT,
        _MESSAGE,
        _EVENT,
        _ALBUM,
    )
}
# By any name that an address or a table may have for a kind.
KINDS_BY_NAME: Mapping[str, ObjectKind] = {name: kind for kind in OBJECT_KINDS.values() for name in kind.names}
KINDS_BY_TABLE: Mapping[str, ObjectKind] = {kind.table: kind for kind in OBJECT_KINDS.values()}
# The kinds whose pages are below a page of their own, and the kind of that page.
LISTED: Mapping[str, ObjectKind] = {_EVENT.name: _AGENDA, _ALBUM.name: _ALBUMS}
# The kinds that have pages: all of them, the front page, and the pages that list a kind.
PAGE_KINDS: Mapping[str, ObjectKind] = {
    **OBJECT_KINDS,
    **{kind.name: kind for kind in (HOME, FILES, *LISTED.values())},
}
TEXTS = frozenset(name for name, kind in OBJECT_KINDS.items() if kind.is_text)
