"""What anybody may ask of the server itself: whether it is well, and what it does with the data of visitors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.health import check_health
from spipconv.forum.policy import write_policy
from spipconv.forum.site.context import Site, answer_json, guess_language


def routes(site: Site) -> list[BaseRoute]:
    """Return the routes."""

    async def show_health(_: Request) -> Response:
        health = await check_health(site.base)
        return answer_json(health, 200 if health.status == "ok" else 503, {"Cache-Control": "no-store"})

    async def show_privacy(request: Request) -> Response:
        settings = await site.settings()
        language = guess_language(request, settings.language)
        return site.show(
            request, "privacy.html", settings, language=language, policy=write_policy(settings, language),
            headers={"Vary": "Accept-Language"},
        )  # fmt: skip

    return [
        Route("/health", show_health, methods=["GET"]),
        Route("/privacy", show_privacy, methods=["GET"]),
    ]
