"""The harness: a server, a fake Lambda whose function runs the tests' workflows, and bridges between both."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from durable import Clock, Workflow
from durable.history import list_parking_notes
from durable.runtime import CallAnswer, FunctionWorker, Settings, Worker
from durable.wire.answers import EmptyAnswer, TaskPage
from durable.wire.function_calls import CallHead, FunctionCall
from durable.wire.messages import ExecuteData, TaskRef
from durable.wire.requests import PromiseSearch, TaskRelease, TaskSearch
from local.server_process import ROOT
from tests import warm_start
from tests.durable.worker_lab import GROUP, WorkerLab
from tests.waiting import wait_until
from worker.adapters.lambda_function import open_function

from .fake_lambda import ARN, SECONDS, FakeLambda, run_in_thread
from .flows import TIME, WORKFLOWS


@dataclass
class FunctionLab(WorkerLab):
    """`fake` is Lambda; its function runs in threads of the test unless a test says otherwise."""

    stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.fake = FakeLambda(run_in_thread(self.make_worker()))
        self.stack.enter_context(self.fake.serve())

    def make_worker(
        self, *workflows: Workflow[..., Any], clock: Clock | None = None, token: str | None = None, url: str = ""
    ) -> FunctionWorker:
        """Return a function worker for these workflows, or all of the tests'."""
        settings = Settings(url=url or self.server.url, group=f"poll://any@{GROUP}", token=token)
        worker = FunctionWorker(settings, workflows or WORKFLOWS, clock=clock or Clock(monotonic=TIME))
        self.stack.callback(worker.close)
        return worker

    def pending(self) -> list[TaskRef]:
        """Return the tasks that the server offers."""
        page = self.client.ask(TaskSearch(state="pending", limit=1_000), TaskPage)
        return [TaskRef(id=task.id, version=task.version) for task in page.tasks]

    def call(self, worker: FunctionWorker, *, seconds: float = SECONDS, task: TaskRef | None = None) -> CallAnswer:
        """Call the function for a task, or for the only one that the server offers."""
        [offered] = [task] if task else self.pending()
        return worker.answer(FunctionCall(data=ExecuteData(task=offered), head=CallHead(pid="test")), seconds)

    def call_until_done(self, worker: FunctionWorker) -> list[str]:
        """Call the function as long as the server offers a task; return how each call ended."""
        ends = []
        while tasks := self.pending():
            ends.append(self.call(worker, task=tasks[0]).status)
        return ends

    def release(self, task: str, version: int | None) -> None:
        """Release a task, as a bridge does."""
        self.client.ask(TaskRelease(id=task, version=version or 0), EmptyAnswer)

    def notes_of(self, task: str) -> list[str]:
        """Return why functions could not run a task, as its notes say."""
        found = self.client.search_all(PromiseSearch(tags={"resonate:parent": task}))
        return [note.message for note in list_parking_notes(found)]

    @contextmanager
    def bridge(self, clock: Clock | None = None, **settings: object) -> Iterator[Worker]:
        """Run a bridge in a thread inside the block; at its end it drains. It has no start-up probe."""
        given: dict[str, Any] = {
            "group": GROUP,
            "concurrency": 50,
            "lease": 120.0,
            "max_parking_pause": 0.1,
            "probe_timeout": 0,
            **settings,
        }
        worker: Worker | None = None
        loop: asyncio.AbstractEventLoop | None = None

        async def serve() -> None:
            nonlocal loop, worker
            loop = asyncio.get_running_loop()
            worker = Worker(
                Settings(url=self.server.url, **given),
                [],
                function=open_function(ARN, endpoint=self.fake.url),
                clock=clock,
            )
            await worker.work()

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        wait_until(lambda: worker is not None and worker.is_ready, "the bridge is not ready")
        assert worker is not None
        assert loop is not None
        try:
            yield worker
        finally:
            loop.call_soon_threadsafe(worker.stop)
            thread.join()

    def start_bridge_process(self) -> subprocess.Popen[bytes]:
        """Start a bridge that can be killed; it ends with the test."""
        command = [sys.executable, "-m", "tests.functions.bridge_program", self.server.url, self.fake.url]
        with (self.folder / "bridge.log").open("ab") as log:
            process = warm_start.start(command, cwd=ROOT, stdout=log, stderr=log)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def close(self) -> None:
        """End the bridges and the fake Lambda; steps that wait pass."""
        self.evidence.open_gate()
        self.stack.close()
        super().close()
