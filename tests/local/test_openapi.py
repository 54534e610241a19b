"""The API's description: it is that of the code, loses nothing that clients use, and the running API keeps to it."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from http.client import HTTPConnection
from typing import Any

import pytest
import urllib3

from contract.functions import FACTORIAL
from contract.job import DocumentType
from local.gateway import DESCRIPTION
from local.openapi import describe_api, render
from local.openapi_changes import find_breaking_changes
from local.server_process import HOST
from local.system import System
from tests.waiting import wait_until
from tests.warm_system import make_system

type Json = dict[str, Any]

ROUTES = [f"{method.upper()} {path}" for path, methods in describe_api()["paths"].items() for method in methods]
ROUTES_WITH_BODY = ["POST /process-document", "POST /jobs", "POST /invocations", "POST /decisions/{decisionId}"]

# Requests to each route; to invent ten of them costs a CPU second.
REQUESTS, SOAK_REQUESTS = 8, 300
MAX_ARGUMENT = 3
REFUSED_REQUESTS = [pytest.param(6, id="some"), pytest.param(20, id="more", marks=pytest.mark.soak)]


def test_the_file_is_that_of_the_code() -> None:
    assert DESCRIPTION.read_text() == render(), "run make openapi"


def test_every_operation_has_an_id_of_its_own() -> None:
    """Generated clients name their functions so."""
    ids = [route["operationId"] for methods in describe_api()["paths"].values() for route in methods.values()]
    assert len(ids) == len(set(ids))


def change(edit: Callable[[Json], object]) -> list[str]:
    """Return what a change of the description would break."""
    changed = deepcopy(describe_api())
    edit(changed)
    return find_breaking_changes(describe_api(), changed)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda api: api["paths"].pop("/invocations"), "POST /invocations is gone"),
        (
            lambda api: api["paths"]["/status/{jobId}"]["get"]["responses"].pop("404"),
            "GET /status/{jobId} no longer answers 404",
        ),
        (
            lambda api: api["paths"]["/process-document"]["post"]["parameters"].clear(),
            "POST /process-document no longer takes dryRun",
        ),
        (
            lambda api: api["components"]["schemas"]["DocumentJob"]["required"].append("type"),
            "DocumentJob requires type",
        ),
        (
            lambda api: api["components"]["schemas"]["DocumentResult"]["properties"].pop("summary"),
            "DocumentResult no longer has summary",
        ),
        (
            lambda api: api["components"]["schemas"]["Progress"]["properties"]["number"].update(type="string"),
            "Progress.number has another type",
        ),
        (
            lambda api: api["components"]["schemas"]["Done"]["properties"]["result"].update({"$ref": "#/Other"}),
            "Done.result has another type",
        ),
        (
            lambda api: api["components"]["schemas"]["Invocation"]["properties"]["function"]["enum"].clear(),
            "Invocation.function is never factorial",
        ),
        (lambda api: api["components"]["schemas"]["Done"]["required"].remove("result"), "Done may lack result"),
        (lambda api: api["components"]["schemas"]["Step"]["enum"].remove("store"), "Step is never store"),
        (lambda api: api["components"]["schemas"].pop("Usage"), "Usage is gone"),
    ],
)
def test_what_breaks_a_client_is_named(edit: Callable[[Json], object], sentence: str) -> None:
    assert change(edit) == [sentence]


def test_what_is_added_breaks_no_client() -> None:
    def add(api: Json) -> None:
        api["paths"]["/more"] = {"get": {"parameters": [], "responses": {}}}
        api["components"]["schemas"]["Done"]["properties"]["more"] = {"type": "string"}
        api["components"]["schemas"]["DocumentJob"]["properties"]["more"] = {"type": "string"}
        api["components"]["schemas"]["Done"]["required"].append("more")

    assert change(add) == []


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system whose function has a process, which serves all calls: several at once would start more of them."""
    with make_system(tmp_path_factory.mktemp("system"), os.environ) as running:
        call = {"function": FACTORIAL.name, "args": [0]}
        done = urllib3.request("POST", f"{running.url}/invocations", json=call).json()["statusUrl"]
        wait_until(lambda: urllib3.request("GET", f"{running.url}{done}").json()["status"] == "done", "no result")
        yield running


