"""The Postgres database of the server. It holds all jobs; no other copy exists."""

from typing import Final

from aws_cdk import CfnDeletionPolicy, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from stacks import ports
from stacks.acknowledgments import acknowledge
from stacks.network import Network
from stacks.operation_choices import OperationChoices
from stacks.profile import Profile

NAME: Final = "resonate"
_USER: Final = "resonate"
# The server takes the password as part of a URL, where these characters have a meaning.
_UNSAFE_CHARACTERS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "


class Database(Construct):
    """One instance in isolated subnets, encrypted on disk and in transit."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        profile: Profile,
        operation: OperationChoices,
        network: Network,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, id)
        self.secret: Final = rds.DatabaseSecret(self, "Login", username=_USER, exclude_characters=_UNSAFE_CHARACTERS)
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17)
        self.instance: Final = rds.DatabaseInstance(
            self,
            "Instance",
            engine=engine,
            instance_type=ec2.InstanceType(profile.database_class),
            database_name=NAME,
            port=ports.DATABASE,
            credentials=rds.Credentials.from_secret(self.secret),
            parameters={"rds.force_ssl": "1"},  # refuses clients without TLS
            vpc=network.vpc,
            vpc_subnets=network.isolated_subnets,
            security_groups=[network.firewall.database],
            publicly_accessible=False,
            storage_type=rds.StorageType.GP3,
            allocated_storage=profile.database_gigabytes,
            max_allocated_storage=profile.database_max_gigabytes,
            storage_encrypted=True,
            storage_encryption_key=key,
            multi_az=profile.database_standby,
            backup_retention=Duration.days(profile.backup_days),
            preferred_backup_window=operation.backup_window,
            preferred_maintenance_window=operation.maintenance_window,
            copy_tags_to_snapshot=True,
            enable_performance_insights=profile.performance_insights,
            performance_insight_encryption_key=key if profile.performance_insights else None,
            auto_minor_version_upgrade=True,
            deletion_protection=profile.keep_data,
            removal_policy=RemovalPolicy.SNAPSHOT if profile.keep_data else RemovalPolicy.DESTROY,
        )
        # If a deployment replaces the database, a snapshot stays in every profile; `cdk destroy` may delete the
        # database.
        resource = self.instance.node.default_child
        assert isinstance(resource, rds.CfnDBInstance)
        resource.cfn_options.update_replace_policy = CfnDeletionPolicy.SNAPSHOT
        self._acknowledge(profile)

    def _acknowledge(self, profile: Profile) -> None:
        acknowledge(
            self.secret,
            "AwsSolutions-SMG4",
            "the server reads its password when it starts, so a rotation alone would lock it out of the database;"
            " docs/security.md explains how to rotate",
        )
        acknowledge(
            self.instance,
            "AwsSolutions-RDS11",
            "only the server's security group reaches the port, so another number than Postgres' own protects nothing",
        )
        if not profile.database_standby:
            acknowledge(
                self.instance, "AwsSolutions-RDS3", "a standby doubles the price; the production profile has one"
            )
        if not profile.keep_data:
            acknowledge(
                self.instance,
                "AwsSolutions-RDS10",
                "cdk destroy removes all of this profile; the production profile is protected",
            )
