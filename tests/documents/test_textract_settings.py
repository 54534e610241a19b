"""OCR_ENGINE=textract chooses Textract; without a region or credentials, the worker does not start."""

import os
import sys
from pathlib import Path

import pytest

from contract.engines import OcrEngine
from contract.environment import SettingsError
from local.server_process import ROOT
from tests import warm_start
from tests.waiting import TIMEOUT_SECONDS
from worker.adapters.object_store import Store
from worker.bootstrap import open_ports
from worker.documents.engine_factory import open_engine
from worker.documents.ocr_engines import OcrChoice
from worker.documents.textract.engine import TextractEngine
from worker.settings import Settings

REGION = {"AWS_DEFAULT_REGION": "eu-central-1"}
KEY = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the worker's settings, on a machine without AWS configuration."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    return {
        "RESONATE_URL": "http://127.0.0.1:1",
        "STORE_URL": (tmp_path / "store").as_uri(),
        "NOTIFY_URL": (tmp_path / "outbox").as_uri(),
        "OCR_ENGINE": "textract",
    }


def test_the_ocr_engine_setting_chooses_textract(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**REGION, **KEY}.items():
        monkeypatch.setenv(name, value)
    ports = open_ports(Settings.from_env(settings))
    opened = open_engine(OcrChoice(engine=OcrEngine.TEXTRACT), Store.open(settings["STORE_URL"]))
    assert isinstance(opened, TextractEngine)
    assert ports.meter.rates.page > 0


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (KEY, "needs a region: set AWS_DEFAULT_REGION, or choose rapidocr"),
        (REGION, "needs AWS credentials where boto3 looks for them: set them, or choose rapidocr"),
        (
            {**KEY, **REGION, "AWS_PROFILE": "missing"},
            "boto3 cannot read them: The config profile .missing. could not be found",
        ),
        ({**REGION, "AWS_ACCESS_KEY_ID": "half"}, "boto3 cannot read them: Partial credentials"),
    ],
    ids=["no region", "no credentials", "no such profile", "half a key"],
)
def test_the_error_for_a_missing_setting_is_one_sentence(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], message: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^OCR_ENGINE: the OCR engine textract .*{message}") as caught:
        Settings.from_env(settings)
    assert "\n" not in str(caught.value)


def test_a_worker_without_a_region_does_not_start(settings: dict[str, str]) -> None:
    command, environ = [sys.executable, "-m", "worker"], {**os.environ, **settings}
    done = warm_start.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=TIMEOUT_SECONDS)
    assert done.returncode == 2
    assert done.stderr == (
        "worker: OCR_ENGINE: the OCR engine textract needs a region: set AWS_DEFAULT_REGION, or choose rapidocr\n"
    )
