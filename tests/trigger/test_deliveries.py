"""The log of a job's deliveries, and another delivery of an event."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.delivery import Delivery
from contract.delivery_log import MAX_DELIVERIES, EventName
from contract.names import DELIVER_EVENT, DELIVERY, Tag, delivery_id
from contract.notice import JobEvent
from durable.wire.call_record import CALL_TAG, CallKind
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.fields import SettledBy
from durable.wire.records import Value
from durable.wire.requests import NAME_TAG, PromiseCreate, PromiseSettle
from durable.wire.roots import root_promise
from local.server_process import ServerProcess

from .conftest import Api, Reply, api_over

URL = "https://hooks.example/events?token=keep-this-secret"
HOUR_MS = 3_600_000
FAR = 10**14


def deliver(client: Client, event: str = "job-1.done", number: int = 1) -> str:
    """Create a delivery as a worker does."""
    job_event = JobEvent(key=event, name=EventName.DONE, job_id="job-1", at="2026-11-29T16:00:00Z", data={})
    tags = {Tag.KIND: DELIVERY, Tag.JOB: "job-1", Tag.REQUESTER: "me", Tag.RECEIVER: "hooks.example"}
    root = root_promise(
        delivery_id(event, number),
        DELIVER_EVENT,
        Delivery(url=URL, event=job_event),
        target="poll://any@notices",
        timeout_at=FAR,
        tags={str(name): value for name, value in tags.items()},
    )
    return client.create(root).id


def call(client: Client, root: str, place: int, state: SettledBy | None, value: object = None) -> None:
    """Make an attempt of a delivery, or without a state the sleep before the next one."""
    tags = {"resonate:origin": root, "resonate:branch": f"{root}:{place}", "resonate:parent": root}
    kind = {NAME_TAG: "post_event", CALL_TAG: CallKind.STEP.value} if state else {"resonate:timer": "true"}
    client.create(PromiseCreate(id=f"{root}:{place}", timeout_at=FAR, tags={**tags, **kind}))
    if state:
        client.settle(PromiseSettle(id=f"{root}:{place}", state=state, value=Value.encode(value)))


def fail(code: str) -> dict[str, str]:
    """Return the value of an attempt that failed, as the toolkit writes it."""
    return {"message": f'{{"code": "{code}", "message": "of no interest", "retry": true}}'}


def read_log(api: Api) -> Reply:
    return api.send("GET", "/jobs/job-1/deliveries")


def redeliver(api: Api, event: str = "job-1.done") -> Reply:
    return api.send("POST", f"/jobs/job-1/deliveries/{event}/redeliver")


@pytest.fixture
def submitted(api: Api) -> Api:
    """A job with a receiver."""
    assert api.submit(callbackUrl=URL).status == 202
    return api


def test_a_job_without_events_has_an_empty_log(submitted: Api) -> None:
    assert (read_log(submitted).status, read_log(submitted).body) == (200, {"jobId": "job-1", "deliveries": []})


def test_the_log_has_each_attempt_and_when_the_next_one_is_due(submitted: Api, client: Client) -> None:
    """And nothing of the receiver's URL but its host."""
    root = deliver(client)
    call(client, root, 1, "rejected", fail("http_503"))
    call(client, root, 2, "rejected", fail("timed_out"))
    call(client, root, 3, None)
    [delivery] = read_log(submitted).body["deliveries"]
    attempts = [{name: one[name] for name in one if name != "at"} for one in delivery["attempts"]]
    assert attempts == [{"statusCode": 503}, {"error": "timed_out"}]
    assert (delivery["state"], delivery["nextAttemptAt"]) == ("pending", "5138-11-16T09:46:40.000+00:00")
    assert (delivery["eventId"], delivery["eventType"]) == ("job-1.done", "longhand.job.done.v1")
    assert (delivery["number"], delivery["receiver"]) == (1, "hooks.example")
    assert "keep-this-secret" not in read_log(submitted).text


@pytest.mark.parametrize(
    ("state", "value", "shown", "attempt"),
    [
        ("resolved", {"status": 202}, "delivered", {"statusCode": 202}),
        ("rejected", fail("http_410"), "gave_up", {"statusCode": 410}),
        ("rejected", fail("url_refused"), "gave_up", {"error": "url_refused"}),
        ("rejected_canceled", None, "gave_up", {"error": "unexpected"}),
    ],
)
def test_the_log_says_how_a_delivery_ended(  # noqa: PLR0913,PLR0917 its cases and fixtures
    state: SettledBy, value: object, shown: str, attempt: dict[str, object], submitted: Api, client: Client
) -> None:
    root = deliver(client)
    call(client, root, 1, state, value)
    client.settle(PromiseSettle(id=root, state=state, value=Value.encode(value)))
    [delivery] = read_log(submitted).body["deliveries"]
    assert delivery["state"] == shown
    assert [{name: one[name] for name in one if name != "at"} for one in delivery["attempts"]] == [attempt]


