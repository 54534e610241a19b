"""The promises of jobs, as steps and the toolkit reach them on the server that a worker is connected to."""

from collections.abc import AsyncIterator, Collection, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from resonate.codec import Codec
from resonate.error import ServerError
from resonate.ids import origin_of
from resonate.types import PromiseCreateReq, PromiseSettleReq

from durable.clock import Clock
from durable.errors import JobError
from durable.promises import PromiseSnapshot, PromiseState, RootPromise, is_below, make_called_off_error
from durable.server import PromiseSummary
from durable.wire.callbacks import BEAT_TAG
from durable.wire.roots import group_address, root_tags

from .sender import RunSender

type _SettledState = Literal["resolved", "rejected", "rejected_canceled"]


class ServerPromises:
    """Implements `PromisePort` and `Server`. New jobs go to the worker's own group, unless they name another."""

    def __init__(self, sender: RunSender, codec: Codec, group: str, clock: Clock) -> None:
        self._sender: Final = sender
        self._codec: Final = codec
        self._group: Final = group
        self._clock: Final = clock

    async def read(self, promise_id: str) -> PromiseSnapshot:
        """Read a promise."""
        record = self._codec.decode_promise(await self._sender.promise_get(promise_id))
        return PromiseSnapshot(
            id=record.id,
            state=record.state,
            value=record.value.data,
            settled_at=None if record.settled_at is None else record.settled_at / 1_000,
            created_at=record.created_at / 1_000,
            timeout_at=record.timeout_at / 1_000,
            args=_read_args(record.param.data),
        )

    async def find(
        self, tags: Mapping[str, str], *, state: PromiseState | None = None
    ) -> AsyncIterator[PromiseSummary]:
        """Yield every promise with these tags."""
        async for record in self._sender.search_all(tags, state):
            yield PromiseSummary(id=record.id, tags=record.tags)

    async def start(self, root: RootPromise, *, address: str | None = None) -> None:
        """Start a job at an address, or in its group, unless its id is known already."""
        await self._create(root, address or self._find_address(root))

    async def claim(self, root: RootPromise, *, is_run: bool = True) -> Mapping[str, str]:
        """Start a job in its group unless its id is known already, and return the tags of its promise."""
        return await self._create(root, self._find_address(root) if is_run else None)

    async def cancel(self, promise_id: str) -> None:
        """Cancel a job, unless it has ended or does not exist."""
        try:
            await self._settle(promise_id, "rejected_canceled", None)
        except ServerError as exc:
            if exc.code != HTTPStatus.NOT_FOUND:
                raise

    async def resolve(self, promise_id: str, value: object) -> None:
        """Settle a promise with a value."""
        await self._settle(promise_id, "resolved", value)

    async def reject(self, promise_id: str, error: JobError) -> None:
        """Settle a promise with an error."""
        await self._settle(promise_id, "rejected", error)

    async def read_last_beat(self, promise_id: str) -> float | None:
        """Return when a client last reported that it works on the answer to a question, in seconds since 1970."""
        beats = [beat.created_at / 1_000 async for beat in self._sender.search_all({BEAT_TAG: promise_id}, "pending")]
        return max(beats, default=None)

    async def count_children(self, promise_id: str) -> int:
        """Return how many calls a scope or a workflow has made, in all its runs."""
        return sum([1 async for _ in self._sender.search_all({"resonate:parent": promise_id})])

    async def call_off(self, promises: Collection[str], *, ended: Collection[str] = ()) -> None:
        """Call off calls by their promises, and each call below them that has a task, a timer or an answer to come.

        `ended` are promises that were canceled before, perhaps without the calls below them. A call goes before those
        below it, so that it does not run on when these end.
        """
        for promise in (*promises, *await self._find_below((*promises, *ended))):
            await self._settle(promise, "rejected_canceled", make_called_off_error())

    def _find_address(self, root: RootPromise) -> str:
        return group_address(root.group or self._group)

    async def _create(self, root: RootPromise, target: str | None) -> Mapping[str, str]:
        request = make_root_request(root, target, self._codec, self._clock.now())
        return (await self._sender.promise_create(request)).tags

    async def _settle(self, promise_id: str, state: _SettledState, value: object) -> None:
        request = PromiseSettleReq(id=promise_id, state=state, value=self._codec.encode(value))
        await self._sender.promise_settle(request)

    async def _find_below(self, promises: Collection[str]) -> list[str]:
        tags = {"resonate:origin": origin_of(next(iter(promises))), "resonate:scope": "global"}
        pending = [found.id async for found in self._sender.search_all(tags, "pending")]
        return [found for found in pending if any(is_below(found, promise) for promise in promises)]


def _read_args(param: Any) -> tuple[Any, ...]:  # noqa: ANN401 any client may have made the promise
    args = param.get("args") if isinstance(param, dict) else None
    return tuple(args) if isinstance(args, list) else ()


def make_root_request(root: RootPromise, target: str | None, codec: Codec, now: float) -> PromiseCreateReq:
    """Return the request that creates a root promise, from the time in seconds since 1970.

    Workers at the target run it. Without one, it waits to be settled.
    """
    call = {"func": root.workflow.name, "args": root.args, "kwargs": {}, "version": root.workflow.version}
    return PromiseCreateReq(
        id=root.id,
        timeout_at=int((now + root.lifetime) * 1000),
        param=codec.encode(call),
        tags={**root.tags, **root_tags(root.id, target)},
    )
