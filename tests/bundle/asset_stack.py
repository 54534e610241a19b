"""A stack of our functions and the names of their assets. It imports the CDK: tests call it by warm_app.call."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from stacks.function_code import function_code  # first: its package chooses the Node that the CDK runs on

from aws_cdk import App, Stack  # isort: skip
from aws_cdk import aws_lambda as lambda_

from .declared_function import LOCK, TRIGGER_ROOMS

SOURCES: Final = {
    "Trigger": (TRIGGER_ROOMS, LOCK),
    "Keys": (("lambdas/keys", "lambdas/resource"), "lambdas/keys/requirements.txt"),
}
ARCHITECTURES: Final = {"aarch64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


def synthesize(folder: str, machine: str, *names: str) -> dict[str, str]:
    """Synthesize a stack of functions with their bundles, and return the name of each one's asset."""
    return _synthesize(App(outdir=folder), machine, names)


def synthesize_without_bundles(folder: str, machine: str, *names: str) -> dict[str, str]:
    """Do the same without bundles."""
    return _synthesize(App(outdir=folder, context={"aws:cdk:bundling-stacks": []}), machine, names)


def _synthesize(app: App, machine: str, names: Sequence[str]) -> dict[str, str]:
    stack = Stack(app, "Stack")
    for name in names:
        code = function_code(*SOURCES[name], architecture=ARCHITECTURES[machine])
        lambda_.Function(
            stack, name, code=code, handler="a.b", runtime=lambda_.Runtime.PYTHON_3_13, description=name
        )  # fmt: skip
    folder = Path(app.synth().directory)
    resources = json.loads((folder / "Stack.template.json").read_text())["Resources"]
    declared = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Function"]
    return {one["Description"]: one["Code"]["S3Key"].removesuffix(".zip") for one in declared}
