"""The doctor finds what is wrong: each fault is planted for real, in real processes, and found by its own check."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from local.server_process import ROOT, EmbeddedProgram, ServerProcess
from ops.api import Api
from ops.clock import Clock
from ops.doctor.check import CheckResult, Verdict, examine
from ops.doctor.context import CheckContext
from ops.doctor.engine import Engine, probe_id
from ops.doctor.laptop_checks import CHECKS
from ops.laptop import Laptop
from tests.conftest import ONE_TARGET, REAL, StartServer
from tests.killed import ended
from tests.ops.engines import Cramped, broken, may_mount
from tests.ops.terminal import Terminal
from tests.ops.web import Reply, Request, serving
from wire.client import Client
from wire.errors import Unavailable
from wire.requests import PromiseSearch

NO_MOUNT = "this machine lets no user mount a file system: a disk that is really full took no part in this run"
NOBODY = "http://127.0.0.1:9"


def scene_of(url: str, **more: object) -> CheckContext:
    base = CheckContext(api=Api(NOBODY, sleep=lambda _: None), engine=Engine(url), patience=2.0)
    return replace(base, **more)  # type: ignore[arg-type] # each has its type


def found(scene: CheckContext, *names: str) -> dict[str, CheckResult]:
    """Examine what is named, and what it needs."""
    chosen = [check for check in CHECKS if check.name in names]
    needed = {need for check in chosen for need in check.needs}
    while more := {need for check in CHECKS if check.name in needed for need in check.needs} - needed:
        needed |= more
    looked = [check for check in CHECKS if check.name in needed | set(names)]
    return {finding.name: finding for finding in examine(scene, looked)}


def failure(scene: CheckContext, name: str) -> str:
    """Return the sentence of the check, which must fail and say what helps; what it needs must hold."""
    all_found = found(scene, name)
    outcome = all_found.pop(name).outcome
    assert outcome.verdict is Verdict.FAILED, outcome
    assert outcome.remedy
    assert [each for each in all_found.values() if each.outcome.verdict is not Verdict.OK] == []
    return outcome.sentence


def is_fine(scene: CheckContext, name: str) -> bool:
    return found(scene, name)[name].outcome.verdict is Verdict.OK


@pytest.fixture
def good(server: ServerProcess) -> CheckContext:
    """A good engine of each kind, and nobody else."""
    return scene_of(server.url)


@contextmanager
def worker(*words: str) -> Iterator[None]:
    with ended(subprocess.Popen([sys.executable, *words], cwd=ROOT, stderr=subprocess.DEVNULL)):
        yield


def test_a_running_laptop_has_no_fault(at_home: Terminal, laptop: Laptop) -> None:
    ended = at_home.run("doctor")
    assert ended.code == 0, ended
    assert [line.split()[0] for line in ended.out.splitlines()[: len(CHECKS)]] == [
        check.name.split()[0] for check in CHECKS
    ]
    assert "skipped" not in ended.out
    assert laptop.api in ended.out


def test_a_good_engine_of_each_kind_has_no_fault(good: CheckContext) -> None:
    mine = ("engine", "protocol", "authentication", "writing", "engine clock", "ids", "heartbeat", "push")
    held = (Verdict.OK, Verdict.WARNING)  # which says of a busy machine that it can show nothing about heartbeats
    assert [each for each in found(good, *mine).values() if each.outcome.verdict not in held] == []


def test_an_engine_that_is_down_explains_all_that_needs_it(start_server: StartServer) -> None:
    server = start_server(EmbeddedProgram())
    server.kill()
    all_found = found(scene_of(server.url), "worker")
    assert all_found["engine"].outcome.sentence == "the engine does not answer"
    others = [each.outcome.verdict for name, each in all_found.items() if name != "engine"]
    assert set(others) == {Verdict.SKIPPED}


def test_an_engine_that_goes_away_in_the_middle_is_a_failed_check_and_the_others_are_still_looked_at(
    start_server: StartServer, tmp_path: Path
) -> None:
    """Between two heartbeats; what asks it afterwards finds nobody."""
    server = start_server(EmbeddedProgram())
    scene = scene_of(server.url, store=tmp_path, clock=Clock(sleep=lambda _: server.kill()))
    all_found = {finding.name: finding.outcome for finding in examine(scene, CHECKS)}
    verdicts = {name: outcome.verdict for name, outcome in all_found.items()}
    assert {verdicts[name] for name in ("heartbeat", "push", "worker")} == {Verdict.FAILED}
    assert {verdicts[name] for name in ("writing", "ids", "store")} == {Verdict.OK}
    assert "failed in the middle" in all_found["heartbeat"].sentence
    assert all_found["push"].remedy


@pytest.mark.parametrize(("spoken", "words"), [("2025-01-01", "too old"), ("2027-01-01", "too new")])
def test_an_engine_of_another_protocol(start_server: StartServer, tmp_path: Path, spoken: str, words: str) -> None:
    kind = broken(tmp_path / "copy", "wire/envelope.py", 'VERSION = "2026-04-01"', f'VERSION = "{spoken}"')
    sentence = failure(scene_of(start_server(kind).url), "protocol")
    assert words in sentence
    assert spoken in sentence


def test_an_engine_of_a_later_generation(start_server: StartServer, tmp_path: Path) -> None:
    kind = broken(tmp_path / "copy", "local/server/front.py", '["health" | "ready"', '["ready"')
    assert "newer than v0.9.8" in failure(scene_of(start_server(kind).url), "protocol")


def test_an_engine_that_forgets_heartbeats(start_server: StartServer, tmp_path: Path) -> None:
    kind = broken(tmp_path / "copy", "local/server/rules/tasks.py", "timeout_at = ? + ttl", "timeout_at = ? + 0")
    scene = scene_of(start_server(kind).url, clock=Clock(now=lambda: 0.0))
    assert "heartbeats do not keep a lease" in failure(scene, "heartbeat")
    slow = replace(scene, clock=Clock(now=count(step=3).__next__))
    assert "9 s passed between two heartbeats" in found(slow, "heartbeat")["heartbeat"].outcome.sentence


def test_an_engine_that_refuses_the_ids_of_the_sdk(start_server: StartServer, tmp_path: Path) -> None:
    rule = "id: Text\n    timeout_at: Natural"
    strict = "id: Annotated[str, Meta(pattern='^[^:]+$')]\n    timeout_at: Natural"
    kind = broken(tmp_path / "copy", "wire/requests.py", rule, strict)
    assert "refuses the ids" in failure(scene_of(start_server(kind).url), "ids")


@pytest.mark.skipif(REAL is None, reason=ONE_TARGET)
def test_a_wrong_token(start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key.pem"
    make = "openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out"
    subprocess.run(["sh", "-c", f"{make} {key}"], check=True, capture_output=True)  # noqa: S607 - found on the path
    monkeypatch.setenv("RESONATE_AUTH__PUBLICKEY", str(key))
    assert REAL
    server = start_server(REAL)
    scene = scene_of(server.url, engine=Engine(server.url, "e30.e30.x"))
    assert "does not accept our token" in failure(scene, "authentication")


def test_a_token_that_is_refused_as_the_real_server_refuses_it() -> None:
    """Where the real server takes no part, its answer does."""

    def refuse(request: Request) -> Reply:
        return Reply() if request.path != "/" else Reply(401, b'"Unauthorized"', {"content-type": "application/json"})

    with serving(refuse) as web:
        assert "does not accept our token" in failure(scene_of(web.url), "authentication")


def fill(engine: Engine) -> None:
    """Write as much as there is room for, and then what still fits into the gaps."""
    for size in (200_000, 10_000, 1_000):
        with suppress(Unavailable):
            for _ in range(1_000):
                engine.create(engine.creation(probe_id(), data=base64.b64encode(os.urandom(size)).decode()))


@pytest.mark.parametrize(
    "by", ["limit", pytest.param("disk", marks=pytest.mark.skipif(not may_mount(), reason=NO_MOUNT))]
)
def test_an_engine_whose_disk_is_full(start_server: StartServer, by: str) -> None:
    url = start_server(Cramped(by)).url
    fill(Engine(url))
    assert "cannot write" in failure(scene_of(url), "writing")


@pytest.mark.parametrize(("seconds", "words"), [(600, "10 minutes ahead of"), (-600, "10 minutes behind")])
def test_a_clock_that_is_off_by_ten_minutes(good: CheckContext, seconds: int, words: str) -> None:
    off = replace(good, clock=Clock(now=lambda: time.time() + seconds))
    assert words in failure(off, "engine clock")


def test_a_clock_that_the_api_does_not_share(laptop: Laptop) -> None:
    off = scene_of(laptop.server, api=Api(laptop.api), clock=Clock(now=lambda: time.time() - 600))
    assert "10 minutes behind that of the API" in failure(off, "api clock")


def test_push_that_is_on_where_others_reach_the_engine(good: CheckContext) -> None:
    assert "push is on" in failure(replace(good, only_here=False), "push")
    assert is_fine(replace(good, only_here=True), "push")


@pytest.mark.skipif(REAL is None, reason=ONE_TARGET)
def test_push_that_is_off(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED", "false")
    assert REAL
    assert is_fine(scene_of(start_server(REAL).url, only_here=False), "push")


def test_no_worker(good: CheckContext) -> None:
    assert "no worker of the group documents" in failure(good, "worker")


def test_a_worker_of_another_version(server: ServerProcess) -> None:
    with worker("-m", "tests.ops.old_worker", server.url):
        assert "do not know process_document version" in failure(scene_of(server.url, patience=30.0), "worker")


def test_a_worker_that_knows_the_workflow(laptop: Laptop) -> None:
    assert is_fine(scene_of(laptop.server, patience=30.0), "worker")


def test_an_api_that_is_down() -> None:
    assert "does not answer" in failure(scene_of(NOBODY), "api")


def test_something_else_at_the_address_of_the_api() -> None:
    with serving(lambda _: Reply(200, b"<html>")) as web:
        assert "not an answer of this API" in failure(scene_of(NOBODY, api=Api(web.url)), "api")


def test_a_store_that_cannot_be_written_to(tmp_path: Path) -> None:
    assert is_fine(scene_of(NOBODY, store=tmp_path / "store"), "store")
    (tmp_path / "file").touch()
    for folder in (Path("/proc"), Path("/proc/store"), tmp_path / "file"):
        assert "cannot be written to" in failure(scene_of(NOBODY, store=folder), "store")


def test_what_it_writes_is_settled(good: CheckContext) -> None:
    """Nothing of it waits for anybody."""
    found(good, "ids", "heartbeat", "push", "worker")
    with Client(good.engine.url) as client:
        assert [each.id for each in client.search_all(PromiseSearch(state="pending"))] == []


def test_an_engine_that_is_named_is_looked_at_as_others_may_reach_it(
    nowhere: Terminal, start_server: StartServer
) -> None:
    ended = nowhere.run("doctor", "--engine", start_server(EmbeddedProgram()).url, "--url", NOBODY, "--json")
    verdicts = {finding["check"]: finding["verdict"] for finding in json.loads(ended.out)}
    assert ended.code == 1
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == {"api", "push", "worker"}
    assert verdicts["heartbeat"] in {"ok", "warning"}
