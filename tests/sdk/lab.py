"""The harness of the SDK's contract: it starts worker processes and connects callers, both with the unchanged SDK.

Each is ready only when its stream is open. A message without a listener is lost until the server repeats it, and an
answer until the SDK asks again after a minute: scenarios would pass, but late.
"""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resonate.resonate import Resonate

from local.server_process import ROOT
from tests import warm_start
from tests.evidence import Evidence
from tests.waiting import POLL_SECONDS, TIMEOUT_SECONDS

STREAM_LOGGER = logging.getLogger("resonate.connections.sse")
STREAM_IS_OPEN = "SSE connection established"  # what the SDK logs on that logger, on the level INFO
LEASE = 30.0  # seconds; long enough that no worker of a healthy scenario loses a task


@dataclass(frozen=True)
class Worker:
    """A worker process and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The process's id, which its steps leave in the evidence."""
        return self.process.pid

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self.process.kill()
        self.process.wait()

    def wait_until_ready(self) -> None:
        """Return once its stream is open."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while STREAM_IS_OPEN not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the worker did not become ready: {self.log.read_text()[-2000:]}")
            time.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class SdkLab:
    """A server's URL, the evidence left so far, and the workers started so far."""

    url: str
    folder: Path
    workers: list[Worker] = field(default_factory=list)

    @property
    def evidence(self) -> Evidence:
        """What steps have left."""
        return Evidence(self.folder)

    def start(self, *groups: str, lease: float = LEASE, slots: int = 64) -> list[Worker]:
        """Start a worker in each of these groups, all at once, and return them when they are ready."""
        started = [self._start(group, lease, slots) for group in groups]
        for worker in started:
            worker.wait_until_ready()
        return started

    def _start(self, group: str, lease: float, slots: int) -> Worker:
        log = self.folder / f"worker-{len(self.workers)}.log"
        arguments = ["--url", self.url, "--group", group, "--folder", str(self.folder)]
        arguments += ["--lease", str(lease), "--slots", str(slots)]
        with log.open("wb") as out:
            command = [sys.executable, "-m", "tests.sdk.worker", *arguments]
            process = warm_start.start(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out)
        self.workers.append(Worker(process, log))
        return self.workers[-1]

    def kill(self, pid: int) -> None:
        """End the worker that has this process id."""
        next(worker for worker in self.workers if worker.pid == pid).kill()

    def close(self) -> None:
        """Kill every worker, and print their logs: pytest shows them if the test failed."""
        for worker in self.workers:
            worker.kill()
            if worker.process.stdin:
                worker.process.stdin.close()
            print(worker.log, worker.log.read_text(), sep="\n")  # noqa: T201 pytest keeps it for a failure

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[Resonate]:
        """Connect a client that starts workflows and awaits their results, and runs none."""
        is_open = asyncio.Event()

        def check(record: logging.LogRecord) -> bool:
            if record.msg.startswith(STREAM_IS_OPEN):
                is_open.set()
            return True

        STREAM_LOGGER.setLevel(logging.INFO)
        STREAM_LOGGER.addFilter(check)
        # Never ask again for a result: the server must send it.
        resonate = Resonate(url=self.url, group="callers", subscription_refresh_secs=0)
        try:
            await is_open.wait()
            yield resonate
        finally:
            STREAM_LOGGER.removeFilter(check)
            await resonate.stop()

    def result(self, job: str, workflow: str, *args: object, group: str = "workers") -> Any:  # noqa: ANN401 the SDK's
        """Run a workflow from start to end."""

        async def call() -> Any:  # noqa: ANN401 see above
            async with self.caller() as caller:
                return await caller.options(target=group).rpc(job, workflow, *args).result()

        return run_scenario(call())


def run_scenario[T](scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario within the usual timeout."""
    return asyncio.run(asyncio.wait_for(scenario, TIMEOUT_SECONDS))
