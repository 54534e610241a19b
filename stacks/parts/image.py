"""A program's image, built from its Dockerfile with the project as the context.

Of that, a copy of the rooms that the image needs is sent: what is not in it can neither leak nor change the image's
hash, and what a user adds can lie anywhere.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from stacks.profile import Machine

ROOT: Final = Path(__file__).resolve().parents[2]
NOTHING: Final[Mapping[str, Iterable[Path]]] = MappingProxyType({})
_IGNORED: Final = ".dockerignore"
_PRIVATE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)[:@](.+)")
_PLATFORMS: Final = {"arm64": assets.Platform.LINUX_ARM64, "x86_64": assets.Platform.LINUX_AMD64}


@contextmanager
def program_image(
    dockerfile: str, rooms: tuple[str, ...], *, machine: Machine, more: Mapping[str, Iterable[Path]] = NOTHING
) -> Iterator[ecs.ContainerImage]:
    """Name the image, for the block that adds its container. Docker builds it when it is published.

    `more` are files from elsewhere, by the folder in a room that they go into.
    """
    if not (ROOT / dockerfile).is_file():
        raise FileNotFoundError(f"{dockerfile} is not there: it is what the image is built from")
    with TemporaryDirectory(prefix="longhand-") as name:
        context = Path(name)
        shutil.copyfile(ROOT / _IGNORED, context / _IGNORED)
        for room in rooms:
            shutil.copytree(ROOT / room, context / room, ignore=shutil.ignore_patterns("__pycache__"))
        for folder, files in more.items():
            _lay(context / folder, files)
        yield ecs.ContainerImage.from_asset(name, file=dockerfile, platform=_PLATFORMS[machine])


def _lay(folder: Path, files: Iterable[Path]) -> None:
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
        (folder / file.name).chmod(0o644)  # the image's user is another one than whoever wrote it


def reference_image(scope: Construct, name: str) -> ecs.ContainerImage:
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
