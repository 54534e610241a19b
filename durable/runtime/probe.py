"""The start-up probe: a worker takes work only after it has shown that server and SDK are compatible.

Otherwise a mismatch of their versions would show late: a job would hang at its first sleep. So a small workflow first
uses all that jobs need: a step, a part as a task of its own, a durable sleep, a promise that is settled from outside.
It is addressed to this worker only: another worker's success would prove nothing. During an outage the probe waits.
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
from durable.promises import RootPromise
from durable.steps import step
from durable.workflows import Workflow, workflow

from .connection import Connection
from .gate import Gate
from .settings import Settings

_NAME: Final = "durable_probe"
_PART_NAME: Final = "durable_probe_part"
_STEP_SECONDS: Final = 5.0
_SLEEP: Final = timedelta(seconds=0.05)  # long enough that the server's clock ends it, and not the request itself
_POLL_SECONDS: Final = 0.05
_LINGER_SECONDS: Final = 10.0  # after its timeout, until the server has deleted all of the probe
_RESULT: Final = 2  # the count with which the probe ends
_REQUIRED_KINDS: Final = ("promise.search", "schedule.search")  # requests that the probe itself does not use


class MismatchError(Exception):
    """Server and SDK are not compatible; the text describes the difference."""


class Probe:
    """Probes one worker's connection; `workflows` must be registered with that worker."""

    def __init__(self, *, connection: Connection, codec: Codec, gate: Gate, settings: Settings, clock: Clock) -> None:
        self._connection: Final = connection
        self._stream: Final = connection.stream
        self._codec: Final = codec
        self._gate: Final = gate
        self._settings: Final = settings
        self._clock: Final = clock
        self.workflows: Final = self._make_workflows()

    async def run(self) -> None:
        """Return once the probe has passed, even after a long outage of the server; raise MismatchError if it fails."""
        while not await self._try_once():
            pass

    async def _try_once(self) -> bool:
        """Return True if the probe passed, or False if the connection was lost meanwhile."""
        while not self._stream.connected:  # noqa: ASYNC110 streams come and go
            await asyncio.sleep(_POLL_SECONDS)
        for kind in _REQUIRED_KINDS:
            await self._require(kind)
        opened = self._stream.opened
        try:
            async with asyncio.timeout(self._settings.probe_timeout):
                record = await self._run_workflow()
        except TimeoutError:
            if self._stream.connected and self._stream.opened == opened:  # no outage explains it
                seconds = f"{self._settings.probe_timeout:g} s"
                raise MismatchError(
                    f"the server is incompatible: a start-up probe was not done within {seconds}"
                ) from None
            return False
        if record.state != "resolved" or self._codec.decode(record.value) != _RESULT:
            state = f"{record.state}, {record.value.data}"
            raise MismatchError(f"the server is incompatible: a start-up probe ended as {state}")
        return True

    async def _require(self, kind: str) -> None:
        """Raise MismatchError unless the server understands a kind of request."""
        auth = {"auth": self._settings.token} if self._settings.token else {}
        head = {"corrId": default_corr_id(), "version": PROTOCOL_VERSION, **auth}
        request = json.dumps({"kind": kind, "head": head, "data": {"limit": 1}})
        text = await self._connection.network.send(request)
        try:
            answer: dict[str, Any] = json.loads(text)
            version, status = answer["head"]["version"], answer["head"]["status"]
        except (ValueError, KeyError, TypeError):
            raise MismatchError(f"{self._settings.url} is not a Resonate server") from None
        if version != PROTOCOL_VERSION:
            raise MismatchError(f"the server speaks protocol {version}, and this worker {PROTOCOL_VERSION}")
        if status != HTTPStatus.OK:
            raise MismatchError(f"the server is incompatible: it answers {kind} with {status}, {answer.get('data')}")

    async def _run_workflow(self) -> PromiseRecord:
        """Start the probe's workflow, and return its promise once it is settled."""
        name = f"probe/{os.urandom(8).hex()}"
        lifetime = self._settings.probe_timeout + _LINGER_SECONDS
        self._gate.admit_only(name)
        root = RootPromise(id=name, workflow=self.workflows[0], lifetime=lifetime)
        await self._connection.promises.start(root, address=self._stream.unicast())
        while (record := await self._connection.sender.promise_get(name)).state == "pending":
            await self._clock.sleep(_POLL_SECONDS)
        return record

    def _make_workflows(self) -> list[Workflow[..., Any]]:
        here, sender, codec = self._stream.unicast(), self._connection.sender, self._codec

        @step(timeout=_STEP_SECONDS)
        async def count(number: int) -> int:
            return number + 1

        @step(timeout=_STEP_SECONDS)
        async def settle(promise: str, number: int) -> None:
            await sender.promise_settle(PromiseSettleReq(id=promise, state="resolved", value=codec.encode(number)))

        @workflow(name=_PART_NAME, version=1)
        async def part(_: Context, number: int) -> int:
            return number + 1

        @workflow(name=_NAME, version=1)
        async def probe(ctx: Context) -> int:
            number = await ctx.run(count, 0)
            number = await ctx.options(target=here).rpc(part, number)
            await ctx.options(target=here).sleep(_SLEEP)
            promise = ctx.promise()
            await ctx.run(settle, await promise.id(), number)
            answer: int = await promise
            return answer

        return [probe, part]


async def find_mismatch(probe: Probe) -> str | None:
    """Return why server and SDK are not compatible, or None if they are."""
    with suppress(ConnectorError):  # refused or stopped: the network has reported it
        try:
            await probe.run()
        except MismatchError as exc:
            return str(exc)
        except ResonateError as exc:
            if isinstance(exc, ConnectorError):
                raise
            return f"the server is incompatible: {exc}"
    return None
