"""The test of the tests: the random scripts find each fault that is planted in a copy of the embedded server."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from local.server_process import EmbeddedProgram
from tests.conftest import REAL, StartServer
from tests.seeds import draw_some

from .direct import open_direct
from .faults import FAULTS, Fault
from .fleet import ON_VIRTUAL_TIME, Fleet
from .pair import Outcome, Pair, find_difference
from .target import HttpChannel, Target
from .writer import write_script

MAX_SCRIPTS = 100  # scripts, the same ones in each run; most faults show within five
DRAWN_FAULTS = draw_some(
    FAULTS, share=1 / 6, at_least=8
)  # others in each run; `make soak` plants all, beside the real server

type WriteScript = Callable[[int], list[Outcome]]


def each(faults: list[Fault]) -> pytest.MarkDecorator:
    """Run a test with each of these faults."""
    return pytest.mark.parametrize("fault", faults, ids=lambda fault: fault.name.replace(" ", "-"))


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriteScript]:
    """Give a function that writes the script of a seed once, and plays it on two unbroken servers, which must agree."""
    folder = tmp_path_factory.mktemp("unbroken")
    with open_direct(folder / "one") as one, open_direct(folder / "other") as other:

        @cache
        def write(seed: int) -> list[Outcome]:
            outcomes = write_script(Pair(one, other), seed)
            assert outcomes[-1].agrees, "a script that tells unbroken servers apart would find any fault"
            return outcomes

        yield write


def check_outcomes(outcomes: Iterator[Outcome]) -> None:
    """Expect that some script shows the fault by what the server answers, and not by a crash."""
    found = next(outcomes, None)
    assert found, f"{MAX_SCRIPTS} random scripts did not notice it"
    assert isinstance(found.subject.answer, dict)
    assert found.subject.answer["status"] != 500


@each(FAULTS)
def test_the_place_of_a_fault_is_in_the_server(fault: Fault) -> None:
    """Its text occurs exactly once; otherwise the source changed and the fault must follow."""
    assert fault.occurrences() == 1


@each(DRAWN_FAULTS)
def test_random_scripts_find_a_planted_fault(fault: Fault, write: WriteScript, tmp_path: Path) -> None:
    """A broken server differs from the unbroken one within a bounded number of scripts."""
    with open_direct(tmp_path, fault) as broken:
        differences = (find_difference(write(seed), broken) for seed in range(MAX_SCRIPTS))
        check_outcomes(filter(None, differences))


@pytest.mark.soak
@each(FAULTS)
def test_they_find_it_in_the_program_beside_the_real_server(
    fault: Fault, fleet: Fleet, start_server: StartServer, tmp_path: Path
) -> None:
    """Two processes behind HTTP show the same difference."""
    program = start_server(fault.plant(tmp_path / "code"), options=ON_VIRTUAL_TIME)
    with closing(Target("broken", HttpChannel(program.url))) as broken:
        pair = Pair(fleet.target(REAL or EmbeddedProgram()), broken)
        last = (write_script(pair, seed)[-1] for seed in range(MAX_SCRIPTS))
        check_outcomes(outcome for outcome in last if not outcome.agrees)
