"""The TypeScript SDK, unchanged, in both of its styles: each test is one thing that a workflow may do."""

import time
from collections.abc import Iterator

import pytest

from local.server_process import Options, ServerProcess, ServerProgram
from tests import warm_start
from tests.conftest import SERVER_PROGRAMS
from tests.sdk.node import InstallError, Player, install


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    try:
        install()
    except InstallError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture(scope="module", params=SERVER_PROGRAMS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server of each kind for all tests: each adds a job of its own, and starting one takes longer than a job."""
    server_program: ServerProgram = request.param
    with warm_start.start_server(
        server_program, tmp_path_factory.mktemp(server_program.name), options=Options(retry_timeout=2_000)
    ) as server:
        yield server


@pytest.fixture(scope="module", params=["generators", "async"])
def player(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Player]:
    """Workers in each of the SDK's two ways to write a workflow: it has an executor for each."""
    with Player(server.url, request.param) as player:
        yield player


def test_five_steps_run_once_each_and_in_order(player: Player) -> None:
    """A workflow of five steps returns their results, and no step ran twice."""
    names = [f"step-{n}" for n in range(5)]
    assert player.play("fiveSteps") == (names, [("default", name) for name in names])


def test_a_remote_call_runs_in_the_group_it_names(player: Player) -> None:
    """A workflow of one group calls a function of another, which runs in a worker of that group."""
    assert player.play("doubleElsewhere", 20) == (41, [("back", "double-20")])


def test_fifty_children_run_once_each(player: Player) -> None:
    """A workflow that starts fifty remote children at once gets every result, and no child ran twice."""
    result, steps = player.play("fanOut", 50)
    assert result == 2450
    assert sorted(steps) == sorted(("back", f"double-{n}") for n in range(50))


def test_a_sleep_has_the_requested_length(player: Player) -> None:
    """A workflow sleeps between two steps, and neither runs twice."""
    start_time = time.monotonic()
    outcome = player.play("nap", 1_000)
    assert time.monotonic() - start_time > 1
    assert outcome == (["before", "after"], [("default", "before"), ("default", "after")])


def test_a_client_settles_a_promise(player: Player) -> None:
    """A workflow that waits for a promise resumes with the value that a client settled it with."""
    result, (_, *later) = player.play("ask")
    assert result == {"page": 7}
    assert later == [("default", "answered")]
