"""python -m worker.health: check whether the worker of this container is ready. Exit code 0: yes; 1: no, with a reason.

The worker answers on the loopback address, at the port in WORKER_HEALTH_PORT; one that hangs does not. A worker that
drains, or waits for the server, is `alive` and not `ready`. A worker that was ready once and is still alive is
`steady`. ECS replaces only workers that are not steady: in an outage of the server, a new worker would not be ready
either. The module imports little, because it is started twice a minute.
"""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

HOST: Final = "127.0.0.1"
QUESTIONS: Final = {
    "ready": "it waits for the server, runs its start-up probe, or drains",
    "alive": "it has failed and must be replaced; its log has the reason",
    "steady": "it has never been ready, or has failed; its log has the reason",
}
_TIMEOUT_SECONDS: Final = 3.0  # an event loop that blocks for longer endangers every lease


def ask_worker(port: int, question: str) -> str | None:
    """Ask the worker; return None if the answer is yes, or else a sentence."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"/{question}")
        status = connection.getresponse().status
    except TimeoutError:
        return f"the worker does not answer on port {port}: its event loop hangs"
    except (OSError, http.client.HTTPException) as error:
        return f"nothing answers on port {port}: the worker does not run, or has another port ({error})"
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else f"the worker is not {question}: {QUESTIONS[question]}"


def find_problem(environ: Mapping[str, str], words: Sequence[str]) -> str | None:
    """Return what is wrong with the worker, or with the command."""
    question = words[0] if words else "ready"
    port = environ.get("WORKER_HEALTH_PORT", "")
    if len(words) > 1 or question not in QUESTIONS:
        return f"usage: python -m worker.health [{'|'.join(QUESTIONS)}]"
    if not port.isascii() or not port.isdigit() or int(port) == 0:
        return "WORKER_HEALTH_PORT must be the port that the worker was given"
    return ask_worker(int(port), question)


def main() -> None:
    """Exit with the answer."""
    wrong = find_problem(os.environ, sys.argv[1:])
    if wrong:
        sys.exit(f"health: {wrong}")


if __name__ == "__main__":
    main()
