"""The two groups that a worker's process serves: jobs, and batches of pages.

Each has slots of its own, so that a scan of 500 pages, which keeps every slot for pages busy for minutes, takes none
from downloads, from documents that carry their text, or from whatever else a job does.
"""

from dataclasses import replace

from contract.names import PAGES
from durable.journal import Journal, no_journal
from durable.runtime.process import LastWords
from durable.runtime.settings import own_pid
from durable.runtime.together import Together
from durable.runtime.worker import Worker
from durable.server import Upkeep

from .analyzing import Analyzing
from .endings import Teller, ending_workflow
from .estimation import estimate_workflow
from .extraction import Extraction
from .pipeline import document_workflow
from .ports import Ports
from .settings import Settings


def both_groups(settings: Settings, ports: Ports, *, journal: Journal = no_journal) -> Together:
    """Put the process together."""
    runtime = replace(settings.runtime, health_port=None)
    # A batch uses a slot nearly all the time, so more of them at a time would only keep them from other workers.
    pages = replace(runtime, group=PAGES, pid=own_pid(), concurrency=settings.page_slots, slots=settings.page_slots)
    extraction, analyzing, tell_ending = Extraction(ports), Analyzing(ports), ending_workflow(ports)
    upkeep = Upkeep(name="telling endings", every=settings.endings_every, work=Teller(tell_ending))
    document = document_workflow(ports, extraction, analyzing)
    parts = [*extraction.workflows, *analyzing.workflows]
    workflows = [document, *parts, tell_ending, estimate_workflow(ports)]
    last_words = LastWords()
    return Together(
        Worker(runtime, workflows, journal=journal, upkeep=[upkeep], last_words=last_words),
        Worker(pages, extraction.workflows, journal=journal, last_words=last_words),
        health_port=settings.runtime.health_port,
    )
