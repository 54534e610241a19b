"""Gauges that are published into a list, and functions that read them from it."""

import asyncio
import json
import time
from typing import Any

from keeper.clock import Clock
from keeper.database import Database, OutageLog
from keeper.emf import EmfWriter
from keeper.gauges import GaugePublisher
from keeper.server_probe import ServerProbe
from keeper.settings import DatabaseAddress
from local.server_process import HOST

from .emf_specification import assert_is_emf

UNUSED_URL = f"http://{HOST}:9/"


class PublishedGauges:
    """Publishes into a list, at a time that the test sets."""

    def __init__(self, address: DatabaseAddress, *, ready_url: str = UNUSED_URL, metrics_url: str = UNUSED_URL) -> None:
        self._lines: list[str] = []
        self._now = time.time()
        self._database = Database(address, OutageLog(), statement_ms=10_000, lock_ms=2_000)
        server = ServerProbe(ready_url=ready_url, metrics_url=metrics_url)
        writer = EmfWriter("Longhand", self._lines.append)
        clock = Clock(now=lambda: self._now)
        self._publisher = GaugePublisher(self._database, server, writer, interval=60, clock=clock)

    def publish(self, *, now: float | None = None) -> list[dict[str, Any]]:
        """Publish one set of gauges, and return its documents."""
        self._lines.clear()
        self._now = now or time.time()
        asyncio.run(self._run())
        documents = [json.loads(line) for line in self._lines]
        for document in documents:
            assert_is_emf(document)
        return documents

    async def _run(self) -> None:
        await self._publisher.run()
        await self._database.close()


def count_due(documents: list[dict[str, Any]]) -> dict[str, int]:
    """Return the due tasks of each group."""
    return {document["Group"]: document["TasksDue"] for document in documents if "TasksDue" in document}


def count_running(documents: list[dict[str, Any]]) -> dict[str, int]:
    """Return the due tasks of each group that a worker has acquired."""
    return {document["Group"]: document["TasksRunning"] for document in documents if "TasksRunning" in document}


def find_value(documents: list[dict[str, Any]], name: str) -> float | None:
    """Return the value of a gauge without dimensions."""
    return next((document[name] for document in documents if name in document), None)
