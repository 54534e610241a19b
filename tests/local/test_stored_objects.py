"""A laptop serves what jobs have stored, and nothing else of the store, at the addresses of the API's answers."""

import json
from typing import Final

import pytest
from urllib3 import BaseHTTPResponse, PoolManager

from contract.answers import Done
from local import samples, site
from local.system import System
from ops.api import Api
from ops.job_watch import watch_job
from tests.api_client import send

DOCUMENT: Final = samples.make_invoice()
HTTP: Final = PoolManager()


@pytest.fixture(scope="module", autouse=True)
def first_job(system: System, documents: site.Site) -> None:
    """A job that is done."""
    body = {"jobId": "first", "documentUrl": documents.url("invoice.pdf"), "requesterId": "me", "type": "invoice"}
    assert send(f"{system.url}/jobs", body)[0] == 202
    *_, last = watch_job(Api(system.url), "first")
    assert isinstance(last, Done), last


def get(system: System, path: str, **headers: str) -> BaseHTTPResponse:
    return HTTP.request("GET", f"{system.url}{path}", headers=headers)


def test_a_client_that_follows_the_redirect_gets_each_file(system: System) -> None:
    assert get(system, "/jobs/first/document").data == DOCUMENT
    result = json.loads(get(system, "/jobs/first/result").data)
    assert (result["jobId"], "extractedData" in result) == ("first", True)
    [page] = json.loads(get(system, "/jobs/first/text").data)["pages"]
    assert (page["number"], page["source"]) == (1, "text_layer")


def test_a_client_may_read_a_part_of_a_file(system: System) -> None:
    path = HTTP.request("GET", f"{system.url}/jobs/first/document", redirect=False).headers["Location"]
    part = get(system, path, Range="bytes=0-4")
    assert (part.status, part.data) == (206, DOCUMENT[:5])
    assert part.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/objects/",
        "/objects/jobs",
        "/objects/jobs/first",
        "/objects/jobs/other/result.json",
        "/objects/../outbox/first.done.json",
        "/objects/%2e%2e/outbox/first.done.json",
        "/objects/jobs/%2e%2e/%2e%2e/outbox/first.done.json",
        "/objects/jobs/..%2f..%2foutbox/first.done.json",
        "/objects//etc/passwd",
        "/objects/%2Fetc%2Fpasswd",
        "/objects/jobs/%00",
        "/objects/jobs/" + "x" * 5_000,
    ],
)
def test_no_other_path_leads_to_a_file(system: System, path: str) -> None:
    assert (system.outbox / "first.done.json").exists()
    reply = HTTP.urlopen("GET", f"{system.url}{path}", redirect=False)
    assert reply.status in (400, 404)
    assert b"root:" not in reply.data
    assert b"first" not in reply.data


def test_a_file_is_only_read(system: System) -> None:
    path = HTTP.request("GET", f"{system.url}/jobs/first/result", redirect=False).headers["Location"]
    for method in ("PUT", "POST", "DELETE"):
        assert HTTP.request(method, f"{system.url}{path}").status == 404
    assert get(system, path).status == 200
