"""The time, sleep and random numbers of the client; tests replace them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Times in seconds; `draw` returns numbers from 0 to 1, for the jitter of retries."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random
