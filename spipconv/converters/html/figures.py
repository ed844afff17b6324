"""Figures in HTML: a picture or a link to a file, with its caption."""

from __future__ import annotations

from urllib.parse import unquote

from spipconv.converters.html.writer import NodeWriter
from spipconv.nodes import Figure
from spipconv.safety import escape_attribute, escape_text, replace_controls, safe_address

_UNITS = ("octets", "kio", "Mio", "Gio")


def write_figure(writer: NodeWriter, node: Figure) -> str:
    """Return the HTML of a figure: a picture, or a link to the file."""
    address = safe_address(node.address) or ""
    kind = node.media or "file"
    place = f" spip_documents_{node.align} spip_document_{node.align}" if node.align else ""
    captions = [
        (writer.flow(field).strip(), name)
        for field, name in ((node.title, "titre"), (node.description, "descriptif"), (node.credits, "credits"))
    ]
    has_caption = any(words for words, _ in captions)
    names = " ".join(
        [f"spip_document_{node.number} spip_document spip_documents spip_document_{kind}{place}"]
        + (["spip_document_avec_legende"] if has_caption else [])
        + list(node.classes)
    )
    picture = _image(writer, node, address) if node.is_image else _file_link(writer, node, address)
    lines = "".join(
        [
            f'<div class="spip_doc_{name}">{f"<strong>{words}</strong>" if name == "titre" else words}</div>\n'
            for words, name in captions
            if words
        ]
    )
    caption = f'<figcaption class="spip_doc_legende">\n{lines}</figcaption>' if lines else ""
    return (
        f'<div class="{escape_attribute(names)}">\n<figure class="spip_doc_inner">\n{picture}\n{caption}</figure>\n'
        "</div>\n"
    )


def _image(writer: NodeWriter, node: Figure, address: str) -> str:
    sizes = "".join([f' {name}="{size}"' for name, size in (("width", node.width), ("height", node.height)) if size])
    picture = f'<img src="{escape_attribute(address)}"{sizes} alt="{escape_attribute(node.alternative)}" />'
    link = safe_address(node.link) if node.link else None
    return f'<a href="{escape_attribute(link)}" class="spip_doc_lien"{_rel(writer)}>{picture}</a>' if link else picture


def _file_link(writer: NodeWriter, node: Figure, address: str) -> str:
    link = safe_address(node.link) if node.link else None
    if node.thumbnail:
        icon = escape_attribute(safe_address(node.thumbnail) or "")
        words = f'<img src="{icon}" width="64" height="64" alt="" />'
    else:
        words = escape_text(replace_controls(unquote(address.rpartition("/")[2])) or address)
    media_type = f' type="{escape_attribute(node.media_type)}"' if node.media_type else ""
    return (
        f'<a href="{escape_attribute(link or address)}" class="spip_doc_lien"'
        f' title="{escape_attribute(_describe(node))}"{media_type}{_rel(writer)}>{words}</a>'
    )


def _rel(writer: NodeWriter) -> str:
    return ' rel="nofollow ugc noopener"' if writer.is_comment else ""


def _describe(node: Figure) -> str:
    """Return the type and the size of a file: ``PDF - 1.2 Mio``."""
    size, unit = float(node.weight), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    amount = f"{size:.1f}".removesuffix(".0")
    return f"{node.extension.upper()} - {amount} {_UNITS[unit]}" if node.weight else node.extension.upper()
