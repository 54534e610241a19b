"""A worker process for tests. It writes its gauges to a file, and ends when its standard input closes.

So no worker outlives the test that started it, even if the test is killed.
"""

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from durable import JsonFormatter, StepEvent, Workflow
from durable.runtime import Settings, Worker, WorkerProcess, open_tracing
from tests.durable.flows import WORKFLOWS, pass_gate, pass_gate_in_version_2
from tests.durable.flows_with_changes import RELEASES
from tests.durable.flows_with_deadlines import WITH_DEADLINES
from tests.durable.flows_with_open_calls import WITH_OPEN_CALLS
from tests.durable.flows_with_parts import WITH_PARTS
from tests.evidence import Evidence
from tests.replay import releases
from tests.testing.flows import WITH_THE_KIT

VERSIONS: dict[str, Sequence[Workflow[..., Any]]] = {
    "old": [*WORKFLOWS, *WITH_DEADLINES, *WITH_PARTS, *WITH_OPEN_CALLS],
    "kit": WITH_THE_KIT,
    "both": [*WORKFLOWS, pass_gate_in_version_2],
    **RELEASES,
    "orders": releases.WORKFLOWS,
    "new": [*(one for one in WORKFLOWS if one is not pass_gate), pass_gate_in_version_2],
}


class ReportingProcess(WorkerProcess):
    """Writes its worker's gauges, and what only the process itself knows, to a file."""

    def __init__(self, worker: Worker, gauges: Path, **options: Any) -> None:  # noqa: ANN401 the process's own
        super().__init__([worker], **options)
        self.file = gauges

    async def serve(self) -> int:
        """Work, and report meanwhile."""
        reporting = asyncio.create_task(self._report())
        try:
            return await super().serve()
        finally:
            reporting.cancel()

    async def _report(self) -> None:
        """Look every 50 ms, and replace the file after a change; a reader always finds a complete one."""
        max_tasks, [worker], own_process, last = 0, self.workers, psutil.Process(), ""
        while True:
            max_tasks = max(max_tasks, len(asyncio.all_tasks()))
            memory = own_process.memory_info().rss // 2**20
            gauges = json.dumps({**worker.gauges, "tasks": max_tasks, "memory": memory, "ready": self.is_ready})
            if gauges != last:
                draft = self.file.with_suffix(".draft")
                draft.write_text(gauges)
                draft.replace(self.file)
                last = gauges
            await asyncio.sleep(0.05)


def write_step_event(event: StepEvent) -> None:
    """Append an event to the test's list of them."""
    with (Evidence.from_environment().folder / "step_events.jsonl").open("a") as lines:
        lines.write(json.dumps(asdict(event)) + "\n")


def end_with_test() -> None:
    """Wait until standard input closes, and end the process."""
    sys.stdin.read()
    os._exit(9)


if __name__ == "__main__":
    threading.Thread(target=end_with_test, daemon=True).start()
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    given = json.loads(sys.argv[1])
    health_port = given["settings"].pop("health_port", None)
    worker = Worker(
        Settings(**given["settings"]),
        VERSIONS[given["known"]],
        on_step_event=write_step_event,
        tracing=open_tracing(os.environ),
    )
    ReportingProcess(worker, Path(given["gauges"]), health_port=health_port).run()
