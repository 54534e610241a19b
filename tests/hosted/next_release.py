"""python -m tests.hosted.next_release: a worker of the next release, which knows one more version of the workflow."""

import logging
import os
from typing import Any

from contract.names import VERSION, chunks_group, pages_group
from durable import JsonFormatter, Workflow
from durable.runtime import Worker, WorkerProcess
from worker.bootstrap import open_ports
from worker.settings import Settings
from worker.workflows.document import DocumentWorkflow

NEXT_VERSION = VERSION + 1

if __name__ == "__main__":
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    settings = Settings.from_env(os.environ)
    ports = open_ports(settings)
    group = settings.runtime.group
    document = DocumentWorkflow(ports, pages_group=pages_group(group), chunks_group=chunks_group(group))
    present = document.process_document
    following = Workflow(present.body, present.name, NEXT_VERSION)
    read_pages, read_chunks = document.extract.read_pages.workflow, document.analyze.read_chunks.workflow
    workflows: list[Workflow[..., Any]] = [present, following, read_pages, read_chunks]
    WorkerProcess([Worker(settings.runtime, workflows)], health_port=settings.health_port).run()
