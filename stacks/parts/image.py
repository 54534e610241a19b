"""A program's image, built from its Dockerfile.

The build context is a copy of the rooms that the image needs. Other files can neither leak into the image nor change
its hash, and an operator's own files may come from any folder.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs

from stacks.profile import Architecture

ROOT: Final = Path(__file__).resolve().parents[2]
NO_FILES: Final[Mapping[str, Iterable[Path]]] = MappingProxyType({})
NO_ARGUMENTS: Final[Mapping[str, str]] = MappingProxyType({})
_DOCKERIGNORE: Final = ".dockerignore"
_PLATFORMS: Final = {"arm64": assets.Platform.LINUX_ARM64, "x86_64": assets.Platform.LINUX_AMD64}


@contextmanager
def program_image(
    dockerfile: str,
    rooms: tuple[str, ...],
    *,
    architecture: Architecture,
    extra_files: Mapping[str, Iterable[Path]] = NO_FILES,
    arguments: Mapping[str, str] = NO_ARGUMENTS,
) -> Iterator[ecs.ContainerImage]:
    """Yield the image to the block that adds its container. Docker builds it when the assets are published.

    `extra_files` come from outside the rooms; the key is their folder below the context.
    """
    if not (ROOT / dockerfile).is_file():
        raise FileNotFoundError(f"{dockerfile} does not exist, so its image cannot be built")
    with TemporaryDirectory(prefix="longhand-") as name:
        context = Path(name)
        shutil.copyfile(ROOT / _DOCKERIGNORE, context / _DOCKERIGNORE)
        # Under its own name at the top: there the CDK keeps it, even if .dockerignore excludes it.
        file = dockerfile.replace("/", ".")
        shutil.copyfile(ROOT / dockerfile, context / file)
        for room in rooms:
            shutil.copytree(ROOT / room, context / room, ignore=shutil.ignore_patterns("__pycache__"))
        for folder, files in extra_files.items():
            _copy_files(context / folder, files)
        yield ecs.ContainerImage.from_asset(
            name, file=file, platform=_PLATFORMS[architecture], build_args=dict(arguments) or None
        )


def _copy_files(folder: Path, files: Iterable[Path]) -> None:
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
        (folder / file.name).chmod(0o644)  # the image's user does not own it, and must read it
