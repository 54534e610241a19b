"""The doctor of a laptop: defects of the API and the store, and what it still checks when the server is down."""

import json
import time
from pathlib import Path

from durable.wire.clock import Clock
from local.server_process import EmbeddedProgram
from ops.api import Api
from ops.doctor.check import Verdict, run_checks
from ops.doctor.laptop_checks import CHECKS
from ops.laptop import Laptop
from tests.conftest import StartServer
from tests.ops.doctor_checks import fail, make_context, passes, run
from tests.ops.fake_server import Reply, serve
from tests.ops.stacks import CLOSED_PORT
from tests.ops.terminal import Terminal


def test_a_running_laptop_passes_every_check(at_home: Terminal, laptop: Laptop) -> None:
    ended = at_home.run("doctor")
    assert ended.code == 0, ended
    assert [line.split()[0] for line in ended.out.splitlines()[: len(CHECKS)]] == [
        check.name.split()[0] for check in CHECKS
    ]
    assert "skipped" not in ended.out
    assert laptop.api in ended.out


def test_a_server_that_is_down_skips_the_checks_that_need_it(start_server: StartServer) -> None:
    server = start_server(EmbeddedProgram())
    server.kill()
    outcomes = {name: result.outcome for name, result in run(make_context(server.url), "worker").items()}
    assert outcomes.pop("server").sentence == "the server does not respond"
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.SKIPPED}
    assert {outcome.sentence for outcome in outcomes.values()} == {"check `server` failed"}


def test_a_server_that_dies_during_a_check_fails_it_and_the_other_checks_still_run(
    start_server: StartServer, tmp_path: Path
) -> None:
    """It dies between two heartbeats; the later checks do not reach it."""
    server = start_server(EmbeddedProgram())
    context = make_context(server.url, store=tmp_path, clock=Clock(sleep=lambda _: server.kill()))
    outcomes = {result.name: result.outcome for result in run_checks(context, CHECKS)}
    verdicts = {name: outcome.verdict for name, outcome in outcomes.items()}
    assert {verdicts[name] for name in ("heartbeat", "push", "worker")} == {Verdict.FAILED}
    assert {verdicts[name] for name in ("writing", "ids", "store")} == {Verdict.OK}
    assert "the check was interrupted" in outcomes["heartbeat"].sentence
    assert outcomes["push"].remedy


def test_an_api_clock_that_is_off_by_ten_minutes_fails(laptop: Laptop) -> None:
    clock = Clock(now=lambda: time.time() - 600)
    context = make_context(laptop.server, api=Api(laptop.api), clock=clock)
    assert "10 minutes behind the API's" in fail(context, "api clock")


def test_a_worker_that_knows_the_workflow_passes(laptop: Laptop) -> None:
    assert passes(make_context(laptop.server, worker_timeout=30.0), "worker")


def test_a_real_worker_logs_the_lines_that_the_probe_reads(laptop: Laptop) -> None:
    lines = [json.loads(line) for line in (laptop.store.parent / "worker.log").read_text().splitlines()]
    [ready] = [line for line in lines if (line.get("event"), line.get("group")) == ("worker_ready", "documents")]
    assert ready["duration"] > 0


def test_an_api_that_is_down_fails() -> None:
    assert "does not respond" in fail(make_context(CLOSED_PORT), "api")


def test_another_program_at_the_address_of_the_api_fails() -> None:
    with serve(lambda _: Reply(200, b"<html>")) as fake:
        assert "is not this API's" in fail(make_context(CLOSED_PORT, api=Api(fake.url)), "api")


def test_a_store_that_is_not_writable_fails(tmp_path: Path) -> None:
    assert passes(make_context(CLOSED_PORT, store=tmp_path / "store"), "store")
    (tmp_path / "file").touch()
    for folder in (Path("/proc"), Path("/proc/store"), tmp_path / "file"):
        assert "is not writable" in fail(make_context(CLOSED_PORT, store=folder), "store")


def test_a_server_named_by_its_url_is_checked_as_one_that_others_can_reach(
    nowhere: Terminal, start_server: StartServer
) -> None:
    ended = nowhere.run("doctor", "--server", start_server(EmbeddedProgram()).url, "--url", CLOSED_PORT, "--json")
    verdicts = {result["check"]: result["verdict"] for result in json.loads(ended.out)}
    assert ended.code == 1
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == {"api", "push", "worker"}
    assert verdicts["heartbeat"] in {"ok", "warning"}
