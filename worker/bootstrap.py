"""Build the worker process: its ports, its workflows, and a worker for each group that it serves.

Jobs, batches of pages, chunks of texts and notices each have a group with its own concurrency. So neither a scan of 500
pages nor a text of a hundred chunks, which take minutes, delays downloads, estimates and short documents. Notices have
a group, too, so that they never wait behind jobs, and jobs never wait for a channel that is down. Tasks of functions
have a group, too: the bridge passes them on to Lambda.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from obstore.exceptions import BaseError

from contract.environment import settings_errors
from contract.names import Tag, chunks_group, functions_group, notices_group, pages_group
from durable import Clock, OnStepEvent, PeriodicTask, Workflow, ignore_step_events
from durable.runtime import NO_TRACING, CellPromises, Cells, ServerAddress, Tracing, Worker, WorkerProcess, make_pid
from durable.runtime import Settings as RuntimeSettings

from .adapters.channels import ChannelError, open_channel
from .adapters.eraser import open_eraser
from .adapters.lambda_function import CredentialsError, open_function
from .adapters.object_store import Store, open_objects
from .adapters.progress import ProgressWriter
from .analysis.analyzer import Analyzer, ChunkedAnalyzer
from .analysis.analyzer_choice import ChoiceError
from .costs.meter import Meter
from .costs.prices import Rates, rates_of
from .documents.document_reader import DocumentReader
from .documents.engine_factory import open_engine
from .settings import Settings
from .sources.bucket import Buckets
from .sources.download_permits import DownloadPermits
from .sources.own_store import OwnStore
from .sources.sources import Sources
from .sources.web import Web
from .steps.ports import NO_PROGRESS, Jobs, MakeLink, Ports, Progress, make_no_link
from .webhooks.sender import WebhookSender
from .workflows.batch_workflow import BatchWorkflow
from .workflows.deliver_event import DeliveryWorkflow
from .workflows.document import DocumentWorkflow
from .workflows.ending import EndingSearch, EndingWorkflow
from .workflows.erase_job import ErasureWorkflow
from .workflows.estimate import EstimateWorkflow
from .workflows.page_image import PageImageWorkflow
from .workflows.revoke_job import RevocationWorkflow
from .workflows.schedule_tick import ScheduledJobWorkflow
from .workflows.waiting import WaitNoticeWorkflow

# Downloads at a time, for each job that may run: they mostly wait for servers, and take at most 15 MB of memory.
_DOWNLOADS_PER_JOB: Final = 2
_NOTICE_CONCURRENCY: Final = 16  # a notice is one small request; a delivery gives up its place while it waits
_MAX_PARKING_SECONDS: Final = 60.0  # between two invocations for a task that the function cannot run


type _Group = tuple[Workflow[..., Any], ...]


@dataclass(frozen=True, kw_only=True)
class Workflows:
    """All workflows of the worker, by the group that runs them. An old version stays here until its last job has ended.

    Workers for jobs know all of them: bundles of batches and chunks run in the group of their job.
    """

    jobs: _Group
    pages: _Group
    chunks: _Group
    notices: _Group

    @classmethod
    def make(cls, ports: Ports, *, group: str, pages_group: str, chunks_group: str, notices_group: str) -> Self:
        """Make them with these ports; jobs run in `group`."""
        batch = BatchWorkflow(ports, group=group)
        document = DocumentWorkflow(
            ports, pages_group=pages_group, chunks_group=chunks_group, notices_group=notices_group
        )
        return cls(
            jobs=(
                document.process_document,
                EstimateWorkflow(ports).estimate_document,
                batch.submit_batch,
                batch.cancel_batch,
                ScheduledJobWorkflow(group, ports.cell_jobs).start_scheduled_job,
            ),
            pages=(document.extract.read_pages.workflow,),
            chunks=(document.analyze.read_chunks.workflow,),
            notices=(
                EndingWorkflow(ports).notify_ending,
                WaitNoticeWorkflow(ports).notify_waiting,
                DeliveryWorkflow(ports).deliver_event,
                PageImageWorkflow(ports).draw_page,
                RevocationWorkflow(ports, notices_group).revoke_job,
                ErasureWorkflow(ports).erase_job,
            ),
        )

    @property
    def all(self) -> _Group:
        """Each version of each workflow."""
        return (*self.jobs, *self.pages, *self.chunks, *self.notices)


def build_worker(settings: Settings, tracing: Tracing = NO_TRACING) -> WorkerProcess:
    """Return the worker of these settings; an error names the variable whose value cannot be opened."""
    with settings_errors("STORE_URL", BaseError, OSError):
        progress = ProgressWriter(open_objects(settings.store_url))
    return worker_process(settings, open_ports(settings, progress), on_step_event=progress.note_step, tracing=tracing)


def open_ports(settings: Settings, progress: Progress = NO_PROGRESS) -> Ports:
    """Open the store, analyzer, channel and OCR engine of the settings."""
    with settings_errors("STORE_URL", BaseError, OSError):
        objects = open_objects(settings.store_url)
    store = Store(settings.store_url, objects)
    with settings_errors("ANALYZER, LLM_BASE_URL or DOCUMENT_TYPES", ChoiceError):
        schemas = settings.analyzer.read_types()
        analyzer = settings.analyzer.open(store)
    with settings_errors("NOTIFY_URL", ChannelError):
        send = open_channel(settings.notify_url)
    engine = open_engine(settings.ocr, store)
    return Ports(
        read=Sources(
            web=Web(settings.allowed_hosts).read,
            bucket=Buckets(settings.source_buckets).read,
            own=OwnStore(objects, has_versions=settings.store_url.startswith("s3:")),
        ),
        store=store,
        reader=DocumentReader(max_pages=settings.max_pages, choice=settings.ocr, engine=engine),
        analyzer=analyzer,
        send=send,
        erase=open_eraser(settings.store_url),
        post=WebhookSender(settings.webhook_secrets, settings.allowed_hosts).post,
        max_bytes=settings.max_bytes,
        max_work_seconds=settings.max_work_seconds,
        downloads=DownloadPermits(_DOWNLOADS_PER_JOB * settings.runtime.concurrency),
        progress=progress,
        meter=Meter(rates=_find_rates(settings, analyzer)),
        schemas=schemas,
        notices_group=notices_group(settings.runtime.group),
        make_link=_make_links(settings),
        cell_jobs=_open_cells(settings),
    )


def worker_process(
    settings: Settings,
    ports: Ports,
    *,
    on_step_event: OnStepEvent = ignore_step_events,
    tracing: Tracing = NO_TRACING,
) -> WorkerProcess:
    """Return the process with a worker for each of its groups."""
    jobs, pages, chunks, notices = _group_settings(settings)
    workflows = Workflows.make(
        ports, group=jobs.group, pages_group=pages.group, chunks_group=chunks.group, notices_group=notices.group
    )
    bridge = _open_bridge(settings, notices)
    search = EndingSearch(notices.group)
    find_endings = PeriodicTask(name="ending notices", interval=settings.ending_search_seconds, run=search)
    workers = [
        # This worker probes the server first: if the server refuses it, the log has that reason, and not a failed
        # search.
        Worker(jobs, workflows.all, on_step_event=on_step_event, tracing=tracing, periodic_tasks=[find_endings]),
        Worker(pages, workflows.pages, on_step_event=on_step_event, tracing=tracing),
        Worker(chunks, workflows.chunks, on_step_event=on_step_event, tracing=tracing),
        Worker(notices, workflows.notices, on_step_event=on_step_event, tracing=tracing),
        *bridge,
    ]
    return WorkerProcess(workers, health_port=settings.health_port)


def _open_bridge(settings: Settings, network: RuntimeSettings) -> list[Worker]:
    """Return the worker whose tasks the function runs, if there is a function."""
    if settings.function is None:
        return []
    with settings_errors("FUNCTION_ARN", CredentialsError):
        function = open_function(settings.function, endpoint=settings.function_endpoint)
    bridge = replace(
        network,
        group=functions_group(settings.runtime.group),
        pid=make_pid(),
        concurrency=settings.function_concurrency,
        owner_tag=None,
        # It holds no lease, and each test whether the function knows a task's workflow by now is a paid invocation.
        lease=2 * _MAX_PARKING_SECONDS,
        max_parking_pause=_MAX_PARKING_SECONDS,
    )
    return [Worker(bridge, [], function=function)]


def _group_settings(settings: Settings) -> tuple[RuntimeSettings, RuntimeSettings, RuntimeSettings, RuntimeSettings]:
    """Return the settings of the workers for jobs, pages, chunks and notices."""
    jobs = replace(settings.runtime, owner_tag=Tag.REQUESTER)  # a requester's backlog delays no other requester
    # A batch uses its slot nearly all the time: a higher concurrency would keep batches from other workers.
    slots = settings.page_slots
    pages = replace(jobs, group=pages_group(jobs.group), pid=make_pid(), concurrency=slots, slots=slots)
    # Chunks and notices need no child process, and a page image only one. The other two workers probe the server.
    network = replace(jobs, slots=1, probe_timeout=0.0)
    chunks = replace(network, group=chunks_group(jobs.group), pid=make_pid(), concurrency=settings.chunk_concurrency)
    notices = replace(network, group=notices_group(jobs.group), pid=make_pid(), concurrency=_NOTICE_CONCURRENCY)
    return jobs, pages, chunks, notices


def _open_cells(settings: Settings) -> Jobs | None:
    """Return what starts jobs in all cells, if there are several."""
    if settings.cells is None:
        return None
    runtime, others = settings.runtime, settings.cells.others
    addresses = {name: ServerAddress(url=cell.server_url, token=cell.token) for name, cell in others.items()}
    addresses[settings.cells.own] = ServerAddress(url=runtime.url, token=runtime.token)
    return CellPromises(Cells(addresses, settings.cells.layout), Clock())


def _make_links(settings: Settings) -> MakeLink:
    """Return how links to decisions are made. Without the API's address a link is a path."""
    key = settings.decision_key
    return make_no_link if key is None else lambda decision: f"{settings.public_url}{key.make_path(decision)}"


def _find_rates(settings: Settings, analyzer: Analyzer) -> Rates:
    chosen = settings.analyzer
    rates = rates_of(
        settings.ocr.engine,
        chosen.name,
        given=settings.token_price,
        is_own_server=chosen.base_url is not None,
    )
    return replace(rates, prompt_tokens=analyzer.prompt_tokens()) if isinstance(analyzer, ChunkedAnalyzer) else rates
