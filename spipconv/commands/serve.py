"""``spipconv serve``: the live preview of comments, on this computer or behind a proxy."""

from __future__ import annotations

import ipaddress
import os
import socket
import webbrowser

import click

from spipconv.commands.faults import Fault


@click.command(
    epilog="""\b
Examples:
  spipconv serve --open
  spipconv serve --port 8765 --origin https://www.example.org
  spipconv serve --root-path /apercu --trusted-proxies 127.0.0.1
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--lang", default="fr", show_default=True, metavar="CODE", help="The site's language.")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="Another site whose pages may ask; repeatable.")
@click.option("--root-path", default="", metavar="PATH", help="The path under which a proxy shows it.")
@click.option(
    "--trusted-proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A proxy or network of proxies whose X-Forwarded-For is believed; repeatable, or separated by commas.",
)
@click.option(
    "--rate", type=click.FloatRange(min=0), default=5.0, show_default=True, help="Previews a second by client."
)
@click.option("--open", "opens", is_flag=True, help="Show the page in a browser.")
def serve(
    host: str,
    port: int,
    lang: str,
    origins: tuple[str, ...],
    root_path: str,
    trusted_proxies: tuple[str, ...],
    rate: float,
    opens: bool,
) -> None:
    """Serve a comment form with its live preview, and the preview for other pages.

    It listens on this computer alone unless --host says otherwise. Nothing is stored. Stop it with Ctrl+C.
    """
    try:
        from spipconv.preview import create_app
        from spipconv.preview.proxies import TrustedProxies
        from spipconv.preview.server import make_server
    except ImportError as fault:
        raise Fault('serve is not installed: pip install "spipconv[serve]"') from fault
    proxies = [one.strip() for listed in trusted_proxies for one in listed.split(",")]
    try:
        app = create_app(lang=lang, origins=origins, root_path=root_path, trusted_proxies=proxies, rate=rate)
    except ValueError as fault:
        raise Fault(str(fault)) from fault
    listener = _listen(host, port)
    if not _is_loopback(listener):
        click.echo(f"warning: other computers can reach {host}: put a proxy with TLS before it", err=True)
    address = _address(listener, root_path)
    click.echo(f"Preview on {address}")
    if opens:
        webbrowser.open(address)
    try:
        make_server(app, TrustedProxies(proxies)).run(sockets=[listener])
    except KeyboardInterrupt:
        click.echo("Stopped")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as fault:
        # A socket's own sentence names the address a second time.
        reason = os.strerror(fault.errno) if fault.errno and fault.errno > 0 else fault.strerror or str(fault)
        raise Fault(f"cannot listen on {host}, port {port}: {reason}") from fault


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _address(listener: socket.socket, root_path: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}/"
