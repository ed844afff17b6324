"""A page as a Markdown file: its front matter as the target reads it, and the text below it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import escape, unescape
from typing import Any

import html5lib
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from spipconv import parse
from spipconv.migration.pages.comments import accepts_messages
from spipconv.migration.pages.page import Attachment, Comment, Page, PageLink, Site, Term
from spipconv.migration.target import TREES, MarkdownTree
from spipconv.migration.writers.files import YamlValue
from spipconv.migration.writers.markdown_tree import path_of, write_page
from spipconv.migration.writers.yaml_text import write_yaml
from spipconv.nodes import Document

SITE = Site("Mon site", "", "", "https://old.example", "fr", ("fr", "en"), (("thème", "Thème"),))
WHEN = datetime(2024, 2, 29, 13, 5, 9)
YAML = [name for name, target in TREES.items() if target.yaml]


def term(kind: str, number: int, title: str, group: str = "") -> Term:
    return Term(kind, number, title, f"{kind}-{number}", f"/{kind}/{number}/", group)


def page(**fields: Any) -> Page:
    given: dict[str, Any] = {
        "kind": "article", "number": 12, "language": "fr", "address": "/a/titre/", "slug": "titre", "title": "Titre",
        "body": parse("Un {{mot}}.").document, "date": WHEN, **fields,
    }  # fmt: skip
    return Page(**given)


def comment(number: int, depth: int = 0, text: str = "Bien dit.", **fields: Any) -> Comment:
    given: dict[str, Any] = {"author": "Lise", "address": "", "date": WHEN, "title": "", **fields}
    return Comment(number, 0, depth, body=parse(text, profile="comment").document, **given)


def split(one: Page, target: str) -> tuple[Any, str]:
    """Return the front matter as the target's reader sees it, and the text below it."""
    text = write_page(one, SITE, TREES[target])[0].content.decode("utf-8")
    if TREES[target].yaml:
        assert text.startswith("---\n")
        header, mark, rest = text.removeprefix("---\n").partition("\n---\n")
        assert mark
        return yaml.safe_load(header), rest
    header, _, rest = text.partition("\n\n")
    fields = [re.fullmatch(r"([A-Za-z_]+): (.*)", line) for line in header.rstrip("\n").split("\n")]
    assert all(fields), header
    return {found[1]: found[2] for found in fields if found}, rest


# ---- Values are read back unchanged ----

AWKWARD = [
    "Titre", "yes", "No", "null", "~", "true", "1", "1.5", "0x1f", "1e3", "2024-02-29", "12:30:45", "- tiret", "a: b",
    "a #b", "#b", "[a]", "{a}", "*a", "&a", "!a", "|", ">", "%a", "@a", "a\\b", "été « ici »", "😀", "---", "...", "- ",
    "  a  b ", "?", "a, b; c", "x" * 300, "<b>a</b>", "{{ x }}", "=", "<<", "a\u2028b", "1_000", "+1", ".inf", "0o7",
]  # fmt: skip
TEXTS = ("title", "description", "overtitle", "subtitle")


def shown(text: str) -> str:
    """Return a text without the characters that only keep templates and themes from reading it."""
    return text.replace("\u2060", "").translate(str.maketrans("‹›”’‘“", "<>\"''\""))


@pytest.mark.parametrize("target", YAML)
@pytest.mark.parametrize("text", AWKWARD)
def test_yaml_reads_every_text_unchanged(text: str, target: str) -> None:
    one = page(title=text, description=text, overtitle=text, subtitle=text, authors=(term("auteur", 1, text),),
               keywords=(term("mot", 1, text, "thème"),), elsewhere=(text, "http://a.org/"))  # fmt: skip
    values, _ = split(one, target)
    texts = [each for each in walk(values) if isinstance(each, str)]
    assert texts.count(values["title"]) >= 2
    assert shown(values["title"]) == text
    assert all(isinstance(each, str) for key, each in values.items() if key in ("title", "description"))


def walk(value: Any) -> list[Any]:
    """Return all values inside a value."""
    if isinstance(value, dict):
        return [each for inner in value.values() for each in walk(inner)]
    return [each for inner in value for each in walk(inner)] if isinstance(value, list) else [value]


