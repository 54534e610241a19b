"""The download step of a job, run once without a worker."""

from contract.job import DocumentJob
from contract.reading import Original
from tests.worker.document_site import Site
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.sources.web import Web
from worker.steps.document import DocumentSteps
from worker.steps.ports import Read

MEGABYTE = 2**20


def job_at(url: str) -> DocumentJob:
    """Return a job for the document at this URL."""
    return DocumentJob(job_id="job-1", document_url=url, requester_id="client")


def download(
    url: str, store: Store, read: Read | None = None, *, site: Site | None = None, max_bytes: int = MEGABYTE
) -> Original:
    """Run the download step once."""
    read = read or Web([site.host] if site else []).read
    return run_step(DocumentSteps(make_ports(store, read=read, max_bytes=max_bytes)).download, job_at(url))
