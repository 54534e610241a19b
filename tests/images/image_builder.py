"""Executes the steps of a Dockerfile in a folder that stands for the root of the file system.

Every stage is built at the same place, as with Docker, and moved aside when the next one begins. An absolute path of
the Dockerfile is meant below that place. What comes out is a folder, an environment, a user and a command.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.images import base_python, fake_apt
from tests.images.build_context import visible
from tests.images.dockerfile import Copy, Entrypoint, Env, Run, Stage, Step, User, Volume, Workdir, read

UV: Final = Path(sys.executable).with_name("uv")
_ABSOLUTE: Final = re.compile(r"(?<![\w.$/}-])/(?=\w)")
# What the network of this machine needs, and where uv keeps what it has downloaded.
_PASSED_ON: Final = re.compile(r"HOME|(?:UV|PIP|SSL|XDG)_\w+|(?:https?|no|all)_proxy", re.IGNORECASE)


class BuildError(RuntimeError):
    """A step went wrong."""


@dataclass
class Image:
    """A stage in the making, and in the end what would be pushed."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()

    def inside(self, text: str) -> str:
        """Return the text with every absolute path below the root."""
        return _ABSOLUTE.sub(f"{self.root}/", text)

    def path(self, name: str) -> Path:
        """Where a path of the image really is."""
        return self.root / self.workdir.lstrip("/") / name if not name.startswith("/") else self.root / name[1:]

    @property
    def path_variable(self) -> str:
        """Where programs are looked for."""
        return self.inside(self.environ.get("PATH", "/usr/local/bin")) + os.pathsep + "/usr/bin:/bin"


class Builder:
    """One build, in a folder of its own."""

    def __init__(self, context: Path, folder: Path, environ: Mapping[str, str]) -> None:
        self.context, self.folder = context, folder
        self._visible = visible(context)
        self._passed_on = {name: value for name, value in environ.items() if _PASSED_ON.fullmatch(name)}

    def build(self, dockerfile: Path) -> Image:
        """Execute every step, and return the last stage."""
        *former, last = read(dockerfile)
        for stage in former:
            self._build(stage).root.rename(self.folder / str(stage.name))
        return self._build(last)

    def _build(self, stage: Stage) -> Image:
        image = self._begin(stage.base)
        for step in stage.steps:
            self._execute(step, image)
        return image

    def _begin(self, base: str) -> Image:
        root = self.folder / "root"
        root.mkdir()
        match base.partition("@")[0].split(":"):
            case ["python", tag] if tag.startswith(f"{base_python.VERSION}."):
                base_python.install(root / "usr" / "local")
                fake_apt.install(root)
            case ["ghcr.io/astral-sh/uv", _]:
                shutil.copy(UV, root / "uv")
            case _:
                raise BuildError(f"nothing here stands in for {base}")
        return Image(root, {"PATH": "/usr/local/bin"})

    def _execute(self, step: Step, image: Image) -> None:
        match step:
            case Copy():
                self._copy(step, image)
            case Run(command):
                self._run(command, image)
            case Env(pairs):
                for name, value in pairs:
                    image.environ[name] = value.replace(f"${name}", image.environ.get(name, ""))
            case Workdir(path):
                image.workdir = path
                image.path(path).mkdir(parents=True, exist_ok=True)
            case User(name):
                image.user = name
            case Volume(paths):
                image.volumes = paths
            case Entrypoint(words):
                image.entrypoint = words

    def _copy(self, step: Copy, image: Image) -> None:
        for source in step.sources:
            target = image.path(step.target)
            target.parent.mkdir(parents=True, exist_ok=True)
            if step.stage:
                # Moved, because it is much and the stage has done its work; a second COPY of it would not find it.
                (self.folder / step.stage / source.lstrip("/")).rename(target)
            else:
                self._copy_visible(source, target)

    def _copy_visible(self, source: str, target: Path) -> None:
        files = [path for path in self._visible if path.is_relative_to(source)]
        if not files:
            raise BuildError(f"COPY {source}: .dockerignore lets none of it through")
        for file in files:
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.context / file, place)

    def _run(self, command: str, image: Image) -> None:
        environ = {name: image.inside(value) for name, value in image.environ.items()}
        # Packages are links into uv's cache here: they are much, and nobody writes into them.
        environ |= self._passed_on | {"PATH": image.path_variable, "UV_LINK_MODE": "hardlink"}
        words, place = ["/bin/sh", "-ec", image.inside(_owned(command))], image.path("")
        # What is downloaded already is not asked for again: the tests work offline after the installation.
        if subprocess.run(
            words, cwd=place, env=environ | {"UV_OFFLINE": "1"}, capture_output=True, check=False
        ).returncode:
            done = subprocess.run(words, cwd=place, env=environ, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BuildError(f"RUN {command}\n{done.stdout}{done.stderr}")


def _owned(command: str) -> str:
    """Only root may give a file away: for anybody else the user of the image is the one who builds it."""
    return command if os.geteuid() == 0 else re.sub(r"--(owner|group)=\d+", "", command)
