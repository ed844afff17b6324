"""Remove everything active from drawings (SVG): to a browser, an SVG is a page and may do whatever a page may."""

from __future__ import annotations

import gzip
import html
import re
import zlib
from collections.abc import Iterable, Mapping
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from spipconv.safety import safe_address

# Size limit of an unpacked drawing, in bytes: judging a larger one would take hundreds of megabytes.
MOST_BYTES = 16 << 20
# Nesting limit: no drawing program comes near it, and every reader recurses.
MOST_DRAWING_LEVELS = 200

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ELEMENTS = frozenset(
    """a altGlyph altGlyphDef altGlyphItem animate animateColor animateMotion animateTransform circle clipPath
    color-profile defs desc ellipse feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix
    feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight
    feTile feTurbulence filter flowDiv flowPara flowRegion flowRoot flowSpan font font-face font-face-format
    font-face-name font-face-src g glyph glyphRef hatch hatchpath hkern image line linearGradient marker mask mesh
    meshgradient meshpatch meshrow metadata missing-glyph mpath path pattern polygon polyline radialGradient rect set
    solidColor solidcolor stop style svg switch symbol text textPath title tref tspan use view vkern""".split()
)
# Compared in lower case: a browser knows only one spelling of each, and any other has no effect.
_ATTRIBUTES = frozenset(
    """accent-height accumulate additive alignment-baseline alphabetic amplitude arabic-form ascent attributename
    attributetype azimuth basefrequency baseline-shift baseprofile bbox begin bias block-progression by calcmode
    cap-height class clip clip-path clip-rule clippathunits color color-interpolation color-interpolation-filters
    color-profile color-rendering content contentscripttype contentstyletype crossorigin cursor cx cy d decoding
    descent diffuseconstant direction display divisor dominant-baseline download dur dx dy edgemode elevation
    enable-background end exponent externalresourcesrequired fill fill-opacity fill-rule filter filterres filterunits
    flood-color flood-opacity focusable font font-family font-size font-size-adjust font-stretch font-style
    font-variant font-weight format fr from fx fy g1 g2 glyph-name glyph-orientation-horizontal
    glyph-orientation-vertical glyphref gradienttransform gradientunits hanging hatchcontentunits hatchunits height
    horiz-adv-x horiz-origin-x horiz-origin-y id ideographic image-rendering in in2 inline-size intercept isolation k
    k1 k2 k3 k4 kernelmatrix kernelunitlength kerning keypoints keysplines keytimes lang lengthadjust letter-spacing
    lighting-color limitingconeangle line-height local marker marker-end marker-mid marker-start markerheight
    markerunits markerwidth mask mask-type maskcontentunits maskunits mathematical max media method min
    mix-blend-mode mode name numoctaves offset opacity operator order orient orientation origin overflow
    overline-position overline-thickness paint-order panose-1 path pathlength patterncontentunits patterntransform
    patternunits pitch pointer-events points pointsatx pointsaty pointsatz preservealpha preserveaspectratio
    primitiveunits r radius refx refy rel rendering-intent repeatcount repeatdur requiredextensions requiredfeatures
    requiredformats requiredfonts restart result role rotate rx ry scale seed shape-inside shape-padding
    shape-rendering shape-subtract side slope snapshottime solid-color solid-opacity spacing specularconstant
    specularexponent spreadmethod startoffset stddeviation stemh stemv stitchtiles stop-color stop-opacity
    strikethrough-position strikethrough-thickness stroke stroke-dasharray stroke-dashoffset stroke-linecap
    stroke-linejoin stroke-miterlimit stroke-opacity stroke-width style surfacescale systemlanguage tabindex
    tablevalues target targetx targety text-align text-anchor text-decoration text-decoration-line
    text-decoration-color text-decoration-style text-indent text-orientation text-overflow text-rendering
    text-transform textlength title to transform transform-box transform-origin type u1 u2 underline-position
    underline-thickness unicode unicode-bidi unicode-range units-per-em v-alphabetic v-hanging v-ideographic
    v-mathematical values vector-effect version vert-adv-y vert-origin-x vert-origin-y viewbox viewtarget visibility
    white-space width widths word-spacing writing-mode x x-height x1 x2 xchannelselector y y1 y2 ychannelselector z
    zoomandpan""".split()
)
_XLINK_ATTRIBUTES = frozenset({"type", "title", "show", "actuate", "role", "arcrole"})
_ANIMATIONS = frozenset({"animate", "animateColor", "animateTransform", "set"})
_PICTURES = frozenset({"image", "feImage"})
# Their values are never addresses, whatever they look like.
_PLAIN_ATTRIBUTES = frozenset(
    """content d g1 g2 glyph-name gradienttransform id name patterntransform points title transform u1 u2
    unicode""".split()
)
# Data that drawing programs add for themselves; browsers ignore it.
_PROGRAMS = (
    "http://creativecommons.org/", "http://inkscape.sourceforge.net/", "http://ns.adobe.com/", "adobe:ns:meta/",
    "http://purl.org/dc/", "http://schemas.microsoft.com/visio/", "http://sodipodi.sourceforge.net/",
    "http://sun.com/2000/", "http://svgjs.com/", "http://svgjs.dev/", "http://web.resource.org/cc/",
    "http://www.bohemiancoding.com/", "http://www.boxy-svg.com/", "https://boxy-svg.com", "http://www.corel.com/",
    "http://www.figma.com/", "http://www.inkscape.org/", "http://www.serif.com/", "http://www.vectornator.io",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2001/XMLSchema", "http://www.openswatchbook.org/", "http://openclipart.org/",
    "http://xml.openoffice.org/", "https://sketch.io/", "http://sketchtool.com/", "http://vectornator.io",
)  # fmt: skip

