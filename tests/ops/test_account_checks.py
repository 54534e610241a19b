"""What would stop a first deployment is reported before it begins, with the command that cures it.

AWS' answers are checked against botocore's models; Docker is a script.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest
from botocore.stub import Stubber  # type: ignore[import-untyped] # as above

from ops.account_checks import (
    ACCOUNT_CHECKS,
    ON_DEMAND_QUOTA,
    SPOT_QUOTA,
    AccountContext,
    check_database,
    check_invocations,
    check_platform,
    check_processors,
    check_server_image,
    check_service_role,
    check_zones,
)
from ops.aws.session import Session
from ops.deployment_needs import DeploymentNeeds, Processors
from ops.doctor.check import Outcome, Verdict, run_checks
from ops.programs import Programs
from ops.target_options import AccountOptions
from tests.ops.fake_programs import write_program

REGION = "eu-central-1"
NEEDS = DeploymentNeeds(
    platform="linux/arm64",
    server_image="resonatehqio/resonate:v0.9.8",
    database_class="db.m7g.large",
    postgres="17",
    on_demand=Processors(rollout=9, most=9),
    spot=Processors(most=36),
    reserved_invocations=0,
)
type Answers = dict[str, list[tuple[str, dict[str, Any]] | tuple[str, str, int]]]


class StubbedAws:
    """A session of boto3 whose clients give prepared answers; an answer that the service cannot give fails the test."""

    region_name = REGION

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def client(self, service: str, *, region_name: str | None, config: object) -> Any:  # noqa: ANN401 boto3 has none
        region = region_name or REGION
        client = boto3.client(
            service, region_name=region, aws_access_key_id=REGION, aws_secret_access_key=REGION, config=config
        )
        stub = Stubber(client)
        for answer in self._answers[service]:
            match answer:
                case (method, dict(body)):
                    stub.add_response(method, body)
                case (method, str(code), int(status)):
                    stub.add_client_error(method, code, http_status_code=status)
        stub.activate()
        return client


type MakeContext = Callable[..., AccountContext]


@pytest.fixture
def make_context(tmp_path: Path) -> MakeContext:
    """Return a function that makes the context of a check; `docker` is what the script does."""

    def make(answers: Answers | None = None, docker: str = "", **needs: object) -> AccountContext:
        write_program(tmp_path, "docker", docker)
        programs = Programs(AccountOptions(), environ={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        return AccountContext(Session(StubbedAws(answers or {})), programs, replace(NEEDS, **needs))  # type: ignore[arg-type] # of a test's own

    return make


def assert_outcome(outcome: Outcome, verdict: Verdict, sentence: str, remedy: str = "") -> None:
    assert outcome.verdict is verdict, outcome
    assert sentence in outcome.sentence
    assert remedy in outcome.remedy


@pytest.mark.parametrize(
    ("platforms", "verdict"),
    [("linux/amd64*, linux/arm64", Verdict.OK), ("linux/amd64, linux/386", Verdict.FAILED), (None, Verdict.FAILED)],
)
def test_docker_must_build_for_the_tasks_processors(
    make_context: MakeContext, platforms: str | None, verdict: Verdict
) -> None:
    context = make_context(docker=f'echo "Platforms: {platforms}"' if platforms else "exit 1")
    outcome = check_platform(context)
    assert outcome.verdict is verdict
    if verdict is Verdict.FAILED:
        assert outcome.remedy == (
            "docker run --privileged --rm tonistiigi/binfmt --install arm64; or -c architecture=x86_64"
        )


def list_platforms(*architectures: str) -> str:
    manifests = [{"digest": "sha256:1", "platform": {"os": "linux", "architecture": name}} for name in architectures]
    return f"echo '{json.dumps({'digest': 'sha256:abc', 'manifests': manifests})}'"


def test_the_servers_image_must_exist_for_the_tasks_processors(make_context: MakeContext) -> None:
    found = check_server_image(make_context(docker=list_platforms("amd64", "arm64", "unknown")))
    assert_outcome(found, Verdict.OK, "resonatehqio/resonate:v0.9.8 is sha256:abc")
    missing = check_server_image(make_context(docker=list_platforms("amd64", "unknown")))
    assert_outcome(missing, Verdict.FAILED, "exists for amd64 only", "-c architecture")
    limited = check_server_image(make_context(docker="echo toomanyrequests >&2; exit 1"))
    assert_outcome(limited, Verdict.FAILED, "cannot be read", "docker login")


def test_the_service_role_of_ecs_must_exist(make_context: MakeContext) -> None:
    name = "AWSServiceRoleForECS"
    role = {"Path": "/", "RoleName": name, "RoleId": "A" * 16, "Arn": f"arn:aws:iam::1:role/{name}"}
    body = {"Roles": [{**role, "CreateDate": "2026-01-01T00:00:00Z"}]}
    assert check_service_role(make_context({"iam": [("list_roles", body)]})).verdict is Verdict.OK
    missing = check_service_role(make_context({"iam": [("list_roles", {"Roles": []})]}))
    assert_outcome(
        missing,
        Verdict.FAILED,
        "no service-linked role of ECS",
        "create-service-linked-role --aws-service-name ecs.amazonaws.com",
    )


def quotas(on_demand: float, spot: float) -> Answers:
    """Answer with the account's limits, in the order in which they are asked for; each has a client of its own."""
    values = {ON_DEMAND_QUOTA: on_demand, SPOT_QUOTA: spot}
    return {"service-quotas": [("get_service_quota", {"Quota": {"Value": value}}) for value in values.values()]}


