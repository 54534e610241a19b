"""Documents of slow servers keep no other job and no dry run from running."""

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, ESTIMATE_DOCUMENT, ESTIMATE_DOCUMENT_VERSION
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.waiting import wait_until
from tests.worker.document_lab import DocumentLab
from tests.worker.documents import make_pdf

TEXT = "This page carries a text layer that is long enough"


@EMBEDDED_SERVER
def test_a_stalled_download_keeps_no_other_job_and_no_dry_run_from_running(lab: DocumentLab) -> None:
    """Not even on a worker with a concurrency of one."""
    lab.environ["WORKER_CONCURRENCY"] = "1"
    lab.start()
    lab.site.stalled_paths.add("/stalled.pdf")
    stalled = lab.submit("stalled", b"")
    wait_until(lambda: "/stalled.pdf" in lab.site.requested_paths, lambda: str(lab.log_tails))
    assert lab.wait_until_settled(lab.submit("small", make_pdf(TEXT))).state == "resolved"
    estimated = DocumentJob(job_id="dry", document_url=lab.site.serve("dry.pdf", make_pdf(TEXT)), requester_id="client")
    estimate = lab.start_workflow(
        "estimate/dry", ESTIMATE_DOCUMENT, estimated, DOCUMENTS_ADDRESS, version=ESTIMATE_DOCUMENT_VERSION
    )
    assert lab.wait_until_settled(estimate).state == "resolved"
    events = [line.split()[1:] for line in (lab.folder / "step_events.txt").read_text().splitlines()]
    assert [event for event in events if event[:2] == [f"{stalled}:2", "download"]] == [
        [f"{stalled}:2", "download", "started"]  # its place was not free because it had failed
    ]
