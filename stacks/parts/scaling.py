"""How many workers there are: enough that they are neither busy nor behind. Only when both say so does one leave."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_ecs as ecs

from contract.names import CHUNKS, DOCUMENTS
from stacks.profile import Profile

_BUSY: Final = 60  # percent of the processors
_AHEAD: Final = 2  # tasks for each place: as many may wait as are worked on
_QUICKLY: Final = Duration.minutes(1)
_SLOWLY: Final = Duration.minutes(10)  # a job that loses its worker begins its step again
_STEP: Final = scaling.CfnScalingPolicy

type _Query = scaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty


def scale(service: ecs.FargateService, *, profile: Profile, namespace: str) -> None:
    """Follow the processors, and the work that the keeper counts: what sleeps needs no worker.

    Batches of pages keep the processors busy by themselves; jobs and chunks of texts mostly wait, so they are counted.
    """
    least, most = profile.workers
    target = service.auto_scale_task_count(min_capacity=least, max_capacity=most)
    target.scale_on_cpu_utilization(
        "Busy", target_utilization_percent=_BUSY, scale_out_cooldown=_QUICKLY, scale_in_cooldown=_SLOWLY
    )
    resource = f"service/{service.cluster.cluster_name}/{service.service_name}"
    behind = scaling.CfnScalingPolicy(
        service,
        "Behind",
        policy_name="Behind",
        policy_type="TargetTrackingScaling",
        resource_id=resource,
        scalable_dimension="ecs:service:DesiredCount",
        service_namespace="ecs",
        target_tracking_scaling_policy_configuration=_STEP.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=_AHEAD,
            scale_out_cooldown=_QUICKLY.to_seconds(),
            scale_in_cooldown=_SLOWLY.to_seconds(),
            customized_metric_specification=_STEP.CustomizedMetricSpecificationProperty(
                metrics=_due_for_each_place(service, profile, namespace)
            ),
        ),
    )
    behind.node.add_dependency(target)


def _due_for_each_place(service: ecs.FargateService, profile: Profile, namespace: str) -> list[_Query]:
    """A worker reports its load once a minute, so the samples of a minute are the workers that run."""
    due = f"(due / {profile.worker_concurrency} + chunks / {profile.worker_chunk_concurrency})"
    names = {"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name}
    return [
        _query("due", namespace, "TasksDue", {"Group": DOCUMENTS}, "Maximum"),
        _query("chunks", namespace, "TasksDue", {"Group": CHUNKS}, "Maximum"),
        _query("running", "AWS/ECS", "CPUUtilization", names, "SampleCount"),
        _STEP.TargetTrackingMetricDataQueryProperty(
            id="each", expression=f"{due} / IF(FILL(running, 1) > 0, FILL(running, 1), 1)", return_data=True
        ),
    ]


def _query(id: str, namespace: str, name: str, dimensions: dict[str, str], statistic: str) -> _Query:
    metric = _STEP.TargetTrackingMetricStatProperty(
        metric=_STEP.TargetTrackingMetricProperty(
            namespace=namespace,
            metric_name=name,
            dimensions=[
                _STEP.TargetTrackingMetricDimensionProperty(name=key, value=value) for key, value in dimensions.items()
            ],
        ),
        stat=statistic,
    )
    return _STEP.TargetTrackingMetricDataQueryProperty(id=id, metric_stat=metric, return_data=False)