_SIGNS = st.sampled_from(
    [*"aAyYnN~=<>.-+019:?#,[]{}&*!|'\"%@` _/é’\xa0\u2028\x85\u2060\ufeff\ue000\U0001f600\t\n", ": ", "---"]
)
_WORDS = st.one_of(st.lists(_SIGNS, max_size=6).map("".join), st.sampled_from([*AWKWARD, "a" * 200, "a " * 6000]))
_VALUES = st.recursive(
    st.one_of(_WORDS, st.booleans(), st.integers(), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORDS, inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(_WORDS, _VALUES, min_size=1, max_size=3))
@example({text: [text, {"a": text}] for text in AWKWARD})
@example({"a": ["fin:", "l'eau : a: b"]})
@example({"a": "a " * 6_000})
@example({"a" * 129: 1})
@example({"a": {}, "b": [[], {}], "": 1})
@settings(deadline=None, database=None)
def test_headers_are_what_pyyaml_writes(values: dict[str, YamlValue]) -> None:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: object) -> bool:
            return True

    written = yaml.dump(values, Dumper=Dumper, allow_unicode=True, width=10_000, sort_keys=False)
    assert write_yaml(values) == written


@pytest.mark.parametrize("target", YAML)
def test_yaml_reads_dates_numbers_and_booleans(target: str) -> None:
    values, _ = split(page(modified=WHEN, weight=7, is_draft=True), target)
    assert values["date"] == WHEN
    flat = walk(values)
    assert 7 in flat
    assert 12 in flat
    assert flat.count(WHEN) >= 2
    assert [each for each in flat if each is (target != "jekyll")]


@pytest.mark.parametrize("target", TREES)
def test_empty_fields_are_left_out(target: str) -> None:
    values, _ = split(page(date=None), target)
    assert not [name for name, value in values.items() if value in ("", None, [], {})]
    assert not {"description", "weight", "Date", "date", "aliases", "Tags", "redirect_from"} & set(values)


@pytest.mark.parametrize("target", TREES)
def test_a_page_without_a_title_has_a_name(target: str) -> None:
    values, _ = split(page(title=""), target)
    assert values.get("title", values.get("Title")) == "article 12"


def test_a_field_with_a_dot_is_one_level_down() -> None:
    values, _ = split(page(overtitle="Sur", subtitle="Sous"), "hugo")
    assert (values["params"]["surtitre"], values["params"]["soustitre"]) == ("Sur", "Sous")
    assert values["params"]["spip"] == {"kind": "article", "id": 12, "statut": "publie"}


def test_keywords_are_listed_by_group() -> None:
    keywords = (term("mot", 1, "Un", "theme"), term("mot", 2, "Deux", "lieu"), term("mot", 3, "Trois", "theme"))
    values, _ = split(page(keywords=keywords), "hugo")
    assert (values["theme"], values["lieu"]) == (["mot-1", "mot-3"], ["mot-2"])
    values, _ = split(page(keywords=keywords), "jekyll")
    assert values["tags"] == ["Un", "Deux", "Trois"]


@pytest.mark.parametrize("target", ["hugo", "jekyll", "markdown"])
def test_old_paths_are_aliases_of_folders_and_files(target: str) -> None:
    values, _ = split(page(aliases=("Mon-titre", "a/b", "article1.html")), target)
    assert values[TREES[target].keys["aliases"]] == ["/Mon-titre/", "/a/b/", "/article1.html"]


@pytest.mark.parametrize("target", ["hugo", "jekyll", "markdown"])
def test_documents_are_listed(target: str) -> None:
    documents = (Attachment(3, "Plan", "/IMG/a.pdf"), Attachment(4, "", "/IMG/b.pdf"))
    values, _ = split(page(attachments=documents), target)
    listed = (values["params"] if target == "hugo" else values)["documents"]
    assert listed == [{"id": 3, "titre": "Plan", "fichier": "/IMG/a.pdf"}, {"id": 4, "fichier": "/IMG/b.pdf"}]


# ---- Drafts ----


@pytest.mark.parametrize("target", TREES)
def test_a_draft_is_marked(target: str) -> None:
    public, _ = split(page(), target)
    draft, _ = split(page(is_draft=True), target)
    match target:
        case "hugo" | "markdown":
            assert draft["draft"] is True
            assert "draft" not in public
        case "jekyll":
            assert draft["published"] is False
            assert "published" not in public
        case "pelican":
            assert (public["Status"], draft["Status"]) == ("published", "draft")


