"""The trigger as the synthesized template declares it, and as a bundle for this machine."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from local.emulator import Declaration
from stacks.bundle import ROOT, Bundle, Machine
from tests.stacks.synthesized_app import SynthesizedApp

TRIGGER: Final = ("contract", "wire", "lambdas/trigger")
LOCK: Final = "lambdas/trigger/requirements.txt"
HERE: Final = platform.machine()
MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}


def bundle(machine: str = HERE) -> Bundle:
    """What is shipped, for any processor."""
    return Bundle(rooms=TRIGGER, lock=LOCK, machine=cast("Machine", machine))


@dataclass(frozen=True, kw_only=True)
class DeclaredFunction:
    """What the template says of the function."""

    asset: Path
    machine: str
    handler: str
    timeout: int
    memory: int
    variables: frozenset[str]

    @classmethod
    def by_app(cls, folder: Path) -> "DeclaredFunction":
        """Run the app as a user does, in a process of its own that knows no account of AWS."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        environ |= {"CDK_OUTDIR": str(folder)}
        command = [sys.executable, str(ROOT / "app.py")]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "printed.txt").write_text(done.stdout)
        found = SynthesizedApp(folder).find("AWS::Lambda::Function", "Trigger").properties
        return cls(
            asset=folder / f"asset.{found['Code']['S3Key'].removesuffix('.zip')}",
            machine=MACHINES[found["Architectures"][0]],
            handler=found["Handler"],
            timeout=found["Timeout"],
            memory=found["MemorySize"],
            variables=frozenset(found["Environment"]["Variables"]),
        )

    def on(self, folder: Path, values: Mapping[str, str], timeout: int | None) -> Declaration:
        """The declaration with a folder of this machine; a variable without a value here is empty."""
        assert values.keys() <= self.variables, "the template declares no such variable"
        environment = {name: values.get(name, "") for name in sorted(self.variables)}
        return Declaration(
            bundle=folder,
            handler=self.handler,
            timeout=timeout or self.timeout,
            memory=self.memory,
            environment=environment,
        )