@pytest.mark.parametrize("value", [None, "x", [1], {"message": "no JSON"}, {"message": '{"code": "\\ud800"}'}])
def test_a_record_that_no_worker_of_ours_made_breaks_nothing(value: object, submitted: Api, client: Client) -> None:
    client.create(PromiseCreate(id="delivery/x", timeout_at=FAR, tags={Tag.KIND: DELIVERY, Tag.JOB: "job-1"}))
    call(client, "delivery/x", 1, "rejected", value)
    [delivery] = read_log(submitted).body["deliveries"]
    assert (delivery["eventType"], delivery["attempts"][0]["error"]) == ("longhand.job.unknown.v1", "unexpected")


def test_another_delivery_has_the_same_event_and_receiver(submitted: Api, client: Client) -> None:
    first = deliver(client)
    client.settle(PromiseSettle(id=first, state="rejected"))
    reply = redeliver(submitted)
    assert (reply.status, reply.body["eventId"], reply.body["number"]) == (202, "job-1.done", 2)
    second = client.get(delivery_id("job-1.done", 2))
    assert (second.state, second.param) == ("pending", client.get(first).param)
    assert second.tags["resonate:target"] == "poll://any@notices"
    assert [one["number"] for one in read_log(submitted).body["deliveries"]] == [1, 2]


def test_while_a_delivery_is_pending_none_is_added(submitted: Api, client: Client) -> None:
    """Also by 16 requests at once after the first has ended."""
    first = deliver(client)
    assert redeliver(submitted).body["number"] == 1
    client.settle(PromiseSettle(id=first, state="resolved"))
    with ThreadPoolExecutor(16) as pool:
        numbers: Iterable[int] = pool.map(lambda _: redeliver(submitted).body["number"], range(16))
        assert set(numbers) == {2}
    with pytest.raises(NotFound):
        client.get(delivery_id("job-1.done", 3))


def test_an_event_is_delivered_so_many_times_at_most(submitted: Api, client: Client) -> None:
    for number in range(1, MAX_DELIVERIES + 1):
        client.settle(PromiseSettle(id=deliver(client, number=number), state="resolved"))
    reply = redeliver(submitted)
    assert (reply.status, reply.body["code"]) == (409, "too_many_deliveries")


@pytest.mark.parametrize("event", ["job-1.failed", "job-2.done", "x", "..", "job-1.done:1", "ü"])
def test_an_event_that_the_job_does_not_have_is_404(event: str, submitted: Api, client: Client) -> None:
    deliver(client)
    reply = redeliver(submitted, event)
    assert (reply.status, reply.body["code"]) == (404, "event_not_found")


def test_a_delivery_of_another_job_is_out_of_reach(api: Api, client: Client) -> None:
    api.submit(jobId="job-2", callbackUrl=URL)
    deliver(client)
    assert api.send("GET", "/jobs/job-2/deliveries").body["deliveries"] == []
    assert api.send("POST", "/jobs/job-2/deliveries/job-1.done/redeliver").status == 404


def test_a_server_that_is_down_is_503(mortal: ServerProcess, folder: Path) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        api.submit()
        mortal.kill()
        replies = [read_log(api), redeliver(api)]
    assert [(one.status, one.body["code"]) for one in replies] == [(503, "unavailable")] * 2


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a.test/", "https://", "https:///x", "https://u:p@a.test/", "https://a.test/#x", "https://a b/",
     "https://a.test/\n", f"https://a.test/{'x' * 2048}", 7, ["https://a.test/"], {"url": "https://a.test/"}],
)  # fmt: skip
def test_a_callback_url_of_another_form_is_refused_and_not_quoted(url: object, api: Api) -> None:
    reply = api.submit(callbackUrl=url)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert "callbackUrl must be" in reply.body["error"]
    assert "u:p@" not in reply.text


@pytest.mark.parametrize(
    "url", ["https://a.test", "https://a.test:444/x?y=@z", "http://127.0.0.1:8080/x", "https://[::1]/"]
)
def test_a_jobs_record_has_the_receivers_host_as_a_tag(url: str, api: Api, client: Client) -> None:
    assert api.submit(callbackUrl=url).status == 202
    assert f"//{client.get('doc/job-1').tags['longhand:receiver']}" in url
