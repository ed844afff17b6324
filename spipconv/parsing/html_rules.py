"""What the HTML standard says of elements (section 13.2, parsing): which end or close which others."""

from __future__ import annotations

from typing import Final

FORMATTING: Final = frozenset("a b big code em font i s small strike strong tt u".split())
HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
SPECIAL: Final = HEADINGS | frozenset(
    """address article aside blockquote caption center col colgroup dd details div dl dt fieldset figcaption figure
    footer header hgroup hr iframe li main nav ol p pre section summary table tbody td tfoot th thead tr ul""".split()
)
CLOSES_PARAGRAPH: Final = SPECIAL - frozenset("caption col colgroup iframe p tbody td tfoot th thead tr".split())
BETWEEN_CELLS: Final = frozenset("colgroup table tbody tfoot thead tr".split())
SCOPE_ENDS: Final = frozenset("caption table td th".split())
# The elements that the opening of a table part closes first, and the element that it must then be inside.
TABLE_PARTS: Final = {
    "caption": ("td th tr tbody thead tfoot caption colgroup", "table"),
    "colgroup": ("td th tr tbody thead tfoot caption colgroup", "table"),
    "col": ("td th tr tbody thead tfoot caption", "colgroup table"),
    "tbody": ("td th tr tbody thead tfoot caption colgroup", "table"),
    "thead": ("td th tr tbody thead tfoot caption colgroup", "table"),
    "tfoot": ("td th tr tbody thead tfoot caption colgroup", "table"),
    "tr": ("td th tr caption colgroup", "tbody thead tfoot table"),
    "td": ("td th caption colgroup", "tr tbody thead tfoot table"),
    "th": ("td th caption colgroup", "tr tbody thead tfoot table"),
}
# Elements whose end tag HTML lets authors leave out.
ENDS_BY_ITSELF: Final = frozenset("colgroup dd dt li p tbody td tfoot th thead tr".split())
