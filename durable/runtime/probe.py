"""The start-up probe: server and SDK fit together, or the worker takes no work.

The two are versions that somebody chose, and what does not fit shows late otherwise: a job hangs at its first sleep. So
a small workflow goes through everything that jobs need, before the first of them: a step, a part as a task of its own,
a durable sleep, a promise that is settled from outside. It is addressed to this very process, because any other member
of the group would answer for itself. It judges nobody who is merely down: that is waited for.
"""

import asyncio
import json
import os
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from resonate.codec import Codec
from resonate.context import Context
from resonate.error import ConnectorError, ResonateError
from resonate.send import default_corr_id
from resonate.types import PromiseRecord, PromiseSettleReq
from resonate_base import PROTOCOL_VERSION

from durable.clock import Clock
from durable.server import RootPromise
from durable.step import step
from durable.workflow import Workflow, workflow

from .connected import ConnectedServer
from .connection import Connection
from .gate import Gate
from .settings import Settings

_NAME: Final = "durable_probe"
_PART: Final = "durable_probe_part"
_STEP: Final = 5.0  # seconds
_SLEEP: Final = timedelta(seconds=0.05)  # long enough not to be over when it is asked for; the server's clock ends it
_LOOK: Final = 0.05  # seconds between two looks
_AFTERWARDS: Final = 10.0  # seconds after which nothing of it is left, whatever happened
_EXPECTED: Final = 2  # what the probe has counted in the end
_NEEDED: Final = ("promise.search", "schedule.search")  # what a probe does not touch, and what uses it would miss


class UnfitError(Exception):
    """Server and SDK do not fit; the text says in what."""


class Probe:
    """Everything that it takes to prove it, put together for one worker."""

    def __init__(  # noqa: PLR0913 it goes through every part of a worker
        self,
        *,
        connection: Connection,
        server: ConnectedServer,
        codec: Codec,
        gate: Gate,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._network: Final = connection.network
        self._stream: Final = connection.stream
        self._sender: Final = connection.sender
        self._server: Final = server
        self._codec: Final = codec
        self._gate: Final = gate
        self._settings: Final = settings
        self._clock: Final = clock
        self.workflows: Final = self._workflows()

    async def prove(self) -> None:
        """Return when they fit, however long the server is down; raise UnfitError if they do not."""
        while not await self._is_through():
            pass

    async def _is_through(self) -> bool:
        """Try it once; false when the server went away meanwhile."""
        while not self._stream.connected:  # noqa: ASYNC110 streams come and go
            await asyncio.sleep(_LOOK)
        for kind in _NEEDED:
            await self._ask(kind)
        opened = self._stream.opened
        try:
            async with asyncio.timeout(self._settings.probe_timeout):
                ended = await self._ended()
        except TimeoutError:
            if self._stream.connected and self._stream.opened == opened:  # it was there all the time
                why = f"a start-up probe was not done within {self._settings.probe_timeout:g} s"
                raise UnfitError(f"the server does not fit: {why}") from None
            return False
        if ended.state != "resolved" or self._codec.decode(ended.value) != _EXPECTED:
            raise UnfitError(f"the server does not fit: a start-up probe ended as {ended.state}, {ended.value.data}")
        return True

    async def _ask(self, kind: str) -> None:
        corr_id = default_corr_id()
        auth = {"auth": self._settings.token} if self._settings.token else {}
        head = {"corrId": corr_id, "version": PROTOCOL_VERSION, **auth}
        text = await self._network.send(json.dumps({"kind": kind, "head": head, "data": {"limit": 1}}))
        try:
            answer: dict[str, Any] = json.loads(text)
            version, status = answer["head"]["version"], answer["head"]["status"]
        except (ValueError, KeyError, TypeError):
            raise UnfitError(f"what answers at {self._settings.url} is no Resonate server") from None
        if version != PROTOCOL_VERSION:
            raise UnfitError(f"the server speaks protocol {version}, and this worker {PROTOCOL_VERSION}")
        if status != HTTPStatus.OK:
            raise UnfitError(f"the server does not fit: it answers {kind} with {status}, {answer.get('data')}")

    async def _ended(self) -> PromiseRecord:
        """Return the probe's promise once it is settled."""
        name = f"probe/{os.urandom(8).hex()}"
        root = RootPromise(id=name, workflow=self.workflows[0], lifetime=self._settings.probe_timeout + _AFTERWARDS)
        self._gate.admit_only(name)
        await self._sender.promise_create(self._server.creation(root, self._stream.unicast()))
        while (record := await self._sender.promise_get(name)).state == "pending":
            await self._clock.sleep(_LOOK)
        return record

    def _workflows(self) -> list[Workflow[..., Any]]:
        here, sender, codec = self._stream.unicast(), self._sender, self._codec

        @step(timeout=_STEP)
        async def count(number: int) -> int:
            return number + 1

        @step(timeout=_STEP)
        async def settle(promise: str, number: int) -> None:
            await sender.promise_settle(PromiseSettleReq(id=promise, state="resolved", value=codec.encode(number)))

        @workflow(name=_PART)
        async def part(_: Context, number: int) -> int:
            return number + 1

        @workflow(name=_NAME)
        async def probe(ctx: Context) -> int:
            number = await ctx.run(count, 0)
            number = await ctx.options(target=here).rpc(part, number)
            await ctx.options(target=here).sleep(_SLEEP)
            promise = ctx.promise()
            await ctx.run(settle, await promise.id(), number)
            answer: int = await promise
            return answer

        return [probe, part]


async def proven(probe: Probe) -> str | None:
    """Return nothing when server and SDK fit, and otherwise why not, in one sentence."""
    with suppress(ConnectorError):  # we are refused, or leave: whoever noticed has said so
        try:
            await probe.prove()
        except UnfitError as exc:
            return str(exc)
        except ResonateError as exc:
            if isinstance(exc, ConnectorError):
                raise
            return f"the server does not fit: {exc}"
    return None
