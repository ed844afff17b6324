"""Take the pictures of the demonstration in docs/pictures: a wide light page beside a narrow dark one.

python -m tests.theme.pictures    # after make demo; needs Chromium, and fonts that are good to look at

The demonstration's server must be running: spipconv serve --comments demo/forum.db
"""

from __future__ import annotations

import base64
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import BROWSER_OPTIONS, CHROMIUM
from tests.migrations import HERE
from tests.theme.sites import ARTICLE

BUILT = HERE.parent / "demo" / "site" / "public"
FOLDER = HERE.parent / "docs" / "pictures"
SITE, MODERATION = "http://localhost:1313/", "http://localhost:8000/moderation/"
# What each picture shows, and where the page is scrolled to.
PICTURES = {
    "front-page": ("", ""),
    "section": ("publications/", ""),
    "article": (ARTICLE, ""),
    "definitions": (ARTICLE, ".glossary"),
    "thread": (ARTICLE, "#forum"),
    "comment-form": (ARTICLE, "#form"),
    "moderation": (MODERATION, ""),
    "author": ("auteurs/claire-montagnac/", ""),
    "keyword": ("themes/cooperation/", ""),
    "not-found": ("404.html", ""),
    "print": (ARTICLE, ""),
}
HEIGHT = 1000
SCALE = 0.5


def take(browser: Browser, address: str, place: str, width: int, scheme: str, media: str) -> str:
    """Return a picture of a page as an address that holds its data."""
    page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address)
    if address == MODERATION:
        log_in(page)
    if place == "#form":
        write(page)
    if media:
        page.emulate_media(media=media)  # type: ignore[arg-type]
    if place:
        page.locator(place).evaluate("(element) => element.scrollIntoView()")
    data = page.screenshot()
    page.close()
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def log_in(page: Page) -> None:
    """Open the queue as the demonstration's moderator."""
    page.locator("[name=name]").fill("demo")
    page.locator("[name=password]").fill("atelier-des-communs")
    page.locator("[name=password]").press("Enter")
    page.locator(".review").first.wait_for()


def write(page: Page) -> None:
    """Write a message, and wait until its preview is shown."""
    page.locator("#form-author").fill("Zoé")
    page.locator("#form-text").fill(
        "Merci ! Une {{question}} sur [les réserves->https://www.example.org/reserves] :\n"
        "-* qui décide de leur usage ?\n-* et à la dissolution ?"
    )
    page.locator("spip-preview li").first.wait_for()


def main() -> None:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 1313), partial(SimpleHTTPRequestHandler, directory=str(BUILT)))
    Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_OPTIONS)
        for name, (address, place) in PICTURES.items():
            shots = [
                take(
                    browser,
                    address if address == MODERATION else SITE + address,
                    place,
                    width,
                    scheme,
                    "print" if name == "print" else "",
                )
                for width, scheme in ((1280, "light"), (375, "dark"))
            ]
            images = "".join(f'<img src="{shot}" height="{HEIGHT * SCALE}">' for shot in shots)
            page = browser.new_page(viewport={"width": 846, "height": 500})
            page.set_content(f'<body style="margin:0;display:flex;gap:18px;background:#888">{images}')
            session = page.context.new_cdp_session(page)
            taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 82})
            (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))
            page.close()
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
