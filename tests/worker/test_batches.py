"""A worker creates the jobs of a batch, and cancels them, each once, whatever crashes meanwhile."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from contract.batches import BatchJobs, BatchOrder, BatchReceipt, batch_key
from contract.job import DocumentJob
from contract.names import (
    CANCEL_BATCH,
    DOCUMENTS,
    DOCUMENTS_ADDRESS,
    SUBMIT_BATCH,
    Tag,
    batch_cancel_id,
    batch_promise_id,
    promise_id,
)
from durable.testing import Certificate, Trial, WorkflowTest
from durable.wire.requests import PromiseSearch
from local.server_process import ServerProcess
from tests.calls import start_request
from tests.worker.cancel_lab import CancelLab
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.workflows.batch_workflow import BatchWorkflow

COUNT = 201  # three slices


def make_jobs(count: int = COUNT) -> list[DocumentJob]:
    return [
        DocumentJob(job_id=f"b-{number:04}", document_url="https://127.0.0.1/never", requester_id="ada")
        for number in range(1, count + 1)
    ]


def store_order(store: Store, jobs: list[DocumentJob]) -> BatchOrder:
    """Store the list of jobs as the trigger does."""
    content, key = BatchJobs(jobs=jobs).to_json(), batch_key("b", "digest")
    asyncio.run(store.create(key, content))
    sha256 = hashlib.sha256(content).hexdigest()
    return BatchOrder(batch_id="b", key=key, sha256=sha256, size=len(content), count=len(jobs))


@dataclass
class BatchLab(CancelLab):
    """A server, and the store of a worker with the list of a batch."""

    order: BatchOrder = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.order = store_order(Store.open(self.settings.store_url), make_jobs())

    def start(self, promise: str, workflow: str) -> None:
        """Start a workflow of the batch as the trigger does."""
        self.client.create(start_request(promise, workflow, self.order, target=DOCUMENTS_ADDRESS, version=1))

    def take(self, job_id: str, digest: str) -> None:
        """Create a promise of another request, which no worker runs."""
        job = make_jobs(1)[0]
        tags = {Tag.DIGEST.value: digest}
        self.client.create(start_request(promise_id(job_id), "other", job, target="poll://any@none", tags=tags))

    def count_states(self) -> Mapping[str, int]:
        """Return how many jobs of the batch are in which state."""
        found = self.client.search_all(PromiseSearch(tags={Tag.BATCH.value: "b"}))
        return Counter(one.state for one in found)

    def has_ended(self, promise: str) -> bool:
        """Whether a promise is settled."""
        return self.client.get(promise).state != "pending"


@pytest.fixture
def lab(server: ServerProcess, tmp_path: Path) -> Iterator[BatchLab]:
    """A server of each kind."""
    lab = BatchLab(server, tmp_path / "lab")
    yield lab
    lab.client.close()


def test_the_jobs_of_a_batch_are_created_but_for_those_that_exist(lab: BatchLab) -> None:
    jobs = make_jobs()
    lab.take("b-0001", "another request's")
    lab.take("b-0200", jobs[199].digest())
    lab.start(batch_promise_id("b"), SUBMIT_BATCH)
    lab.wait_for(lambda: lab.has_ended(batch_promise_id("b")))
    receipt = lab.client.get(batch_promise_id("b")).value.decode()
    assert receipt == BatchReceipt(refused=["b-0001"], existing=["b-0200"]).to_dict()
    assert sum(lab.count_states().values()) == COUNT - 2
    promise = lab.client.get(promise_id("b-0201"))
    assert promise.tags.items() >= {**jobs[-1].tags(), Tag.BATCH.value: "b"}.items()
    assert promise.param.decode()["args"] == [jobs[-1].to_dict()]


def test_a_batch_is_canceled_before_and_after_its_jobs_are_created(lab: BatchLab) -> None:
    """No job is left to run, and one of another request is left alone."""
    lab.take("b-0001", "another request's")
    lab.start(batch_cancel_id("b"), CANCEL_BATCH)
    lab.start(batch_promise_id("b"), SUBMIT_BATCH)
    lab.wait_for(lambda: lab.has_ended(batch_cancel_id("b")) and lab.has_ended(batch_promise_id("b")))
    states = lab.count_states()
    assert (sum(states.values()), states["rejected_canceled"] > 0, states["pending"]) == (COUNT - 1, True, 0), states
    assert lab.client.get(promise_id("b-0001")).state == "pending"


def test_a_batch_that_the_server_does_not_know_is_canceled_at_once(folder_store: Store) -> None:
    """Its jobs get no chance to run, should the batch come later."""
    order = store_order(folder_store, make_jobs(3))
    flow = BatchWorkflow(make_ports(folder_store), group="jobs")
    with WorkflowTest(groups={DOCUMENTS: [flow.cancel_batch]}) as test:
        job = test.start_as(batch_cancel_id("b"), flow.cancel_batch, order)
        test.pass_time(seconds=1)
        assert job.state == "resolved"


def submit(trial: Trial) -> object:
    """Submit a batch, and return what it created."""
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder).as_uri())
        order = store_order(store, make_jobs(5))
        flow = BatchWorkflow(make_ports(store), group="jobs", slice_size=3)
        with trial.test(groups={DOCUMENTS: [flow.submit_batch, flow.cancel_batch]}) as test:
            receipt = test.start_as(batch_promise_id("b"), flow.submit_batch, order).result()
            canceled = test.start_as(batch_cancel_id("b"), flow.cancel_batch, order).result()
    return receipt, canceled


def test_a_crash_at_any_request_changes_nothing(certify: Callable[..., Certificate]) -> None:
    """A step that runs again finds the jobs that it created: they are its own, and not another request's."""
    certificate = certify(submit, cuts=("after",))
    assert {"submit_jobs", "cancel_jobs", "stop_submitting"} <= certificate.max_bodies.keys()
    assert certificate.plain.outcome == (BatchReceipt(), None)