@pytest.mark.parametrize("field", ["is_draft", "is_future"])
def test_hidden_pages_have_no_address_in_pelican(field: str) -> None:
    public, _ = split(page(), "pelican")
    assert (public["Url"], public["Save_as"]) == ("a/titre/", "a/titre/index.html")
    hidden, _ = split(page(**{field: True}), "pelican")
    assert not {"Url", "Save_as"} & set(hidden)
    home, _ = split(page(kind="home", address="/"), "pelican")
    assert (home["Url"], home["Save_as"]) == ("index.html", "index.html")


# ---- Lines of Pelican ----


def test_texts_in_pelican_s_headers_are_one_line_of_html() -> None:
    values, _ = split(page(title="a\nStatus: draft\r\n\u2028b & c", authors=(term("auteur", 1, "A\nB: C"),)), "pelican")
    assert values["Title"].startswith("a Status: draft")
    assert values["Title"].endswith("b &amp; c")
    assert values["Status"] == "published"
    assert values["Authors"] == "A B: C;"


def test_separators_in_names_do_not_separate() -> None:
    authors = (term("auteur", 1, "Dupont, Jean"), term("auteur", 2, "a;b"), term("auteur", 3, "C"))
    values, _ = split(page(authors=authors), "pelican")
    assert values["Authors"] == "Dupont, Jean; a,b; C;"
    assert [name.strip() for name in values["Authors"].split(";") if name.strip()] == ["Dupont, Jean", "a,b", "C"]


def test_a_summary_is_the_first_words() -> None:
    values, _ = split(page(body=parse(" ".join(f"mot{n}" for n in range(100))).document), "pelican")
    assert values["Summary"].startswith("mot0 mot1 ")
    assert values["Summary"].endswith("(…)")
    assert 490 < len(values["Summary"]) <= 500
    values, _ = split(page(body=parse("{{{Trois}}}\n\nmots[[Note.]]\n-* seulement").document), "pelican")
    assert values["Summary"] == "Trois mots seulement"
    values, _ = split(page(body=parse("Avant <intro>le choix</intro> après").document), "pelican")
    assert values["Summary"] == "le choix"
    values, _ = split(page(description="Dit *autrement*."), "pelican")
    assert values["Summary"] == "Dit \\*autrement\\*."
    values, _ = split(page(title=""), "pelican")
    assert "Description" not in values


@pytest.mark.parametrize("target", [name for name, target in TREES.items() if "summary" in target.keys])
def test_a_page_has_a_summary_for_lists(target: str) -> None:
    body = parse("Des mots[[Une note.]].").document
    (key,) = [TREES[target].keys["summary"]]
    expected = "Des mots." if TREES[target].has_theme or TREES[target].needs_summaries else None
    assert split(page(body=body), target)[0].get(key) == expected
    assert split(page(body=body, description="Dit autrement."), target)[0][key] == "Dit autrement."


def test_documents_are_described_for_a_theme() -> None:
    plain = Attachment(3, "", "/IMG/pdf/a.pdf", is_shown=True)
    other = Attachment(
        4, "Le plan", "/IMG/jpg/b.jpg", "jpg/b.jpg", extension="jpg", media="image", weight=2048, width=80, height=60,
        description="Voir <a href=\"/a/\">là</a>.", credits="Zoé", alternative="Un plan", thumbnail="/IMG/png/c.png",
    )  # fmt: skip
    values, body = split(page(attachments=(plain, other)), "hugo")
    assert values["params"]["documents"] == [
        {"id": 3, "fichier": "/IMG/pdf/a.pdf", "dans_le_texte": True},
        {
            "id": 4, "titre": "Le plan", "fichier": "/IMG/jpg/b.jpg", "type": "jpg", "media": "image", "taille": 2048,
            "largeur": 80, "hauteur": 60, "alternative": "Un plan", "descriptif": 'Voir <a href="/a/">là</a>.',
            "credits": "Zoé", "vignette": "/IMG/png/c.png",
        },
    ]  # fmt: skip
    assert "IMG" not in body


def test_a_theme_can_style_the_chapo_and_the_postscript() -> None:
    chapo, text, postscript = (parse(words).document.children for words in ("Avant [[Note.]]", "Texte", "Fin"))
    parts = (("chapo", len(chapo)), ("texte", len(text)), ("ps", len(postscript)))
    body = Document((*chapo, *text, *postscript), "fr")
    _, written = split(page(body=body, parts=parts), "hugo")
    assert written.split("\n\n") == [
        '\n<div class="chapo">', "Avant[^1]", "</div>", "Texte", '<div class="ps">', "Fin", "</div>", "[^1]: Note.\n",
    ]  # fmt: skip
    assert "<div" not in split(page(body=body, parts=parts), "markdown")[1]


