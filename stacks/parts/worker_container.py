"""The container of a worker: its environment, its volume, and its health check."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from contract.names import DOCUMENTS
from contract.object_keys import INBOX
from stacks import ports
from stacks.choices import Choices
from stacks.data import Data
from stacks.processing_choices import ProcessingChoices
from stacks.profile import Profile

from .decision_key import DecisionKey
from .image import program_image
from .keys import SecretVersion

DOCKERFILE: Final = "worker/Dockerfile"
ROOMS: Final = ("contract", "durable", "worker")
WORK: Final = "/work"  # the only writable folder; the image declares it as well, with its owner
TYPES: Final = "worker/custom_types"  # the folder of the operator's document types in the image
_APP: Final = "/app"  # the folder of the rooms in the image
_LEASE_SECONDS: Final = 15  # the jobs of a crashed worker wait this long
_GRACE_SECONDS: Final = 20  # for running steps, when the worker drains
_STOP_TIMEOUT: Final = Duration.seconds(60)  # until ECS kills; more than the grace and the cleanup after it


def add_worker(
    task: ecs.TaskDefinition,
    *,
    choices: Choices,
    url: str,
    data: Data,
    token: SecretVersion,
    webhook_secret: secrets.ISecret,
    decision_key: DecisionKey,
    function_arn: str | None,
    cell_environment: Mapping[str, str],
    cell_tokens: Mapping[str, SecretVersion],
    log: ecs.LogDriver,
) -> None:
    """Add the container, with a read-only root and one volume for its work."""
    profile = choices.profile
    bucket = data.documents.bucket.bucket_name
    processing = choices.processing
    types = {TYPES: processing.types.files} if processing.types else {}
    with program_image(DOCKERFILE, ROOMS, architecture=profile.architecture, extra_files=types) as image:
        container = task.add_container(
            "Worker",
            image=image,
            essential=True,
            readonly_root_filesystem=True,
            environment={
                "AWS_REGION": Aws.REGION,  # for obstore
                "AWS_DEFAULT_REGION": Aws.REGION,  # for boto3, which ignores AWS_REGION
                "RESONATE_URL": url,
                "STORE_URL": f"s3://{bucket}",
                "NOTIFY_URL": data.notice_channel,
                "SOURCE_BUCKETS": ",".join((f"{bucket}/{INBOX}", *choices.source_buckets)),
                **_make_limits(profile),
                **({"PUBLIC_URL": choices.public_url} if choices.public_url else {}),
                **_make_function_variables(profile, function_arn),
                **_make_processing_variables(processing),
                **cell_environment,
            },
            secrets={
                "RESONATE_TOKEN": token.for_task(),
                **{name: one.for_task() for name, one in cell_tokens.items()},
                "WEBHOOK_SECRETS": ecs.Secret.from_secrets_manager(webhook_secret),
                "DECISION_KEY": decision_key.for_task(),
                **_make_provider_key(task, processing),
            },
            health_check=_make_health_check(),
            stop_timeout=_STOP_TIMEOUT,
            logging=log,
        )
    task.add_volume(name="work")
    container.add_mount_points(ecs.MountPoint(container_path=WORK, source_volume="work", read_only=False))


def _make_limits(profile: Profile) -> dict[str, str]:
    return {
        "WORKER_GROUP": DOCUMENTS,
        "WORKER_CONCURRENCY": str(profile.worker_concurrency),
        "WORKER_CHUNK_CONCURRENCY": str(profile.worker_chunk_concurrency),
        "WORKER_SLOTS": str(profile.worker_slots),
        "WORKER_PAGE_SLOTS": str(profile.worker_page_slots),
        "WORKER_LEASE_SECONDS": str(_LEASE_SECONDS),
        "WORKER_GRACE_SECONDS": str(_GRACE_SECONDS),
        "WORKER_HEALTH_PORT": str(ports.HEALTH),
        "MAX_DOCUMENT_MEGABYTES": str(profile.document_megabytes),
        "MAX_DOCUMENT_PAGES": str(profile.document_pages),
    }


def _make_function_variables(profile: Profile, arn: str | None) -> dict[str, str]:
    """Name the function that runs the tasks of the group of functions, and how often it is invoked at a time."""
    return {"FUNCTION_ARN": arn, "WORKER_FUNCTION_CONCURRENCY": str(profile.worker_function_concurrency)} if arn else {}


def _make_processing_variables(processing: ProcessingChoices) -> dict[str, str]:
    """Return the operator's choices. A variable without a choice is omitted, so the worker's default applies."""
    variables = {
        "OCR_ENGINE": processing.ocr,
        "OCR_ALPHABET": processing.alphabet,
        "ANALYZER": processing.analyzer,
        "LLM_BASE_URL": processing.base_url,
        "LLM_PRICES": processing.prices,
        "LLM_STREAM": "on" if processing.streams else None,
        "DOCUMENT_TYPES": f"{_APP}/{TYPES}" if processing.types else None,
    }
    return {name: value for name, value in variables.items() if value}


def _make_provider_key(scope: Construct, processing: ProcessingChoices) -> dict[str, ecs.Secret]:
    """Let ECS put the provider's key into the environment, so it is not in the template."""
    if not processing.key_secret:
        return {}
    secret = secrets.Secret.from_secret_complete_arn(scope, "ProviderKey", processing.key_secret)
    return {"LLM_API_KEY": ecs.Secret.from_secrets_manager(secret)}


def _make_health_check() -> ecs.HealthCheck:
    """Fail a worker that never becomes ready, so the deployment rolls back.

    Later a worker fails only if it reports a failure itself. A check of readiness would replace workers in every outage
    of server or database, and the new ones would not be ready either. A worker without a connection for ten minutes
    ends itself.
    """
    return ecs.HealthCheck(
        command=["CMD", "python", "-m", "worker.health", "steady"],
        interval=Duration.seconds(30),
        timeout=Duration.seconds(10),
        retries=10,
        start_period=Duration.seconds(60),
    )
