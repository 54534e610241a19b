"""Clients in threads that create jobs, finish most of them, and record what the server must still have."""

import threading
import time
from dataclasses import dataclass, field
from typing import Self

from contract.names import DOCUMENTS_ADDRESS
from durable.wire.client import Client
from durable.wire.errors import Unavailable
from durable.wire.records import Promise
from durable.wire.requests import PromiseCreate, PromiseSettle
from local.logged_process import PROCESS_TIMEOUT

from .trees import FAR_DEADLINE_MS

PAUSE_SECONDS = 0.25  # of a client between two jobs: without it, clients, server and database take all processor time


@dataclass
class ClientRecord:
    """What one client has done; `wrong` lists unexpected answers."""

    pending: set[str] = field(default_factory=set)
    finished: int = 0
    wrong: list[str] = field(default_factory=list)


class ClientLoad:
    """Runs the clients inside a `with` block. At its end every client finishes its current job."""

    def __init__(self, url: str, *, clients: int = 3, pause: float = PAUSE_SECONDS) -> None:
        self._url = url
        self._pause = pause
        self._stop = threading.Event()
        self._end = 0.0
        self._records = [ClientRecord() for _ in range(clients)]
        self._threads = [
            threading.Thread(target=self._create_jobs, args=(number, record))
            for number, record in enumerate(self._records)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end = time.monotonic() + PROCESS_TIMEOUT
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def pending(self) -> set[str]:
        """The promises that no client has settled."""
        return set().union(*(record.pending for record in self._records))

    @property
    def finished(self) -> int:
        """The number of finished jobs."""
        return sum(record.finished for record in self._records)

    @property
    def wrong(self) -> list[str]:
        """All unexpected answers."""
        return [text for record in self._records for text in record.wrong]

    def _create_jobs(self, number: int, record: ClientRecord) -> None:
        with Client(self._url) as client:
            count = 0
            while not self._stop.wait(self._pause):
                self._create_job(client, f"load/{number}-{count}", record, leave=count % 10 == 0)
                count += 1

    def _create_job(self, client: Client, root: str, record: ClientRecord, *, leave: bool) -> None:
        """Create a job with a child, and settle both; if `leave` is set, the job stays pending."""
        tags = {"resonate:origin": root, "resonate:branch": root}
        self._call(
            client,
            PromiseCreate(id=root, timeout_at=FAR_DEADLINE_MS, tags={**tags, "resonate:target": DOCUMENTS_ADDRESS}),
        )
        self._call(client, PromiseCreate(id=f"{root}:1", timeout_at=FAR_DEADLINE_MS, tags=tags))
        self._settle(client, f"{root}:1", record)
        if leave:
            record.pending |= {root, f"{root}:1"}
            return
        self._settle(client, root, record)
        record.finished += 1

    def _settle(self, client: Client, name: str, record: ClientRecord) -> None:
        answer = self._call(client, PromiseSettle(id=name, state="resolved"))
        if answer.state != "resolved":
            record.wrong.append(f"{name} is {answer.state}")

    def _call(self, client: Client, request: PromiseCreate | PromiseSettle) -> Promise:
        """Retry until the server answers, as our clients do during an outage."""
        while True:
            try:
                return client.create(request) if isinstance(request, PromiseCreate) else client.settle(request)
            except Unavailable:
                if self._stop.is_set() and time.monotonic() > self._end:
                    raise  # the test has failed, and its server is stopped
                time.sleep(0.05)  # the server or its database is unavailable
