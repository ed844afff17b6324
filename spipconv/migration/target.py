"""The systems that a site can be migrated to: one record per system, in ``TARGETS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from spipconv.converters.flavours import COMMONMARK, GOLDMARK, KRAMDOWN, MARKDOWN_IT, MKDOCS, PYTHON_MARKDOWN, Flavour
from spipconv.safety import Templates
from spipconv.settings import NoBreakSpaces

TargetName = Literal["hugo", "jekyll", "pelican", "eleventy", "mkdocs", "markdown", "wxr", "json", "pandoc"]


class StaticFiles(Struct, frozen=True):
    """How a system treats files that it should only copy.

    ``front_matter``: a file that begins with a line ``---`` is a template, whatever its extension. ``pages``:
    extensions of files from which the system, or a plugin that comes with it, makes pages. ``leaves_out``: it ignores
    files whose name, or one of whose folders, begins or ends with certain signs; ``includes`` are extensions for which
    its settings overrule that. ``decodes``: it reads ``%20`` in a name as a space.
    """

    front_matter: bool = False
    pages: frozenset[str] = frozenset()
    leaves_out: bool = False
    includes: tuple[str, ...] = ()
    decodes: bool = False


class TargetSystem(Struct, frozen=True, kw_only=True):
    """A system that a site can be migrated to: the facts that every target has.

    ``images`` is the folder of the files, ``static`` says how the system treats them, ``feed`` is the address of its
    feed (empty: none). ``has_lists``: the system itself lists the pages below a page. ``has_theme``: it comes with our
    theme, which shows the documents of a page from its front matter. ``single_file`` is the name of the file with all
    pages (empty: each page has its own file). ``counts_words``: the words of a page can be counted in its output.
    ``fetches_files``: it fetches the files of documents from the old site. ``raw_format`` is the format of the ``Raw``
    nodes that its pages show.
    """

    name: TargetName
    images: str = "IMG"
    static: StaticFiles = StaticFiles()
    feed: str = ""
    has_lists: bool = False
    has_theme: bool = False
    single_file: str = ""
    counts_words: bool = True
    fetches_files: bool = False
    raw_format: str = ""


class MarkdownTree(TargetSystem, frozen=True, kw_only=True):
    """A target that is a folder of Markdown files with front matter.

    ``text``, ``list`` and ``post`` are the paths of a text, of a page that lists texts, and of a text with a date:
    ``{address}`` is the page's address, ``{place}`` the same without its language, ``{suffix}`` the language if it is
    not the site's (``.en``), ``{date}`` a day, ``{slug}`` its name, ``{collection}`` that of its kind. ``more`` is the
    path of the further pages of a long list for ``{number}`` (empty: the system divides lists itself). ``keys`` gives
    the name of each field in the front matter; a dot goes one level down, and a field without a name is left out.
    ``yaml``: the front matter is YAML, otherwise ``Key: value`` lines whose values are HTML. ``terms``: keywords and
    authors are named by their slug or by their title. ``needs_summaries``: it makes poor ones itself, so every page has
    one. ``hides_future``: it leaves out pages whose date is to come. ``shows_fields``: its themes show overtitle and
    subtitle, otherwise they are in the body. ``data`` is the folder of the data files that its templates read,
    ``assets`` that of the theme's style and script, ``words`` the path of the theme's words for ``{language}`` (empty:
    it has no such files). ``links``: addresses of the built site, or paths from file to file. ``templates``: how the
    system's templates and themes treat the values of front matter and settings (see ``safety.template_text``).
    """

    raw_format: str = "markdown"
    flavour: Flavour
    text: str
    list: str
    post: str
    more: str = ""
    keys: Mapping[str, str]
    yaml: bool = True
    terms: Literal["slug", "title"] = "title"
    needs_summaries: bool = False
    shows_fields: bool = False
    hides_future: bool = False
    data: str = "data"
    assets: str = ""
    words: str = ""
    links: Literal["address", "file"] = "address"
    templates: Templates = "mixed"


_MARKDOWN_ENDINGS = frozenset("markdown md mdown mdwn mdx mkd mkdn mkdown".split())
# Templates of the systems that read a folder of Markdown.
_TEMPLATE_ENDINGS = frozenset(
    "adoc asciidoc ejs haml handlebars hbs ipynb j2 jinja liquid mustache njk org pug qmd rmd rst webc".split()
)
_SPIP = {
    "kind": "spip.kind",
    "number": "spip.id",
    "status": "spip.statut",
    "written": "spip.date_redac",
    "partial_date": "spip.date",
    "unique": "spip.page",
}
# What plugins have added.
_ADDED = {
    "composition": "composition",
    "event": "event",
    "events": "evenements",
    "points": "points",
    "also_in": "aussi_dans",
    "broader": "au_dessus",
    "extra": "extra",
}
_HUGO = MarkdownTree(
    name="hugo",
    flavour=replace(GOLDMARK, has_definitions=True),
    text="content{place}index{suffix}.md",
    list="content{place}_index{suffix}.md",
    post="content{place}index{suffix}.md",
    images="static/IMG",
    hides_future=True,
    keys={
        "title": "title",
        "date": "date",
        "modified": "lastmod",
        "draft": "draft",
        "weight": "weight",
        "type": "type",
        "translation_key": "translationKey",
        "aliases": "aliases",
        "description": "description",
        "summary": "summary",
        "images": "images",
        "authors": "auteurs",
        "keywords": "",
        "overtitle": "params.surtitre",
        "subtitle": "params.soustitre",
        "elsewhere": "params.lien",
        "feed": "params.syndication",
        "logo_hover": "params.logo_survol",
        "attachments": "params.documents",
        "forms": "params.formes",
        "glossary": "params.liste_definitions",
        "comments": "comments",
        # Without it, Hugo leaves out what is still to come.
        "announced": "publishDate",
        **{field: f"params.{key}" for field, key in {**_ADDED, **_SPIP}.items()},
    },
    terms="slug",
    has_lists=True,
    has_theme=True,
    shows_fields=True,
    assets="static/assets",
    words="i18n/{language}.yaml",
    feed="/index.xml",
    # html/template escapes by context, also in feeds.
    templates="escape",
)
_JEKYLL = MarkdownTree(
    name="jekyll",
    flavour=replace(KRAMDOWN, has_definitions=True),
    # Collections: Liquid finds a section or a keyword quickly only among those of its kind.
    text="_textes{address}index.md",
    list="_{collection}{address}index.md",
    post="_posts/{date}-{slug}{suffix}.md",
    more="{address}page/{number}/index.html",
    images="IMG",
    data="_data",
    assets="assets",
    words="_data/words/{language}.yaml",
    hides_future=True,
    keys={
        "layout": "layout",
        "title": "title",
        "date": "date",
        "modified": "last_modified_at",
        "published": "published",
        "address": "permalink",
        "language": "lang",
        "translation_key": "ref",
        "aliases": "redirect_from",
        "description": "description",
        "summary": "excerpt",
        "image": "image",
        "authors": "authors",
        "section_titles": "categories",
        "tags": "tags",
        "parent": "parent",
        "author_addresses": "auteurs",
        "keyword_addresses": "mots",
        "also_in_addresses": "autres_rubriques",
        "translations": "traductions",
        "weight": "order",
        "overtitle": "surtitre",
        "subtitle": "soustitre",
        "elsewhere": "lien",
        "feed": "syndication",
        "logo_hover": "logo_survol",
        "attachments": "documents",
        "forms": "formes",
        "glossary": "liste_definitions",
        "comments": "comments",
        **_ADDED,
        **_SPIP,
    },
    has_theme=True,
    shows_fields=True,
    feed="/index.xml",
    # GitHub Pages makes pages of Markdown without front matter too.
    static=StaticFiles(
        front_matter=True,
        pages=_MARKDOWN_ENDINGS,
        leaves_out=True,
        includes=tuple(
            """avi avif bmp csv doc docx epub gif jpeg jpg m4a m4v mov mp3 mp4 odp ods odt ogg ogv pdf png ppt pptx rtf
            svg tif tiff txt wav webm webp xls xlsx zip""".split()
        ),
        decodes=True,
    ),
)
_PELICAN = MarkdownTree(
    name="pelican",
    flavour=replace(PYTHON_MARKDOWN, has_definitions=True),
    text="content/pages{address}index.md",
    list="content/pages{address}index.md",
    post="content/articles{address}index.md",
    images="content/IMG",
    assets="theme/static",
    words="words/{language}.json",
    keys={
        "title": "Title",
        "date": "Date",
        "modified": "Modified",
        "visibility": "Status",
        "category": "Category",
        "tags": "Tags",
        "authors": "Authors",
        "translation_key": "Slug",
        "language": "Lang",
        "url": "Url",
        "save_as": "Save_as",
        "summary": "Summary",
        "description": "Description",
        "image": "Image",
        "weight": "Weight",
        "author_addresses": "Auteurs",
        "keyword_addresses": "Mots",
        "also_in_addresses": "Aussi_dans",
        "overtitle": "Surtitre",
        "subtitle": "Soustitre",
        "elsewhere": "Lien",
        "feed": "Syndication",
        "attachments": "Documents",
        "partial_date": "Partial_date",
        "written": "Date_redac",
        "points": "Lieux",
        "glossary": "Liste_definitions",
        "comments": "Comments",
        "composition": "Composition",
        "event_start": "Start",
        "event_end": "End",
        "event_place": "Location",
        "extra": "Extra_",
        "spip": "Spip",
    },
    needs_summaries=True,
    has_lists=True,
    has_theme=True,
    shows_fields=True,
    feed="/index.xml",
    yaml=False,
)
_PLAIN_KEYS: Mapping[str, str] = {
    "title": "title",
    "date": "date",
    "modified": "modified",
    "draft": "draft",
    "weight": "weight",
    "language": "lang",
    "translation_key": "translation_key",
    "aliases": "aliases",
    "description": "description",
    "image": "image",
    "authors": "authors",
    "keywords": "keywords",
    "overtitle": "surtitre",
    "subtitle": "soustitre",
    "elsewhere": "lien",
    "feed": "syndication",
    "logo_hover": "logo_survol",
    "attachments": "documents",
    "forms": "formes",
    "glossary": "liste_definitions",
    "comments": "comments",
    **_ADDED,
    **_SPIP,
}
# With the addresses of authors and keywords, by which lists are made.
_LINKED_KEYS = {**_PLAIN_KEYS, "author_addresses": "auteurs", "keyword_addresses": "mots"}
_MARKDOWN = MarkdownTree(
    name="markdown",
    flavour=COMMONMARK,
    text="{address}index.md",
    list="{address}index.md",
    post="{address}index.md",
    images="IMG",
    keys=_PLAIN_KEYS,
    links="file",
    # It is not known which program will read the folder.
    static=StaticFiles(front_matter=True, pages=_MARKDOWN_ENDINGS | _TEMPLATE_ENDINGS),
)
_ELEVENTY = MarkdownTree(
    name="eleventy",
    flavour=replace(MARKDOWN_IT, has_definitions=True),
    text="content{address}index.md",
    list="content{address}index.md",
    post="content{address}index.md",
    images="IMG",
    data="_data",
    assets="assets",
    words="_data/words/{language}.json",
    # There, "comments" are the messages of all pages.
    keys={
        "layout": "layout",
        "address": "permalink",
        "parent": "parent",
        "summary": "summary",
        **_LINKED_KEYS,
        "comments": "forum",
    },
    has_lists=True,
    has_theme=True,
    feed="/index.xml",
    shows_fields=True,
)
_MKDOCS = MarkdownTree(
    name="mkdocs",
    flavour=replace(MKDOCS, has_definitions=True),
    text="docs{address}index.md",
    list="docs{address}index.md",
    post="docs{address}index.md",
    images="docs/IMG",
    keys=_LINKED_KEYS,
    words="data/words/{language}.json",
    has_lists=True,
    shows_fields=True,
    static=StaticFiles(pages=_MARKDOWN_ENDINGS),
)
# WordPress lists posts by itself.
_WXR = TargetSystem(name="wxr", single_file="wordpress.xml", has_lists=True, fetches_files=True, raw_format="html")
# A line of JSON writes letters as escapes and contains the words twice.
_JSON = TargetSystem(name="json", single_file="objects.jsonl", counts_words=False)
_PANDOC = TargetSystem(name="pandoc", single_file="objects.jsonl", counts_words=False)

TARGETS: Mapping[TargetName, TargetSystem] = {
    target.name: target for target in (_HUGO, _JEKYLL, _PELICAN, _ELEVENTY, _MKDOCS, _MARKDOWN, _WXR, _JSON, _PANDOC)
}
TREES: Mapping[str, MarkdownTree] = {
    name: target for name, target in TARGETS.items() if isinstance(target, MarkdownTree)
}
TARGET_NAMES: tuple[TargetName, ...] = tuple(TARGETS)
# Keys of front matter that are taken, by us or by Hugo: a group of keywords is a key too and may not have these names.
FRONT_MATTER = frozenset(
    name.lower().partition(".")[0] for target in TREES.values() for name in target.keys.values()
) | frozenset(
    """audio build cascade expirydate headless iscjklanguage keywords linktitle markup menu menus
    outputs params publishdate resources sitemap slug summary unpublishdate url videos""".split()
)


def with_spaces(target: TargetSystem, spaces: NoBreakSpaces | None) -> TargetSystem:
    """Return a target whose Markdown has no-break spaces as entities if that is wanted."""
    if spaces != "entity" or not isinstance(target, MarkdownTree):
        return target
    return replace(target, flavour=replace(target.flavour, has_space_entities=True))
