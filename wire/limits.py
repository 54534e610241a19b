"""How long, how often and how much a call may take, and what it takes from its surroundings."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random

from .line import Dial


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Times in seconds. The server itself needs milliseconds, or half a minute when its database is away."""

    budget: float = 4.5  # one call with all its attempts: who must answer within 5 s can wait for it
    connect: float = 1.0  # from the name to the end of the handshake, and once more for sending
    answer: float = 2.0  # the whole answer, from the request's last byte on
    retries: int = 2  # enough for a lost packet or a proxy that reloads; an outage is longer than any budget
    pause: float = 0.1  # before the first retry at most, then twice as long each time
    kept: int = 16  # connections kept open: a Lambda needs one, more threads than this open theirs anew
    size: int = 8 * 2**20  # bytes of an answer: a promise holds two values of at most 2 MiB, a page many small ones


@dataclass(frozen=True, kw_only=True)
class Ambient:
    """A test gives its own; `draw` gives numbers from 0 to 1, `dial` finds and connects an address."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random
    dial: Dial = socket.create_connection
