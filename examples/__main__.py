"""A worker for the examples: `SERVICES_URL=http://127.0.0.1:9000 python -m examples http://127.0.0.1:8001`."""

from argparse import ArgumentParser
from typing import Any

from durable import Workflow
from durable.runtime import Settings, Worker, WorkerProcess

from .agent import answer_question, continue_talk
from .album import make_album
from .expenses import reimburse
from .orders import place_order
from .signup import signup

WORKFLOWS: list[Workflow[..., Any]] = [place_order, signup, reimburse, answer_question, continue_talk, make_album]


def main() -> None:
    """Run the worker until it is stopped."""
    parser = ArgumentParser(
        prog="python -m examples", description="Run a worker for the examples, in the group examples."
    )
    parser.add_argument("url", help="the Resonate server, such as that of make server: http://127.0.0.1:8001")
    parser.epilog = f"Workflows: {', '.join(one.name for one in WORKFLOWS)}. SERVICES_URL names the services they call."
    try:
        settings = Settings(url=parser.parse_args().url, group="examples")
    except ValueError as error:
        parser.error(str(error))
    WorkerProcess([Worker(settings, WORKFLOWS)]).run()


if __name__ == "__main__":
    main()
