"""Regular HTML: a converter's HTML comes in; whether an HTML parser would read it just as it is written goes out.

The HTML standard repairs what authors write: it ends a paragraph before a block, a link before another one, and so on.
Where there is nothing to repair, a sanitiser can change nothing but single tags.
"""

from __future__ import annotations

import re
from typing import Final

# The author's elements that may be regular; there are more rules for tables, definition lists, ruby, films and sounds.
ELEMENTS: Final = frozenset(
    """a abbr acronym address article aside b bdi bdo big blockquote br center cite code del dfn div em figcaption
    figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strike strong sub sup
    tt u ul var wbr""".split()
)
# Few texts need these regular expressions: Python compiles them when they are first used.
_BLOCK: Final = "address|article|aside|blockquote|center|div|figcaption|figure|h[1-6r]|li|[ou]l|p|pre|section|table"
_REPAIRED: Final = (
    # A block in an element that holds words.
    rf"<(?:(?:h[1-6]|p|pre)[ >](?:[^<]++|<(?!/?(?:{_BLOCK})[ >]))*+<[a-z]"
    # A link in a link.
    r"|a[ >][^<]*+(?:<(?!/?a[ >])[^<]*+)*+<a[ >]"
    # A newline that parsers drop.
    r"|pre(?: [^<>]*)?>\n)"
)
# An item after anything but the tag of a list or the end of an item.
_STRAY_ITEM: Final = r"<(?!/li>|[ou]l[ >])[^<>]*>[^<]*+<li[ >]"
# nh3 removes addresses whose host is impossible. In these schemes, hosts of plain words are possible.
_HOST: Final = r"(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]+(?::[0-9]{1,4})?"
_ODD_ADDRESS: Final = (
    r'="(?:(?<=href=")|(?<=poster=")|(?<=src="))'
    rf'(?!(?:https?|ftp)://{_HOST}[/?#"]|(?:mailto|tel):[^/"])[A-Za-z][A-Za-z0-9+.-]*:'
)


def is_regular(markup: str) -> bool:
    """Return whether a parser would read HTML just as it is written.

    The HTML must be the converter's, which ends every element, and have no elements of the author but ``ELEMENTS``.
    """
    if re.search(_REPAIRED, markup) or re.search(_ODD_ADDRESS, markup):
        return False
    if "<li" in markup and re.search(_STRAY_ITEM, markup):
        return False
    # Parsers change or drop these characters.
    return "\ufeff" not in markup and "\r" not in markup and "\0" not in markup
