"""Ports for a test, and a way to run one step without a worker."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Never

from contract.analysis import Analysis
from contract.notice import Notice
from contract.reading import PageText
from durable import Step
from worker.adapters.object_store import Store
from worker.costs.meter import Meter
from worker.documents.document_reader import DocumentReader
from worker.sources.download_permits import DownloadPermits
from worker.steps.ports import Ports

FROZEN_METER = Meter(now=lambda: 0.0)


class NotGivenError(Exception):
    """A step used a port that the test did not give."""


def read_nothing(url: str) -> AsyncGenerator[bytes]:
    """Fail."""
    raise NotGivenError(url)


async def analyze_nothing(_kind: str, _pages: tuple[PageText, ...]) -> Analysis:
    """Fail."""
    raise NotGivenError("analyzer")


async def send_nothing(_: Notice) -> Never:
    """Fail."""
    raise NotGivenError("send")


async def erase_nothing(path: str) -> Never:
    """Fail."""
    raise NotGivenError(path)


async def post_nothing(url: str, _key: str, _body: bytes) -> Never:
    """Fail."""
    raise NotGivenError(url)


def make_ports(store: Store, **ports: Any) -> Ports:  # noqa: ANN401 any field of Ports
    """Return ports with a store. A port that is not given fails when a step uses it."""
    defaults: dict[str, Any] = {
        "read": read_nothing,
        "reader": DocumentReader(),
        "analyzer": analyze_nothing,
        "send": send_nothing,
        "post": post_nothing,
        "erase": erase_nothing,
        "max_bytes": 2**20,
        "max_work_seconds": 60.0,
        "downloads": DownloadPermits(4),
        "meter": FROZEN_METER,
    }
    return Ports(store=store, **defaults | ports)


def run_step[**P, T](step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step once, without a worker."""
    return asyncio.run(step.body(*args, **kwargs))
