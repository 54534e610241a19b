"""python -m tests.hosted.next_release: a worker of the next release, which knows one more version of the workflow."""

import logging
import os

from contract.names import VERSION, chunks_group, pages_group
from durable import JsonFormatter, Workflow
from durable.runtime import Worker, WorkerProcess
from worker.bootstrap import open_ports
from worker.settings import Settings
from worker.workflows.analysis import Analyzing
from worker.workflows.document import document_workflow
from worker.workflows.extraction import Extraction

NEXT_VERSION = VERSION + 1

if __name__ == "__main__":
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    settings = Settings.from_env(os.environ)
    ports = open_ports(settings)
    group = settings.runtime.group
    extraction, analyzing = Extraction(ports, pages_group(group)), Analyzing(ports, chunks_group(group))
    present = document_workflow(ports, extraction, analyzing)
    following = Workflow(present.body, present.name, NEXT_VERSION)
    workflows = [present, following, *extraction.workflows, *analyzing.workflows]
    WorkerProcess([Worker(settings.runtime, workflows)], health_port=settings.health_port).run()
