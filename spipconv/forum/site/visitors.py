"""What visitors ask for: the thread of a page, a form's token, sending a message, and taking it back."""

from __future__ import annotations

from starlette.routing import BaseRoute

from spipconv.forum.site.context import Site


def routes(site: Site, *, rate: float, burst: int) -> list[BaseRoute]:
    """Return the routes. A client may send ``burst`` messages in a row and ``rate`` a second after that."""
    return []
