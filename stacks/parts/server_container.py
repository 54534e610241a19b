"""The container of the Resonate server: what it is told, how it is started, and when it counts as healthy."""

from pathlib import Path
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from stacks import ports
from stacks.data import Data

from .database import NAME
from .image import reference_image
from .keys import AUDIENCE, ISSUER, Keys

_ENTRY: Final = Path(__file__).resolve().parents[1] / "server_entry.sh"
_NOBODY: Final = "10001:10001"  # the image has no user of its own, and the server needs none
_RESEND_MS: Final = 5_000  # a message that nobody heard; shorter floods workers that are busy, longer leaves jobs lying
_POLL_MS: Final = 10  # the server's own default, 100, makes each workflow wait 200 ms for nothing


def database_environment(data: Data) -> dict[str, str]:
    """Tell a container where the database is."""
    instance = data.database.instance
    return {
        "DB_HOST": instance.db_instance_endpoint_address,
        "DB_PORT": str(ports.DATABASE),
        "DB_NAME": NAME,
        "DB_SSLMODE": "require",  # the image has no list of RDS' authorities to check the name against
    }


def database_login(data: Data) -> dict[str, ecs.Secret]:
    """Give a container the database's user and password."""
    secret = data.database.secret
    return {
        "DB_USER": ecs.Secret.from_secrets_manager(secret, "username"),
        "DB_PASSWORD": ecs.Secret.from_secrets_manager(secret, "password"),
    }


def add_server(task: ecs.TaskDefinition, *, image: str, url: str, data: Data, keys: Keys, log: ecs.LogDriver) -> None:
    """Add it. The official image, started by a shell text of ours that ends in the server."""
    task.add_container(
        "Server",
        image=reference_image(task, image),
        entry_point=["sh", "-c", _ENTRY.read_text()],
        essential=True,
        readonly_root_filesystem=True,
        user=_NOBODY,
        port_mappings=[ecs.PortMapping(container_port=ports.SERVER)],
        environment={
            **database_environment(data),
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "RESONATE_SERVER__BIND": "0.0.0.0",  # noqa: S104 in a container, behind a security group
            "RESONATE_SERVER__PORT": str(ports.SERVER),
            "RESONATE_SERVER__URL": url,
            "RESONATE_MESSAGES__POLL_INTERVAL": str(_POLL_MS),
            "RESONATE_TASKS__RETRY_TIMEOUT": str(_RESEND_MS),
            # Whoever may create a promise could have the server call any address; no function of ours needs it.
            "RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED": "false",
            "RESONATE_OBSERVABILITY__METRICS_PORT": str(ports.METRICS),
        },
        secrets={**database_login(data), "PUBLIC_KEY": keys.public_key.for_task()},
        health_check=_health(),
        logging=log,
        stop_timeout=Duration.seconds(30),
    )


def _health() -> ecs.HealthCheck:
    """While the database fails over, for two or three minutes, a new server would be no better than this one."""
    probe = f"wget -q -T 3 -O /dev/null http://127.0.0.1:{ports.SERVER}/ready"
    return ecs.HealthCheck(
        command=["CMD-SHELL", probe],
        interval=Duration.seconds(20),
        timeout=Duration.seconds(5),
        retries=10,  # the most that ECS takes: 200 seconds
        start_period=Duration.seconds(60),
    )
