"""Checks what a deployment of these templates needs: Docker's platforms, images, quotas, and offers of the region.

A denied request is a warning: a deployment needs fewer permissions than the checks.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from .aws.client import Client
from .aws.errors import aws_errors
from .aws.session import Session
from .deployment_needs import DeploymentNeeds, Processors
from .doctor.check import Check, Outcome, fail, ok, warn
from .errors import UserError
from .programs import Programs

_ECS_ROLE_PATH: Final = "/aws-service-role/ecs.amazonaws.com/"
CREATE_ROLE: Final = "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
ON_DEMAND_QUOTA: Final = "L-3032A538"  # of the service fargate: processors of tasks on demand
SPOT_QUOTA: Final = "L-36FBB829"  # the same on Spot
_UNRESERVED_INVOCATIONS: Final = 100  # AWS keeps these for functions without a reservation
_FEW_INVOCATIONS: Final = 50
_REQUEST_QUOTA: Final = "aws service-quotas request-service-quota-increase --service-code"
_ZONES: Final = 2  # the first ones of a region are used
# Zones without Fargate, by id: names differ between accounts. From AWS' list of regions for Fargate.
_ZONES_WITHOUT_FARGATE: Final = {"apne1-az3", "cac1-az3", "use1-az3", "usw1-az2"}


@dataclass(frozen=True)
class AccountContext:
    """What the checks inspect."""

    session: Session
    programs: Programs
    needs: DeploymentNeeds


def check_platform(context: AccountContext) -> Outcome:
    """Check that Docker can build for the tasks' processors."""
    wanted = context.needs.platform
    described = context.programs.read_output("docker", "buildx", "inspect") or ""
    [line] = [line for line in described.splitlines() if line.startswith("Platforms:")] or [""]
    platforms = [word.strip(" *") for word in line.removeprefix("Platforms:").split(",")]
    if wanted in platforms:
        return ok(f"Docker builds for {wanted}")
    other = "x86_64" if wanted.endswith("arm64") else "arm64"
    install = f"docker run --privileged --rm tonistiigi/binfmt --install {context.needs.processor_architecture}"
    return fail(f"Docker does not build for {wanted}", f"{install}; or -c architecture={other}")


def check_server_image(context: AccountContext) -> Outcome:
    """Look up the server's image, and whether it exists for the tasks' processors."""
    image, wanted = context.needs.server_image, context.needs.processor_architecture
    format_ = ("--format", "{{json .Manifest}}")
    printed = context.programs.read_output("docker", "buildx", "imagetools", "inspect", image, *format_)
    if printed is None:
        remedy = "check its name and the network; docker login raises the limit of Docker Hub"
        return fail(f"the image {image} cannot be read", remedy)
    manifest = json.loads(printed)
    found = {one["platform"]["architecture"] for one in manifest.get("manifests", ()) if "platform" in one}
    if found and wanted not in found:
        names = ", ".join(sorted(found - {"unknown"}))
        return fail(f"the image {image} exists for {names} only", "choose -c architecture, or another -c serverImage")
    return ok(f"{image} is {manifest['digest']}")


def check_service_role(context: AccountContext) -> Outcome:
    """Look for the role that ECS uses in the account. ECS makes it with the first cluster, which is too late."""
    if has_service_role(context.session):
        return ok("the account has the service-linked role of ECS")
    return fail(
        "the account has no service-linked role of ECS", f"run {CREATE_ROLE}, which ./longhand bootstrap does, too"
    )


def has_service_role(session: Session) -> bool:
    """Whether the account has the service-linked role of ECS."""
    with aws_errors():
        return bool(session.client("iam").list_roles(PathPrefix=_ECS_ROLE_PATH)["Roles"])


def ensure_service_role(session: Session) -> None:
    """Create the role if it is missing: CloudFormation does not wait until the role that ECS makes can be assumed."""
    if not has_service_role(session):
        with aws_errors():
            session.client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


def check_processors(context: AccountContext) -> Outcome:
    """Compare the account's limits for Fargate with the tasks of the templates."""
    client = context.session.client("service-quotas")
    needs = context.needs
    kinds = ((ON_DEMAND_QUOTA, "on demand", needs.on_demand), (SPOT_QUOTA, "on Spot", needs.spot))
    outcomes = [_compare(client, quota, kind, wanted) for quota, kind, wanted in kinds if wanted.most]
    return max(outcomes, key=lambda outcome: ("ok", "warning", "failed").index(outcome.verdict))


