"""A stack as the CDK app deploys it, as far as moto plays CloudFormation: its outputs, a bucket, a nested stack."""

import json
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from ops.aws.client import Client
from tests.ops.conftest import REGION

NAME = "Longhand"
NOBODY = "http://127.0.0.1:9"
ACCOUNT = "123456789012"
STAYING, GOING = "documents-that-stay", "scratch-that-goes"
GROUP = "/longhand/worker"


def template(api: str, *, profile: str, keeps: bool) -> dict[str, Any]:
    outputs = {
        "ApiUrl": api,
        "ApiAuth": "iam",
        "DocumentsBucket": STAYING,
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
                "Properties": {"BucketName": STAYING, "VersioningConfiguration": {"Status": "Enabled"}},
            },
            "Scratch": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": GOING, "VersioningConfiguration": {"Status": "Enabled"}},
            },
            "Database": {
                "Type": "AWS::RDS::DBInstance",
                "DeletionPolicy": "Snapshot" if keeps else "Delete",
                "Properties": {
                    "DBInstanceClass": "db.t4g.micro",
                    "Engine": "postgres",
                    "AllocatedStorage": "20",
                    "MasterUsername": "a",
                    "MasterUserPassword": "of-nobody",
                },
            },
            "WorkerLog": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}},
        },
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }


def deploy(
    client: Client, api: str = NOBODY, *, profile: str = "small", keeps: bool = False, protected: bool = False
) -> None:
    """Bring it up."""
    body = json.dumps(template(api, profile=profile, keeps=keeps))
    client("cloudformation").create_stack(StackName=NAME, TemplateBody=body, EnableTerminationProtection=protected)


def set_status(status: str) -> None:
    """Put all stacks into a state; moto itself knows the good ones only."""
    for stack in cloudformation_backends[ACCOUNT][REGION].stacks.values():
        stack.status = status
