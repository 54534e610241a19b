"""The bundle as an asset of the CDK, named after its digest. The process that has loaded the CDK makes the stacks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stacks import warm_app
from tests.stacks.conftest import SYNTHESES

from .declared_function import THIS_MACHINE
from .test_bundle import contents

type Call = Callable[..., dict[str, str]]


@pytest.fixture
def call(run_folder: Path) -> Call:
    """Return a function that calls one of asset_stack.py."""
    warm_app.ensure_started(run_folder / SYNTHESES)

    def call_by_name(function: str, folder: Path, *words: str, **environ: str) -> dict[str, str]:
        name = f"tests.bundle.asset_stack:{function}"
        found: dict[str, str] = warm_app.call(run_folder / SYNTHESES, name, str(folder), *words, environ=environ)
        return found

    return call_by_name


def test_an_asset_is_the_bundle_and_has_the_same_name_in_every_stack(folder: Path, call: Call, tmp_path: Path) -> None:
    """The bundle was made by another process, and is the same to the byte."""
    first = call("synthesize", tmp_path / "first", THIS_MACHINE, "Trigger")
    other = call("synthesize_without_bundles", tmp_path / "other", THIS_MACHINE, "Keys", "Trigger")
    assert other["Trigger"] == first["Trigger"] != other["Keys"]
    assert contents(tmp_path / "first" / f"asset.{first['Trigger']}") == contents(folder)


def test_asset_names_differ_by_architecture_also_without_bundling(call: Call, tmp_path: Path) -> None:
    arm, x86 = (call("synthesize_without_bundles", tmp_path / one, one, "Trigger") for one in ("aarch64", "x86_64"))
    assert arm["Trigger"] != x86["Trigger"]
    assert not list(tmp_path.rglob("asset.*"))


def test_a_failed_bundling_raises_our_error_and_does_not_try_docker(call: Call, tmp_path: Path) -> None:
    without = {
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_HTTP_RETRIES": "0",
    }
    with pytest.raises(RuntimeError, match="could not be installed for aarch64: check the network") as caught:
        call("synthesize", tmp_path / "out", "aarch64", "Keys", **without)
    assert "docker" not in str(caught.value).lower()
