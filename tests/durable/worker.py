"""A worker process of the tests. It tells its gauges in a file, and ends when its standard input does.

So no worker outlives the test that started it, not even one that is killed.
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

from durable.logs import JsonFormatter
from durable.runtime.serve import serve
from durable.runtime.settings import Settings
from durable.runtime.worker import Worker
from durable.step_events import StepEvent
from durable.workflow import Workflow
from tests.durable.flows import WORKFLOWS, gated, gated_anew
from tests.durable.flows_apart import APART
from tests.durable.flows_asking import ASKING
from tests.durable.flows_in_time import IN_TIME
from tests.durable.flows_later import LATER
from tests.evidence import Evidence

VERSIONS: dict[str, Sequence[Workflow[..., Any]]] = {
    "old": [*WORKFLOWS, *IN_TIME, *APART, *LATER, *ASKING],
    "both": [*WORKFLOWS, gated_anew],
    "new": [*(one for one in WORKFLOWS if one is not gated), gated_anew],
}


class Watched(Worker):
    """Leaves its gauges, and what only the process itself knows, in a file."""

    def __init__(self, settings: Settings, known: str, gauges: Path) -> None:
        super().__init__(settings, VERSIONS[known], on_step_event=self.note)
        self.file = gauges
        self.journal = Evidence.here().folder / "journal.jsonl"

    def note(self, entry: StepEvent) -> None:
        """Write an entry down."""
        with self.journal.open("a") as lines:
            lines.write(json.dumps(asdict(entry)) + "\n")

    async def run(self) -> int:
        """Work, and tell of it."""
        telling = asyncio.create_task(self.tell())
        try:
            return await super().run()
        finally:
            telling.cancel()

    async def tell(self) -> None:
        """Replace the file now and then; whoever reads it finds a whole one."""
        most = 0
        while True:
            most = max(most, len(asyncio.all_tasks()))
            memory = psutil.Process().memory_info().rss // 2**20
            told = {**self.gauges, "tasks": most, "memory": memory, "ready": self.is_ready}
            draft = self.file.with_suffix(".draft")
            draft.write_text(json.dumps(told))
            draft.replace(self.file)
            await asyncio.sleep(0.05)


def end_with_test() -> None:
    """Wait for the end of standard input."""
    sys.stdin.read()
    os._exit(9)


if __name__ == "__main__":
    threading.Thread(target=end_with_test, daemon=True).start()
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    given = json.loads(sys.argv[1])
    serve(Watched(Settings(**given["settings"]), given["known"], Path(given["gauges"])))
