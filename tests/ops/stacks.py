"""A stack like the CDK app's, as far as moto simulates CloudFormation: outputs, buckets, a database, a log group."""

import json
from dataclasses import dataclass
from typing import Any

from ops.aws.change_set import NAME as CHANGE_SET
from ops.aws.client import Client
from tests.ops.conftest import REGION

NAME = "Longhand"
CLOSED_PORT = "http://127.0.0.1:9"
ACCOUNT = "123456789012"
KEPT_BUCKET, DELETED_BUCKET = "kept-documents", "deleted-scratch"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:job-events"
GROUP = "/longhand/worker"
PARAMETER_GROUP = "ours"


def make_template(api: str, *, profile: str, keeps_database: bool, cells: int = 1) -> dict[str, Any]:
    outputs = {
        "ApiUrl": api,
        "DocumentsBucket": KEPT_BUCKET,
        "NoticeChannel": TOPIC,
        "Cluster": "cluster",
        "ServerTasks": "server",
        "WorkerTasks": "worker",
        "WorkerLog": GROUP,
        "Profile": profile,
    }
    for cell in range(2, cells + 1):
        outputs |= {f"{name}{cell}": f"{outputs[name]}-{cell}" for name in ("ServerTasks", "WorkerTasks", "WorkerLog")}
    return {
        "Description": "Longhand: durable document work",
        "Resources": {
            "Documents": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "Properties": {"BucketName": KEPT_BUCKET, "VersioningConfiguration": {"Status": "Enabled"}},
            },
            "Scratch": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": DELETED_BUCKET, "VersioningConfiguration": {"Status": "Enabled"}},
            },
            "Database": {
                "Type": "AWS::RDS::DBInstance",
                "DeletionPolicy": "Snapshot" if keeps_database else "Delete",
                "Properties": {
                    "DBInstanceClass": "db.t4g.micro",
                    "Engine": "postgres",
                    "AllocatedStorage": "20",
                    "MasterUsername": "a",
                    "MasterUserPassword": "unused",
                    "MultiAZ": True,
                    "BackupRetentionPeriod": "35",
                    "DBParameterGroupName": PARAMETER_GROUP,
                },
            },
            "WorkerLog": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}},
        },
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }


def deploy(  # noqa: PLR0913 keyword-only
    client: Client,
    api: str = CLOSED_PORT,
    *,
    profile: str = "small",
    keeps_database: bool = False,
    protected: bool = False,
    cells: int = 1,
) -> None:
    """Create the stack."""
    template = make_template(api, profile=profile, keeps_database=keeps_database, cells=cells)
    _create_stack(client, template, protected=protected)


def run_services(client: Client) -> None:
    """Create the cluster with the services of server and worker; moto starts no tasks."""
    ecs = client("ecs")
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    group = client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ecs.create_cluster(clusterName="cluster")
    for name in ("server", "worker"):
        container = {"name": name, "image": "image", "cpu": 256, "memory": 512}
        ecs.register_task_definition(
            family=name,
            cpu="256",
            memory="512",
            containerDefinitions=[container],
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
        )
        network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
        ecs.create_service(
            cluster="cluster", serviceName=name, taskDefinition=name, desiredCount=1, networkConfiguration=network
        )


def deploy_choices(client: Client, **choices: str) -> None:
    """Create the stack with these choices recorded in its parameters."""
    template = make_template(CLOSED_PORT, profile=choices.get("ChoiceProfile", "small"), keeps_database=False)
    template["Parameters"] = {name: {"Type": "String", "Default": value} for name, value in choices.items()}
    _create_stack(client, template)


def _create_stack(client: Client, template: dict[str, Any], *, protected: bool = False) -> None:
    """Create it after the database's parameter group: moto cannot follow a reference to one of the template."""
    client("rds").create_db_parameter_group(
        DBParameterGroupName=PARAMETER_GROUP, DBParameterGroupFamily="postgres17", Description="of the stack"
    )
    body = json.dumps(template)
    client("cloudformation").create_stack(StackName=NAME, TemplateBody=body, EnableTerminationProtection=protected)


def _read_moto() -> Any:  # noqa: ANN401 - moto has no types for it
    """Return moto's CloudFormation, whose import takes seconds and reads much of AWS."""
    from moto.cloudformation.models import cloudformation_backends  # noqa: PLC0415 - as said

    return cloudformation_backends[ACCOUNT][REGION]


def set_status(status: str) -> None:
    """Set the status of all stacks; moto itself sets the successful ones only."""
    for stack in _read_moto().stacks.values():
        stack.status = status


def scale_workers(client: Client, service: str = "worker") -> None:
    """Add the autoscaling of the workers' service, which is at least one task."""
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/cluster/{service}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=3,
    )


@dataclass(frozen=True)
class NestedChange:
    """A change to a resource of a nested stack."""

    name: str
    kind: str
    action: str = "Modify"
    replacement: str = "False"


REPLACED_ALARM = NestedChange("JobsFail", "AWS::CloudWatch::Alarm", replacement="True")


def prepare_change_set(client: Client, *changes: NestedChange) -> None:
    """Create the change set that the CDK would, with these changes in the change set of a nested stack.

    moto does not compute replacements, and without a change it reports what AWS does: a failed change set.
    """
    cloudformation = client("cloudformation")
    template = json.loads(json.dumps(cloudformation.get_template(StackName=NAME)["TemplateBody"]))
    if changes:
        template["Resources"]["Data"] = {"Type": "AWS::SNS::Topic"}
    for name in (CHANGE_SET, "nested"):
        cloudformation.create_change_set(
            StackName=NAME, ChangeSetName=name, ChangeSetType="UPDATE", TemplateBody=json.dumps(template)
        )
    sets = _read_moto().change_sets
    root, nested = ({one.change_set_name: one for one in sets.values()}[name] for name in (CHANGE_SET, "nested"))
    nested.changes = [_make_change(change) for change in changes]
    for change in root.changes:
        change.resource_type = "AWS::CloudFormation::Stack"
        vars(change)["change_set_id"] = nested.change_set_id  # moto answers with all attributes


def _make_change(nested: NestedChange) -> object:
    from moto.cloudformation.models import Change  # noqa: PLC0415 - as above

    change = Change(action=nested.action, logical_resource_id=nested.name, resource_type=nested.kind)
    vars(change)["replacement"] = nested.replacement  # as above
    return change


def list_change_sets() -> set[str]:
    """Return the names of the prepared change sets."""
    return {one.change_set_name for one in _read_moto().change_sets.values()}
