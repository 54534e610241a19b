"""How an alarm is made of a rule. The list of rules is in alarm_rules.py."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

_GREATER_OR_EQUAL: Final = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW: Final = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_NO_DATA_IS_FINE: Final = cloudwatch.TreatMissingData.NOT_BREACHING
_NO_DATA_IS_BAD: Final = cloudwatch.TreatMissingData.BREACHING
_RUNBOOK: Final = "See docs/runbook.md, What each alarm means."


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """When an alarm fires: after `periods` in a row at or above one threshold, or below the other.

    Its name in CloudWatch begins with the stack's, so that a message at night says what happened where.
    """

    name: str
    description: str  # the operator reads it at night: what happened, what to do, which page
    metric: cloudwatch.IMetric
    at_least: float | None = None
    below: float | None = None
    periods: int = 1
    no_data_is_bad: bool = False


def add_alarm(scope: Construct, rule: AlarmRule, topic: sns.ITopic, *, stack: str) -> cloudwatch.Alarm:
    """Add an alarm that publishes to the topic when it fires and when it is over."""
    is_above = rule.at_least is not None
    threshold = rule.at_least if rule.at_least is not None else rule.below
    assert threshold is not None
    alarm = cloudwatch.Alarm(
        scope,
        rule.name,
        alarm_name=f"{stack}-{rule.name}",
        alarm_description=f"{rule.description} {_RUNBOOK}",
        metric=rule.metric,
        threshold=threshold,
        comparison_operator=_GREATER_OR_EQUAL if is_above else _BELOW,
        evaluation_periods=rule.periods,
        treat_missing_data=_NO_DATA_IS_BAD if rule.no_data_is_bad else _NO_DATA_IS_FINE,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    alarm.add_ok_action(actions.SnsAction(topic))
    return alarm


def count_stalls(
    due: cloudwatch.IMetric, running: cloudwatch.IMetric, *, period: Duration
) -> cloudwatch.MathExpression:
    """Return a metric that is 1 while tasks are due and no worker holds any.

    The keeper publishes both numbers in one log line, so both are present or both are missing. Metrics of the workers
    would be missing exactly when no worker runs. A worker that hangs loses its leases, so its tasks do not count.
    """
    return cloudwatch.MathExpression(
        expression="IF(due > 0 AND running < 1, 1, 0)",
        using_metrics={"due": due, "running": running},
        period=period,
        label="tasks are due, and no worker holds one",
    )


def count_failed_percent(
    failed: cloudwatch.IMetric, done: cloudwatch.IMetric, *, least: int, period: Duration
) -> cloudwatch.MathExpression:
    """Return the percentage of ended jobs that failed, or 0 while fewer than `least` have failed."""
    return cloudwatch.MathExpression(
        expression=f"IF(FILL(failed, 0) >= {least}, 100 * FILL(failed, 0) / (FILL(failed, 0) + FILL(done, 0)), 0)",
        using_metrics={"failed": failed, "done": done},
        period=period,
        label="jobs that failed, % of those that ended",
    )
