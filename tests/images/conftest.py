"""Images built from the Dockerfiles, in folders that other users may read, and containers of them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import pytest

from local.server_process import ROOT
from tests.images.image_builder import Builder, Image

DOCKERFILES: Final = [file for room in ("worker", "keeper") if (file := ROOT / room / "Dockerfile").exists()]
TIMEOUT_SECONDS: Final = 120  # a scanned page needs five on an idle machine

type Build = Callable[[str], Image]


@pytest.fixture(scope="module")
def build() -> Iterator[Build]:
    """Return a function that builds the image of a room."""
    folders: list[Path] = []

    def build_image(room: str) -> Image:
        folder = Path(mkdtemp(prefix=f"image-{room}-"))
        folders.append(folder)
        folder.chmod(0o755)  # the image's user must reach it
        image = Builder(ROOT, folder, os.environ).build(ROOT / room / "Dockerfile")
        make_read_only(image)
        return image

    yield build_image
    for folder in folders:
        change_folders("u+w", folder)
        subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)  # much faster than Python's shutil.rmtree


def make_read_only(image: Image) -> None:
    """Make each folder read-only except the volumes, as in the task: also their owner cannot create a file."""
    volumes = [word for volume in image.volumes for word in ("-path", str(image.root) + volume, "-prune", "-o")]
    change_folders("a-w", image.root, *volumes)


def change_folders(mode: str, top: Path, *words: str) -> None:
    """Change the mode of each folder below the top."""
    found = ["/usr/bin/find", str(top), *words, "-type", "d", "-exec", "/bin/chmod", mode, "{}", "+"]
    subprocess.run(found, check=True)


@dataclass(frozen=True)
class Owner:
    """The user of a container: the image's user, or without root the user that runs the tests."""

    user: int
    group: int

    @classmethod
    def of(cls, image: Image) -> "Owner":
        user, group = map(int, image.user.split(":"))
        return cls(user, group) if os.geteuid() == 0 else cls(os.geteuid(), os.getegid())

    def create_folder(self, folder: Path) -> Path:
        """Create a folder that belongs to the owner."""
        folder.mkdir()
        os.chown(folder, self.user, self.group)
        return folder


class Container:
    """A process of an image, with the image's environment only."""

    def __init__(self, image: Image, environ: Mapping[str, str], *words: str) -> None:
        own = {name: image.rebase_paths(value) for name, value in image.environ.items()}
        owner = Owner.of(image)
        privileges = {"user": owner.user, "group": owner.group, "extra_groups": []} if os.geteuid() == 0 else {}
        self.process: subprocess.Popen[str] = subprocess.Popen(
            words or image.entrypoint,
            cwd=image.path(""),
            env={**own, "PATH": image.path_variable, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **privileges,  # type: ignore[call-overload] # the three are what it takes
        )

    def finish(self) -> tuple[int, str]:
        """Wait for the end, and return exit code and output."""
        output, _ = self.process.communicate(timeout=TIMEOUT_SECONDS)
        return self.process.returncode, output


@contextmanager
def run_container(image: Image, environ: Mapping[str, str], *words: str) -> Iterator[Container]:
    """Start a container, and kill it at the end of the block."""
    container = Container(image, environ, *words)
    try:
        yield container
    finally:
        if container.process.poll() is None:
            container.process.kill()
            sys.stderr.write(container.finish()[1])
