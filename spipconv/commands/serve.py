"""``spipconv serve``: the live preview of comments, on this computer or behind a proxy."""

from __future__ import annotations

import ipaddress
import os
import socket
import webbrowser
from pathlib import Path

import click
from click.core import ParameterSource

from spipconv.commands.errors import CommandError
from spipconv.commands.options import plugin_option

# Options of which a base has its own, and what to do instead.
_OF_BASE = {
    "lang": '"spipconv comments set {base} language CODE"',
    "origins": '"spipconv comments set {base} site URL"',
    "plugins": "its texts are read without plugins",
}


@click.command(
    epilog="""\b
Examples:
  spipconv serve --open
  spipconv serve --port 8765 --origin https://www.example.org
  spipconv serve --root-path /apercu --trusted-proxies 127.0.0.1
  spipconv serve --comments forum.db --root-path /comments --trusted-proxies 127.0.0.1
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 takes any that is free."
)
@click.option("--lang", default="fr", show_default=True, metavar="CODE", help="Language of the site.")
@click.option(
    "--origin", "origins", multiple=True, metavar="URL", help="Origin allowed to request previews (repeatable)."
)
@plugin_option
@click.option("--root-path", default="", metavar="PATH", help="Path under which a proxy serves it.")
@click.option(
    "--trusted-proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Address or network of proxies whose X-Forwarded-For is trusted (repeatable, or separated by commas).",
)
@click.option(
    "--rate", type=click.FloatRange(min=0), default=5.0, show_default=True, help="Previews per second and client."
)
@click.option(
    "--comments",
    "base",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help='Also serve the comments in the base FILE, which "spipconv comments init" makes.',
)
@click.option(
    "--messages-rate",
    type=click.FloatRange(min=0),
    default=3.0,
    show_default=True,
    help="With --comments: messages per minute and client.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
def serve(
    host: str,
    port: int,
    lang: str,
    origins: tuple[str, ...],
    plugins: tuple[str, ...],
    root_path: str,
    trusted_proxies: tuple[str, ...],
    rate: float,
    base: Path | None,
    messages_rate: float,
    opens: bool,
) -> None:
    """Serve a comment form with its live preview, and previews for other pages.

    It listens on this computer only, unless --host names another address. Without --comments, nothing is stored; with
    it, language and site are those of the base. Press Ctrl-C to stop it.
    """
    proxies = [proxy.strip() for listed in trusted_proxies for proxy in listed.split(",")]
    try:
        from spipconv.web.proxies import TrustedProxies
        from spipconv.web.server import make_server

        if base is not None:
            from spipconv.forum.site.opening import open_app

            _refuse_options(base)
            app = open_app(
                base, rate=messages_rate / 60, preview_rate=rate, trusted_proxies=proxies, root_path=root_path
            )
        else:
            from spipconv.preview import create_app

            app = create_app(
                lang=lang, origins=origins, root_path=root_path, trusted_proxies=proxies, rate=rate, plugins=plugins
            )
    except ImportError as error:
        raise CommandError(
            f'serve is not installed: pip install "spipconv[{"comments" if base else "serve"}]"'
        ) from error
    except ValueError as error:
        raise CommandError(str(error)) from error
    listener = _listen(host, port)
    if not _is_loopback(listener):
        click.echo(f"warning: other computers can reach {host}: put a proxy with TLS in front of it", err=True)
    address = _address(listener, root_path)
    click.echo(f"{'Comments' if base else 'Preview'} on {address}")
    if base:
        _warn_of_missing(base)
    if opens:
        webbrowser.open(address)
    try:
        make_server(app, TrustedProxies(proxies), has_lifespan=base is not None).run(sockets=[listener])
    except KeyboardInterrupt:
        click.echo("Stopped")


def _warn_of_missing(base: Path) -> None:
    """Say if nobody can write messages, or decide on them."""
    from spipconv.forum.store.base import open_base

    with open_base(base, reads_only=True) as store:
        if not any(moderator.is_active for moderator in store.moderators.list_all()):
            click.echo(f'warning: nobody can moderate yet: "spipconv comments moderator add {base} NAME"', err=True)
        if not store.pages.count():
            click.echo(f'warning: no page takes messages yet: "spipconv comments pages {base} SITE"', err=True)


def _refuse_options(base: Path) -> None:
    """Refuse options of which the base has its own."""
    context = click.get_current_context()
    for name, remedy in _OF_BASE.items():
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise CommandError(f"--{name.removesuffix('s')} is not for --comments: {remedy.format(base=base)}")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        # A socket's own sentence names the address a second time.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
        raise CommandError(f"cannot listen on {host}, port {port}: {reason}") from error


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _address(listener: socket.socket, root_path: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}/"
