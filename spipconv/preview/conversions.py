"""Conversions: texts come in, what will be published of them goes out; each client pays for the time of its own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from starlette.requests import ClientDisconnect, Request

from spipconv.comments import PublishedComment, publish
from spipconv.extensions import Extension
from spipconv.web.limits import Buckets
from spipconv.web.refusals import refuse_for

# Shorter texts take about a millisecond: less than handing them to a thread takes, and than others would notice.
_LONGEST_INLINE = 2_000
# Python converts one text at a time, whatever the number of threads; more of them would slow the short texts down.
_THREADS = 1
_MOST_WAITING = 16
_MOST_WAITING_BY_CLIENT = 4
# A request costs one token, and another one for so many bytes, until it is known what it cost.
_BYTES_PER_TOKEN = 8_192
# Seconds of computing that a token pays for: thirty times those of an ordinary comment. The dearest texts, tables of
# nothing but empty cells, take seven times as long as ordinary ones of their length.
_SECONDS_PER_TOKEN = 0.01


class Conversions:
    """The conversions of a process: short texts at once, long ones one after another in a thread.

    ``plugins`` and ``extensions`` are as in ``spipconv.parse``.
    """

    def __init__(self, buckets: Buckets, plugins: tuple[str, ...], extensions: tuple[Extension, ...]) -> None:
        self._buckets = buckets
        self._plugins, self._extensions = plugins, extensions
        self._threads = asyncio.Semaphore(_THREADS)
        self._waiting: Counter[str] = Counter()

    async def publish(self, request: Request, client: str, text: str, lang: str) -> PublishedComment:
        """Return what will be published of the text in a client's request.

        Raises Refusal if the client has to wait, or if too many texts are waiting; ClientDisconnect if the client is
        gone before its turn comes.
        """
        reserved = 1 + len(text) // _BYTES_PER_TOKEN
        self.charge(client, reserved)
        cost = 0.0
        try:
            if len(text) <= _LONGEST_INLINE:
                published, cost = self._convert(text, lang)
                return published
            self._check_queue(client)
            self._waiting[client] += 1
            try:
                async with self._threads:
                    if await request.is_disconnected():
                        raise ClientDisconnect
                    published, cost = await asyncio.to_thread(self._convert, text, lang)
                    return published
            finally:
                self._waiting[client] -= 1
                self._waiting += Counter()
        finally:
            self._buckets.settle(client, max(cost / _SECONDS_PER_TOKEN, 1) - reserved)

    def charge(self, client: str, tokens: float = 1) -> None:
        """Take tokens from a client's bucket. Raises Refusal if it has to wait for them."""
        seconds = self._buckets.take(client, tokens)
        if seconds:
            raise refuse_for(seconds)

    def _check_queue(self, client: str) -> None:
        if self._waiting[client] >= _MOST_WAITING_BY_CLIENT:
            raise refuse_for(1)
        if self._waiting.total() >= _MOST_WAITING:
            raise refuse_for(1, "busy")

    def _convert(self, text: str, lang: str) -> tuple[PublishedComment, float]:
        """Return what is published, and the seconds of computing that this took, without those of other threads."""
        start = time.thread_time()
        published = publish(text, lang, plugins=self._plugins, extensions=self._extensions)
        return published, time.thread_time() - start
