"""A Django site for tests: the filter, and a page of stored comments like the one in docs/preview.md."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import Context, engines
from django.urls import path

DOCUMENT = Path(__file__).parent.parent / "docs" / "preview.md"


def show_comments(request: HttpRequest) -> HttpResponse:
    """Show a stored comment with the template from the document."""
    found = re.search(r"(?ms)^```html\+django\n(.*?)^```$", DOCUMENT.read_text("utf-8"))
    assert found
    template = engines["django"].from_string(found[1])
    return HttpResponse(template.render({"comments": [SimpleNamespace(text="{{gras}}")]}))


urlpatterns = [path("comments/", show_comments)]


def configure() -> None:
    """Set Django up, once per process."""
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            INSTALLED_APPS=["spipconv.django"],
            ROOT_URLCONF=__name__,
            SECRET_KEY="of a test",  # noqa: S106
            TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
            USE_TZ=True,
        )
        django.setup()


def render(source: str, **values: object) -> str:
    """Return a template as Django renders it."""
    configure()
    template = engines["django"].from_string(source)
    return str(template.template.render(Context(values)))
