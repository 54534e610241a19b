"""The bundle as an asset of the CDK, named after its digest."""

import json
import platform
from pathlib import Path

import pytest

from stacks.function_code import function_code  # first: its package chooses the Node that the CDK runs on

from aws_cdk import App, Stack  # isort: skip
from aws_cdk import aws_lambda as lambda_

from .declared_function import LOCK, TRIGGER_ROOMS
from .test_bundle import contents

KEYS = (("lambdas/keys", "lambdas/resource"), "lambdas/keys/requirements.txt")
ARM, X86 = lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64
THIS_ARCHITECTURE = ARM if platform.machine() == "aarch64" else X86


def synthesize(folder: Path, *functions: tuple[str, lambda_.AssetCode], bundled: bool = True) -> dict[str, str]:
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


def test_an_asset_is_the_bundle_and_has_the_same_name_in_every_stack(folder: Path, tmp_path: Path) -> None:
    def trigger() -> tuple[str, lambda_.AssetCode]:
        return "Trigger", function_code(TRIGGER_ROOMS, LOCK, architecture=THIS_ARCHITECTURE)

    first = synthesize(tmp_path / "first", trigger())
    other = synthesize(tmp_path / "other", ("Keys", function_code(*KEYS, architecture=THIS_ARCHITECTURE)), trigger())
    assert other["Trigger"] == first["Trigger"] != other["Keys"]
    assert contents(tmp_path / "first" / f"asset.{first['Trigger']}") == contents(folder)


def test_asset_names_differ_by_architecture_also_without_bundling(tmp_path: Path) -> None:
    codes = [(one.name, function_code(TRIGGER_ROOMS, LOCK, architecture=one)) for one in (ARM, X86)]
    names = synthesize(tmp_path, *codes, bundled=False)
    assert names[ARM.name] != names[X86.name]
    assert not list(tmp_path.glob("asset.*"))


def test_a_failed_bundling_raises_our_error_and_does_not_try_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(RuntimeError, match="could not be installed for aarch64: check the network") as caught:
        synthesize(tmp_path / "out", ("Keys", function_code(*KEYS, architecture=ARM)))
    assert "docker" not in str(caught.value).lower()
