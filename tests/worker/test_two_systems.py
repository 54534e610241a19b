"""Two systems on one server, each with its own group and store: neither runs the jobs of the other."""

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

OTHER_GROUP = "others"


@pytest.fixture
def labs(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[dict[str, DocumentLab]]:
    """The lab of each system by its group, with an open gate for pages."""
    labs = {group: DocumentLab(server, site, tmp_path / group) for group in (DOCUMENTS, OTHER_GROUP)}
    for group, lab in labs.items():
        lab.environ["WORKER_GROUP"] = group
        lab.evidence.open_gate()
        lab.start(lease=60, slots=4)
    yield labs
    for lab in labs.values():
        lab.end()


def submit(lab: DocumentLab, group: str) -> str:
    """Record a job for the workers of this group."""
    url = lab.site.serve("scan.pdf", scan(9))
    job = DocumentJob(job_id=group, document_url=url, requester_id="client")
    return lab.start_workflow(promise_id(group), PROCESS_DOCUMENT, job, f"poll://any@{group}")


@EMBEDDED_SERVER
def test_each_system_reads_the_pages_of_its_own_documents(labs: dict[str, DocumentLab]) -> None:
    """Nine pages are three batches; a worker of the other system could not find their document in its store."""
    jobs = {group: submit(lab, group) for group, lab in labs.items()}
    for group, lab in labs.items():
        assert lab.wait_until_settled(jobs[group]).state == "resolved"
        assert [page.number for page in lab.load_pages(group)] == list(range(1, 10))
        assert sorted(lab.find_batches()) == ["1-2-3-4", "5-6-7-8", "9"]
    groups = {one.tags["resonate:target"] for one in labs[OTHER_GROUP].find_global_parts(jobs[OTHER_GROUP])}
    assert groups == {"poll://any@others-pages"}
