"""The forum under load, in short: what is acknowledged is stored once, and silent connections keep nobody out.

By hand, longer and with figures: ``benchmarks/comments.py``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")

from spipconv.forum.settings import read_settings
from spipconv.forum.site.application import create_app
from tests.forum import forums
from tests.forum.load import Forum, bear, held

# More by hand: SPIPCONV_TEST_CASES=500.
CASES = int(os.environ.get("SPIPCONV_TEST_CASES", "10"))


@pytest.mark.server
def test_under_load_nothing_acknowledged_is_lost_or_stored_twice(tmp_path: Path) -> None:
    server = Forum(tmp_path)
    with server.running() as client:
        outcome = asyncio.run(bear(server, client, rate=60, seconds=2, readers=10))
    assert not outcome.broken
    assert set(outcome.statuses) == {200}
    assert len(outcome.acknowledged) == 120
    # Those that were sent twice at the same time, too.
    assert outcome.statuses[200] >= 120 + 6
    assert outcome.differing == 0
    assert server.stored() == outcome.acknowledged


@pytest.mark.server
def test_a_client_that_sends_too_many_messages_is_told_so_and_others_are_not(tmp_path: Path) -> None:
    server = Forum(tmp_path)

    async def send() -> list[int]:
        seen = []
        forms = [await server.prepare(client, "192.0.2.1") for _ in range(9)]
        await asyncio.sleep(2.2)
        for number, form in enumerate(forms):
            address = "192.0.2.9" if number == 8 else "192.0.2.1"
            seen.append((await server.post(client, form, f"mot {number}", address))[0])
        client.close()
        return seen

    with server.running("--messages-rate", "1") as client:
        statuses = asyncio.run(send())
    assert statuses == [*[200] * 5, *[429] * 3, 200]
    assert len(server.stored()) == 6


@pytest.mark.server
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other limits on connections")
def test_idle_and_slow_connections_keep_nobody_out_and_do_not_fill_the_log(tmp_path: Path) -> None:
    server = Forum(tmp_path)

    async def visit() -> list[int]:
        async with held(server.port, 300):
            form = await server.prepare(client, "192.0.2.1")
            await asyncio.sleep(2.2)
            seen = [(await client.ask("GET", "/health"))[0], await server.read(client, "192.0.2.1")]
            seen.append((await server.post(client, form, "mot", "192.0.2.1"))[0])
        client.close()
        return seen

    with server.running() as client:
        assert asyncio.run(visit()) == [200] * 3
    assert len(server.log.read_text("utf-8").splitlines()) < 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "path"),
    [
        *(("positive", path) for path in ("/thread", "/token", "/messages", "/messages/own/{token}", "/pages/{key}",
                                          "/health")),
        # The others take nothing that could be wrong; those of the preview are tried with it.
        *(("negative", path) for path in ("/thread", "/token", "/messages", "/pages/{key}")),
    ],
)  # fmt: skip
def test_whatever_is_sent_to_an_operation_gets_an_answer_as_described(mode: str, path: str, tmp_path: Path) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    forum = forums.Forum(tmp_path)
    forum.add("publie")
    app = create_app(forum.base, forum.keys, forum.do(read_settings), rate=0, preview_rate=0)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app).include(path=path)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert operations
    statuses: Counter[int] = Counter()
    for operation in operations:

        @settings(max_examples=CASES, derandomize=True, deadline=None, database=None,
                  suppress_health_check=[*HealthCheck])  # fmt: skip
        @given(case=operation.as_strategy(schemathesis.GenerationMode(mode)))
        def conform(case: Any) -> None:
            statuses[case.call_and_validate().status_code] += 1

        conform()
    assert not [status for status in statuses if status >= 500]
    forum.base.close()
