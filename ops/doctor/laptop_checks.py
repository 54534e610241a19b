"""The checks of a system whose server is reachable from here, ordered so that causes come before effects."""

from typing import Final

from .api_checks import check_api, check_api_clock
from .check import Check
from .context import CheckContext
from .function_check import check_functions
from .journey_check import check_journey
from .push_check import check_push
from .server_checks import (
    check_authentication,
    check_heartbeat,
    check_ids,
    check_protocol,
    check_server,
    check_server_clock,
    check_writing,
)
from .store_checks import check_store
from .worker_check import check_worker

CHECKS: Final[tuple[Check[CheckContext], ...]] = (
    Check("api", check_api),
    Check("api clock", check_api_clock, needs=("api",)),
    Check("server", check_server),
    Check("protocol", check_protocol, needs=("server",)),
    Check("authentication", check_authentication, needs=("protocol",)),
    Check("writing", check_writing, needs=("authentication",)),
    Check("server clock", check_server_clock, needs=("writing",)),
    Check("ids", check_ids, needs=("writing",)),
    Check("heartbeat", check_heartbeat, needs=("writing",)),
    Check("push", check_push, needs=("writing",)),
    Check("store", check_store),
    Check("worker", check_worker, needs=("writing",)),
    Check("journey", check_journey, needs=("worker",)),
    Check("functions", check_functions, needs=("api", "worker")),
)