def test_a_category_is_the_outermost_section() -> None:
    sections = (term("rubrique", 1, "Dehors"), term("rubrique", 2, "Dedans"))
    assert split(page(sections=sections), "pelican")[0]["Category"] == "Dehors"
    assert split(page(), "pelican")[0]["Category"] == "Mon site"
    assert split(page(sections=sections), "jekyll")[0]["categories"] == ["Dehors", "Dedans"]


# ---- Paths ----


@pytest.mark.parametrize(
    ("target", "fields", "path"),
    [
        ("hugo", {}, "content/a/titre/index.md"),
        ("hugo", {"kind": "rubrique"}, "content/a/titre/_index.md"),
        ("hugo", {"language": "en", "address": "/en/a/title/"}, "content/a/title/index.en.md"),
        ("hugo", {"kind": "rubrique", "language": "en", "address": "/en/a/"}, "content/a/_index.en.md"),
        ("jekyll", {}, "_posts/2024-02-29-titre.md"),
        ("jekyll", {"date": None}, "_textes/a/titre/index.md"),
        ("jekyll", {"kind": "site"}, "_textes/a/titre/index.md"),
        ("jekyll", {"kind": "rubrique"}, "_rubriques/a/titre/index.md"),
        ("jekyll", {"kind": "mot"}, "_mots/a/titre/index.md"),
        ("jekyll", {"language": "en", "address": "/en/a/"}, "_posts/2024-02-29-titre.en.md"),
        ("pelican", {}, "content/articles/a/titre/index.md"),
        ("pelican", {"date": None}, "content/pages/a/titre/index.md"),
        ("pelican", {"kind": "mot"}, "content/pages/a/titre/index.md"),
        ("markdown", {"kind": "home", "address": "/"}, "index.md"),
    ],
)
def test_files_have_the_expected_paths(target: str, fields: dict[str, Any], path: str) -> None:
    assert path_of(page(**fields), SITE, TREES[target]) == path
    assert write_page(page(**fields), SITE, TREES[target])[0].path == path


# ---- Below the front matter ----


@pytest.mark.parametrize("target", TREES)
def test_over_and_under_titles_are_shown_once(target: str) -> None:
    one = page(overtitle="Le dessus", subtitle="Le dessous")
    text = write_page(one, SITE, TREES[target])[0].content.decode()
    assert text.count("Le dessus") == text.count("Le dessous") == 1 + (target == "markdown")
    _, body = split(one, target)
    assert ("Le dessus" in body) == (not TREES[target].shows_fields)


@pytest.mark.parametrize("target", TREES)
def test_pages_list_their_subpages_if_the_system_does_not(target: str) -> None:
    _, body = split(page(kind="rubrique", below=(PageLink("article", 3, "Dessous", "/a/titre/d/"),)), target)
    assert ("Dessous" in body) == (not TREES[target].has_lists and not TREES[target].has_theme)


# ---- What themes make lists of ----


@pytest.mark.parametrize(
    ("address", "above"),
    [("/a/titre/", "/a/"), ("/titre/", "/"), ("/en/", "/"), ("/en/a/titre/", "/en/a/"), ("/themes/mot-1/", "/themes/")],
)
def test_a_page_names_the_page_above_and_its_authors_and_keywords_by_address(address: str, above: str) -> None:
    one = page(address=address, authors=(term("auteur", 1, "Anne"),), keywords=(term("mot", 2, "Mot", "thème"),))
    values, _ = split(one, "jekyll")
    assert (values["parent"], values["auteurs"], values["mots"]) == (above, ["/auteur/1/"], ["/mot/2/"])
    values, _ = split(one, "pelican")
    assert (values["Auteurs"], values["Mots"]) == ("/auteur/1/;", "/mot/2/;")
    assert "parent" not in split(page(kind="home", address="/"), "jekyll")[0]


