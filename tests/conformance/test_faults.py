"""The test of the tests: the random scripts find each fault that is planted in a copy of the embedded server."""

from contextlib import closing
from pathlib import Path

import pytest

from local.server_process import EmbeddedProgram
from tests.conftest import REAL, StartServer

from .faults import FAULTS, Fault
from .fleet import ON_VIRTUAL_TIME, Fleet
from .pair import Pair
from .target import Target
from .writer import write_script

MAX_SCRIPTS = 100  # scripts; most faults show within five

faults = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))


@pytest.fixture
def reference(fleet: Fleet) -> Target:
    """Give the real server if there is one, else the unbroken server."""
    return fleet.target(REAL or EmbeddedProgram())


@faults
def test_the_place_of_a_fault_is_in_the_server(fault: Fault) -> None:
    """Its text occurs exactly once; otherwise the source changed and the fault must follow."""
    assert fault.occurrences() == 1


@faults
def test_random_scripts_find_a_planted_fault(
    fault: Fault, reference: Target, start_server: StartServer, tmp_path: Path
) -> None:
    """A broken server shows within a bounded number of scripts, by what it answers and not by a crash."""
    broken = start_server(fault.plant(tmp_path / "code"), options=ON_VIRTUAL_TIME)
    with closing(Target("broken", broken.url)) as subject:
        pair = Pair(reference, subject)
        for seed in range(MAX_SCRIPTS):
            last = write_script(pair, seed)[-1]
            if not last.agrees:
                assert '"status":500' not in str(last.subject.answer)
                return
    pytest.fail(f"{MAX_SCRIPTS} random scripts did not notice that {fault.name}")
