"""XML backups as SPIP wrote them up to 2.0, made of the rows of a dump: for tests only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from spipconv.migration.read.sources.dump import Dump

HEAD = """<?xml version="1.0" encoding="{charset}"?>
<SPIP
\tversion="SPIP 1.9.2p"
\tversion_base="1.927"
\tversion_archive="1.3"
\tadresse_site="{address}"
\tdir_img="IMG/"
\tdir_logos="IMG/"
>
"""
# What SPIP leaves out of its backups.
_LEFT = re.compile(r"spip_(?:caches|referers\w*|visites\w*|index\w*|ortho\w*|test|versions\w*|ajax\w*|jobs\w*)")
_LOGOS = {"articles": "art", "rubriques": "rub", "auteurs": "aut", "breves": "breve", "mots": "mot", "syndic": "site"}
_KEYS = {table: f"id_{'syndic' if table == 'syndic' else table[:-1]}" for table in _LOGOS}


def xml_backup(dump: Path, img: Path, charset: str = "iso-8859-1") -> bytes:
    """Return the XML backup of a site whose base is in a dump: its values as they are, with the logos in IMG."""
    columns: dict[str, tuple[str, ...]] = {}

    def choose(table: str, names: tuple[str, ...]) -> tuple[str, ...] | None:
        columns[table] = names
        return None if _LEFT.fullmatch(table) else names

    logos = {
        path.stem: path.suffix[1:] for path in sorted(img.rglob("*")) if re.match(r"[a-z]+o(?:n|ff)\d+\.", path.name)
    }
    rows = [_row(table, dict(zip(columns[table], row, strict=True)), logos) for table, row in Dump(dump).read(choose)]
    return (
        HEAD.format(charset=charset, address="https://institut-solidarites.example").encode()
        + b"".join(rows)
        + b"</SPIP>\n"
    )


def _row(table: str, row: Mapping[str, bytes | None], logos: Mapping[str, str]) -> bytes:
    if table == "spip_meta" and row["impt"] != b"oui":
        return b""
    name = table.removeprefix("spip_")
    attributes = ""
    if name in _LOGOS:
        number = (row[_KEYS[name]] or b"").decode()
        endings = [(state, logos.get(f"{_LOGOS[name]}{state}{number}")) for state in ("on", "off")]
        attributes = "".join([f' {state}="{ending}"' for state, ending in endings if ending])
    fields = b"".join(
        [b"<%s>%s</%s>\n" % (column.encode(), escaped(value), column.encode()) for column, value in row.items()]
    )
    return b"<%s%s>\n%s</%s>\n\n" % (table.encode(), attributes.encode(), fields, table.encode())


def escaped(value: bytes | None) -> bytes:
    """Return a value as SPIP writes it."""
    return (value or b"").replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
