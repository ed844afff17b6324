"""Media types: a file extension comes in, its type goes out, the same on every machine and in every Python version."""

from __future__ import annotations

from spipconv.safety import lower_ascii

# Media types with the extensions that SPIP 4 gives them (its table spip_types_documents).
_SPIP = """
    application/abiword abw
    application/annodex anx
    application/epub+zip epub
    application/gpx+xml gpx
    application/illustrator ai
    application/java-archive jar
    application/json json
    application/mathml+xml mathml
    application/mp4 mp4
    application/msword doc dot
    application/octet-stream bin enl ens
    application/ogg ogx
    application/pdf pdf
    application/postscript eps ps
    application/rdf+xml rdf
    application/rtf rtf
    application/vnd.google-earth.kml+xml kml
    application/vnd.google-earth.kmz kmz
    application/vnd.ms-excel xls xlt
    application/vnd.ms-excel.addin.macroEnabled.12 xlam
    application/vnd.ms-excel.sheet.binary.macroEnabled.12 xlsb
    application/vnd.ms-excel.sheet.macroEnabled.12 xlsm
    application/vnd.ms-excel.template.macroEnabled.12 xltm
    application/vnd.ms-powerpoint pot ppt
    application/vnd.ms-powerpoint.addin.macroEnabled.12 ppam
    application/vnd.ms-powerpoint.presentation.macroEnabled.12 pptm
    application/vnd.ms-powerpoint.slideshow.macroEnabled.12 ppsm
    application/vnd.ms-powerpoint.template.macroEnabled.12 potm
    application/vnd.ms-word.document.macroEnabled.12 docm
    application/vnd.ms-word.template.macroEnabled.12 dotm
    application/vnd.ms-wpl wpl
    application/vnd.oasis.opendocument.chart odc
    application/vnd.oasis.opendocument.database odb
    application/vnd.oasis.opendocument.formula odf
    application/vnd.oasis.opendocument.graphics odg
    application/vnd.oasis.opendocument.graphics-template otg
    application/vnd.oasis.opendocument.image odi
    application/vnd.oasis.opendocument.presentation odp
    application/vnd.oasis.opendocument.presentation-template otp
    application/vnd.oasis.opendocument.spreadsheet ods
    application/vnd.oasis.opendocument.spreadsheet-template ots
    application/vnd.oasis.opendocument.text odt
    application/vnd.oasis.opendocument.text-master odm
    application/vnd.oasis.opendocument.text-template ott
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
    application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
    application/vnd.openxmlformats-officedocument.presentationml.template potx
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
    application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
    application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
    application/vnd.stardivision.calc sdc
    application/vnd.stardivision.impress sdd
    application/vnd.stardivision.writer sdw
    application/vnd.sun.xml.calc sxc
    application/vnd.sun.xml.impress sxi
    application/vnd.sun.xml.writer sxw
    application/x-7z-compressed 7z
    application/x-bibtex bib
    application/x-bittorrent torrent
    application/x-blender blend
    application/x-bzip2 bz2
    application/x-chess-pgn pgn
    application/x-debian-package deb
    application/x-dvi dvi
    application/x-font-ttf ttf
    application/x-gtar tgz
    application/x-gzip gz
    application/x-lyx lyx
    application/x-rar-compressed rar
    application/x-redhat-package-manager rpm
    application/x-research-info-systems ris
    application/x-scribus sla
    application/x-shockwave-flash swf
    application/x-sqlite3 mbtiles
    application/x-stuffit sit
    application/x-tar tar
    application/x-xcf xcf
    application/xml csl usf xml
    application/xspf+xml xspf
    application/zip zip
    audio/3ga 3ga
    audio/aac m4r
    audio/amr amr
    audio/annodex axa
    audio/midi mid
    audio/mka mka
    audio/mp4 f4a f4b
    audio/mp4a-latm aac m4a m4b m4p
    audio/mpeg mp3
    audio/ogg oga ogg spx
    audio/x-aac ac3
    audio/x-aifc aifc
    audio/x-aiff aiff
    audio/x-flac flac
    audio/x-monkeys-audio ape
    audio/x-ms-wma wma
    audio/x-musepack mpc
    audio/x-pn-realaudio ra ram rm
    audio/x-wav wav
    image/gif gif
    image/jpeg jpg
    image/png png
    image/svg+xml svg svgz
    image/tiff tif
    image/vnd.djvu djvu
    image/webp webp
    image/x-emf emf wmf
    image/x-ms-bmp bmp
    image/x-photoshop psd
    text/calendar ics
    text/css css
    text/csv csv
    text/html html
    text/plain m3u m3u8 pls srt ssa txt
    text/vcard vcf
    text/vtt vtt
    text/x-chdr h
    text/x-csrc c
    text/x-markdown md
    text/x-pascal pas
    text/x-tex cls sty tex
    text/yaml yaml
    video/3gpp 3gp
    video/MP2P m2p
    video/MP2T m2ts mts ts
    video/annodex axv
    video/mkv mkv
    video/mp4 f4p f4v
    video/mpeg mpg
    video/ogg ogv
    video/quicktime mov qt
    video/vnd.mpegurl m4u
    video/webm webm
    video/x-dv dv
    video/x-flv flv
    video/x-m4v m4v
    video/x-mng mng
    video/x-ms-asf asf asx
    video/x-ms-wmv wmv
    video/x-msvideo avi
    video/x-raw-yuv y4m
"""
# Media types and extensions that SPIP does not know.
_OTHERS = """
    application/atom+xml atom
    application/geo+json geojson
    application/javascript js mjs
    application/rss+xml rss
    application/vnd.apple.keynote key
    application/vnd.apple.numbers numbers
    application/vnd.apple.pages pages
    application/vnd.mozilla.xul+xml xul
    application/vnd.ms-powerpoint pps
    application/vnd.visio vsd
    application/wasm wasm
    application/x-bzip2 bz
    application/x-mobipocket-ebook mobi
    application/x-mspublisher pub
    application/x-sqlite3 sqlite
    application/x-xz xz
    application/xhtml+xml xhtml
    application/zstd zst
    audio/midi midi kar
    audio/mpeg mp2 mpga
    audio/opus opus
    audio/x-aiff aif
    font/otf otf
    font/woff woff
    font/woff2 woff2
    image/avif avif
    image/heic heic heif
    image/jpeg jpeg jpe jfif
    image/jxl jxl
    image/tiff tiff
    image/vnd.djvu djv
    image/x-icon ico
    message/rfc822 eml
    text/html htm
    text/plain text log
    text/tab-separated-values tsv
    text/x-python py
    text/yaml yml
    video/3gpp2 3g2
    video/mpeg mpeg mpe
    video/x-matroska mk3d
"""


def _read(table: str) -> dict[str, str]:
    lines = [line.split() for line in table.splitlines() if line.strip()]
    return {extension: media_type for media_type, *extensions in lines for extension in extensions}


# How SPIP classifies files; all others are "file".
_MEDIA = {
    "image": "jpg jpeg jpe png gif svg svgz webp bmp tif tiff ico avif",
    "audio": "mp3 ogg oga wav mid aac flac m4a wma aif aiff opus",
    "video": "mp4 m4v ogv webm avi mov flv mpg mpeg wmv mkv 3gp",
}
_MEDIA_BY_EXTENSION = {extension: media for media, words in _MEDIA.items() for extension in words.split()}
_TYPES = {**_read(_OTHERS), **_read(_SPIP)}


def media_type(extension: str) -> str:
    """Return the media type for an extension (without the dot, in upper or lower case), or an empty string."""
    return _TYPES.get(lower_ascii(extension), "")


def media_of(extension: str) -> str:
    """Return how SPIP classifies files with an extension: image, audio, video or file."""
    return _MEDIA_BY_EXTENSION.get(lower_ascii(extension), "file")
