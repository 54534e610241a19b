"""Random scripts: after every request of each, the embedded server and the real one answer and look the same.

Each run plays new scripts. The embedded server is called in this process: other tests speak to it over HTTP.
"""

from collections.abc import Iterator, Sequence
from itertools import batched
from pathlib import Path

import pytest

from tests.conftest import ONE_TARGET, REAL
from tests.seeds import RUN_SEED, repeat_command

from .direct import open_direct
from .fleet import Fleet
from .pair import Pair
from .saved_scripts import SAVED_SCRIPTS
from .script import from_text
from .shrink import report
from .writer import write_script

SCRIPTS = 20
SOAK_SCRIPTS = 3_080  # further ones
SCRIPTS_PER_TEST = 20  # about three seconds
CHUNKS = list(batched(range(SCRIPTS + SOAK_SCRIPTS), SCRIPTS_PER_TEST, strict=False))

pytestmark = pytest.mark.skipif(REAL is None, reason=ONE_TARGET)


@pytest.fixture
def pair(fleet: Fleet, tmp_path: Path) -> Iterator[Pair]:
    """Give the real server as the reference and the embedded server as what must be like it."""
    assert REAL is not None
    with open_direct(tmp_path / "embedded") as subject:
        yield Pair(fleet.target(REAL), subject)


@pytest.mark.parametrize(
    "numbers",
    [pytest.param(chunk, marks=() if chunk[0] < SCRIPTS else pytest.mark.soak) for chunk in CHUNKS],
    ids=lambda numbers: f"{numbers[0]}-{numbers[-1]}",
)
def test_no_request_tells_the_servers_apart(pair: Pair, numbers: Sequence[int]) -> None:
    """Whatever the script: equal status, body and state, but for the sentence of a refusal."""
    for number in numbers:
        seed = RUN_SEED + number
        outcomes = write_script(pair, seed)
        if not outcomes[-1].agrees:
            found = report(pair, [outcome.step for outcome in outcomes])
            command = repeat_command(seed, "tests/conformance/test_random.py")
            pytest.fail(f"script {seed}; to repeat it: {command}\n{found}", pytrace=False)


@pytest.mark.parametrize("text", list(SAVED_SCRIPTS.values()), ids=list(SAVED_SCRIPTS))
def test_what_told_servers_apart_once_does_so_no_more(pair: Pair, text: str) -> None:
    """The shortest scripts for what many random ones would not meet are played every time."""
    script = from_text(text)
    if pair.disagree(script):
        pytest.fail(report(pair, script), pytrace=False)
