"""The container of the keeper, beside the server: it deletes old history, and tells how much work there is."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from stacks import ports
from stacks.data import Data
from stacks.profile import Profile

from .image import program_image
from .server_container import database_environment, database_login

DOCKERFILE: Final = "keeper/Dockerfile"
ROOMS: Final = ("contract", "keeper")
# The least that ECS takes. Who ends before it has run so long is not started again, so the keeper stays a bit longer.
_AGAIN: Final = Duration.minutes(1)
_LEAST_LIFE: Final = Duration.seconds(65)


def add_keeper(task: ecs.TaskDefinition, *, profile: Profile, namespace: str, data: Data, log: ecs.LogDriver) -> None:
    """Add it. Jobs go on without it, so it may fail; it is started again, and an alarm tells when it is silent.

    Not started again is one that refuses its settings: that would end each time, until a deployment mends it.
    """
    with program_image(DOCKERFILE, ROOMS, machine=profile.machine) as image:
        task.add_container(
            "Keeper",
            image=image,
            essential=False,
            enable_restart_policy=True,
            restart_attempt_period=_AGAIN,
            readonly_root_filesystem=True,
            environment={
                **database_environment(data),
                "READY_URL": f"http://127.0.0.1:{ports.SERVER}/ready",
                "METRICS_URL": f"http://127.0.0.1:{ports.METRICS}/metrics",
                "METRICS_NAMESPACE": namespace,
                "RETENTION_DAYS": str(profile.history_days),
                "LEAST_LIFE_SECONDS": str(_LEAST_LIFE.to_seconds()),
            },
            secrets=database_login(data),
            logging=log,
        )
