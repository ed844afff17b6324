"""Previews of comments: an ASGI application that takes SPIP markup and answers with the HTML that will be published.

It needs ``pip install "spipconv[serve]"``; without that, importing it raises ImportError with one line to say so.
"""

from __future__ import annotations

try:
    # Starlette would only miss it when the first form arrives.
    import python_multipart  # noqa: F401

    from spipconv.preview.application import create_app
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("starlette", "anyio", "python_multipart"):
        raise
    raise ImportError('the preview is not installed: pip install "spipconv[serve]"') from error

__all__ = ["create_app"]
