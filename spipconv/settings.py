"""How a text is to be read: the options of ``spipconv.parse``, checked at one door for every use."""

from __future__ import annotations

from typing import Any, get_args

from msgspec import Struct

from spipconv.languages import find_language
from spipconv.nodes import Profile
from spipconv.objects import Resolver

PROFILES: tuple[Profile, ...] = get_args(Profile)


class Settings(Struct, frozen=True):
    """How a text is to be read: see ``spipconv.parse``."""

    profile: Profile = "article"
    language: str = "fr"
    objects: Resolver | None = None
    embeds: bool = False
    angle_shortcuts: bool = False
    first_note: int = 1

    @property
    def resolver(self) -> Resolver | None:
        """Where objects are looked up; a stranger's comment looks up nothing."""
        return None if self.profile == "comment" else self.objects


def check_profile(profile: Any) -> Profile:
    """Return a profile. Raises ValueError, which names the choices, for what is not one."""
    # A list cannot be looked up in a set.
    if isinstance(profile, str) and profile in PROFILES:
        return profile
    raise ValueError(f"profile {profile!r} is unknown: choose {', '.join(PROFILES[:-1])} or {PROFILES[-1]}")


def check_language(lang: Any) -> str:
    """Return SPIP's code of a language. Raises TypeError or ValueError for what names none."""
    if not isinstance(lang, str):
        raise TypeError(f"lang: expected a string, not {type(lang).__name__}")
    code = find_language(lang)
    if code is None:
        raise ValueError(
            f"lang {lang!r} is unknown: use a code of SPIP's list (spipconv.languages.CODES) or of BCP 47, "
            "for example fr, en or pt-BR"
        )
    return code


def read_settings(
    profile: Any = "article",
    lang: Any = "fr",
    objects: Any = None,
    embeds: Any = False,
    angle_shortcuts: Any = False,
    first_note: Any = 1,
) -> Settings:
    """Return the settings that a caller has given, checked: the one door for all of them.

    Raises TypeError or ValueError, with one line that names the argument and the choices.
    """
    for name, value in (("embeds", embeds), ("angle_shortcuts", angle_shortcuts)):
        # Any text is true, "no" as well.
        if value.__class__ is not bool:
            raise TypeError(f"{name}: expected True or False, not {value!r}")
    if objects is not None and not all(hasattr(objects, name) for name in ("find", "translate", "site_address")):
        raise TypeError(f"objects: expected a Resolver such as Catalogue, not {type(objects).__name__}")
    if type(first_note) is not int or first_note < 1:
        raise ValueError(f"first_note: expected a whole number from 1, not {first_note!r}")
    return Settings(check_profile(profile), check_language(lang), objects, embeds, angle_shortcuts, first_note)
