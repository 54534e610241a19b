"""The servers that the suite speaks to: one of each kind and setting, started when first asked for and then kept.

Starting one takes longer than most tests do. A test begins by emptying what it uses, or by names of its own.
"""

from contextlib import ExitStack
from pathlib import Path

from local.server_process import Options, ServerProcess, ServerProgram
from tests.warm_start import start_server

from .target import HttpChannel, Target

ON_VIRTUAL_TIME = Options(debug=True)
# An unread message is sent again long after the test, so that a slow machine reads nothing twice ...
ON_REAL_TIME = Options(timeouts_interval=100)
# ... or while the test waits for it.
WITH_FAST_RETRIES = Options(timeouts_interval=100, retry_timeout=1_500)


class Fleet:
    """Starts servers and hands the same one out again, unless it has died."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Keep the data of all of them below `folder` and end them with the stack."""
        self._folder = folder
        self._stack = stack
        self._servers: dict[tuple[ServerProgram, Options], ServerProcess] = {}
        self._targets: dict[ServerProcess, Target] = {}
        self._started = 0

    def server(self, server_program: ServerProgram, options: Options) -> ServerProcess:
        """Return the running server of this kind and setting."""
        found = self._servers.get((server_program, options))
        if found is None or found.process.poll() is not None:
            self._started += 1
            folder = self._folder / f"{server_program.name}-{self._started}"
            found = self._stack.enter_context(start_server(server_program, folder, options=options))
            self._servers[server_program, options] = found
        return found

    def target(self, server_program: ServerProgram, options: Options = ON_VIRTUAL_TIME) -> Target:
        """Return the way to this server, the same one each time."""
        server = self.server(server_program, options)
        if server not in self._targets:
            target = Target(server_program.name, HttpChannel(server.url))
            self._stack.callback(target.close)
            self._targets[server] = target
        return self._targets[server]