@pytest.mark.parametrize("text", ['a "b" c', "<b>x</b> &amp; y", "l; m, n: o", "{{ x }}", "é\nè"])
def test_pelican_s_structures_are_json(text: str) -> None:
    document = Attachment(3, text, "/IMG/a.pdf", extension="pdf", description="<p>Un <b>mot</b> &amp; un autre</p>")
    values, _ = split(page(attachments=(document,), elsewhere=(text, "http://a.org/?b=1&c=2")), "pelican")
    (read,) = json.loads(unescape(values["Documents"]))
    assert read["descriptif"] == document.description
    assert " ".join(shown(read["titre"]).split()) == " ".join(text.split())
    assert json.loads(unescape(values["Lien"]))["url"] == "http://a.org/?b=1&c=2"


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"kind": "rubrique"}, 3),
        ({"kind": "mot"}, 4),
        ({"kind": "rubrique", "is_draft": True}, 1),
        ({"kind": "home"}, 1),
    ],
)
def test_jekyll_is_given_the_further_pages_of_long_lists(fields: dict[str, Any], count: int) -> None:
    below = [PageLink("article", number, f"T {number}", f"/a/{number}/") for number in range(60)]
    below += [PageLink("rubrique", number, f"R {number}", f"/a/r{number}/") for number in range(9)]
    files = write_page(page(**fields, below=tuple(below)), SITE, TREES["jekyll"])
    assert [file.path for file in files[1:]] == [f"a/titre/page/{number}/index.html" for number in range(2, count + 1)]
    for number, file in enumerate(files[1:], 2):
        header = yaml.safe_load(file.content.decode().strip("-\n"))
        assert header["permalink"] == f"/a/titre/page/{number}/"
        assert (header["suite"], header["numero"], header["total"]) == ("/a/titre/", number, count)
    assert len(write_page(page(**fields, below=tuple(below)), SITE, TREES["hugo"])) == 1


# ---- Messages, in a file of their own ----


def messages(target: str, *comments: Comment, **fields: Any) -> list[dict[str, Any]]:
    """Return the messages of a page as the templates of a target read them."""
    _, *files = write_page(page(comments=comments, **fields), SITE, TREES[target])
    return [message for file in files for message in json.loads(file.content)]


@pytest.mark.parametrize(
    ("target", "fields", "path"),
    [
        ("hugo", {}, "data/comments/article12.json"),
        ("hugo", {"language": "en"}, "data/comments/article12.en.json"),
        ("jekyll", {"kind": "rubrique", "number": 3}, "_data/comments/rubrique3.json"),
        ("pelican", {"language": "pt_br"}, "data/comments/article12.pt-br.json"),
        ("markdown", {}, "data/comments/article12.json"),
    ],
)
def test_messages_are_in_a_file_of_the_target_s_data(target: str, fields: dict[str, Any], path: str) -> None:
    _, file = write_page(page(comments=(comment(1),), **fields), SITE, TREES[target])
    assert file.path == path


def test_messages_are_a_flat_list_in_reading_order() -> None:
    one = comment(4, title="Oui", address="http://a.org/")
    other = replace(comment(9, 1, author="Zoé", date=None), parent=4)
    assert messages("hugo", one, other) == [
        {
            "id": 4, "parent": 0, "depth": 0, "author": "Lise", "answered": "", "url": "http://a.org/",
            "date": "2024-02-29T13:05:09", "title": "Oui", "html": "<p>Bien dit.</p>",
        },
        {
            "id": 9, "parent": 4, "depth": 1, "author": "Zoé", "answered": "Lise", "url": "", "date": "", "title": "",
            "html": "<p>Bien dit.</p>",
        },
    ]  # fmt: skip


@pytest.mark.parametrize("target", TREES)
def test_no_message_is_in_the_body(target: str) -> None:
    with_message = write_page(page(comments=(comment(1),)), SITE, TREES[target])
    assert with_message[:1] == write_page(page(), SITE, TREES[target])


def test_a_message_that_waits_is_not_shown() -> None:
    waiting = comment(2, text="En attente", is_pending=True)
    assert [message["id"] for message in messages("hugo", comment(1), waiting)] == [1]
    assert write_page(page(comments=(waiting,)), SITE, TREES["hugo"])[1:] == ()


HOSTILE = '"><b data-evil="x">&amp;<script>alert(1)</script>\'{{ x }}'


