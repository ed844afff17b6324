"""The block list: who or what may not post for a time."""

from __future__ import annotations

from typing import Final, cast, get_args

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from spipconv.forum.blocking import LONGEST_REASON, MOST_DAYS, BlockError, read_block
from spipconv.forum.records import Block, BlockKind, Message
from spipconv.forum.site.context import Site
from spipconv.forum.site.gate import Gate, Visit, redirect
from spipconv.forum.site.reviews import write_time
from spipconv.forum.store.store import Store
from spipconv.translations import mark, translate
from spipconv.web.reading import Form
from spipconv.web.refusals import Refusal

_DAY: Final = 24 * 3600
_KINDS: Final = {
    "network": mark("Network"),
    "email": mark("E-mail address"),
    "word": mark("Word"),
}
_NO_NETWORK: Final = mark("The network that this message came from is not known any more.")
_NO_EMAIL: Final = mark("This message has no e-mail address.")


class _Line(Struct, frozen=True):
    """A block as it is shown; of an e-mail address, nobody knows more than its digest."""

    block: Block
    value: str
    ends: str


class BlockPages:
    """The routes of the block list."""

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site = site
        self._gate = gate

    async def show(self, request: Request, visit: Visit) -> Response:
        """Show the block list, with what can be blocked of a message if one is given."""
        number = request.query_params.get("message", "")[:18]
        return await self._answer(request, visit, int(number) if number.isascii() and number.isdigit() else 0)

    async def add(self, request: Request) -> Response:
        """Add a block."""
        visit, form = await self._gate.read(request)
        kind = form.get("kind")
        days = form.get("days")[:5]
        if kind not in get_args(BlockKind) or not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
            raise Refusal("bad-form")
        reason = " ".join(form.get("reason").split())[:LONGEST_REASON]
        ends = visit.now + int(days) * _DAY

        def work(store: Store) -> None:
            value = self._read_value(store, cast("BlockKind", kind), form)
            store.blocks.put(cast("BlockKind", kind), value, reason, ends)

        try:
            await self._site.base.write(work)
        except BlockError as error:
            return await self._answer(request, visit, 0, form, str(error))
        return redirect(request, "blocks")

    async def remove(self, request: Request) -> Response:
        """Remove a block."""
        _, form = await self._gate.read(request)
        number = form.get("block")[:18]
        if not (number.isascii() and number.isdigit()):
            raise Refusal("bad-form")
        await self._site.base.write(lambda store: store.blocks.remove(int(number)))
        return redirect(request, "blocks")

    def _read_value(self, store: Store, kind: BlockKind, form: Form) -> str:
        number = form.get("message")[:18]
        if not (number.isascii() and number.isdigit()):
            return read_block(self._site.keys, kind, form.get("value"))
        message = store.messages.get(int(number))
        if kind == "network":
            if message is None or not message.network:
                raise BlockError(_NO_NETWORK)
            return read_block(self._site.keys, kind, message.network)
        if message is None or message.email_digest is None:
            raise BlockError(_NO_EMAIL)
        return message.email_digest.hex()

    async def _answer(
        self, request: Request, visit: Visit, number: int, form: Form | None = None, fault: str = ""
    ) -> Response:
        def work(store: Store) -> tuple[list[Block], Message | None]:
            return store.blocks.active(visit.now), store.messages.get(number) if number else None

        blocks, message = await self._site.base.read(work)
        lines = [
            _Line(block, "…" if block.kind == "email" else block.value, write_time(block.ends)) for block in blocks
        ]
        return self._site.show(
            request,
            "blocks.html",
            visit.settings,
            language=visit.language,
            status=422 if fault else 200,
            visit=visit,
            place="blocks",
            lines=lines,
            message=message,
            kinds=_KINDS,
            fault=translate(fault, visit.language),
            fields={name: form.get(name) if form else "" for name in ("kind", "value", "reason", "days")},
            most_days=MOST_DAYS,
        )
