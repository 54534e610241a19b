"""A process with its log: waits until the process is ready, and describes its end with the last lines of the log."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

PROCESS_TIMEOUT: Final = 60.0  # seconds to become ready or to end; each takes one, and twenty on a busy machine
_POLL_SECONDS: Final = 0.01
_MAX_LINES: Final = 2
_MAX_LINE_LENGTH: Final = 300  # characters
_TAIL_BYTES: Final = 8_192

# Starts a process as subprocess.Popen does; tests have a cheaper way for our own programs.
type StartProcess = Callable[..., subprocess.Popen[bytes]]


class NotReadyError(RuntimeError):
    """A process ended, or did not answer, before it was ready."""


class LoggedProcess:
    """A running process; a `with` block stops it at the end."""

    def __init__(  # noqa: PLR0913 callers name them
        self,
        name: str,
        command: list[str],
        log: Path,
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        start_process: StartProcess = subprocess.Popen,
    ) -> None:
        """Start the process; `name` is for reports."""
        self.name: Final = name
        self.log: Final = log
        with log.open("ab") as out:
            self._since: Final = out.tell()  # earlier lines belong to former processes
            # Its own session, so that Ctrl-C reaches only the parent, which stops the parts in order.
            self.process: Final = start_process(
                command, cwd=cwd, env=environ, stdout=out, stderr=out, start_new_session=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Wait until it is ready; kill it and raise NotReadyError if it is not."""
        end = time.monotonic() + PROCESS_TIMEOUT
        while not is_ready():
            if self.has_ended or time.monotonic() > end:
                reason = self.describe_exit()
                self.kill()
                raise NotReadyError(reason)
            time.sleep(_POLL_SECONDS)

    def stop(self) -> int:
        """Terminate it, and return its exit code; kill it and raise if it does not end in time."""
        self.process.terminate()
        try:
            return self.process.wait(PROCESS_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self.process.kill()
        self.process.wait()

    def describe_exit(self) -> str:
        """Describe how it ended, or that it did not become ready, with its last output and the path of its log."""
        lines = [f"  {line[:_MAX_LINE_LENGTH]}" for line in self._read_tail().splitlines() if line.strip()]
        output = ["Last output:", *lines[-_MAX_LINES:]] if lines else ["No output."]
        end = _describe_code(self.process.poll())
        return "\n".join([f"the {self.name} {end}. {output[0]}", *output[1:], f"Log: {self.log}"])

    def _read_tail(self) -> str:
        with self.log.open("rb") as file:
            file.seek(max(self._since, self.log.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace")


def _describe_code(code: int | None) -> str:
    if code is None:
        return "did not become ready in time"
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
