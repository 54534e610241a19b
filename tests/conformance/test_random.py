"""Random scripts: after every request of each, the embedded server and the real one answer and look the same.

CONFORMANCE_SEED=7000 CONFORMANCE_SCRIPTS=5000 chooses other scripts, or more.
"""

import os
from collections.abc import Sequence
from itertools import batched

import pytest

from local.server_process import EmbeddedProgram
from tests.conftest import ONE_TARGET, REAL

from .fleet import Fleet
from .pair import Pair
from .saved_scripts import SAVED_SCRIPTS
from .script import from_text
from .shrink import report
from .writer import write_script

FIRST_SEED = int(os.environ.get("CONFORMANCE_SEED", "0"))
SCRIPTS = int(os.environ.get("CONFORMANCE_SCRIPTS", "500"))
CONCURRENCY = 25  # scripts a test: each test is about two seconds
CHUNKS = list(batched(range(FIRST_SEED, FIRST_SEED + SCRIPTS), CONCURRENCY, strict=False))

pytestmark = pytest.mark.skipif(REAL is None, reason=ONE_TARGET)


@pytest.fixture
def pair(fleet: Fleet) -> Pair:
    """Give the real server as the reference and the embedded server as what must be like it."""
    assert REAL is not None
    return Pair(fleet.target(REAL), fleet.target(EmbeddedProgram()))


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"from-{seeds[0]}")
def test_no_request_tells_the_servers_apart(pair: Pair, seeds: Sequence[int]) -> None:
    """Whatever the script: equal status, body and state, but for the sentence of a refusal."""
    for seed in seeds:
        outcomes = write_script(pair, seed)
        if not outcomes[-1].agrees:
            pytest.fail(f"seed {seed}: {report(pair, [outcome.step for outcome in outcomes])}", pytrace=False)


@pytest.mark.parametrize("text", list(SAVED_SCRIPTS.values()), ids=list(SAVED_SCRIPTS))
def test_what_told_servers_apart_once_does_so_no_more(pair: Pair, text: str) -> None:
    """The shortest scripts for what many random ones would not meet are played every time."""
    script = from_text(text)
    if pair.disagree(script):
        pytest.fail(report(pair, script), pytrace=False)