def _compare(client: Client, quota: str, kind: str, wanted: Processors) -> Outcome:
    with aws_errors():
        limit: float = client.get_service_quota(ServiceCode="fargate", QuotaCode=quota)["Quota"]["Value"]
    remedy = f"{_REQUEST_QUOTA} fargate --quota-code {quota} --desired-value {wanted.most:.0f}"
    sentence = f"the account may run {limit:g} Fargate vCPU {kind}"
    if limit < wanted.rollout:
        return fail(f"{sentence}, and a deployment needs {wanted.rollout:g}", remedy)
    if limit < wanted.most:
        return warn(f"{sentence}, and all workers together need {wanted.most:g}", remedy)
    return ok(sentence)


def check_invocations(context: AccountContext) -> Outcome:
    """Compare the account's limit of parallel invocations with the reservations of the functions."""
    with aws_errors():
        limits = context.session.client("lambda").get_account_settings()["AccountLimit"]
    limit, reserved = limits["ConcurrentExecutions"], context.needs.reserved_invocations
    remedy = f"{_REQUEST_QUOTA} lambda --quota-code L-B99A9384 --desired-value"
    sentence = f"the account may run {limit} invocations of functions in parallel"
    if reserved and limit - reserved < _UNRESERVED_INVOCATIONS:
        needed = reserved + _UNRESERVED_INVOCATIONS
        return fail(f"{sentence}, and the stack needs {needed}", f"{remedy} {needed}")
    if limit < _FEW_INVOCATIONS:
        return warn(f"{sentence}: further requests get 503", f"{remedy} 1000")
    return ok(sentence)


def check_database(context: AccountContext) -> Outcome:
    """Check that the region offers the database's class with its version, in the zones that the stack uses."""
    needs, region = context.needs, context.session.region_name
    wanted = f"{needs.database_class} with Postgres {needs.postgres}"
    with aws_errors():
        offered = list(_list_zones(context.session.client("rds"), needs))
        used = _find_zones(context.session.client("ec2"))[:_ZONES]
    if not offered:
        return fail(
            f"{region} does not offer {wanted}", "choose another region, or database_class in stacks/profile.py"
        )
    missing = [zone["ZoneName"] for zone in used if zone["ZoneName"] not in offered]
    if missing:
        return fail(
            f"{', '.join(missing)} has no {wanted}", "choose another region, or database_class in stacks/profile.py"
        )
    return ok(f"{region} offers {wanted}")


def check_zones(context: AccountContext) -> Outcome:
    """Check that Fargate is in the zones that the stack uses."""
    with aws_errors():
        used = _find_zones(context.session.client("ec2"))[:_ZONES]
    without = [zone["ZoneName"] for zone in used if zone["ZoneId"] in _ZONES_WITHOUT_FARGATE]
    if len(used) < _ZONES:
        return fail(f"{context.session.region_name} has {len(used)} zones for this account", "choose another region")
    if without:
        return fail(f"{', '.join(without)} has no Fargate", "choose another region")
    return ok(f"{', '.join(zone['ZoneName'] for zone in used)}")


def _list_zones(client: Client, needs: DeploymentNeeds) -> Iterator[str]:
    options = client.get_paginator("describe_orderable_db_instance_options").paginate(
        Engine="postgres", DBInstanceClass=needs.database_class, Vpc=True
    )
    for page in options:
        for option in page["OrderableDBInstanceOptions"]:
            if option["EngineVersion"].partition(".")[0] == needs.postgres.partition(".")[0]:
                yield from (zone["Name"] for zone in option["AvailabilityZones"])


def _find_zones(client: Client) -> list[dict[str, Any]]:
    zones = client.describe_availability_zones(Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])
    return sorted(zones["AvailabilityZones"], key=lambda zone: str(zone["ZoneName"]))


def _warn_if_denied(check: Callable[[AccountContext], Outcome]) -> Callable[[AccountContext], Outcome]:
    def run(context: AccountContext) -> Outcome:
        try:
            return check(context)
        except UserError as error:
            return warn(f"not checked: {error.sentence}", error.remedy)

    return run


ACCOUNT_CHECKS: Final[tuple[Check[AccountContext], ...]] = (
    Check("platform", check_platform),
    Check("server image", check_server_image),
    Check("ECS role", _warn_if_denied(check_service_role)),
    Check("processors", _warn_if_denied(check_processors)),
    Check("invocations", _warn_if_denied(check_invocations)),
    Check("database", _warn_if_denied(check_database)),
    Check("zones", _warn_if_denied(check_zones)),
)
