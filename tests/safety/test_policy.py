"""The raw HTML and the addresses that each profile allows, listed independently of the policy; a parser judges."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import html5lib
import pytest

import spipconv
from spipconv import Document, Profile, safety
from spipconv.converters.html import Writer
from spipconv.nodes import Element, Figure, Frame, Paragraph, Player, Text
from tests.judges import unclean

PROFILES: tuple[Profile, ...] = ("article", "comment", "title")
SANITIZERS: tuple[safety.Sanitizer, ...] = ("nh3", "bleach")

# Every element of HTML, current and obsolete, and of other languages that a page may contain.
ACTIVE = """
    applet base basefont bgsound button canvas command datalist dialog embed fencedframe form frame frameset
    html head body iframe image input isindex keygen label link listing map area math menu menuitem meta meter
    nextid noembed noframes noscript object optgroup option output param picture plaintext portal progress script
    select slot style svg template textarea title xmp animate set foreignObject mglyph
    annotation-xml x-widget
    """.split()
BLOCKS = """address article aside blockquote caption center dd details div dl dt fieldset figcaption figure footer h1 h2
    h3 h4 h5 h6 header hgroup legend li main nav ol p pre section summary table ul""".split()
INLINE = """a abbr acronym b bdi bdo big cite del dfn em font i ins kbd mark q ruby s samp small span strike
    strong sub sup time tt u var""".split()
# What authors write, and what loads nothing before the reader starts it.
MEDIA = "audio source track video".split()
# Tags that SPIP reads itself.
SHORTCUTS = "code cadre quote poesie poetry intro html math multi frame cadre".split()
OF_STRANGERS = frozenset({"del", "hr", "ins", "pre", "q"})

# Every attribute of HTML, and some handlers.
ATTRIBUTES = """
    abbr accept accept-charset accesskey action align alink allow allowfullscreen alt archive aria-label async
    autocapitalize autocomplete autofocus autoplay axis background behavior bgcolor border cellpadding cellspacing
    char charset checked cite class classid clear code codebase color cols colspan compact content contenteditable
    controls coords crossorigin data data-x datetime declare decoding default defer dir dirname disabled download
    draggable dynsrc enctype enterkeyhint exportparts face fetchpriority for form formaction formmethod formtarget
    frame frameborder headers height hidden high href hreflang hspace http-equiv icon id imagesizes imagesrcset
    inert inputmode integrity is ismap itemid itemprop itemref itemscope itemtype kind label lang language link list
    loading longdesc loop low lowsrc manifest marginheight max maxlength media method min minlength multiple muted
    name nohref nomodule nonce noresize noshade novalidate nowrap open optimum part pattern ping placeholder
    playsinline popover poster preload profile prompt radiogroup readonly referrerpolicy rel required rev reversed
    role rows rowspan rules sandbox scheme scope scrolling selected shadowrootmode shape size sizes slot span
    spellcheck src srcdoc srclang srcset standby start step style summary tabindex target text title translate type
    usemap valign value valuetype version virtualkeyboardpolicy vlink vspace width wmode wrap xmlns xml:lang
    xlink:href onabort onafterprint onanimationend onbeforeinput onblur onclick onerror onfocus oninput onload
    onmouseover onpointerdown onscroll ontoggle onwheel formnovalidate
    """.split()
# Attributes that no profile allows: they run, send, frame, load or style something.
NEVER = frozenset(
    """
    accesskey action archive async autofocus autoplay background behavior classid code codebase content
    contenteditable crossorigin data data-x declare download draggable dynsrc enctype form formaction formmethod
    formtarget frame frameborder http-equiv icon imagesrcset inert integrity is itemid itemprop itemscope list
    longdesc lowsrc manifest method nonce onclick onerror onfocus onload onmouseover onabort onafterprint
    onanimationend onbeforeinput onblur oninput onpointerdown onscroll ontoggle onwheel part ping popover poster
    referrerpolicy sandbox shadowrootmode slot srcdoc srcset style tabindex usemap xmlns xlink:href hidden bgcolor
    formnovalidate
    """.split()
)


def read(html: str) -> list[Any]:
    """Return the elements that a parser finds in a fragment."""
    return list(html5lib.parseFragment(f"<div>{html}</div>", namespaceHTMLElements=False)[0].iter())[1:]


def find(html: str, name: str) -> list[Any]:
    """Return the elements of a name."""
    return [element for element in read(html) if element.tag == name]


# ---- Elements ----


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ACTIVE)
def test_active_elements_are_never_written(name: str, profile: Profile) -> None:
    for written in (name, name.upper(), name + "/", name + "\n"):
        text = f"<{written} title=mot>mot</{name}> a <{written} class='x'> {{{{<{written}}}}} <{written}"
        html = spipconv.to_html(text, profile, embeds=True)
        assert not find(html, name.lower()), html
        assert not find(html, "img"), html


@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("name", ACTIVE)
def test_the_second_lock_removes_active_elements(name: str, sanitizer: safety.Sanitizer) -> None:
    cleaned = safety.clean(f"<p>a<{name} title=mot>mot</{name}></p>", sanitizer)
    assert not find(cleaned, name.lower()) or name == "iframe"


@pytest.mark.parametrize("name", MEDIA)
def test_only_authors_write_media_which_play_nothing_by_themselves(name: str) -> None:
    tag = f'<{name} src="a.x" poster="p.jpg" preload="auto" autoplay default onplay="x()" controls>mot</{name}>'
    (element,) = find(spipconv.to_html(f"mot {tag} mot"), name)
    assert element.get("src") == "a.x"
    assert not {"autoplay", "default", "onplay"} & element.attrib.keys()
    assert element.get("preload") == ("none" if name in ("audio", "video") else None)
    for profile in ("comment", "title"):
        html = spipconv.to_html(f"mot {tag} mot", profile)
        assert not find(html, name)
        assert [link.get("href") for link in find(html, "a")] == ([] if name in ("source", "track") else ["a.x"])


@pytest.mark.parametrize("name", ["audio", "video"])
def test_media_that_would_have_started_get_controls(name: str) -> None:
    for attributes in ("autoplay", "autoplay=autoplay controls", "AUTOPLAY muted loop"):
        (element,) = find(spipconv.to_html(f"<{name} src=a.x {attributes}></{name}>"), name)
        assert "controls" in element.attrib


@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("name", MEDIA)
def test_no_media_have_another_source(name: str, sanitizer: safety.Sanitizer) -> None:
    for address in ("javascript:x", "data:text/html,x", "blob:x", "mailto:a@a.org", "sms:1", "geo:1,2", "xmpp:a"):
        markup = f'<{name} src="{address}" poster="{address}"></{name}>'
        for html in (spipconv.to_html(f"mot {markup}", sanitizer=sanitizer), safety.clean(markup, sanitizer)):
            assert not [element for element in read(html) if element.get("src") or element.get("poster")], html


def test_a_stranger_writes_five_elements() -> None:
    for name in {*ACTIVE, *BLOCKS, *INLINE, *"br col colgroup hr img rp rt tbody td tfoot th thead tr wbr".split()}:
        html = spipconv.to_html(f"mot <{name} title=evil>mot</{name}> mot", "comment")
        names = [element.tag for element in read(html) if "evil" in element.attrib.values()]
        assert names == ([name] if name in OF_STRANGERS else []), name


def test_a_stranger_s_other_elements_come_from_shortcuts() -> None:
    for name in {*ACTIVE, *BLOCKS, *INLINE, "img", "br", "hr", "tr", "td"}:
        html = spipconv.to_html(f"mot <{name}>mot</{name}> mot", "comment")
        # Old toolbars wrote HTML in place of shortcuts; it becomes those shortcuts.
        written = set("p i strong del ins q br div pre code blockquote hr".split())
        assert {element.tag for element in read(html)} <= written, name


@pytest.mark.parametrize("name", BLOCKS)
def test_a_title_contains_no_block(name: str) -> None:
    html = spipconv.to_html(f"mot <{name} title=evil>mot</{name}> mot", "title")
    assert not find(html, name)
    assert "mot" in html


@pytest.mark.parametrize("name", [*INLINE, *BLOCKS])
def test_an_author_may_write_harmless_html(name: str) -> None:
    inside = {"caption": "<table>%s</table>", "legend": "<fieldset>%s</fieldset>", "li": "<ul>%s</ul>",
              "summary": "<details>%s</details>", "dd": "<dl>%s</dl>", "dt": "<dl>%s</dl>"}.get(name, "%s")  # fmt: skip
    text = inside.replace("%s", f"<{name} title='t' class='c' id='i' lang='en' dir='rtl'>mot</{name}>")
    found = find(spipconv.to_html(text), name)
    assert [
        (element.get("title"), element.get("class"), element.get("lang"), element.get("dir")) for element in found
    ] == [("t", "c", "en", "rtl")]
    if name in INLINE:
        assert find(spipconv.to_html(text, "title"), name)


# ---- Attributes ----


def kept(name: str, attribute: str, value: str, profile: Profile, *, embeds: bool = False) -> str | None:
    """Return the value of an attribute on a page, or None if it is missing."""
    tag = f"<{name} {attribute}='{value}' title='mark'>mot</{name}>"
    for element in read(spipconv.to_html(f"a {tag} b", profile, embeds=embeds)):
        if element.get("title") == "mark":
            found: str | None = element.get(attribute)
            return found
    return None


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_strangers_set_titles_languages_and_sources_only(attribute: str) -> None:
    if attribute == "title":
        return
    for name in OF_STRANGERS:
        found = kept(name, attribute, "http://a.org/", "comment")
        allowed = attribute == "lang" or (attribute == "cite" and name not in ("hr", "pre"))
        assert (found is not None) == allowed, f"<{name} {attribute}>"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", [*INLINE, *BLOCKS, "img", "br", "hr", "td", "col", "iframe"])
def test_active_attributes_are_never_written(name: str, profile: Profile) -> None:
    for change in (str, str.upper):
        attributes = " ".join([f"{change(attribute)}='http://a.org/x'" for attribute in sorted(NEVER)])
        text = f"<table><tr><td><{name} {attributes} title=mark>mot</{name}>"
        for element in read(spipconv.to_html(text, profile, embeds=True)):
            assert not NEVER & set(element.attrib)


@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("name", ["a", "p", "img", "td", "iframe", "q", "b"])
def test_the_second_lock_removes_active_attributes(name: str, sanitizer: safety.Sanitizer) -> None:
    attributes = " ".join([f"{attribute}='x'" for attribute in sorted(NEVER)])
    cleaned = safety.clean(f"<table><tr><td><{name} {attributes}>mot</{name}></td></tr></table>", sanitizer)
    for element in read(cleaned):
        assert not NEVER & set(element.attrib)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_an_attribute_of_one_element_is_not_allowed_on_others(attribute: str) -> None:
    """Only class, dir, id, lang, role, title and aria-… are allowed on every element."""
    everywhere = {"class", "dir", "id", "lang", "role", "title", "aria-label"}
    for name in ("b", "em", "span", "sup"):
        assert (kept(name, attribute, "http://a.org/", "article") is not None) == (attribute in everywhere) or (
            attribute == "title"
        ), f"<{name} {attribute}>"


@pytest.mark.parametrize("value", ["_self", "_top", "_parent", "main", "_blank2", "_BLANK", "", "x_blank"])
def test_links_cannot_target_another_window_of_the_site(value: str) -> None:
    html = spipconv.to_html(f'<a href="http://a.org/" target="{value}" title="mark">x</a>')
    assert [element.get("target") for element in find(html, "a")] == [None]
    for sanitizer in SANITIZERS:
        cleaned = safety.clean(f'<a href="http://a.org/" target="{value}">x</a>', sanitizer)
        assert [element.get("target") for element in find(cleaned, "a")] == [None]


@pytest.mark.parametrize("rel", ["", ' rel="help"', ' rel="opener"', ' rel=""'])
def test_a_new_window_cannot_reach_its_opener(rel: str) -> None:
    (link,) = find(spipconv.to_html(f'<a href="http://a.org/" target="_blank"{rel}>x</a>'), "a")
    assert link.get("target") == "_blank"
    assert set(link.get("rel").split()) >= {"noopener", *re.findall(r'"(\w+)"', rel)}


@pytest.mark.parametrize("name", ["aria-label", "aria-hidden", "aria-describedby"])
def test_aria_is_allowed(name: str) -> None:
    assert kept("span", name, "x", "article") == "x"


@pytest.mark.parametrize("name", ["aria-x-onclick", "aria-", "xaria-label", "aria-label2", "aria-on:x"])
def test_what_only_looks_like_aria_is_not(name: str) -> None:
    assert kept("span", name, "x", "article") is None


# ---- Addresses ----

# Schemes that programs handle; https://www.iana.org/assignments/uri-schemes and what browsers and phones add.
SCHEMES = """
    about acap acct admin afp aim android-app app apt attachment aw bb blob bitcoin bolo callto cap chrome
    chrome-extension cid coap content cvs data dav dict dns ed2k facetime feed feedready file filesystem finger fish
    game git go gopher gtalk h323 hcp iax icap icon im imap info intent ipp irc irc6 ircs iris itms jabber jar
    javascript jms keyparc lastfm ldap ldaps livescript magnet maps market message mhtml microsoft.windows.camera
    mid mms mocha moz-extension ms-help ms-its ms-settings msnim msrp mtqp mupdate mvn nfs nntp notes oid pack
    palm paparazzi pkcs11 platform pop pres proxy psyc query res resource rlogin rmi rsync rtmp rtsp secondlife
    service sgn shell shttp sieve sip sips skype smb smsto snmp soldat spotify ssh steam svn tag teamspeak
    telnet tftp things thismessage tip tn3270 turn tv udp unreal urn ut2004 vbscript vemmi ventrilo view-source wais
    web webcal ws wss wtai wyciwyg xcon xfire xmlrpc xri ymsgr z39.50 mailtox xmailto httpx xhttp telx ftps h
    http+x
    """.split()
ALLOWED = (
    "http://a.org/", "https://a.org/", "ftp://a.org/", "mailto:a@a.org", "tel:+331", "geo:48.8,2.3", "news:fr.comp",
    "sftp://a.org/", "sms:+331", "xmpp:a@a.org",
)  # fmt: skip
HIDING = {
    "as it is": "{scheme}:x",
    "in capitals": "{SCHEME}:x",
    "behind a space": " {scheme}:x",
    "behind a control character": "\x01{scheme}:x",
    "with a tab in it": "{first}\t{rest}:x",
    "with a newline in it": "{first}\n{rest}:x",
    "with a return before the colon": "{scheme}\r:x",
    "with an encoded colon": "{scheme}%3Ax",
    "with an encoded colon in small letters": "{scheme}%3ax",
    "with a twice encoded colon": "{scheme}%253Ax",
    "with a colon by name": "{scheme}&colon;x",
    "with a colon by number": "{scheme}&#58;x",
    "with a colon by hexadecimal number": "{scheme}&#x3A;x",
    "with a twice escaped colon": "{scheme}&amp;colon;x",
    "with a twice escaped number": "{scheme}&amp;#58;x",
    "with an escaped encoded colon": "{scheme}&#37;3Ax",
    "with an encoded escape": "{scheme}%26colon;x",
    "with an escaped first letter": "&#{code};{rest}:x",
    "with an encoded first letter": "%{hex}{rest}:x",
    "with a twice encoded first letter": "%25{hex}{rest}:x",
    "with an escaped tab in it": "{first}&Tab;{rest}:x",
    "with an encoded newline in it": "{first}%0A{rest}:x",
    "with a zero-width space in it": "{first}\u200b{rest}%3Ax",
    "with a soft hyphen in it": "{first}\xad{rest}%3Ax",
    "behind an encoded space": "%20{scheme}:x",
    "behind an escaped control character": "&#1;{scheme}:x",
    "behind a byte order mark": "\ufeff{scheme}%3Ax",
}


def hide(form: str, scheme: str) -> str:
    """Return an address with a disguised scheme."""
    return form.format(
        scheme=scheme, SCHEME=scheme.upper(), first=scheme[0], rest=scheme[1:], code=ord(scheme[0]),
        hex=f"{ord(scheme[0]):02x}",
    )  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_other_scheme_is_allowed(scheme: str) -> None:
    assert safety.safe_address(f"{scheme}:x") is None
    assert safety.safe_address(f"{scheme.upper()}:x") is None
    assert safety.safe_address(f"{scheme}://a.org/") is None
    assert safety.template_address(f"{scheme}:x") == ""


@pytest.mark.parametrize("address", ALLOWED)
def test_ten_schemes_are_allowed(address: str) -> None:
    assert safety.safe_address(address) == address
    upper = address.partition(":")[0].upper() + address[address.index(":") :]
    assert safety.safe_address(upper) == upper


@pytest.mark.parametrize("form", HIDING)
@pytest.mark.parametrize("scheme", ["javascript", "vbscript", "data", "webcal", "irc"])
def test_no_disguise_hides_a_scheme(form: str, scheme: str) -> None:
    assert safety.safe_address(hide(HIDING[form], scheme)) is None


PLACES = {
    "shortcut": "[mot->%s]",
    "shortcut without words": "[->%s]",
    "href": '<a href="%s">mot</a>',
    "href without quotes": "<a href=%s>mot</a>",
    "src": '<img src="%s" alt="">',
    "cite": '<q cite="%s">mot</q>',
    "cite of a quote": '<blockquote cite="%s">mot</blockquote>',
    "cite of a deletion": '<del cite="%s">mot</del>',
    "cite of an insertion": '<ins cite="%s">mot</ins>',
    "frame": '<iframe src="%s"></iframe>',
    "linked model": "[<img1>->%s]",
    "glossary": "[?mot|%s]",
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("place", PLACES)
def test_no_address_accepts_another_scheme(place: str, profile: Profile) -> None:
    for form in HIDING.values():
        html = spipconv.to_html(PLACES[place].replace("%s", hide(form, "javascript")), profile, embeds=True)
        for element in read(html):
            for attribute in ("href", "src", "cite"):
                seen = re.sub("[\x00-\x20]", "", element.get(attribute, "")).lower()
                assert not re.match("javascript(:|%3a|&)", seen), html
                assert "script:" not in seen.partition("?")[0], html


@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("scheme", ["javascript", "vbscript", "data", "magnet", "irc", "file", "skype", "JavaScript"])
def test_the_second_lock_removes_other_schemes(scheme: str, sanitizer: safety.Sanitizer) -> None:
    for name, attribute in (("a", "href"), ("img", "src"), ("q", "cite"), ("blockquote", "cite")):
        cleaned = safety.clean(f'<{name} {attribute}="{scheme}:x">a</{name}>', sanitizer)
        assert not [element for element in read(cleaned) if attribute in element.attrib], cleaned


@pytest.mark.parametrize(
    "address",
    [
        "page?a=b:c", "a/b:c", "#a:b", "?q=javascript:x", "./a:b", "http://a.org/javascript%3Ax", "a%20b", "a&b",
        "HTTP%3A//a.org/", "https&colon;//a.org", "MAILTO%3Aa", "caf%C3%A9", "?a=%3A", "mailto:a%40b.org",
    ],
)  # fmt: skip
def test_text_that_is_not_a_scheme_stays(address: str) -> None:
    assert safety.safe_address(address) == address


@pytest.mark.parametrize(
    "address", ["a:b", "1:2", ":", "::", "é:x", "-x:y", "a b:c", "[::1", "%:x", "javascript\x00:x"]
)
def test_text_that_a_reader_may_treat_as_a_scheme_is_refused(address: str) -> None:
    assert safety.safe_address(address) is None


def test_an_address_is_written_without_what_browsers_ignore() -> None:
    assert safety.safe_address(" \x1f http://a.org/\tb\nc\rd ") == "http://a.org/bcd"


# ---- Players ----

PLAYERS = {
    "https://www.youtube.com/embed/dQw4w9WgXcQ": "YouTube",
    "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=90": "YouTube",
    "https://www.youtube.com/embed/videoseries?list=PLabc_def-g": "YouTube",
    "https://player.vimeo.com/video/123?h=abcdef12": "Vimeo",
    "https://www.dailymotion.com/embed/video/x1abcd": "Dailymotion",
    "https://geo.dailymotion.com/player.html?video=x1abcd": "Dailymotion",
    "https://peertube.fr/videos/embed/9db9f3f1-9b54-44ed-9e91-461d262d2205?title=0": "PeerTube",
    "https://framatube.org/video-playlists/embed/9db9f3f1-9b54-44ed-9e91-461d262d2205": "PeerTube",
    "https://archive.org/embed/un_film.2?playlist=1": "Internet Archive",
    "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/123&color=ff5500": "SoundCloud",
    "https://www.arte.tv/embeds/fr/104841-002-A": "Arte",
    "https://player.ina.fr/player/embed/CPA1/1/ab/460": "INA",
}
RIGHTS = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-presentation"


def frame(address: str, **options: Any) -> str:
    return spipconv.to_html(f'<iframe src="{escape(address)}" width="3"></iframe>', **options)


@pytest.mark.parametrize("address", PLAYERS)
def test_players_of_known_hosts_are_embedded(address: str) -> None:
    for written in (address, address.removeprefix("https:"), address.replace("https:", "http:", 1), address + "#x"):
        (element,) = find(frame(written, embeds=True), "iframe")
        assert element.attrib == {
            "src": address, "title": PLAYERS[address], "width": "3", "height": element.get("height"),
            "loading": "lazy", "referrerpolicy": "strict-origin-when-cross-origin", "sandbox": RIGHTS,
            "allowfullscreen": "",
        }  # fmt: skip
    for options in ({}, {"profile": "comment", "embeds": True}, {"profile": "title", "embeds": True}):
        html = frame(address, **options)
        assert not find(html, "iframe")
        (link,) = find(html, "a")
        assert link.get("href", "").startswith("https://")
        assert link.text == PLAYERS[address]


@pytest.mark.parametrize("address", PLAYERS)
@pytest.mark.parametrize(
    "form",
    [
        "https://{host}.evil.example/{path}", "https://{host}evil.example/{path}", "https://evil{host}/{path}",
        "https://evil.{host}/{path}", "https://evil.example/{host}/{path}", "https://evil.example/?{host}/{path}",
        "https://evil.example#{host}/{path}", "https://{host}@evil.example/{path}", "https://{host}:x@evil.example/{path}",
        "https://user@{host}/{path}", "https://{host}:8443/{path}", "https://{host}:443@evil.example/{path}",
        "ftp://{host}/{path}", "https:{host}/{path}", "https:/{host}/{path}", "{host}/{path}",
        "https://{host}\\.evil.example/{path}", "https://{host}%2eevil.example/{path}",
        "https://{host}\u3002evil.example/{path}", "https://evil.example\\{host}/{path}",
        "https://evil.example\\@{host}/{path}", "https://{host}./{path}", "https://[{host}]/{path}",
        "javascript://{host}/{path}%0aalert(1)", "data://{host}/{path}", "https://{host}\t.evil.example/{path}",
        "https://{host};evil.example/{path}", "https://{host}//{path}", "https://{host}/redirect?to=/{path}",
        "https://{host}/../{path}", "https://{host}/%2e%2e/{path}", "https://{host}/", "https://{host}",
    ],
)  # fmt: skip
def test_no_other_player_is_embedded(form: str, address: str) -> None:
    host, _, path = address.removeprefix("https://").partition("/")
    other = form.format(host=host, path=path)
    assert not find(frame(other, embeds=True), "iframe"), other
    for sanitizer in SANITIZERS:
        (element,) = find(safety.clean(f'<iframe src="{escape(other)}"></iframe>', sanitizer), "iframe")
        assert element.get("src") is None


def test_an_address_is_read_in_any_form_but_written_in_one() -> None:
    written = "https://www.youtube.com/embed/a?start=90"
    for address in (
        "HTTPS://WWW.YouTube.com/embed/a?start=90", "//youtube.com/watch?v=a&t=1m30s", "http://youtu.be/a?t=90",
        "https://www.youtube.com/v/a&amp;start=90&autoplay=1", "https://www.youtube.com/embed/a?start=90&start=3",
        " https://m.youtube.com/watch?app=x&v=a#t=90s\n",
    ):  # fmt: skip
        (element,) = find(frame(address.replace("&amp;", "&"), embeds=True), "iframe")
        assert element.get("src") == written
        for sanitizer in SANITIZERS:
            (element,) = find(safety.clean(f'<iframe src="{escape(address)}"></iframe>', sanitizer), "iframe")
            assert element.get("src") is None


@pytest.mark.parametrize(
    "end", ["/x", "/../x", "\\x", "é", "|x", "^", "`", "{}", "[", "%00", "%0A", "%20x", "@x", ":x"]
)
def test_nothing_follows_the_name_of_a_film(end: str) -> None:
    for address in ("https://www.youtube.com/embed/a", "https://player.vimeo.com/video/1", "https://youtu.be/a"):
        assert not find(frame(address + end, embeds=True), "iframe")


@pytest.mark.parametrize("name", ["autoplay", "auto_play", "api", "origin", "enablejsapi", "jsapi", "postMessage", "x"])
@pytest.mark.parametrize("address", PLAYERS)
def test_a_player_has_only_known_parameters(address: str, name: str) -> None:
    for value in ("1", "https://evil.example/", "", "%22%3E%3Cscript%3E"):
        (element,) = find(frame(f"{address}{'&' if '?' in address else '?'}{name}={value}", embeds=True), "iframe")
        assert element.get("src") == address


@pytest.mark.parametrize("value", ["", "a%20b", "a&b", "%22", "%3C", "x" * 65, "%C3%A9", "a/b", "a:b"])
def test_a_parameter_has_a_plain_value(value: str) -> None:
    (element,) = find(frame(f"https://www.youtube.com/embed/dQw4w9WgXcQ?list={value}", embeds=True), "iframe")
    assert re.fullmatch("https://www.youtube.com/embed/dQw4w9WgXcQ([?]list=[A-Za-z0-9_-]{1,64})?", element.get("src"))


@pytest.mark.parametrize(
    "attribute",
    ["srcdoc", "allow", "name", "id", "onload", "style", "sandbox", "class", "csp", "loading", "referrerpolicy"],
)
def test_a_player_has_only_our_attributes(attribute: str) -> None:
    address = next(iter(PLAYERS))
    html = spipconv.to_html(f'<iframe src="{address}" {attribute}="x"></iframe>', embeds=True)
    assert html == spipconv.to_html(f'<iframe src="{address}"></iframe>', embeds=True)
    for sanitizer in SANITIZERS:
        (element,) = find(safety.clean(f'<iframe src="{address}" {attribute}="x"></iframe>', sanitizer), "iframe")
        assert attribute not in element.attrib or attribute == "class"


def test_instances_of_peertube_are_those_that_the_caller_names() -> None:
    address = "https://video.example.org/videos/embed/9db9f3f1-9b54-44ed-9e91-461d262d2205"
    for instances in ((), ("video.example.com",), ("example.org",), ("evil.video.example.org",)):
        assert not find(frame(address, embeds=True, peertube=instances), "iframe")
    (element,) = find(frame(address, embeds=True, peertube=["Video.example.org"]), "iframe")
    assert element.get("src") == address
    # With raw HTML in the text, the sanitisers see the player as well.
    for sanitizer in SANITIZERS:
        text = f'<u>a</u> <iframe src="{address}"></iframe>'
        assert find(spipconv.to_html(text, embeds=True, peertube=["video.example.org"], sanitizer=sanitizer), "iframe")
        assert not find(safety.clean(f'<iframe src="{address}"></iframe>', sanitizer), "iframe")[0].get("src")


@pytest.mark.parametrize(
    "name", ["", "localhost", "a b.org", "https://a.org", "a.org/", "a.org:80", "*.a.org", "é.fr", "-a.org"]
)
def test_an_instance_is_the_name_of_a_host(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a host"):
        spipconv.parse("", peertube=[name])


@pytest.mark.parametrize("names", ["video.example.org", 3, [3]])
def test_instances_are_several_names(names: Any) -> None:
    with pytest.raises(TypeError, match="peertube: expected"):
        spipconv.parse("", peertube=names)


def test_the_title_of_a_player_stays_in_its_attribute() -> None:
    for title in ('a" onload="x()', "a'b", "<script>x()</script>", "&quot; onload=x", "a\nb"):
        document = Document((Player("YouTube", next(iter(PLAYERS)), "https://a.org/", title),))
        for html in (spipconv.render(document), spipconv.render(document, "markdown")):
            (element,) = find(html, "iframe")
            assert element.get("title") == title
            assert "onload" not in element.attrib


def test_a_player_in_a_tree_is_checked_when_it_is_written() -> None:
    for address in ("https://evil.example/", "javascript:alert(1)", "", "http://www.youtube.com/embed/a"):
        document = Document((Player("H", address, "javascript:alert(1)"),))
        html = spipconv.render(document)
        assert not find(html, "a")
        assert [element.get("src") for element in find(html, "iframe")] in ([], ["https://www.youtube.com/embed/a"])
    document = Document((Player("H", next(iter(PLAYERS)), "https://a.org/"),), profile="comment")
    assert not find(spipconv.render(document), "iframe")
    assert find(spipconv.render(document), "a")


# ---- The second lock ----


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_the_second_lock_closes_comments_and_foreign_content(sanitizer: safety.Sanitizer) -> None:
    for markup in (
        "<!-- a --><p>b",
        "<svg><p>b",
        "<math><mi>b",
        "<![CDATA[x]]><p>b",
        "<?php x ?><p>b",
        "<!DOCTYPE x>b",
    ):
        assert not re.search(r"<(?:!|\?|svg|math)", safety.clean(markup, sanitizer))


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_the_second_lock_keeps_no_trace_of_what_it_removes(sanitizer: safety.Sanitizer) -> None:
    cleaned = safety.clean('<p>a<blink title="evil">b</blink></p>', sanitizer)
    assert "blink" not in cleaned
    assert "evil" not in cleaned


def test_the_second_lock_adds_nothing() -> None:
    html = '<p>a <a href="http://a.org/" title="b" rel="help">c</a><img src="d" alt="e"></p>'
    assert safety.clean(html) == html


# ---- Ids ----


def test_a_stranger_s_ids_have_a_prefix_and_links_reach_them() -> None:
    html = spipconv.to_html("[csrf<-]a [b->#csrf] [c->#page] d[[<nom> e]] f[[g]]", "comment")
    ids = {element.get("id") for element in read(html)} - {None}
    assert not ids & {"csrf", "nbnom", "nhnom"}
    targets = [element.get("href")[1:] for element in find(html, "a") if element.get("href", "").startswith("#")]
    assert "page" in targets
    assert {target for target in targets if target != "page"} <= ids
    assert len(targets) == 6


# ---- Trees that no parser made ----


@pytest.mark.parametrize("name", [*INLINE, *BLOCKS, "img", "iframe"])
def test_a_stranger_s_tree_follows_the_same_policy_as_the_text(name: str) -> None:
    attributes = (("title", "evil"), ("id", "evil"), ("href", "http://a.org/"))
    document = Document((Paragraph((Element(name, attributes, (Text("mot"),)),)),), profile="comment")
    names = [element.tag for element in read(spipconv.render(document)) if "evil" in element.attrib.values()]
    assert names == ([name] if name in OF_STRANGERS else [])


def test_a_frame_without_an_address_is_dropped() -> None:
    for text in ("<iframe></iframe>", '<iframe title="x" width="3"></iframe>', '<iframe src="http://a.org/"></iframe>'):
        assert not find(spipconv.to_html(text, embeds=True), "iframe")


@pytest.mark.parametrize(
    "attributes",
    [
        (),
        (("title", "x"),),
        (("src", "https://evil.example/"),),
        (("src", ""),),
        (("src", "https://www.youtube.com/embed/a"),),
    ],
)
def test_a_frame_that_is_an_element_is_never_written(attributes: tuple[tuple[str, str], ...]) -> None:
    document = Document((Element("iframe", attributes, (Text("mot"),)),))
    # The writer itself refuses it, before any sanitiser.
    assert Writer(document).flow(document.children) == "mot"


def test_a_file_s_decoded_name_holds_no_control_characters() -> None:
    document = Document((Figure(number=3, address="IMG/a%03b%1b%EF%BF%BE%00.bin", is_image=False),))
    for written in (spipconv.render(document), spipconv.render(document, "markdown")):
        assert "a\ufffdb\ufffd\ufffd\ufffd.bin" in written
        assert not unclean(written)


@pytest.mark.parametrize("is_image", [True, False])
def test_links_of_a_stranger_s_figure_are_not_followed(is_image: bool) -> None:
    figure = Figure(number=3, address="IMG/a.bin", is_image=is_image, link="https://example.org/")
    (link,) = find(Writer(Document((figure,), profile="comment")).flow((figure,)), "a")
    assert {"nofollow", "ugc", "noopener"} <= set(link.get("rel", "").split())
    (link,) = find(Writer(Document((figure,))).flow((figure,)), "a")
    assert link.get("rel") is None


@pytest.mark.parametrize("text", ["\na", "\n\na", "a\n"])
def test_a_frame_keeps_its_first_newline(text: str) -> None:
    document = Document((Frame(text),))
    (frame,) = find(Writer(document).flow(document.children), "pre")
    assert "".join(frame.itertext()) == text
