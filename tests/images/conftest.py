"""Images as their Dockerfiles make them, in folders that other users may look into, and containers of them."""

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
PATIENCE: Final = 120  # seconds; a scanned page needs five of them on a quiet machine

type Build = Callable[[str], Image]


@pytest.fixture(scope="module")
def build() -> Iterator[Build]:
    """Give a function that builds the image of a room."""
    folders: list[Path] = []

    def made(room: str) -> Image:
        folder = Path(mkdtemp(prefix=f"image-{room}-"))
        folders.append(folder)
        folder.chmod(0o755)  # the image's user must get through
        image = Builder(ROOT, folder, os.environ).build(ROOT / room / "Dockerfile")
        allow_reading_only(image)
        return image

    yield made
    for folder in folders:
        change_folders("u+w", folder)
        subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)  # several times as fast as Python's own


def allow_reading_only(image: Image) -> None:
    """Close every folder but the volumes, as the task does: whoever owns the files has no right to make one, either."""
    volumes = [word for volume in image.volumes for word in ("-path", str(image.root) + volume, "-prune", "-o")]
    change_folders("a-w", image.root, *volumes)


def change_folders(mode: str, top: Path, *words: str) -> None:
    """Change the mode of every folder below one."""
    found = ["/usr/bin/find", str(top), *words, "-type", "d", "-exec", "/bin/chmod", mode, "{}", "+"]
    subprocess.run(found, check=True)


@dataclass(frozen=True)
class Owner:
    """Who a container runs as: the image's user, or whoever runs the tests without being root."""

    user: int
    group: int

    @classmethod
    def of(cls, image: Image) -> "Owner":
        user, group = map(int, image.user.split(":"))
        return cls(user, group) if os.geteuid() == 0 else cls(os.geteuid(), os.getegid())

    def give(self, folder: Path) -> Path:
        """Make a folder of theirs."""
        folder.mkdir()
        os.chown(folder, self.user, self.group)
        return folder


class Container:
    """A process of an image, with its environment and nothing of ours."""

    def __init__(self, image: Image, environ: Mapping[str, str], *words: str) -> None:
        own = {name: image.inside(value) for name, value in image.environ.items()}
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
        """Wait for its end, and return its exit code and what it wrote."""
        written, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, written


@contextmanager
def running(image: Image, environ: Mapping[str, str], *words: str) -> Iterator[Container]:
    """Start a container; what still runs in the end is killed."""
    container = Container(image, environ, *words)
    try:
        yield container
    finally:
        if container.process.poll() is None:
            container.process.kill()
            sys.stderr.write(container.finish()[1])
