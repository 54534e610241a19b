"""python -m worker.health: is the worker of this container ready? Exit code 0 says yes, 1 no, and a sentence why.

It asks the worker itself on this machine's own address, at the port that WORKER_HEALTH_PORT names to both of them: a
worker that hangs does not answer, and one that died has left nothing behind that could speak for it. With the word
`alive` it asks less: a worker that drains, or waits for the server, is alive and not ready. With `steady` it asks what
whoever replaces workers should: it must have been ready once, and from then on be alive, because in an outage of the
server a new one would hear no more than this one. It imports next to nothing: it is started twice a minute.
"""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

HOST: Final = "127.0.0.1"
QUESTIONS: Final = {
    "ready": "it waits for the server, proves that it fits, or drains",
    "alive": "it has met what only another process can mend, and its log says what",
    "steady": "it has never been ready, or has met what only another process can mend",
}
_PATIENCE: Final = 3.0  # seconds; a loop that is so long at one thing endangers every lease


def what_is_wrong(port: int, question: str) -> str | None:
    """Ask the worker; return nothing when the answer is yes, and otherwise a sentence."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE)
    try:
        connection.request("GET", f"/{question}")
        status = connection.getresponse().status
    except TimeoutError:
        return f"the worker does not answer on port {port}: its loop hangs"
    except (OSError, http.client.HTTPException) as error:
        return f"nothing answers on port {port}: the worker does not run, or has another port ({error})"
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else f"the worker is not {question}: {QUESTIONS[question]}"


def find_problem(environ: Mapping[str, str], words: Sequence[str]) -> str | None:
    """Return what is wrong with the worker, or with the question."""
    question = words[0] if words else "ready"
    port = environ.get("WORKER_HEALTH_PORT", "")
    if len(words) > 1 or question not in QUESTIONS:
        return f"usage: python -m worker.health [{'|'.join(QUESTIONS)}]"
    if not port.isascii() or not port.isdigit() or int(port) == 0:
        return "WORKER_HEALTH_PORT must be the port that the worker was given"
    return what_is_wrong(int(port), question)


def main() -> None:
    """Answer with the exit code."""
    wrong = find_problem(os.environ, sys.argv[1:])
    if wrong:
        sys.exit(f"health: {wrong}")


if __name__ == "__main__":
    main()
