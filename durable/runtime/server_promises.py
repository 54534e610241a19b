"""The promises of jobs, as steps and the toolkit reach them on the server that a worker is connected to."""

from collections.abc import Collection
from typing import Final, Literal

from resonate.codec import Codec
from resonate.ids import origin_of
from resonate.types import PromiseSettleReq

from durable.errors import JobError
from durable.promises import PromiseSnapshot, is_below, make_called_off_error

from .sender import RunSender

type _SettledState = Literal["resolved", "rejected", "rejected_canceled"]
_PAGE_SIZE: Final = 1_000  # promises; the server's maximum


class ServerPromises:
    """Implements `PromisePort`."""

    def __init__(self, sender: RunSender, codec: Codec) -> None:
        self._sender: Final = sender
        self._codec: Final = codec

    async def read(self, promise_id: str) -> PromiseSnapshot:
        """Read a promise."""
        record = self._codec.decode_promise(await self._sender.promise_get(promise_id))
        settled_at = None if record.settled_at is None else record.settled_at / 1_000
        return PromiseSnapshot(id=record.id, state=record.state, value=record.value.data, settled_at=settled_at)

    async def resolve(self, promise_id: str, value: object) -> None:
        """Settle a promise with a value."""
        await self._settle(promise_id, "resolved", value)

    async def reject(self, promise_id: str, error: JobError) -> None:
        """Settle a promise with an error."""
        await self._settle(promise_id, "rejected", error)

    async def call_off(self, promises: Collection[str]) -> None:
        """Cancel promises of one job, and every call below them that has a task, a timer or an answer to come."""
        for promise in (*promises, *await self._find_below(promises)):
            await self._settle(promise, "rejected_canceled", make_called_off_error())

    async def _settle(self, promise_id: str, state: _SettledState, value: object) -> None:
        request = PromiseSettleReq(id=promise_id, state=state, value=self._codec.encode(value))
        await self._sender.promise_settle(request)

    async def _find_below(self, promises: Collection[str]) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        tags = {"resonate:origin": origin_of(next(iter(promises))), "resonate:scope": "global"}
        while True:
            page = await self._sender.promise_search("pending", tags, _PAGE_SIZE, cursor)
            found += [one.id for one in page.promises if any(is_below(one.id, promise) for promise in promises)]
            cursor = page.cursor
            if cursor is None:
                return found
