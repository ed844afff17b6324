"""Facts about SPIP's plugins: those whose shortcuts can be read, by their names here and in SPIP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from spipconv.extensions import Extension, installed_extensions, installed_version, load_extension


class Plugin(Struct, frozen=True):
    """A plugin that adds shortcuts to SPIP's.

    ``name`` is what callers say, ``title`` what people call it. ``prefixes`` are its names in SPIP's list of active
    plugins, in lower case; ``tools`` the names of the tools of the plugin "Couteau Suisse" that read the same.
    ``models`` are the names of the models that it adds.
    """

    name: str
    title: str
    prefixes: frozenset[str]
    tools: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLUGINS: Mapping[str, Plugin] = {
    plugin.name: plugin
    for plugin in (
        Plugin("enluminures", "Enluminures typographiques", _words("typoenluminee enlumtypo")),
        Plugin("intertitres_enrichis", "Intertitres enrichis", _words("intertitrestdm"), _words("titres_typo")),
        Plugin("markdown", "Markdown", _words("markdown")),
        Plugin(
            "videos",
            "Vidéo(s)",
            _words("videos"),
            models=_words("dailymotion peertube vimeo youtube"),
        ),
        # A bare address of a known host in a paragraph of its own is a player.
        Plugin("oembed", "oEmbed", _words("oembed")),
        Plugin("sommaire", "Sommaire", _words("sommaire"), _words("sommaire")),
        Plugin("glossaire", "Glossaire", _words("glossaire"), _words("glossaire")),
        Plugin("decoupe", "Découpe", _words("decoupe"), _words("decoupe")),
    )
}
_NAMES = {name: plugin.name for plugin in PLUGINS.values() for name in (plugin.name, *plugin.prefixes)}
_OF_MODELS = {model: plugin for plugin in PLUGINS.values() for model in plugin.models}


def check_plugins(plugins: object) -> tuple[str, ...]:
    """Return the names of plugins, each once and in the order of ``PLUGINS``; SPIP's own names count as well.

    The names of extensions that installed packages offer follow, as they were given. Raises TypeError for what is not
    several strings, and ValueError, which names the choices, for an unknown name or an extension that cannot be loaded.
    """
    if isinstance(plugins, str) or not isinstance(plugins, Iterable):
        raise TypeError(f"plugins: expected several names, not {type(plugins).__name__}")
    names: dict[str, None] = {}
    for plugin in plugins:
        if not isinstance(plugin, str):
            raise TypeError(f"plugins: expected names, not {type(plugin).__name__}")
        name = _NAMES.get(plugin.lower(), plugin)
        if name not in PLUGINS and load_extension(name) is None:
            choices = ", ".join([*PLUGINS, *installed_extensions()])
            raise ValueError(f"plugin {plugin!r} is unknown: choose from {choices}")
        names[name] = None
    return (*[name for name in PLUGINS if name in names], *[name for name in names if name not in PLUGINS])


def has_extensions(plugins: Iterable[str]) -> bool:
    """Return whether some of the plugins are extensions that installed packages offer."""
    return any(name not in PLUGINS for name in plugins)


def describe_versions(plugins: Iterable[str], extensions: Iterable[Extension]) -> tuple[str, ...]:
    """Return what tells other versions of extensions, installed ones among the plugins and others, from these."""
    installed = [f"{name} {installed_version(name)}" for name in plugins if name not in PLUGINS]
    return (*installed, *[f"{extension.name} {extension.version}" for extension in extensions])


def plugin_of_model(name: str) -> Plugin | None:
    """Return the plugin that adds a model, None where none of ``PLUGINS`` does."""
    return _OF_MODELS.get(name)


def active_plugins(prefixes: Iterable[str], tools: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the plugins that a site uses.

    ``prefixes`` are SPIP's names of its active plugins, in any case, ``tools`` the active tools of Couteau Suisse.
    """
    own, others = {prefix.lower() for prefix in prefixes}, set(tools)
    return tuple(name for name, plugin in PLUGINS.items() if plugin.prefixes & own or plugin.tools & others)
