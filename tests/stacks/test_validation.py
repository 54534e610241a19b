"""What our rules refuse: each fault is planted into a copy of the real templates, and its rule must say so."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jsii
import pytest
from aws_cdk import App, IPolicyValidationContext, PolicyValidationStack
from constructs import IConstruct

from stacks.validation import NestedTemplates, OneServicePerPart, find_nested_templates

from .synthesized_app import Json, SynthesizedApp

type Spoil = Callable[[Json], object]


@jsii.implements(IPolicyValidationContext)
class Context:
    """What the CDK hands to a plugin: the template of the root stack only."""

    def __init__(self, *templates: Path) -> None:
        self._stacks = [
            PolicyValidationStack(stack_construct_path="Longhand", template_path=str(path)) for path in templates
        ]
        self._app = App()

    @property
    def stack_templates(self) -> list[PolicyValidationStack]:
        return self._stacks

    @property
    def template_paths(self) -> list[str]:
        return [stack.template_path for stack in self._stacks]

    @property
    def app_construct(self) -> IConstruct:
        return self._app

    @property
    def account_id(self) -> str | None:
        return None

    @property
    def region(self) -> str | None:
        return None


@dataclass(frozen=True)
class Plant:
    """A fault for one of the templates: every resource of this kind in it is spoiled; `rule` must see it."""

    rule: str
    stack: str
    kind: str
    spoil: Spoil

    def into(self, folder: Path, source: Path) -> Path:
        """Write the spoiled template with a root that names it, and return the root."""
        folder.mkdir()
        [file] = list(source.glob(f"Longhand{self.stack}*.nested.template.json"))
        template = json.loads(file.read_text())
        found = [one for one in template["Resources"].values() if one["Type"] == self.kind]
        assert found
        for one in found:
            self.spoil(one)
        (folder / file.name).write_text(json.dumps(template))
        nested = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": file.name}}
        root = folder / "Root.template.json"
        root.write_text(json.dumps({"Resources": {"Nested": nested}}))
        return root


def put(*path: str, value: object) -> Spoil:
    """A spoiler that sets what is at the path, or removes it."""

    def do(resource: Json) -> None:
        for name in path[:-1]:
            resource = resource[name]
        if value is None:
            resource.pop(path[-1], None)
        else:
            resource[path[-1]] = value

    return do


P = "Properties"
SERVICE = "AWS::ECS::Service"
LOG = "AWS::Logs::LogGroup"
ROLLOUT = (P, "DeploymentConfiguration")
OUTSIDE = "NO_ACCESS_FROM_OUTSIDE"


UNTAGGED = put(P, "Tags", value=None)
AS_SERVER = put(P, "Tags", value=[{"Key": "longhand:part", "Value": "server"}])
ANYBODY = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": "0.0.0.0/0"}
ENTRY, GROUP = "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroup"
DATABASE, BUCKET = "AWS::RDS::DBInstance", "AWS::S3::Bucket"
PLANTS = {
    "two servers": Plant("ONE_SERVER", "Server", SERVICE, put(P, "DesiredCount", value=2)),
    "servers without a number": Plant("ONE_SERVER", "Server", SERVICE, put(P, "DesiredCount", value=None)),
    "a second while deploying": Plant("ONE_SERVER", "Server", SERVICE, put(*ROLLOUT, "MaximumPercent", value=200)),
    "the old one stays": Plant("ONE_SERVER", "Server", SERVICE, put(*ROLLOUT, "MinimumHealthyPercent", value=100)),
    "rebalancing": Plant("ONE_SERVER", "Server", SERVICE, put(P, "AvailabilityZoneRebalancing", value="ENABLED")),
    "rebalancing by default": Plant("ONE_SERVER", "Server", SERVICE, put(P, "AvailabilityZoneRebalancing", value=None)),
    "a service without tags": Plant("EVERY_SERVICE_HAS_A_PART", "Server", SERVICE, UNTAGGED),
    "a service without a part": Plant(
        "EVERY_SERVICE_HAS_A_PART", "Worker", SERVICE, put(P, "Tags", value=[{"Key": "x", "Value": "server"}])
    ),
    "a server that scales": Plant("NO_SCALING_OF_THE_SERVER", "Worker", SERVICE, AS_SERVER),
    "an address comes in": Plant(OUTSIDE, "Network", ENTRY, put(P, "CidrIp", value="0.0.0.0/0")),
    "a long address comes in": Plant(OUTSIDE, "Network", ENTRY, put(P, "CidrIpv6", value="::/0")),
    "a rule in the group": Plant(OUTSIDE, "Network", GROUP, put(P, "SecurityGroupIngress", value=[ANYBODY])),
    "a public database": Plant("THE_DATABASE_IS_CLOSED", "Data", DATABASE, put(P, "PubliclyAccessible", value=True)),
    "a plain disk": Plant("THE_DATABASE_IS_CLOSED", "Data", DATABASE, put(P, "StorageEncrypted", value=False)),
    "no backups": Plant("THE_DATABASE_IS_CLOSED", "Data", DATABASE, put(P, "BackupRetentionPeriod", value=0)),
    "a log for ever": Plant("LOGS_HAVE_RETENTION", "Api", "AWS::Logs::LogGroup", put(P, "RetentionInDays", value=None)),
    "documents that go": Plant("DOCUMENTS_ARE_KEPT", "Data", BUCKET, put("DeletionPolicy", value="Delete")),
    "documents replaced": Plant("DOCUMENTS_ARE_KEPT", "Data", BUCKET, put("UpdateReplacePolicy", value=None)),
}
SOUND = {
    stack: Plant("", stack, kind, lambda _: None)
    for stack, kind in {"Network": GROUP, "Data": BUCKET, "Server": SERVICE, "Worker": SERVICE, "Api": LOG}.items()
}


@pytest.fixture(scope="module")
def broken(small: SynthesizedApp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Which rules each plant breaks. The engine is asked once, because each time it reads all of AWS' schemas."""
    base = tmp_path_factory.mktemp("plants")
    roots = {name: plant.into(base / name, small.folder) for name, plant in (PLANTS | SOUND).items()}
    found: dict[str, set[str]] = {name: set() for name in roots}
    for violation in NestedTemplates().validate(Context(*roots.values())).violations:
        for resource in violation.violating_resources:
            found[Path(str(resource.template_path)).parent.name].add(violation.rule_name)
    return found


