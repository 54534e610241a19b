"""Our rules refuse each flaw that is planted into a copy of the real templates, and accept the real ones."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import warm_app
from .conftest import SYNTHESES
from .synthesized_app import Json, SynthesizedApp

type Change = Callable[[Json], object]
type Check = Callable[..., Any]  # of validation_runs


@dataclass(frozen=True)
class Flaw:
    """A change to every resource of one kind in one template, and the rule that must refuse it."""

    rule: str
    stack: str
    kind: str
    change: Change

    def write(self, folder: Path, source: Path) -> Path:
        """Write the changed template with a root that names it, and return the root."""
        folder.mkdir()
        [file] = list(source.glob(f"Longhand{self.stack}*.nested.template.json"))
        template = json.loads(file.read_text())
        resources = [resource for resource in template["Resources"].values() if resource["Type"] == self.kind]
        assert resources
        for resource in resources:
            self.change(resource)
        (folder / file.name).write_text(json.dumps(template))
        nested = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": file.name}}
        root = folder / "Root.template.json"
        root.write_text(json.dumps({"Resources": {"Nested": nested}}))
        return root


def set_value(*path: str, value: object) -> Change:
    """Return a change that sets the value at the path, or removes it."""

    def change(resource: Json) -> None:
        for name in path[:-1]:
            resource = resource[name]
        if value is None:
            resource.pop(path[-1], None)
        else:
            resource[path[-1]] = value

    return change


P = "Properties"
SERVICE = "AWS::ECS::Service"
LOG = "AWS::Logs::LogGroup"
ROLLOUT = (P, "DeploymentConfiguration")
OUTSIDE = "NO_ACCESS_FROM_OUTSIDE"


NO_TAGS = set_value(P, "Tags", value=None)
AS_SERVER = set_value(P, "Tags", value=[{"Key": "longhand:part", "Value": "server"}])
OPEN_INGRESS = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": "0.0.0.0/0"}
ENTRY, GROUP = "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroup"
DATABASE, BUCKET = "AWS::RDS::DBInstance", "AWS::S3::Bucket"
FLAWS = {
    "two servers": Flaw("ONE_SERVER", "Server", SERVICE, set_value(P, "DesiredCount", value=2)),
    "a server without a count": Flaw("ONE_SERVER", "Server", SERVICE, set_value(P, "DesiredCount", value=None)),
    "a second server during a deployment": Flaw(
        "ONE_SERVER", "Server", SERVICE, set_value(*ROLLOUT, "MaximumPercent", value=200)
    ),
    "the old server stays during a deployment": Flaw(
        "ONE_SERVER", "Server", SERVICE, set_value(*ROLLOUT, "MinimumHealthyPercent", value=100)
    ),
    "rebalancing": Flaw("ONE_SERVER", "Server", SERVICE, set_value(P, "AvailabilityZoneRebalancing", value="ENABLED")),
    "rebalancing left to its default": Flaw(
        "ONE_SERVER", "Server", SERVICE, set_value(P, "AvailabilityZoneRebalancing", value=None)
    ),
    "a service without tags": Flaw("EVERY_SERVICE_HAS_A_PART", "Server", SERVICE, NO_TAGS),
    "a service without a part": Flaw(
        "EVERY_SERVICE_HAS_A_PART", "Worker", SERVICE, set_value(P, "Tags", value=[{"Key": "x", "Value": "server"}])
    ),
    "an autoscaled server": Flaw("NO_SCALING_OF_THE_SERVER", "Worker", SERVICE, AS_SERVER),
    "an IPv4 address may connect": Flaw(OUTSIDE, "Network", ENTRY, set_value(P, "CidrIp", value="0.0.0.0/0")),
    "an IPv6 address may connect": Flaw(OUTSIDE, "Network", ENTRY, set_value(P, "CidrIpv6", value="::/0")),
    "a rule inside a group": Flaw(
        OUTSIDE, "Network", GROUP, set_value(P, "SecurityGroupIngress", value=[OPEN_INGRESS])
    ),
    "a public database": Flaw(
        "THE_DATABASE_IS_CLOSED", "Data", DATABASE, set_value(P, "PubliclyAccessible", value=True)
    ),
    "unencrypted storage": Flaw(
        "THE_DATABASE_IS_CLOSED", "Data", DATABASE, set_value(P, "StorageEncrypted", value=False)
    ),
    "no backups": Flaw("THE_DATABASE_IS_CLOSED", "Data", DATABASE, set_value(P, "BackupRetentionPeriod", value=0)),
    "a log without retention": Flaw(
        "LOGS_HAVE_RETENTION", "Api", "AWS::Logs::LogGroup", set_value(P, "RetentionInDays", value=None)
    ),
    "documents deleted with the stack": Flaw(
        "DOCUMENTS_ARE_KEPT", "Data", BUCKET, set_value("DeletionPolicy", value="Delete")
    ),
    "documents deleted by a replacement": Flaw(
        "DOCUMENTS_ARE_KEPT", "Data", BUCKET, set_value("UpdateReplacePolicy", value=None)
    ),
}
UNCHANGED_TEMPLATES = {
    stack: Flaw("", stack, kind, lambda _: None)
    for stack, kind in {"Network": GROUP, "Data": BUCKET, "Server": SERVICE, "Worker": SERVICE, "Api": LOG}.items()
}


@pytest.fixture(scope="module")
def check(run_folder: Path, small: SynthesizedApp) -> Check:  # noqa: ARG001 - with it the process runs
    """Return a function that runs our checks in the process that has loaded the CDK."""

    def check_templates(name: str, *roots: Path) -> Any:  # noqa: ANN401 - as the function
        return warm_app.call(run_folder / SYNTHESES, f"tests.stacks.validation_runs:{name}", *map(str, roots))

    return check_templates


@pytest.fixture(scope="module")
def broken_rules(check: Check, small: SynthesizedApp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the rules that each flaw breaks. The plugin runs once, because each run reads all of AWS' schemas."""
    base = tmp_path_factory.mktemp("flaws")
    roots = {name: flaw.write(base / name, small.folder) for name, flaw in (FLAWS | UNCHANGED_TEMPLATES).items()}
    found: dict[str, set[str]] = {name: set() for name in roots}
    for name, rule in check("find_broken_rules", *roots.values()):
        found[name].add(rule)
    return found


