"""A worker for the examples: `SERVICES_URL=http://127.0.0.1:9000 python -m examples http://127.0.0.1:8001`."""

import sys
from typing import Any

from durable import Workflow
from durable.runtime import Settings, Worker, WorkerProcess

from .agent import answer_question, continue_talk
from .album import make_album
from .expenses import reimburse
from .orders import place_order
from .signup import signup

WORKFLOWS: list[Workflow[..., Any]] = [place_order, signup, reimburse, answer_question, continue_talk, make_album]

if __name__ == "__main__":
    WorkerProcess([Worker(Settings(url=sys.argv[1], group="examples"), WORKFLOWS)]).run()
