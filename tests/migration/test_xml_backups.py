"""XML backups of SPIP 2.0 and older give what a dump of the same base gives, whatever is wrong with their XML."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spipconv.migration.read.prefixes import choose_prefix
from spipconv.migration.read.sources import BadSource, SourceRow, TooLong, open_source
from spipconv.migration.read.sources.packing import file_contents
from spipconv.migration.read.sources.xml_backup import XmlBackup
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.hard_sites import HARD
from tests.migrations import NOW, XML_BACKUP, Migrated, migrated
from tests.xml_backups import HEAD, escaped

SMALL = HARD / "backup192_small.xml.gz"
CONTENT = gzip.decompress(SMALL.read_bytes())
BEGIN, END = HEAD.format(charset="iso-8859-1", address="https://example.org").encode(), b"</SPIP>\n"


def rows_in(folder: Path, content: bytes, window: int = 1 << 20) -> list[tuple[str, SourceRow]]:
    """Return the rows of a backup."""
    path = folder / "dump.xml"
    path.write_bytes(content)
    return [row for row in XmlBackup(file_contents(path), window).read(lambda _, columns: columns) if row[1]]


def one_row(folder: Path, inside: bytes, window: int = 1 << 20) -> SourceRow:
    """Return the only row of a backup whose table has this inside."""
    found = [row for table, row in rows_in(folder, BEGIN + inside + END, window) if table != "spip_meta"]
    assert len(found) == 1
    return found[0]


# The same site


def test_a_backup_gives_the_tree_of_the_dump(tmp_path: Path) -> None:
    found = migrated(XML_BACKUP, "hugo").folder
    wanted = migrated("1.9", "hugo").folder
    files = {path.relative_to(wanted): path.read_bytes() for path in (wanted / "content").rglob("*") if path.is_file()}
    assert {
        path.relative_to(found): path.read_bytes() for path in (found / "content").rglob("*") if path.is_file()
    } == (files)
    assert migrated(XML_BACKUP, "hugo").remarks("encoding-repaired") == []


def test_logos_are_named_without_their_files(tmp_path: Path) -> None:
    migrate(str(SMALL), tmp_path / "out", MigrationOptions("hugo", now=NOW)).close()
    page = (tmp_path / "out/content/nos-jardins/le-compost-c-est-la-vie/index.md").read_text("utf-8")
    assert "- /IMG/arton4.png" in page
    assert "logo_survol: /IMG/artoff4.png" in page
    assert "/IMG/rubon1.jpg" in (tmp_path / "out/content/nos-jardins/_index.md").read_text("utf-8")
    (tmp_path / "IMG").mkdir()
    migrate(str(SMALL), tmp_path / "other", MigrationOptions("hugo", now=NOW, img=tmp_path / "IMG")).close()
    assert Migrated(tmp_path / "other").details("file-missing") == {
        "arton4.png", "artoff4.png", "rubon1.jpg", "jpg/bac.jpg",
    }  # fmt: skip


def test_characters_that_xml_forbids_are_read_and_counted(tmp_path: Path) -> None:
    source = open_source(str(SMALL))
    texts = [row for table, row in source.read(lambda table, _: ("texte",)) if table == "spip_forum"]
    assert texts == [(b"Faut-il {couvrir} le tas\x01 ?",)]
    assert [(doubt.code, doubt.detail) for doubt in source.doubts] == [("character-ill-formed", "spip_forum (1)")]
    migrate(str(SMALL), tmp_path / "out", MigrationOptions("hugo", now=NOW)).close()
    out = Migrated(tmp_path / "out")
    assert out.details("character-ill-formed") == {"spip_forum (1)"}
    for code in ("articles-missing", "keywords-missing", "addresses-missing", "encoding-repaired"):
        assert out.remarks(code) == []


@pytest.mark.parametrize("window", [1, 7, 300])
def test_any_window_gives_the_same_rows(window: int, tmp_path: Path) -> None:
    content = CONTENT
    assert rows_in(tmp_path, content, window) == rows_in(tmp_path, content)


# Ways to write a backup

WAYS: dict[str, tuple[bytes, SourceRow]] = {
    "spip": (b"<t>\n<a>1</a>\n<b>x</b>\n</t>\n\n", (b"1", b"x")),
    "capitals": (b"<T>\n<A>1</A>\n<B>x</b></T>", (b"1", b"x")),
    "spaces in tags": (b"<t\n>\r\n<a >1</a\n>\t<b\t>x</b  ></t >", (b"1", b"x")),
    "spaces in values": (b"<t><a> 1\n</a><b>\r\n x </b></t>", (b" 1\n", b"\r\n x ")),
    "empty": (b"<t><a></a><b/></t>", (b"", b"")),
    "five entities": (b"<t><a>&lt;&gt;&amp;&quot;&apos;</a><b>&amp;lt;&amp;amp;</b></t>", (b"<>&\"'", b"&lt;&amp;")),
    "numbers": (
        b"<t><a>&#233;&#xE9;&#39;&#8217;&#x2011;&#0;</a><b>&amp;#233;</b></t>",
        ("éé'’&#8209;&#0;".encode(), b"&#233;"),
    ),
    "other entities": (b"<t><a>&eacute;&nbsp;&x;</a><b>AT&T & co;</b></t>", (b"&eacute;&nbsp;&x;", b"AT&T & co;")),
    "CDATA": (b"<t><a><![CDATA[<b>&amp;</a>]]> et &lt;<![CDATA[]]]]></a><b>x</b></t>", (b"<b>&amp;</a> et <]]", b"x")),
    "elements inside": (
        b"<t><a>un <i>mot</i> & <br /> <!-- x --></a><b>x</b></t>",
        (b"un <i>mot</i> & <br /> <!-- x -->", b"x"),
    ),
    "comments": (b"<!-- <t> -->\n<t><?php x ?><a>1</a><!-- > --><b>x</b></t>", (b"1", b"x")),
    "a logo": (b"<t on='PNG' off=\"j&#x70;g\" x=\"&y;\"><a>1</a></t>", (b"png", b"1")),
    "latin": (b"<t><a>\xe9t\xe9 \x80</a><b>\xc3\xa9</b></t>", ("été €".encode(), "é".encode())),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_read_however_they_are_written(way: str, tmp_path: Path) -> None:
    inside, row = WAYS[way]
    for window in [*range(1, 60), 1 << 20]:
        assert one_row(tmp_path, inside, window) == row


def test_columns_that_rows_lack_are_absent(tmp_path: Path) -> None:
    inside = b"<t><a>1</a></t><t><b>2</b><a/></t><u><c>3</c></u><t/>"
    found = rows_in(tmp_path, BEGIN + inside + END)
    assert [row for row in found if row[0] != "spip_meta"] == [
        ("t", (b"1", None)), ("t", (b"", b"2")), ("u", (b"3",)), ("t", (None, None)),
    ]  # fmt: skip
    assert {row for table, row in found if table == "spip_meta"} == {
        (b"adresse_site", b"https://example.org"), (b"version_installee", b"1.927"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "written", "charset"),
    [
        ("utf-8", "utf-8", "utf-8"),
        ("UTF-8", "utf-8", "utf-8"),
        ("utf-8", "utf-8-sig", "utf-8"),
        ("iso-8859-1", "cp1252", "cp1252"),
        ("ISO-8859-15", "iso-8859-15", "iso-8859-15"),
        ("windows-1251", "cp1251", "windows-1251"),
        ("utf-7", "utf-8", "utf-8"),
        ("unicode_escape", "utf-8", "utf-8"),
    ],
)
def test_the_charset_is_that_of_the_header(declared: str, written: str, charset: str, tmp_path: Path) -> None:
    text = "Привет" if "1251" in written else "déjà €"
    path = tmp_path / "dump.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="{declared}"?>\n<SPIP><t><a>{text}</a></t></SPIP>'.encode(written))
    source = open_source(str(path))
    assert source.charset == charset
    assert list(source.read(lambda table, _: ("a",) if table == "t" else None)) == [("t", (text.encode(),))]


def test_parts_and_joined_backups_are_read(tmp_path: Path) -> None:
    """SPIP writes a backup in parts, packed each, and joins them; after an interruption, parts are what is left."""
    rows = b"<spip_articles>\n<id_article>1</id_article>\n<titre>A</titre>\n</spip_articles>\n\n"
    path = tmp_path / "dump.xml.gz"
    path.write_bytes(gzip.compress(BEGIN) + gzip.compress(rows) * 2 + gzip.compress(END))
    assert [row for table, row in open_source(str(path)).read(lambda _, c: c) if table == "spip_articles"] == [
        (b"1", b"A")
    ] * 2
    part = tmp_path / "dump.xml.gz.part_001_0001.gz"
    part.write_bytes(gzip.compress(rows))
    source = open_source(str(part))
    assert list(source.read(lambda _, c: c)) == [("spip_articles", (b"1", b"A"))]
    prefix, tables = choose_prefix(source, "")
    assert (prefix, set(tables)) == ("spip", {"articles"})


VALUES = st.lists(
    st.sampled_from(["<", ">", "&", "&lt;", "&amp;#8217;", "&#8217;", "]]>", "<![CDATA[", "</a>", "</t>", "\0", "\n"])
    | st.text(st.characters(codec="latin-1"), max_size=4),
    max_size=8,
).map("".join)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4), st.integers(1, 40))
def test_what_spip_writes_is_read(tmp_path: Path, lines: list[tuple[str, str]], window: int) -> None:
    inside = b"".join(
        [b"<t>\n<a>%s</a>\n<b>%s</b>\n</t>\n\n" % tuple(escaped(value.encode()) for value in line) for line in lines]
    )
    found = rows_in(tmp_path, BEGIN.replace(b"iso-8859-1", b"utf-8") + inside + END, window)
    assert [row for table, row in found if table == "t"] == [(a.encode(), b.encode()) for a, b in lines]


# Faults


def test_a_backup_cut_anywhere_is_refused_by_place(tmp_path: Path) -> None:
    content = CONTENT
    whole = content.rindex(b"</SPIP>") + len(b"</SPIP>")
    path = tmp_path / "dump.xml"
    for length in range(1, whole, 7):
        path.write_bytes(content[:length])
        with pytest.raises(BadSource) as caught:
            list(open_source(str(path)).read(lambda _, columns: columns))
        begun = content.index(b"<SPIP") + 6
        assert length < begun or f"byte {length}: ends inside" in str(caught.value)
    path.write_bytes(content[:whole])
    assert len(list(open_source(str(path)).read(lambda _, columns: columns))) > 7


FAULTS = {
    "no end of a column": (b"<t><a>1</t>", "byte {}: <a> has no end", b"</t>"),
    "a stray end": (b"<t><a>1</a></b></t>", "</b> in row 1, where a column or </t> should be", None),
    "a stray end between rows": (b"</t>", "</t> where a row should begin", None),
    "text between columns": (b"<t>x<a>1</a></t>", "byte {}: 'x<a>1</a></t>.* where a tag should be", b"x<a>"),
    "deep nesting": (b"<t>" + b"<a>" * 100_000, "ends inside <a>, cut off", None),
    "a tag without end": (b"<t><a" + b" x" * 100_000, "where a tag should be", None),
    "too many columns": (b"<t>" + b"".join(b"<c%d/>" % n for n in range(32_768)), "more than 32,767 columns", None),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("window", [50, 1 << 20])
def test_errors_name_the_byte(fault: str, window: int, tmp_path: Path) -> None:
    inside, message, place = FAULTS[fault]
    offset = len(BEGIN) + inside.index(place) if place else ""
    with pytest.raises(BadSource, match=message.format(offset)):
        rows_in(tmp_path, BEGIN + inside + (END if place else b""), window)


BOMB = (
    b'<?xml version="1.0"?>\n<!DOCTYPE SPIP [\n<!ENTITY a "aaaaaaaaaa">\n'
    + b"".join([b'<!ENTITY a%d "%s">\n' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 20)]).replace(b"&a0;", b"&a;")
    + b'<!ENTITY file SYSTEM "file:///etc/passwd">\n]>\n<SPIP><t><a>&a19;&file;</a></t></SPIP>'
)


def test_entities_of_a_dtd_are_not_resolved(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(BOMB)
    assert list(open_source(str(path)).read(lambda table, _: ("a",) if table == "t" else None)) == [
        ("t", (b"&a19;&file;",))
    ]


def test_a_long_value_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spipconv.migration.read.sources.xml_backup.LONGEST_VALUE", 1 << 16)
    path = tmp_path / "dump.xml"
    path.write_bytes(BEGIN + b"<t><a>1</a><b>" + b"&lt;x&gt;\xe9" * (1 << 17) + b"</b><c>3</c></t>" + END)
    tracemalloc.start()
    try:
        source = XmlBackup(file_contents(path), 1 << 14)
        ((_, row),) = source.read(lambda table, columns: columns if table == "t" else None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert row[0::2] == (b"1", b"3")
    assert isinstance(row[1], TooLong)
    assert peak < 1 << 20
