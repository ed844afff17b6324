"""Files of the old site are found in any spelling, copied whole or not at all, and run nothing."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from spipconv.migration.output import copying as files
from spipconv.migration.output.copying import Copy, copy_file
from spipconv.migration.output.drawings import MOST_BYTES, MOST_DRAWING_LEVELS, clean_drawing
from spipconv.migration.read import img_folder
from spipconv.migration.read.img_folder import ImgFolder, plain_name
from spipconv.system.files import CannotWrite

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Route

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
COPIED = Copy(is_there=True, is_written=True)
LEFT_ALONE = Copy(is_there=True, is_written=False)
REFUSED = Copy(is_there=False, is_written=False, code="file-refused")
UNREADABLE = Copy(is_there=False, is_written=False, code="file-unreadable")


@pytest.fixture
def img(tmp_path: Path) -> Path:
    folder = tmp_path / "IMG"
    folder.mkdir()
    return folder


def put(folder: Path, name: str | bytes, content: bytes = b"x") -> Path:
    path = Path(os.path.join(folder, os.fsdecode(name)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- finding


@pytest.mark.parametrize(
    ("there", "meant"),
    [
        ("pdf/a.pdf", "pdf/a.pdf"),
        ("pdf/a.pdf", "IMG/pdf/a.pdf"),
        (unicodedata.normalize("NFC", "pdf/été.pdf"), unicodedata.normalize("NFD", "pdf/été.pdf")),
        (unicodedata.normalize("NFD", "pdf/été.pdf"), unicodedata.normalize("NFC", "pdf/été.pdf")),
        (b"pdf/\xe9t\xe9 \x92.pdf", "pdf/été ’.pdf"),
        ("pdf/été.pdf", "pdf/%C3%A9t%C3%A9.pdf"),
        ("pdf/été.pdf", "pdf/%e9t%e9.pdf"),
        (b"pdf/\xe9t\xe9.pdf", "pdf/%C3%89T%C3%89.PDF"),
        ("pdf/avec espaces (1).pdf", "pdf/avec%20espaces%20(1).pdf"),
        ("pdf/avec%20espaces.pdf", "pdf/avec espaces.pdf"),
        ("png/100%25.png", "png/100%.png"),
        ("jpg/PHOTO.JPG", "jpg/photo.jpg"),
        ("JPG/photo.jpg", "jpg/Photo.JPG"),
        ('pdf/l\'"été".pdf', 'pdf/l\'"été".pdf'),
        ("pdf/d’été & co;.pdf", "pdf/d’été & co;.pdf"),
    ],
)
def test_a_file_is_found_however_it_is_spelled(img: Path, there: str | bytes, meant: str) -> None:
    put(img, there)
    assert ImgFolder(img).find(meant) == os.fsdecode(there)


def test_the_nearest_spelling_is_taken(img: Path) -> None:
    for name in ("a b.pdf", "a%20b.pdf", "A b.pdf", "a%2520b.pdf"):
        put(img, name)
    found = ImgFolder(img)
    assert [found.find(name) for name in ("a b.pdf", "a%20b.pdf", "A%20b.pdf", "A B.pdf")] == [
        "a b.pdf",
        "a%20b.pdf",
        "A b.pdf",
        "A b.pdf",
    ]


def test_folders_that_differ_in_case_are_all_searched(img: Path) -> None:
    put(img, "PDF/a.pdf")
    put(img, "pdf/b.pdf")
    assert ImgFolder(img).find("Pdf/A.pdf") == "PDF/a.pdf"
    assert ImgFolder(img).find("Pdf/B.pdf") == "pdf/b.pdf"


@pytest.mark.parametrize(
    "file",
    [
        "../secret.txt", "pdf/../../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd", "//secret.txt",
        "pdf//a.pdf", "", "IMG/", ".", "pdf", "pdf/", ".htaccess", "%2ehtaccess", "a\0b", "pdf/a.pdf/b", "a" * 5000,
        "https://example.org/a.pdf", "out/secret.txt", "OUT/secret.txt", "out.txt", "OUT.TXT",
    ],
)  # fmt: skip
def test_nothing_outside_is_found(img: Path, file: str) -> None:
    put(img, "pdf/a.pdf")
    put(img, ".htaccess")
    put(img.parent, "secret.txt")
    (img / "out").symlink_to(img.parent)
    (img / "out.txt").symlink_to(img.parent / "secret.txt")
    assert ImgFolder(img).find(file) is None


def test_links_inside_are_followed(img: Path) -> None:
    put(img, "pdf/a.pdf")
    (img / "b.pdf").symlink_to("pdf/a.pdf")
    (img / "old").symlink_to("pdf")
    found = ImgFolder(img)
    assert (found.find("b.pdf"), found.find("B.PDF"), found.find("old/A.pdf")) == ("b.pdf", "b.pdf", "old/a.pdf")
    assert list(found.all()) == ["b.pdf", "pdf/a.pdf"]


def test_a_folder_is_listed_once(img: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        put(img, f"jpg/Photo{number}.JPG")
    asked: list[str] = []
    scandir = os.scandir

    def listed(path: str) -> os._ScandirIterator[str]:
        asked.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", listed)
    found = ImgFolder(img)
    assert all(found.find(f"jpg/photo{number}.jpg") for number in range(20))
    assert found.find("jpg/photo20.jpg") is None
    assert sorted(asked) == sorted(set(asked))


def test_listings_are_forgotten(img: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(img_folder, "MOST_NAMES", 10)
    for folder in "abc":
        for number in range(6):
            put(img, f"{folder}/X{number}")
    found = ImgFolder(img)
    for _ in range(2):
        for folder in "abc":
            assert found.find(f"{folder}/x1") == f"{folder}/X1"
    assert found._listed_names <= 10
    assert sum(map(len, found._listings.values())) == found._listed_names


@pytest.mark.parametrize("missing", [None, Path("/nowhere/IMG")])
def test_a_missing_folder_has_no_files(missing: Path | None) -> None:
    found = ImgFolder(missing)
    assert (found.find("a.pdf"), found.logo("article", 1), list(found.all())) == (None, None, [])


# --- listing


def test_all_files_except_those_of_spip_are_listed(img: Path) -> None:
    kept = ["arton1.png", "distant/jpg/a.jpg", "html/index.html", "jpg/cache-x/a.jpg", "jpg-a.jpg", "jpg/TeX/a.jpg"]
    for name in kept:
        put(img, name, b"<h1>words</h1>" * 30)
    for name in (
        "cache-vignettes/L64/a.png", "cache-gd2/b.png", "TeX/c.png", "icones/pdf.png", "icones_barre/gras.png",
        ".htaccess", "jpg/.ok", ".hidden/a.jpg", "remove.txt", "jpg/index.html", "index.php",
    ):  # fmt: skip
        put(img, name, b"")
    assert list(ImgFolder(img).all()) == sorted(kept)


def test_names_that_are_not_text_are_listed(img: Path) -> None:
    put(img, b"pdf/\xe9.pdf")
    (name,) = ImgFolder(img).all()
    assert name == "pdf/\udce9.pdf"
    assert ImgFolder(img).path(name).read_bytes() == b"x"
    assert plain_name(name) == "pdf/é.pdf"
    assert plain_name(unicodedata.normalize("NFD", name.replace("\udce9", "é"))) == "pdf/é.pdf"


def test_links_to_outside_are_not_listed(img: Path) -> None:
    put(img.parent, "secret/a.txt")
    (img / "out").symlink_to(img.parent / "secret")
    (img / "out.txt").symlink_to(img.parent / "secret/a.txt")
    (img / "broken").symlink_to("nowhere")
    (img / "endless").symlink_to("endless")
    assert list(ImgFolder(img).all()) == []


# --- logos


def test_logos_are_found_by_name(img: Path) -> None:
    for name in (
        "arton1.png", "artoff1.gif", "rubon0.jpg", "auton3.webp", "breveon2.svg", "moton1.jpeg", "siteon0.png",
        "groupeon1.png", "ARTON5.PNG", "arton07.png", "arton1x.png", "arton9.pdf", "artonx.png", "jpg/arton77.png",
    ):  # fmt: skip
        put(img, name)
    found = ImgFolder(img)
    assert found.logo("article", 1) == "arton1.png"
    assert found.logo("article", 1, hover=True) == "artoff1.gif"
    assert found.logo("rubrique", 0) == "rubon0.jpg"
    assert found.logo("auteur", 3) == "auton3.webp"
    assert found.logo("breve", 2) == "breveon2.svg"
    assert found.logo("mot", 1) == "moton1.jpeg"
    assert found.logo("site", 0) == "siteon0.png"
    assert found.logo("groupe", 1) == "groupeon1.png"
    assert found.logo("article", 5) == "ARTON5.PNG"
    for number in (7, 9, 77, 2):
        assert found.logo("article", number) is None
    assert found.logo("document", 1) is None


def test_the_newer_folder_and_spips_first_format_come_first(img: Path) -> None:
    for name in ("arton1.png", "arton1.gif", "arton1.jpg", "arton2.gif", "logo/arton2.png"):
        put(img, name)
    found = ImgFolder(img)
    assert (found.logo("article", 1), found.logo("article", 2)) == ("arton1.gif", "logo/arton2.png")


def test_logos_are_listed_once(img: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(img, "arton1.png")
    found = ImgFolder(img)
    assert found.logo("article", 1) == "arton1.png"
    monkeypatch.setattr(os, "scandir", None)
    assert found.logo("article", 2) is None


def test_a_logo_that_leads_outside_is_ignored(img: Path) -> None:
    (img / "arton1.png").symlink_to(put(img.parent, "secret.png"))
    assert ImgFolder(img).logo("article", 1) is None


# --- copying


def test_a_file_is_copied_with_its_time(tmp_path: Path) -> None:
    source, target = put(tmp_path, "a.pdf", b"words" * 1000), tmp_path / "new/pdf/a.pdf"
    os.utime(source, ns=(1, 1_111_111_111_123_456_789))
    assert copy_file(source, target) == COPIED
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_mtime_ns == 1_111_111_111_123_456_789
    assert os.listdir(target.parent) == ["a.pdf"]


def test_a_second_copy_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = f"<svg {SVG}><script>alert(1)</script></svg>".encode()
    sources = [put(tmp_path, "a.pdf"), put(tmp_path, "b.svg", drawing), put(tmp_path, "c.zip", b"z" * (3 << 20))]
    first = [copy_file(source, tmp_path / "new" / source.name) for source in sources]
    assert [one.is_written for one in first] == [True, True, True]
    # A file system may store times less exactly; then the bytes decide.
    os.utime(tmp_path / "new/c.zip", (1, 1))
    monkeypatch.setattr(os, "replace", None)
    second = [copy_file(source, tmp_path / "new" / source.name) for source in sources]
    assert second == [LEFT_ALONE, Copy(is_there=True, is_written=False, code="picture-cleaned"), LEFT_ALONE]


def test_a_changed_file_is_copied_again(tmp_path: Path) -> None:
    source, target = put(tmp_path, "a.pdf", b"old"), tmp_path / "b.pdf"
    copy_file(source, target)
    source.write_bytes(b"new")
    os.utime(source, (1, 1))
    assert copy_file(source, target) == COPIED
    assert target.read_bytes() == b"new"


def test_a_link_at_the_target_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    precious, source, target = put(tmp_path, "precious.pdf"), put(tmp_path, "a.pdf", b"new"), tmp_path / "new.pdf"
    target.symlink_to(precious)
    assert copy_file(source, target) == COPIED
    assert precious.read_bytes() == b"x"
    assert not target.is_symlink()


def test_difficult_names_are_copied(tmp_path: Path) -> None:
    for name in (b"\xe9t\xe9.pdf", b"a b%20'\"\n.pdf", b"a" * 251 + b".pdf"):
        source = put(tmp_path / "old", name)
        assert copy_file(source, tmp_path / "new" / source.name) == COPIED


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put(tmp_path, "old/a.zip", b"z" * (3 << 20))
    target = put(tmp_path, "new/a\n.zip", b"before")

    class Full:
        def __init__(self, path: Path) -> None:
            self.file = open(path, "wb")  # noqa: SIM115

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, chunk: bytes) -> None:
            if self.file.tell():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.file.write(chunk)

    monkeypatch.setattr(files, "_create", Full)
    with pytest.raises(CannotWrite) as caught:
        copy_file(source, target)
    assert os.listdir(target.parent) == ["a\n.zip"]
    assert target.read_bytes() == b"before"
    assert os.strerror(errno.ENOSPC) in str(caught.value)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert copy_file(source, target) == COPIED


def test_a_file_that_breaks_off_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Iterator[bytes]:
        yield b"half"
        raise files._CannotRead

    monkeypatch.setattr(files, "_chunks", broken)
    assert copy_file(put(tmp_path, "a.pdf"), tmp_path / "new/a.pdf") == UNREADABLE
    assert os.listdir(tmp_path / "new") == []


def test_the_temporary_file_of_a_killed_run_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = put(tmp_path, "a.pdf", b"whole"), tmp_path / "new/a.pdf"
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr(os, "unlink", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            copy_file(source, target)
    assert len(os.listdir(target.parent)) == 1
    assert copy_file(source, target) == COPIED
    assert os.listdir(target.parent) == ["a.pdf"]


def test_a_folder_in_the_way_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "new/a.pdf").mkdir(parents=True)
    with pytest.raises(CannotWrite):
        copy_file(put(tmp_path, "a.pdf"), tmp_path / "new/a.pdf")
    assert os.listdir(tmp_path / "new") == ["a.pdf"]
    with pytest.raises(CannotWrite):
        copy_file(put(tmp_path, "a.pdf"), put(tmp_path, "file") / "a.pdf")


def test_anything_that_is_not_a_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    for name in ("missing.pdf", "folder.pdf"):
        assert copy_file(tmp_path / name, tmp_path / "new.pdf") == UNREADABLE


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read and write everything")
def test_permissions_are_respected(tmp_path: Path) -> None:
    source = put(tmp_path, "a.pdf")
    source.chmod(0)
    assert copy_file(source, tmp_path / "b.pdf") == UNREADABLE
    source.chmod(0o600)
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(CannotWrite):
        copy_file(source, tmp_path / "locked/a.pdf")


@pytest.mark.parametrize(
    "name",
    [
        "a.html", "a.HTM", "a.xhtml", "a.shtml", "a.js", "a.mjs", "a.php", "a.php5", "a.PHTML", "a.phar", "a.cgi",
        "a.pl", "a.py", "a.asp", "a.aspx", "a.jsp", ".htaccess", "a.htaccess", "web.config", "a.php.jpg", "a.php.",
        "a.php ", "a.html.fr", "a.html.gz", "a.phtml.png", "a.mht", "x.hta", "page.shtml.txt", ".user.ini",
    ],
)  # fmt: skip
def test_files_that_would_run_are_refused_by_name(tmp_path: Path, name: str) -> None:
    assert copy_file(put(tmp_path / "old", name), tmp_path / "new" / name) == REFUSED
    assert copy_file(put(tmp_path / "old", "a.txt"), tmp_path / "new" / name) == REFUSED
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a", b"<html><script>alert(1)</script>"),
        ("a.inconnu", b"\xef\xbb\xbf  <!DOCTYPE html><p>"),
        ("a.xyz", b"<?php system('x');"),
        ("a.xyz", b"<?xml version='1.0'?><a xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("a.xyz", f"<svg {SVG}/>".encode()),
        ("a.xml", b"<a><b xmlns='http://www.w3.org/1999/xhtml'/></a>"),
        ("a.xml", b"<a><b:b xmlns:b='http://www.w3.org/1999/xhtm&#108;'/></a>"),
        ("a.xml", f"<a><b {SVG}/><svg:svg xmlns:svg='http://www.w3.org/2000/svg'/></a>".encode()),
        ("a.xml", b"<?xml-stylesheet type='text/xsl' href='b.xsl'?><a/>"),
        ("a.rss", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        ("a.xsl", b"<x:stylesheet xmlns:x='http://www.w3.org/1999/XSL/Transform' version='1.0'/>"),
        ("a.xml", b"<a xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script>"),
        ("a.xml", "<?xml version='1.0' encoding='utf-16'?><a xmlns='http://www.w3.org/1999/xhtml'/>".encode("utf-16")),
        ("a.xml", b"<?xml version='1.0' encoding='cp037'?><a/>"),
        ("a.xml", b"no xml at all"),
        ("a.svg", b"no drawing"),
        ("a.svg.gz", b"no drawing"),
    ],
)
def test_files_that_would_run_are_refused_by_content(tmp_path: Path, name: str, content: bytes) -> None:
    assert copy_file(put(tmp_path, name, content), tmp_path / "new" / name) == REFUSED
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.gpx",
            b"<?xml version='1.0'?>\n<gpx xmlns='http://www.topografix.com/GPX/1/1'><wpt lat='1' lon='2'/></gpx>",
        ),
        ("a.xml", b"<rss version='2.0'><channel><title>&lt;script></title></channel></rss>"),
        ("a.xml", b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>"),
        ("a.xyz", b"<?xml version='1.0'?><a/>"),
        ("a.txt", b"<html><script>alert(1)</script>"),
        ("a.bin", b"\x7fELF"),
        ("LISEZMOI", b"words < words"),
        ("a.swf", b"FWS"),
        ("rapport.2008.pdf", b"%PDF"),
        ("www.site.pl.jpg", b"\xff\xd8"),
        ("a.tar.gz", b"\x1f\x8b"),
        ("vide.bin", b""),
        ("vide.pdf", b""),
    ],
)
def test_other_files_are_copied(tmp_path: Path, name: str, content: bytes) -> None:
    assert copy_file(put(tmp_path, name, content), tmp_path / "new" / name) == COPIED
    assert (tmp_path / "new" / name).read_bytes() == content


def test_a_drawing_is_cleaned_when_copied(tmp_path: Path) -> None:
    still = put(tmp_path, "a.svg", f"<svg {SVG}><rect/></svg>".encode())
    assert copy_file(still, tmp_path / "new/a.svg") == COPIED
    assert (tmp_path / "new/a.svg").read_bytes() == still.read_bytes()
    active = put(tmp_path, "b.svg", f"<svg {SVG} onload='alert(1)'><rect/></svg>".encode())
    os.utime(active, ns=(5, 5))
    assert copy_file(active, tmp_path / "new/b.svg") == Copy(is_there=True, is_written=True, code="picture-cleaned")
    assert b"alert" not in (tmp_path / "new/b.svg").read_bytes()
    assert (tmp_path / "new/b.svg").stat().st_mtime_ns == 5


# --- drawings

# Drawings as programs write them (Inkscape, Illustrator, a chart), without anything active.
HARMLESS = {
    "simple": f"<svg {SVG}><rect fill='url(#a)' style='stroke:url( \"#b\" );cursor:pointer'/></svg>",
    "doctype": '<?xml version="1.0" standalone="no"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
    f'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<!-- Created with x (http://x.org/) --><svg {SVG}/>',
    "latin": f"<?xml version='1.0' encoding='ISO-8859-1'?><svg {SVG}><text>\xe9</text></svg>",
    "inkscape": f"""<svg {SVG} xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
        xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:cc="http://creativecommons.org/ns#"
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
        inkscape:version="0.92"><sodipodi:namedview pagecolor="#fff" inkscape:zoom="1"/><metadata><rdf:RDF>
        <cc:Work rdf:about=""><dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/></cc:Work></rdf:RDF>
        </metadata><g inkscape:label="a" id="g1"><path sodipodi:nodetypes="cc" d="M0,0"/></g></svg>""",
    "style": f"<svg {SVG}><style type='text/css'><![CDATA[.a > b {{fill:#000;}} @font-face {{font-family:x;"
    "src:url(data:font/woff;base64,AAAA)}]]></style><g class='a'/></svg>",
    "links": f"<svg {SVG}><a xlink:href='https://example.org/a'><use xlink:href='#a'/></a><a href='page#x'/></svg>",
    "pictures": f"<svg {SVG}><image href='data:image/png;base64,AAAA'/><image href='a/b.png'/>"
    "<image xlink:href='https://example.org/a.jpg'/></svg>",
    "animation": f"<svg {SVG}><rect><animate attributeName='width' from='0' to='9' dur='1s' begin='a.click'/>"
    "<set attributeName='fill' to='red'/></rect></svg>",
    "adobe": f"<svg {SVG} xmlns:i='http://ns.adobe.com/AdobeIllustrator/10.0/' i:viewOrigin='0 0' xml:space='preserve'>"
    "<metadata><?xpacket begin='x' id='y'?><?xpacket end='w'?></metadata></svg>",
    "chart": f"<svg {SVG} role='img' aria-label='a (b)' data-x='url(x)' content='&lt;x>'><text>a &lt; b</text></svg>",
}
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script file": "<script xlink:href='https://evil.example/x.js'/><script href='data:text/javascript,alert(1)'/>",
    "script cdata": "<script type='text/javascript'><![CDATA[alert(1)]]></script>",
    "script prefix": "<s:script xmlns:s='http://www.w3.org/2000/svg'>alert(1)</s:script>",
    "script html": "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>",
    "script in metadata": "<metadata><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    "<script>alert(1)</script></r:RDF></metadata>",
    "script in style": "<style>a{}<script>alert(1)</script></style>",
    "script in text": "<text>a<tspan>b</tspan><script>alert(1)</script>c</text>",
    "foreign": "<foreignObject width='9' height='9'><body xmlns='http://www.w3.org/1999/xhtml' "
    "onload='alert(1)'><img src='x' onerror='alert(1)'/><iframe src='javascript:alert(1)'/></body></foreignObject>",
    "html": "<img xmlns='http://www.w3.org/1999/xhtml' src='x' onerror='alert(1)'/>",
    "html embed": "<embed xmlns='http://www.w3.org/1999/xhtml' src='javascript:alert(1)'/>",
    "html link": "<link xmlns='http://www.w3.org/1999/xhtml' rel='stylesheet' href='https://evil.example/x.css'/>",
    "html refresh": "<meta xmlns='http://www.w3.org/1999/xhtml' http-equiv='refresh' content='0;url=//evil.example'/>",
    "event": "<rect width='99' height='99' onclick='alert(1)' onmouseover='alert(1)' onload='alert(1)'/>",
    "event case": "<rect width='99' height='99' ONCLICK='alert(1)' oNfocusin='alert(1)'/>",
    "event animation": "<animate attributeName='x' dur='1s' onbegin='alert(1)' onend='alert(1)'/>",
    "event foreign": "<i:x xmlns:i='http://www.inkscape.org/namespaces/inkscape' onclick='alert(1)'/>",
    "link": "<a xlink:href='javascript:alert(1)'><rect width='99' height='99'/></a>",
    "link spelled": "<a href='&#10; JaVa&#9;Script:alert(1)'><rect width='99' height='99'/></a>",
    "link data": "<a href='data:text/html,&lt;script>alert(1)&lt;/script>'><rect width='99' height='99'/></a>",
    "link base": "<a xml:base='javascript:alert(1)//' href='#x'><rect width='99' height='99'/></a>",
    "link set": "<a href='#'><set attributeName='href' to='javascript:alert(1)'/><rect width='99' height='99'/></a>",
    "link animate": "<a><animate attributeName='xlink:href' values='javascript:alert(1)' dur='1s'/>"
    "<rect width='99' height='99'/></a>",
    "link animate prefix": "<a xmlns:y='http://www.w3.org/1999/xlink'><animate attributeName='y:href' "
    "to='javascript:alert(1)' dur='1s' fill='freeze'/><rect width='99' height='99'/></a>",
    "event set": "<rect width='99' height='99'><set attributeName='onclick' to='alert(1)'/></rect>",
    "use data": "<use href='data:image/svg+xml;base64,PHN2ZyBpZD0neCcgb25sb2FkPSdhbGVydCgxKScvPg==#x'/>",
    "use far": "<use xlink:href='https://evil.example/x.svg#x'/>",
    "image data": "<image href='data:image/svg+xml,&lt;svg onload=\"alert(1)\"/>' width='9' height='9'/>",
    "image script": "<image xlink:href='javascript:alert(1)' width='9' height='9'/>",
    "feimage": "<filter id='f'><feImage href='javascript:alert(1)'/></filter><rect filter='url(#f)'/>",
    "gradient far": "<linearGradient href='https://evil.example/x.svg#x'/>",
    "handler": "<handler xmlns:e='http://www.w3.org/2001/xml-events' e:event='load'>alert(1)</handler>",
    "listener": "<listener event='load' handler='#x'/>",
    "iframe": "<iframe src='javascript:alert(1)'/><video src='x'/><audio src='x'/><animation href='x'/>",
    "style import": "<style>@import 'https://evil.example/x.css'; rect {fill: red}</style>",
    "style import escaped": "<style>@\\69mport url(https://evil.example/x.css);</style>",
    "style url": "<style>rect {fill: red; background: url(https://evil.example/x.png)}</style>",
    "style url escaped": "<style>rect {background: u\\72 l(https://evil.example/x.png)}</style>",
    "style url comment": "<style>a{content:'/*'} rect{background:url(https://evil.example/x)} b{content:'*/'}</style>",
    "style url font": "<style>@font-face{src:url(//evil.example/f)} text{font-family:url( x\n)}</style>",
    "style image-set": "<style>rect {background: image-set('https://evil.example/x.png' 1x)}</style>",
    "style script": "<rect style='background: url(&quot;javascript:alert(1)&quot;)'/>",
    "style expression": "<rect style='width: exp/**/ression(alert(1))'/>",
    "style binding": "<rect style='-moz-binding: url(https://evil.example/x.xml#x)'/>",
    "fill far": "<rect fill='url(https://evil.example/x.svg#x)' filter='url(\"data:image/svg+xml,x#f\")'/>",
    "cursor far": "<rect cursor='url(https://evil.example/x.cur)' mask='url(//evil.example/m)'/>",
    "animate far": "<rect><animate attributeName='fill' values='url(https://evil.example/x.svg#a)' dur='1s'/></rect>",
    "page in comment": "<!--><script>alert(1)</script>-->",
    "page in words": "<text><![CDATA[<script>alert(1)</script>]]></text>",
    "program": "<?x ><script>alert(1)</script>?>",
}  # fmt: skip
WHOLE = {
    "event on the root": f"<svg {SVG} onload='alert(1)'/>",
    "stylesheet": f"<?xml-stylesheet type='text/xsl' href='data:text/xml,x'?><svg {SVG}/>",
    "stylesheet css": f"<?xml-stylesheet href='https://evil.example/x.css'?><svg {SVG}/>",
    "stylesheet behind": f"<svg {SVG}/><?xml-stylesheet href='https://evil.example/x.css'?>",
    "prefix": "<x:svg xmlns:x='http://www.w3.org/2000/svg'><x:script>alert(1)</x:script></x:svg>",
    "utf-16": f"<?xml version='1.0' encoding='UTF-16'?><svg {SVG}><script>alert(1)</script></svg>",
    "utf-7": f"<?xml version='1.0' encoding='UTF-7'?><svg {SVG}>+ADw-script+AD4-alert(1)+ADw-/script+AD4-</svg>",
}
UNREAD = {
    "entity": f"<!DOCTYPE svg [<!ENTITY x 'alert(1)'>]><svg {SVG}><script>&x;</script></svg>",
    "laughs": "<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>" + f"<svg {SVG}>&b;</svg>",
    "entity file": f"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg {SVG}>&x;</svg>",
    "parameter": f"<!DOCTYPE svg [<!ENTITY % x SYSTEM 'https://evil.example/x'> %x;]><svg {SVG}/>",
    "attribute by default": f"<!DOCTYPE svg [<!ATTLIST svg onload CDATA 'alert(1)'>]><svg {SVG}/>",
    "ill-formed": f"<svg {SVG}><script>alert(1)</script>",
    "html": "<html><script>alert(1)</script></html>",
    "xhtml": "<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    "no namespace": "<svg><script>alert(1)</script></svg>",
    "empty": "",
    "1.1": f"<?xml version='1.1'?><svg {SVG}/>",
    "deep": f"<svg {SVG}>{'<g>' * MOST_DRAWING_LEVELS}{'</g>' * MOST_DRAWING_LEVELS}</svg>",
}
_FILE = Path(__file__).parent.parent / "security" / "spip_xss.jsonl"
VECTORS = {
    f"{one['id']} {place}": drawing
    for one in map(json.loads, _FILE.read_text("utf-8").splitlines())
    if "<svg" in one["vector"].lower()
    for place, drawing in (
        ("alone", re.sub("<svg", f"<svg {SVG}", one["vector"], count=1, flags=re.IGNORECASE)),
        ("inside", f"<svg {SVG}>{one['vector']}</svg>"),
    )
}
ACTIVE = {**{name: f"<svg {SVG}>{inside}</svg>" for name, inside in HOSTILE.items()}, **WHOLE}


def encode(name: str, drawing: str) -> bytes:
    return drawing.encode({"utf-16": "utf-16", "latin": "iso-8859-1"}.get(name, "utf-8"))


FORBIDDEN = frozenset(
    "script foreignobject handler listener iframe embed object img video audio link meta body html animation".split()
)


def dangers(content: bytes) -> set[str]:
    """Return everything dangerous in a drawing; this judge shares no list with the cleaner."""
    found = set(re.findall(rb"<\?xml-stylesheet|<!DOCTYPE|<!\[CDATA\[|<!--", content))
    dangerous = {one.decode() for one in found}
    root = ElementTree.fromstring(content)  # noqa: S314
    for element in root.iter():
        name = element.tag.rpartition("}")[2].lower()
        if name in FORBIDDEN:
            dangerous.add(name)
        if "http://www.w3.org/1999/xhtml" in element.tag:
            dangerous.add("xhtml")
        for key, value in element.attrib.items():
            local = key.rpartition("}")[2].lower()
            seen = re.sub(r"[\s\0-\x20]", "", value).lower()
            if local.startswith("on") or "}base" in key:
                dangerous.add(key)
            if local == "attributename" and ("href" in seen or seen.startswith("on")):
                dangerous.add(f"animates {seen}")
            if local == "href" and not re.match(r"#|https?:|data:image/(png|jpeg|gif|webp)[;,]|[\w/.-]*([?#]|$)", seen):
                dangerous.add(f"{key} {seen}")
            if local == "href" and name not in ("a", "image", "feimage") and not seen.startswith("#"):
                dangerous.add(f"{name} {seen}")
            if local not in ("href", "d") and re.search(r"javascript:|url\(['\"]?(?!['\"]?#)|expression\(", seen):
                dangerous.add(f"{key} {seen}")
        if name == "style" and re.search(r"@import|evil|\\|url\((?!['\"]?#)|expression", "".join(element.itertext())):
            dangerous.add("style")
    return dangerous


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_drawing_stays_the_same_object(name: str) -> None:
    content = encode(name, HARMLESS[name])
    assert clean_drawing(content) is content


@pytest.mark.parametrize("name", ACTIVE)
def test_an_active_drawing_is_made_harmless(name: str) -> None:
    content = encode(name, ACTIVE[name])
    cleaned = clean_drawing(content)
    assert cleaned is None or (cleaned != content and dangers(cleaned) == set())
    if cleaned is not None:
        assert clean_drawing(cleaned) is cleaned


@pytest.mark.parametrize("name", UNREAD)
def test_drawings_that_are_not_safe_xml_are_refused(name: str) -> None:
    assert clean_drawing(UNREAD[name].encode()) is None


def test_known_attacks_are_made_harmless() -> None:
    assert VECTORS
    for name, drawing in VECTORS.items():
        cleaned = clean_drawing(drawing.encode())
        assert cleaned is None or dangers(cleaned) == set(), name


def test_the_judge_detects_danger() -> None:
    unseen = {"page in words", "program", "utf-7", "iframe", "handler", "listener", "style expression"}
    for name in HOSTILE.keys() - unseen:
        assert dangers(ACTIVE[name].encode()), name


def test_the_rest_of_a_drawing_stays() -> None:
    drawing = f"""<?xml version="1.0"?><!DOCTYPE svg><svg {SVG} xmlns:i="http://www.inkscape.org/x" i:v="1" id="a">
        <text x="1" title="a &amp; &quot;b&quot;&#10;">a &lt; b<script>x</script> tail<tspan>é&#160;</tspan></text>
        <style>@import 'x'; rect {{fill: red; background: url(x.png)}}</style><use xlink:href="#a"/></svg>"""
    cleaned = clean_drawing(drawing.encode())
    assert cleaned is not None
    root = ElementTree.fromstring(cleaned)  # noqa: S314
    svg = "{http://www.w3.org/2000/svg}"
    assert root.attrib == {"{http://www.inkscape.org/x}v": "1", "id": "a"}
    text, style, use = root
    assert (text.tag, text.text, text.get("title")) == (f"{svg}text", "a < b tail", 'a & "b"\n')
    assert text[0].text == "é\u00a0"
    assert (style.text or "").split() == "rect {fill: red; background: none}".split()
    assert use.get("{http://www.w3.org/1999/xlink}href") == "#a"


def test_packed_drawings_stay_packed() -> None:
    harmless = gzip.compress(HARMLESS["simple"].encode())
    assert clean_drawing(harmless) is harmless
    cleaned = clean_drawing(gzip.compress(ACTIVE["script"].encode()))
    assert cleaned is not None
    assert dangers(gzip.decompress(cleaned)) == set()
    assert cleaned == clean_drawing(gzip.compress(ACTIVE["script"].encode(), mtime=1))
    assert clean_drawing(gzip.compress(b" " * (MOST_BYTES + 1))) is None
    assert clean_drawing(harmless[:-9]) is None
    assert clean_drawing(b"\x1f\x8b" + harmless[2:].replace(b"\x00", b"\xff")) is None


TOUCH = """() => { /* harness */
    addEventListener("click", (event) => {
        const link = event.target.closest("a");
        if (link && /^https?:/.test(link.href.baseVal)) event.preventDefault();
    }, true);
    for (const element of document.querySelectorAll("*")) {
        for (const name of ["mouseover", "mousemove", "mousedown", "mouseup", "click"])
            element.dispatchEvent(new MouseEvent(name, {bubbles: true, cancelable: true}));
        for (const name of ["focus", "focusin", "load"]) element.dispatchEvent(new Event(name));
    }
}"""


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[[bytes], list[str]]]:
    """Return a function that opens a drawing as its address in a browser would, and reports what it did."""
    from tests.safety.test_browser import HOOKS

    context = browser.new_context()
    context.add_init_script(HOOKS)
    page = context.new_page()
    events: list[str] = []
    shown = [b""]

    def answer(route: Route) -> None:
        if route.request.url == "https://spip.test/a.svg":
            route.fulfill(body=shown[0], content_type="image/svg+xml")
        else:
            events.append(f"request {route.request.url[:60]}")
            route.abort()

    def dismiss(dialog: Dialog) -> None:
        events.append("dialog")
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("popup", lambda _: events.append("popup"))
    page.route("**/*", answer)

    def open_drawing(content: bytes) -> list[str]:
        shown[0] = content
        events.clear()
        page.goto("https://spip.test/a.svg")
        page.evaluate(TOUCH)
        page.wait_for_timeout(20)
        return [*events, *page.evaluate("() => { /* harness */ return window.calledByScripts; }")]

    yield open_drawing
    context.close()


@pytest.mark.browser
def test_cleaned_drawings_run_nothing_in_a_browser(show: Callable[[bytes], list[str]]) -> None:
    """Chromium shows every attack after cleaning, and sends no request."""
    for name, drawing in {**ACTIVE, **VECTORS}.items():
        cleaned = clean_drawing(encode(name, drawing))
        if cleaned is not None:
            assert show(cleaned) == [], name


@pytest.mark.parametrize(
    "name", ["script", "script file", "foreign", "event", "link", "link spelled", "style import", "event on the root"]
)
def test_the_browser_runs_drawings_that_are_not_cleaned(show: Callable[[bytes], list[str]], name: str) -> None:
    assert show(ACTIVE[name].encode())