@pytest.mark.parametrize("name", PLANTS)
def test_a_rule_refuses_what_it_is_there_for(broken: dict[str, set[str]], name: str) -> None:
    assert PLANTS[name].rule in broken[name]


@pytest.mark.parametrize("stack", SOUND)
def test_our_templates_break_no_rule(broken: dict[str, set[str]], stack: str) -> None:
    assert broken[stack] == set()


@pytest.mark.parametrize(
    ("server", "worker", "wrong"),
    [
        (None, None, set()),
        (UNTAGGED, None, {"server, and there are 0"}),
        (None, UNTAGGED, {"worker, and there are 0"}),
        (None, AS_SERVER, {"server, and there are 2", "worker, and there are 0"}),
    ],
    ids=["ours", "server untagged", "worker untagged", "second server"],
)
def test_a_part_that_the_rules_would_not_find_is_missed(
    small: SynthesizedApp, tmp_path: Path, server: Spoil | None, worker: Spoil | None, wrong: set[str]
) -> None:
    """Without its tag, the rules about the server would pass: there would be nothing that they look at."""
    keep: Spoil = lambda _: None  # noqa: E731 it is the spoiler that spoils nothing
    roots = [
        Plant("", "Server", SERVICE, server or keep).into(tmp_path / "server", small.folder),
        Plant("", "Worker", SERVICE, worker or keep).into(tmp_path / "worker", small.folder),
    ]
    found = OneServicePerPart().validate(Context(*roots)).violations
    assert {violation.description.rpartition("longhand:part=")[2] for violation in found} == wrong


def test_templates_of_former_times_in_the_folder_are_not_looked_at(small: SynthesizedApp, tmp_path: Path) -> None:
    root = SOUND["Server"].into(tmp_path / "now", small.folder)
    (root.parent / "OldServer.nested.template.json").write_text("{}")
    [only] = find_nested_templates(Context(root).stack_templates)
    assert "LonghandServer" in only.template_path


def test_every_finding_that_we_live_with_has_a_reason_and_stands_on_one_resource(either: SynthesizedApp) -> None:
    """A finding that is acknowledged higher up would be acknowledged for everything that is ever put below."""
    entries = json.loads((either.folder / "Longhand.metadata.json").read_text())
    found = [
        (path, rule, reason)
        for path, metadata in entries.items()
        for one in metadata
        if one["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in one["data"].items()
    ]
    ours = [one for one in found if "AwsSolutions" in one[1]]
    # The others are the CDK's, for constructs of its own and for its engine alone: our plugin has another name.
    assert {rule.partition("::")[0] for _, rule, _ in found if "AwsSolutions" not in rule} <= {
        "CloudFormation-Validate"
    }
    assert ours
    resources = {one.body["Metadata"]["aws:cdk:path"] for one in either.all(*KINDS)}
    for path, rule, reason in ours:
        assert path.removeprefix("/") in resources, f"{rule} is acknowledged on {path}, which is no resource"
        assert len(reason) > 30, f"{rule} on {path} has no reason to speak of"


KINDS = (
    "AWS::EC2::VPC",
    "AWS::ECS::Cluster",
    "AWS::ECS::TaskDefinition",
    "AWS::IAM::Policy",
    "AWS::Lambda::Function",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
