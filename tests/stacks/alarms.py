"""The alarms of a synthesized app, and the statistic that one watches."""

from .synthesized_app import Json, SynthesizedApp


def alarms(app: SynthesizedApp) -> dict[str, Json]:
    """Return the properties of the alarms by name."""
    return {one.path.removeprefix("Observability/"): one.properties for one in app.find_all("AWS::CloudWatch::Alarm")}


def find_statistic(alarm: Json) -> Json:
    """Return the only metric of an alarm with its statistic and period; the CDK writes it in one of two forms."""
    if "Metrics" not in alarm:
        return {"Metric": alarm, "Stat": alarm["Statistic"], "Period": alarm["Period"]}
    [query] = alarm["Metrics"]
    statistic: Json = query["MetricStat"]
    return statistic
