"""Figures in HTML: a picture, a player or a link to a file, with its caption; players of other sites."""

from __future__ import annotations

from spipconv.characters import percent_decode
from spipconv.converters.html.writer import NodeWriter
from spipconv.languages import size_units
from spipconv.nodes import ICONS, Figure, Player
from spipconv.players import REFERRER_POLICY, SANDBOX, find_player
from spipconv.safety import escape_attribute, escape_text, replace_controls, safe_address, safe_source


def write_figure(writer: NodeWriter, node: Figure) -> str:
    """Return the HTML of a figure: a picture, or a link to the file."""
    address = safe_address(node.address) or ""
    kind = escape_attribute(node.media or "file")
    align = escape_attribute(node.align)
    place = f" spip_documents_{align} spip_document_{align}" if align else ""
    captions = [
        (writer.flow(field).strip(), name)
        for field, name in ((node.title, "titre"), (node.description, "descriptif"), (node.credits, "credits"))
    ]
    has_caption = any(words for words, _ in captions)
    names = " ".join(
        [f"spip_document_{node.number} spip_document spip_documents spip_document_{kind}{place}"]
        + (["spip_document_avec_legende"] if has_caption else [])
        + ([own] if (own := writer.classes(node.classes)) else [])
    )
    picture = _content(writer, node, address)
    lines = "".join(
        [
            f'<div class="spip_doc_{name}">{f"<strong>{words}</strong>" if name == "titre" else words}</div>\n'
            for words, name in captions
            if words
        ]
    )
    caption = f'<figcaption class="spip_doc_legende">\n{lines}</figcaption>' if lines else ""
    return f'<div class="{names}">\n<figure class="spip_doc_inner">\n{picture}\n{caption}</figure>\n</div>\n'


def write_player(writer: NodeWriter, node: Player) -> str:
    """Return the HTML of another site's player, or of a link to its page where players are not allowed."""
    player = None if writer.is_comment else find_player(node.address, writer.document.peertube)
    if player is None:
        page, rel = safe_address(node.page), _rel(writer)
        words = escape_text(node.host)
        return f'<p><a href="{escape_attribute(page)}"{rel}>{words}</a></p>\n' if page else f"<p>{words}</p>\n"
    attributes = {
        "src": player.address,
        "title": node.title or player.host,
        "width": str(node.width or player.width),
        "height": str(node.height or player.height),
        "loading": "lazy",
        "referrerpolicy": REFERRER_POLICY,
        "sandbox": SANDBOX,
        "allowfullscreen": "",
    }
    written = "".join([f' {name}="{escape_attribute(value)}"' for name, value in attributes.items()])
    return f"<iframe{written}></iframe>\n"


def file_name(address: str) -> str:
    """Return the name of a file as readers see it, from its address."""
    return replace_controls(percent_decode(address.rpartition("/")[2])) or address


def _content(writer: NodeWriter, node: Figure, address: str) -> str:
    if node.is_image:
        return _image(writer, node, address)
    if node.is_played and not writer.is_comment:
        return _player(node.media, node, address) + _elsewhere(writer, node, address)
    return _file_link(writer, node, address)


def _image(writer: NodeWriter, node: Figure, address: str) -> str:
    source = escape_attribute(safe_source(address) or "")
    picture = f'<img src="{source}"{_sizes(node)} alt="{escape_attribute(node.alternative)}" />'
    return _link(writer, node, safe_address(node.link), picture) if node.link else picture


def _player(name: str, node: Figure, address: str) -> str:
    """Return the browser's own player, in the wrapper of SPIP's; nothing is loaded before the reader starts it."""
    media_type = f' type="{escape_attribute(node.media_type)}"' if node.media_type else ""
    poster = safe_source(node.thumbnail) if name == "video" and not node.thumbnail.startswith(ICONS) else ""
    picture = f' poster="{escape_attribute(poster)}"' if poster else ""
    sizes = _sizes(node) if name == "video" else ""
    source = escape_attribute(safe_source(address) or "")
    return (
        f'<div class="{name}-wrapper"><{name} src="{source}"{media_type}{sizes}{picture}'
        f' preload="none" controls="controls"></{name}></div>'
    )


def _elsewhere(writer: NodeWriter, node: Figure, address: str) -> str:
    """Return the link of a player that leads elsewhere than to its file."""
    link = safe_address(node.link) if node.link else None
    return _link(writer, node, link, escape_text(link)) if link and link != address else ""


def _sizes(node: Figure) -> str:
    return "".join([f' {name}="{size}"' for name, size in (("width", node.width), ("height", node.height)) if size])


def _link(writer: NodeWriter, node: Figure, address: str | None, words: str, title: str = "") -> str:
    """Return a link around words; the type is that of the document, so not of another target."""
    if not address:
        return words
    attributes = {"title": title, "type": node.media_type if address == safe_address(node.address) else ""}
    written = "".join([f' {key}="{escape_attribute(value)}"' for key, value in attributes.items() if value])
    return f'<a href="{escape_attribute(address)}" class="spip_doc_lien"{written}{_rel(writer)}>{words}</a>'


def _rel(writer: NodeWriter) -> str:
    return ' rel="nofollow ugc noopener"' if writer.is_comment else ""


def _file_link(writer: NodeWriter, node: Figure, address: str) -> str:
    if node.thumbnail:
        icon = escape_attribute(safe_source(node.thumbnail) or "")
        words = f'<img src="{icon}" width="64" height="64" alt="" />'
    else:
        words = escape_text(file_name(address))
    link = safe_address(node.link) if node.link else None
    return _link(writer, node, link or address, words, describe_file(node, writer.language))


def describe_file(node: Figure, language: str) -> str:
    """Return the type and the size of a file, in a language: ``PDF - 1.2 Mio``."""
    if not node.weight:
        return node.extension.upper()
    size, unit, units = float(node.weight), 0, size_units(language)
    while size >= 1024 and unit < len(units) - 1:
        size /= 1024
        unit += 1
    amount = f"{size:.1f}".removesuffix(".0")
    return f"{node.extension.upper()} - {amount} {units[unit]}"
