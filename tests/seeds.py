"""The seed of a run's random tests: another one each time, the same in all processes of a run.

`SEED=4711 make test` repeats a run; the line at the start of each run and every failure name the seed.
"""

import os
from random import SystemRandom
from typing import Final

VARIABLE: Final = "SEED"
SEEDS: Final = 10**9
# In the environment, because the processes of pytest-xdist must collect the same tests.
RUN_SEED: Final = int(os.environ.setdefault(VARIABLE, str(SystemRandom().randrange(SEEDS))))


def repeat_command(seed: int, tests: str, target: str = "test") -> str:
    """Return the command that begins these tests with this seed."""
    return f"make {target} {VARIABLE}={seed} ARGS={tests}"
