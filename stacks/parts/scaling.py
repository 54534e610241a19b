"""The autoscaling of workers, by CPU and by due tasks. Workers are removed only when both policies allow it."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_ecs as ecs

from contract.engines import OcrEngine
from contract.names import CHUNKS, DOCUMENTS, FUNCTIONS, PAGES
from stacks.choices import Choices

_CPU_PERCENT: Final = 60
_DUE_PER_SLOT: Final = 2  # due tasks for each slot of a worker: one runs and one waits
_SCALE_OUT_COOLDOWN: Final = Duration.minutes(1)
_SCALE_IN_COOLDOWN: Final = Duration.minutes(10)  # a job that loses its worker repeats its step
_Policy: Final = scaling.CfnScalingPolicy

type _Query = scaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty


def scale_workers(service: ecs.FargateService, choices: Choices, *, namespace: str) -> None:
    """Scale by CPU, and by the due tasks that the keeper counts. Jobs in a durable sleep need no worker.

    Jobs, chunks and invocations mostly wait, so the number of their tasks counts. Batches of pages use much CPU, except
    with Textract: then they mostly wait, too.
    """
    profile = choices.profile
    target = service.auto_scale_task_count(min_capacity=profile.min_workers, max_capacity=profile.max_workers)
    target.scale_on_cpu_utilization(
        "Busy",
        target_utilization_percent=_CPU_PERCENT,
        scale_out_cooldown=_SCALE_OUT_COOLDOWN,
        scale_in_cooldown=_SCALE_IN_COOLDOWN,
    )
    resource = f"service/{service.cluster.cluster_name}/{service.service_name}"
    policy = scaling.CfnScalingPolicy(
        service,
        "Behind",
        policy_name="Behind",
        policy_type="TargetTrackingScaling",
        resource_id=resource,
        scalable_dimension="ecs:service:DesiredCount",
        service_namespace="ecs",
        target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=_DUE_PER_SLOT,
            scale_out_cooldown=_SCALE_OUT_COOLDOWN.to_seconds(),
            scale_in_cooldown=_SCALE_IN_COOLDOWN.to_seconds(),
            customized_metric_specification=_Policy.CustomizedMetricSpecificationProperty(
                metrics=_divide_due_by_slots(service, choices, namespace)
            ),
        ),
    )
    policy.node.add_dependency(target)


def _divide_due_by_slots(service: ecs.FargateService, choices: Choices, namespace: str) -> list[_Query]:
    """Divide the due tasks by the slots of all workers: each reports its CPU once a minute, so samples count them.

    The keeper publishes the other groups from their first task on. A sum with a missing metric is missing, so they
    count as 0 until then.
    """
    others = _count_slots(choices)
    due = f"due / {choices.profile.worker_concurrency}"
    due += "".join(f" + FILL({group}, 0) / {slots}" for group, slots in others.items())
    names = {"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name}
    return [
        _query("due", namespace, "TasksDue", {"Group": DOCUMENTS}, "Maximum"),
        *(_query(group, namespace, "TasksDue", {"Group": group}, "Maximum") for group in others),
        _query("running", "AWS/ECS", "CPUUtilization", names, "SampleCount"),
        _Policy.TargetTrackingMetricDataQueryProperty(
            id="each", expression=f"({due}) / IF(FILL(running, 1) > 0, FILL(running, 1), 1)", return_data=True
        ),
    ]


def _count_slots(choices: Choices) -> dict[str, int]:
    """Return how many tasks a worker runs at a time, of each group beside the jobs whose tasks mostly wait."""
    profile = choices.profile
    groups = {CHUNKS: profile.worker_chunk_concurrency}
    if choices.has_functions:
        groups[FUNCTIONS] = profile.worker_function_concurrency
    if choices.processing.ocr is OcrEngine.TEXTRACT:
        groups[PAGES] = profile.worker_page_slots
    return groups


def _query(id: str, namespace: str, name: str, dimensions: dict[str, str], statistic: str) -> _Query:
    metric = _Policy.TargetTrackingMetricStatProperty(
        metric=_Policy.TargetTrackingMetricProperty(
            namespace=namespace,
            metric_name=name,
            dimensions=[
                _Policy.TargetTrackingMetricDimensionProperty(name=key, value=value)
                for key, value in dimensions.items()
            ],
        ),
        stat=statistic,
    )
    return _Policy.TargetTrackingMetricDataQueryProperty(id=id, metric_stat=metric, return_data=False)
