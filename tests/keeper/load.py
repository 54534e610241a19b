"""Clients that create jobs and finish most of them, in threads, and keep account of what the server must still have."""

import threading
import time
from dataclasses import dataclass, field
from typing import Self

from contract.names import DOCUMENTS_ADDRESS
from local.server_process import PROCESS_TIMEOUT
from wire.client import Client
from wire.errors import Unavailable
from wire.records import Promise
from wire.requests import PromiseCreate, PromiseSettle

from .trees import FAR


@dataclass
class Account:
    """What one client knows for sure."""

    pending: set[str] = field(default_factory=set)
    finished: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Load:
    """Use it in a `with` block; at its end every client has finished what it was doing."""

    def __init__(self, url: str, *, clients: int = 3) -> None:
        self._url = url
        self._stop = threading.Event()
        self._end = 0.0
        self.accounts = [Account() for _ in range(clients)]
        self._threads = [
            threading.Thread(target=self._work, args=(number, account)) for number, account in enumerate(self.accounts)
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
        """What nobody settled."""
        return set().union(*(account.pending for account in self.accounts))

    @property
    def finished(self) -> int:
        """How many jobs were finished."""
        return sum(account.finished for account in self.accounts)

    @property
    def wrong(self) -> list[str]:
        """What was not as it must be."""
        return [text for account in self.accounts for text in account.wrong]

    def _work(self, number: int, account: Account) -> None:
        with Client(self._url) as client:
            turn = 0
            while not self._stop.is_set():
                self._do_job(client, f"load/{number}-{turn}", account, leave=turn % 10 == 0)
                turn += 1

    def _do_job(self, client: Client, root: str, account: Account, *, leave: bool) -> None:
        """One job with a child; the one to leave stays pending, with its child settled."""
        tags = {"resonate:origin": root, "resonate:branch": root}
        self._call(
            client, PromiseCreate(id=root, timeout_at=FAR, tags={**tags, "resonate:target": DOCUMENTS_ADDRESS}), account
        )
        self._call(client, PromiseCreate(id=f"{root}:1", timeout_at=FAR, tags=tags), account)
        self._settle(client, f"{root}:1", account)
        if leave:
            account.pending |= {root, f"{root}:1"}
            return
        self._settle(client, root, account)
        account.finished += 1

    def _settle(self, client: Client, name: str, account: Account) -> None:
        answer = self._call(client, PromiseSettle(id=name, state="resolved"), account)
        if answer.state != "resolved":
            account.wrong.append(f"{name} is {answer.state}")

    def _call(self, client: Client, request: PromiseCreate | PromiseSettle, account: Account) -> Promise:
        """Ask until there is an answer, as our own clients do through an outage."""
        while True:
            began = time.perf_counter()
            try:
                answer = client.create(request) if isinstance(request, PromiseCreate) else client.settle(request)
            except Unavailable:
                if self._stop.is_set() and time.monotonic() > self._end:
                    raise  # the test has failed before, and left nobody to answer
                time.sleep(0.05)  # the server or its database is away
                continue
            account.seconds.append(time.perf_counter() - began)
            return answer
