"""A job ends with its body: what the body leaves open is called off, and what is detached goes on."""

import pytest

from durable.wire.call_record import CallRecord
from durable.wire.requests import PromiseSearch
from tests.conftest import BOTH_SERVERS
from tests.durable.worker_lab import WorkerLab
from tests.waiting import wait_until


@BOTH_SERVERS
@pytest.mark.parametrize("is_failing", [True, False])
def test_a_job_ends_with_its_body_and_ends_what_it_left_open(lab: WorkerLab, is_failing: bool) -> None:  # noqa: FBT001
    """The SDK would keep it for a week, until the sleep is over, and then fail or end it."""
    lab.start(concurrency=8)
    job = lab.create("a", "leaving", "a", is_failing)
    open_calls = {"a:1", "a:2", "a:3.2", "a:4"}
    wait_until(lambda: open_calls <= set(lab.children(job)), lambda: f"not all are open: {lab.children(job)}")
    lab.evidence.note("a", "all-open")
    ended = lab.wait(job)
    assert ended.state == ("rejected" if is_failing else "resolved")
    made = lab.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
    states = {f"{one.id} {CallRecord.read(one.tags)}": one.state for one in made if one.id != job}
    lab.evidence.open_gate()
    lab.evidence.wait_for("a-detached", "turned-1")
    assert [state for call, state in states.items() if "detached" in call] == ["pending"]
    assert {call: state for call, state in states.items() if call[:3] != "a:d" and call[:4] != "a:4."} == {
        "a:1 sleep 'sleep'": "rejected_canceled",
        "a:2 promise 'promise'": "rejected_canceled",
        "a:3 workflow 'dozing'": "rejected_canceled",
        "a:3.1 step 'note'": "resolved",
        "a:3.2 sleep 'sleep'": "rejected_canceled",
        "a:4 part 'gated'": "rejected_canceled",
        "a:6 step 'leave_after'": "resolved",
    }
    assert lab.evidence.events_of("a") == ["dozes", "all-open", "leaves"]
