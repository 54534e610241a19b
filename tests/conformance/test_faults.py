"""The test of the tests: the random scripts find each fault that is planted in a copy of the embedded server."""

from contextlib import closing
from pathlib import Path

import pytest

from local.server_process import EmbeddedProgram
from tests.conftest import REAL, StartServer

from .direct import open_direct
from .faults import FAULTS, Fault
from .fleet import ON_VIRTUAL_TIME, Fleet
from .pair import Pair
from .target import HttpChannel, Target
from .writer import write_script

MAX_SCRIPTS = 100  # scripts, the same ones in each run; most faults show within five

faults = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))


def find_difference(pair: Pair) -> None:
    """Play scripts until the broken server shows by what it answers, and not by a crash."""
    for seed in range(MAX_SCRIPTS):
        last = write_script(pair, seed)[-1]
        if not last.agrees:
            assert '"status":500' not in str(last.subject.answer)
            return
    pytest.fail(f"{MAX_SCRIPTS} random scripts did not notice it")


@faults
def test_the_place_of_a_fault_is_in_the_server(fault: Fault) -> None:
    """Its text occurs exactly once; otherwise the source changed and the fault must follow."""
    assert fault.occurrences() == 1


@faults
def test_random_scripts_find_a_planted_fault(fault: Fault, tmp_path: Path) -> None:
    """A broken server shows beside the unbroken one within a bounded number of scripts."""
    with open_direct(tmp_path / "embedded") as reference, open_direct(tmp_path / "broken", fault) as subject:
        find_difference(Pair(reference, subject))


@pytest.mark.soak
@faults
def test_they_find_it_in_the_program_beside_the_real_server(
    fault: Fault, fleet: Fleet, start_server: StartServer, tmp_path: Path
) -> None:
    """Two processes behind HTTP show the same difference."""
    broken = start_server(fault.plant(tmp_path / "code"), options=ON_VIRTUAL_TIME)
    with closing(Target("broken", HttpChannel(broken.url))) as subject:
        find_difference(Pair(fleet.target(REAL or EmbeddedProgram()), subject))


def test_two_unbroken_servers_never_differ(tmp_path: Path) -> None:
    """Otherwise the scripts would find any fault."""
    with open_direct(tmp_path / "one") as reference, open_direct(tmp_path / "other") as subject:
        pair = Pair(reference, subject)
        assert all(write_script(pair, seed)[-1].agrees for seed in range(10))
