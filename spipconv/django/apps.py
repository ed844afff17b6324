"""The application, as Django lists it."""

from __future__ import annotations

from django.apps import AppConfig


class SpipConfig(AppConfig):  # type: ignore[misc]  # Django has no types
    """An application of template filters alone: no models, no settings."""

    name = "spipconv.django"
    label = "spipconv"
