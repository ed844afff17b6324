"""Origins: the address of a site comes in, its origin goes out, as browsers name it."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin_of(address: str) -> str:
    """Return the origin of an address of the web, as browsers write it, or an empty string."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = parts.port in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{parts.port}"
