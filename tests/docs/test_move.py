"""The commands of the page about moving, run in their order against a simulated AWS with both stacks."""

import json
import os
import re
import subprocess
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from stacks.profile import PRODUCTION_PROFILE, SMALL_PROFILE
from tests.aws import reset_aws, serve_aws_here
from tests.docs.fake_aws import run_aws, serve_program
from tests.docs.pages import page
from tests.ops.terminal import PLAIN, Terminal

BLOCKS = re.findall(r"^```sh\n(.*?)^```", page("move"), re.MULTILINE | re.DOTALL)
OLD, NEW = "Longhand", "Longhand-production"
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Account:
    """A simulated account with a small stack, an empty production stack, and their resources."""

    def __init__(self, endpoint: str) -> None:
        self.environ = {**ENVIRON, "AWS_ENDPOINT_URL": endpoint}
        self.client = cache(self._make_client)
        self.key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.group = self.client("ec2").create_security_group(GroupName="database", Description="x")["GroupId"]
        self.client("ecs").register_task_definition(family="server", containerDefinitions=[])
        self._create_network()
        self._create_stack(OLD, "documents-old", class_=SMALL_PROFILE.database_class, size=20)
        self._create_stack(
            NEW,
            "documents-new",
            class_=PRODUCTION_PROFILE.database_class,
            size=PRODUCTION_PROFILE.database_gigabytes,
            KmsKeyId=self.key,
            DBSubnetGroupName="isolated",
            VpcSecurityGroupIds=[self.group],
            DBParameterGroupName="forced-tls",
        )
        self._delete_automatic_snapshots()

    def _make_client(self, service: str) -> Any:  # noqa: ANN401 boto3 has no types
        return boto3.client(
            service,
            endpoint_url=self.environ["AWS_ENDPOINT_URL"],
            region_name="eu-central-1",
            aws_access_key_id=ENVIRON["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ENVIRON["AWS_SECRET_ACCESS_KEY"],
        )

    def database(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        return found

    def _delete_automatic_snapshots(self) -> None:
        """Moto names them by the minute, so that one of the restored database would have the same name."""
        for one in self.client("rds").describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]:
            self.client("rds").delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])

    def _create_network(self) -> None:
        ec2, rds = self.client("ec2"), self.client("rds")
        subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
        rds.create_db_subnet_group(DBSubnetGroupName="isolated", DBSubnetGroupDescription="x", SubnetIds=subnets)
        rds.create_db_parameter_group(
            DBParameterGroupName="forced-tls", DBParameterGroupFamily="postgres17", Description="x"
        )

    def _create_stack(self, name: str, bucket: str, *, class_: str, size: int, **database: object) -> None:
        self.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.client("rds").create_db_instance(
            DBInstanceIdentifier=f"{name.lower()}-database",
            Engine="postgres",
            DBInstanceClass=f"db.{class_}",
            AllocatedStorage=size,
            StorageEncrypted=True,
            MasterUsername="resonate",
            MasterUserPassword=f"password-of-{name}",
            **database,
        )
        self.client("ecs").create_cluster(clusterName=name)
        self.client("ecs").create_service(cluster=name, serviceName="server", taskDefinition="server", desiredCount=1)
        login = json.dumps({"username": "resonate", "password": f"password-of-{name}"})
        secret = self.client("secretsmanager").create_secret(Name=f"{name}-login", SecretString=login)["ARN"]
        outputs = {
            "Cluster": name,
            "ServerTasks": "server",
            "DocumentsBucket": bucket,
            "Database": f"{name.lower()}-database",
            "DatabaseSecret": secret,
        }
        template = {
            "Description": "Longhand: durable document work",
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {output: {"Value": value} for output, value in outputs.items()},
        }
        self.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.fixture
def account() -> Any:  # noqa: ANN401 a generator of an account
    with serve_aws_here() as endpoint:
        reset_aws(endpoint)
        yield Account(endpoint)


def test_production_takes_over_the_database_and_the_objects(account: Account, tmp_path: Path) -> None:
    account.client("s3").put_object(Bucket="documents-old", Key="jobs/a/result.json", Body=b"{}")
    account.client("s3").put_object(Bucket="documents-old", Key="paid/b.json", Body=b"{}")
    path = f"{tmp_path}:{os.environ['PATH']}"
    recorded = list[str]()

    def run_longhand(words: list[str]) -> str:
        if words[0] == "outputs":
            return Terminal({**PLAIN, **account.environ}).run(*words).out
        recorded.append(" ".join(words))
        return ""

    with (
        serve_program(tmp_path / "aws", partial(run_aws, account.client)),
        serve_program(tmp_path / "longhand", run_longhand),
    ):
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", "".join(BLOCKS) + 'echo "$LOGIN"\n'],
            cwd=tmp_path,
            env={**account.environ, "PATH": path, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["password"] == f"password-of-{NEW}"
    moved = account.database("longhand-production-database")
    profile = PRODUCTION_PROFILE
    assert (moved["KmsKeyId"], moved["Engine"]) == (account.key, "postgres")
    assert (moved["DBInstanceClass"], moved["MultiAZ"]) == (f"db.{profile.database_class}", profile.database_standby)
    assert moved["DeletionProtection"] is profile.keep_data
    assert moved["AllocatedStorage"] == profile.database_gigabytes
    assert (moved["MaxAllocatedStorage"], moved["BackupRetentionPeriod"]) == (
        profile.database_max_gigabytes,
        profile.backup_days,
    )
    assert moved["DBSubnetGroup"]["DBSubnetGroupName"] == "isolated"
    assert [one["VpcSecurityGroupId"] for one in moved["VpcSecurityGroups"]] == [account.group]
    assert [one["DBParameterGroupName"] for one in moved["DBParameterGroups"]] == ["forced-tls"]
    assert account.database("longhand-production-database-empty")
    assert account.database("longhand-database")["DBInstanceStatus"] == "available"
    objects = account.client("s3").list_objects_v2(Bucket="documents-new")["Contents"]
    assert {one["Key"] for one in objects} == {"jobs/a/result.json", "paid/b.json"}
    counts = [
        account.client("ecs").describe_services(cluster=name, services=["server"])["services"][0]["desiredCount"]
        for name in (OLD, NEW)
    ]
    assert counts == [0, 1]
    assert recorded == [
        f"deploy --stack {NEW} --profile production -c alarmEmail=ops@example.com -c sourceBuckets=documents-old",
        f"doctor --stack {NEW}",
    ]
