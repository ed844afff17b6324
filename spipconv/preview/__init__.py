"""A comment seen while it is typed: an ASGI application that answers with what will be published.

It needs ``pip install "spipconv[serve]"``; without it the import raises ImportError, in one line.
"""

from __future__ import annotations

try:
    # Starlette would miss it only when the first form comes.
    import python_multipart  # noqa: F401

    from spipconv.preview.application import create_app
except ModuleNotFoundError as fault:
    if (fault.name or "").partition(".")[0] not in ("starlette", "anyio", "python_multipart"):
        raise
    raise ImportError('the preview is not installed: pip install "spipconv[serve]"') from fault

__all__ = ["create_app"]
