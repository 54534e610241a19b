"""The keeper's image, built step by step and started: it names a missing setting, waits for its database, and stops."""

import signal
import socket

import pytest

from tests.images.conftest import Build, Container, run_container
from tests.images.image_builder import Image

PASSWORD = "not-for-the-log"  # noqa: S105 it opens nothing


@pytest.fixture(scope="module")
def image(build: Build) -> Image:
    return build("keeper")


def environ(port: int) -> dict[str, str]:
    """Return the variables of the task definition."""
    return {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(port),
        "DB_NAME": "resonate",
        "DB_USER": "resonate",
        "DB_PASSWORD": PASSWORD,
        "DB_SSLMODE": "require",
        "DB_SSLROOTCERT": "/etc/ssl/rds.pem",
        "METRICS_URL": f"http://127.0.0.1:{port}/metrics",
        "RETENTION_DAYS": "40",
    }


def test_a_missing_setting_is_one_sentence_and_exit_code_2(image: Image) -> None:
    with run_container(image, {}) as container:
        code, output = container.finish()
    assert (code, output.count("\n")) == (2, 1)
    assert output.startswith("keeper: DB_")


def test_the_keeper_waits_for_an_unavailable_database_and_stops_cleanly(image: Image) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with run_container(image, environ(port)) as container:
        written = read_until(container, "database unavailable; retrying")
        container.process.send_signal(signal.SIGTERM)
        code, rest = container.finish()
    assert code == 0, rest
    assert PASSWORD not in written + rest


def read_until(container: Container, words: str) -> str:
    """Read the log up to the line with these words; the test's time limit ends a longer wait."""
    assert container.process.stdout
    written = ""
    for line in container.process.stdout:
        written += line
        if words in line:
            return written
    raise AssertionError(written)


def test_the_image_holds_only_the_keepers_rooms(image: Image) -> None:
    assert {path.name for path in image.path("/app").iterdir()} == {"contract", "keeper"}
