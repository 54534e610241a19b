"""The container of a worker: what it is told, what it may write to, and when it counts as healthy."""

from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from contract.names import DOCUMENTS, INBOX
from stacks import ports
from stacks.choices import Choices
from stacks.data import Data
from stacks.processing_choices import ProcessingChoices
from stacks.profile import Profile

from .image import program_image
from .keys import SecretVersion

DOCKERFILE: Final = "worker/Dockerfile"
ROOMS: Final = ("contract", "durable", "worker")
WORK: Final = "/work"  # the only folder that it can write to; the image says so, too, and whose it is
TYPES: Final = "worker/own_types"  # the user's, in the image
_APP: Final = "/app"  # where the image has its rooms
_LEASE: Final = 15  # seconds that a crashed worker's jobs wait
_GRACE: Final = 20  # seconds that steps have when the worker leaves
_STOP: Final = Duration.seconds(60)  # then ECS kills: more than the grace and what comes after it


def add_worker(
    task: ecs.TaskDefinition, *, choices: Choices, url: str, data: Data, token: SecretVersion, log: ecs.LogDriver
) -> None:
    """Add it, with a read-only root and one volume to work in."""
    profile = choices.profile
    bucket = data.documents.bucket.bucket_name
    work = choices.processing
    own = {TYPES: work.types.files} if work.types else {}
    with program_image(DOCKERFILE, ROOMS, machine=profile.machine, more=own) as image:
        container = task.add_container(
            "Worker",
            image=image,
            essential=True,
            readonly_root_filesystem=True,
            environment={
                "AWS_REGION": Aws.REGION,  # for the store's library
                "AWS_DEFAULT_REGION": Aws.REGION,  # for AWS' own, which does not look at the other one
                "RESONATE_URL": url,
                "STORE_URL": f"s3://{bucket}",
                "NOTIFY_URL": data.job_events.topic_arn,
                "SOURCE_BUCKETS": ",".join((f"{bucket}/{INBOX}", *choices.source_buckets)),
                **_numbers(profile),
                **_work(work),
            },
            secrets={"RESONATE_TOKEN": token.for_task(), **_key(task, work)},
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
        "WORKER_CHUNK_CONCURRENCY": str(profile.worker_chunk_concurrency),
        "WORKER_SLOTS": str(profile.worker_slots),
        "WORKER_PAGE_SLOTS": str(profile.worker_page_slots),
        "WORKER_LEASE_SECONDS": str(_LEASE),
        "WORKER_GRACE_SECONDS": str(_GRACE),
        "WORKER_HEALTH_PORT": str(ports.HEALTH),
        "MAX_DOCUMENT_MEGABYTES": str(profile.document_megabytes),
        "MAX_DOCUMENT_PAGES": str(profile.document_pages),
    }


def _work(work: ProcessingChoices) -> dict[str, str]:
    """Say who does it; what nobody chose is not said."""
    said = {
        "OCR_ENGINE": work.ocr,
        "ANALYZER": work.analyzer,
        "LLM_BASE_URL": work.base_url,
        "LLM_PRICES": work.prices,
        "DOCUMENT_TYPES": f"{_APP}/{TYPES}" if work.types else None,
    }
    return {name: value for name, value in said.items() if value}


def _key(scope: Construct, work: ProcessingChoices) -> dict[str, ecs.Secret]:
    """Let ECS put the provider's key into the environment: neither template nor worker asks for it by itself."""
    if not work.key_secret:
        return {}
    secret = secrets.Secret.from_secret_complete_arn(scope, "ProviderKey", work.key_secret)
    return {"LLM_API_KEY": ecs.Secret.from_secrets_manager(secret)}


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
