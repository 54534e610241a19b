"""The container of a worker: what it is told, what it may write to, and when it counts as healthy."""

from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_ecs as ecs

from contract.names import DOCUMENTS, INBOX
from stacks import ports
from stacks.choices import Choices
from stacks.data import Data
from stacks.profile import Profile

from .image import program_image
from .keys import Sealed

DOCKERFILE: Final = "worker/Dockerfile"
ROOMS: Final = ("contract", "durable", "worker")
WORK: Final = "/work"  # the only folder that it can write to; the image says so, too, and whose it is
_LEASE: Final = 15  # seconds that a crashed worker's jobs wait
_GRACE: Final = 20  # seconds that steps have when the worker leaves
_STOP: Final = Duration.seconds(60)  # then ECS kills: more than the grace and what comes after it


def add_worker(
    task: ecs.TaskDefinition, *, choices: Choices, url: str, data: Data, token: Sealed, log: ecs.LogDriver
) -> None:
    """Add it, with a read-only root and one volume to work in."""
    profile = choices.profile
    bucket = data.documents.bucket.bucket_name
    container = task.add_container(
        "Worker",
        image=program_image(DOCKERFILE, ROOMS, machine=profile.machine),
        essential=True,
        readonly_root_filesystem=True,
        environment={
            "AWS_REGION": Aws.REGION,
            "RESONATE_URL": url,
            "STORE_URL": f"s3://{bucket}",
            "NOTIFY_URL": data.job_events.topic_arn,
            "SOURCE_BUCKETS": ",".join((f"{bucket}/{INBOX}", *choices.source_buckets)),
            **_numbers(profile),
        },
        secrets={"RESONATE_TOKEN": token.for_task()},
        health_check=_health(),
        stop_timeout=_STOP,
        logging=log,
    )
    task.add_volume(name="work")
    container.add_mount_points(ecs.MountPoint(container_path=WORK, source_volume="work", read_only=False))


def _numbers(profile: Profile) -> dict[str, str]:
    return {
        "WORKER_GROUP": DOCUMENTS,
        "WORKER_CONCURRENCY": str(profile.worker_concurrency),
        "WORKER_SLOTS": str(profile.worker_slots),
        "WORKER_PAGE_SLOTS": str(profile.worker_slots),  # memory is for both: a child takes 0.65 GB at most
        "WORKER_LEASE_SECONDS": str(_LEASE),
        "WORKER_GRACE_SECONDS": str(_GRACE),
        "WORKER_HEALTH_PORT": str(ports.HEALTH),
        "MAX_DOCUMENT_MEGABYTES": str(profile.document_megabytes),
        "MAX_DOCUMENT_PAGES": str(profile.document_pages),
    }


def _health() -> ecs.HealthCheck:
    """One that never became ready does not fit, and its deployment goes back. Afterwards it is ill only if it says so.

    Asked whether it is ready, it would be replaced in every outage of server or database that lasts for minutes: the
    next one hears no more than this one. A worker that hears nothing for ten minutes ends by itself.
    """
    return ecs.HealthCheck(
        command=["CMD", "python", "-m", "worker.health", "steady"],
        interval=Duration.seconds(30),
        timeout=Duration.seconds(10),
        retries=10,
        start_period=Duration.seconds(60),
    )
