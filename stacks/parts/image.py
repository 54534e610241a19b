"""A program's image, built from its Dockerfile with the project as the context.

Of that, only the rooms that the image needs are sent: what is not sent can neither leak nor change the image's hash.
"""

import re
from pathlib import Path
from typing import Final

from aws_cdk import Aws, IgnoreMode
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from stacks.profile import Machine

ROOT: Final = Path(__file__).resolve().parents[2]
_PRIVATE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)[:@](.+)")
_PLATFORMS: Final = {"arm64": assets.Platform.LINUX_ARM64, "x86_64": assets.Platform.LINUX_AMD64}


def program_image(dockerfile: str, rooms: tuple[str, ...], *, machine: Machine) -> ecs.ContainerImage:
    """Name the image. Docker builds it when it is published, not when the template is made."""
    if not (ROOT / dockerfile).is_file():
        raise FileNotFoundError(f"{dockerfile} is not there: it is what the image is built from")
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        file=dockerfile,
        platform=_PLATFORMS[machine],
        exclude=["*", *(f"!{room}" for room in rooms), "**/__pycache__"],
        ignore_mode=IgnoreMode.DOCKER,
    )


def made_image(scope: Construct, name: str) -> ecs.ContainerImage:
    """Name an image that somebody else has made. Of a private registry of ECR, the task may then pull it."""
    private = _PRIVATE.fullmatch(name)
    if not private:
        return ecs.ContainerImage.from_registry(name)
    account, region, repository, version = private.groups()
    arn = f"arn:{Aws.PARTITION}:ecr:{region}:{account}:repository/{repository}"
    found = ecr.Repository.from_repository_attributes(
        scope, "Repository", repository_arn=arn, repository_name=repository
    )
    return ecs.ContainerImage.from_ecr_repository(found, version)