def test_the_laptop_answers_with_it(system: System) -> None:
    with closing(HTTPConnection(HOST, system.port)) as connection:
        connection.request("GET", "/openapi.json")
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())) == (200, json.loads(render()))


def narrow(api: Json) -> Json:
    """Return the description for values that this system accepts: its types, one function, and no wait for a worker.

    Each number of a factorial's argument is an invocation, which costs more than the request.
    """
    narrowed = deepcopy(api)
    schemas = narrowed["components"]["schemas"]
    for request in ("DocumentJob", "JobRequest", "BatchItem", "BatchDefaults", "ScheduledJob"):
        schemas[request]["properties"]["type"] = {"enum": [*DocumentType]}
    schemas["ScheduleRequest"]["properties"]["cron"] = {"enum": ["0 0 1 JAN *", "0 0 0 29 FEB *", "@yearly"]}
    numbers = {"enum": [*range(MAX_ARGUMENT + 1)]}  # 7.0 is an integer for JSON Schema, and none for Python
    schemas["Invocation"]["properties"]["args"] |= {"items": numbers, "minItems": 1, "maxItems": 1}
    schemas["Invocation"]["required"].append("args")
    narrowed["paths"]["/process-document"]["post"]["parameters"] = []
    for path in ("/jobs", "/decisions"):  # a cursor is one of this API's own
        parameters = narrowed["paths"][path]["get"]["parameters"]
        parameters.remove(next(one for one in parameters if one["name"] == "cursor"))
    return narrowed


def names_each_job_once(body: object) -> bool:
    """Whether no two items of a batch have the same id, which JSON Schema cannot demand."""
    items = body.get("items") if isinstance(body, dict) else None
    ids = [item["jobId"] for item in items or () if item.get("jobId") is not None]
    return len(ids) == len(set(ids))


def send_all(system: System, route: str, *, fitting: bool, **options: Any) -> None:  # noqa: ANN401 hypothesis' settings
    """Check the answers to requests that fit the description, or to such whose bodies do not."""
    # Imported here, because they take a second in each process that collects the tests.
    import schemathesis  # noqa: PLC0415
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415

    mode = schemathesis.GenerationMode.POSITIVE if fitting else schemathesis.GenerationMode.NEGATIVE
    method, path = route.split()
    schema = schemathesis.openapi.from_dict(narrow(describe_api()))
    acceptance = schema.config.checks.positive_data_acceptance
    acceptance.expected_statuses = [*acceptance.expected_statuses, "410"]  # of a job that an earlier request erased
    known = {"{jobId}": {"jobId": "job-1"}, "{decisionId}": {"decisionId": "job-1:7"}}
    ids = next((ids for name, ids in known.items() if not fitting and name in path), None)
    cases = schema[path][method].as_strategy(mode, path_parameters=ids)
    if fitting:
        cases = cases.filter(lambda case: names_each_job_once(case.body))

    @settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck], **options)
    @given(case=cases)
    def send(case: schemathesis.Case[Any]) -> None:
        case.validate_response(case.call(base_url=f"http://{HOST}:{system.port}"))

    send()


@pytest.mark.parametrize("route", ROUTES)
def test_the_running_api_keeps_to_it(system: System, route: str) -> None:
    """Each answer has a status, a media type, headers and a body that are described."""
    send_all(system, route, fitting=True, max_examples=REQUESTS, derandomize=True)


@pytest.mark.parametrize("requests", REFUSED_REQUESTS)
@pytest.mark.parametrize("route", ROUTES_WITH_BODY)
def test_the_running_api_refuses_what_does_not_fit_it(system: System, route: str, requests: int) -> None:
    send_all(system, route, fitting=False, max_examples=requests, derandomize=True)


@pytest.mark.soak
@pytest.mark.parametrize("route", ROUTES)
def test_the_running_api_keeps_to_it_for_long(system: System, route: str) -> None:
    """Other requests in each run; a failure shows the seed."""
    send_all(system, route, fitting=True, max_examples=SOAK_REQUESTS)
