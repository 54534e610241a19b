"""All checks of a doctor that reaches the engine, in the order in which a fault of one explains those after it."""

from typing import Final

from .api_checks import api_answers, api_clock
from .check import Check
from .context import CheckContext
from .journey_check import journey
from .push_check import push
from .server_checks import (
    authentication,
    engine_answers,
    engine_clock,
    engine_protocol,
    engine_writes,
    heartbeat,
    ids,
)
from .store_checks import store
from .worker_check import worker

CHECKS: Final[tuple[Check[CheckContext], ...]] = (
    Check("api", api_answers),
    Check("api clock", api_clock, needs=("api",)),
    Check("engine", engine_answers),
    Check("protocol", engine_protocol, needs=("engine",)),
    Check("authentication", authentication, needs=("protocol",)),
    Check("writing", engine_writes, needs=("authentication",)),
    Check("engine clock", engine_clock, needs=("writing",)),
    Check("ids", ids, needs=("writing",)),
    Check("heartbeat", heartbeat, needs=("writing",)),
    Check("push", push, needs=("writing",)),
    Check("store", store),
    Check("worker", worker, needs=("writing",)),
    Check("journey", journey, needs=("worker",)),
)
