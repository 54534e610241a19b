"""A worker process whose workflows wait, durably or at work. It ends with the block that started it."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from typing import Self

from resonate.context import Context

from contract.names import DOCUMENTS, DOCUMENTS_ADDRESS
from durable import step, workflow
from durable.runtime import Settings, Worker, WorkerProcess
from local.server_process import ROOT
from tests.calls import start_request
from wire.client import Client


@workflow(name="nap")
async def nap(ctx: Context) -> None:
    """Sleep for an hour."""
    await ctx.sleep(timedelta(hours=1))


@workflow(name="ask")
async def ask(ctx: Context) -> None:
    """Wait for what others are asked to do, and nobody does."""
    await ctx.options(target="others").rpc("anything")


@step(timeout=600)
async def stay() -> None:
    """Take its time."""
    await asyncio.sleep(600)


@workflow(name="hold")
async def hold(ctx: Context) -> None:
    """Be at work."""
    await ctx.run(stay)


class Napping:
    """The worker, while the block lasts."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "tests.keeper.napping", url], cwd=ROOT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def start_job(client: Client, name: str, workflow: str) -> None:
    """Ask for it, as the trigger does."""
    client.create(start_request(name, workflow, target=DOCUMENTS_ADDRESS))


if __name__ == "__main__":
    settings = Settings(url=sys.argv[1], group=DOCUMENTS, probe_timeout=0)
    WorkerProcess([Worker(settings, [nap, ask, hold])]).run()
