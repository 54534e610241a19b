"""A stack of our functions and the names of their assets. It imports the CDK: tests import it when they run."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path

from stacks.function_code import function_code  # first: its package chooses the Node that the CDK runs on

from aws_cdk import App, Stack  # isort: skip
from aws_cdk import aws_lambda as lambda_

from .declared_function import LOCK, TRIGGER_ROOMS

ARM, X86 = lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64
THIS_ARCHITECTURE = ARM if platform.machine() == "aarch64" else X86

type Code = tuple[str, lambda_.AssetCode]


@dataclass(frozen=True)
class FunctionSource:
    """The folders and the lock of a function."""

    name: str
    rooms: tuple[str, ...]
    lock: str

    def on(self, architecture: lambda_.Architecture) -> Code:
        """Return its code for an architecture."""
        return self.name, function_code(self.rooms, self.lock, architecture=architecture)


TRIGGER = FunctionSource("Trigger", TRIGGER_ROOMS, LOCK)
KEYS = FunctionSource("Keys", ("lambdas/keys", "lambdas/resource"), "lambdas/keys/requirements.txt")


def synthesize(folder: Path, *functions: Code, bundled: bool = True) -> dict[str, str]:
    """Synthesize a stack of functions, and return the name of each one's asset."""
    app = App(outdir=str(folder), context={} if bundled else {"aws:cdk:bundling-stacks": []})
    stack = Stack(app, "Stack")
    for name, code in functions:
        lambda_.Function(
            stack, name, code=code, handler="a.b", runtime=lambda_.Runtime.PYTHON_3_13, description=name
        )  # fmt: skip
    app.synth()
    resources = json.loads((folder / "Stack.template.json").read_text())["Resources"]
    declared = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Function"]
    return {one["Description"]: one["Code"]["S3Key"].removesuffix(".zip") for one in declared}
