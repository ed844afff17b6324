"""Settings: the options of ``spipconv.parse`` come in, and go out checked, for all uses."""

from __future__ import annotations

from typing import Literal, cast, get_args

from msgspec import Struct

from spipconv.extensions import Extension, check_extensions, load_extension
from spipconv.languages import find_language
from spipconv.nodes import Profile
from spipconv.objects import Resolver
from spipconv.players import check_instances
from spipconv.plugins import PLUGINS, check_plugins, has_extensions

PROFILES: tuple[Profile, ...] = get_args(Profile)
# How no-break spaces are written: as characters, or as entities, which every editor shows.
NoBreakSpaces = Literal["char", "entity"]
# ``none``: the spaces, quotes and dashes are the author's own.
Typography = Literal["char", "entity", "none"]
TYPOGRAPHIES: tuple[Typography, ...] = get_args(Typography)


class Settings(Struct, frozen=True):
    """How to read a text; see ``spipconv.parse``."""

    profile: Profile = "article"
    language: str = "fr"
    objects: Resolver | None = None
    embeds: bool = False
    angle_shortcuts: bool = False
    first_note: int = 1
    repair_encoding: bool = False
    plugins: tuple[str, ...] = ()
    peertube: tuple[str, ...] = ()
    typography: bool = True
    extensions: tuple[Extension, ...] = ()

    @property
    def resolver(self) -> Resolver | None:
        """The resolver for objects; in a stranger's comment nothing is looked up."""
        return None if self.profile == "comment" else self.objects


def check_profile(profile: object) -> Profile:
    """Return a profile. Raises ValueError, which names the choices, for any other value."""
    if isinstance(profile, str) and profile in PROFILES:
        return profile
    raise ValueError(f"profile {profile!r} is unknown: choose {', '.join(PROFILES[:-1])} or {PROFILES[-1]}")


def check_language(lang: object) -> str:
    """Return SPIP's code of a language. Raises TypeError or ValueError for any other value."""
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
    profile: object = "article",
    lang: object = "fr",
    objects: object = None,
    embeds: object = False,
    angle_shortcuts: object = False,
    first_note: object = 1,
    repair_encoding: object = False,
    plugins: object = (),
    peertube: object = (),
    typography: object = True,
    extensions: object = (),
) -> Settings:
    """Return the settings for some options, after checking them.

    Raises TypeError or ValueError, whose message is one line that names the argument and the choices.
    """
    if type(first_note) is not int or first_note < 1:
        raise ValueError(f"first_note: expected a whole number from 1, not {first_note!r}")
    names = check_plugins(plugins) if plugins != () else ()
    return Settings(
        check_profile(profile),
        check_language(lang),
        None if objects is None else _check_resolver(objects),
        _check_flag("embeds", embeds),
        _check_flag("angle_shortcuts", angle_shortcuts),
        first_note,
        _check_flag("repair_encoding", repair_encoding),
        names,
        check_instances(peertube) if peertube != () else (),
        read_typography(typography)[0],
        _find_extensions(names, extensions) if extensions != () or (names and has_extensions(names)) else (),
    )


def read_typography(typography: object) -> tuple[bool, NoBreakSpaces | None]:
    """Return whether typography is applied, and how no-break spaces are written: None if the format decides.

    Raises ValueError, which names the choices, for what is neither a Typography, True nor False.
    """
    if typography is True or typography is False:
        return typography, None
    match typography:
        case "char" | "entity":
            return True, typography
        case "none":
            return False, None
    choices = f"{', '.join(TYPOGRAPHIES[:-1])} or {TYPOGRAPHIES[-1]}"
    raise ValueError(f"typography {typography!r} is unknown: choose {choices}")


def _find_extensions(plugins: tuple[str, ...], extensions: object) -> tuple[Extension, ...]:
    """Return the extensions among some plugins that are not ours, and then the caller's."""
    installed = [load_extension(name) for name in plugins if name not in PLUGINS]
    return tuple(dict.fromkeys([*filter(None, installed), *check_extensions(extensions)]))


def _check_flag(name: str, value: object) -> bool:
    # Any string is true, even "no".
    if value is True or value is False:
        return value
    raise TypeError(f"{name}: expected True or False, not {value!r}")


def _check_resolver(objects: object) -> Resolver:
    if all(hasattr(objects, name) for name in ("find", "translate", "site_address")):
        return cast("Resolver", objects)
    raise TypeError(f"objects: expected a Resolver such as Catalogue, not {type(objects).__name__}")
