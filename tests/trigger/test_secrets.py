"""A document's password opens the document, and is in no answer and no log."""

import io
import json
from pathlib import Path
from traceback import format_exception

import pytest
from aws_lambda_powertools import Logger

from contract.api_value import WrongFieldsError
from contract.job import DocumentJob
from durable.wire.client import Client
from durable.wire.requests import PromiseSearch
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi

from .conftest import JOB, Api

SECRET = "correct horse"  # noqa: S105 - not a real one


LOG = io.StringIO()  # a process has one logger of a name


@pytest.fixture
def api_and_log(client: Client, folder: Path) -> tuple[Api, io.StringIO]:
    """The API and its log at level DEBUG."""
    LOG.seek(0)
    LOG.truncate()
    log = Logger(service="trigger-of-secrets", level="DEBUG", stream=LOG)
    return Api(
        TriggerApi(
            Ports(
                server=client,
                progress=ProgressReader(ProgressStore(folder.as_uri()), log),
                log=log,
                store_url=folder.as_uri(),
            )
        )
    ), LOG


REFUSED_FIELDS = [
    {"documentPassword": SECRET * 20},
    {"documentPassword": f"{SECRET}\n"},
    {"documentPassword": [SECRET]},
    {"documentPassword": {SECRET: SECRET}},
    {"documentPassword": SECRET, "jobId": "a/b"},
    {"documentPassword": SECRET, "type": "unknown"},
    {"documentPassword": SECRET, "requesterId": ""},
    {"documentPasswort": SECRET},
]


@pytest.mark.parametrize("changes", REFUSED_FIELDS)
def test_a_refused_request_shows_no_password(api_and_log: tuple[Api, io.StringIO], changes: dict[str, object]) -> None:
    api, log = api_and_log
    reply = api.submit(**changes)
    assert reply.status == 400
    assert SECRET not in json.dumps(reply.body)
    assert '"refused"' in log.getvalue()
    assert SECRET not in log.getvalue()


def test_a_refused_password_is_named_with_its_limits(api: Api) -> None:
    for wrong in ("", "x" * 128, 7, [SECRET]):
        error = api.submit(documentPassword=wrong).body["error"]
        assert error == "documentPassword must be a string of 1 to 127 characters"


@pytest.mark.parametrize("wrap", [json.dumps, lambda text: f"[{text}]", lambda text: text[:-1], lambda text: text * 2])
def test_an_invalid_body_is_not_repeated(api_and_log: tuple[Api, io.StringIO], wrap: object) -> None:
    """It may be a request that was encoded twice."""
    assert callable(wrap)
    api, log = api_and_log
    reply = api.send("POST", "/process-document", wrap(json.dumps({"documentPassword": SECRET} | JOB)))
    assert reply.status == 400
    assert SECRET not in json.dumps(reply.body) + log.getvalue()


def test_an_accepted_password_is_in_the_promise_of_the_job_and_in_no_log_line(
    api_and_log: tuple[Api, io.StringIO], client: Client
) -> None:
    api, log = api_and_log
    reply = api.submit(documentPassword=SECRET, maxCostUsd=2)
    assert reply.status == 202
    [job] = client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises
    assert SECRET not in json.dumps(job.tags)
    answers = [reply.body, api.status().body, api.submit(documentPassword="another").body]
    assert SECRET not in json.dumps(answers) + log.getvalue()
    assert '"accepted"' in log.getvalue()


@pytest.mark.parametrize("change", [{"documentPassword": "other"}, {"documentPassword": None}, {}])
def test_the_same_job_with_another_password_keeps_the_first_one(
    api: Api, client: Client, change: dict[str, object]
) -> None:
    """Only a digest of the password could tell the two apart, and gives a short password away."""
    assert api.submit(documentPassword=SECRET).status == 202
    before = client.get("doc/job-1")
    reply = api.submit(**change)
    assert (reply.status, reply.body["state"]) == (202, "processing")
    assert client.get("doc/job-1") == before


def test_the_same_job_with_another_limit_is_a_conflict(api: Api) -> None:
    assert api.submit(maxCostUsd=2, documentPassword=SECRET).status == 202
    reply = api.submit(maxCostUsd=3, documentPassword=SECRET)
    assert (reply.status, reply.body["code"]) == (409, "job_id_taken")


def test_tags_do_not_depend_on_the_password(api: Api, client: Client) -> None:
    """Lists of jobs show tags."""
    for name, password in (("none", None), ("one", SECRET), ("other", "other")):
        assert api.submit(jobId=name, documentPassword=password).status == 202
    tags = [client.get(f"doc/{name}").tags for name in ("none", "one", "other")]
    digests = {name: DocumentJob.read(JOB | {"jobId": name}).digest() for name in ("none", "one", "other")}
    assert [one["longhand:digest"] for one in tags] == list(digests.values())


def test_equal_cost_limits_are_the_same_request(api: Api) -> None:
    assert [api.submit(maxCostUsd=limit).status for limit in (2, 2.0, 2e0)] == [202, 202, 202]


def test_a_request_without_password_and_limit_keeps_its_digest() -> None:
    """A recorded job stays the same job."""
    known = DocumentJob.read(JOB)
    assert known.digest() == "31a5e6ceeb9baa7b5e8dba14a6c87ac85b6af9eb6166806237f22afc1f082205"
    assert DocumentJob.read(JOB | {"documentPassword": None}) == known


def test_no_error_and_no_representation_holds_the_password() -> None:
    job = DocumentJob.read(JOB | {"documentPassword": SECRET})
    assert SECRET not in f"{job!r} {job}"
    with pytest.raises(WrongFieldsError, match="documentPassword") as caught:
        DocumentJob.read(JOB | {"documentPassword": f"{SECRET}\0"})
    assert SECRET not in "".join(format_exception(caught.value))
