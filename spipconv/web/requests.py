"""What a request says of itself: where the application is mounted, whether a page is asked for, which site sent it."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request

from spipconv.web.refusals import Refusal


def read_header(request: Request, name: str) -> str | None:
    """Return all values of a header as one, None if it has none."""
    values = request.headers.getlist(name)
    return ",".join(values) if values else None


def read_root(request: Request) -> str:
    """Return the path under which the application is mounted, without a slash at its end."""
    # With two slashes at its beginning it would name a host.
    root = str(request.scope.get("root_path", "")).strip("/")
    return f"/{root}" if root else ""


def is_navigation(request: Request) -> bool:
    """Return whether a browser asks for a page to show, rather than a script for a part of one."""
    return request.headers.get("sec-fetch-mode") == "navigate" or request.headers.get("sec-fetch-dest") == "document"


def check_site(request: Request, origins: Collection[str]) -> None:
    """Refuse a form that another site fills in and sends: its words would be shown under this site's name.

    ``origins`` are the sites that may; ``*`` is any. Raises Refusal.
    """
    headers = request.headers
    is_stranger = headers.get("sec-fetch-site") == "cross-site" and headers.get("origin") not in origins
    if is_stranger and "*" not in origins and is_navigation(request):
        raise Refusal("cross-site")