@pytest.mark.parametrize("target", TREES)
@pytest.mark.parametrize("field", ["author", "title", "address", "body"])
def test_messages_contain_no_raw_html(field: str, target: str) -> None:
    fields: dict[str, Any] = {field: HOSTILE} if field != "body" else {}
    if field == "address":
        fields = {"address": "http://a.org/" + HOSTILE}
    text = HOSTILE if field == "body" else "Bien."
    (message,) = messages(target, comment(1, text=text, **fields))
    # As a template prints them: what is not HTML is printed as it is only by careless ones.
    markup = f'<a href="{message["url"]}">{message["author"]}</a>{message["title"]}{message["html"]}'
    if TREES[target].templates == "escape":
        markup = f"{message['html']}{escape(message['author'] + message['title'] + message['url'])}"
    for element in html5lib.parseFragment(markup, namespaceHTMLElements=False).iter():
        assert "data-evil" not in element.attrib
        assert element.tag != "script"
    assert "alert(1)" in markup


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "sms:1", "mailto:lise@a.org", "/a", "relatif"]
)
def test_only_web_addresses_of_writers_are_linked(address: str) -> None:
    (message,) = messages("markdown", comment(1, address=address))
    assert (message["url"], message["author"]) == ("", "Lise")


def test_a_message_is_a_stranger_s_text_with_its_notes() -> None:
    (message,) = messages("markdown", comment(1, text="[a->http://b.org/] mot[[La note]]"))
    assert re.search(r'<a href="http://b.org/"[^>]*rel="nofollow ugc noopener', message["html"])
    # Its tooltip says it, too.
    assert "La note" in re.sub("<[^>]*>", "", message["html"])


# ---- From file to file ----

LINKS = [
    ("[x->http://b.org/a/]", "http://b.org/a/"),
    ("[x->//b.org/a/]", "//b.org/a/"),
    ("[x->/a/autre/]", "../autre/index.md"),
    ("[x->/a/autre/#bas]", "../autre/index.md#bas"),
    ("[x->/a/autre/?b=c#d]", "../autre/index.md?b=c#d"),
    ("[x->/]", "../../index.md"),
    ("[x->/IMG/pdf/a.pdf]", "../../IMG/pdf/a.pdf"),
    ("[x->#bas]", "#bas"),
    ('<a href="/a/autre/">x</a>', "../autre/index.md"),
    ('<img src="/IMG/a.png" alt="">', "../../IMG/a.png"),
]


@pytest.mark.parametrize(("text", "address"), LINKS)
def test_links_lead_from_file_to_file(text: str, address: str) -> None:
    target = TREES["markdown"]
    assert target.links == "file"
    _, body = split(page(body=parse(text).document), "markdown")
    assert re.search(r'[("<]' + re.escape(address) + r'[)">]', body), body
    (message,) = messages("markdown", comment(1, text=text))
    assert "<img" in text or "<a" in text or address in message["html"]


def test_other_targets_keep_addresses() -> None:
    body = parse("[x->/a/autre/]").document
    for target in ("hugo", "jekyll", "pelican"):
        assert "(/a/autre/)" in split(page(body=body), target)[1]


def test_pictures_of_documents_lead_from_file_to_file() -> None:
    from spipconv import Catalogue, SpipObject

    objects = Catalogue([SpipObject("document", 1, file="a.png", extension="png", address="/IMG/a.png", media="image",
                                    mode="document", width=10, height=10)])  # fmt: skip
    _, body = split(page(body=parse("<doc1|center>", objects=objects).document), "markdown")
    assert set(re.findall(r'(?:src|href)="([^"]*)"', body)) == {"../../IMG/a.png"}


def test_a_target_is_described_by_values() -> None:
    target: MarkdownTree = replace(TREES["hugo"], shows_fields=False)
    assert (
        "Le dessus" in write_page(page(overtitle="Le dessus"), SITE, target)[0].content.decode().rpartition("---\n")[2]
    )


@pytest.mark.parametrize(
    ("kind", "own", "site", "has_messages", "is_open"),
    [
        ("article", "", "posteriori", False, True),
        ("article", "pri", "non", False, True),
        ("article", "abo", "non", False, True),
        ("article", "non", "pos", True, False),
        ("article", "", "non", True, False),
        # The site's settings were not exported.
        ("article", "", "", False, False),
        ("article", "", "", True, True),
        ("breve", "", "pri", False, True),
        ("rubrique", "", "pri", False, False),
        ("rubrique", "", "pri", True, True),
        ("mot", "", "pos", False, False),
    ],
)
def test_a_page_accepts_messages_if_it_did_in_spip(
    kind: str, own: str, site: str, has_messages: bool, is_open: bool
) -> None:
    message = Comment(1, 0, 0, "", "", None, "", Document(()))
    assert accepts_messages(kind, own, site, (message,) if has_messages else ()) is is_open
