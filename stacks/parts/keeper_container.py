"""The keeper's container beside the server. It deletes old history, publishes gauges of the work, and lists jobs."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from stacks import ports
from stacks.data import Data
from stacks.profile import Profile

from .image import program_image
from .keys import AUDIENCE, ISSUER, TRIGGER, Keys
from .server_container import database_environment, database_login

KEEPER: Final = "Keeper"
DOCKERFILE: Final = "keeper/Dockerfile"
ROOMS: Final = ("contract", "keeper")
# The minimum in ECS. It does not restart a container that ends earlier, so the keeper stays up a little longer.
_RESTART_PERIOD: Final = Duration.minutes(1)
_MIN_LIFETIME: Final = Duration.seconds(65)


def add_keeper(
    task: ecs.TaskDefinition, *, profile: Profile, namespace: str, data: Data, keys: Keys, log: ecs.LogDriver
) -> None:
    """Add the container.

    It is not essential: jobs run without it, ECS restarts it, and missing gauges raise an alarm. A keeper that refuses
    its settings ends at once, so ECS does not restart it: a deployment must correct them.
    """
    with program_image(DOCKERFILE, ROOMS, architecture=profile.architecture) as image:
        task.add_container(
            KEEPER,
            image=image,
            essential=False,
            enable_restart_policy=True,
            restart_attempt_period=_RESTART_PERIOD,
            readonly_root_filesystem=True,
            port_mappings=[ecs.PortMapping(container_port=ports.KEEPER)],
            environment={
                **database_environment(data),
                "READY_URL": f"http://127.0.0.1:{ports.SERVER}/ready",
                "METRICS_URL": f"http://127.0.0.1:{ports.METRICS}/metrics",
                "METRICS_NAMESPACE": namespace,
                "RETENTION_DAYS": str(profile.history_days),
                "KEEPER_PORT": str(ports.KEEPER),
                "TOKEN_ISSUER": ISSUER,
                "TOKEN_AUDIENCE": AUDIENCE,
                "TOKEN_SUBJECT": TRIGGER,
                "MIN_LIFETIME_SECONDS": str(_MIN_LIFETIME.to_seconds()),
            },
            secrets={**database_login(data), "PUBLIC_KEY": keys.public_key.for_task()},
            logging=log,
        )
