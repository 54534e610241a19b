"""A worker process whose workflows wait: in a durable sleep, for another job, or in a step."""

import asyncio
import sys
from datetime import timedelta
from http import HTTPStatus
from typing import Self

from resonate.context import Context

from contract.names import DOCUMENTS, DOCUMENTS_ADDRESS
from durable import Callback, Question, step, workflow
from durable.runtime import Settings, Worker, WorkerProcess
from durable.wire.client import Client
from local.server_process import ROOT, free_port, has_status
from tests import warm_start
from tests.calls import start_request
from tests.waiting import wait_until


@workflow(name="sleeping")
async def sleep_durably(ctx: Context) -> None:
    """Sleep for an hour."""
    await ctx.sleep(timedelta(hours=1))


@workflow(name="calling")
async def call_without_answer(ctx: Context) -> None:
    """Wait for a job of a group that has no workers."""
    await ctx.options(target="others").rpc("anything")


@workflow(name="asking")
async def ask_outside(ctx: Context) -> None:
    """Wait for a promise that only a person or a system outside settles."""
    await ctx.promise(timeout=timedelta(hours=1))


@step(timeout=60)
async def announce(question: Question) -> str:
    """Announce a question."""
    return question.promise


@workflow(name="reminding")
async def ask_with_reminders(ctx: Context) -> None:
    """Wait for an answer, and a timer that reminds of it."""
    await Callback(str, timeout=timedelta(hours=1), remind_every=timedelta(minutes=30)).ask(ctx, announce)


@step(timeout=600)
async def take_long() -> None:
    """Run for ten minutes."""
    await asyncio.sleep(600)


@workflow(name="running")
async def run_long_step(ctx: Context) -> None:
    """Stay in a running step."""
    await ctx.run(take_long)


class WaitingWorker:
    """The worker; a `with` block begins when it takes work, and its end kills it.

    The server announces a job without a worker again after seconds, so tests create their jobs in the block.
    """

    def __init__(self, url: str) -> None:
        self._port = free_port()
        command = [sys.executable, "-m", "tests.keeper.waiting_worker", url, str(self._port)]
        self._process = warm_start.start(command, cwd=ROOT)

    def __enter__(self) -> Self:
        wait_until(lambda: has_status(self._port, "/ready", HTTPStatus.OK), "the worker takes work")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def start_job(client: Client, name: str, workflow: str) -> None:
    """Create the root promise, as the trigger does."""
    client.create(start_request(name, workflow, target=DOCUMENTS_ADDRESS))


if __name__ == "__main__":
    settings = Settings(url=sys.argv[1], group=DOCUMENTS, probe_timeout=0)
    workflows = [sleep_durably, call_without_answer, ask_outside, ask_with_reminders, run_long_step]
    WorkerProcess([Worker(settings, workflows)], health_port=int(sys.argv[2])).run()
