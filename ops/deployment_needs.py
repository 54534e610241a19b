"""The needs of a deployment for Docker and the AWS account, read from the templates that it would deploy."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from pricing.idle import SPOT, Resources

_SERVER_ARGUMENT: Final = "SERVER_IMAGE"  # an argument of the server's Dockerfile
_CPU_UNITS: Final = 1024  # the units that ECS counts for one processor
_ROLLOUT_FACTOR: Final = 2  # for workers: their new tasks run beside the old ones


@dataclass(frozen=True, kw_only=True)
class Processors:
    """Fargate processors of one kind of capacity: while a deployment replaces the workers, and at the most."""

    rollout: float = 0
    most: float = 0


@dataclass(frozen=True, kw_only=True)
class DeploymentNeeds:
    """The needs that can be missing in an account or a region."""

    platform: str
    server_image: str
    database_class: str
    postgres: str
    on_demand: Processors
    spot: Processors
    reserved_invocations: int

    @classmethod
    def of(cls, templates: list[Resources], folder: Path) -> Self:
        """Read the templates, and the images from the synthesized folder."""
        resources = {name: body for template in templates for name, body in template.items()}
        [server] = [one for one in _list_images(folder) if _SERVER_ARGUMENT in one.get("dockerBuildArgs", {})]
        [database] = list(_find(resources, "AWS::RDS::DBInstance"))
        functions = _find(resources, "AWS::Lambda::Function")
        return cls(
            platform=server["platform"],
            server_image=server["dockerBuildArgs"][_SERVER_ARGUMENT],
            database_class=database["DBInstanceClass"],
            postgres=database["EngineVersion"],
            on_demand=_count_processors(resources, spot=False),
            spot=_count_processors(resources, spot=True),
            reserved_invocations=sum(one.get("ReservedConcurrentExecutions", 0) for one in functions),
        )

    @property
    def processor_architecture(self) -> str:
        """The platform's processor, as image manifests name it."""
        return self.platform.partition("/")[2]


def _find(resources: Mapping[str, Mapping[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    return (body["Properties"] for body in resources.values() if body["Type"] == kind)


def _list_images(folder: Path) -> list[dict[str, Any]]:
    manifests = [json.loads(file.read_text()) for file in folder.glob("*.assets.json")]
    return [image["source"] for manifest in manifests for image in manifest.get("dockerImages", {}).values()]


def _count_processors(resources: Resources, *, spot: bool) -> Processors:
    """Add up the processors of the services' tasks on one kind of capacity."""
    counts = [_count_tasks(service, resources, spot=spot) for service in _find(resources, "AWS::ECS::Service")]
    return Processors(
        rollout=sum(rollout * processors for rollout, _, processors in counts),
        most=sum(max(rollout, most) * processors for rollout, most, processors in counts),
    )


def _count_tasks(service: Mapping[str, Any], resources: Resources, *, spot: bool) -> tuple[int, int, float]:
    """Return a service's tasks during a deployment and at the most, and the processors of one."""
    task = resources[service["TaskDefinition"]["Ref"]]["Properties"]
    rollout, most, base = _find_bounds(service, resources)
    on_demand = [rollout, most] if base is None else [min(rollout, base * _ROLLOUT_FACTOR), min(most, base)]
    [rollout, most] = [rollout - on_demand[0], most - on_demand[1]] if spot else on_demand
    return rollout, most, int(task["Cpu"]) / _CPU_UNITS


def _find_bounds(service: Mapping[str, Any], resources: Resources) -> tuple[int, int, int | None]:
    """Return the tasks during a deployment and at the most, and how many are on demand; None if all are."""
    strategy = service.get("CapacityProviderStrategy", ())
    uses_spot = any(one["CapacityProvider"] == SPOT for one in strategy)
    base = sum(one.get("Base", 0) for one in strategy if one["CapacityProvider"] != SPOT) if uses_spot else None
    if fixed := service.get("DesiredCount"):  # the server; a new one is proven beside it
        return fixed * _ROLLOUT_FACTOR, fixed, base
    [target] = _find(resources, "AWS::ApplicationAutoScaling::ScalableTarget")
    return target["MinCapacity"] * _ROLLOUT_FACTOR, target["MaxCapacity"], base
