"""The bundle as an asset of the CDK, named after its digest."""

from pathlib import Path

import pytest

from tests.stacks.saved_synthesis import OUTPUT_FILE

from .declared_function import DeclaredFunction
from .test_bundle import contents


def test_an_asset_is_the_bundle_and_has_the_same_name_in_every_stack(folder: Path, tmp_path: Path) -> None:
    from .asset_stack import KEYS, THIS_ARCHITECTURE, TRIGGER, synthesize  # noqa: PLC0415 - the CDK takes seconds

    first = synthesize(tmp_path / "first", TRIGGER.on(THIS_ARCHITECTURE))
    functions = KEYS.on(THIS_ARCHITECTURE), TRIGGER.on(THIS_ARCHITECTURE)
    other = synthesize(tmp_path / "other", *functions, bundled=False)
    assert other["Trigger"] == first["Trigger"] != other["Keys"]
    assert contents(tmp_path / "first" / f"asset.{first['Trigger']}") == contents(folder)


def test_asset_names_differ_by_architecture_also_without_bundling(tmp_path: Path) -> None:
    from .asset_stack import ARM, TRIGGER, X86, synthesize  # noqa: PLC0415 - as above

    arm, x86 = (synthesize(tmp_path / one.name, TRIGGER.on(one), bundled=False) for one in (ARM, X86))
    assert arm["Trigger"] != x86["Trigger"]
    assert not list(tmp_path.rglob("asset.*"))


def test_a_failed_bundling_raises_our_error_and_does_not_try_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .asset_stack import ARM, KEYS, synthesize  # noqa: PLC0415 - as above

    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(RuntimeError, match="could not be installed for aarch64: check the network") as caught:
        synthesize(tmp_path / "out", KEYS.on(ARM))
    assert "docker" not in str(caught.value).lower()


def test_the_default_choices_print_no_warning(declared: DeclaredFunction) -> None:
    """The app runs as a user runs it. Warnings: tests/stacks/test_synth.py."""
    printed = (declared.asset.parent / OUTPUT_FILE).read_text().splitlines()
    assert printed
    assert [line for line in printed if not line.startswith("Bundling asset Longhand/")] == []