@pytest.mark.parametrize("name", FLAWS)
def test_each_flaw_is_refused_by_its_rule(broken_rules: dict[str, set[str]], name: str) -> None:
    assert FLAWS[name].rule in broken_rules[name]


@pytest.mark.parametrize("stack", UNCHANGED_TEMPLATES)
def test_our_templates_break_no_rule(broken_rules: dict[str, set[str]], stack: str) -> None:
    assert broken_rules[stack] == set()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"Server": NO_TAGS}, {"server, not 0"}),
        ({"Worker": NO_TAGS}, {"worker, not 0"}),
        ({"Worker": AS_SERVER}, {"server, not 2", "worker, not 0"}),
    ],
    ids=["ours", "server untagged", "worker untagged", "second server"],
)
def test_a_missing_or_second_service_of_a_part_is_refused(
    check: Check, small: SynthesizedApp, tmp_path: Path, changes: dict[str, Change], wrong: set[str]
) -> None:
    """Without the tag, the rules about the server would pass, because they find no server."""
    keep: Change = lambda _: None  # noqa: E731 a change that changes nothing
    roots = [
        Flaw("", stack, SERVICE, changes.get(stack, keep)).write(tmp_path / stack, small.folder)
        for stack in ("Server", "Worker")
    ]
    assert set(check("find_wrong_parts", *roots)) == wrong


def test_templates_of_earlier_runs_in_the_folder_are_ignored(
    check: Check, small: SynthesizedApp, tmp_path: Path
) -> None:
    root = UNCHANGED_TEMPLATES["Server"].write(tmp_path / "now", small.folder)
    (root.parent / "OldServer.nested.template.json").write_text("{}")
    [only] = check("find_templates", root)
    assert "LonghandServer" in only


def test_every_acknowledged_finding_has_a_reason_and_one_resource(app: SynthesizedApp) -> None:
    """On a parent construct, it would also acknowledge findings of resources that are added later."""
    entries = json.loads((app.folder / "Longhand.metadata.json").read_text())
    found = [
        (path, rule, reason)
        for path, metadata in entries.items()
        for one in metadata
        if one["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in one["data"].items()
    ]
    ours = [one for one in found if "AwsSolutions" in one[1]]
    # The others are the CDK's own acknowledgments, for its own plugin; ours has another name.
    assert {rule.partition("::")[0] for _, rule, _ in found if "AwsSolutions" not in rule} <= {
        "CloudFormation-Validate"
    }
    assert ours
    resources = {one.body["Metadata"]["aws:cdk:path"] for one in app.find_all(*KINDS)}
    for path, rule, reason in ours:
        assert path.removeprefix("/") in resources, f"{rule} is acknowledged on {path}, which is not a resource"
        assert len(reason) > 30, f"{rule} on {path} lacks a reason"


KINDS = (
    "AWS::ApiGatewayV2::Route",  # those whose caller proves itself by a token or a signature
    "AWS::EC2::VPC",
    "AWS::ECS::Cluster",
    "AWS::ECS::TaskDefinition",
    "AWS::IAM::Policy",
    "AWS::Lambda::Function",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