# Encodings that every browser and expat read in the same way; a drawing in any other is rewritten.
ENCODINGS = frozenset({None, "utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})

_DATA_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE | re.ASCII)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|(\r\n|[\r\n\f])|(.)|$)", re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_OWN_URL = r"(?!\s*+[\"']?+\s*+(?:#|data:(?:image/(?:png|jpe?g|gif|webp)|font/|application/(?:x-)?font)))"
_CSS_DANGERS = re.compile(
    rf"url\({_OWN_URL}|@import|@charset|image-set\(|cross-fade\(|(?<![\w-])(?:image|src)\(|expression\(|-moz-binding|"
    r"(?<![\w-])behavior:|javascript:|vbscript:|<"
)
_CSS_IMPORT = re.compile(r"@(?:import|charset)[^;{}@]*+(?:;|$)", re.IGNORECASE | re.ASCII)
_CSS_URL = re.compile(rf"url\({_OWN_URL}\s*+(?:\"[^\"]*+\"\s*+|'[^']*+'\s*+|[^()\"']*+)\)", re.IGNORECASE | re.ASCII)
# Without any of these nothing above is found: this alone settles most values.
_SUSPECT = re.compile(r"[(@\\<]|script|binding|behavior", re.IGNORECASE | re.ASCII)
_SPACE = re.compile(r"[\s\0-\x20]+")


class Unsafe(ValueError):
    """XML that cannot be read safely."""


def clean_drawing(content: bytes) -> bytes | None:
    """Return an SVG without scripts, frames, foreign pages and requests to other hosts; compressed (svgz) if it was.

    The same object is returned if there is nothing to remove, and None if it cannot be read as safe XML (entities,
    ill-formed, not SVG, too large or too deep).
    """
    is_packed = content.startswith(b"\x1f\x8b")
    try:
        plain = _unpack(content) if is_packed else content
        if len(plain) > MOST_BYTES:
            return None
        builder = _Builder()
        encoding = parse([plain], builder)
        root = builder.close()
    except (Unsafe, OSError, EOFError, zlib.error):
        return None
    if root.tag != f"{_SVG}svg":
        return None
    is_changed = builder.is_active or encoding not in ENCODINGS or b"\0" in plain
    is_changed |= _clean_element(root)
    # If a server sends the drawing as HTML, text in the XML may become markup.
    is_changed |= b"<![CDATA[" in plain and any("<" in (one.text or "") + (one.tail or "") for one in root.iter())
    if not is_changed:
        return content
    written = _write(root).encode()
    return gzip.compress(written, mtime=0) if is_packed else written


def parse(chunks: Iterable[bytes], target: object) -> str | None:
    """Feed XML to a target as ElementTree's parser does, and return the encoding that it declares.

    Raises Unsafe for entities and ill-formed XML, and whatever ``target`` raises.
    """
    encodings: list[str | None] = [None]
    parser = XMLParser(target=target)

    def declare(version: str, encoding: str | None, *_: object) -> None:
        encodings[0] = encoding.lower() if encoding else None
        if version != "1.0":
            raise Unsafe(version)

    def declare_attribute(*_: object) -> None:
        raise Unsafe("attributes by default")

    parser.parser.XmlDeclHandler = declare
    # Browsers would add them to elements, this parser would not show them.
    parser.parser.AttlistDeclHandler = declare_attribute
    try:
        for chunk in chunks:
            parser.feed(chunk)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unsafe(str(error)) from error
    return encodings[0]


class _Builder(TreeBuilder):
    """Builds the tree, and notes what is not in the tree."""

    def __init__(self) -> None:
        super().__init__()
        self.is_active = False
        self._level = 0
        self._root: Element | None = None

    def start(self, tag: str, attrs: Mapping[str, str], /) -> Element:
        self._level += 1
        if self._level > MOST_DRAWING_LEVELS:
            raise Unsafe("too deep")
        element: Element = super().start(tag, dict(attrs))
        if self._root is None:
            self._root = element
        return element

    def end(self, tag: str, /) -> Element:
        self._level -= 1
        return super().end(tag)

    def pi(self, target: str, data: str | None = None, /) -> None:  # type: ignore[override]
        """Note a processing instruction: a stylesheet may be a program (XSLT); xpacket is Adobe's mark around a
        description.
        """
        self.is_active |= target != "xpacket" or ">" in (data or "")

    def comment(self, data: str, /) -> None:  # type: ignore[override]
        """Note a comment: if a server sends the file as HTML, comments may end elsewhere than in XML."""
        self.is_active |= data.startswith((">", "->")) or "--!" in data or "<script" in data.lower()

    def close(self) -> Element:
        if self._root is None:
            raise Unsafe("empty")
        return self._root


def _unpack(content: bytes) -> bytes:
    with gzip.GzipFile(fileobj=BytesIO(content)) as file:
        return file.read(MOST_BYTES + 1)


def _clean_element(element: Element) -> bool:
    """Remove everything active from an element and its content; return whether there was anything."""
    is_changed = _clean_attributes(element)
    if element.tag == f"{_SVG}style":
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        cleaned = _clean_style(text)
        if cleaned != text or len(element):
            tail = element.tail
            attributes = dict(element.attrib)
            element.clear()
            element.text, element.tail = cleaned, tail
            element.attrib.update(attributes)
            is_changed = True
    previous: Element | None = None
    for child in list(element):
        if _may_stay(child):
            is_changed |= _clean_element(child)
            previous = child
            continue
        is_changed = True
        element.remove(child)
        # The words after it are not part of it.
        if previous is None:
            element.text = (element.text or "") + (child.tail or "")
        else:
            previous.tail = (previous.tail or "") + (child.tail or "")
    return is_changed


def _may_stay(element: Element) -> bool:
    if not element.tag.startswith(_SVG):
        return _is_programs(element.tag)
    name = element.tag.removeprefix(_SVG)
    if name in _ANIMATIONS:
        animated = element.get("attributeName", "").strip().lower()
        return animated in _ATTRIBUTES and animated not in ("style", "class")
    return name in _ELEMENTS


def _is_programs(name: str) -> bool:
    return name.startswith("{") and name[1:].startswith(_PROGRAMS)


def _clean_attributes(element: Element) -> bool:
    refused = [name for name, value in element.attrib.items() if not _allows(element.tag, name, value)]
    for name in refused:
        del element.attrib[name]
    return bool(refused)


def _allows(tag: str, name: str, value: str) -> bool:
    if name.startswith(_XML):
        return name.removeprefix(_XML) in ("id", "lang", "space")
    if _is_programs(name):
        return True
    local = name.removeprefix(_XLINK)
    if local == "href":
        return _allows_address(tag.removeprefix(_SVG), value)
    if name.startswith(_XLINK):
        return local in _XLINK_ATTRIBUTES
    if name.startswith("{"):
        return False
    local = local.lower()
    if local.startswith("on"):
        return False
    if not tag.startswith(_SVG):
        return True
    if local.startswith(("data-", "aria-")):
        return True
    return local in _ATTRIBUTES and (local in _PLAIN_ATTRIBUTES or not _is_dangerous(value))


def _allows_address(element: str, address: str) -> bool:
    address = address.strip()
    if address.startswith("#"):
        return True
    if element in _PICTURES:
        return _DATA_PICTURE.match(address) is not None or _is_web(address)
    return element == "a" and safe_address(address) is not None


def _is_web(address: str) -> bool:
    scheme, colon, _ = address.partition(":")
    return safe_address(address) is not None and (not colon or "/" in scheme or scheme.lower() in ("http", "https"))


def _clean_style(text: str) -> str:
    """Return a stylesheet without requests, or an empty one if it still looks dangerous."""
    if not _is_dangerous(text):
        return text
    text = _CSS_URL.sub("none", _CSS_IMPORT.sub("", text))
    return "" if _is_dangerous(text) else text


def _is_dangerous(style: str) -> bool:
    """Return whether CSS may run something or send a request to another host, however it is spelled."""
    if _SUSPECT.search(style) is None:
        return False
    decoded = _CSS_ESCAPE.sub(_decode_escape, style)
    seen = (decoded, _CSS_COMMENT.sub("", decoded))
    return any(
        _CSS_DANGERS.search(one.lower()) is not None or _CSS_DANGERS.search(_SPACE.sub("", one).lower()) is not None
        for one in seen
    )


def _decode_escape(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if 0 < code < 0x110000 else "\ufffd"
    return found[3] or ""


def _write(root: Element) -> str:
    """Return XML; ElementTree's own writer would rename every prefix."""
    namespaces = {_SVG[1:-1]: "", _XLINK[1:-1]: "xlink", _XML[1:-1]: "xml"}
    for element in root.iter():
        for name in (element.tag, *element.attrib):
            if name[0] == "{":
                namespaces.setdefault(name[1:].partition("}")[0], f"ns{len(namespaces) - 2}")
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    declared = [
        f' xmlns{":" + prefix if prefix else ""}="{html.escape(uri)}"'
        for uri, prefix in namespaces.items()
        if prefix != "xml"
    ]
    _write_element(root, namespaces, "".join(declared), out)
    return "".join(out) + "\n"


def _write_element(element: Element, namespaces: Mapping[str, str], declared: str, out: list[str]) -> None:
    def qualify(name: str) -> str:
        uri, _, local = name[1:].partition("}") if name[0] == "{" else ("", "", name)
        prefix = namespaces.get(uri, "") if uri else ""
        return f"{prefix}:{local}" if prefix else local

    tag = qualify(element.tag)
    out.append(f"<{tag}{declared}")
    out.extend(f' {qualify(name)}="{_escape_attribute(value)}"' for name, value in element.attrib.items())
    if len(element) or element.text:
        out.append(f">{html.escape(element.text or '', quote=False)}")
        for child in element:
            _write_element(child, namespaces, "", out)
            out.append(html.escape(child.tail or "", quote=False))
        out.append(f"</{tag}>")
    else:
        out.append("/>")


def _escape_attribute(value: str) -> str:
    escaped = html.escape(value)
    for space in "\t\n\r":
        escaped = escaped.replace(space, f"&#{ord(space)};")
    return escaped
