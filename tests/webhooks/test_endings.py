"""The receiver of a job's callbackUrl gets how it ended, whatever is away, and no end of a job depends on it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from contract.names import (
    delivery_id,
    ending_id,
    promise_id,
)
from tests.durable.worker_lab import end_leases
from tests.trigger.conftest import api_with
from tests.waiting import wait_until
from tests.webhooks.delivery_lab import SECRET, allow_receiver, submit_told
from tests.webhooks.receiver import Delivered, Receiver
from tests.webhooks.test_sender import verify
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.long_text import end_sleep, wait_for_result, wait_for_sleeps

TEXT_PDF = documents.make_pdf("This page carries a text layer that is long enough")


def wait_for_events(receiver: Receiver, *ids: str) -> Sequence[Delivered]:
    """Return the requests that the receiver took, once it has these events."""
    wait_until(lambda: set(ids) <= set(receiver.taken), lambda: f"only {receiver.taken}")
    return [one for one in receiver.requests if one.status == 204]


def test_each_end_of_a_job_reaches_its_receiver_signed(lab: DocumentLab, receiver: Receiver) -> None:
    """One job is done, one fails, and one is canceled while no worker has it."""
    allow_receiver(lab, receiver)
    lab.environ["WORKER_ENDINGS_SECONDS"] = "1"
    submit_told(lab, "stopped", receiver, "https://a.test/", "poll://any@no-worker")
    lab.cancel(promise_id("stopped"))
    lab.start()
    submit_told(lab, "done", receiver, lab.site.serve("done.pdf", TEXT_PDF))
    done = promise_id("done")
    submit_told(lab, "failed", receiver, f"{lab.site.url}/no")
    stored_at = wait_for_result(lab, done).stored_at
    taken = wait_for_events(
        receiver, "done.accepted", "done.done", "failed.accepted", "failed.failed", "stopped.canceled"
    )
    for request in taken:
        assert verify(request, SECRET) == request.event
    data = {request.id: request.event["data"] for request in taken}
    accepted = datetime.fromtimestamp(lab.client.get(done).created_at / 1_000, UTC).isoformat(timespec="milliseconds")
    assert data["done.accepted"] == {
        "key": "done.accepted",
        "jobId": "done",
        "requesterId": "client",
        "type": "report",
        "at": accepted,
    }
    assert (data["done.done"]["outcome"], data["done.done"]["storedAt"]) == ("done", stored_at)
    assert data["failed.failed"]["code"] == "document_not_found"
    assert (data["stopped.canceled"]["outcome"], data["stopped.canceled"]["requesterId"]) == ("canceled", "client")
    assert "keep-this-secret" not in str(lab.log_tails)


def read_attempts(lab: DocumentLab, job: str) -> list[object]:
    """Return the state of the delivery of a job's end, and the status of each attempt, as the API shows them."""
    api = api_with(lab.client, lab.environ["STORE_URL"])
    accepted, delivery = api.send("GET", f"/jobs/{job}/deliveries").body["deliveries"]
    assert (accepted["eventId"], accepted["state"]) == (f"{job}.accepted", "delivered")
    return [delivery["state"], *(one["statusCode"] for one in delivery["attempts"])]


def test_a_receiver_that_is_down_costs_no_result_and_another_worker_delivers(
    lab: DocumentLab, receiver: Receiver
) -> None:
    """It refuses the first request. The worker dies before the second, and the notice's channel has it all the time."""
    allow_receiver(lab, receiver)
    receiver.answers_by_event = {"done.done": [503]}
    first = lab.start()
    submit_told(lab, "done", receiver, lab.site.serve("done.pdf", TEXT_PDF))
    done = promise_id("done")
    assert wait_for_result(lab, done).page_count == 1
    [sleep] = wait_for_sleeps(lab, delivery_id("done.done"))
    assert read_attempts(lab, "done") == ["pending", 503]
    lab.wait_until_settled(ending_id("done"))
    first.kill()
    lab.start()
    end_leases(lab.client, first)
    end_sleep(lab, sleep)
    lab.wait_until_settled(delivery_id("done.done"))
    ends = [one for one in receiver.requests if one.id == "done.done"]
    assert [one.status for one in ends] == [503, 204]
    assert len({one.body for one in ends}) == 1
    assert read_attempts(lab, "done") == ["delivered", 503, 204]
