"""A stack like the CDK app's, as far as moto simulates CloudFormation: outputs, buckets, a database, a log group."""

import json
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from ops.aws.client import Client
from tests.ops.conftest import REGION

NAME = "Longhand"
CLOSED_PORT = "http://127.0.0.1:9"
ACCOUNT = "123456789012"
KEPT_BUCKET, DELETED_BUCKET = "kept-documents", "deleted-scratch"
GROUP = "/longhand/worker"
PARAMETER_GROUP = "ours"


def make_template(api: str, *, profile: str, keeps_database: bool) -> dict[str, Any]:
    outputs = {
        "ApiUrl": api,
        "ApiAuth": "iam",
        "DocumentsBucket": KEPT_BUCKET,
        "Cluster": "cluster",
        "ServerTasks": "server",
        "WorkerTasks": "worker",
        "WorkerLog": GROUP,
        "Profile": profile,
    }
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


def deploy(
    client: Client,
    api: str = CLOSED_PORT,
    *,
    profile: str = "small",
    keeps_database: bool = False,
    protected: bool = False,
) -> None:
    """Create the stack. Moto cannot follow a reference to a parameter group, so it exists before."""
    client("rds").create_db_parameter_group(
        DBParameterGroupName=PARAMETER_GROUP, DBParameterGroupFamily="postgres17", Description="of the stack"
    )
    body = json.dumps(make_template(api, profile=profile, keeps_database=keeps_database))
    client("cloudformation").create_stack(StackName=NAME, TemplateBody=body, EnableTerminationProtection=protected)


def set_status(status: str) -> None:
    """Set the status of all stacks; moto itself sets the successful ones only."""
    for stack in cloudformation_backends[ACCOUNT][REGION].stacks.values():
        stack.status = status


def scale_workers(client: Client) -> None:
    """Add the autoscaling of the workers' service, which is at least one task."""
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/cluster/worker",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=3,
    )
