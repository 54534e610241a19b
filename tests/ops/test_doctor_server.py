"""The doctor finds defects of the server and its workers: each is planted in real processes, and has its own check."""

import base64
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

from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.errors import Unavailable
from durable.wire.requests import PromiseSearch
from local.server_process import ROOT, ServerProcess
from ops.doctor.check import Verdict
from ops.doctor.context import CheckContext
from ops.doctor.server import DoctorServer, make_probe_id
from tests import warm_start
from tests.conftest import ONE_TARGET, REAL, StartServer
from tests.ops.broken_servers import FullDiskProgram, break_server, can_mount
from tests.ops.doctor_checks import fail, make_context, passes, run
from tests.ops.fake_server import Reply, Request, serve
from tests.processes import kill_at_end

NO_MOUNT = "this machine does not let users mount a file system: no disk was really full in this run"


@pytest.fixture
def good(server: ServerProcess) -> CheckContext:
    """A good server of each kind, without workers."""
    return make_context(server.url)


@contextmanager
def worker(*words: str) -> Iterator[None]:
    with kill_at_end(warm_start.start([sys.executable, *words], cwd=ROOT, stderr=subprocess.DEVNULL)):
        yield


def test_a_good_server_of_each_kind_passes_every_check(good: CheckContext) -> None:
    names = ("server", "protocol", "authentication", "writing", "server clock", "ids", "heartbeat", "push")
    accepted = (Verdict.OK, Verdict.WARNING)  # on a busy machine the heartbeat check proves nothing, and warns
    assert [each for each in run(good, *names).values() if each.outcome.verdict not in accepted] == []


@pytest.mark.parametrize(("version", "words"), [("2025-01-01", "too old"), ("2027-01-01", "too new")])
def test_a_server_with_another_protocol_fails(
    start_server: StartServer, tmp_path: Path, version: str, words: str
) -> None:
    program = break_server(
        tmp_path / "copy", "durable/wire/envelope.py", 'VERSION = "2026-04-01"', f'VERSION = "{version}"'
    )
    sentence = fail(make_context(start_server(program).url), "protocol")
    assert words in sentence
    assert version in sentence


def test_a_server_of_a_later_generation_fails(start_server: StartServer, tmp_path: Path) -> None:
    program = break_server(tmp_path / "copy", "durable/embedded/http_api.py", '["health" | "ready"', '["ready"')
    assert "newer than v0.9.8" in fail(make_context(start_server(program).url), "protocol")


def test_a_server_that_ignores_heartbeats_fails(start_server: StartServer, tmp_path: Path) -> None:
    """On a machine that was too busy to send them in time, it is a warning."""
    rules = "durable/embedded/rules/tasks.py"
    program = break_server(tmp_path / "copy", rules, "timeout_at = ? + ttl", "timeout_at = ? + 0")
    context = make_context(start_server(program).url, clock=Clock(now=lambda: 0.0))
    assert "heartbeats do not keep a lease" in fail(context, "heartbeat")
    slow = replace(context, clock=Clock(now=count(step=3).__next__))
    assert "9 s passed between two heartbeats" in run(slow, "heartbeat")["heartbeat"].outcome.sentence


def test_a_server_that_refuses_the_ids_of_the_sdk_fails(start_server: StartServer, tmp_path: Path) -> None:
    rule = "id: Text\n    timeout_at: Natural"
    strict = "id: Annotated[str, Meta(pattern='^[^:]+$')]\n    timeout_at: Natural"
    program = break_server(tmp_path / "copy", "durable/wire/requests.py", rule, strict)
    assert "refuses the ids" in fail(make_context(start_server(program).url), "ids")


@pytest.mark.skipif(REAL is None, reason=ONE_TARGET)
def test_a_wrong_token_fails(start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key.pem"
    make = "openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out"
    subprocess.run(["sh", "-c", f"{make} {key}"], check=True, capture_output=True)  # noqa: S607 - found on the path
    monkeypatch.setenv("RESONATE_AUTH__PUBLICKEY", str(key))
    assert REAL
    server = start_server(REAL)
    context = make_context(server.url, server=DoctorServer(server.url, "e30.e30.x"))
    assert "does not accept the token" in fail(context, "authentication")


def test_a_token_that_is_refused_as_the_real_server_refuses_it_fails() -> None:
    """The real server's answer, for runs without the real server."""

    def refuse(request: Request) -> Reply:
        return Reply() if request.path != "/" else Reply(401, b'"Unauthorized"', {"content-type": "application/json"})

    with serve(refuse) as fake:
        assert "does not accept the token" in fail(make_context(fake.url), "authentication")


def fill_disk(server: DoctorServer) -> None:
    """Write large promises while there is room, then smaller ones into the remaining space."""
    for size in (200_000, 10_000, 1_000):
        with suppress(Unavailable):
            for _ in range(1_000):
                server.create(make_probe_id(), data=base64.b64encode(os.urandom(size)).decode())


@pytest.mark.parametrize(
    "limited_by", ["file size", pytest.param("disk", marks=pytest.mark.skipif(not can_mount(), reason=NO_MOUNT))]
)
def test_a_server_with_a_full_disk_fails(start_server: StartServer, limited_by: str) -> None:
    url = start_server(FullDiskProgram(limited_by)).url
    fill_disk(DoctorServer(url))
    assert "cannot write" in fail(make_context(url), "writing")


@pytest.mark.parametrize(("seconds", "words"), [(600, "10 minutes ahead of"), (-600, "10 minutes behind")])
def test_a_clock_that_is_off_by_ten_minutes_fails(good: CheckContext, seconds: int, words: str) -> None:
    context = replace(good, clock=Clock(now=lambda: time.time() + seconds))
    assert words in fail(context, "server clock")


def test_push_fails_unless_only_this_machine_reaches_the_server(good: CheckContext) -> None:
    assert "push is on" in fail(replace(good, is_local=False), "push")
    assert passes(replace(good, is_local=True), "push")


@pytest.mark.skipif(REAL is None, reason=ONE_TARGET)
def test_push_that_is_off_passes(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED", "false")
    assert REAL
    assert passes(make_context(start_server(REAL).url, is_local=False, push_timeout=0.5), "push")


def test_a_missing_worker_fails(good: CheckContext) -> None:
    assert "no worker of the group documents" in fail(replace(good, worker_timeout=0.2), "worker")


def test_a_worker_of_another_version_fails(server: ServerProcess) -> None:
    with worker("-m", "tests.ops.old_worker", server.url):
        context = make_context(server.url, worker_timeout=30.0)
        assert "do not know process_document version" in fail(context, "worker")


def test_the_doctor_settles_every_promise_that_it_creates(good: CheckContext) -> None:
    """It need not wait for what the checks find."""
    hasty = replace(good, clock=Clock(sleep=lambda _: None), worker_timeout=0.2)
    results = run(hasty, "ids", "heartbeat", "push", "worker")
    assert [name for name, each in results.items() if each.outcome.verdict is Verdict.SKIPPED] == []
    with Client(good.server.url) as client:
        assert [each.id for each in client.search_all(PromiseSearch(state="pending"))] == []
