"""Two systems on one server, each with a group and a store of its own: neither gets what is the other's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.job import DocumentJob
from contract.names import DOCUMENTS, PROCESS_DOCUMENT, promise_id
from local.server_process import ServerProcess
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site
from tests.worker.test_fanout import scan

OTHERS = "others"


@pytest.fixture
def halls(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[dict[str, DocumentLab]]:
    """Both, by their groups; nobody waits to look at pages."""
    halls = {group: DocumentLab(server, site, tmp_path / group) for group in (DOCUMENTS, OTHERS)}
    for group, lab in halls.items():
        lab.environ["WORKER_GROUP"] = group
        lab.evidence.open_gate()
        lab.start(lease=60, slots=4)
    yield halls
    for lab in halls.values():
        lab.end()


def submit(lab: DocumentLab, group: str) -> str:
    """Record a job that the group is to do."""
    url = lab.site.serve("scan.pdf", scan(9))
    job = DocumentJob(job_id=group, document_url=url, requester_id="client")
    return lab.start_workflow(promise_id(group), PROCESS_DOCUMENT, job, f"poll://any@{group}")


@EMBEDDED_SERVER
def test_each_reads_the_pages_of_its_own_documents(halls: dict[str, DocumentLab]) -> None:
    """Nine pages are three batches, which any worker of the group for pages may read: what is not its own it cannot."""
    jobs = {group: submit(lab, group) for group, lab in halls.items()}
    for group, lab in halls.items():
        assert lab.wait_until_settled(jobs[group]).state == "resolved"
        assert [page.number for page in lab.load_pages(group)] == list(range(1, 10))
        assert sorted(lab.find_batches()) == ["1-2-3-4", "5-6-7-8", "9"]
    groups = {one.tags["resonate:target"] for one in halls[OTHERS].find_global_parts(jobs[OTHERS])}
    assert groups == {"poll://any@others", "poll://any@others-pages"}
