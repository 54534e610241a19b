"""A receiver learns that a job waits once for each question, however often people are reminded."""

import json
from copy import replace
from pathlib import Path
from typing import Any

from contract.job import Approval
from contract.names import DOCUMENTS, NOTICES, promise_id
from durable.testing import WorkflowTest
from tests.worker.review_lab import APPROVAL, ReviewLab, group_workflows, make_job
from worker.workflows.deliver_event import DeliveryWorkflow

URL = "https://hooks.example/events"


def run_reviewed_job(folder: Path, url: str | None, approval: Approval = APPROVAL) -> tuple[str, list[dict[str, Any]]]:
    """Run a job that is approved after two days with reminders; return its question and its receiver's events."""
    lab, events = ReviewLab(), list[dict[str, Any]]()

    async def post(to: str, _key: str, body: bytes) -> int:
        assert to == URL
        events.append(json.loads(body))
        return 204

    ports = replace(lab.make_ports(folder), post=post)
    groups = {name: [*workflows] for name, workflows in group_workflows(ports).items()}
    groups[NOTICES].append(DeliveryWorkflow(ports).deliver_event)
    with WorkflowTest(groups=groups) as test:
        lab.tests.append(test)
        job = test.start_as(promise_id("j1"), groups[DOCUMENTS][0], replace(make_job(approval), callback_url=url))
        question = job.question().id
        test.pass_time(hours=49)
        job.answer({"approve": True, "reviewer": "ada"})
        job.result()
        test.pass_time(hours=1)
    assert len(lab.wait_notices) == 3
    return question, events


def test_a_receiver_gets_one_event_of_a_question_that_was_asked_three_times(tmp_path: Path) -> None:
    question, events = run_reviewed_job(tmp_path, URL)
    place = question.partition(":")[2].replace(".", "-")
    assert [one["id"] for one in events] == ["j1.accepted", f"j1.waiting-{place}", "j1.done"]
    _, waiting, _ = events
    assert waiting["type"] == "longhand.job.waiting.v1"
    assert waiting["data"]["decision"] == question.removeprefix("doc/")
    assert (waiting["data"]["reason"], waiting["data"]["requesterId"]) == ("review", "ada")


def test_a_job_without_a_receiver_announces_nothing(tmp_path: Path) -> None:
    assert run_reviewed_job(tmp_path, None)[1] == []
