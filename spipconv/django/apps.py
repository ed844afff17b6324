"""The application that Django lists."""

from __future__ import annotations

from django.apps import AppConfig


class SpipConfig(AppConfig):  # type: ignore[misc]  # Django has no types
    """An application that only has template filters: no models, no settings."""

    name = "spipconv.django"
    label = "spipconv"
