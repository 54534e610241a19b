"""The server starts a workflow at each time of a schedule, and it starts the job of that time: one for each."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from contract.job import DocumentJob
from contract.names import TICK_PREFIX, Tag, promise_id
from durable.testing import Certificate, Trial
from durable.wire.records import Promise
from durable.wire.requests import PromiseSearch
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api
from local.events import make_event
from local.server_process import ServerProcess
from tests.worker.cancel_lab import CancelLab
from worker.workflows.schedule_tick import ScheduledJobWorkflow

JOB = {"documentUrl": "https://127.0.0.1/never", "requesterId": "ada", "type": "invoice"}


@pytest.fixture
def lab(server: ServerProcess, tmp_path: Path) -> Iterator[CancelLab]:
    """A server of each kind, and a worker's folder."""
    lab = CancelLab(server, tmp_path / "lab")
    yield lab
    lab.client.close()


def call_api(lab: CancelLab, method: str, path: str, body: object = None) -> int:
    log = Logger(service="trigger-test", level="CRITICAL")
    url = lab.settings.store_url
    ports = Ports(server=lab.client, progress=ProgressReader(ProgressStore(url), log), log=log, store_url=url)
    event = make_event(method, path, body=json.dumps(body).encode())
    status: int = Api(ports).answer(event)["statusCode"]
    return status


def find_jobs(lab: CancelLab) -> list[Promise]:
    return list(lab.client.search_all(PromiseSearch(tags={Tag.SCHEDULE.value: "each", Tag.KIND.value: "job"})))


def test_each_time_of_a_schedule_becomes_one_job(lab: CancelLab) -> None:
    """Both servers know each second; no time has two jobs, and a deleted schedule has no further times."""
    assert call_api(lab, "POST", "/schedules", {"id": "each", "cron": "* * * * * *", "job": JOB}) == 201
    lab.wait_for(lambda: len(find_jobs(lab)) >= 3)
    assert call_api(lab, "DELETE", "/schedules/each") == 200
    ticks = list(lab.client.search_all(PromiseSearch(tags={Tag.KIND.value: "tick"})))
    lab.wait_for(lambda: len(find_jobs(lab)) == len(ticks))
    jobs = find_jobs(lab)
    assert {job.id for job in jobs} == {promise_id(tick.id.removeprefix(TICK_PREFIX)) for tick in ticks}
    for job in jobs:
        own = DocumentJob.read({**JOB, "jobId": job.id.removeprefix("doc/")})
        assert job.param.decode()["args"] == [own.to_dict()]
        assert job.tags.items() >= own.tags().items()


def start_one_time(trial: Trial) -> object:
    """Serve one time of a schedule."""
    flow = ScheduledJobWorkflow("jobs")
    with trial.test(flow.start_scheduled_job) as test:
        job = DocumentJob(job_id="each", document_url="https://h/a", requester_id="ada")
        return test.start_as("tick/each-1000", flow.start_scheduled_job, job).result()


def test_a_crash_at_any_request_changes_nothing(certify: Callable[..., Certificate]) -> None:
    certificate = certify(start_one_time)
    assert certificate.plain.outcome == "each-1000"
