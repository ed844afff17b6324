"""What works beside the answers, such as the worker that sends mails: started with the application, ended with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from spipconv.forum.clock import read_clock
from spipconv.forum.keys import Keys
from spipconv.forum.mail.worker import MailWorker
from spipconv.forum.privacy import purge
from spipconv.forum.publication.publisher import Publisher
from spipconv.forum.store.base import Base
from spipconv.web.logs import LOG, describe_error

# It works until it is cancelled, then it ends what it has begun.
Service = Callable[[], Awaitable[None]]
# A service that failed is started again after so many seconds.
_PAUSE = 30.0
_DAY = 24 * 3600


def make_services(base: Base, keys: Keys, clock: Callable[[], int] = read_clock) -> list[Service]:
    """Return all services of a forum: sending mails, publishing messages, and purging every day."""

    async def purge_daily() -> None:
        while True:
            await asyncio.to_thread(purge, base, clock())
            await asyncio.sleep(_DAY)

    return [MailWorker(base, keys, clock).run, Publisher(base, clock).run, purge_daily]


@asynccontextmanager
async def running(services: Sequence[Service]) -> AsyncIterator[None]:
    """Run services until the end of the context, and wait until all have ended."""
    tasks = [asyncio.create_task(_keep_running(service)) for service in services]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_running(service: Service) -> None:
    while True:
        try:
            await service()
        except Exception as error:
            LOG.error("a service failed, and starts again soon: %s", describe_error(error))
            await asyncio.sleep(_PAUSE)
        else:
            return
