"""The time, which tests replace."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The time, sleep, and `draw`: numbers from 0 to 1 for the jitter of retries."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random
