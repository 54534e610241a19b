"""The tuning of the hosted server: quick steps, and a backlog of jobs that causes neither delays nor costs.

Measured by `make bench ARGS=backlog-hosted`, which needs no CDK to read these.
"""

from collections.abc import Mapping
from typing import Final

# Until the server announces a task again that no worker took. At 5 seconds the announcements of 12,000 waiting jobs
# delayed every other one by minutes. A worker keeps announced tasks in memory, so a longer time delays no queued job.
RESEND_MS: Final = 30_000
_POLL_MS: Final = 10  # the server's default of 100 delays each workflow by 200 ms
# The server drops announcements that do not fit into the buffer of a worker's connection, and a dropped one waits for
# RESEND_MS. The default of 100 is one batch.
_BUFFERED_MESSAGES: Final = 10_000  # 2 MB for each connection that does not read
# At `info` the server writes a line for each announcement, and at `warn` still one if its group has no worker: 10,000
# waiting jobs would cost 24 US dollars a day. The alarm NothingMoves reports a group without workers.
_LOG_LEVEL: Final = "warn,resonate::transport::transport_http_poll=error"

SERVER_SETTINGS: Final[Mapping[str, str]] = {
    "RESONATE_LEVEL": _LOG_LEVEL,
    "RESONATE_MESSAGES__POLL_INTERVAL": str(_POLL_MS),
    "RESONATE_TASKS__RETRY_TIMEOUT": str(RESEND_MS),
    # Otherwise a client that may create promises could make the server call any address. We do not use it.
    "RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED": "false",
    "RESONATE_TRANSPORTS__HTTP_POLL__BUFFER_SIZE": str(_BUFFERED_MESSAGES),
}