@pytest.mark.parametrize(
    ("on_demand", "spot", "verdict", "words"),
    [
        (100, 100, Verdict.OK, "may run 100 Fargate vCPU"),
        (6, 100, Verdict.FAILED, "6 Fargate vCPU on demand, and a deployment needs 9"),
        (9, 6, Verdict.WARNING, "6 Fargate vCPU on Spot, and all workers together need 36"),
    ],
)
def test_the_quota_of_processors_must_suffice_for_a_rollout(
    make_context: MakeContext, on_demand: float, spot: float, verdict: Verdict, words: str
) -> None:
    outcome = check_processors(make_context(quotas(on_demand, spot)))
    assert_outcome(outcome, verdict, words)
    if verdict is not Verdict.OK:
        assert "request-service-quota-increase --service-code fargate --quota-code L-3" in outcome.remedy


@pytest.mark.parametrize(
    ("limit", "reserved", "verdict"),
    [(1000, 0, Verdict.OK), (10, 0, Verdict.WARNING), (1000, 200, Verdict.OK), (250, 200, Verdict.FAILED)],
)
def test_the_quota_of_invocations_must_suffice_for_what_functions_reserve(
    make_context: MakeContext, limit: int, reserved: int, verdict: Verdict
) -> None:
    answers: Answers = {"lambda": [("get_account_settings", {"AccountLimit": {"ConcurrentExecutions": limit}})]}
    assert check_invocations(make_context(answers, reserved_invocations=reserved)).verdict is verdict


def zones(*ids: str) -> tuple[str, dict[str, Any]]:
    named = zip("abc", ids, strict=False)
    found = [{"ZoneName": f"{REGION}{letter}", "ZoneId": zone} for letter, zone in named]
    return "describe_availability_zones", {"AvailabilityZones": found}


def offers(version: str, *letters: str) -> tuple[str, dict[str, Any]]:
    available = [{"Name": f"{REGION}{letter}"} for letter in letters]
    option = {"EngineVersion": version, "AvailabilityZones": available}
    return "describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [option]}


@pytest.mark.parametrize(
    ("offer", "verdict", "words"),
    [
        (offers("17.9", "a", "b"), Verdict.OK, "offers db.m7g.large with Postgres 17"),
        (offers("16.4", "a", "b"), Verdict.FAILED, "eu-central-1 does not offer db.m7g.large with Postgres 17"),
        (offers("17.9", "a", "c"), Verdict.FAILED, "eu-central-1b has no db.m7g.large"),
    ],
)
def test_the_region_must_offer_the_database_in_the_zones_of_the_stack(
    make_context: MakeContext, offer: tuple[str, dict[str, Any]], verdict: Verdict, words: str
) -> None:
    answers: Answers = {"rds": [offer], "ec2": [zones("euc1-az2", "euc1-az3", "euc1-az1")]}
    assert_outcome(check_database(make_context(answers)), verdict, words)


def test_fargate_must_be_in_the_zones_of_the_stack(make_context: MakeContext) -> None:
    assert check_zones(make_context({"ec2": [zones("use1-az1", "use1-az2", "use1-az3")]})).verdict is Verdict.OK
    without = check_zones(make_context({"ec2": [zones("use1-az3", "use1-az2")]}))
    assert_outcome(without, Verdict.FAILED, "eu-central-1a has no Fargate")
    assert_outcome(check_zones(make_context({"ec2": [zones("usw1-az1")]})), Verdict.FAILED, "has 1 zones")


def test_a_question_that_the_credentials_may_not_ask_stops_no_deployment(make_context: MakeContext) -> None:
    denied: Answers = {
        "iam": [("list_roles", "AccessDenied", 403)],
        "service-quotas": [("get_service_quota", "AccessDeniedException", 400)],
        "lambda": [("get_account_settings", "AccessDeniedException", 403)],
        "rds": [("describe_orderable_db_instance_options", "AccessDenied", 403)],
        "ec2": [("describe_availability_zones", "UnauthorizedOperation", 403)],
    }
    checks = [check for check in ACCOUNT_CHECKS if check.name not in ("platform", "server image")]
    results = list(run_checks(make_context(denied), checks))
    assert len(results) == 5
    for result in results:
        assert_outcome(result.outcome, Verdict.WARNING, "not checked: these credentials are not authorized for")
