"""An extension with everything, of functions that worker processes can import."""

from __future__ import annotations

from msgspec.structs import replace

from spipconv.extensions import Block, Builder, Extension, ModelCall, Shortcut, Writer
from spipconv.nodes import (
    Box,
    Code,
    Document,
    Element,
    Figure,
    Heading,
    Link,
    Node,
    Paragraph,
    Player,
    Quote,
    Raw,
    Strong,
    Text,
)


def show_map(call: ModelCall) -> Node:
    """``<carte12|zoom=3|titre=…>``: a link in the line."""
    return Link(f"https://maps.example/{call.number}?z={call.options.get('zoom', '1')}", call.read(_title(call)))


def show_frame(call: ModelCall) -> tuple[Node, ...]:
    """``<encart|texte=…>``: blocks, with words before them."""
    return (Text("before"), Quote((Paragraph(call.read(call.options.get("texte", ""))),)), Text("after"))


def show_gallery(call: ModelCall) -> tuple[Node, ...] | None:
    """``<galerie3>``: raw text of two formats."""
    if call.number is None:
        return None
    return (
        Raw("html", f'<x-gallery n="{call.number}"></x-gallery>', is_block=True),
        Raw("markdown", f"{{{{< gallery {call.number} >}}}}", is_block=True),
    )


def show_all(call: ModelCall) -> tuple[Node, ...]:
    """``<echo|value>``: whatever was typed, wherever a node has room for it."""
    value = next(iter(call.arguments), "") or call.options.get("v", "")
    if not value:
        # Its source would be read as this model again, without end.
        return (Text(call.source), Link(call.source, (Text(call.source),), title=call.source))
    words = (Text(value),)
    return (
        Link(value, words, title=value, language=value, media_type=value),
        Code(value, value),
        Element("span", (("class", value), ("style", value), ("onclick", value), ("title", value)), words),
        Element("a", (("href", value), ("target", value)), words),
        Element("img", (("src", value), ("alt", value)), ()),
        Element(value, (), words),
        Strong(words, (value,)),
        *call.read(value),
        Figure(1, value, True, alternative=value, title=words, link=value, thumbnail=value, classes=(value,)),
        Figure(2, value, False, media="video", media_type=value, extension=value, align=value, thumbnail=value),
        Player(value, value, value, value),
        Paragraph(words),
    )


def fail(call: ModelCall) -> Node:
    """``<panne1>``: an error of the site's."""
    raise LookupError("no map")


def report(call: ModelCall) -> tuple[Node, ...]:
    """``<absent12>``: nothing, and a diagnostic."""
    call.report("absent")
    return ()


def open_mark(writer: Writer, start: int, end: int) -> None:
    """``[=`` opens marked words."""
    writer.open(Element("mark", (), ()), start, end)


def close_mark(writer: Writer, start: int, end: int) -> None:
    """``=]`` closes them."""
    writer.close(Element("mark", (), ()), start, end)


def write_ticket(writer: Writer, start: int, end: int) -> None:
    """``#12`` is a link to a ticket."""
    number = writer.text[start + 1 : end]
    writer.add(Link(f"/tickets/{number}", (Text(f"n°\u00a0{number}"),), "relative"), start, end)


def break_down(writer: Writer, start: int, end: int) -> None:
    """``!!!panne`` is an error of the site's, in the middle of something."""
    writer.say("half ", start, end)
    raise LookupError


def write_score(writer: Writer, start: int, end: int) -> None:
    """``<abc>…</abc>``: what it holds is not SPIP's."""
    notes = writer.text[start:end][len("<abc>") : -len("</abc>")]

    def fill(builder: Builder) -> None:
        opened = builder.open(Paragraph(()), start, end)
        builder.html(notes, start, end)
        if opened:
            builder.close(opened, start, end)

    writer.build(Box((), is_framed=True), start, end, fill)


def find_term(term: str, language: str) -> str | None:
    """The addresses of some terms."""
    if term == "danger":
        return "javascript:alert(1)"
    return f"/lexique/{language}/{term}" if term.islower() else None


def typeset(words: str, language: str) -> str:
    """Words without three full stops."""
    return words.replace("...", "…")


def lower_headings(document: Document) -> Document:
    """The headings of a document one level down."""
    nodes = [replace(node, level=node.level + 1) if isinstance(node, Heading) else node for node in document.children]
    return replace(document, children=tuple(nodes))


def check_address(address: str) -> str | None:
    """Addresses of the new site."""
    if "refused.example" in address:
        return None
    return "javascript:alert(2)" if "turned.example" in address else address.replace("http://old.example", "")


def check_class(name: str) -> str | None:
    """Classes of the new site."""
    return {"important": "alert", "x": None}.get(name, name)


def _title(call: ModelCall) -> str:
    return call.options.get("titre", "map")


SAMPLE = Extension(
    name="sample",
    title="Sample",
    version="1",
    models={
        "carte": show_map, "encart": show_frame, "galerie": show_gallery, "echo": show_all, "panne": fail,
        "absent": report,
    },
    shortcuts={
        "mark": Shortcut(r"\[=(?=\S)", open_mark, opens="mark"),
        "mark_end": Shortcut(r"=\]", close_mark, closes="mark"),
        "ticket": Shortcut(r"#[0-9]{1,9}\b", write_ticket),
        "failing": Shortcut("!!!panne", break_down),
    },
    blocks=(Block("abc", write_score),),
    glossary=find_term,
    typography=typeset,
    transform=lower_headings,
    address=check_address,
    classes=check_class,
    diagnostics={"absent": ("loss", "no such thing")},
)  # fmt: skip
