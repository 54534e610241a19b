"""An event is tried for three days of virtual time, and each end of a job is delivered once."""

from datetime import timedelta

import pytest

from contract.delivery import Delivery, DeliveryReceipt
from contract.delivery_log import EventName
from contract.job import DocumentJob
from contract.names import delivery_id
from contract.notice import JobEvent, Notice, Outcome
from durable import PermanentError, TemporaryError, error_of
from durable.testing import WorkflowTest
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.steps.post_event import delivery_root
from worker.workflows.deliver_event import MAX_ATTEMPTS, DeliveryWorkflow

DAY = 24 * 3_600.0
EVENT = JobEvent(key="job-1.done", name=EventName.DONE, job_id="job-1", at="2026-11-29T16:00:00Z", data={"jobId": "a"})
DELIVERY = Delivery(url="https://example.com/hook?token=keep-this-secret", event=EVENT)


@pytest.fixture
def delivery_workflow(folder_store: Store) -> DeliveryWorkflow:
    """The workflow; a test replaces its step."""
    return DeliveryWorkflow(make_ports(folder_store))


def test_a_receiver_that_is_down_is_tried_for_three_days(delivery_workflow: DeliveryWorkflow) -> None:
    flow = delivery_workflow
    with WorkflowTest(flow.deliver_event) as test:
        began = test.now
        test.replace(flow.steps.post_event, TemporaryError("http_503", "the receiver answered 503", after=0.0))
        job = test.start(flow.deliver_event, DELIVERY)
        error = error_of(job.error())
        assert (error.code, len(test.calls(flow.steps.post_event))) == ("http_503", MAX_ATTEMPTS)
        assert 2.75 * DAY < test.now - began < 3.75 * DAY


def test_a_receiver_that_is_back_after_a_weekend_gets_its_event(delivery_workflow: DeliveryWorkflow) -> None:
    flow = delivery_workflow
    with WorkflowTest(flow.deliver_event) as test:
        began = test.now
        away = TemporaryError("not_reached", "the receiver cannot be reached", after=0.0)
        back_after = timedelta(days=2.2).total_seconds()

        def answer(_: Delivery) -> DeliveryReceipt:
            if test.now - began < back_after:
                raise away
            return DeliveryReceipt(status=204)

        test.replace(flow.steps.post_event, answer)
        assert test.start(flow.deliver_event, DELIVERY).result() == DeliveryReceipt(status=204)
        assert test.now - began < back_after + 8 * 3_600


def test_a_pause_that_the_receiver_asks_for_is_kept(delivery_workflow: DeliveryWorkflow) -> None:
    flow = delivery_workflow
    with WorkflowTest(flow.deliver_event) as test:
        began = test.now
        test.replace(
            flow.steps.post_event, TemporaryError("http_503", "busy", after=7_200.0), DeliveryReceipt(status=200)
        )
        test.start(flow.deliver_event, DELIVERY).result()
        assert 7_200 <= test.now - began < 7_300


def test_a_receiver_that_is_gone_ends_the_delivery(delivery_workflow: DeliveryWorkflow) -> None:
    flow = delivery_workflow
    with WorkflowTest(flow.deliver_event) as test:
        test.replace(flow.steps.post_event, PermanentError("http_410", "the receiver answered 410"))
        assert error_of(test.start(flow.deliver_event, DELIVERY).error()).code == "http_410"
        assert len(test.calls(flow.steps.post_event)) == 1


@pytest.mark.parametrize(
    ("outcome", "type_"),
    [
        (Outcome.DONE, "longhand.job.done.v1"),
        (Outcome.FAILED, "longhand.job.failed.v1"),
        (Outcome.TIMED_OUT, "longhand.job.failed.v1"),
        (Outcome.CANCELED, "longhand.job.canceled.v1"),
    ],
)
def test_the_event_of_an_end_has_the_content_of_its_notice(outcome: Outcome, type_: str) -> None:
    notice = Notice(key=f"a.{outcome}", job_id="a", requester_id="me", type="report", outcome=outcome, at="2026-11-29")
    event = JobEvent.of_notice(notice).to_cloud_event()
    assert event["data"] == notice.model_dump(mode="json", exclude_none=True)
    assert (event["specversion"], event["id"], event["type"], event["subject"]) == ("1.0", notice.key, type_, "a")


def test_a_delivery_shows_the_receivers_host_and_no_more_of_its_url() -> None:
    """Tags are read by every program that lists; the URL's query may be a password."""
    job = DocumentJob(
        job_id="job-1", document_url="https://a.test/", requester_id="me", callback_url=f"{DELIVERY.url}&x=1"
    )
    root = delivery_root(job, DELIVERY.url, EVENT)
    assert root.id == delivery_id("job-1.done")
    assert root.tags["longhand:receiver"] == "example.com"
    assert "keep-this-secret" not in f"{root.tags} {DELIVERY!r} {job!r}"
