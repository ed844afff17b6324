"""Players of other sites: the address of a frame or a page comes in; that of the host's player goes out, or nothing.

A record for each host says which of its addresses stand for a film or a sound, and what is written for them. Nothing
of a given address is written but what its pattern allows, so no other page can be framed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from spipconv.characters import percent_decode

# A player runs the scripts of its host, whose origin is another one: with these rights it plays and opens its own
# pages, but it cannot leave its frame. YouTube refuses to play without a referrer; it gets the origin only.
SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-presentation"
REFERRER_POLICY = "strict-origin-when-cross-origin"
# Instances of PeerTube that every caller gets.
INSTANCES = frozenset({"framatube.org", "peertube.fr", "tube.aquilenet.fr"})

# Regular expressions, which few programs need: Python compiles each when it is first used.
# An address as browsers read it, without user, port or anything that two programs could read differently.
_ADDRESS = r"(?:https?:)?//(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?P<path>/[!#-;=?-Z_a-z~]*)?"
_HOST = r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
_VALUE = r"[A-Za-z0-9_.,-]{1,64}"
_TIME = "(?:([0-9]{1,2})h)?(?:([0-9]{1,3})m)?(?:([0-9]{1,6})s?)?"
_EDGES = "".join(map(chr, range(0x21)))


class Player(Struct, frozen=True):
    """What an address stands for: the name of its host, the address of the player, that of its page for readers.

    Sizes are those of a frame whose author gave none, in pixels.
    """

    host: str
    address: str
    page: str
    width: int
    height: int


class _Form(Struct, frozen=True):
    """A kind of address: a pattern of its path and query, and what its player and its page are.

    ``hosts`` are in lower case; none stands for the instances of PeerTube. ``{id}`` and the like are the groups of the
    pattern, ``{host}`` is the host.
    """

    hosts: frozenset[str]
    pattern: str
    player: str
    page: str


class _Host(Struct, frozen=True):
    """A host of players. ``parameters`` are those of its players that may be written, with plain values."""

    name: str
    forms: tuple[_Form, ...]
    parameters: frozenset[str] = frozenset()
    width: int = 560
    height: int = 315


def _form(hosts: str, pattern: str, player: str, page: str = "") -> _Form:
    return _Form(frozenset(hosts.split()), pattern, player, page or player)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What may follow: a query or a fragment; in addresses of Flash players also "&" at once.
_REST = r"/?(?:[?&;#].*)?"
_IN_QUERY = "[?](?:.*&)?"
_MORE = "(?:[&#].*)?"
_YOUTUBE = "www.youtube.com youtube.com m.youtube.com music.youtube.com"
_VIDEO = "(?P<id>[A-Za-z0-9_-]{1,64})"
_PLAY = "https://www.youtube.com/embed/{id}"
_WATCH = "https://www.youtube.com/watch?v={id}"
_LIST = "(?P<id>[A-Za-z0-9_-]{1,64})"
_PLAY_LIST = "https://www.youtube.com/embed/videoseries?list={id}"
_SHOW_LIST = "https://www.youtube.com/playlist?list={id}"
_NOCOOKIE = "www.youtube-nocookie.com youtube-nocookie.com"
_VIMEO = "vimeo.com www.vimeo.com"
_CLIP = r"(?P<id>[0-9]{1,12})"
_DAILYMOTION = "www.dailymotion.com dailymotion.com"
_FILM = "(?P<id>[A-Za-z0-9]{1,24})"
_PEERTUBE = "(?P<id>[A-Za-z0-9]{1,36}(?:-[0-9a-f]{1,12}){0,4})"
_ARCHIVE = "archive.org www.archive.org"
_ITEM = "(?P<id>[A-Za-z0-9][A-Za-z0-9_.-]{0,100})"
_PROGRAMME = "(?P<id>[A-Z0-9]{1,12}(?:-[A-Z0-9]{1,12}){1,4})"
_LANGUAGE = "(?P<language>de|en|es|fr|it|pl|ro)"
_SHOW_PROGRAMME = "https://www.arte.tv/{language}/videos/{id}/"
_PLAY_PROGRAMME = "https://www.arte.tv/embeds/{language}/{id}"
# A sound in the address of its player: an address of SoundCloud's, encoded as a whole.
_TRACK = (
    r"https?://(?P<id>api\.soundcloud\.com/(?:tracks|playlists|users)/(?:soundcloud:[a-z]{4,12}:)?[0-9]{1,20}"
    r"|soundcloud\.com/[a-z0-9_-]{1,80}(?:/sets)?(?:/[a-z0-9_-]{1,200})?)(?:[?]secret_token=(?P<secret>s-[A-Za-z0-9]{1,40}))?(?:[?&].*)?"
)
_PLAY_TRACK = "https://w.soundcloud.com/player/?url={url}"

_HOSTS = (
    _Host(
        "YouTube",
        (
            _form(_YOUTUBE, f"/embed/videoseries{_IN_QUERY}list={_LIST}{_MORE}", _PLAY_LIST, _SHOW_LIST),
            _form(_NOCOOKIE, f"/embed/videoseries{_IN_QUERY}list={_LIST}{_MORE}",
                  "https://www.youtube-nocookie.com/embed/videoseries?list={id}", _SHOW_LIST),
            _form(_YOUTUBE, f"/(?:p/|playlist[?]list=){_LIST}{_REST}", _PLAY_LIST, _SHOW_LIST),
            _form(_YOUTUBE, f"/(?:embed|v|e|shorts|live)/{_VIDEO}{_REST}", _PLAY, _WATCH),
            _form(_YOUTUBE, f"/watch/?{_IN_QUERY}v={_VIDEO}{_MORE}", _PLAY, _WATCH),
            _form("youtu.be www.youtu.be", f"/{_VIDEO}{_REST}", _PLAY, _WATCH),
            _form(_NOCOOKIE, f"/(?:embed|v|e)/{_VIDEO}{_REST}", "https://www.youtube-nocookie.com/embed/{id}", _WATCH),
        ),
        _words(
            """cc_lang_pref cc_load_policy color controls end fs hl index iv_load_policy list listType loop
            modestbranding playlist playsinline rel showinfo start"""
        ),
    ),
    _Host(
        "Vimeo",
        (
            _form("player.vimeo.com", f"/video/{_CLIP}{_REST}", "https://player.vimeo.com/video/{id}",
                  "https://vimeo.com/{id}"),
            _form(_VIMEO, f"/{_CLIP}/(?P<h>[0-9a-f]{{6,16}}){_REST}", "https://player.vimeo.com/video/{id}?h={h}",
                  "https://vimeo.com/{id}/{h}"),
            _form(_VIMEO, f"/(?:(?:channels|groups)/[a-z0-9_-]{{1,80}}/(?:videos?/)?)?{_CLIP}{_REST}",
                  "https://player.vimeo.com/video/{id}", "https://vimeo.com/{id}"),
            _form(_VIMEO, rf"/moogaloop\.swf{_IN_QUERY}clip_id={_CLIP}{_MORE}",
                  "https://player.vimeo.com/video/{id}", "https://vimeo.com/{id}"),
        ),
        _words("byline color dnt h loop muted portrait title"),
    ),
    _Host(
        "Dailymotion",
        (
            _form(_DAILYMOTION, f"/(?:embed/video|embed|swf/video|swf|video)/{_FILM}(?:[_/-][^?#]*)?{_REST}",
                  "https://www.dailymotion.com/embed/video/{id}", "https://www.dailymotion.com/video/{id}"),
            _form("dai.ly www.dai.ly", f"/{_FILM}{_REST}", "https://www.dailymotion.com/embed/video/{id}",
                  "https://www.dailymotion.com/video/{id}"),
            _form("geo.dailymotion.com", rf"/player(?:/[a-z0-9]{{1,12}})?\.html{_IN_QUERY}video={_FILM}{_MORE}",
                  "https://geo.dailymotion.com/player.html?video={id}", "https://www.dailymotion.com/video/{id}"),
        ),
        _words("start"),
    ),
    _Host(
        "PeerTube",
        (
            _form("", f"/(?:videos/(?:embed|watch)|w)/{_PEERTUBE}{_REST}", "https://{host}/videos/embed/{id}",
                  "https://{host}/w/{id}"),
            _form("", f"/(?:video-playlists/embed|w/p|videos/watch/playlist)/{_PEERTUBE}{_REST}",
                  "https://{host}/video-playlists/embed/{id}", "https://{host}/w/p/{id}"),
        ),
        _words("loop p2p peertubeLink start stop subtitle title warningTitle"),
    ),
    _Host(
        "Internet Archive",
        (
            _form(_ARCHIVE, f"/(?:embed|details)/{_ITEM}(?:/[^?#]*)?{_REST}", "https://archive.org/embed/{id}",
                  "https://archive.org/details/{id}"),
        ),
        _words("list_height playlist start"),
    ),
    _Host(
        "SoundCloud",
        (
            _form("w.soundcloud.com", f"/player/?{_IN_QUERY}url={_TRACK}", _PLAY_TRACK),
            _form("player.soundcloud.com", rf"/player\.swf{_IN_QUERY}url={_TRACK}", _PLAY_TRACK),
            _form("soundcloud.com www.soundcloud.com m.soundcloud.com",
                  "/(?P<track>(?!(?:discover|pages|search|you)/)[a-z0-9_-]{1,80}(?:/sets)?/[a-z0-9_-]{1,200})" + _REST,
                  _PLAY_TRACK, "https://soundcloud.com/{track}"),
        ),
        _words("color hide_related show_artwork show_comments show_reposts show_user visual"),
        560,
        166,
    ),
    _Host(
        "Arte",
        (
            _form("www.arte.tv", f"/(?:embeds|player)/{_LANGUAGE}/{_PROGRAMME}{_REST}", _PLAY_PROGRAMME,
                  _SHOW_PROGRAMME),
            _form("www.arte.tv", f"/{_LANGUAGE}/videos/{_PROGRAMME}(?:/[^?#]*)?{_REST}", _PLAY_PROGRAMME,
                  _SHOW_PROGRAMME),
            _form("www.arte.tv",
                  rf"/player/v[0-9]/index\.php{_IN_QUERY}json_url=https?://api\.arte\.tv/api/player/v[0-9]/config/"
                  rf"{_LANGUAGE}/{_PROGRAMME}.*", _PLAY_PROGRAMME, _SHOW_PROGRAMME),
        ),
    ),
    _Host(
        "INA",
        (
            _form("player.ina.fr",
                  "/(?P<id>(?:player/)?embed/[A-Za-z0-9_-]{1,80}(?:/[A-Za-z0-9_-]{1,80}){0,8})" + _REST, "https://player.ina.fr/{id}"),
        ),
    ),
)  # fmt: skip
_BY_HOST: Mapping[str, tuple[tuple[_Host, _Form], ...]] = {
    name: tuple((host, form) for host in _HOSTS for form in host.forms if name in form.hosts)
    for name in {name for host in _HOSTS for form in host.forms for name in form.hosts}
}
_OF_INSTANCES = tuple((host, form) for host in _HOSTS for form in host.forms if not form.hosts)


def check_instances(instances: object) -> tuple[str, ...]:
    """Return the hosts of some instances of PeerTube, in lower case, each once and in order.

    Raises TypeError for what is not several strings, and ValueError for a string that is not the name of a host.
    """
    if isinstance(instances, str) or not isinstance(instances, Iterable):
        raise TypeError(f"peertube: expected several names of hosts, not {type(instances).__name__}")
    names = set()
    for name in instances:
        if not isinstance(name, str):
            raise TypeError(f"peertube: expected names of hosts, not {type(name).__name__}")
        if not re.fullmatch(_HOST, name.lower(), re.ASCII):
            raise ValueError(f"peertube: {name!r} is not the name of a host, such as video.example.org")
        names.add(name.lower())
    return tuple(sorted(names))


def find_player(address: str, instances: Collection[str] = ()) -> Player | None:
    """Return the player that an address stands for, or None.

    It may be the address of a player, in a frame or for Flash, or of a page. ``//`` and ``http:`` are read as https.
    ``instances`` are instances of PeerTube besides ``INSTANCES``.
    """
    match = re.fullmatch(_ADDRESS, address.strip(_EDGES), re.IGNORECASE | re.ASCII)
    if match is None:
        return None
    name, path = match["host"].lower(), match["path"] or ""
    forms = _BY_HOST.get(name, ())
    if not forms and (name in INSTANCES or name in instances):
        forms = _OF_INSTANCES
    # SoundCloud and Arte have an encoded address in the address.
    decoded = percent_decode(path)
    for host, form in forms:
        found = re.fullmatch(form.pattern, decoded, re.ASCII | re.DOTALL)
        if found is None:
            continue
        groups = {"host": name, **found.groupdict()}
        if "{url}" in form.player:
            groups["url"] = "https%3A//" + (groups.get("id") or f"soundcloud.com/{groups['track']}")
            if groups.get("secret"):
                groups["url"] += f"%3Fsecret_token%3D{groups['secret']}"
        player = form.player.format_map(groups)
        return Player(
            host.name, _complete(player, path, host.parameters), form.page.format_map(groups), host.width, host.height
        )
    return None


def is_player(address: str, instances: Collection[str] = ()) -> bool:
    """Return whether an address is that of a player as ``find_player`` writes it."""
    player = find_player(address, instances)
    return player is not None and player.address == address


def _complete(player: str, path: str, allowed: frozenset[str]) -> str:
    """Return the address of a player with the parameters of a given one that are allowed."""
    pairs: dict[str, str] = {}
    for pair in re.split("[?&#;]", path, maxsplit=40)[1:]:
        name, _, value = pair.partition("=")
        if name == "t" and "start" in allowed:
            name, value = "start", _seconds(value)
        if name in allowed and f"{name}=" not in player and re.fullmatch(_VALUE, value, re.ASCII):
            pairs.setdefault(name, value)
    query = "&".join([f"{name}={value}" for name, value in sorted(pairs.items())])
    if not query:
        return player
    return f"{player}{'&' if '?' in player else '?'}{query}"


def _seconds(time: str) -> str:
    """Return a time such as ``1m30s`` in seconds."""
    match = re.fullmatch(_TIME, time)
    if not match or not time:
        return ""
    hours, minutes, seconds = [int(part or 0) for part in match.groups()]
    return str(hours * 3600 + minutes * 60 + seconds)
