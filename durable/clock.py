"""The time, sleep and random numbers that the toolkit uses; tests replace them."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Times in seconds; `draw` returns numbers from 0 to 1."""

    now: Callable[[], float] = time.time  # seconds since 1970, for timestamps
    monotonic: Callable[[], float] = time.monotonic  # for durations: it never jumps back
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random
