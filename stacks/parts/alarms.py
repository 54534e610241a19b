"""What an alarm is: when it tells, whom, and what it says. Which there are stands in watch.py."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

_ABOVE: Final = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW: Final = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_QUIET: Final = cloudwatch.TreatMissingData.NOT_BREACHING
_LOUD: Final = cloudwatch.TreatMissingData.BREACHING


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """When to tell: so many periods in a row, at or above the number, or below it."""

    name: str
    text: str
    metric: cloudwatch.IMetric
    at_least: float | None = None
    below: float | None = None
    periods: int = 1
    silence_is_bad: bool = False


def alarm(scope: Construct, rule: AlarmRule, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Make one, which tells the topic when it begins and when it is over."""
    is_above = rule.at_least is not None
    threshold = rule.at_least if rule.at_least is not None else rule.below
    assert threshold is not None
    made = cloudwatch.Alarm(
        scope,
        rule.name,
        alarm_description=rule.text,
        metric=rule.metric,
        threshold=threshold,
        comparison_operator=_ABOVE if is_above else _BELOW,
        evaluation_periods=rule.periods,
        treat_missing_data=_LOUD if rule.silence_is_bad else _QUIET,
    )
    made.add_alarm_action(actions.SnsAction(topic))
    made.add_ok_action(actions.SnsAction(topic))
    return made


def stalled_work(
    due: cloudwatch.IMetric, running: cloudwatch.IMetric, *, period: Duration
) -> cloudwatch.MathExpression:
    """Be 1 while there is work and no worker holds any of it.

    Both numbers come in one line of the keeper's, so they are both there or both missing; what a worker tells of itself
    would be missing just when there is none. One that hangs loses its leases, so it counts as none.
    """
    return cloudwatch.MathExpression(
        expression="IF(due > 0 AND running < 1, 1, 0)",
        using_metrics={"due": due, "running": running},
        period=period,
        label="work waits and nothing moves",
    )
