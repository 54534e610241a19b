"""The groups that a worker's process serves: jobs, batches of pages, and chunks of texts.

Each has places of its own, so that a scan of 500 pages, which keeps every slot for pages busy for minutes, and a text
of a hundred chunks, each of which waits for a model for as long, take none from downloads, from estimates, from short
documents, or from whatever else a job does.
"""

from dataclasses import replace

from contract.names import chunks_group, pages_group
from durable.runtime.process import FatalReason
from durable.runtime.settings import Settings as RuntimeSettings
from durable.runtime.settings import own_pid
from durable.runtime.together import WorkerProcess
from durable.runtime.worker import Worker
from durable.server import PeriodicTask
from durable.step_events import OnStepEvent, ignore_step_events

from .analyzing import Analyzing
from .endings import Teller, ending_workflow
from .estimation import estimate_workflow
from .extraction import Extraction
from .pipeline import document_workflow
from .ports import Ports
from .settings import Settings


def all_groups(settings: Settings, ports: Ports, *, journal: OnStepEvent = ignore_step_events) -> WorkerProcess:
    """Put the process together."""
    jobs, pages, chunks = _each(settings)
    extraction, analyzing = Extraction(ports, pages.group), Analyzing(ports, chunks.group)
    tell_ending = ending_workflow(ports)
    document = document_workflow(ports, extraction, analyzing)
    parts = [*extraction.workflows, *analyzing.workflows]
    workflows = [document, *parts, tell_ending, estimate_workflow(ports)]
    fatal_reason = FatalReason()
    upkeep = [PeriodicTask(name="telling endings", interval=settings.endings_every, run=Teller(tell_ending))]
    return WorkerProcess(
        Worker(jobs, workflows, on_step_event=journal, periodic_tasks=upkeep, fatal_reason=fatal_reason),
        Worker(pages, extraction.workflows, on_step_event=journal, fatal_reason=fatal_reason),
        Worker(chunks, analyzing.workflows, on_step_event=journal, fatal_reason=fatal_reason),
        health_port=settings.runtime.health_port,
    )


def _each(settings: Settings) -> tuple[RuntimeSettings, RuntimeSettings, RuntimeSettings]:
    """Return how each runs."""
    jobs = replace(settings.runtime, health_port=None)
    # A batch uses a slot nearly all the time, so more of them at a time would only keep them from other workers.
    slots = settings.page_slots
    pages = replace(jobs, group=pages_group(jobs.group), pid=own_pid(), concurrency=slots, slots=slots)
    # No child works for a chunk, and that server and SDK fit is proven by the others.
    at_once = settings.chunk_concurrency
    chunks = replace(
        jobs, group=chunks_group(jobs.group), pid=own_pid(), concurrency=at_once, slots=1, probe_timeout=0.0
    )
    return jobs, pages, chunks
