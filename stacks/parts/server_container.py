"""The container of the Resonate server: its environment, its start, and its health check."""

from pathlib import Path
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from stacks import ports
from stacks.choices import Choices
from stacks.data import Data
from stacks.image_paths import CERTIFICATES, SERVER_DOCKERFILE
from stacks.server_settings import SERVER_SETTINGS

from .database import NAME
from .image import program_image
from .keys import AUDIENCE, ISSUER, Keys

SERVER: Final = "Server"
_ENTRY_SCRIPT: Final = Path(__file__).resolve().parents[1] / "server_entry.sh"
_USER: Final = "10001:10001"  # the image would run as root, which the server does not need


def database_environment(data: Data) -> dict[str, str]:
    """Return the variables with the database's address."""
    instance = data.database.instance
    return {
        "DB_HOST": instance.db_instance_endpoint_address,
        "DB_PORT": str(ports.DATABASE),
        "DB_NAME": NAME,
        "DB_SSLMODE": "verify-full",
        "DB_SSLROOTCERT": CERTIFICATES,
    }


def database_login(data: Data) -> dict[str, ecs.Secret]:
    """Return references to the database's user and password."""
    secret = data.database.secret
    return {
        "DB_USER": ecs.Secret.from_secrets_manager(secret, "username"),
        "DB_PASSWORD": ecs.Secret.from_secrets_manager(secret, "password"),
    }


def add_server(
    task: ecs.TaskDefinition, *, choices: Choices, url: str, data: Data, keys: Keys, log: ecs.LogDriver
) -> None:
    """Add the official image with RDS' certificate authorities, started by our script, which ends in the server."""
    arguments = {"SERVER_IMAGE": choices.server_image}
    with program_image(SERVER_DOCKERFILE, (), architecture=choices.profile.architecture, arguments=arguments) as image:
        _add_container(task, image, url=url, data=data, keys=keys, log=log)


def _add_container(
    task: ecs.TaskDefinition, image: ecs.ContainerImage, *, url: str, data: Data, keys: Keys, log: ecs.LogDriver
) -> None:
    task.add_container(
        SERVER,
        image=image,
        entry_point=["sh", "-c", _ENTRY_SCRIPT.read_text()],
        essential=True,
        readonly_root_filesystem=True,
        user=_USER,
        port_mappings=[ecs.PortMapping(container_port=ports.SERVER)],
        environment={
            **database_environment(data),
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "RESONATE_SERVER__BIND": "0.0.0.0",  # noqa: S104 in a container, behind a security group
            "RESONATE_SERVER__PORT": str(ports.SERVER),
            "RESONATE_SERVER__URL": url,
            **SERVER_SETTINGS,
            "RESONATE_OBSERVABILITY__METRICS_PORT": str(ports.METRICS),
        },
        secrets={**database_login(data), "PUBLIC_KEY": keys.public_key.for_task()},
        health_check=_make_health_check(),
        logging=log,
        stop_timeout=Duration.seconds(30),
    )


def _make_health_check() -> ecs.HealthCheck:
    """Allow 200 seconds of failures: a database failover takes up to three minutes, and a restart would not help."""
    probe = f"wget -q -T 3 -O /dev/null http://127.0.0.1:{ports.SERVER}/ready"
    return ecs.HealthCheck(
        command=["CMD-SHELL", probe],
        interval=Duration.seconds(20),
        timeout=Duration.seconds(5),
        retries=10,  # the maximum in ECS
        start_period=Duration.seconds(60),
    )
