"""The host's form on its way through the page of the preview: what is shown of it again, and where it is sent on."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct
from starlette.requests import Request

from spipconv.web.reading import MULTIPART, URLENCODED, Form

# The field, named by the button, that asks for the whole page; its value is where the host's form is to be sent.
PAGE = "page"
_LONGEST_ACTION = 2_000
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_ADDRESS = re.compile(r"(https?://[^/?#\\@]+)(/[!-\[\]-~]*)?")


class PageForm(Struct, frozen=True):
    """A form as the page shows it again, in the order of its fields, each name once for every value.

    ``fields`` are all but the text and the button, ``files`` the names of fields whose files have to be chosen again.
    ``action`` is the address that the host's form is sent to, empty if the host has not named one or may not;
    ``is_host`` is whether the form is a host's rather than the page's own.
    """

    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    action: str = ""
    enctype: str = MULTIPART
    is_host: bool = False

    @property
    def origin(self) -> str:
        """The origin of the action if it is another one than the page's."""
        address = _ADDRESS.fullmatch(self.action)
        return address[1] if address else ""


def read_page_form(request: Request, form: Form, origins: Collection[str]) -> PageForm:
    """Return the form in a request, with its action if it may be kept; ``origins`` are the hosts' of other origins."""
    fields = [(name, value) for name, value in form.fields if name != PAGE]
    text = next((index for index, (name, _) in enumerate(fields) if name == "text"), None)
    words = "" if text is None else fields.pop(text)[1]
    is_urlencoded = request.headers.get("content-type", "").lower().startswith(URLENCODED)
    return PageForm(
        words,
        tuple(fields),
        form.files,
        find_action(request, form.get(PAGE), origins),
        URLENCODED if is_urlencoded else MULTIPART,
        is_host=form.get(PAGE) != "",
    )


def find_action(request: Request, wanted: str, origins: Collection[str]) -> str:
    """Return the address that the page may send the form to, empty if it may not.

    The page would else send whatever any site fills in to any site, in this site's name. So the request has to come
    from this origin or from one of the listed ones, and so has the address: a path, which is one of the sender's
    origin, or an address at a listed one.
    """
    if len(wanted) > _LONGEST_ACTION:
        return ""
    sender = request.headers.get("origin", "")
    is_listed = sender in origins
    if not (is_listed or _is_own(request, sender)):
        return ""
    if _PATH.fullmatch(wanted):
        return sender + wanted if is_listed else wanted
    address = _ADDRESS.fullmatch(wanted)
    return wanted if address and address[1] in origins else ""


def _is_own(request: Request, sender: str) -> bool:
    """Return whether a page of this origin sent the request: as the browser says, or an old one by its Origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return sender.partition("://")[2] == request.headers.get("host", "") != ""
