"""python -m tests.hosted.next_release: a worker of the next release, which knows one more version of the workflow."""

import logging
import os
from dataclasses import replace
from typing import Any

from contract.names import VERSION, chunks_group, notices_group, pages_group
from durable import JsonFormatter, Workflow
from durable.runtime import Worker, WorkerProcess, make_pid
from worker.bootstrap import open_ports
from worker.settings import Settings
from worker.workflows.document import DocumentWorkflow
from worker.workflows.ending import EndingWorkflow

NEXT_VERSION = VERSION + 1

if __name__ == "__main__":
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    settings = Settings.from_env(os.environ)
    ports = open_ports(settings)
    group = settings.runtime.group
    document = DocumentWorkflow(
        ports, pages_group=pages_group(group), chunks_group=chunks_group(group), notices_group=notices_group(group)
    )
    present = document.process_document
    following = Workflow(present.body, present.name, NEXT_VERSION)
    read_pages, read_chunks = document.extract.read_pages.workflow, document.analyze.read_chunks.workflow
    workflows: list[Workflow[..., Any]] = [present, following, read_pages, read_chunks]
    notices = replace(settings.runtime, group=notices_group(group), pid=make_pid(), probe_timeout=0.0)
    workers = [Worker(settings.runtime, workflows), Worker(notices, [EndingWorkflow(ports).notify_ending])]
    WorkerProcess(workers, health_port=settings.health_port).run()
