"""A function's declaration in the synthesized template, and the trigger's bundle for this machine."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from local.emulator import Declaration
from stacks.bundle import ROOT, Bundle, Machine
from tests.stacks.conftest import SYNTHESES
from tests.stacks.saved_synthesis import save_synthesis
from tests.stacks.synthesized_app import SynthesizedApp
from tests.stacks.warm_app import clean_environ, ensure_started

TRIGGER_ROOMS: Final = ("contract", "durable/history", "durable/wire", "lambdas/trigger")
LOCK: Final = "lambdas/trigger/requirements.txt"
THIS_MACHINE: Final = platform.machine()
MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}


def bundle(machine: str = THIS_MACHINE) -> Bundle:
    """Return the trigger's bundle for a processor architecture."""
    return Bundle(rooms=TRIGGER_ROOMS, lock=LOCK, machine=cast("Machine", machine))


@dataclass(frozen=True, kw_only=True)
class DeclaredFunction:
    """The properties of the function in the template."""

    asset: Path
    machine: str
    handler: str
    timeout: int
    memory: int
    variables: frozenset[str]

    @classmethod
    def synthesize(cls, run_folder: Path, name: str = "Trigger") -> "DeclaredFunction":
        """Run the app with its defaults and with bundles, without AWS settings."""
        ensure_started(run_folder / SYNTHESES)
        folder = save_synthesis(run_folder / SYNTHESES, ROOT, [], clean_environ(os.environ))
        properties = SynthesizedApp(folder).find("AWS::Lambda::Function", name).properties
        return cls(
            asset=folder / f"asset.{properties['Code']['S3Key'].removesuffix('.zip')}",
            machine=MACHINES[properties["Architectures"][0]],
            handler=properties["Handler"],
            timeout=properties["Timeout"],
            memory=properties["MemorySize"],
            variables=frozenset(properties.get("Environment", {}).get("Variables", ())),
        )

    def with_bundle(self, folder: Path, values: Mapping[str, str], timeout: int | None) -> Declaration:
        """Return the declaration with a bundle for this machine; variables without a value are empty."""
        assert values.keys() <= self.variables, "the template does not declare this variable"
        environment = {name: values.get(name, "") for name in sorted(self.variables)}
        return Declaration(
            bundle=folder,
            handler=self.handler,
            timeout=timeout or self.timeout,
            memory=self.memory,
            environment=environment,
        )
