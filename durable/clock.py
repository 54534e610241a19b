"""What the toolkit takes from its surroundings: the time, sleep and chance. A test gives its own."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Times in seconds; `draw` gives numbers from 0 to 1."""

    now: Callable[[], float] = time.time  # seconds since 1970, for timestamps
    monotonic: Callable[[], float] = time.monotonic  # what is measured: it goes on, and never back
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random
