"""The groups that a worker's process serves: jobs, batches of pages, and chunks of texts.

Each has places of its own, so that a scan of 500 pages, which keeps every slot for pages busy for minutes, and a text
of a hundred chunks, each of which waits for a model for as long, take none from downloads, from estimates, from short
documents, or from whatever else a job does.
"""

from dataclasses import replace

from contract.names import chunks_group, pages_group
from durable import OnStepEvent, PeriodicTask, ignore_step_events
from durable.runtime import Settings as RuntimeSettings
from durable.runtime import Worker, WorkerProcess, make_pid

from .settings import Settings
from .steps.ports import Ports
from .workflows.analysis import Analyzing
from .workflows.document import document_workflow
from .workflows.ending import Teller, ending_workflow
from .workflows.estimate import estimate_workflow
from .workflows.extraction import Extraction


def all_groups(settings: Settings, ports: Ports, *, journal: OnStepEvent = ignore_step_events) -> WorkerProcess:
    """Put the process together."""
    jobs, pages, chunks = _each(settings)
    extraction, analyzing = Extraction(ports, pages.group), Analyzing(ports, chunks.group)
    tell_ending = ending_workflow(ports)
    document = document_workflow(ports, extraction, analyzing)
    parts = [*extraction.workflows, *analyzing.workflows]
    workflows = [document, *parts, tell_ending, estimate_workflow(ports)]
    upkeep = [PeriodicTask(name="telling endings", interval=settings.endings_every, run=Teller(tell_ending))]
    workers = [
        Worker(jobs, workflows, on_step_event=journal, periodic_tasks=upkeep),
        Worker(pages, extraction.workflows, on_step_event=journal),
        Worker(chunks, analyzing.workflows, on_step_event=journal),
    ]
    return WorkerProcess(workers, health_port=settings.health_port)


def _each(settings: Settings) -> tuple[RuntimeSettings, RuntimeSettings, RuntimeSettings]:
    """Return how each runs."""
    jobs = settings.runtime
    # A batch uses a slot nearly all the time, so more of them at a time would only keep them from other workers.
    slots = settings.page_slots
    pages = replace(jobs, group=pages_group(jobs.group), pid=make_pid(), concurrency=slots, slots=slots)
    # No child works for a chunk, and that server and SDK fit is proven by the others.
    at_once = settings.chunk_concurrency
    chunks = replace(
        jobs, group=chunks_group(jobs.group), pid=make_pid(), concurrency=at_once, slots=1, probe_timeout=0.0
    )
    return jobs, pages, chunks
