"""Execute the steps of a Dockerfile without Docker, in a folder in place of the root of the file system.

Each stage is built in the same folder and moved aside when the next one starts. Absolute paths of the Dockerfile are
below that folder. The result is a folder, an environment, a user and a command.
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
from tests.images.build_context import list_context
from tests.images.dockerfile import Add, Copy, Entrypoint, Env, Run, Stage, Step, User, Volume, Workdir, read_stages

UV: Final = Path(sys.executable).with_name("uv")
_ABSOLUTE: Final = re.compile(r"(?<![\w.$/}-])/(?=\w)")
# Variables for this machine's network and uv's cache.
_PASSED_VARIABLE: Final = re.compile(r"HOME|(?:UV|PIP|SSL|XDG)_\w+|(?:https?|no|all)_proxy", re.IGNORECASE)


class BuildError(RuntimeError):
    """A step failed."""


@dataclass
class Image:
    """A stage while it is built, and in the end the image."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()

    def rebase_paths(self, text: str) -> str:
        """Return the text with each absolute path moved below the root."""
        return _ABSOLUTE.sub(f"{self.root}/", text)

    def path(self, name: str) -> Path:
        """Return the real path of a path in the image."""
        return self.root / self.workdir.lstrip("/") / name if not name.startswith("/") else self.root / name[1:]

    @property
    def path_variable(self) -> str:
        """The search path for programs."""
        return self.rebase_paths(self.environ.get("PATH", "/usr/local/bin")) + os.pathsep + "/usr/bin:/bin"


class Builder:
    """Builds one image in a folder of its own."""

    def __init__(self, context: Path, folder: Path, environ: Mapping[str, str]) -> None:
        self.context, self.folder = context, folder
        self._context_files = list_context(context)
        self._passed_variables = {name: value for name, value in environ.items() if _PASSED_VARIABLE.fullmatch(name)}

    def build(self, dockerfile: Path) -> Image:
        """Execute every step, and return the last stage."""
        *earlier, last = read_stages(dockerfile)
        for stage in earlier:
            self._build(stage).root.rename(self.folder / str(stage.name))
        return self._build(last)

    def _build(self, stage: Stage) -> Image:
        image = self._start(stage.base)
        for step in stage.steps:
            self._execute(step, image)
        return image

    def _start(self, base: str) -> Image:
        root = self.folder / "root"
        root.mkdir()
        match base.partition("@")[0].split(":"):
            case ["python", tag] if tag.startswith(f"{base_python.VERSION}."):
                base_python.install(root / "usr" / "local")
                fake_apt.install(root)
            case ["ghcr.io/astral-sh/uv", _]:
                shutil.copy(UV, root / "uv")
            case _:
                raise BuildError(f"these tests have no stand-in for {base}")
        return Image(root, {"PATH": "/usr/local/bin"})

    def _execute(self, step: Step, image: Image) -> None:
        match step:
            case Copy():
                self._copy(step, image)
            case Add(url, target):
                # The tests work offline: the file says where it comes from.
                image.path(target).parent.mkdir(parents=True, exist_ok=True)
                image.path(target).write_text(url)
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
                # Moved, because it is large and the stage is complete. A second COPY of it would fail.
                (self.folder / step.stage / source.lstrip("/")).rename(target)
            else:
                self._copy_from_context(source, target)

    def _copy_from_context(self, source: str, target: Path) -> None:
        files = [path for path in self._context_files if path.is_relative_to(source)]
        if not files:
            raise BuildError(f"COPY {source}: .dockerignore excludes all of it")
        for file in files:
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.context / file, copy)

    def _run(self, command: str, image: Image) -> None:
        environ = {name: image.rebase_paths(value) for name, value in image.environ.items()}
        # Packages are links into uv's cache, because they are large and never written to.
        environ |= self._passed_variables | {"PATH": image.path_variable, "UV_LINK_MODE": "hardlink"}
        shell, folder = ["/bin/sh", "-ec", image.rebase_paths(_without_owners(command))], image.path("")
        # First offline, from uv's cache: the tests work offline after the installation.
        if subprocess.run(
            shell, cwd=folder, env=environ | {"UV_OFFLINE": "1"}, capture_output=True, check=False
        ).returncode:
            done = subprocess.run(shell, cwd=folder, env=environ, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BuildError(f"RUN {command}\n{done.stdout}{done.stderr}")


def _without_owners(command: str) -> str:
    """Remove owners unless this user is root: only root may change the owner of a file."""
    return command if os.geteuid() == 0 else re.sub(r"--(owner|group)=\d+", "", command)
