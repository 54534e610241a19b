"""Acknowledged changes survive a SIGKILL at any moment."""

import itertools
import random
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from local.server_process import EmbeddedProgram, ServerProcess
from tests.conformance.target import HttpChannel, Json, Target
from tests.seeds import RUN_SEED, repeat_command
from tests.waiting import TIMEOUT_SECONDS
from tests.warm_start import start_server

KILLS = 8
SOAK_KILLS = 50
CLIENTS = 4
FAR = 10**14


class Load:
    """Clients that create, take and finish jobs until the server is gone, and remember what was acknowledged."""

    def __init__(self, server: ServerProcess, name: str, enough: int) -> None:
        """`enough` acknowledgements, and `is_enough` is set."""
        self.server = server
        self.name = name
        self.is_enough = threading.Event()
        self.acknowledged: dict[str, str] = {}  # the last acknowledged state of each job
        self._answers = itertools.count(1)
        self._enough = enough

    @contextmanager
    def running(self) -> Iterator[None]:
        clients = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            for client in clients:
                client.join()

    def _client(self, client: int) -> None:
        target = Target("embedded", HttpChannel(self.server.url))
        try:
            for n in itertools.count():
                self._one_job(target, f"{self.name}-{client}-{n}")
        except OSError:
            pass  # the kill
        finally:
            target.close()

    def _one_job(self, target: Target, job: str) -> None:
        tags: Json = {"resonate:target": "poll://any@unused"}
        self._ask(target, "promise.create", {"id": job, "timeoutAt": FAR, "tags": tags}, "pending 0")
        taken: dict[str, Json] = {"id": job, "version": 0, "pid": "p", "ttl": 2**40}
        self._ask(target, "task.acquire", taken, "acquired 1")
        settle: Json = {"kind": "promise.settle", "head": {}, "data": {"id": job, "state": "resolved"}}
        self._ask(target, "task.fulfill", {"id": job, "version": 1, "action": settle}, "fulfilled 1")

    def _ask(self, target: Target, kind: str, data: dict[str, Json], state: str) -> None:
        answer = target.call(kind, data)
        assert answer.status == 200, answer
        self.acknowledged[str(data["id"])] = state
        if next(self._answers) >= self._enough:
            self.is_enough.set()


ORDER = ["pending 0", "acquired 1", "fulfilled 1"]


def find_lost(target: Target, facts: dict[str, str]) -> list[str]:
    """Return the jobs whose state is behind the acknowledged one."""
    return [job for job, state in facts.items() if ORDER.index(state_of(target, job)) < ORDER.index(state)]


def state_of(target: Target, job: str) -> str:
    answer = target.call("task.get", {"id": job})
    assert answer.status == 200, f"{job} is gone: {answer}"
    match answer.body:
        case {"data": {"task": {"state": state, "version": version}}}:
            return f"{state} {version}"
    raise AssertionError(answer)


@pytest.mark.parametrize("kills", [KILLS, pytest.param(SOAK_KILLS, marks=pytest.mark.soak)])
def test_kills_under_load_lose_nothing_that_was_acknowledged(tmp_path: Path, kills: int) -> None:
    """Each kill comes after a random number of acknowledgements, which are checked after it."""
    chance = random.Random(RUN_SEED)
    repeat = repeat_command(RUN_SEED, "tests/server/test_crash.py", "test" if kills == KILLS else "soak")
    acknowledged: dict[str, str] = {}
    latest: dict[str, str] = {}
    for kill in range(kills):
        with start_server(EmbeddedProgram(), tmp_path) as server:
            with closing(Target("embedded", HttpChannel(server.url))) as target:
                assert find_lost(target, latest) == [], repeat
            load = Load(server, f"round{kill}", enough=chance.randint(1, 150))
            with load.running():
                assert load.is_enough.wait(TIMEOUT_SECONDS)
                server.kill()
        latest = load.acknowledged
        acknowledged |= latest
    with (
        start_server(EmbeddedProgram(), tmp_path) as server,
        closing(Target("embedded", HttpChannel(server.url))) as target,
    ):
        assert find_lost(target, acknowledged) == [], repeat
