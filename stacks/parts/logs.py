"""A log group with a retention time: the CDK's default keeps every line for ever."""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import LogGroup, RetentionDays
from constructs import Construct

from stacks.profile import Profile

RETENTION = {
    30: RetentionDays.ONE_MONTH,
    90: RetentionDays.THREE_MONTHS,
    180: RetentionDays.SIX_MONTHS,
    365: RetentionDays.ONE_YEAR,
}


def add_log_group(scope: Construct, id: str, *, profile: Profile, name: str | None = None) -> LogGroup:
    """Add a log group that keeps lines as long as the profile sets. Without a name, CloudFormation gives it one."""
    return LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=RETENTION[profile.log_days],
        removal_policy=RemovalPolicy.RETAIN if profile.keep_data else RemovalPolicy.DESTROY,
    )
