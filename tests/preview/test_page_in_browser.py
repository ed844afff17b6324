"""The preview in a browser without JavaScript: from the host's form to the page, and on to the host or back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.accessibility import violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
preview = pytest.importorskip("spipconv.preview", reason="starlette is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, expect
else:
    expect = sync_api.expect

pytestmark = pytest.mark.browser

FORM = """<!DOCTYPE html><html lang="fr"><meta charset="utf-8"><title>Article</title><h1>Article</h1>
<form method="post" action="/comments?article=12"{enctype}>
<input type="hidden" name="token" value="&quot;é&amp;">
<label>Sujet <input name="subject"></label>
<label>Nom <input name="name"></label>
<label><input type="checkbox" name="tag" value="a"> a</label>
<label><input type="checkbox" name="tag" value="b"> b</label>
{file}<label>Message <textarea name="text"></textarea></label>
<button type="submit">Envoyer</button>
<button type="submit" name="page" value="/comments?article=12" formaction="/apercu/preview">Prévisualiser</button>
</form>"""
PREVIEW, SEND = "text=Prévisualiser", "text=Envoyer"
TEXT = "\n{{gras}}, [lien->https://example.org/]\n\n{jamais fermé"


class Host:
    """A site with a form, and the preview at /apercu; it keeps what is sent to it, with the request's headers."""

    def __init__(self) -> None:
        from starlette.applications import Starlette
        from starlette.responses import HTMLResponse, RedirectResponse, Response
        from starlette.routing import Mount, Route

        self.received: list[tuple[list[tuple[str, str]], dict[str, str]]] = []

        async def show_form(request: Any) -> Response:
            has_file = "file" in request.query_params
            file = '<label>Photo <input type="file" name="photo"></label>' if has_file else ""
            enctype = ' enctype="multipart/form-data"' if has_file else ""
            return HTMLResponse(FORM.replace("{enctype}", enctype).replace("{file}", file))

        async def receive(request: Any) -> Response:
            async with request.form() as form:
                items = [
                    (name, value if isinstance(value, str) else value.filename) for name, value in form.multi_items()
                ]
            self.received.append((items, dict(request.headers)))
            return RedirectResponse("/thanks", 303)

        async def thank(request: Any) -> Response:
            return HTMLResponse("<!DOCTYPE html><title>Merci</title><p>Merci")

        app = Starlette(
            routes=[
                Route("/", show_form),
                Route("/comments", receive, methods=["POST"]),
                Route("/thanks", thank),
                Mount("/apercu", preview.create_app(rate=0)),
            ]
        )
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True).start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    running = Host()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        except sync_api.Error as error:
            pytest.skip(f"no Chromium: {error}")
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, host: Host) -> Iterator[Page]:
    host.received.clear()
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 375, "height": 667}, locale="fr-FR", base_url=host.address
    )
    yield context.new_page()
    context.close()


def fill(page: Page, text: str, target: str = "/") -> None:
    page.goto(target)
    page.fill("[name=subject]", "Ça & là")
    page.fill("[name=name]", "Zoé")
    page.check("[value=a]")
    page.check("[value=b]")
    page.fill("textarea", text)


def is_in_sight(page: Page, selector: str) -> bool:
    """Return whether the first line of an element is on the screen."""
    box = page.locator(selector).first.bounding_box()
    assert box
    return 0 <= box["y"] < 600


def test_a_form_goes_through_the_preview_to_its_host(page: Page, host: Host) -> None:
    fill(page, TEXT)
    page.click(PREVIEW)
    expect(page).to_have_title("Aperçu de votre message")
    expect(page.locator("h1:focus")).to_have_text("Aperçu de votre message")
    assert is_in_sight(page, ".spip-result strong")
    assert page.locator(".spip-remarks li").count() == 1
    assert page.locator("textarea").input_value() == TEXT
    # Changed, seen once more, and sent.
    page.fill("textarea", TEXT + "}")
    page.click(PREVIEW)
    expect(page.locator(".spip-remarks")).to_have_count(0)
    assert page.locator(".spip-result i").inner_text() == "jamais fermé"
    page.click(SEND)
    expect(page).to_have_title("Merci")
    ((fields, headers),) = host.received
    assert sorted(fields) == sorted(
        [
            ("token", '"é&'), ("subject", "Ça & là"), ("name", "Zoé"), ("tag", "a"), ("tag", "b"),
            ("text", (TEXT + "}").replace("\n", "\r\n")),
        ]
    )  # fmt: skip
    assert [value for name, value in fields if name == "tag"] == ["a", "b"]
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    # Django and others refuse a form whose origin is "null".
    assert headers["origin"] == host.address
    assert headers["referer"].startswith(host.address)


def test_going_back_finds_everything_in_the_form(page: Page) -> None:
    fill(page, TEXT)
    page.click(PREVIEW)
    expect(page.locator("h1:focus")).to_have_text("Aperçu de votre message")
    page.go_back()
    assert page.locator("[name=subject]").input_value() == "Ça & là"
    assert page.locator("textarea").input_value() == TEXT


def test_a_text_that_is_too_long_comes_back_and_can_be_sent(page: Page, host: Host) -> None:
    text = "mot é " * 15_000
    fill(page, text)
    page.click(PREVIEW)
    expect(page).to_have_title("Erreur – Prévisualiser un message")
    assert "64" in page.locator("[role=alert]:focus").inner_text()
    assert is_in_sight(page, "[role=alert]")
    assert page.locator("textarea").input_value() == text
    page.click(SEND)
    expect(page).to_have_title("Merci")
    assert dict(host.received[0][0])["text"] == text


def test_a_file_is_asked_for_again(page: Page, host: Host) -> None:
    file: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
    fill(page, TEXT, "/?file")
    page.set_input_files("[name=photo]", file)
    page.click(PREVIEW)
    expect(page).to_have_title("Aperçu de votre message")
    page.set_input_files("[name=photo]", file)
    page.click(SEND)
    expect(page).to_have_title("Merci")
    assert ("photo", "a.jpg") in host.received[0][0]
    assert dict(host.received[0][0])["text"].replace("\r", "") == TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_result_is_accessible(browser: Browser, host: Host, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 667}, color_scheme=scheme, base_url=host.address)
    page = context.new_page()
    page.route("**/*.js", lambda route: route.abort())
    fill(page, TEXT)
    page.click(PREVIEW)
    expect(page.locator("h1:focus")).to_have_count(1)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
