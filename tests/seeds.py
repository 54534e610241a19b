"""The seed of a run's random tests: another one each time, the same in all processes of a run.

`SEED=4711 make test` repeats a run; the line at the start of each run and every failure name the seed.
"""

import os
from collections.abc import Iterable
from random import Random, SystemRandom
from typing import Final

VARIABLE: Final = "SEED"
SEEDS: Final = 10**9
# In the environment, because the processes of pytest-xdist must collect the same tests.
RUN_SEED: Final = int(os.environ.setdefault(VARIABLE, str(SystemRandom().randrange(SEEDS))))


def repeat_command(seed: int, tests: str, target: str = "test") -> str:
    """Return the command that begins these tests with this seed."""
    return f"make {target} {VARIABLE}={seed} ARGS={tests}"


def draw_some[T](items: Iterable[T], *, share: float, at_least: int) -> list[T]:
    """Return this share of the items in their order, others in each run; `make soak` runs the same test with all."""
    every = list(items)
    count = min(len(every), max(at_least, round(len(every) * share)))
    return [every[place] for place in sorted(Random(RUN_SEED).sample(range(len(every)), count))]
