"""With a token, a client reaches what its requester has sent and nothing else; an administrator reaches all."""

import json
from typing import Any

import pytest

from contract.routes import ROUTES as DESCRIBED
from durable.wire.client import Client
from lambdas.trigger.caller import Caller
from lambdas.trigger.routes import ROUTES, find_route
from tests.trigger.conftest import JOB, Api, Reply

OWNER, OTHER = {"sub": "owner"}, {"sub": "other"}
ADMIN = {"sub": "boss", "scope": "openid longhand/admin"}
ARN = "arn:aws:iam::123456789012:user/reviewer"
WITHOUT_REQUESTER = {name: value for name, value in JOB.items() if name != "requesterId"}


def send(api: Api, claims: dict[str, str] | None, method: str, path: str, body: object = None) -> Reply:
    """Send a request with a token's claims, as API Gateway's authorizer passes them on."""
    authorizer = {"jwt": {"claims": claims, "scopes": None}} if claims else None
    return api.send(method, path, None if body is None else json.dumps(body), authorizer=authorizer)


@pytest.fixture
def owned(api: Api) -> Api:
    """A job of `owner`, whose request did not name its requester."""
    assert send(api, OWNER, "POST", "/process-document", WITHOUT_REQUESTER).status == 202
    return api


@pytest.mark.usefixtures("owned")
def test_the_requester_is_the_subject_of_the_token(client: Client) -> None:
    assert client.get("doc/job-1").tags["longhand:requester"] == "owner"


def test_a_request_cannot_name_another_requester(api: Api) -> None:
    reply = send(api, OTHER, "POST", "/process-document", JOB)
    assert (reply.status, reply.body["code"]) == (403, "other_requester")
    assert send(api, None, "GET", "/status/job-1").status == 404


# Each route about a job: one that is added is tested without a change here.
JOB_ROUTES = [(route.method.value, route.path) for route in DESCRIBED if "{jobId}" in route.path]


@pytest.mark.parametrize(("method", "path"), JOB_ROUTES)
def test_a_job_of_another_requester_does_not_exist(method: str, path: str, owned: Api) -> None:
    reply = send(owned, OTHER, method, path.replace("{jobId}", "job-1"), {})
    assert (reply.status, reply.body) == (404, {"status": "not_found", "jobId": "job-1"})
    assert send(owned, OWNER, "GET", "/status/job-1").body["status"] == "processing"


@pytest.mark.parametrize("claims", [OWNER, ADMIN, None])
def test_the_owner_an_administrator_and_an_iam_caller_reach_a_job(claims: dict[str, str] | None, owned: Api) -> None:
    assert send(owned, claims, "GET", "/status/job-1").status == 200


def test_an_invocation_belongs_to_its_caller(api: Api) -> None:
    invocation = {"function": "factorial", "args": [3], "id": "mine"}
    assert send(api, OWNER, "POST", "/invocations", invocation).status == 202
    assert send(api, OWNER, "POST", "/invocations", invocation).status == 202
    assert send(api, OTHER, "POST", "/invocations", invocation).body["code"] == "invocation_id_taken"
    statuses = [send(api, claims, "GET", "/invocations/mine").status for claims in (OWNER, ADMIN, OTHER)]
    assert statuses == [200, 200, 404]


def caller(**authorizer: dict[str, Any]) -> Caller:
    return Caller.of({"requestContext": {"authorizer": authorizer}})


def test_a_caller_is_read_from_what_the_authorizer_says() -> None:
    assert caller(jwt={"claims": OWNER}) == Caller(name="owner", requester_id="owner")
    assert caller(jwt={"claims": ADMIN}) == Caller(name="boss")
    assert caller(jwt={"claims": {"sub": "boss", "scp": "admin"}}) == Caller(name="boss")
    assert caller(jwt={"claims": {"sub": "x", "scope": "no-admin admin/read"}}) == Caller(name="x", requester_id="x")
    assert caller(iam={"userArn": ARN}) == Caller(name=ARN)
    assert caller() == Caller()


@pytest.mark.parametrize(
    ("groups", "is_admin"), [("[staff admin]", True), ("[admin]", True), ("[admins staff]", False), ("[]", False)]
)
def test_members_of_the_group_of_administrators_reach_all_jobs(groups: str, *, is_admin: bool) -> None:
    """If the deployment names one: a group of an operator's own provider has no meaning here."""
    event = {"requestContext": {"authorizer": {"jwt": {"claims": {"sub": "x", "cognito:groups": groups}}}}}
    assert Caller.of(event, "admin").requester_id == (None if is_admin else "x")
    assert Caller.of(event).requester_id == "x"
    own_scope = {"sub": "x", "scope": "aws.cognito.signin.user.admin openid"}  # which each user of Cognito can get
    assert caller(jwt={"claims": own_scope}).requester_id == "x"


def test_the_table_of_routes_is_that_of_the_description() -> None:
    answered = {(method, path) for path, methods in ROUTES.items() for method in methods}
    assert answered - {("GET", "/status"), ("GET", "/status/")} == {(one.method.value, one.path) for one in DESCRIBED}
    assert all(callable(find_route(method, path)[0]) for method, path in answered)
