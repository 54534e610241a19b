"""What becomes of the events of a thousand jobs whose receiver fails at times, while workers are killed.

Server, workers and requests are real, and the receiver is on this machine. The pauses between attempts are ended by
hand. The figures are counts: no load of the machine changes them.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from local.server_process import EmbeddedProgram, start
from tests.webhooks.delivery_lab import DeliveryReport, FailingReceiver, deliver_under_kills
from tests.webhooks.receiver import serve_receiver
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import serve_site

from .report import format_table
from .scale import Scale

_KILLS: Final = 10


def measure_deliveries(scale: Scale) -> str:
    """Events of 1,000 jobs, whose receiver refuses 30 % of the requests, while ten workers are killed."""
    report = _deliver(scale.jobs[0])
    row = (
        f"{report.expected:,}",
        f"{report.requests:,}",
        f"{report.refused:,}",
        f"{report.kills}",
        f"{len(report.lost)}",
        f"{len(report.doubled)}",
        f"{report.repeated}",
    )
    header = ("events", "requests", "refused", "workers killed", "lost", "doubled ids", "repeated under their id")
    return format_table(header, [row])


def _deliver(jobs: int) -> DeliveryReport:
    with TemporaryDirectory() as name, ExitStack() as stack:
        server = stack.enter_context(start(EmbeddedProgram(), Path(name) / "server"))
        site = stack.enter_context(serve_site())
        receiver = stack.enter_context(serve_receiver(FailingReceiver()))
        lab = DocumentLab(server, site, Path(name) / "lab")
        stack.callback(lab.client.close)
        stack.callback(_kill_workers, lab)
        return deliver_under_kills(lab, receiver, jobs=jobs, kills=_KILLS)


def _kill_workers(lab: DocumentLab) -> None:
    for worker in lab.workers:
        worker.kill()
