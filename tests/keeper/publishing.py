"""Gauges that publish into a list, and how a test reads what they published."""

import asyncio
import json
import time
from typing import Any

from keeper.database import Link, Watch
from keeper.gauges import Ambient, Gauges
from keeper.server import Server as Looked
from keeper.settings import Address
from local.server_process import HOST

from .emf import assert_is_emf

NOBODY = f"http://{HOST}:9/"


class Published:
    """Gauges that publish into a list, at a time of the test's choosing."""

    def __init__(self, address: Address, *, ready_url: str = NOBODY, metrics_url: str = NOBODY) -> None:
        self._written: list[str] = []
        self._now = time.time()
        self._link = Link(address, Watch(), statement_ms=10_000, lock_ms=2_000)
        ambient = Ambient(write=self._written.append, now=lambda: self._now)
        server = Looked(ready_url=ready_url, metrics_url=metrics_url)
        self._gauges = Gauges(self._link, server, namespace="Longhand", interval=60, ambient=ambient)

    def once(self, *, now: float | None = None) -> list[dict[str, Any]]:
        """Publish one set, and return its documents."""
        self._written.clear()
        self._now = now or time.time()
        asyncio.run(self._run())
        documents = [json.loads(line) for line in self._written]
        for document in documents:
            assert_is_emf(document)
        return documents

    async def _run(self) -> None:
        await self._gauges.run()
        await self._link.close()


def due(documents: list[dict[str, Any]]) -> dict[str, int]:
    """Work by group."""
    return {document["Group"]: document["TasksDue"] for document in documents if "TasksDue" in document}


def running(documents: list[dict[str, Any]]) -> dict[str, int]:
    """Of it, what a worker holds."""
    return {document["Group"]: document["TasksRunning"] for document in documents if "TasksRunning" in document}


def value(documents: list[dict[str, Any]], name: str) -> float | None:
    """A gauge without dimensions."""
    return next((document[name] for document in documents if name in document), None)
