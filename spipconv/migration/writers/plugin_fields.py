"""The fields of front matter for what plugins have added to a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from spipconv.migration.pages.page import Event, Page, PageLink, Term
from spipconv.migration.writers.files import YamlValue
from spipconv.safety import template_address

# A day before all events, for those that no text announces.
EARLY = datetime(1970, 1, 1)


def plugin_fields(page: Page) -> Mapping[str, YamlValue]:
    """Return the fields by their names in the targets' ``keys``; those without a value are empty."""
    event = page.event
    return {
        "event": {**_event(event), **({"article": _link(page.belongs_to)} if page.belongs_to else {})} if event else {},
        "event_start": event.start if event else None,
        "event_end": event.end if event else None,
        "event_place": event.place if event else "",
        "announced": (event.announced or EARLY) if event else None,
        "events": [
            {"titre": listed.title, "url": template_address(listed.address), **_event(listed.event)}
            for listed in page.events
        ],
        "points": [
            {
                "id": point.number,
                "lat": point.latitude,
                "lon": point.longitude,
                **({"zoom": point.zoom} if point.zoom else {}),
                **({"titre": point.title} if point.title else {}),
                **({"descriptif": point.description} if point.description else {}),
            }
            for point in page.points
        ],
        "places": [f"{point.latitude}, {point.longitude} {point.title}".strip() for point in page.points],
        "composition": page.composition,
        "also_in": [_term(term) for term in page.also_in],
        "also_in_addresses": [address for term in page.also_in if (address := template_address(term.address))],
        "broader": [_term(term) for term in page.broader],
        "extra": dict(page.extra),
    }


def _event(event: Event) -> dict[str, YamlValue]:
    facts: dict[str, YamlValue] = {
        "start": event.start,
        "end": event.end,
        "all_day": event.is_whole_day,
        "location": event.place,
        "address": event.street,
    }
    return {name: value for name, value in facts.items() if value or name == "all_day"}


def _term(term: Term) -> dict[str, YamlValue]:
    return {"id": term.number, "titre": term.title, "url": template_address(term.address)}


def _link(link: PageLink) -> dict[str, YamlValue]:
    return {"titre": link.title, "url": template_address(link.address)}
